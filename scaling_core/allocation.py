"""How a training budget is split: what a law answers, and rules that are two power laws.

`Allocation` is the answer; `AllocationLaw` is a rule such as the rule of 20, or DeepSeek's.
"""

from dataclasses import astuple, dataclass, fields

import numpy as np

from scaling_core._check import Floats, Numbers, check, check_scalar, result
from scaling_core._surface import quiet
from scaling_core.power import PowerLaw
from scaling_core.provenance import Provenance


@dataclass(frozen=True, eq=False)
class Answer:
    """Base of answers of several numbers: equal by value, and read-only if they are arrays."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                view = value.view()  # a view, so that the caller's own array stays writable
                view.setflags(write=False)
                object.__setattr__(self, field.name, view)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        pairs = zip(astuple(self), astuple(other), strict=True)
        return all(np.array_equal(mine, theirs, equal_nan=True) for mine, theirs in pairs)

    def __hash__(self) -> int:
        return hash(tuple(np.asarray(value).tobytes() for value in astuple(self)))


@dataclass(frozen=True, eq=False)
class Allocation(Answer):
    """A model size and a number of tokens: what one budget buys, or many at once as arrays.

    N     # parameters, as the law that answers counts them
    D     # tokens
    C     # training FLOP
    loss  # nats per token; nan where the law says nothing about loss (the rule of 20)

    All four have one shape: () for one law and one budget, law.shape + C.shape in general.

    >>> from scaling_core import BESIROGLU_2024
    >>> best = BESIROGLU_2024.optimum(5.88e23)
    >>> best.N, best.D
    (7.30e10, 1.342e12)
    """

    N: Floats
    D: Floats
    C: Floats
    loss: Floats

    @property
    def ratio(self) -> Floats:
        """Tokens per parameter, D/N.

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.optimum(5.76e23).ratio
        18.4
        """
        return result(np.divide(self.D, self.N))

    @property
    def flops(self) -> Floats:
        """FLOP that the allocation spends on training: its C.

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.optimum(5.76e23).flops
        5.76e23
        """
        return self.C


@dataclass(frozen=True)
class AllocationLaw:
    """Two power laws of the budget C (FLOP): how many tokens D, and how large a model.

    D       # tokens
    N, M    # the model: parameters, or FLOP per token; give one, or neither for a law of tokens
    flops_per_param_token  # kappa in C = kappa N D; a law with M has C = M D instead
    counts  # what N or M counts
    source  # a Provenance; None for a law of your own

    The two exponents need not add up to 1: `spent` says what a published pair makes of a budget.

    >>> from scaling_core import PowerLaw
    >>> AllocationLaw(N=PowerLaw(0.0913, 0.5), D=PowerLaw(1.826, 0.5)).optimum(1e23).N
    2.89e10
    """

    D: PowerLaw
    N: PowerLaw | None = None
    M: PowerLaw | None = None
    flops_per_param_token: float = 6.0
    counts: str = "total"
    source: Provenance | None = None

    def __post_init__(self) -> None:
        for name in ("D", "N", "M"):
            law = getattr(self, name)
            if not isinstance(law, PowerLaw) and (law is not None or name == "D"):
                raise TypeError(f"{name} must be a PowerLaw, got {law!r}")
        if self.N is not None and self.M is not None:
            raise ValueError("N and M both describe the model: give one of them")
        kappa = check_scalar("flops_per_param_token", self.flops_per_param_token)
        object.__setattr__(self, "flops_per_param_token", kappa)

    @quiet
    def optimum(self, C: Numbers) -> Allocation:
        """The N and D of a budget of C FLOP; a law of tokens alone gives N = C / (kappa D).

        The loss is nan: such a law does not state one. ValueError for a law of M, whose
        model is counted in FLOP per token and not in parameters.

        >>> from scaling_core import RULE_OF_20, human
        >>> best = RULE_OF_20.optimum(1e23)
        >>> print(human(best.N), human(best.D))
        28.9B 577B
        """
        if self.M is not None:
            raise ValueError("this law gives M, FLOP per token, and no parameters: use .M and .D")
        C = check("C", C)
        D = np.asarray(self.D(C))
        N = C / (self.flops_per_param_token * D) if self.N is None else np.asarray(self.N(C))
        budget, no_loss = np.broadcast_to(C, D.shape), np.full(D.shape, np.nan)
        return Allocation(result(N), result(D), result(budget), result(no_loss))

    @quiet
    def spent(self, C: Numbers) -> Floats:
        """FLOP that the law's model and tokens would really spend, over the budget C.

        >>> from scaling_core import DEEPSEEK_2024
        >>> DEEPSEEK_2024.spent(1e20)
        1.0001
        """
        C = check("C", C)
        if self.M is not None:
            return result(self.M(C) * np.asarray(self.D(C)) / C)
        best = self.optimum(C)
        return result(self.flops_per_param_token * np.multiply(best.N, best.D) / C)
