"""Parameters, FLOP and memory against published tables, other routes and properties."""

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_core import (
    Transformer,
    compute_factor,
    inference_flops,
    pf_days,
    step_factor,
    training_flops,
    training_memory,
    weight_memory,
)

GPT2 = Transformer(
    n_layer=12, d_model=768, d_ff=3072, n_head=12, head_dim=64, vocab=50257, n_ctx=1024
)
MIXTRAL = Transformer(  # Jiang et al. 2024, arXiv:2401.04088, Table 1
    n_layer=32,
    d_model=4096,
    d_ff=14336,
    n_head=32,
    head_dim=128,
    vocab=32000,
    n_ctx=32768,
    tied=False,
    biases=False,
    n_kv_head=8,
    gated=True,
    n_expert=8,
    n_expert_active=2,
)


def table(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / "data" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def hoffmann(row: dict[str, str], head_dim: str) -> Transformer:
    shape = (row[name] for name in ("n_layers", "d_model", "ffw_size", "n_heads", head_dim))
    return Transformer(*map(int, shape), vocab=32000, n_ctx=2048, position="relative")


A4 = table("hoffmann2022_a4_flop_ratio.csv")
A9 = table("hoffmann2022_a9_models.csv")


@pytest.mark.parametrize("row", A9, ids=[row["params"] for row in A9])
def test_parameters_of_all_fifty_hoffmann_models(row):
    printed = int(row["params"])
    tolerance = 0.0025 if printed >= 74e6 else 0.0067  # the two smallest miss by more than rounding
    assert hoffmann(row, "kv_size").params() == pytest.approx(printed, rel=tolerance)


def test_hoffmann_table_a9_has_fifty_rows_and_the_worst_is_the_smallest():
    errors = {int(r["params"]): hoffmann(r, "kv_size").params() / int(r["params"]) - 1 for r in A9}
    assert len(errors) == 50
    assert max(errors, key=lambda printed: abs(errors[printed])) == 44_000_000
    assert errors[44_000_000] == pytest.approx(-0.0066967, rel=1e-4)  # exact counts leave no room


def test_attention_is_as_wide_as_its_heads_not_as_the_model():
    # where n_heads * kv_size is not d_model, taking d_model for both misses the print
    wide = [row for row in A9 if int(row["n_heads"]) * int(row["kv_size"]) != int(row["d_model"])]
    assert len(wide) == 6
    for row in wide:
        narrow = hoffmann(row | {"n_heads": "1", "kv_size": row["d_model"]}, "kv_size")
        assert abs(narrow.params() / int(row["params"]) - 1) > 0.01


@pytest.mark.parametrize("row", A4, ids=[row["params_label"] for row in A4])
def test_exact_flop_over_6nd_of_hoffmann_table_a4(row):
    model = hoffmann(row, "kq_size")
    flop = model.flops_per_token(attention="full", head=False, softmax=True)
    assert round(flop / (6 * model.params()), 2) == float(row["flop_ratio_to_6nd"])
    # the six rows hold for layers alone: embedding and logits would give up to 1.60
    everything = model.flops_per_token(attention="full", embedding=True, softmax=True)
    assert everything / (6 * model.params()) > float(row["flop_ratio_to_6nd"]) + 0.02


@pytest.mark.parametrize(
    ("shape", "printed", "why"),
    [
        ((80, 8192, 32768, 64, 128, 32000), 70e9, "Chinchilla, Hoffmann Table 4"),
        ((80, 16384, 65536, 128, 128, 32000), 280e9, "Gopher, same table"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_two_large_models_have_the_size_of_their_names(shape, printed, why):
    model = Transformer(*shape, n_ctx=2048, position="relative")
    assert model.params() == pytest.approx(printed, rel=0.002)  # names round to two digits


def test_gpt2_small_counts_exactly_and_learned_positions_add_theirs():
    assert GPT2.params() == 123_653_376
    assert replace(GPT2, position="learned").params() == 123_653_376 + 1024 * 768 == 124_439_808


def test_gpt3_is_174_6_billion_as_its_table_d1_says():
    gpt3 = Transformer(96, 12288, 49152, 96, 128, 50257, 2048, position="learned")
    assert gpt3.params() == pytest.approx(174.6e9, rel=0.0005)  # four digits printed


def test_mixtral_has_47_billion_parameters_and_13_billion_active_ones():
    assert round(MIXTRAL.params() / 1e9) == 47  # abstract
    assert round(MIXTRAL.params(active=True) / 1e9) == 13


def test_deepseek_table_3_ratios_of_6n_to_their_flop_per_token():
    model = Transformer(8, 512, 2048, 8, 64, vocab=102400, n_ctx=4096)
    M = model.flops_per_token(attention="full", head=False)
    assert M == 72 * 8 * 512**2 + 12 * 8 * 512 * 4096  # their formula
    without = model.params(non_embedding=True)
    assert 6 * without / M == pytest.approx(0.429, abs=0.0005)  # printed 0.43
    assert 6 * (without + 102400 * 512) / M == pytest.approx(1.321, abs=0.0005)  # printed 1.32


@pytest.mark.parametrize(
    ("N", "D", "reported", "rel", "why"),
    [
        (175e9, 300e9, 3.14e23, 0.01, "GPT-3, Table D.1"),
        (540e9, 780e9, 2.5e24, 0.02, "PaLM, Wei et al. 2022, Table 1"),
        (405e9, 15.6e12, 3.8e25, 0.005, "Llama 3.1 405B, sec. 3.2.1"),
        (70e9, 1.4e12, 5.88e23, 1e-15, "Chinchilla: 6ND by definition"),
    ],
)
def test_6nd_gives_reported_budgets(N, D, reported, rel, why):
    assert training_flops(N, D) == pytest.approx(reported, rel=rel), why


def test_reading_a_token_costs_a_third_of_training_on_it():
    assert 3 * inference_flops(7, 11) == training_flops(7, 11) == 462


def test_gophers_reported_budget_is_not_6nd():
    assert 5.76e23 / training_flops(280e9, 300e9) == pytest.approx(1.143, abs=0.001)


def test_pf_day_is_8_64e19_flop_and_gpt3_took_3640_of_them():
    assert pf_days(8.64e19) == 1.0
    assert pf_days(3.14e23) == pytest.approx(3.64e3, rel=0.002)  # Brown et al. 2020, Table D.1


def weight_shapes(model: Transformer, experts: int) -> list[tuple[int, ...]]:
    """Every tensor of the model, written down one by one."""
    d, w, f = model.d_model, model.n_head * model.head_dim, model.d_ff
    kv = (model.n_kv_head or model.n_head) * model.head_dim
    linear = [(d, w), (d, kv), (d, kv), (w, d)]
    feed_forward = [(d, f), (f, d)] + ([(d, f)] if model.gated else [])
    if model.position == "relative":
        linear.append((d, w))
    shapes = [(model.vocab, d)] * (1 if model.tied else 2)
    if model.position == "learned":
        shapes.append((model.n_ctx, d))
    norm = [(d,), (d,)] if model.biases else [(d,)]
    for _ in range(model.n_layer):
        maps = linear + feed_forward * experts
        shapes += maps + 2 * norm
        if model.biases:
            shapes += [(out,) for _, out in maps]
        if model.n_expert > 1:
            shapes.append((d, model.n_expert))
    return shapes + norm


def transformers() -> st.SearchStrategy[Transformer]:
    small = st.integers(1, 6)
    experts = st.sampled_from([(1, 1), (2, 1), (4, 2), (4, 4)])
    return st.builds(
        lambda groups, expert, **rest: Transformer(
            n_head=2 * groups,
            n_kv_head=groups,
            n_expert=expert[0],
            n_expert_active=expert[1],
            **rest,
        ),
        groups=small,
        expert=experts,
        n_layer=small,
        d_model=st.integers(1, 64),
        d_ff=st.integers(1, 64),
        head_dim=small,
        vocab=st.integers(1, 100),
        n_ctx=st.integers(1, 100),
        tied=st.booleans(),
        biases=st.booleans(),
        gated=st.booleans(),
        position=st.sampled_from(["none", "learned", "relative"]),
    )


@given(transformers())
def test_parameters_are_the_sum_over_all_tensors(model):
    for active in (False, True):
        experts = model.n_expert_active if active else model.n_expert
        total = sum(math.prod(shape) for shape in weight_shapes(model, experts))
        assert model.params(active=active) == total


@given(transformers())
def test_non_embedding_parameters_are_the_matrices_without_vocabulary_and_positions(model):
    matrices = [shape for shape in weight_shapes(model, model.n_expert) if len(shape) == 2]
    embeddings = model.vocab * model.d_model * (1 if model.tied else 2)
    if model.position == "learned":
        embeddings += model.n_ctx * model.d_model
    expected = sum(math.prod(shape) for shape in matrices) - embeddings
    assert model.params(non_embedding=True) == expected


def test_standard_shape_has_12_n_d_squared_non_embedding_parameters():
    assert GPT2.params(non_embedding=True) == 12 * 12 * 768**2  # Kaplan Eq. 2.1


@given(transformers())
def test_forward_flop_is_two_per_matrix_weight_that_a_token_meets_plus_attention(model):
    model = replace(model, position="none")  # relative positions are projected once per sequence
    w = model.n_head * model.head_dim
    scores_and_values = 2 * 2 * model.n_layer * model.n_ctx * w  # two products, 2 FLOP each
    base = 2 * model.params(non_embedding=True, active=True) + scores_and_values
    count = model.flops_per_token
    assert count(training=False, attention="full", head=False) == base
    assert count(training=False, head=False) == base - scores_and_values / 2  # half is masked
    logits = 2 * model.vocab * model.d_model
    assert count(training=False, attention="full") == base + logits
    assert count(training=False, attention="full", embedding=True) == base + 2 * logits
    softmax = 3 * model.n_layer * model.n_head * model.n_ctx
    assert count(training=False, attention="full", softmax=True) == base + logits + softmax
    assert count() == 3 * count(training=False)  # the backward pass costs two forward ones


def test_relative_positions_cost_parameters_but_no_flop_per_token():
    relative = replace(GPT2, position="relative")
    assert relative.params() - GPT2.params() == 12 * (768 * 768 + 768)
    assert relative.flops_per_token() == GPT2.flops_per_token()


def test_context_term_is_n_ctx_over_12_d_of_the_rest():
    without_head = GPT2.flops_per_token(head=False)
    share = without_head / (6 * GPT2.params(non_embedding=True)) - 1
    assert share == pytest.approx(1024 / (12 * 768) / 1, rel=1e-12)  # Kaplan sec. 2.1


def test_palm_style_flop_per_token_is_6n_plus_12_layers_heads_size_context():
    count = GPT2.flops_per_token(attention="full")
    N = GPT2.params(non_embedding=True) + GPT2.vocab * GPT2.d_model
    assert count == 6 * N + 12 * 12 * 12 * 64 * 1024


def test_memory_of_weights_training_and_cache():
    assert weight_memory(40e9) == 80e9  # 80 GB hold 40B parameters in BF16
    assert weight_memory(40e9, 1) == 40e9
    assert training_memory(350e9) == 5.6e12  # 350B parameters train in 5.6 TB
    assert training_memory(1e9, bytes_per_parameter=18) == 18e9
    assert GPT2.kv_cache(1024) == 2 * 12 * 12 * 64 * 1024 * 2
    assert GPT2.kv_cache(1024, 1) == 2 * 12 * 12 * 64 * 1024


def test_grouped_queries_shrink_the_cache_by_the_group_size():
    ungrouped = replace(MIXTRAL, n_kv_head=None)
    assert ungrouped.kv_cache(1) == 4 * MIXTRAL.kv_cache(1)
    assert ungrouped == replace(ungrouped, n_kv_head=None)
    assert ungrouped.params() == replace(ungrouped, n_kv_head=32).params()


@given(st.floats(1, 1e12), st.floats(1, 1e12))
def test_steps_and_examples_trade_off_as_mccandlish_says(batch, critical):
    steps, examples = step_factor(batch, critical), compute_factor(batch, critical)
    # (S/S_min - 1)(E/E_min - 1) = 1; the subtraction loses digits when a factor is close to 1
    assert 1 / steps + 1 / examples == pytest.approx(1, rel=1e-12)
    assert step_factor(batch, critical) == compute_factor(critical, batch)
    # C/C_min = S/S_min * B/B_crit: compute is steps times batch
    assert examples == pytest.approx(steps * batch / critical, rel=1e-12)


def test_limits_of_the_batch_size():
    assert (
        step_factor(1e6, 1e6) == compute_factor(1e6, 1e6) == 2.0
    )  # training at B_crit: C = 2 C_min
    assert step_factor(np.inf, 1e6) == 1.0
    assert compute_factor(np.inf, 1e6) == np.inf
    assert step_factor(1e-300, 1e300) == np.inf  # beyond float64
    assert compute_factor(1e300, 1e-300) == np.inf


CALLS = {
    "training_flops": (training_flops, {"N": 70e9, "D": 1.4e12}),
    "inference_flops": (inference_flops, {"N": 70e9, "tokens": 1e12}),
    "pf_days": (pf_days, {"C": 1e23}),
    "weight_memory": (weight_memory, {"N": 70e9, "bytes_per_parameter": 2.0}),
    "training_memory": (training_memory, {"N": 70e9, "bytes_per_parameter": 16.0}),
    "step_factor": (step_factor, {"batch_tokens": 1e6, "critical_tokens": 2e6}),
    "compute_factor": (compute_factor, {"batch_tokens": 1e6, "critical_tokens": 2e6}),
    "kv_cache": (GPT2.kv_cache, {"tokens": 1e3, "bytes_per_value": 2.0}),
}
MAY_BE_ZERO = {"tokens"}
MAY_BE_INFINITE = {"batch_tokens"}
ARGUMENTS = [(name, argument) for name, (_, good) in CALLS.items() for argument in good]


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (float("nan"), ValueError),
        (-1.0, ValueError),
        (0, ValueError),
        (float("inf"), ValueError),
        ([1.0, -1.0], ValueError),
        (10**400, ValueError),
        ("x", TypeError),
        (None, TypeError),
        (True, TypeError),
        (1 + 2j, TypeError),
    ],
    ids=str,
)
def test_bad_input_is_refused_with_the_name_of_the_argument(name, argument, bad, error):
    function, good = CALLS[name]
    if (bad == 0 and bad is not True and argument in MAY_BE_ZERO) or (
        bad == float("inf") and argument in MAY_BE_INFINITE
    ):
        function(**good | {argument: bad})
        return
    with pytest.raises(error, match=rf"^{argument}\b"):
        function(**good | {argument: bad})


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
def test_any_kind_of_number_gives_the_float64_result(name, argument):
    function, good = CALLS[name]
    values = np.array([3.0, 70_000_000_000.0])  # 6 * 7e10 * 1.4e12 would wrap as int64
    expected = [function(**good | {argument: float(value)}) for value in values]
    assert all(type(value) is float for value in expected)
    frozen = values.copy()
    frozen.setflags(write=False)
    spread = np.repeat(values, 2)[::2]  # not contiguous
    for given_as in (
        values,
        list(values),
        values.astype(np.int64),
        [3, 7 * 10**10],
        frozen,
        spread,
    ):
        answer = function(**good | {argument: given_as})
        assert answer.dtype == np.float64
        np.testing.assert_array_equal(answer, expected)
    assert function(**good | {argument: np.float32(3)}) == expected[0]
    assert function(**good | {argument: np.array(3)}) == expected[0]
    assert function(**good | {argument: []}).shape == (0,)


@pytest.mark.parametrize("name", [name for name, (_, good) in CALLS.items() if len(good) == 2])
def test_arguments_broadcast_and_their_shapes_are_named_if_they_do_not(name):
    function, good = CALLS[name]
    first, second = good
    assert function(**{first: np.ones((3, 1)), second: np.ones(4)}).shape == (3, 4)
    message = rf"^{first} and {second} must broadcast: shapes \(3,\) and \(4,\)$"
    with pytest.raises(ValueError, match=message):
        function(**{first: np.ones(3), second: np.ones(4)})


def test_products_beyond_float64_are_infinite_without_a_warning():
    assert training_flops(1e200, 1e200) == np.inf
    assert inference_flops(10**200, 10**200) == np.inf
    assert GPT2.kv_cache(1e308) == np.inf


def test_integers_do_not_wrap():
    flops = training_flops(np.int64(70_000_000_000), np.int64(1_400_000_000_000))
    assert flops == pytest.approx(5.88e23, rel=1e-13)  # int64 wraps at 9.2e18


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"n_layer": 0}, ValueError, "n_layer must be a whole number of at least 1, got 0"),
        ({"d_model": 768.5}, ValueError, "d_model must be a whole number of at least 1, got 768.5"),
        ({"d_ff": -1}, ValueError, "d_ff must be a whole number"),
        ({"n_head": None}, TypeError, "n_head must be a real number"),
        ({"head_dim": "64"}, TypeError, "head_dim must be a real number"),
        ({"vocab": True}, TypeError, "vocab must be a real number"),
        ({"n_ctx": float("nan")}, ValueError, "n_ctx must be"),
        ({"n_ctx": [1024]}, TypeError, "n_ctx must be one number"),
        ({"n_expert": 0}, ValueError, "n_expert must be a whole number"),
        ({"n_kv_head": 0}, ValueError, "n_kv_head must be a whole number"),
        ({"n_kv_head": 5}, ValueError, "n_kv_head must divide n_head 12, got 5"),
        ({"n_kv_head": 24}, ValueError, "n_kv_head must divide n_head 12, got 24"),
        (
            {"n_expert_active": 2},
            ValueError,
            "n_expert_active must be at most n_expert 1, got 2",
        ),
        (
            {"position": "rotary"},
            ValueError,
            "position must be one of none, learned, relative, got 'rotary'",
        ),
        ({"tied": 1}, TypeError, "tied must be True or False, got 1"),
        ({"gated": "no"}, TypeError, "gated must be True or False, got 'no'"),
    ],
    ids=str,
)
def test_impossible_shapes_are_refused(changes, error, message):
    with pytest.raises(error, match=f"^{message}"):
        replace(GPT2, **changes)


def test_attention_is_causal_or_full():
    with pytest.raises(ValueError, match=r"^attention must be one of causal, full, got 'half'$"):
        GPT2.flops_per_token(attention="half")


def test_a_shape_is_a_value():
    assert replace(GPT2, n_layer=12.0) == GPT2  # whole floats are whole numbers
    assert type(replace(GPT2, n_layer=12.0).n_layer) is int
    assert len({GPT2, replace(GPT2, d_ff=3072)}) == 1
    assert eval(repr(MIXTRAL)) == MIXTRAL
    with pytest.raises(AttributeError):
        GPT2.n_layer = 24
