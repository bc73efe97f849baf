"""Bad-input table of scores, links, robot data, precision, experts: see `inputs.Case`."""

from inputs import Case

from scaling_core import BESIROGLU_2024
from scaling_core.downstream import AccuracyFromLoss, ErrorFromLoss, StepAccuracy
from scaling_core.moe import FineGrainedLaw, RoutedLaw
from scaling_core.precision import PrecisionLaw, QuantisationPenalty
from scaling_core.robotics import (
    RobotBudget,
    data_factor,
    episode_tokens,
    sartor_law,
    step_tokens,
    tokens_per_hour,
)
from scaling_core.saturating import SaturatingPowerLaw
from scaling_core.scores import (
    brier,
    chance_of_none,
    exact_match,
    items_to_see,
    majority,
    pass_at_k,
    standard_error,
)

BILLION, TRILLION = 10**9, 10**12
LINK = ErrorFromLoss(1.3, 0.9, 0.76)
SIGMOID = AccuracyFromLoss(-0.75, 6, 0.9, 1)
TOY = StepAccuracy(1.4e7, 0.5)
ZHAI = SaturatingPowerLaw(0.6, 0.3, 0.1, 0.5)
ROUTED = RoutedLaw(-0.08, -0.1, 0.004, 2.5)
FINE = FineGrainedLaw(c=0.5, a=20, alpha=0.12, g=3, gamma=0.6, b=30, beta=0.15)
LOW_BITS = PrecisionLaw(BESIROGLU_2024, 2.7, 2.2, 0.96)
ROUNDED = QuantisationPenalty(0.1, 0.5, 0.5, 0.6)
ROBOTS = RobotBudget(140e9, 5, 7)

SIZE = {"N": "array positive"}
LIMIT = {"N": "array positive or inf", "D": "array positive or inf"}
BITS = dict.fromkeys(["P_w", "P_a", "P_kv"], "array at least 1 or inf")
CHANCE = {"p": "array in [0, 1]"}

# from_estimates takes tables of Estimates; a table without the fields is tested with each law
NO_NUMBERS = (
    "ErrorFromLoss.from_estimates",
    "PrecisionLaw.from_estimates",
    "SaturatingPowerLaw.from_estimates",
)

CASES = [
    # scores
    Case("exact_match", exact_match, {"p": 0.5, "n": 5}, CHANCE | {"n": "array nonnegative"}),
    Case(
        "pass_at_k",
        pass_at_k,
        {"n": 10, "c": 3, "k": 5},
        {"n": "array positive", "c": "array nonnegative", "k": "array positive"},
    ),
    Case("majority", majority, {"p": 1, "k": 5}, CHANCE | {"k": "array positive"}),
    Case(
        "brier",
        brier,
        {"p": 0.5, "outcome": 1},
        CHANCE | {"outcome": "array in [0, 1]"},
        skip=("empty array",),  # no items, no mean: an error
    ),
    Case(
        "items_to_see",
        items_to_see,
        {"p": 0.25, "chance": 0.75},
        CHANCE | {"chance": "array in (0, 1)"},
    ),
    Case(
        "chance_of_none",
        chance_of_none,
        {"p": 0.25, "items": 8},
        CHANCE | {"items": "array positive"},
    ),
    Case(
        "standard_error",
        standard_error,
        {"p": 0.25, "items": 8},
        CHANCE | {"items": "array positive"},
    ),
    # links
    Case(
        "ErrorFromLoss",
        ErrorFromLoss,
        {"k": 2, "gamma": 1, "eps": 1},
        dict.fromkeys(["k", "gamma", "eps"], "array positive"),
    ),
    Case("ErrorFromLoss.__call__", LINK, {"loss": 2}, {"loss": "array positive or inf"}),
    Case("ErrorFromLoss.clipped", LINK.clipped, {"loss": 2}, {"loss": "array positive or inf"}),
    Case("ErrorFromLoss.inverse", LINK.inverse, {"error": 0.5}, {"error": "array real"}),
    Case(
        "AccuracyFromLoss",
        AccuracyFromLoss,
        {"a": -1, "k": 6, "L0": 1, "b": 1},
        dict.fromkeys(["a", "L0", "b"], "array real") | {"k": "array positive"},
    ),
    Case("AccuracyFromLoss.__call__", SIGMOID, {"loss": 2}, {"loss": "array positive or inf"}),
    Case(
        "AccuracyFromLoss.inverse", SIGMOID.inverse, {"accuracy": 0.5}, {"accuracy": "array real"}
    ),
    Case(
        "StepAccuracy",
        StepAccuracy,
        {"N0": 10**7, "g": 1},
        dict.fromkeys(["N0", "g"], "array positive"),
    ),
    Case("StepAccuracy.__call__", TOY, {"N": BILLION}, {"N": "array positive or inf"}),
    Case("StepAccuracy.log", TOY.log, {"N": BILLION}, {"N": "array positive or inf"}),
    Case(
        "StepAccuracy.inverse",
        TOY.inverse,
        {"score": 0.5, "steps": 5},
        {"score": "array in (0, 1)", "steps": "array positive"},
    ),
    # saturating
    Case(
        "SaturatingPowerLaw",
        SaturatingPowerLaw,
        {"a": 1, "b": 1, "c": 0, "d": 0},
        dict.fromkeys(["a", "b"], "array positive")
        | dict.fromkeys(["c", "d"], "array nonnegative"),
    ),
    Case("SaturatingPowerLaw.value", ZHAI.value, {"C": 10}, {"C": "array nonnegative or inf"}),
    Case("SaturatingPowerLaw.inverse", ZHAI.inverse, {"E": 1}, {"E": "array positive"}),
    Case("SaturatingPowerLaw.slope", ZHAI.slope, {"C": 10}, {"C": "array nonnegative or inf"}),
    # experts
    Case(
        "RoutedLaw",
        RoutedLaw,
        {"a": -1, "b": -1, "c": 0, "d": 2},
        dict.fromkeys("abcd", "array real"),
    ),
    Case(
        "RoutedLaw.loss",
        ROUTED.loss,
        {"N": BILLION, "experts": 64},
        SIZE | {"experts": "array at least 1"},
    ),
    Case(
        "RoutedLaw.dense_params",
        ROUTED.dense_params,
        {"N": BILLION, "experts": 64},
        SIZE | {"experts": "array at least 1"},
    ),
    Case(
        "FineGrainedLaw",
        FineGrainedLaw,
        {"c": 0, "a": 20, "alpha": 1, "g": 3, "gamma": 1, "b": 30, "beta": 1},
        dict.fromkeys(["a", "alpha", "g", "gamma", "b", "beta"], "array positive")
        | {"c": "array nonnegative"},
    ),
    Case(
        "FineGrainedLaw.loss",
        FINE.loss,
        {"N": BILLION, "D": TRILLION, "G": 8},
        LIMIT | {"G": "array positive or inf"},
    ),
    # precision
    Case(
        "PrecisionLaw",
        PrecisionLaw,
        {"base": BESIROGLU_2024, "gamma_w": 3, "gamma_a": 2, "gamma_kv": 1},
        dict.fromkeys(["gamma_w", "gamma_a", "gamma_kv"], "one positive"),
    ),
    Case(
        "PrecisionLaw.effective_params",
        LOW_BITS.effective_params,
        {"N": BILLION, "P_w": 4, "P_a": 8, "P_kv": 8},
        BITS | {"N": "array positive or inf"},
    ),
    Case(
        "PrecisionLaw.loss",
        LOW_BITS.loss,
        {"N": BILLION, "D": TRILLION, "P_w": 4, "P_a": 8, "P_kv": 8},
        BITS | LIMIT,
    ),
    Case(
        "PrecisionLaw.optimum",
        LOW_BITS.optimum,
        {"C": 10**18, "P": 8},
        {"C": "array positive", "P": "array at least 1"},
    ),
    Case(
        "QuantisationPenalty",
        QuantisationPenalty,
        {"C_T": 1, "gamma_D": 1, "gamma_N": 1, "gamma_post": 1},
        dict.fromkeys(["C_T", "gamma_D", "gamma_N", "gamma_post"], "array positive"),
    ),
    Case(
        "QuantisationPenalty.__call__",
        ROUNDED,
        {"N": BILLION, "D": TRILLION, "P": 4},
        SIZE | {"D": "array positive", "P": "array at least 1 or inf"},
    ),
    Case(
        "QuantisationPenalty.useful_tokens",
        ROUNDED.useful_tokens,
        {"base": BESIROGLU_2024, "N": BILLION, "P": 4},
        SIZE | {"P": "array at least 1"},
    ),
    # robots
    Case(
        "step_tokens",
        step_tokens,
        {"action": 7, "image": 256, "text": 20},
        {"action": "array positive"} | dict.fromkeys(["image", "text"], "array nonnegative"),
    ),
    Case(
        "tokens_per_hour",
        tokens_per_hour,
        {"hz": 15, "tokens_per_step": 7},
        dict.fromkeys(["hz", "tokens_per_step"], "array positive"),
    ),
    Case(
        "episode_tokens",
        episode_tokens,
        {"episodes": 970_000, "steps": 10**7, "tokens_per_step": 10**7},  # would wrap as int64
        dict.fromkeys(["episodes", "steps", "tokens_per_step"], "array positive"),
    ),
    Case(
        "RobotBudget",
        RobotBudget,
        {"target_tokens": 140 * BILLION, "hz": 5, "tokens_per_step": 7, "price_per_hour": 100},
        dict.fromkeys(["target_tokens", "hz", "tokens_per_step"], "array positive")
        | {"price_per_hour": "array nonnegative"},
    ),
    Case(
        "RobotBudget.months",
        ROBOTS.months,
        {"robots": 10, "hours_per_year": 2000},
        dict.fromkeys(["robots", "hours_per_year"], "array positive"),
    ),
    Case(
        "RobotBudget.robots",
        ROBOTS.robots,
        {"months": 12, "hours_per_year": 2000},
        dict.fromkeys(["months", "hours_per_year"], "array positive"),
    ),
    Case(
        "sartor_law",
        sartor_law,
        {"A": 50, "alpha": 1, "E": 0},
        dict.fromkeys(["A", "alpha"], "array positive") | {"E": "array nonnegative"},
    ),
    Case(
        "data_factor",
        data_factor,
        {"alpha": 1, "error_factor": 2},
        {"alpha": "array positive", "error_factor": "array at least 1"},
    ),
]
