"""All that decides a run of the lab, and how many seconds the run takes."""

import json
import math
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from scaling_core.lab.model import Shape
from scaling_core.lab.source import AdditionSource, ShannonSource

# Raised whenever the same configuration would train differently: rows of two recipes are never
# mixed, and the tests retrain recorded rows to catch a change that forgot to raise it.
RECIPE = 1
WARM_UP = 0.05  # of all steps, and at least two
HELD_OUT = 4096  # validation sequences of a Shannon source

GROUPS = (
    "iso", "holdout", "lr", "order", "epochs", "quality", "schedule", "text", "metric",
    "addition", "quick", "own-text",
)  # fmt: skip


@dataclass(frozen=True)
class RunConfig:
    """All that decides a run; ValueError for values with which none is possible.

    group         # the question that the run belongs to
    source        # "shannon", "django-docs", "text-" with 12 hex digits, or "addition"
    d             # width
    tokens        # D: training tokens, a multiple of the batch
    lr            # highest learning rate
    seed          # of the initial weights and of the data
    k             # order of the Shannon source, 0 for the others
    L, T          # layers, context
    batch         # tokens in a step
    budget        # nominal C in FLOP, 0 where none is set
    unique_tokens # fresh tokens, read again and again in a new order; 0: one pass
    noise         # probability that a training symbol is replaced by a uniform one
    schedule      # "linear" decay to zero at the end of this run, or "constant"
    rel_start     # start of the position bias, see LM
    evals         # evaluations on the way: at D / 2**evals to D / 2, for sums at equal distances
    """

    group: str
    source: str
    d: int
    tokens: int
    lr: float
    seed: int
    k: int = 4
    L: int = 2
    T: int = 32
    batch: int = 512
    budget: float = 0.0
    unique_tokens: int = 0
    noise: float = 0.0
    schedule: str = "linear"
    rel_start: str = "alibi"
    evals: int = 0

    def __post_init__(self) -> None:
        one_of("group", self.group, GROUPS)
        one_of("schedule", self.schedule, ("linear", "constant"))
        one_of("rel_start", self.rel_start, ("alibi", "zero"))
        if not str(self.source).startswith("text-"):
            one_of("source", self.source, ("shannon", "addition", "django-docs", "text-..."))
        one_of("k", self.k, (2, 3, 4) if self.source == "shannon" else (0,))
        for name, least in (("d", 2), ("L", 1), ("T", 5), ("batch", 1), ("tokens", 1)):
            _whole(name, getattr(self, name), least)
        for name in ("k", "seed", "unique_tokens", "evals"):
            _whole(name, getattr(self, name), 0)
        _number("lr", self.lr, 0, 1, least_out=True)
        _number("noise", self.noise, 0, 1)
        _number("budget", self.budget, 0, math.inf)
        for name in ("lr", "noise", "budget"):  # 1 and 1.0 are one run, with one run_id
            object.__setattr__(self, name, float(getattr(self, name)))
        Shape(self.V, self.d, self.L, self.T)
        for name in ("batch", "unique_tokens"):
            if getattr(self, name) % self.T:
                raise ValueError(
                    f"{name} must be a multiple of the context T = {self.T}, "
                    f"got {getattr(self, name)}"
                )
        if self.tokens % self.batch:
            raise ValueError(
                f"tokens must be a multiple of the batch, {self.batch}, got {self.tokens}"
            )
        if self.unique_tokens >= self.tokens:
            raise ValueError(
                f"unique_tokens must be below tokens, {self.tokens}, got {self.unique_tokens}"
            )

    @property
    def V(self) -> int:
        """Symbols of the source."""
        return AdditionSource.V if self.source == "addition" else ShannonSource.V

    @property
    def shape(self) -> Shape:
        """Sizes of the model."""
        return Shape(self.V, self.d, self.L, self.T)

    @property
    def N(self) -> int:
        """Parameters of body and head."""
        return self.shape.N

    @property
    def steps(self) -> int:
        """Steps of training."""
        return self.tokens // self.batch

    @property
    def warmup_steps(self) -> int:
        """Steps in which the learning rate rises."""
        return max(2, round(WARM_UP * self.steps))

    @property
    def eval_steps(self) -> frozenset[int]:
        """Steps before which a point of the curve is measured."""
        n = self.evals
        if self.source == "addition":
            return frozenset(round(self.steps * j / n) for j in range(1, n))
        return frozenset(max(1, round(self.steps / 2**j)) for j in range(1, n + 1))

    @property
    def run_id(self) -> str:
        """12 hex digits: sha256 of the configuration and the recipe."""
        text = json.dumps({"recipe": RECIPE, **asdict(self)}, sort_keys=True)
        return sha256(text.encode()).hexdigest()[:12]

    def learning_rate(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        up = min(1.0, (step + 1) / self.warmup_steps)
        if self.schedule == "constant":
            return self.lr * up
        down = (self.steps - step) / max(1, self.steps - self.warmup_steps)
        return self.lr * min(up, down)


def seconds_estimate(config: RunConfig) -> float:
    """CPU seconds that a run takes on the recording machine, roughly: for order and progress.

    >>> from scaling_core.lab.config import RunConfig, seconds_estimate
    >>> config = RunConfig("iso", "shannon", d=16, tokens=242_688, lr=0.02, seed=0)
    >>> 0.5 < seconds_estimate(config) < 3
    True
    """
    per_token = 3.5e-6 + 8e-8 * config.d + 1.3e-9 * config.d**2
    evaluated = HELD_OUT * config.T / 3 * (1 + config.evals)
    return (config.tokens + evaluated) * per_token


def one_of(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    """ValueError naming the field, the value and the choices if it is none of them."""
    if value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"{name} must be one of {listed}, got {value!r}")


def _whole(name: str, value: Any, least: int) -> None:
    if type(value) is not int or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")


def _number(name: str, value: Any, low: float, high: float, least_out: bool = False) -> None:
    sound = isinstance(value, float | int) and not isinstance(value, bool)
    if not sound or not low <= value <= high or value == math.inf or (least_out and value == low):
        words = f"above {low}" if least_out else f"of at least {low}"
        most = f" and at most {high}" if high < math.inf else ""
        raise ValueError(f"{name} must be a number {words}{most}, got {value!r}")
