"""What a run learns from, and what it is measured on."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from scaling_core._check import Array
from scaling_core.lab.config import HELD_OUT, RunConfig
from scaling_core.lab.model import LM, Real, Whole
from scaling_core.lab.source import FULL, AdditionSource, ShannonSource, Source, TextSource

VALIDATION, DATA, ORDER, NOISE, TEST = 0, 2, 3, 4, 5  # first number of the keys of random streams
CHUNK = 512  # sequences that are evaluated at once
TEST_SUMS = 1000  # problems that an addition run is tested on
AHEAD = (4, 8, 16)  # characters that must all be right, in the group "metric"


class Lessons:
    """The batches of a run, in order."""

    def __init__(self, config: RunConfig, source: Source) -> None:
        self.rows = config.batch // config.T
        total = config.tokens // config.T
        unique = (config.unique_tokens or config.tokens) // config.T
        length = config.T + 1
        self.data = source.sample(unique, length, DATA, config.seed)
        if config.noise:
            rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((NOISE, config.seed))))
            wrong = rng.random(self.data.shape) < config.noise
            uniform = rng.integers(source.V, size=self.data.shape, dtype=np.uint8)
            self.data = np.where(wrong, uniform, self.data)
        self.order = np.arange(total)
        if unique < total:  # every pass in an order of its own
            rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((ORDER, config.seed))))
            passes = [np.arange(unique)] + [
                rng.permutation(unique) for _ in range(-(-total // unique) - 1)
            ]
            self.order = np.concatenate(passes)[:total]
        self.weight = _answers(config, self.rows) if isinstance(source, AdditionSource) else None

    def batch(self, step: int) -> tuple[Whole, Whole, Real | None]:
        """Inputs, targets and which of them count."""
        chosen = self.data[self.order[step * self.rows : (step + 1) * self.rows]]
        return chosen[:, :-1], chosen[:, 1:], self.weight


def _answers(config: RunConfig, rows: int) -> Array:
    """Weights that let only the digits of the sum count: the last T // 3 + 1 of T targets."""
    weight = np.zeros((rows, config.T))
    weight[:, -((config.T + 1) // 3) :] = 1
    return weight


class Exam:
    """What a model is measured on: the same symbols for every run of a source."""

    def __init__(self, config: RunConfig, source: Source) -> None:
        self.config, self.source = config, source
        self.first = FULL - 1  # position whose prediction knows FULL symbols
        self.truth: Array | None = None
        length = config.T + 1
        if isinstance(source, ShannonSource):
            self.symbols = source.sample(HELD_OUT, length, VALIDATION)
            windows = np.lib.stride_tricks.sliding_window_view(
                self.symbols[:, :-1], source.k, axis=1
            )
            self.contexts = source.context(windows)[:, FULL - source.k :]
        elif isinstance(source, TextSource):
            self.symbols = source.held_out(length)
        else:
            self.symbols = source.sample(TEST_SUMS, length, TEST)
            self.first = config.T - (config.T + 1) // 3

    def losses(self, model: LM) -> tuple[float, float, float]:
        """Loss, excess over the entropy and sampled cross-entropy; nats per token."""
        ce, excess, n = 0.0, 0.0, 0
        for first, logp in self._logp(model):
            y = self.symbols[first : first + len(logp), self.first + 1 :].astype(np.intp)
            ce -= float(np.take_along_axis(logp, y[..., None], -1).sum(dtype=np.float64))
            n += y.size
            if isinstance(self.source, ShannonSource):
                rows = self.source.rows(self.contexts[first : first + len(logp)])
                excess += float(np.sum(rows * (np.log(rows) - logp)))
        if isinstance(self.source, ShannonSource):
            return self.source.E + excess / n, excess / n, ce / n
        return ce / n, math.nan, ce / n

    def point(self, model: LM) -> tuple[float, ...]:
        """What a curve shows: excess or loss; for sums also the share of digits and sums right."""
        loss, excess, _ = self.losses(model)
        if isinstance(self.source, AdditionSource):
            right = self._right(model)
            return loss, float(right.mean()), float(right.all(axis=1).mean())
        return (loss if math.isnan(excess) else excess,)

    def metrics(self, model: LM) -> dict[str, float]:
        """Further measures of the finished model, for the groups that compare them."""
        if isinstance(self.source, AdditionSource):
            right = self._right(model)
            exact = float(right.all(axis=1).mean())
            return {"token_accuracy": float(right.mean()), "exact": exact}
        if self.config.group != "metric":
            return {}
        right, middle = self._right(model), self.config.T // 2
        found = {"accuracy": float(right.mean())}
        picked = np.concatenate(
            [
                np.take_along_axis(
                    logp,
                    self.symbols[i : i + len(logp), self.first + 1 :, None].astype(np.intp),
                    -1,
                )[..., 0]
                for i, logp in self._logp(model)
            ]
        )
        start = middle - 1 - self.first  # the first prediction that knows half a context
        for n in AHEAD:
            found[f"exact{n}"] = float(right[:, start : start + n].all(axis=1).mean())
            found[f"logp{n}"] = float(
                picked[:, start : start + n].sum(axis=1, dtype=np.float64).mean()
            )
        return found

    def _right(self, model: LM) -> npt.NDArray[np.bool_]:
        """Is the likeliest symbol the right one? Given the right symbols before it."""
        guesses = np.concatenate([logp.argmax(-1) for _, logp in self._logp(model)])
        right: npt.NDArray[np.bool_] = guesses == self.symbols[:, self.first + 1 :]
        return right

    def _logp(self, model: LM) -> Iterator[tuple[int, Real]]:
        for first in range(0, len(self.symbols), CHUNK):
            x = self.symbols[first : first + CHUNK, :-1]
            yield first, model.logp(x)[:, self.first :]
