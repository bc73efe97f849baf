"""Training plus serving: balance, limits, order, many laws at once, 40-digit values."""

import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scaling_core import BESIROGLU_2024, HOFFMANN_2022, SARDANA_2024_BASE, ChinchillaLaw
from scaling_core._serving_optimum import LifetimeAllocation
from tests.strategies import budgets, laws, powers_of_ten, steady

EPS = np.finfo(float).eps
NAMED = [BESIROGLU_2024, HOFFMANN_2022, SARDANA_2024_BASE]
named = pytest.mark.parametrize("law", NAMED, ids=["Besiroglu", "TeX", "Sardana"])
served = st.just(0.0) | powers_of_ten(0, 18)
ratios = st.floats(0.1, 50)


def reachable(law, C):
    """A loss on the frontier whose distance from E is known to some digits."""
    loss = law.frontier_loss(C)
    assume(loss - law.E > 1e-6 * loss)
    return loss


def balance(law, best, D_inf, rho=1.0):
    """Price of a parameter over what it would be without serving, twice: as is, as it should be."""
    terms = law.alpha * law.A * best.N**-law.alpha, law.beta * law.B * best.D**-law.beta
    return terms[0] / terms[1], 1 + rho * D_inf / (3 * best.D)


def alone(law, loss):
    """The optimum of training alone for a loss, from the share of each term in loss - E."""
    excess = loss - law.E
    N = (law.A * (law.alpha + law.beta) / (law.beta * excess)) ** (1 / law.alpha)
    D = (law.B * (law.alpha + law.beta) / (law.alpha * excess)) ** (1 / law.beta)
    return N, D


# --- what makes it an optimum ---------------------------------------------------------------


@steady
@given(laws, budgets, served, ratios)
def test_at_a_fixed_loss_the_terms_balance_and_add_up(law, C, D_inf, rho):
    loss = reachable(law, C)
    best = law.inference_optimum(D_inf, loss=loss, price_ratio=rho)
    is_, should_be = balance(law, best, D_inf, rho)
    assert is_ == pytest.approx(should_be, rel=1e-12)
    assert law.reducible(best.N, best.D) == pytest.approx(loss - law.E, rel=1e-12)
    assert best.loss == loss
    assert pytest.approx(6 * best.N * best.D, rel=1e-14) == best.C
    assert best.inference == pytest.approx(2 * best.N * D_inf, rel=1e-14)
    assert best.total == pytest.approx(best.C + rho * best.inference, rel=1e-14)
    assert best.flops == best.C + best.inference
    assert best.ratio == best.D / best.N


@steady
@given(laws, budgets, served, ratios)
def test_at_a_fixed_total_the_terms_balance_and_all_is_spent(law, total, D_inf, rho):
    best = law.inference_optimum(D_inf, total=total, price_ratio=rho)
    is_, should_be = balance(law, best, D_inf, rho)
    assert is_ == pytest.approx(should_be, rel=1e-12)
    assert best.total == total
    assert best.C + rho * best.inference == pytest.approx(total, rel=1e-12)
    assert pytest.approx(6 * best.N * best.D, rel=1e-14) == best.C
    assert best.inference == pytest.approx(2 * best.N * D_inf, rel=1e-14)
    assert best.loss == pytest.approx(law.loss(best.N, best.D), rel=1e-14)


@named
@pytest.mark.parametrize("rho", [1, 20])
def test_no_other_size_reaches_the_loss_for_less(law, rho):
    factors = np.exp(np.random.default_rng(1).uniform(-2, 5, 1000))
    for D_inf in (0, 1e11, 1e13, 1e16):
        best = law.inference_optimum(D_inf, loss=2.1, price_ratio=rho)
        N = best.N * factors
        D = law.tokens_for(N, 2.1)
        assert (6 * N * D + rho * 2 * N * D_inf > best.total * (1 - 1e-13)).all()


@named
@pytest.mark.parametrize("rho", [1, 20])
def test_no_other_split_of_the_total_has_less_loss(law, rho):
    for D_inf in (0, 1e11, 1e13, 1e16):
        best = law.inference_optimum(D_inf, total=1e24, price_ratio=rho)
        N = best.N * np.exp(np.random.default_rng(1).uniform(-5, 2, 1000))
        D = (1e24 - rho * 2 * N * D_inf) / (6 * N)
        affordable = D > 0
        assert affordable.sum() > 500
        assert (law.loss(N[affordable], D[affordable]) > best.loss).all()


@steady
@given(laws, budgets, served, ratios)
def test_the_two_questions_have_one_answer(law, C, D_inf, rho):
    loss = reachable(law, C)
    by_loss = law.inference_optimum(D_inf, loss=loss, price_ratio=rho)
    by_total = law.inference_optimum(D_inf, total=by_loss.total, price_ratio=rho)
    assert by_total.loss == pytest.approx(loss, rel=1e-12)
    assert pytest.approx(by_loss.N, rel=1e-10) == by_total.N
    assert pytest.approx(by_loss.D, rel=1e-10) == by_total.D
    assert by_total.saving == pytest.approx(by_loss.saving, abs=1e-12)


@steady
@given(laws, budgets, served, ratios)
def test_the_saving_is_against_the_optimum_of_training_alone(law, C, D_inf, rho):
    loss = reachable(law, C)
    best = law.inference_optimum(D_inf, loss=loss, price_ratio=rho)
    N, D = alone(law, loss)
    dearer = 6 * N * D + rho * 2 * N * D_inf
    assert best.saving == pytest.approx(1 - best.total / dearer, abs=1e-12)
    assert best.saved == pytest.approx(dearer - best.total, rel=1e-11, abs=1e-12 * dearer)
    assert 0 <= best.saving < 1


def test_small_savings_keep_their_digits():
    """Of second order in the tokens served: without cancellation, a tenth serves a hundredth."""
    saving = BESIROGLU_2024.inference_optimum([1e7, 1e6, 1e5], loss=2).saving
    assert saving[1:] / saving[:-1] == pytest.approx([1e-2, 1e-2], rel=1e-4)
    assert 0 < saving[-1] < 1e-14


# --- limits ---------------------------------------------------------------------------------


@steady
@given(laws, budgets)
def test_without_serving_it_is_the_optimum_of_training(law, C):
    loss = reachable(law, C)
    N, D = alone(law, loss)
    for free in ({}, {"price_ratio": 0}):
        best = law.inference_optimum(1e15 if free else 0, loss=loss, **free)
        assert pytest.approx(N, rel=1e-13) == best.N
        assert pytest.approx(D, rel=1e-13) == best.D
        assert best.saving == best.saved == 0
        by_total = law.inference_optimum(1e15 if free else 0, total=C, **free)
        training = law.optimum(C)
        assert (by_total.N, by_total.D) == (training.N, training.D)
        assert by_total.loss == pytest.approx(training.loss, rel=1e-14)


@named
def test_the_digits_of_the_training_optimum_come_back(law):
    best, training = law.inference_optimum(0, loss=2.1), law.optimum(law.compute_for(2.1))
    assert pytest.approx(training.N, rel=1e-12) == best.N
    assert pytest.approx(training.D, rel=1e-12) == best.D
    assert pytest.approx(training.C, rel=1e-12) == best.total == best.C == best.flops


@steady
@given(laws, budgets)
def test_endless_serving_wants_the_smallest_model_that_reaches_the_loss(law, C):
    loss = reachable(law, C)
    smallest = (law.A / (loss - law.E)) ** (1 / law.alpha)
    best = law.inference_optimum(1e300, loss=loss)
    assert smallest * (1 - 1e-12) <= best.N
    N, _ = alone(law, loss)
    most = 1 - smallest / N
    assert best.saving <= most + 1e-12
    if law.beta > 0.3:  # else the last of the excess is still far away at 1e300 tokens
        assert pytest.approx(smallest, rel=1e-6) == best.N
        assert best.saving == pytest.approx(most, rel=1e-6)


def test_nothing_is_clipped_and_overflow_is_infinite():
    law = BESIROGLU_2024
    D_inf = 10.0 ** np.arange(0, 301, 10)
    best = law.inference_optimum(D_inf, loss=2.0)
    is_, should_be = balance(law, best, D_inf)
    assert is_ == pytest.approx(should_be, rel=1e-11)
    best = law.inference_optimum(D_inf, total=1e250)
    is_, should_be = balance(law, best, D_inf)
    assert is_ == pytest.approx(should_be, rel=1e-11)
    flat = ChinchillaLaw(1, 1e5, 1e5, 0.05, 0.05)
    far = flat.inference_optimum([0, 1e12], loss=np.nextafter(1, 2))
    assert far.N.tolist() == far.D.tolist() == far.total.tolist() == [math.inf] * 2
    assert far.inference.tolist() == [0, math.inf]
    assert far.saving.tolist() == [0, 0]


@pytest.mark.parametrize("alpha", [0.01, 0.5, 1, 1.5, 4, 10])
@pytest.mark.parametrize("beta", [0.01, 0.5, 1, 4, 10])
@pytest.mark.parametrize("goal", ["loss", "total"])
def test_newton_arrives_for_every_exponent(alpha, beta, goal):
    law = ChinchillaLaw(0, 1, 1, alpha, beta)
    s = 10.0 ** np.arange(-20, 21, 0.25)  # served tokens over three times those of training
    if goal == "loss":
        _, D = alone(law, 0.5)
        D_inf = 3 * D * s
        best = law.inference_optimum(D_inf, loss=0.5)
        assert law.reducible(best.N, best.D) == pytest.approx(np.full(s.size, 0.5), rel=1e-11)
    else:
        D_inf = 3 * law.optimum(1e5).D * s
        best = law.inference_optimum(D_inf, total=1e5)
        assert best.C + best.inference == pytest.approx(np.full(s.size, 1e5), rel=1e-11)
    is_, should_be = balance(law, best, D_inf)
    assert is_ == pytest.approx(should_be, rel=1e-11)


# --- order and invariances ------------------------------------------------------------------


@steady
@given(laws, budgets, powers_of_ten(0, 17), st.floats(1.5, 10))
def test_the_more_is_served_the_smaller_the_model_and_the_longer_its_training(law, C, D_inf, more):
    loss = reachable(law, C)
    few, many = (law.inference_optimum(x, loss=loss) for x in (D_inf, D_inf * more))
    assert many.N <= few.N
    assert many.D >= few.D
    assert many.total >= few.total * (1 - 1e-14)
    assert many.saving >= few.saving - 1e-15
    if D_inf > 0.01 * few.D:
        assert many.N < few.N
        assert many.D > few.D
        assert many.total > few.total
        assert many.saving > few.saving
    few, many = (law.inference_optimum(x, total=C) for x in (D_inf, D_inf * more))
    assert many.N <= few.N
    assert many.loss >= few.loss - 1e-12


@steady
@given(laws, budgets, served, ratios)
def test_a_price_is_as_good_as_more_tokens(law, C, D_inf, rho):
    for goal in ({"loss": reachable(law, C)}, {"total": C}):
        dear = law.inference_optimum(D_inf, price_ratio=rho, **goal)
        many = law.inference_optimum(rho * D_inf, **goal)
        assert (dear.N, dear.D, dear.total) == pytest.approx((many.N, many.D, many.total))
        assert dear.saving == many.saving
        assert rho * dear.inference == pytest.approx(many.inference, rel=1e-14)


@steady
@given(laws, budgets, served, st.floats(0.1, 10))
def test_counting_parameters_in_another_unit_only_rescales_them(law, C, D_inf, c):
    scaled = replace(law, A=law.A * c**law.alpha, flops_per_param_token=6 / c)
    for goal in ({"loss": reachable(law, C)}, {"total": C}):
        mine = law.inference_optimum(D_inf, **goal)
        theirs = scaled.inference_optimum(D_inf, **goal)
        assert pytest.approx(mine.N * c, rel=1e-10) == theirs.N
        assert pytest.approx(mine.D, rel=1e-10) == theirs.D
        assert theirs.inference == pytest.approx(mine.inference, rel=1e-10)
        assert theirs.total == pytest.approx(mine.total, rel=1e-10)


# --- many at once ---------------------------------------------------------------------------


def test_many_laws_and_arguments_are_one_call():
    scatter = np.random.default_rng(3).normal(1, 0.03, (5, 4))
    base = BESIROGLU_2024
    law = ChinchillaLaw(*([base.E, base.A, base.B, base.alpha, base.beta] * scatter.T).T)
    D_inf, rho = np.array([[0], [1e12], [1e14]]), np.array([1, 2])
    for goal in ({"loss": [2.5, 2.6]}, {"total": [1e23, 1e25]}):
        best = law.inference_optimum(D_inf, price_ratio=rho, **goal)
        (name, values), *_ = goal.items()
        for field in vars(best):
            assert getattr(best, field).shape == (4, 3, 2), field
        for i in range(4):
            for j in range(3):
                for k in range(2):
                    one = law[i].inference_optimum(
                        D_inf[j, 0], price_ratio=rho[k], **{name: values[k]}
                    )
                    for field, value in vars(one).items():
                        together = getattr(best, field)[i, j, k]
                        assert together == pytest.approx(value, rel=1e-14), field
    assert law.inference_optimum(1e12, loss=2.5).N.shape == (4,)
    assert law.inference_optimum([], loss=2.5).N.shape == (4, 0)


def test_the_answer_is_a_frozen_value_of_python_floats():
    best = BESIROGLU_2024.inference_optimum(1e13, loss=2)
    assert all(type(value) is float for value in vars(best).values())
    assert all(type(value) is float for value in (best.ratio, best.flops, best.saved))
    assert best == BESIROGLU_2024.inference_optimum(1e13, loss=2)
    assert isinstance(best, LifetimeAllocation)
    many = BESIROGLU_2024.inference_optimum([1e13, 1e14], loss=2)
    with pytest.raises(ValueError, match="read-only"):
        many.loss[0] = 1


# --- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"loss": 2, "total": 1e24}, ValueError, "give loss or total, not both"),
        ({}, TypeError, "loss must be a real number, or total must be a real number"),
        ({"loss": 1.8172}, ValueError, r"^loss must be above E = 1\.8172, .* got 1\.8172$"),
        ({"loss": [2, 1.5, 1.4]}, ValueError, r"^loss\[1\] must be above E = 1\.8172, .* 1\.5$"),
        ({"loss": [[2, 2], [2, 1]]}, ValueError, r"^loss\[1, 1\] must be above E"),
        ({"loss": -1}, ValueError, "loss must be positive, got -1.0"),
        ({"total": 0}, ValueError, "total must be positive, got 0.0"),
        ({"loss": 2, "price_ratio": -1}, ValueError, "price_ratio must be nonnegative, got -1.0"),
        ({"loss": 2, "D_inf": -1}, ValueError, "D_inf must be nonnegative, got -1.0"),
        ({"loss": 2, "D_inf": math.inf}, ValueError, "D_inf must be finite, got inf"),
        (
            {"loss": [2, 3], "D_inf": [1, 2, 3]},
            ValueError,
            r"D_inf, loss and price_ratio must broadcast: shapes \(3,\), \(2,\) and \(\)",
        ),
        ({"total": [2, 3], "D_inf": [1, 2, 3]}, ValueError, "D_inf, total and price_ratio"),
    ],
)
def test_refuses(arguments, error, words):
    with pytest.raises(error, match=words):
        BESIROGLU_2024.inference_optimum(**({"D_inf": 1e13} | arguments))


def test_of_many_laws_the_floor_that_is_too_high_is_named():
    law = replace(BESIROGLU_2024, E=np.array([1.8, 2.2]))
    with pytest.raises(ValueError, match=r"^loss\[1\] must be above E = 2\.2, .* got 2\.1$"):
        law.inference_optimum(1e12, loss=[2.5, 2.1])
    with pytest.raises(ValueError, match=r"^loss must be above E = 2\.2, .* got 2\.2$"):
        law.inference_optimum([1e12, 1e13], loss=2.2)


# --- 40 digits ------------------------------------------------------------------------------


def high_precision(law, D_inf, rho, goal, value, start):
    """The optimum by another route: tokens from the balance of terms, one equation in ln D."""
    E, A, B, alpha, beta = map(mpmath.mpf, (law.E, law.A, law.B, law.alpha, law.beta))
    value, delta = mpmath.mpf(value), mpmath.mpf(rho) * mpmath.mpf(D_inf) / 3

    def params(D):
        price = 1 + delta / D
        return (alpha * A * D**beta / (beta * B * price)) ** (1 / alpha)

    def excess(log_D):
        D = mpmath.exp(log_D)
        if goal == "loss":
            return mpmath.log((A * params(D) ** -alpha + B * D**-beta) / (value - E))
        return mpmath.log(6 * params(D) * (D + delta) / value)

    around = mpmath.log(mpmath.mpf(start))
    log_D = mpmath.findroot(excess, (around - 0.1, around + 0.1), solver="anderson", tol=1e-70)
    D = mpmath.exp(log_D)
    N = params(D)
    total = 6 * N * (D + delta)
    loss = E + A * N**-alpha + B * D**-beta
    share = (loss - E) / (alpha + beta)
    N0, D0 = (A / (beta * share)) ** (1 / alpha), (B / (alpha * share)) ** (1 / beta)
    return {
        "N": N,
        "D": D,
        "loss": loss,
        "total": total,
        "saving": 1 - total / (6 * N0 * (D0 + delta)),
    }


def test_200_random_cases_agree_with_40_digit_arithmetic():
    rng = np.random.default_rng(4)
    worst = {}
    with mpmath.workdps(40):
        for case in range(200):
            law = ChinchillaLaw(
                rng.uniform(0, 3), *np.exp(rng.uniform(0, 12, 2)), *rng.uniform(0.05, 1, 2)
            )
            C, rho = 10 ** rng.uniform(8, 40), 10 ** rng.uniform(-1, 2)
            D_inf = 0.0 if case % 20 == 0 else 10 ** rng.uniform(0, 18)
            goal = "loss" if case % 2 else "total"
            loss = law.frontier_loss(C)
            value = loss * (1 + 1e-4) if goal == "loss" else C
            best = law.inference_optimum(D_inf, price_ratio=rho, **{goal: value})
            # a rounding of the loss is amplified by the distance to E, and by each exponent
            rounding = 4 * EPS * value / (value - law.E) if goal == "loss" else 0
            tolerance = {
                "N": 1e-12 + rounding / law.alpha,
                "D": 1e-12 + rounding / law.beta,
                "loss": 1e-12,
                "total": 1e-12 + rounding * (1 / law.alpha + 1 / law.beta),
                "saving": 1e-12 + rounding,
            }
            exact = high_precision(law, D_inf, rho, goal, value, best.D)
            for name, number in exact.items():
                difference = getattr(best, name) - number
                error = float(abs(difference if name == "saving" else difference / number))
                worst[name] = max(worst.get(name, 0), error / tolerance[name])
    assert max(worst.values()) <= 1, worst
