"""The batches of a run, and the examination of a model."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lab.shared import SUMS, TINY, hash_of, shannon, short_exam
from scaling_core.lab import AdditionSource, RunConfig, TextSource
from scaling_core.lab.exam import Exam, Lessons


@pytest.fixture(scope="module", autouse=True)
def an_eighth_of_the_validation_sequences():
    with short_exam():
        yield


# --- Batches -------------------------------------------------------------------------------------


def test_batches_are_the_stream_of_the_seed_in_order():
    lessons = Lessons(TINY, shannon(2))
    stream = shannon(2).sample(160, 33, 2, 7)
    for step in (0, 9):
        x, y, weight = lessons.batch(step)
        np.testing.assert_array_equal(x, stream[16 * step : 16 * step + 16, :-1])
        np.testing.assert_array_equal(y, stream[16 * step : 16 * step + 16, 1:])
        assert weight is None


def test_runs_of_one_seed_share_their_first_batches_whatever_their_length():
    longer = Lessons(replace(TINY, tokens=10_240), shannon(2))
    np.testing.assert_array_equal(longer.data[:160], Lessons(TINY, shannon(2)).data)


def test_every_pass_over_repeated_data_takes_each_sequence_once_in_a_new_order():
    config = replace(TINY, group="epochs", tokens=10_240, unique_tokens=3_200)
    lessons = Lessons(config, shannon(2))
    passes = np.split(lessons.order, [100, 200, 300])
    assert len(lessons.data) == 100
    assert passes[0].tolist() == list(range(100))
    assert [sorted(p) for p in passes[1:3]] == 2 * [list(range(100))]
    assert len(set(passes[3])) == len(passes[3]) == 20
    assert not np.array_equal(passes[1], passes[2])
    assert hash_of(lessons.order) == "c062585264899377"
    np.testing.assert_array_equal(lessons.data, Lessons(TINY, shannon(2)).data[:100])


def test_noise_replaces_the_stated_share_of_symbols_by_uniform_ones():
    config = replace(TINY, group="quality", d=8, tokens=10_240 * 8, noise=0.2)
    clean, noisy = (Lessons(c, shannon(2)).data for c in (replace(config, noise=0), config))
    changed = clean != noisy
    n = clean.size
    assert changed.mean() == pytest.approx(0.2 * 31 / 32, abs=4 * (0.16 / n) ** 0.5)
    frequencies = np.bincount(noisy[changed], minlength=32) / changed.sum()
    assert frequencies == pytest.approx(np.full(32, 1 / 32), abs=5 / changed.sum() ** 0.5)
    small = Lessons(replace(config, tokens=10_240), shannon(2)).data
    assert hash_of(small) == "a9fd91d5b23e87ef"


def test_only_the_digits_of_the_answer_count_in_a_sum():
    lessons = Lessons(SUMS, AdditionSource())
    _, y, weight = lessons.batch(0)
    assert weight.shape == y.shape == (36, 14)
    assert np.all(weight.sum(axis=1) == 5)
    assert not weight[:, :9].any()  # the target before the answer is the sign =
    assert np.all(y[:, 8] == 11)


# --- The examination -----------------------------------------------------------------------------


class Oracle:
    """Stands for a model: gives the log-probabilities that a function makes of the inputs."""

    def __init__(self, answer):
        self.logp = answer


def knows_the_source(source):
    """The true rows where the context is full, a guess elsewhere."""

    def answer(x):
        logp = np.full((*x.shape, 32), -math.log(32))
        windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.int64), source.k, axis=1)
        logp[:, source.k - 1 :] = np.log(source.rows(source.context(windows)))
        return logp

    return Oracle(answer)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_a_model_that_knows_the_source_has_the_entropy_as_its_loss(k):
    source = shannon(k)
    asked = Exam(replace(TINY, k=k), source)
    loss, excess, ce = asked.losses(knows_the_source(source))
    assert excess == pytest.approx(0, abs=1e-12)
    assert loss == pytest.approx(source.E, abs=1e-12)
    assert ce == pytest.approx(source.E, abs=4 * 0.9 / (512 * 29) ** 0.5)
    assert asked.symbols.shape == (512, 33)


def test_a_model_that_knows_nothing_has_an_excess_of_all_it_could_know():
    source = shannon(2)
    guess = Oracle(lambda x: np.full((*x.shape, 32), -math.log(32)))
    loss, excess, ce = Exam(TINY, source).losses(guess)
    assert ce == pytest.approx(math.log(32), abs=1e-9)
    assert loss == excess + source.E
    assert loss == pytest.approx(math.log(32), abs=0.03)  # contexts are a sample


def test_positions_without_a_full_context_are_left_out():
    """Four symbols for every order, so that losses of all orders are of the same positions."""

    def answer(x):
        logp = np.full((*x.shape, 32), -math.log(32))
        logp[:, :3] = -50
        return logp

    for k in (2, 3):
        assert Exam(replace(TINY, k=k), shannon(k)).losses(Oracle(answer))[2] == pytest.approx(
            math.log(32)
        )


def sure_of(symbols, mistaken=()):
    """An oracle that gives probability 0.9 to the next of these symbols, wrong in some columns."""

    def answer(x):
        rows = [np.flatnonzero((symbols[:, :-1] == row).all(axis=1))[0] for row in x]
        target = symbols[rows, 1:].astype(np.int64)
        for column in mistaken:
            target[:, column] = (target[:, column] + 1) % 32
        logp = np.full((*x.shape, 32), math.log(0.1 / 31))
        np.put_along_axis(logp, target[..., None], math.log(0.9), -1)
        return logp

    return Oracle(answer)


def test_measures_of_a_text_model_count_from_the_middle_of_the_context():
    text = TextSource(
        *np.split(np.random.default_rng(0).integers(32, size=3_300).astype(np.uint8), [2_000]),
        "django-docs",
    )
    config = RunConfig("metric", "django-docs", d=4, tokens=512, lr=0.01, seed=0, k=0)
    asked = Exam(config, text)
    perfect = asked.metrics(sure_of(asked.symbols))
    assert perfect["accuracy"] == perfect["exact4"] == perfect["exact16"] == 1
    assert perfect["logp8"] == pytest.approx(8 * math.log(0.9), rel=1e-6)
    # the inputs 0 to 15 are half the context; column 15 predicts symbol 16, the first to come
    wrong_before = asked.metrics(sure_of(asked.symbols, mistaken=[14]))
    assert wrong_before["exact16"] == 1
    assert wrong_before["accuracy"] == pytest.approx(28 / 29)
    assert asked.metrics(sure_of(asked.symbols, mistaken=[15]))["exact4"] == 0
    late = asked.metrics(sure_of(asked.symbols, mistaken=[19, 30]))
    assert (late["exact4"], late["exact8"]) == (1, 0)
    assert asked.metrics(sure_of(asked.symbols, mistaken=[31]))["exact16"] == 1
    assert Exam(replace(config, group="text"), text).metrics(sure_of(asked.symbols)) == {}
    loss, excess, ce = asked.losses(sure_of(asked.symbols))
    assert loss == ce == pytest.approx(-math.log(0.9))
    assert math.isnan(excess)


def test_sums_are_examined_on_their_answers_alone():
    asked = Exam(SUMS, AdditionSource())
    assert asked.metrics(sure_of(asked.symbols)) == {"token_accuracy": 1.0, "exact": 1.0}
    assert asked.metrics(sure_of(asked.symbols, mistaken=[8]))["exact"] == 1  # the sign =
    last = asked.metrics(sure_of(asked.symbols, mistaken=[13]))
    assert last == {"token_accuracy": pytest.approx(0.8), "exact": 0.0}
    assert asked.point(sure_of(asked.symbols)) == (pytest.approx(-math.log(0.9)), 1.0, 1.0)
    training = Lessons(SUMS, AdditionSource()).data
    assert not {row.tobytes() for row in training} >= {row.tobytes() for row in asked.symbols}
