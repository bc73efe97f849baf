"""fig-lab-valleys: the recorded runs of the lab at five budgets, their parabolas and the minima."""

# --8<-- [start:fit]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import fit_isoflop, human
from scaling_core.lab import plan
from scaling_core.lab.recorded import recorded

runs = recorded("lab_runs.csv")  # five budgets, 6 or 7 sizes, 3 seeds


def valleys(runs):
    """A parabola per budget, through the five best sizes."""
    rows = []
    for C in np.unique(runs.budget):
        here = runs.where(runs.budget == C)
        sizes = np.unique(here.N)
        cells = [(C, N, here.loss[here.N == N].mean()) for N in sizes]
        lowest = np.argmin([loss for *_, loss in cells])
        first = max(lowest - plan.NEAREST // 2, 0)
        rows += cells[first : first + plan.NEAREST]
    return fit_isoflop(*np.transpose(rows))


lab_fit = valleys(runs)
one_seed = [runs.where(runs.seed == seed) for seed in plan.SEEDS]
lab_seeds = [valleys(some).a for some in one_seed]
lab_E = np.mean(runs.loss - runs.excess)  # computed, not fitted
# --8<-- [end:fit]


# --8<-- [start:figure]
fig, ax = plt.subplots(figsize=(6.0, 4.2))
ax.set(xscale="log", xlabel="model size N (parameters)", ylabel="loss (nats per character)")
for row, (used, _) in zip(lab_fit.table, lab_fit.runs, strict=True):
    here = runs.where(runs.budget == row.budget)
    ax.plot(here.N, here.loss, "o", color="C4", markersize=3)
    fine = np.geomspace(used.min(), used.max(), 40)
    ax.plot(fine, row.parabola(fine), color="C0", linewidth=1.5)
    ax.plot(row.N_opt, row.L_min, "D", color="C5")
    budget = f"{row.budget:.0e} FLOP".replace("+", "")
    end = (here.N.max(), here.loss[here.N.argmax()])
    ax.annotate(budget, end, (6, 2), textcoords="offset points", va="center")
ax.axhline(lab_E, color="C7", linestyle="--")
ax.annotate(
    f"entropy of the source, computed: {lab_E:.4f}", (600, lab_E), (0, 5),
    textcoords="offset points",
)  # fmt: skip
ax.set_xlim(500, 2e6)
ax.xaxis.set_major_formatter(lambda x, _: human(x))
ax.minorticks_off()
# --8<-- [end:figure]
