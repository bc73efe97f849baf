"""A reader's runs beside those that ship with the book: how far their losses differ, and seeds."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from scaling_core.lab._report_figures import flop
from scaling_core.lab._report_html import Html, heading, paragraph, signed, table
from scaling_core.lab._summary import Cell
from scaling_core.lab.config import RunConfig
from scaling_core.lab.runs import Run
from scaling_core.lab.runs_file import read_runs

DATA = Path(__file__).parents[1] / "data"
RECORDED = ("lab_runs.csv", "lab_orders.csv", "lab_holdout.csv")
AGAIN = 0.002  # nats: what the package's own tests allow a run that is trained again
BEYOND_TWO = 0.0455  # share of a normal distribution beyond two deviations
NONE = "–"


@dataclass(frozen=True)
class Beside:
    """A cell of one's own beside the recorded one of the same settings and other seeds."""

    cell: Cell
    n: int
    recorded: float
    n_recorded: int
    sd: float  # of the difference of the means, from the scatter of seeds; nan if not known

    @property
    def difference(self) -> float:
        """Nats by which the own loss is higher."""
        return self.cell.loss - self.recorded


def recorded_runs() -> list[Run]:
    """The recorded runs; none where they do not ship."""
    found: list[Run] = []
    for name in RECORDED:
        if (DATA / name).is_file():
            found += read_runs(DATA / name)
    return [run for run in found if run.status == "ok"]


def beside(runs: list[Run], known: list[Run]) -> tuple[list[Beside], list[float]]:
    """Cells of other seeds than the recorded ones, and differences of runs that were repeated."""
    by_run = {_alike(run.config): run.loss for run in known}
    repeated = [run for run in runs if _alike(run.config) in by_run]
    fresh = _by_cell(run for run in runs if _alike(run.config) not in by_run)
    old = _by_cell(known)
    sds = _seed_sd(old)
    found = []
    for config, losses in fresh.items():
        if config in old:
            n, m = len(losses), len(old[config])
            sd = sds.get(config.budget, np.nan) * np.sqrt(1 / n + 1 / m)
            mean = float(np.mean(losses))
            cell = Cell(config.budget, config.d, config.N, config.tokens, mean)
            found.append(Beside(cell, n, float(np.mean(old[config])), m, float(sd)))
    found.sort(key=lambda one: (one.cell.budget, one.cell.d))
    return found, [run.loss - by_run[_alike(run.config)] for run in repeated]


def _alike(config: RunConfig) -> RunConfig:
    """The configuration without what does not change the training."""
    return replace(config, group="iso", evals=0)


def _by_cell(runs: Iterable[Run]) -> dict[RunConfig, list[float]]:
    found: dict[RunConfig, list[float]] = {}
    for run in runs:
        found.setdefault(replace(_alike(run.config), seed=0), []).append(run.loss)
    return found


def _seed_sd(old: dict[RunConfig, list[float]]) -> dict[float, float]:
    """Deviation between the seeds of one cell, nats, pooled over the cells of each budget."""
    variances: dict[float, list[float]] = {}
    for config, losses in old.items():
        if len(losses) > 1:
            variances.setdefault(config.budget, []).append(float(np.var(losses, ddof=1)))
    return {budget: float(np.sqrt(np.mean(found))) for budget, found in variances.items()}


def recorded_section(again: list[float], cells: list[Beside]) -> list[Html]:
    parts = [heading(3, "Beside the recorded runs")]
    if again:
        worst = max(again, key=abs)
        words = (
            f"Settings and seed of {len(again)} runs are those of recorded ones, so their "
            f"losses should agree: the largest difference is {signed(worst, 5)} nats, "
        )
        words += (
            f"within the {AGAIN} that the package’s tests allow."
            if abs(worst) <= AGAIN
            else f"more than the {AGAIN} that the package’s tests allow: other code, or another "
            "numerical library."
        )
        parts.append(paragraph(words, "" if abs(worst) <= AGAIN else "doubt"))
    rows = [
        [
            flop(one.cell.budget) if one.cell.budget else NONE,
            str(one.cell.d),
            f"{one.cell.loss:.4f} ({one.n})",
            f"{one.recorded:.4f} ({one.n_recorded})",
            signed(one.difference, 4),
            f"{one.sd:.4f}" if one.sd else NONE,
            signed(one.difference / one.sd, 1) if one.sd > 0 else NONE,
        ]
        for one in cells
    ]
    if rows:
        parts += [
            table(
                "Equal cells, other seeds: mean losses in nats per symbol, number of seeds in "
                "brackets, and their difference against what seeds alone make of it",
                ["C, FLOP", "d", "yours", "recorded", "difference", "its sd", "ratio"],
                rows,
            ),
            _beyond(cells),
        ]
    return parts


def _beyond(cells: list[Beside]) -> Html:
    ratios = [one.difference / one.sd for one in cells if one.sd > 0]
    if not ratios:
        return paragraph("The recorded cells have one seed each: no scatter to compare with.")
    far = sum(abs(ratio) > 2 for ratio in ratios)
    return paragraph(
        f"The ratio is beyond 2 in {far} of {len(ratios)} cells; chance alone would put about "
        f"{BEYOND_TWO * len(ratios):.1f} there. The sd comes from the recorded seeds of each "
        "budget, pooled."
    )
