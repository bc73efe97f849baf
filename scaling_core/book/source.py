"""Read a page's source: front matter, lines, snippets; each line keeps the place it came from."""

from __future__ import annotations

import os
import re
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
SNIPPET = re.compile(r'^\s*-+8<-+(?:\s+"([^":]+)(?::([\w-]+))?"\s*$)?')
SECTION = re.compile(r"--8<--\s*\[(start|end):\s*([\w-]+)\s*\]")


@dataclass(frozen=True)
class Problem:
    """Something wrong at one place; prints as `file:line: message`."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Line:
    """One line of a page after snippets are expanded, and the file and line it came from."""

    text: str
    file: str
    number: int


def body_of(text: str) -> str:
    """A page without its front matter, as MkDocs hands it to Markdown."""
    return FRONT_MATTER.sub("", text.replace("\r\n", "\n"), count=1)


def front_matter(text: str, file: str, problems: list[Problem]) -> tuple[dict[str, Any], str, int]:
    """(meta, body, number of lines before the body) of a page's text."""
    match = FRONT_MATTER.match(text)
    if not match:
        if re.match(r"---[ \t]*\n", text):
            problems.append(Problem(file, 1, "front matter is never closed by a line ---"))
        return {}, text, 0
    try:
        meta = yaml.safe_load(match[1]) or {}
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2026-13-01
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        reason = getattr(error, "problem", None) or "cannot be read"
        problems.append(Problem(file, line, f"front matter: {reason}"))
        meta = {}
    if not isinstance(meta, dict):
        meta = {}
        problems.append(Problem(file, 1, "front matter must be `key: value` lines"))
    return meta, text[match.end() :], text[: match.end()].count("\n")


def expand(
    body: str, offset: int, file: str, snippets: Path, problems: list[Problem]
) -> Iterator[Line]:
    """The page's lines with snippet lines replaced by what they name."""
    for number, text in enumerate(body.split("\n"), start=offset + 1):
        match = SNIPPET.match(text)
        if not match:
            yield Line(text, file, number)
        elif not match[1]:
            message = 'write a snippet on one line as --8<-- "file.py:section"'
            problems.append(Problem(file, number, message))
        else:
            try:
                yield from read_snippet(snippets, match[1], match[2])
            except (OSError, ValueError) as error:
                problems.append(Problem(file, number, f"snippet {match[1]}: {error}"))


def read_snippet(folder: Path, name: str, section: str | None) -> list[Line]:
    """Lines of a snippet file or of one section of it, dedented, without the section marks."""
    path, shown = folder / name, f"{folder.name}/{name}"
    if not path.is_file():
        raise ValueError(f"there is no file {shown}")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"the file must stand in {folder.name}/")
    kept: list[Line] = []
    inside, found = section is None, False
    text = path.read_text("utf-8-sig").removesuffix("\n")
    for number, line in enumerate(text.split("\n"), start=1):
        if mark := SECTION.search(line):
            if section is not None and mark[2] == section:
                inside, found = mark[1] == "start", True
        elif inside:
            kept.append(Line(line, shown, number))
    if section is not None and (not found or inside):
        what = "is not closed" if found else "does not exist"
        raise ValueError(f"section {section!r} {what}")
    if not kept:
        raise ValueError("nothing stands in it")
    dedented = textwrap.dedent("\n".join(line.text for line in kept)).split("\n")
    return [Line(text, line.file, line.number) for text, line in zip(dedented, kept, strict=True)]


def write_atomically(path: Path, text: str) -> None:
    """Write a whole file or nothing; readers and other writers never see half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = f"{os.getpid()}-{threading.get_ident()}"  # pages are written from several of both
    temporary = path.with_name(f"{path.name}.{own}.part")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
