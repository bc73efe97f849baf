"""Bad-input table of serving, repeated data and non-embedding parameters: see `inputs.Case`."""

from inputs import Case

from scaling_core import BESIROGLU_2024, MUENNIGHOFF_2023
from scaling_core.reconcile import (
    local_exponent,
    non_embedding_frontier,
    non_embedding_optimum,
    non_embedding_params,
    regression_exponent,
    total_params,
)
from scaling_core.repeated import DataConstrainedLaw, effective_epochs

SIZE, TOKENS, UNIQUE, BUDGET = 10**10, 10**12, 10**11, 10**22  # as int64, 6ND would wrap
REPEATED = DataConstrainedLaw(MUENNIGHOFF_2023)
SERVED = {"D_inf": 10**13, "price_ratio": 2}
SERVED_DOMAINS = dict.fromkeys(SERVED, "array nonnegative")
ENDLESS = "array positive or inf"
POSITIVE = "array positive"
OMEGA = {"omega": 47491}
ONE = {"omega": "one positive"}


def counted(function, argument, value, **law):
    """A function of one array and omega, perhaps of a law too."""
    return Case(
        function.__name__, function, law | {argument: value} | OMEGA, {argument: POSITIVE} | ONE
    )


CASES = [
    *(
        Case(
            "ChinchillaLaw.inference_optimum",
            BESIROGLU_2024.inference_optimum,
            SERVED | goal,
            SERVED_DOMAINS | dict.fromkeys(goal, POSITIVE),
        )
        for goal in ({"loss": 2}, {"total": BUDGET})
    ),
    Case(
        "DataConstrainedLaw",
        DataConstrainedLaw,
        {"base": BESIROGLU_2024, "R_D_star": 15, "R_N_star": 5},
        dict.fromkeys(["R_D_star", "R_N_star"], ENDLESS),
    ),
    *(
        Case(
            f"DataConstrainedLaw.{name}",
            getattr(REPEATED, name),
            good,
            dict.fromkeys(good, ENDLESS),
        )
        for name, good in (
            ("loss", {"N": SIZE, "D": TOKENS, "unique": UNIQUE}),
            ("effective_params", {"N": SIZE, "D": TOKENS, "unique": UNIQUE}),
            ("effective_tokens", {"D": TOKENS, "unique": UNIQUE}),
            ("floor", {"unique": UNIQUE}),
        )
    ),
    Case(
        "DataConstrainedLaw.optimum",
        REPEATED.optimum,
        {"C": BUDGET, "unique": UNIQUE},
        {"C": POSITIVE, "unique": ENDLESS},
    ),
    Case(
        "effective_epochs",
        effective_epochs,
        {"epochs": 4, "R_D_star": 15, "form": "geometric"},
        {"epochs": "array at least 1 or inf", "R_D_star": ENDLESS, "form": "choice"},
    ),
    counted(total_params, "N_E", SIZE),
    counted(non_embedding_params, "N_T", SIZE),
    counted(non_embedding_frontier, "N_E", SIZE, law=BESIROGLU_2024),
    counted(non_embedding_optimum, "C_E", BUDGET, law=BESIROGLU_2024),
    counted(local_exponent, "N_E", SIZE, law=BESIROGLU_2024),
    Case(
        "regression_exponent",
        regression_exponent,
        {"law": BESIROGLU_2024, "low": 768, "high": SIZE, "spacing": "size", "points": 9} | OMEGA,
        {
            "low": "one positive",
            "high": "one positive",
            "spacing": "choice",
            "points": "count 2",
        }
        | ONE,
    ),
]

# Answers: their fields come from the laws above
NO_NUMBERS = {"ConstrainedAllocation", "LifetimeAllocation", "NonEmbeddingAllocation"}
