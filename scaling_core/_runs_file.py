"""Reads the table of runs that `scaling-core fit` is given: a CSV file, or standard input.

Every complaint names file, line (the header is line 1), column and value.
"""

import csv
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import chain, islice, takewhile
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from scaling_core._check import Array
from scaling_core.units import parse

BLOCK = 2**11  # rows that are converted at once
LONGEST = 2**20  # characters of a header; without an end, a device would fill the memory
SHOWN = 12  # columns that a complaint lists
MEANING = {"N": "parameters", "D": "training tokens", "L": "loss", "C": "training FLOP"}

# Headers that are understood without --columns, in lower case, without spaces and signs.
_KNOWN = {
    "N": "n params parameters nparams nparameters numparams numparameters modelsize modelparams",
    "D": "d tokens trainingtokens traintokens ntokens numtokens",
    "L": "l loss finalloss validationloss valloss evalloss testloss",
    "C": "c flop flops compute trainingflop trainingflops trainingcompute totalflops",
}


class RunsFileError(ValueError):
    """What is wrong with the file, in words for its reader."""


@dataclass(frozen=True)
class Runs:
    """The columns that were read, one entry per run.

    columns  # letter -> header of the column it was read from; "D" is missing if D = C / (6 N)
    C        # training FLOP; None if there is no such column
    groups   # of each run, counted from 0; None if not asked for
    """

    file: str
    columns: Mapping[str, str]
    N: Array
    D: Array
    L: Array
    C: Array | None
    groups: npt.NDArray[np.intp] | None


def read_runs(
    file: str,
    names: Mapping[str, str] | None = None,
    group: str | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Runs:
    """The runs of a CSV file with a header ("-" is standard input), commas, semicolons or tabs.

    names     # letter N, D, L or C -> header, where it is not one of the usual ones
    group     # header of a column whose equal entries belong together
    progress  # called now and then with the share of the file that has been read

    N, D and C may be written as 70B or 1.4T. Blank lines are skipped. D may be missing if C is
    there: then D = C / (6 N).
    """
    shown = "standard input" if file == "-" else file
    with _opened(file, shown) as (stream, raw):
        size = _size(raw)
        first = stream.readline(LONGEST)
        if "\0" in first or len(first) == LONGEST:
            raise RunsFileError(f"{shown} is not a text file")
        if not first:
            raise RunsFileError(f"{shown} is empty: a header and one line per run are expected")
        if not first.strip():
            raise RunsFileError(f"{shown}:1: the line is blank, it should name the columns")
        delimiter = max(",;\t", key=first.count)  # the comma if there is none of them
        reader = csv.reader(chain([first], stream), delimiter=delimiter, strict=True)
        blocks: list[list[Array]] = []
        labels: list[str] = []
        try:
            header = [name.strip() for name in next(reader)]
            columns = _columns(header, dict(names or {}), f"{shown}:1")
            places = [header.index(name) for name in columns.values()]
            beside = header.index(_checked(header, group, f"{shown}:1")) if group else None
            while rows := list(islice(reader, BLOCK)):
                try:
                    block = _quickly(rows, places, len(header), beside)
                except ValueError:  # a blank line, a number such as 70B, or a mistake
                    last = reader.line_num
                    rows, block = _carefully(rows, last, columns, header, shown, group)
                blocks.append(block)
                if beside is not None:
                    labels += [row[beside].strip() for row in rows]
                if size:
                    progress(min(raw.tell() / size, 1.0))
        except csv.Error as error:
            words = str(error).replace("unexpected end of data", "a quotation mark is never closed")
            raise RunsFileError(f"{shown}:{reader.line_num}: {words}") from None
    if not sum(block[0].size for block in blocks):
        raise RunsFileError(f"{shown} has a header and no runs")
    data = dict(zip(columns, map(np.concatenate, zip(*blocks, strict=True)), strict=True))
    with np.errstate(over="ignore", under="ignore"):
        D = data["D"] if "D" in data else data["C"] / (6 * data["N"])
        product = 6 * data["N"] * D
    sound = (product > 0) & (product < np.inf)
    if not sound.all():
        run = int(np.argmin(sound))
        raise RunsFileError(
            f"{shown}: run {run + 1} (N = {data['N'][run]:g}, D = {D[run]:g}): 6 N D must be a "
            f"finite number above 0, got {product[run]:g}"
        )
    return Runs(
        file=shown,
        columns=columns,
        N=data["N"],
        D=D,
        L=data["L"],
        C=data.get("C"),
        groups=np.unique(labels, return_inverse=True)[1] if group else None,
    )


@contextmanager
def _opened(file: str, shown: str) -> Iterator[tuple[TextIOWrapper, BinaryIO]]:
    """The file as text over its bytes; what can go wrong on the way to it, in words."""
    if file == "-" and sys.stdin is None:
        raise RunsFileError(f"{shown} is closed")
    try:
        with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as raw:
            text = TextIOWrapper(raw, encoding="utf-8-sig")
            try:
                yield text, raw
            finally:
                text.detach()  # else it would close standard input
    except FileNotFoundError:
        raise RunsFileError(f"there is no file {shown}") from None
    except IsADirectoryError:
        raise RunsFileError(f"{shown} is a folder, not a file") from None
    except OSError as error:
        raise RunsFileError(f"{shown} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        place, byte = _place(file, shown), error.object[error.start]
        raise RunsFileError(f"{place} is not text in UTF-8: byte 0x{byte:02x}") from None


def _size(stream: BinaryIO) -> int:
    """Bytes of a file on disk; 0 for a pipe, whose end nobody knows."""
    try:
        return os.fstat(stream.fileno()).st_size
    except OSError:
        return 0


def _place(file: str, shown: str) -> str:
    """Name and first line that is not UTF-8, for a file that can be read a second time."""
    if file == "-" or not Path(file).is_file():
        return shown
    with Path(file).open("rb") as lines:
        good = takewhile(lambda line: line.decode(errors="ignore").encode() == line, lines)
        return f"{shown}:{1 + sum(1 for _ in good)}"


def _quickly(
    rows: list[list[str]], places: list[int], width: int, beside: int | None
) -> list[Array]:
    """The numbers of some rows; a ValueError without words if anything is odd about them."""
    if set(map(len, rows)) != {width}:
        raise ValueError
    if beside is not None and not all(row[beside].strip() for row in rows):
        raise ValueError
    block = [
        np.fromiter(map(float, map(itemgetter(place), rows)), np.float64, len(rows))
        for place in places
    ]
    if not all(np.all((values > 0) & (values < np.inf)) for values in block):
        raise ValueError
    return block


def _carefully(
    rows: list[list[str]],
    last: int,
    columns: Mapping[str, str],
    header: list[str],
    shown: str,
    group: str | None,
) -> tuple[list[list[str]], list[Array]]:
    """The rows that are not blank, and their numbers; `last` is the line on which they end."""
    numbered = []
    for row in reversed(rows):
        numbered.append((last, row))
        last -= 1 + sum(cell.count("\n") for cell in row)
    filled = [(line, row) for line, row in reversed(numbered) if any(map(str.strip, row))]
    block: list[list[float]] = [[] for _ in columns]
    for line, row in filled:
        if len(row) != len(header):
            raise RunsFileError(
                f"{shown}:{line}: {len(row)} cells, but the header has {len(header)}: {row!r:.60}"
            )
        if group and not row[header.index(group)].strip():
            raise RunsFileError(f"{shown}:{line}: column {group!r} (group): the cell is empty")
        for values, (letter, name) in zip(block, columns.items(), strict=True):
            values.append(_number(row[header.index(name)], letter, name, f"{shown}:{line}"))
    return [row for _, row in filled], [np.array(values) for values in block]


def _columns(header: list[str], names: Mapping[str, str], place: str) -> dict[str, str]:
    """Letter -> header, for every letter that has a column."""
    found = {}
    for letter, known in _KNOWN.items():
        if letter in names:
            found[letter] = _checked(header, names[letter], place)
            continue
        likely = [name for name in header if _plain(name) in known.split()]
        likely = [name for name in likely if name == letter] or likely
        if len(set(likely)) > 1:
            raise RunsFileError(
                f"{place}: columns {_quoted(likely)} could all be {letter} ({MEANING[letter]}): "
                f"say which with --columns {letter}=NAME"
            )
        if likely:
            found[letter] = _checked(header, likely[0], place)
    for letter in "NL" if "C" in found else "NDL":
        if letter not in found:
            raise RunsFileError(
                f"{place}: found no column for {letter} ({MEANING[letter]}); the columns are "
                f"{_quoted(header)}: say which with --columns {letter}=NAME"
            )
    return found


def _checked(header: list[str], name: str, place: str) -> str:
    if name not in header:
        raise RunsFileError(f"{place}: no column {name!r}; the columns are {_quoted(header)}")
    if header.count(name) > 1:
        raise RunsFileError(f"{place}: column {name!r} appears {header.count(name)} times")
    return name


def _number(cell: str, letter: str, name: str, place: str) -> float:
    where = f"{place}: column {name!r} ({MEANING[letter]})"
    if not cell.strip():
        raise RunsFileError(f"{where}: the cell is empty")
    try:
        value = float(cell)
    except ValueError:
        try:
            value = parse(cell) if letter != "L" else np.nan
        except ValueError:
            value = np.nan
        if np.isnan(value):
            hint = ": decimals need a point" if re.fullmatch(r"\s*\d+,\d+\s*", cell) else ""
            raise RunsFileError(f"{where}: {cell!r} is no number{hint}") from None
    if not 0 < value < np.inf:
        raise RunsFileError(f"{where}: must be a finite number above 0, got {cell!r}")
    return value


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _quoted(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"{name!r:.60}" for name in names[:SHOWN]) + more
