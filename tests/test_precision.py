"""Kumar's law of precision: effective parameters, the best number of bits, late rounding."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import budgets, laws, params, powers_of_ten, steady, tokens

from scaling_core import BESIROGLU_2024, KUMAR_2024, ChinchillaLaw, OffsetPowerLaw
from scaling_core.precision import PrecisionLaw, QuantisationPenalty

gammas = st.floats(0.2, 6)
bits = st.floats(1, 32)
precise = st.builds(PrecisionLaw, laws, gammas, gammas, gammas)
penalties = st.builds(
    QuantisationPenalty,
    powers_of_ten(-3, 0),
    st.floats(0.05, 1),
    st.floats(0.05, 1),
    st.floats(0.2, 3),
)
KUMAR = PrecisionLaw.from_estimates(BESIROGLU_2024, KUMAR_2024)


def shares(law, P_w, P_a, P_kv):
    pairs = ((P_w, law.gamma_w), (P_a, law.gamma_a), (P_kv, law.gamma_kv))
    return mpmath.fprod(1 - mpmath.exp(-mpmath.mpf(P) / gamma) for P, gamma in pairs)


@steady
@given(precise, params, tokens, bits, bits, bits)
def test_effective_params_and_loss_agree_with_40_digits(law, N, D, P_w, P_a, P_kv):
    base = law.base
    with mpmath.workdps(40):
        N_eff = N * shares(law, P_w, P_a, P_kv)
        loss = (
            base.E
            + base.A * N_eff ** -mpmath.mpf(base.alpha)
            + base.B * mpmath.mpf(D) ** -mpmath.mpf(base.beta)
        )
    assert law.effective_params(N, P_w, P_a, P_kv) == pytest.approx(float(N_eff), rel=1e-13)
    assert law.loss(N, D, P_w, P_a, P_kv) == pytest.approx(float(loss), rel=1e-12)


@steady
@given(precise, params, tokens, bits)
def test_fewer_bits_are_worth_fewer_parameters_in_each_part(law, N, D, P):
    assert law.effective_params(N) == N
    assert law.loss(N, D) == law.base.loss(N, D)
    for part in ("P_w", "P_a", "P_kv"):
        worth = law.effective_params(N, **{part: P})
        assert worth <= law.effective_params(N, **{part: P + 1}) <= N
        assert law.loss(N, D, **{part: P}) >= law.loss(N, D)
    one_by_one = [law.effective_params(N, **{part: P}) / N for part in ("P_w", "P_a", "P_kv")]
    assert law.effective_params(N, P, P, P) / N == pytest.approx(math.prod(one_by_one), rel=1e-13)


def test_each_precision_meets_its_own_gamma():
    law = PrecisionLaw(BESIROGLU_2024, 1.0, 2.0, 4.0)
    assert law.effective_params(1e9, P_w=4) == pytest.approx(1e9 * (1 - math.exp(-4)), rel=1e-14)
    assert law.effective_params(1e9, P_a=4) == pytest.approx(1e9 * (1 - math.exp(-2)), rel=1e-14)
    assert law.effective_params(1e9, P_kv=4) == pytest.approx(1e9 * (1 - math.exp(-1)), rel=1e-14)
    assert law.effective_params(1e9, 1, 2, 4) == pytest.approx(
        1e9 * (1 - math.exp(-1)) ** 3, rel=1e-14
    )
    assert law.effective_params(math.inf, 8, 8, 8) == math.inf


def test_the_quoted_constants_and_their_source():
    assert (KUMAR.gamma_w, KUMAR.gamma_a, KUMAR.gamma_kv) == (2.6745, 2.2102, 0.9578)
    assert KUMAR.source is KUMAR_2024["gamma_w"].source
    shares_of_a_parameter = KUMAR.effective_params(1, *[[3, 4, 8, 16]] * 3)
    assert np.round(shares_of_a_parameter, 3).tolist() == [0.479, 0.639, 0.924, 0.997]
    assert round(KUMAR.optimal_bits, 2) == 3.47  # and not the 7 to 8 bits of the paper


# the best number of bits


@steady
@given(precise)
def test_the_best_bits_solve_their_equation_at_40_digits(law):
    P = law.optimal_bits
    with mpmath.workdps(40):

        def condition(x):
            return sum(
                x / g / mpmath.expm1(x / g) for g in (law.gamma_w, law.gamma_a, law.gamma_kv)
            )

        root = mpmath.findroot(lambda x: condition(x) - 1, P)
        assert pytest.approx(float(root), rel=1e-13) == P
        assert (
            condition(P * (1 - mpmath.mpf("1e-12"))) > 1 > condition(P * (1 + mpmath.mpf("1e-12")))
        )


def test_the_best_bits_of_equal_gammas_are_a_multiple_of_them():
    for gamma in (0.1, 1.0, 40.0):
        law = PrecisionLaw(BESIROGLU_2024, gamma, gamma, gamma)
        u = law.optimal_bits / gamma
        assert 3 * u == pytest.approx(math.expm1(u), rel=1e-14)  # u = 1.9038...
    spread = PrecisionLaw(BESIROGLU_2024, 1e-3, 1.0, 1e3)
    assert 1e-3 < spread.optimal_bits < 2e3
    assert type(spread.optimal_bits) is float


def test_the_best_bits_beat_all_others_at_every_budget_and_base():
    grid = np.linspace(1, 16, 3001)
    for base in (BESIROGLU_2024, ChinchillaLaw(1.5, 100, 5000, 0.25, 0.4)):
        law = PrecisionLaw.from_estimates(base, KUMAR_2024)
        for C in (1e19, 1e25):
            best = law.optimum(C)
            losses = law.optimum(C, grid).loss
            assert best.loss <= losses.min() * (1 + 1e-15)
            assert grid[np.argmin(losses)] == pytest.approx(law.optimal_bits, abs=0.006)


@steady
@given(precise, budgets, st.floats(1, 32), st.floats(-1, 1))
def test_optimum_spends_the_budget_and_beats_other_sizes(law, C, P, shift):
    best = law.optimum(C, P)
    assert pytest.approx(C, rel=1e-12) == 6 * best.N * best.D * P / 16
    assert best.C == C
    assert best.loss == pytest.approx(law.loss(best.N, best.D, P, P, P), rel=1e-12)
    factor = math.exp(shift)
    other = law.loss(best.N * factor, best.D / factor, P, P, P)
    assert best.loss <= other * (1 + 1e-12)


def test_at_full_precision_the_optimum_is_the_bases_own():
    sharp = PrecisionLaw(
        BESIROGLU_2024, 1e-3, 1e-3, 1e-3
    )  # gammas so small that 16 bits lose nothing
    mine, theirs = sharp.optimum(1e23, 16), BESIROGLU_2024.optimum(1e23)
    assert mine == theirs
    explicit = KUMAR.optimum(1e23, KUMAR.optimal_bits)
    assert explicit == KUMAR.optimum(1e23)


def test_shapes_of_precision():
    base = ChinchillaLaw(1.8, [400, 500], 2000, 0.35, 0.36)
    law = PrecisionLaw(base, 2.7, 2.2, 0.96)
    assert law.effective_params(1e9, [4, 8, 16]).shape == (3,)
    assert law.loss(1e9, 2e10, [4, 8, 16]).shape == (2, 3)
    best = law.optimum([1e20, 1e21, 1e22], 8)
    assert best.N.shape == best.D.shape == best.C.shape == best.loss.shape == (2, 3)
    assert best.C[1].tolist() == [1e20, 1e21, 1e22]
    one = KUMAR.optimum(1e21)
    assert {type(x) for x in vars(one).values()} == {float}
    assert type(KUMAR.loss(1e9, 1e10, 8)) is float
    assert PrecisionLaw.from_estimates(BESIROGLU_2024, KUMAR_2024) == KUMAR
    assert len({KUMAR, law}) == 2


# rounding after training


@steady
@given(penalties, params, tokens, bits)
def test_the_penalty_agrees_with_40_digits(penalty, N, D, P):
    with mpmath.workdps(40):
        exact = (
            penalty.C_T
            * mpmath.mpf(D) ** mpmath.mpf(penalty.gamma_D)
            / mpmath.mpf(N) ** mpmath.mpf(penalty.gamma_N)
            * mpmath.exp(-mpmath.mpf(P) / penalty.gamma_post)
        )
    assert penalty(N, D, P) == pytest.approx(float(exact), rel=1e-12)


@steady
@given(penalties, params, tokens, bits)
def test_the_penalty_grows_with_data_and_falls_with_size_and_bits(penalty, N, D, P):
    here = penalty(N, D, P)
    assert penalty(N, 2 * D, P) == pytest.approx(here * 2**penalty.gamma_D, rel=1e-12)
    assert penalty(2 * N, D, P) == pytest.approx(here * 2**-penalty.gamma_N, rel=1e-12)
    assert penalty(N, D, P + 1) == pytest.approx(
        here * math.exp(-1 / penalty.gamma_post), rel=1e-12
    )


@steady
@given(penalties, laws, powers_of_ten(6, 12), st.floats(1, 8), st.floats(0.01, 3))
def test_beyond_the_useful_tokens_more_training_hurts(penalty, law, N, P, shift):
    D = penalty.useful_tokens(law, N, P)
    factor = math.exp(shift)

    def total(tokens):
        return law.B * tokens**-law.beta + penalty(N, tokens, P)  # the terms that vary

    assert total(D) <= total(D * factor) * (1 + 1e-12)
    assert total(D) <= total(D / factor) * (1 + 1e-12)
    slope = penalty.gamma_D * penalty(N, D, P)
    assert slope == pytest.approx(law.beta * law.B * D**-law.beta, rel=1e-10)


def test_ends_and_shapes_of_the_penalty():
    penalty = QuantisationPenalty(0.1, 0.5, 0.5, 0.6)
    with np.errstate(all="raise"):
        assert penalty(1e9, 2e10, math.inf) == 0
        assert penalty.useful_tokens(BESIROGLU_2024, 1e9, 1e4) == math.inf
        assert penalty(1e-300, 1e300, 1) == pytest.approx(0.1 * 1e300 * math.exp(-1 / 0.6))
    assert penalty(1e9, 2e10, 3) == pytest.approx(0.1 * 20**0.5 * math.exp(-5), rel=1e-13)
    many = QuantisationPenalty([0.1, 0.2], 0.5, 0.5, 0.6)
    assert many(1e9, [1e10, 1e11, 1e12], 4).shape == (2, 3)
    assert many.useful_tokens(BESIROGLU_2024, 1e9, [3, 4, 5]).shape == (2, 3)
    bases = ChinchillaLaw(1.8, 400, [2000, 3000], 0.35, 0.36)
    assert penalty.useful_tokens(bases, 1e9, [3, 4, 5]).shape == (2, 3)
    matched = many.useful_tokens(bases, 1e9, [3, 4, 5])
    assert matched.shape == (2, 3)
    assert matched[1] == pytest.approx(many[1].useful_tokens(bases[1], 1e9, [3, 4, 5]), rel=1e-13)
    assert type(penalty(1e9, 1e10, 4)) is float
    assert type(penalty.useful_tokens(BESIROGLU_2024, 1e9, 4)) is float


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (
            lambda: PrecisionLaw(OffsetPowerLaw(1, 1, 1), 1, 1, 1),
            TypeError,
            "base must be a ChinchillaLaw, got OffsetPowerLaw",
        ),
        (lambda: PrecisionLaw(BESIROGLU_2024, 0, 1, 1), ValueError, "gamma_w must be positive"),
        (lambda: PrecisionLaw(BESIROGLU_2024, 1, 0, 1), ValueError, "gamma_a must be positive"),
        (lambda: PrecisionLaw(BESIROGLU_2024, 1, 1, 0), ValueError, "gamma_kv must be positive"),
        (
            lambda: PrecisionLaw(BESIROGLU_2024, [1, 2], 1, 1),
            TypeError,
            "gamma_w must be one number",
        ),
        (
            lambda: PrecisionLaw.from_estimates(BESIROGLU_2024, {}),
            ValueError,
            "estimates must hold gamma_w, gamma_a, gamma_kv; got nothing",
        ),
        (lambda: KUMAR.loss(0, 1e9), ValueError, r"N must be positive, got 0\.0"),
        (lambda: KUMAR.loss(1e9, 0), ValueError, r"D must be positive, got 0\.0"),
        (lambda: KUMAR.loss(1e9, 1e9, P_w=0.5), ValueError, r"P_w must be at least 1, got 0\.5"),
        (lambda: KUMAR.loss(1e9, 1e9, P_a=0), ValueError, r"P_a must be at least 1, got 0\.0"),
        (
            lambda: KUMAR.effective_params(1e9, P_kv=[8, -4]),
            ValueError,
            r"P_kv\[1\] must be at least 1, got -4\.0",
        ),
        (lambda: KUMAR.optimum(0), ValueError, r"C must be positive, got 0\.0"),
        (lambda: KUMAR.optimum([1, -1]), ValueError, r"C\[1\] must be positive, got -1\.0$"),
        (lambda: KUMAR.optimum(1e20, 0.5), ValueError, r"P must be at least 1, got 0\.5"),
        (lambda: KUMAR.optimum(1e20, math.inf), ValueError, "P must be .*, got inf"),
        (lambda: QuantisationPenalty(0, 1, 1, 1), ValueError, "C_T must be positive"),
        (lambda: QuantisationPenalty(1, 0, 1, 1), ValueError, "gamma_D must be positive"),
        (lambda: QuantisationPenalty(1, 1, 0, 1), ValueError, "gamma_N must be positive"),
        (lambda: QuantisationPenalty(1, 1, 1, 0), ValueError, "gamma_post must be positive"),
        (lambda: QuantisationPenalty(1, 1, 1, 1)(0, 1, 4), ValueError, "N must be positive"),
        (lambda: QuantisationPenalty(1, 1, 1, 1)(1, 0, 4), ValueError, "D must be positive"),
        (lambda: QuantisationPenalty(1, 1, 1, 1)(1, 1, 0), ValueError, "P must be at least 1"),
        (
            lambda: QuantisationPenalty(1, 1, 1, 1).useful_tokens(BESIROGLU_2024, 0, 4),
            ValueError,
            r"N must be positive, got 0\.0",
        ),
        (
            lambda: QuantisationPenalty(1, 1, 1, 1).useful_tokens(BESIROGLU_2024, 1, 0.5),
            ValueError,
            r"P must be at least 1, got 0\.5",
        ),
    ],
)
def test_what_is_out_of_range_is_named(build, error, words):
    with pytest.raises(error, match=words):
        build()
