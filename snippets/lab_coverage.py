"""How often do the lab's 95 % intervals hold the truth? Simulated studies, of which it is known.

Half a minute of one core is too long for every build, so `python -m snippets.lab_coverage` writes
the intervals to lab_coverage.csv, and a test simulates the first studies again.
"""

import csv
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, Self

import numpy as np

from scaling_core import ChinchillaLaw, FitWarning, fit_chinchilla
from scaling_core.lab import plan
from scaling_core.lab.recorded import Runs, recorded
from scaling_core.lab.verify import read_meta

STUDIES = 200  # simulated for each answer
FILE = Path(__file__).with_suffix(".csv")
HEADER = ["rows", "form", "study", "E_low", "E_high", "a_low", "a_high"]
LEVEL = 0.95  # of the intervals, in name
Z = 1.96  # standard deviations around the mean that hold 95 % of a normal distribution
RESAMPLES = 200  # of each study; 1,000 change no share by more than its own error
# What a study has beside the noise of seeds, for a real law is not exactly of the fitted form:
# nothing; for each cell the misfit of some recorded cell; for each budget the misfits of its own
# cells, all with one random sign, so that neighbours go on erring together.
FORMS = ("exact", "cells", "budgets")
type Column = np.ndarray[tuple[int], Any]
type Intervals = dict[str, np.ndarray[tuple[int, int], Any]]  # of E and a: one row per study


@dataclass(frozen=True)
class Coverage:
    """Of `studies` intervals of E and of a, how many hold the truth; median width of each."""

    studies: int
    E: int
    a: int
    width_E: float
    width_a: float

    @classmethod
    def of(cls, intervals: Intervals, law: ChinchillaLaw) -> Self:
        """Counts the intervals that hold the E and the a of the law that the studies are of."""
        held, width = [], []
        for name in ("E", "a"):
            (low, high), truth = intervals[name].T, getattr(law, name)
            held.append(int(np.sum((low <= truth) & (truth <= high))))
            width.append(float(np.median(high - low)))
        return cls(len(intervals["E"]), *held, *width)

    def share(self, name: str) -> tuple[float, float, float]:
        """Share of the intervals of "E" or "a" that hold the truth, and its Wilson interval."""
        n, p = self.studies, getattr(self, name) / self.studies
        middle, around = (p + Z**2 / (2 * n)), Z * np.sqrt(p * (1 - p) / n + (Z / (2 * n)) ** 2)
        low, high = ((middle + side * around) / (1 + Z**2 / n) for side in (-1, 1))
        return p, float(low), float(high)


@dataclass(frozen=True)
class Design:
    """What a simulated study takes from recorded runs: the plan, a law, and two kinds of error.

    N, D    # parameters and tokens of each run
    cell    # number of the cell (budget, width) of each run
    budget  # nominal C of each run
    law     # fitted with E given: the truth of the simulation
    noise   # per run: ln of the loss less the mean of its cell, scaled up to the spread of seeds
    misfit  # per cell: mean residual of the law, centred
    """

    N: Column
    D: Column
    cell: Column
    budget: Column
    law: ChinchillaLaw
    noise: Column
    misfit: Column

    @classmethod
    def of(cls, runs: Runs, E: float | None = None) -> "Design":
        """The design of these runs; E is the source's entropy unless another one is given."""
        E = read_meta()["E"]["4"] if E is None else E
        _, cell = np.unique(np.stack([runs.budget, runs.d], axis=1), axis=0, return_inverse=True)
        seeds = np.bincount(cell)
        if seeds.min() < 2:
            raise ValueError("runs must hold at least two seeds of every cell")
        logs = np.log(runs.loss)
        fit = fit_chinchilla(runs.N, runs.D, runs.loss, delta=plan.DELTA, fixed={"E": E})
        noise = logs - (np.bincount(cell, logs) / seeds)[cell]
        misfit = np.bincount(cell, fit.residuals) / seeds
        return cls(
            N=runs.N,
            D=runs.D,
            cell=cell,
            budget=runs.budget,
            law=fit.law,
            noise=noise * np.sqrt(seeds / (seeds - 1))[cell],
            misfit=misfit - misfit.mean(),
        )

    def losses(self, rng: np.random.Generator, form: str) -> Column:
        """Losses of one simulated study; `form` says how wrong the law's form is, see FORMS.

        Each run gets noise of a recorded run of its budget.
        """
        if form not in FORMS:
            raise ValueError(f"form must be one of {', '.join(FORMS)}, got {form!r}")
        error = np.empty(len(self.N))
        for C in np.unique(self.budget):
            here = self.budget == C
            error[here] = rng.choice(self.noise[here], here.sum())
            if form == "budgets":
                error[here] += rng.choice([-1, 1]) * self.misfit[self.cell[here]]
        if form == "cells":
            error += rng.choice(self.misfit, len(self.misfit))[self.cell]
        losses: Column = self.law.loss(self.N, self.D) * np.exp(error)
        return losses

    def intervals(
        self, form: str, studies: int = STUDIES, resamples: int = RESAMPLES, seed: int = 0
    ) -> Intervals:
        """Intervals of E and of a of studies like the recorded one.

        Each is fitted and resampled by cell, as the plan says; the first ones do not depend on
        how many there are.
        """
        rng = np.random.default_rng([seed, FORMS.index(form)])
        found: Intervals = {"E": np.empty((studies, 2)), "a": np.empty((studies, 2))}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FitWarning)  # a doubtful fit counts like any other
            for study in range(studies):
                losses = self.losses(rng, form)
                fit = fit_chinchilla(self.N, self.D, losses, delta=plan.DELTA)
                refits = fit.bootstrap(resamples, study, groups=self.cell)
                for name, ends in found.items():
                    ends[study] = refits.ci_of(attrgetter(name), LEVEL)
        return found


def central(runs: Runs) -> Runs:
    """The runs of the plan's central mask."""
    return runs.where((plan.CENTRAL["N"] < runs.N) & (runs.steps > plan.CENTRAL["steps"]))


def designs() -> dict[str, Design]:
    """The design of both masks of the plan."""
    runs = recorded("lab_runs.csv")
    return {"all": Design.of(runs), "central": Design.of(central(runs))}


def simulated(file: Path = FILE) -> dict[tuple[str, str], Intervals]:
    """(rows, form) -> the intervals in the file."""
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    cases = dict.fromkeys((row["rows"], row["form"]) for row in rows)
    return {
        case: {
            name: np.array(
                [
                    [float(row[f"{name}_{end}"]) for end in ("low", "high")]
                    for row in rows
                    if (row["rows"], row["form"]) == case
                ]
            )
            for name in ("E", "a")
        }
        for case in cases
    }


def lines(studies: int = STUDIES) -> Iterator[list[str]]:
    """The rows of the file, simulated."""
    for mask, design in designs().items():
        for form in FORMS:
            found = design.intervals(form, studies)
            for study, ends in enumerate(np.hstack([found["E"], found["a"]])):
                yield [mask, form, str(study), *(f"{x:.5f}" for x in ends)]


def main() -> None:
    """Writes the file."""
    with FILE.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([HEADER, *lines()])


if __name__ == "__main__":
    main()
