"""What the chapter on units shows: its pictures as they are drawn, its counts by other ways."""

from __future__ import annotations

import csv
import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from scaling_core import (
    BESIROGLU_2024,
    KAPLAN_2020,
    Transformer,
    bits_per_byte,
    hardware,
    models,
    pf_days,
    training_flops,
)
from scaling_core.book import figures

SNIPPETS = Path(__file__).parents[1] / "snippets"
TABLE_A4 = Path(__file__).parent / "data" / "hoffmann2022_a4_flop_ratio.csv"


@pytest.fixture
def drawn():
    """Draws a snippet in the book's style; gives its names."""

    def draw(stem):
        figures.use_style()
        return runpy.run_path(str(SNIPPETS / f"{stem}.py"))

    with plt.rc_context():
        yield draw
    plt.close("all")


def curves(panel):
    """{label: (x, y)} of the lines of one panel."""
    return {str(line.get_label()): line.get_data() for line in panel.get_lines()}


def floors(panel):
    """Heights of the horizontal lines, the highest first."""
    ys = [np.asarray(line.get_ydata()) for line in panel.get_lines()]
    return sorted((float(y[0]) for y in ys if len(y) == 2 and y[0] == y[1]), reverse=True)


def words(panel):
    return {text.get_text() for text in panel.texts}


@pytest.mark.parametrize("stem", ["flops_share", "axes"])
def test_picture_is_small_and_takes_all_colours_from_the_style(drawn, stem):
    drawn(stem)
    table = figures.draw(plt.gcf(), stem)["table"]  # raises for foreign colours and big files
    assert all("loss" in row[2] or "share" in row[2] for row in table)  # the axes have names


def test_attention_is_the_context_over_twelve_widths(drawn):
    lines = curves(drawn("flops_share")["ax"])
    for width in (512, 4096, 12288):
        contexts, shares = lines[f"width {width:,}"]
        np.testing.assert_allclose(shares, contexts / (12 * width), rtol=1e-12)
    assert contexts[0] == 512
    assert contexts[-1] == pytest.approx(1e6, rel=0.05)  # "a million tokens"


@pytest.mark.parametrize("n_layer", [1, 7, 96])
def test_depth_cancels_from_the_share_of_attention(drawn, n_layer):
    share = drawn("flops_share")["attention_over_6n"]
    assert share(12288, 2048, n_layer=n_layer) == pytest.approx(0.01389, abs=5e-6)


def test_the_marked_shares_are_those_of_the_text(drawn):
    ax = drawn("flops_share")["ax"]
    dots = [line.get_data() for line in ax.get_lines() if line.get_marker() == "o"]
    points = {int(x[0]): float(y[0]) for x, y in dots}
    assert points == pytest.approx({2048: 1 / 72, 8192: 1 / 6, 131072: 8 / 3}, rel=1e-12)
    assert {"1.39%", "16.7%", "267%", "doubles 6N"} <= words(ax)


def test_at_twelve_times_the_width_attention_costs_as_much_as_all_matrices(drawn):
    share = drawn("flops_share")["attention_over_6n"]
    for width in (512, 4096):
        assert share(width, 12 * width) == pytest.approx(1, rel=1e-12)


def test_the_full_square_of_the_mask_doubles_each_share():
    shape = Transformer(2, 1024, 4096, 8, 128, vocab=50257, n_ctx=2048)
    matrices = 6 * shape.params(non_embedding=True)
    full, causal = (
        shape.flops_per_token(head=False, attention=kind) - matrices for kind in ("full", "causal")
    )
    assert full == 2 * causal > 0


def test_each_axis_levels_off_at_the_floor_that_the_other_sets(drawn):
    """The floors come from the law's constants here, not from its limit as in the snippet."""
    left, right = drawn("axes")["panels"]
    E, A, B = BESIROGLU_2024.E, BESIROGLU_2024.A, BESIROGLU_2024.B
    for panel, floor, label, end in (
        (left, E + B * 20e9**-BESIROGLU_2024.beta, "loss against parameters", 1e12),
        (right, E + A * 1e9**-BESIROGLU_2024.alpha, "loss against tokens", 1e14),
    ):
        assert floors(panel) == pytest.approx([floor, E], rel=1e-12)
        x, loss = curves(panel)[label]
        assert np.all(np.diff(loss) < 0)
        assert np.all(loss > floor)
        assert x[-1] == pytest.approx(end, rel=1e-12)
        assert loss[-1] - floor < 0.04 < E - 1.7  # the end of the curve lies on its floor
        assert floor - E > 0.35  # "well above E"
    assert "floor 2.173" in words(left)
    assert "floor 2.174" in words(right)


def test_axes_start_at_one_model_and_are_solid_where_runs_exist(drawn):
    trained = ((70e6, 16e9), (5e9, 5e11))  # parameters, tokens
    for panel, (low, high) in zip(drawn("axes")["panels"], trained, strict=True):
        solid = [line for line in panel.get_lines() if line.get_linestyle() == "-"]
        (fitted,) = [line for line in solid if len(line.get_xdata()) > 2]
        x = fitted.get_xdata()
        assert low <= x[0] < 1.2 * low
        assert high / 1.2 < x[-1] <= high
        (dot,) = [line for line in panel.get_lines() if line.get_marker() == "o"]
        assert dot.get_ydata()[0] == pytest.approx(2.530, abs=5e-4)


def test_one_hundredfold_compute_buys_more_when_both_axes_grow():
    law, C = BESIROGLU_2024, training_flops(1e9, 20e9)
    alone = law.loss([1e11, 1e9], [20e9, 2e12])
    np.testing.assert_allclose(alone, [2.245, 2.240], atol=5e-4)
    assert law.frontier_loss(100 * C) == pytest.approx(2.131, abs=5e-4)


def test_hoffmanns_own_count_lies_between_99_and_110_percent_of_6nd():
    with TABLE_A4.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    printed = [float(row["flop_ratio_to_6nd"]) for row in rows]
    assert len(rows) == 6
    for row, ratio in zip(rows, printed, strict=True):
        n, d, heads = (int(row[name]) for name in ("n_layers", "d_model", "n_heads"))
        # the page writes 4 d and d / heads for two columns of the table
        assert (4 * d, d // heads) == (int(row["ffw_size"]), int(row["kq_size"]))
        args = (n, d, 4 * d, heads, d // heads, 32000, 2048)
        model = Transformer(*args, position="relative")
        counted = model.flops_per_token(attention="full", softmax=True, head=False)
        assert round(counted / training_flops(model.params(), 1), 2) == ratio
    assert (min(printed), max(printed)) == (printed[5], printed[1]) == (0.99, 1.10)


def test_the_backward_pass_takes_two_products_for_one_of_the_forward_pass():
    """NumPy's own product of objects that count how often they are multiplied."""

    class Number:
        products = 0

        def __mul__(self, other):
            Number.products += 1
            return self

        def __add__(self, other):
            return self

    W, x, g = (np.full(shape, Number()) for shape in ((3, 4), (4, 5), (3, 5)))
    assert (W @ x).shape == g.shape
    forward, Number.products = Number.products, 0
    assert (W.T @ g).shape == x.shape
    assert (g @ x.T).shape == W.shape
    assert Number.products == 2 * forward == 2 * W.size * 5  # two FLOP each: 2ND and 4ND
    assert 2 * (forward + Number.products) == training_flops(W.size, 5)


def test_rates_and_days():
    a100, gpt3, gopher = hardware()["NVIDIA A100 SXM"], models()["GPT-3"], models()["Gopher"]
    assert gpt3.flops_6nd / (a100.bf16 * 86400 * 365) == pytest.approx(32, abs=0.1)
    assert round(pf_days(gpt3.flops_6nd)) == 3646
    assert (gopher.flops_6nd, gopher.flops_reported) == pytest.approx((5.04e23, 5.76e23))
    hours = training_flops(7e9, 140e9) / (0.4 * a100.bf16 * 3600)
    assert round(hours) == 13088
    llama = models()["LLaMA 65B"]
    implied = llama.flops_6nd / (llama.gpu_hours * 3600 * a100.bf16)
    assert implied == pytest.approx(0.477, abs=5e-4)


def test_flop_put_into_kaplans_constants_gives_absurd_answers():
    wrong = KAPLAN_2020.N_e * 1e21**KAPLAN_2020.p_N
    assert wrong == pytest.approx(2.78e24, rel=2e-3)
    assert pytest.approx(7.77e9, rel=1e-3) == KAPLAN_2020.optimum(1e21).N
    loss = (KAPLAN_2020.C_c_min_pf_days / 1e21) ** KAPLAN_2020.alpha_C_min
    assert loss == pytest.approx(0.24, abs=5e-3)


def test_the_larger_loss_can_be_the_better_model():
    per_byte = bits_per_byte([2.4, np.log(13.46), 2.6], [3.6, 3.6, 4.4])
    np.testing.assert_allclose(per_byte, [0.962, 1.042, 0.853], atol=5e-4)
