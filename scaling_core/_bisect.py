"""Roots of rising functions, for many problems at once.

Plain halving: with the bracket known in closed form it cannot fail, whatever infinities the
function meets on its way, and 64 halvings leave less than the last digit.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from scaling_core._check import Array


def bisect(
    is_low: Callable[[Array], npt.NDArray[np.bool_]], low: Array, high: Array, halvings: int = 64
) -> Array:
    """The x between low and high up to which is_low(x) holds; shapes broadcast.

    >>> bisect(lambda x: x**2 < [2, 9], np.zeros(2), np.full(2, 5.0))
    array([1.41421356, 3.        ])
    """
    for _ in range(halvings):
        x = (low + high) / 2
        below = is_low(x)
        low, high = np.where(below, x, low), np.where(below, high, x)
    return (low + high) / 2
