"""Bad arguments of the laws that the generated table (test_inputs_table.py) does not reach."""

import math

import pytest

from scaling_core import (
    BESIROGLU_2024,
    HERNANDEZ_2021_TEXT,
    RULE_OF_20,
    STEP_LAW_2025,
    AllocationLaw,
    ChinchillaLaw,
    PowerProduct,
    TransferLaw,
)


def test_choices_and_other_arguments_are_checked():
    law = BESIROGLU_2024
    with pytest.raises(ValueError, match=r"fixed must be .* got 'size'"):
        law.size_penalty(2, fixed="size")
    with pytest.raises(ValueError, match=r"counts must be .* got 'all'"):
        ChinchillaLaw(1.8, 400, 2000, 0.35, 0.36, counts="all")
    with pytest.raises(TypeError, match="flops_per_param_token must be one number"):
        ChinchillaLaw(1.8, 400, 2000, 0.35, 0.36, flops_per_param_token=[6, 6])
    with pytest.raises(ValueError, match="A must be finite, got inf"):
        ChinchillaLaw.from_logs(1e3, 7, 0.5, 0.3, 0.4)
    for name in ("A", "b", "alpha", "E"):
        good = {"A": 166, "b": 366, "alpha": 0.27, "E": 1.8}
        with pytest.raises(ValueError, match=rf"{name} must be .*got -1\.0"):
            ChinchillaLaw.from_gadre(**good | {name: -1})
    with pytest.raises(ValueError, match="b and alpha must broadcast"):
        ChinchillaLaw.from_gadre(166, [366, 367], [0.27, 0.28, 0.29], 1.8)


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: PowerProduct(0, {"C": 1}), ValueError, "k must be positive, got 0.0"),
        (lambda: PowerProduct(1, {"C": math.nan}), ValueError, r"exponents\['C'\] must be finite"),
        (lambda: PowerProduct(1, {"C": "x"}), TypeError, r"exponents\['C'\] must be a real"),
        (lambda: PowerProduct(1, {"C": 1})(D=2), TypeError, "the law takes C; got D"),
        (lambda: PowerProduct(1, {"C": 1})(), TypeError, "the law takes C; got nothing"),
        (lambda: TransferLaw(1, -0.1, 0.4), ValueError, "alpha must be positive, got -0.1"),
        (lambda: TransferLaw(1, 0.1, math.inf), ValueError, "beta must be finite, got inf"),
        (
            lambda: AllocationLaw(D=RULE_OF_20.D, flops_per_param_token=0),
            ValueError,
            "flops_per_param_token must be positive, got 0.0",
        ),
    ],
)
def test_small_laws_are_checked_too(build, error, words):
    with pytest.raises(error, match=words):
        build()


def test_a_product_of_powers_is_a_frozen_value():
    law = STEP_LAW_2025["learning_rate"]
    assert law == PowerProduct(1.79, {"N": -0.713, "D": 0.307}, law.source)
    assert hash(law) == hash(PowerProduct(1.79, {"N": -0.713, "D": 0.307}, law.source))
    assert law(N=1e9, D=[1e11, 2e11]) == pytest.approx(
        [1.79 * 1e9**-0.713 * 1e11**0.307, 1.79 * 1e9**-0.713 * 2e11**0.307], rel=1e-14
    )
    with pytest.raises(TypeError):
        law.exponents["N"] = 1
    text = HERNANDEZ_2021_TEXT
    assert text.transferred(3e5, 40e6) / 3e5 == pytest.approx(text.multiplier(3e5, 40e6), rel=1e-14)
