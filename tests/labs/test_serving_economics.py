"""The lab on the cheapest life: its numbers are those of the tables, its words those of a run."""

import re

import numpy as np
import pytest
from notebooks import Lab

LAB = Lab("serving-economics")


@pytest.fixture(scope="module")
def lab():
    """Names, printed text and figures (id, alt, caption) of one run."""
    return LAB.run()


def test_errata_ER37_equal_compute_is_not_equal_loss(lab):
    names = lab[0]
    gaps = {"printed": 0.0216, "Hoffmann": 0.0325, "Besiroglu": 0.0572}
    for name, gap in gaps.items():
        law = names["laws"][name]
        assert law.loss(*names["small"]) - law.loss(*names["large"]) == pytest.approx(gap, abs=6e-5)
    assert names["law"].waste(*names["small"]) == pytest.approx(5.74, abs=0.005)
    assert names["floor"] == pytest.approx(1.9987, abs=5e-5)  # 7B on endless text
    walls = [names["wall"][name] / 1e9 for name in ("printed", "Hoffmann", "Besiroglu")]
    assert walls == pytest.approx([2.89, 3.87, 10.69], abs=0.006)


def test_errata_ER38_ten_times_cheaper_to_serve_at_equal_compute_is_right(lab):
    names = lab[0]
    flops = [year.flops for year in names["years"]]
    assert flops == pytest.approx([2.555e24, 2.555e23], rel=1e-12)
    assert names["C"] == pytest.approx(5.88e23, rel=1e-12)


def test_errata_ER39_half_a_trillion_tokens_do_not_outweigh_training(lab):
    names = lab[0]
    text = LAB.solved(1, names)
    assert "3: serving overtakes at 1.4T; 500B tokens cost $210K" in text
    assert "training costs $588K" in text


def test_errata_ER40_a_price_per_flop_has_a_card_a_rent_and_a_batch(lab):
    names, printed, _ = lab
    for price in ("4.45e-18", "1.40e-18", "8.90e-18", "2.07e-18"):
        assert price in printed
    decoding = names["server"].price_per_flop([1, 64], 2)
    assert decoding == pytest.approx([1.66e-16, 2.59e-18], rel=4e-3)


@pytest.mark.parametrize(
    ("served", "name", "N", "D", "saves"),
    [
        (0, "printed", 30.0, 2.74, 16.3),
        (1e12, "Besiroglu", 57.7, 1.73, 1.7),
        (1e13, "Besiroglu", 34.5, 3.75, 26.3),
        (1e13, "Hoffmann", 19.8, 5.44, 47.6),
        (1.825e13, "printed", 13.5, 7.92, 64.0),
        (1.825e13, "Hoffmann", 16.8, 7.20, 57.4),
        (1.825e13, "Besiroglu", 29.9, 5.02, 36.6),
        (5.475e13, "Besiroglu", 23.6, 9.17, 52.9),
        (1e14, "Besiroglu", 21.2, 13.1, 59.5),
    ],
)
def test_errata_ER41_what_over_training_saves_depends_on_the_tokens_served(
    lab, served, name, N, D, saves
):
    names = lab[0]
    law = names["laws"][name]
    best = law.inference_optimum(served, loss=names["goal"](law))
    split = [best.N / 1e9, best.D / 1e12]
    assert split == pytest.approx([N, D], rel=4e-3)  # three digits are tabulated
    assert 100 * names["saved"][name, served] == pytest.approx(saves, abs=0.05)


def test_errata_ER90_the_bill_of_2_555_million_needs_a_thousandth_of_the_price(lab):
    names = lab[0]
    assert names["years"][0].cost(1e-18) == pytest.approx(2.555e6, rel=1e-12)
    assert names["years"][0].cost(1e-15) == pytest.approx(2.555e9, rel=1e-12)


def test_errata_ER91_the_plain_comparison_promises_twice_what_equal_loss_keeps(lab):
    names = lab[0]
    plain = 1 - names["bills"][1] / names["bills"][0]
    assert plain == pytest.approx(0.73, abs=0.005)
    assert names["saved"]["Besiroglu", names["T"]] < plain / 1.9


def test_the_smaller_model_overtakes_the_larger_one_within_months(lab):
    assert "34.5B overtakes 70B after 2.64T tokens, 53 days" in lab[1]


def test_no_other_point_of_the_equal_loss_curve_is_cheaper(lab):
    names = lab[0]
    assert names["curve"].min() >= names["life"] * (1 - 1e-12)


def test_no_forecast_does_better_than_the_right_one(lab):
    for name, days in lab[0]["plans"].items():
        curve = lab[0]["regret"][name]
        assert curve.min() > -1e-9
        assert abs(np.log(lab[0]["days"][curve.argmin()] / days)) < 0.1  # the grid's step


def test_a_second_run_prints_the_same(lab):
    assert LAB.run()[1] == lab[1]


def test_no_printed_number_has_more_than_four_significant_digits(lab):
    text = lab[1].replace("2211.04325", "")  # an address
    for number in re.findall(r"\d+\.\d+", text):
        assert len(number.replace(".", "").lstrip("0")) <= 4, number


def test_every_price_stands_beside_its_date_or_the_word_assumed(lab):
    rows = lab[1].partition("card and price")[2].partition("peaks:")[0].splitlines()[1:]
    assert len(rows) == 6
    assert all("assumed" in row or re.search(r"2026-\d\d-\d\d", row) for row in rows)


def test_every_figure_has_its_own_id_and_words_for_those_who_cannot_see_it(lab):
    _, _, figures = lab
    assert len({name for name, _, _ in figures}) == len(figures) == 4
    for name, alt, caption in figures:
        assert name.startswith("fig-lab-")
        assert 40 <= len(alt) <= 400
        assert not re.match(r"(?i)(an? )?(image|figure|chart|plot)", alt)
        assert caption != alt


def test_numbers_in_alt_texts_are_those_of_the_runs(lab):
    names, _, figures = lab
    alt = {name: text for name, text, _ in figures}
    human, law = names["human"], names["law"]
    spans = names["lives"].values()
    lives = [law.inference_optimum(T, loss=names["goal"](law)).N for T in spans]
    batch = [size for N in names["by_batch"].values() for size in (N[0], N[-1])]
    regret = names["regret"]
    shown = {
        "fig-lab-equal-loss": [human(size) for size in names["wall"].values()],
        "fig-lab-life": [human(size) for size in lives],
        "fig-lab-batch": [human(size, 2) for size in batch],
        "fig-lab-regret": [f"{regret['a month'][-1]:.0f}", f"{regret['three years'][0]:.0f}"],
    }
    for name, values in shown.items():
        for value in values:
            assert value in alt[name]
    assert f"batch {names['knee']:.0f}" in alt["fig-lab-batch"]
    assert regret["a year"][names["days"] > 30].max() < 30


@pytest.mark.parametrize("number", range(5))
def test_a_solution_prints_what_stands_under_it(lab, number):
    printed = LAB.solved(number, lab[0])
    assert printed.split() == LAB.solutions[number][1].split()


def test_every_task_has_a_closed_solution():
    assert len(LAB.solutions) == LAB.prose.count("<summary>Solution") == 5
    assert "<details open" not in LAB.prose
