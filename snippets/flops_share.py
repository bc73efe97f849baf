"""fig-flops-share: what attention adds to 6ND as the context grows, for three widths."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import Transformer, percent, training_flops


def attention_over_6n(d_model, n_ctx, n_layer=32):
    """Training FLOP of causal attention as a share of 6N, N without embeddings."""
    heads = d_model // 128
    shape = Transformer(n_layer, d_model, 4 * d_model, heads, 128, vocab=50257, n_ctx=n_ctx)
    N = shape.params(non_embedding=True)
    return shape.flops_per_token(head=False) / training_flops(N, 1) - 1


lengths = 2 ** np.arange(9, 21)  # tokens: 512 to about a million
widths = ((512, "C1-."), (4096, "C0-"), (12288, "C2--"))
marked = ((12288, 2**11, (26, -10)), (4096, 2**13, (0, 9)), (4096, 2**17, (0, 9)))

fig, ax = plt.subplots()
ax.set(xscale="log", yscale="log", xlabel="context (tokens)", ylabel="attention, share of 6N")
ax.axhline(1, color="C7", linestyle=":")
ax.annotate("doubles 6N", (lengths[0], 1), (0, 5), textcoords="offset points")
for width, style in widths:
    shares = [attention_over_6n(width, int(length)) for length in lengths]
    ax.plot(lengths, shares, style, label=f"width {width:,}")
    end = (lengths[-1], shares[-1])
    ax.annotate(f"width {width:,}", end, (6, 0), textcoords="offset points", va="center")
for width, length, offset in marked:
    point = (length, attention_over_6n(width, length))
    ax.plot(*point, "o", color="C4")
    ax.annotate(percent(point[1]), point, offset, textcoords="offset points", ha="center")
ax.set_xticks([2**9, 2**11, 2**13, 2**17, 2**20])
ax.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
ax.set_yticks([0.01, 0.1, 1, 10, 100], ["1%", "10%", "100%", "10 times", "100 times"])
ax.minorticks_off()
# --8<-- [end:figure]
