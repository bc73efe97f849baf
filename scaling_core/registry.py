"""Published models, data sets, accelerators, prices and laws: one row each, with its source.

The tables are `scaling_core/data/*.csv`; a table is read when it is first asked for.
A missing number is None, never 0 or NaN.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import cast

from scaling_core._rows import (
    Accelerator,
    Dataset,
    Law,
    Model,
    Price,
    Row,
    Utilisation,
    parse_rows,
)

_ROWS: Mapping[str, type[Row]] = {
    "datasets": Dataset,
    "hardware": Accelerator,
    "laws": Law,
    "models": Model,
    "prices": Price,
    "utilisation": Utilisation,
}


@dataclass(frozen=True, repr=False)
class Table[R: Row]:
    """Rows in the order of their file: iterate, count, or look one up by its name.

    An unknown name is a KeyError that lists similar ones.

    >>> hardware()
    <hardware: 19 rows>
    >>> "NVIDIA B200 SXM" in hardware(), max(chip.bf16 for chip in hardware())
    (True, 2500000000000000.0)
    >>> models()["Chinchila"]
    Traceback (most recent call last):
    KeyError: "no 'Chinchila' in models; similar: 'Chinchilla'"
    """

    name: str
    rows: tuple[R, ...]

    def __getitem__(self, name: str) -> R:
        for row in self.rows:
            if row.name == name:
                return row
        raise _unknown(f"no {name!r} in {self.name}", name, [row.name for row in self.rows])

    def __contains__(self, name: object) -> bool:
        return any(row.name == name for row in self.rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self)} rows>"


def models(*, scaling_point: bool | None = None) -> Table[Model]:
    """Language models; with scaling_point=True those that belong on a plot of from-scratch runs.

    Left out then: distilled or pruned models, undisclosed tokens, several epochs, tokens that
    are not text alone. scaling_point=False gives just these.

    >>> models()["Llama 3 8B"].tokens_per_parameter  # nominal size
    1875.0
    >>> "Llama 3.2 1B" in models(scaling_point=True)  # distilled
    False
    """
    table = cast("Table[Model]", _table("models"))
    if scaling_point is None:
        return table
    if not isinstance(scaling_point, bool):
        raise TypeError(f"scaling_point must be True, False or None, got {scaling_point!r}")
    rows = tuple(row for row in table if row.scaling_point is scaling_point)
    return Table(table.name, rows)


def datasets() -> Table[Dataset]:
    """Text corpora, estimates of the stock of text, and robot data.

    >>> datasets()["FineWeb"].size, datasets()["DROID"].unit
    (15000000000000.0, 'trajectories')
    """
    return cast("Table[Dataset]", _table("datasets"))


def hardware() -> Table[Accelerator]:
    """Accelerators with their dense peaks in FLOP/s.

    >>> hardware()["NVIDIA H100 SXM"].bf16 / 1e12
    989.0
    """
    return cast("Table[Accelerator]", _table("hardware"))


def prices() -> Table[Price]:
    """Prices of renting a GPU: quoted ones, which age, and ones that papers assumed.

    >>> prices()["H800 (DeepSeek-V3)"].kind
    'assumed'
    """
    return cast("Table[Price]", _table("prices"))


def utilisation() -> Table[Utilisation]:
    """Model FLOP utilisation (MFU) of training runs.

    >>> utilisation()["Llama 3 405B"].low
    0.38
    """
    return cast("Table[Utilisation]", _table("utilisation"))


def laws() -> Table[Law]:
    """Published laws in words, constants as printed.

    >>> laws()["Kaplan allocation"].source
    'Kaplan et al. 2020, arXiv:2001.08361, Table 6'
    """
    return cast("Table[Law]", _table("laws"))


def table(name: str) -> Table[Row]:
    """The table of that name: datasets, hardware, laws, models, prices or utilisation.

    >>> table("hardware")["Google TPU v4"].as_of.isoformat()
    '2026-08-01'
    >>> table("model")
    Traceback (most recent call last):
    KeyError: "no table 'model'; similar: 'models'"
    """
    if name not in _ROWS:
        raise _unknown(f"no table {name!r}", name, list(_ROWS))
    return _table(name)


def freshness(today: date) -> tuple[str, ...]:
    """Rows that describe a day more than twelve months before `today`, as "table: name (day)".

    Prices that a paper assumed do not age. Empty when everything is fresh; nothing is raised.

    >>> from datetime import date
    >>> freshness(date(2027, 5, 20))
    ('prices: A100 80GB (2026-05-01)', 'prices: H200 SXM (2026-05-01)')
    """
    if not isinstance(today, date):
        raise TypeError(f"today must be a datetime.date, got {today!r}")
    limit = (today.year - 1, today.month, today.day)  # as numbers: 29 February has no anniversary
    return tuple(
        f"{name}: {row.name} ({row.as_of})"
        for name in _ROWS
        for row in _table(name)
        if (row.as_of.year, row.as_of.month, row.as_of.day) < limit
        and getattr(row, "kind", None) != "assumed"
    )


@cache
def _table(name: str) -> Table[Row]:
    file = resources.files("scaling_core") / "data" / f"{name}.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return Table(name, parse_rows(lines, file.name, _ROWS[name]))


def _unknown(problem: str, name: object, known: list[str]) -> KeyError:
    text, lower = str(name).lower(), {each.lower(): each for each in known}
    close = [each for each in lower if text in each] or get_close_matches(text, lower)
    similar = ", ".join(repr(lower[each]) for each in close[:3])
    return KeyError(f"{problem}; similar: {similar or 'none'}")
