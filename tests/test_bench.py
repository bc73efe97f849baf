"""The tool behind `make bench`: its yardsticks are right and it says MISS when a bar is missed."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from scaling_core import BESIROGLU_2024
from tests.bench import plain, with_packages, with_scipy
from tests.bench.objective import Objective, law_of, theta_of
from tests.bench.runs import DELTA, simulated
from tests.bench.table import Bar, Row, all_met, as_json, cpu_seconds, faster, markdown, most, shown

RUNS = simulated()


def test_the_runs_are_the_same_every_time_and_look_like_chinchillas():
    N, D, L = RUNS
    assert all(np.array_equal(a, b) for a, b in zip(RUNS, simulated(), strict=True))
    C = 6 * N * D
    assert len(N) == 240
    assert 5.9e18 < C.min() < C.max() < 3.1e21
    assert 1e7 < N.min() < N.max() < 1e11
    residuals = np.log(L) - np.log(BESIROGLU_2024.loss(N, D))
    assert 0.10 < np.mean(np.abs(residuals) < DELTA) < 0.22
    assert np.abs(residuals).max() > 8 * np.median(np.abs(residuals))  # heavy tails


def test_the_objective_is_the_sum_of_hubers_loss_of_log_residuals():
    F, law = Objective.of(*RUNS, DELTA), BESIROGLU_2024
    r = np.log(RUNS[2]) - np.log(law.loss(*RUNS[:2]))
    small, large = r[np.abs(r) <= DELTA], np.abs(r[np.abs(r) > DELTA])
    expected = (small**2 / 2).sum() + (DELTA * (large - DELTA / 2)).sum()
    assert F(theta_of(law)) == pytest.approx(expected, rel=1e-10)
    again = law_of(theta_of(law))
    for name in ("E", "A", "B", "alpha", "beta"):
        assert getattr(again, name) == pytest.approx(getattr(law, name), rel=1e-14)


def test_gradient_and_hessian_are_the_derivatives():
    weights = np.random.default_rng(1).uniform(0, 2, 240)
    F = Objective.of(*RUNS, 0.05, weights)  # few runs near the kink
    theta, h = theta_of(BESIROGLU_2024), 1e-6
    rows = h * np.eye(5)
    slopes = [(F(theta + row) - F(theta - row)) / (2 * h) for row in rows]
    assert F.gradient(theta)[1] == pytest.approx(slopes, rel=1e-6)
    bends = [(F.gradient(theta + r)[1] - F.gradient(theta - r)[1]) / (2 * h) for r in rows]
    assert F.hessian(theta) == pytest.approx(np.array(bends), rel=1e-6)


def test_the_plain_fit_finds_the_minimum_and_its_bootstrap_starts_there():
    F = Objective.of(*RUNS, DELTA)
    theta = plain.fit(F)
    assert F(theta) < F(theta_of(BESIROGLU_2024))
    bumps = np.random.default_rng(2).normal(0, 0.01, (50, 5))
    assert all(F(theta + bump) >= F(theta) for bump in bumps)
    ones, doubled = plain.bootstrap(F, theta, np.array([F.w, 2 * F.w]))
    assert ones == pytest.approx(theta, abs=1e-6) == doubled
    exact = Objective.of(*RUNS[:2], BESIROGLU_2024.loss(*RUNS[:2]), DELTA)
    assert plain.fit(exact) == pytest.approx(theta_of(BESIROGLU_2024), rel=1e-6)


def test_the_grids_are_hoffmanns_4500_starts():
    grid = with_scipy.starts()
    assert grid.shape == (4500, 5)
    assert sorted(set(grid[:, 2])) == [-1, -0.5, 0, 0.5, 1]
    assert sorted(set(grid[:, 0])) == sorted(set(grid[:, 1])) == [0, 5, 10, 15, 20, 25]
    assert sorted(set(grid[:, 3])) == sorted(set(grid[:, 4])) == [0, 0.5, 1, 1.5, 2]
    assert np.prod([len(values) for values in with_packages.GRID.values()]) == 4500
    # chinchilla scales its steps by the range of each axis: a part of the grid must keep it
    for name, values in with_packages.THIN.items():
        assert np.ptp(values) == np.ptp(with_packages.GRID[name])


def test_a_peer_that_scales_its_columns_is_brought_to_plain_units():
    N, D, law = *RUNS[:2], BESIROGLU_2024
    size, tokens = (np.exp(np.log(column).mean()) for column in (N, D))
    scaled = {"E": law.E, "alpha": law.alpha, "beta": law.beta}
    scaled |= {"A": law.A * size**-law.alpha, "B": law.B * tokens**-law.beta}
    plain_law = with_packages.plain_units(scaled, N, D)
    assert plain_law.loss(N, D) == pytest.approx(law.loss(N, D), rel=1e-12)


def test_a_missed_bar_is_seen_and_shown():
    row = Row("fit", "ours", 0.02, "best of 3", 1, 0.0, "a note", [most(0.01, 0.02)])
    peer = Row("fit", "peer", 2.0, times=100.0, bars=[faster(50, 100.0), faster(200, 100.0)])
    absent = Row("fit", "absent", None)
    assert not all_met([row])
    assert not all_met([peer])
    assert all_met([absent, replace(peer, bars=peer.bars[:1])])
    lines = markdown([row, peer, absent]).splitlines()
    assert len({len(line) for line in lines}) == 1  # aligned
    assert "| 20 ms " in lines[2]
    assert "| <= 10 ms " in lines[2]
    assert "| MISS (20 ms) " in lines[2]
    assert "| pass (100 x) " in lines[3]
    assert "| MISS (100 x) " in lines[4]
    assert lines[4].count("2 s") == 0  # the second bar does not repeat the row
    assert len(lines) == 6


def test_the_rows_can_be_kept_as_json():
    bar = Bar("F <= best", "+0e+00", np.float64(1) <= 2)
    kept = json.loads(as_json({"cores": "2"}, [Row("fit", "ours", np.float64(0.5), bars=[bar])]))
    assert kept["machine"] == {"cores": "2"}
    assert kept["rows"][0]["seconds"] == 0.5
    assert kept["rows"][0]["bars"] == [{"wanted": "F <= best", "measured": "+0e+00", "met": True}]


def test_a_bar_is_met_at_its_value():
    assert most(0.01, 0.01).met
    assert faster(30, 30.0).met
    assert not faster(30, 29.99).met
    assert Bar("any", "1", True).met


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(123.4, "123 s"), (1.0, "1 s"), (0.00312, "3.12 ms"), (4.5e-5, "45 us"), (2e-8, "20 ns")],
)
def test_seconds_have_three_digits_and_a_unit(seconds, text):
    assert shown(seconds) == text


def test_the_clock_counts_work_and_not_waiting():
    waited, answer = cpu_seconds(lambda: time.sleep(0.05) or "done", 2)
    assert answer == "done"
    assert waited < 0.04
    worked, _ = cpu_seconds(lambda: sum(range(10**6)))
    assert worked > waited
