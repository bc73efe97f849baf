"""The optimiser, and a run as a whole."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lab.shared import SUMS, TINY, shannon, short_exam
from scaling_core.lab import LM, AdditionSource, Shape, train
from scaling_core.lab.exam import Exam, Lessons
from scaling_core.lab.train import ADAM_EPS, BETAS, CLIP, _adam


@pytest.fixture(scope="module", autouse=True)
def an_eighth_of_the_validation_sequences():
    with short_exam():
        yield


# --- The optimiser -------------------------------------------------------------------------------


def naive_adam(start, gradients, rates):
    """Adam as its authors write it, with the gradient's norm clipped before."""
    b1, b2 = BETAS
    x, m, v = start.astype(float), 0.0, 0.0
    for t, (g, lr) in enumerate(zip(gradients, rates, strict=True), start=1):
        g = g * min(1, CLIP / np.linalg.norm(g))
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        x = x - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + ADAM_EPS)
    return x


def test_steps_are_those_of_adam_with_a_clipped_gradient():
    rng = np.random.default_rng(0)
    start = rng.standard_normal(50)
    gradients = rng.standard_normal((8, 50)) * np.geomspace(0.01, 1, 8)[:, None]
    rates = np.linspace(0.03, 0.001, 8)
    norms = np.linalg.norm(gradients, axis=1)
    assert norms.min() < CLIP < norms.max()
    x, m, v = start.copy(), np.zeros(50), np.zeros(50)
    for step, (g, lr) in enumerate(zip(gradients.copy(), rates, strict=True)):
        _adam(x, g, m, v, step, lr, min(1.0, CLIP / float(np.linalg.norm(g))))
    np.testing.assert_allclose(x, naive_adam(start, gradients, rates), rtol=0, atol=1e-12)


def test_a_run_takes_those_steps():
    """Three steps of a run, taken again with the naive optimiser in float64."""
    config = replace(TINY, tokens=1_536)
    model, kept = LM(config.shape, config.seed), []
    lessons = Lessons(config, shannon(2))
    start = model.flat.copy()
    for step in range(3):
        kept.append(model.grad(*lessons.batch(step))[1].astype(float))
        rates = [config.learning_rate(i) for i in range(step + 1)]
        model.flat[:] = naive_adam(start, kept, rates)
    loss, excess, ce = Exam(config, shannon(2)).losses(model)
    run = train(config, shannon(2))
    assert (run.loss, run.excess, run.ce) == pytest.approx((loss, excess, ce), abs=1e-5)


def test_eight_sequences_can_be_learned_by_heart():
    x, y = np.random.default_rng(0).integers(32, size=(2, 8, 32))
    model = LM(Shape(V=32, d=32), seed=0)
    m, v = np.zeros_like(model.flat), np.zeros_like(model.flat)
    start = model.loss(x, y)
    for step in range(80):
        _, g = model.grad(x, y)
        shrink = min(1.0, CLIP / float(np.linalg.norm(g)))
        _adam(model.flat, g, m, v, step, 0.01, shrink)
    assert model.loss(x, y) < start / 10


# --- Runs ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny():
    return train(replace(TINY, evals=2), shannon(2))


def test_a_run_is_a_function_of_its_configuration(tiny):
    again = train(replace(TINY, evals=2), shannon(2))
    assert replace(again, cpu_seconds=0) == replace(tiny, cpu_seconds=0)
    other = train(replace(TINY, seed=8), shannon(2))
    assert other.loss != tiny.loss


def test_looking_on_the_way_changes_nothing(tiny):
    plain = train(TINY, shannon(2))
    assert (plain.loss, plain.train_loss, plain.curve) == (tiny.loss, tiny.train_loss, ())


def test_a_run_learns_and_its_numbers_belong_together(tiny):
    assert tiny.status == "ok"
    assert tiny.loss == tiny.excess + shannon(2).E
    assert shannon(2).E < tiny.loss < 3.3 < math.log(32)
    assert abs(tiny.ce - tiny.loss) < 0.05
    assert abs(tiny.train_loss - tiny.loss) < 0.2
    assert [point[0] for point in tiny.curve] == [1_024, 2_560, 5_120]
    excesses = [point[1] for point in tiny.curve]
    assert excesses == sorted(excesses, reverse=True)
    assert excesses[-1] == tiny.excess
    assert tiny.cpu_seconds > 0


def test_every_step_is_announced_and_what_the_watcher_raises_ends_the_run():
    seen = []

    def watch(step):
        seen.append(step)
        if step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(TINY, shannon(2), watch)
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_run_whose_loss_is_no_number_is_recorded_as_diverged(monkeypatch, bad):
    grad = LM.grad
    calls = []

    def breaks(self, *batch):
        calls.append(batch)
        loss, g = grad(self, *batch)
        return (bad if len(calls) == 3 else loss), g

    monkeypatch.setattr(LM, "grad", breaks)
    run = train(replace(TINY, group="metric"), shannon(2))
    assert run.status == "diverged"
    assert len(calls) == 3
    assert all(math.isnan(x) for x in (run.loss, run.excess, run.ce, run.train_loss))
    assert run.metrics == {}
    assert {run.row()[name] for name in ("loss", "excess", "ce", "train_loss")} == {""}


def test_a_gradient_that_is_no_number_counts_as_divergence_too(monkeypatch):
    grad = LM.grad
    monkeypatch.setattr(LM, "grad", lambda self, *b: (grad(self, *b)[0], np.inf * self.flat))
    with np.errstate(invalid="ignore"):
        assert train(TINY, shannon(2)).status == "diverged"


def test_sums_are_trained_and_measured():
    run = train(SUMS, AdditionSource())
    assert run.status == "ok"
    assert run.loss == run.ce < math.log(12)
    assert math.isnan(run.excess)
    assert [len(point) for point in run.curve] == [4, 4, 4]
    assert run.curve[-1][0] == SUMS.tokens
    assert run.metrics == {"token_accuracy": run.curve[-1][2], "exact": run.curve[-1][3]}
