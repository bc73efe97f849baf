"""The laws of a resampled fit: one batched law, and intervals of anything that a law says."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scaling_core._batch import BatchedLaw
from scaling_core._check import Array, Floats, check, check_scalar, result
from scaling_core._surface import quiet
from scaling_core.power import OffsetPowerLaw, PowerLaw


class Draws[Law: BatchedLaw]:
    """Base of the answers of a bootstrap: `laws` holds one law per resample, as one batch."""

    laws: Law

    def ci_of(
        self, function: Callable[[Law], Floats], level: float = 0.95
    ) -> tuple[Floats, Floats]:
        """Lower and upper end of the percentile interval of whatever a function reads off a law.

        The function is called once, with all laws: numbers come back for a function that gives
        one number per law, arrays for one that gives an array per law.

        >>> draws = LawDraws(PowerLaw([1.0, 2.0, 3.0], [0.5, 0.5, 0.5]), failures=0, seed=0)
        >>> draws.ci_of(lambda law: law([1.0, 100.0]), level=0.5)
        (array([ 1.5, 15. ]), array([ 2.5, 25. ]))
        """
        return ends(self._values(function), level)

    def se_of(self, function: Callable[[Law], Floats]) -> Floats:
        """Standard deviation over the laws of whatever a function reads off a law.

        >>> draws = LawDraws(PowerLaw([1.0, 2.0, 3.0], [0.5, 0.5, 0.5]), failures=0, seed=0)
        >>> draws.se_of(lambda law: law(100.0))
        10.0
        """
        with np.errstate(invalid="ignore"):  # an infinite answer has no deviation: nan
            return result(np.std(self._values(function), axis=0, ddof=1))

    def ci(self, level: float = 0.95) -> dict[str, tuple[Floats, Floats]]:
        """The percentile interval of each constant of the law, by name.

        >>> draws = LawDraws(PowerLaw([1.0, 2.0, 3.0], [0.5, 0.5, 0.5]), failures=0, seed=0)
        >>> draws.ci(level=0.5)
        {'k': (1.5, 2.5), 'p': (0.5, 0.5)}
        """
        return {name: self.ci_of(_reader(name), level) for name in self.laws._domains}

    def se(self) -> dict[str, Floats]:
        """The standard deviation of each constant of the law, by name.

        >>> draws = LawDraws(PowerLaw([1.0, 2.0, 3.0], [0.5, 0.5, 0.5]), failures=0, seed=0)
        >>> draws.se()
        {'k': 1.0, 'p': 0.0}
        """
        return {name: self.se_of(_reader(name)) for name in self.laws._domains}

    def _values(self, function: Callable[[Law], Floats]) -> Array:
        values = check("function(laws)", function(self.laws), "real or inf")
        if values.shape[:1] != (len(self.laws),):
            raise ValueError(
                f"function must give one answer per law: shape ({len(self.laws)}, ...), "
                f"got {values.shape}"
            )
        return values


@dataclass(frozen=True)
class LawDraws[Law: (PowerLaw, OffsetPowerLaw)](Draws[Law]):
    """What `IsoFlopFit.bootstrap` and `RayFit.bootstrap` return: one law per resample.

    laws      # all of them as one batched law; their axis comes first in every answer
    failures  # resamples that gave no law and are left out
    seed      # of the random numbers: the same seed gives the same laws
    notes     # what was left out, in words

    The laws are equally likely; their scatter is that of the runs, and says nothing about an
    error of the law's form. Never combine intervals of k and p: they move together.

    >>> draws = LawDraws(PowerLaw([1.0, 2.0, 3.0], [0.5, 0.5, 0.5]), failures=0, seed=0)
    >>> draws.ci_of(lambda law: law(100.0), level=0.5)
    (15.0, 25.0)
    """

    laws: Law
    failures: int
    seed: int
    notes: tuple[str, ...] = ()


def ends(draws: Array, level: float) -> tuple[Floats, Floats]:
    """Lower and upper end of the percentile interval of draws along their first axis."""
    level = check_scalar("level", level, "in (0, 1)")
    values = np.sort(draws, axis=0)
    low, high = (_quantile(values, (1 + side * level) / 2) for side in (-1, 1))
    return result(low), result(high)


def _reader(name: str) -> Callable[[object], Floats]:
    def read(law: object) -> Floats:
        value: Floats = getattr(law, name)
        return value

    return read


@quiet
def _quantile(values: Array, share: float) -> Array:
    """Linear between neighbours, as numpy's; but infinite, and not nan, where both are infinite."""
    below, part = divmod(share * (len(values) - 1), 1)
    low, high = values[int(below)], values[int(np.ceil(below + part))]
    return np.asarray(np.where(low == high, low, low * (1 - part) + high * part))
