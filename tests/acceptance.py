"""Register of the acceptance cases and of the functions that answer them.

`data/acceptance_cases.json`: id, source and place, the law in words, constant set, inputs, value
and rel_tol. A paper's rounded print has a tolerance that covers the rounding; a derived value has
16 digits. rel_tol null: a stored constant (compared exactly), a bound or an error.
A handler is one small function that asks `scaling_core`; it never computes the law itself.
"""

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

import scaling_core

DATA = Path(__file__).parent / "data"
_LISTED = json.loads((DATA / "acceptance_cases.json").read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in _LISTED}
HANDLERS: dict[str, tuple[Callable, str]] = {}


def answers(*ids: str, compare: str = "equal"):
    """Registers a handler; compare: "equal" (to rel_tol), "at most" (a bound), "raises"."""

    def register(handler):
        for name in ids:
            first, _ = HANDLERS.get(name, (handler, compare))  # pytest may import a module twice
            assert first.__qualname__ == handler.__qualname__, f"two handlers for {name}"
            HANDLERS[name] = handler, compare
        return handler

    return register


def law_of(case):
    return getattr(scaling_core, case["constants"].split()[0])


def rows(name, approach=None):
    with (DATA / name).open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if approach in (None, row.get("approach"))]


def trimmed(value, print_):
    """The value, rounded to the digits of its print: exp and log cost the last bit or two."""
    return round(value, len(repr(print_).partition(".")[2]))


def agrees(answer, expected, rel):
    """Is the answer the expected number, list or dict, to the relative tolerance?"""
    if isinstance(expected, dict):
        per_key = rel if isinstance(rel, dict) else dict.fromkeys(expected, rel)
        return all(agrees(answer[key], expected[key], per_key[key]) for key in expected)
    if isinstance(expected, list):
        pairs = zip(list(answer), expected, strict=True)
        return all(agrees(mine, theirs, rel) for mine, theirs in pairs)
    if expected == "inf":
        return answer == math.inf
    if isinstance(expected, str) or not rel:
        return answer == expected
    return answer == pytest.approx(expected, rel=rel, abs=0)
