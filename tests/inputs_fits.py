"""Bad-input table of the fit of the surface and its bootstrap: see `inputs.Case`."""

import numpy as np
from inputs import Case

from scaling_core import BESIROGLU_2024
from scaling_core.fitting import fit_chinchilla

SIZES, TOKENS = [10**8, 10**9, 3 * 10**9, 10**10], [2 * 10**9, 10**10, 10**11, 10**12]
N, D = [n for n in SIZES for _ in TOKENS], TOKENS * 4  # as int64, 6ND would wrap
RUNS = {
    "N": N,
    "D": D,
    "L": (BESIROGLU_2024.loss(N, D) * (1 + 0.002 * np.cos(np.arange(16)))).tolist(),
    "weights": [1, 1, 2, 1, 1, 3, 1, 1] * 2,
    "delta": 1,
    "flops_per_param_token": 6,
    "counts": "total",
}
FIT = fit_chinchilla(**RUNS)
BOOT = FIT.bootstrap(20)
LEVEL = {"level": "one in (0, 1)"}

CASES = [
    Case(
        "fit_chinchilla",
        fit_chinchilla,
        RUNS,
        dict.fromkeys("NDL", "column positive")
        | {"weights": "column nonnegative", "counts": "choice"}
        | dict.fromkeys(["delta", "flops_per_param_token"], "one positive"),
    ),
    Case(
        "Fit.bootstrap",
        FIT.bootstrap,
        {"n": 20, "seed": 1, "groups": list("aabbccddeeffgghh")},
        {"n": "count 2", "seed": "count 0"},
    ),
    Case(
        "Bootstrap.ci_of",
        BOOT.ci_of,
        {"function": lambda law: law.a, "level": 0.9},
        LEVEL,
    ),
    Case("Bootstrap.ci", BOOT.ci, {"level": 0.9}, LEVEL),
    Case(
        "Bootstrap.predict",
        BOOT.predict,
        {"N": 70 * 10**9, "D": 14 * 10**11, "level": 0.9, "seed": 1},
        dict.fromkeys("ND", "array positive or inf") | LEVEL | {"seed": "count 0"},
    ),
]

# records that the fits return, and calls without numbers
NO_NUMBERS = {"Bootstrap", "Bootstrap.se", "Bootstrap.se_of", "Fit"}
