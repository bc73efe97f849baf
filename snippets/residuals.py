"""fig-residuals: what a line and a law with a floor leave of the same twelve points."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt

from scaling_core import fit_offset_power_law, fit_power_law, human, twelve_points

N, L = twelve_points()
line, bent = fit_power_law(N, L), fit_offset_power_law(N, L)

fig, ax = plt.subplots()
ax.set(xscale="log", xlabel="parameters", ylabel="point minus fit (nats per token)")
ax.axhline(0, color="C7", linewidth=1.5)
for fit, marker, name in ((line, "C5s", "line"), (bent, "C0o", "with floor")):
    ax.plot(N, fit.residuals, marker, label=name)
    last = (N[-1], fit.residuals[-1])
    ax.annotate(name, last, (8, 0), textcoords="offset points", va="center")
ax.set_xticks([1e6, 1e7, 1e8, 1e9])
ax.xaxis.set_major_formatter(lambda x, _: human(x))
ax.minorticks_off()
# --8<-- [end:figure]
