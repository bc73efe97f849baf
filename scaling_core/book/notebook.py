"""A page as a Jupyter notebook: the same text, the same code, with a cell that installs it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from doctest import DocTestParser
from typing import Any
from urllib.parse import urljoin

from scaling_core.book import cite
from scaling_core.book.execute import Run
from scaling_core.book.marks import Mark, replace_marks
from scaling_core.book.scan import Block

INSTALL = """# Run this once if the library is missing here.
%pip install --quiet "scaling-core @ git+{repository}" matplotlib"""
LINK = re.compile(r"\]\((?![a-z]+:|/)([^)\s]+)")
LICENCE = "Text and figures CC BY 4.0, code MIT."

Cell = dict[str, Any]


def notebook(run: Run, *, address: str, repository: str) -> str:
    """JSON of the notebook of a page; `address` is where the page stands on the site."""
    cells = [_text(f"This is [a page of Scaling Laws, Computed]({address}). {LICENCE}")]
    cells += [_code(INSTALL.format(repository=repository))]
    cells += _cells(run, address)
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _cells(run: Run, address: str) -> Iterator[Cell]:
    prose: list[str] = []
    # where the page's relative links start: MkDocs makes a folder of each page but index.md
    is_index = run.page.file.rpartition("/")[2] == "index.md"
    base = address if is_index else urljoin(address, "../")
    blocks = {block.first: block for block in run.page.blocks}
    index = 0
    while index < len(run.page.lines):
        block = blocks.get(index)
        if block is None:
            prose.append(_plain(run.page.lines[index].text, base, address))
        elif block.runs:
            yield from _flush(prose)
            yield from _executable(run, block, base, address)
            index = block.last
        else:
            if block.language != "output":
                prose += [line.text for line in run.page.lines[index : block.last + 1]]
            index = block.last
        index += 1
    yield from _flush(prose)


def _flush(prose: list[str]) -> Iterator[Cell]:
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(prose)).strip()
    prose.clear()
    if text:
        yield _text(text)


def _executable(run: Run, block: Block, base: str, address: str) -> Iterator[Cell]:
    if block.language == "pycon":
        source = ""
        for example in DocTestParser().get_examples(block.code):
            source += example.source
            if example.want:
                yield _code(source.rstrip(), example.want)
                source = ""
        if source:
            yield _code(source.rstrip())
        return
    cell = _code(block.code, (run.of(block) or {}).get("out", ""))
    if block.options.get("raises"):
        cell["metadata"]["tags"] = ["raises-exception"]
    yield cell
    if caption := block.options.get("caption"):
        yield _text(_plain(caption, base, address))


def _plain(text: str, base: str, address: str) -> str:
    """A line without the press's marks: values as text, citations as names, links absolute."""
    text = replace_marks(text, lambda mark: _bare(mark, text))
    if match := re.match(r"^/{3,}\s*(?:[\w-]+\s*(?:\|\s*(.*))?)?$", text):
        return f"**{match[1]}**\n" if match[1] else ""
    text = re.sub(r"\s*\{[#:.][^}]*\}\s*$", "", text) if text.startswith("#") else text
    return LINK.sub(lambda m: f"]({_absolute(m[1], base, address)}", text)


def _bare(mark: Mark, text: str) -> str:
    if mark.kind == "value":
        return mark.text
    if mark.kind == "citation" and mark.text.strip() != "*":
        pairs = cite.parse(mark.text)
        return "; ".join(cite.label(key) + (f", {at}" if at else "") for key, at in pairs)
    return text[mark.start : mark.end]  # formulas are Jupyter's own


def _absolute(target: str, base: str, address: str) -> str:
    path, hash_sign, anchor = target.partition("#")
    if path.endswith(".md"):
        path = re.sub(r"(^|/)index/$", r"\1", path.removesuffix(".md") + "/") or "./"
    return (urljoin(base, path) if path else address) + hash_sign + anchor


def _text(source: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str, printed: str = "") -> Cell:
    outputs = [{"name": "stdout", "output_type": "stream", "text": printed}] if printed else []
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": outputs,
        "source": source,
    }
