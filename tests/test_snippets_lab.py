"""The data card's tables, and the simulation of the lab's intervals, on made-up runs."""

from dataclasses import replace

import numpy as np
import pytest

from scaling_core import ChinchillaLaw
from scaling_core.lab import Run, plan
from scaling_core.lab.recorded import Runs
from scaling_core.lab.runs import COLUMNS
from snippets import lab_data_card
from snippets.lab_coverage import FORMS, STUDIES, Coverage, Design, central, designs, simulated

LAW = ChinchillaLaw(E=1.13561, A=48, alpha=0.53, B=700, beta=0.57)


def made_up(noise=0.0, misfit=0.0, seed=0, law=LAW):
    """The runs of the ladder, with losses of a law, errors of seeds and errors of cells."""
    rng = np.random.default_rng(seed)
    by_cell, runs = {}, []
    for config in plan.RECORDED["lab_runs.csv"]:
        cell = by_cell.setdefault((config.budget, config.d), misfit * rng.standard_normal())
        exact = law.loss(config.N, config.tokens)
        loss = float(exact * np.exp(cell + noise * rng.standard_normal()))
        runs.append(Run(config, "ok", loss, loss - law.E, loss, loss, 1.0))
    return Runs.of(runs)


def test_the_card_explains_every_column_every_file_and_every_case():
    assert tuple(lab_data_card.WRONG) == FORMS
    assert list(lab_data_card.MEANINGS) == list(COLUMNS)
    assert set(lab_data_card.QUESTIONS) == set(plan.RECORDED)


def test_deviations_are_those_of_the_seeds_of_a_cell():
    runs = made_up(noise=0.01)
    by_cell = lab_data_card.deviations(runs)
    here = (runs.budget == 1e11) & (runs.d == 24)
    assert by_cell[1e11, 24] == pytest.approx(np.std(runs.loss[here], ddof=1))
    assert len(by_cell) == 34
    assert lab_data_card.pooled([3.0, 4.0]) == pytest.approx(12.5**0.5)


def test_the_design_separates_seeds_from_form():
    exact = Design.of(made_up(), LAW.E)
    assert np.abs(exact.noise).max() < 1e-5  # losses are recorded with five decimals
    assert np.abs(exact.misfit).max() < 1e-4
    assert exact.law.a == pytest.approx(LAW.a, abs=1e-3)
    noisy = Design.of(made_up(noise=0.01, misfit=0.03), LAW.E)
    assert noisy.law.E == LAW.E
    assert noisy.noise.std() == pytest.approx(0.01, rel=0.2)
    assert noisy.misfit.std() == pytest.approx(0.03, rel=0.3)
    assert noisy.misfit.mean() == pytest.approx(0, abs=1e-12)


def test_a_simulated_study_has_the_errors_that_it_is_given():
    design = Design.of(made_up(noise=0.01, misfit=0.03), LAW.E)
    exact = design.law.loss(design.N, design.D)
    rng = np.random.default_rng(1)
    sd, misfit = design.noise.std(), design.misfit.std()
    for form in FORMS:
        errors = np.log([design.losses(rng, form) / exact for _ in range(60)])
        means = np.array([np.bincount(design.cell, error) / 3 for error in errors])
        within = errors - means[:, design.cell]
        assert within.std() == pytest.approx(sd * (2 / 3) ** 0.5, rel=0.05)
        of_form = 0 if form == "exact" else misfit
        assert means.std() == pytest.approx((sd**2 / 3 + of_form**2) ** 0.5, rel=0.05)
    with pytest.raises(ValueError, match="form must be one of exact, cells, budgets, got 'none'"):
        design.losses(np.random.default_rng(1), "none")


def test_noise_is_that_of_the_budget_and_misfits_keep_their_neighbours():
    design = Design.of(made_up(noise=0.01, misfit=0.03), LAW.E)
    exact = design.law.loss(design.N, design.D)
    error = np.log(design.losses(np.random.default_rng(1), "exact") / exact)
    silent = replace(design, noise=0 * design.noise)
    moved = np.log(silent.losses(np.random.default_rng(1), "budgets") / exact)
    signs = set()
    for C in set(design.budget):
        here = design.budget == C
        assert np.isin(np.round(error[here], 9), np.round(design.noise[here], 9)).all()
        sign = np.round(moved[here] / design.misfit[design.cell[here]], 6)
        assert len(set(sign)) == 1
        signs |= set(sign)
    assert signs == {-1, 1}
    cells = np.log(silent.losses(np.random.default_rng(1), "cells") / exact)
    assert np.isin(np.round(cells, 9), np.round(design.misfit, 9)).all()


def test_coverage_counts_the_intervals_that_hold_the_truth():
    ends = {"E": [[1.0, 1.2], [1.1, 1.3], [1.2, 1.3]], "a": [[0.4, 0.5], [0.5, 0.6], [0.5, 0.9]]}
    law = replace(LAW, E=1.1, alpha=0.4, beta=0.6)  # a = 0.6
    found = Coverage.of({name: np.array(rows) for name, rows in ends.items()}, law)
    assert (found.studies, found.E, found.a) == (3, 2, 2)
    assert (found.width_E, found.width_a) == pytest.approx((0.2, 0.1))


def test_intervals_hold_the_truth_about_as_often_as_they_say_where_the_form_is_right():
    design = Design.of(made_up(noise=0.005), LAW.E)
    found = design.intervals("exact", studies=12, resamples=60)
    again = design.intervals("exact", studies=3, resamples=60)
    np.testing.assert_array_equal(again["E"], found["E"][:3])
    other = design.intervals("exact", studies=3, resamples=60, seed=1)
    assert not np.array_equal(other["E"], again["E"])
    counted = Coverage.of(found, design.law)
    assert 8 <= counted.E <= 12
    assert 8 <= counted.a <= 12
    wrong = replace(design, misfit=np.resize([0.03, -0.03], 34)).intervals("cells", 12, 60)
    assert Coverage.of(wrong, design.law).width_E > 2 * counted.width_E


@pytest.mark.parametrize("mask", ["all", "central"])
def test_the_recorded_simulation_is_the_one_of_the_recorded_runs(mask):
    recorded, design = simulated(), designs()[mask]
    assert set(recorded) == {(name, form) for name in designs() for form in FORMS}
    for form in FORMS:
        again = design.intervals(form, studies=3)
        for name, ends in again.items():
            assert recorded[mask, form][name].shape == (STUDIES, 2)
            np.testing.assert_allclose(recorded[mask, form][name][:3], ends, atol=1e-4)


def test_a_share_has_the_interval_of_wilson():
    """Ends are the shares that lie 1.96 of their own deviations away from the one found."""
    found = Coverage(40, E=36, a=40, width_E=0.1, width_a=0.1)
    p, low, high = found.share("E")
    assert p == 0.9
    for end in (low, high):
        assert abs(p - end) == pytest.approx(1.96 * (end * (1 - end) / 40) ** 0.5)
    assert low < p < high < 1
    assert found.share("a")[1:] == pytest.approx((40 / (40 + 1.96**2), 1))
    assert lab_data_card.share(found, "E") == "36 of 40 (77 to 96%)"


def test_neighbours_are_alike_where_their_misfits_have_one_sign():
    design = Design.of(made_up(), LAW.E)
    assert lab_data_card.alike(replace(design, misfit=np.full(34, -0.01))) == 1
    rank = {cell: i for i, (_, _, cell) in enumerate(
        sorted(set(zip(design.budget, design.N, design.cell, strict=True)))
    )}  # fmt: skip
    changing = np.array([(-1.0) ** rank[cell] for cell in range(34)])
    assert lab_data_card.alike(replace(design, misfit=changing)) == 0
    one = changing * np.where([rank[cell] == 1 for cell in range(34)], -1, 1)
    assert lab_data_card.alike(replace(design, misfit=one)) == pytest.approx(2 / 29)


def test_a_design_without_seeds_is_refused():
    runs = made_up()
    with pytest.raises(ValueError, match="at least two seeds of every cell"):
        Design.of(runs.where(runs.seed == 100), LAW.E)


def test_the_central_mask_is_the_plans():
    runs = made_up()
    kept = central(runs)
    assert kept.N.min() > 1500
    assert kept.steps.min() > 200
    assert len(kept) == sum(N > 1500 and s > 200 for N, s in zip(runs.N, runs.steps, strict=True))
