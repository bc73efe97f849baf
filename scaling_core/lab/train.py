"""One training run: a pure function of its configuration and its source."""

import math
import time
from collections.abc import Callable

import numpy as np

from scaling_core.lab.config import RunConfig
from scaling_core.lab.exam import Exam, Lessons
from scaling_core.lab.model import LM, Real
from scaling_core.lab.runs import Run
from scaling_core.lab.source import Source

BETAS, ADAM_EPS, CLIP = (0.9, 0.98), 1e-8, 1.0


def train(
    config: RunConfig,
    source: Source,
    on_step: Callable[[int], None] | None = None,
) -> Run:
    """Trains a model as the configuration says; no file is read or written, nothing is printed.

    on_step  # called with the number of each step before it; whatever it raises ends the run

    >>> from scaling_core.lab import RunConfig, ShannonSource, train
    >>> tiny = RunConfig("quick", "shannon", d=4, tokens=5120, lr=0.03, seed=1)
    >>> run = train(tiny, ShannonSource.load())
    >>> run.status, run.loss < 3.4
    ('ok', True)
    """
    begun = time.process_time()
    lessons = Lessons(config, source)
    exam = Exam(config, source)
    model = LM(config.shape, config.seed, rel_start=config.rel_start)
    m, v = np.zeros_like(model.flat), np.zeros_like(model.flat)
    marks = config.eval_steps
    curve: list[tuple[float, ...]] = []
    losses: list[float] = []
    status = "ok"
    for step in range(config.steps):
        if on_step is not None:
            on_step(step)
        if step in marks:
            curve.append((step * config.batch, *exam.point(model)))
        loss, g = model.grad(*lessons.batch(step))
        norm = float(np.sqrt(np.dot(g, g)))
        if not math.isfinite(loss) or not math.isfinite(norm):
            status = "diverged"
            break
        losses.append(loss)
        _adam(
            model.flat, g, m, v, step, config.learning_rate(step), min(1.0, CLIP / (norm + 1e-12))
        )
    if status == "ok":
        loss, excess, ce = exam.losses(model)
        status = "ok" if math.isfinite(ce) else "diverged"
    if status == "diverged":
        loss = excess = ce = last = math.nan
    else:
        last = float(np.mean(losses[-max(1, len(losses) // 20) :]))
        if config.evals:
            curve.append((config.tokens, *exam.point(model)))
    return Run(
        config=config,
        status=status,
        loss=loss,
        excess=excess,
        ce=ce,
        train_loss=last,
        cpu_seconds=time.process_time() - begun,
        curve=tuple(curve),
        metrics=exam.metrics(model) if status == "ok" else {},
    )


def _adam(flat: Real, g: Real, m: Real, v: Real, step: int, lr: float, shrink: float) -> None:
    """One step of Adam in place, on a gradient that is shrunk to the norm of the clip."""
    b1, b2 = BETAS
    g *= g.dtype.type(shrink)
    m *= b1
    m += (1 - b1) * g
    v *= b2
    g *= g
    v += (1 - b2) * g
    size = np.sqrt(v / (1 - b2 ** (step + 1)))
    size += ADAM_EPS
    flat -= (lr / (1 - b1 ** (step + 1))) * m / size
