"""The kinds of rows in `scaling_core/data/*.csv`, and how a line of such a file becomes one."""

import csv
import math
from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass, fields
from datetime import date
from typing import Any, Literal, get_args, get_origin

from scaling_core.compute import training_flops
from scaling_core.provenance import Grade

type Reader = Callable[[str], object]


@dataclass(frozen=True, kw_only=True)
class Row:
    """What every row carries, whatever it describes.

    name    unique in its table
    as_of   the day to which the row describes its subject; a month counts from its first day
    grade   P authors' own artefact, F full text of the paper, S secondary text, D derived;
            "F+S" where two sources of different standing share the row
    source  where the numbers stand
    note    conditions and traps

    >>> from scaling_core import models
    >>> row = models()["Chinchilla"]
    >>> row.grade, row.source
    ('F', 'Hoffmann et al. 2022, arXiv:2203.15556, Tables 1 and 4')
    """

    name: str
    as_of: date
    grade: str
    source: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Model(Row):
    """One language model: parameters, training tokens, FLOP and GPU-hours as published.

    params_active are those that one token meets (all of them in a dense model).
    flops_estimated is an outsider's estimate, named in `source`; flops_reported the makers' own.
    scaling_point: trained from scratch on a known number of tokens, hence fit for a scaling plot.

    >>> from scaling_core import models
    >>> gopher = models()["Gopher"]
    >>> gopher.flops_reported, gopher.flops_6nd  # the paper's budget is not 6ND
    (5.76e+23, 5.04e+23)
    >>> print(models()["Mistral 7B v0.1"].tokens)  # not disclosed
    None
    """

    year: int
    org: str
    params_total: float | None = None
    params_active: float | None = None
    tokens: float | None = None
    flops_reported: float | None = None
    flops_estimated: float | None = None
    gpu_hours: float | None = None
    hardware: str = ""
    scaling_point: bool

    @property
    def flops_6nd(self) -> float | None:
        """Training compute 6ND in FLOP with the active parameters; None if N or D is missing."""
        if self.params_active is None or self.tokens is None:
            return None
        return float(training_flops(self.params_active, self.tokens))

    @property
    def tokens_per_parameter(self) -> float | None:
        """Training tokens per active parameter; None if either is missing."""
        if self.params_active is None or self.tokens is None:
            return None
        return self.tokens / self.params_active


@dataclass(frozen=True, kw_only=True)
class Dataset(Row):
    """One text corpus, estimate of the stock of text, or collection of robot data.

    size in `unit`; low and high are the ends of a 95 % interval, given for stocks alone.

    >>> from scaling_core import datasets
    >>> stock = datasets()["Quality-adjusted stock"]
    >>> stock.low, stock.size, stock.high, stock.unit
    (22000000000000.0, 100000000000000.0, 490000000000000.0, 'tokens')
    """

    year: int
    kind: Literal["corpus", "stock", "robot"]
    size: float | None = None
    unit: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Accelerator(Row):
    """One chip: dense peaks in FLOP/s by precision, memory in bytes, bandwidth in bytes/s.

    Without sparsity, with which data sheets print twice these peaks. Memory in the vendors' GB.

    >>> from scaling_core import hardware
    >>> a100 = hardware()["NVIDIA A100 SXM"]
    >>> a100.bf16, a100.tf32  # the peak belongs to a precision
    (312000000000000.0, 156000000000000.0)
    """

    bf16: float
    tf32: float | None = None
    fp8: float | None = None
    memory: float | None = None
    bandwidth: float | None = None


@dataclass(frozen=True, kw_only=True)
class Price(Row):
    """One price of renting a GPU, in US dollars per GPU-hour, on the day `as_of`.

    kind "market": quoted, ages. kind "assumed": what a paper put into its own sum, does not.
    usd_per_hour is None where only a range, low to high, is known.

    >>> from scaling_core import prices
    >>> h100 = prices()["H100 on demand"]
    >>> h100.low, h100.usd_per_hour, h100.high, h100.as_of.isoformat()
    (1.99, 2.95, 5.0, '2026-05-20')
    """

    kind: Literal["market", "assumed"]
    usd_per_hour: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Utilisation(Row):
    """Share of the peak FLOP/s that one training run reached, as its authors or others state it.

    mfu counts the model's own FLOP, no recomputation; `low` is the run's worst stated value.

    >>> from scaling_core import utilisation
    >>> utilisation()["PaLM 540B"].mfu
    0.462
    """

    mfu: float
    low: float | None = None
    hardware: str = ""


@dataclass(frozen=True, kw_only=True)
class Law(Row):
    """One published law in words: form, constants as printed, conventions and range.

    For reading; the numbers to compute with are in `scaling_core.published`.

    >>> from scaling_core import laws
    >>> laws()["Kaplan L(C_min)"].form
    'L = (C_c/C_min)^alpha_C'
    """

    form: str
    constants: str = ""
    conventions: str = ""
    range: str = ""


def parse_rows[R: Row](lines: Iterable[str], file: str, kind: type[R]) -> tuple[R, ...]:
    """The rows of a CSV text; a ValueError names file, line, column and value of what is wrong.

    >>> header = "name,mfu,low,hardware,as_of,grade,source,note"
    >>> parse_rows([header, "PaLM 540B,46.2 %,,,2026-08-01,F,sec. 4,"], "mfu.csv", Utilisation)
    Traceback (most recent call last):
    ValueError: mfu.csv:2: mfu must be a number above 0, got '46.2 %'
    """
    reader = csv.reader(lines, strict=True)
    columns = {field.name: field for field in fields(kind)}
    rows: dict[str, R] = {}
    try:
        header = next(reader, [])
        if sorted(header) != sorted(columns):
            raise ValueError(f"columns must be {', '.join(columns)}, got {', '.join(header)}")
        for cells in reader:
            if len(cells) != len(header):
                raise ValueError(f"{len(header)} cells expected, got {len(cells)}: {cells!r}")
            values: dict[str, Any] = {
                name: _value(name, text.strip(), columns[name].type, columns[name].default)
                for name, text in zip(header, cells, strict=True)
            }
            if values["name"] in rows:
                raise ValueError(f"name {values['name']!r} appears twice")
            rows[values["name"]] = kind(**values)
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{file}:{reader.line_num}: {error}") from None
    return tuple(rows.values())


def _value(name: str, text: str, kind: Any, default: object) -> object:
    """One cell as the type of its field; an empty one as the field's default, if it has one."""
    if not text:
        if default is MISSING:
            raise ValueError(f"{name} must not be empty")
        return default
    expected, read = _reader(name, kind)
    try:
        return read(text)
    except ValueError:
        raise ValueError(f"{name} must be {expected}, got {text!r}") from None


def _reader(name: str, kind: Any) -> tuple[str, Reader]:
    if name == "grade":
        return "P, F, S or D, or several with a +", _grade
    if get_origin(kind) is Literal:
        allowed = get_args(kind)
        return f"one of {', '.join(allowed)}", lambda text: _one_of(allowed, text)
    return _READERS[kind]


def _number(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError
    return number


def _one_of(allowed: tuple[str, ...], text: str) -> str:
    if text not in allowed:
        raise ValueError
    return text


def _grade(text: str) -> str:
    return "+".join(_one_of(get_args(Grade), part) for part in text.split("+"))


_READERS: dict[Any, tuple[str, Reader]] = {
    str: ("text", str),
    int: ("a whole number", int),
    float: ("a number above 0", _number),
    float | None: ("a number above 0, or empty", _number),
    bool: ("yes or no", lambda text: _one_of(("yes", "no"), text) == "yes"),
    date: ("a day such as 2026-08-01", date.fromisoformat),
}
