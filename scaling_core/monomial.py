"""Laws that are one product of powers, with named variables and a source.

y = k x1^p1 x2^p2 ...: rules for learning rate and batch, and the transfer law of
Hernandez et al. 2021, https://arxiv.org/abs/2102.01293 .
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from scaling_core._check import Floats, Numbers, broadcast, check, check_scalar, result
from scaling_core._surface import quiet
from scaling_core.provenance import Provenance


@dataclass(frozen=True)
class PowerProduct:
    """y = k times a power of each named variable.

    k          # > 0
    exponents  # name of a variable -> its power
    source     # a Provenance, which also names the units; None for a law of your own

    >>> law = PowerProduct(k=1.79, exponents={"N": -0.713, "D": 0.307})
    >>> law(N=1e9, D=100e9)
    0.00163
    """

    k: float
    exponents: Mapping[str, float]
    source: Provenance | None = None

    def __post_init__(self) -> None:
        powers = {
            name: check_scalar(f"exponents[{name!r}]", power, "real")
            for name, power in self.exponents.items()
        }
        object.__setattr__(self, "k", check_scalar("k", self.k))
        object.__setattr__(self, "exponents", MappingProxyType(powers))

    @quiet
    def __call__(self, **variables: Numbers) -> Floats:
        """The law at positive values of exactly its variables, which broadcast.

        >>> from scaling_core import DEEPSEEK_2024_HP
        >>> DEEPSEEK_2024_HP["batch_tokens"](C=1e21)
        2.16e+06
        """
        if set(variables) != set(self.exponents):
            wanted, got = ", ".join(self.exponents), ", ".join(variables) or "nothing"
            raise TypeError(f"the law takes {wanted}; got {got}")
        names = list(self.exponents)
        values = broadcast(**{name: check(name, variables[name]) for name in names})
        powers = (x ** self.exponents[name] for name, x in zip(names, values, strict=True))
        return result(self.k * np.prod(list(powers), axis=0))

    def __hash__(self) -> int:
        return hash((self.k, tuple(self.exponents.items()), self.source))


@dataclass(frozen=True)
class TransferLaw:
    """Data that pre-training is worth: D_T = k D_F^alpha N^beta (Hernandez Eq. 1.1).

    k, alpha, beta > 0; D_T and D_F are *characters* of the target language, N parameters.
    Holds where the fine-tuning set D_F is small; not once a model trained on it alone does as well.

    >>> law = TransferLaw(k=1.9e4, alpha=0.18, beta=0.38)
    >>> law.transferred(D_F=3e5, N=40e6)
    1.424e8
    """

    k: float
    alpha: float
    beta: float
    source: Provenance | None = None

    def __post_init__(self) -> None:
        for name in ("k", "alpha", "beta"):
            object.__setattr__(self, name, check_scalar(name, getattr(self, name)))

    @quiet
    def transferred(self, D_F: Numbers, N: Numbers) -> Floats:
        """Characters of target data that pre-training replaces, D_T; D_F and N broadcast.

        >>> from scaling_core import HERNANDEZ_2021_TEXT, human
        >>> human(HERNANDEZ_2021_TEXT.transferred(D_F=3e5, N=40e6))
        '142M'
        """
        D_F, N = broadcast(D_F=check("D_F", D_F), N=check("N", N))
        return result(self.k * D_F**self.alpha * N**self.beta)

    @quiet
    def multiplier(self, D_F: Numbers, N: Numbers) -> Floats:
        """Transferred over own data, D_T / D_F.

        >>> from scaling_core import HERNANDEZ_2021_TEXT
        >>> HERNANDEZ_2021_TEXT.multiplier(D_F=3e5, N=40e6)
        474.6
        """
        D_F, N = broadcast(D_F=check("D_F", D_F), N=check("N", N))
        return result(self.k * D_F ** (self.alpha - 1) * N**self.beta)
