"""The fit of the additive law to a table of runs: Huber loss on logarithms, as Hoffmann et al.

Approach 3 of https://arxiv.org/abs/2203.15556 . The sum over the runs is minimised, not their
mean, until nothing is left to gain: the answer depends neither on a start nor on a tolerance.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scaling_core._centred import Centred, checked_fixed
from scaling_core._check import (
    Array,
    FitWarning,
    Numbers,
    check_scalar,
    check_weights,
    columns,
)
from scaling_core._design import condition, doubts_about
from scaling_core._newton import Objective, ladder, minimise
from scaling_core._start import starts
from scaling_core.bootstrap import Bootstrap, resampled
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.provenance import Provenance

RACE, LEADERS = 5, 12  # steps of all starts; how many go on
CHANCE, MET = 1.2, 1e-4  # factor of the objective that can still win; relative difference of none
SURE, EXACT = 1e-8, 1e-24  # tolerances of the race, and of the answer
NO_FLOOR = 1e-12  # an E that is the rounding of the losses, over their mean
NORMAL = 1.4826  # deviation of normal residuals over their median size


@dataclass(frozen=True, eq=False)
class Fit:
    """What `fit_chinchilla` returns: the law, how well it fits, and every doubt about it.

    law         # a ChinchillaLaw
    objective   # sum of weight x Huber(delta) of the residuals
    residuals   # ln L - ln law.loss(N, D), one per run: 0.01 is 1 %
    converged   # False if the minimum was not reached, or an exponent ran out of its range
    iterations  # Newton steps
    notes       # every doubt, in words; each was a FitWarning too
    condition   # of the weighted Jacobian of ln L, columns of length 1: how alike the five look
    N, D, L, weights, delta  # as given

    >>> from scaling_core import BESIROGLU_2024 as law
    >>> from scaling_core.pilot_design import design_grid
    >>> runs = design_grid([1e8, 3e8, 1e9, 3e9, 1e10], [4, 20, 100, 500])
    >>> fit = fit_chinchilla(runs.N, runs.D, law.loss(runs.N, runs.D))  # without any noise
    >>> fit.law.alpha, fit.converged, fit.notes, fit.condition
    (0.3478, True, (), 27.4)
    """

    law: ChinchillaLaw
    objective: float
    residuals: Array
    converged: bool
    iterations: int
    notes: tuple[str, ...]
    condition: float
    N: Array
    D: Array
    L: Array
    weights: Array
    delta: float
    _centred: Centred = field(repr=False)
    _phi: Array = field(repr=False)

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                copy = value.copy()  # the caller's own columns stay writable
                copy.setflags(write=False)
                object.__setattr__(self, name, copy)

    @property
    def scale(self) -> float:
        """Size of the residuals: 1.4826 times their median, the deviation if they are normal.

        With a delta far below it the fit is one of least absolute residuals in disguise, and its
        intervals jump: show such a fit beside one with delta = 1.3 times the scale.

        >>> from scaling_core import BESIROGLU_2024 as law
        >>> from scaling_core.pilot_design import design_grid
        >>> runs = design_grid([1e8, 3e8, 1e9, 3e9, 1e10], [4, 20, 100, 500])
        >>> losses = runs.simulate(law, 0.01, 1, relative=True)[0]
        >>> fit_chinchilla(runs.N, runs.D, losses).scale
        0.01
        """
        return _scale(self.residuals, self.weights)

    def bootstrap(
        self, n: int = 4000, seed: int = 0, groups: npt.ArrayLike | None = None
    ) -> Bootstrap:
        """The same fit on n resamples of its runs: how far chance moves the law.

        groups  # one label per run: runs of one label are drawn, or left out, together, because
                # they are not independent (seeds of one setting, points of one training curve)

        Each resample draws as many runs (or groups) as there are, with replacement, each with its
        weight. The same seed gives the same laws. Refits that have not converged, or ended at the
        end of a range, or have too few different runs, are a FitWarning and counted in `failures`.

        >>> from scaling_core import BESIROGLU_2024 as law
        >>> from scaling_core.pilot_design import design_grid
        >>> runs = design_grid([1e8, 3e8, 1e9, 3e9, 1e10], [4, 20, 100, 500])
        >>> fit = fit_chinchilla(runs.N, runs.D, runs.simulate(law, 0.01, 1)[0])
        >>> fit.bootstrap(n=400, seed=1).ci_of(lambda law: law.optimum(1e23).N)
        (2.4e10, 4.2e10)
        """
        return resampled(self, n, seed, groups)


def fit_chinchilla(
    N: Numbers,
    D: Numbers,
    L: Numbers,
    *,
    delta: float = 1e-3,
    weights: Numbers | None = None,
    tie: bool = False,
    fixed: Mapping[str, float] | None = None,
    flops_per_param_token: float = 6.0,
    counts: str = "total",
) -> Fit:
    """The law E + A N^-alpha + B D^-beta closest to the losses of a table of runs.

    N, D, L  # parameters, tokens, loss in nats per token: one entry per run
    delta    # the residual ln L - ln law at which squares give way to absolute values; the 1e-3 of
             # Hoffmann et al. 2022 is far below the scatter of most runs (see `Fit.scale`)
    weights  # a run of weight 2 counts as two runs, one of weight 0 as none
    tie      # True: one exponent, alpha = beta
    fixed    # numbers that are known, such as {"E": 1.69}: the others are fitted
    flops_per_param_token, counts  # passed on to the law

    The sum of weight x Huber(delta) over the runs is minimised from starts all over the range of
    exponents, until rounding stops it: neither a start nor a tolerance nor the unit of N, D or L
    shows in the answer. ValueError for a table that cannot determine what is to be fitted: too few
    runs or sizes, or all runs on one ray D = k N^p. A fit with a doubt is returned, with a
    FitWarning and in its `notes`.

    >>> from scaling_core import BESIROGLU_2024 as law
    >>> from scaling_core.pilot_design import design_grid
    >>> runs = design_grid([1e8, 3e8, 1e9, 3e9, 1e10], [4, 20, 100, 500])
    >>> losses = runs.simulate(law, 0.01, 1)[0]  # nats per token
    >>> fit = fit_chinchilla(runs.N, runs.D, losses)
    >>> fit.law.E, fit.law.a
    (1.83, 0.51)
    >>> fit_chinchilla(runs.N, runs.D, losses, delta=0.01, fixed={"E": law.E}).law.a
    0.52
    """
    N, D, L = columns(N=N, D=D, L=L)
    delta = check_scalar("delta", delta)
    weights = check_weights(weights, N.size)
    kappa = check_scalar("flops_per_param_token", flops_per_param_token)
    if not isinstance(tie, bool):
        raise TypeError(f"tie must be True or False, got {tie!r}")
    known = checked_fixed(fixed, tie)
    used = weights > 0
    centred = Centred.of((N[used], D[used], L[used]), weights[used], known, tie)
    design = doubts_about(N[used], D[used], centred)

    phi, objective, converged, iterations = _minimum(centred, delta)
    values = {name: float(value[0]) for name, value in centred.fields(phi).items()}
    budgets = kappa * N[used] * D[used]
    source = Provenance(
        "derived: fit_chinchilla",
        f"{np.count_nonzero(used)} runs, delta = {delta:g}",
        "fitted",
        "D",
        counts=counts,
        range=(budgets.min(), budgets.max()),
    )
    law = ChinchillaLaw(**values, flops_per_param_token=kappa, counts=counts, source=source)
    losses, gradient = centred.gradient(centred.theta(phi)[0])
    number = condition(gradient * (np.sqrt(centred.w) / losses)[:, None])
    notes = [f"{doubt} (condition number {number:.2g})" for doubt in design]
    if values["E"] == 0 and "E" in centred.free:
        notes.append("E is not distinguishable from 0: the best fit has E = 0")
    ended = centred.at_end(phi)[0]
    for name in np.array(centred.free)[ended]:
        end = f"{name} = {values[name]:.3g} is the end of its range"
        notes.append(f"{end}: the runs do not determine it")
    if not converged:
        notes.append(f"not converged after {iterations} Newton steps")
    for note in notes:
        warnings.warn(note, FitWarning, stacklevel=2)
    return Fit(
        law=law,
        objective=objective * float(weights.max()),
        residuals=np.log(L) - np.log(law.loss(N, D)),
        converged=converged and not ended.any(),
        iterations=iterations,
        notes=tuple(notes),
        condition=number,
        N=N,
        D=D,
        L=L,
        weights=weights,
        delta=delta,
        _centred=centred,
        _phi=phi,
    )


def _minimum(centred: Centred, delta: float) -> tuple[Array, float, bool, int]:
    """The best point phi, shape (1, free), its objective, whether it converged, the steps to it.

    All starts race a few steps, with a delta as wide as the residuals. The leaders, one of each
    group that has met, go on as far as the rounding of the objective lets them.
    """
    objective, w = Objective(centred), centred.w[None]
    pool = starts(centred)
    losses, _ = centred.gradient(centred.theta(pool[0]))
    deltas = ladder(delta, _scale(centred.y - np.log(losses), centred.w))
    race = minimise(objective, pool, w, deltas[:1], SURE, RACE)
    order = np.argsort(race.F)
    F = race.F[order]
    apart = np.append(True, F[1:] > F[:-1] * (1 + MET))
    leaders = order[apart & (CHANCE * F[0] >= F)][:LEADERS]
    ends = minimise(objective, race.phi[leaders], w, deltas, EXACT)
    best = int(np.argmin(ends.F))
    steps = race.steps[leaders[best]] + ends.steps[best]
    phi = ends.phi[[best]]
    if "E" in centred.free and phi[0, 0] < NO_FLOOR:
        phi[0, 0] = 0
    return phi, float(ends.F[best]), bool(ends.converged[best]), int(steps)


def _scale(residuals: Array, w: Array) -> float:
    """1.4826 times the weighted median of the absolute residuals."""
    order = np.argsort(np.abs(residuals))
    reached = np.cumsum(w[order]) / w.sum()
    sizes = np.abs(residuals)[order]
    low, high = (sizes[np.searchsorted(reached, 0.5, side)] for side in ("left", "right"))
    return float(NORMAL * (low + high) / 2)
