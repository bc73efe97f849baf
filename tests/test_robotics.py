"""Token accounting of robot data: the numbers of the chapter, identities, counting conventions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import powers_of_ten, steady, tokens

from scaling_core import SARTOR_2024, OffsetPowerLaw
from scaling_core.robotics import (
    RobotBudget,
    data_factor,
    episode_tokens,
    sartor_law,
    step_tokens,
    tokens_per_hour,
)

rates = st.floats(0.5, 100)
per_step = st.floats(1, 1000)
prices = st.floats(0, 1000)
budgets_of_robots = st.builds(RobotBudget, tokens, rates, per_step, prices)

TARGET = 20 * 7e9  # the rule of 20 for a nominal 7B, which does not apply to a fine-tune


def test_what_a_step_counts():
    assert step_tokens(7) == 7
    assert step_tokens(7, image=256) == 263
    assert step_tokens(7, 256, 20) == step_tokens(action=7, image=256, text=20) == 283
    assert step_tokens(7, text=20) == 27
    assert 40 < step_tokens(7, 256, 20) / step_tokens(7) < 41  # the conventions differ 40-fold
    assert step_tokens([7, 14], 256).tolist() == [263, 270]
    assert type(step_tokens(7)) is float


@steady
@given(rates, per_step)
def test_an_hour_has_3600_seconds(hz, counted):
    assert tokens_per_hour(hz, counted) == pytest.approx(hz * counted * 60 * 60, rel=1e-15)
    assert tokens_per_hour(1 / 3600, 1) == pytest.approx(1, rel=1e-15)


def test_openvla_counted_two_ways():
    steps = [30, 60, 100, 250]  # assumed: the length of an episode is not published
    action = episode_tokens(970e3, steps, 7) / 1e9
    everything = episode_tokens(970e3, steps, 283) / 1e9
    assert np.round(action, 2).tolist() == [0.20, 0.41, 0.68, 1.70]
    assert np.round(everything, 1).tolist() == [8.2, 16.5, 27.5, 68.6]
    assert np.round(action / 7, 2).tolist() == [0.03, 0.06, 0.10, 0.24]  # per parameter of a 7B
    assert type(episode_tokens(1, 2, 3)) is float
    assert episode_tokens(2, 3, 5) == 30


@pytest.mark.parametrize(
    ("hz", "counted", "hours", "dollars", "robot_years"),
    [
        (3, 7, 1.852e6, 185.2e6, 926),
        (5, 7, 1.111e6, 111.1e6, 556),
        (10, 7, 555.6e3, 55.56e6, 278),
        (15, 7, 370.4e3, 37.04e6, 185),
        (50, 14, 55.56e3, 5.556e6, 27.8),
        (5, 283, 27.48e3, 2.748e6, 13.7),
        (5, 263, 29.57e3, 2.957e6, 14.8),
    ],
)
def test_the_table_of_the_chapter(hz, counted, hours, dollars, robot_years):
    budget = RobotBudget(TARGET, hz, counted)
    assert budget.hours == pytest.approx(hours, rel=5e-4)
    assert budget.dollars == pytest.approx(dollars, rel=5e-4)
    assert budget.robots(12) == pytest.approx(robot_years, rel=5e-3)


def test_a_token_costs_what_the_errata_say():
    assert round(RobotBudget(TARGET, 5, 7).dollars_per_token, 6) == 0.000794
    assert RobotBudget(TARGET, 5, 7).price_per_hour == 100


@steady
@given(budgets_of_robots, powers_of_ten(0, 4), st.floats(100, 8760))
def test_hours_robots_months_and_money_agree(budget, fleet, yearly):
    assert budget.hours * budget.tokens_per_hour == pytest.approx(budget.target_tokens, rel=1e-14)
    assert budget.tokens_per_hour == tokens_per_hour(budget.hz, budget.tokens_per_step)
    assert budget.dollars == pytest.approx(budget.hours * budget.price_per_hour, rel=1e-14)
    assert budget.dollars_per_token * budget.target_tokens == pytest.approx(
        budget.dollars, rel=1e-13
    )
    months = budget.months(fleet, yearly)
    assert months * fleet * yearly / 12 == pytest.approx(budget.hours, rel=1e-13)
    assert budget.robots(months, yearly) == pytest.approx(fleet, rel=1e-13)
    assert budget.months(fleet) == budget.months(fleet, 2000)
    assert budget.robots(7.0) == budget.robots(7.0, 2000)


@steady
@given(budgets_of_robots)
def test_it_does_not_matter_where_the_40_fold_comes_from(budget):
    richer = RobotBudget(
        budget.target_tokens, budget.hz, budget.tokens_per_step * 40, budget.price_per_hour
    )
    faster = RobotBudget(
        budget.target_tokens, budget.hz * 40, budget.tokens_per_step, budget.price_per_hour
    )
    assert richer.hours == pytest.approx(budget.hours / 40, rel=1e-14)
    assert faster.hours == pytest.approx(richer.hours, rel=1e-14)


def test_many_budgets_at_once():
    many = RobotBudget(TARGET, hz=[[3.0], [5.0]], tokens_per_step=[7, 14, 283])
    assert many.shape == (2, 3)
    for name in ("hours", "dollars", "tokens_per_hour", "dollars_per_token"):
        together = getattr(many, name)
        assert together.shape == (2, 3)
        assert together[1, 2] == getattr(RobotBudget(TARGET, 5, 283), name)
    assert many.months([1, 10, 20, 40]).shape == many.robots([1, 2, 3, 4]).shape == (2, 3, 4)
    assert many.months([1, 10])[1, 2] == pytest.approx(many[1][2].months([1, 10]), rel=1e-15)
    one = many[1][2]
    assert {type(getattr(one, name)) for name in ("hours", "dollars", "tokens_per_hour")} == {float}
    assert type(one.months(3)) is type(one.robots(3)) is type(one.dollars_per_token) is float
    assert RobotBudget(TARGET, 5, 7, 0).dollars == 0
    with np.errstate(all="raise"):
        assert RobotBudget(1e300, 1e-300, 1).hours == math.inf
        assert tokens_per_hour(1e200, 1e200) == math.inf
        assert episode_tokens(1e200, 1e200, 1) == math.inf


# measured laws


@steady
@given(powers_of_ten(0, 6), st.floats(0.05, 1), st.floats(0, 0.5), powers_of_ten(0, 8))
def test_sartors_form_is_the_offset_law(A, alpha, E, X):
    law = sartor_law(A, alpha, E)
    assert isinstance(law, OffsetPowerLaw)
    assert law(X) == pytest.approx((A / X) ** alpha + E, rel=1e-12)
    assert law(A) == pytest.approx(1 + E, rel=1e-13)
    assert sartor_law(A, alpha) == sartor_law(A, alpha, 0)


@steady
@given(powers_of_ten(0, 6), st.floats(0.05, 1), st.floats(0, 0.5), st.floats(1, 10))
def test_so_much_more_data_divides_the_reducible_error(A, alpha, E, factor):
    law, X = sartor_law(A, alpha, E), 100.0
    more = data_factor(alpha, factor) * X
    assert law(X) - E == pytest.approx(factor * (law(more) - E), rel=1e-9, abs=1e-12)
    assert data_factor(alpha, 1) == 1
    assert data_factor(alpha) == data_factor(alpha, 2)


def test_half_the_error_costs_twelve_times_the_data_on_average():
    names = ["data, mean", "model, mean", "compute, mean", "seen", "unseen"]
    factors = data_factor([SARTOR_2024[name].value for name in names])
    assert np.round(factors, 1).tolist() == [12.3, 16.7, 136.4, 5.9, 87.5]
    assert np.round(data_factor([0.446, 0.844]), 2).tolist() == [4.73, 2.27]  # Lin, as quoted
    low, high = SARTOR_2024["data, mean"].low, SARTOR_2024["data, mean"].high
    assert np.round(data_factor([high, low]), 1).tolist() == [8.9, 18.9]
    with np.errstate(all="raise"):
        assert data_factor(1e-4, 10) == math.inf
    assert type(data_factor(0.3)) is float


def test_many_sartor_laws_are_one():
    many = sartor_law([50, 500], [0.2, 0.3], 0.1)
    assert many([10, 100, 1000]).shape == (2, 3)
    assert many[1] == sartor_law(500, 0.3, 0.1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: step_tokens(0), r"action must be positive, got 0\.0"),
        (lambda: step_tokens(7, -1), r"image must be nonnegative, got -1\.0"),
        (lambda: step_tokens(7, 0, -1), r"text must be nonnegative, got -1\.0"),
        (lambda: tokens_per_hour(0, 7), r"hz must be positive, got 0\.0"),
        (lambda: tokens_per_hour(5, 0), r"tokens_per_step must be positive, got 0\.0"),
        (
            lambda: tokens_per_hour([5, 6], [1, 2, 3]),
            r"hz and tokens_per_step must broadcast: shapes \(2,\) and \(3,\)",
        ),
        (lambda: episode_tokens(0, 1, 1), r"episodes must be positive, got 0\.0"),
        (lambda: episode_tokens(1, 0, 1), r"steps must be positive, got 0\.0"),
        (lambda: episode_tokens(1, 1, 0), r"tokens_per_step must be positive, got 0\.0"),
        (lambda: RobotBudget(0, 1, 1), r"target_tokens must be positive, got 0\.0"),
        (lambda: RobotBudget(1, 0, 1), r"hz must be positive, got 0\.0"),
        (lambda: RobotBudget(1, 1, 0), r"tokens_per_step must be positive, got 0\.0"),
        (lambda: RobotBudget(1, 1, 1, -1), r"price_per_hour must be nonnegative, got -1\.0"),
        (lambda: RobotBudget(1, 1, 1).months(0), r"robots must be positive, got 0\.0"),
        (lambda: RobotBudget(1, 1, 1).months(1, 0), r"hours_per_year must be positive, got 0\.0"),
        (lambda: RobotBudget(1, 1, 1).robots(0), r"months must be positive, got 0\.0"),
        (lambda: RobotBudget(1, 1, 1).robots(1, 0), r"hours_per_year must be positive, got 0\.0"),
        (lambda: sartor_law(0, 1), r"A must be positive, got 0\.0"),
        (lambda: sartor_law(1, 0), r"alpha must be positive, got 0\.0"),
        (lambda: sartor_law(1, 1, -1), r"E must be nonnegative, got -1\.0"),
        (lambda: sartor_law(1e300, 2), "k must be finite, got inf"),
        (lambda: data_factor(0), r"alpha must be positive, got 0\.0"),
        (lambda: data_factor(0.3, 0.5), r"error_factor must be at least 1, got 0\.5"),
    ],
)
def test_what_is_out_of_range_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_the_counting_convention_has_no_default():
    with pytest.raises(TypeError, match="tokens_per_step"):
        RobotBudget(TARGET, 5)
