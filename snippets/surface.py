"""fig-surface: loss over size and tokens, with budgets and the best split of each."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import BESIROGLU_2024, human, models

across, along = np.geomspace(1e8, 1e12, 61), np.geomspace(1e9, 1e14, 76)
heights = BESIROGLU_2024.loss(across, along[:, None])

fig, ax = plt.subplots(figsize=(6.0, 4.6))
ax.set(xscale="log", yscale="log", xlabel="parameters N", ylabel="tokens D")
levels = [1.85, 1.9, 1.95, 2, 2.1, 2.2, 2.4, 2.7, 3, 3.5]
lines = ax.contour(across, along, heights, levels, colors="C7", linewidths=1)
ax.clabel(lines, fontsize=8)
for power in (19, 21, 23, 25):
    row = np.array([1e8, 1e12])
    ax.plot(row, 10.0**power / (6 * row), ":", color="C6", linewidth=1.5)
best = BESIROGLU_2024.optimum(np.geomspace(1e18, 1e26, 9))
ax.plot(best.N, best.D, color="C0", label="best split, Besiroglu")
for name, side in (("GPT-3", "right"), ("Gopher", "left"), ("Chinchilla", "left")):
    model = models()[name]
    ax.plot(model.params_total, model.tokens, "o", color="C4", label=name)
# --8<-- [end:figure]
