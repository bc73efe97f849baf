"""The lab on repeated and noisy data: worth of a pass, memory, and break-even noise."""

import re

import numpy as np
import pytest
from notebooks import Lab

from scaling_core import effective_epochs
from scaling_core.lab import RunConfig, ShannonSource
from scaling_core.lab.exam import Lessons
from scaling_core.lab.recorded import recorded

LAB = Lab("repeated-data")


@pytest.fixture(scope="module")
def lab():
    """Names, printed text and figures (id, alt, caption) of one run."""
    return LAB.run()


def test_the_floor_is_that_of_the_ladder_and_known_without_any_run(lab):
    H = lab[0]["source"].ladder
    assert lab[0]["floor"] == pytest.approx(1.2119, abs=5e-5)
    assert lab[0]["floor"] == pytest.approx(H[4] + (H[1] + H[2] + H[3] - 3 * H[4]) / 32)


def test_the_luck_of_the_sample_is_taken_on_the_characters_of_the_run(lab):
    source, unique = lab[0]["source"], int(lab[0]["unique"])
    config = RunConfig("epochs", "shannon", 48, 32 * unique, 0.01, 101, unique_tokens=unique)
    data = Lessons(config, source).data
    total, count = 0.0, 0
    for row in data[:200]:
        for at in range(4, 33):
            context = source.context(row[at - 4 : at][None])
            total -= np.log(source.rows(context)[0, row[at]])
            count += 1
    text = source.sample(unique // 32, 33, 2, 101)
    assert (text == data).all()
    assert total / count == pytest.approx(source.E, abs=0.05)
    assert all(abs(x) < 0.015 for x in lab[0]["luck"])


def test_the_table_holds_the_rows(lab):
    names, runs = lab[0], recorded("lab_epochs.csv")
    assert len(runs) == 33
    here = (runs.seed == 101) & (runs.epochs == 8)
    assert names["repeated"][1, 3] == runs.excess[here].item()
    fresh = (runs.seed == 101) & (runs.epochs == 1) & (runs.D == 8 * 51_200)
    assert names["fresh"][1, 3] == runs.excess[fresh].item()
    assert (names["fresh"][:, 0] == names["repeated"][:, 0]).all()  # one pass is one pass


def test_fresh_runs_are_worth_their_own_passes(lab):
    names = lab[0]
    for curve in names["fresh"]:
        assert names["worth"](curve, curve) == pytest.approx(names["passes"])


@pytest.mark.parametrize("R", [3.0, 15.4])
def test_the_fit_of_R_finds_the_R_of_a_law(lab, R):
    names = lab[0]
    for last in (4, 16, 32):
        value = effective_epochs(names["passes"], R)
        assert names["fitted_R"](value, last) == pytest.approx(R, rel=0.01)


def test_the_published_value_of_repetition_is_Muennighoffs(lab):
    assert lab[0]["R_published"] == pytest.approx(15.387756)


def test_break_even_lies_where_the_two_texts_are_equal(lab):
    names = lab[0]
    assert names["break_even"](0.5, [0.4, 0.45, 0.5, 0.6, 0.7]) == pytest.approx(0.1)
    assert names["break_even"](0.55, [0.4, 0.45, 0.5, 0.6, 0.7]) == pytest.approx(0.15)
    quality = recorded("lab_quality.csv")
    assert len(quality) == 54
    assert list(names["noises"]) == [0, 0.05, 0.1, 0.2, 0.4]
    clean = quality.excess[(quality.D == 99_840) & (quality.seed == 102)].item()
    assert names["clean"][1, 2] == clean


def test_a_clean_character_is_worth_itself(lab):
    names = lab[0]
    assert names["worth_noisy"][:, 0] == pytest.approx(1)
    assert 10 * names["ten"] == pytest.approx(
        names["mean_value"][3] ** (1 - np.log2(10 / 8)) * names["mean_value"][4] ** np.log2(10 / 8)
    )


def test_more_data_make_the_same_noise_worse(lab):
    limit = lab[0]["limit"]
    assert (np.diff(limit, axis=0) < 0).all()  # for each seed


def test_numbers_in_alt_texts_are_those_of_the_runs(lab):
    names, _, figures = lab
    alt = {name: text for name, text, _ in figures}
    fresh, repeated = names["fresh"].mean(axis=0), names["repeated"].mean(axis=0)
    shown = {
        "fig-lab-epochs": [fresh[0], fresh[-1], repeated[4], repeated[-1]],
        "fig-lab-memory": [
            names["floor"],
            names["training"][False][:, 0].mean(),
            names["training"][False][:, -1].mean(),
            names["training"][True][:, -1].mean(),
        ],
    }
    for name, values in shown.items():
        for value in values:
            assert f"{value:.2f}" in alt[name], (name, value)
    for value in (*names["mean_value"][3:], effective_epochs(32)):
        assert f"{value:.1f}" in alt["fig-lab-worth"], value
    assert f"{effective_epochs(32, names['R'][16][0]):.1f}" in alt["fig-lab-worth"]
    for share in names["limit"].mean(axis=1):
        assert f"{100 * share:.0f}" in alt["fig-lab-quality"]


def test_a_second_run_prints_the_same(lab, monkeypatch):
    monkeypatch.setattr(ShannonSource, "load", lambda: lab[0]["source"])  # seconds of work
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
