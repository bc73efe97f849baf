"""Every number that a docstring prints is rounded right.

The doctests compare to the printed precision, one unit of the last digit either way; so 1.77 would
pass for 1.7786. Here it may differ by half a unit.
"""

import doctest
import importlib
import io
import re
import warnings
from decimal import Decimal
from pathlib import Path

import pytest

import scaling_core

FLAT = Path(scaling_core.__file__).parent
MODULES = sorted(p.stem for p in FLAT.glob("*.py") if ">>> " in p.read_text(encoding="utf-8"))
NUMBER = re.compile(r"(?<![\w.])[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def badly_rounded(want: str, got: str) -> list[str]:
    """Numbers of `want` further than half a unit of their last digit from those of `got`."""
    printed, computed = NUMBER.findall(want), NUMBER.findall(got)
    if len(printed) != len(computed):  # an ellipsis, or text that the doctest itself compares
        return []
    wrong = []
    for text, full in zip(printed, computed, strict=True):
        unit = Decimal(1).scaleb(int(Decimal(text).as_tuple().exponent))
        if abs(Decimal(text) - Decimal(full)) > unit * Decimal("0.500001"):
            wrong.append(f"{text} is {full}")
    return wrong


class Rounding(doctest.OutputChecker):
    def __init__(self) -> None:
        self.wrong: list[str] = []

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        self.wrong += badly_rounded(want, got)
        return True


@pytest.mark.parametrize("module", MODULES)
def test_printed_digits_are_rounded(module):
    checker = Rounding()
    runner = doctest.DocTestRunner(checker, verbose=False)
    found = doctest.DocTestFinder().find(importlib.import_module(f"scaling_core.{module}"))
    examples = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for test in found:
            examples += len(test.examples)
            runner.run(test, out=io.StringIO().write)
    assert examples
    assert checker.wrong == []


@pytest.mark.parametrize(
    ("want", "got", "wrong"),
    [
        ("1.77", "1.7786", ["1.77 is 1.7786"]),
        ("array([1.78, 2])", "array([1.7786, 2.4])", []),
        ("(6.7e10, 'x')", "(67788054670.6, 'x')", ["6.7e10 is 67788054670.6"]),
        ("3", "3.6", ["3 is 3.6"]),
        ("got 15 ...", "got 15 of 20", []),
    ],
)
def test_half_a_unit_is_the_limit(want, got, wrong):
    assert badly_rounded(want, got) == wrong
