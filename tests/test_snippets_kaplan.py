"""What the chapter on Kaplan et al. 2020 shows: its pictures as drawn, and its derived numbers."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from scaling_core import (
    KAPLAN_2020,
    KAPLAN_2020_PRINTED,
    PF_DAY,
    compute_factor,
    fit_power_law,
    step_factor,
)
from scaling_core.book import figures

SNIPPETS = Path(__file__).parents[1] / "snippets"
LARGEST = 1.5e9  # parameters of the largest model that the paper trained


@pytest.fixture
def drawn():
    """Draws a snippet in the book's style; gives its figure and {label: (x, y)} of all panels."""

    def draw(stem):
        figures.use_style()
        runpy.run_path(str(SNIPPETS / f"{stem}.py"))
        figure = plt.gcf()
        lines = [line for axes in figure.axes for line in axes.get_lines()]
        return figure, {line.get_label(): line.get_data() for line in lines}

    with plt.rc_context():
        yield draw
    plt.close("all")


def exponent(curve):
    return -fit_power_law(*curve).law.p


@pytest.mark.parametrize("stem", ["kaplan_three", "kaplan_d_over_n", "contradiction"])
def test_picture_is_small_and_takes_all_colours_from_the_style(drawn, stem):
    figure, _ = drawn(stem)
    assert figures.draw(figure, stem)["table"]  # raises for foreign colours and big files


def test_kaplan_three_draws_three_straight_lines_over_their_own_ranges(drawn):
    _, curves = drawn("kaplan_three")
    shown = {
        "L(N)": (768, LARGEST, 0.076, 2.30),
        "L(D)": (2.2e7, 2.3e10, 0.095, 2.09),
        "L(C_min)": (2.536e11, 1.051e20, 0.050, 2.63),
    }
    for name, (first, last, slope, loss) in shown.items():
        inside, beyond = curves[f"{name}, trained"], curves[f"{name}, extrapolated"]
        np.testing.assert_allclose(inside[0][[0, -1]], [first, last], rtol=1e-3)
        assert exponent(inside) == pytest.approx(slope, rel=1e-6)
        assert exponent(beyond) == pytest.approx(slope, rel=1e-6)  # nothing bends
        assert inside[1][-1] == pytest.approx(loss, abs=0.005)
        assert beyond[0][0] == pytest.approx(last, rel=1e-3)


def test_kaplan_three_ends_where_the_best_model_was_the_largest_trained(drawn):
    _, curves = drawn("kaplan_three")
    last = curves["L(C_min), trained"][0][-1]
    assert pytest.approx(LARGEST, rel=1e-9) == KAPLAN_2020.optimum(last).N
    assert last / PF_DAY == pytest.approx(1.22, abs=0.005)


def test_kaplan_d_over_n_falls_by_two_thirds_per_decade_in_both_readings(drawn):
    _, curves = drawn("kaplan_d_over_n")
    lower, upper = curves["C is C_min"], curves["C spent at B_crit"]
    for C, ratio in (lower, upper):
        assert np.all(np.diff(ratio) < 0)
        assert exponent((C, ratio)) == pytest.approx(0.46, rel=1e-6)
        np.testing.assert_allclose(ratio[10::10] / ratio[:-10:10], 0.347, atol=5e-4)
    np.testing.assert_allclose(upper[1] / lower[1], 2**1.46, rtol=1e-9)
    np.testing.assert_allclose(lower[1][[0, -1]], [66.3, 0.0399], rtol=2e-3)
    np.testing.assert_allclose(upper[1][[0, -1]], [182.3, 0.110], rtol=2e-3)


def test_gpt3_lies_above_both_lines(drawn):
    figure, curves = drawn("kaplan_d_over_n")
    (dot,) = [line for line in figure.axes[0].get_lines() if line.get_marker() == "o"]
    C, ratio = (float(values[0]) for values in dot.get_data())
    assert (C, ratio) == pytest.approx((3.15e23, 300 / 175))
    for name in ("C is C_min", "C spent at B_crit"):
        assert ratio > 3 * np.interp(np.log(C), np.log(curves[name][0]), curves[name][1])


def test_contradiction_marks_the_meeting_points_of_the_drawn_lines(drawn):
    figure, curves = drawn("contradiction")
    compute = curves["L(C_min), extrapolated"]
    dots = [line for line in figure.axes[0].get_lines() if line.get_marker() == "o"]
    expected = {"Table 6": (1.119e4, 1.668), "Eq. 6.7": (1.064e5, 1.490)}
    for dot, (tokens, (days, loss)) in zip(dots, expected.items(), strict=True):
        x, y = (float(values[0]) for values in dot.get_data())
        assert (x / PF_DAY, y) == pytest.approx((days, loss), rel=1e-3)
        for C, L in (compute, curves[f"L(D), tokens of {tokens}"]):
            assert np.exp(np.interp(np.log(x), np.log(C), np.log(L))) == pytest.approx(y, rel=1e-6)


def test_contradiction_lies_far_beyond_the_sizes_trained_and_uses_the_steeper_line(drawn):
    _, curves = drawn("contradiction")
    seen = curves["L(C_min), sizes trained"]
    allowed = curves["L(D), tokens of Table 6"]
    assert KAPLAN_2020.crossing().C_min > 1000 * seen[0][-1]
    assert exponent(seen) == pytest.approx(0.050, rel=1e-6)
    assert exponent(allowed) == pytest.approx(0.0257, abs=5e-5)  # 0.026 on the page


def test_allocation_table_of_the_page():
    C = 10.0 ** np.arange(19, 26)
    least, spent = KAPLAN_2020.optimum(C).N, KAPLAN_2020.optimum(C, at="C").N
    ratios = [23.0, 7.97, 2.76, 0.958, 0.332, 0.115, 0.0399]
    np.testing.assert_allclose(least[:3], [2.69e8, 1.45e9, 7.77e9], rtol=3e-3)
    np.testing.assert_allclose(spent[2:5], [4.68e9, 25.1e9, 135e9], rtol=3e-3)
    np.testing.assert_allclose(C / (6 * least**2), ratios, rtol=5e-3)
    sizes, tokens = (least[3], spent[3]), (1e22 / (6 * least[3]), 1e22 / (6 * spent[3]))
    assert sizes == pytest.approx((41.7e9, 25.1e9), rel=3e-3)  # the quiz
    assert tokens == pytest.approx((40e9, 66.3e9), rel=3e-3)
    np.testing.assert_allclose(spent / least, 0.5**0.73, rtol=1e-9)


def test_tokens_of_table_6_are_those_of_the_critical_batch():
    law = KAPLAN_2020
    assert 6 * law.N_e * law.D_e / PF_DAY == pytest.approx(1.81, abs=0.005)  # C = 2 C_min
    assert 2 * law.B_e * law.S_e == pytest.approx(law.D_e, rel=0.1)  # twice the fewest steps
    derived = 2 * PF_DAY / (6 * law.N_e)  # what Eq. 6.7 should print
    assert derived == pytest.approx(2.22e10, rel=3e-3)
    assert KAPLAN_2020_PRINTED["D at the critical batch, coefficient"].value > 1.7 * derived


def test_critical_batch_table_and_quiz():
    L = np.array([3.5, 3.0, 2.5, 2.0])
    B_crit = KAPLAN_2020.critical_batch(L)
    np.testing.assert_allclose(B_crit, [5.39e5, 1.12e6, 2.67e6, 7.74e6], rtol=3e-3)
    np.testing.assert_allclose(compute_factor(2**19, B_crit), [1.97, 1.47, 1.20, 1.07], atol=5e-3)
    B, crit = 2**19, float(B_crit[2])
    assert step_factor(B, crit) / step_factor(10 * B, crit) == pytest.approx(4.04, abs=5e-3)
    assert compute_factor(10 * B, crit) / compute_factor(B, crit) == pytest.approx(2.48, abs=5e-3)
    assert 1e20 / compute_factor(B, crit) / PF_DAY == pytest.approx(0.97, abs=5e-3)


def test_early_stop_differs_from_the_paper_by_its_rounding_only():
    early = KAPLAN_2020.early_stop(0.10, 0.02)
    assert 1 / early.steps == pytest.approx(7.5, abs=0.05)  # printed: 7.7
    assert 1 / round(float(early.steps), 2) == pytest.approx(7.7, abs=0.05)
    assert pytest.approx(0.64, abs=5e-3) == 1 - early.C  # printed: 65 %, from 2.7 x 0.13
    assert pytest.approx(0.65, abs=5e-3) == 1 - 2.7 * 0.13


def test_the_fixed_batch_undercuts_the_least_compute_inside_the_measured_range():
    fig13 = replace(
        KAPLAN_2020,
        C_c_min_pf_days=KAPLAN_2020_PRINTED["scale of L(C_min)"].value,
        C_c_pf_days=KAPLAN_2020_PRINTED["scale of L(C)"].value,
    )
    days = np.geomspace(1e-5, 1.2, 2000)
    for law, meet, at_1e23 in (
        (KAPLAN_2020, 0.0102, (1.868, 1.722)),
        (fig13, 0.530, (1.840, 1.744)),
    ):
        undercuts = law.loss_C(days * PF_DAY) < law.loss_C_min(days * PF_DAY)
        assert days[np.argmax(undercuts)] == pytest.approx(meet, rel=0.01)
        assert undercuts[-1]
        assert (law.loss_C_min(1e23), law.loss_C(1e23)) == pytest.approx(at_1e23, abs=5e-4)


def test_exponents_of_table_6_add_up_and_follow_from_the_step_law():
    law = KAPLAN_2020
    assert law.p_N + law.p_B + law.p_S == pytest.approx(1, abs=1e-9)  # C = 6 N B S
    assert law.alpha_C_predicted / law.alpha_N == pytest.approx(0.684, abs=5e-4)  # 0.73 fitted
    N = np.geomspace(1e8, 1e9, 200001)  # one budget: with the batch set by the loss, N S is fixed
    converged = (law.N_c / N) ** law.alpha_N
    steps = (law.S_c / (5e12 / N)) ** law.alpha_S
    best = np.argmin(converged + steps)
    assert 0 < best < N.size - 1
    assert steps[best] / converged[best] == pytest.approx(0.10, abs=1e-3)
