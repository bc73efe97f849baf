"""The lower envelope of training curves: which model size is best for each amount of compute.

Approach 1 of Hoffmann et al. 2022, https://arxiv.org/abs/2203.15556 : with compute on the axis,
the curve of a larger model crosses that of a smaller one, and where they cross the best size
changes.
"""

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scaling_core._check import (
    Array,
    FitWarning,
    Floats,
    Numbers,
    broadcast,
    check,
    check_scalar,
    columns,
    result,
)
from scaling_core._surface import quiet
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.power import PowerLaw, fit_power_law


@dataclass(frozen=True)
class EnvelopeCrossing:
    """A budget at which the best of the sizes changes.

    budget    # FLOP
    N_before  # parameters of the size that is best below it
    N_after   # and above it
    loss      # nats per token, of both

    >>> EnvelopeCrossing(budget=1e20, N_before=1e8, N_after=4e8, loss=2.8).N
    2e8
    """

    budget: float
    N_before: float
    N_after: float
    loss: float

    @property
    def N(self) -> float:
        """The best size at this budget: the geometric mean of the two, parameters.

        >>> EnvelopeCrossing(budget=1e20, N_before=1e8, N_after=4e8, loss=2.8).N
        2e8
        """
        return float(np.sqrt(self.N_before) * np.sqrt(self.N_after))


@dataclass(frozen=True)
class EnvelopeFit:
    """What `fit_envelope` returns; `fit.law(C)` is the best size of a budget of C FLOP.

    law        # the line through the crossings, N* = coefficient C^a, as a PowerLaw
    crossings  # the EnvelopeCrossing points, by budget
    notes      # every doubt, in words

    >>> crossings = EnvelopeCrossing(1e19, 1e8, 4e8, 3.0), EnvelopeCrossing(1e21, 1e9, 4e9, 2.4)
    >>> EnvelopeFit(PowerLaw(0.0632, 0.5), crossings, notes=()).law(1e23)
    2e10
    """

    law: PowerLaw
    crossings: tuple[EnvelopeCrossing, ...]
    notes: tuple[str, ...]

    @property
    def a(self) -> float:
        """Exponent of the best size, N* ~ C^a.

        >>> EnvelopeFit(PowerLaw(0.0632, 0.5), crossings=(), notes=()).a
        0.5
        """
        return float(self.law.p)

    @property
    def coefficient(self) -> float:
        """The best size for one FLOP, in parameters FLOP^-a: N* = coefficient C^a.

        >>> EnvelopeFit(PowerLaw(0.0632, 0.5), crossings=(), notes=()).coefficient
        0.0632
        """
        return float(self.law.k)


type Curves = Mapping[float, tuple[Numbers, Numbers]] | Iterable[tuple[float, Numbers, Numbers]]


def fit_envelope(curves: Curves, *, flops_per_param_token: float = 6.0) -> EnvelopeFit:
    """The best size against compute, from the budgets where training curves cross.

    curves  # {N: (D, L)} or a list of (N, D, L): parameters, tokens (all different), nats per token
    flops_per_param_token  # kappa in C = kappa N D

    Between its points a curve is taken as straight in ln C. At each C the curves that reach it
    compete; the best size at a crossing is the geometric mean of the two that cross there. A change
    because a curve begins or ends is no crossing. For sizes in one ratio and an additive law the
    exponent is exact and the coefficient off by a factor near 1 (`crossing_budget`).

    Every point must be a loss that a finished run of D tokens could have. Points in the middle of a
    decayed learning-rate schedule are not: their loss is too high for their D, by an amount that
    changes along the curve, so the crossings move. Take one run per D, or constant-rate runs.
    Neighbouring points of a curve are not independent, so no interval is offered.

    FitWarning where the best size falls, as noisy curves that cross twice make it. ValueError with
    fewer than two pairs of crossing curves. Hoffmann et al. 2022, approach 1.

    >>> from scaling_core import HOFFMANN_2022
    >>> D = np.geomspace(1e8, 1e12, 200)
    >>> curves = {N: (D, HOFFMANN_2022.loss(N, D)) for N in (1e8, 2e8, 4e8, 8e8)}
    >>> fit = fit_envelope(curves)
    >>> fit.a / HOFFMANN_2022.a, fit.law(1e21) / HOFFMANN_2022.optimum(1e21).N
    (1.000, 1.001)
    """
    kappa = check_scalar("flops_per_param_token", flops_per_param_token)
    sizes, knots, losses = _on_common_knots(_checked(curves), kappa)
    crossings = _crossings(sizes, knots, losses)
    pairs = [frozenset((c.N_before, c.N_after)) for c in crossings]
    if len(set(pairs)) < 2:
        raise ValueError(
            "curves must cross on their lower envelope in at least two different pairs, got "
            f"{len(set(pairs))} from {sizes.size} sizes: more sizes, or longer overlapping curves"
        )
    notes = [
        f"N = {N:.4g} is never the best size at a crossing"
        for N in sorted(set(sizes.tolist()).difference(*pairs))
    ]
    falls = [c for c in crossings if c.N_after < c.N_before]
    if falls:
        doubt = (
            f"the best size falls with more compute at {len(falls)} of {len(crossings)} crossings, "
            f"first at {falls[0].budget:.4g} FLOP: smooth noisy curves before the fit"
        )
        notes.append(doubt)
        warnings.warn(doubt, FitWarning, stacklevel=2)
    line = fit_power_law([c.budget for c in crossings], [c.N for c in crossings])
    return EnvelopeFit(line.law, tuple(crossings), tuple(notes))


@quiet
def crossing_budget(law: ChinchillaLaw, N: Numbers, ratio: Numbers) -> Floats:
    """The budget at which N and ratio x N parameters have the same loss, FLOP.

    Closed form: C = kappa N^(1/a) [B (r^beta - 1)/(A (1 - r^-alpha))]^(1/beta), r = ratio, so the
    exponent of N against C is that of the optimum for any r. For ratio = 1 it is the limit: the
    budget whose best size is N. N and ratio broadcast; axes of the law come first.

    >>> from scaling_core import HOFFMANN_2022
    >>> C = crossing_budget(HOFFMANN_2022, 1e9, 2)
    >>> C, 2**0.5 * 1e9 / HOFFMANN_2022.optimum(C).N
    (3.73e20, 1.001)
    """
    N, ratio = broadcast(N=check("N", N), ratio=check("ratio", ratio))
    _, A, B, alpha, beta = law._spread(N.ndim)
    r = np.log(ratio)
    gain = np.where(r == 0, beta / alpha, np.expm1(beta * r) / -np.expm1(-alpha * r))
    kappa = law.flops_per_param_token
    return result(kappa * N ** (1 + alpha / beta) * (B / A * gain) ** (1 / beta))


def _checked(curves: Any) -> list[tuple[float, Array, Array]]:
    """The curves as (N, D, L), each by rising D."""
    try:
        if isinstance(curves, Mapping):
            rows = [(f"curves[{N!r}]", N, *curve) for N, curve in curves.items()]
        else:
            rows = [(f"curves[{i}]", *row) for i, row in enumerate(curves)]
        named = [(name, N, D, L) for name, N, D, L in rows]
    except (TypeError, ValueError):
        raise TypeError("curves must be {N: (D, L)} or a list of (N, D, L)") from None
    checked = []
    for name, N, D, L in named:
        D, L = columns(**{f"{name}.D": D, f"{name}.L": L})
        order = np.argsort(D)
        if D.size < 2 or np.unique(D).size < D.size:
            raise ValueError(f"{name}.D must hold at least 2 values, and none twice")
        checked.append((check_scalar(f"{name}.N", N), D[order], L[order]))
    sizes = [N for N, *_ in checked]
    if len(set(sizes)) < max(len(sizes), 3):
        raise ValueError(f"curves must be of at least 3 sizes, one curve each, got N = {sizes}")
    return checked


def _on_common_knots(
    curves: list[tuple[float, Array, Array]], kappa: float
) -> tuple[Array, Array, Array]:
    """Sizes, all places ln C at which a curve has a point, and losses there, (size, place).

    A loss is inf outside its curve.
    """
    places = [np.log(kappa) + np.log(N) + np.log(D) for N, D, _ in curves]
    knots = np.unique(np.concatenate(places))
    rows = [
        np.interp(knots, place, L, left=np.inf, right=np.inf)
        for place, (*_, L) in zip(places, curves, strict=True)
    ]
    return np.array([N for N, *_ in curves]), knots, np.stack(rows)


def _crossings(sizes: Array, knots: Array, losses: Array) -> list[EnvelopeCrossing]:
    """Where the lowest curve changes without one beginning or ending, by rising C."""
    on = np.isfinite(losses[:, :-1]) & np.isfinite(losses[:, 1:])  # (size, interval)
    left, right = np.where(on, losses[:, :-1], np.inf), np.where(on, losses[:, 1:], np.inf)
    # of curves that start equally low, the one that falls most
    first = np.where(left == left.min(axis=0), right, np.inf).argmin(axis=0)
    found = []

    def cross(j: int, share: float, before: int, after: int) -> None:
        C = np.exp(knots[j] + share * (knots[j + 1] - knots[j]))
        loss = left[after, j] + share * (right[after, j] - left[after, j])
        pair = float(sizes[before]), float(sizes[after])
        found.append(EnvelopeCrossing(float(C), *pair, float(loss)))

    last = int(first[0])  # the lowest curve of the interval before
    for j, start in enumerate(first):
        i = int(start)
        if last != i and on[last, j] and on[i, j - 1]:  # they meet at this very knot
            cross(j, 0.0, last, i)
        while (lower := np.flatnonzero(right[:, j] < right[i, j])).size:  # they undercut i here
            above, below = left[lower, j] - left[i, j], right[i, j] - right[lower, j]
            share = np.maximum(above, 0) / (np.maximum(above, 0) + below)
            soonest = np.lexsort((right[lower, j], share))[0]
            cross(j, float(share[soonest]), i, int(lower[soonest]))
            i = int(lower[soonest])
        last = i
    return found
