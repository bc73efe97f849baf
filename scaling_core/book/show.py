"""Figures of the labs: one drawing that follows the reader's theme and says what it shows."""

import re
from html import escape

import matplotlib.pyplot as plt

from scaling_core.book.figures import draw, use_style

__all__ = ["show", "use_style"]

# Outside the site no style sheet sets these colours: legible on white and on black.
FALLBACK = {
    "c0": "#3f7fd0",
    "c1": "#c9602c",
    "c2": "#2a917f",
    "c3": "#a06ad0",
    "c4": "#a57c00",
    "c5": "#c2557f",
    "fg": "currentColor",
    "muted": "#808080",
    "bg": "transparent",
    "grid": "#80808040",
}


def show(name: str, alt: str, caption: str) -> None:
    """Show the open matplotlib figure as an SVG with a description and a caption, and close it.

    name is the figure's id on the page; alt says what is seen. The first sentence of the caption
    is the finding and set in bold.
    """
    from IPython.display import HTML, display

    figure = plt.gcf()
    svg = draw(figure, name)["svg"]
    plt.close(figure)
    svg = re.sub(r"var\(--fig-(\w+)\)", lambda m: f"var(--fig-{m[1]}, {FALLBACK[m[1]]})", svg)
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{escape(alt)}"', 1)
    drawing = f'<div class="drawing" style="max-width: 680px">{svg}</div>'
    finding, stop, rest = caption.partition(". ")
    text = f"<strong>{escape(finding + stop)}</strong>{escape(rest)}"
    display(
        HTML(f'<figure class="fig" id="{name}">{drawing}<figcaption>{text}</figcaption></figure>')
    )
