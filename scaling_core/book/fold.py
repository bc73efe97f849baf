"""Hints and solutions of a problem page, closed until the reader opens them."""

from __future__ import annotations

import re

from scaling_core.book.scan import Page

FOLDED = re.compile(r"^## (Hint|Solution|Follow-ups|Rubric|Where it comes from)\b.*$")


def folds_of(page: Page) -> dict[int, list[str]]:
    """Lines to write before a line, to close the sections of a problem page into details."""
    if not page.is_problem:
        return {}
    fenced = page.fenced()
    heads = [
        (i, FOLDED.match(line.text))
        for i, line in enumerate(page.lines)
        if i not in fenced and line.text.startswith("## ")
    ]
    hints = sum(1 for _, match in heads if match and match[1] == "Hint")
    folds: dict[int, list[str]] = {}
    number, is_open = 0, False
    for index, match in heads:
        before = ["", "//////", ""] if is_open else []
        is_open = match is not None
        if match:
            number += match[1] == "Hint"
            title = f"Hint {number} of {hints}" if match[1] == "Hint" else match[1]
            kind = match[1].lower().replace(" ", "-")
            name = f"hint-{number}" if kind == "hint" else kind
            attributes = f"    attrs: {{id: {name}, class: {kind}}}"
            before += ["", f"////// details | {title}", attributes, ""]
        folds[index] = before
    if is_open:
        folds[len(page.lines)] = ["", "//////"]
    return folds
