"""Kaplan's laws: the paper's own printed numbers, identities, 40-digit values."""

import math
from dataclasses import FrozenInstanceError, replace

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_core import (
    KAPLAN_2020,
    KAPLAN_2020_ND,
    KAPLAN_2020_NS,
    KAPLAN_2020_PRINTED,
    PF_DAY,
    ChinchillaLaw,
    EarlyStop,
    KaplanJointLaw,
    KaplanLaw,
    KaplanStepLaw,
    Provenance,
)
from tests.strategies import budgets, params, sizes, steady, tokens

LAW = KAPLAN_2020


@pytest.mark.parametrize(
    ("ours", "printed", "rel", "why"),
    [
        (LAW.loss_N(2e9) / LAW.loss_N(1e9), 0.95, 0.002, "Sec. 1.1: doubling N, two digits"),
        (LAW.alpha_C_predicted, 0.052, 0.01, "Eq. B.7, two digits"),
        (LAW.alpha_N / LAW.alpha_S, 0.10, 0.01, "Eq. B.5: 10 % above the converged loss"),
        (LAW.early_stop(0.10, 0.02).N, 2.7, 0.01, "Eq. B.12, two digits"),
        (LAW.early_stop(0.10, 0.02).steps, 0.13, 0.03, "Eq. B.13, two digits: 7.7 times fewer"),
        (LAW.early_stop(0.10, 0.02).C, 0.35, 0.03, "Eq. B.14: 65 % less compute"),
        (LAW.size_penalty(2.2), 1.2, 0.01, "App. B.4: 20 % more compute"),
        (LAW.step_ratio(2.2), 0.55, 0.01, "App. B.4: 45 % fewer steps"),
        (LAW.loss_C_min(1e23), 1.8681, 1e-4, "recomputed, five digits"),
        (LAW.loss_ND(175e9, 300e9), 1.6610, 1e-4, "recomputed, five digits"),
        (LAW.optimum(1e21).N, 7.768e9, 1e-3, "Table 6 with C_min = C"),
        (LAW.optimum(1e21, at="C").N, 4.68e9, 0.002, "as Hoffmann App. D.4 reads the paper"),
        (LAW.overfit_tokens(8e9) / LAW.overfit_tokens(1e9), 5, 0.08, "Sec. 1.1: 8x needs 5x data"),
    ],
)
def test_the_laws_give_the_papers_other_numbers(ours, printed, rel, why):
    assert ours == pytest.approx(printed, rel=rel), why


def test_a_size_from_06_to_22_times_the_optimum_costs_at_most_a_fifth_more():
    k = np.geomspace(0.6, 2.2, 50)
    assert LAW.size_penalty(k).max() < 1.205  # printed as 20 %


def test_the_critical_batch_doubles_with_every_13_percent_of_loss():
    assert LAW.critical_batch(0.87 * 3) == pytest.approx(2 * LAW.critical_batch(3), rel=0.03)


def test_the_printed_tokens_are_counted_at_the_critical_batch():
    far = LAW.optimum(1e21)
    spent = 6 * far.N * far.D
    assert spent / 1e21 == pytest.approx(1.81, rel=0.003)


def test_the_laws_cross_near_the_printed_point():
    far = LAW.crossing()
    assert far.loss == pytest.approx(LAW.loss_D(far.D), rel=1e-12)
    assert far.loss == LAW.loss_C_min(far.C_min)
    printed = {name: KAPLAN_2020_PRINTED[f"crossing {name}"].value for name in ("C", "N", "loss")}
    ours = {"C": far.C_min / PF_DAY, "N": far.N, "loss": far.loss}
    assert ours == pytest.approx(printed, rel=0.2)  # meant as orders of magnitude
    beyond = LAW.optimum(far.C_min * 100)
    assert LAW.loss_D(beyond.D) > beyond.loss  # the contradiction


def test_parallel_laws_never_cross():
    parallel = replace(LAW, p_D=0.25, alpha_D=0.2, alpha_C_min=0.05)
    with pytest.raises(ValueError, match="never cross"):
        parallel.crossing()


@steady
@given(sizes, st.floats(0.05, 1), st.floats(0.05, 1))
def test_equation_b16_is_the_additive_laws_penalty_at_equal_loss(k, alpha_N, alpha_S):
    kaplan = replace(LAW, alpha_N=alpha_N, alpha_S=alpha_S)
    additive = ChinchillaLaw(1, 1, 1, alpha_N, alpha_S)
    assert kaplan.size_penalty(k) == additive.size_penalty(k, fixed="loss")


@steady
@given(sizes, params)
def test_penalty_and_steps_are_those_of_the_step_law(k, N):
    """The optimum of L(N, S) at the compute 6NS (fixed batch) stops at alpha_N/alpha_S above."""
    law = KAPLAN_2020_NS
    least = (law.N_c / N) ** law.alpha_N * (1 + law.alpha_N / law.alpha_S)  # loss of the optimum
    kaplan = replace(LAW, alpha_N=law.alpha_N, alpha_S=law.alpha_S)
    room = least - (law.N_c / (k * N)) ** law.alpha_N
    best_S = law.S_c / (least - (law.N_c / N) ** law.alpha_N) ** (1 / law.alpha_S)
    S = law.S_c / room ** (1 / law.alpha_S) if room > 0 else math.inf
    tolerance = 1e-13 * (1 + least / abs(room))
    assert kaplan.step_ratio(k) == pytest.approx(S / best_S, rel=tolerance)
    assert kaplan.size_penalty(k) == pytest.approx(k * S / best_S, rel=tolerance)


@steady
@given(budgets)
def test_half_the_compute_is_what_the_critical_batch_leaves(C):
    assert LAW.optimum(C, at="C") == LAW.optimum(C / 2)
    far = LAW.optimum(C)
    c = C / PF_DAY
    table_6 = (1.3e9 * c**0.73, 2e10 * c**0.27, 2e6 * c**0.24, 5.4e3 * c**0.03)
    assert (far.N, far.D, far.batch, far.steps) == pytest.approx(table_6, rel=1e-14)
    assert far.C_min == C
    assert far.loss == LAW.loss_C_min(C)


@steady
@given(params, tokens, st.floats(1.5, 100))
def test_more_parameters_tokens_steps_or_compute_lower_the_loss(N, D, factor):
    assert LAW.loss_N(N * factor) < LAW.loss_N(N)
    assert LAW.loss_D(D * factor) < LAW.loss_D(D)
    assert LAW.loss_ND(N * factor, D * factor) < LAW.loss_ND(N, D)
    assert LAW.loss_ND(N * factor, D) <= LAW.loss_ND(N, D)
    assert LAW.loss_NS(N * factor, D) < LAW.loss_NS(N, D)
    assert LAW.loss_NS(N, D * factor) <= LAW.loss_NS(N, D)
    assert LAW.loss_C_min(D * factor) < LAW.loss_C_min(D)
    assert LAW.loss_C(D * factor) < LAW.loss_C(D)
    assert LAW.critical_batch(2 / factor) > LAW.critical_batch(2)


def test_the_joint_laws_have_the_single_laws_as_limits():
    joint, steps = KAPLAN_2020_ND, KAPLAN_2020_NS
    assert LAW.loss_ND(1e9, math.inf) == pytest.approx((6.4e13 / 1e9) ** 0.076, rel=1e-13)
    assert joint.loss(math.inf, 1e10) == pytest.approx((1.8e13 / 1e10) ** 0.103, rel=1e-14)
    assert joint.loss(math.inf, math.inf) == 0  # no irreducible loss
    assert LAW.loss_NS(1e9, math.inf) == steps.loss(1e9, math.inf) == (6.5e13 / 1e9) ** 0.077
    assert LAW.loss_N(math.inf) == LAW.loss_D(math.inf) == 0


def test_too_small_a_model_never_reaches_the_loss():
    least = (LAW.alpha_S / (LAW.alpha_S + LAW.alpha_N)) ** (1 / LAW.alpha_N)
    assert LAW.size_penalty(least * 0.999) == LAW.step_ratio(least * 0.999) == math.inf
    assert LAW.size_penalty(least * 1.001) < math.inf


def test_200_random_cases_agree_with_40_digit_arithmetic():
    rng = np.random.default_rng(3)
    law, joint, steps = LAW, KAPLAN_2020_ND, KAPLAN_2020_NS
    with mpmath.workdps(40):
        for _ in range(200):
            N, D, C = 10 ** rng.uniform(3, 15), 10 ** rng.uniform(5, 17), 10 ** rng.uniform(8, 40)
            n, d, c = mpmath.mpf(N), mpmath.mpf(D), mpmath.mpf(C) / mpmath.mpf("8.64e19")
            k = 10 ** rng.uniform(-0.3, 2)
            power = mpmath.power
            pairs = [
                (law.loss_N(N), power(law.N_c / n, law.alpha_N)),
                (law.loss_D(D), power(law.D_c / d, law.alpha_D)),
                (law.loss_C(C), power(law.C_c_pf_days / c, law.alpha_C)),
                (law.loss_C_min(C), power(law.C_c_min_pf_days / c, law.alpha_C_min)),
                (
                    law.loss_ND(N, D),
                    power(
                        power(joint.N_c / n, mpmath.mpf(joint.alpha_N) / joint.alpha_D)
                        + joint.D_c / d,
                        joint.alpha_D,
                    ),
                ),
                (
                    law.loss_NS(N, D),
                    power(steps.N_c / n, steps.alpha_N) + power(steps.S_c / d, steps.alpha_S),
                ),
                (law.critical_batch(k), law.B_star / power(k, 1 / mpmath.mpf(law.alpha_B))),
                (law.optimum(C).N, law.N_e * power(c, law.p_N)),
                (law.overfit_tokens(N), law.overfit_k * power(n, law.overfit_p)),
                (
                    law.size_penalty(k),
                    k
                    / power(
                        1 + mpmath.mpf(law.alpha_S) / law.alpha_N * (1 - power(k, -law.alpha_N)),
                        1 / mpmath.mpf(law.alpha_S),
                    ),
                ),
            ]
            for ours, exact in pairs:
                assert abs(ours / exact - 1) < 1e-12


# --- the objects ----------------------------------------------------------------------------


def test_arrays_broadcast_and_scalars_give_python_floats():
    assert LAW.loss_ND([1e8, 1e9, 1e10], [[1e10], [1e11]]).shape == (2, 3)
    assert LAW.optimum([1e20, 1e21]).steps.shape == (2,)
    early = LAW.early_stop([0.1, 0.2], [[0.02], [0.03]])
    assert early.C.shape == (2, 2)
    np.testing.assert_allclose(early.C, early.N * early.steps, rtol=1e-15)
    assert type(early) is EarlyStop
    assert early == LAW.early_stop([0.1, 0.2], [[0.02], [0.03]])
    assert early != LAW.optimum([1e20, 1e21])
    far = LAW.optimum(1e21)
    for value in (LAW.loss_N(1e9), LAW.loss_NS(1e9, 1e4), far.N, far.D, far.batch, far.loss):
        assert type(value) is float


def test_laws_are_frozen_values_whose_text_builds_them_again():
    names = {
        "KaplanLaw": KaplanLaw,
        "KaplanJointLaw": KaplanJointLaw,
        "KaplanStepLaw": KaplanStepLaw,
        "Provenance": Provenance,
    }
    for law in (LAW, KAPLAN_2020_ND, KAPLAN_2020_NS):
        assert eval(repr(law), names) == law
        assert hash(law) == hash(replace(law))
    assert replace(LAW, N_c=8e13) != LAW
    with pytest.raises(FrozenInstanceError):
        LAW.N_c = 1.0


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: replace(LAW, N_c=-1), ValueError, "N_c must be positive, got -1.0"),
        (lambda: replace(LAW, p_S=math.nan), ValueError, "p_S must be positive, got nan"),
        (lambda: replace(LAW, N_e=[1.0]), TypeError, "N_e must be one number"),
        (lambda: replace(KAPLAN_2020_ND, D_c=0), ValueError, "D_c must be positive, got 0.0"),
        (lambda: replace(KAPLAN_2020_NS, S_c="x"), TypeError, "S_c must be a real number"),
        (lambda: LAW.optimum(1e21, at="c"), ValueError, "at must be .* got 'c'"),
    ],
)
def test_bad_constants_are_refused(build, error, words):
    with pytest.raises(error, match=words):
        build()
