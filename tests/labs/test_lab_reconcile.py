"""The lab on 0.73 against 0.50: by law, and on recorded runs that are counted and read anew."""

import re

import numpy as np
import pytest
from notebooks import Lab

from scaling_core import BESIROGLU_2024, PORIAN_2024, fit_chinchilla, fit_isoflop
from scaling_core.lab import Shape
from scaling_core.lab.plan import CENTRAL, DELTA
from scaling_core.lab.recorded import recorded

LAB = Lab("reconcile")


@pytest.fixture(scope="module")
def lab():
    """Names, printed text and figures (id, alt, caption) of one run."""
    return LAB.run()


def test_both_optima_stop_short_of_convergence(lab):
    names, printed, _ = lab
    law = BESIROGLU_2024
    N = law.optimum(1e21).N
    stop = law.B * law.optimum(1e21).D ** -law.beta / (law.E + law.A * N**-law.alpha)
    assert f"{stop:.0%} at" not in printed.splitlines()[0]
    assert f", {stop:.0%}, " in printed  # the middle one of three budgets
    assert names["kaplan_stop"] == pytest.approx(0.077 / 0.76)


def test_the_ladder_is_that_of_Porian_et_al(lab):
    assert lab[0]["ladder"]["RefinedWeb"] == [0.835, 0.706, 0.602, 0.571, 0.497]
    assert lab[0]["ladder"]["OpenWebText2"] == [0.864, 0.699, 0.603, 0.574, 0.518]
    for table in PORIAN_2024.values():
        assert {row.source.source for row in table.values()} == {"porian2024resolving"}


def test_errata_ER09_ER10_counting_over_Kaplans_sizes_shows_three_quarters(lab):
    slopes = lab[0]["slopes"][768]
    assert slopes == pytest.approx([0.746, 0.750, 0.788], abs=5e-4)
    assert not re.search(
        r"(?i)kaplan[^.]*(because|since)[^.]*(converge|compute was not)", LAB.prose
    )


@pytest.mark.parametrize(("share", "a"), [(0, 0.513), (0.25, 0.587), (0.5, 0.630), (1, 0.682)])
def test_the_toy_of_the_warm_up_agrees_with_a_search(lab, share, a):
    names, law = lab[0], BESIROGLU_2024
    wasted = share * 3000 * 2**19
    found = []
    grid = np.linspace(*names["grid"][[0, -1]], 40)
    for C in np.exp(grid):
        N = np.geomspace(1e6, 1e11, 20_000)
        taught = C / (6 * N) - wasted
        losses = law.loss(N, np.maximum(taught, 1))
        found.append(np.log(N[losses.argmin()]))
    slope = np.polyfit(grid, found, 1)[0]
    assert names["exponent_with_waste"](law, wasted) == pytest.approx(slope, abs=2e-3)
    assert slope == pytest.approx(a, abs=2e-3)


def test_the_four_counts_are_those_of_the_shapes():
    runs = recorded("lab_runs.csv")
    names = {}
    for d in np.unique(runs.d):
        shape, here = Shape(32, int(d)), runs.d == d
        assert set(runs.N[here] + runs.n_emb[here]) == {shape.N + 32 * d}
        assert set(runs.n_body[here]) == {shape.N - 32 * d}
        assert np.allclose(runs.flops_exec[here] / runs.D[here], shape.flop_per_token)
        names[d] = shape
    assert len(names) == 11


def test_the_differences_between_counts_keep_their_sign_whichever_cell_is_left_out(lab):
    names, runs = lab[0], recorded("lab_runs.csv")
    central = (CENTRAL["N"] < runs.N) & (runs.steps > CENTRAL["steps"])
    cells = names["cells"]
    for left_out in np.unique(cells[central])[::4]:
        chosen = central & (cells != left_out)
        a = {
            count: fit_chinchilla(
                size[chosen], runs.D[chosen], runs.loss[chosen], delta=DELTA
            ).law.a
            for count, size in names["counts"].items()
        }
        assert a["all parameters"] < a["body and head"] < a["body only"], left_out


def test_resamples_are_paired(lab):
    names = lab[0]
    for mask in names["masks"]:
        wide = np.std(names["draws"][mask, "body only"])
        paired = np.std(names["draws"][mask, "body only"] - names["draws"][mask, "body and head"])
        assert paired < wide / 3


def test_bottoms_of_the_valleys_are_those_of_the_library(lab):
    names = lab[0]
    one = names["one"]
    places = np.concatenate(names["five"])
    for losses in names["by_rate"]:
        fit = fit_isoflop(one.budget[places], one.N[places], losses[places])
        if all(row.used for row in fit.table):
            assert np.exp(names["bottoms"](losses)) == pytest.approx([r.N_opt for r in fit.table])
            assert names["exponent"](names["bottoms"](losses)) == pytest.approx(fit.a)


def test_each_cell_has_three_rates_of_one_seed(lab):
    names = lab[0]
    assert names["by_rate"].shape == (3, 34)
    other = recorded("lab_lr.csv")
    assert set(other.seed) == {100}
    row = np.flatnonzero((other.budget == 1e10) & (other.d == 16) & (other.lr > 0.03))
    at = np.flatnonzero((names["one"].budget == 1e10) & (names["one"].d == 16))
    assert names["by_rate"][2, at] == other.loss[row]


def test_readings_on_the_way_end_where_the_run_ends(lab):
    read = lab[0]["read"]
    assert read["read on the way"][:, -1] == pytest.approx(read["matched decay"][:, -1], abs=2e-5)
    assert all(values.shape == (2, 5) for values in read.values())
    assert (read["read on the way"][:, :-1] > read["matched decay"][:, :-1]).all()


def test_a_factor_that_does_not_depend_on_the_place_moves_no_exponent(lab):
    names = lab[0]
    same = names["exponent_read"](np.full(5, 1.3))
    assert same == pytest.approx(names["by_size"].a, abs=0.02)  # the floor of the fit is not E
    falling = names["exponent_read"](names["passed"] ** -0.1)  # dearer early, by a pure power
    assert falling == pytest.approx(same, abs=0.03)  # shifts all sizes alike


def test_the_entropy_stands_in_every_row(lab):
    runs = recorded("lab_runs.csv")
    assert runs.loss - runs.excess == pytest.approx(np.full(len(runs), lab[0]["E"]), abs=2e-5)


def test_numbers_in_alt_texts_are_those_of_the_runs(lab):
    names, _, figures = lab
    alt = {name: text for name, text, _ in figures}
    recounted = names["recounted"]
    for count, shown in (("all parameters", 0.012), ("body only", 0.014), ("executed FLOP", 0.03)):
        assert f"{shown}" in alt["fig-lab-counts"]
        found = np.mean([abs(recounted[mask, count][0]) for mask in names["masks"]])
        assert found == pytest.approx(shown, abs=1e-3)
    against = names["by_rate"] - names["one"].loss
    assert f"{against[0].max():.2f}" in alt["fig-lab-rates"]
    assert f"{-against[2].min():.2f}" in alt["fig-lab-rates"]
    assert f"{against[2].max():.2f}" in alt["fig-lab-rates"]
    matched, read = (names["read"][x].mean(axis=0) for x in ("matched decay", "read on the way"))
    later = [names["read"][x].mean(axis=0)[-1] for x in ("constant rate", "a third of it")]
    for value in (matched[0], matched[-1], *later):
        assert f"{value:.2f}" in alt["fig-lab-schedules"], value
    penalty = 100 * (read / matched - 1)[:-1]
    assert f"{penalty.min():.0f} to {penalty.max():.0f} percent" in alt["fig-lab-schedules"]
    assert names["one"].steps.min() == 126
    assert names["one"].steps.max() == pytest.approx(24_000, rel=0.02)


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
        assert "lab_" in caption or name in [
            "fig-lab-local-exponent"
        ]  # the recorded file that it shows


@pytest.mark.parametrize("number", range(5))
def test_a_solution_prints_what_stands_under_it(lab, number):
    printed = LAB.solved(number, lab[0])
    assert printed.split() == LAB.solutions[number][1].split()


def test_every_task_has_a_closed_solution():
    assert len(LAB.solutions) == LAB.prose.count("<summary>Solution") == 5
    assert "<details open" not in LAB.prose
