"""The lab on designs: a ray, a grid, nine valleys, and recorded runs with sizes left out."""

import itertools
import re

import numpy as np
import pytest
from notebooks import Lab

from scaling_core import fit_isoflop

LAB = Lab("isoflop-design")


@pytest.fixture(scope="module")
def lab():
    """Names, printed text and figures (id, alt, caption) of one run."""
    return LAB.run()


def test_errata_ER62_five_pilots_on_a_ray_do_not_fix_five_constants(lab):
    names = lab[0]
    along = names["along"]
    constants = along.law.k, along.law.p, along.law.E
    assert constants == pytest.approx((13.7, 0.0951, 0.905), rel=4e-3)
    assert np.sum(along.residuals**2) == pytest.approx(0.00100151, abs=5e-9)
    assert names["squares"].min() == pytest.approx(0.00100151, abs=5e-9)  # the same by five
    twins = names["twins"].loss(7e9, 14e12)
    assert (twins.min(), twins.max()) == pytest.approx((1.925, 2.485), abs=5e-4)
    assert names["twins"].loss(70e9, 1.4e12) == pytest.approx([2.174] * 3, abs=5e-4)
    assert names["precise"]["five on a ray"].condition == pytest.approx(5.7e7, rel=5e-3)


def test_errata_ER62_the_sixth_pilot_on_the_ray_does_not_help(lab):
    assert "5 runs: a fit of E, A, alpha, B, beta needs at least 6 runs" in lab[1]
    assert "6 runs: all runs lie on one ray" in lab[1]
    assert "7B on 14T: D must lie on the ray" in lab[1]


def test_errata_ER63_runs_need_spread_in_tokens_per_parameter(lab):
    precise = lab[0]["precise"]
    ray, grid = precise["five on a ray"], precise["3 x 3 grid"]
    assert ray.a_sd == pytest.approx(68, abs=0.5)
    assert ray.loss_sd == pytest.approx(0.71, abs=5e-3)
    assert grid.a_sd == pytest.approx(0.010, abs=5e-4)
    assert grid.condition == pytest.approx(200, abs=1)
    assert lab[0]["spread"] == pytest.approx(0.023, abs=1e-3)  # three numbers, on the ray


def test_nine_budgets_of_seven_sizes_give_the_intervals_of_the_problem(lab):
    printed = lab[1]
    assert "noise 0.005: sd of a 0.0040, N* in [67, 78]B" in printed
    found = re.search(r"noise 0.01: sd of a 0.008\d, N\* in \[(\d+), (\d+)\]B", printed)
    assert [int(end) for end in found.groups()] == pytest.approx([63, 85], abs=1.5)  # 500 draws
    assert "cost 3.57e+22 FLOP, 6.1% of the run" in printed


def test_the_bias_of_a_centred_window_depends_on_its_width(lab):
    bias, law = lab[0]["bias"], lab[0]["believed"]
    found = [bias(law, width) for width in (2, 5, 10, 30)]
    assert found == pytest.approx([0.999, 0.994, 0.988, 0.973], abs=5e-4)


def test_a_constant_offset_leaves_the_exponent_exact_and_a_drift_does_not(lab):
    names = lab[0]
    law, nine = names["believed"], np.array(names["nine"])
    window = 2 * np.geomspace(1 / 5, 5, 7)
    size, spent = np.multiply.outer(law.optimum(nine).N, window).ravel(), np.repeat(nine, 7)
    fit = fit_isoflop(spent, size, law.isoflop(spent, size))
    assert fit.a == pytest.approx(law.a, abs=1e-12)
    assert abs(names["same"].a - law.a) > 0.03


def test_a_dropped_size_is_a_row_that_the_library_did_not_see(lab):
    names = lab[0]
    keep = [0, 1, 3, 4]  # of the plan's five
    columns = [
        (np.full(len(keep), budget), size[keep], loss[keep])
        for budget, (size, loss) in names["plan"].items()
    ]
    fit = fit_isoflop(*map(np.concatenate, zip(*columns, strict=True)))
    place = list(itertools.combinations(range(5), 4)).index(tuple(keep))
    ratio = names["dropped"][4][:, place]
    for row, bottom, moved in zip(fit.table, names["found"], ratio, strict=True):
        assert row.used
        assert row.N_opt == pytest.approx(np.exp(bottom) * moved, rel=1e-6)


def test_the_plan_keeps_five_sizes_with_the_lowest_loss_inside(lab):
    names = lab[0]
    assert len(names["plan"]) == 5
    for budget, (size, loss) in names["plan"].items():
        assert len(size) == 5
        assert loss.min() == names["cells"][budget][1].min()
        assert 0 < loss.argmin() < 4


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


def test_a_caption_says_what_is_simulated_and_what_is_recorded(lab):
    caption = {name: text for name, _, text in lab[2]}
    assert "Simulated" in caption["fig-lab-study-cost"]
    assert "lab_runs.csv" in caption["fig-lab-kept"]


def test_numbers_in_alt_texts_are_those_of_the_runs(lab):
    names, _, figures = lab
    alt = {name: text for name, text, _ in figures}
    ends = names["twins"].loss(7e9, 2000 * 7e9)
    off, seven = names["off"], names["seven"]
    shown = {
        "fig-lab-twins": [f"{loss:.2f}" for loss in ends],
        "fig-lab-singular": [f"{names['singular']['five on a ray'][-1]:.0e}".replace("e-0", "e-")],
        "fig-lab-off-centre": [f"{off['Besiroglu'][-1]:.2f}", f"{off['Hoffmann'][-1]:.2f}"],
        "fig-lab-study-cost": [f"from {100 * seven[0, 1]:.0f}", f"to {100 * seven[-1, 1]:.0f}"],
    }
    for ratios in names["dropped"].values():
        shown.setdefault("fig-lab-kept", []).append(
            f"between {np.nanmin(ratios):.2f} and {np.nanmax(ratios):.2f}"
        )
    for name, values in shown.items():
        for value in values:
            assert value in alt[name]


@pytest.mark.parametrize("number", range(5))
def test_a_solution_prints_what_stands_under_it(lab, number):
    printed = LAB.solved(number, lab[0])
    assert printed.split() == LAB.solutions[number][1].split()


def test_every_task_has_a_closed_solution():
    assert len(LAB.solutions) == LAB.prose.count("<summary>Solution") == 5
    assert "<details open" not in LAB.prose


def test_every_anchor_that_covers_an_item_is_a_heading():
    headings = re.findall(r"^## (.*)$", LAB.prose, re.MULTILINE)
    slugs = {re.sub(r"[^a-z0-9]+", "-", heading.lower()) for heading in headings}
    covered = re.findall(r'^  ([A-Z]\d\d): "#(.*)"$', LAB.prose, re.MULTILINE)
    assert {item for item, _ in covered} == {"C24", "C25", "C26", "C27", "O15"}
    assert {anchor for _, anchor in covered} <= slugs
