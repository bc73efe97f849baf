"""Bad-input table of the laws: see `inputs.Case`."""

from dataclasses import fields

from inputs import Case

from scaling_core import (
    BESIROGLU_2024,
    DEEPSEEK_2024,
    HERNANDEZ_2021_TEXT,
    KAPLAN_2020,
    KAPLAN_2020_ND,
    KAPLAN_2020_NS,
    RULE_OF_20,
    AllocationLaw,
    ChinchillaLaw,
    OffsetPowerLaw,
    PowerLaw,
    PowerProduct,
    TransferLaw,
    fit_offset_power_law,
    fit_power_law,
)

SIZE, TOKENS, BUDGET = 70_000_000_000, 1_400_000_000_000, 10**18  # as int64, 6ND would wrap
ADDITIVE = {"E": 2, "A": 400, "B": 2000, "alpha": 0.35, "beta": 0.36}
LAW = BESIROGLU_2024
LINE, BENT = PowerLaw(2, -0.5), OffsetPowerLaw(2, 1, 0.5)
ROWS = {"x": [1, 2, 4, 8, 16], "y": [10, 8, 7, 6, 5], "weights": [1, 1, 2, 1, 1]}
POSITIVE = dict.fromkeys(
    ["N", "D", "C", "k", "L", "loss", "S_min", "f", "f_prime", "D_F"], "array positive"
)
LIMITS = dict.fromkeys(["N", "D", "S_min"], "array positive or inf")


def method(law, name, domains=POSITIVE, **good):
    return Case(
        f"{type(law).__name__}.{name}",
        getattr(law, name),
        good,
        {argument: domains.get(argument, POSITIVE.get(argument, "")) for argument in good},
    )


def constants(law):
    """A class whose fields are all positive numbers, apart from other laws and the source."""
    good = {field.name: getattr(law, field.name) for field in fields(law)}
    numbers = {name: "one positive" for name, value in good.items() if isinstance(value, float)}
    return Case(type(law).__name__, type(law), good, numbers)


CASES = [
    Case(
        "ChinchillaLaw",
        ChinchillaLaw,
        ADDITIVE | {"flops_per_param_token": 6, "counts": "total"},
        {"E": "array nonnegative"}
        | dict.fromkeys(["A", "B", "alpha", "beta"], "array positive")
        | {"flops_per_param_token": "one positive", "counts": "choice"},
        skip=("empty array",),  # a batch without laws is none
    ),
    Case(
        "ChinchillaLaw.from_logs",
        ChinchillaLaw.from_logs,
        {"a": 6, "b": 7, "e": 1, "alpha": 0.3, "beta": 0.4},
        dict.fromkeys("abe", "array real") | dict.fromkeys(["alpha", "beta"], "array positive"),
        skip=("huge int", "empty array"),  # e^(10^30) is no constant: refused as A, tested below
    ),
    Case(
        "ChinchillaLaw.from_gadre",
        ChinchillaLaw.from_gadre,
        {"A": 166, "b": 366, "alpha": 0.27, "E": 2},
        dict.fromkeys(["A", "b", "alpha"], "array positive") | {"E": "array nonnegative"},
        skip=("huge int", "empty array"),  # 6^(10^30) likewise
    ),
    method(LAW, "loss", LIMITS, N=SIZE, D=TOKENS),
    method(LAW, "reducible", LIMITS, N=SIZE, D=TOKENS),
    method(LAW, "tokens_for", LIMITS, N=SIZE, loss=2),
    method(LAW, "params_for", LIMITS, D=TOKENS, loss=2),
    method(LAW, "optimum", C=BUDGET),
    method(LAW, "frontier_loss", C=BUDGET),
    method(LAW, "frontier_slope", C=BUDGET),
    method(LAW, "compute_for", loss=2),
    method(LAW, "optimal_tokens", N=SIZE),
    method(LAW, "optimal_params", D=TOKENS),
    method(LAW, "waste", N=SIZE, D=TOKENS),
    method(LAW, "isoflop", C=BUDGET, N=SIZE),
    Case(
        "ChinchillaLaw.size_penalty",
        LAW.size_penalty,
        {"k": 2, "fixed": "compute"},
        {"k": "array positive", "fixed": "choice"},
    ),
    Case(
        "ChinchillaLaw.decades_beyond",
        ChinchillaLaw(**ADDITIVE, source=LAW.source).decades_beyond,
        {"C": 10**24},
        {"C": "array positive"},
    ),
    Case(
        "AllocationLaw",
        AllocationLaw,
        {"D": LINE, "N": LINE, "flops_per_param_token": 6},
        {"flops_per_param_token": "one positive"},
    ),
    method(RULE_OF_20, "optimum", C=BUDGET),
    method(DEEPSEEK_2024, "spent", C=BUDGET),
    constants(KAPLAN_2020),
    constants(KAPLAN_2020_ND),
    constants(KAPLAN_2020_NS),
    method(KAPLAN_2020, "loss_N", LIMITS, N=SIZE),
    method(KAPLAN_2020, "loss_D", LIMITS, D=TOKENS),
    method(KAPLAN_2020, "loss_C", C=BUDGET),
    method(KAPLAN_2020, "loss_C_min", C=BUDGET),
    method(KAPLAN_2020, "loss_ND", LIMITS, N=SIZE, D=TOKENS),
    method(KAPLAN_2020, "loss_NS", LIMITS, N=SIZE, S_min=10**5),
    method(KAPLAN_2020, "critical_batch", L=2),
    Case(
        "KaplanLaw.optimum",
        KAPLAN_2020.optimum,
        {"C": BUDGET, "at": "C"},
        {"C": "array positive", "at": "choice"},
    ),
    method(KAPLAN_2020, "size_penalty", k=2),
    method(KAPLAN_2020, "step_ratio", k=2),
    method(KAPLAN_2020, "early_stop", f=1, f_prime=2),
    method(KAPLAN_2020, "overfit_tokens", N=SIZE),
    method(KAPLAN_2020_ND, "loss", LIMITS, N=SIZE, D=TOKENS),
    method(KAPLAN_2020_NS, "loss", LIMITS, N=SIZE, S_min=10**5),
    Case("PowerProduct", PowerProduct, {"k": 2, "exponents": {"C": 0.5}}, {"k": "one positive"}),
    Case(
        "TransferLaw",
        TransferLaw,
        {"k": 2, "alpha": 0.2, "beta": 0.4},
        dict.fromkeys(["k", "alpha", "beta"], "one positive"),
    ),
    method(HERNANDEZ_2021_TEXT, "transferred", D_F=300_000, N=SIZE),
    method(HERNANDEZ_2021_TEXT, "multiplier", D_F=300_000, N=SIZE),
    Case(
        "PowerLaw",
        PowerLaw,
        {"k": 2, "p": -1},
        {"k": "array positive", "p": "array real"},
        skip=("empty array",),
    ),
    Case("PowerLaw.value", LINE.value, {"x": 4}, {"x": "array positive or inf"}),
    Case("PowerLaw.inverse", LINE.inverse, {"y": 4}, {"y": "array positive"}),
    Case("PowerLaw.slope", LINE.slope, {"x": 4}, {"x": "array positive or inf"}),
    Case(
        "OffsetPowerLaw",
        OffsetPowerLaw,
        {"E": 2, "k": 1, "p": 0.5},
        {"E": "array nonnegative", "k": "array positive", "p": "array positive"},
        skip=("empty array",),
    ),
    Case("OffsetPowerLaw.value", BENT.value, {"x": 4}, {"x": "array positive or inf"}),
    Case("OffsetPowerLaw.inverse", BENT.inverse, {"y": 4}, {"y": "array positive"}),
    Case("OffsetPowerLaw.slope", BENT.slope, {"x": 4}, {"x": "array positive or inf"}),
    Case(
        "fit_power_law",
        fit_power_law,
        ROWS,
        dict.fromkeys("xy", "column positive") | {"weights": "column nonnegative"},
    ),
    Case(
        "fit_offset_power_law",
        fit_offset_power_law,
        ROWS,
        dict.fromkeys("xy", "column positive") | {"weights": "column nonnegative"},
    ),
]

# Answers of the library, which nobody builds by hand; and calls without a numeric argument.
NO_NUMBERS = {
    "Allocation",
    "EarlyStop",
    "FitWarning",
    "KaplanAllocation",
    "KaplanLaw.crossing",
    "PowerFit",
}
