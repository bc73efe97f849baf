"""One drawing for light and dark: matplotlib figures as small, deterministic, named SVG.

A figure is drawn in sentinel colours, which become CSS variables, so the page's scheme colours it.
Snippets use the colour cycle C0 to C7 and never a colour, size or font of their own.
"""

from __future__ import annotations

import html
import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE_LIMIT = 150_000  # bytes of SVG
ROWS = 7  # values per curve in the table under a figure

# colour in the drawing -> CSS variable; C0 the main law, C1 the N term, C2 the D term, C3 Kaplan,
# C4 data and highlights, C5 a fifth curve, C6 as text, C7 muted
SENTINELS = {
    **{f"#00f0c{i}": f"--fig-c{i}" for i in range(6)},
    "#00f0c6": "--fig-fg",
    "#00f0c7": "--fig-muted",
    "#00f0d1": "--fig-bg",
    "#00f0d2": "--fig-grid",
}
FOREGROUND, MUTED, BACKGROUND, GRID = "#00f0c6", "#00f0c7", "#00f0d1", "#00f0d2"


def use_style() -> None:
    """Set matplotlib to the book's style; called once, before any page runs."""
    import matplotlib as mpl
    from cycler import cycler

    mpl.rcParams.update(
        {
            "figure.figsize": (6.0, 3.6),  # 576 CSS px wide: type stays legible at 360 px
            "figure.facecolor": "none",
            "figure.constrained_layout.use": True,
            "font.size": 11.5,
            "axes.prop_cycle": cycler(color=[f"#00f0c{i}" for i in range(8)]),
            "axes.facecolor": "none",
            "axes.edgecolor": MUTED,
            "axes.labelcolor": FOREGROUND,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.formatter.use_mathtext": True,
            "grid.color": GRID,
            "grid.linewidth": 0.8,
            "text.color": FOREGROUND,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelcolor": FOREGROUND,
            "ytick.labelcolor": FOREGROUND,
            "lines.linewidth": 2.0,
            "lines.markersize": 6,
            "patch.edgecolor": BACKGROUND,
            "hatch.color": MUTED,
            "legend.frameon": False,
            "mathtext.fontset": "dejavusans",
            "svg.fonttype": "path",
            "svg.hashsalt": "scaling-laws",
            "savefig.transparent": True,
        }
    )


def draw(figure: Figure, name: str) -> dict[str, Any]:
    """SVG of a figure, with ids starting with `name`, and its labelled curves as table rows."""
    if _fills_black(figure):
        raise ValueError("the figure sets the colour black: use C6 of the book's style")
    table = [row for axes in figure.axes for row in _rows(axes)]
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = tidy(buffer.getvalue(), name)
    if len(svg) > SIZE_LIMIT:
        size, limit = len(svg) // 1000, SIZE_LIMIT // 1000
        raise ValueError(f"the figure has {size} kB of SVG, over {limit} kB: thin the points")
    return {"svg": svg, "table": table}


def tidy(svg: str, name: str) -> str:
    """Strip a matplotlib SVG to what a page needs."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    # its style sheet would hold for the whole page
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = svg.replace("<svg", '<svg style="stroke-linejoin: round"', 1)
    # ids must be unique on the page; `xlink:href` stays: a bare href breaks instant navigation
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'xlink:href="#([^"]+)"', rf'xlink:href="#{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r"-?\d+\.\d{3,}", _shorten, svg)
    for sentinel, variable in SENTINELS.items():
        svg = svg.replace(sentinel, f"var({variable})")
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    if "<image" in svg:
        raise ValueError("the figure holds pixels, which cannot follow the page's colours")
    left = re.search(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b(?=[;\"])", svg)
    if left:
        raise ValueError(f"the figure sets the colour {left[0]}: use C0 to C7 of the book's style")
    return re.sub(r"\s*\n\s*", "\n", svg).strip()


def _fills_black(figure: Figure) -> bool:
    """True if text or an area is black: SVG leaves that out, and dark pages would hide it."""
    from matplotlib.colors import to_rgba_array
    from matplotlib.text import Text

    areas: Any = figure.findobj(lambda artist: hasattr(artist, "get_facecolor"))
    colours = [area.get_facecolor() for area in areas]
    colours += [text.get_color() for text in figure.findobj(Text) if text.get_text()]
    rows = [row for colour in colours for row in to_rgba_array(colour)]
    return any(not row[:3].any() and row[3] > 0 for row in rows)


def _shorten(number: re.Match[str]) -> str:
    """Two decimals for positions; small numbers are scales of type and keep four digits."""
    value = float(number[0])
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.4g}"


def _rows(axes: Axes) -> list[list[str]]:
    """Series, x and y label, and a few values of each labelled curve of one panel."""
    series: list[tuple[str, Any, Any]] = [
        (str(line.get_label()), *line.get_data()) for line in axes.get_lines()
    ]
    for dots in axes.collections:
        offsets: Any = dots.get_offsets()
        if len(offsets):
            series.append((str(dots.get_label()), offsets[:, 0], offsets[:, 1]))
    rows = []
    for label, xs, ys in series:
        if label.startswith("_") or len(xs) < 2:
            continue
        step = max(1, (len(xs) - 1) / (ROWS - 1))
        picks = sorted({round(i * step) for i in range(ROWS) if round(i * step) < len(xs)})
        header = [label, axes.get_xlabel() or "x", axes.get_ylabel() or "y"]
        rows.append([*header, *(f"{float(xs[i]):.3g}|{float(ys[i]):.4g}" for i in picks)])
    return rows


def data_table(rows: list[list[str]]) -> str:
    """The plotted values of a figure, for readers who cannot see it and for checking."""
    body = []
    for label, x_label, y_label, *points in rows:
        xs, ys = zip(*(point.split("|") for point in points), strict=True)
        for head, values in ((f"{label}: {x_label}", xs), (y_label, ys)):
            cells = "".join(f"<td>{html.escape(value)}</td>" for value in values)
            body.append(f'<tr><th scope="row">{_words(head)}</th>{cells}</tr>')
    table = f"<table><tbody>{''.join(body)}</tbody></table>"
    scroll = f'<div class="scroll" role="group" aria-label="Data" tabindex="0">{table}</div>'
    return f'<details class="data"><summary>Data of this figure</summary>{scroll}</details>'


def _words(text: str) -> str:
    """A label without matplotlib's math marks."""
    return html.escape(re.sub(r"\\[a-z]+|[${}]", "", text).strip())
