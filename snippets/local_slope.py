"""fig-local-slope: the exponent that a straight line would report at each budget."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    HOFFMANN_2022_PRINTED,
    KAPLAN_2020,
    PF_DAY,
)

budgets = np.geomspace(1e17, 1e25, 161)
low, high = BESIROGLU_2024.source.range  # the budgets that Hoffmann compared at fixed compute
# the C_min whose best model was the largest that Kaplan trained (Table 6 turned round)
largest = PF_DAY * (1.5e9 / KAPLAN_2020.N_e) ** (1 / KAPLAN_2020.p_N)

fig, ax = plt.subplots()
ax.set(xscale="log", xlabel="training compute C (FLOP)", ylabel="local slope, −d ln L/d ln C")
ax.axvspan(low, high, color="C7", alpha=0.15, linewidth=0)
ax.annotate("Hoffmann's\nbudgets", ((low * high) ** 0.5, 0.094), ha="center", va="center")
for law, name, style, height in (
    (HOFFMANN_2022_PRINTED, "Hoffmann, printed", "C2-.", 0.0205),
    (HOFFMANN_2022, "Hoffmann, unrounded", "C1:", 0.013),
    (BESIROGLU_2024, "Besiroglu", "C0--", 0.0055),
):
    compared = budgets[(low <= budgets) & (budgets <= high)]
    ax.plot(budgets, law.frontier_slope(budgets), style, label=name)
    ax.plot(compared, law.frontier_slope(compared), style[:2])
    ax.annotate(name, (2e25, height), va="center", annotation_clip=False)
exponent = np.full_like(budgets, KAPLAN_2020.alpha_C_min)
ax.plot(budgets, exponent, "C3--", label="Kaplan")
ax.plot([budgets[0], largest], exponent[:2], "C3", label="Kaplan, trained")
ax.annotate("Kaplan", (2e25, exponent[-1]), va="center", annotation_clip=False)
ax.set(xlim=(6e16, 1.5e25), ylim=(0, 0.11))
# --8<-- [end:figure]
