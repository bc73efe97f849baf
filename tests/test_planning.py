"""A plan says of each law what the law itself says, and of intervals only what is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import budgets, laws, powers_of_ten, steady

from scaling_core import (
    BESIROGLU_2024,
    BESIROGLU_2024_SE,
    DEEPSEEK_2024,
    HOFFMANN_2022,
    HOFFMANN_2022_EXPONENTS,
    KAPLAN_2020,
    LLAMA3_2024,
    MUENNIGHOFF_2023,
    RULE_OF_20,
    AllocationLaw,
    ChinchillaLaw,
    PowerLaw,
    hardware,
)
from scaling_core.budget import Budget
from scaling_core.planning import PLAN_LAWS, RefitDraws, plan, published_law
from scaling_core.repeated import DataConstrainedLaw

H100 = hardware()["NVIDIA H100 SXM"].bf16
ADDITIVE = ["BESIROGLU_2024", "HOFFMANN_2022"]


# --- Rows ---------------------------------------------------------------------------------------


@steady
@given(budgets, laws)
def test_a_row_is_what_the_law_says(C, law):
    (row,) = plan(C, {"mine": law})
    best = law.optimum(C)
    assert (row.N, row.D, row.loss) == (best.N, best.D, best.loss)
    assert (row.a, row.counts, row.law) == (law.a, "total", "mine")
    assert math.isnan(row.decades_beyond)
    assert row.source == "a law of your own"
    assert (row.N_interval, row.D_interval, row.loss_interval) == (None, None, None)
    assert (row.a_interval, row.notes, row.serving, row.limited) == (None, (), None, None)
    assert row.interval == "no interval published"


def test_the_published_laws_stand_side_by_side():
    answer = plan(1e23)
    assert [row.law for row in answer] == list(PLAN_LAWS)
    assert list(PLAN_LAWS) == [
        "BESIROGLU_2024",
        "HOFFMANN_2022",
        "RULE_OF_20",
        "LLAMA3_2024",
        "DEEPSEEK_2024",
        "KAPLAN_2020",
    ]
    assert all(published_law(name) is law for name, law in PLAN_LAWS.items())
    assert answer["KAPLAN_2020"] is answer.rows[-1]
    assert repr(answer) == repr(plan(Budget(1e23)))
    assert (answer.served_tokens, answer.unique_tokens, answer.price_ratio, answer.level) == (
        0.0,
        math.inf,
        1.0,
        0.95,
    )


def test_the_rule_of_20_and_llama_3_state_no_loss():
    rule, llama = plan(1e23, ["RULE_OF_20", "LLAMA3_2024"])
    assert rule.ratio == pytest.approx(20, rel=1e-12)
    assert rule.N == RULE_OF_20.optimum(1e23).N
    assert rule.a == 0.5
    assert rule.notes == ("states no loss",)
    assert LLAMA3_2024.D(1e23) == llama.D
    assert pytest.approx(1e23 / 6 / llama.D, rel=1e-12) == llama.N
    assert llama.a == pytest.approx(1 - 0.537, rel=1e-12)
    assert "N = C / (6 D) is ours" in llama.notes[0]
    assert math.isnan(rule.loss)
    assert math.isnan(llama.loss)
    assert llama.decades_beyond == pytest.approx(1, rel=1e-12)  # its runs end at 1e22
    assert math.isnan(rule.decades_beyond)


def test_deepseek_states_tokens_and_the_cost_of_one_but_no_parameters():
    (row,) = plan(1e20, ["DEEPSEEK_2024"])
    assert (row.D, row.a) == (DEEPSEEK_2024.D(1e20), 0.5243)
    assert math.isnan(row.N)
    assert math.isnan(row.ratio)
    assert math.isnan(row.loss)
    assert row.counts == "non-embedding FLOP per token"
    assert row.notes == ("states 5.25B FLOP per token instead of N, and no loss",)
    assert float(DEEPSEEK_2024.M(1e20)) == pytest.approx(5.25e9, rel=1e-3)
    assert row.decades_beyond == 0


def test_kaplan_reads_the_budget_as_compute_at_the_critical_batch():
    (row,) = plan(1e21, ["KAPLAN_2020"])
    assert pytest.approx(4.68e9, rel=1e-3) == row.N  # what Hoffmann et al. ascribe to the paper
    assert row.N == KAPLAN_2020.optimum(1e21, at="C").N
    assert row.loss == KAPLAN_2020.loss_C_min(5e20)
    assert (row.a, row.counts) == (0.73, "non-embedding")
    assert "6 N D of Table 6 is 0.9 C" in row.notes[0]
    assert "WebText2" in row.notes[1]
    assert math.isnan(row.decades_beyond)


def test_a_rule_of_sizes_and_tokens_of_your_own_is_welcome():
    rule = AllocationLaw(N=PowerLaw(0.1, 0.5), D=PowerLaw(2.0, 0.5))
    (row,) = plan(1e22, {"rule": rule})
    assert (row.N, row.D, row.a) == (pytest.approx(1e10), pytest.approx(2e11), 0.5)
    assert row.source == "a law of your own"


def test_decades_beyond_are_counted_on_both_sides_of_the_runs():
    for C in (1e17, 1e20, 1e25):
        for row in plan(C, ["BESIROGLU_2024", "LLAMA3_2024", "DEEPSEEK_2024"]):
            low, high = published_law(row.law).source.range
            expected = max(math.log10(C / high), math.log10(low / C), 0)
            assert row.decades_beyond == pytest.approx(expected, abs=1e-12)
    assert plan(1e25, ADDITIVE)["HOFFMANN_2022"].decades_beyond == HOFFMANN_2022.decades_beyond(
        1e25
    )


def test_the_source_of_every_row_names_work_and_place():
    assert plan(1e23)["BESIROGLU_2024"].source.startswith("besiroglu2024chinchilla, Eq. 3")
    assert all("," in row.source or ":" in row.source for row in plan(1e23))


# --- Intervals ----------------------------------------------------------------------------------


def test_of_published_laws_only_what_is_published_is_said():
    besiroglu, hoffmann = plan(1e23, ADDITIVE)
    se = BESIROGLU_2024_SE["a"].value
    assert besiroglu.a_interval == pytest.approx(
        (BESIROGLU_2024.a - 2 * se, BESIROGLU_2024.a + 2 * se), rel=1e-12
    )
    assert "0.018" in besiroglu.notes[0]
    assert "N* has none" in besiroglu.notes[0]
    printed = HOFFMANN_2022_EXPONENTS["approach 3"]["a"]
    assert hoffmann.a_interval is None
    assert not printed.low <= hoffmann.a <= printed.high
    assert "0.454 to 0.455, misses a" in hoffmann.notes[0]
    # another law under that name has none of it
    (other,) = plan(1e23, {"BESIROGLU_2024": HOFFMANN_2022})
    assert (other.a_interval, other.notes) == (None, ())


def test_intervals_are_percentiles_of_what_the_draws_say():
    rng = np.random.default_rng(3)
    alpha = 0.35 + 0.01 * rng.standard_normal(500)
    many = ChinchillaLaw(1.8, 480.0, 2100.0, alpha, 0.36)
    draws = {"BESIROGLU_2024": RefitDraws(many, "made up")}
    answer = plan(1e23, ADDITIVE, draws=draws, level=0.5)
    row, plain = answer
    best = many.optimum(1e23)
    for name in ("N", "D", "loss"):
        expected = tuple(np.quantile(getattr(best, name), [0.25, 0.75]))
        assert getattr(row, f"{name}_interval") == pytest.approx(expected, rel=1e-12)
    assert row.interval == "made up"
    assert answer.level == 0.5
    assert (plain.N_interval, plain.interval) == (None, "no interval published")
    wider = plan(1e23, ADDITIVE, draws=draws)["BESIROGLU_2024"]
    assert wider.N_interval[0] < row.N_interval[0] < row.N_interval[1] < wider.N_interval[1]


def test_draws_are_many_laws_with_a_name():
    many = ChinchillaLaw(1.8, 480.0, 2100.0, [0.34, 0.35], 0.36)
    for label in ("", "  "):
        with pytest.raises(ValueError, match="label must say how the laws came about"):
            RefitDraws(many, label)
    with pytest.raises(
        ValueError, match=r"laws must be one batch of several laws, got shape \(1,\)"
    ):
        RefitDraws(many[:1], "one")
    with pytest.raises(ValueError, match=r"got shape \(1, 2\)"):
        RefitDraws(ChinchillaLaw(1.8, 480.0, 2100.0, [[0.34, 0.35]], 0.36), "square")
    with pytest.raises(TypeError, match="laws must be a ChinchillaLaw, got 3"):
        RefitDraws(3, "three")
    for name in ("RULE_OF_20", "HOFFMANN_2022"):
        with pytest.raises(ValueError, match=rf"draws must belong .* got '{name}'"):
            plan(1e23, ["BESIROGLU_2024", "RULE_OF_20"], draws={name: RefitDraws(many, "x")})


# --- Serving and repetition ---------------------------------------------------------------------


@steady
@given(laws, powers_of_ten(18, 26), powers_of_ten(9, 15), st.floats(0, 20))
def test_serving_keeps_the_loss_and_never_costs_more(law, C, served, ratio):
    (row,) = plan(C, {"mine": law}, served_tokens=served, price_ratio=ratio)
    assert row.serving == law.inference_optimum(served, loss=row.loss, price_ratio=ratio)
    assert row.serving.N <= row.N * (1 + 1e-9)
    assert 0 <= row.serving.saving < 1


@steady
@given(laws, powers_of_ten(18, 26), powers_of_ten(8, 14))
def test_with_little_text_the_plan_is_the_data_constrained_one(law, C, unique):
    (row,) = plan(C, {"mine": law}, unique_tokens=unique)
    assert row.limited == DataConstrainedLaw(law).optimum(C, unique)
    assert row.limited.loss >= row.loss * (1 - 1e-12)
    assert row.notes == (
        "repetition: Muennighoff's decay, on a law that is not theirs, is assumed",
    )


def test_on_muennighoffs_own_law_nothing_is_assumed():
    (row,) = plan(1e22, ["MUENNIGHOFF_2023"], unique_tokens=100e9)
    assert row.limited == DataConstrainedLaw(MUENNIGHOFF_2023).optimum(1e22, 100e9)
    assert row.notes == ()


def test_rules_of_allocation_say_nothing_about_serving_or_repetition():
    for row in plan(1e23, served_tokens=1e12, unique_tokens=1e11):
        additive = row.law in ADDITIVE
        assert (row.serving is not None) is additive
        assert (row.limited is not None) is additive


def test_what_is_not_asked_is_not_answered():
    (row,) = plan(1e23, ["BESIROGLU_2024"], served_tokens=0, unique_tokens=math.inf)
    assert (row.serving, row.limited) == (None, None)


# --- Errors -------------------------------------------------------------------------------------


def test_unknown_laws_are_named_with_similar_ones():
    with pytest.raises(ValueError, match=r"such as .*HOFFMANN_2022.*, got 'hoffman_2022'"):
        plan(1e23, ["hoffman_2022"])
    with pytest.raises(ValueError, match=r"such as BESIROGLU_2024, .*, got 'zzz'"):
        plan(1e23, ["zzz"])
    with pytest.raises(TypeError, match="laws must be a list of names or a dict of laws"):
        plan(1e23, "BESIROGLU_2024")
    with pytest.raises(TypeError, match=r"laws\['x'\] must be a ChinchillaLaw, .* got 7"):
        plan(1e23, {"x": 7})
    many = ChinchillaLaw(1.8, 480.0, 2100.0, [0.34, 0.35], 0.36)
    with pytest.raises(ValueError, match=r"laws\['x'\] must be one law"):
        plan(1e23, {"x": many})
    with pytest.raises(KeyError, match="no 'KAPLAN_2020' in this plan of BESIROGLU_2024, HOFF"):
        plan(1e23, ADDITIVE)["KAPLAN_2020"]
