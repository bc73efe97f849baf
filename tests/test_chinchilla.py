"""The additive law: identities, invariances, limits, monotonicity, 40-digit values."""

import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scaling_core import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    HOFFMANN_2022_PRINTED,
    MUENNIGHOFF_2023,
    ChinchillaLaw,
)
from tests.strategies import budgets, exponents, laws, params, sizes, steady, tokens

EPS = np.finfo(float).eps
NAMED = [BESIROGLU_2024, HOFFMANN_2022, HOFFMANN_2022_PRINTED, MUENNIGHOFF_2023]
named = pytest.mark.parametrize("law", NAMED, ids=["Besiroglu", "TeX", "printed", "Muennighoff"])


# --- identities -----------------------------------------------------------------------------


def test_a_million_optima_spend_their_budget_and_balance_both_terms_to_14_digits():
    C = np.geomspace(1e17, 1e28, 10**6)
    for law in NAMED:
        best = law.optimum(C)
        parameter_term = law.alpha * law.A * best.N**-law.alpha
        token_term = law.beta * law.B * best.D**-law.beta
        assert np.abs(6 * best.N * best.D / C - 1).max() < 1e-14
        assert np.abs(parameter_term / token_term - 1).max() < 1e-14


@steady
@given(laws, budgets)
def test_the_optimum_balances_the_terms_of_any_law(law, C):
    best = law.optimum(C)
    assert pytest.approx(C, rel=1e-14) == 6 * best.N * best.D
    term, other = law.A * best.N**-law.alpha, law.B * best.D**-law.beta
    assert law.alpha * term == pytest.approx(law.beta * other, rel=1e-12)
    assert best.loss == pytest.approx(law.E + term + other, rel=1e-12)
    assert best.loss == law.frontier_loss(C)
    assert best.ratio == best.D / best.N
    assert best.flops == C


@named
def test_no_other_split_of_a_budget_has_less_loss(law):
    factors = np.exp(np.random.default_rng(1).uniform(-9, 9, 1000))
    for C in (1e19, 1e23, 1e27):
        best = law.optimum(C)
        assert (law.loss(best.N * factors, best.D / factors) > best.loss).all()


@steady
@given(laws, budgets)
def test_compute_for_inverts_the_frontier(law, C):
    loss = law.frontier_loss(C)
    excess = law.K * C**-law.gamma
    assume(excess > 1e-6 * loss)  # below that, loss - E has lost its digits
    tolerance = 1e-12 + 4 * EPS * loss / (law.gamma * excess)
    assert law.compute_for(loss) == pytest.approx(C, rel=tolerance)


@steady
@given(laws, params, tokens)
def test_tokens_for_and_params_for_invert_the_loss(law, N, D):
    loss = law.loss(N, D)
    model, data = law.A * N**-law.alpha, law.B * D**-law.beta
    assume(min(model, data) > 1e-6 * loss)
    tokens_tolerance = 1e-12 + 4 * EPS * loss / (law.beta * data)
    params_tolerance = 1e-12 + 4 * EPS * loss / (law.alpha * model)
    assert law.tokens_for(N, loss) == pytest.approx(D, rel=tokens_tolerance)
    assert law.params_for(D, loss) == pytest.approx(N, rel=params_tolerance)


@steady
@given(laws, budgets)
def test_optimal_tokens_and_params_name_the_same_frontier(law, C):
    best = law.optimum(C)
    tolerance = 1e-12 * (1 + law.alpha / law.beta + law.beta / law.alpha)
    assert law.optimal_tokens(best.N) == pytest.approx(best.D, rel=tolerance)
    assert law.optimal_params(best.D) == pytest.approx(best.N, rel=tolerance)


@steady
@given(laws, params, tokens)
def test_loss_is_E_plus_the_reducible_part(law, N, D):
    assert law.loss(N, D) == pytest.approx(law.E + law.reducible(N, D), rel=1e-15)


@steady
@given(laws, budgets, sizes)
def test_a_wrong_size_wastes_what_the_penalty_says_at_every_budget(law, C, k):
    best = law.optimum(C)
    penalty = law.size_penalty(k)
    assume(penalty < 1e200)
    tolerance = 1e-11 / law.gamma
    assert law.waste(best.N * k, best.D / k) == pytest.approx(penalty, rel=tolerance)
    assert law.waste(best.N, best.D) == pytest.approx(1, rel=1e-12)


@named
def test_waste_is_the_budget_over_the_least_compute_for_the_loss(law):
    N, D = np.array([8e9, 70e9, 280e9]), np.array([15e12, 1.4e12, 300e9])
    other_route = 6 * N * D / law.compute_for(law.loss(N, D))
    assert law.waste(N, D) == pytest.approx(other_route, rel=1e-11)


@named
def test_the_penalty_at_equal_loss_is_what_buying_the_missing_tokens_costs(law):
    best = law.optimum(1e23)
    for k in (0.5, 0.9, 1.5, 4):
        D = law.tokens_for(k * best.N, best.loss)
        penalty = 6 * k * best.N * D / 1e23
        assert law.size_penalty(k, fixed="loss") == pytest.approx(penalty, rel=1e-11)


@steady
@given(laws, sizes)
def test_no_size_beats_the_optimal_one(law, k):
    assert law.size_penalty(1) == pytest.approx(1, abs=1e-13)
    assert law.size_penalty(1, fixed="loss") == 1
    assert law.size_penalty(k) >= 1 - 1e-13
    assert law.size_penalty(k, fixed="loss") >= 1 - 1e-13


@steady
@given(laws, st.floats(0, 1))
def test_too_small_a_model_never_reaches_the_loss(law, share):
    least = (law.beta / (law.alpha + law.beta)) ** (1 / law.alpha)
    assert law.size_penalty(least * (1 - 1e-6) * max(share, 1e-3), fixed="loss") == math.inf
    assert law.size_penalty(least * 1.001, fixed="loss") < math.inf


@named
def test_the_slope_is_the_derivative_of_the_frontier_in_logs(law):
    C, h = np.array([1e17, 1e20, 1e25]), 1e-4
    up, down = law.frontier_loss(C * math.exp(h)), law.frontier_loss(C * math.exp(-h))
    numerical = -(np.log(up) - np.log(down)) / (2 * h)
    assert law.frontier_slope(C) == pytest.approx(numerical, rel=1e-6)


@named
def test_the_frontier_is_a_power_law_above_E_with_the_named_constants(law):
    C = np.geomspace(1e15, 1e28, 30)
    best = law.optimum(C)
    assert law.frontier_loss(C) == pytest.approx(law.E + law.K * C**-law.gamma, rel=1e-15)
    assert pytest.approx(law.G * (C / 6) ** law.a, rel=1e-14) == best.N
    assert pytest.approx((C / 6) ** law.b / law.G, rel=1e-13) == best.D
    assert law.a + law.b == pytest.approx(1, rel=1e-15)
    assert law.gamma == pytest.approx(law.alpha * law.a, rel=1e-15)


@named
def test_an_isoflop_curve_has_its_minimum_at_the_optimum(law):
    best = law.optimum(1e21)
    N = best.N * np.array([0.5, 0.99, 1, 1.01, 2])
    curve = law.isoflop(1e21, N)
    assert np.argmin(curve) == 2
    assert curve == pytest.approx(law.loss(N, 1e21 / (6 * N)), rel=1e-15)


# --- invariances ----------------------------------------------------------------------------


@steady
@given(laws, budgets, st.floats(0.01, 100))
def test_counting_parameters_in_another_unit_only_rescales_them(law, C, c):
    scaled = replace(law, A=law.A * c**law.alpha, flops_per_param_token=6 / c)
    mine, theirs = law.optimum(C), scaled.optimum(C)
    assert pytest.approx(mine.N * c, rel=1e-11) == theirs.N
    assert pytest.approx(mine.D, rel=1e-11) == theirs.D
    assert theirs.loss == pytest.approx(mine.loss, rel=1e-12)


@steady
@given(laws, budgets)
def test_swapping_the_roles_of_model_and_data_swaps_the_answer(law, C):
    mirror = ChinchillaLaw(law.E, law.B, law.A, law.beta, law.alpha)
    mine, theirs = law.optimum(C), mirror.optimum(C)
    assert (mirror.a, mirror.b) == (law.b, law.a)
    assert pytest.approx(mine.D, rel=1e-12) == theirs.N
    assert theirs.loss == pytest.approx(mine.loss, rel=1e-12)


@steady
@given(laws, exponents, budgets, budgets)
def test_equal_exponents_mean_one_ratio_at_every_budget(law, alpha, C, other):
    law = replace(law, alpha=alpha, beta=alpha)
    assert law.a == 0.5
    assert law.optimum(C).ratio == pytest.approx(law.G**-2, rel=1e-12)
    assert law.optimum(other).ratio == pytest.approx(law.G**-2, rel=1e-12)


@named
def test_twice_the_flop_per_token_and_parameter_is_half_the_budget(law):
    dear = replace(law, flops_per_param_token=12)
    assert pytest.approx(law.optimum(1e21).N, rel=1e-14) == dear.optimum(2e21).N
    assert dear.compute_for(2.2) == pytest.approx(2 * law.compute_for(2.2), rel=1e-13)
    assert dear.waste(1e10, 1e11) == law.waste(1e10, 1e11)


# --- limits ---------------------------------------------------------------------------------


@steady
@given(laws, params, tokens)
def test_endless_data_or_size_leave_the_other_terms(law, N, D):
    assert law.loss(math.inf, math.inf) == law.E
    assert law.loss(N, math.inf) == law.E + law.A * N**-law.alpha
    assert law.loss(math.inf, D) == law.E + law.B * D**-law.beta
    assert law.reducible(math.inf, math.inf) == 0
    assert law.tokens_for(N, law.loss(N, math.inf)) == math.inf
    assert law.params_for(D, law.loss(math.inf, D)) == math.inf


@steady
@given(laws, params, st.floats(0.01, 1))
def test_a_loss_at_or_below_E_is_out_of_reach(law, N, share):
    assume(law.E > 0)
    for target in (law.E, law.E * share):
        assert law.compute_for(target) == math.inf
        assert law.tokens_for(N, target) == math.inf
        assert law.params_for(N, target) == math.inf


def test_a_law_without_floor_reaches_every_loss():
    law = ChinchillaLaw(0, 400, 400, 0.3, 0.3)
    assert law.frontier_slope([1e10, 1e30]) == pytest.approx([law.gamma, law.gamma], rel=1e-15)
    assert 0 < law.compute_for(1e-3) < math.inf


@named
def test_no_budget_is_clipped(law):
    C = 10.0 ** np.arange(-2, 41)
    best = law.optimum(C)
    growth = np.diff(np.log10(best.N))
    assert growth == pytest.approx(np.full(42, law.a), rel=1e-12)
    assert (np.diff(best.loss) < 0).all()


def test_overflow_is_infinite_and_nothing_is_ever_nan():
    law = BESIROGLU_2024
    assert law.compute_for(np.nextafter(law.E, 9)) > 1e80
    assert law.size_penalty(1e300) > 1e300
    assert law.size_penalty([1e-300, 1e300], fixed="loss")[0] == math.inf
    assert law.waste(1e200, 1e200) > 1
    steep = ChinchillaLaw(1, 1, 1, 5, 5)
    assert steep.loss(1e-100, 1) == math.inf
    assert steep.optimal_tokens(1e308) == pytest.approx(1e308, rel=1e-9)


# --- monotonicity ---------------------------------------------------------------------------


@steady
@given(laws, params, tokens, budgets, st.floats(1.5, 100))
def test_more_of_anything_lowers_the_loss(law, N, D, C, factor):
    assert law.reducible(N * factor, D) < law.reducible(N, D)
    assert law.reducible(N, D * factor) < law.reducible(N, D)
    assert law.loss(N * factor, D) <= law.loss(N, D)
    assert law.frontier_loss(C * factor) <= law.frontier_loss(C)
    assert law.frontier_slope(C * factor) <= law.frontier_slope(C)
    more, less = law.optimum(C * factor), law.optimum(C)
    assert more.N > less.N
    assert more.D > less.D


@steady
@given(laws, st.floats(1.01, 30), st.floats(1.01, 30))
def test_the_penalty_grows_with_the_distance_from_the_optimum(law, k, further):
    for fixed in ("compute", "loss"):
        near, far = law.size_penalty([k, k * further], fixed)
        assert near < far
        near, far = law.size_penalty([1 / k, 1 / (k * further)], fixed)
        assert near <= far


# --- 40 digits ------------------------------------------------------------------------------


def high_precision(law, N, D, C, k, loss):
    """The same answers by other formulas, in 40-digit arithmetic."""
    E, A, B, alpha, beta = map(mpmath.mpf, (law.E, law.A, law.B, law.alpha, law.beta))
    N, D, C, k, loss = map(mpmath.mpf, (N, D, C, k, loss))
    gamma = 1 / (1 / alpha + 1 / beta)

    # alpha A N^-alpha = beta B (6N/C)^beta, solved for ln N
    best_N = mpmath.exp(
        (mpmath.log(alpha * A / (beta * B)) + beta * mpmath.log(C / 6)) / (alpha + beta)
    )
    best_D = C / (6 * best_N)
    least = A / best_N**alpha + B / best_D**beta  # reducible loss of the optimum
    swapped = A / (k * best_N) ** alpha + B / (best_D / k) ** beta
    here = A / N**alpha + B / D**beta
    optimum_here = least * (6 * N * D / C) ** -gamma  # that of the budget 6ND
    missing = least - A / (k * best_N) ** alpha
    return {
        "loss": E + here,
        "N": best_N,
        "D": best_D,
        "frontier": E + least,
        "slope": gamma * least / (E + least),
        "compute_for": C * ((loss - E) / least) ** (-1 / gamma),
        "tokens_for": (B / (loss - E - A / N**alpha)) ** (1 / beta),
        "optimal_tokens": best_D * (N / best_N) ** (alpha / beta),
        "waste": (here / optimum_here) ** (1 / gamma),
        "penalty": (swapped / least) ** (1 / gamma),
        "stretched": k * (B / missing) ** (1 / beta) / best_D if missing > 0 else mpmath.inf,
    }


def test_200_random_cases_agree_with_40_digit_arithmetic():
    rng = np.random.default_rng(2)
    worst = {}
    with mpmath.workdps(40):
        for _ in range(200):
            law = ChinchillaLaw(
                rng.uniform(0, 3), *np.exp(rng.uniform(0, 12, 2)), *rng.uniform(0.05, 1, 2)
            )
            N, D, C = 10 ** rng.uniform(3, 15), 10 ** rng.uniform(5, 17), 10 ** rng.uniform(8, 40)
            k = 10 ** rng.uniform(-1, 2)
            loss = 1.01 * law.loss(N, math.inf)  # within reach of this model
            best = law.optimum(C)
            ours = {
                "loss": law.loss(N, D),
                "N": best.N,
                "D": best.D,
                "frontier": best.loss,
                "slope": law.frontier_slope(C),
                "compute_for": law.compute_for(loss),
                "tokens_for": law.tokens_for(N, loss),
                "optimal_tokens": law.optimal_tokens(N),
                "waste": law.waste(N, D),
                "penalty": law.size_penalty(k),
                "stretched": law.size_penalty(k, fixed="loss"),
            }
            # How much a rounding of the loss, or of an exponent, moves the answer.
            excess, data = loss - law.E, loss / 101
            stretch = k * (1 - law.beta / law.alpha * (k**-law.alpha - 1))
            condition = {
                "compute_for": 4 * EPS * loss / (law.gamma * excess),
                "tokens_for": 4 * EPS * loss / (law.beta * data),
                "optimal_tokens": 1e-12 * law.alpha / law.beta,
                "stretched": 4 * EPS / law.beta / min(abs(stretch), 1) if stretch else math.inf,
            }
            for name, exact in high_precision(law, N, D, C, k, loss).items():
                error = 0 if ours[name] == exact else float(abs(ours[name] / exact - 1))
                tolerance = 1e-12 + condition.get(name, 0)
                worst[name] = max(worst.get(name, 0), error / tolerance)
    assert max(worst.values()) <= 1, worst
