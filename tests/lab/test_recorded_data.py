"""The recorded runs: what must be true of every row, of every file, and of what they came from."""

import csv
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import scaling_core
from lab.shared import shannon
from scaling_core.lab import Run, plan, verify
from scaling_core.lab.config import RECIPE
from scaling_core.lab.exam import Exam
from scaling_core.lab.runs import COLUMNS
from scaling_core.lab.text import CORPUS_SHA256, COUNTS

DATA = Path(scaling_core.__file__).parent / "data"
FILES = sorted(plan.RECORDED)
CURVES = "lab_addition.csv"  # 24 points of four numbers in each row


def rows_of(name):
    """The rows of a file as cells, read by nothing of ours."""
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def runs_of(name):
    return [Run.from_row(row) for row in rows_of(name)]


@pytest.fixture(scope="module")
def meta():
    return json.loads((DATA / "lab_meta.json").read_text("utf-8"))


# --- Rows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_every_row_has_the_columns_and_is_the_run_that_it_says(name):
    """`Run.from_row` refuses cells that do not follow from the configuration, run_id included."""
    text = (DATA / name).read_text("utf-8")
    assert text.startswith(",".join(COLUMNS) + "\n")
    assert text.endswith("\n")
    assert "\r" not in text
    for row in rows_of(name):
        assert None not in row.values()
        assert Run.from_row(row).row() == row
        assert int(row["recipe"]) == RECIPE


@pytest.mark.parametrize("name", FILES)
def test_the_runs_of_the_plan_are_there_and_no_others(name):
    found = [run.config for run in runs_of(name)]
    assert len(found) == len(set(found))
    assert set(found) == set(plan.RECORDED[name])


@pytest.mark.parametrize("name", FILES)
def test_compute_is_six_times_parameters_times_tokens_and_the_budget_is_kept(name):
    for row in rows_of(name):
        N, D, spent = int(row["N"]), int(row["tokens"]), int(row["flops_6nd"])
        assert spent == 6 * N * D
        if float(row["budget"]):
            assert spent == pytest.approx(float(row["budget"]), rel=5e-3)
        if row["V"] == "32":
            d, heads = int(row["d_model"]), int(row["n_head"])
            assert 2 * (12 * d**2 + 2 * d + heads * 32) + d + 32 * d == N


@pytest.mark.parametrize("name", FILES)
def test_no_run_has_diverged_and_every_loss_is_possible(name):
    for row in rows_of(name):
        assert row["status"] == "ok"
        symbols = int(row["V"])
        for column in (
            "loss",
            "train_loss",
        ):  # sums can be learned to 0.00000
            assert 0 <= float(row[column]) < np.log(symbols) + 0.5
        assert float(row["cpu_seconds"]) > 0


@pytest.mark.parametrize("name", FILES)
def test_the_loss_is_the_entropy_and_the_excess(name):
    for row in rows_of(name):
        if row["source"] == "shannon":
            E = shannon(int(row["k"])).E
            assert float(row["loss"]) == pytest.approx(E + float(row["excess"]), abs=1.1e-5)
            assert float(row["loss"]) > E
        else:
            assert row["excess"] == ""
            assert row["loss"] == row["ce"]


def sampling_error(k):
    """Standard error of the cross-entropy of the validation symbols under the true rows."""
    source = shannon(k)
    exam = Exam(next(run for run in plan.RECORDED["lab_orders.csv"] if run.k == 2), source)
    windows = np.lib.stride_tricks.sliding_window_view(exam.symbols[:, :-1], k, axis=1)
    rows = source.rows(source.context(windows.astype(np.int64)))
    p = np.take_along_axis(rows, exam.symbols[:, k:, None].astype(np.int64), -1)[..., 0]
    by_sequence = -np.log(p).mean(axis=1)
    return by_sequence.std(ddof=1) / len(by_sequence) ** 0.5


@pytest.mark.parametrize("name", FILES)
def test_sampled_and_exact_losses_differ_by_no_more_than_sampling_explains(name):
    errors = {k: sampling_error(k) for k in {int(row["k"]) for row in rows_of(name)} - {0}}
    for row in rows_of(name):
        if row["source"] == "shannon":
            k = int(row["k"])
            off = float(row["ce"]) - float(row["excess"]) - shannon(k).E
            assert abs(off) < 5 * errors[k], row["run_id"]


def test_nothing_that_is_held_out_stands_in_a_training_file():
    assert {row["group"] for row in rows_of("lab_holdout.csv")} == {"holdout"}
    rows = rows_of("lab_runs.csv")
    assert {row["group"] for row in rows} == {"iso"}
    assert max(float(row["budget"]) for row in rows) == 1e12
    assert max(int(row["flops_6nd"]) for row in rows) < 1.005e12
    held = {(row["budget"], row["d_model"]) for row in rows_of("lab_holdout.csv")}
    assert held.isdisjoint({(row["budget"], row["d_model"]) for row in rows})


def test_seeds_of_a_cell_are_different_runs():
    cells = {}
    for row in rows_of("lab_runs.csv"):
        cells.setdefault((row["budget"], row["d_model"]), []).append(float(row["loss"]))
    assert all(len(set(losses)) == 3 for losses in cells.values())


@pytest.mark.parametrize("name", FILES)
def test_curves_end_where_the_run_ends(name):
    for run in runs_of(name):
        assert bool(run.curve) == bool(run.config.evals)
        if run.curve:
            tokens = [point[0] for point in run.curve]
            assert tokens == sorted(set(tokens))
            assert tokens[-1] == run.config.tokens
            assert len(tokens) == len(run.config.eval_steps) + 1
            last = run.loss if np.isnan(run.excess) else run.excess
            assert run.curve[-1][1] == pytest.approx(last, abs=1e-5)


def test_measures_of_text_models_and_sums_are_shares_and_agree():
    for run in runs_of("lab_metric.csv"):
        m = run.metrics
        assert set(m) == {"accuracy", *(f"{w}{n}" for w in ("exact", "logp") for n in (4, 8, 16))}
        assert 1 >= m["accuracy"] >= m["exact4"] >= m["exact8"] >= m["exact16"] >= 0
        assert 0 > m["logp4"] > m["logp8"] > m["logp16"]
    for run in runs_of("lab_addition.csv"):
        assert 0 <= run.metrics["exact"] <= run.metrics["token_accuracy"] <= 1


# --- Files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*FILES, COUNTS.name])
def test_files_have_the_recorded_hash(name, meta):
    assert sha256((DATA / name).read_bytes()).hexdigest() == meta["sha256"][name]


def test_the_record_says_what_was_recorded(meta):
    assert set(meta["sha256"]) == {*FILES, COUNTS.name}
    assert meta["plan_sha256"] == plan.plan_sha256()
    assert meta["recipe"] == RECIPE
    assert meta["content_sha256"] == {COUNTS.name: shannon(4).sha256}
    assert meta["threads_per_process"] == 1
    date.fromisoformat(meta["date"])
    for k in (2, 3, 4):
        assert meta["E"][str(k)] == pytest.approx(shannon(k).E, abs=1e-6)
        assert meta["ladder"][str(k)] == pytest.approx(shannon(k).ladder, abs=1e-6)
    assert meta["E"]["4"] == pytest.approx(1.13561, abs=1e-5)
    for name in FILES:
        rows = rows_of(name)
        assert {row["numpy"] for row in rows} == {meta["numpy"]}
        seconds = sum(float(row["cpu_seconds"]) for row in rows)
        assert meta["cpu_seconds"][name] == pytest.approx(seconds, abs=0.01 * len(rows))


def test_the_data_are_small():
    sizes = {name: (DATA / name).stat().st_size for name in FILES}
    assert sum(sizes.values()) <= 250_000
    for name in FILES:
        for line in (DATA / name).read_text("utf-8").splitlines()[1:]:
            assert len(line) <= (1_000 if name == CURVES else 600)


def test_two_recorded_runs_can_be_trained_again():
    """The guard of the recipe: a change of any trajectory shows here."""
    assert (verify.RETRAINED, verify.SAME_LOSS) == ((16, 24), 2e-3)
    found = verify.trained_again(DATA)
    assert found.good, found.words


# --- What ships ----------------------------------------------------------------------------------

FRESH = """
import sys
before = set(sys.modules)
import scaling_core.lab, scaling_core.lab.recorded, scaling_core.lab.sweep
names = {name.partition(".")[0] for name in set(sys.modules) - before}
own = {"__mp_main__"}  # what multiprocessing calls this script
print(sorted(names - own - set(sys.stdlib_module_names)))
print("scaling_core.book" in sys.modules)
"""


def test_the_lab_needs_numpy_and_nothing_else():
    root = DATA.parents[1]
    done = subprocess.run(
        [sys.executable, "-c", FRESH], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout.splitlines() == ["['numpy', 'scaling_core']", "False"]


BUILD = """
from setuptools import build_meta
build_meta.build_wheel("out")
build_meta.build_sdist("out")
"""


def test_wheel_and_source_distribution_hold_the_data_and_their_notice(tmp_path):
    root = DATA.parents[1]
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, tmp_path)
    shutil.copytree(
        DATA.parent, tmp_path / "scaling_core", ignore=shutil.ignore_patterns("__pycache__")
    )
    subprocess.run([sys.executable, "-c", BUILD], capture_output=True, check=True, cwd=tmp_path)
    (wheel,), (sdist,) = ((tmp_path / "out").glob(f"*.{end}") for end in ("whl", "tar.gz"))
    expected = {f"scaling_core/data/{name}" for name in (*FILES, "lab_meta.json", COUNTS.name)}
    expected.add("scaling_core/data/NOTICE")
    with zipfile.ZipFile(wheel) as archive:
        assert expected <= set(archive.namelist())
        notice = archive.read("scaling_core/data/NOTICE")
    assert notice == (DATA / "NOTICE").read_bytes()
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert expected <= inside


def test_the_notice_says_what_was_derived_and_gives_the_licence():
    notice = (DATA / "NOTICE").read_text("utf-8")
    words = " ".join(notice.split())
    assert CORPUS_SHA256 in notice
    with np.load(COUNTS) as archive:
        assert f"{len(archive['counts']):,} distinct 5-grams" in words
        assert f"{archive['counts'].sum(dtype=np.int64):,} in all" in words
    for part in (
        "Copyright (c) Django Software Foundation and individual contributors.",
        "1. Redistributions of source code must retain the above copyright notice",
        "2. Redistributions in binary form must reproduce the above copyright notice",
        "3. Neither the name of Django nor the names of its contributors may be used",
        'PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"',
        "EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.",
    ):
        assert part in words
