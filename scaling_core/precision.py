"""Training and serving with few bits: the law of Kumar et al. 2024.

Their Eq. 3, https://arxiv.org/abs/2411.04330 . A weight, activation or cache entry of P bits counts
as a share 1 - exp(-P/gamma) of a parameter. (The form 1 - gamma/2^P, sometimes quoted, is not it.)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from scaling_core._batch import BatchedLaw
from scaling_core._check import (
    Array,
    Domain,
    Floats,
    Numbers,
    broadcast,
    check,
    check_scalar,
    result,
)
from scaling_core._estimated import fields_of
from scaling_core._surface import quiet
from scaling_core.allocation import Allocation
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.provenance import Estimate, Provenance

FULL_BITS = 16.0  # the precision at which an operation costs what 6ND says
UNQUANTISED = np.inf


@dataclass(frozen=True)
class PrecisionLaw:
    """Loss of a model trained with quantised weights, activations and key-value cache.

    N_eff = N (1 - exp(-P_w/gamma_w)) (1 - exp(-P_a/gamma_a)) (1 - exp(-P_kv/gamma_kv))

    base                         # a ChinchillaLaw, one or many, that takes N_eff for N
    gamma_w, gamma_a, gamma_kv   # bits, one number > 0 each
    source                       # of the three; None for your own

    KUMAR_2024 has the three (quoted, grade S), but not the base they were fitted with: on another
    base the result is a hybrid, *assumed*. Runs up to 1.7B parameters and 26B tokens.

    >>> from scaling_core import BESIROGLU_2024
    >>> law = PrecisionLaw(BESIROGLU_2024, gamma_w=2.7, gamma_a=2.2, gamma_kv=0.96)
    >>> law.loss(1e9, 20e9, P_w=[3, 4, 8, float("inf")])
    array([2.583, 2.564, 2.537, 2.530])
    """

    base: ChinchillaLaw
    gamma_w: float
    gamma_a: float
    gamma_kv: float
    source: Provenance | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.base, ChinchillaLaw):
            raise TypeError(f"base must be a ChinchillaLaw, got {type(self.base).__name__}")
        for name in ("gamma_w", "gamma_a", "gamma_kv"):
            object.__setattr__(self, name, check_scalar(name, getattr(self, name)))

    @classmethod
    def from_estimates(cls, base: ChinchillaLaw, estimates: Mapping[str, Estimate]) -> Self:
        """The law on a base of your choice with published gammas and their source.

        ValueError if one of the three is missing.

        >>> from scaling_core import BESIROGLU_2024, KUMAR_2024
        >>> PrecisionLaw.from_estimates(BESIROGLU_2024, KUMAR_2024).gamma_w
        2.6745
        """
        return cls(base, **fields_of(estimates, "gamma_w", "gamma_a", "gamma_kv"))

    @quiet
    def effective_params(
        self,
        N: Numbers,
        P_w: Numbers = UNQUANTISED,
        P_a: Numbers = UNQUANTISED,
        P_kv: Numbers = UNQUANTISED,
    ) -> Floats:
        """Parameters that N quantised ones are worth, N_eff <= N.

        Bits of the weights P_w, activations P_a and key-value cache P_kv, at least 1; infinite,
        the default, leaves that part as it is. All broadcast.

        >>> from scaling_core import BESIROGLU_2024, KUMAR_2024, human
        >>> law = PrecisionLaw.from_estimates(BESIROGLU_2024, KUMAR_2024)
        >>> human(law.effective_params(1e9, 8, 8, 8)), human(law.effective_params(1e9, 4, 4, 4))
        ('924M', '639M')
        """
        N, P_w, P_a, P_kv = broadcast(
            N=check("N", N, "positive or inf"),
            P_w=check("P_w", P_w, "at least 1 or inf"),
            P_a=check("P_a", P_a, "at least 1 or inf"),
            P_kv=check("P_kv", P_kv, "at least 1 or inf"),
        )
        return result(N * self._share(P_w, P_a, P_kv))

    def loss(
        self,
        N: Numbers,
        D: Numbers,
        P_w: Numbers = UNQUANTISED,
        P_a: Numbers = UNQUANTISED,
        P_kv: Numbers = UNQUANTISED,
    ) -> Floats:
        """Loss after training N parameters of so many bits on D tokens, nats per token.

        Arguments as in `effective_params`; D > 0 broadcasts with them. A batched base comes first.

        >>> from scaling_core import BESIROGLU_2024, KUMAR_2024
        >>> law = PrecisionLaw.from_estimates(BESIROGLU_2024, KUMAR_2024)
        >>> law.loss(1e9, 20e9, [4, 16], [4, 16], [4, 16])
        array([2.590, 2.530])
        """
        return self.base.loss(self.effective_params(N, P_w, P_a, P_kv), D)

    @property
    def optimal_bits(self) -> float:
        """The one precision of all three parts with the least loss per cost, if cost grows with P.

        Minimises L(N_eff, D) at fixed N D P. The budget, the base and its exponents drop out:
        the sum of u/(e^u - 1) over the three u = P/gamma must be 1.
        Doubtful as a recommendation: the quoted gammas give the value below, while the paper
        speaks of 7 to 8 bits. One gamma for all three parts gives 1.904 gamma, so those would
        need a gamma of 3.7 to 4.2 bits.

        >>> from scaling_core import BESIROGLU_2024, KUMAR_2024
        >>> PrecisionLaw.from_estimates(BESIROGLU_2024, KUMAR_2024).optimal_bits
        3.469
        """
        gammas = np.array([self.gamma_w, self.gamma_a, self.gamma_kv])
        low, high = gammas.min(), 2 * gammas.max()  # the sum falls from > 1 to < 1 between them
        while low < (middle := low + (high - low) / 2) < high:
            if _elasticity(middle / gammas) > 1:
                low = middle
            else:
                high = middle
        return float(low)

    @quiet
    def optimum(self, C: Numbers, P: Numbers | None = None) -> Allocation:
        """Size and tokens with the least loss for a budget C, when cost is proportional to bits.

        C = kappa N D P/16, in FLOP of 16 bits (*assumed*: no hardware prices P so smoothly).
        P bits for all three parts, at least 1; None takes `optimal_bits`. C and P broadcast.

        >>> from scaling_core import BESIROGLU_2024, KUMAR_2024
        >>> law = PrecisionLaw.from_estimates(BESIROGLU_2024, KUMAR_2024)
        >>> law.optimum(1e21, [4, 8, 16]).loss
        array([2.230, 2.255, 2.306])
        """
        C = check("C", C)
        bits = np.asarray(self.optimal_bits) if P is None else check("P", P, "at least 1")
        C, bits = broadcast(C=C, P=bits)
        share = self._share(bits, bits, bits)
        best = self.base.optimum(C * share * (FULL_BITS / bits))  # kappa N_eff D
        N = result(best.N / share)
        return Allocation(N, best.D, result(np.broadcast_to(C, np.shape(N))), best.loss)

    @quiet
    def _share(self, P_w: Array, P_a: Array, P_kv: Array) -> Array:
        weights, activations = np.expm1(-P_w / self.gamma_w), np.expm1(-P_a / self.gamma_a)
        return np.asarray(-weights * activations * np.expm1(-P_kv / self.gamma_kv))


@dataclass(frozen=True, eq=False)
class QuantisationPenalty(BatchedLaw):
    """What rounding the finished weights to P bits adds to the loss (Kumar's delta_PTQ).

    delta = C_T D^gamma_D / N^gamma_N exp(-P/gamma_post), nats per token: it *grows* with D.

    C_T, gamma_D, gamma_N, gamma_post > 0, the last in bits; numbers, or arrays of one shape (axes
    come first). No constants ship, they are unverified; the numbers below are made up.

    >>> penalty = QuantisationPenalty(C_T=0.1, gamma_D=0.5, gamma_N=0.5, gamma_post=0.6)
    >>> penalty(1e9, [20e9, 200e9], P=3)
    array([0.003, 0.0095])
    """

    C_T: Floats
    gamma_D: Floats
    gamma_N: Floats
    gamma_post: Floats

    _domains: ClassVar[dict[str, Domain]] = {
        "C_T": "positive",
        "gamma_D": "positive",
        "gamma_N": "positive",
        "gamma_post": "positive",
    }

    @quiet
    def __call__(self, N: Numbers, D: Numbers, P: Numbers) -> Floats:
        """Loss added, nats per token; N, D > 0 and P >= 1 bits broadcast, P = inf adds nothing.

        >>> QuantisationPenalty(0.1, 0.5, 0.5, 0.6)(1e9, 20e9, [3, 4, float("inf")])
        array([0.003 , 0.0006, 0.    ])
        """
        N, D, P = broadcast(N=check("N", N), D=check("D", D), P=check("P", P, "at least 1 or inf"))
        C_T, gamma_D, gamma_N, gamma_post = self._spread(N.ndim)
        return result(C_T * np.exp(gamma_D * np.log(D) - gamma_N * np.log(N) - P / gamma_post))

    @quiet
    def useful_tokens(self, base: ChinchillaLaw, N: Numbers, P: Numbers) -> Floats:
        """Tokens beyond which more training makes the model worse once rounded to P bits.

        Where the token term of the base falls as fast as the penalty rises; N > 0 and P >= 1
        broadcast. Many base laws and many penalties must have one shape.

        >>> from scaling_core import BESIROGLU_2024, human
        >>> penalty = QuantisationPenalty(C_T=0.1, gamma_D=0.5, gamma_N=0.5, gamma_post=0.6)
        >>> human(penalty.useful_tokens(BESIROGLU_2024, 1e9, P=3))
        '3.45T'
        """
        N, P = broadcast(N=check("N", N), P=check("P", P, "at least 1"))
        _, _, B, _, beta = base._spread(N.ndim)
        C_T, gamma_D, gamma_N, gamma_post = self._spread(N.ndim)
        ratio = np.log(beta * B / (gamma_D * C_T)) + gamma_N * np.log(N) + P / gamma_post
        return result(np.exp(ratio / (beta + gamma_D)))


@quiet
def _elasticity(u: Array) -> float:
    """Elasticity d ln N_eff/d ln P: how fast more bits pay, summed over the parts; u = P/gamma."""
    return float((u / np.expm1(u)).sum())
