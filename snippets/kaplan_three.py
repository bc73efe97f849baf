"""fig-kaplan-three: Kaplan's three laws, each over the sizes that were trained and beyond."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import KAPLAN_2020, PF_DAY, human

trained = np.array([768, 1.5e9])  # parameters without embeddings (Sec. 3)
subsets = np.array([2.2e7, 2.3e10])  # tokens (Sec. 3)
# the budgets whose best model is among those that were trained (Table 6 turned round)
budgets = PF_DAY * (trained / KAPLAN_2020.N_e) ** (1 / KAPLAN_2020.p_N)
panels = (  # law, ends of the data, end of the drawing, colour, ticks, name of the axis
    (KAPLAN_2020.loss_N, trained, 1e13, "C1", [1e4, 1e8, 1e12], "parameters N"),
    (KAPLAN_2020.loss_D, subsets, 1e13, "C2", [1e8, 1e10, 1e12], "tokens D"),
    (KAPLAN_2020.loss_C_min, budgets, 1e26, "C3", [1e13, 1e18, 1e23], "C_min (FLOP)"),
)

fig, axes = plt.subplots(1, 3, sharey=True, figsize=(6.0, 3.4))
axes[0].set(yscale="log", ylabel="loss (nats per token)", ylim=(1.1, 8.5))
for ax, (law, (first, last), end, color, ticks, name) in zip(axes, panels, strict=True):
    inside, beyond = np.geomspace(first, last, 40), np.geomspace(last, end, 40)
    ax.plot(inside, law(inside), color=color, label=f"{name}, trained")
    ax.plot(beyond, law(beyond), ":", color=color, label=f"{name}, extrapolated")
    ax.plot(last, law(last), "o", color=color)
    size = human(last) if last < 1e15 else r"$10^{20}$"
    ax.annotate(
        f"{size}\n{law(last):.2f}", (last, law(last)), (3, 6), textcoords="offset points"
    )
    ax.set(xscale="log", xlabel=name)
    ax.set_xticks(ticks, [human(x) if x < 1e13 else f"$10^{{{np.log10(x):.0f}}}$" for x in ticks])
    ax.minorticks_off()
axes[0].set_yticks([1.5, 2, 3, 4, 6], ["1.5", "2", "3", "4", "6"])
# --8<-- [end:figure]
