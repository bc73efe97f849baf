"""One budget under three constant sets: loss against model size, and each law's best model."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    HOFFMANN_2022_PRINTED,
    RULE_OF_20,
    human,
)

C = 1e23  # FLOP
N = np.geomspace(4e9, 1.6e11, 120)
curves = (
    ("Besiroglu\n2024", BESIROGLU_2024, "C0", "-"),
    ("Hoffmann\nunrounded", HOFFMANN_2022, "C1", "--"),
    ("Hoffmann\nprinted", HOFFMANN_2022_PRINTED, "C2", "-."),
)

fig, ax = plt.subplots(figsize=(6.0, 4.2))
ruled = RULE_OF_20.optimum(C).N
ax.axvline(ruled, color="C7", linestyle=":")
ax.annotate(
    f"20 tokens per\nparameter: {human(ruled)}",
    (ruled, 2.098),
    xytext=(6, 0),
    textcoords="offset points",
    va="top",
)
for name, law, color, dash in curves:
    best, loss = law.optimum(C), law.isoflop(C, N)
    ax.plot(N, loss, color=color, linestyle=dash, label=name.replace("\n", ", "))
    ax.plot(best.N, best.loss, "o", color=color)
    offset = {"textcoords": "offset points", "color": color}
    ax.annotate(human(best.N), (best.N, best.loss), xytext=(-4, -16), ha="right", **offset)
    ax.annotate(name, (N[-1], loss[-1]), xytext=(6, 0), va="center", **offset)
sizes = [5e9, 1e10, 2e10, 5e10, 1e11]
ax.set_xscale("log")
ax.set_xticks(sizes, [human(size) for size in sizes])
ax.set_xticks([], minor=True)
ax.set_ylim(1.975, 2.1)
ax.set_xlabel("model size N (parameters)")
ax.set_ylabel("loss (nats per token)")
# --8<-- [end:figure]
