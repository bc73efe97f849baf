"""Bad and unusual arguments, generated for every public function, method and class.

`inputs_<topic>.py` lists one `Case` per public name: a call that works, and for each numeric
argument which numbers it takes. `test_inputs_table.py` generates the rest.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

KINDS = ("array", "one", "column", "count", "choice")


@dataclass(frozen=True)
class Case:
    """One public name and a call of it that works.

    name     "fit_isoflop", "ChinchillaLaw.loss", or "ChinchillaLaw" for its constructor
    call     the function, the bound method of an example, or the class
    good     keyword arguments of a call that works
    domains  argument -> kind and domain: "array positive" (a number or an array that broadcasts),
             "one in (0, 1]" (one number), "column positive" (data of a fit), "count" or "count 0"
             (a whole number from 1 or 0 on), "choice" (one of some words)
    skip     generated checks that do not apply; a comment in the table says why
    """

    name: str
    call: Callable[..., Any]
    good: Mapping[str, Any]
    domains: Mapping[str, str]
    skip: tuple[str, ...] = ()

    def __call__(self, **changes: Any) -> Any:
        return self.call(**(dict(self.good) | changes))

    def kind(self, argument: str) -> str:
        return self.domains[argument].partition(" ")[0]

    def domain(self, argument: str) -> str:
        """The domain in the words of `scaling_core._check`."""
        return self.domains[argument].partition(" ")[2]


def outside(case: Case, argument: str) -> Iterator[float]:
    """Numbers that the argument must refuse."""
    kind, domain = case.kind(argument), case.domain(argument)
    yield math.nan
    if kind == "count":
        yield from (float(domain or 1) - 1, 2.5, math.inf, -3.0)
        return
    yield -math.inf if domain != "real or inf" else math.nan
    if not domain.endswith("or inf"):
        yield math.inf
    if domain.startswith(("positive", "at least 1", "in (0")):
        yield 0.0
    if not domain.startswith("real"):
        yield -1.0
    if domain.startswith("at least 1"):
        yield 0.5
    if domain.startswith("in "):
        yield 1.5
    if domain == "in (0, 1)":
        yield 1.0


def with_bad_entry(case: Case, argument: str, bad: float) -> tuple[Any, str]:
    """The argument with one bad number, and the place that the message must name."""
    good = np.asarray(case.good[argument], dtype=np.float64)
    if not good.ndim:
        return bad, ""
    values = good.copy()
    values[(-1,) * good.ndim] = bad
    return values, "[" + ", ".join(str(size - 1) for size in good.shape) + "]"


def spellings(value: Any) -> Iterator[tuple[str, Any]]:
    """Other ways to write a good number or column."""
    exact = np.asarray(value, dtype=np.float64)
    if exact.ndim:
        yield "list", exact.tolist()
        yield "tuple", tuple(exact.tolist())
        frozen = exact.copy()
        frozen.setflags(write=False)
        yield "read-only", frozen
        wide = np.repeat(exact, 2, axis=-1)
        yield "every second entry", wide[..., ::2]
        yield "reversed in memory", exact[..., ::-1].copy()[..., ::-1]
    else:
        yield "float", float(exact)
        yield "0-d array", exact
        yield "numpy scalar", exact[()]
    if np.all(np.abs(exact) < 2**63) and np.all(exact == np.trunc(exact)):
        yield "int64", exact.astype(np.int64) if exact.ndim else np.int64(exact)
        yield "Python int", [int(x) for x in exact] if exact.ndim == 1 else int(exact.flat[0])


def flat(answer: Any) -> list[np.ndarray]:
    """The numbers of an answer, fields of dataclasses in order, as a list of arrays."""
    if isinstance(answer, bool | str) or answer is None or callable(answer):
        return []
    if isinstance(answer, int | float | np.ndarray | np.generic):
        array = np.asarray(answer)
        return [array.astype(np.float64)] if array.dtype.kind in "iuf" else []
    if isinstance(answer, Mapping):
        return [number for value in answer.values() for number in flat(value)]
    if isinstance(answer, list | tuple):
        return [number for value in answer for number in flat(value)]
    if is_dataclass(answer):
        return [number for f in fields(answer) for number in flat(getattr(answer, f.name))]
    return []
