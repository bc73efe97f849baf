"""What a report says in numbers: which runs are fitted, the fits, their grade, their neighbours."""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scaling_core._check import FitWarning
from scaling_core.bootstrap import Bootstrap
from scaling_core.fitting import Fit, fit_chinchilla
from scaling_core.isoflop import IsoFlopFit
from scaling_core.lab import plan
from scaling_core.lab._report_recorded import Beside, beside, recorded_runs
from scaling_core.lab._summary import Cell, cells, parabolas
from scaling_core.lab.config import RunConfig
from scaling_core.lab.runs import Run
from scaling_core.lab.runs_file import RunsFileError
from scaling_core.lab.source import SHANNON, ShannonSource, source_of

FITTED = ("quick", "iso", "order")
STUDIES, RESAMPLES = 100, 200  # simulated studies, and the resamples of each: seconds, not minutes
ROUNDING = 2e-5  # of two losses with five decimals

TEXT = "the entropy of a text is not known, so there is nothing to grade a fit against"
REASONS = {
    "lr": "trained with another learning rate than the rule gives, to see what that costs",
    "epochs": "one width, tokens read more than once",
    "quality": "one width, symbols replaced by noise",
    "schedule": "one width, other schedules of the learning rate",
    "addition": "sums: no entropy to reach, and one length of training",
    "text": TEXT,
    "own-text": TEXT,
    "metric": TEXT,
}

type Interval = tuple[float, float]


class Setting(NamedTuple):
    """What runs must share to be fitted together."""

    k: int
    L: int
    T: int
    batch: int
    schedule: str
    rel_start: str

    @classmethod
    def of(cls, c: RunConfig) -> "Setting":
        """The setting of a run."""
        return cls(c.k, c.L, c.T, c.batch, c.schedule, c.rel_start)


@dataclass(frozen=True)
class Surface:
    """The additive law through some of the runs; words instead of a fit where there is none."""

    name: str  # "all" or "central"
    runs: list[Run]
    fit: Fit | None = None
    draws: Bootstrap | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prediction:
    """A held-out cell: losses in nats."""

    cell: Cell
    n: int
    loss: float
    interval: Interval

    @property
    def held(self) -> bool:
        """Whether the interval holds the measured loss."""
        return self.interval[0] <= self.cell.loss <= self.interval[1]


@dataclass(frozen=True)
class Study:
    """The runs of one setting, and all that was made of them."""

    setting: Setting
    ladder: tuple[float, ...]  # entropies of a symbol given 0, 1, ... before it, computed, nats
    runs: list[Run]
    held_out: list[Run]
    valleys: IsoFlopFit | None
    slope: Interval | None
    valley_words: tuple[str, ...]
    surfaces: list[Surface]
    covered: tuple[int, int] | None  # of so many simulated studies
    predictions: dict[str, list[Prediction]]
    beside: list[Beside]
    again: list[float]  # loss minus that of the same run, recorded

    @property
    def E(self) -> float:
        """Entropy rate of the source: the loss that no model can beat."""
        return self.ladder[-1]

    @property
    def cells(self) -> list[Cell]:
        """Means over the seeds, by budget and size."""
        return cells(self.runs)


def why_not(run: Run) -> str:
    """The reason for which a run is in no fit; empty if it is in one, or held out."""
    c = run.config
    if run.status != "ok":
        return "diverged"
    if c.group in REASONS:
        return REASONS[c.group]
    if c.source != SHANNON:
        return TEXT
    if c.noise or c.unique_tokens:
        return "noise, or tokens read more than once"
    return ""


def studies(runs: Sequence[Run], shown: str) -> list[Study]:
    """One study for each setting of the runs that can be fitted; the largest first.

    RunsFileError for a loss that is not the entropy of the run's source plus its excess.
    """
    groups: dict[Setting, list[Run]] = {}
    for run in runs:
        if not why_not(run):
            groups.setdefault(Setting.of(run.config), []).append(run)
    known = recorded_runs()
    return [
        _study(setting, members, known, shown)
        for setting, members in sorted(groups.items(), key=lambda item: -len(item[1]))
    ]


def _study(setting: Setting, members: list[Run], known: list[Run], shown: str) -> Study:
    source = source_of(SHANNON, setting.k)
    assert isinstance(source, ShannonSource)
    for run in members:
        if not abs(run.loss - run.excess - source.E) <= ROUNDING:  # true for nan too
            raise RunsFileError(
                f"{shown}: run {run.config.run_id}: loss - excess must be the entropy of the "
                f"source of order {setting.k}, {source.E:.5f}, got {run.loss - run.excess:.5f}"
            )
    fitted = [run for run in members if run.config.group in FITTED]
    held_out = [run for run in members if run.config.group == "holdout"]
    surfaces = [_surface("all", fitted)]
    central = [run for run in fitted if _central(run.config)]
    if len(central) < len(fitted):
        surfaces.append(_surface("central", central))
    predictions = {
        surface.name: _predicted(surface.draws, surface.fit, held_out)
        for surface in surfaces
        if surface.fit is not None and surface.draws is not None and held_out
    }
    same = [run for run in known if Setting.of(run.config) == setting]
    return Study(
        setting, source.ladder, fitted, held_out, *_valleys(fitted), surfaces,
        _covered(surfaces[0]), predictions, *beside(fitted + held_out, same),
    )  # fmt: skip


def _central(config: RunConfig) -> bool:
    N, steps = plan.CENTRAL["N"], plan.CENTRAL["steps"]
    return config.N > N and config.steps > steps


def _valleys(runs: list[Run]) -> tuple[IsoFlopFit | None, Interval | None, tuple[str, ...]]:
    """Parabolas and their line, the interval of its slope, and every word said about them."""
    with_budget = [run for run in runs if run.config.budget]
    fit, slope, refused = None, None, []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", FitWarning)
        try:
            if not with_budget:
                raise ValueError("no run has a budget")
            fit = parabolas(with_budget)
            draws = fit.bootstrap(plan.RESAMPLES)
            low, high = draws.ci_of(lambda law: law.p)
            slope = float(low), float(high)
            refused = list(draws.notes)
        except ValueError as error:
            refused = [str(error)]
    notes = fit.notes if fit else ()
    return fit, slope, tuple(dict.fromkeys([*notes, *map(_words, said), *refused]))


def _surface(name: str, runs: list[Run]) -> Surface:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", FitWarning)
        fit, draws, refused = None, None, []
        try:
            if not runs:
                raise ValueError("there are no such runs")
            fit = fit_chinchilla(
                [run.config.N for run in runs],
                [run.config.tokens for run in runs],
                [run.loss for run in runs],
                delta=plan.DELTA,
            )
            draws = fit.bootstrap(plan.RESAMPLES, groups=_labels(runs))
        except ValueError as error:
            refused = [str(error)]
    return Surface(name, runs, fit, draws, tuple(dict.fromkeys([*map(_words, said), *refused])))


def _words(warning: warnings.WarningMessage) -> str:
    return str(warning.message)


def _labels(runs: Iterable[Run]) -> list[str]:
    """The cell of each run: seeds of one cell are no independent evidence about a law."""
    return [f"{run.config.budget:g} {run.config.d} {run.config.tokens}" for run in runs]


def _covered(surface: Surface) -> tuple[int, int] | None:
    """How many of some simulated studies give an interval that holds the E they were drawn from.

    The fitted law is their truth; a run's scatter is a residual drawn at random, widened for the
    five numbers that were fitted.
    """
    fit = surface.fit
    if fit is None or surface.draws is None or not fit.law.E or fit.N.size <= 5:
        return None
    rng, n, groups = np.random.default_rng(0), fit.N.size, _labels(surface.runs)
    scatter = fit.residuals * np.sqrt(n / (n - 5))
    exact = np.asarray(fit.law.loss(fit.N, fit.D))
    held = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        for _ in range(STUDIES):
            losses = exact * np.exp(rng.choice(scatter, n))
            again = fit_chinchilla(fit.N, fit.D, losses, delta=plan.DELTA)
            low, high = again.bootstrap(RESAMPLES, groups=groups).ci_of(lambda law: law.E)
            held += bool(low <= fit.law.E <= high)
    return held, STUDIES


def _predicted(draws: Bootstrap, fit: Fit, held_out: list[Run]) -> list[Prediction]:
    found = []
    for cell in cells(held_out):
        low, high = draws.predict(cell.N, cell.D)
        n = sum(run.config.tokens == cell.D and run.config.d == cell.d for run in held_out)
        loss = float(fit.law.loss(cell.N, cell.D))
        found.append(Prediction(cell, n, loss, (float(low), float(high))))
    return found
