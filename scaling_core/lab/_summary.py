"""What the command line says when a sweep is complete: tables, a fit, and the recorded values."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from scaling_core._check import FitWarning
from scaling_core._cli import columns, note, shown
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.fitting import fit_chinchilla
from scaling_core.isoflop import IsoFlopFit, fit_isoflop
from scaling_core.lab import plan
from scaling_core.lab.runs import Run
from scaling_core.lab.runs_file import RunsFileError, read_runs
from scaling_core.lab.source import SHANNON, ShannonSource, source_of

DATA = Path(__file__).parents[1] / "data"
RECORDED = {
    "quick": "lab_runs.csv",
    "full": "lab_runs.csv",
    "text": "lab_text.csv",
    **{name: f"lab_{name}.csv" for name in ("epochs", "quality", "schedule", "addition", "metric")},
}
NEXT = {
    "epochs": "repeated-data",
    "quality": "repeated-data",
    "schedule": "reconcile",
    "addition": "metric-illusion",
    "metric": "metric-illusion",
}
VARIED = ("d", "tokens", "unique_tokens", "noise", "schedule", "lr")


@dataclass(frozen=True)
class Cell:
    """Runs that differ in their seed only; mean loss, nats per token."""

    budget: float
    d: int
    N: int
    D: int
    loss: float


def summary(command: str, runs: list[Run], out: Path) -> str:
    """The tables of a command, and which file to open next."""
    ok = [run for run in runs if run.status == "ok"]
    parts = []
    if len(ok) < len(runs):
        ids = ", ".join(run.config.run_id for run in runs if run.status != "ok")
        parts.append(note(f"{len(runs) - len(ok)} runs diverged and are in no fit: {ids}"))
    own = any(run.config.source.startswith("text-") for run in runs)
    recorded = [] if own else _recorded(command)
    if command in ("quick", "full", "text"):
        fitted = [run for run in ok if run.config.group != "holdout"]
        parts += [
            _valleys(fitted, recorded),
            _surface(fitted, [run for run in ok if run.config.group == "holdout"]),
        ]
    else:
        parts.append(_means(ok, recorded))
    page = f"docs/labs/{NEXT.get(command, 'tiny-scaling-law')}.py"
    parts.append(
        note(
            f'Next: open {page} with RUNS = "{out}", or give `python -m scaling_core.lab report '
            f"{out}`."
        )
    )
    return "\n\n".join(part for part in parts if part)


def parabolas(runs: Sequence[Run]) -> IsoFlopFit:
    """The fit of one parabola per budget, through the five sizes around the lowest mean loss.

    ValueError if fewer than two budgets have a minimum inside their sizes.
    """
    near = [cell for group in _by_budget(runs).values() for cell in _nearest(group)]
    return fit_isoflop(
        [6.0 * cell.N * cell.D for cell in near],
        [cell.N for cell in near],
        [cell.loss for cell in near],
        budgets=sorted({cell.budget for cell in near}),
    )


def cells(runs: Sequence[Run]) -> list[Cell]:
    """Mean over the seeds of runs that are otherwise alike."""
    losses: dict[tuple[float, int, int, int], list[float]] = {}
    for run in runs:
        c = run.config
        losses.setdefault((c.budget, c.d, c.N, c.tokens), []).append(run.loss)
    return [Cell(*key, loss=float(np.mean(found))) for key, found in sorted(losses.items())]


def _by_budget(runs: Sequence[Run]) -> dict[float, list[Cell]]:
    found: dict[float, list[Cell]] = {}
    for cell in cells(runs):
        found.setdefault(cell.budget, []).append(cell)
    return found


def _nearest(group: list[Cell]) -> list[Cell]:
    """The sizes around the lowest loss."""
    lowest = min(range(len(group)), key=lambda place: group[place].loss)
    first = max(0, min(lowest - plan.NEAREST // 2, len(group) - plan.NEAREST))
    return group[first : first + plan.NEAREST]


def _valleys(runs: list[Run], recorded: list[Run]) -> str:
    """One line per budget, and the slope."""
    mine, mine_words = _try_parabolas(runs)
    theirs, _ = _try_parabolas(recorded)
    known = {row.budget: row for row in theirs.table} if theirs else {}
    rows = []
    for budget, group in _by_budget(runs).items():
        lowest = min(group, key=lambda cell: cell.loss)
        row = next((row for row in mine.table if row.budget == budget), None) if mine else None
        good = row is not None and row.used
        N = row.N_opt if row is not None and good else None
        old = known.get(budget)
        rows.append(
            (
                f"{budget:.0e}".replace("e+", "e"),
                shown(N),
                shown(None if N is None else budget / (6 * N * N)),
                f"{lowest.loss:.4f}",
                f"d={lowest.d}",
                "yes" if good else "no",
                shown(old.N_opt if old and old.used else None),
                f"{old.L_min:.4f}" if old else "-",
            )
        )
    header = ("C", "N_opt", "D/N", "lowest", "at", "inside", "rec. N_opt", "rec. min")
    slope = f"N_opt grows as C^a, a = {mine.a:.3f}" if mine else f"No slope: {mine_words}"
    slope += f"; recorded: {theirs.a:.3f}." if theirs else "."
    words = (
        "N_opt is the vertex of a parabola in ln N through the five sizes around the lowest loss; "
        "inside: it lies between the sizes. rec.: the recorded runs, a parabola's minimum."
    )
    return f"{columns(header, rows)}\n\n{note(words)}\n\n{note(slope)}"


def _try_parabolas(runs: list[Run]) -> tuple[IsoFlopFit | None, str]:
    if not runs:
        return None, "no runs"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)  # the table says which budgets are left out
        try:
            return parabolas(runs), ""
        except ValueError as error:
            return None, str(error)


def _surface(runs: list[Run], held_out: list[Run]) -> str:
    """The parametric fit, its E graded where the truth is known, and what it predicts."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", FitWarning)
        try:
            fit = fit_chinchilla(
                [run.config.N for run in runs],
                [run.config.tokens for run in runs],
                [run.loss for run in runs],
                delta=plan.DELTA,
            )
            groups = [f"{run.config.budget:g} {run.config.d}" for run in runs]
            draws = fit.bootstrap(plan.RESAMPLES, 0, groups)
        except ValueError as error:
            return note(f"No fit of L = E + A N^-alpha + B D^-beta: {error}.")
    law = fit.law
    low, high = draws.ci_of(lambda laws: laws.E)
    a_low, a_high = draws.ci_of(lambda laws: laws.a)
    lines = [
        f"L = E + A N^-alpha + B D^-beta on {len(runs)} runs (Huber loss of ln L, delta "
        f"{plan.DELTA:g}; intervals: 95 % of {plan.RESAMPLES} resamples of cells):",
        f"alpha = {law.alpha:.3f}, beta = {law.beta:.3f}, a = {law.a:.3f} "
        f"[{a_low:.3f}, {a_high:.3f}], residuals {np.sqrt(np.mean(fit.residuals**2)):.2%} rms.",
        f"E = {law.E:.3f} [{low:.3f}, {high:.3f}] nats per symbol"
        + _grade(runs, float(low), float(high)),
    ]
    lines += [f"Doubt: {words}." for words in dict.fromkeys(str(one.message) for one in said)]
    text = "\n".join(map(note, lines))
    return f"{text}\n\n{_held_out(law, held_out)}" if held_out else text


def _grade(runs: list[Run], low: float, high: float) -> str:
    """Whether the interval covers the computed entropy, if there is one."""
    config = runs[0].config
    if config.source != SHANNON:
        return ". Nobody knows the true one."
    E = _entropy(config.k)
    covered = "covers" if low <= E <= high else "MISSES"
    return f"; the computed entropy is {E:.5f}: the interval {covered} it."


def _entropy(k: int) -> float:
    """The computed entropy of the source of order k, nats per symbol."""
    source = source_of(SHANNON, k)
    assert isinstance(source, ShannonSource)
    return source.E


def _held_out(law: ChinchillaLaw, runs: list[Run]) -> str:
    rows = []
    for cell in cells(runs):
        predicted = float(law.loss(cell.N, cell.D))
        rows.append(
            (
                f"{cell.budget:.0e}".replace("e+", "e"),
                str(cell.d),
                f"{predicted:.4f}",
                f"{cell.loss:.4f}",
                f"{predicted / cell.loss - 1:+.1%}",
            )
        )
    header = ("held-out C", "d", "predicted", "measured", "error")
    return columns(header, rows)


def _means(runs: list[Run], recorded: list[Run]) -> str:
    """One line per setting: mean over the seeds, and the recorded mean beside it."""
    varied = [name for name in VARIED if len({getattr(run.config, name) for run in runs}) > 1] or [
        "d"
    ]

    def grouped(some: list[Run]) -> dict[tuple[Any, ...], list[Run]]:
        found: dict[tuple[Any, ...], list[Run]] = {}
        for run in some:
            key = tuple(getattr(run.config, name) for name in varied)
            found.setdefault(key, []).append(run)
        return found

    old = grouped(recorded)
    measures = list(runs[0].metrics) if runs else []
    rows = []
    for key, group in sorted(grouped(runs).items(), key=itemgetter(0)):
        losses = [run.loss for run in group]
        known = [run.loss for run in old.get(key, [])]
        rows.append(
            (
                *(f"{value:.4g}" if isinstance(value, float) else str(value) for value in key),
                str(len(group)),
                f"{np.mean(losses):.4f}",
                f"{np.std(losses, ddof=1):.4f}" if len(losses) > 1 else "-",
                *(f"{np.mean([run.metrics[name] for run in group]):.3g}" for name in measures),
                f"{np.mean(known):.4f}" if known else "-",
            )
        )
    header = (*varied, "seeds", "loss", "sd", *measures, "recorded")
    return columns(header, rows, left=0)


def _recorded(command: str) -> list[Run]:
    """The recorded runs of a command; none where the file does not ship."""
    try:
        runs = read_runs(DATA / RECORDED[command])
    except RunsFileError:
        return []
    return [run for run in runs if run.status == "ok"]
