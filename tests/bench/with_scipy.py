"""scipy's L-BFGS-B with the analytic gradient: how most published fits are made, at its best."""

from dataclasses import replace
from itertools import product

import numpy as np

from scaling_core._check import Array
from tests.bench.objective import Objective

# Hoffmann et al. 2022, Section D.2, in the order of theta: a, b, e, alpha, beta
GRID = (
    np.arange(0.0, 26, 5),
    np.arange(0.0, 26, 5),
    np.arange(-1.0, 1.1, 0.5),
    np.arange(0.0, 2.1, 0.5),
    np.arange(0.0, 2.1, 0.5),
)
TIGHT = {"ftol": 1e-15, "gtol": 1e-12, "maxiter": 10_000, "maxfun": 10_000}


def starts() -> Array:
    """The 4,500 of the paper, shape (4500, 5)."""
    return np.array(list(product(*GRID)))


def minimise(F: Objective, theta: Array, **options: float) -> tuple[float, Array, bool]:
    """Objective, place and success of one run; scipy's default tolerances unless given.

    They are meant for values about 1, so F goes in over delta: F itself, some 1e-3, would pass
    scipy's gradient test where it starts.
    """
    from scipy.optimize import minimize

    def scaled(point: Array) -> tuple[float, Array]:
        value, gradient = F.gradient(point)
        return value / F.delta, gradient / F.delta

    end = minimize(scaled, theta, jac=True, method="L-BFGS-B", options=options)
    return end.fun * F.delta, end.x, bool(end.success)


def fit(F: Objective, grid: Array) -> tuple[Array, float]:
    """The best end of all starts, and the share of starts that came within 1 % of its objective."""
    with np.errstate(all="ignore"):
        ends = [minimise(F, theta) for theta in grid]
    best = min(value for value, *_ in ends)
    near = np.mean([value <= 1.01 * best for value, *_ in ends])
    return next(theta for value, theta, _ in ends if value == best), float(near)


def bootstrap(F: Objective, theta: Array, weights: Array) -> Array:
    """One run from theta for each row of weights."""
    return np.array([minimise(replace(F, w=w), theta)[1] for w in weights])


def polished(F: Objective, theta: Array, weights: Array) -> Array:
    """F of the same with tolerances near rounding, to compare objectives; outside the time."""
    ends = []
    for w, start in zip(weights, theta, strict=True):
        ends.append(minimise(replace(F, w=w), start, **TIGHT)[0])
    return np.array(ends)
