"""The text of a file of runs: a header, then one line per run, each checked to its last cell."""

import csv
from collections.abc import Iterable
from io import StringIO
from itertools import count

from scaling_core.lab.config import RECIPE
from scaling_core.lab.runs import COLUMNS, Run

SHOWN = 400  # characters of a wrong header that a message repeats


class RunsFileError(ValueError):
    """What is wrong with the file, in words for its reader."""


def encoded(cells: Iterable[str]) -> bytes:
    """One line of the file."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


HEADER = encoded(COLUMNS)


def parsed(data: bytes, shown: str) -> tuple[list[Run], int]:
    """The runs of all whole lines, and the number of bytes that these lines take."""
    whole = data.rfind(b"\n") + 1
    if not whole and HEADER.startswith(data):
        return [], 0  # a new file, or one whose first line was never completed
    header, *lines = data[: whole or SHOWN].split(b"\n")
    if header.rstrip(b"\r") + b"\n" != HEADER:
        found = header[:SHOWN].decode(errors="backslashreplace")
        raise RunsFileError(
            f"{shown}:1: not a file of runs: the header should be {HEADER.decode().strip()!r}, "
            f"found {found!r}"
        )
    runs: list[Run] = []
    lines_of: dict[str, int] = {}
    for number, line in zip(count(2), lines, strict=False):
        if not line.strip():
            continue
        run = _run(line, f"{shown}:{number}")
        first = lines_of.setdefault(run.config.run_id, number)
        if first != number:
            raise RunsFileError(
                f"{shown}:{number}: the run {run.config.run_id} is on line {first} too: "
                "delete one of them"
            )
        runs.append(run)
    return runs, whole


def _run(line: bytes, place: str) -> Run:
    """The run of one line, checked against everything that follows from its settings."""
    advice = "; if you delete the line, a sweep repeats the run"
    try:
        cells = next(csv.reader([line.decode().rstrip("\r")], strict=True))
    except UnicodeDecodeError as error:
        bad = error.object[error.start]
        raise RunsFileError(f"{place}: not text in UTF-8: byte 0x{bad:02x}{advice}") from None
    except csv.Error as error:
        words = str(error).replace("unexpected end of data", "a quotation mark is never closed")
        raise RunsFileError(f"{place}: {words}{advice}") from None
    if len(cells) != len(COLUMNS):
        raise RunsFileError(f"{place}: {len(cells)} cells, expected {len(COLUMNS)}{advice}")
    row = dict(zip(COLUMNS, cells, strict=True))
    if row["recipe"].isdecimal() and int(row["recipe"]) != RECIPE:
        raise RunsFileError(
            f"{place}: a row of recipe {row['recipe']}, but this version trains by recipe "
            f"{RECIPE}: the two never share a file, so choose another one with --out"
        )
    try:
        return Run.from_row(row)
    except (ValueError, TypeError) as error:
        raise RunsFileError(f"{place}: {error}{advice}") from None
