"""fig-nd-vs-c: the best size and the best number of tokens of each budget, under two laws."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import BESIROGLU_2024, HOFFMANN_2022, human

compute = np.geomspace(1e17, 1e23, 121)
low, high = BESIROGLU_2024.source.range  # of the fixed budgets behind both laws
inside = (low <= compute) & (compute <= high)

fig, ax = plt.subplots()
ax.set(xscale="log", yscale="log", xlabel="training compute C (FLOP)")
ax.set_ylabel("parameters N*, tokens D*")
ax.axvspan(low, high, color="C7", alpha=0.15, linewidth=0)
ax.annotate("budgets\ncompared", ((low * high) ** 0.5, 6e11), ha="center", va="center")
for law_drawn, name, solid, broken, up in (
    (HOFFMANN_2022, "Hoffmann, unrounded", "-.", ":", 1),
    (BESIROGLU_2024, "Besiroglu", "-", "--", -1),
):
    best = law_drawn.optimum(compute)
    pair = (("D*", best.D, "C2", up), ("N*", best.N, "C1", -up))
    for letter, curve, color, side in pair:
        ax.plot(compute, curve, broken, color=color, label=f"{letter}, {name}")
        ax.plot(compute[inside], curve[inside], solid, color=color)
        text = f"{letter} {human(curve[-1])}, " + name.replace(", ", ",\n")
        end, va = (compute[-1], curve[-1]), "bottom" if side > 0 else "top"
        ax.annotate(text, end, (6, side), textcoords="offset points", va=va)
sizes = [1e8, 1e9, 1e10, 1e11, 1e12]
ax.set_yticks(sizes, [human(size) for size in sizes])
ax.set(xlim=(1e17, 1e23), ylim=(1.5e7, 2e12))
ax.minorticks_off()
# --8<-- [end:figure]
