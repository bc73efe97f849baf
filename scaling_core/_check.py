"""The one door for numeric arguments: float64 out, or an error with argument, index and value.

Rules (the same for every public function of the package):
scalars in, Python floats out; arrays in, float64 arrays out; no argument is ever modified.
Conversion comes before any arithmetic, because int64 `6*N*D` wraps silently at 9.2e18
and a Python int above 2**63 turns an array into objects.

    N = check("N", N, "positive or inf")        # one argument
    N, D = broadcast(N=N, D=D)                  # shapes, after both are checked
    return result(E + A * N**-alpha)            # float for scalars, array otherwise

`columns` does all of this for the data of a fit. Fields of laws: see `_batch.py`.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

type Array = npt.NDArray[np.float64]
type Floats = float | Array  # what public functions return
type Numbers = npt.ArrayLike  # what they accept

Domain = Literal[
    "real",
    "real or inf",
    "positive",
    "positive or inf",
    "nonnegative",
    "nonnegative or inf",
    "at least 1",
    "at least 1 or inf",
    "in (0, 1]",
    "in (0, 1)",
    "in [0, 1]",
]

# least allowed, is it excluded, largest allowed, is it excluded
_BOUNDS: Mapping[str, tuple[float, bool, float, bool]] = {
    "real": (-np.inf, True, np.inf, True),
    "real or inf": (-np.inf, False, np.inf, False),
    "positive": (0, True, np.inf, True),
    "positive or inf": (0, True, np.inf, False),
    "nonnegative": (0, False, np.inf, True),
    "nonnegative or inf": (0, False, np.inf, False),
    "at least 1": (1, False, np.inf, True),
    "at least 1 or inf": (1, False, np.inf, False),
    "in (0, 1]": (0, True, 1, False),
    "in (0, 1)": (0, True, 1, True),
    "in [0, 1]": (0, False, 1, False),
}


class FitWarning(UserWarning):
    """Issued when a fit returns a result that carries a doubt; `fit.notes` says which.

    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", FitWarning)  # a doubtful fit now raises
    """


def check(name: str, value: Numbers, domain: Domain = "positive") -> Array:
    """The argument as a float64 array of its own shape, if every entry lies in the domain.

    May share memory with the argument: do not write into it.
    TypeError for bool, complex, text, None and other objects; ValueError for NaN and for values
    outside the domain (infinite ones unless the domain says "or inf").

    >>> check("N", [70e9, 8e9])
    array([7.e+10, 8.e+09])
    >>> check("N", [70e9, -1])
    Traceback (most recent call last):
    ValueError: N[1] must be positive, got -1.0
    >>> check("mfu", 1.2, "in (0, 1]")
    Traceback (most recent call last):
    ValueError: mfu must be in (0, 1], got 1.2
    """
    array = _as_float64(name, value)
    low, low_open, high, high_open = _BOUNDS[domain]
    if array.size:
        least, largest = array.min(), array.max()  # NaN if any entry is: fails both comparisons
        if (least > low if low_open else least >= low) and (
            largest < high if high_open else largest <= high
        ):
            return array
        above = array > low if low_open else array >= low
        below = array < high if high_open else array <= high
        where = np.unravel_index(int(np.argmin(above & below)), array.shape)
        bad = float(array[where])
        words = "finite" if domain == "real" or bad == high == np.inf else domain
        index = f"[{', '.join(str(int(i)) for i in where)}]" if array.ndim else ""
        raise ValueError(f"{name}{index} must be {words.removesuffix(' or inf')}, got {bad!r}")
    return array


def check_scalar(name: str, value: Numbers, domain: Domain = "positive") -> float:
    """The argument as one Python float; a TypeError if it is an array.

    >>> check_scalar("delta", 1e-3)
    0.001
    """
    array = check(name, value, domain)
    if array.ndim:
        raise TypeError(f"{name} must be one number, got an array of shape {array.shape}")
    return float(array)


def check_count(name: str, value: Any, least: int = 1) -> int:
    """The argument as a Python int of at least `least`; whole floats such as 32.0 pass.

    >>> check_count("n_layer", 80)
    80
    >>> check_count("n_layer", 0)
    Traceback (most recent call last):
    ValueError: n_layer must be a whole number of at least 1, got 0
    """
    number = check_scalar(name, value, "real")
    if number < least or number != int(number):
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)


def broadcast(**arrays: Array) -> tuple[Array, ...]:
    """The checked arrays, stretched to their common shape (read-only views).

    >>> N, D = broadcast(N=check("N", 70e9), D=check("D", [3e11, 1.4e12]))
    >>> N.shape, D.shape
    ((2,), (2,))
    >>> broadcast(N=np.ones(3), D=np.ones(4))
    Traceback (most recent call last):
    ValueError: N and D must broadcast: shapes (3,) and (4,)
    """
    try:
        return tuple(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        names, shapes = _listed(arrays), _listed(str(array.shape) for array in arrays.values())
        raise ValueError(f"{names} must broadcast: shapes {shapes}") from None


def columns(domain: Domain = "positive", **values: Numbers) -> tuple[Array, ...]:
    """The columns of a table of measurements: one dimension, one length, at least one row.

    >>> columns(N=[1e9, 2e9], L=[2.4, 2.3])
    (array([1.e+09, 2.e+09]), array([2.4, 2.3]))
    >>> columns(N=[1e9, 2e9], L=[2.4])
    Traceback (most recent call last):
    ValueError: N and L must have the same length, got 2 and 1
    """
    arrays = {name: check(name, value, domain) for name, value in values.items()}
    for name, array in arrays.items():
        if array.ndim != 1:
            raise ValueError(f"{name} must be a list of numbers, got shape {array.shape}")
    if len({array.size for array in arrays.values()}) > 1:
        sizes = _listed(str(array.size) for array in arrays.values())
        raise ValueError(f"{_listed(arrays)} must have the same length, got {sizes}")
    if not all(array.size for array in arrays.values()):
        raise ValueError(f"{_listed(arrays)} must hold at least one row, got none")
    return tuple(arrays.values())


def check_weights(weights: Numbers | None, rows: int) -> Array:
    """Weights of a fit's rows: ones for None; nonnegative, one per row, not all zero.

    >>> check_weights(None, 3)
    array([1., 1., 1.])
    """
    if weights is None:
        return np.ones(rows)
    array = check("weights", weights, "nonnegative")
    if array.shape != (rows,):
        raise ValueError(f"weights must have one entry per row ({rows}), got shape {array.shape}")
    if not array.any():
        raise ValueError("weights must not all be 0")
    return array


def result(value: Any) -> Floats:
    """A Python float for a scalar, the float64 array otherwise.

    >>> result(np.float64(1.97))
    1.97
    """
    array = np.asarray(value, dtype=np.float64)
    return array if array.ndim else float(array)


def _as_float64(name: str, value: Numbers) -> Array:
    try:
        array = np.asarray(value)
    except ValueError:  # a ragged list
        raise ValueError(f"{name} must be a number or a regular array of numbers") from None
    if array.dtype.kind == "O" and all(_is_number(entry) for entry in array.flat):
        try:  # Python ints above 2**63
            return array.astype(np.float64)
        except OverflowError:
            raise ValueError(f"{name} is too large for a 64-bit float") from None
    if array.dtype.kind not in "iuf":
        kind = type(value).__name__ if array.ndim == 0 else f"array of {array.dtype}"
        raise TypeError(f"{name} must be a real number or an array of them, got {kind}")
    return array.astype(np.float64, copy=False)


def _is_number(entry: object) -> bool:
    return isinstance(entry, int | float) and not isinstance(entry, bool)


def _listed(names: Any) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else str(last)
