"""Scores of steps, samples, votes and items against exact fractions and 40 digits."""

import math
from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import steady

from scaling_core.scores import (
    brier,
    chance_of_none,
    exact_match,
    items_to_see,
    majority,
    pass_at_k,
    standard_error,
)

chances = st.floats(0, 1)
counts = st.integers(1, 300)


# exact match


@steady
@given(chances, st.integers(0, 1000))
def test_exact_match_is_a_product_of_chances(p, n):
    with mpmath.workdps(40):
        exact = float(mpmath.mpf(p) ** n)
    assert exact_match(p, n) == pytest.approx(exact, rel=1e-15, abs=1e-300)


def test_exact_match_takes_the_ends_and_is_silent_where_it_vanishes():
    with np.errstate(all="raise"):
        assert exact_match([0, 0, 1, 0.5], [0, 3, 1e9, 1e9]).tolist() == [1, 0, 1, 0]
    assert exact_match([0.5, 0.9], [[1], [2]]).shape == (2, 2)
    assert type(exact_match(0.5, 2)) is float


# pass@k


def by_binomials(n, c, k):
    return 1 - Fraction(math.comb(n - c, k), math.comb(n, k))


def test_pass_at_k_is_exact_for_every_small_table():
    cases = [(n, c, k) for n in range(1, 21) for c in range(n + 1) for k in range(1, n + 1)]
    n, c, k = np.array(cases).T
    exact = [float(by_binomials(*case)) for case in cases]
    np.testing.assert_allclose(pass_at_k(n, c, k), exact, rtol=1e-13, atol=0)


@steady
@given(st.integers(1, 2000), st.data())
def test_pass_at_k_agrees_with_fractions(n, data):
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    exact = float(by_binomials(n, c, k))
    assert pass_at_k(n, c, k) == pytest.approx(exact, rel=1e-12, abs=0)
    assert pass_at_k(n, k, c or 1) == pytest.approx(
        float(by_binomials(n, k, c or 1)), rel=1e-12, abs=0
    )


@steady
@given(st.integers(2, 200), st.data())
def test_pass_at_k_rises_in_k_and_c_and_is_symmetric_in_them(n, data):
    c, k = data.draw(st.integers(1, n - 1)), data.draw(st.integers(1, n - 1))
    here = pass_at_k(n, c, k)
    assert here <= pass_at_k(n, c, k + 1) * (1 + 1e-15)
    assert here <= pass_at_k(n, c + 1, k) * (1 + 1e-15)
    assert here == pass_at_k(n, k, c)
    assert pass_at_k(n, c, 1) == pytest.approx(c / n, rel=1e-15)


def test_pass_at_k_ends_are_exact():
    assert pass_at_k(10, 0, 10) == 0
    assert math.copysign(1, pass_at_k(10, 0, 10)) == 1  # not minus zero
    assert pass_at_k([10, 10, 10], [4, 4, 10], [7, 6, 1]).tolist() == [
        1.0,
        pytest.approx(1 - 1 / 210, rel=1e-15),
        1.0,
    ]
    assert type(pass_at_k(10, 3, 5)) is float
    assert pass_at_k([], 0, 1).shape == (0,)
    assert pass_at_k(1e5, 3, 2) == pytest.approx(float(by_binomials(10**5, 3, 2)), rel=1e-13)


def test_one_call_mixes_tables_without_mixing_their_sums():
    n, c, k = [10, 200, 7, 1000], [3, 10, 7, 1], [5, 100, 2, 999]
    alone = [pass_at_k(*row) for row in zip(n, c, k, strict=True)]
    assert pass_at_k(n, c, k).tolist() == alone
    assert pass_at_k(200, [[1], [2]], [10, 20, 30]).shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"n": 10, "c": [3, 11], "k": 2}, r"c\[1\] must be at most n, got 11\.0"),
        ({"n": 10, "c": 3, "k": 11}, r"k must be at most n, got 11\.0"),
        ({"n": [[10, 5]], "c": 3, "k": 6}, r"k\[0, 1\] must be at most n, got 6\.0"),
        ({"n": [10, 10.5], "c": 3, "k": 6}, r"n\[1\] must be a whole number, got 10\.5"),
        ({"n": 10, "c": 0.5, "k": 6}, r"c must be a whole number, got 0\.5"),
        ({"n": 10, "c": 1, "k": 1.5}, r"k must be a whole number, got 1\.5"),
        ({"n": 10, "c": -1, "k": 2}, r"c must be nonnegative, got -1\.0"),
        ({"n": 10, "c": 1, "k": 0}, r"k must be positive, got 0\.0"),
        ({"n": 100_001, "c": 1, "k": 1}, r"n must be at most 100000, got 100001\.0"),
    ],
)
def test_impossible_tables_are_refused(call, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        pass_at_k(**call)


# majority


def vote(p, k):
    """Most of k votes, half of a tie, in exact fractions."""
    p = Fraction(p)
    chance = [math.comb(k, j) * p**j * (1 - p) ** (k - j) for j in range(k + 1)]
    tie = chance[k // 2] / 2 if k % 2 == 0 else 0
    return float(sum(chance[k // 2 + 1 :]) + tie)


@steady
@given(st.floats(0, 1).map(lambda p: float(np.float32(p))), st.integers(1, 60))
def test_majority_is_the_binomial_tail_with_half_of_the_ties(p, k):
    assert majority(p, k) == pytest.approx(vote(p, k), rel=1e-13, abs=1e-300)


@pytest.mark.parametrize("p", [1e-3, 0.2, 0.49, 0.5, 0.51, 0.7, 0.999])
@pytest.mark.parametrize("k", [101, 1000])
def test_majority_of_many_votes_agrees_with_40_digits(p, k):
    with mpmath.workdps(40):
        odd = k - 1 + k % 2
        tail = mpmath.betainc((odd + 1) // 2, (odd + 1) // 2, 0, mpmath.mpf(p), regularized=True)
        assert majority(p, k) == pytest.approx(float(tail), rel=1e-12, abs=0)


@steady
@given(chances, counts)
def test_majority_of_either_side_adds_up_to_one(p, k):
    assert majority(p, k) + majority(1 - p, k) == pytest.approx(1, rel=1e-12)


@steady
@given(st.floats(0.01, 0.99), counts)
def test_more_votes_help_only_the_better_half(p, k):
    fewer, more = majority(p, k), majority(p, k + 2)
    if p < 0.5:
        assert more <= fewer * (1 + 1e-13)
    else:
        assert more >= fewer * (1 - 1e-13)
    assert majority(p, k) <= majority(min(p + 0.01, 1), k) * (1 + 1e-13)


def test_an_even_number_of_votes_is_as_good_as_one_less():
    p = np.linspace(0, 1, 11)
    for k in (2, 4, 64):
        assert majority(p, k).tolist() == majority(p, k - 1).tolist()
    assert majority(p, 1) == pytest.approx(p, rel=1e-15)


def test_majority_ends_and_shapes():
    with np.errstate(all="raise"):
        assert majority([0, 1, 0.5], 101).tolist() == [0, 1, pytest.approx(0.5, rel=1e-13)]
        assert majority(0.01, 10001) == 0
        assert majority(0.99, 10001) == 1
    mixed = majority([[0.3], [0.6]], [1, 5, 64])
    assert mixed.shape == (2, 3)
    for (i, j), value in np.ndenumerate(mixed):
        alone = majority([0.3, 0.6][i], [1, 5, 64][j])
        assert type(alone) is float
        assert value == alone
    with pytest.raises(ValueError, match=r"k must be a whole number, got 2\.5"):
        majority(0.5, 2.5)
    assert majority(0.5, 1e5) == pytest.approx(0.5, rel=1e-11)
    with pytest.raises(ValueError, match=r"k\[1\] must be at most 100000, got 100001\.0"):
        majority(0.5, [1, 100_001])


# Brier


def test_brier_is_the_mean_square_over_the_items():
    assert brier(0.25, 1) == 0.5625
    assert brier([1, 0, 1], [1, 0, 1]) == 0
    assert brier(0.5, [1, 0, 1, 1]) == 0.25
    models = np.array([[0.9, 0.8, 0.3], [0.6, 0.6, 0.5]])
    by_hand = [(0.01 + 0.04 + 0.09) / 3, (0.16 + 0.16 + 0.25) / 3]
    assert brier(models, [1, 1, 0]) == pytest.approx(by_hand, rel=1e-14)
    assert type(brier(0.25, 1)) is type(brier([0.1, 0.2], 1)) is float
    with pytest.raises(ValueError, match="at least one item, got none"):
        brier([], [])
    assert brier(np.ones((0, 3)), 1).shape == (0,)


@steady
@given(chances, chances)
def test_the_honest_forecast_has_the_least_expected_brier(truth, said):
    def expected(p):
        return truth * brier(p, 1) + (1 - truth) * brier(p, 0)

    assert expected(truth) <= expected(said) + 1e-15


# a finite test set


def test_items_to_see_a_first_success():
    p5 = exact_match(0.3, 5)
    assert p5 == pytest.approx(0.00243, rel=1e-14)
    assert items_to_see(p5) == 1232
    assert items_to_see(exact_match([0.5, 0.9], [10, 30])).tolist() == [3067, 70]
    assert items_to_see(0.0024) == 1247  # p^5 rounded to two digits first
    assert items_to_see([0, 1, 1e-320]).tolist() == [math.inf, 1, math.inf]
    assert items_to_see(-0.0) == math.inf
    assert items_to_see(0.5, 1e-9) == 1


@pytest.mark.parametrize(
    ("p", "chance", "items"),
    [(0.5, 0.75, 2), (0.5, 0.875, 3), (0.1, 0.19, 2), (0.2, 0.488, 3), (0.9, 0.99, 2)],
)
def test_a_whole_number_that_rounding_lifted_stays_one(p, chance, items):
    assert items_to_see(p, chance) == items
    assert items_to_see(p, chance + 1e-6) == items + 1


@steady
@given(st.floats(1e-9, 0.999), st.floats(0.01, 0.9999))
def test_items_to_see_is_the_smallest_number_that_does(p, chance):
    items = items_to_see(p, chance)
    assert items == int(items) >= 1
    with mpmath.workdps(40):
        miss, allowed = 1 - mpmath.mpf(p), 1 - mpmath.mpf(chance)
        assert miss**items <= allowed * (1 + mpmath.mpf("1e-12"))
        assert items == 1 or miss ** (items - 1) > allowed


@steady
@given(chances, st.integers(1, 10**6))
def test_chance_of_none_is_a_power_of_the_miss(p, items):
    with mpmath.workdps(40):
        exact = float((1 - mpmath.mpf(p)) ** items)
    assert chance_of_none(p, items) == pytest.approx(exact, rel=1e-12, abs=1e-300)


def test_the_web_pages_of_a_finite_test_set():
    with np.errstate(all="raise"):
        assert chance_of_none([0, 1, 1e-20], [10, 10, 1e20]) == pytest.approx(
            [1, 0, math.exp(-1)], rel=1e-14
        )
    for p in (0.00243, 0.1):
        items = items_to_see(p)
        assert chance_of_none(p, items) <= 0.05 < chance_of_none(p, items - 1)
    assert standard_error([0.5, 0, 1, 0.2], [100, 5, 5, 64]).tolist() == [
        0.05,
        0,
        0,
        pytest.approx(0.05, rel=1e-15),
    ]
    errors = standard_error(0.3, [10, 1000])
    assert all(a == pytest.approx(10 * b) for a, b in pairwise(errors))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: exact_match(1.1, 5), r"p must be in \[0, 1\], got 1\.1"),
        (lambda: exact_match(0.5, -1), r"n must be nonnegative, got -1\.0"),
        (lambda: exact_match([0.5, 0.6], [1, 2, 3]), r"p and n must broadcast"),
        (lambda: majority(-0.1, 5), r"p must be in \[0, 1\], got -0\.1"),
        (lambda: majority(0.1, 0), r"k must be positive, got 0\.0"),
        (lambda: brier(0.5, 2), r"outcome must be in \[0, 1\], got 2\.0"),
        (lambda: brier(1.5, 1), r"p must be in \[0, 1\], got 1\.5"),
        (lambda: brier([0.1, 0.2], [1, 1, 0]), r"p and outcome must broadcast"),
        (lambda: items_to_see(1.1), r"p must be in \[0, 1\], got 1\.1"),
        (lambda: items_to_see(0.1, 1), r"chance must be in \(0, 1\), got 1\.0"),
        (lambda: items_to_see(0.1, 0), r"chance must be in \(0, 1\), got 0\.0"),
        (lambda: chance_of_none(0.1, 0), r"items must be positive, got 0\.0"),
        (lambda: chance_of_none(1.1, 5), r"p must be in \[0, 1\], got 1\.1"),
        (lambda: standard_error(0.1, 0), r"items must be positive, got 0\.0"),
        (lambda: standard_error(1.1, 5), r"p must be in \[0, 1\], got 1\.1"),
    ],
)
def test_what_is_no_chance_or_count_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
