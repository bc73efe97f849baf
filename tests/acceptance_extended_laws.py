"""Acceptance cases of training plus serving, of repeated data, and of parameters counted twice."""

import math

import pytest

from scaling_core import BESIROGLU_2024, MUENNIGHOFF_2023, SARDANA_2024_BASE
from scaling_core.reconcile import local_exponent, regression_exponent
from scaling_core.repeated import DataConstrainedLaw, effective_epochs
from tests.acceptance import answers


@answers("sardana_13B_2T", "sardana_13B_2T_exact", "sardana_7B_1e11", "sardana_7B_1e11_exact")
def quality_of_a_compute_optimal_model(case):
    law, N_q = SARDANA_2024_BASE, case["inputs"]["N_q"]
    D_q = law.optimal_tokens(N_q)
    best = law.inference_optimum(case["inputs"]["D_inf"], loss=law.loss(N_q, D_q))
    named = {"flops": best.flops, "saved_flops": best.saved, "D_over_D_q": best.D / D_q}
    return vars(best) | named


@answers("inference_besiroglu_0", "inference_besiroglu_1e13")
def serving_at_a_loss(case):
    loss = BESIROGLU_2024.loss(**case["inputs"]["loss_of"])
    best = BESIROGLU_2024.inference_optimum(case["inputs"]["D_inf"], loss=loss)
    return vars(best) | {"flops": best.flops}


@answers("inference_budget_besiroglu")
def serving_for_a_total(case):
    T, D_inf = case["inputs"]["T"], case["inputs"]["D_inf"]
    return vars(BESIROGLU_2024.inference_optimum(D_inf, total=T))


@answers("muennighoff_epochs")
def epochs(case):
    return effective_epochs(case["inputs"]["epochs"])


@answers("muennighoff_example")
def two_forms_of_decay(case):
    star = 3
    assert case["constants"] == {"R_D_star": star}
    assert case["inputs"]["delta"] == pytest.approx(1 / (1 + star))
    forms = ("geometric", "exponential")
    return {form: effective_epochs(1 + case["inputs"]["R_D"], star, form) for form in forms}


@answers("constrained_loss_4_epochs", "constrained_loss_10_epochs")
def repeated_loss(case):
    law, given = DataConstrainedLaw(MUENNIGHOFF_2023), case["inputs"]
    return {
        "loss": law.loss(**given),
        "N_eff": law.effective_params(**given),
        "D_eff": law.effective_tokens(given["D"], given["unique"]),
    }


@answers("constrained_optimum_1e22_1e11", "constrained_optimum_1e23_1e11_data_only")
def repeated_optimum(case):
    law = DataConstrainedLaw(MUENNIGHOFF_2023)
    if case["constants"] != "MUENNIGHOFF_2023":
        assert case["constants"].startswith("BESIROGLU_2024, R_D_star = 15.387756, R_N_star = inf")
        law = DataConstrainedLaw(BESIROGLU_2024, R_N_star=math.inf)
    return vars(law.optimum(**case["inputs"]))


@answers("pearce_local_besiroglu_2024")
def local_exponents(case):
    return local_exponent(BESIROGLU_2024, case["inputs"]["N_E"])


@answers("pearce_regression_besiroglu_2024")
def exponent_over_kaplans_sizes(case):
    return regression_exponent(BESIROGLU_2024, *case["inputs"]["N_E_range"])
