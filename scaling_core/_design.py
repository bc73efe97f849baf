"""Which tables of runs determine a law, which do not, and which only just."""

import numpy as np

from scaling_core._centred import Centred
from scaling_core._check import Array

EXACT = 1e-6  # scatter of ln D around a line in ln N that is none, over the spread of ln D
NEAR = 2.0  # little scatter of D around k N^p: a factor from the least to the largest
HOPELESS = 1e10  # condition number at which different laws have the same losses
ANY_EXPONENTS = {"alpha": 0.31, "beta": 0.42}  # it only matters that they differ


def doubts_about(N: Array, D: Array, centred: Centred) -> list[str]:
    """What makes a design weak, in words; ValueError if it cannot determine what is free."""
    free = centred.free
    if N.size <= len(free):
        raise ValueError(
            f"a fit of {', '.join(free)} needs at least {len(free) + 1} runs, got {N.size}"
        )
    for name, column, term in (("N", N, ("A", "alpha")), ("D", D, ("B", "beta"))):
        own = [part for part in term if part in free and not (centred.tie and part == "alpha")]
        least, distinct = len(own) + ("E" in free), np.unique(column).size
        if own and distinct < least:
            raise ValueError(
                f"{name} must take at least {least} different values to determine "
                f"{' and '.join(own)}, got {distinct}"
            )
    doubts = _doubts_of_a_curve(centred)
    alpha, beta = ({**ANY_EXPONENTS, **centred.fixed}[name] for name in ANY_EXPONENTS)
    theta = np.array([0, 0, alpha, 0, alpha if centred.tie else beta])
    if condition(centred.gradient(theta)[1]) > HOPELESS:
        raise ValueError(
            f"these runs do not determine {', '.join(free)}: other values give the same losses"
        )
    return doubts


def condition(jacobian: Array) -> float:
    """Condition number of the columns scaled to length 1; inf if one of them is 0."""
    lengths = np.linalg.norm(jacobian, axis=0)
    if not lengths.all():
        return np.inf
    sizes = np.linalg.svd(jacobian / lengths, compute_uv=False)
    return float(sizes[0] / max(sizes[-1], np.finfo(float).tiny))


def _doubts_of_a_curve(centred: Centred) -> list[str]:
    """Doubts of a design where D is, or nearly is, k N^p; ValueError for a ray, p > 0.

    A ray shows one power of N: which part of it is due to N, and which to D, nobody can tell.
    """
    x, z, w = centred.x, centred.z, centred.w
    if not (np.ptp(x) and np.ptp(z)):
        return []
    p = float((w * x) @ z / ((w * x) @ x))
    scatter = z - p * x
    k = np.exp(centred.shift[1] - p * centred.shift[0])
    curve = f"D = {k:.3g} N" + (f"^{p:.3g}" if abs(p - 1) > EXACT else "")
    if np.std(scatter) > EXACT * np.std(z):
        factor = np.exp(np.ptp(scatter))
        near = p > 0 and factor < NEAR
        return [f"the runs lie near one ray, {curve}, within a factor {factor:.3g}"] if near else []
    if p < 0:
        return [f"all runs lie on one IsoFLOP curve, {curve}: it says little about E"]
    if len({"A", "alpha", "B", "beta"} & set(centred.free)) > 2:
        raise ValueError(
            f"all runs lie on one ray, {curve}: there the terms of N and of D cannot be told "
            "apart (exchanged, they give the same losses). fit_along_ray fits the three numbers "
            "that such runs determine"
        )
    return [f"all runs lie on one ray, {curve}: it shows the two terms only in their sum"]
