"""A sweep: what it skips, what it keeps, and how it ends when something goes wrong."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from lab import stubs
from lab.stubs import configs, stub
from scaling_core.lab._progress import Bar, State, Tally, clock
from scaling_core.lab.config import RECIPE, RunConfig, seconds_estimate
from scaling_core.lab.runs import Run
from scaling_core.lab.runs_file import RunsFileError, WriteFailed, read_runs
from scaling_core.lab.sweep import (
    THREADS,
    SweepFailed,
    WorkerRefused,
    refuse_threads,
    sweep,
    train_here,
    train_in_worker,
    usable_workers,
)

TESTS = Path(__file__).parents[1]
ENVIRONMENT = os.environ | {"PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"}


@pytest.fixture
def pool(monkeypatch):
    """Threads in place of processes: quick to start, and one thread per product is promised."""
    for name in THREADS:
        monkeypatch.setenv(name, "1")
    with ThreadPoolExecutor(2) as executor:
        yield executor


def timeless(path: Path) -> list[dict[str, str]]:
    """The rows of a file, but for the seconds that they took."""
    return [run.row() | {"cpu_seconds": ""} for run in read_runs(path)]


# --- What is done, and what is not done again ---------------------------------------------------


def test_all_runs_come_back_in_the_order_of_the_plan(tmp_path, pool):
    plan = configs(6)[::-1]
    runs = sweep(plan, tmp_path / "a.csv", pool, work=stub)
    assert [run.config for run in runs] == plan
    assert sorted(timeless(tmp_path / "a.csv"), key=str) == sorted(
        (run.row() | {"cpu_seconds": ""} for run in map(stub, plan)), key=str
    )


def test_the_second_sweep_trains_nothing_and_leaves_the_file_alone(tmp_path, pool):
    out = tmp_path / "a.csv"
    first = sweep(configs(4), out, pool, work=stub)
    before = out.read_bytes()
    again = sweep(configs(4), out, work=stubs.failing)  # run 1 would fail
    assert again == first
    assert out.read_bytes() == before


def test_only_what_is_missing_is_trained_and_the_longest_comes_first(tmp_path, pool):
    out, order = tmp_path / "a.csv", []

    def noted(config: RunConfig) -> Run:
        order.append(config)
        return stub(config)

    plan = configs(8)
    sweep(plan[2:4], out, pool, work=stub)
    with ThreadPoolExecutor(1) as single:
        sweep([plan[7], *plan[:7], plan[0]], out, single, work=noted)
    assert order == sorted([*plan[:2], *plan[4:]], key=seconds_estimate, reverse=True)
    assert len(read_runs(out)) == 8


def test_rows_of_other_runs_stay_in_the_file(tmp_path, pool):
    out = tmp_path / "a.csv"
    sweep(configs(3, "epochs"), out, pool, work=stub)
    assert len(sweep(configs(2), out, pool, work=stub)) == 2
    assert [run.config.group for run in read_runs(out)] == ["epochs"] * 3 + ["quick"] * 2


def test_a_diverged_run_is_kept_and_not_tried_again(tmp_path, pool):
    out = tmp_path / "a.csv"
    sweep(configs(4), out, pool, work=stubs.diverging)
    again = sweep(configs(4), out, pool, work=stubs.failing)
    assert [run.status for run in again] == ["diverged", "ok", "ok", "diverged"]


# --- Processes ----------------------------------------------------------------------------------


def test_a_pool_of_processes_gives_the_same_rows_as_threads_do(tmp_path, pool):
    sweep(configs(5), tmp_path / "a.csv", pool, work=stub)
    sweep(configs(5), tmp_path / "b.csv", workers=2, work=stub)
    assert timeless(tmp_path / "a.csv") == timeless(tmp_path / "b.csv")


def test_workers_have_one_thread_and_no_ctrl_c_and_the_environment_is_as_before(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    before = dict(os.environ)
    runs = sweep(configs(3), tmp_path / "a.csv", workers=1, work=stubs.about_worker)
    assert {run.metrics["blocked"] for run in runs} == {1.0}
    assert {run.metrics["process"] for run in runs} != {float(os.getpid())}
    assert dict(os.environ) == before
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_a_run_on_a_page_is_trained_in_a_worker():
    tiny = RunConfig("quick", "addition", 4, 14 * 4 * 5, 0.03, seed=1, k=0, T=14, batch=14 * 4)
    run = train_in_worker(tiny)
    assert run.config == tiny
    assert run.loss == pytest.approx(train_here(tiny).loss, abs=2e-3)  # as for recorded rows


@pytest.mark.parametrize(("value", "words"), [("2", "found '2'"), (None, "found nothing")])
def test_a_worker_with_several_threads_refuses_and_names_the_variable(
    tmp_path, pool, monkeypatch, value, words
):
    for name in THREADS[:3]:
        with monkeypatch.context() as patch:
            patch.setenv(name, value) if value else patch.delenv(name)
            with pytest.raises(WorkerRefused, match=f"must start with {name}=1 .*{words}"):
                sweep(configs(3), tmp_path / "a.csv", pool, work=stub)
    refuse_threads()
    assert read_runs(tmp_path / "a.csv") == []


def test_a_worker_with_another_recipe_is_refused_and_no_row_of_it_is_kept(tmp_path, pool):
    with pytest.raises(WorkerRefused, match=f"trains by recipe 999, here it is {RECIPE}"):
        sweep(configs(3), tmp_path / "a.csv", pool, work=stubs.other_recipe)
    assert read_runs(tmp_path / "a.csv") == []


@pytest.mark.parametrize("workers", [0, -3, 1.5, "2", True])
def test_impossible_workers_are_refused_before_anything_is_opened(tmp_path, workers):
    with pytest.raises(ValueError, match=r"workers must be a whole number of at least 1, got "):
        sweep(configs(1), tmp_path / "a.csv", workers=workers, work=stub)
    assert list(tmp_path.iterdir()) == []


def test_there_is_a_worker_per_usable_core_up_to_eight(monkeypatch):
    assert 1 <= usable_workers() <= 8
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)), raising=False)
    assert usable_workers() == 8


# --- Failures -----------------------------------------------------------------------------------


def test_a_failed_run_is_reported_the_others_are_kept_and_it_is_tried_again(tmp_path):
    out = tmp_path / "a.csv"
    with pytest.raises(SweepFailed) as caught:
        sweep(configs(4), out, workers=2, work=stubs.failing)
    assert "1 run failed (quick d=6 D=1536 lr=0.03 seed=1: OddError: the dog ate it)" in str(
        caught.value
    )
    assert sorted(run.config.seed for run in read_runs(out)) == [0, 2, 3]
    assert len(sweep(configs(4), out, workers=1, work=stub)) == 4


def test_a_killed_worker_costs_a_second_pool_and_no_run(tmp_path):
    out = tmp_path / "a.csv"
    runs = sweep(configs(6), out, workers=2, work=partial(stubs.killed, tmp_path, 1))
    assert [run.config.seed for run in runs] == list(range(6))
    assert len(list(tmp_path.glob("*.killed"))) == 1


def test_a_worker_that_is_killed_again_ends_the_sweep_with_the_likely_cause(tmp_path):
    out = tmp_path / "a.csv"
    with pytest.raises(SweepFailed, match=r"workers were killed twice .* \d missing: .* memory"):
        sweep(configs(6), out, workers=1, work=partial(stubs.killed, tmp_path, 9))
    assert len(list(tmp_path.glob("*.killed"))) == 2
    before = sorted(configs(6), key=seconds_estimate, reverse=True)
    before = before[: [config.seed for config in before].index(2)]
    kept = read_runs(out)
    assert {run.config for run in kept} >= set(before)
    assert 2 not in {run.config.seed for run in kept}
    assert len(sweep(configs(6), out, workers=1, work=stub)) == 6


def test_an_unsuitable_file_is_found_before_any_run(tmp_path, pool):
    (tmp_path / "a.csv").write_text("a,b\n")
    ran = []
    with pytest.raises(RunsFileError, match=":1: not a file of runs"):
        sweep(configs(2), tmp_path / "a.csv", pool, work=ran.append)
    assert ran == []


def test_a_full_disk_ends_the_sweep_at_once(tmp_path, pool, monkeypatch):
    from scaling_core.lab import runs_file

    ran = []

    def full(fd: int, data: bytes) -> None:
        if len(ran) >= 3:
            raise OSError(28, "No space left on device")
        os.write(fd, data)

    def noted(config: RunConfig) -> Run:
        time.sleep(0.02)
        ran.append(config)
        return stub(config)

    monkeypatch.setattr(runs_file, "_write_all", full)
    with ThreadPoolExecutor(1) as single, pytest.raises(WriteFailed, match="No space left"):
        sweep(configs(40), tmp_path / "a.csv", single, work=noted)
    assert len(ran) < 10
    assert 2 <= len(read_runs(tmp_path / "a.csv")) < len(ran)


# --- Kills --------------------------------------------------------------------------------------


def test_ten_kills_at_random_cost_no_finished_run_and_repeat_none(tmp_path, pool):
    out, undisturbed = tmp_path / "a.csv", tmp_path / "b.csv"
    command = [sys.executable, "-m", "lab.killing", str(out), "1"]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert done.returncode == 0, done.stderr
    seen = list(map(int, done.stdout.split()))
    assert len(seen) == 10
    assert seen == sorted(seen)
    assert sum(0 < n < 60 for n in seen) >= 5, "kill it earlier, or give it more runs"
    sweep(configs(60), undisturbed, pool, work=stub)
    assert timeless(out) == timeless(undisturbed)


DRIVE = """
import sys
from functools import partial
from pathlib import Path
from lab.stubs import configs, endless
from scaling_core.lab import __main__ as line
from scaling_core.lab import plan
from scaling_core.lab.sweep import sweep

plan.COMMANDS["quick"] = lambda seeds: configs(40)
work = partial(endless, Path(sys.argv[1]))
line.sweep = partial(sweep, work=work)
if __name__ == "__main__":
    sys.exit(line.main(["quick", "--workers", "2", "--out", sys.argv[1] + "/a.csv"]))
"""


@contextlib.contextmanager
def command_line(folder: Path):
    """The command line at work in a process group of its own, until two runs are finished."""
    script = folder / "drive.py"
    script.write_text(DRIVE)
    with subprocess.Popen(
        [sys.executable, script, folder],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # a suite that runs in the background hands on that SIGINT is ignored
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip
        try:
            deadline = time.monotonic() + 60
            while not (folder / "a.csv").exists() or len(read_runs(folder / "a.csv")) < 2:
                assert process.poll() is None, process.stderr.read()
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(tmp_path):
    with command_line(tmp_path) as process:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes
        begun = time.monotonic()
        out, err = process.communicate(timeout=30)
        assert time.monotonic() - begun < 10, "nobody waits for a run of minutes"
    assert process.returncode == 130, err
    assert "Traceback" not in err
    last = err.splitlines()[-1]
    assert f"stopped: 2 of 40 runs are in {tmp_path}/a.csv; the same command goes on" in last
    assert out == ""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_a_killed_parent(tmp_path, how):
    with command_line(tmp_path) as process:
        os.kill(process.pid, how)
        process.wait(30)
        workers = [int(path.stem) for path in tmp_path.glob("*.pid")]
        assert 1 <= len(workers) <= 2  # the first may have done both runs
        deadline = time.monotonic() + 10
        while any(map(alive, workers)):
            assert time.monotonic() < deadline, "workers outlive their parent"
            time.sleep(0.02)
    assert len(read_runs(tmp_path / "a.csv")) == 2


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended but was not waited for does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


# --- Progress -----------------------------------------------------------------------------------


def test_progress_is_the_share_of_the_compute_and_ends_at_one(tmp_path, pool):
    states: list[State] = []
    plan = configs(5)
    sweep(plan[:2], tmp_path / "a.csv", pool, work=stub)
    sweep(plan, tmp_path / "a.csv", pool, progress=states.append, work=stub)
    costs = [seconds_estimate(config) for config in plan]
    assert (states[0].done, states[0].total) == (2, 5)
    assert states[0].share == pytest.approx(sum(costs[:2]) / sum(costs), rel=1e-12)
    assert [state.share for state in states] == sorted(state.share for state in states)
    assert (states[-1].done, states[-1].share, states[-1].left) == (5, pytest.approx(1), 0)
    assert sum(state.last is not None for state in states) == 3


def test_time_left_follows_the_speed_of_this_machine():
    plan = configs(4)
    cost = sum(map(seconds_estimate, plan))
    tally = Tally(total=4, done=0, seconds=cost, seconds_done=0.0, workers=2)
    assert tally.state().left == pytest.approx(cost / 2, rel=0.05)
    slow = 1000 * seconds_estimate(plan[0])
    state = tally.count(plan[0], slow, stub(plan[0]))
    assert state.left == pytest.approx(1000 * cost / 2, rel=0.05)


def test_without_a_terminal_each_finished_run_is_a_line(capsys):
    bar, config = Bar(), configs(1)[0]
    bar(State(0, 2, 0.0, 130.0))
    bar(State(1, 2, 0.5, 65.0, config, stub(config)))
    bar(State(1, 2, 1.0, 0.0, config, None, "ValueError: no"))
    bar.clear()
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("1/2 runs, 50% of the compute, 65 s left: quick d=4 D=512 ")
    assert f"loss {stub(config).loss:.4f}" in first
    assert second == "failed: quick d=4 D=512 lr=0.03 seed=0: ValueError: no"


def test_on_a_terminal_a_bar_is_drawn_in_one_line_and_taken_away(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    bar, config = Bar(), configs(1)[0]
    bar(State(1, 2, 0.5, 6500.0, config, stub(config)))
    bar(State(1, 2, 0.5, 64.0))
    bar.clear()
    drawn = capsys.readouterr().err.split("\r\x1b[K")
    assert drawn[0] == drawn[-1] == ""
    assert drawn[1].startswith("[############            ]  50% 1/2 runs, 1 h 48 min left")
    assert drawn[2].startswith("[############            ]  50% 1/2 runs, 64 s left")
    assert max(map(len, drawn)) < 60
    assert "\n" not in "".join(drawn)


def test_seconds_are_words():
    assert [clock(s) for s in (0.4, 99, 130, 7300)] == ["0 s", "99 s", "2 min 10 s", "2 h 1 min"]
