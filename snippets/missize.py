"""fig-missize: what a model k times the best size of its budget costs."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import BESIROGLU_2024, HOFFMANN_2022

factor = np.geomspace(0.1, 10, 81)  # size over best size

fig, ax = plt.subplots()
ax.set(xscale="log", yscale="log", xlabel="model size over the best size, k")
ax.set_ylabel("compute over the least for this loss")
for law_drawn, name, style, height in (
    (BESIROGLU_2024, "Besiroglu", "C0-", 1.05),
    (HOFFMANN_2022, "Hoffmann, TeX", "C1--", 0.93),
):
    wasted = law_drawn.size_penalty(factor)
    ax.plot(factor, wasted, style, label=name)
    ax.annotate(
        name,
        (factor[-1], wasted[-1] * height),
        (6, 0),
        textcoords="offset points",
        va="center",
    )
for k, shift, side in (
    (0.1, (9, 0), "left"),
    (0.5, (-6, -9), "right"),
    (2, (6, -9), "left"),
    (10, (-9, 0), "right"),
):
    spot = (k, BESIROGLU_2024.size_penalty(k))
    ax.plot(*spot, "o", color="C0")
    text = f"{spot[1]:.2f}"
    ax.annotate(text, spot, shift, textcoords="offset points", ha=side, va="center")
ax.set_xticks([0.1, 0.2, 0.5, 1, 2, 5, 10], ["1/10", "1/5", "1/2", "1", "2", "5", "10"])
ax.set_yticks([1, 1.5, 2, 3, 4, 6], ["1", "1.5", "2", "3", "4", "6"])
ax.set_ylim(0.93, 7)
ax.minorticks_off()
# --8<-- [end:figure]
