"""What every law shares: fields that are numbers or arrays of one common shape.

A law whose fields are arrays is many laws at once (4000 bootstrap refits are *one* object).
Its own axes come first in every answer: `law(x).shape == law.shape + x.shape`.

    @dataclass(frozen=True, eq=False)           # eq=False: the generated == fails on arrays
    class PowerLaw(BatchedLaw):
        k: Floats
        p: Floats
        _domains = {"k": "positive", "p": "real"}   # the numeric fields

        def value(self, x):
            x = check("x", x)
            k, p = self._spread(x.ndim)         # fields with x.ndim trailing axes
            return result(k * x**p)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np

from scaling_core._check import Array, Domain, broadcast, check


@dataclass(frozen=True, eq=False)
class BatchedLaw:
    """Base of the frozen law dataclasses: checks the fields, freezes arrays, compares, indexes."""

    _domains: ClassVar[Mapping[str, Domain]]

    def __post_init__(self) -> None:
        checked = {name: check(name, getattr(self, name), d) for name, d in self._domains.items()}
        for name, array in zip(checked, broadcast(**checked), strict=True):
            object.__setattr__(self, name, _frozen(array) if array.ndim else float(array))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the batch: () for a single law."""
        return np.shape(getattr(self, next(iter(self._domains))))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a single law has no length")
        return self.shape[0]

    def __bool__(self) -> bool:
        return True  # `if law` asks whether there is one, not how long it is

    def __getitem__(self, index: Any) -> Self:
        if not self.shape:
            raise TypeError("a single law cannot be indexed")
        return replace(self, **{name: getattr(self, name)[index] for name in self._domains})

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BatchedLaw):
            return NotImplemented
        return type(other) is type(self) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        values = (getattr(self, f.name) for f in fields(self) if f.compare)
        return tuple((v.shape, v.tobytes()) if isinstance(v, np.ndarray) else v for v in values)

    def _spread(self, ndim: int) -> tuple[Array, ...]:
        """The numeric fields in the order of `_domains`, with `ndim` axes of length 1 appended."""
        axes = self.shape + (1,) * ndim if self.shape else ()
        return tuple(np.reshape(getattr(self, name), axes) for name in self._domains)


def _frozen(array: Array) -> Array:
    copy = array + 0.0  # a copy without negative zeros, whose bytes would differ from zero's
    copy.setflags(write=False)
    return copy
