"""Parabolas through the valley of a budget, and how far their vertices miss the best size."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scaling_core._check import Array, Floats, Numbers, broadcast, check, columns, result
from scaling_core._surface import quiet
from scaling_core.allocation import Answer


@dataclass(frozen=True, eq=False)
class IsoFlopBias(Answer):
    """What `isoflop_bias` returns: vertex of the parabola over the true best size.

    exact        # for these very sizes
    first_order  # from the law's cubic term alone: right for a narrow window

    >>> isoflop_bias(0.34, 0.28, [0.25, 1, 4]) == isoflop_bias(0.34, 0.28, [4, 1, 0.25])
    True
    """

    exact: Floats
    first_order: Floats


@quiet
def isoflop_bias(alpha: Numbers, beta: Numbers, k: Numbers) -> IsoFlopBias:
    """How far a parabola misses the best size of an additive law: vertex/N* for sizes k = N/N*.

    Around its minimum the loss at one budget goes as beta k^-alpha + alpha k^beta (times a number
    that depends on the budget, plus another): steeper towards small models for alpha > beta. The
    bias therefore depends on the exponents and on the k alone. To first order it is
    exp((alpha - beta)/6 x slope), where slope is that of the parabola through (ln k)^3 at k = 1;
    for k symmetric about 1 the slope is sum t^4 / sum t^2, t = ln k.
    alpha and beta may be arrays that broadcast; k holds at least three different sizes.

    >>> bias = isoflop_bias(0.33917, 0.28491, np.geomspace(1 / 4, 4, 7))  # Hoffmann 2022
    >>> bias.exact, bias.first_order
    (1.0136, 1.0136)
    """
    exponents = {"alpha": check("alpha", alpha), "beta": check("beta", beta)}
    t = np.log(columns(k=k)[0])
    a, b = (x[..., None] for x in broadcast(**exponents))
    curve = Valley(t, b * np.expm1(-a * t) + a * np.expm1(b * t))
    if not curve.enough:
        raise ValueError(f"k must hold at least 3 different sizes, got {curve.sizes}")
    first_order = np.exp((a - b)[..., 0] / 6 * Valley(t, t**3).slope(0))
    return IsoFlopBias(result(np.exp(curve.vertex)), result(first_order))


class Valley:
    """Least-squares parabolas of y over t along the last axis; leading axes broadcast.

    Built on polynomials that are orthogonal on these very places, so no power of t cancels.
    The attributes are
    t, y, residuals
    sizes   # how many different places there are
    enough  # are there three different places?
    tilt    # slope of the best straight line
    bend    # coefficient of t^2
    vertex, bottom  # where the parabola is flat, and y there
    inside  # is the vertex a minimum, between the outermost places?
    """

    @quiet  # with fewer than three places: 0/0
    def __init__(self, t: Array, y: Array) -> None:
        self.t, self.y = t, y
        ordered = np.sort(t, axis=-1)
        self.sizes = 1 + (np.diff(ordered) > 1e-6).sum(axis=-1)  # closer ones differ by rounding
        self.enough = self.sizes >= 3
        self._mean = t.mean(axis=-1)
        one = t - self._mean[..., None]
        square = (one**2).mean(axis=-1)
        self._skew = (one**3).mean(axis=-1) / square
        two = one**2 - self._skew[..., None] * one - square[..., None]
        height = y.mean(axis=-1)
        z = y - height[..., None]
        self.tilt = (z * one).mean(axis=-1) / square
        self.bend = (z * two).mean(axis=-1) / (two**2).mean(axis=-1)
        self.residuals = z - self.tilt[..., None] * one - self.bend[..., None] * two
        from_mean = (self._skew - self.tilt / self.bend) / 2
        self.vertex = self._mean + from_mean
        self.bottom = height - self.bend * (from_mean**2 + square)
        between = (ordered[..., 0] < self.vertex) & (self.vertex < ordered[..., -1])
        self.inside = (self.bend > 0) & between

    def slope(self, t: float) -> Array:
        """Slope of the parabola at t."""
        return np.asarray(self.tilt + self.bend * (2 * (t - self._mean) - self._skew))

    @quiet
    def optimum(self, alpha: float, beta: float) -> Array:
        """The best size of the additive law whose own curve has its parabola flat where this is.

        The curve of a law with best size t* goes as exp(-alpha t) + lever exp(beta t), with
        lever = alpha/beta exp(-(alpha + beta) t*). Tilt and bend are linear in the curve, so the
        lever follows from their ratio. nan where no t* has its parabola flat there.
        """
        t = self.t - self._mean[..., None]
        small, large = Valley(t, np.expm1(-alpha * t)), Valley(t, np.expm1(beta * t))
        ratio = self.tilt / self.bend
        lever = (small.tilt - ratio * small.bend) / (ratio * large.bend - large.tilt)
        return np.asarray(self._mean + np.log(alpha / (beta * lever)) / (alpha + beta))


@quiet
def lines_through(x: Array, y: Array) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """The line y = ln k + a x of each study: k, a, and which budgets it has.

    x  # log of the budgets
    y  # log of their best sizes, shape (budgets, studies); not finite where one has no minimum

    k is nan for a study of fewer than two budgets, or whose k leaves the range of floats.
    """
    there = np.isfinite(y)
    points = there.sum(axis=0)
    x_mean = np.where(there, x[:, None], 0).sum(axis=0) / points
    y_mean = np.where(there, y, 0).sum(axis=0) / points
    x, y = np.where(there, x[:, None] - x_mean, 0), np.where(there, y - y_mean, 0)
    a = (x * y).sum(axis=0) / (x**2).sum(axis=0)
    k = np.exp(y_mean - a * x_mean)
    return np.where((points >= 2) & (k > 0) & np.isfinite(k), k, np.nan), a, there
