"""The additive loss surface L(N, D) = E + A N^-alpha + B D^-beta: fields, loss and its inverses.

Eq. 2 of Hoffmann et al. 2022, https://arxiv.org/abs/2203.15556 . `chinchilla.py` adds the price
C = kappa N D of a run, and with it everything about budgets.
"""

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
from scaling_core.provenance import Provenance

quiet = np.errstate(all="ignore")  # an infinity in a law is an answer, never an accident


@dataclass(frozen=True, eq=False)
class LossSurface(BatchedLaw):
    """Fields and surface of `ChinchillaLaw`, which see."""

    E: Floats
    A: Floats
    B: Floats
    alpha: Floats
    beta: Floats
    flops_per_param_token: float = 6.0
    counts: str = "total"
    source: Provenance | None = None

    _domains: ClassVar[dict[str, Domain]] = {
        "E": "nonnegative",
        "A": "positive",
        "B": "positive",
        "alpha": "positive",
        "beta": "positive",
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        kappa = check_scalar("flops_per_param_token", self.flops_per_param_token)
        object.__setattr__(self, "flops_per_param_token", kappa)
        if self.counts not in ("total", "non-embedding"):
            raise ValueError(f'counts must be "total" or "non-embedding", got {self.counts!r}')

    @classmethod
    @quiet
    def from_logs(
        cls,
        a: Numbers,
        b: Numbers,
        e: Numbers,
        alpha: Floats,
        beta: Floats,
        *,
        counts: str = "total",
        source: Provenance | None = None,
    ) -> Self:
        """The law whose A, B and E are given as natural logarithms, the form that fits use.

        >>> from scaling_core import ChinchillaLaw
        >>> ChinchillaLaw.from_logs(6.0073404, 6.0179186, 0.5267228, 0.33917084, 0.2849083).E
        1.69337
        """
        logs = {"A": check("a", a, "real"), "B": check("b", b, "real"), "E": check("e", e, "real")}
        A, B, E = (result(np.exp(log)) for log in logs.values())
        return cls(E, A, B, alpha, beta, counts=counts, source=source)

    @classmethod
    def from_gadre(
        cls,
        A: Floats,
        b: Numbers,
        alpha: Floats,
        E: Floats,
        *,
        counts: str = "total",
        source: Provenance | None = None,
    ) -> Self:
        """The law of Gadre et al. 2024 from its authors' constants: both exponents are alpha.

        Their code keeps A of the parameter term, but b before the factor 6^(-alpha/2) of the
        token term (their Eq. 4 is written in C = 6ND and D/N).

        >>> from scaling_core import ChinchillaLaw
        >>> law = ChinchillaLaw.from_gadre(A=166.21, b=366.69, alpha=0.27285, E=1.83665)
        >>> law.B, law.beta
        (287.2, 0.27285)
        """
        b, exponent = broadcast(b=check("b", b), alpha=check("alpha", alpha))
        B = b * 6.0 ** (-exponent / 2)
        return cls(E, A, result(B), alpha, alpha, counts=counts, source=source)

    @quiet
    def loss(self, N: Numbers, D: Numbers) -> Floats:
        """Loss of N parameters trained on D tokens, nats per token; N and D broadcast.

        An infinite N or D asks for the limit: endless data, or an endless model.

        >>> from scaling_core import HOFFMANN_2022
        >>> HOFFMANN_2022.loss(70e9, [1.4e12, float("inf")])
        array([1.92, 1.78])
        """
        N, D = _pair(N, D)
        E, A, B, alpha, beta = self._spread(N.ndim)
        return result(E + A * N**-alpha + B * D**-beta)

    @quiet
    def reducible(self, N: Numbers, D: Numbers) -> Floats:
        """The part of the loss that more parameters and tokens would remove: loss - E.

        Summed from its two terms, so that no digits are lost where the loss is close to E.

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.reducible(70e9, 1.4e12)
        0.1567
        """
        N, D = _pair(N, D)
        _, A, B, alpha, beta = self._spread(N.ndim)
        return result(A * N**-alpha + B * D**-beta)

    @quiet
    def tokens_for(self, N: Numbers, loss: Numbers) -> Floats:
        """Tokens with which a model of N parameters reaches a loss; inf if it never does.

        >>> from scaling_core import BESIROGLU_2024, human
        >>> human(BESIROGLU_2024.tokens_for(20e9, 2.0))
        '3.01T'
        """
        N, loss = broadcast(N=check("N", N, "positive or inf"), loss=check("loss", loss))
        E, A, B, alpha, beta = self._spread(N.ndim)
        room = np.maximum(loss - (E + A * N**-alpha), 0)
        return result((B / room) ** (1 / beta))

    @quiet
    def params_for(self, D: Numbers, loss: Numbers) -> Floats:
        """Parameters with which D tokens suffice for a loss; inf if no model reaches it.

        >>> from scaling_core import BESIROGLU_2024, human
        >>> human(BESIROGLU_2024.params_for(1e12, 2.0))
        '41.5B'
        """
        D, loss = broadcast(D=check("D", D, "positive or inf"), loss=check("loss", loss))
        E, A, B, alpha, beta = self._spread(D.ndim)
        room = np.maximum(loss - (E + B * D**-beta), 0)
        return result((A / room) ** (1 / alpha))

    def decades_beyond(self, C: Numbers) -> Floats:
        """Powers of ten between C and the budgets behind the law: 0 inside, nan if not published.

        >>> from scaling_core import HOFFMANN_2022  # its runs: 6e18 to 3e21 FLOP
        >>> HOFFMANN_2022.decades_beyond([1e20, 3e25])
        array([0., 4.])
        """
        C = check("C", C)
        if self.source is None or self.source.range is None:
            return result(np.full(C.shape, np.nan))
        low, high = np.log10(self.source.range)
        return result(np.maximum(np.maximum(np.log10(C) - high, low - np.log10(C)), 0))


def _pair(N: Numbers, D: Numbers) -> tuple[Array, ...]:
    return broadcast(N=check("N", N, "positive or inf"), D=check("D", D, "positive or inf"))
