"""Bad-input table of budgets, plans and pilots: see `inputs.Case`."""

from inputs import Case

from scaling_core import BESIROGLU_2024
from scaling_core.budget import Budget, data_needs
from scaling_core.pilot_design import PilotDesign, design_grid, design_isoflop
from scaling_core.pilots import simulated_refits, study_pilots
from scaling_core.planning import plan

GPU = {"peak": 10**15, "mfu": 1}
DESIGN = PilotDesign(
    N=[1e8, 1e8, 1e8, 1e9, 1e9, 1e9, 1e9], D=[2e9, 8e9, 4e10, 1e10, 2e10, 6e10, 1e11]
)
LAW = {"law": BESIROGLU_2024}

CASES = [
    Case(
        "Budget",
        Budget,
        {"C": 10**18, "gpus": 8, "price_per_gpu_hour": 2} | GPU,
        {
            "C": "one positive",
            "peak": "one positive",
            "mfu": "one in (0, 1]",
            "gpus": "one at least 1",
            "price_per_gpu_hour": "one nonnegative",
        },
    ),
    Case(
        "Budget.from_gpus",
        Budget.from_gpus,
        {"gpus": 8, "days": 30, "price_per_gpu_hour": 2} | GPU,
        {
            "gpus": "one at least 1",
            "days": "one positive",
            "peak": "one positive",
            "mfu": "one in (0, 1]",
            "price_per_gpu_hour": "one nonnegative",
        },
    ),
    Case(
        "Budget.from_dollars",
        Budget.from_dollars,
        {"dollars": 1000, "price_per_gpu_hour": 2, "gpus": 8} | GPU,
        {
            "dollars": "one positive",
            "price_per_gpu_hour": "one positive",
            "peak": "one positive",
            "mfu": "one in (0, 1]",
            "gpus": "one at least 1",
        },
    ),
    Case("data_needs", data_needs, {"D": 10**12}, {"D": "one positive"}),
    Case(
        "plan",
        plan,
        {
            "budget": 10**23,
            "laws": ["BESIROGLU_2024"],
            "level": 0.5,
            "served_tokens": 10**12,
            "price_ratio": 1,
            "unique_tokens": 10**12,
        },
        {
            "budget": "one positive",
            "level": "one in (0, 1)",
            "served_tokens": "one nonnegative",
            "price_ratio": "one nonnegative",
            "unique_tokens": "one positive or inf",
        },
    ),
    Case(
        "PilotDesign",
        PilotDesign,
        {"N": [10**8, 10**9], "D": [2 * 10**9, 2 * 10**10]},
        {"N": "column positive", "D": "column positive"},
    ),
    Case(
        "PilotDesign.precision",
        DESIGN.precision,
        LAW | {"noise": 1, "N": 10**10, "D": 10**11},
        dict.fromkeys(["noise", "N", "D"], "one positive"),
    ),
    Case(
        "PilotDesign.simulate",
        DESIGN.simulate,
        LAW | {"noise": 0.01, "n": 3, "seed": 1},
        {"noise": "one positive", "n": "count", "seed": "count 0"},
    ),
    Case(
        "design_isoflop",
        design_isoflop,
        LAW | {"budgets": [10**18, 10**19], "sizes": 7, "width": 5, "centre": 1},
        {
            "budgets": "column positive",
            "sizes": "count 3",
            "width": "one positive",
            "centre": "one positive",
        },
        skip=("lengths",),  # one column alone
    ),
    Case(
        "design_grid",
        design_grid,
        {"N": [10**8, 10**9], "ratios": [4, 20]},
        {"N": "column positive", "ratios": "column positive"},
        skip=("lengths",),  # every size with every ratio
    ),
    Case(
        "study_pilots",
        study_pilots,
        LAW
        | {"design": DESIGN, "C": 10**22, "noise": 0.01, "experiments": 2, "seed": 1}
        | {"delta": 0.01, "level": 0.5},
        {
            "C": "one positive",
            "noise": "one positive",
            "experiments": "count 2",
            "seed": "count 0",
            "delta": "one positive",
            "level": "one in (0, 1)",
        },
    ),
    Case(
        "simulated_refits",
        simulated_refits,
        LAW | {"experiments": 2, "seed": 1},
        {"experiments": "count 2", "seed": "count 0"},
    ),
]

# Answers, and draws whose checks have tests of their own (test_planning.py).
NO_NUMBERS = {
    "DataNeed",
    "DesignPrecision",
    "PilotStudy",
    "Plan",
    "PlanRow",
    "RefitDraws",
    "SimulatedFits",
}
