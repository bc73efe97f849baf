"""What the commands of `scaling-core` share: how they read numbers and write answers."""

import argparse
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from textwrap import fill
from typing import Any, Protocol

import numpy as np

from scaling_core._check import Domain, check_scalar
from scaling_core._rows import Row
from scaling_core.registry import Table
from scaling_core.units import human, parse, percent, usd

WIDTH = 80  # columns of a terminal that the answers fit
MOST = 10**6  # resamples, refits: more is a slip, and would run for days


class Watcher(Protocol):
    """Somebody who may be told how far the work is."""

    def bar(self, share: float) -> None:
        """How much of a file has been read."""

    def busy(self, what: str) -> AbstractContextManager[None]:
        """Work without milestones, for the time of a `with`."""


@dataclass(frozen=True)
class Answer:
    """What a command has to say: as text, as JSON, and its doubts, which make the exit code 1."""

    text: str
    data: Mapping[str, Any]
    doubts: tuple[str, ...] = ()


def amount(text: str) -> float:
    """A number on the command line: 70B, 1.4T, 5.88e23, 0.4."""
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def within(domain: Domain) -> Callable[[str], float]:
    """Reads a number of the command line that lies in a domain of `_check`."""

    def read(text: str) -> float:
        try:
            return check_scalar("", amount(text), domain)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error).strip()) from None

    return read


def several(domain: Domain) -> Callable[[str], list[float]]:
    """Reads numbers of the command line that are separated by commas."""
    return lambda text: [within(domain)(part) for part in text.split(",")]


def count(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number of the command line: 4000, 4K."""

    def read(text: str) -> int:
        value = amount(text)
        if not (least <= value <= most and value == int(value)):
            words = f"must be a whole number from {least} to {most:,}, got {text!r}"
            raise argparse.ArgumentTypeError(words)
        return int(value)

    return read


def pairs(text: str) -> dict[str, str]:
    """Names and values, NAME=VALUE,NAME=VALUE; a comma inside a value is no end."""
    found = {}
    for part in re.split(r",(?=\s*\w+=)", text):
        name, equals, value = part.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise argparse.ArgumentTypeError(f"must be NAME=VALUE, got {part!r}")
        if name.strip() in found:
            raise argparse.ArgumentTypeError(f"{name.strip()} is given twice")
        found[name.strip()] = value.strip()
    return found


def lookup[R: Row](table: Table[R], name: str) -> R:
    """The row of that name, or the only one whose name holds these words, whole or as parts."""
    if name in table:
        return table[name]
    words = set(name.lower().split())
    likely = [row for row in table if words <= set(row.name.lower().split())]
    likely = likely or [row for row in table if all(word in row.name.lower() for word in words)]
    if len(likely) > 1:
        names = ", ".join(row.name for row in likely)
        raise ValueError(f"{name!r} is one of several in {table.name}: {names}")
    return likely[0] if likely else table[name]  # the table knows what is similar


def columns(
    header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1, last: int = 0
) -> str:
    """Aligned text: numbers to the right, the first `left` and the `last` columns to the left."""
    lines = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    words = {*range(left), *range(len(header) - last, len(header))}
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i in words else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def note(text: str, first: str = "", indent: str = "") -> str:
    """A paragraph that fits the terminal."""
    return fill(text, WIDTH, initial_indent=first, subsequent_indent=indent)


def shown(value: float | None, digits: int = 3) -> str:
    """A number for people; a dash for one that does not exist."""
    return "-" if value is None or math.isnan(value) else human(value, digits)


def whole(value: float) -> str:
    """A count for people: 1024, 1.5."""
    return f"{value:,.10g}"


def dollars(value: float | None) -> str:
    """An amount of money for a terminal."""
    return "-" if value is None else usd(value).replace("\\", "")


def share(value: float) -> str:
    """A fraction in percent, a tiny one without its rows of zeros; a dash for nan."""
    if math.isnan(value):
        return "-"
    return f"{100 * value:.2g}%" if 0 < abs(value) < 1e-5 else percent(value, 2)


def jsonable(value: Any) -> Any:
    """The value with what JSON lacks replaced: nan and inf are null, arrays are lists."""
    if isinstance(value, np.ndarray | np.generic):
        return jsonable(value.tolist())
    if is_dataclass(value):
        return {f.name: jsonable(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): jsonable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(entry) for entry in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
