"""Kaplan's two laws of two variables; each was fitted on its own, with constants of its own.

https://arxiv.org/abs/2001.08361 , Eqs. 1.5 and 1.6, Tables 2 and 3.
"""

from dataclasses import dataclass, fields
from typing import Any

from scaling_core._check import Floats, Numbers, broadcast, check, check_scalar, result
from scaling_core._surface import quiet
from scaling_core.provenance import Provenance


def check_fields(law: Any) -> None:
    """Make every float field of a frozen dataclass a checked, positive Python float."""
    for field in fields(law):
        if field.type is float:
            number = check_scalar(field.name, getattr(law, field.name))
            object.__setattr__(law, field.name, number)


@dataclass(frozen=True)
class KaplanJointLaw:
    """Loss of N parameters on D tokens with early stopping (Eq. 1.5); constants of its own.

    alpha_N, N_c (parameters) and alpha_D, D_c (tokens), all > 0.

    >>> KaplanJointLaw(alpha_N=0.076, N_c=6.4e13, alpha_D=0.103, D_c=1.8e13).loss(175e9, 300e9)
    1.661
    """

    alpha_N: float
    N_c: float
    alpha_D: float
    D_c: float
    source: Provenance | None = None

    def __post_init__(self) -> None:
        check_fields(self)

    @quiet
    def loss(self, N: Numbers, D: Numbers) -> Floats:
        """[(N_c/N)^(alpha_N/alpha_D) + D_c/D]^alpha_D in nats per token; N or D may be inf.

        >>> from scaling_core import KAPLAN_2020_ND
        >>> KAPLAN_2020_ND.loss([1e8, 1e9], 22e9)
        array([2.774, 2.369])
        """
        N, D = broadcast(N=check("N", N, "positive or inf"), D=check("D", D, "positive or inf"))
        model, data = (self.N_c / N) ** (self.alpha_N / self.alpha_D), self.D_c / D
        return result((model + data) ** self.alpha_D)


@dataclass(frozen=True)
class KaplanStepLaw:
    """Loss of N parameters after S_min steps at large batch (Eq. 1.6); constants of its own.

    alpha_N, N_c (parameters) and alpha_S, S_c (optimiser steps), all > 0.

    >>> KaplanStepLaw(alpha_N=0.077, N_c=6.5e13, alpha_S=0.76, S_c=2.1e3).loss(1e9, 1e5)
    2.4005
    """

    alpha_N: float
    N_c: float
    alpha_S: float
    S_c: float
    source: Provenance | None = None

    def __post_init__(self) -> None:
        check_fields(self)

    @quiet
    def loss(self, N: Numbers, S_min: Numbers) -> Floats:
        """(N_c/N)^alpha_N + (S_c/S_min)^alpha_S in nats per token; N or S_min may be inf.

        >>> from scaling_core import KAPLAN_2020_NS
        >>> KAPLAN_2020_NS.loss(1e9, [1e4, float("inf")])
        array([2.653, 2.347])
        """
        N, S_min = broadcast(
            N=check("N", N, "positive or inf"), S_min=check("S_min", S_min, "positive or inf")
        )
        return result((self.N_c / N) ** self.alpha_N + (self.S_c / S_min) ** self.alpha_S)
