"""Rows about growth: time of a fit against its runs, time and memory of a bootstrap against n."""

import tracemalloc

from scaling_core.fitting import fit_chinchilla
from tests.bench.runs import simulated
from tests.bench.table import Bar, Row, cpu_seconds

RUNS = (100, 1000, 10_000, 100_000)
RESAMPLES = (500, 1000, 2000, 4000, 8000, 16_000)
LINEAR = 1.5  # how much faster than its size the time may grow, over the factor SPAN of sizes
SPAN = {"runs": (1000, 100_000), "resamples": (2000, 16_000)}
MOST_MEMORY = 64  # MB while a bootstrap works, its answer not counted


def rows() -> list[Row]:
    return [*_fits(), *_bootstraps()]


def _fits() -> list[Row]:
    found, took = [], {}
    for number in RUNS:
        data = simulated(number)
        repeats = max(1, min(20, 20_000 // number))
        took[number], fit = cpu_seconds(lambda data=data: fit_chinchilla(*data), repeats)
        task, how = f"fit of {number:,} runs", f"best of {repeats}"
        bars, note = _linear("runs", number, took), f"{fit.iterations} steps"
        found.append(Row(task, "scaling_core", took[number], how, note=note, bars=bars))
    return found


def _bootstraps() -> list[Row]:
    fit, found, took = fit_chinchilla(*simulated()), [], {}
    for n in RESAMPLES:
        took[n], boot = cpu_seconds(lambda n=n: fit.bootstrap(n, seed=0), 3)
        answer = 8 * n * 6  # bytes: five numbers and F of each refit
        del boot
        tracemalloc.start()
        fit.bootstrap(n, seed=0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        working = (peak - answer) / 1e6
        memory = Bar(f"<= {MOST_MEMORY} MB", f"{working:.1f} MB", working <= MOST_MEMORY)
        bars = [memory, *_linear("resamples", n, took)]
        found.append(Row(f"{n:,} resamples", "scaling_core", took[n], "best of 3", bars=bars))
    return found


def _linear(what: str, size: int, took: dict[int, float]) -> list[Bar]:
    """On the largest size of the span: the time over that of the smallest."""
    first, last = SPAN[what]
    if size != last:
        return []
    limit, ratio = LINEAR * last / first, took[last] / took[first]
    wanted = f"<= {LINEAR} x {last // first} x that of {first:,}"
    return [Bar(wanted, f"{ratio:.1f} x", ratio <= limit)]
