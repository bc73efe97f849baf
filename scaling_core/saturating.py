"""A power law that levels off at both ends: Zhai et al. 2022, https://arxiv.org/abs/2106.04560 .

No other form is here, because `OffsetPowerLaw` covers the rest: GPT-4's L = a C^b + c
(https://arxiv.org/abs/2303.08774 , constants not printed), Henighan's L_inf + (x_0/x)^alpha and
Sartor's (A/X)^alpha + E (`robotics.sartor_law`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from scaling_core._batch import BatchedLaw
from scaling_core._check import Domain, Floats, Numbers, check, result
from scaling_core._estimated import fields_of
from scaling_core._surface import quiet
from scaling_core.provenance import Estimate, Provenance


@dataclass(frozen=True, eq=False)
class SaturatingPowerLaw(BatchedLaw):
    """Error against compute with a floor and a ceiling: E = a (C + d)^-b + c (Zhai, Sec. 2.2).

    a, b    # > 0; the power law in the middle, a in the unit of E
    c       # >= 0; the floor, reached with endless compute
    d       # >= 0, in the unit of C; bends the curve to the error a d^-b + c at C = 0
    source  # a Provenance, which also names the unit of C; None for a law of your own

    The four numbers may be arrays of one shape: then the law is many laws, whose axes come first.
    With d = 0 it is an `OffsetPowerLaw`.

    >>> law = SaturatingPowerLaw(a=0.63, b=0.32, c=0.12, d=0.52)
    >>> law([0, 1, 1e4])  # ten-shot ImageNet error; C in TPUv3 core-days
    array([0.897, 0.671, 0.153])
    """

    a: Floats
    b: Floats
    c: Floats
    d: Floats
    source: Provenance | None = None

    _domains: ClassVar[dict[str, Domain]] = {
        "a": "positive",
        "b": "positive",
        "c": "nonnegative",
        "d": "nonnegative",
    }

    @classmethod
    def from_estimates(cls, estimates: Mapping[str, Estimate]) -> Self:
        """The law whose a, b, c and d stand in a table of published estimates, with its source.

        ValueError if one of them is missing.

        >>> from scaling_core import ZHAI_2022
        >>> law = SaturatingPowerLaw.from_estimates(ZHAI_2022["fine-tuned"])
        >>> law.c, law.source.units
        (0.09, 'error rate; C, d in TPUv3 core-days')
        """
        return cls(**fields_of(estimates, *cls._domains))

    @quiet
    def __call__(self, C: Numbers) -> Floats:
        """Error at compute C >= 0, in the law's unit of compute; C = inf gives the floor c.

        >>> from scaling_core import ZHAI_2022
        >>> SaturatingPowerLaw.from_estimates(ZHAI_2022["fine-tuned"])([1, 1e4, float("inf")])
        array([0.349, 0.100, 0.09 ])
        """
        C = check("C", C, "nonnegative or inf")
        a, b, c, d = self._spread(C.ndim)
        return result(a * (C + d) ** -b + c)

    value = __call__

    @quiet
    def inverse(self, E: Numbers) -> Floats:
        """Compute at which the error E > 0 is reached: inf at the floor or below it.

        0 where the law has fewer errors than E before any training.

        >>> from scaling_core import ZHAI_2022
        >>> SaturatingPowerLaw.from_estimates(ZHAI_2022["ten-shot"]).inverse([0.95, 0.2, 0.1])
        array([  0.  , 632.,   inf])
        """
        E = check("E", E)
        a, b, c, d = self._spread(E.ndim)
        return result(np.maximum((np.maximum(E - c, 0) / a) ** (-1 / b) - d, 0))

    @quiet
    def slope(self, C: Numbers) -> Floats:
        """The local exponent -d ln E/d ln C: near 0 at both ends, at most b between them.

        >>> from scaling_core import ZHAI_2022
        >>> SaturatingPowerLaw.from_estimates(ZHAI_2022["ten-shot"]).slope([0.01, 10, 1e6])
        array([0.005, 0.217, 0.019])
        """
        C = check("C", C, "nonnegative or inf")
        a, b, c, d = self._spread(C.ndim)
        share = 1 / (1 + np.where(c > 0, c / a * (C + d) ** b, 0))  # of the error above the floor
        return result(b * share / (1 + np.where(d > 0, d / C, 0)))
