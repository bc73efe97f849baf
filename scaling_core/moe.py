"""Two forms of a law for mixtures of experts, without constants.

None ship: the printed coefficients of both papers could not be verified. Clark's three printed
digits give cut-offs that differ from those the paper states, up to a factor 2.7, and Krajewski's
were seen only at second hand. All arguments are required; put in what you have fitted yourself.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scaling_core._batch import BatchedLaw
from scaling_core._check import Domain, Floats, Numbers, broadcast, check, result
from scaling_core._surface import quiet


@dataclass(frozen=True, eq=False)
class RoutedLaw(BatchedLaw):
    """Loss of a routed model: ln L = a ln N + b ln n + c ln N ln n + d (Clark et al. 2022).

    N parameters of the dense model that the experts were added to, n experts per routed layer.
    a < 0; b, c, d of either sign. Natural logarithms: a and b are the same to any base, but c
    and d are not (c of decimal logarithms must be divided by ln 10, d multiplied by it).
    The four numbers may be arrays of one shape: then the law is many laws, whose axes come first.
    https://arxiv.org/abs/2202.01169 . All its runs saw 130B tokens: nothing follows for other D.
    No constants ship, see the module; the numbers below are made up.

    >>> law = RoutedLaw(a=-0.08, b=-0.1, c=0.004, d=2.5)
    >>> law.loss(1e9, [1, 64])
    array([2.32, 2.16])
    """

    a: Floats
    b: Floats
    c: Floats
    d: Floats

    _domains: ClassVar[dict[str, Domain]] = {"a": "real", "b": "real", "c": "real", "d": "real"}

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.any(np.asarray(self.a) >= 0):
            raise ValueError(f"a must be negative, got {self.a}: more parameters lower the loss")

    @quiet
    def loss(self, N: Numbers, experts: Numbers) -> Floats:
        """Loss in nats per token; N > 0 and experts >= 1 broadcast. One expert is a dense model.

        >>> RoutedLaw(a=-0.08, b=-0.1, c=0.004, d=2.5).loss(1e9, 8)
        2.24
        """
        ln_N, ln_experts = _logs(N, experts)
        a, b, c, d = self._spread(ln_N.ndim)
        return result(np.exp(a * ln_N + b * ln_experts + c * ln_N * ln_experts + d))

    @quiet
    def dense_params(self, N: Numbers, experts: Numbers) -> Floats:
        """Parameters of the dense model with the same loss; N > 0 and experts >= 1 broadcast.

        >>> law = RoutedLaw(a=-0.08, b=-0.1, c=0.004, d=2.5)
        >>> law.dense_params([1e9, 1e11], 64) / [1e9, 1e11]  # the gain shrinks as N grows
        array([2.43, 0.93])
        """
        ln_N, ln_experts = _logs(N, experts)
        a, b, c, _ = self._spread(ln_N.ndim)
        return result(np.exp(ln_N + (b + c * ln_N) / a * ln_experts))

    @property
    @quiet
    def cutoff(self) -> Floats:
        """The N at which more experts change nothing, exp(-b/c); inf if c = 0.

        >>> RoutedLaw(a=-0.08, b=-0.1, c=0.004, d=2.5).cutoff
        7.2e10
        """
        b, c = np.asarray(self.b), np.asarray(self.c)
        return result(np.where(c == 0, np.inf, np.exp(-b / c)))


@dataclass(frozen=True, eq=False)
class FineGrainedLaw(BatchedLaw):
    """Loss with split experts: L = c + (g/G^gamma + a)/N^alpha + b/D^beta (Krajewski et al. 2024).

    G = d_ff / d_expert: the granularity, 1 for experts as wide as the usual feed-forward layer.
    c               # irreducible loss, nats per token, >= 0
    a, alpha        # parameter term in the limit of ever finer experts, both > 0
    g, gamma        # what coarse ones add to it, g G^-gamma: all of g at G = 1; both > 0
    b, beta         # token term, both > 0
    The seven numbers may be arrays of one shape: then the law is many laws, whose axes come first.
    For one size of all experts together, as a multiple of the layer that they replace (64, seen at
    second hand), with N as the authors count it; 6ND is *not* its compute, routing costs extra.
    https://arxiv.org/abs/2402.07871 , whose published version lists Ludziejewski first. No
    constants ship, see the module; the numbers below are made up.

    >>> law = FineGrainedLaw(c=0.5, a=20, alpha=0.12, g=3, gamma=0.6, b=30, beta=0.15)
    >>> law.loss(1e9, 20e9, G=[1, 8])
    array([3.27, 3.09])
    """

    c: Floats
    a: Floats
    alpha: Floats
    g: Floats
    gamma: Floats
    b: Floats
    beta: Floats

    _domains: ClassVar[dict[str, Domain]] = {
        "c": "nonnegative",
        "a": "positive",
        "alpha": "positive",
        "g": "positive",
        "gamma": "positive",
        "b": "positive",
        "beta": "positive",
    }

    @quiet
    def loss(self, N: Numbers, D: Numbers, G: Numbers) -> Floats:
        """Loss in nats per token; N, D, G > 0 broadcast, and each may be infinite for the limit.

        >>> law = FineGrainedLaw(c=0.5, a=20, alpha=0.12, g=3, gamma=0.6, b=30, beta=0.15)
        >>> law.loss([1e9, float("inf")], float("inf"), 4)
        array([2.27, 0.5 ])
        """
        N, D, G = broadcast(
            N=check("N", N, "positive or inf"),
            D=check("D", D, "positive or inf"),
            G=check("G", G, "positive or inf"),
        )
        c, a, alpha, g, gamma, b, beta = self._spread(N.ndim)
        return result(c + (g * G**-gamma + a) * N**-alpha + b * D**-beta)


def _logs(N: Numbers, experts: Numbers) -> tuple[np.ndarray, ...]:
    pair = broadcast(N=check("N", N), experts=check("experts", experts, "at least 1"))
    return tuple(np.log(x) for x in pair)
