"""Rows about allocations: closed forms against a sweep and against `chinchilla`."""

import numpy as np

from scaling_core import BESIROGLU_2024, ChinchillaLaw
from scaling_core._check import Array
from tests.bench import with_packages
from tests.bench.table import Row, cpu_seconds, faster, have, missing, most
from tests.naive import sweep_optimum

REPEATS = 9
SWEPT = 500
MILLION = "optimum of 1e6 budgets"


def rows() -> list[Row]:
    law, C = BESIROGLU_2024, np.geomspace(1e17, 1e28, 10**6)
    ours, best = cpu_seconds(lambda: law.optimum(C), REPEATS)
    worst = _worst(law, best.N, best.D, np.zeros(1))
    how = f"best of {REPEATS}"
    note = f"terms balance to {worst:.0e}, the budget is spent to {_unspent(best, C):.0e}"
    found = [Row(MILLION, "scaling_core", ours, how, 1, note=note)]

    few = C[:: len(C) // SWEPT]
    part, swept = cpu_seconds(lambda: sweep_optimum(law, few), 3)
    sweep = part * len(C) / len(few)
    off = np.median(np.abs(swept[:, 0] / law.optimum(few).N - 1))
    found.append(
        Row(
            MILLION,
            "numpy, 128 sizes per budget",
            sweep,
            f"{len(few)} budgets, best of 3, scaled",
            sweep / ours,
            note=f"median error of N {off:.1%}",
            bars=[faster(1000, sweep / ours)],
        )
    )
    if have("chinchilla"):
        peer, _ = cpu_seconds(lambda: with_packages.chinchilla_allocate(C, law), REPEATS)
        bars = [faster(3, peer / ours)]
        note = "gives N and D; ours D, loss and checked arguments too"
        found.append(Row(MILLION, "chinchilla", peer, how, peer / ours, note=note, bars=bars))
    else:
        found.append(missing(MILLION, "chinchilla"))
    return [*found, _many_laws(), *_serving()]


def _many_laws() -> Row:
    scatter = np.random.default_rng(0).normal(1, 0.05, (4000, 5))
    base = BESIROGLU_2024
    fields = np.array([base.E, base.A, base.B, base.alpha, base.beta])
    laws, C = ChinchillaLaw(*(fields * scatter).T), np.geomspace(1e18, 1e26, 50)
    seconds, best = cpu_seconds(lambda: laws.optimum(C), REPEATS)
    worst = max(
        _worst(laws[i], best.N[i], best.D[i], np.zeros(1)) for i in range(0, len(laws), 400)
    )
    note = f"terms balance to {worst:.0e}"
    bars = [most(0.020, seconds)]
    how = f"best of {REPEATS}"
    return Row(
        "optimum, 4,000 laws x 50 budgets", "scaling_core", seconds, how, note=note, bars=bars
    )


def _serving() -> list[Row]:
    law, served, found = BESIROGLU_2024, np.geomspace(1e8, 1e16, 10**5), []
    for goal in ({"loss": 2.0}, {"total": 1e24}):
        task = f"1e5 optima with serving, {next(iter(goal))} given"
        seconds, best = cpu_seconds(lambda goal=goal: law.inference_optimum(served, **goal), 5)
        note = f"first-order condition holds to {_worst(law, best.N, best.D, served / 3):.0e}"
        bars = [most(0.100, seconds)]
        found.append(Row(task, "scaling_core", seconds, "best of 5", note=note, bars=bars))
    return found


def _worst(law: ChinchillaLaw, N: Array, D: Array, delta: Array) -> float:
    """Largest violation of alpha A N^-alpha = beta B D^-beta (1 + delta/D), delta of serving."""
    params = law.alpha * law.A * N**-law.alpha
    tokens = law.beta * law.B * D**-law.beta * (1 + delta / D)
    return float(np.abs(params / tokens - 1).max())


def _unspent(best: object, C: Array) -> float:
    return float(np.abs(6 * best.N * best.D / C - 1).max())
