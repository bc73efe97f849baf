"""Training plus serving: published sums, break-even by two routes, limits."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scaling_core import BESIROGLU_2024, HOFFMANN_2022, HOFFMANN_2022_PRINTED
from scaling_core.lifetime import Deployment, break_even_tokens, lifetime_cost
from tests.strategies import params, powers_of_ten, steady, tokens

CHINCHILLA = (70e9, 1.4e12)
served = powers_of_ten(6, 18)
flop_prices = powers_of_ten(-20, -15)

# --- a hundred million queries a day --------------------------------------------------------


def test_a_year_of_a_hundred_million_queries_a_day():
    year = Deployment([70e9, 7e9], 1e8, 500, 365)
    assert year.tokens == pytest.approx(1.825e13, rel=1e-15)
    assert year.flops == pytest.approx([2.555e24, 2.555e23], rel=1e-14)
    assert year.cost(1e-18) == pytest.approx([2_555_000, 255_500], rel=1e-14)
    assert year.cost(4.45e-18) == pytest.approx([11.4e6, 1.14e6], abs=0.05e6)  # A100 at $2, 40 %
    assert year.cost(1e-15)[0] == pytest.approx(2.555e9, rel=1e-14)  # the mistyped price (ER90)


def test_training_and_a_year_of_serving_of_70b_and_7b():
    N, D = np.array([70e9, 7e9]), np.array([1.4e12, 14e12])
    both = lifetime_cost(N, D, Deployment(7e9, 1e8, 500, 365).tokens, 1e-18, 1e-18)
    assert both == pytest.approx([3_143_000, 843_500], rel=1e-14)


@pytest.mark.parametrize(
    ("law", "T", "N", "saving"),
    [
        (BESIROGLU_2024, 1e12, 57.7e9, 0.017),
        (BESIROGLU_2024, 1e13, 34.5e9, 0.263),
        (BESIROGLU_2024, 1.825e13, 29.9e9, 0.366),
        (BESIROGLU_2024, 1e14, 21.2e9, 0.595),
        (HOFFMANN_2022, 1e13, 19.8e9, 0.476),
        (HOFFMANN_2022_PRINTED, 1e13, 15.8e9, 0.551),
    ],
)
def test_the_cheapest_life_at_the_loss_of_70b(law, T, N, saving):
    sizes = np.geomspace(5e9, 80e9, 2001)  # steps of .14 %
    D = law.tokens_for(sizes, law.loss(*CHINCHILLA))
    total = lifetime_cost(sizes, D, T, 1e-18, 1e-18)
    best = np.argmin(total)
    assert sizes[best] == pytest.approx(N, rel=4e-3)
    reference = lifetime_cost(*CHINCHILLA, T, 1e-18, 1e-18)
    assert 1 - total[best] / reference == pytest.approx(saving, abs=1e-3)


def test_break_even_of_34b_against_70b():
    D = BESIROGLU_2024.tokens_for(34.5e9, BESIROGLU_2024.loss(*CHINCHILLA))
    assert pytest.approx(3.75e12, abs=0.005e12) == D
    T = break_even_tokens(34.5e9, D, *CHINCHILLA)
    assert pytest.approx(2.64e12, abs=0.005e12) == T
    assert round(T / 5e10) == 53  # days, at 1e8 queries of 500 tokens a day


# --- break-even -----------------------------------------------------------------------------


@steady
@given(params, params, tokens, tokens, flop_prices, powers_of_ten(-3, 3))
def test_at_break_even_both_lives_cost_the_same(N1, N2, D1, D2, price, ratio):
    small, large = sorted((N1, N2))
    assume(small < 0.99 * large)  # closer sizes differ by rounding
    T = break_even_tokens(small, D1, large, D2, ratio)

    def dearer(T):
        """Dollars that the small one costs more, over what the large one costs."""
        lives = [
            lifetime_cost(N, D, T, price, price * ratio) for N, D in ((small, D1), (large, D2))
        ]
        return (lives[0] - lives[1]) / lives[1]

    if small * D1 <= large * D2:
        assert T == 0
        assert dearer(0) <= 1e-15
    else:
        assert T > 0
        assert dearer(0) > 0
        assert abs(dearer(T)) < 1e-12
        assert dearer(T * 1.01) < 0
    assert break_even_tokens(small, D1, large, D2, 2 * ratio) == pytest.approx(T / 2, rel=1e-14)


def test_price_ratio_is_one_unless_given():
    args = (1e9, 9e10, 2e9, 2e10)
    assert break_even_tokens(*args) == break_even_tokens(*args, 1) == 1.5e11
    assert break_even_tokens(*args, price_ratio=3) == pytest.approx(5e10, rel=1e-15)


def test_ends_of_break_even():
    assert break_even_tokens(7e9, np.inf, *CHINCHILLA) == np.inf  # a loss out of reach
    assert break_even_tokens(7e9, 14e12, *CHINCHILLA) == 0  # equal training cost
    assert break_even_tokens(7e9, 15e12, *CHINCHILLA, price_ratio=0) == np.inf  # serving is free
    assert break_even_tokens(7e9, 13e12, *CHINCHILLA, price_ratio=0) == 0
    assert break_even_tokens(1, 4, 2, 2, price_ratio=0) == 0  # the same training, serving is free
    assert break_even_tokens(0.01, 2, 0.02, 0.5) == pytest.approx(3, rel=1e-14)
    assert break_even_tokens(7e9, [13e12, 15e12, np.inf], *CHINCHILLA).tolist() == pytest.approx(
        [0, 3 * 7e21 / 63e9, np.inf]
    )


@pytest.mark.parametrize(
    ("small", "large", "message"),
    [
        (70e9, 70e9, r"^N_small must be below N_large 70000000000\.0, got 70000000000\.0$"),
        ([7e9, 80e9], 70e9, r"^N_small\[1\] must be below N_large 7.*, got 80000000000\.0$"),
        (7e9, [[8e9, 6e9]], r"^N_small\[0, 1\] must be below N_large 6000000000\.0, got 7"),
    ],
)
def test_the_smaller_one_comes_first(small, large, message):
    with pytest.raises(ValueError, match=message):
        break_even_tokens(small, 1e12, large, 1e12)


# --- lifetime cost and deployments ----------------------------------------------------------


@steady
@given(params, tokens, served, flop_prices, flop_prices)
def test_a_life_is_training_plus_serving(N, D, T, train, serve):
    whole = lifetime_cost(N, D, T, train, serve)
    assert whole == pytest.approx(
        lifetime_cost(N, D, 0, train, serve) + lifetime_cost(N, D, T, 0, serve), rel=1e-15
    )
    assert lifetime_cost(N, D, 0, train, serve) == pytest.approx(6 * N * D * train, rel=1e-14)
    assert lifetime_cost(N, D, T, 0, serve) == pytest.approx(2 * N * T * serve, rel=1e-14)
    assert Deployment(N, T, 1, 1).cost(serve) == lifetime_cost(N, D, T, 0, serve)


def test_three_served_tokens_cost_what_a_training_token_does():
    assert lifetime_cost(7e9, 1e12, 3e12, 1e-18, 1e-18) == pytest.approx(84_000, rel=1e-14)


def test_what_cannot_be_trained_costs_infinitely_much_at_any_price():
    costs = lifetime_cost(7e9, [1e12, np.inf], 1e12, [[0], [1e-18]], 1e-18)
    np.testing.assert_allclose(costs, [[14_000, np.inf], [56_000, np.inf]], rtol=1e-14)
    assert lifetime_cost(7e9, np.inf, 0, 0, 0) == np.inf
    assert lifetime_cost(1e200, 1e200, 0, 1e-18, 0) == np.inf  # beyond float64


@steady
@given(params, served, st.floats(1, 1e5), st.floats(0, 1e4), flop_prices)
def test_a_deployment_counts_tokens_flop_and_dollars(N, queries, each, days, price):
    deployment = Deployment(N, queries, each, days)
    assert deployment.tokens == pytest.approx(queries * each * days, rel=1e-15)
    assert deployment.flops == pytest.approx(2 * N * deployment.tokens, rel=1e-15)
    assert deployment.cost(price) == deployment.flops * price
    per_token = 2 * N * price
    assert deployment.cost_by_token(per_token) == pytest.approx(deployment.cost(price), rel=1e-14)


def test_deployments_are_the_outer_axis_and_prices_the_inner_one():
    sizes = Deployment([7e9, 70e9], 1e8, 500, 365)
    assert sizes.cost([1e-18, 2e-18, 3e-18]).shape == (2, 3)
    assert sizes.cost_by_token([1e-6, 2e-6, 3e-6]).shape == (2, 3)
    assert sizes.cost([1e-18, 2e-18])[1].tolist() == list(sizes[1].cost([1e-18, 2e-18]))
    assert sizes.cost_by_token([1e-6, 2e-6])[1].tolist() == list(
        sizes[1].cost_by_token([1e-6, 2e-6])
    )


def test_no_queries_cost_nothing():
    assert Deployment(7e9, 0, 500, 365).cost(1e-18) == 0
    assert Deployment(7e9, 1e8, 0, 365).flops == 0
    assert Deployment(7e9, 1e8, 500, 0).cost_by_token(1e-6) == 0
    assert Deployment(7e9, 1e8, 500, 365).cost(0) == 0
    assert Deployment(7e9, 1e8, 500, 365).cost_by_token(0) == 0
    huge = Deployment(7e9, 1e200, 1e200, 365)
    assert huge.tokens == huge.flops == huge.cost(1) == huge.cost_by_token(1) == np.inf
    assert Deployment(1e200, 1e200, 1, 1).flops == np.inf
    assert Deployment(7e9, 1e290, 1, 1).cost(1e20) == np.inf
    assert Deployment(7e9, 1e290, 1, 1).cost_by_token(1e20) == np.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Deployment(0, 1, 1, 1), "^N must be positive, got 0.0"),
        (lambda: Deployment(1, -1, 1, 1), "^queries_per_day must be nonnegative, got -1"),
        (lambda: Deployment(1, 1, -1, 1), "^tokens_per_query must be nonnegative, got -1"),
        (lambda: Deployment(1, 1, 1, [1, -1]), r"^days\[1\] must be nonnegative, got -1"),
        (lambda: Deployment(1, 1, 1, 1).cost(-1), "^price_per_flop must be nonnegative, got -1"),
        (lambda: Deployment(1, 1, 1, 1).cost_by_token(-1), "^price_per_token must be nonnegative"),
        (lambda: lifetime_cost(1, 0, 1, 1, 1), "^D must be positive, got 0"),
        (lambda: lifetime_cost(1, [1, -np.inf], 1, 1, 1), r"^D\[1\] must be positive, got -inf"),
        (lambda: lifetime_cost([[1], [2]], 1, [1, -1], 1, 1), r"^tokens\[1\] must be nonnegative"),
        (lambda: lifetime_cost(1, 1, 1, -1, 1), "^price_per_training_flop must be nonnegative"),
        (lambda: lifetime_cost(1, 1, 1, 1, -1), "^price_per_inference_flop must be nonnegative"),
        (lambda: break_even_tokens(1, 0, 2, 1), "^D_small must be positive, got 0"),
        (lambda: break_even_tokens(1, 1, 2, np.inf), "^D_large must be finite, got inf"),
        (lambda: break_even_tokens(1, 1, 2, 1, -1), "^price_ratio must be nonnegative, got -1"),
        (
            lambda: break_even_tokens([1, 2], 1, [3, 4, 5], 1),
            "^N_small, D_small, N_large, D_large and price_ratio must broadcast",
        ),
        (
            lambda: lifetime_cost([1, 2], [3, 4, 5], 1, 1, 1),
            "^N, D, tokens, price_per_training_flop and price_per_inference_flop must broadcast",
        ),
    ],
)
def test_impossible_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
