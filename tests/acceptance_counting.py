"""Acceptance cases that ask for units, FLOP and parameter counts."""

import math

import numpy as np

from scaling_core import (
    PF_DAY,
    Transformer,
    bits_per_byte,
    human,
    inference_flops,
    parse,
    training_flops,
)
from tests.acceptance import answers, rows


@answers("pf_day")
def pf_day(case):
    return PF_DAY


@answers("bits_per_byte")
def per_byte(case):
    return bits_per_byte(**case["inputs"])


@answers("human_values")
def human_values(case):
    return [human(x) for x in case["inputs"]["x"]]


@answers("error_human_parse", compare="raises")
def bad_text(case):
    texts = {f"parse('{text}')": text for text in ("", "12Q", "1.2.3B")}
    calls = {
        call: (lambda text=text: parse(text), "cannot read", repr(text))
        for call, text in texts.items()
    }
    return calls | {"human(nan)": (lambda: human(math.nan), "x", "nan")}


@answers("llama3_flops", "gpt3_flops", "six_nd_reported")
def six_n_d(case):
    return training_flops(**case["inputs"])


@answers("integer_overflow")
def integers_do_not_wrap(case):
    N, D = (np.int64(case["inputs"][name].split()[1]) for name in "ND")
    return training_flops(N, D)


@answers("kaplan_flops_context")
def context_term(case):
    n, d, n_ctx = (case["constants"][name] for name in ("n_layer", "d_model", "n_ctx"))
    shape = Transformer(n, d, 4 * d, d // 128, 128, vocab=50257, n_ctx=n_ctx)
    N = shape.params(non_embedding=True)
    forward = shape.flops_per_token(training=False, head=False)
    return {"N": N, "forward": forward, "share": forward / inference_flops(N, 1) - 1}


@answers("gpt2_small_params")
def gpt2(case):
    shape = case["constants"] | {"head_dim": 64, "n_ctx": 1024}
    return Transformer(**shape).params()


def hoffmann_shape(row, width):
    """Shape of a row of Hoffmann's Tables A4 and A9; the tables name the head width differently."""
    names = ("n_layers", "d_model", "ffw_size", "n_heads", width)
    n_layer, d_model, d_ff, n_head, head_dim = (int(row[name]) for name in names)
    return Transformer(
        n_layer, d_model, d_ff, n_head, head_dim, vocab=32000, n_ctx=2048, position="relative"
    )


@answers("hoffmann_a9_all_rows", compare="at most")
def table_a9(case):
    table = rows("hoffmann2022_a9_models.csv")
    assert len(table) == 50
    off = [hoffmann_shape(row, "kv_size").params() / float(row["params"]) - 1 for row in table]
    return {"max_rel_error": np.abs(off).max()}


@answers("hoffmann_a4_ratio")
def table_a4(case):
    shapes = [hoffmann_shape(row, "kq_size") for row in rows("hoffmann2022_a4_flop_ratio.csv")]
    exact = [s.flops_per_token(attention="full", softmax=True, head=False) for s in shapes]
    return [flop / training_flops(s.params(), 1) for flop, s in zip(exact, shapes, strict=True)]


@answers("deepseek_table3_small")
def deepseek_table_3(case):
    n, d = case["inputs"]["n_layer"], case["inputs"]["d_model"]
    shape = Transformer(
        n, d, 4 * d, d // 64, 64, vocab=case["constants"]["V"], n_ctx=case["constants"]["l"]
    )
    M = shape.flops_per_token(attention="full", head=False)
    with_head = Transformer(n, d, 4 * d, d // 64, 64, vocab=case["constants"]["V"], n_ctx=1)
    N1 = shape.params(non_embedding=True)
    N2 = N1 + with_head.vocab * d
    return [training_flops(N1, 1) / M, training_flops(N2, 1) / M]
