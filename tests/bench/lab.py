"""What the lab costs as it grows: python -m tests.bench.lab

CPU time of a run against width and tokens, wall time of a sweep against workers, peak memory of a
worker. Every measurement has a process, or a pool, of its own.
"""

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from scaling_core.lab.config import RunConfig
from scaling_core.lab.plan import rate
from scaling_core.lab.sweep import THREADS, sweep, train_here

TOKENS = 102_400
WIDTHS = (4, 8, 16, 32, 64, 128)


def config(d: int, tokens: int, seed: int = 0) -> RunConfig:
    return RunConfig("quick", "shannon", d, tokens, rate(d), seed)


def alone(run: RunConfig) -> tuple[float, float]:
    """In a fresh process: CPU seconds of a run, and the highest memory of the process in MB."""
    train_here(config(4, 512))  # the source and its entropy are built once per process
    seconds = train_here(run).cpu_seconds
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def measured(run: RunConfig) -> tuple[float, float]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(alone, run).result()


def runs() -> None:
    """Every run ends with the same examination, so what a further token costs is a difference."""
    print("| d | N | s at D | s at 4 D | us per further token | MB |\n|---|---|---|---|---|---|")
    for d in WIDTHS:
        few, many = config(d, TOKENS), config(d, 4 * TOKENS)
        (a, _), (b, memory) = measured(few), measured(many)
        further = 1e6 * (b - a) / (3 * TOKENS)
        print(f"| {d} | {few.N:,} | {a:.2f} | {b:.2f} | {further:.1f} | {memory:.0f} |", flush=True)


def sweeps() -> None:
    from distributed import LocalCluster

    from scaling_core.lab._cluster import connected

    plan = [config(24, TOKENS, seed) for seed in range(12)]

    def seconds(executor=None, workers=None) -> float:
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            sweep(plan, Path(folder) / "runs.csv", executor, workers)
            return time.perf_counter() - start

    one = seconds(workers=1)
    print("\n| 12 runs, d = 24 | wall s | against one worker |\n|---|---|---|")
    print(f"| 1 worker | {one:.1f} | 1.00 |", flush=True)
    two = seconds(workers=2)
    print(f"| 2 workers | {two:.1f} | {two / one:.2f} |", flush=True)
    with LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster:
        start = time.perf_counter()
        with connected(cluster.scheduler_address) as (executor, workers):
            joined = time.perf_counter() - start
            third = seconds(executor, workers)
    print(f"| dask LocalCluster, 2 workers | {third:.1f} | {third / one:.2f} |")
    print(f"\nconnecting to the cluster: {joined:.1f} s; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    os.environ.update(dict.fromkeys(THREADS, "1"))
    runs()
    sweeps()
