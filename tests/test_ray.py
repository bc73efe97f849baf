"""Runs along one ray: three numbers, an interval, and nothing off the ray."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import steady

from scaling_core import (
    BESIROGLU_2024,
    MUENNIGHOFF_2023,
    FitWarning,
    OffsetPowerLaw,
    fit_offset_power_law,
)
from scaling_core.ray import _Profiles, _refits, fit_along_ray

PILOTS = np.array([10e6, 50e6, 100e6, 500e6, 1e9])  # nominal sizes, 20 tokens per parameter


def pilots(noise=0.0, seed=0):
    L = BESIROGLU_2024.loss(PILOTS, 20 * PILOTS)
    return PILOTS, 20 * PILOTS, L + noise * np.random.default_rng(seed).normal(size=5)


def three():
    return fit_along_ray([1e8, 1e9, 1e10], [2e9, 2e10, 2e11], [3.2, 2.8, 2.5])


# the fit


def test_five_pilots_on_one_ray_predict_70b_on_1_4t():
    fit = fit_along_ray(*pilots())
    assert fit.predict(70e9, 1.4e12) == pytest.approx(1.9743, abs=5e-5)
    assert BESIROGLU_2024.loss(70e9, 1.4e12) == pytest.approx(1.9739, abs=5e-5)
    assert fit.q == pytest.approx(20, rel=1e-14)
    assert fit.ray.p == 1
    assert fit.rms < 1e-4
    assert fit.converged
    assert fit.notes == ()
    assert fit.rtol == 0.05


def test_equal_exponents_are_of_this_very_form():
    law, N = MUENNIGHOFF_2023, np.geomspace(1e7, 1e10, 8)
    fit = fit_along_ray(N, 20 * N, law.loss(N, 20 * N))
    assert fit.law.p == pytest.approx(law.alpha, rel=1e-9)
    floor = fit.law.E
    assert floor == pytest.approx(law.E, rel=1e-9)
    assert fit.law.k == pytest.approx(law.A + law.B * 20**-law.beta, rel=1e-8)


def test_the_law_is_the_one_of_the_fit_with_a_floor():
    N, D, L = pilots(noise=0.01)
    fit, plain = fit_along_ray(N, D, L), fit_offset_power_law(N, L)
    assert fit.law == plain.law
    assert fit.rms == plain.rms
    assert fit.residuals.tolist() == plain.residuals.tolist()
    assert fit.predict([1e9, 1e10]).tolist() == plain.law([1e9, 1e10]).tolist()
    assert fit.N.tolist() == N.tolist()


def test_three_pilots_have_the_closed_form_and_a_note():
    fit = three()
    floor = fit.law.E
    assert floor == pytest.approx(1.6, rel=1e-9)
    assert fit.law.p == pytest.approx(math.log10(4 / 3), rel=1e-9)
    assert fit.predict(1e11) == pytest.approx(2.275, rel=1e-9)
    assert fit.notes == ("three points define E, k and p: nothing is left to judge them by",)


def test_the_runs_are_kept_apart_from_the_callers_array():
    N, D, L = (x.copy() for x in pilots(0.01))
    fit = fit_along_ray(N, D, L)
    before = fit.bootstrap(10).laws
    N[:] = 1
    assert fit.bootstrap(10).laws == before
    assert "N=" not in repr(fit)


def test_doubts_of_the_fit_are_told_where_it_was_called():
    N = np.array([1e6, 1e7, 1e8, 1e9])
    with pytest.warns(FitWarning, match="p = 13 is the end of its range") as caught:
        fit = fit_along_ray(N, 20 * N, [3, 2, 2, 2])
    assert caught[0].filename == __file__
    assert not fit.converged
    assert fit.notes == (str(caught[0].message),)


# the ray


def test_tokens_need_not_be_exactly_on_the_ray():
    N, _, L = pilots()
    D = 20 * N * np.array([1.049, 1, 1 / 1.049, 1, 1])
    assert fit_along_ray(N, D, L).ray.p == 1
    assert fit_along_ray(N, D, L).q == pytest.approx(20, rel=1e-12)
    uneven = 20 * N * np.array([1.02, 1, 1, 1, 1.03])
    assert fit_along_ray(N, uneven, L).q == pytest.approx(20 * (1.02 * 1.03) ** 0.2, rel=1e-12)
    far = 20 * N * np.array([1.07, 1, 1 / 1.07, 1, 1])
    words = r"D must lie on one ray D = q N\^p within a factor 1\.05, got D/N from 18\.69 to 21\.4"
    with pytest.raises(ValueError, match=words):
        fit_along_ray(N, far, L)
    assert fit_along_ray(N, far, L, rtol=0.08).q == pytest.approx(20, rel=1e-12)


def test_a_d_that_is_exactly_the_tolerance_off_is_on_the_ray():
    N = np.array([1e8, 1e9, 1e10, 1e11])
    D = 20 * N * np.array([1.05, 1 / 1.05, 1, 1])
    fit = fit_along_ray(N, D, [3.2, 2.8, 2.5, 2.3])
    assert fit.ray.p == 1
    assert fit.predict(1e9, 21e9) == fit.predict(1e9)


def test_a_ray_may_bend_the_other_way():
    N = np.geomspace(1e7, 1e10, 6)
    D = 1000 * N**0.8
    fit = fit_along_ray(N, D, BESIROGLU_2024.loss(N, D))
    assert fit.ray.p == pytest.approx(0.8, rel=1e-10)


def test_a_bent_ray_is_a_power_of_n():
    N = np.geomspace(1e7, 1e10, 6)
    D = 3 * N**1.2
    fit = fit_along_ray(N, D, BESIROGLU_2024.loss(N, D))
    assert fit.ray.p == pytest.approx(1.2, rel=1e-10)
    assert fit.q == pytest.approx(3, rel=1e-8)
    assert fit.predict(1e11, 3 * 1e11**1.2) == fit.predict(1e11)
    with pytest.raises(ValueError, match=r"on the ray D = 3 N\^1\.2, 4\.755e\+13 at N = 1e\+11, "):
        fit.predict(1e11, 20e11)


def test_a_question_off_the_ray_is_refused():
    fit = fit_along_ray(*pilots())
    words = r"D must lie on the ray D = 20 N, 2e\+11 at N = 1e\+10, got 2\.2e\+11: runs on one ray"
    with pytest.raises(ValueError, match=words):
        fit.predict([1e9, 1e10], [2e10, 2.2e11])
    with pytest.raises(ValueError, match=r"2e\+10 at N = 1e\+09, got 1\.8e\+10"):
        fit.predict(1e9, [2e10, 1.8e10])
    assert fit.predict(1e9, [2e10, 2.09e10]).tolist() == [fit.predict(1e9)] * 2
    assert type(fit.predict(1e9)) is type(fit.predict(1e9, 2e10)) is float
    wide = fit_along_ray(*pilots(), rtol=0.2)
    assert wide.predict(1e10, 2.3e11) == wide.predict(1e10)


@pytest.mark.parametrize(
    ("D", "words"),
    [
        ([1e11, 2e10, 1e10, 2e9, 1e9], r"D must grow with N along a ray, got D as N\^-1: use fit_"),
        ([1e10] * 5, r"got D as N\^\S*: .* fit_offset_power_law\(N, L\) for runs of one D"),
        ([2e8, 1e9, 2e9, 1e10, 4e10], r"D must lie on one ray"),
    ],
)
def test_other_designs_are_sent_elsewhere(D, words):
    with pytest.raises(ValueError, match=words):
        fit_along_ray(PILOTS, D, [3.9, 3.3, 3.1, 2.8, 2.7])


def test_what_no_such_law_can_follow_is_refused_with_the_names():
    N = PILOTS
    words = r"no law along this ray \(x is N, y is L\): y must fall as x grows"
    with pytest.raises(ValueError, match=words):
        fit_along_ray(N, 20 * N, [2, 3, 4, 5, 6])
    with pytest.raises(ValueError, match="N must hold at least 3 different values, got 2"):
        fit_along_ray([1e8, 1e9, 1e9], [2e9, 2e10, 2e10], [3, 2, 2.1])
    with pytest.raises(ValueError, match="N, D and L must have the same length, got 5, 5 and 4"):
        fit_along_ray(N, 20 * N, [4, 3, 2, 1])
    with pytest.raises(ValueError, match=r"rtol must be in \(0, 1\), got 1\.0"):
        fit_along_ray(N, 20 * N, [5, 4, 3, 2, 1.5], rtol=1)


# the interval


def test_the_prediction_scatters_as_stated():
    """Noise of .01 nats: the prediction of 70B on 1.4T has standard deviation .023."""
    predictions = [fit_along_ray(*pilots(0.01, seed)).predict(70e9) for seed in range(300)]
    assert np.std(predictions, ddof=1) == pytest.approx(0.023, rel=0.12)
    draws = fit_along_ray(*pilots()).bootstrap(noise=0.01)
    assert draws.se_of(lambda law: law(70e9)) == pytest.approx(0.0228, rel=0.03)
    assert len(draws.laws) == 4000


def test_three_pilots_of_known_noise_have_an_interval():
    draws = three().bootstrap(noise=0.005)
    assert draws.ci()["E"] == pytest.approx((1.21, 1.84), abs=0.01)
    assert draws.ci_of(lambda law: law(1e11)) == pytest.approx((2.24, 2.31), abs=0.005)
    with pytest.raises(ValueError, match="noise must be given: three runs leave no residual"):
        three().bootstrap()


@pytest.mark.parametrize("noise", [0.002, 0.05, 0.3])
@pytest.mark.parametrize("sizes", [PILOTS, PILOTS[::2], PILOTS[[4, 0, 2, 2, 1]]])
def test_draws_are_the_fits_of_simulated_losses(sizes, noise):
    L = BESIROGLU_2024.loss(sizes, 20 * sizes)
    fit = fit_along_ray(sizes, 20 * sizes, L)
    draws = fit.bootstrap(150, seed=3, noise=noise)
    again = np.asarray(fit.law(sizes)) + noise * np.random.default_rng(3).normal(
        size=(150, sizes.size)
    )
    expected, ends = [], 0
    for losses in again:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FitWarning)
            try:
                one = fit_offset_power_law(sizes, losses)
            except ValueError:
                continue
        expected.append((one.law.E, one.law.p, one.law(1e9)))
        ends += not one.converged
    E, p, at_1b = np.transpose(expected)
    assert draws.failures == 150 - len(expected)
    floors = draws.laws.E
    assert floors == pytest.approx(E, rel=1e-6, abs=1e-6)
    assert draws.laws.p == pytest.approx(p, rel=1e-6)
    assert draws.laws(1e9) == pytest.approx(at_1b, rel=1e-8)
    said = (f"{ends} of 150 draws have p at the end of its range",) if ends else ()
    assert draws.notes == said
    if noise == 0.3:
        assert (E == 0).any()
        assert (draws.failures > 0) == (sizes.size == 3)


@steady
@given(st.integers(0, 10**9))
def test_many_profiles_are_each_the_profile_of_one(seed):
    rng = np.random.default_rng(seed)
    N = np.exp(np.cumsum(rng.uniform(0.5, 2, rng.integers(3, 8))))
    losses = OffsetPowerLaw(2, 3 * N[0] ** 0.3, 0.3)(N) + rng.normal(size=(4, N.size)) * 0.05
    order = rng.permutation(N.size)
    E, k, p, good, at_end = _refits(N[order], losses[:, order])
    for i, row in enumerate(losses):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FitWarning)
            try:
                one = fit_offset_power_law(N, row)
            except ValueError:
                assert not good[i]
                continue
        assert good[i]
        assert at_end[i] != one.converged
        assert (E[i], k[i]) == pytest.approx((one.law.E, one.law.k), rel=1e-5, abs=1e-6)
        assert p[i] == pytest.approx(one.law.p, rel=1e-5)


def test_parts_of_a_long_batch_join_without_a_seam():
    fit = fit_along_ray(*pilots())
    losses = fit.law(PILOTS) + 0.01 * np.random.default_rng(0).normal(size=(3000, 5))
    whole = _refits(PILOTS, losses)
    for i in (0, 999, 1000, 1001, 2999):
        alone = _refits(PILOTS, losses[i : i + 1])
        for many, one in zip(whole, alone, strict=True):
            assert many[i] == pytest.approx(one[0], rel=1e-10)


def test_no_rows_have_no_profiles():
    for part in _Profiles(np.arange(4.0), np.empty((0, 4)), floor=False).best():
        assert part.shape == (0,)


def test_the_noise_of_the_residuals_has_lost_three_constants():
    N, D, L = pilots(0.01, seed=4)
    fit = fit_along_ray(N, D, L)
    noise = math.sqrt(np.sum(fit.residuals**2) / 2)
    assert fit.bootstrap(20, 7).laws == fit.bootstrap(20, 7, noise).laws
    assert fit.bootstrap(20, 7).laws != fit.bootstrap(20, 8).laws
    assert fit.bootstrap(20).laws == fit.bootstrap(20, seed=0).laws
    assert fit.bootstrap(20, 7).seed == 7


@pytest.mark.parametrize(
    ("runs", "least", "most"),
    [(15, 33, 40), (5, 25, 37)],  # of 40: Student's t has 92 % of 15 runs, 81 % of 5
)
def test_intervals_from_residuals_cover(runs, least, most):
    N = np.geomspace(1e7, 1e9, runs)
    L, hits = BESIROGLU_2024.loss(N, 20 * N), 0
    true = fit_along_ray(N, 20 * N, L).predict(70e9)
    for seed in range(40):
        noise = 0.01 * np.random.default_rng(seed).normal(size=runs)
        low, high = fit_along_ray(N, 20 * N, L + noise).bootstrap(200).ci_of(lambda law: law(70e9))
        hits += low <= true <= high
    assert least <= hits <= most


def test_a_coefficient_beyond_float64_is_a_failure():
    N = np.array([1, 1.1, 1.2, 1.3, 1.4]) * 1e25
    L = 2 + (N / N[0]) ** -11.5
    draws = fit_along_ray(N, 20 * N, L).bootstrap(200, noise=0.02)
    assert 0 < draws.failures < 200
    assert np.isfinite(draws.laws.k).all()


def test_losses_below_zero_are_failures():
    fit = fit_along_ray(PILOTS, 20 * PILOTS, 0.01 + (PILOTS / 1e7) ** -0.5)
    losses = np.stack([fit.law(PILOTS), fit.law(PILOTS) - 0.12])
    assert losses[1].min() < 0
    assert _refits(PILOTS, losses)[3].tolist() == [True, False]


def test_units_in_which_everything_is_small_are_as_good():
    N = PILOTS / 1e9  # billions: k is below 1, and so are these losses
    L = (BESIROGLU_2024.loss(PILOTS, 20 * PILOTS) - 1.7) / 5
    fit = fit_along_ray(N, 20 * N, L)
    draws = fit.bootstrap(50, noise=0.001)
    assert np.all(draws.laws.k < 1)
    assert draws.laws.p == pytest.approx(np.full(50, fit.law.p), rel=0.05)
    assert L.max() < 1
    assert draws.failures == 0


def test_two_draws_are_enough():
    assert len(fit_along_ray(*pilots()).bootstrap(2, noise=0.01).laws) == 2


def test_noise_that_drowns_the_law_leaves_no_draws():
    with pytest.raises(ValueError, match=r"only [01] of 2 repeats have a law: noise is too large"):
        three().bootstrap(2, seed=1, noise=1.0)


def test_refusals_of_the_bootstrap_name_argument_and_value():
    fit = three()
    with pytest.raises(ValueError, match=r"noise must be positive, got 0\.0"):
        fit.bootstrap(noise=0)
    with pytest.raises(ValueError, match="n must be a whole number of at least 2, got 1"):
        fit.bootstrap(1, noise=0.01)
    with pytest.raises(ValueError, match="seed must be a whole number of at least 0, got -1"):
        fit.bootstrap(10, -1, noise=0.01)


def test_nothing_is_raised_by_numpy():
    with np.errstate(all="raise"):
        fit = fit_along_ray(*pilots(0.01))
        fit.bootstrap(50, noise=0.5)
        fit.predict(1e11, 2e12)
