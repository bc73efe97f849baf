"""Is the installed lab the one that was recorded? Checks that need no test runner.

The tests call the same functions with the same limits.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from scaling_core.lab import plan
from scaling_core.lab.config import RECIPE
from scaling_core.lab.model import LM, Shape
from scaling_core.lab.record import META, sha256_of
from scaling_core.lab.runs import Run
from scaling_core.lab.runs_file import read_runs
from scaling_core.lab.source import ShannonSource
from scaling_core.lab.sweep import trained

DATA = Path(__file__).parents[1] / "data"
RETRAINED = (16, 24)  # widths of the recorded runs that are trained again
# 17 runs trained twice differed by 3e-5 at most, as did four kernels of OpenBLAS. Other systems
# may need more room; the losses of two seeds differ by 1e-2.
SAME_LOSS = 2e-3
STEP = 1e-5  # of the central differences


class VerifyFailed(RuntimeError):
    """Checks that have failed."""


@dataclass(frozen=True)
class Finding:
    """What a check has found: in words, and whether it is as it should be."""

    good: bool
    words: str


def verify(tell: Callable[[str], None], data: Path = DATA) -> None:
    """Runs all checks, tells the finding of each; VerifyFailed at the end if one is not good."""
    checks: dict[str, Callable[[], Finding]] = {
        "files": lambda: files_as_recorded(data),
        "rows": lambda: rows_as_planned(data),
        "entropies": lambda: entropies_as_recorded(data),
        "start": loss_at_start,
        "gradients": gradients,
        "training": lambda: trained_again(data),
    }
    failed = []
    for name, check in checks.items():
        finding = check()
        tell(f"{'ok    ' if finding.good else 'FAILED'} {name}: {finding.words}")
        failed += [] if finding.good else [name]
    if failed:
        raise VerifyFailed(f"{len(failed)} of {len(checks)} checks failed: {', '.join(failed)}")


def files_as_recorded(data: Path = DATA) -> Finding:
    """Whether every data file, and the plan, has the hash that lab_meta.json gives."""
    meta = read_meta(data)
    expected: dict[str, str] = meta["sha256"]
    for name, sha256 in expected.items():
        if not (data / name).is_file():
            return Finding(False, f"{name} is missing: install the package again")
        if (found := sha256_of(data / name)) != sha256:
            return Finding(
                False, f"{name} has sha256 {found}, expected {sha256}: install the package again"
            )
    for name, here in {"plan_sha256": plan.plan_sha256(), "recipe": RECIPE}.items():
        if meta[name] != here:
            return Finding(False, f"{name} is {here}, the data were recorded with {meta[name]}")
    return Finding(True, f"{len(expected)} files and the plan have their recorded sha256")


def rows_as_planned(data: Path = DATA) -> Finding:
    """Whether every file holds the planned runs, each of them once, and no other."""
    n = 0
    for name, planned in plan.RECORDED.items():
        runs = read_runs(data / name)
        n += len(runs)
        found, expected = {run.config for run in runs}, set(planned)
        if found != expected:
            return Finding(
                False,
                f"{name} lacks {len(expected - found)} planned runs and holds "
                f"{len(found - expected)} others",
            )
        for run in runs:
            if run.config.source == "shannon" and run.status == "ok" and not run.excess > 0:
                return Finding(False, f"{name}: run {run.config.run_id} lies below the entropy")
    return Finding(True, f"{n} recorded runs are the planned ones")


def entropies_as_recorded(data: Path = DATA) -> Finding:
    """Whether the computed entropies of all orders are the recorded ones, and fall."""
    worst = 0.0
    for k, ladder in read_meta(data)["ladder"].items():
        here = ShannonSource.load(int(k)).ladder
        if not all(longer < shorter for shorter, longer in pairwise(here)):
            return Finding(False, f"order {k}: the entropies {here} do not fall")
        worst = max(worst, *(abs(a - b) for a, b in zip(here, ladder, strict=True)))
    return Finding(worst < 1e-5, f"entropies differ by {worst:.1e} nats from the recorded ones")


def loss_at_start(d: int = 16) -> Finding:
    """Whether the loss before training is ln V."""
    x = np.arange(64).reshape(2, 32) % 32
    loss = LM(Shape(V=32, d=d), seed=1).loss(x, x[:, ::-1])
    return Finding(
        abs(loss - math.log(32)) < 1e-6, f"loss before training {loss:.6f}, ln 32 = 3.465736"
    )


def gradients() -> Finding:
    """Whether the gradient agrees with central differences in every tensor, in float64."""
    errors = gradient_errors()
    name = max(errors, key=errors.__getitem__)
    return Finding(
        errors[name] < 1e-6,
        f"largest error {errors[name]:.1e} of a tensor's largest entry, in {name!r}",
    )


def gradient_errors(seed: int = 0, entries: int = 12) -> dict[str, float]:
    """Tensor -> worst difference from central differences, over the tensor's largest entry.

    entries  # of each tensor that are looked at, beside the largest one
    """
    rng = np.random.default_rng(seed)
    model = LM(Shape(V=7, d=8, T=6), seed, np.float64)
    model.flat += 0.3 * rng.standard_normal(model.flat.size)  # the head starts at zero
    x, y = rng.integers(7, size=(2, 3, 6))
    weight = (rng.random((3, 6)) < 0.7).astype(np.float64)
    gradient = model.views(model.grad(x, y, weight)[1])
    errors = {}
    for name, tensor in model.p.items():
        flat, slope = tensor.reshape(-1), gradient[name].reshape(-1)
        largest = int(np.argmax(np.abs(slope)))
        worst = 0.0
        for place in {largest, *rng.permutation(flat.size)[:entries].tolist()}:
            before, losses = flat[place], []
            for sign in (1, -1):
                flat[place] = before + sign * STEP
                losses.append(model.loss(x, y, weight))
            flat[place] = before
            difference = (losses[0] - losses[1]) / (2 * STEP)
            worst = max(worst, abs(difference - slope[place]) / abs(slope[largest]))
        errors[name] = float(worst)
    return errors


def trained_again(data: Path = DATA) -> Finding:
    """Whether two recorded runs, trained again in a worker, end at their recorded loss."""
    recorded = to_train_again(read_runs(data / "lab_runs.csv"))
    again = trained([run.config for run in recorded])
    worst = max(abs(new.loss - old.loss) for new, old in zip(again, recorded, strict=True))
    return Finding(
        worst < SAME_LOSS,
        f"{len(again)} recorded runs trained again end within {worst:.1e} nats, "
        f"{SAME_LOSS:g} allowed",
    )


def to_train_again(runs: list[Run]) -> list[Run]:
    """The recorded runs that are trained again: of the smallest budget and the first seed."""
    budget, seed = min(plan.LADDER), plan.SEEDS[0]
    chosen = [
        run
        for run in runs
        if (run.config.budget, run.config.seed) == (budget, seed) and run.config.d in RETRAINED
    ]
    if len(chosen) != len(RETRAINED):
        raise ValueError(f"{len(chosen)} of the runs to train again are there, expected 2")
    return chosen


def read_meta(data: Path = DATA) -> dict[str, Any]:
    """What lab_meta.json says; ValueError if it is missing or damaged."""
    try:
        meta: dict[str, Any] = json.loads((data / META).read_text(encoding="utf-8"))
        return meta
    except (OSError, ValueError) as error:
        raise ValueError(f"{data / META}: {error}: install the package again") from None
