"""fig-surface: loss over size and tokens; each budget touches one loss contour."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import BESIROGLU_2024, human, models

across, along = np.geomspace(1.5e7, 1e12, 76), np.geomspace(5e8, 3e13, 76)
steps = np.array([1e19, 1e21, 1e23, 1e25])  # FLOP
best = BESIROGLU_2024.optimum(steps)
ends = BESIROGLU_2024.tokens_for(1e12, best.loss)  # of the contours, at the right edge
style = {"textcoords": "offset points", "va": "center"}

fig, ax = plt.subplots(figsize=(6.0, 4.6))
ax.set(xscale="log", yscale="log", xlabel="parameters N", ylabel="tokens D")
heights = BESIROGLU_2024.loss(across, along[:, None])
ax.contour(across, along, heights, best.loss[::-1], colors="C7", linewidths=1.5)
for C, N_best, D_best, loss, end in zip(steps, best.N, best.D, best.loss, ends, strict=True):
    ax.plot(across, C / (6 * across), ":", color="C6", linewidth=1.5)
    budget = f"{C:.0e} FLOP".replace("+", "")
    ax.annotate(budget, (N_best, D_best), (-14, 0), ha="right", **style)
    ax.annotate(f"{loss:.2f} nats", (1e12, end), (6, 0), **style)
ridge = BESIROGLU_2024.optimum(np.geomspace(1e18, 1e26, 9))
fitted = BESIROGLU_2024.optimum(BESIROGLU_2024.source.range)
ax.plot(ridge.N, ridge.D, "C0--", label="best split, Besiroglu")
ax.plot(fitted.N, fitted.D, "C0")
ax.plot(best.N, best.D, "o", color="C0")
places = {"GPT-3": (-14, 12), "Gopher": (8, 0), "Chinchilla": (9, -6)}
for name, shift in places.items():
    spot = (models()[name].params_total, models()[name].tokens)
    ax.plot(*spot, "s", color="C4")
    ax.annotate(name, spot, shift, **style)
for axis, ticks in ((ax.xaxis, np.logspace(8, 12, 5)), (ax.yaxis, np.logspace(9, 13, 5))):
    axis.set_ticks(ticks, [human(tick) for tick in ticks])
ax.set(xlim=(1.5e7, 1e12), ylim=(5e8, 3e13))
ax.minorticks_off()
# --8<-- [end:figure]
