"""fig-surface: loss over size and tokens; each budget touches one loss contour."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import BESIROGLU_2024, human, models

across, along = np.geomspace(1.5e7, 1e12, 76), np.geomspace(5e8, 3e13, 76)
steps = np.array([1e19, 1e21, 1e23, 1e25])  # FLOP
best = BESIROGLU_2024.optimum(steps)

fig, ax = plt.subplots(figsize=(6.0, 4.6))
ax.set(xscale="log", yscale="log", xlabel="parameters N", ylabel="tokens D")
heights = BESIROGLU_2024.loss(across, along[:, None])
ax.contour(across, along, heights, best.loss[::-1], colors="C7", linewidths=1.5)
for C, N_best, D_best, lowest in zip(steps, best.N, best.D, best.loss, strict=True):
    ax.plot(across, C / (6 * across), ":", color="C6", linewidth=1.5)
    ax.annotate(
        f"{C:.0e} FLOP".replace("+", ""),
        (N_best, D_best),
        (-14, 0),
        textcoords="offset points",
        ha="right",
        va="center",
    )
    end = (across[-1], BESIROGLU_2024.tokens_for(across[-1], lowest))
    ax.annotate(f"{lowest:.2f} nats", end, (6, 0), textcoords="offset points", va="center")
ridge = BESIROGLU_2024.optimum(np.geomspace(1e18, 1e26, 9))
fitted = BESIROGLU_2024.optimum(BESIROGLU_2024.source.range)
ax.plot(ridge.N, ridge.D, "C0--", label="best split, Besiroglu")
ax.plot(fitted.N, fitted.D, "C0")
ax.plot(best.N, best.D, "o", color="C0", label="best split of the four budgets")
for name, shift, side in (
    ("GPT-3", (0, 12), "center"),
    ("Gopher", (8, 0), "left"),
    ("Chinchilla", (9, -6), "left"),
):
    spot = (models()[name].params_total, models()[name].tokens)
    ax.plot(*spot, "s", color="C4")
    ax.annotate(name, spot, shift, textcoords="offset points", ha=side, va="center")
ax.set(xlim=(1.5e7, 1e12), ylim=(5e8, 3e13))
for axis, ticks in ((ax.xaxis, np.logspace(8, 12, 5)), (ax.yaxis, np.logspace(9, 13, 5))):
    axis.set_ticks(ticks, [human(tick) for tick in ticks])
ax.minorticks_off()
# --8<-- [end:figure]
