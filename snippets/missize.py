"""fig-missize: what a model k times the best size of its budget costs, under three laws."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import BESIROGLU_2024, HOFFMANN_2022, HOFFMANN_2022_PRINTED

factor = np.geomspace(0.1, 10, 81)  # size over best size

fig, ax = plt.subplots()
ax.set(xscale="log", xlabel="model size over the best size, k", ylabel="compute wasted (factor)")
for law_drawn, name, style in (
    (BESIROGLU_2024, "Besiroglu", "C0-"),
    (HOFFMANN_2022, "Hoffmann, TeX", "C1--"),
    (HOFFMANN_2022_PRINTED, "Hoffmann, printed", "C2:"),
):
    ax.plot(factor, law_drawn.size_penalty(factor), style, label=name)
# --8<-- [end:figure]
