"""The pages of section 6.7, what each needs, and which of them are written."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt

WRITTEN = {"power-laws", "units-and-flops", "kaplan", "chinchilla"}
PLACES = {  # column and row of each page, and its name in the drawing
    "units-and-flops": (0.5, 0, "Units, FLOP"),
    "power-laws": (2, 0, "Power laws"),
    "kaplan": (0, 1, "Kaplan"),
    "chinchilla": (1, 1, "Hoffmann"),
    "emergence": (2, 1, "Emergence"),
    "compression": (3, 1, "Compression"),
    "disagreement": (0, 2, "Disagreement"),
    "uncertainty": (1, 2, "Uncertainty"),
    "beyond": (2, 2, "Beyond size"),
    "in-context": (3, 2, "In context"),
    "models": (0, 3, "Real models"),
    "planning": (1, 3, "Planning"),
    "data-wall": (2, 3, "Data wall"),
    "robotics": (3, 3, "Robotics"),
    "serving": (0.5, 4, "Serving"),
}
NEEDS = {  # page: the pages to read first
    "kaplan": ["units-and-flops", "power-laws"],
    "chinchilla": ["units-and-flops", "power-laws"],
    "emergence": ["power-laws"],
    "compression": ["power-laws"],
    "disagreement": ["kaplan", "chinchilla"],
    "uncertainty": ["chinchilla"],
    "beyond": ["chinchilla"],
    "in-context": ["compression"],
    "models": ["disagreement"],
    "planning": ["uncertainty"],
    "data-wall": ["beyond"],
    "robotics": ["beyond"],
    "serving": ["models", "planning"],
}

fig, ax = plt.subplots(figsize=(6.0, 4.6))
for page, needed in NEEDS.items():
    x, y, _ = PLACES[page]
    for first in needed:
        x0, y0, _ = PLACES[first]
        ax.annotate(
            "",
            (x, y - 0.25),
            (x0, y0 + 0.25),
            arrowprops={"arrowstyle": "->", "color": "C7", "linewidth": 1.5},
        )
for page, (x, y, name) in PLACES.items():
    ready = page in WRITTEN
    box = {"boxstyle": "round,pad=0.35", "edgecolor": "C0" if ready else "C7", "facecolor": "none"}
    box |= {"linewidth": 2.5 if ready else 1.5, "linestyle": "-" if ready else ":"}
    ax.text(x, y, name, ha="center", va="center", bbox=box)
ax.set_xlim(-0.5, 3.5)
ax.set_ylim(4.4, -0.4)
ax.axis("off")
# --8<-- [end:figure]
