"""fig-nd-vs-c: the best size and the best number of tokens for each budget, under two laws."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import BESIROGLU_2024, HOFFMANN_2022, human

compute = np.geomspace(1e18, 1e25, 85)
low, high = BESIROGLU_2024.source.range  # of the fixed budgets behind both laws
inside = (low <= compute) & (compute <= high)

fig, ax = plt.subplots()
ax.set(xscale="log", yscale="log", xlabel="training compute C (FLOP)", ylabel="number")
ax.axvspan(low, high, color="C7", alpha=0.15, linewidth=0)
ax.annotate("budgets\ncompared", ((low * high) ** 0.5, 5e12), ha="center", va="center")
ax.axvline(1e23, color="C7", linestyle=":", linewidth=1.5)
for law, name, solid, broken, sides in (
    (HOFFMANN_2022, "Hoffmann, TeX", "-.", ":", ("bottom", "top")),
    (BESIROGLU_2024, "Besiroglu", "-", "--", ("top", "bottom")),
):
    best = law.optimum(compute)
    at = law.optimum(1e23)
    for curve, dot, letter, color, side in (
        (best.D, at.D, "D*", "C2", sides[0]),
        (best.N, at.N, "N*", "C1", sides[1]),
    ):
        ax.plot(compute, curve, broken, color=color, label=f"{letter}, {name}")
        ax.plot(compute[inside], curve[inside], solid, color=color)
        ax.plot(1e23, dot, "o", color=color)
        shift = (8, 2) if side == "bottom" else (8, -3)
        offset = {"textcoords": "offset points", "va": side}
        ax.annotate(f"{letter} {human(dot)}, {name}", (1e23, dot), shift, **offset)
sizes = [1e8, 1e9, 1e10, 1e11, 1e12, 1e13]
ax.set_yticks(sizes, [human(size) for size in sizes])
ax.set(xlim=(1e18, 1e26), ylim=(4e7, 2e13))
ax.minorticks_off()
# --8<-- [end:figure]
