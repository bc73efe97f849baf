"""The fit and its bootstrap written the plain way: one start, one resample, at a time.

The same algorithm as the library's, without batches: what they are worth is the ratio of the two.
"""

from dataclasses import replace

import numpy as np

from scaling_core._check import Array
from tests.bench.objective import Objective

EXPONENTS = np.geomspace(0.02, 1.5, 24)


def fit(F: Objective) -> Array:
    """The best of eight Newton runs from a grid of exponents."""
    ends = [newton(F, theta) for theta in starts(F)]
    return min(ends, key=F)


def starts(F: Objective, most: int = 8) -> list[Array]:
    """For each pair of exponents the least-squares E, A, B; the best of those that are positive."""
    found = []
    loss = np.exp(F.y)
    for alpha in EXPONENTS:
        for beta in EXPONENTS:
            columns = np.array([np.exp(-alpha * F.x), np.exp(-beta * F.z), np.ones_like(F.x)])
            c, *_ = np.linalg.lstsq((columns / loss).T, np.ones_like(F.x), rcond=None)
            if (c > 0).all():
                theta = np.array([*np.log(c), alpha, beta])
                found.append((F(theta), len(found), theta))
    return [theta for *_, theta in sorted(found)[:most]]


def newton(F: Objective, theta: Array, tolerance: float = 1e-13) -> Array:
    """Damped Newton with the exact Hessian in centred logarithms."""
    x, z = F.x.mean(), F.z.mean()
    centred = replace(F, x=F.x - x, z=F.z - z)
    theta = theta - [theta[3] * x, theta[4] * z, 0, 0, 0]
    damping, idle = 1e-4, 0
    value, g = centred.gradient(theta)
    for _ in range(100):
        H = centred.hessian(theta)
        size = np.abs(np.diag(H)) + 1e-300
        step = np.linalg.solve(H + damping * np.diag(size), -g)
        if not g @ step < 0:
            step = -g / size
        step *= min(1, 2 / np.abs(step).max())
        if -g @ step <= tolerance * value or idle == 6:
            break
        trial, g_trial = centred.gradient(theta + step)
        idle = 0 if trial < value * (1 - 1e-14) else idle + 1
        if trial <= value:
            theta, value, g, damping = theta + step, trial, g_trial, max(damping / 10, 1e-8)
        else:
            damping = max(damping * 10, 1e-3)
    return theta + np.array([theta[3] * x, theta[4] * z, 0, 0, 0])


def bootstrap(F: Objective, theta: Array, weights: Array) -> Array:
    """One Newton run from theta for each row of weights."""
    return np.array([newton(replace(F, w=w), theta, 1e-10) for w in weights])
