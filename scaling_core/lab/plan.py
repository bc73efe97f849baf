"""The plan: every run of the lab, and what was fixed before the first recorded one.

This file is data. Its hash stands in data/lab_meta.json, and it was committed before the runs
began; whoever changes a recorded run here has to run it again. The published seeds, 100 to 102,
are not those of the trial runs that chose learning rates and the central filter.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from hashlib import sha256

from scaling_core.lab.config import RunConfig
from scaling_core.lab.model import Shape
from scaling_core.lab.source import ADDITION, SHANNON, TEXT, AdditionSource, ShannonSource

LADDER = {  # budget in FLOP: widths
    1e10: (4, 6, 8, 12, 16, 24, 32),
    3e10: (6, 8, 12, 16, 24, 32, 48),
    1e11: (8, 12, 16, 24, 32, 48, 64),
    3e11: (12, 16, 24, 32, 48, 64, 96),
    1e12: (24, 32, 48, 64, 96, 128),
}
HELD_OUT = {6e11: (40, 56), 3e12: (48, 64, 96)}  # between the budgets, and beyond them
QUICK = {
    1e10: (8, 12, 16, 24, 32),
    3e10: (12, 16, 24, 32, 48),
    1e11: (12, 16, 24, 32, 48),
}
TEXTS = {3e10: (8, 12, 16, 24, 32), 1e11: (12, 16, 24, 32, 48), 3e11: (24, 32, 48, 64)}
SEEDS = (100, 101, 102)
SUMS_SEEDS = tuple(range(100, 108))

# What is fitted, and how, fixed before the runs. The pages and tests use these values.
CENTRAL = {"N": 1500, "steps": 200}  # the central mask: rows above both
DELTA = 1e-2  # Huber threshold, about the size of the residuals; 1e-3 is reported beside it
RESAMPLES = 1000  # of cells (budget, width), not of rows
NEAREST = 5  # sizes around the lowest loss that a parabola goes through
SHORT = 1e11  # the largest budget of the fit that extrapolates furthest
READ_OUTS = (
    "a from the slope of the parabolas' vertices",
    "a = beta / (alpha + beta) of the surface, all iso rows, then the central ones",
    "E of both surfaces, and whether its 95 % interval holds the computed entropy",
    "error of each held-out cell, and whether its interval holds it",
    "the same for the surface of the rows with C up to 1e11",
    "error of a power law without E through the lowest losses",
)


def rate(d: int) -> float:
    """The lab's rule for the learning rate of a width, tuned on few cells.

    >>> from scaling_core.lab.plan import rate
    >>> rate(16), rate(64), rate(4)
    (0.02, 0.01, 0.03)
    """
    return float(min(0.03, 0.02 * (16 / d) ** 0.5))


def tokens_for(budget: float, N: int, batch: int = 512) -> int:
    """Training tokens, a multiple of the batch, that spend a budget: D = C / (6 N).

    >>> from scaling_core.lab.plan import tokens_for
    >>> tokens_for(1e10, 6864)
    242688
    """
    return batch * max(1, round(budget / (6 * N * batch)))


def _cell(group: str, budget: float, d: int, seed: int, times: float = 1, k: int = 4) -> RunConfig:
    N = Shape(ShannonSource.V, d).N
    return RunConfig(
        group, SHANNON, d, tokens_for(budget, N), times * rate(d), seed, k=k, budget=budget
    )


def _grid(
    group: str, budgets: Mapping[float, tuple[int, ...]], seeds: tuple[int, ...], k: int = 4
) -> list[RunConfig]:
    return [
        _cell(group, budget, d, seed, k=k)
        for seed in seeds
        for budget, widths in budgets.items()
        for d in widths
    ]


def quick(seeds: tuple[int, ...]) -> list[RunConfig]:
    """Three budgets of five sizes: half a minute."""
    return _grid("quick", QUICK, seeds)


def full(seeds: tuple[int, ...]) -> list[RunConfig]:
    """The ladder, then the held-out runs."""
    return _grid("iso", LADDER, seeds) + _grid("holdout", HELD_OUT, seeds)


def rates(seeds: tuple[int, ...]) -> list[RunConfig]:
    """Every cell of the ladder with half and with twice the learning rate of the rule."""
    return [
        _cell("lr", budget, d, seed, times)
        for seed in seeds
        for budget, widths in LADDER.items()
        for d in widths
        for times in (0.5, 2)
    ]


def orders(seeds: tuple[int, ...]) -> list[RunConfig]:
    """The ladder up to 3e11 on the simpler sources of order 2 and 3."""
    small = {budget: widths for budget, widths in LADDER.items() if budget <= 3e11}
    return _grid("order", small, seeds, k=2) + _grid("order", small, seeds, k=3)


def epochs(seeds: tuple[int, ...]) -> list[RunConfig]:
    """51,200 tokens read 1 to 32 times, beside as many fresh ones."""
    unique, d = 51_200, 48
    once = [RunConfig("epochs", SHANNON, d, unique, rate(d), seed) for seed in seeds]
    fresh = [replace(run, tokens=unique * 2**j) for j in range(1, 6) for run in once]
    return once + fresh + [replace(run, unique_tokens=unique) for run in fresh]


def quality(seeds: tuple[int, ...]) -> list[RunConfig]:
    """Clean tokens against ten times as many with replaced symbols, at three sizes of data."""
    d = 24
    clean = [
        RunConfig("quality", SHANNON, d, tokens, rate(d), seed)
        for seed in seeds
        for tokens in (33_792, 99_840, 339_968)
    ]
    tenfold = [replace(run, tokens=10 * run.tokens) for run in clean]
    return clean + [
        replace(run, noise=noise) for run in tenfold for noise in (0.0, 0.05, 0.1, 0.2, 0.4)
    ]


def schedule(seeds: tuple[int, ...]) -> list[RunConfig]:
    """Five horizons with a decay of their own; the longest read on its way; constant rates."""
    d, longest = 32, 3_276_800
    last = [RunConfig("schedule", SHANNON, d, longest, rate(d), seed, evals=11) for seed in seeds]
    own = [replace(run, tokens=longest // 2**j, evals=0) for run in last for j in range(4, 0, -1)]
    constant = [replace(run, schedule="constant") for run in last]
    return own + last + constant + [replace(run, lr=run.lr / 3) for run in constant]


def text(seeds: tuple[int, ...], source: str = TEXT) -> list[RunConfig]:
    """Three budgets on real text, each character read at most once."""
    group = "text" if source == TEXT else "own-text"
    return [replace(run, group=group, source=source, k=0) for run in _grid("quick", TEXTS, seeds)]


def metric(seeds: tuple[int, ...], source: str = TEXT) -> list[RunConfig]:
    """Seven sizes on real text with about 55 tokens per parameter, measured in many ways."""
    return [
        RunConfig("metric", source, d, tokens_for(6 * 55 * N * N, N), rate(d), seed, k=0)
        for seed in seeds
        for d in (6, 8, 12, 16, 24, 32, 48)
        for N in [Shape(ShannonSource.V, d).N]
    ]


def addition(seeds: tuple[int, ...]) -> list[RunConfig]:
    """Sums of four digits at three widths: how many seeds learn to add, and when."""
    sums = AdditionSource()
    T, rows = sums.length - 1, 36
    return [
        RunConfig(
            "addition", ADDITION, d, 1536 * rows * T, rate(d), seed, k=0, T=T, batch=rows * T,
            rel_start="zero", evals=24,
        )
        for d in (8, 16, 32)
        for seed in seeds
    ]  # fmt: skip


COMMANDS: Mapping[str, Callable[[tuple[int, ...]], list[RunConfig]]] = {
    "quick": quick,
    "full": full,
    "epochs": epochs,
    "quality": quality,
    "schedule": schedule,
    "addition": addition,
    "metric": metric,
    "text": text,
}


def runs(command: str, seeds: Iterable[int]) -> list[RunConfig]:
    """The runs of a command of the command line."""
    return COMMANDS[command](tuple(seeds))


RECORDED = {  # file: the runs of the shipped dataset, in the order of recording
    "lab_runs.csv": _grid("iso", LADDER, SEEDS),
    "lab_epochs.csv": epochs(SEEDS),
    "lab_addition.csv": addition(SUMS_SEEDS),
    "lab_metric.csv": metric(SEEDS),
    "lab_text.csv": text(SEEDS[:2]),
    "lab_quality.csv": quality(SEEDS),
    "lab_schedule.csv": schedule(SEEDS[:2]),
    "lab_holdout.csv": _grid("holdout", HELD_OUT, SEEDS),
    "lab_lr.csv": rates(SEEDS[:1]),
    "lab_orders.csv": orders(SEEDS[:1]),
}


def plan_sha256() -> str:
    """Hash of the recorded runs and of what was to be read out of them."""
    plan = {
        "runs": {name: [asdict(run) for run in runs] for name, runs in RECORDED.items()},
        "fit": [CENTRAL, DELTA, RESAMPLES, NEAREST, SHORT, READ_OUTS],
    }
    return sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()
