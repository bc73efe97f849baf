"""`python -m scaling_core.lab`: what it says, its exit codes, and what it leaves behind."""

import json
import os
import re
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from lab import stubs
from lab.stubs import configs, stub
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.lab import __main__ as line
from scaling_core.lab import _summary, plan, record, source, verify
from scaling_core.lab.__main__ import COMMANDS, SWEEPS, main
from scaling_core.lab.config import RECIPE, RunConfig
from scaling_core.lab.runs import Run
from scaling_core.lab.runs_file import RunsFile, read_runs
from scaling_core.lab.sweep import THREADS, sweep
from scaling_core.lab.text import CORPUS_SHA256

E = 1.13561  # of the order-4 source, to five decimals
TRUTH = ChinchillaLaw(E=E, A=90.0, alpha=0.5, B=700.0, beta=0.5)


def lawful(config: RunConfig) -> Run:
    """A run whose loss follows a known law exactly."""
    loss = float(TRUTH.loss(config.N, config.tokens))
    metrics = {"exact4": 0.25} if config.group == "metric" else {}
    return Run(config, "ok", loss, loss - E, loss, loss, 0.5, metrics=metrics)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current folder, and threads that give stub runs in place of trained ones."""
    monkeypatch.chdir(tmp_path)
    for name in THREADS:
        monkeypatch.setenv(name, "1")
    monkeypatch.setattr(_summary, "DATA", tmp_path / "data")
    monkeypatch.setattr(plan, "RESAMPLES", 20)
    with ThreadPoolExecutor(2) as pool:
        monkeypatch.setattr(line, "sweep", partial(in_threads, pool, lawful))
        yield tmp_path


def in_threads(pool, work, runs, out, executor, workers, progress, corpus):
    return sweep(runs, out, executor or pool, workers, progress, corpus, work=work)


def answer(capsys, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command."""
    code = main(arguments)
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


def refused(capsys, *arguments: str, code: int = 2) -> str:
    """The one line that a command says when it fails."""
    found, out, err = answer(capsys, *arguments)
    assert (found, out) == (code, "")
    assert err.startswith("scaling_core.lab: ")
    assert err.count("\n") == 1
    return err


# --- The door -----------------------------------------------------------------------------------


def test_help_names_every_command_and_the_exit_codes(capsys):
    code, out, err = answer(capsys, "--help")
    assert (code, err) == (0, "")
    assert all(re.search(rf"^ +{name} ", out, re.M) for name in COMMANDS)
    assert "130" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help(capsys, command):
    code, out, _ = answer(capsys, command, "--help")
    assert code == 0
    assert out.startswith(f"usage: python -m scaling_core.lab {command}")
    assert set(SWEEPS) == set(plan.COMMANDS)


def test_the_help_of_scheduler_says_that_a_cluster_runs_your_code(capsys):
    words = " ".join(answer(capsys, "quick", "--help")[1].split())
    assert "that cluster runs your code, and whoever reaches its port can run theirs" in words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("quik", "unknown command 'quik'; did you mean 'quick'? the commands are quick, full,"),
        ("quick2", "did you mean 'quick'?"),
        ("dance", "unknown command 'dance'; the commands are quick, full,"),
    ],
)
def test_an_unknown_command_is_answered_with_a_likely_one(capsys, given, words):
    assert words in refused(capsys, given)


def test_no_command_and_an_unknown_option_are_usage_errors(capsys):
    for arguments in ([], ["quick", "--threads", "2"]):
        code, out, err = answer(capsys, *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("value", ["-3", "0", "two", "1.5", ""])
def test_impossible_workers_are_refused_before_anything_is_opened(capsys, here, value):
    said = refused(capsys, "quick", "--workers", value)
    assert f"--workers must be a whole number of at least 1, got {value}" in said
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("0,0", "--seeds 0,0: '0', number 2 of the list, is there twice"),
        ("a", "--seeds a: 'a', number 1 of the list, is not a whole number of at least 0"),
        ("1,,2", "--seeds 1,,2: '', number 2 of the list, is not a whole"),
        ("1,-1", "'-1', number 2 of the list, is not a whole"),
    ],
)
def test_impossible_seeds_are_named_with_their_place(capsys, here, value, words):
    assert words in refused(capsys, "quick", "--seeds", value)
    assert list(here.iterdir()) == []


# --- Sweeps -------------------------------------------------------------------------------------


def test_quick_fills_a_file_says_what_follows_and_does_nothing_twice(capsys, here):
    code, out, err = answer(capsys, "quick")
    assert (code, err.count("\n")) == (0, 15)
    assert len(read_runs("lab-quick.csv")) == 15
    assert 'Next: open docs/labs/tiny-scaling-law.py with RUNS = "lab-quick.csv"' in unwrapped(out)
    before = Path("lab-quick.csv").read_bytes()
    code, again, err = answer(capsys, "quick")
    assert (code, err) == (0, "")
    assert again == f"lab-quick.csv: all 15 runs are there, nothing to do\n\n{out}"
    assert Path("lab-quick.csv").read_bytes() == before


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def test_the_summary_finds_the_law_that_made_the_runs(capsys, here):
    out = answer(capsys, "quick", "--seeds", "1,2")[1]
    runs = read_runs("lab-quick.csv")
    assert len(runs) == 30
    for budget in plan.QUICK:
        row = re.search(rf"^{budget:.0e} .*".replace("e+", r"e\+?"), out, re.M)[0].split()
        best = TRUTH.optimum(budget)
        assert row[1].endswith("K")
        size = float(row[1][:-1]) * 1e3
        assert size == pytest.approx(best.N, rel=0.12)  # a parabola's bias
        assert float(row[2]) == pytest.approx(budget / 6 / size**2, rel=0.02)
        at = [run for run in runs if run.config.budget == budget]
        assert float(row[3]) == pytest.approx(min(run.loss for run in at), abs=6e-5)
        assert row[5:] == ["yes", "-", "-"]
    words = unwrapped(out)
    assert "alpha = 0.500, beta = 0.500, a = 0.500 [0.500, 0.500]" in words
    assert "E = 1.136 [1.136, 1.136] nats per symbol; the computed entropy is 1.13561" in words
    slope = re.search(r"N_opt grows as C\^a, a = (0\.\d+)", words)[1]
    assert float(slope) == pytest.approx(0.5, abs=0.05)


def test_the_summary_shows_the_recorded_runs_beside(capsys, here):
    (here / "data").mkdir()
    theirs = [lawful(config) for config in plan.RECORDED["lab_runs.csv"]]
    with RunsFile(here / "data" / "lab_runs.csv") as file:
        for run in theirs:
            file.append(run)
    out = answer(capsys, "quick")[1]
    known = {row.budget: row for row in _summary.parabolas(theirs).table}
    row = re.search(r"^1e11 .*", out, re.M)[0].split()
    assert float(row[-2][:-1]) * 1e3 == pytest.approx(known[1e11].N_opt, rel=0.005)
    assert float(row[-1]) == pytest.approx(known[1e11].L_min, abs=1e-4)
    assert "; recorded: 0." in unwrapped(out)


def test_held_out_runs_are_in_no_fit_and_are_predicted(capsys, here, monkeypatch):
    def shifted(config: RunConfig) -> Run:
        run = lawful(config)
        up = 0.1 * run.loss if config.group == "holdout" else 0.0
        return Run(config, "ok", run.loss + up, run.excess + up, run.ce, run.train_loss, 0.5)

    with ThreadPoolExecutor(2) as pool:
        monkeypatch.setattr(line, "sweep", partial(in_threads, pool, shifted))
        out = answer(capsys, "full", "--out", "f.csv")[1]
    assert "alpha = 0.500, beta = 0.500" in unwrapped(out)
    errors = re.findall(r"^[63]e1[12] .* (\S+%)$", out, re.M)
    assert errors == ["-9.1%"] * 5
    assert "3e12" not in out.partition("N_opt is")[0]


def test_a_diverged_run_is_reported_and_in_no_fit(capsys, here, monkeypatch):
    def some(config: RunConfig) -> Run:
        return stubs.diverging(config) if config.d == 48 else lawful(config)

    with ThreadPoolExecutor(2) as pool:
        monkeypatch.setattr(line, "sweep", partial(in_threads, pool, some))
        code, out, err = answer(capsys, "quick", "--seeds", "0")
    assert code == 0
    assert "2 runs diverged and are in no fit: " in unwrapped(out)
    assert "on 13 runs" in out
    assert "diverged" in err


@pytest.mark.parametrize("command", ["epochs", "quality", "schedule", "addition"])
def test_the_other_sweeps_end_with_one_line_per_setting(capsys, here, command):
    code, out, _ = answer(capsys, command, "--seeds", "3,4")
    assert code == 0
    runs = plan.runs(command, (3, 4))
    settings = {json.dumps({**vars(run), "seed": 0}) for run in runs}
    table = out.partition("\n\n")[0].splitlines()
    assert len(table) == 1 + len(settings)
    assert all(re.search(r" 2 +\d\.\d{4} +0\.0000 +-$", row) for row in table[1:])


def test_dry_run_lists_the_runs_and_what_is_there_and_writes_nothing(capsys, here):
    with RunsFile("lab-quick.csv") as file:
        file.append(lawful(plan.runs("quick", (0,))[4]))
    before = Path("lab-quick.csv").read_bytes()
    code, out, err = answer(capsys, "quick", "--dry-run")
    assert (code, err) == (0, "")
    rows = out.splitlines()
    assert len(rows) == 1 + 15 + 1
    assert [row.split()[-1] for row in rows[1:-1]] == ["-"] * 4 + ["yes"] + ["-"] * 10
    assert rows[1].split()[:4] == ["quick", "8", "1,960", "850,432"]
    assert rows[-1].startswith("15 runs, 1 of them there; about ")
    assert Path("lab-quick.csv").read_bytes() == before


# --- Files that cannot be used ------------------------------------------------------------------


def spoilt(path: Path, kind: str) -> bytes | None:
    """Makes a file that a sweep must not touch."""
    with RunsFile(path) as file:
        for config in configs(3):
            file.append(stub(config))
    data = path.read_bytes()
    if kind == "number":
        data = data.replace(b"shannon", b"shannot", 1)
    elif kind == "header":
        data = b"N,D,L\n1,2,3\n"
    elif kind == "twice":
        data += data.splitlines(keepends=True)[1]
    elif kind == "recipe":
        data = re.sub(rb"(?m)^(\w{12}),%d," % RECIPE, rb"\1,%d," % (RECIPE + 1), data)
    path.write_bytes(data)
    return data


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("number", "a.csv:2: source must be one of .*; if you delete the line, a sweep repeats"),
        ("header", "a.csv:1: not a file of runs: the header should be 'run_id,.*found 'N,D,L'"),
        ("twice", r"a.csv:5: the run \w{12} is on line 2 too"),
        ("recipe", f"a.csv:2: a row of recipe {RECIPE + 1}, .* recipe {RECIPE}: .*--out"),
    ],
)
def test_a_file_that_no_sweep_has_written_stops_it(capsys, here, kind, words):
    data = spoilt(here / "a.csv", kind)
    for option in ([], ["--dry-run"]):
        assert re.search(words, refused(capsys, "quick", "--out", "a.csv", *option))
    assert (here / "a.csv").read_bytes() == data


def test_a_place_where_no_file_can_be_is_found_before_any_run(capsys, here):
    assert "no/a.csv cannot be written: No such file" in refused(
        capsys, "quick", "--out", "no/a.csv"
    )
    (here / "folder").mkdir()
    assert "folder is not a regular file" in refused(capsys, "quick", "--out", "folder")


def test_a_file_in_use_is_left_to_the_sweep_that_has_it(capsys, here):
    with RunsFile("lab-quick.csv"):
        assert "lab-quick.csv is in use by another sweep" in refused(capsys, "quick")


def test_a_torn_line_is_mended_and_said_so(capsys, here):
    answer(capsys, "quick")
    whole = Path("lab-quick.csv").read_bytes()
    Path("lab-quick.csv").write_bytes(whole[:-9])
    code, out, err = answer(capsys, "quick")
    assert code == 0
    assert "cut off while it was written; what there is of it is in lab-quick.csv.torn" in err
    assert "nothing to do" not in out
    assert Path("lab-quick.csv").read_bytes() == whole


def test_a_full_disk_is_exit_code_1_and_the_same_command_goes_on(capsys, here):
    answer(capsys, "quick")
    whole = Path("lab-quick.csv").read_bytes()
    Path("lab-quick.csv").unlink()
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
    try:
        code, out, err = answer(capsys, "quick")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert (code, out) == (1, "")
    *_, row, words = err.splitlines()
    assert re.match(r"\w{12},", row)
    assert "a row could not be written: File too large; it stands above" in words
    kept = Path("lab-quick.csv").read_bytes()
    assert kept.endswith(b"\n")
    assert 1 <= len(read_runs("lab-quick.csv")) < 15
    assert answer(capsys, "quick")[0] == 0
    assert Path("lab-quick.csv").read_bytes() == whole


def test_a_failed_run_is_exit_code_1(capsys, here, monkeypatch):
    with ThreadPoolExecutor(2) as pool:
        monkeypatch.setattr(line, "sweep", partial(in_threads, pool, stubs.failing))
        code, out, err = answer(capsys, "quick", "--seeds", "0,1")
    assert (code, out) == (1, "")
    assert "scaling_core.lab: 15 runs failed (quick d=" in err.splitlines()[-1]
    assert "and 10 more" in err
    assert len(read_runs("lab-quick.csv")) == 15


def test_an_interrupt_is_exit_code_130(capsys, here, monkeypatch):
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(line, "sweep", stopped)
    code, out, err = answer(capsys, "quick")
    assert (code, out, err.count("\n")) == (130, "", 1)
    assert "the same command goes on" in err


# --- Sources and clusters -----------------------------------------------------------------------


def test_counts_that_were_changed_are_found_before_any_run(capsys, here, monkeypatch):
    source.source_of.cache_clear()
    monkeypatch.setattr(source, "IDENTITY", "0" * 64)
    said = refused(capsys, "quick")
    assert re.search(r"shannon4_counts\.npz: .*sha256 \w{64}, expected 0{64}: install", said)
    assert list(here.iterdir()) == []


def test_a_text_must_be_named_and_be_the_right_one(capsys, here):
    said = refused(capsys, "text")
    assert "text needs --corpus PATH: " in said
    assert "`pip download --no-deps --no-binary :all: Django==5.2`" in said
    assert "--no-build-isolation" in said
    assert "folder of .txt files" not in refused(capsys, "record")
    Path("a.tar.gz").write_bytes(b"something else")
    said = refused(capsys, "text", "--corpus", "a.tar.gz")
    assert re.search(rf"a\.tar\.gz: sha256 is \w{{64}}, expected {CORPUS_SHA256}", said)
    assert CORPUS_SHA256 in refused(capsys, "record", "--corpus", "a.tar.gz")
    assert CORPUS_SHA256 in refused(capsys, "build-source", "--corpus", "a.tar.gz")
    assert "no file or folder gone" in refused(capsys, "metric", "--corpus", "gone")
    Path("empty").mkdir()
    assert "no .txt files under empty" in refused(capsys, "text", "--corpus", "empty")
    assert sorted(path.name for path in here.iterdir()) == ["a.tar.gz", "empty"]


def test_a_text_of_ones_own_must_be_long_enough_and_is_not_compared(capsys, here, monkeypatch):
    Path("own").mkdir()
    Path("own/a.txt").write_text("what a long story it is. " * 8000)  # 200,000 characters
    said = refused(capsys, "text", "--corpus", "own")
    needed = max(run.tokens for run in plan.text((0,))) + 32
    assert f"own has 190,000 characters for training, the longest run needs {needed:,}" in said
    small = {1e8: (6, 8, 12, 16, 24), 3e8: (8, 12, 16, 24, 32)}
    monkeypatch.setattr(plan, "TEXTS", small)
    code, out, _ = answer(capsys, "text", "--corpus", "own")
    assert code == 0
    assert {run.config.group for run in read_runs("lab-text.csv")} == {"own-text"}
    assert "Nobody knows the true one" in unwrapped(out)
    assert "; recorded:" not in out


def test_without_dask_or_scheduler_nothing_starts(capsys, here, monkeypatch):
    from scaling_core.lab import _cluster

    monkeypatch.setattr(_cluster, "PATIENCE", 0.3)
    said = refused(capsys, "quick", "--scheduler", "tcp://127.0.0.1:1")
    assert "no scheduler answered at tcp://127.0.0.1:1 within 0.3 s" in said
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = refused(capsys, "quick", "--scheduler", "tcp://127.0.0.1:1")
    assert "pip install 'scaling-core[cluster]'" in said
    assert list(here.iterdir()) == []


# --- Recording and verifying --------------------------------------------------------------------


def sums(d: int, seed: int) -> RunConfig:
    """A run of a fifth of a second that needs no large source."""
    budget = min(plan.LADDER)
    return RunConfig("addition", "addition", d, 14 * 16 * 9, 0.01, seed, k=0, T=14, batch=14 * 16,
                     budget=budget)  # fmt: skip


@pytest.fixture
def recording(here, monkeypatch):
    """A plan of few runs, the corpus taken on trust, and real training in a worker."""
    few = {
        "lab_runs.csv": [sums(d, plan.SEEDS[0]) for d in verify.RETRAINED],
        "lab_text.csv": [sums(8, 1)],
    }
    monkeypatch.setattr(plan, "RECORDED", few)
    monkeypatch.setattr(record, "ORDERS", (2, 3))
    monkeypatch.setattr(line, "sweep", sweep)
    monkeypatch.setattr(line.TextSource, "load", lambda path: None)
    return here / "rec"


def test_a_recording_is_complete_goes_on_and_verifies_until_something_changes(
    capsys, recording, monkeypatch
):
    arguments = ["record", "--corpus", "x", "--out", "rec", "--workers", "1"]
    code, out, err = answer(capsys, *arguments)
    assert (code, out) == (0, "rec/lab_meta.json\n")
    assert "lab_runs.csv: 2 runs" in err
    meta = json.loads((recording / "lab_meta.json").read_text())
    assert meta["plan_sha256"] == plan.plan_sha256()
    assert meta["recipe"] == RECIPE
    assert meta["numpy"] == np.__version__
    assert set(meta["sha256"]) == {"lab_runs.csv", "lab_text.csv", "shannon4_counts.npz"}
    assert meta["content_sha256"] == {"shannon4_counts.npz": source.IDENTITY}
    assert meta["E"]["2"] == meta["ladder"]["2"][-1] == pytest.approx(1.93472, abs=1e-5)
    done = [read_runs(recording / name) for name in plan.RECORDED]
    seconds = [round(sum(run.cpu_seconds for run in runs), 1) for runs in done]
    assert list(meta["cpu_seconds"].values()) == pytest.approx(seconds, abs=0.11)

    before = (recording / "lab_runs.csv").read_bytes()
    assert answer(capsys, *arguments)[0] == 0
    assert (recording / "lab_runs.csv").read_bytes() == before

    (recording / "shannon4_counts.npz").write_bytes(record.COUNTS.read_bytes())
    monkeypatch.setattr(verify, "verify", partial(verify.verify, data=recording))
    code, out, err = answer(capsys, "verify")
    assert (code, err) == (0, "")
    assert [row[:6] for row in out.splitlines()] == ["ok    "] * 6

    lost = re.sub(rb"(?m)^(.*addition,ok,.*,)(\d\.\d{5}),,", edited, before, count=1)
    assert lost != before
    (recording / "lab_runs.csv").write_bytes(lost)
    code, out, err = answer(capsys, "verify")
    assert code == 1
    assert re.search(r"FAILED files: lab_runs\.csv has sha256 \w{64}, expected \w{64}", out)
    assert re.search(r"FAILED training: 2 recorded runs .* within 1\.0e-02 nats", out)
    assert "2 of 6 checks failed: files, training" in err


def edited(found: re.Match[bytes]) -> bytes:
    """The row with a loss that is 0.01 higher."""
    return found[1] + b"%.5f,," % (float(found[2]) + 0.01)


def test_a_row_beside_the_plan_and_a_changed_plan_are_found(recording, monkeypatch):
    recording.mkdir()
    for name, runs in plan.RECORDED.items():
        with RunsFile(recording / name) as file:
            for config in runs:
                file.append(stub(config))
    assert verify.rows_as_planned(recording).good
    meta = record.meta(recording, {})
    (recording / "lab_meta.json").write_text(json.dumps(meta))
    (recording / "shannon4_counts.npz").write_bytes(record.COUNTS.read_bytes())
    assert verify.files_as_recorded(recording).good
    monkeypatch.setitem(plan.RECORDED, "lab_text.csv", [sums(8, 2)])
    found = verify.files_as_recorded(recording)
    assert (found.good, found.words.split()[0]) == (False, "plan_sha256")
    found = verify.rows_as_planned(recording)
    assert not found.good
    assert "lab_text.csv lacks 1 planned runs and holds 1 others" in found.words
    (recording / "lab_text.csv").unlink()
    assert "lab_text.csv is missing" in verify.files_as_recorded(recording).words


def test_verify_without_data_is_one_line(capsys, here, monkeypatch):
    monkeypatch.setattr(verify, "verify", partial(verify.verify, data=here))
    assert "lab_meta.json: " in refused(capsys, "verify")


def test_a_wrong_gradient_is_found(monkeypatch):
    assert verify.gradients().good
    assert verify.loss_at_start().good
    real = verify.LM.grad

    def wrong(self, x, y, weight=None):
        loss, flat = real(self, x, y, weight)
        self.views(flat)["bias.1"][0, 1] *= 1.01
        return loss, flat

    monkeypatch.setattr(verify.LM, "grad", wrong)
    assert not verify.gradients().good
    assert "'bias.1'" in verify.gradients().words


def test_report_hands_on_its_file(capsys, here, monkeypatch):
    from scaling_core.lab import report

    given = []
    monkeypatch.setattr(report, "report", lambda file, out: given.append((file, out)) or "done")
    assert answer(capsys, "report", "a.csv", "--out", "b.html") == (0, "done\n", "")
    assert given == [(Path("a.csv"), Path("b.html"))]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_gone_ends_help_quietly(unbuffered):
    read, written = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "scaling_core.lab", "--help"],
            stdout=written,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    finally:
        os.close(written)
    assert (done.returncode, done.stderr) == (0, b"")
