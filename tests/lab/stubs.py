"""Runs without training, for tests of what happens around it; workers import this module."""

import os
import signal
import time
from pathlib import Path

from scaling_core.lab.config import RunConfig
from scaling_core.lab.runs import Run


def configs(n: int, group: str = "quick") -> list[RunConfig]:
    """Different runs, the longest first by their tokens."""
    return [
        RunConfig(
            group, "shannon", d=4 + 2 * (seed % 2), tokens=512 * (n - seed), lr=0.03, seed=seed
        )
        for seed in range(n)
    ]


def stub(config: RunConfig) -> Run:
    """A run whose numbers follow from its configuration, but for the time."""
    excess = 0.5 + 40 / config.tokens**0.5 + 1 / (7 + config.seed)
    started = time.perf_counter()
    return Run(
        config, "ok", 1.13561 + excess, excess, 1.13 + excess, 1.2 + excess,
        cpu_seconds=started % 10,
        curve=((float(config.tokens), excess),),
        metrics={"exact4": 1 / (1 + config.seed)},
    )  # fmt: skip


def slow(config: RunConfig) -> Run:
    """A run of a hundredth of a second."""
    time.sleep(0.01)
    return stub(config)


def endless(folder: Path, config: RunConfig) -> Run:
    """A run of 40 that takes minutes, but for the first two; its process notes its number."""
    (folder / f"{os.getpid()}.pid").touch()
    time.sleep(0.05 if config.tokens > 512 * 36 and config.d == 6 else 300)
    return stub(config)


def diverging(config: RunConfig) -> Run:
    """Every third run diverges."""
    if config.seed % 3:
        return stub(config)
    nan = float("nan")
    return Run(config, "diverged", nan, nan, nan, nan, 0.1)


class OddError(Exception):
    """An exception that does not survive the way between two processes."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)


def failing(config: RunConfig) -> Run:
    """Run 1 fails."""
    if config.seed == 1:
        raise OddError(3, "the dog ate it")
    return stub(config)


def killed(folder: Path, times: int, config: RunConfig) -> Run:
    """The process of run 2 is killed so many times, then it goes well."""
    marks = sorted(folder.glob("*.killed"))
    if config.seed == 2 and len(marks) < times:
        (folder / f"{len(marks)}.killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return stub(config)


def other_recipe(config: RunConfig) -> Run:
    """A run of a worker with another version."""
    return Run(config, "ok", 1.5, 0.4, 1.5, 1.5, 0.1, recipe=999)


def about_worker(config: RunConfig) -> Run:
    """A run whose metrics tell where it was trained."""
    blocked = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    metrics = {"blocked": float(blocked), "process": float(os.getpid())}
    return Run(config, "ok", 1.5, 0.4, 1.5, 1.5, 0.1, metrics=metrics)
