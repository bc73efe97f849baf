"""The report on a file of runs: what it fits, what it says of it, and that it is whole or absent.

The runs are made up from a law that is known, on the cells of the plan and a source whose entropy
takes no time to compute, so every number of the page can be worked out here.
"""

import os
import re
import resource
import shutil
import warnings
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from lxml import html
from playwright.sync_api import sync_playwright

from lab.shared import shannon
from scaling_core import ChinchillaLaw, FitWarning, fit_chinchilla, fit_isoflop, human
from scaling_core.lab import Run, RunConfig, _report_fits, _report_recorded, plan
from scaling_core.lab.__main__ import main
from scaling_core.lab._runs_text import HEADER, encoded
from scaling_core.lab.report import ReportError, report
from scaling_core.lab.runs_file import RunsFileError

K = 2
E = shannon(K).E
AXE = Path(__file__).parents[2] / ".cache" / "axe" / "axe.min.js"


@pytest.fixture(autouse=True)
def _quick(monkeypatch, tmp_path):
    """Few simulated studies, and no recorded runs but those of the test."""
    monkeypatch.setattr(_report_fits, "STUDIES", 1)
    monkeypatch.setattr(plan, "RESAMPLES", 200)
    monkeypatch.setattr(_report_recorded, "DATA", tmp_path / "data")


def law(floor=E):
    return ChinchillaLaw(floor, A=38, B=180, alpha=0.5, beta=0.53)


def made(configs, surface=None, sd=0.004, seed=0):
    """Runs of these configurations with the losses of a law, scattered."""
    surface, rng, runs = surface or law(), np.random.default_rng(seed), []
    for config in configs:
        c = replace(config, k=K)
        loss = round(float(surface.loss(c.N, c.tokens) * np.exp(sd * rng.normal())), 5)
        runs.append(Run(c, "ok", loss, round(loss - E, 5), loss, loss, 1.5))
    return runs


def file_of(runs, path):
    path.write_bytes(HEADER + b"".join(encoded(run.row().values()) for run in runs))
    return path


def page_of(runs, folder):
    return html.parse(report(file_of(runs, folder / "runs.csv"), folder / "a.html")).getroot()


def rows(page, caption, place=0):
    """The cells of the table whose caption begins so, by the first cell of each row."""
    found = page.xpath(f"//table[starts-with(normalize-space(caption), '{caption}')]")
    lines = [[cell.text_content() for cell in row] for row in found[place].xpath("tbody/tr")]
    return {line[0]: line[1:] for line in lines}


def words(page):
    return " ".join(page.find("body").text_content().split())


def cells_of(runs):
    return [f"{run.config.budget:g} {run.config.d}" for run in runs]


def fitted(runs):
    N, D, L = zip(*((run.config.N, run.config.tokens, run.loss) for run in runs), strict=True)
    return fit_chinchilla(N, D, L, delta=plan.DELTA)


def central(runs):
    return [run for run in runs if run.config.N > 1500 and run.config.steps > 200]


@pytest.mark.parametrize(("rise", "grade"), [(0.0, "held"), (0.15, "missed")])
def test_the_floor_is_graded_against_the_entropy_of_the_source(rise, grade, tmp_path):
    runs = made(plan.full((1, 2))[:66], law(E + rise))
    page = page_of(runs, tmp_path)
    table = rows(page, "Surface")
    for place, group in enumerate((runs, central(runs))):
        fit = fitted(group)
        low, high = fit.bootstrap(plan.RESAMPLES, groups=cells_of(group)).ci_of(lambda one: one.E)
        assert table["E"][place] == f"{fit.law.E:.3f} [{low:.3f}, {high:.3f}]"
        assert table["error of E"][place] == f"{fit.law.E - E:+.3f}".replace("-", "−")
        assert table["the interval"][place] == grade
    assert pytest.approx(rise, abs=0.05) == fit.law.E - E  # the law that the runs were made of
    first = words(page).split("What was run")[0]
    assert first.count(grade) == 2
    assert f"computed {E:.5f}" in first
    assert table["E, computed"] == [f"{E:.5f}"] * 2
    assert len(runs) > len(central(runs)) > 20


def test_other_constants_and_the_exponent_are_those_of_the_fit(tmp_path):
    runs = made(plan.quick((1,)))
    fit = fitted(runs)
    draws = fit.bootstrap(plan.RESAMPLES, groups=cells_of(runs))
    low, high = draws.ci_of(lambda one: one.beta / (one.alpha + one.beta))
    table = rows(page_of(runs, tmp_path), "Surface")
    a = fit.law.beta / (fit.law.alpha + fit.law.beta)
    assert table["a = β/(α + β)"][0] == f"{a:.3f} [{low:.3f}, {high:.3f}]"
    assert table["α"][0].startswith(f"{fit.law.alpha:.3f} [")
    assert table["B"][0].startswith(f"{fit.law.B:.3g} [")


def test_held_out_runs_are_predicted_and_in_no_fit(tmp_path):
    runs = made(plan.full((1, 2)))
    kept = [run for run in runs if run.config.group == "iso"]
    held = [run for run in runs if run.config.group == "holdout"]
    off = [replace(run, loss=run.loss + 0.3, excess=run.excess + 0.3) for run in held]
    near, far = page_of(kept + held, tmp_path), page_of(kept + off, tmp_path)
    assert rows(near, "Surface") == rows(far, "Surface") == rows(page_of(kept, tmp_path), "Surface")
    lines = near.xpath("//table[starts-with(caption, 'Predictions of the surface of all')]//tr[td]")
    fit = fitted(kept)
    assert len(lines) == 5
    for line in lines:
        C, d, n, measured, predicted, interval, error, percent, verdict = (
            cell.text_content() for cell in line
        )
        cell = [run for run in held if f"{run.config.d}" == d and run.config.budget == float(C)]
        mean = np.mean([run.loss for run in cell])
        loss = fit.law.loss(cell[0].config.N, cell[0].config.tokens)
        low, high = map(float, interval.strip("[]").split(","))
        assert (n, measured, predicted) == ("2", f"{mean:.4f}", f"{loss:.4f}")
        assert error == f"{loss - mean:+.4f}".replace("-", "−")
        assert float(percent.replace("−", "-")) == pytest.approx(100 * (loss / mean - 1), abs=0.06)
        assert verdict == ("held" if low <= mean <= high else "missed")
    assert rows(far, "Predictions of the surface of all")["3e12"][-1] == "missed"
    assert "0 of 5 intervals" in words(far)


def test_rows_that_ask_another_question_change_no_fit_and_are_listed_with_the_reason(tmp_path):
    runs = made(plan.quick((1,)))
    lost = Run(replace(runs[0].config, seed=9), "diverged", *[np.nan] * 4, 0.1)
    text = [Run(c, "ok", 2.0, np.nan, 2.0, 2.0, 1.0) for c in plan.text((1,))]
    others = [lost, *text, *made(plan.epochs((1,)) + plan.rates((1,)), law(3.0))]
    noisy = made([replace(run.config, noise=0.1, seed=5) for run in runs[:2]], law(3.0))
    page = page_of(runs + others + noisy, tmp_path)
    assert rows(page, "Surface") == rows(page_of(runs, tmp_path), "Surface")
    left = page.xpath("//table[starts-with(caption, 'Runs that are in no fit')]//tr[td]")
    listed = [[cell.text_content() for cell in row] for row in left]
    assert [line[:2] for line in listed] == [
        ["epochs", "11"], ["lr", "68"], ["quick", "1"], ["quick", "2"], ["text", "14"],
    ]  # fmt: skip
    assert "entropy of a text is not known" in listed[-1][2]
    assert list(rows(page, "Diverged")) == [lost.config.run_id]


def test_the_best_sizes_come_from_five_sizes_around_the_lowest_mean(tmp_path):
    runs = made(plan.full((1, 2, 3))[:102], sd=0.002)
    page = page_of([run for run in runs if run.config.group == "iso"], tmp_path)
    near = []
    for budget in plan.LADDER:
        sizes = sorted({run.config.N for run in runs if run.config.budget == budget})
        means = [
            np.mean([r.loss for r in runs if (r.config.budget, r.config.N) == (budget, N)])
            for N in sizes
        ]
        first = min(max(int(np.argmin(means)) - 2, 0), len(sizes) - 5)
        near += [(budget, N, L) for N, L in zip(sizes, means, strict=True)][first : first + 5]
    fit = fit_isoflop(*zip(*near, strict=True))
    table = rows(page, "Budgets")
    for row in fit.table:
        line = table[f"{row.budget:.0e}".replace("+", "")]
        assert line[3] == human(row.N_opt)
        assert float(line[4]) == pytest.approx(row.budget / 6 / row.N_opt**2, rel=0.01)
        assert line[5:] == [f"{row.L_min:.4f}", f"{row.L_min - E:.4f}", "yes"]
    low, high = fit.bootstrap(plan.RESAMPLES).ci_of(lambda line: line.p)
    assert f"a = {fit.a:.3f}, 95 % bootstrap interval [{low:.3f}, {high:.3f}]" in words(page)


def test_a_budget_whose_lowest_loss_is_at_an_edge_is_said_to_have_no_minimum(tmp_path):
    runs = [run for run in made(plan.full((1,))[:34], sd=0) if run.config.group == "iso"]
    small = [r for r in runs if r.config.budget != 1e12 or r.config.d <= 48]  # left arm alone
    page = page_of(small, tmp_path)
    assert rows(page, "Budgets")["1e12"][3:] == ["–", "–", "–", "–", "no"]
    assert "outside the sizes" in words(page)


def drawings(page):
    return [ElementTree.fromstring(html.tostring(svg, encoding="unicode"))
            for svg in page.iter("svg")]  # fmt: skip


def place_of(ticks, value):
    """Where a value belongs, by the labels of the axis: at least three of them lie on a line."""
    slope, start = np.polyfit(*zip(*ticks, strict=True), 1)
    assert len(ticks) >= 3
    return start + slope * value


def test_points_and_vertices_are_drawn_where_the_axes_say(tmp_path):
    runs = made(plan.quick((1,)))
    page = page_of(runs, tmp_path)
    svg, _ = drawings(page)
    texts = [(float(t.get("x", 0)), float(t.get("y", 0)), t.text) for t in svg.iter("text")]
    across = [(np.log(1e3 * float(t[:-1])), x) for x, _, t in texts if re.fullmatch(r"\d+K", t)]
    up = [(float(t), y - 4) for _, y, t in texts if re.fullmatch(r"\d(\.\d)?", t)]
    dots = {(float(c.get("cx")), float(c.get("cy"))) for c in svg.iter("circle")}
    want = {(place_of(across, np.log(run.config.N)), place_of(up, run.loss)) for run in runs}
    assert len(dots) == len(runs) == 15
    for x, y in want:
        assert min(abs(x - a) + abs(y - b) for a, b in dots) < 0.3
    best = [p.get("d") for p in svg.iter("path")]
    sizes = [line[3] for line in rows(page, "Budgets").values()]
    assert len(list(svg.iter("polyline"))) == len(best) == 3
    for d, size in zip(best, sizes, strict=True):
        x = float(re.match(r"M([\d.]+)", d)[1])
        assert x == pytest.approx(place_of(across, np.log(1e3 * float(size[:-1]))), abs=0.5)
    assert f"{sizes[0]} parameters" in svg.get("aria-label")


def test_the_floors_are_drawn_where_the_axis_says(tmp_path):
    page = page_of(made(plan.quick((1,))), tmp_path)
    _, svg = drawings(page)
    texts = [(float(t.get("x")), t.text) for t in svg.iter("text")]
    ticks = [(float(t), x) for x, t in texts if re.fullmatch(r"\d(\.\d+)?", t)]
    values = [float(cell.split()[0]) for cell in rows(page, "Surface")["E"]]
    drawn = [float(dot.get("cx")) for dot in svg.iter("circle")]
    assert drawn == pytest.approx([place_of(ticks, value) for value in values], abs=1)
    known = next(line for line in svg.iter("line") if line.get("class") == "known")
    assert float(known.get("x1")) == pytest.approx(place_of(ticks, E), abs=1)


def test_equal_cells_are_set_beside_the_recorded_ones(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    recorded = made(plan.RECORDED["lab_runs.csv"], sd=0.006, seed=1)
    file_of(recorded, tmp_path / "data" / "lab_runs.csv")
    mine = made(plan.quick((1,)))
    page = page_of(mine, tmp_path)
    lines = page.xpath("//table[starts-with(caption, 'Equal cells')]//tr[td]")
    assert len(lines) == 15
    one = mine[0]
    same = [r.loss for r in recorded if (r.config.budget, r.config.d) == (1e10, one.config.d)]
    spread = [
        np.var([r.loss for r in recorded if (r.config.budget, r.config.d) == (1e10, d)], ddof=1)
        for d in plan.LADDER[1e10]
    ]
    sd = np.sqrt(np.mean(spread) * (1 + 1 / 3))
    gap = one.loss - np.mean(same)
    assert [cell.text_content() for cell in lines[0]] == [
        "1e10", "8", f"{one.loss:.4f} (1)", f"{np.mean(same):.4f} (3)",
        f"{gap:+.4f}".replace("-", "−"), f"{sd:.4f}", f"{gap / sd:+.1f}".replace("-", "−"),
    ]  # fmt: skip
    ratios = [float(line[-1].text_content().replace("−", "-")) for line in lines]
    far = sum(abs(ratio) > 2 for ratio in ratios)
    assert f"beyond 2 in {far} of 15 cells; chance alone would put about 0.7" in words(page)


def test_runs_of_the_recorded_seeds_should_be_the_recorded_runs(tmp_path):
    (tmp_path / "data").mkdir()
    recorded = made(plan.RECORDED["lab_runs.csv"])
    file_of(recorded, tmp_path / "data" / "lab_runs.csv")
    of = {(r.config.budget, r.config.d, r.config.seed): r for r in recorded}
    mine = [replace(of[c.budget, c.d, c.seed], config=replace(c, k=K)) for c in plan.quick((100,))]
    page = page_of(mine, tmp_path)
    assert "of 15 runs are those of recorded ones" in words(page)
    assert "within the 0.002" in words(page)
    assert not page.xpath("//table[starts-with(caption, 'Equal cells')]")
    mine[3] = replace(mine[3], loss=mine[3].loss + 0.0021, excess=mine[3].excess + 0.0021)
    assert "difference is +0.00210 nats, more than" in words(page_of(mine, tmp_path))


def test_the_worth_of_the_interval_is_counted_in_simulated_studies(tmp_path, monkeypatch):
    monkeypatch.setattr(_report_fits, "STUDIES", 4)
    runs = made(plan.quick((1,)))
    fit = fitted(runs)
    rng, n, held = np.random.default_rng(0), len(runs), 0
    for _ in range(4):
        scatter = rng.choice(fit.residuals * np.sqrt(n / (n - 5)), n)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FitWarning)
            L = fit.law.loss(fit.N, fit.D) * np.exp(scatter)
            draws = fit_chinchilla(fit.N, fit.D, L, delta=plan.DELTA)
            ends = draws.bootstrap(200, groups=cells_of(runs)).ci_of(lambda one: one.E)
        held += ends[0] <= fit.law.E <= ends[1]
    said = words(page_of(runs, tmp_path))
    assert "In 4 simulated studies" in said
    assert f"it held the true E {held} times" in said


def test_two_sources_are_two_studies_graded_by_their_own_entropy(tmp_path):
    two = made(plan.quick((1,)))
    H = shannon(3).E
    three = [
        replace(run, config=replace(run.config, k=3), loss=round(run.loss - E + H, 5))
        for run in two[:14]
    ]
    page = page_of(two + three, tmp_path)
    assert [head.text for head in page.iter("h2")][1:3] == [
        "The source of order 2", "The source of order 3",
    ]  # fmt: skip
    assert rows(page, "Surface", 1)["E, computed"][0] == f"{H:.5f}"
    assert rows(page, "Surface", 0) == rows(page_of(two, tmp_path), "Surface")


def test_one_run_gets_a_page_that_says_what_cannot_be_had_and_why(tmp_path):
    page = page_of(made(plan.quick((1,)))[:1], tmp_path)
    assert "no surface could be fitted, so there is no grade" in words(page)
    assert "a line needs two budgets with a minimum, got 0" in words(page)
    assert "a fit of E, A, alpha, B, beta needs at least 6 runs, got 1" in words(page)
    assert rows(page, "The runs of the file")["runs"] == ["1 (1 quick)"]


def test_held_out_runs_alone_get_no_prediction(tmp_path):
    page = page_of([r for r in made(plan.full((1,))) if r.config.group == "holdout"], tmp_path)
    assert "No surface was fitted, so nothing is predicted." in words(page)


def test_text_gets_no_grade_and_the_reason(tmp_path):
    runs = [Run(c, "ok", 2.0, np.nan, 2.0, 2.0, 1.0) for c in plan.text((1,))]
    page = page_of(runs, tmp_path)
    assert "No run can be fitted, so there is no grade" in words(page)
    assert "entropy of a text is not known" in words(page)
    assert not page.xpath("//svg")


def test_the_runs_are_summed_up(tmp_path):
    runs = made(plan.quick((3, 4)))
    table = rows(page_of(runs, tmp_path), "The runs of the file")
    assert table["runs"] == ["30 (30 quick)"]
    assert table["N, parameters"] == ["1.96K to 57.3K"]
    assert table["C, FLOP"] == ["9.98e9 to 1e11"]
    assert table["seeds"] == ["3, 4"]
    assert table["CPU seconds"] == ["45"]
    assert table["numpy"] == [np.__version__]


def test_the_page_needs_nothing_else_and_says_what_its_parts_are(tmp_path):
    csv = file_of(made(plan.full((1,))), tmp_path / 'a <b>"&.csv')
    text = report(csv).read_text()
    page = html.fromstring(text)
    assert text.startswith("<!doctype html>\n<html lang=")
    assert "default-src 'none'" in page.xpath("//meta[@http-equiv]/@content")[0]
    assert not page.xpath("//script | //link | //img | //iframe | //@href | //@src")
    assert "url(" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert page.xpath("//h1")[0].text == 'Report on a <b>"&.csv'
    assert not page.xpath("//b")
    levels = [int(head.tag[1]) for head in page.xpath("//h1 | //h2 | //h3")]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(page.xpath("//main")) == len(page.xpath("//footer")) == 1
    assert len(page.xpath("//table/caption[string()]")) == len(page.xpath("//table")) == 5
    assert not page.xpath("//th[not(@scope)] | //thead//th[not(string())]")
    assert len(page.xpath("//figure[svg[@role='img' and @aria-label]]/figcaption")) == 2


BAD_FILES = {
    "missing": (None, "there is no file {csv}"),
    "empty": (b"", "{csv} is empty"),
    "no runs": (HEADER, "{csv} holds no finished run yet"),
    "another table": (b"N,D,L\n1,2,3\n", "{csv}:1: not a file of runs"),
    "a page": (b"<!doctype html>\n", "{csv}:1: not a file of runs"),
}


@pytest.mark.parametrize(("data", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_what_is_no_file_of_runs_is_refused(data, said, tmp_path):
    csv = tmp_path / "runs.csv"
    if data is not None:
        csv.write_bytes(data)
    with pytest.raises(RunsFileError, match=re.escape(said.format(csv=csv))):
        report(csv, tmp_path / "a.html")
    assert [p.name for p in tmp_path.iterdir()] == ([] if data is None else ["runs.csv"])


def test_a_damaged_line_is_named(tmp_path):
    csv = file_of(made(plan.quick((1,))), tmp_path / "runs.csv")
    lines = csv.read_text().splitlines(keepends=True)
    lines[2] = lines[2].replace(",1.50,", ",abc,")
    csv.write_text("".join(lines))
    with pytest.raises(RunsFileError, match=r"runs\.csv:3: column 'cpu_seconds': 'abc' is not a"):
        report(csv, tmp_path / "a.html")
    assert [p.name for p in tmp_path.iterdir()] == ["runs.csv"]


def test_a_loss_that_is_not_entropy_plus_excess_is_named(tmp_path):
    runs = made(plan.quick((1,)))
    runs[4] = replace(runs[4], loss=runs[4].loss + 0.01)
    said = (
        rf"{runs[4].config.run_id}: loss - excess must be .* order 2, {E:.5f}, got {E + 0.01:.5f}"
    )
    with pytest.raises(RunsFileError, match=said):
        page_of(runs, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["runs.csv"]


BAD_PLACES = {
    "the file itself": ("runs.csv", "is the file of runs itself"),
    "a link to it": ("link.csv", "is the file of runs itself"),
    "its second name": ("second.csv", "is the file of runs itself"),
    "another file": ("notes.txt", "is there and is no report"),
    "a folder": ("folder", "is a folder"),
    "no folder": ("none/a.html", "there is no folder"),
    "under a file": ("notes.txt/a.html", "cannot be written"),
    "a device": ("pipe", "is not a regular file"),
    "a long name": ("a" * 300, "cannot be written: File name too long"),
}


@pytest.mark.parametrize(("name", "said"), BAD_PLACES.values(), ids=BAD_PLACES)
def test_a_place_where_no_page_may_stand_is_refused_and_nothing_changes(name, said, tmp_path):
    csv = file_of(made(plan.quick((1,))), tmp_path / "runs.csv")
    (tmp_path / "link.csv").symlink_to(csv)
    (tmp_path / "second.csv").hardlink_to(csv)
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    def state():
        return {p.name: p.is_file() and p.read_bytes() for p in tmp_path.rglob("*")}

    before = state()
    with pytest.raises(ReportError, match=f"^{re.escape(str(tmp_path / name))} .*{said}"):
        report(csv, tmp_path / name)
    assert state() == before


@pytest.mark.parametrize("limit", [0, 5000])
def test_a_full_disk_leaves_the_earlier_page_whole_and_no_part_of_a_new_one(limit, tmp_path):
    csv = file_of(made(plan.quick((1,))[:1]), tmp_path / "runs.csv")
    out = report(csv, tmp_path / "a.html")
    earlier = out.read_bytes()
    file_of(made(plan.quick((1,))[:1], seed=1), csv)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(ReportError, match="cannot be written: File too large"):
            report(csv, out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert out.read_bytes() == earlier
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "runs.csv"]


def test_an_interrupt_while_the_page_is_written_leaves_nothing(tmp_path, monkeypatch):
    csv = file_of(made(plan.quick((1,))[:1]), tmp_path / "runs.csv")

    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        report(csv, tmp_path / "a.html")
    assert [p.name for p in tmp_path.iterdir()] == ["runs.csv"]


def test_an_earlier_report_is_replaced_a_link_to_it_stays_and_equal_runs_give_equal_pages(tmp_path):
    csv = file_of(made(plan.quick((1,))[:1]), tmp_path / "runs.csv")
    first = report(csv, tmp_path / "a.html").read_bytes()
    (tmp_path / "link.html").symlink_to(tmp_path / "a.html")
    file_of(made(plan.quick((1,))[:1], seed=1), csv)
    report(csv, tmp_path / "link.html")
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "a.html").read_bytes() != first
    file_of(made(plan.quick((1,))[:1]), csv)
    assert report(csv, tmp_path / "a.html").read_bytes() == first


def test_the_command_puts_the_page_beside_the_file_and_says_where(tmp_path, capsys):
    csv = file_of(made(plan.quick((1,)))[:1], tmp_path / "runs.csv")
    assert main(["report", str(csv)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'runs.html'}\n"
    assert main(["report", str(csv.rename(tmp_path / "runs.html"))]) == 2
    assert "is the file of runs itself" in capsys.readouterr().err
    with pytest.raises(ReportError, match="is the file of runs itself"):
        report(tmp_path / "runs.html")


def test_a_run_that_was_trained_makes_a_page(tmp_path):
    from scaling_core.lab import train

    config = RunConfig("quick", "shannon", d=4, tokens=5120, lr=0.03, seed=1, k=K)
    run = Run.from_row(train(config, shannon(K)).row())
    page = page_of([run], tmp_path)
    assert "a line needs two budgets" not in words(page)
    assert "no run has a budget" in words(page)


@pytest.mark.browser
def test_a_browser_finds_no_fault_wide_or_narrow_by_day_or_night(tmp_path):
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None or not AXE.is_file():
        fail = pytest.fail if os.environ.get("REQUIRE_ALL_TOOLS") == "1" else pytest.skip
        fail("no Chromium or no axe-core: sh .ci/setup tools brings both")
    out = report(file_of(made(plan.full((1,))), tmp_path / "runs.csv"))
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*root, "--disable-gpu"])
        view = {"width": 360, "height": 900}
        page, asked = browser.new_page(viewport=view, bypass_csp=True), []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(out.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert asked == [out.as_uri()]
        page.add_script_tag(path=AXE)
        run = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
        for width, scheme in ((360, "light"), (1300, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(run, rules)["violations"] == []
        browser.close()
