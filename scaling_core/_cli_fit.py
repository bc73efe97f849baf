"""`scaling-core fit`: a law from a CSV file of runs."""

import argparse
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any

import numpy as np

from scaling_core._check import Array, FitWarning
from scaling_core._cli import (
    MOST,
    Answer,
    Watcher,
    count,
    jsonable,
    pairs,
    several,
    within,
)
from scaling_core._cli_fit_text import UNITS, header, isoflop_text, surface_text
from scaling_core._draws import LawDraws
from scaling_core._runs_file import MEANING, Runs, read_runs
from scaling_core._surface import quiet
from scaling_core.bootstrap import Bootstrap
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.fitting import fit_chinchilla
from scaling_core.isoflop import fit_isoflop
from scaling_core.power import PowerLaw

EXAMPLES = """examples:
  scaling-core fit runs.csv
  scaling-core fit runs.csv --at 1e23,1e24 --group cell --json
  scaling-core fit runs.csv --columns 'N=Model Size,C=Training FLOP' --drop-highest 5
  scaling-core fit runs.csv --delta 0.01 --fix E=1.69 --bootstrap 1000 --seed 1
  scaling-core fit runs.csv --isoflop

The file: a header, one line per run, commas, semicolons or tabs between. Columns are found by
usual names (N, params, Model Size; D, tokens, Training Tokens; L, loss; C, Training FLOP).
Without a column of tokens, D = C / (6 N). Sizes may be written as 70B, tokens as 1.4T.
"""

NAMES = ("E", "A", "alpha", "B", "beta")
DELTA = 1e-3  # as Hoffmann et al. 2022 chose it
RESAMPLES = 4000  # by default, where they take seconds
CELLS = 1e8  # resamples x runs, half a minute's work: beyond it, intervals must be asked for


def add(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.epilog = EXAMPLES
    parser.add_argument("file", metavar="FILE", help="CSV, or - for standard input")
    parser.add_argument(
        "--columns", type=pairs, default={}, metavar="N=NAME,...",
        help="headers of the columns N, D, L, C where they are not found",
    )  # fmt: skip
    parser.add_argument(
        "--group", metavar="NAME", help="column: runs that share an entry are resampled together"
    )
    parser.add_argument(
        "--drop-highest", type=count(0, 10**9), default=0, metavar="K",
        help="leave out the K runs of highest loss: your decision, stated in the answer",
    )  # fmt: skip
    parser.add_argument("--isoflop", action="store_true", help="parabolas per budget, and a line")
    parser.add_argument(
        "--delta", type=within("positive"), help=f"of the Huber loss of ln L, default {DELTA}"
    )
    parser.add_argument("--fix", type=_known, default={}, metavar="E=1.69", help="what is known")
    parser.add_argument("--tie", action="store_true", help="alpha = beta")
    parser.add_argument(
        "--bootstrap", type=count(0, MOST), metavar="N",
        help=f"resamples, default {RESAMPLES}; 0 for none",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=count(0, 2**53), default=0, help="of the resamples, default 0"
    )
    parser.add_argument(
        "--level", type=within("in (0, 1)"), default=0.95, help="of intervals, default 0.95"
    )
    parser.add_argument(
        "--at", type=several("positive"), default=[], metavar="C,...",
        help="budgets to predict, FLOP",
    )  # fmt: skip


def _known(text: str) -> dict[str, float]:
    """What --fix says of E, A, alpha, B and beta."""
    fixed = pairs(text)
    if unknown := sorted(set(fixed) - set(NAMES)):
        words = f"takes {', '.join(NAMES)}, got {', '.join(unknown)}"
        raise argparse.ArgumentTypeError(words)
    return {
        name: within("nonnegative" if name == "E" else "positive")(value)
        for name, value in fixed.items()
    }


@quiet
def run(options: argparse.Namespace, watcher: Watcher) -> Answer:
    """The fit, its intervals and its predictions, as text and as data."""
    if unknown := sorted(set(options.columns) - set(MEANING)):
        raise ValueError(f"--columns takes N, D, L and C, got {', '.join(unknown)}")
    if options.bootstrap == 1:
        raise ValueError("--bootstrap must be 0, for none, or at least 2, got 1")
    of_surface = options.fix or options.tie or options.group or options.delta is not None
    if options.isoflop and of_surface:
        raise ValueError(
            "--fix, --tie, --group and --delta belong to the surface, not to --isoflop"
        )
    read = read_runs(options.file, options.columns, options.group, watcher.bar)
    runs = _without_highest(read, options.drop_highest)
    if runs.groups is not None and np.unique(runs.groups).size == 1:
        raise ValueError(f"{runs.file}: all runs share one entry of {options.group!r}, --group")
    fitted = _isoflop if options.isoflop else _surface
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", FitWarning)
        try:
            text, data = fitted(runs, options, watcher)
        except ValueError as error:
            raise ValueError(f"{runs.file}: {error}") from None
    doubts = tuple(dict.fromkeys(str(w.message) for w in said if w.category is FitWarning))
    table = _described(read, runs)
    data = {"command": "fit", **table, **data, "doubts": list(doubts)}
    return Answer(f"{header(table)}\n\n{text}", jsonable(data), doubts)


def _without_highest(runs: Runs, k: int) -> Runs:
    if k >= runs.L.size:
        raise ValueError(f"--drop-highest {k} leaves none of the {runs.L.size} runs")
    kept = np.sort(np.argsort(runs.L, kind="stable")[: runs.L.size - k])
    C = None if runs.C is None else runs.C[kept]
    groups = None if runs.groups is None else runs.groups[kept]
    return replace(runs, N=runs.N[kept], D=runs.D[kept], L=runs.L[kept], C=C, groups=groups)


def _described(read: Runs, runs: Runs) -> dict[str, Any]:
    spans = {"N": runs.N, "D": runs.D, "C": _compute(runs), "L": runs.L}
    return {
        "file": read.file,
        "columns": dict(read.columns),
        "runs": runs.L.size,
        "dropped": read.L.size - runs.L.size,
        "range": {name: [x.min(), x.max()] for name, x in spans.items()},
    }


def _compute(runs: Runs) -> Array:
    return 6 * runs.N * runs.D if runs.C is None else runs.C


def _surface(
    runs: Runs, options: argparse.Namespace, watcher: Watcher
) -> tuple[str, dict[str, Any]]:
    fixed = options.fix
    delta = DELTA if options.delta is None else options.delta
    with watcher.busy("fitting"):
        fit = fit_chinchilla(
            runs.N, runs.D, runs.L, delta=delta, tie=options.tie, fixed=fixed or None
        )
    n = _resamples(options, runs)
    boot = None
    if n:
        with watcher.busy(f"{n} refits"):
            boot = fit.bootstrap(n, options.seed, runs.groups)

    def about(name: str, C: float | None = None) -> dict[str, Any]:
        def read(law: ChinchillaLaw) -> Any:
            return getattr(law if C is None else law.optimum(C), name)

        return _with_interval(read, fit.law, boot, options.level)

    predictions = [
        {"C": C, "decades_beyond": fit.law.decades_beyond(C)}
        | {name: about(name, C) for name in ("N", "D", "ratio", "loss")}
        for C in options.at
    ]
    data = {
        "method": "surface",
        "delta": delta,
        "fixed": fixed,
        "tie": options.tie,
        "constants": {name: about(name) for name in UNITS},
        "objective": fit.objective,
        "converged": fit.converged,
        "iterations": fit.iterations,
        "condition": fit.condition,
        "residual_scale": fit.scale,
        "residual_rms": float(np.sqrt(np.mean(fit.residuals**2))),
        "within_delta": float(np.mean(np.abs(fit.residuals) <= delta)),
        "notes": list(fit.notes),
        "bootstrap": _about_bootstrap(n, options, boot.failures if boot else None, "runs"),
        "predictions": predictions,
    }
    return surface_text(data, options.level), data


def _with_interval(
    read: Callable[[Any], Any], law: object, draws: Bootstrap | LawDraws[Any] | None, level: float
) -> dict[str, Any]:
    """What is read off the law, with what the draws say of it."""
    ends = draws and draws.ci_of(read, level)
    return {"value": read(law), "interval": ends, "standard_error": draws and draws.se_of(read)}


def _resamples(options: argparse.Namespace, runs: Runs) -> int:
    if options.bootstrap is not None:
        return int(options.bootstrap)
    return RESAMPLES if RESAMPLES * runs.L.size <= CELLS else 0


def _about_bootstrap(
    n: int, options: argparse.Namespace, failures: Mapping[str, int] | None, of: str
) -> dict[str, Any] | None:
    if not n:
        return None
    about = {"n": n, "seed": options.seed, "level": options.level, "failures": failures}
    return about | {"of": of, "groups": options.group}


def _isoflop(
    runs: Runs, options: argparse.Namespace, watcher: Watcher
) -> tuple[str, dict[str, Any]]:
    fit = fit_isoflop(_compute(runs), runs.N, runs.L)
    n = _resamples(options, runs)
    with watcher.busy(f"{n} refits"):
        draws = fit.bootstrap(n, options.seed) if n else None

    def about(read: Callable[[PowerLaw], Any]) -> dict[str, Any]:
        return _with_interval(read, fit.law, draws, options.level)

    def size_at(C: float) -> dict[str, Any]:
        return about(lambda law: law(C))

    data = {
        "method": "isoflop",
        "constants": {"a": about(attrgetter("p")), "coefficient": about(attrgetter("k"))},
        "table": fit.table,
        "notes": list(fit.notes),
        "bootstrap": _about_bootstrap(
            n, options, {"without a line": draws.failures} if draws else None, "residuals"
        ),
        "predictions": [{"C": C, "N": size_at(C)} for C in options.at],
    }
    return isoflop_text(fit, data, options.level), data
