"""Bad and unusual arguments of every public function and method of the law modules.

Every entry of ARGUMENTS is called with each bad value in each argument, and with each other way
to write a good one. A test makes sure that no public method is missing from the table.
"""

import inspect
import math
import re

import numpy as np
import pytest

from scaling_core import (
    BESIROGLU_2024,
    DEEPSEEK_2024,
    HERNANDEZ_2021_TEXT,
    KAPLAN_2020,
    KAPLAN_2020_ND,
    KAPLAN_2020_NS,
    RULE_OF_20,
    STEP_LAW_2025,
    Allocation,
    AllocationLaw,
    ChinchillaLaw,
    KaplanJointLaw,
    KaplanLaw,
    KaplanStepLaw,
    PowerProduct,
    TransferLaw,
)

SIZE, TOKENS, BUDGET = 70_000_000_000, 1_400_000_000_000, 10**18  # as int64, 6ND would wrap
# call -> {argument: (a good value, may it be infinite)}
ARGUMENTS = {
    (BESIROGLU_2024, "loss"): {"N": (SIZE, True), "D": (TOKENS, True)},
    (BESIROGLU_2024, "reducible"): {"N": (SIZE, True), "D": (TOKENS, True)},
    (BESIROGLU_2024, "optimum"): {"C": (BUDGET, False)},
    (BESIROGLU_2024, "frontier_loss"): {"C": (BUDGET, False)},
    (BESIROGLU_2024, "frontier_slope"): {"C": (BUDGET, False)},
    (BESIROGLU_2024, "compute_for"): {"loss": (2, False)},
    (BESIROGLU_2024, "tokens_for"): {"N": (SIZE, True), "loss": (2, False)},
    (BESIROGLU_2024, "params_for"): {"D": (TOKENS, True), "loss": (2, False)},
    (BESIROGLU_2024, "optimal_tokens"): {"N": (SIZE, False)},
    (BESIROGLU_2024, "optimal_params"): {"D": (TOKENS, False)},
    (BESIROGLU_2024, "waste"): {"N": (SIZE, False), "D": (TOKENS, False)},
    (BESIROGLU_2024, "size_penalty"): {"k": (2, False)},
    (BESIROGLU_2024, "isoflop"): {"C": (BUDGET, False), "N": (SIZE, False)},
    (BESIROGLU_2024, "decades_beyond"): {"C": (BUDGET, False)},
    (ChinchillaLaw, "from_logs"): {"a": (6, False), "b": (7, False), "e": (1, False)},
    (RULE_OF_20, "optimum"): {"C": (BUDGET, False)},
    (DEEPSEEK_2024, "spent"): {"C": (BUDGET, False)},
    (KAPLAN_2020, "loss_N"): {"N": (SIZE, True)},
    (KAPLAN_2020, "loss_D"): {"D": (TOKENS, True)},
    (KAPLAN_2020, "loss_C"): {"C": (BUDGET, False)},
    (KAPLAN_2020, "loss_C_min"): {"C": (BUDGET, False)},
    (KAPLAN_2020, "loss_ND"): {"N": (SIZE, True), "D": (TOKENS, True)},
    (KAPLAN_2020, "loss_NS"): {"N": (SIZE, True), "S_min": (10**5, True)},
    (KAPLAN_2020, "critical_batch"): {"L": (2, False)},
    (KAPLAN_2020, "optimum"): {"C": (BUDGET, False)},
    (KAPLAN_2020, "size_penalty"): {"k": (2, False)},
    (KAPLAN_2020, "step_ratio"): {"k": (2, False)},
    (KAPLAN_2020, "early_stop"): {"f": (1, False), "f_prime": (2, False)},
    (KAPLAN_2020, "overfit_tokens"): {"N": (SIZE, False)},
    (KAPLAN_2020_ND, "loss"): {"N": (SIZE, True), "D": (TOKENS, True)},
    (KAPLAN_2020_NS, "loss"): {"N": (SIZE, True), "S_min": (10**5, True)},
    (HERNANDEZ_2021_TEXT, "transferred"): {"D_F": (300_000, False), "N": (SIZE, False)},
    (HERNANDEZ_2021_TEXT, "multiplier"): {"D_F": (300_000, False), "N": (SIZE, False)},
    (STEP_LAW_2025["learning_rate"], "__call__"): {"N": (SIZE, False), "D": (TOKENS, False)},
}
EITHER_SIGN = {"a", "b", "e"}  # logarithms
ELSEWHERE = {"from_gadre", "crossing"}  # checked below; without arguments

CLASSES = [
    Allocation,
    AllocationLaw,
    ChinchillaLaw,
    KaplanJointLaw,
    KaplanLaw,
    KaplanStepLaw,
    PowerProduct,
    TransferLaw,
]

cases = [
    pytest.param(law, method, argument, id=f"{type(law).__name__}.{method}-{argument}")
    for (law, method), arguments in ARGUMENTS.items()
    for argument in arguments
]
every_argument = pytest.mark.parametrize(("law", "method", "argument"), cases)


def call(law, method, **changes):
    good = {name: value for name, (value, _) in ARGUMENTS[law, method].items()}
    extra = {"alpha": 0.3, "beta": 0.4} if method == "from_logs" else {}
    return getattr(law, method)(**(good | changes), **extra)


def numbers(answer):
    """The numbers of an answer as a list of arrays."""
    if isinstance(answer, float | np.ndarray):
        return [np.asarray(answer)]
    names = set(vars(answer)) - {"flops_per_param_token"}
    values = [getattr(answer, name) for name in sorted(names)]
    return [np.asarray(value) for value in values if isinstance(value, float | np.ndarray)]


def test_no_public_method_is_missing_from_the_table():
    tested = {(type(law) if not isinstance(law, type) else law, m) for law, m in ARGUMENTS}
    for cls in CLASSES:
        for name, member in inspect.getmembers(cls, callable):
            if name.startswith("_") or name in ELSEWHERE:
                continue
            assert (cls, name) in tested, f"{cls.__name__}.{name}: {member}"


@every_argument
@pytest.mark.parametrize("bad", [math.nan, -1, 0, -math.inf, math.inf, [1e9, math.nan], [1, 2, -3]])
def test_numbers_outside_the_domain_are_named_with_their_place(law, method, argument, bad):
    _, infinite = ARGUMENTS[law, method][argument]
    if argument in EITHER_SIGN and np.all(np.isfinite(bad)):
        return
    if bad == math.inf and infinite:
        limit = numbers(call(law, method, **{argument: bad}))
        assert not any(np.isnan(number).any() for number in limit)
        return
    entries = np.atleast_1d(np.asarray(bad, float))
    wrong = next(float(x) for x in entries if not (math.isfinite(x) and x > 0))
    place = f"[{len(entries) - 1}]" if np.ndim(bad) else ""
    words = rf"{argument}{re.escape(place)} must be .*got {re.escape(repr(wrong))}"
    with pytest.raises(ValueError, match=words):
        call(law, method, **{argument: bad})


@every_argument
@pytest.mark.parametrize("bad", ["x", None, True, 1j, [True, False], ["7B"], {}, [None]], ids=repr)
def test_what_is_no_number_is_a_type_error(law, method, argument, bad):
    with pytest.raises(TypeError, match=f"{argument} must be a real number"):
        call(law, method, **{argument: bad})


@pytest.mark.parametrize(
    ("law", "method"),
    [pytest.param(*key, id=f"{key[1]}") for key, a in ARGUMENTS.items() if len(a) > 1],
)
def test_shapes_that_do_not_fit_are_both_named(law, method):
    first, second, *_ = ARGUMENTS[law, method]
    with pytest.raises(ValueError, match=r"broadcast: shapes .*\(2,\).*\(3,\)"):
        call(law, method, **{first: [1, 2], second: [3, 4, 5]})


@every_argument
def test_every_way_to_write_a_number_gives_the_float64_answer(law, method, argument):
    good, _ = ARGUMENTS[law, method][argument]
    scalar = numbers(call(law, method, **{argument: float(good)}))
    row = numbers(call(law, method, **{argument: np.full(4, float(good))}))
    read_only = np.full(4, float(good))
    read_only.setflags(write=False)
    strided = np.full(8, float(good))[::2]
    before = read_only.copy()
    for other in (good, np.int64(good), np.float64(good), np.array(good)):
        for mine, theirs in zip(
            numbers(call(law, method, **{argument: other})), scalar, strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)
    for other in ([good] * 4, np.full(4, good), read_only, strided, np.full(4, good, object)):
        for mine, theirs in zip(numbers(call(law, method, **{argument: other})), row, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    assert (read_only == before).all()
    narrow = np.float32(good)
    expected = numbers(call(law, method, **{argument: float(narrow)}))
    for mine, theirs in zip(
        numbers(call(law, method, **{argument: narrow})), expected, strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)


@every_argument
def test_nothing_in_is_nothing_out_and_a_huge_integer_is_a_number(law, method, argument):
    for answer in numbers(call(law, method, **{argument: []})):
        assert answer.shape == (0,)
    if argument not in EITHER_SIGN:
        expected = numbers(call(law, method, **{argument: 1e30}))
        for mine, theirs in zip(
            numbers(call(law, method, **{argument: 10**30})), expected, strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("name", ["E", "A", "B", "alpha", "beta", "flops_per_param_token"])
@pytest.mark.parametrize("bad", [math.nan, -0.1, math.inf, 0])
def test_fields_of_the_additive_law_are_checked(name, bad):
    good = {"E": 1.8, "A": 400.0, "B": 2000.0, "alpha": 0.35, "beta": 0.36}
    if name == "E" and bad == 0:
        assert ChinchillaLaw(**good | {"E": 0}).E == 0  # a law without floor is a law
        return
    with pytest.raises(ValueError, match=rf"{name} must be .*got {float(bad)!r}"):
        ChinchillaLaw(**good | {name: bad})
    with pytest.raises(TypeError, match=f"{name} must be a real number"):
        ChinchillaLaw(**good | {name: "x"})


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
