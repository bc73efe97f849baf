"""The lab on metrics: a demonstration that fails, one that works, and a jump of the loss."""

import re

import numpy as np
import pytest
from notebooks import Lab

from scaling_core.lab.recorded import recorded

LAB = Lab("metric-illusion")


@pytest.fixture(scope="module")
def lab():
    """Names, printed text and figures (id, alt, caption) of one run."""
    return LAB.run()


def test_errata_ER65_the_demonstration_has_one_chance_for_all_models(lab):
    names = lab[0]
    assert (names["raw"][0], names["raw"][-1]) == pytest.approx((-0.995, -0.259), abs=5e-4)
    assert set(names["p"]) == {0.01}
    assert names["p"][0] ** 5 == pytest.approx(1e-10)


def test_errata_ER65_its_announced_pairs_are_right():
    step = np.array([0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99])
    assert step**5 == pytest.approx([0.002, 0.03, 0.17, 0.33, 0.59, 0.77, 0.95], abs=5e-3)


def test_the_mended_law_gives_what_was_announced(lab):
    toy = lab[0]["toy"]
    N = np.logspace(7, 11, 5)
    assert toy(N) == pytest.approx([0.300, 0.695, 0.896, 0.967, 0.990], abs=6e-4)
    assert toy(N) ** 5 == pytest.approx([0.0024, 0.162, 0.577, 0.847, 0.951], abs=6e-4)
    assert lab[0]["half"] == pytest.approx([2.9e7, 6.4e8, 9.2e9, 5.4e10], rel=0.01)
    assert lab[0]["decades"] == pytest.approx([3.15] * 4, abs=5e-3)


def test_a_test_of_1232_shows_one_success_and_one_of_1231_does_not_with_95_percent(lab):
    rare = 0.3**5
    assert lab[0]["needed"] == 1232
    assert 1 - (1 - rare) ** 1232 >= 0.95 > 1 - (1 - rare) ** 1231


def test_shares_are_whole_numbers_of_places(lab):
    names = lab[0]
    validation = 211_936  # characters that the runs were tested on
    assert names["places"] == len(range(0, validation - 33 + 1, 32))


@pytest.mark.parametrize(
    ("right", "tried", "low", "high"),
    [(0, 8, 0.0, 0.3244), (3, 8, 0.1368, 0.6943), (8, 8, 0.6756, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_wilson_intervals_are_those_of_the_books(lab, right, tried, low, high):
    assert lab[0]["wilson"](right, tried) == pytest.approx((low, high), abs=2e-4)


def test_wilson_ends_solve_the_equation_that_defines_them(lab):
    right, tried, z = 3, 8, 1.96
    for end in lab[0]["wilson"](right, tried, z):
        assert abs(right / tried - end) == pytest.approx(z * (end * (1 - end) / tried) ** 0.5)


def test_the_table_holds_the_means_of_the_rows(lab):
    names, runs = lab[0], recorded("lab_metric.csv")
    here = runs.d == 48
    assert here.sum() == 3
    assert names["loss"][:, -1].mean() == pytest.approx(runs.loss[here].mean())
    metrics = [m for m, chosen in zip(runs.metrics, here, strict=True) if chosen]
    assert names["exact"][8][:, -1].mean() == pytest.approx(np.mean([m["exact8"] for m in metrics]))


def test_solved_means_the_last_of_24_tests_too(lab):
    names, sums = lab[0], recorded("lab_addition.csv")
    assert names["curves"].shape == (24, 24, 4)
    ends = [m["exact"] for m in sums.metrics]
    assert names["right_sums"][:, -1] == pytest.approx(ends)


def test_the_plateau_of_addition_is_the_chance_of_four_digits(lab):
    rng = np.random.default_rng(0)
    terms = rng.integers(10_000, size=(2, 100_000))
    answer = terms.sum(axis=0)[:, None] // 10 ** np.arange(5) % 10
    guessed = [np.bincount(digit, minlength=10) / len(answer) for digit in answer.T[:4]]
    entropy = [-np.sum(p * np.log(p)) for p in guessed]
    assert np.sum(entropy) / 5 == pytest.approx(lab[0]["chance_loss"], abs=2e-3)
    assert (np.mean([p.max() for p in guessed]) * 4 + 1) / 5 == pytest.approx(0.28, abs=5e-3)


def test_no_more_seeds_solve_with_more_parameters(lab):
    sums = recorded("lab_addition.csv")
    right = np.array([m["exact"] for m in sums.metrics])
    shares = [np.mean(right[sums.N == N] >= 0.9) for N in np.unique(sums.N)]
    assert shares == sorted(shares, reverse=True)
    assert not re.search(r"(?i)(solves?|adds?|addition) emerges? with size", LAB.prose)


def test_numbers_in_alt_texts_are_those_of_the_runs(lab):
    names, _, figures = lab
    alt = {name: text for name, text, _ in figures}
    exact, loss = names["exact"], names["loss"]
    ends = [names["accuracy"][:, at].mean() for at in (0, -1)] + [exact[4][:, -1].mean()]
    ends += [*np.exp(-loss.mean(axis=0))[[0, -1]], exact[8][:, -1].mean()]
    for value in ends:
        assert f"{value:.2f}" in alt["fig-lab-four-metrics"]
    assert f"{exact[16][:, 4].mean():.4f}" in alt["fig-lab-four-metrics"]
    for count, d in zip(names["counted"], (8, 16, 32), strict=True):
        assert f"{count} of 8 for width {d}" in alt["fig-lab-addition-share"]
    left = names["tokens"][np.array(names["started"])[:4]]  # width 8 comes first
    assert (left.min(), left.max()) == pytest.approx((193_536, 322_560))


def test_a_second_run_prints_the_same(lab):
    assert LAB.run()[1] == lab[1]


def test_no_printed_number_has_more_than_four_significant_digits(lab):
    for number in re.findall(r"\d+\.\d+", lab[1]):
        assert len(number.replace(".", "").lstrip("0")) <= 4, number


def test_every_figure_has_its_own_id_and_words_for_those_who_cannot_see_it(lab):
    _, _, figures = lab
    assert len({name for name, _, _ in figures}) == len(figures) == 4
    for name, alt, caption in figures:
        assert name.startswith("fig-lab-")
        assert 40 <= len(alt) <= 400
        assert not re.match(r"(?i)(an? )?(image|figure|chart|plot)", alt)
        assert caption != alt
        assert "lab_" in caption  # the recorded file that it shows


@pytest.mark.parametrize("number", range(5))
def test_a_solution_prints_what_stands_under_it(lab, number):
    printed = LAB.solved(number, lab[0])
    assert printed.split() == LAB.solutions[number][1].split()


def test_every_task_has_a_closed_solution():
    assert len(LAB.solutions) == LAB.prose.count("<summary>Solution") == 5
    assert "<details open" not in LAB.prose
