"""Acceptance cases that ask for stored constants."""

import math

from scaling_core import (
    DEEPSEEK_2024,
    DEEPSEEK_2024_BY_DATA,
    DEEPSEEK_2024_HP,
    GADRE_2024_ERRORS,
    KAPLAN_2020,
    LLAMA3_2024,
    LLAMA3_2024_PRINTED,
    MUENNIGHOFF_2023_DECAY,
    PEARCE_2024,
    PORIAN_2024,
)
from tests.acceptance import answers, law_of, trimmed


@answers("hoffmann_printed", "besiroglu_published", "sardana_base")
def additive(case):
    return vars(law_of(case))


@answers("hoffmann_tex", "besiroglu_unrounded", "besiroglu_huber_minimum")
def logarithms(case):
    law = law_of(case)
    logs = {f"log_{name}": math.log(getattr(law, name)) for name in ("E", "A", "B")}
    return {name: trimmed(value, case["value"][name]) for name, value in logs.items()} | {
        "alpha": law.alpha,
        "beta": law.beta,
    }


@answers("hoffmann_tex_exponentiated", "muennighoff_rounded")
def exponentiated(case):
    return vars(law_of(case))


@answers("muennighoff_constants")
def muennighoff(case):
    decay = {name: estimate.value for name, estimate in MUENNIGHOFF_2023_DECAY.items()}
    return logarithms(case) | decay


@answers("kaplan_table5", "kaplan_table6")
def kaplan_tables(case):
    named = vars(KAPLAN_2020)
    return named | {"C_c": named["C_c_pf_days"], "C_c_min": named["C_c_min_pf_days"]}


@answers("kaplan_table2", "kaplan_table3", "hernandez_text", "hernandez_mix")
def fields(case):
    return vars(law_of(case))


@answers("pearce_omega")
def omega(case):
    return PEARCE_2024["omega"].value


@answers("deepseek_allocation")
def deepseek(case):
    return {
        "M": [DEEPSEEK_2024.M.k, DEEPSEEK_2024.M.p],
        "D": [DEEPSEEK_2024.D.k, DEEPSEEK_2024.D.p],
    }


@answers("deepseek_hyperparameters")
def deepseek_hyperparameters(case):
    eta, batch = DEEPSEEK_2024_HP["learning_rate"], DEEPSEEK_2024_HP["batch_tokens"]
    return {"eta": [eta.k, eta.exponents["C"]], "batch_tokens": [batch.k, batch.exponents["C"]]}


@answers("deepseek_by_data")
def deepseek_by_data(case):
    names = {"early": "early data", "current": "current data", "openwebtext2": "OpenWebText2"}
    table = DEEPSEEK_2024_BY_DATA
    return {
        short: [table[f"a, {name}"].value, table[f"b, {name}"].value]
        for short, name in names.items()
    }


@answers("llama3_token_law")
def llama3(case):
    return {
        "printed": [LLAMA3_2024_PRINTED.D.k, LLAMA3_2024_PRINTED.D.p],
        "legend": [LLAMA3_2024.D.k, LLAMA3_2024.D.p],
    }


@answers("gadre_rpj", "gadre_c4", "gadre_rw")
def gadre(case):
    law, data = law_of(case), {"gadre_rpj": "RedPajama", "gadre_c4": "C4", "gadre_rw": "RefinedWeb"}
    error = {n: e.value for n, e in GADRE_2024_ERRORS[f"{data[case['id']]}, all tasks"].items()}
    b = law.B * 6 ** (law.alpha / 2)
    return vars(law) | error | {"b": trimmed(b, case["value"]["b"])}


@answers("gadre_rpj_error")
def gadre_error(case):
    return {name: e.value for name, e in GADRE_2024_ERRORS["RedPajama, all tasks"].items()}


@answers("porian_ladder")
def porian(case):
    ladder = PORIAN_2024["RefinedWeb"].values()
    steps = [row[0] for row in case["value"]]  # their wording is not compared
    return [[step, e.value, e.low, e.high] for step, e in zip(steps, ladder, strict=True)]
