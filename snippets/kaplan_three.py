"""fig-kaplan-three: Kaplan's three laws, each over the sizes that were trained and beyond."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import KAPLAN_2020, PF_DAY, human

trained = np.array([768, 1.5e9])  # parameters without embeddings (Sec. 3)
subsets = np.array([2.2e7, 2.3e10])  # tokens (Sec. 3)
# the budgets whose best model is among those that were trained (Table 6 turned round)
budgets = PF_DAY * (trained / KAPLAN_2020.N_e) ** (1 / KAPLAN_2020.p_N)
panels = (  # law, its name, ends of the data, end of the drawing
    (KAPLAN_2020.loss_N, "L(N)", trained, 1e13),
    (KAPLAN_2020.loss_D, "L(D)", subsets, 1e13),
    (KAPLAN_2020.loss_C_min, "L(C_min)", budgets, 1e26),
)
scales = (  # colour, ticks, name of the axis
    ("C1", {1e4: "10K", 1e8: "100M", 1e12: "1T"}, "parameters N"),
    ("C2", {1e8: "100M", 1e10: "10B", 1e12: "1T"}, "tokens D"),
    ("C3", {x: f"$10^{{{np.log10(x):.0f}}}$" for x in (1e13, 1e18, 1e23)}, "C_min (FLOP)"),
)

fig, axes = plt.subplots(1, 3, sharey=True, figsize=(6.0, 3.4))
for ax, panel, (color, ticks, scale) in zip(axes, panels, scales, strict=True):
    law, name, (first, last), end = panel
    inside, beyond = np.geomspace(first, last, 40), np.geomspace(last, end, 40)
    ax.plot(inside, law(inside), color=color, label=f"{name}, trained")
    ax.plot(beyond, law(beyond), ":", color=color, label=f"{name}, extrapolated")
    ax.plot(last, law(last), "o", color=color)
    size = human(last) if last < 1e15 else "$10^{20}$"
    point = f"{size}\n{law(last):.2f}"
    ax.annotate(point, (last, law(last)), (3, 6), textcoords="offset points")
    ax.set(xscale="log", yscale="log", ylim=(1.1, 8.5))
    ax.set(xlabel=scale, ylabel="loss (nats per token)")
    ax.yaxis.label.set_visible(ax is axes[0])
    ax.set_xticks(list(ticks), list(ticks.values()))
    ax.minorticks_off()
axes[0].set_yticks([1.5, 2, 3, 4, 6], ["1.5", "2", "3", "4", "6"])
# --8<-- [end:figure]
