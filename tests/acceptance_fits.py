"""Acceptance cases of the fit of the surface."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from scaling_core.fitting import Fit, fit_chinchilla
from tests.acceptance import answers, law_of

ROOT = Path(__file__).parents[1]
FIELDS = ("E", "A", "B", "alpha", "beta")


def answer_of(fit: Fit):
    assert fit.converged
    return {name: getattr(fit.law, name) for name in FIELDS} | {"F": fit.objective}


@answers("fit_noise_free")
def noise_free(case):
    given = case["inputs"]
    N, D = (grid.ravel() for grid in np.meshgrid(given["N"], given["D"]))
    return answer_of(fit_chinchilla(N, D, law_of(case).loss(N, D), delta=given["delta"]))


@answers("fit_synthetic45_delta_0.001", "fit_synthetic45_delta_0.01", "fit_synthetic45_delta_1")
def synthetic(case):
    with (ROOT / case["inputs"]["table"]).open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    N, D, L = ([float(row[name]) for row in table] for name in ("params", "tokens", "loss"))
    return answer_of(fit_chinchilla(N, D, L, delta=case["inputs"]["delta"]))


@answers("fit_single_ray")
def single_ray(case):
    N, D = case["inputs"]["N"], case["inputs"]["D"]
    with pytest.raises(ValueError, match=r"one ray, D = 20 N.*fit_along_ray") as caught:
        fit_chinchilla(N, D, law_of(case).loss(N, D))
    return {"raises": caught.type.__name__}


@answers("fit_bad_inputs")
def bad_inputs(case):
    """Each entry of the list spoils one thing of a good table; the message must name it."""
    law = law_of(case)
    N, D = (grid.ravel() for grid in np.meshgrid([1e8, 1e9, 1e10], [2e9, 2e10, 2e11]))
    good = {"N": N, "D": D, "L": law.loss(N, D), "weights": np.ones(9), "delta": 1e-3}
    assert fit_chinchilla(**good).converged

    def first(n):
        return {name: good[name][:n] for name in ("N", "D", "L", "weights")}

    spoiled = {
        "len(L)=len(N)-1": ({"L": good["L"][:-1]}, "N, D and L must have the same length"),
        "n=5": (first(5), "at least 6 runs, got 5"),
        "n=0": (first(0), "at least one row"),
        "weights all zero": ({"weights": np.zeros(9)}, "weights must not all be 0"),
        "a negative weight": ({"weights": np.r_[1, -1, np.ones(7)]}, r"weights\[1\] must be"),
        "delta=0": ({"delta": 0}, "delta must be positive, got 0.0"),
    }
    raised = set()
    for entry in case["inputs"]["bad"]:
        if entry in spoiled:
            change, message = spoiled[entry]
        else:  # such as "N[3]=0"
            name, value = entry.split("[3]=")
            column, bad = good[name].copy(), float(value)
            column[3] = bad
            kind = "finite" if math.isinf(bad) else "positive"
            change, message = {name: column}, rf"{name}\[3\] must be {kind}, got {bad!r}"
        with pytest.raises(ValueError, match=message) as caught:
            fit_chinchilla(**(good | change))
        raised.add(caught.type.__name__)
    (error,) = raised
    return {"raises": error}
