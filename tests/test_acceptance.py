"""Every acceptance case is answered by the library."""

import re

import pytest

from scaling_core import RULE_OF_20
from tests import (
    acceptance_constants,
    acceptance_cost,
    acceptance_counting,
    acceptance_downstream,
    acceptance_extended_laws,
    acceptance_fits,
    acceptance_isoflop,
    acceptance_laws,
)
from tests.acceptance import CASES, HANDLERS, agrees

TOPICS = [  # importing them registers
    acceptance_constants,
    acceptance_cost,
    acceptance_counting,
    acceptance_downstream,
    acceptance_extended_laws,
    acceptance_fits,
    acceptance_isoflop,
    acceptance_laws,
]

cases = [
    pytest.param(name, id=f"{name}: {CASES[name]['source']}, {CASES[name]['where']}")
    for name in HANDLERS
]


@pytest.mark.parametrize("name", cases)
def test_case(name):
    case = CASES[name]
    handler, compare = HANDLERS[name]
    answer = handler(case)
    said = f"expected {case['value']}\ngot {answer}"
    if compare == "raises":
        assert set(answer) == set(case["inputs"]["calls"]), said
        for call, argument, shown in answer.values():
            with pytest.raises(ValueError, match=re.escape(argument)) as caught:
                call()
            assert shown in str(caught.value), said
    elif compare == "at most":
        assert all(answer[key] <= bound for key, bound in case["value"].items()), said
    else:
        assert agrees(answer, case["value"], case["rel_tol"]), said


def test_every_case_is_answered():
    assert sorted(HANDLERS) == sorted(CASES)


def test_the_printed_constants_fail_the_gopher_case():
    """The case bites: rounding the exponents moves the paper's own 40B to 32B."""
    case = CASES["hoffmann_gopher_budget_text"] | {"constants": "HOFFMANN_2022_PRINTED"}
    assert not agrees(acceptance_laws.optimum(case), case["value"], case["rel_tol"])


def test_a_wrong_answer_is_seen():
    assert not agrees({"N": [1.0, 2.0]}, {"N": [1.0, 2.1]}, 0.01)
    assert not agrees(1.0, "inf", None)
    assert not agrees({"N": 1.0, "loss": 2.0}, {"N": 1.1, "loss": 2.0}, {"N": 1e-6, "loss": 1e-12})
    assert agrees({"N": 1.1, "loss": 2.0}, {"N": 1.0, "loss": 2.0}, {"N": 0.2, "loss": 1e-12})
    assert RULE_OF_20.optimum(1e20).N != RULE_OF_20.optimum(1.001e20).N
