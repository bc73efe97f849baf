"""Designs of pilots, and what linear algebra says about them."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from strategies import laws, powers_of_ten, steady

from scaling_core import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    ChinchillaLaw,
)
from scaling_core.pilot_design import PilotDesign, design_grid, design_isoflop

LAW = BESIROGLU_2024
THREE = design_isoflop(LAW, [1e19, 1e20, 1e21])
FIVE_ON_A_RAY = design_grid([1e7, 5e7, 1e8, 5e8, 1e9], [20])


# --- Designs ------------------------------------------------------------------------------------


def test_an_isoflop_design_surrounds_the_optimum_of_each_budget():
    design = design_isoflop(LAW, [1e19, 1e21], sizes=5, width=4, centre=2)
    N, D = design.N.reshape(2, 5), design.D.reshape(2, 5)
    np.testing.assert_allclose(6 * N * D, [[1e19] * 5, [1e21] * 5], rtol=1e-13)
    best = LAW.optimum([1e19, 1e21]).N[:, None]
    np.testing.assert_allclose(N / best, [[0.5, 1, 2, 4, 8]] * 2, rtol=1e-13)
    assert len(design) == 10
    assert design.flops == pytest.approx(5 * (1e19 + 1e21), rel=1e-13)


def test_the_defaults_are_seven_sizes_over_a_factor_five_either_side():
    explicit = design_isoflop(LAW, [1e19, 1e20, 1e21], sizes=7, width=5.0, centre=1.0)
    assert explicit == THREE
    assert THREE.N[6] / THREE.N[0] == pytest.approx(25, rel=1e-12)


def test_three_sizes_make_a_valley():
    assert len(design_isoflop(LAW, [1e19], sizes=3)) == 3


def test_a_law_with_another_price_of_a_token_keeps_its_budgets():
    law = ChinchillaLaw(1.8, 480.0, 2100.0, 0.35, 0.36, flops_per_param_token=3.0)
    design = design_isoflop(law, [1e20])
    np.testing.assert_allclose(3 * design.N * design.D, 1e20, rtol=1e-13)


def test_a_grid_is_every_size_with_every_ratio():
    design = design_grid([1e7, 1e8], [4, 20, 100])
    assert design.N.tolist() == [1e7, 1e7, 1e7, 1e8, 1e8, 1e8]
    np.testing.assert_allclose(design.D / design.N, [4, 20, 100] * 2, rtol=1e-15)
    assert design.flops == pytest.approx(6 * 124 * (1e14 + 1e16), rel=1e-14)


def test_a_design_keeps_copies_that_nobody_can_change():
    N, D = np.array([1e8, 1e9]), np.array([2e9, 2e10])
    design = PilotDesign(N, D)
    N[0] = 7
    assert design.N[0] == 1e8
    with pytest.raises(ValueError, match="read-only"):
        design.D[0] = 1
    assert design == PilotDesign([1e8, 1e9], [2e9, 2e10])


# --- Precision ----------------------------------------------------------------------------------


def test_five_pilots_on_a_ray_leave_the_exponent_open():
    """Five runs at D = 20 N and noise .01: an exponent of .5 +- 68, 70B/1.4T to .7 nats."""
    ray = FIVE_ON_A_RAY.precision(LAW, 0.01, 70e9, 1.4e12)
    assert ray.a_sd == pytest.approx(68, abs=0.5)
    assert ray.loss_sd == pytest.approx(0.71, abs=0.005)
    assert ray.condition == pytest.approx(5.7e7, rel=0.01)


def test_nine_pilots_on_a_grid_do_not():
    grid = design_grid([1e7, 1e8, 1e9], [4, 20, 100]).precision(LAW, 0.01, 70e9, 1.4e12)
    assert grid.condition == pytest.approx(200, rel=0.01)
    assert grid.a_sd == pytest.approx(0.010, abs=5e-4)
    assert grid.loss_sd < 0.02


def exact_precision(law, design, noise, N, D, relative):
    """The same three standard deviations at 40 digits, by the covariance matrix itself."""
    with mpmath.workdps(40):
        E, A, B, alpha, beta = map(mpmath.mpf, (law.E, law.A, law.B, law.alpha, law.beta))

        def gradient(n, d):
            n, d = mpmath.mpf(n), mpmath.mpf(d)
            model, data = A * n**-alpha, B * d**-beta
            row = [1, model, -model * mpmath.log(n), data, -data * mpmath.log(d)]
            return row, E + model + data

        rows = []
        for n, d in zip(design.N.tolist(), design.D.tolist(), strict=True):
            row, loss = gradient(n, d)
            rows.append([x / loss for x in row] if relative else row)
        J = mpmath.matrix(rows)
        covariance = (J.T * J) ** -1 * mpmath.mpf(noise) ** 2

        def exponent(a, b):
            return b / (a + b)

        def log_N(ln_A, a, ln_B, b):
            ln_G = (mpmath.log(a / b) + ln_A - ln_B) / (a + b)
            return ln_G + b / (a + b) * mpmath.log(mpmath.mpf(N) * mpmath.mpf(D))

        def derivative(function, point, i):
            return mpmath.diff(lambda x: function(*point[:i], x, *point[i + 1 :]), point[i])

        point = [mpmath.log(A), alpha, mpmath.log(B), beta]
        both = [derivative(exponent, [alpha, beta], i) for i in range(2)]
        wanted = [
            [0, 0, both[0], 0, both[1]],
            [0, *(derivative(log_N, point, i) for i in range(4))],
            gradient(N, D)[0],
        ]
        sds = []
        for w in wanted:
            v = mpmath.matrix(w)
            sds.append(float(mpmath.sqrt((v.T * covariance * v)[0])))
        return sds


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("law", [BESIROGLU_2024, HOFFMANN_2022])
def test_precision_is_that_of_the_covariance_matrix(law, relative):
    for design in (design_grid([1e7, 1e8, 1e9], [4, 20, 100]), THREE, FIVE_ON_A_RAY):
        mine = design.precision(law, 0.007, 60e9, 2e12, relative=relative)
        theirs = exact_precision(law, design, 0.007, 60e9, 2e12, relative)
        tolerance = 1e-3 if design is FIVE_ON_A_RAY else 1e-7  # times the condition number
        assert [mine.a_sd, mine.log_N_sd, mine.loss_sd] == pytest.approx(theirs, rel=tolerance)


@steady
@given(laws, powers_of_ten(-4, -1))
def test_precision_scales_with_the_noise_and_with_more_of_the_same_runs(law, noise):
    design = design_grid([1e7, 1e8, 1e9], [4, 20, 100])
    twice = PilotDesign(np.tile(design.N, 4), np.tile(design.D, 4))
    one = design.precision(law, noise, 1e10, 2e11)
    if not math.isfinite(one.a_sd) or one.condition > 1e5:
        return
    for name in ("a_sd", "log_N_sd", "loss_sd"):
        louder = design.precision(law, 3 * noise, 1e10, 2e11)
        assert getattr(louder, name) == pytest.approx(3 * getattr(one, name), rel=1e-6)
        four = twice.precision(law, noise, 1e10, 2e11)
        assert getattr(four, name) == pytest.approx(getattr(one, name) / 2, rel=1e-6)


def test_fewer_runs_than_constants_leave_everything_open():
    few = design_grid([1e7, 1e8], [4, 20]).precision(LAW, 0.01, 1e10, 2e11)
    same = design_grid([1e8], [20] * 9).precision(LAW, 0.01, 1e10, 2e11)
    for open_ in (few, same):
        numbers = (open_.condition, open_.a_sd, open_.log_N_sd, open_.loss_sd)
        assert numbers == (math.inf,) * 4


# --- Simulated losses ---------------------------------------------------------------------------


def test_losses_scatter_around_the_law_as_asked():
    exact = LAW.loss(THREE.N, THREE.D)
    nats = THREE.simulate(LAW, 0.01, n=4000, seed=5)
    assert nats.shape == (4000, 21)
    assert (nats - exact).std() == pytest.approx(0.01, rel=0.02)
    assert (nats - exact).mean() == pytest.approx(0, abs=2e-4)
    logs = np.log(THREE.simulate(LAW, 0.01, n=4000, seed=5, relative=True) / exact)
    np.testing.assert_allclose(logs, nats - exact, atol=1e-12)  # the same numbers, in logs
    assert np.array_equal(nats, THREE.simulate(LAW, 0.01, n=4000, seed=5))
    assert not np.array_equal(nats[:9], THREE.simulate(LAW, 0.01, n=9, seed=6))
    assert np.array_equal(THREE.simulate(LAW, 0.01, 3), THREE.simulate(LAW, 0.01, 3, seed=0))


def test_noise_that_makes_a_loss_negative_is_refused():
    with pytest.raises(ValueError, match=r"noise must leave every loss positive, got 2\.0"):
        THREE.simulate(LAW, 2, n=100)
    assert THREE.simulate(LAW, 2, n=100, relative=True).min() > 0


def test_arguments_of_a_design_are_checked():
    with pytest.raises(ValueError, match="width must be above 1, got 1"):
        design_isoflop(LAW, [1e20], width=1)
    many = ChinchillaLaw(1.8, 480.0, 2100.0, [0.34, 0.35], 0.36)
    for call in (
        lambda law: design_isoflop(law, [1e20]),
        lambda law: THREE.simulate(law, 0.01, 2),
        lambda law: THREE.precision(law, 0.01, 1e10, 1e11),
    ):
        with pytest.raises(ValueError, match=r"law must be one law, got a batch of shape \(2,\)"):
            call(many)
        with pytest.raises(TypeError, match="law must be a ChinchillaLaw, got 'x'"):
            call("x")
