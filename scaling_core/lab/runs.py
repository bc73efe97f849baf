"""A run of the lab: its configuration, what it measured, and the row that records both.

RECIPE is raised whenever the same configuration would train differently: rows of two recipes are
never mixed, and the tests retrain recorded rows to catch a change that forgot to raise it.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from typing import Any, Self

import numpy as np

from scaling_core.lab.model import Shape
from scaling_core.lab.source import AdditionSource, ShannonSource

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
        _one_of("group", self.group, GROUPS)
        _one_of("schedule", self.schedule, ("linear", "constant"))
        _one_of("rel_start", self.rel_start, ("alibi", "zero"))
        if not str(self.source).startswith("text-"):
            _one_of("source", self.source, ("shannon", "addition", "django-docs", "text-..."))
        _one_of("k", self.k, (2, 3, 4) if self.source == "shannon" else (0,))
        for name, least in (("d", 2), ("L", 1), ("T", 5), ("batch", 1), ("tokens", 1)):
            _whole(name, getattr(self, name), least)
        for name in ("seed", "unique_tokens", "evals"):
            _whole(name, getattr(self, name), 0)
        _number("lr", self.lr, 0, 1, least_out=True)
        _number("noise", self.noise, 0, 1)
        _number("budget", self.budget, 0, math.inf)
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

    >>> from scaling_core.lab.train import RunConfig, seconds_estimate
    >>> config = RunConfig("iso", "shannon", d=16, tokens=242_688, lr=0.02, seed=0)
    >>> 0.5 < seconds_estimate(config) < 3
    True
    """
    per_token = 3.5e-6 + 8e-8 * config.d + 1.3e-9 * config.d**2
    evaluated = HELD_OUT * config.T / 3 * (1 + config.evals)
    return (config.tokens + evaluated) * per_token


COLUMNS = (
    "run_id", "recipe", "group", "status", "source", "k", "V", "n_layer", "d_model", "n_head",
    "ctx", "n_body", "n_head_params", "n_emb", "N", "tokens", "unique_tokens", "epochs", "noise",
    "budget", "flops_6nd", "flops_exec", "lr", "schedule", "rel_start", "evals", "warmup_steps",
    "batch_tokens", "steps", "seed", "loss", "excess", "ce", "train_loss", "cpu_seconds", "numpy",
    "curve", "metrics",
)  # fmt: skip

_FIELD_OF = {
    "group": "group", "source": "source", "d_model": "d", "tokens": "tokens", "lr": "lr",
    "seed": "seed", "k": "k", "n_layer": "L", "ctx": "T", "batch_tokens": "batch",
    "budget": "budget", "noise": "noise", "schedule": "schedule", "rel_start": "rel_start",
    "evals": "evals",
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A finished run; losses in nats per token.

    loss         # E + excess for a Shannon source, ce for the others
    excess       # KL(true row || model), the mean over the validation contexts; NaN for text
    ce           # cross-entropy of the validation symbols
    train_loss   # mean of the last twentieth of the steps; other positions than `loss`
    curve        # (tokens, excess or loss, further measures) at each evaluation on the way
    metrics      # what the groups "metric" and "addition" measure at the end
    """

    config: RunConfig
    status: str
    loss: float
    excess: float
    ce: float
    train_loss: float
    cpu_seconds: float
    numpy: str = np.__version__
    curve: tuple[tuple[float, ...], ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)
    recipe: int = RECIPE

    def row(self) -> dict[str, str]:
        """The cells of the run's line in a CSV file, in the order of COLUMNS."""
        c, shape = self.config, self.config.shape
        unique = c.unique_tokens or c.tokens
        cells: dict[str, Any] = {column: getattr(c, name) for column, name in _FIELD_OF.items()}
        cells |= {
            "run_id": c.run_id,
            "recipe": self.recipe,
            "status": self.status,
            "V": c.V,
            "n_head": shape.heads,
            "n_body": shape.body,
            "n_head_params": shape.head,
            "n_emb": shape.embedding,
            "N": c.N,
            "unique_tokens": unique,
            "epochs": f"{c.tokens / unique:.6g}",
            "flops_6nd": 6 * c.N * c.tokens,
            "flops_exec": shape.flop_per_token * c.tokens,
            "warmup_steps": c.warmup_steps,
            "steps": c.steps,
            **{name: _decimals(getattr(self, name)) for name in _LOSSES},
            "cpu_seconds": f"{self.cpu_seconds:.2f}",
            "numpy": self.numpy,
            "curve": _dumped([[round(x, 5) for x in point] for point in self.curve]),
            "metrics": _dumped({name: round(x, 5) for name, x in self.metrics.items()}),
        }
        return {name: str(cells[name]) for name in COLUMNS}

    @classmethod
    def from_row(cls, cells: Mapping[str, str]) -> Self:
        """The run that a row records; a ValueError names the column and the value at fault.

        Only what decides the run and what it measured is read: all else must follow from it.
        """
        kinds = {f.name: f.type for f in fields(RunConfig)}
        values = {name: _read(cells, column, kinds[name]) for column, name in _FIELD_OF.items()}
        unique = _read(cells, "unique_tokens", int)
        values["unique_tokens"] = 0 if unique == values["tokens"] else unique
        measured = {name: _read(cells, name, float) for name in (*_LOSSES, "cpu_seconds")}
        run = cls(
            config=RunConfig(**values),
            status=cells["status"],
            numpy=cells["numpy"],
            curve=tuple(map(tuple, _json(cells, "curve", list))),
            metrics=_json(cells, "metrics", dict),
            recipe=_read(cells, "recipe", int),
            **measured,
        )
        if run.recipe == RECIPE:
            run._agree(cells)
        return run

    def _agree(self, cells: Mapping[str, str]) -> None:
        _one_of("status", self.status, ("ok", "diverged"))
        for name, cell in self.row().items():
            if cell != cells[name]:
                raise ValueError(f"column {name!r}: {cells[name]!r} does not follow from the row, "
                                 f"expected {cell!r}")  # fmt: skip
        if self.status == "ok":
            for name in ("loss", "ce", "train_loss"):
                if not math.isfinite(getattr(self, name)):
                    raise ValueError(f"column {name!r}: {cells[name]!r} is not finite")


_LOSSES = ("loss", "excess", "ce", "train_loss")


def _dumped(value: list[Any] | dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":")) if value else ""


def _decimals(loss: float) -> str:
    return "" if math.isnan(loss) else f"{loss:.5f}"


def _read(cells: Mapping[str, str], column: str, kind: Any) -> Any:
    cell = cells[column]
    try:
        if kind is float and column in _LOSSES and not cell:
            return math.nan
        return kind(cell)
    except ValueError:
        words = "a whole number" if kind is int else "a number"
        raise ValueError(f"column {column!r}: {cell!r} is not {words}") from None


def _json(cells: Mapping[str, str], column: str, kind: type) -> Any:
    try:
        value = json.loads(cells[column]) if cells[column] else kind()
        if not isinstance(value, kind):
            raise ValueError
        return value
    except ValueError:
        raise ValueError(f"column {column!r}: {cells[column]!r:.60} is not a JSON {kind.__name__}"
                         ) from None  # fmt: skip


def _one_of(name: str, value: Any, choices: tuple[Any, ...]) -> None:
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
