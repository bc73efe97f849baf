"""The lab on tiny models: its read-outs are frozen, its answers stay closed until they are due."""

import re
from dataclasses import replace

import numpy as np
import pytest
from notebooks import Lab

from scaling_core.lab import plan
from scaling_core.lab.runs_file import RunsFile, read_runs

LAB = Lab("tiny-scaling-law")
RECORDED = LAB.path.parents[2] / "scaling_core" / "data" / "lab_runs.csv"


@pytest.fixture(scope="module")
def lab():
    """The lab as the site shows it, its live run included."""
    return LAB.run(__name__="__main__")


def thousandths(values):
    """Numbers to three decimals."""
    return [round(float(x), 3) for x in values]


# As they came out of the recorded runs, to three decimals; nothing here was chosen.
READ_OUTS = {
    "a of the vertices": 0.530,
    "a": {"all": 0.530, "central": 0.526, "all, E": 0.529, "central, E": 0.525, "<= 1e11": 0.555},
    "E less the entropy": {
        "all": [-0.153, -0.076, 0.024],
        "central": [-0.046, 0.006, 0.069],
        "all, 1e-3": [-0.164, -0.089, 0.028],
        "central, 1e-3": [-0.054, -0.006, 0.079],
        "C <= 1e11": [-0.136, 0.050, 0.183],
        "order 4": [-0.172, -0.042, 0.088],
        "order 4, central": [-0.060, 0.039, 0.112],
        "order 3": [-0.227, -0.150, -0.068],
        "order 3, central": [-0.150, -0.086, -0.052],
        "order 2": [-0.115, -0.080, -0.051],
        "order 2, central": [-0.087, -0.067, -0.047],
        "quick, seed 100": [-0.157, 0.039, 0.148],
        "quick, seed 101": [-0.586, 0.041, 0.204],
        "quick, seed 102": [-0.298, 0.022, 0.151],
    },
    "slope above E": -0.292,
    "lowest at 3e12": {
        "power law, no floor": 1.226,
        "floor fitted": 1.284,
        "floor known": 1.310,
        "surface, all": 1.309,
        "surface, central": 1.319,
        "measured": 1.303,
    },
}
HELD_OUT = {  # errors of the cells of plan.HELD_OUT, in its order
    "all": [0.004, -0.001, 0.006, 0.004, -0.002],
    "central": [0.001, -0.003, 0.013, 0.012, 0.006],
    "all, E": [0.011, 0.006, 0.024, 0.022, 0.015],
    "central, E": [0.001, -0.003, 0.012, 0.010, 0.005],
    "<= 1e11": [0.040, 0.029, 0.061, 0.057, 0.043],
}


def test_every_loss_of_the_source_is_the_computed_entropy_plus_an_excess(lab):
    names = lab[0]
    for runs in (names["runs"], names["opened"]):
        assert runs.loss - runs.excess == pytest.approx(names["E"], abs=2e-5)  # five decimals
        assert (runs.excess > 0).all()


def test_the_live_run_is_the_recorded_one(lab):
    names = lab[0]
    assert names["live"].loss == pytest.approx(names["before"], abs=0.002)  # other machines round


def test_the_vertices_are_those_of_plain_parabolas_and_inside(lab):
    names = lab[0]
    budget, N, _, loss = names["means"](names["runs"])
    for row in names["valley"].table:
        size, mean = N[budget == row.budget], loss[budget == row.budget]
        middle = int(mean.argmin())
        assert 0 < middle < len(size) - 1  # a minimum at an edge is an error
        first = min(max(middle - 2, 0), len(size) - plan.NEAREST)
        five = slice(first, first + plan.NEAREST)
        bend, tilt, _ = np.polyfit(np.log(size[five]), mean[five], 2)
        assert np.exp(-tilt / (2 * bend)) == pytest.approx(row.N_opt, rel=1e-6)


def test_masks_are_those_of_the_plan_and_hold_nothing_back_from_the_later_files(lab):
    names = lab[0]
    runs, central = names["runs"], names["central"]
    assert len(runs) == len(plan.RECORDED["lab_runs.csv"])
    assert set(runs.seed) == set(plan.SEEDS)
    assert central.N.min() > plan.CENTRAL["N"]
    assert central.steps.min() > plan.CENTRAL["steps"]
    left_out = (plan.CENTRAL["N"] >= runs.N) | (runs.steps <= plan.CENTRAL["steps"])
    assert len(central) == len(runs) - left_out.sum()
    assert names["short"][0].N.size == (runs.budget <= plan.SHORT).sum()


def test_the_answers_are_opened_after_the_predictions():
    opened = LAB.code.index('recorded("lab_holdout.csv")')
    assert LAB.code.index("said = ") < opened
    assert LAB.code.index('print("predicted loss') < opened
    assert "holdout" not in LAB.code[: LAB.code.index("said = ")].replace(
        'mine.group != "holdout"', ""
    )


def test_read_outs_are_frozen(lab):
    names = lab[0]
    found = {
        "a of the vertices": round(names["valley"].a, 3),
        "a": {name: round(pair[0].law.a, 3) for name, pair in names["judges"].items()},
        "E less the entropy": {name: thousandths(ends) for name, ends in names["floor"].items()},
        "slope above E": round(float(names["above"].law.p), 3),
        "lowest at 3e12": dict(
            zip(
                (*names["far"], "measured"),
                thousandths([*names["far"].values(), names["lowest_far"]]),
                strict=True,
            )
        ),
    }
    assert found == READ_OUTS


def test_errors_of_the_held_out_cells_are_frozen_and_all_intervals_hold(lab):
    names = lab[0]
    assert {name: thousandths(found) for name, found in names["errors"].items()} == HELD_OUT
    assert all(found.all() for found in names["hit"].values())


def test_errors_are_predictions_over_means_of_three_seeds(lab):
    names = lab[0]
    opened, law = names["opened"], names["fits"]["all"][0].law
    for place, (budget, d) in enumerate(names["asked"]):
        here = (opened.budget == budget) & (opened.d == d)
        assert here.sum() == len(plan.SEEDS)
        predicted = law.E + law.A * opened.N[here][0] ** -law.alpha
        predicted += law.B * opened.D[here][0] ** -law.beta
        error = predicted / opened.loss[here].mean() - 1
        assert names["errors"]["all"][place] == pytest.approx(error, abs=1e-9)


def test_own_runs_are_laid_over_the_recorded_ones_and_change_nothing_of_them(lab, tmp_path):
    rows = [
        replace(row, config=replace(row.config, group="quick"))
        for row in read_runs(RECORDED)
        if row.config.seed == plan.SEEDS[0]
        and row.config.d in plan.QUICK.get(row.config.budget, ())
    ]
    assert len(rows) == len(plan.quick((0,)))
    own = tmp_path / "lab-quick.csv"
    with RunsFile(own) as file:
        for row in rows:
            file.append(row)
    names, printed, figures = LAB.run(LAB.source.replace('RUNS = ""', f"RUNS = {str(own)!r}"))
    before = [line for line in lab[1].splitlines() if "just now" not in line]
    gone = [line for line in before if line not in printed.splitlines()]
    new = [line for line in printed.splitlines() if line not in lab[1].splitlines()]
    assert all(line.startswith(("seed 100", "14.8K", "above the floor")) for line in gone), gone
    assert all(line.startswith("yours") for line in new), new
    assert len(new) == 2
    assert names["floor"]["yours"] == pytest.approx(names["floor"]["quick, seed 100"])
    assert "yours" in {name: alt for name, alt, _ in figures}["fig-lab-floor"]


def test_a_file_without_a_known_entropy_is_refused(tmp_path):
    own = tmp_path / "lab-text.csv"
    row = read_runs(RECORDED.with_name("lab_text.csv"))[0]
    with RunsFile(own) as file:
        file.append(row)
    with pytest.raises(AssertionError, match="nobody knows"):
        LAB.run(LAB.source.replace('RUNS = ""', f"RUNS = {str(own)!r}"))


def test_no_printed_number_has_more_than_four_significant_digits(lab):
    for number in re.findall(r"\d+\.\d+", lab[1]):
        assert len(number.replace(".", "").lstrip("0")) <= 4, number


def test_every_figure_has_its_own_id_and_words_for_those_who_cannot_see_it(lab):
    _, _, figures = lab
    assert len({name for name, _, _ in figures}) == len(figures) == 6
    for name, alt, caption in figures:
        assert name.startswith("fig-lab-")
        assert 40 <= len(alt) <= 400, (name, len(alt))
        assert not re.match(r"(?i)(an? )?(image|figure|chart|plot)", alt)
        assert "csv" in caption  # says which rows it shows


@pytest.mark.parametrize("number", range(4))
def test_a_solution_prints_what_stands_under_it(lab, number):
    printed = LAB.solved(number, lab[0])
    assert printed.split() == LAB.solutions[number][1].split()


def test_every_task_has_a_closed_solution():
    assert len(LAB.solutions) == LAB.prose.count("<summary>Solution") == 4
    assert "<details open" not in LAB.prose
