"""How Kaplan's exponent follows from Chinchilla's law: what N and C leave out.

Kaplan et al. 2020 count parameters without embeddings, N_E, and compute as kappa N_E D. Pearce &
Song 2024 (https://arxiv.org/abs/2406.12907) put the total into the law, with their omega:

    N = N_E + omega N_E^(1/3)

At a given C_E = kappa N_E D the loss is least for D^beta = beta B N^(alpha+1) / (alpha A m), with
m = dN/d ln N_E = N_E + omega/3 N_E^(1/3). Everything else is closed in N_E; q = m/N, which runs
from 1/3 (all embeddings) to 1 (none), decides the local exponent.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scaling_core._bisect import bisect
from scaling_core._check import Array, Floats, Numbers, check, check_count, check_scalar, result
from scaling_core._surface import quiet
from scaling_core.allocation import Answer
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.published_estimates import PEARCE_2024

_OMEGA = PEARCE_2024["omega"].value


@dataclass(frozen=True, eq=False)
class NonEmbeddingAllocation(Answer):
    """An optimum in both ways of counting: floats, or arrays of one shape.

    N_E   # parameters without embeddings
    N     # all parameters
    D     # tokens
    C_E   # FLOP without those of the embeddings, kappa N_E D: what was held fixed
    C     # kappa N D
    loss  # nats per token

    >>> from scaling_core import BESIROGLU_2024
    >>> small = non_embedding_optimum(BESIROGLU_2024, [1e15, 1e17, 1e19])
    >>> small.N / small.N_E  # embeddings are most of a small model
    array([18.77,  2.04,  1.13])
    """

    N_E: Floats
    N: Floats
    D: Floats
    C_E: Floats
    C: Floats
    loss: Floats


@quiet
def total_params(N_E: Numbers, omega: float = _OMEGA) -> Floats:
    """All parameters of a model that has N_E without embeddings: N_E + omega N_E^(1/3).

    omega > 0, one number, in parameters^(2/3); the default is Pearce & Song's, for a vocabulary of
    32,000 and the shapes of Hoffmann's models (their script). Other models have another:
    vocabulary x (r/12)^(1/3) with r = width over depth, 39.2 in the default.

    >>> from scaling_core import human
    >>> [human(N) for N in total_params([1e6, 1e9])]
    ['5.75M', '1.05B']
    """
    N_E = check("N_E", N_E)
    return result(N_E + check_scalar("omega", omega) * np.cbrt(N_E))


@quiet
def non_embedding_params(N_T: Numbers, omega: float = _OMEGA) -> Floats:
    """Parameters without embeddings of a model of N_T in all: the inverse of `total_params`.

    The one real root of y^3 + omega y = N_T, y = N_E^(1/3), as a hyperbolic sine.

    >>> from scaling_core import human
    >>> human(non_embedding_params(124e6))  # GPT-2 has 85M: a vocabulary of 50,257, another omega
    '102M'
    """
    N_T = check("N_T", N_T)
    scale = np.sqrt(check_scalar("omega", omega) / 3)
    return result((2 * scale * np.sinh(np.arcsinh(N_T / 2 / scale**3) / 3)) ** 3)


@quiet
def non_embedding_frontier(
    law: ChinchillaLaw, N_E: Numbers, omega: float = _OMEGA
) -> NonEmbeddingAllocation:
    """The optima at which N_E parameters without embeddings are best, with their budgets C_E.

    law must count all parameters, and each budget must have one optimum under it:
    2 sqrt((1 + alpha)/3) + beta > 4/3, true of every law of language here (ValueError otherwise).
    A law of many laws puts its axes first.

    >>> from scaling_core import BESIROGLU_2024
    >>> non_embedding_frontier(BESIROGLU_2024, 1.5e9).C_E
    3.31e20
    """
    N_E = check("N_E", N_E)
    return _allocation(_checked(law), np.log(N_E), check_scalar("omega", omega), N_E.ndim)


@quiet
def non_embedding_optimum(
    law: ChinchillaLaw, C_E: Numbers, omega: float = _OMEGA
) -> NonEmbeddingAllocation:
    """The best N_E and D for C_E FLOP that leave out the embeddings: kappa N_E D = C_E.

    law as in `non_embedding_frontier`.

    >>> from scaling_core import BESIROGLU_2024, human
    >>> best = non_embedding_optimum(BESIROGLU_2024, 1e21)
    >>> human(best.N_E), human(best.N), human(BESIROGLU_2024.optimum(1e21).N)
    ('2.68B', '2.75B', '2.78B')
    """
    C_E, omega = check("C_E", C_E), check_scalar("omega", omega)
    _, _, _, alpha, beta = fields = _checked(law)._spread(C_E.ndim)
    kappa = law.flops_per_param_token
    missing = np.log(C_E / kappa) - _log_ND(fields, np.zeros(()), omega)  # from N_E = 1
    # per step in ln N_E, ln N_E D rises by at least (at q^2 = 1/(3 + 3 alpha)) and at most (q = 1):
    steps = missing * beta / _slack(alpha, beta), missing * beta / (alpha + beta)
    n = bisect(
        lambda n: _log_ND(fields, n, omega) < np.log(C_E / kappa),
        np.minimum(*steps),
        np.maximum(*steps),
    )
    return _allocation(law, n, omega, C_E.ndim)


@quiet
def local_exponent(law: ChinchillaLaw, N_E: Numbers, omega: float = _OMEGA) -> Floats:
    """The exponent d ln N_E / d ln C_E that a line through optima close to N_E would show.

    beta / (beta + (1 + alpha) q + 1/(3 q) - 4/3): 1 / (1 + alpha / (3 beta)) for tiny models, a
    peak at q = 1 / sqrt(3 + 3 alpha), then down to `law.a`. law as in `non_embedding_frontier`.

    >>> from scaling_core import BESIROGLU_2024
    >>> local_exponent(BESIROGLU_2024, [1e3, 1e6, 1e8, 1e12])
    array([0.763, 0.963 , 0.613, 0.513 ])
    """
    N_E, omega = check("N_E", N_E), check_scalar("omega", omega)
    _, _, _, alpha, beta = _checked(law)._spread(N_E.ndim)
    embeddings = omega * np.cbrt(N_E)
    q = (N_E + embeddings / 3) / (N_E + embeddings)
    return result(beta / (beta + (1 + alpha) * q + 1 / (3 * q) - 4 / 3))


@quiet
def regression_exponent(
    law: ChinchillaLaw,
    low: float = 768,
    high: float = 1.5e9,
    spacing: Literal["compute", "size"] = "compute",
    points: int = 1000,
    omega: float = _OMEGA,
) -> Floats:
    """Slope of the straight line through ln N_E against ln C_E for optima from low to high N_E.

    What a line gives for models that obey the law, counted as Kaplan et al. counted theirs, whose
    range of sizes is the default; warm-up and tuning, which differed too, have no part in it.
    The frontier is not straight, so the slope depends on where the points lie: name the spacing
    (even in ln C_E, or in ln N_E) and the number of points with it. Few points give the ends more
    weight; Pearce & Song's own grid prints 0.78 for Besiroglu's law, and 0.74 for Hoffmann's.
    law as in `non_embedding_frontier`; points >= 2.

    >>> from scaling_core import BESIROGLU_2024, HOFFMANN_2022_PRINTED
    >>> regression_exponent(HOFFMANN_2022_PRINTED)  # Kaplan printed 0.73
    0.746
    >>> regression_exponent(BESIROGLU_2024), regression_exponent(BESIROGLU_2024, spacing="size")
    (0.788, 0.794)
    """
    low, high, omega = (
        check_scalar("low", low),
        check_scalar("high", high),
        check_scalar("omega", omega),
    )
    if low >= high:
        raise ValueError(f"low must be below high, got {low!r} and {high!r}")
    points = check_count("points", points, 2)
    fields = _checked(law)._spread(1)
    ends = np.log([low, high])
    if spacing == "size":
        n = np.linspace(ends[0], ends[1], points)
        c = _log_ND(fields, n, omega)
    elif spacing == "compute":
        span = _log_ND(fields, ends, omega)
        c = span[..., :1] + np.diff(span) * np.linspace(0, 1, points)
        n = bisect(lambda n: _log_ND(fields, n, omega) < c, ends[0], ends[1])
    else:
        raise ValueError(f'spacing must be "compute" or "size", got {spacing!r}')
    c = c - c.mean(axis=-1, keepdims=True)
    return result((c * n).sum(axis=-1) / (c * c).sum(axis=-1))


def _checked(law: ChinchillaLaw) -> ChinchillaLaw:
    if not isinstance(law, ChinchillaLaw):
        raise TypeError(f"law must be a ChinchillaLaw, got {law!r}")
    if law.counts != "total":
        raise ValueError(f'law must count "total" parameters, got counts={law.counts!r}')
    alpha, beta = np.atleast_1d(law.alpha, law.beta)
    two_optima = _slack(alpha, beta) <= 0
    if two_optima.any():
        i = np.argmax(two_optima)
        raise ValueError(
            "law must have 2 sqrt((1 + alpha)/3) + beta > 4/3, or some budgets have two optima: "
            f"got alpha = {alpha.flat[i]:.6g}, beta = {beta.flat[i]:.6g}"
        )
    return law


def _slack(alpha: Array, beta: Array) -> Array:
    """Least value of beta d ln C_E / d ln N_E over q."""
    slack: Array = beta + 2 * np.sqrt((1 + alpha) / 3) - 4 / 3
    return slack


def _log_params(n: Array, omega: float) -> tuple[Array, Array]:
    """Logarithms of N and m for n = ln N_E: no N_E over- or underflows."""
    return (
        np.logaddexp(n, np.log(omega) + n / 3),
        np.logaddexp(n, np.log(omega / 3) + n / 3),
    )


def _log_tokens(fields: tuple[Array, ...], n: Array, omega: float) -> Array:
    _, A, B, alpha, beta = fields
    log_N, log_m = _log_params(n, omega)
    return (np.log(beta * B / (alpha * A)) + (alpha + 1) * log_N - log_m) / beta


def _log_ND(fields: tuple[Array, ...], n: Array, omega: float) -> Array:
    return n + _log_tokens(fields, n, omega)


def _allocation(law: ChinchillaLaw, n: Array, omega: float, ndim: int) -> NonEmbeddingAllocation:
    E, A, B, alpha, beta = fields = law._spread(ndim)
    log_N, _ = _log_params(n, omega)
    N_E, N, D = np.broadcast_arrays(np.exp(n), np.exp(log_N), np.exp(_log_tokens(fields, n, omega)))
    kappa = law.flops_per_param_token
    return NonEmbeddingAllocation(
        N_E=result(N_E),
        N=result(N),
        D=result(D),
        C_E=result(kappa * N_E * D),
        C=result(kappa * N * D),
        loss=result(E + A * N**-alpha + B * D**-beta),
    )
