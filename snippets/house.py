"""fig-house: the way of a number from a page's source to the site, and what feeds it."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt

STEPS = ["page\ndocs/*.md", "find\nscan.py", "run\nroom.py", "compare\ncheck.py", "write\npage.py"]
STEPS += ["site/"]
BELOW = {2: "scaling_core", 3: "tests", 4: "figures.py\nmath.py"}

fig, ax = plt.subplots(figsize=(6.4, 2.8))
arrow = {"arrowstyle": "->", "color": "C7", "linewidth": 1.5}
box = {"boxstyle": "round,pad=0.4", "facecolor": "none", "edgecolor": "C0", "linewidth": 2}
quiet = box | {"edgecolor": "C7", "linestyle": ":", "linewidth": 1.5}
centre = {"ha": "center", "va": "center"}
for x, name in enumerate(STEPS):
    ax.text(x, 1, name, bbox=box, **centre)
    if x:
        ax.annotate("", (x - 0.42, 1), (x - 0.58, 1), arrowprops=arrow)
for x, name in BELOW.items():
    ax.text(x, 0, name, bbox=quiet, **centre)
    ax.annotate("", (x, 0.68), (x, 0.32), arrowprops=arrow)
back = arrow | {"connectionstyle": "arc3,rad=0.22"}
ax.annotate("", (0, 1.32), (3, 1.32), arrowprops=back)
ax.text(1.5, 1.95, "--update", **centre)
ax.set_xlim(-0.5, 5.4)
ax.set_ylim(-0.45, 2.1)
ax.axis("off")
# --8<-- [end:figure]
