"""fig-missize: what a model r times the best size of its budget costs."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import BESIROGLU_2024, HOFFMANN_2022

factor = np.geomspace(0.1, 10, 81)  # size over best size
style = {"textcoords": "offset points", "va": "center"}

fig, ax = plt.subplots()
ax.set(xscale="log", yscale="log", xlabel="model size over the best size, r")
ax.set_ylabel("compute over the least for this loss")
curves = {"Besiroglu": (BESIROGLU_2024, "C0-"), "Hoffmann, unrounded": (HOFFMANN_2022, "C1--")}
for name, (law_drawn, line) in curves.items():
    wasted = law_drawn.size_penalty(factor)
    ax.plot(factor, wasted, line, label=name)
    label = name.replace(", ", ",\n")
    ax.annotate(label, (10, wasted[-1]), (6, 3 if line == "C0-" else -5), **style)
places = {0.1: (9, 0), 0.5: (-31, -9), 2: (6, -9), 10: (-35, 0)}
for r, shift in places.items():
    spot = (r, BESIROGLU_2024.size_penalty(r))
    ax.plot(*spot, "o", color="C0")
    ax.annotate(f"{spot[1]:.2f}", spot, shift, **style)
ax.set_xticks([0.1, 0.2, 0.5, 1, 2, 5, 10], ["1/10", "1/5", "1/2", "1", "2", "5", "10"])
ax.set_yticks([1, 1.5, 2, 3, 4, 6], ["1", "1.5", "2", "3", "4", "6"])
ax.set_ylim(0.93, 7)
ax.minorticks_off()
# --8<-- [end:figure]
