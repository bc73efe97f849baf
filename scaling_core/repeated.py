"""Data that run out: the law of Muennighoff et al. 2023 for more epochs than one.

https://arxiv.org/abs/2305.16264 . Of D tokens only `unique` are new; each pass over them teaches
less than the one before. D' tokens of fresh data would have taught as much:

    D' = U_D (1 + R_D* (1 - exp(-R_D / R_D*))),   U_D = min(D, unique),   R_D = D / U_D - 1

Parameters beyond U_N = min(N, the size for which U_D tokens are optimal) decay alike, with R_N*,
and the loss is that of the base law for N' and D'.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np

from scaling_core._batch import BatchedLaw
from scaling_core._bisect import bisect
from scaling_core._check import Array, Domain, Floats, Numbers, broadcast, check, result
from scaling_core._surface import quiet
from scaling_core.allocation import Allocation
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.provenance import Provenance
from scaling_core.published import MUENNIGHOFF_2023
from scaling_core.published_estimates import MUENNIGHOFF_2023_DECAY

_R_D_STAR = MUENNIGHOFF_2023_DECAY["R_D_star"].value
_R_N_STAR = MUENNIGHOFF_2023_DECAY["R_N_star"].value
_PUBLISHED = MUENNIGHOFF_2023_DECAY["R_D_star"].source


@dataclass(frozen=True, eq=False)
class ConstrainedAllocation(Allocation):
    """An `Allocation` that may read its data more than once.

    epochs  # passes over the unique tokens, at least 1

    >>> best = DataConstrainedLaw(MUENNIGHOFF_2023).optimum(1e22, unique=100e9)
    >>> best.N, best.D, best.epochs
    (8.56e9, 1.947e11, 1.947)
    """

    epochs: Floats


@dataclass(frozen=True, eq=False)
class DataConstrainedLaw(BatchedLaw):
    """A law of loss for training data of limited size, read for several epochs.

    base      # the ChinchillaLaw of a single epoch
    R_D_star  # repetitions after which little more is learnt; inf: repeated data are as good as new
    R_N_star  # the same for parameters in excess of the data; inf switches this decay off

    R_D_star and R_N_star may be arrays that broadcast with a base of many laws. The defaults were
    fitted together with MUENNIGHOFF_2023: on any other base they are assumed, and `source` says so.
    A single epoch already differs from the base law where N exceeds the optimal size for D.
    Arguments broadcast; N, D and unique may be inf.

    >>> law = DataConstrainedLaw(MUENNIGHOFF_2023)
    >>> law.loss(1e9, [10e9, 40e9, 160e9], unique=10e9)
    array([2.6659, 2.5017, 2.416])
    """

    base: ChinchillaLaw
    R_D_star: Floats = _R_D_STAR
    R_N_star: Floats = _R_N_STAR

    _domains: ClassVar[dict[str, Domain]] = {
        "R_D_star": "positive or inf",
        "R_N_star": "positive or inf",
    }

    def __post_init__(self) -> None:
        if not isinstance(self.base, ChinchillaLaw):
            raise TypeError(f"base must be a ChinchillaLaw, got {self.base!r}")
        stars = {name: check(name, getattr(self, name), d) for name, d in self._domains.items()}
        E, *spread = broadcast(base=np.asarray(self.base.E), **stars)
        object.__setattr__(self, "base", replace(self.base, E=result(E)))
        for name, array in zip(stars, spread, strict=True):
            object.__setattr__(self, name, array)
        super().__post_init__()

    def __getitem__(self, index: Any) -> Self:
        stars = {name: np.asarray(getattr(self, name)) for name in self._domains}
        return replace(self, base=self.base[index], **{n: a[index] for n, a in stars.items()})

    @property
    def source(self) -> Provenance | None:
        """Where the decay comes from; kind "assumed" for Muennighoff's on another law than theirs.

        None for decays of your own.

        >>> from scaling_core import BESIROGLU_2024
        >>> DataConstrainedLaw(MUENNIGHOFF_2023).source.kind
        'published'
        >>> DataConstrainedLaw(BESIROGLU_2024).source.kind
        'assumed'
        """
        theirs = (self.R_D_star == _R_D_STAR, self.R_N_star == _R_N_STAR)
        if not np.any(theirs):
            return None
        if self.base == MUENNIGHOFF_2023 and np.all(theirs):
            return _PUBLISHED
        return replace(
            _PUBLISHED,
            kind="assumed",
            note="A hybrid: Muennighoff et al. fitted R_D_star and R_N_star together with their "
            "base law; here not all three are theirs.",
        )

    @quiet
    def loss(self, N: Numbers, D: Numbers, unique: Numbers) -> Floats:
        """Loss of N parameters trained on D tokens, of which `unique` are different.

        >>> law = DataConstrainedLaw(MUENNIGHOFF_2023)
        >>> law.loss(1e9, 100e9, unique=10e9), law.base.loss(1e9, 100e9)
        (2.4377, 2.4145)
        """
        N, D, unique = _three(N, D, unique)
        E, A, B, alpha, beta = self.base._spread(N.ndim)
        model = A * self._params(N, D, unique) ** -alpha
        return result(E + model + B * self._tokens(D, unique) ** -beta)

    @quiet
    def effective_tokens(self, D: Numbers, unique: Numbers) -> Floats:
        """D': the fresh tokens that would have taught as much; never above (1 + R_D*) unique.

        >>> from scaling_core import human
        >>> human(DataConstrainedLaw(MUENNIGHOFF_2023).effective_tokens(40e9, unique=10e9))
        '37.3B'
        """
        D, unique = broadcast(
            D=check("D", D, "positive or inf"), unique=check("unique", unique, "positive or inf")
        )
        return result(self._tokens(D, unique))

    @quiet
    def effective_params(self, N: Numbers, D: Numbers, unique: Numbers) -> Floats:
        """N': the parameters that count, N up to the optimal size for the data, fewer beyond.

        >>> from scaling_core import human
        >>> human(DataConstrainedLaw(MUENNIGHOFF_2023).effective_params(1e9, 40e9, unique=10e9))
        '958M'
        """
        return result(self._params(*_three(N, D, unique)))

    def floor(self, unique: Numbers) -> Floats:
        """The loss that no model and no number of epochs on these tokens falls below.

        >>> DataConstrainedLaw(MUENNIGHOFF_2023).floor([1e9, 1e12])
        array([2.7614, 1.9472])
        """
        return self.loss(np.inf, np.inf, unique)

    @quiet
    def optimum(self, C: Numbers, unique: Numbers) -> ConstrainedAllocation:
        """The size, tokens and epochs with the least loss for C FLOP and `unique` tokens.

        Where the data suffice this is `base.optimum(C)`. Otherwise both size and tokens exceed the
        pair (U_N, unique) that is optimal for C_U = kappa U_N unique: N = x U_N, D = y unique with
        x y = C / C_U. The slopes of both terms in ln x and ln y fall strictly, so there is one
        minimum, where they are equal; ln y lies between 0 and ln C/C_U. Where the loss is all but
        `floor(unique)`, the valley is flat and the split means little.

        >>> from scaling_core import BESIROGLU_2024, human
        >>> data_only = DataConstrainedLaw(BESIROGLU_2024, R_N_star=float("inf"))
        >>> best = data_only.optimum(1e23, unique=[100e9, 1e12])
        >>> [human(N) for N in best.N], best.epochs
        (['34.7B', '29.4B'], array([4.8, 1. ]))
        """
        C, unique = broadcast(C=check("C", C), unique=check("unique", unique, "positive or inf"))
        free = self.base.optimum(C)
        E, _, B, alpha, beta = self.base._spread(C.ndim)
        R_D, R_N = self._spread(C.ndim)
        enough = unique >= free.D
        growth = (alpha + beta) / alpha * np.log(free.D / unique)  # ln C/C_U
        growth = np.where(enough, 0.0, growth)

        log_epochs = bisect(
            lambda y: _slope(np.exp(growth - y), alpha, R_N) < _slope(np.exp(y), beta, R_D),
            np.zeros_like(growth),
            growth,
        )
        epochs, size = np.exp(log_epochs), np.exp(growth - log_epochs)  # over unique, over U_N
        # the base law's balance, alpha A U_N^-alpha = beta B unique^-beta, leaves one coefficient
        terms = _worth(epochs, 1, R_D) ** -beta + beta / alpha * _worth(size, 1, R_N) ** -alpha
        D = np.where(enough, free.D, unique * epochs)
        return ConstrainedAllocation(
            N=result(np.where(enough, free.N, C / (self.base.flops_per_param_token * D))),
            D=result(D),
            C=free.C,
            loss=result(np.where(enough, free.loss, E + B * unique**-beta * terms)),
            epochs=result(epochs),
        )

    def _tokens(self, D: Array, unique: Array) -> Array:
        R_D, _ = self._spread(D.ndim)
        return _worth(D, unique, R_D)

    def _params(self, N: Array, D: Array, unique: Array) -> Array:
        _, R_N = self._spread(N.ndim)
        fresh = np.minimum(D, unique)
        endless = np.isinf(fresh)
        matched = self.base.optimal_params(np.where(endless, 1.0, fresh))
        return _worth(N, np.where(endless, np.inf, matched), R_N)


@quiet
def effective_epochs(
    epochs: Numbers,
    R_D_star: Numbers = _R_D_STAR,
    form: Literal["exponential", "geometric"] = "exponential",
) -> Floats:
    """How many passes over fresh data, of the same size, teach as much as these epochs.

    epochs >= 1 (inf for the limit, 1 + R_D_star); R_D_star > 0, Muennighoff's by default.
    form="geometric": every pass is worth R_D_star / (1 + R_D_star) of the one before; this is the
    idea (App. A of the paper), and the exponential its approximation, which was fitted.

    >>> effective_epochs([1, 2, 4, 8, 16, 40, float("inf")])
    array([ 1. ,  1.97,  3.73,  6.62, 10.58,
           15.17 , 16.39 ])
    >>> effective_epochs(5, R_D_star=3, form="geometric"), effective_epochs(5, R_D_star=3)
    (3.05, 3.21)
    """
    epochs, R = broadcast(
        epochs=check("epochs", epochs, "at least 1 or inf"),
        R_D_star=check("R_D_star", R_D_star, "positive or inf"),
    )
    if form == "exponential":
        return result(_worth(epochs, 1, R))
    if form == "geometric":
        faded = -np.expm1((1 - epochs) * np.log1p(1 / R))
        return result(np.where(np.isfinite(R), 1 + R * faded, epochs))
    raise ValueError(f'form must be "exponential" or "geometric", got {form!r}')


def _three(N: Numbers, D: Numbers, unique: Numbers) -> tuple[Array, ...]:
    given = {"N": N, "D": D, "unique": unique}
    return broadcast(**{name: check(name, x, "positive or inf") for name, x in given.items()})


def _worth(x: Array, fresh: Array | float, R: Array) -> Array:
    """What x counts for, if only `fresh` of it is: the excess saturates at R times that."""
    excess = (x - fresh) / fresh
    return np.where((x > fresh) & np.isfinite(R), fresh * (1 - R * np.expm1(-excess / R)), x)


def _slope(x: Array, exponent: Array, R: Array) -> Array:
    """Logarithm of -d(h^-exponent)/d ln x / exponent, h = _worth(x, 1, R): falls from 0."""
    return np.log(x) - (x - 1) / R - (1 + exponent) * np.log(_worth(x, 1, R))
