"""Pilot designs: what linear algebra, and what simulated experiments, say about them."""

import warnings

import numpy as np
import pytest

from scaling_core import (
    BESIROGLU_2024,
    BESIROGLU_2024_SE,
    FitWarning,
)
from scaling_core.fitting import fit_chinchilla
from scaling_core.isoflop import fit_isoflop
from scaling_core.pilot_design import design_grid, design_isoflop
from scaling_core.pilots import HOFFMANN_BUDGETS, simulated_refits, study_pilots
from scaling_core.planning import plan
from scaling_core.ray import fit_along_ray

LAW = BESIROGLU_2024
TARGET = 5.88e23  # FLOP: 70B on 1.4T tokens
NINE = design_isoflop(LAW, HOFFMANN_BUDGETS)
THREE = design_isoflop(LAW, [1e19, 1e20, 1e21])
SIX_ON_A_RAY = design_grid([1e7, 5e7, 1e8, 5e8, 1e9, 5e9], [20])


# --- Studies ------------------------------------------------------------------------------------

WIDE = {"fits": ["isoflop"], "experiments": 4000}


@pytest.mark.parametrize(
    ("noise", "sd", "interval"),
    [(0.005, 0.004, (67e9, 78e9)), (0.01, 0.008, (63e9, 85e9))],
)
def test_nine_budgets_of_seven_sizes_fix_the_exponent_to_under_a_hundredth(noise, sd, interval):
    """The window is a factor five either side; for less than a sixteenth of the large run."""
    study = study_pilots(LAW, NINE, TARGET, noise=noise, **WIDE)
    assert study.isoflop.a_sd == pytest.approx(sd, rel=0.05)
    assert study.isoflop.a_mean == pytest.approx(LAW.a, abs=2e-4)
    assert study.isoflop.N_interval == pytest.approx(interval, rel=0.02)
    assert study.design.flops == pytest.approx(3.57e22, rel=2e-3)
    assert study.cost_share == pytest.approx(study.design.flops / TARGET, rel=1e-15)
    assert (study.isoflop.failures, study.isoflop.doubts, study.refused) == (0, 0, ())
    assert study.surface is None


def test_all_parabolas_at_once_are_those_of_one_experiment_at_a_time():
    """Noise so large that budgets, and whole experiments, are lost."""
    for design, noise in ((THREE, 0.005), (NINE, 0.05), (THREE, 0.08)):
        study = study_pilots(LAW, design, TARGET, noise=noise, experiments=60, fits=["isoflop"])
        found, doubts, failures = [], 0, 0
        for L in design.simulate(LAW, noise, 60):
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always", FitWarning)
                try:
                    law = fit_isoflop(6 * design.N * design.D, design.N, L).law
                except ValueError:
                    failures += 1
                    continue
            doubts += bool(said)
            found.append((law.k, law.p))
        k, p = np.transpose(found)
        np.testing.assert_allclose(study.isoflop.laws.p, p, rtol=1e-9)
        np.testing.assert_allclose(study.isoflop.laws.k, k, rtol=1e-7)
        assert (study.isoflop.doubts, study.isoflop.failures) == (doubts, failures)
        sizes = study.isoflop.laws(TARGET)
        assert study.isoflop.N_interval == pytest.approx(np.quantile(sizes, [0.025, 0.975]))
        assert study.isoflop.a_sd == pytest.approx(np.std(p, ddof=1), rel=1e-9)
        assert study.isoflop.loss_interval is None
    assert failures > 0
    assert doubts > 0


def test_all_surfaces_are_those_of_the_public_fit():
    study = study_pilots(
        LAW, THREE, TARGET, noise=0.01, relative=True, experiments=5, seed=3, delta=0.02, level=0.5
    )
    losses = THREE.simulate(LAW, 0.01, 5, seed=3, relative=True)
    laws = [fit_chinchilla(THREE.N, THREE.D, L, delta=0.02).law for L in losses]
    np.testing.assert_allclose(study.surface.laws.a, [law.a for law in laws], rtol=1e-5)
    sizes = [law.optimum(TARGET).N for law in laws]
    reached = [law.optimum(TARGET).loss for law in laws]
    close = {"rel": 1e-4}  # another start ends at the same minimum to its tolerance
    assert study.surface.N_interval == pytest.approx(np.quantile(sizes, [0.25, 0.75]), **close)
    assert study.surface.loss_interval == pytest.approx(np.quantile(reached, [0.25, 0.75]), **close)
    assert study.surface.a_mean == pytest.approx(np.mean([law.a for law in laws]), **close)
    assert study.surface.a_sd == pytest.approx(np.std([law.a for law in laws], ddof=1), **close)
    assert (study.surface.failures, study.level, study.seed) == (0, 0.5, 3)
    assert study.label == (
        "simulated: 5 refits of 21 runs with a noise of 0.01 of the loss, seed 3"
    )


def test_simulation_agrees_with_linear_algebra_where_that_holds():
    """A Huber delta far above the noise is least squares: the fit reaches the bound."""
    study = study_pilots(LAW, NINE, TARGET, noise=0.002, experiments=200, delta=0.1)
    best = LAW.optimum(TARGET)
    bound = NINE.precision(LAW, 0.002, best.N, best.D)
    sizes, reached = (study.surface.laws.optimum(TARGET).N, study.surface.laws.optimum(TARGET).loss)
    assert study.surface.a_sd == pytest.approx(bound.a_sd, rel=0.15)
    assert np.log(sizes).std() == pytest.approx(bound.log_N_sd, rel=0.15)
    assert reached.std() == pytest.approx(bound.loss_sd, rel=0.2)
    absolute = study_pilots(LAW, NINE, TARGET, noise=0.002, experiments=200, delta=1e-6)
    assert absolute.surface.a_sd > 1.1 * study.surface.a_sd  # pi/2 in variance for medians


def test_pilots_on_a_ray_are_refused_and_three_constants_are_not():
    study = study_pilots(LAW, SIX_ON_A_RAY, TARGET, noise=0.01, experiments=2)
    assert (study.isoflop, study.surface) == (None, None)
    assert [refusal.partition(":")[0] for refusal in study.refused] == ["isoflop", "surface"]
    assert "a line needs two budgets with a minimum, got 0" in study.refused[0]
    assert "ray" in study.refused[1]
    with pytest.raises(ValueError, match=r"these pilots give no surface: .*ray"):
        _ = study.draws
    losses, N, D = SIX_ON_A_RAY.simulate(LAW, 0.01, 200), SIX_ON_A_RAY.N, SIX_ON_A_RAY.D
    on_ray = [fit_along_ray(N, D, L).predict(70e9) for L in losses]
    assert np.mean(on_ray) == pytest.approx(LAW.loss(70e9, 1.4e12), abs=0.01)
    assert np.std(on_ray) < 0.03


def test_a_study_without_surfaces_says_so():
    study = study_pilots(LAW, THREE, TARGET, noise=0.005, experiments=2, fits=["isoflop"])
    with pytest.raises(ValueError, match="these pilots give no surface: none was asked for"):
        _ = study.draws


def test_too_much_noise_for_two_minima_is_refused():
    study = study_pilots(LAW, THREE, TARGET, noise=0.5, experiments=2, fits=["isoflop"], seed=4)
    assert study.isoflop is None
    assert "experiments leave two budgets with a minimum" in study.refused[0]


def test_an_off_centre_window_costs_precision():
    off = design_isoflop(LAW, HOFFMANN_BUDGETS, centre=4)
    good, bad = (
        study_pilots(LAW, design, TARGET, noise=0.01, **WIDE).isoflop for design in (NINE, off)
    )
    assert bad.a_sd > 2 * good.a_sd


def test_arguments_of_a_study_are_checked():
    with pytest.raises(TypeError, match="design must be a PilotDesign, got 3"):
        study_pilots(LAW, 3, TARGET, noise=0.01)
    with pytest.raises(ValueError, match="fits must be some of isoflop, surface, got 'ray'"):
        study_pilots(LAW, THREE, TARGET, noise=0.01, fits=["ray"])


# --- Simulated intervals of published laws ------------------------------------------------------


def test_simulated_refits_have_the_published_error_of_the_exponent():
    draws = simulated_refits(LAW, 300)
    assert np.std(draws.laws.a) == pytest.approx(BESIROGLU_2024_SE["a"].value, rel=0.15)
    assert np.mean(draws.laws.a) == pytest.approx(LAW.a, abs=0.005)
    assert draws.label == "simulated: 300 refits of 243 runs with a noise of 0.027 nats, seed 0"


def test_simulated_intervals_reach_a_plan_with_their_label():
    draws = simulated_refits(LAW, 20, seed=1)
    (row,) = plan(1e23, ["BESIROGLU_2024"], draws={"BESIROGLU_2024": draws})
    assert row.interval == draws.label
    assert row.N_interval[0] < row.N < row.N_interval[1]
    assert row.loss_interval[0] < row.loss < row.loss_interval[1]
