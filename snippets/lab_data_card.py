"""The data card of the lab: what the recorded files hold, in tables computed from them."""

from itertools import pairwise
from pathlib import Path

import numpy as np

import scaling_core
from scaling_core import human, percent, tex
from scaling_core.lab.recorded import recorded
from scaling_core.lab.runs import COLUMNS
from scaling_core.lab.verify import read_meta
from snippets.lab_coverage import Coverage, designs, simulated

QUESTIONS = {  # file: what its runs are for
    "lab_runs.csv": "loss against size and tokens, at five budgets; what laws are fitted to",
    "lab_holdout.csv": "two budgets that no fit sees, one between the five and one beyond",
    "lab_lr.csv": "every cell of the five budgets with half and twice the learning rate",
    "lab_orders.csv": "the four smaller budgets on simpler sources, of order 2 and 3",
    "lab_epochs.csv": "the same data read again and again, beside fresh data",
    "lab_quality.csv": "clean data, beside ten times as much with replaced symbols",
    "lab_schedule.csv": "horizons with a decay of their own, long runs read on their way",
    "lab_text.csv": "three budgets on real text",
    "lab_metric.csv": "sizes of models of real text, seen through many metrics",
    "lab_addition.csv": "who learns to add numbers of four digits, and when",
}
MEANINGS = {  # column: unit, meaning
    "run_id": ("", "hash of the settings and the recipe"),
    "recipe": ("", "raised whenever the same settings would train differently"),
    "group": ("", "the question that the run belongs to"),
    "status": ("", "ok, or diverged"),
    "source": ("", "shannon, django-docs or addition"),
    "k": ("symbols", "order of the Shannon source; 0 for the others"),
    "V": ("symbols", "vocabulary"),
    "n_layer": ("", "layers, L"),
    "d_model": ("", "width, d"),
    "n_head": ("", "heads: the largest divisor of d up to d/16, at least two"),
    "ctx": ("tokens", "context, T"),
    "n_body": ("parameters", "matrices, gains and position biases of the layers"),
    "n_head_params": ("parameters", "output matrix"),
    "n_emb": ("parameters", "embedding, not part of N"),
    "N": ("parameters", "body and output matrix"),
    "tokens": ("tokens", "D, all tokens trained on, repeated ones counted each time"),
    "unique_tokens": ("tokens", "different ones among them"),
    "epochs": ("", "tokens over unique tokens"),
    "noise": ("", "probability that a training symbol was replaced by a uniform one"),
    "budget": ("FLOP", "nominal C; 0 where none was set"),
    "flops_6nd": ("FLOP", "6 N D"),
    "flops_exec": ("FLOP", "all matrix products as executed, masked attention included"),
    "lr": ("", "highest learning rate"),
    "schedule": ("", "linear decay to zero, or constant"),
    "rel_start": ("", "start of the position biases: alibi slopes, or zero"),
    "evals": ("", "evaluations on the way"),
    "warmup_steps": ("steps", "in which the rate rises"),
    "batch_tokens": ("tokens", "in one step"),
    "steps": ("steps", "of training"),
    "seed": ("", "of the initial weights and of the data"),
    "loss": ("nats/token", "entropy + excess for the Shannon source, ce for the others"),
    "excess": ("nats/token", "KL divergence from the true probabilities; empty where unknown"),
    "ce": ("nats/token", "cross-entropy of sampled validation symbols"),
    "train_loss": ("nats/token", "mean of the last twentieth of the steps; all positions"),
    "cpu_seconds": ("s", "of one core, for training and evaluation"),
    "numpy": ("", "version"),
    "curve": ("", "JSON rows: tokens, excess (or loss, shares of digits and of sums right)"),
    "metrics": ("", "JSON: further measures, of the groups metric and addition"),
}
DATA = Path(scaling_core.__file__).parent / "data"
FILES = ["File", "Question", ">Runs", ">Seeds"]
SIZES = ["File", ">$N$", ">$D$", ">$C = 6ND$ (FLOP)", ">CPU min", ">kB"]


def span(values, form=human):
    """First and last of some numbers, in a form."""
    ends = dict.fromkeys((form(float(min(values))), form(float(max(values)))))
    return " to ".join(ends)


def file_rows():
    """One row per recorded file: what it is for, how many runs and seeds it has."""
    for name, question in QUESTIONS.items():
        runs = recorded(name)
        yield [f"`{name}`", question, str(len(runs)), str(len(set(runs.seed)))]


def size_rows():
    """One row per recorded file: sizes of its models, of their training, and of itself."""
    for name in QUESTIONS:
        runs = recorded(name)
        minutes = f"{runs.cpu_seconds.sum() / 60:.1f}"
        weight = f"{(DATA / name).stat().st_size / 1000:.0f}"
        yield [f"`{name}`", span(runs.N), span(runs.D), span(runs.C, tex), minutes, weight]


def column_rows():
    """One row per column of the files."""
    for name in COLUMNS:
        yield [f"`{name}`", *MEANINGS[name]]


def hash_rows():
    """One row per file: its hash."""
    for name, found in read_meta()["sha256"].items():
        yield [f"`{name}`", f"`{found}`"]


def machine_rows():
    """One row per fact about the system on which the runs were recorded."""
    meta = read_meta()
    yield ["Processor", f"{meta['processor']}, {meta['machine']}, {meta['cores']} cores"]
    yield ["Threads of a training process", str(meta["threads_per_process"])]
    yield ["Python, numpy", f"{meta['python']}, {meta['numpy']}"]
    yield ["Matrix products", meta["blas"]]
    yield ["Recipe, finished on", f"{meta['recipe']}, {meta['date']}"]


NOISE = [">$C$ (FLOP)", ">Cells", ">Pooled deviation", ">Smallest", ">Largest"]


def deviations(runs):
    """Cell -> standard deviation of its losses over the seeds, nats per token."""
    cells = {}
    for C, d, loss in zip(runs.budget, runs.d, runs.loss, strict=True):
        cells.setdefault((float(C), int(d)), []).append(float(loss))
    return {cell: float(np.std(losses, ddof=1)) for cell, losses in cells.items()}


def pooled(deviations):
    """One standard deviation for cells with equally many runs: root of the mean square."""
    return float(np.sqrt(np.mean(np.square(list(deviations)))))


def noise_rows():
    """One row per budget of the ladder and of the held-out runs: how far seeds lie apart."""
    for name in ("lab_runs.csv", "lab_holdout.csv"):
        by_cell = deviations(recorded(name))
        for budget in sorted({C for C, _ in by_cell}):
            of_budget = [sd for (C, _), sd in by_cell.items() if budget == C]
            numbers = (pooled(of_budget), min(of_budget), max(of_budget))
            yield [tex(budget), str(len(of_budget)), *(f"{x:.4f}" for x in numbers)]


COVERAGE = ["Rows", "The form of the law is", ">$E$ held", ">$a$ held"]
WRONG = {
    "exact": "right",
    "cells": "wrong, cell by cell",
    "budgets": "wrong, budget by budget",
}


def share(coverage, name):
    """How many intervals hold the truth, and the range of the share behind it, as text."""
    _, low, high = coverage.share(name)
    ends = f"{percent(low, 2).removesuffix('%')} to {percent(high, 2)}"
    return f"{getattr(coverage, name)} of {coverage.studies} ({ends})"


def coverage_rows():
    """One row per case of the simulation, for the mask of all rows and for the central one."""
    laws = {mask: design.law for mask, design in designs().items()}
    for (mask, form), intervals in simulated().items():
        found = Coverage.of(intervals, laws[mask])
        yield [mask, WRONG[form], share(found, "E"), share(found, "a")]


def alike(design):
    """Of neighbouring sizes of one budget, the share whose misfits have the same sign."""
    misfit = {}
    for C, N, cell in zip(design.budget, design.N, design.cell, strict=True):
        misfit[C, N] = design.misfit[cell]
    pairs = [(a, b) for a, b in pairwise(sorted(misfit)) if a[0] == b[0]]
    return float(np.mean([misfit[a] * misfit[b] > 0 for a, b in pairs]))
