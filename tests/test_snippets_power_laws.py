"""What the chapter on power laws shows: its fits, and its pictures as they are drawn."""

from __future__ import annotations

import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from scaling_core import (
    BESIROGLU_2024,
    KAPLAN_2020,
    OffsetPowerLaw,
    fit_offset_power_law,
    fit_power_law,
    twelve_points,
)
from scaling_core.book import figures

SNIPPETS = Path(__file__).parents[1] / "snippets"


@pytest.fixture
def drawn():
    """Draws a snippet in the book's style; gives its axes and {label: (x, y)}."""

    def draw(stem):
        figures.use_style()
        runpy.run_path(str(SNIPPETS / f"{stem}.py"))
        (axes,) = plt.gcf().axes
        curves = {line.get_label(): line.get_data() for line in axes.get_lines()}
        return axes, curves

    with plt.rc_context():
        yield draw
    plt.close("all")


def slopes(curve):
    """Local exponents of a drawn curve, from neighbouring points."""
    x, y = curve
    return -np.diff(np.log(y)) / np.diff(np.log(x))


@pytest.mark.parametrize("stem", ["two_laws", "residuals", "local_slope"])
def test_picture_is_small_and_takes_all_colours_from_the_style(drawn, stem):
    axes, _ = drawn(stem)
    assert figures.draw(axes.figure, stem)["table"]  # raises for foreign colours and big files


def test_two_laws_share_the_points_and_part_beyond_them(drawn):
    _, curves = drawn("two_laws")
    N, L = twelve_points()
    np.testing.assert_array_equal(curves["twelve points"], (N, L))
    line, floor = curves["line, fitted"], curves["with floor, fitted"]
    assert np.abs(line[1] - floor[1]).max() < 0.15  # nats: hard to tell apart among the dots
    far_line, far_floor = curves["line, extrapolated"], curves["with floor, extrapolated"]
    assert far_line[0][-1] == far_floor[0][-1] == pytest.approx(1e12, rel=1e-12)
    ends = far_line[1][-1], far_floor[1][-1]  # the two losses of the answer
    assert ends == pytest.approx((1.684, 2.254), abs=5e-4)


def test_two_laws_draws_a_straight_line_and_a_bending_curve(drawn):
    _, curves = drawn("two_laws")
    assert np.ptp(slopes(curves["line, extrapolated"])) < 1e-9
    N, L = curves["with floor, extrapolated"]
    bend, law = slopes((N, L)), OffsetPowerLaw(2.105, 26.57, 0.1876)  # to the digits of the page
    assert np.all(np.diff(bend) < 0)
    np.testing.assert_allclose(bend, law.p * (1 - law.E / np.sqrt(L[1:] * L[:-1])), rtol=0.01)


def test_two_laws_line_runs_above_the_points_in_the_middle_and_below_them_at_both_ends(drawn):
    _, curves = drawn("residuals")
    signs = np.sign(curves["line"][1])  # point minus fit
    assert list(signs) == [1] * 2 + [-1] * 7 + [1] * 3  # three blocks, as the page says


def test_residuals_of_the_floor_stay_within_a_hundredth_of_a_nat(drawn):
    _, curves = drawn("residuals")
    assert np.abs(curves["with floor"][1]).max() < 0.0105
    assert curves["line"][1][0] == pytest.approx(0.145, abs=0.001)
    rms = {name: np.sqrt(np.mean(y**2)) for name, (_, y) in curves.items() if name[0] != "_"}
    assert rms["line"] / rms["with floor"] == pytest.approx(13.1, abs=0.05)


def test_local_slope_curves_fall_and_cross_kaplan_near_1e20(drawn):
    _, curves = drawn("local_slope")
    _, largest = curves["Kaplan, trained"][0]
    assert largest == pytest.approx(1.05e20, rel=2e-3)
    for name in ("Hoffmann, printed", "Hoffmann, unrounded", "Besiroglu"):
        C, slope = curves[name]
        assert np.all(np.diff(slope) < 0)
        crossing = np.log10(C[np.argmin(np.abs(slope - KAPLAN_2020.alpha_C_min))])
        assert 20 < crossing < 20.4  # printed 20.31, unrounded 20.18, Besiroglu 20.09
        assert largest < 10**crossing < 2 * largest  # just above what Kaplan trained


def test_local_slope_is_the_slope_of_the_frontier_itself(drawn):
    _, curves = drawn("local_slope")
    C, slope = curves["Besiroglu"]
    steps = slopes((C, BESIROGLU_2024.frontier_loss(C)))  # 20 points a decade
    np.testing.assert_allclose(steps, (slope[1:] + slope[:-1]) / 2, rtol=1e-3)


def test_the_twelve_points_choose_the_floor():
    N, L = twelve_points()
    line, bent = fit_power_law(N, L), fit_offset_power_law(N, L)
    far = [1e10, 1e11, 1e12]
    np.testing.assert_allclose(KAPLAN_2020.loss_N(far), [1.994, 1.674, 1.405], atol=5e-4)
    np.testing.assert_allclose(line.law(far), [2.245, 1.945, 1.684], atol=6e-4)
    np.testing.assert_allclose(bent.law(far), [2.459, 2.335, 2.254], atol=5e-4)
    assert bent.law.inverse(2.0) == np.inf
    assert KAPLAN_2020.loss_N(N[-1]) < L[-1] - 0.25  # it does not describe these points
