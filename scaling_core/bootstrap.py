"""How far chance moves a fit: the same fit on resampled runs, and any answer pushed through it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scaling_core._check import (
    Array,
    FitWarning,
    Floats,
    Numbers,
    check_count,
)
from scaling_core._draws import Draws, ends
from scaling_core._newton import Objective, ladder, minimise
from scaling_core.chinchilla import ChinchillaLaw

if TYPE_CHECKING:
    from scaling_core.fitting import Fit

TOLERANCE = 1e-10
WIDE = 0.1  # of the residuals' size: the delta from which a refit goes down to its own


@dataclass(frozen=True, eq=False)
class Bootstrap(Draws[ChinchillaLaw]):
    """What `Fit.bootstrap` returns: one law per resample of the runs.

    laws       # all refits as one batched ChinchillaLaw, whose axis comes first in every answer
    objective  # of each refit
    failures   # how many refits are "not converged", "at the end of a range" of an exponent, of
               # "fewer different runs than free numbers", or at "E = 0"; all are kept in laws
    seed       # of the resamples

    The laws are equally likely, and their scatter is that of the runs: it says nothing about an
    error of the law's form. Never combine intervals of its numbers (A and alpha move together):
    push all laws through the function that you want an interval of.

    >>> from scaling_core import BESIROGLU_2024 as law
    >>> from scaling_core.fitting import fit_chinchilla
    >>> from scaling_core.pilot_design import design_grid
    >>> runs = design_grid([1e8, 3e8, 1e9, 3e9, 1e10], [4, 20, 100, 500])
    >>> fit = fit_chinchilla(runs.N, runs.D, runs.simulate(law, 0.01, 1)[0])
    >>> fit.law.optimum(1e23).ratio, fit.bootstrap(400).ci_of(lambda law: law.optimum(1e23).ratio)
    (17.8, (10.0, 25.4))
    """

    laws: ChinchillaLaw
    objective: Array
    failures: Mapping[str, int]
    seed: int
    _residuals: Array = field(repr=False)  # of the fit
    _weights: Array = field(repr=False)

    def predict(
        self, N: Numbers, D: Numbers, *, noise: bool = True, level: float = 0.95, seed: int = 0
    ) -> tuple[Floats, Floats]:
        """Interval (low, high) of the loss of a new run: N parameters on D tokens, nats per token.

        noise  # True: a residual of the fit, drawn at random, is added to each law's answer, for a
               # new run scatters as the old ones did; False: the interval of the law alone
        seed   # of the residuals

        The residuals are those of a fit that has bent towards them, so a little too small.

        >>> from scaling_core import BESIROGLU_2024 as law
        >>> from scaling_core.fitting import fit_chinchilla
        >>> from scaling_core.pilot_design import design_grid
        >>> runs = design_grid([1e8, 3e8, 1e9, 3e9, 1e10], [4, 20, 100, 500])
        >>> boot = fit_chinchilla(runs.N, runs.D, runs.simulate(law, 0.01, 1)[0]).bootstrap(400)
        >>> boot.predict(70e9, 1.4e12), boot.predict(70e9, 1.4e12, noise=False)
        ((1.941, 1.991), (1.942, 1.987))
        """
        seed, losses = check_count("seed", seed, least=0), np.asarray(self.laws.loss(N, D))
        if noise:
            shares = self._weights / self._weights.sum()
            rng = np.random.default_rng([seed, 1])  # not the stream that drew the resamples
            losses = losses * np.exp(rng.choice(self._residuals, losses.shape, p=shares))
        return ends(losses, level)


def resampled(fit: Fit, n: int, seed: int, groups: npt.ArrayLike | None) -> Bootstrap:
    """The bootstrap of a fit: see `Fit.bootstrap`."""
    n, seed = check_count("n", n, least=2), check_count("seed", seed, least=0)
    rng, centred, group = np.random.default_rng(seed), fit._centred, _groups(groups, fit.weights)
    objective, deltas = Objective(centred), ladder(fit.delta, WIDE * fit.scale)
    ends, few = [], 0
    for first in range(0, n, objective.rows):
        rows = min(objective.rows, n - first)
        counts = _counts(rng, rows, int(group.max()) + 1)[:, group]
        ends.append(minimise(objective, fit._phi, counts * centred.w, deltas, TOLERANCE))
        few += int(np.sum(np.count_nonzero(counts, axis=1) < len(centred.free)))
    phi = np.concatenate([end.phi for end in ends])
    fields: dict[str, Any] = centred.fields(phi)
    failures = {
        "not converged": int(sum(np.sum(~end.converged) for end in ends)),
        "at the end of a range": int(centred.at_end(phi).any(axis=1).sum()),
        "fewer different runs than free numbers": few,
    }
    for name, number in failures.items():
        if number:
            warnings.warn(f"{number} of {n} refits: {name}", FitWarning, stacklevel=3)
    failures["E = 0"] = int(np.sum(fields["E"] == 0)) if "E" in centred.free else 0
    objectives = np.concatenate([end.F for end in ends]) * fit.weights.max()
    objectives.setflags(write=False)
    return Bootstrap(
        replace(fit.law, **fields),
        objectives,
        MappingProxyType(failures),
        seed,
        fit.residuals,
        fit.weights,
    )


def _groups(groups: npt.ArrayLike | None, weights: Array) -> npt.NDArray[np.intp]:
    """The number 0, 1, ... of the group of each run that has a weight."""
    if groups is None:
        return np.arange(np.count_nonzero(weights))
    labels = np.asarray(groups)
    if labels.shape != weights.shape:
        raise ValueError(
            f"groups must have one label per run ({weights.size}), got shape {labels.shape}"
        )
    names, group = np.unique(labels[weights > 0], return_inverse=True)
    if names.size < 2:
        raise ValueError(f"groups must name at least two groups, got only {names.tolist()[0]!r}")
    return group


def _counts(rng: np.random.Generator, rows: int, size: int) -> npt.NDArray[np.intp]:
    """How often each of `size` things is drawn in `size` draws, one resample per row."""
    drawn = rng.integers(size, size=(rows, size))
    drawn += size * np.arange(rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=rows * size).reshape(rows, size)
