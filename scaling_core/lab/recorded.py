"""Runs as columns: the recorded ones that ship with the book, or those of a file of one's own."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from scaling_core.lab.runs import COLUMNS, Run
from scaling_core.lab.runs_file import read_runs

type Column = npt.NDArray[Any] | list[Any]

TEXTS = ("run_id", "group", "status", "source", "schedule", "rel_start", "numpy")
REALS = (
    "epochs", "noise", "budget", "lr", "loss", "excess", "ce", "train_loss", "cpu_seconds"
)  # fmt: skip
SHORT = {"D": "tokens", "C": "flops_6nd", "d": "d_model"}


class Runs:
    """Runs as columns: `runs.N`, `runs.loss`, and every other column of the file by its name.

    D, C and d are short for tokens, flops_6nd and d_model. Counts are whole numbers; a loss that
    was not measured is NaN; the budget of a run without one is 0. `curve` is a list of arrays
    with one row per evaluation (tokens, excess or loss, ...), `metrics` a list of dicts.

    >>> from scaling_core.lab import RunConfig
    >>> from scaling_core.lab.recorded import Runs
    >>> from scaling_core.lab.runs import Run
    >>> config = RunConfig("quick", "shannon", d=16, tokens=242_688, lr=0.02, seed=0, budget=1e10)
    >>> runs = Runs.of([Run(config, "ok", 2.0383, 0.90269, 2.0371, 2.0642, 1.4)])
    >>> runs.N, runs.D, runs.loss, len(runs.where(runs.d > 16))
    (array([6864]), array([242688]), array([2.0383]), 0)
    """

    def __init__(self, columns: dict[str, Column]) -> None:
        for values in columns.values():
            if isinstance(values, np.ndarray):
                values.setflags(write=False)
        self._columns = columns

    @classmethod
    def of(cls, runs: Iterable[Run]) -> Self:
        """The columns of these runs."""
        rows = [run.row() for run in runs]
        return cls({name: _column(name, [row[name] for row in rows]) for name in COLUMNS})

    @classmethod
    def read(cls, file: str | Path) -> Self:
        """The runs of a file that a sweep wrote; RunsFileError, with the line, if it is damaged."""
        return cls.of(read_runs(file))

    def __getattr__(self, name: str) -> Any:
        columns = self.__dict__.get("_columns", {})
        try:
            return columns[SHORT.get(name, name)]
        except KeyError:
            raise AttributeError(
                f"no column {name!r}; there are {', '.join((*SHORT, *columns))}"
            ) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *SHORT, *self._columns]

    def __len__(self) -> int:
        return len(self._columns["run_id"])

    def __repr__(self) -> str:
        groups = ", ".join(sorted(set(self._columns["group"])))
        return f"<{len(self)} runs: {groups}>"

    def where(self, mask: npt.ArrayLike) -> Self:
        """The runs for which the mask, one truth value each, is true."""
        chosen = np.asarray(mask)
        if chosen.dtype != np.bool_ or chosen.shape != (len(self),):
            raise ValueError(
                f"mask must be {len(self)} truth values, got {chosen.dtype} of shape {chosen.shape}"
            )
        places = np.flatnonzero(chosen)
        return type(self)(
            {
                name: values[places]
                if isinstance(values, np.ndarray)
                else [values[place] for place in places]
                for name, values in self._columns.items()
            }
        )


@cache
def recorded(name: str) -> Runs:
    """The recorded runs of a shipped file, such as lab_runs.csv; ValueError for another name."""
    data = resources.files("scaling_core") / "data"
    names = sorted(
        f.name for f in data.iterdir() if f.name.startswith("lab_") and f.name.endswith(".csv")
    )
    if name not in names:
        raise ValueError(
            f"name must be one of {', '.join(names) or 'none: no data is here'}, got {name!r}"
        )
    with resources.as_file(data / name) as file:
        return Runs.read(file)


def _column(name: str, cells: Sequence[str]) -> Column:
    if name == "curve":
        return [np.array(json.loads(cell or "[]"), np.float64) for cell in cells]
    if name == "metrics":
        return [json.loads(cell or "{}") for cell in cells]
    if name in TEXTS:
        return np.array(cells, np.str_)
    if name in REALS:
        return np.array([cell or "nan" for cell in cells], np.float64)
    return np.array(cells, np.int64) if cells else np.empty(0, np.int64)
