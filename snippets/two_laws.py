"""fig-two-laws: a line and a law with a floor, followed far beyond twelve points."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import fit_offset_power_law, fit_power_law, human, twelve_points

N, L = twelve_points()
line, bent = fit_power_law(N, L), fit_offset_power_law(N, L)
inside, beyond = np.geomspace(N[0], N[-1]), np.geomspace(N[-1], 1e12)

fig, ax = plt.subplots()
ax.set(xscale="log", yscale="log", xlabel="parameters", ylabel="loss (nats per token)")
ax.axvspan(N[-1], beyond[-1], color="C7", alpha=0.1, linewidth=0)
ax.annotate("no data here", (5e10, 3.5), ha="center", va="center")
ax.hlines(bent.law.E, N[0], beyond[-1], color="C7", linestyle=":", linewidth=1.5)
ax.annotate(f"floor E = {bent.law.E:.3f}", (N[0], bent.law.E), (0, 5), textcoords="offset points")
for fit, color, dashes, name in ((line, "C5", "-.", "line"), (bent, "C0", "--", "with floor")):
    ax.plot(inside, fit.law(inside), color=color, label=f"{name}, fitted")
    ax.plot(beyond, fit.law(beyond), dashes, color=color, label=f"{name}, extrapolated")
    end = (beyond[-1], fit.law(beyond[-1]))
    ax.annotate(f"{name}\n{end[1]:.2f}", end, (6, 0), textcoords="offset points", va="center")
ax.plot(N, L, "o", color="C4", label="twelve points")
ax.set_xticks([1e6, 1e8, 1e10, 1e12])
ax.set_yticks([1.5, 2, 3, 4])
ax.xaxis.set_major_formatter(lambda x, _: human(x))
ax.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
ax.minorticks_off()
# --8<-- [end:figure]
