"""Links both ways between the pages and the entries of the library's names that they import.

An entry announces itself in the Markdown that its page generates, `<!-- api: name module line -->`;
what a page imports is read from its code. Both are looked up when a page is written, so neither the
list of pages under an entry nor the list of names under a page can be older than the book.
"""

from __future__ import annotations

import ast
import html
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from doctest import DocTestParser
from functools import lru_cache
from pathlib import Path

from scaling_core.book.execute import Run
from scaling_core.book.head import folder_of
from scaling_core.book.scan import Page

ENTRY = re.compile(r"<!-- api: (\w+) (\w+) (\d+) -->")
LIBRARY = "scaling_core"
ROOMS = ("scaling_core.book.", "scaling_core.lab.")  # no part of the public library


@dataclass(frozen=True)
class Links:
    """Where each name is described, and which pages import it; files are relative to the root."""

    entries: dict[str, str]  # name -> file of the page with its entry
    imports: dict[str, frozenset[str]]  # file of a page -> names that its code imports
    titles: dict[str, str]  # file of a page -> what a link to it says

    def used_on(self, match: re.Match[str], repository: str) -> str:
        """HTML under an entry: the file that defines the name, and the pages that import it."""
        name, module, line = match.groups()
        path = f"{LIBRARY}/{module}.py"
        shown = f"<code>{path}</code>"
        if repository:
            shown = f'<a href="{html.escape(repository)}/blob/main/{path}#L{line}">{shown}</a>'
        here = self.entries.get(name, "")
        pages = [file for file, names in sorted(self.imports.items()) if name in names]
        links = [_link(here, file, html.escape(self.titles[file])) for file in pages]
        first, *others = links or ["no page yet"]
        return _listed(f"About {name}", [f"defined in {shown}", f"used on {first}", *others])

    def library_used(self, file: str) -> str:
        """HTML for the end of a page: the names that its code imports; nothing without any."""
        names = sorted(self.imports.get(file, frozenset()) & self.entries.keys(), key=str.lower)
        if not names:
            return ""
        links = (_link(file, self.entries[n], f"<code>{n}</code>", f"#{n}") for n in names)
        return _listed("Library used here", [f"Library used here: {next(links)}", *links])


def links_of(runs: Iterable[Run], root: Path) -> Links:
    """The links of a whole book: all its pages as they ran, and its labs."""
    entries: dict[str, str] = {}
    imports: dict[str, frozenset[str]] = {}
    titles: dict[str, str] = {}
    for run in runs:
        file = run.page.file
        for record in run.records:
            entries |= {m[1]: file for m in ENTRY.finditer(record.get("out", ""))}
        imports[file] = names_imported(run.page)
        titles[file] = _short(str(run.page.meta.get("title") or file))
    for path in sorted((root / "docs").glob("labs/*.py")):
        file, text = path.relative_to(root).as_posix(), path.read_text("utf-8")
        imports[file] = _imported(text)
        title = re.search(r"^# # (.+)$", text, re.MULTILINE)
        titles[file] = _short(title[1] if title else file)
    return Links(entries, imports, titles)


def names_imported(page: Page) -> frozenset[str]:
    """Names that the code of a page imports from the library, whichever module it asks."""
    codes = [block.code for block in page.blocks if block.language == "python"]
    for block in page.blocks:
        if block.language == "pycon":
            with suppress(ValueError):  # told when the page is scanned
                codes += [e.source for e in DocTestParser().get_examples(block.code)]
    return frozenset().union(*map(_imported, codes))


@lru_cache(maxsize=10_000)
def _imported(code: str) -> frozenset[str]:
    found: set[str] = set()
    with suppress(SyntaxError):  # told when the page is run
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and _is_library(node.module):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found |= {node.attr} if node.value.id == LIBRARY else set()  # scaling_core.human
    return frozenset(found)


def _is_library(module: str | None) -> bool:
    name = f"{module}."
    return name.startswith(f"{LIBRARY}.") and not name.startswith(ROOMS)


def _short(title: str) -> str:
    """A title without the question that follows its subject."""
    return title.partition(": ")[0]


def _listed(label: str, items: list[str]) -> str:
    shown = "".join(f"<li>{item}</li>" for item in items)
    return f'<ul class="page-head api-use" data-search-exclude aria-label="{label}">{shown}</ul>'


def _link(here: str, file: str, shown: str, anchor: str = "") -> str:
    address = os.path.relpath(f"/{folder_of(file)}", f"/{folder_of(here)}")
    return f'<a href="{html.escape(address)}/{anchor}">{shown}</a>'
