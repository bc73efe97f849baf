"""The line under a page's title: reading time, level, what it needs, the page as a notebook."""

from __future__ import annotations

import html
import os
import re

from scaling_core.book.marks import replace_marks
from scaling_core.book.scan import Page

WORDS_A_MINUTE = 200
SECONDS = {"formula": 10, "figure": 30, "code line": 3}


def minutes(page: Page) -> int:
    """Reading time from words, formulas, figures and lines of code; problems are not counted."""
    fenced = page.fenced()
    prose = [line.text for i, line in enumerate(page.lines) if i not in fenced]
    words = sum(len(re.findall(r"[A-Za-z]{2,}", _spoken(text))) for text in prose)
    code = [b for b in page.blocks if b.language in ("python", "pycon") and not b.is_figure]
    seconds = words * 60 / WORDS_A_MINUTE
    seconds += SECONDS["formula"] * sum(formula.display for formula in page.formulas)
    seconds += SECONDS["figure"] * sum(block.is_figure for block in page.blocks)
    seconds += SECONDS["code line"] * sum(len(block.code.split("\n")) for block in code)
    return max(1, round(seconds / 60))


def _spoken(text: str) -> str:
    """A line without expressions, formulas, citations, addresses and attributes."""
    text = replace_marks(text, lambda _: "x")
    return re.sub(r"\]\([^)]*\)|\{[#:.][^}]*\}", "]", text)


def has_notebook(page: Page) -> bool:
    """Pages with code that runs can be downloaded as a notebook, but not mere lists."""
    return any(block.runs and not block.options.get("render") for block in page.blocks)


def is_list(page: Page) -> bool:
    """True if all that runs on a page is what generates it: nobody reads it through."""
    return any(block.runs for block in page.blocks) and not has_notebook(page)


def head_line(page: Page) -> str:
    """HTML of the line; the facts come from the front matter and the page itself."""
    meta = page.meta
    if is_list(page):
        return ""
    if page.is_problem:
        parts = [f"{meta.get('minutes', minutes(page))} min"]
        parts += [f"skills: {', '.join(meta['skills'])}"] if meta.get("skills") else []
        parts += [f"law: {meta['law']}"] if meta.get("law") else []
    else:
        parts = [f"{minutes(page)} min"]
    if level := meta.get("level"):
        parts.insert(1, f"level {level} of 5")
    shown = [html.escape(str(part)) for part in parts]
    if needs := meta.get("needs"):
        links = [f'<a href="{_url(page.file, need)}">{_name(need)}</a>' for need in needs]
        shown.append("needs " + ", ".join(links))
    if has_notebook(page):
        shown.append('<a href="notebook.ipynb" download>notebook</a>')
    items = "".join(f"<li>{part}</li>" for part in shown)
    return f'<ul class="page-head" data-search-exclude aria-label="About this page">{items}</ul>'


def _name(path: str) -> str:
    stem = path.removesuffix("/index.md").removesuffix(".md").rpartition("/")[2]
    return html.escape(stem.replace("-", " "))


def folder_of(file: str) -> str:
    """Folder of a page on the site: `6-7/kaplan/`, or nothing for the first page."""
    path = re.sub(r"\.(md|py)$", "", file.removeprefix("docs/")) + "/"
    return re.sub(r"(^|/)index/$", r"\1", path)


def _url(file: str, target: str) -> str:
    """Relative address of another page."""
    return html.escape(os.path.relpath(f"/{folder_of(target)}", f"/{folder_of(file)}") + "/")
