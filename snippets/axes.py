"""fig-axes: growing one quantity alone runs into the floor that the other one sets."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import BESIROGLU_2024, human

start = {"N": 1e9, "D": 20e9}  # parameters, tokens
trained = {"N": (70e6, 16e9), "D": (5e9, 500e9)}  # Hoffmann's runs, by the paper's abstract
drawn = {"N": np.geomspace(1e7, 1e12, 76), "D": np.geomspace(1e9, 1e14, 76)}
words = {"N": ("parameters", "C1"), "D": ("tokens", "C2")}

fig, panels = plt.subplots(1, 2, sharey=True)
panels[0].set(ylim=(1.7, 4.1))
for panel, axis, other in zip(panels, "ND", "DN", strict=True):
    (name, color), grown = words[axis], drawn[axis]
    low, high = trained[axis]
    inside = grown[(low <= grown) & (grown <= high)]
    losses = BESIROGLU_2024.loss(**{axis: grown, other: start[other]})
    solid = BESIROGLU_2024.loss(**{axis: inside, other: start[other]})
    floor = BESIROGLU_2024.loss(**{axis: float("inf"), other: start[other]})
    panel.plot(grown, losses, "--", color=color, label=f"loss against {name}")
    panel.plot(inside, solid, color=color)
    panel.axhline(floor, color=color, linestyle=":")
    panel.axhline(BESIROGLU_2024.E, color="C7", linestyle="-.")
    left = {"textcoords": "offset points", "xytext": (0, 5)}
    panel.annotate(f"floor {floor:.3f}", (grown[0], floor), **left)
    panel.annotate(f"E = {BESIROGLU_2024.E:.3f}", (grown[0], BESIROGLU_2024.E), **left)
    here = (start[axis], BESIROGLU_2024.loss(start["N"], start["D"]))
    panel.plot(*here, "o", color="C4")
    panel.annotate(f"{here[1]:.2f}", here, (6, 6), textcoords="offset points")
    fixed = f"all with {human(start[other])} {words[other][0]}"
    panel.annotate(fixed, (grown[-1], 3.9), ha="right")
    panel.set(xscale="log", xlabel=name, ylabel="loss (nats per token)")
    panel.yaxis.label.set_visible(panel is panels[0])
    panel.set_xticks(grown[0] * 10.0 ** np.arange(0, 6, 2))
    panel.xaxis.set_major_formatter(lambda x, _: human(x))
    panel.minorticks_off()
# --8<-- [end:figure]
