"""The marks inside one line of text: `[29.4B]{= expression }`, `$formula$`, `[@citation, Table 3]`.

Code spans and comments are passed over. Columns are those of the line, so that a mark can be
replaced or rewritten in place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
COMMENT = re.compile(r"<!--.*?-->")
# a dollar sign opens if no space follows, closes if no space stands before and no digit follows
FORMULA = re.compile(r"(?<![\\$])\$(?![\s$])((?:\\.|[^\\$\s]|\s(?!\$))+?)\$(?![\d$])")
CITATION = re.compile(r"\[@([^\[\]]+)\](?![({\[])")
# what no mark has taken is a typing error: it would stand on the page as it is
LEFT = {
    re.compile(r"\{\s*="): "a checked value is written [29.4B]{= expression }, on one line",
    re.compile(r"\[@"): "a citation is written [@key] or [@key, Table 3]",
    re.compile(r"(?<![\\$])\$\$"): "$$ stands alone on the lines before and after a formula",
    re.compile(r"(?<![\\$])\$(?![\d$])"): r"a formula $...$ is on one line; money is written \$",
}


@dataclass(frozen=True)
class Mark:
    """One mark: `kind` is value, formula or citation; `start`, `end` are columns of all of it."""

    kind: str
    start: int
    end: int
    text: str  # what stands in the brackets or between the dollar signs
    expression: str = ""  # of a value


@lru_cache(maxsize=100_000)  # each line is read by the scanner, the page and the notebook
def find_marks(text: str) -> tuple[list[Mark], list[str]]:
    """The marks of one line in order, and messages about marks that cannot be read.

    >>> find_marks("about [29.4B]{= human(N) } and $6ND$")[0][0].expression
    'human(N)'
    """
    if not any(sign in text for sign in "$[{"):
        return [], []  # most lines
    taken = [m.span() for pattern in (CODE_SPAN, COMMENT) for m in pattern.finditer(text)]
    marks = _values(text, taken)
    messages: list[str] = []
    for pattern, kind in ((CITATION, "citation"), (FORMULA, "formula")):
        for match in pattern.finditer(text):
            if not _inside(match.start(), taken):
                marks.append(Mark(kind, *match.span(), match[1]))
                taken.append(match.span())
    for pattern, message in LEFT.items():
        found = [m.start() for m in pattern.finditer(text) if not _inside(m.start(), taken)]
        messages += [f"{text[column : column + 30]!r}: {message}" for column in found]
    return sorted(marks, key=lambda mark: mark.start), messages


def replace_marks(text: str, new: Callable[[Mark], str]) -> str:
    """A line with each mark replaced by what `new` gives for it.

    >>> replace_marks("about [29.4B]{= human(N) }, $6ND$", lambda mark: mark.kind)
    'about value, formula'
    """
    parts, end = [], 0
    for mark in find_marks(text)[0]:
        parts += [text[end : mark.start], new(mark)]
        end = mark.end
    return "".join([*parts, text[end:]])


def _values(text: str, taken: list[tuple[int, int]]) -> list[Mark]:
    marks: list[Mark] = []
    position = 0
    while (bracket := text.find("]{=", position)) >= 0:
        position = bracket + 3
        if _inside(bracket, taken):
            continue
        start, end = _opening(text, bracket), _closing(text, bracket + 3)
        if start is None or end is None:
            continue
        expression = text[bracket + 3 : end].strip()
        marks.append(Mark("value", start, end + 1, text[start + 1 : bracket], expression))
        taken.append((start, end + 1))
        position = end + 1
    return marks


def _inside(column: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= column < end for start, end in spans)


def _opening(text: str, bracket: int) -> int | None:
    """The [ that matches the ] at a column."""
    depth = 0
    for i in range(bracket, -1, -1):
        depth += {"]": 1, "[": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return None


def _closing(text: str, start: int) -> int | None:
    """The first } that leaves an expression Python can read; braces of f-strings are passed."""
    for i in range(start, len(text)):
        if text[i] == "}":
            try:
                ast.parse(text[start:i].strip(), mode="eval")
            except SyntaxError:
                continue
            return i
    return None
