"""Simulated runs that look like Chinchilla's: what every method of the table is given."""

from typing import Any
from unittest.mock import patch

import numpy as np

from scaling_core import BESIROGLU_2024, bootstrap
from scaling_core._check import Array
from scaling_core.bootstrap import Bootstrap
from scaling_core.fitting import Fit

DELTA = 1e-3  # Hoffmann et al. 2022
NOISE = 0.0044  # of t(2) in ln L: one residual of six inside DELTA, as in the digitised runs


def simulated(rows: int = 240, seed: int = 240) -> tuple[Array, Array, Array]:
    """N, D and L of `rows` runs: budgets of 6e18 to 3e21 FLOP, sizes about the best of each."""
    rng = np.random.default_rng(seed)
    C = np.exp(rng.uniform(np.log(6e18), np.log(3e21), rows))
    N = np.round(BESIROGLU_2024.optimum(C).N * np.exp(rng.normal(0, 0.7, rows)))
    D = np.round(C / (6 * N))
    L = BESIROGLU_2024.loss(N, D) * np.exp(NOISE * rng.standard_t(2, rows))
    return N, D, L


def drawn(fit: Fit, number: int, seed: int = 0) -> tuple[Bootstrap, Array]:
    """The library's bootstrap, and how often each resample of it drew each run."""
    kept: list[Array] = []
    count = bootstrap._counts

    def keep(*arguments: Any) -> Any:
        kept.append(count(*arguments))
        return kept[-1]

    with patch.object(bootstrap, "_counts", keep):
        answer = fit.bootstrap(number, seed=seed)
    return answer, np.concatenate(kept).astype(float)
