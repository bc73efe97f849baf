"""What the chapter on Hoffmann's law shows: its pictures as they are drawn."""

from __future__ import annotations

import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from scaling_core import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    HOFFMANN_2022_PRINTED,
    RULE_OF_20,
    fit_power_law,
    models,
)
from scaling_core.book import figures

SNIPPETS = Path(__file__).parents[1] / "snippets"
NINE = [6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21]  # FLOP, Hoffmann Fig. 3


@pytest.fixture
def drawn():
    """Draws a snippet in the book's style; gives its axes, {label: (x, y)} and its names."""

    def draw(stem):
        figures.use_style()
        names = runpy.run_path(str(SNIPPETS / f"{stem}.py"))
        (axes,) = plt.gcf().axes
        curves = {line.get_label(): line.get_data() for line in axes.get_lines()}
        return axes, curves, names

    with plt.rc_context():
        yield draw
    plt.close("all")


@pytest.mark.parametrize("stem", ["nd_vs_c", "isoflop", "surface", "missize"])
def test_picture_is_small_and_takes_all_colours_from_the_style(drawn, stem):
    axes, _, _ = drawn(stem)
    assert figures.draw(axes.figure, stem)["table"]  # raises for foreign colours and big files


def test_nd_vs_c_draws_two_pairs_of_straight_lines(drawn):
    _, curves, _ = drawn("nd_vs_c")
    ends = {"Hoffmann, unrounded": (18.1e9, 918e9), "Besiroglu": (29.4e9, 566e9)}
    for name, law in (("Hoffmann, unrounded", HOFFMANN_2022), ("Besiroglu", BESIROGLU_2024)):
        (C, N), (_, D) = curves[f"N*, {name}"], curves[f"D*, {name}"]
        np.testing.assert_allclose(6 * N * D, C, rtol=1e-12)
        assert np.ptp(np.diff(np.log(N)) / np.diff(np.log(C))) < 1e-9
        assert np.diff(np.log(N))[0] / np.diff(np.log(C))[0] == pytest.approx(law.a, rel=1e-9)
        assert pytest.approx(ends[name], rel=4e-3) == (N[-1], D[-1])
        assert 15 < np.min(D / N) < np.max(D / N) < 51
    assert C[-1] == pytest.approx(1e23, rel=1e-12)


def test_nd_vs_c_lines_cross_inside_the_budgets_compared(drawn):
    _, curves, _ = drawn("nd_vs_c")
    C, gap = curves["N*, Besiroglu"][0], np.log(curves["N*, Besiroglu"][1])
    gap = gap - np.log(curves["N*, Hoffmann, unrounded"][1])
    low, high = BESIROGLU_2024.source.range
    assert low < C[np.argmin(np.abs(gap))] < high
    assert np.all(np.diff(gap) > 0)  # one crossing, then they part


def test_isoflop_runs_scatter_around_the_law_by_the_noise_it_names(drawn):
    axes, _, names = drawn("isoflop")
    np.testing.assert_allclose(names["nine"], NINE, rtol=1e-12)
    runs = [line.get_data() for line in axes.get_lines() if line.get_marker() == "o"]
    law = BESIROGLU_2024
    off = [L - law.isoflop(C, N) for C, (N, L) in zip(NINE, runs, strict=True)]
    assert np.shape(off) == (9, 7)
    assert 0.004 < np.std(off) < 0.006


def test_isoflop_minima_follow_the_law_and_reach_the_answer(drawn):
    _, curves, names = drawn("isoflop")
    best = BESIROGLU_2024.optimum(NINE).N
    np.testing.assert_allclose(names["minima"], best, rtol=0.05)
    again = fit_power_law(NINE, names["minima"]).law
    assert again.p == pytest.approx(0.512, abs=5e-4)
    assert again(1e23) == pytest.approx(29.1e9, rel=2e-3)
    line = names["valley_line"]
    assert (line.p, line(1e23)) == pytest.approx((again.p, again(1e23)), rel=1e-12)
    N, L = curves["Besiroglu, best size of each budget"]
    assert np.all(np.diff(N) > 0)
    assert np.all(np.diff(L) < 0)
    assert N[-1] == pytest.approx(29.4e9, rel=2e-3)


def test_isoflop_spread_of_many_draws_holds_the_law_and_the_draw_shown(drawn):
    _, _, names = drawn("isoflop")
    law, shown = BESIROGLU_2024, names["valley_line"]
    for (low, high), true, one in (
        (names["exponents"], law.a, shown.p),
        (names["at_1e23"], law.optimum(1e23).N, shown(1e23)),
    ):
        assert low < true < high
        assert low < one < high
    assert np.ptp(names["exponents"]) == pytest.approx(0.015, abs=0.002)
    outside = [
        not names["exponents"][0] < line.p < names["exponents"][1] for line in names["others"]
    ]
    assert np.mean(outside) == pytest.approx(0.05, abs=0.01)


def test_surface_budgets_touch_their_contours_only_at_the_best_split(drawn):
    axes, curves, names = drawn("surface")
    N, D = curves["best split, Besiroglu"]
    np.testing.assert_allclose(BESIROGLU_2024.optimum(6 * N * D).N, N, rtol=1e-9)
    contours = axes.collections[0].get_paths()
    assert len(contours) == len(names["steps"]) == 4
    for C, path in zip(names["steps"][::-1], contours, strict=True):  # highest loss last
        size, text = path.vertices.T
        spent = 6 * size * text / C
        assert spent.min() == pytest.approx(1, abs=0.01)  # touches the line and stays above it
        cheapest = size[np.argmin(spent)]
        assert cheapest == pytest.approx(BESIROGLU_2024.optimum(C).N, rel=0.25)


def test_surface_shows_chinchilla_on_the_line_and_the_older_models_to_its_right(drawn):
    axes, _, _ = drawn("surface")
    squares = [line.get_xydata()[0] for line in axes.get_lines() if line.get_marker() == "s"]
    assert len(squares) == 3
    for (N, D), name in zip(squares, ("GPT-3", "Gopher", "Chinchilla"), strict=True):
        model = models()[name]
        assert (model.params_total, model.tokens) == (N, D)
        too_large = N / BESIROGLU_2024.optimum(6 * N * D).N
        assert too_large == pytest.approx(1, abs=0.05) if name == "Chinchilla" else too_large > 3


def test_missize_is_flat_at_the_bottom_and_steep_outside(drawn):
    _, curves, _ = drawn("missize")
    for name, law in (("Besiroglu", BESIROGLU_2024), ("Hoffmann, unrounded", HOFFMANN_2022)):
        k, wasted = curves[name]
        assert wasted[np.argmin(np.abs(k - 1))] == pytest.approx(1, abs=1e-9)
        assert wasted[(k > 0.5) & (k < 2)].max() < 1.2  # "less than a fifth"
        C = 1e22  # any budget: the penalty is that of the loss itself
        best = law.optimum(C)
        spent = C / law.compute_for(law.loss(k * best.N, best.D / k))
        np.testing.assert_allclose(wasted, spent, rtol=1e-9)
    ends = BESIROGLU_2024.size_penalty([0.1, 0.5, 2, 10])
    np.testing.assert_allclose(ends, [5.42, 1.18, 1.19, 5.65], atol=5e-3)


def test_the_printed_constants_draw_the_same_valley_as_the_unrounded():
    k = np.geomspace(0.1, 10, 81)
    difference = HOFFMANN_2022.size_penalty(k) / HOFFMANN_2022_PRINTED.size_penalty(k) - 1
    assert np.abs(difference).max() == pytest.approx(0.014, abs=5e-4)


def test_the_rule_is_nearly_free_only_by_besiroglus_law():
    C = np.logspace(17, 26, 10)
    ruled = RULE_OF_20.optimum(C)
    extra = {
        law: (law.waste(ruled.N, ruled.D) - 1).max()
        for law in (BESIROGLU_2024, HOFFMANN_2022, HOFFMANN_2022_PRINTED)
    }
    np.testing.assert_allclose(list(extra.values()), [0.009, 0.195, 0.362], atol=5e-4)
