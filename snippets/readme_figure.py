"""The home page's figure as a file for the README: `python -m snippets.readme_figure` writes it.

An `<img>` has no style sheet, so it gets the light scheme's colours and a ground of its own.
"""

import re
import runpy
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt

from scaling_core.book.figures import draw, use_style

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "assets" / "home-valley.svg"


def readme_figure() -> str:
    """The SVG, drawn now."""
    with mpl.rc_context():
        use_style()
        runpy.run_path(str(Path(__file__).with_name("home_valley.py")))
        svg = draw(plt.gcf(), "readme")["svg"]
        plt.close("all")
    scheme = (ROOT / "docs" / "assets" / "scheme.css").read_text("utf-8")
    light = scheme[: scheme.index('"slate"')]
    colours = dict(re.findall(r"(--fig-\w+):\s*(#\w+);", light))
    svg = re.sub(r"var\((--fig-\w+)\)", lambda match: colours[match[1]], svg)
    ground = f'<rect width="100%" height="100%" fill="{colours["--fig-bg"]}"/>'
    start = svg.index(">") + 1
    return f"{svg[: start - 1]} width='640'>{ground}{svg[start:]}\n"


if __name__ == "__main__":
    FILE.write_text(readme_figure(), "utf-8")
