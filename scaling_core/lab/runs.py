"""A finished run of the lab, and the row of a CSV file that records it."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np

from scaling_core.lab.config import RECIPE, RunConfig, one_of

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
        one_of("status", self.status, ("ok", "diverged"))
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
