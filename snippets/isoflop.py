"""fig-isoflop: simulated runs at nine fixed budgets, their parabolas and the minima."""

# --8<-- [start:parabola]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import BESIROGLU_2024, fit_power_law, human


def vertex(N, L):
    """The size at the bottom of a parabola of L in ln N."""
    curvature, tilt, _ = np.polyfit(np.log(N), L, 2)
    return np.exp(-tilt / (2 * curvature))


nine = 1e18 * np.array([6, 10, 30, 60, 100, 300, 600, 1e3, 3e3])
# --8<-- [end:parabola]


# --8<-- [start:figure]
def line_through_minima(noise):
    """The best size of a budget, from runs with this noise in nats, (9, 7)."""
    losses = BESIROGLU_2024.isoflop(nine[:, None], grid) + noise
    return fit_power_law(nine, list(map(vertex, grid, losses))).law


grid = np.outer(BESIROGLU_2024.optimum(nine).N, np.geomspace(1 / 5, 5, 7))
draws = np.random.default_rng(0).normal(0, 0.005, (301, 9, 7))
noise, valley_line = draws[0], line_through_minima(draws[0])
others = [line_through_minima(draw) for draw in draws[1:]]
exponents = np.percentile([line.p for line in others], [2.5, 97.5])
at_1e23 = np.percentile([line(1e23) for line in others], [2.5, 97.5])
minima = []

fig, ax = plt.subplots(figsize=(6.0, 4.4))
ax.set(xscale="log", xlabel="model size N (parameters)", ylabel="loss (nats per token)")
for C, sizes, scatter in zip(nine, grid, noise, strict=True):
    budget = f"{C:.0e} FLOP".replace("+", "")
    losses = BESIROGLU_2024.isoflop(C, sizes) + scatter
    minima.append(vertex(sizes, losses))
    parabola = np.polynomial.Polynomial.fit(np.log(sizes), losses, 2)
    fine = np.geomspace(sizes[0], sizes[-1], 40)
    ax.plot(fine, parabola(np.log(fine)), color="C0", linewidth=1.5)
    named = C in (nine[0], nine[4], nine[-1])
    label = f"simulated, {budget}" if named else None
    ax.plot(sizes, losses, "o", color="C4", markersize=4, label=label)
    ax.plot(minima[-1], parabola(np.log(minima[-1])), "D", color="C5")
    if named:
        end = (sizes[-1], losses[-1])
        ax.annotate(budget, end, (7, 0), textcoords="offset points", va="center")
far = BESIROGLU_2024.optimum(np.geomspace(nine[0], 1e23, 60))
end = (far.N[-1], far.loss[-1])
ax.plot(far.N, far.loss, "--", color="C5", label="Besiroglu, best size of each budget")
ax.plot(*end, "D", color="C5", markerfacecolor="none")
ax.annotate(f"1e23 FLOP:\n{human(end[0])}", end, (0, 9), textcoords="offset points", ha="center")
ax.set_xticks([1e8, 1e9, 1e10])
ax.xaxis.set_major_formatter(lambda x, _: human(x))
ax.minorticks_off()
# --8<-- [end:figure]
