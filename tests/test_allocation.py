"""Allocations, the rules that are two power laws, and the speed of the closed form."""

import math
import time

import numpy as np
import pytest
from hypothesis import given

from scaling_core import (
    BESIROGLU_2024,
    HOFFMANN_2022_PRINTED,
    RULE_OF_20,
    Allocation,
    AllocationLaw,
    PowerLaw,
)
from tests.naive import sweep_optimum
from tests.strategies import budgets, steady

# --- allocations ----------------------------------------------------------------------------


def test_an_allocation_is_a_value():
    best = BESIROGLU_2024.optimum([1e20, 1e22])
    assert best == BESIROGLU_2024.optimum([1e20, 1e22])
    assert hash(best) == hash(BESIROGLU_2024.optimum([1e20, 1e22]))
    assert best != BESIROGLU_2024.optimum([1e20, 2e22])
    assert best != "an allocation"
    assert RULE_OF_20.optimum(1e20) == RULE_OF_20.optimum(1e20)  # though both losses are nan
    with pytest.raises(ValueError, match="read-only"):
        best.N[0] = 1
    N = np.array([1e9, 2e9])
    Allocation(N, N * 20, 120 * N**2, N * 0 + 2)
    N[0] = 3e9  # the caller's array stays writable


@steady
@given(budgets)
def test_the_rule_of_20_spends_the_budget_at_20_tokens_per_parameter(C):
    best = RULE_OF_20.optimum(C)
    assert best.ratio == pytest.approx(20, rel=1e-14)
    assert pytest.approx(C, rel=1e-13) == 6 * best.N * best.D
    assert RULE_OF_20.spent(C) == pytest.approx(1, rel=1e-13)
    assert math.isnan(best.loss)


def test_the_rule_of_20_costs_under_one_percent_of_compute_with_besiroglus_constants():
    best = RULE_OF_20.optimum(10.0 ** np.arange(17, 27))
    assert BESIROGLU_2024.waste(best.N, best.D).max() < 1.01
    assert HOFFMANN_2022_PRINTED.waste(best.N[6], best.D[6]) > 1.1  # another law, another verdict


def test_a_law_of_tokens_leaves_the_rest_of_the_budget_to_the_model():
    law = AllocationLaw(D=PowerLaw(0.3, 0.5))
    best = law.optimum([1e20, 1e22])
    assert pytest.approx([3e9, 3e10], rel=1e-14) == best.D
    assert pytest.approx([1e20, 1e22], rel=1e-14) == 6 * best.N * best.D
    assert law.spent([1e20, 1e22]) == pytest.approx([1, 1], rel=1e-14)


def test_a_law_of_flop_per_token_has_no_parameters():
    law = AllocationLaw(D=PowerLaw(2, 0.5), M=PowerLaw(0.25, 0.5))
    assert law.spent([1e20, 1e22]) == pytest.approx([0.5, 0.5], rel=1e-14)
    with pytest.raises(ValueError, match="no parameters"):
        law.optimum(1e20)


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"D": 3}, TypeError, "D must be a PowerLaw, got 3"),
        ({"D": None}, TypeError, "D must be a PowerLaw, got None"),
        ({"D": PowerLaw(1, 1), "N": 2.0}, TypeError, "N must be a PowerLaw"),
        (
            {"D": PowerLaw(1, 1), "N": PowerLaw(1, 1), "M": PowerLaw(1, 1)},
            ValueError,
            "N and M both",
        ),
    ],
)
def test_an_allocation_law_is_made_of_power_laws(fields, error, words):
    with pytest.raises(error, match=words):
        AllocationLaw(**fields)


# --- speed ----------------------------------------------------------------------------------


def seconds(work, repeat=3):
    """Least CPU time of a few runs."""
    times = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.slow
def test_a_million_optima_are_100_times_faster_than_a_sweep_per_budget():
    law, C = BESIROGLU_2024, np.geomspace(1e17, 1e28, 10**6)
    few = C[:: 10**6 // 500]
    sweep = seconds(lambda: sweep_optimum(law, few)) / len(few)
    closed = seconds(lambda: law.optimum(C)) / len(C)
    off = sweep_optimum(law, few)[:, 0] / law.optimum(few).N - 1
    assert np.abs(off).max() < 0.16  # the sweep finds the same sizes, to its grid of 15.6 %
    assert sweep / closed >= 100, f"only {sweep / closed:.0f} times"
