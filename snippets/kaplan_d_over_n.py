"""fig-kaplan-d-over-n: tokens per parameter by Kaplan's allocation, for both readings of C."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import KAPLAN_2020, PF_DAY, training_flops

largest_best = PF_DAY * (1.5e9 / KAPLAN_2020.N_e) ** (1 / KAPLAN_2020.p_N)  # as C_min
spent = np.geomspace(1e18, 1e25, 71)  # FLOP
readings = (  # which C, C over C_min, style beyond the sizes trained, name
    ("C_min", 1, ":", "C is C_min"),
    ("C", 2, "--", "C spent at\nB_crit"),
)

fig, ax = plt.subplots()
ax.set(xscale="log", yscale="log", xlabel="training compute C (FLOP)")
ax.set_ylabel("tokens per parameter")
ax.axhline(20, color="C7", linestyle="-.", linewidth=1.5)
for which, factor, dashes, name in readings:
    tokens_each = spent / (6 * KAPLAN_2020.optimum(spent, at=which).N ** 2)
    known = spent <= factor * largest_best
    ax.plot(spent, tokens_each, dashes, color="C3", label=name.replace("\n", " "))
    ax.plot(spent[known], tokens_each[known], color="C3")
    ax.annotate(name, (spent[-1], tokens_each[-1]), (5, 0), textcoords="offset points")
gpt3 = training_flops(175e9, 300e9), 300e9 / 175e9
ax.plot(*gpt3, "o", color="C4")
ax.annotate("GPT-3", gpt3, (-2, 8), textcoords="offset points", ha="center")
ax.annotate("20 per parameter", (spent[-1], 23), ha="right")
ax.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
ax.minorticks_off()
# --8<-- [end:figure]
