"""Runs along one ray D = q N^p: the three-number law L = E + k N^-g, and no more than that.

On a ray the parameter term and the token term of an additive law are both powers of N, so runs
cannot tell them apart: five constants have no answer there, three do.
"""

import warnings
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scaling_core._check import (
    Array,
    Floats,
    Numbers,
    broadcast,
    check,
    check_count,
    check_scalar,
    columns,
)
from scaling_core._draws import LawDraws
from scaling_core._profile import Profile
from scaling_core._surface import quiet
from scaling_core.power import (
    OffsetPowerLaw,
    PowerFit,
    PowerLaw,
    fit_offset_power_law,
    fit_power_law,
)

type Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RayFit:
    """What `fit_along_ray` returns: the loss of models on one ray, as a law of N alone.

    law        # L = E + k N^-p as an OffsetPowerLaw; its exponent p is the g of k N^-g
    ray        # the tokens of N parameters on the ray, D = q N^p, as a PowerLaw (p = 1 for 20:1)
    rtol       # a D within a factor 1 + rtol of the ray counts as on it
    residuals  # L - law(N), nats
    rms        # root of their mean square
    converged  # False: the exponent ran to the end of its range
    notes      # every doubt, in words
    N          # parameters of the runs

    >>> fit = fit_along_ray([1e8, 1e9, 1e10], [2e9, 2e10, 2e11], [3.2, 2.8, 2.5])
    >>> fit.q, fit.law.E, fit.predict(1e11)
    (20.0, 1.6, 2.275)
    """

    law: OffsetPowerLaw
    ray: PowerLaw
    rtol: float
    residuals: Array
    rms: float
    converged: bool
    notes: tuple[str, ...]
    N: Array = field(repr=False)

    @property
    def q(self) -> float:
        """The ratio of the ray, D = q N^p: tokens per parameter where p = 1.

        >>> fit_along_ray([1e8, 1e9, 1e10], [2e9, 2e10, 2e11], [3.2, 2.8, 2.5]).q
        20.0
        """
        return float(self.ray.k)

    def predict(self, N: Numbers, D: Numbers | None = None) -> Floats:
        """Loss of N parameters trained on the ray's tokens, nats per token.

        D may be given for safety: a ValueError if it is off the ray, where the fit knows nothing.

        >>> fit = fit_along_ray([1e8, 1e9, 1e10], [2e9, 2e10, 2e11], [3.2, 2.8, 2.5])
        >>> fit.predict([1e11, 1e12])
        array([2.275  , 2.10625])
        >>> fit.predict(1e11, D=15e12)
        Traceback (most recent call last):
        ValueError: D must lie on the ray D = 20 N, 2e+12 at N = 1e+11, got 1.5e+13: ...
        """
        N = check("N", N)
        if D is not None:
            N, D = broadcast(N=N, D=check("D", D))
            on_ray = np.asarray(self.ray(N))
            off = np.abs(np.log(D / on_ray)) > np.log1p(self.rtol) * (1 + 1e-9)
            if off.any():
                first = int(off.argmax())
                raise ValueError(
                    f"D must lie on the ray D = {self.q:.4g} N{_power(self.ray)}, "
                    f"{on_ray.flat[first]:.4g} at N = {N.flat[first]:.4g}, "
                    f"got {D.flat[first]:.4g}: runs on one ray say nothing about others"
                )
        return self.law(N)

    def bootstrap(
        self, n: int = 4000, seed: int = 0, noise: float | None = None
    ) -> LawDraws[OffsetPowerLaw]:
        """The laws of n simulated repeats of the runs: the fitted law plus normal noise, refitted.

        noise  # standard deviation of one run's loss, nats; None: that of the residuals, of which
               # the three constants leave one less per run (ValueError with three runs)

        Resampling the runs themselves would often leave fewer than three sizes. Noise taken from
        few residuals is itself uncertain: with five runs such a 95 % interval of a prediction
        covered the truth in 80 % of simulated studies, with eight in 90 % (Student's t on n - 3
        degrees of freedom says 81 % and 89 %).
        Repeats that no law of this form can follow (rising losses) are failures; a floor below
        0 becomes 0, as in the fit.

        >>> fit = fit_along_ray([1e8, 1e9, 1e10], [2e9, 2e10, 2e11], [3.2, 2.8, 2.5])
        >>> draws = fit.bootstrap(n=1000, noise=0.005)
        >>> draws.ci_of(lambda law: law(1e11))
        (2.24, 2.31)
        """
        n, seed = check_count("n", n, least=2), check_count("seed", seed, least=0)
        spare = self.N.size - 3
        if noise is not None:
            noise = check_scalar("noise", noise)
        elif spare:
            noise = float(np.sqrt(self.residuals @ self.residuals / spare))
        else:
            raise ValueError("noise must be given: three runs leave no residual to take it from")
        rng = np.random.default_rng(seed)
        losses = np.asarray(self.law(self.N)) + noise * rng.normal(size=(n, self.N.size))
        E, k, p, good, at_end = _refits(self.N, losses)
        if good.sum() < 2:
            raise ValueError(f"only {good.sum()} of {n} repeats have a law: noise is too large")
        ends = (at_end & good).sum()
        notes = (f"{ends} of {n} draws have p at the end of its range",) if ends else ()
        laws = OffsetPowerLaw(E[good], k[good], p[good])
        return LawDraws(laws, failures=int(n - good.sum()), seed=seed, notes=notes)


def fit_along_ray(N: Numbers, D: Numbers, L: Numbers, *, rtol: float = 0.05) -> RayFit:
    """The law L = E + k N^-g of runs that all lie on one ray, D = q N or D = q N^p.

    N, D, L  # parameters, tokens, nats per token: one number per run, at least three sizes
    rtol     # how far a D may be off the ray: a factor 1 + rtol, *assumed* small enough (2026-11)

    Least squares in L itself (`fit_offset_power_law`). An additive law with alpha = beta is exactly
    of this form on a ray D = q N; one with other exponents is a sum of two powers of N, which
    three numbers follow closely over a few powers of ten. The E of the fit is therefore not quite
    the law's, and B, beta cannot be told from A, alpha: for that D/N must vary.

    >>> from scaling_core import BESIROGLU_2024
    >>> N = np.array([10e6, 50e6, 100e6, 500e6, 1e9])
    >>> fit = fit_along_ray(N, 20 * N, BESIROGLU_2024.loss(N, 20 * N))
    >>> fit.predict(70e9, D=1.4e12), BESIROGLU_2024.loss(70e9, 1.4e12)
    (1.9743, 1.9739)
    """
    N, D, L = columns(N=N, D=D, L=L)
    rtol = check_scalar("rtol", rtol, "in (0, 1)")
    if np.unique(N).size < 3:
        raise ValueError(f"N must hold at least 3 different values, got {np.unique(N).size}")
    ray = _ray(N, D, rtol)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            fit: PowerFit[OffsetPowerLaw] = fit_offset_power_law(N, L)
        except ValueError as error:
            raise ValueError(f"no law along this ray (x is N, y is L): {error}") from None
    for warning in caught:  # again, with the place of the call
        warnings.warn(warning.message, stacklevel=2)
    return RayFit(fit.law, ray, rtol, fit.residuals, fit.rms, fit.converged, fit.notes, N.copy())


def _ray(N: Array, D: Array, rtol: float) -> PowerLaw:
    reach = np.log1p(rtol) * (1 + 1e-9)
    first = float(D[0] / N[0])
    ratio = np.log(D / N / first)
    if np.abs(ratio - ratio.mean()).max() <= reach:
        return PowerLaw(first * float(np.exp(ratio.mean())), 1.0)
    line = fit_power_law(N, D)
    if np.abs(line.log_residuals).max() > reach:
        raise ValueError(
            f"D must lie on one ray D = q N^p within a factor {1 + rtol:g}, got D/N from "
            f"{(D / N).min():.4g} to {(D / N).max():.4g}: fit all five constants to such runs"
        )
    if line.law.p <= 0:
        raise ValueError(
            f"D must grow with N along a ray, got D as N^{line.law.p:.2g}: use fit_isoflop for "
            "runs of one budget, fit_offset_power_law(N, L) for runs of one D"
        )
    return line.law


def _power(ray: PowerLaw) -> str:
    return "" if ray.p == 1 else f"^{ray.p:.4g}"


@quiet
def _refits(N: Array, losses: Array) -> tuple[Array, Array, Array, Flags, Flags]:
    """E, k, p of each row of losses; whether there is such a law; whether p is at its end."""
    order = np.argsort(N)
    x, y = N[order], losses[:, order]
    t = np.log(x / x[0])
    good = (y > 0).all(axis=1) & (y @ (t - t.mean()) < 0)
    if t.size == 3:
        first, second = (-np.diff(y) / np.diff(t)).T
        good &= (second > 0) & (second < first)
    parts = np.array_split(y, max(1, y.size // 5000))  # each with 200 exponents: some megabytes
    E, k, p, at_end = map(
        np.concatenate, zip(*(_Profiles(t, part, floor=True).best() for part in parts), strict=True)
    )
    below = E < 0
    for whole, part in zip(
        (E, k, p, at_end), _Profiles(t, y[below], floor=False).best(), strict=True
    ):
        whole[below] = part
    k = k * x[0] ** p
    return E, k, p, good & (k > 0) & np.isfinite(k), at_end


class _Profiles(Profile):
    """The profiles of many y over one t at once, by the same equations: a row of y each."""

    def __init__(self, t: Array, y: Array, floor: bool) -> None:
        self._t, self._y, self._w, self._floor = t, y, np.full(t.size, 1 / t.size), floor

    def best(self) -> tuple[Array, Array, Array, Flags]:
        """E, k and p of each row, and whether p is at the end of its range."""
        grid = self._grid()
        loss, k, *_ = self._solve(grid[:, None])
        start = np.where(k > 0, loss, np.inf).argmin(axis=0)
        at_end = start == grid.size - 1  # the low end, a straight line in ln x, has E < 0
        inner = np.clip(start, 1, grid.size - 2)
        low, high = grid[inner - 1], grid[inner + 1]
        for _ in range(50):  # bisection: h > 0 below the best p
            p = np.sqrt(low * high)
            *_, h, _ = self._solve(p)
            low, high = np.where(h > 0, p, low), np.where(h > 0, high, p)
        p = np.where(at_end, grid[start], np.sqrt(low * high))
        _, k, E, *_ = self._solve(p)
        return E, k, p, at_end
