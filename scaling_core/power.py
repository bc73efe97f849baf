"""Power laws of one variable, with and without a floor, and their least-squares fits."""

import warnings
from dataclasses import dataclass
from importlib.resources import files
from typing import ClassVar

import numpy as np

from scaling_core._batch import BatchedLaw
from scaling_core._check import (
    Array,
    Domain,
    FitWarning,
    Floats,
    Numbers,
    check,
    check_weights,
    columns,
    result,
)
from scaling_core._profile import Profile


@dataclass(frozen=True, eq=False)
class PowerLaw(BatchedLaw):
    """The pure power law y = k x^p, a straight line on log-log axes.

    k > 0 in the unit of y; p of either sign (a loss that falls with x has p < 0).
    Both may be arrays of one shape: then the law is many laws, whose axes come first.

    >>> law = PowerLaw(k=9.449, p=-0.0624)
    >>> law(1e10), law.inverse(2.0)  # loss at 10B parameters; parameters for 2 nats
    (2.246, 6.41e+10)
    """

    k: Floats
    p: Floats

    _domains: ClassVar[dict[str, Domain]] = {"k": "positive", "p": "real"}

    def __call__(self, x: Numbers) -> Floats:
        """The value y at x > 0; x = inf gives the limit.

        >>> PowerLaw(2, -0.5)([4, float("inf")])
        array([1., 0.])
        """
        x = check("x", x, "positive or inf")
        k, p = self._spread(x.ndim)
        with np.errstate(over="ignore", under="ignore"):
            return result(k * x**p)

    value = __call__

    def inverse(self, y: Numbers) -> Floats:
        """The x at which y > 0 is reached; a ValueError for a constant law (p = 0).

        >>> PowerLaw(2, -0.5).inverse(1)
        4.0
        """
        y = check("y", y)
        k, p = self._spread(y.ndim)
        if not p.all():
            raise ValueError("p must not be 0 for an inverse: the law is constant")
        with np.errstate(over="ignore", under="ignore"):
            return result((y / k) ** (1 / p))

    def slope(self, x: Numbers) -> Floats:
        """The local exponent -d ln y/d ln x, for a pure power law -p at every x.

        >>> PowerLaw(9.449, -0.0624).slope([1e6, 1e9])
        array([0.0624, 0.0624])
        """
        x = check("x", x, "positive or inf")
        _, p = self._spread(x.ndim)
        return result(np.zeros_like(x) - p)


@dataclass(frozen=True, eq=False)
class OffsetPowerLaw(BatchedLaw):
    """The power law with a floor, y = E + k x^-p, which bends away from a straight line.

    E >= 0 and k > 0 in the unit of y, p > 0; numbers, or arrays of one shape (axes come first).

    >>> law = OffsetPowerLaw(E=2.105, k=26.7, p=0.188)
    >>> law(1e10), law.inverse(2.0)  # no model size reaches 2 nats
    (2.457, inf)
    """

    E: Floats
    k: Floats
    p: Floats

    _domains: ClassVar[dict[str, Domain]] = {"E": "nonnegative", "k": "positive", "p": "positive"}

    def __call__(self, x: Numbers) -> Floats:
        """The value y at x > 0; x = inf gives E.

        >>> OffsetPowerLaw(2, 1, 0.5)([4, float("inf")])
        array([2.5, 2. ])
        """
        x = check("x", x, "positive or inf")
        E, k, p = self._spread(x.ndim)
        with np.errstate(over="ignore", under="ignore"):
            return result(E + k * x**-p)

    value = __call__

    def inverse(self, y: Numbers) -> Floats:
        """The x at which y > 0 is reached; inf for y at or below the floor E.

        >>> OffsetPowerLaw(2, 1, 0.5).inverse([2.5, 1.9])
        array([ 4., inf])
        """
        y = check("y", y)
        E, k, p = self._spread(y.ndim)
        with np.errstate(over="ignore", under="ignore", divide="ignore"):
            return result((np.maximum(y - E, 0) / k) ** (-1 / p))

    def slope(self, x: Numbers) -> Floats:
        """The local exponent -d ln y/d ln x = p (y - E)/y, which falls from p to 0 as x grows.

        >>> law = OffsetPowerLaw(2.105, 26.7, 0.188)
        >>> law.slope(1e6), law.slope(1e9)
        (0.0913, 0.0385)
        """
        x = check("x", x, "positive or inf")
        E, k, p = self._spread(x.ndim)
        with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
            return result(p / (1 + np.where(E > 0, E / (k * x**-p), 0)))


@dataclass(frozen=True, eq=False)
class PowerFit[Law: (PowerLaw, OffsetPowerLaw)]:
    """What `fit_power_law` and `fit_offset_power_law` return.

    >>> N, L = twelve_points()
    >>> line, bent = fit_power_law(N, L), fit_offset_power_law(N, L)
    >>> line.rms / bent.rms  # both in nats
    13.1
    """

    law: Law
    residuals: Array  # y - law(x), in the unit of y, whatever was minimised
    log_residuals: Array  # ln y - ln law(x): 0.035 is 3.5 %
    rms: float  # root of the (weighted) mean of the squared residuals, in the unit of y
    r_squared: float  # share of variance explained: of ln y for the line, of y with a floor
    se: float  # standard error of p for the line; nan where no honest one exists
    converged: bool  # False: p ran to the end of its range
    notes: tuple[str, ...]  # every doubt, in words


def fit_power_law(x: Numbers, y: Numbers, weights: Numbers | None = None) -> PowerFit[PowerLaw]:
    """The straight line through ln y against ln x by (weighted) least squares.

    x, y positive, one number per row, at least two different x; only ratios of weights matter.
    `se` is the textbook standard error of p: it takes the points to scatter around a true line,
    so it says nothing where the residuals are curved. With two rows it is nan.

    >>> fit = fit_power_law(*twelve_points())
    >>> fit.law.p, fit.se, fit.r_squared
    (-0.0624, 0.0025, 0.984)
    """
    x, y = columns(x=x, y=y)
    w = _shares(x, weights, least=2)
    freedom = np.count_nonzero(w) - 2
    t, z = np.log(x), np.log(y)
    t_mean, z_mean = w @ t, w @ z
    t, z = t - t_mean, z - z_mean
    spread = w @ t**2
    p = (w @ (t * z)) / spread
    loss = w @ (z - p * t) ** 2
    with np.errstate(over="ignore", under="ignore"):
        law = PowerLaw(_coefficient(np.exp(z_mean - p * t_mean)), float(p))
    return _report(
        law,
        (x, y, w),
        r_squared=_explained(loss, z, w),
        se=float(np.sqrt(loss / freedom / spread)) if freedom else np.nan,
        notes=() if freedom else ("two points define the line: nothing is left to judge it by",),
    )


def fit_offset_power_law(
    x: Numbers, y: Numbers, weights: Numbers | None = None
) -> PowerFit[OffsetPowerLaw]:
    """The law y = E + k x^-p by (weighted) least squares in y itself, not in its logarithm.

    x, y positive, one number per row, at least three different x, y falling as x grows.
    weights = 1/y**2 minimises relative residuals instead (the twelve points: E 2.093, p 0.185).
    Exactly three rows: the one curve through them, no error bar left; a ValueError if none exists.
    A floor that the points cannot tell from 0, or p at the end of its range, is a note and a
    FitWarning. `se` is nan: linearised errors of a floor mislead; refit resampled points instead.

    >>> fit = fit_offset_power_law(*twelve_points())
    >>> fit.law.E, fit.law.k * 1e7**-fit.law.p, fit.law.p, fit.rms
    (2.105, 1.292, 0.188, 0.0049)
    >>> pilots = fit_offset_power_law([1e8, 1e9, 1e10], [3.2, 2.8, 2.5])
    >>> pilots.law.E, pilots.law(1e11)
    (1.6, 2.275)
    """
    x, y = columns(x=x, y=y)
    w = _shares(x, weights, least=3)
    used = w > 0  # a row without weight may lie where the power term overflows
    smallest = x[used].min()
    t, z, v = np.log(x[used] / smallest), y[used], w[used]
    if v @ ((t - v @ t) * z) >= 0:
        raise ValueError("y must fall as x grows: E + k x^-p cannot rise")
    notes: tuple[str, ...] = ()
    if t.size == 3:
        _refuse_without_bend(t, z)
        notes = ("three points define E, k and p: nothing is left to judge them by",)

    fit, pure = Profile(t, z, v, floor=True), Profile(t, z, v, floor=False)
    doubts = []
    if fit.E < 0 or pure.loss <= 1e-24 * (v @ z**2):  # a floor of rounding errors
        fit = pure
        doubts.append("E is not distinguishable from 0: the best fit has E <= 0, so E = 0")
    elif t.size > 3 and pure.loss - fit.loss < 4 * fit.loss / (t.size - 3):
        doubts.append("E is not distinguishable from 0: it lies within two standard errors")
    if fit.at_end:
        doubts.append(f"p = {fit.p:.3g} is the end of its range: the points do not determine it")
    for doubt in doubts:
        warnings.warn(doubt, FitWarning, stacklevel=2)
    with np.errstate(over="ignore"):
        law = OffsetPowerLaw(fit.E, _coefficient(fit.k * smallest**fit.p), fit.p)
    return _report(
        law,
        (x, y, w),
        r_squared=_explained(fit.loss, z - v @ z, v),
        converged=not fit.at_end,
        notes=(*notes, *doubts),
    )


def twelve_points() -> tuple[Array, Array]:
    """Parameters and loss of twelve models: an exercise in fitting, not a measurement.

    The points are often passed around as Kaplan's "published data", but stand in no table of
    that paper (https://arxiv.org/abs/2001.08361), and their exponent is not its 0.076.

    >>> N, L = twelve_points()
    >>> float(N[-1]), float(L[-1])
    (1.5e+09, 2.6)
    """
    text = (files("scaling_core") / "data" / "twelve_points.csv").read_text("utf-8")
    N, L = np.loadtxt(text.splitlines(), delimiter=",", skiprows=1, unpack=True)
    return N, L


def _shares(x: Array, weights: Numbers | None, least: int) -> Array:
    """The weights divided by their sum."""
    w = check_weights(weights, x.size)
    distinct = np.unique(x[w > 0]).size
    if distinct < least:
        raise ValueError(f"x must hold at least {least} different values, got {distinct}")
    w = w / w.max()
    return w / w.sum()


def _refuse_without_bend(t: Array, y: Array) -> None:
    order = np.argsort(t)
    first, second = np.diff(-y[order]) / np.diff(t[order])  # falls per unit of ln x
    if not 0 < second < first:
        raise ValueError(
            "three points have a law E + k x^-p only if y falls, and falls ever more slowly in "
            f"ln x: got {first:.4g}, then {second:.4g} per factor e"
        )


def _coefficient(k: float) -> float:
    if not 0 < k < np.inf:
        raise ValueError("k leaves the range of 64-bit floats: measure x in another unit")
    return float(k)


def _explained(loss: float, centred: Array, w: Array) -> float:
    varies = np.ptp(centred[w > 0]) > 0
    return float(1 - loss / (w @ centred**2)) if varies else np.nan


def _report[Law: (PowerLaw, OffsetPowerLaw)](
    law: Law,
    rows: tuple[Array, Array, Array],
    *,
    r_squared: float,
    se: float = np.nan,
    converged: bool = True,
    notes: tuple[str, ...],
) -> PowerFit[Law]:
    x, y, w = rows
    used = w > 0
    with np.errstate(over="ignore", divide="ignore"):
        fitted = np.asarray(law(x))
        residuals, log_residuals = y - fitted, np.log(y / fitted)
    rms = float(np.sqrt(w[used] @ residuals[used] ** 2))
    return PowerFit(law, residuals, log_residuals, rms, r_squared, se, converged, notes)
