"""Least squares of y = E + k x^-p over p alone: E and k follow linearly (variable projection)."""

import numpy as np

from scaling_core._check import Array


class Profile:
    """The best p, and E and k with it; without a floor E is 0.

    t = ln x from the smallest x on; w positive, sum 1; k is the height of the power term at t = 0.
    The attributes are loss (weighted mean square), k, E, p, and at_end: p ran out of range.
    """

    def __init__(self, t: Array, y: Array, w: Array, floor: bool) -> None:
        self._t, self._y, self._w, self._floor = t, y, w, floor
        grid = self._grid()
        loss, k, *_ = self._solve(grid)
        best = int(np.argmin(np.where(k > 0, loss, np.inf)))
        self.at_end = best in (0, grid.size - 1)
        self.p = float(grid[best])
        if not self.at_end:
            self.p = self._root(*map(float, grid[best - 1 : best + 2]))
        self.loss, self.k, self.E, *_ = (float(value) for value in self._solve(self.p))

    def _grid(self) -> Array:
        """Exponents p to look at first."""
        distinct = np.unique(self._t)
        # low end: straight in ln x; high end: the second x feels e^-30 of what the first does
        return np.geomspace(1e-12 / distinct[-1], 30 / distinct[1], 200)

    def _root(self, low: float, p: float, high: float) -> float:
        """Where the derivative is 0; the minimum of the flat loss would give half the digits."""
        step, left = p, 60
        while abs(step) > 1e-15 * p and left:
            *_, h, dh = (float(value) for value in self._solve(p))
            low, high = (p, high) if h > 0 else (low, p)
            newton = p - h / dh if dh < 0 else np.nan
            following = newton if low <= newton <= high else (low * high) ** 0.5
            step, p, left = following - p, following, left - 1
        return p

    @np.errstate(under="ignore")
    def _solve(self, p: float | Array) -> tuple[Array, Array, Array, Array, Array]:
        """Loss, k, E, then h = -(dloss/dp)/(2k) and its derivative; p of any shape."""
        t, y, w = self._t, self._y, self._w
        p = np.asarray(p)[..., None]
        u = np.exp(-p * t)
        basis, du = u, -t * u
        if self._floor:  # deviations from the means: E drops out
            basis = _centred(np.expm1(-p * t), w)  # u - 1: no cancellation for small p
            du, y = _centred(du, w), _centred(y, w)
        square = basis**2 @ w
        k = (basis * y) @ w / square
        r = y - k[..., None] * basis
        h, mixed = (r * du) @ w, (basis * du) @ w
        dk = (h - k * mixed) / square
        dh = (r * t**2 * u) @ w - dk * mixed - k * (du**2 @ w)
        E = self._y @ w - k * (u @ w) if self._floor else np.zeros_like(k)
        return r**2 @ w, k, E, h, dh


def _centred(values: Array, w: Array) -> Array:
    return values - (values @ w)[..., None]
