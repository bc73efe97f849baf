"""The lab on twelve points: it runs, its solutions print what they say, its figures have words."""

import re

import numpy as np
import pytest
from notebooks import Lab

LAB = Lab("fit-published-curves")


@pytest.fixture(scope="module")
def lab():
    """Names, printed text and figures (id, alt, caption) of one run."""
    return LAB.run()


def test_errata_ER01_the_twelve_points_do_not_show_the_exponent_of_kaplan(lab):
    line = lab[0]["line"]
    assert round(-line.law.p, 4) == 0.0624
    assert line.se == pytest.approx(0.0025, abs=5e-5)
    assert line.r_squared == pytest.approx(0.984, abs=5e-4)
    assert (0.076 + line.law.p) / line.se == pytest.approx(5.4, abs=0.1)  # 5.4 standard errors off


def test_errata_ER01_a_law_with_a_floor_describes_them_thirteen_times_better(lab):
    line, bent = lab[0]["line"], lab[0]["bent"]
    assert (round(bent.law.E, 3), round(bent.law.p, 3)) == (2.105, 0.188)
    assert bent.law.k * 1e7**-bent.law.p == pytest.approx(1.292, abs=5e-4)
    assert line.rms / bent.rms == pytest.approx(13, abs=0.5)


@pytest.mark.parametrize(
    ("size", "kaplan", "line", "bent"),
    [(1e10, 1.994, 2.245, 2.459), (1e11, 1.674, 1.945, 2.335), (1e12, 1.405, 1.684, 2.254)],
)
def test_the_three_extrapolations_are_those_of_the_problem(lab, size, kaplan, line, bent):
    names, printed, _ = lab
    losses = [names["KAPLAN_2020"].loss_N(size), names["line"].law(size), names["bent"].law(size)]
    assert losses == pytest.approx([kaplan, line, bent], abs=5e-4)  # three decimals are tabulated
    assert all(f"{loss:.3f}" in printed for loss in losses)


def test_the_profile_finds_the_floor_of_the_fit_by_another_route(lab):
    names = lab[0]
    assert names["lowest"] == pytest.approx(names["bent"].law.E, abs=0.005)  # the grid's step
    assert names["low"] < 2.105 < names["high"]


def test_the_known_truth_is_found_with_a_floor_and_missed_by_the_line(lab):
    _, line, bent, E, _ = lab[0]["worlds"]["floor"]
    assert abs(np.mean(line)) > 50 * abs(np.mean(bent))
    assert abs(np.mean(E) - lab[0]["bent"].law.E) < 3 * np.std(E) / np.sqrt(E.size)  # no bias seen


def test_a_second_run_prints_the_same(lab):
    assert LAB.run()[1] == lab[1]


def test_no_printed_number_has_more_than_four_significant_digits(lab):
    for number in re.findall(r"\d+\.\d+", lab[1]):
        assert len(number.replace(".", "").lstrip("0")) <= 4, number


def test_every_figure_has_its_own_id_and_words_for_those_who_cannot_see_it(lab):
    _, _, figures = lab
    assert len({name for name, _, _ in figures}) == len(figures) == 5
    for name, alt, caption in figures:
        assert name.startswith("fig-lab-")
        assert 40 <= len(alt) <= 400
        assert not re.match(r"(?i)(an? )?(image|figure|chart|plot)", alt)
        assert caption != alt


def test_numbers_in_alt_texts_are_those_of_the_fits(lab):
    names, _, figures = lab
    alt = {name: text for name, text, _ in figures}
    line, bent, N = names["line"], names["bent"], names["N"]
    shown = {
        "fig-lab-residuals": [line.residuals[0], -line.residuals.min(), line.residuals[-1]],
        "fig-lab-profile": [bent.law.E, names["profile"][0]],
        "fig-lab-far": [line.law(1e12), bent.law(1e12), bent.law.E],
        "fig-lab-check": [bent.law.E],
    }
    for name, values in shown.items():
        for value in values:
            assert f"{value:.2f}" in alt[name]
    assert f"{1e12 / N[-1]:.2g}" == "6.7e+02"  # the caption says 670 times


@pytest.mark.parametrize("number", range(4))
def test_a_solution_prints_what_stands_under_it(lab, number):
    printed = LAB.solved(number, lab[0])
    assert printed.split() == LAB.solutions[number][1].split()


def test_every_task_has_a_closed_solution():
    assert len(LAB.solutions) == LAB.prose.count("<summary>Solution") == 4
    assert "<details open" not in LAB.prose
