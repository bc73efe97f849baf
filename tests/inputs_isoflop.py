"""Bad-input table of the IsoFLOP fit, the envelope, the fit along a ray and their draws."""

import numpy as np
from inputs import Case

from scaling_core import (
    BESIROGLU_2024,
    PowerLaw,
    crossing_budget,
    fit_along_ray,
    fit_envelope,
    fit_isoflop,
    isoflop_bias,
)
from scaling_core._draws import LawDraws

RUNS = {
    "C": [10**19] * 4 + [10**21] * 4,
    "N": [10**8, 2 * 10**8, 4 * 10**8, 16 * 10**8, 10**9, 4 * 10**9, 8 * 10**9, 16 * 10**9],
    "L": [4, 3, 2, 4, 4, 2, 3, 4],
}
STUDY = fit_isoflop(**RUNS)
RAY = fit_along_ray([1e8, 1e9, 1e10, 1e11], [2e9, 2e10, 2e11, 2e12], [3.2, 2.8, 2.5, 2.3])
DRAWS = LawDraws(PowerLaw([1.0, 2.0, 3.0], [0.5, 0.6, 0.7]), failures=0, seed=0)
SIZES = (10**8, 2 * 10**8, 4 * 10**8)
TOKENS = np.geomspace(1e8, 1e12, 50)
CURVES = {N: (TOKENS, BESIROGLU_2024.loss(N, TOKENS)) for N in SIZES}
RESAMPLING = {"n": "count 2", "seed": "count 0"}

CASES = [
    Case(
        "fit_isoflop",
        fit_isoflop,
        RUNS | {"rtol": 0.1},
        dict.fromkeys("CNL", "column positive") | {"rtol": "one in (0, 1)"},
    ),
    Case(
        "fit_isoflop",
        fit_isoflop,
        RUNS | {"budgets": [10**19, 10**21]},
        {"budgets": "column positive"},
        skip=("lengths",),  # one number per budget, not per run
    ),
    Case(
        "IsoFlopFit.bootstrap",
        STUDY.bootstrap,
        {"n": 20, "seed": 1, "resample": "residuals"},
        RESAMPLING | {"resample": "choice"},
    ),
    Case(
        "IsoFlopRow.parabola",
        STUDY.table[0].parabola,
        {"N": 10**9},
        {"N": "array positive"},
    ),
    Case(
        "isoflop_bias",
        isoflop_bias,
        {"alpha": 1, "beta": 2, "k": [1, 2, 4, 8]},
        {"alpha": "array positive", "beta": "array positive", "k": "column positive"},
        skip=("lengths",),  # k is the only column
    ),
    Case(
        "fit_envelope",
        fit_envelope,
        {"curves": CURVES, "flops_per_param_token": 6},
        {"flops_per_param_token": "one positive"},
    ),
    Case(
        "crossing_budget",
        crossing_budget,
        {"law": BESIROGLU_2024, "N": 10**9, "ratio": 2},
        {"N": "array positive", "ratio": "array positive"},
    ),
    Case(
        "fit_along_ray",
        fit_along_ray,
        {"N": [10**8, 10**9, 10**10, 10**11], "L": [9, 6, 4, 3], "rtol": 0.1}
        | {"D": [2 * 10**9, 2 * 10**10, 2 * 10**11, 2 * 10**12]},
        dict.fromkeys("NDL", "column positive") | {"rtol": "one in (0, 1)"},
    ),
    Case(
        "RayFit.predict",
        RAY.predict,
        {"N": 10**11, "D": 2 * 10**12},
        {"N": "array positive", "D": "array positive"},
    ),
    Case(
        "RayFit.bootstrap",
        RAY.bootstrap,
        {"n": 20, "seed": 1, "noise": 0.01},
        RESAMPLING | {"noise": "one positive"},
    ),
    Case(
        "LawDraws.ci_of",
        DRAWS.ci_of,
        {"function": lambda law: law(9.0), "level": 0.9},
        {"level": "one in (0, 1)"},
    ),
    Case("LawDraws.ci", DRAWS.ci, {"level": 0.9}, {"level": "one in (0, 1)"}),
]

# records that the fits return, and calls without numbers
NO_NUMBERS = {
    "EnvelopeCrossing",
    "EnvelopeFit",
    "IsoFlopBias",
    "IsoFlopFit",
    "IsoFlopRow",
    "LawDraws",
    "LawDraws.se",
    "LawDraws.se_of",
    "RayFit",
}
