"""The two packages on PyPI that fit this law, called as their documentation says."""

import logging
import os
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scaling_core import ChinchillaLaw
from scaling_core._check import Array

# Hoffmann et al. 2022, Section D.2; lower-case names are logarithms in `chinchilla`
GRID = {
    "e": np.arange(-1.0, 1.1, 0.5),
    "a": np.arange(0.0, 26, 5),
    "b": np.arange(0.0, 26, 5),
    "alpha": np.arange(0.0, 2.1, 0.5),
    "beta": np.arange(0.0, 2.1, 0.5),
}
THIN = {name: values[[0, len(values) // 2, -1]] for name, values in GRID.items()}  # 243 starts
DRAWN = "test_loss__nats"


def chinchilla_fit(runs: Sequence[Array], delta: float, grid: dict[str, Array]) -> ChinchillaLaw:
    """`chinchilla` reads df.csv from a folder; the paper's loss is one of those that it ships."""
    os.environ.setdefault("MPLBACKEND", "Agg")  # fit() draws a figure into the folder
    from chinchilla import Chinchilla
    from chinchilla._metrics import log_huber

    N, D, L = runs
    with tempfile.TemporaryDirectory() as folder:
        rows = np.column_stack([6 * N * D, N, D, L])
        file = Path(folder, "df.csv")
        np.savetxt(file, rows, "%.17g", ",", header="C,N,D,loss", comments="")
        fitting = Chinchilla(
            folder, grid, loss_fn=partial(log_huber, delta=delta), log_level=logging.CRITICAL
        )
        fitting.fit(parallel=False)  # one thread for everybody
        return ChinchillaLaw(**fitting.params)


def chinchilla_allocate(C: Array, law: ChinchillaLaw) -> Any:
    from chinchilla import Chinchilla

    names = ("E", "A", "B", "alpha", "beta")
    return Chinchilla.allocate_compute(C, {name: getattr(law, name) for name in names})


def simple_fit(runs: Sequence[Array], draws: int) -> tuple[ChinchillaLaw, int]:
    """The law of `simple-scaling-laws` in plain units, and how many of its refits failed.

    It divides N and D by their geometric means before it fits.
    """
    import polars
    from simple_scaling_laws import fit

    N, D, L = runs
    table = polars.DataFrame(
        {
            "training_run_id": np.arange(len(N)),
            "model_size__N": N,
            "dataset_size__D": D,
            DRAWN: L,
        }
    )
    model = fit(table, law="separable-power", n_draws=draws, seed=0)
    p = model.params(DRAWN)
    return plain_units(p, N, D), model.draws[DRAWN].n_failed


def plain_units(p: dict[str, float], N: Array, D: Array) -> ChinchillaLaw:
    size, tokens = (np.exp(np.log(column).mean()) for column in (N, D))
    A, B = p["A"] * size ** p["alpha"], p["B"] * tokens ** p["beta"]
    return ChinchillaLaw(p["E"], A, B, p["alpha"], p["beta"])
