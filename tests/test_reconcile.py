"""Total against non-embedding parameters: inverses, optima, exponents, 40-digit values."""

import math
import re
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scaling_core import (
    BESIROGLU_2024,
    GADRE_2024_C4,
    HOFFMANN_2022,
    HOFFMANN_2022_PRINTED,
    MUENNIGHOFF_2023,
    PEARCE_2024,
    SARDANA_2024_BASE,
    ChinchillaLaw,
)
from scaling_core.reconcile import (
    NonEmbeddingAllocation,
    local_exponent,
    non_embedding_frontier,
    non_embedding_optimum,
    non_embedding_params,
    regression_exponent,
    total_params,
)
from tests.strategies import logs, powers_of_ten, steady

OMEGA = 47491.0
NAMED = [BESIROGLU_2024, HOFFMANN_2022, HOFFMANN_2022_PRINTED, MUENNIGHOFF_2023]
named = pytest.mark.parametrize("law", NAMED, ids=["Besiroglu", "TeX", "printed", "Muennighoff"])
sizes = powers_of_ten(0, 15)
omegas = powers_of_ten(0, 7)
laws = st.builds(
    lambda E, a, b, alpha, beta: ChinchillaLaw(E, math.exp(a), math.exp(b), alpha, beta),
    st.floats(0, 3),
    logs,
    logs,
    st.floats(0.05, 3),
    st.floats(0.16, 1),  # at 0.15 and alpha = 0.05 a budget may have two optima
)


# --- two ways to count ----------------------------------------------------------------------


@steady
@given(powers_of_ten(-3, 18), omegas)
def test_total_and_non_embedding_parameters_are_inverse(N_E, omega):
    total = total_params(N_E, omega)
    assert total == pytest.approx(N_E + omega * N_E ** (1 / 3), rel=1e-14)
    assert non_embedding_params(total, omega) == pytest.approx(N_E, rel=1e-13)
    assert total_params(non_embedding_params(N_E, omega), omega) == pytest.approx(N_E, rel=1e-13)


def test_the_default_omega_is_pearce_and_songs():
    assert (
        PEARCE_2024["omega"].value
        == OMEGA
        == pytest.approx(32000 * (39.2 / 12) ** (1 / 3), rel=3e-4)
    )
    assert total_params(1e6) == pytest.approx(1e6 + 100 * OMEGA, rel=1e-14)
    assert non_embedding_params(1e6 + 100 * OMEGA) == pytest.approx(1e6, rel=1e-13)
    law, plain = BESIROGLU_2024, {"omega": OMEGA}
    assert non_embedding_frontier(law, 1e8) == non_embedding_frontier(law, 1e8, **plain)
    assert non_embedding_optimum(law, 1e18) == non_embedding_optimum(law, 1e18, **plain)
    assert local_exponent(law, 1e8) == local_exponent(law, 1e8, **plain)
    assert regression_exponent(law) == regression_exponent(law, **plain)


@steady
@given(laws, sizes)
def test_a_large_model_is_all_but_free_of_embeddings(law, N_E):
    assert total_params(1e30) == pytest.approx(1e30, rel=1e-14)
    assert non_embedding_params(1e30) == pytest.approx(1e30, rel=1e-13)
    assert local_exponent(law, 1e40) == pytest.approx(law.a, rel=1e-12)
    with_few = non_embedding_optimum(law, law.flops_per_param_token * N_E**2, omega=1e-9)
    plain = law.optimum(law.flops_per_param_token * N_E**2)
    assume(plain.N > 1)
    assert pytest.approx(plain.N, rel=1e-6) == with_few.N_E
    assert with_few.loss == pytest.approx(plain.loss, rel=1e-6)


# --- the optimum ----------------------------------------------------------------------------


@steady
@given(laws, sizes, omegas)
def test_the_frontier_is_the_one_of_the_formula(law, N_E, omega):
    best = non_embedding_frontier(law, N_E, omega)
    N = total_params(N_E, omega)
    m1 = N_E + omega / 3 * N_E ** (1 / 3)
    D = (law.beta * law.B * N ** (law.alpha + 1) / (law.alpha * law.A * m1)) ** (1 / law.beta)
    assert pytest.approx(N_E, rel=1e-13) == best.N_E
    assert pytest.approx(N, rel=1e-13) == best.N
    assert pytest.approx(D, rel=1e-11) == best.D
    assert pytest.approx(6 * best.N_E * best.D, rel=1e-14) == best.C_E
    assert pytest.approx(6 * best.N * best.D, rel=1e-14) == best.C
    assert best.loss == pytest.approx(law.loss(best.N, best.D), rel=1e-13)


@steady
@given(laws, sizes, omegas)
def test_the_optimum_of_a_budget_lies_on_the_frontier(law, N_E, omega):
    on = non_embedding_frontier(law, N_E, omega)
    best = non_embedding_optimum(law, on.C_E, omega)
    slack = law.beta + 2 * math.sqrt((1 + law.alpha) / 3) - 4 / 3
    tolerance = 1e-12 * (1 + law.beta / slack)
    assert pytest.approx(N_E, rel=tolerance) == best.N_E
    assert pytest.approx(on.C_E, rel=1e-12) == best.C_E
    assert best.loss == pytest.approx(on.loss, rel=tolerance)


@steady
@given(laws, powers_of_ten(10, 30), omegas, st.integers(0, 2**32 - 1))
def test_no_other_size_has_less_loss_at_the_same_budget(law, C_E, omega, seed):
    best = non_embedding_optimum(law, C_E, omega)
    assert pytest.approx(C_E, rel=1e-12) == 6 * best.N_E * best.D
    N_E = best.N_E * np.exp(np.random.default_rng(seed).uniform(-9, 9, 300))
    others = law.loss(total_params(N_E, omega), C_E / (6 * N_E))
    assert (others >= best.loss * (1 - 1e-14)).all()


@named
def test_embeddings_cost_a_small_model_its_tokens(law):
    C = 10.0 ** np.arange(12, 30)
    best = non_embedding_optimum(law, C)
    assert (np.diff(best.N_E) > 0).all()
    assert (np.diff(best.N / best.N_E) < 0).all()
    assert best.N[-1] / best.N_E[-1] < 1.001
    assert (best.C > best.C_E).all()
    assert pytest.approx(law.optimum(1e29).N, rel=1e-2) == best.N_E[-1]


def test_budgets_of_any_size_have_an_answer():
    with np.errstate(all="raise"):
        best = non_embedding_optimum(BESIROGLU_2024, [1e-200, 1e-2, 1e40, 1e200])
        assert (np.diff(best.N_E) > 0).all()
        assert pytest.approx([1e-200, 1e-2, 1e40, 1e200], rel=1e-10) == best.C_E


def high_precision(law, N_E, omega):
    """The budget C_E of the frontier, and the exponent by the design's m1 and m2."""
    A, B, alpha, beta, x, w = map(mpmath.mpf, (law.A, law.B, law.alpha, law.beta, N_E, omega))
    root = mpmath.cbrt(x)
    N, m1, m2 = x + w * root, x + w / 3 * root, x + w / 9 * root
    D = (beta * B * N ** (alpha + 1) / (alpha * A * m1)) ** (1 / beta)
    return 6 * x * D, 1 / (1 + ((alpha + 1) * m1 / N - m2 / m1) / beta)


def test_200_random_cases_agree_with_40_digit_arithmetic():
    rng = np.random.default_rng(6)
    with mpmath.workdps(40):
        for _ in range(200):
            law = ChinchillaLaw(1, *np.exp(rng.uniform(0, 12, 2)), *rng.uniform(0.2, 1, 2))
            N_E, omega = 10 ** rng.uniform(2, 14), 10 ** rng.uniform(3, 6)
            C_E, exponent = high_precision(law, N_E, omega)
            assert local_exponent(law, N_E, omega) == pytest.approx(float(exponent), rel=1e-12)
            on = non_embedding_frontier(law, N_E, omega)
            assert pytest.approx(float(C_E), rel=2e-12) == on.C_E
            best = non_embedding_optimum(law, float(C_E), omega)
            assert pytest.approx(N_E, rel=1e-12) == best.N_E
            cubic = mpmath.findroot(
                lambda y, w=omega, x=N_E: y**3 + w * y - x,
                mpmath.mpf(non_embedding_params(N_E, omega)) ** (mpmath.mpf(1) / 3),
            )
            assert non_embedding_params(N_E, omega) == pytest.approx(float(cubic**3), rel=1e-13)


# --- exponents ------------------------------------------------------------------------------


@steady
@given(laws, sizes, omegas)
def test_the_local_exponent_is_the_slope_of_the_frontier(law, N_E, omega):
    h = 1e-4
    ends = non_embedding_frontier(law, N_E * np.exp([-h, h]), omega)
    numerical = 2 * h / np.log(ends.C_E[1] / ends.C_E[0])
    assert local_exponent(law, N_E, omega) == pytest.approx(numerical, rel=1e-5)


@steady
@given(laws, omegas)
def test_the_local_exponent_starts_below_one_peaks_and_ends_at_a(law, omega):
    tiny, huge = local_exponent(law, [1e-30, 1e40], omega)
    assert tiny == pytest.approx(3 * law.beta / (3 * law.beta + law.alpha), rel=1e-9)
    assert huge == pytest.approx(law.a, rel=1e-9)
    q = 1 / math.sqrt(3 + 3 * law.alpha)
    if q > 0.34:
        ratio = (1 - q) / (q - 1 / 3)  # of embeddings to the rest
        at_peak = (omega / ratio) ** 1.5
        below, peak, above = local_exponent(law, at_peak * np.array([0.9, 1, 1.1]), omega)
        assert below < peak > above
        most = law.beta / (law.beta + 2 * math.sqrt((1 + law.alpha) / 3) - 4 / 3)
        assert peak == pytest.approx(most, rel=1e-9)


def test_besiroglus_law_has_the_exponents_of_the_literature():
    exponents = local_exponent(BESIROGLU_2024, [1e6, 1e7, 1e8, 1e9, 1e15])
    assert np.round(exponents, 3).tolist() == [0.963, 0.853, 0.613, 0.535, 0.513]


@pytest.mark.parametrize(
    ("law", "compute", "size", "two"),
    [
        (HOFFMANN_2022_PRINTED, 0.746, 0.755, 0.703),
        (HOFFMANN_2022, 0.750, 0.759, 0.708),
        (BESIROGLU_2024, 0.788, 0.794, 0.749),
    ],
    ids=["printed", "TeX", "Besiroglu"],
)
def test_kaplans_exponent_comes_out_of_chinchillas_laws(law, compute, size, two):
    assert round(regression_exponent(law), 3) == compute
    assert round(regression_exponent(law, spacing="size"), 3) == size
    for spacing in ("compute", "size"):
        assert round(regression_exponent(law, spacing=spacing, points=2), 3) == two
    ends = non_embedding_frontier(law, [768, 1.5e9])
    secant = math.log(1.5e9 / 768) / math.log(ends.C_E[1] / ends.C_E[0])
    assert regression_exponent(law, points=2) == pytest.approx(secant, rel=1e-12)


@pytest.mark.parametrize("spacing", ["compute", "size"])
def test_the_regression_is_numpys_line_through_the_optima(spacing):
    law, low, high, points = HOFFMANN_2022, 1e4, 1e8, 17
    ends = non_embedding_frontier(law, [low, high])
    if spacing == "size":
        best = non_embedding_frontier(law, np.geomspace(low, high, points))
    else:
        best = non_embedding_optimum(law, np.geomspace(*ends.C_E, points))
    line, _ = np.polyfit(np.log(best.C_E), np.log(best.N_E), 1)
    slope = regression_exponent(law, low, high, spacing, points)
    assert slope == pytest.approx(line, rel=1e-11)
    assert regression_exponent(law, low, high, spacing, points, omega=1e-6) == pytest.approx(
        law.a, rel=1e-7
    )


def test_the_default_number_of_points_is_all_but_dense():
    for spacing in ("compute", "size"):
        dense = regression_exponent(BESIROGLU_2024, spacing=spacing, points=30_000)
        assert regression_exponent(BESIROGLU_2024, spacing=spacing) == pytest.approx(
            dense, abs=2e-4
        )
        assert regression_exponent(
            BESIROGLU_2024, spacing=spacing, points=1000
        ) == regression_exponent(BESIROGLU_2024, spacing=spacing)


@named
def test_the_flop_per_parameter_and_token_cancel(law):
    dear = replace(law, flops_per_param_token=12)
    assert regression_exponent(dear) == pytest.approx(regression_exponent(law), rel=1e-12)
    mine, theirs = non_embedding_optimum(law, 1e18), non_embedding_optimum(dear, 2e18)
    assert pytest.approx(mine.N_E, rel=1e-12) == theirs.N_E
    assert pytest.approx(2 * mine.C_E, rel=1e-12) == theirs.C_E
    assert pytest.approx(2 * mine.C, rel=1e-12) == theirs.C
    on = non_embedding_frontier(dear, 1e8)
    assert pytest.approx(2 * non_embedding_frontier(law, 1e8).C_E, rel=1e-14) == on.C_E


# --- many at once ---------------------------------------------------------------------------


def test_many_laws_and_arguments_are_one_call():
    scatter = np.random.default_rng(3).normal(1, 0.03, (5, 4))
    base = BESIROGLU_2024
    law = ChinchillaLaw(*([base.E, base.A, base.B, base.alpha, base.beta] * scatter.T).T)
    N_E, C_E = np.array([[1e5], [1e8]]), np.array([1e16, 1e18, 1e20])
    on, best = non_embedding_frontier(law, N_E), non_embedding_optimum(law, C_E)
    for field in vars(on):
        assert getattr(on, field).shape == (4, 2, 1)
        assert getattr(best, field).shape == (4, 3)
    exponents, lines = local_exponent(law, N_E), regression_exponent(law)
    by_size = regression_exponent(law, spacing="size")
    assert exponents.shape == (4, 2, 1)
    assert lines.shape == by_size.shape == (4,)
    for i, one in enumerate(law):
        for field in vars(on):
            alone = getattr(non_embedding_frontier(one, 1e8), field)
            assert getattr(on, field)[i, 1, 0] == pytest.approx(alone, rel=1e-14)
            alone = getattr(non_embedding_optimum(one, 1e18), field)
            assert getattr(best, field)[i, 1] == pytest.approx(alone, rel=1e-13)
        assert exponents[i, 0, 0] == local_exponent(one, 1e5)
        assert lines[i] == pytest.approx(regression_exponent(one), rel=1e-12)
        assert by_size[i] == pytest.approx(regression_exponent(one, spacing="size"), rel=1e-12)
    assert non_embedding_optimum(law, []).N.shape == (4, 0)


def test_answers_are_frozen_values_of_python_floats():
    best = non_embedding_optimum(BESIROGLU_2024, 1e18)
    assert isinstance(best, NonEmbeddingAllocation)
    assert all(type(value) is float for value in vars(best).values())
    assert best == non_embedding_optimum(BESIROGLU_2024, 1e18)
    assert type(regression_exponent(BESIROGLU_2024)) is float
    assert type(local_exponent(BESIROGLU_2024, 1)) is type(total_params(1)) is float


# --- what is refused ------------------------------------------------------------------------

CALLS = {
    "frontier": lambda law: non_embedding_frontier(law, 1e8),
    "optimum": lambda law: non_embedding_optimum(law, 1e18),
    "local": lambda law: local_exponent(law, 1e8),
    "regression": regression_exponent,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_laws_that_do_not_fit_the_question_are_refused(call):
    with pytest.raises(TypeError, match=r"law must be a ChinchillaLaw, got 0\.5"):
        call(0.5)
    kaplan = replace(BESIROGLU_2024, counts="non-embedding")
    words = "law must count \"total\" parameters, got counts='non-embedding'"
    with pytest.raises(ValueError, match=re.escape(words)):
        call(kaplan)
    flat = ChinchillaLaw(1, 100, 100, [0.3, 0.05], [0.3, 0.1])
    with pytest.raises(ValueError, match=r"two optima: got alpha = 0\.05, beta = 0\.1$"):
        call(flat)


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3])
def test_the_limit_of_two_optima_is_where_the_frontier_turns_back(alpha):
    limit = 4 / 3 - 2 * math.sqrt((1 + alpha) / 3)
    assert limit > 0
    with pytest.raises(ValueError, match="two optima"):
        local_exponent(ChinchillaLaw(1, 100, 100, alpha, limit), 1e6)
    just_above = ChinchillaLaw(1, 100, 100, alpha, limit + 1e-4)
    N_E = np.geomspace(1e2, 1e12, 4001)
    exponents = local_exponent(just_above, N_E)
    assert (exponents > 0).all()
    assert exponents.max() > 100  # all but a jump from one size to another
    C_E = non_embedding_frontier(just_above, N_E).C_E
    assert (np.diff(C_E) > 0).all()
    at_jump = C_E[np.argmax(exponents)]
    assert pytest.approx(at_jump, rel=1e-9) == non_embedding_optimum(just_above, at_jump).C_E


def test_every_law_of_language_here_has_one_optimum_per_budget():
    for law in (*NAMED, SARDANA_2024_BASE, GADRE_2024_C4):
        assert local_exponent(law, 1e6) > 0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: total_params([1, 0]), ValueError, r"N_E\[1\] must be positive, got 0.0"),
        (lambda: total_params(1, 0), ValueError, "omega must be positive, got 0.0"),
        (lambda: total_params(1, [1, 2]), TypeError, "omega must be one number"),
        (lambda: non_embedding_params(-1), ValueError, "N_T must be positive, got -1.0"),
        (lambda: non_embedding_params(1, -1), ValueError, "omega must be positive, got -1.0"),
        (
            lambda: non_embedding_frontier(BESIROGLU_2024, 0),
            ValueError,
            "N_E must be positive, got 0.0",
        ),
        (
            lambda: non_embedding_frontier(BESIROGLU_2024, 1, 0),
            ValueError,
            "omega must be positive",
        ),
        (lambda: non_embedding_optimum(BESIROGLU_2024, 0), ValueError, "C_E must be positive"),
        (lambda: non_embedding_optimum(BESIROGLU_2024, 1, 0), ValueError, "omega must be positive"),
        (lambda: local_exponent(BESIROGLU_2024, math.nan), ValueError, "N_E must be positive"),
        (lambda: local_exponent(BESIROGLU_2024, 1, 0), ValueError, "omega must be positive"),
        (
            lambda: regression_exponent(BESIROGLU_2024, 2, 2),
            ValueError,
            r"low must be below high, got 2\.0 and 2\.0",
        ),
        (lambda: regression_exponent(BESIROGLU_2024, 0), ValueError, "low must be positive"),
        (lambda: regression_exponent(BESIROGLU_2024, 1, 0), ValueError, "high must be positive"),
        (
            lambda: regression_exponent(BESIROGLU_2024, omega=0),
            ValueError,
            "omega must be positive",
        ),
        (
            lambda: regression_exponent(BESIROGLU_2024, points=1),
            ValueError,
            "points must be a whole number of at least 2, got 1",
        ),
        (
            lambda: regression_exponent(BESIROGLU_2024, spacing="loss"),
            ValueError,
            'spacing must be "compute" or "size", got \'loss\'',
        ),
    ],
)
def test_refuses(call, error, words):
    with pytest.raises(error, match=words):
        call()
