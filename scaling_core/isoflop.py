"""IsoFLOP curves: the best model size of each budget from a parabola, and a line through these.

Approach 2 of Hoffmann et al. 2022, https://arxiv.org/abs/2203.15556 : runs of several sizes share
a budget C, a parabola in ln N has its vertex at the best size, and N* = coefficient C^a.
"""

import warnings
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from scaling_core._check import (
    Array,
    FitWarning,
    Floats,
    Numbers,
    check,
    check_count,
    check_scalar,
    columns,
    result,
)
from scaling_core._draws import LawDraws
from scaling_core._groups import by_budget
from scaling_core._surface import quiet
from scaling_core.parabola import Valley, lines_through
from scaling_core.power import PowerLaw, fit_power_law

type Exponents = tuple[float, float] | None


@dataclass(frozen=True)
class IsoFlopRow:
    """One budget of an IsoFLOP fit.

    budget        # FLOP: the label given, or the geometric mean of the runs' C
    N_opt         # parameters; the vertex, divided by its bias if the fit was given `debias`
    L_min         # nats per token, of the parabola at its vertex
    curvature     # second derivative of the parabola in ln N, nats
    n             # runs
    residual_rms  # root of the mean squared residual, nats; nan for three runs, which leave none
    at_edge       # the vertex is no minimum between the smallest and the largest size
    used          # is N_opt one of the points of the line?
    reason        # why it is not; empty if it is
    vertex        # parameters at the vertex of the parabola

    >>> row = fit_isoflop(
    ...     [1e19] * 3 + [1e21] * 3,
    ...     [1e8, 4e8, 16e8, 1e9, 4e9, 16e9],
    ...     [3.0, 2.9, 3.0, 2.4, 2.3, 2.4],
    ... ).table[0]
    >>> row.N_opt, row.L_min, row.curvature
    (4e8, 2.9, 0.104)
    """

    budget: float
    N_opt: float
    L_min: float
    curvature: float
    n: int
    residual_rms: float
    at_edge: bool
    used: bool
    reason: str
    vertex: float

    @quiet
    def parabola(self, N: Numbers) -> Floats:
        """The fitted loss of a model of N parameters at this budget, nats per token.

        >>> fit = fit_isoflop(
        ...     [1e19] * 3 + [1e21] * 3,
        ...     [1e8, 4e8, 16e8, 1e9, 4e9, 16e9],
        ...     [3.0, 2.9, 3.0, 2.4, 2.3, 2.4],
        ... )
        >>> fit.table[0].parabola([1e8, 2e8, 4e8])
        array([3.   , 2.925, 2.9  ])
        """
        N = check("N", N)
        return result(self.L_min + self.curvature / 2 * np.log(N / self.vertex) ** 2)


@dataclass(frozen=True)
class IsoFlopFit:
    """What `fit_isoflop` returns; `fit.law(C)` is the best size N* of a budget of C FLOP.

    law     # the line, N* = coefficient C^a, as a PowerLaw
    table   # an IsoFlopRow for each budget, the smallest first
    notes   # what was left out, what is doubtful, and whether the bias was removed, in words
    debias  # the (alpha, beta) whose bias was divided out; None if none was
    runs    # (N, L) of each row of the table

    >>> fit = fit_isoflop(
    ...     [1e19] * 3 + [1e21] * 3,
    ...     [1e8, 4e8, 16e8, 1e9, 4e9, 16e9],
    ...     [3.0, 2.9, 3.0, 2.4, 2.3, 2.4],
    ... )
    >>> fit.a, fit.law(1e23)
    (0.5, 4e10)
    """

    law: PowerLaw
    table: tuple[IsoFlopRow, ...]
    notes: tuple[str, ...]
    debias: Exponents = None
    runs: tuple[tuple[Array, Array], ...] = field(default=(), repr=False, compare=False)

    @property
    def a(self) -> float:
        """Exponent of the best size, N* ~ C^a.

        >>> fit_isoflop([1, 1, 1, 9, 9, 9], [1, 2, 4, 3, 6, 12], [2, 1, 2, 2, 1, 2]).a
        0.5
        """
        return float(self.law.p)

    @property
    def coefficient(self) -> float:
        """The best size for one FLOP, in parameters FLOP^-a: N* = coefficient C^a.

        >>> fit_isoflop([1, 1, 1, 9, 9, 9], [1, 2, 4, 3, 6, 12], [2, 1, 2, 2, 1, 2]).coefficient
        2.0
        """
        return float(self.law.k)

    @quiet
    def bootstrap(
        self, n: int = 4000, seed: int = 0, resample: Literal["residuals", "runs"] = "residuals"
    ) -> LawDraws[PowerLaw]:
        """The lines through n resampled studies; `laws.p` are draws of a, `laws.k` of coefficient.

        "residuals": the same sizes again, each loss the parabola's plus a residual drawn from all
        budgets (widened by the three constants of its own parabola): takes the noise to be alike
        everywhere. "runs": runs drawn with replacement within each budget: assumes nothing about
        the noise, but a resample of few sizes hangs on fewer still, so its interval is too wide:
        over a factor 5 either side, twice that of repeated studies for seven sizes, 1.2 times for
        15.

        A resampled budget without a minimum inside its sizes is left out of that line, and a
        resample with fewer than two budgets is a failure. Runs that share more than a budget
        (seeds of one model) are not independent: average them before the fit.

        >>> from scaling_core import BESIROGLU_2024
        >>> C = np.repeat([1e19, 1e20, 1e21], 7)
        >>> N = BESIROGLU_2024.optimum(C).N * np.tile(np.geomspace(1 / 5, 5, 7), 3)
        >>> noise = 0.005 * np.random.default_rng(0).normal(size=21)
        >>> draws = fit_isoflop(C, N, BESIROGLU_2024.isoflop(C, N) + noise).bootstrap(1000, seed=1)
        >>> draws.ci_of(lambda law: law.p)
        (0.494, 0.515)
        """
        n, seed = check_count("n", n, least=2), check_count("seed", seed, least=0)
        if resample not in ("residuals", "runs"):
            raise ValueError(f'resample must be "residuals" or "runs", got {resample!r}')
        rng = np.random.default_rng(seed)
        pairs = zip(self.table, self.runs, strict=True)
        runs = [(row.budget, N, L) for row, (N, L) in pairs if row.used]
        x = np.log([budget for budget, *_ in runs])
        valleys = [Valley(np.log(N), L) for _, N, L in runs]
        again = _other_runs if resample == "runs" else _other_residuals
        y = np.stack([_optimum(valley, self.debias) for valley in again(valleys, n, rng)])
        k, a, there = lines_through(x, y)
        good = np.isfinite(k)
        if good.sum() < 2:
            raise ValueError(f"only {good.sum()} of {n} resamples leave two budgets with a minimum")
        lost = 1 - there.mean()
        notes = (f"{lost:.2%} of the resampled budgets had no minimum inside",) if lost else ()
        laws = PowerLaw(k[good], a[good])
        return LawDraws(laws, failures=int(n - good.sum()), seed=seed, notes=notes)


def fit_isoflop(
    C: Numbers,
    N: Numbers,
    L: Numbers,
    *,
    budgets: Numbers | None = None,
    rtol: float = 0.05,
    debias: tuple[float, float] | None = None,
) -> IsoFlopFit:
    """The best size of each budget from a parabola of L in ln N, and N* = coefficient C^a.

    C, N, L  # FLOP, parameters and nats per token: one number per run, all positive
    budgets  # nominal budgets, FLOP; every C must lie within a factor 1 + rtol of one of them.
             # Without it, runs whose neighbours in C are within that factor form one budget
    debias   # (alpha, beta) of an additive law: divides each vertex by its bias on these sizes

    The parabola is one of L, not of ln L: so sizes that stand in the same ratios to N* at every
    budget shift all vertices by one factor (`isoflop_bias`) and leave the exponent exact. Sizes
    whose centre drifts against N* bend the exponent too; only `debias` mends that, at the price
    of exponents from elsewhere.

    A budget needs three sizes and a minimum inside them; one without is left out of the line, with
    a note and a FitWarning. ValueError if fewer than two budgets remain.
    Hoffmann et al. 2022, approach 2; the bias: Czech et al. 2026, arXiv:2603.22339.

    >>> from scaling_core import BESIROGLU_2024
    >>> C = np.repeat([1e19, 1e20, 1e21], 7)
    >>> N = BESIROGLU_2024.optimum(C).N * np.tile(np.geomspace(1 / 4, 4, 7), 3)
    >>> fit = fit_isoflop(C, N, BESIROGLU_2024.isoflop(C, N))
    >>> fit.a - BESIROGLU_2024.a, fit.law(1e23) / BESIROGLU_2024.optimum(1e23).N
    (0.0, 0.9955)
    """
    C, N, L = columns(C=C, N=N, L=L)
    rtol = check_scalar("rtol", rtol, "in (0, 1)")
    exponents = _exponents(debias)
    labels, member = by_budget(C, budgets, rtol)
    runs = tuple((N[member == i], L[member == i]) for i in range(labels.size))
    table = tuple(
        _row(float(budget), *run, exponents) for budget, run in zip(labels, runs, strict=True)
    )
    notes = [
        f"budget {row.budget:.4g} left out of the line: {row.reason}"
        for row in table
        if not row.used
    ]
    used = [row for row in table if row.used]
    if len(used) < 2:
        why = "; ".join(["", *notes])
        raise ValueError(f"a line needs two budgets with a minimum, got {len(used)}{why}")
    for note in notes:
        warnings.warn(note, FitWarning, stacklevel=2)
    line = fit_power_law([row.budget for row in used], [row.N_opt for row in used])
    if len(used) == 2:
        notes.append("two budgets define the line: nothing is left to judge it by")
    if exponents:
        alpha, beta = exponents
        notes.append(
            f"each vertex is divided by its bias for alpha = {alpha:g}, beta = {beta:g} (debias)"
        )
    return IsoFlopFit(line.law, table, tuple(notes), exponents, runs)


def _exponents(debias: tuple[float, float] | None) -> Exponents:
    if debias is None:
        return None
    try:
        alpha, beta = debias
    except (TypeError, ValueError):
        raise ValueError(f"debias must be a pair (alpha, beta), got {debias!r}") from None
    return check_scalar("debias[0]", alpha), check_scalar("debias[1]", beta)


@quiet
def _row(budget: float, N: Array, L: Array, exponents: Exponents) -> IsoFlopRow:
    valley = Valley(np.log(N / N[0]), L)
    best = valley.optimum(*exponents) if exponents else valley.vertex
    if not valley.enough:
        nan = np.nan
        reason = f"{valley.sizes} different sizes, a parabola needs 3"
        return IsoFlopRow(budget, nan, nan, nan, N.size, nan, False, False, reason, nan)
    vertex, N_opt = (float(N[0] * np.exp(t)) for t in (valley.vertex, best))
    reason = ""
    if valley.bend <= 0:
        vertex = N_opt = np.nan
        reason = "the losses have no minimum, their parabola opens downwards"
    elif not valley.inside:
        ends = f"{N.min():.4g} to {N.max():.4g}"
        reason = f"the vertex, at {vertex:.4g} parameters, is outside the sizes {ends}"
    elif not np.isfinite(N_opt):
        reason = "no best size of a law with the exponents of debias puts the vertex there"
    return IsoFlopRow(
        budget,
        N_opt,
        L_min=float(valley.bottom),
        curvature=2 * float(valley.bend),
        n=N.size,
        residual_rms=float(np.sqrt(np.mean(valley.residuals**2))) if N.size > 3 else np.nan,
        at_edge=not valley.inside,
        used=not reason,
        reason=reason,
        vertex=vertex,
    )


def _optimum(valley: Valley, exponents: Exponents) -> Array:
    """Logs of N_opt; nan where the parabola has no minimum inside the sizes."""
    best = valley.optimum(*exponents) if exponents else valley.vertex
    return np.where(valley.enough & valley.inside, best, np.nan)


def _other_runs(valleys: list[Valley], n: int, rng: "np.random.Generator") -> list[Valley]:
    picks = [rng.integers(v.t.size, size=(n, v.t.size)) for v in valleys]
    return [Valley(v.t[pick], v.y[pick]) for v, pick in zip(valleys, picks, strict=True)]


def _other_residuals(valleys: list[Valley], n: int, rng: "np.random.Generator") -> list[Valley]:
    spare = [v for v in valleys if v.t.size > 3]
    if not spare:
        raise ValueError('resample="residuals" needs a budget with more than three runs')
    pool = np.concatenate([v.residuals * (v.t.size / (v.t.size - 3)) ** 0.5 for v in spare])
    noise = [rng.choice(pool, size=(n, v.t.size)) for v in valleys]
    return [Valley(v.t, v.y - v.residuals + e) for v, e in zip(valleys, noise, strict=True)]
