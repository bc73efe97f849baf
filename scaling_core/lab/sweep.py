"""Trains the runs of a plan in worker processes and keeps each one as soon as it is finished.

A sweep can be stopped in any way at any time: what is in its file is not done again.

A matrix product of two threads on a busy machine is up to 300 times slower than one of one
thread, and the number of threads is settled when numpy is imported: so whoever calls this never
trains, and fresh processes (spawned, not forked) do, which see one thread from their beginning.
"""

import multiprocessing
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from scaling_core.lab._progress import State, Tally, described
from scaling_core.lab.config import RECIPE, RunConfig, seconds_estimate
from scaling_core.lab.runs import Run
from scaling_core.lab.runs_file import RunsFile, WriteFailed
from scaling_core.lab.source import ShannonSource, source_of
from scaling_core.lab.train import train

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
MOST_WORKERS = 8  # by default
TICK = 1.0  # seconds between signs of life

type Work = Callable[[RunConfig], Run]
type Watcher = Callable[[State], None]


class SweepFailed(RuntimeError):
    """Runs that failed, each with its reason; all others are in the file."""


class WorkerRefused(RuntimeError):
    """A worker that may not train: with several threads, or by another recipe."""


def sweep(
    runs: Iterable[RunConfig],
    out: str | Path,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Watcher | None = None,
    corpus: Path | None = None,
    work: Work | None = None,
) -> list[Run]:
    """Trains what the file `out` does not hold yet; returns all the runs asked for, in order.

    executor  # any of concurrent.futures; default: a pool of processes of this machine
    workers   # how many processes; default: the usable cores, at most 8
    progress  # called with a State about once a second and after every run
    corpus    # the text, for runs that need one
    work      # trains one run; a function that a worker can import

    The longest runs come first. Only this process writes. Raises RunsFileError before any work if
    the file is unsuitable, WriteFailed if a row cannot be written, SweepFailed at the end if runs
    failed, WorkerRefused at once; whatever it raises, finished runs are on the disk. When nothing
    is missing any more, the file is sorted.

    In a script, call it under `if __name__ == "__main__":`, for workers import the script.
    """
    processes = usable_workers() if workers is None else _checked_workers(workers)
    plan = list(runs)
    work = work or partial(train_here, corpus=corpus)
    watcher = progress or _ignore
    with RunsFile(out) as file:
        there = {run.config.run_id for run in file.runs}
        missing = {c.run_id: c for c in plan if c.run_id not in there}
        asked = {c.run_id: c for c in plan}
        seconds, to_do = (sum(map(seconds_estimate, x.values())) for x in (asked, missing))
        processes = max(1, min(processes, len(missing)))
        tally = Tally(
            total=len(asked),
            done=len(asked) - len(missing),
            seconds=seconds,
            seconds_done=seconds - to_do,
            workers=processes if executor is None else workers or 1,
        )
        watcher(tally.state())
        job = _Job(work, file, missing, tally, watcher)
        if missing and executor is not None:
            job.run_in(executor)
        elif missing:
            job.run_in_processes(processes)
        if job.failures:
            raise SweepFailed(_failures(job.failures))
        file.rewrite_sorted()
        found = {run.config.run_id: run for run in file.runs}
        return [found[config.run_id] for config in plan]


def train_in_worker(config: RunConfig, corpus: Path | None = None) -> Run:
    """One run in a fresh process of one thread, for pages and notebooks; nothing is written."""
    return trained([config], corpus)[0]


def trained(configs: list[RunConfig], corpus: Path | None = None) -> list[Run]:
    """Some runs, one after the other in one fresh process of one thread; nothing is written."""
    with _processes(1) as pool:
        futures = _submitted(pool, partial(train_here, corpus=corpus), configs)
        return [future.result()[0] for _, future in futures]


def train_here(config: RunConfig, corpus: Path | None = None) -> Run:
    """One run in this process; its source is built once per process."""
    source = source_of(config.source, config.k, corpus)
    if isinstance(source, ShannonSource):
        _ = source.E  # seconds of work, once: no part of what the first run costs
    return train(config, source)


def usable_workers() -> int:
    """Cores that this process may use, at most 8."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        cores = os.cpu_count() or 1
    return min(cores, MOST_WORKERS)


class _Job:
    """The runs that are missing, and where they go."""

    def __init__(
        self,
        work: Work,
        file: RunsFile,
        missing: dict[str, RunConfig],
        tally: Tally,
        watcher: Watcher,
    ) -> None:
        self._work, self._file, self._missing = work, file, missing
        self._tally, self._watcher = tally, watcher
        self.failures: list[tuple[RunConfig, str]] = []

    def run_in_processes(self, workers: int) -> None:
        """All missing runs in a pool; in a second one if a worker of the first is killed."""
        for _ in range(2):
            with _processes(workers) as pool, suppress(BrokenProcessPool):
                self.run_in(pool)
                return
        raise SweepFailed(
            f"workers were killed twice before all was done, {len(self._missing)} missing: the "
            "system may be short of memory (try fewer --workers), or a script lacks "
            '`if __name__ == "__main__":`; what is finished is kept, the same command goes on'
        )

    def run_in(self, executor: Executor) -> None:
        """All missing runs; BrokenProcessPool if some are left because a worker was killed."""
        longest_first = sorted(self._missing.values(), key=seconds_estimate, reverse=True)
        submitted = _submitted(executor, self._work, longest_first)
        config_of = {future: config for config, future in submitted}
        waiting, broken = set(config_of), False
        try:
            while waiting:
                done, waiting = wait(waiting, TICK, FIRST_COMPLETED)
                for future in done:
                    broken |= self._take(config_of[future], future)
                self._watcher(self._tally.state())
        finally:
            for future in waiting:
                future.cancel()
        if broken or len(submitted) < len(longest_first):
            raise BrokenProcessPool

    def _take(self, config: RunConfig, future: Future[tuple[Run, float]]) -> bool:
        """Writes a finished run; tells whether it has none because a worker was killed."""
        try:
            run, wall = future.result()
            if run.recipe != RECIPE:
                raise WorkerRefused(f"a worker trains by recipe {run.recipe}, here it is {RECIPE}")
            run = self._file.append(run)
        except BrokenProcessPool:
            return True
        except (WorkerRefused, WriteFailed):
            raise
        except Exception as error:  # the other runs go on, this one is reported at the end
            words = str(error) or type(error).__name__
            self.failures.append((config, words))
            del self._missing[config.run_id]
            self._watcher(self._tally.count(config, 0.0, None, words))
            return False
        del self._missing[config.run_id]
        self._watcher(self._tally.count(config, wall, run))
        return False


def _submitted(
    executor: Executor, work: Work, configs: list[RunConfig]
) -> list[tuple[RunConfig, Future[tuple[Run, float]]]]:
    """The futures of the runs; fewer of them if the pool breaks on the way.

    Processes start here. They inherit that SIGINT is blocked, so a Ctrl-C is the parent's affair
    from their first instruction on.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        futures = []
        with suppress(BrokenProcessPool):
            for config in configs:
                futures.append((config, executor.submit(_timed, work, config)))
        return futures
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _timed(work: Work, config: RunConfig) -> tuple[Run, float]:
    """In a worker: a run, and the seconds that it took."""
    refuse_threads()
    start = time.perf_counter()
    try:
        return work(config), time.perf_counter() - start
    except Exception as error:  # of any class: the parent may not be able to import it
        raise RuntimeError(f"{type(error).__name__}: {error}") from error


def refuse_threads() -> None:
    """WorkerRefused if this process was not started with one thread for matrix products."""
    for name in THREADS if sys.platform == "darwin" else THREADS[:3]:
        value = os.environ.get(name)
        if value != "1":
            raise WorkerRefused(
                f"a worker on {platform.node()} must start with {name}=1 in its environment, "
                f"found {'nothing' if value is None else repr(value)}"
            )


@contextmanager
def _processes(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh processes of one thread each, which end when this process ends.

    They hold the reading end of a pipe: it reports the end of the file when the writing end is
    closed, be it by us, because no result is wanted any more, or by the system after a kill.
    """
    spawn = multiprocessing.get_context("spawn")
    reader, writer = spawn.Pipe(duplex=False)
    with _one_thread(), reader, writer:
        pool = ProcessPoolExecutor(workers, spawn, _end_with, (reader,))
        try:
            yield pool
        except BaseException:
            writer.close()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _end_with(pipe: Connection) -> None:
    """In a new worker: from now on, ends it when the pipe is closed."""

    def watch() -> None:
        with suppress(EOFError, OSError):
            pipe.recv()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes that start meanwhile use one thread for matrix products."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _checked_workers(workers: int) -> int:
    if type(workers) is not int or workers < 1:
        raise ValueError(f"workers must be a whole number of at least 1, got {workers!r}")
    return workers


def _failures(failures: list[tuple[RunConfig, str]]) -> str:
    shown = "; ".join(f"{described(config)}: {words}" for config, words in failures[:5])
    more = f"; and {len(failures) - 5} more" if len(failures) > 5 else ""
    runs = "1 run" if len(failures) == 1 else f"{len(failures)} runs"
    return f"{runs} failed ({shown}{more}); the others are kept, the same command tries again"


def _ignore(state: State) -> None:
    """Watches nothing."""
