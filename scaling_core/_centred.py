"""The runs of a fit in centred logarithms, and which of the law's numbers are free.

A fit moves theta = (E, a, alpha, b, beta) of  L = E + exp(a - alpha x) + exp(b - beta z)  where
x, z and ln L are logarithms minus their means: without the shift, a hardly moves apart from alpha.
What is fixed, or tied, leaves fewer coordinates phi: theta = origin + basis phi.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scaling_core._check import Array, check_scalar

FIELDS = ("E", "A", "alpha", "B", "beta")  # in the order of theta
# Where a coordinate may end: no exponent is found at either end of its range, and a term of
# e^-27 = 1e-12 of the mean loss at the centre is no term.
_RANGES = {
    "E": (0.0, np.inf),
    "A": (-27.0, np.inf),
    "alpha": (0.001, 10.0),
    "B": (-27.0, np.inf),
    "beta": (0.001, 10.0),
}


@dataclass(frozen=True, eq=False)
class Centred:
    """Runs and freedom of one fit.

    x, z, y    # ln N, ln D, ln L minus their weighted means, shape (runs,)
    w          # weights, positive, the largest 1, shape (runs,)
    shift      # the three means
    tie        # is beta = alpha?
    fixed      # fields that are known
    free       # names of the coordinates phi
    origin     # shape (5,)
    basis      # shape (5, free)
    low, high  # bounds of phi
    follow     # the slice of phi with the heights a and b, if E is free and can make up for them
    """

    x: Array
    z: Array
    y: Array
    w: Array
    shift: tuple[float, float, float]
    tie: bool
    fixed: Mapping[str, float]
    free: tuple[str, ...]
    origin: Array
    basis: Array
    low: Array
    high: Array
    follow: slice

    @classmethod
    def of(
        cls, runs: tuple[Array, Array, Array], w: Array, fixed: Mapping[str, float], tie: bool
    ) -> "Centred":
        """Centres (N, D, L), all with a weight above 0; `fixed` holds checked numbers."""
        w = w / w.max()
        x, z, y = (np.log(column) for column in runs)
        shift = x_mean, z_mean, y_mean = (
            float(w @ x / w.sum()),
            float(w @ z / w.sum()),
            float(w @ y / w.sum()),
        )
        free = tuple(f for f in FIELDS if f not in fixed and not (tie and f == "beta"))
        basis = np.array([[float(row == column) for column in free] for row in FIELDS])
        if tie:
            basis[4] = basis[2]
        origin = np.zeros(5)
        origin[0] = fixed.get("E", 0) * np.exp(-y_mean)
        for i, height, exponent, mean in ((1, "A", "alpha", x_mean), (3, "B", "beta", z_mean)):
            origin[i + 1] = fixed.get(exponent, 0)
            if height in fixed:  # a = ln A - mean ln L - alpha mean ln N turns with alpha
                origin[i] = np.log(fixed[height]) - y_mean - mean * origin[i + 1]
                basis[i] = -mean * basis[i + 1]
        low, high = np.array([_RANGES[name] for name in free]).T
        heights = [free.index(name) for name in ("A", "B") if {"E", name} <= set(free)]
        follow = slice(0)
        if heights:
            follow = slice(heights[0], heights[-1] + 1, max(1, heights[-1] - heights[0]))
        return cls(
            x - x_mean,
            z - z_mean,
            y - y_mean,
            w,
            shift,
            tie,
            fixed,
            free,
            origin,
            basis,
            low,
            high,
            follow,
        )

    def theta(self, phi: Array) -> Array:
        """(E, a, alpha, b, beta) of each row of phi."""
        return self.origin + phi @ self.basis.T

    def phi(self, theta: Array) -> Array:
        """The free coordinates of each row of theta, moved inside their bounds."""
        return np.clip(theta[:, [FIELDS.index(name) for name in self.free]], self.low, self.high)

    def fields(self, phi: Array) -> dict[str, Array]:
        """The five fields of the law in the runs' own units, one entry per row of phi."""
        E, a, alpha, b, beta = self.theta(phi).T
        x, z, y = self.shift
        A, B = np.exp(a + y + alpha * x), np.exp(b + y + beta * z)
        fitted = {"E": E * np.exp(y), "A": A, "B": B, "alpha": alpha, "beta": beta}
        return fitted | {name: np.full(len(phi), value) for name, value in self.fixed.items()}

    def at_end(self, phi: Array) -> npt.NDArray[np.bool_]:
        """Which coordinates ran to the end of their range; E = 0 is a law like others."""
        ended: npt.NDArray[np.bool_] = (phi <= self.low) | (phi >= self.high)
        ended &= [name != "E" for name in self.free]
        return ended

    def gradient(self, theta: Array) -> tuple[Array, Array]:
        """L of each run for one theta, and its derivatives with respect to phi (runs, free)."""
        E, a, alpha, b, beta = theta
        first, second = np.exp(a - alpha * self.x), np.exp(b - beta * self.z)
        parts = [np.ones_like(self.x), first, -self.x * first, second, -self.z * second]
        return E + first + second, np.stack(parts, axis=1) @ self.basis


def checked_fixed(fixed: Mapping[str, float] | None, tie: bool) -> dict[str, float]:
    """The fixed fields as floats; errors for unknown names, wrong values, nothing left to fit."""
    if not isinstance(fixed, Mapping | None):
        raise TypeError(f"fixed must be a dict such as {{'E': 1.69}}, got {fixed!r}")
    values = {}
    for name, value in (fixed or {}).items():
        if name not in FIELDS:
            raise ValueError(f"fixed must name some of {', '.join(FIELDS)}, got {name!r}")
        values[name] = check_scalar(
            f"fixed[{name!r}]", value, "nonnegative" if name == "E" else "positive"
        )
    if tie and {"alpha", "beta"} & set(values):
        raise ValueError("tie leaves one exponent to fit: fix alpha and beta without tie instead")
    if len(values) == len(FIELDS):
        raise ValueError("fixed must leave something to fit, got all of the five numbers")
    return values
