"""The report's two drawings, as SVG written by hand: the page needs no other file and no script."""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from scaling_core._check import Array
from scaling_core.isoflop import IsoFlopFit
from scaling_core.lab._summary import Cell
from scaling_core.units import human

WIDTH = 440  # of the drawing; the style sheet sets larger type where the page is narrow
LEFT, RIGHT, TOP, BOTTOM = 50, 62, 14, 48  # margins for ticks, labels at line ends, axis names
GAP = 16  # between the labels at the ends of lines
COLOURS = 6

type Span = tuple[float, float]


def flop(C: float) -> str:
    """A budget, or another number of any size, as text: 1e10."""
    return f"{C:.3g}".replace("e+0", "e").replace("e+", "e")


def isoflop_figure(cells: Sequence[Cell], valleys: IsoFlopFit | None, E: float) -> str:
    """Loss over size, one parabola per budget, its vertex, and the floor that is known."""
    height = 330
    budgets = sorted({cell.budget for cell in cells})
    losses = [cell.loss for cell in cells]
    across = _spread(np.log([cell.N for cell in cells]), 0.04)
    up = _spread(np.array([E, *losses]), 0.05)
    x = _scale(across, LEFT, WIDTH - RIGHT)
    y = _scale(up, height - BOTTOM, TOP)
    parts = [
        *_ticks_below([(x(np.log(N)), human(N)) for N in _log_ticks(across)], height),
        *_ticks_left([(y(L), f"{L:g}") for L in _even_ticks(up)]),
        _axis_names("parameters N (body and head)", "loss, nats per symbol", height),
        _line(LEFT, y(E), WIDTH - RIGHT, y(E), "known"),
        _text(WIDTH - RIGHT + 4, y(E) + 4, f"E {E:.3f}", "start"),
    ]
    rows = dict(zip((row.budget for row in valleys.table), valleys.table, strict=True)) if (
        valleys) else {}  # fmt: skip
    used = dict(zip(rows, valleys.runs, strict=True)) if valleys else {}
    ends = []
    for place, budget in enumerate(budgets):
        mine = sorted((cell.N, cell.loss) for cell in cells if cell.budget == budget)
        marks = []
        row = rows.get(budget)
        if row is not None and np.isfinite(row.vertex):
            sizes = used[budget][0]
            N = np.geomspace(sizes.min(), sizes.max(), 60)
            path = " ".join(f"{x(np.log(n)):.1f},{y(float(row.parabola(n))):.1f}" for n in N)
            marks.append(f'<polyline points="{path}"/>')
        marks += [_dot(x(np.log(N)), y(loss)) for N, loss in mine]
        if row is not None and row.used:
            marks.append(_diamond(x(np.log(row.vertex)), y(row.L_min)))
        parts.append(f'<g class="c{place % COLOURS}">{"".join(marks)}</g>')
        ends.append((x(np.log(mine[-1][0])), y(mine[-1][1]), flop(budget)))
    parts += _end_labels(ends, y(E))
    best = "; ".join(
        f"at {flop(row.budget)} FLOP about {human(row.N_opt)} parameters"
        for row in rows.values()
        if row.used
    )
    words = f"Loss against model size at {len(budgets)} budgets. " + (
        f"Each curve is a valley; the best sizes are: {best}." if best else "No valley was fitted."
    )
    return _drawing(parts, height, f"{words} The known floor lies at {E:.3f} nats.")


def grade_figure(rows: Sequence[tuple[str, float, float, float]], E: float) -> str:
    """Fitted floors (name, value, low, high) with their intervals, and the computed one."""
    height = TOP + 34 * len(rows) + BOTTOM + 12
    across = _spread(np.array([E, *(end for row in rows for end in row[1:])]), 0.08)
    x = _scale(across, LEFT + 14, WIDTH - 14)
    bottom = height - BOTTOM
    parts = [
        *_ticks_below([(x(value), f"{value:g}") for value in _even_ticks(across)], height),
        _text((LEFT + WIDTH) / 2, height - 10, "floor E, nats per symbol", "middle"),
        _line(x(E), TOP + 10, x(E), bottom, "known"),
        _text(min(x(E), WIDTH - 52), TOP + 4, f"computed {E:.3f}", "middle"),
    ]
    for place, (name, value, low, high) in enumerate(rows):
        level = TOP + 34 * (place + 1)
        bar = _line(x(low), level, x(high), level, "bar")
        caps = "".join(_line(x(end), level - 5, x(end), level + 5, "bar") for end in (low, high))
        parts += [
            _text(4, level + 4, name, "start"),
            f'<g class="c{place}">{bar}{caps}{_dot(x(value), level)}</g>',
        ]
    said = "; ".join(f"{name}: {value:.3f}, interval {low:.3f} to {high:.3f}"
                     for name, value, low, high in rows)  # fmt: skip
    words = f"Fitted floors beside the computed {E:.3f} nats. {said[0].upper()}{said[1:]}."
    return _drawing(parts, height, words)


def _drawing(parts: Sequence[str], height: float, words: str) -> str:
    body = "\n".join(parts)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(words)}">\n'
        f"{body}\n</svg>"
    )


def _scale(span: Span, start: float, end: float) -> Callable[[float], float]:
    """Places of values on the drawing, along one axis."""
    low, step = span[0], (end - start) / (span[1] - span[0])
    return lambda value: float(start + (value - low) * step)


def _spread(values: Array, share: float) -> Span:
    """The range of values with some room at both ends."""
    low, high = float(np.min(values)), float(np.max(values))
    room = share * (high - low) or 0.1
    return low - room, high + room


def _log_ticks(span: Span) -> list[float]:
    """1, 3, 10, ... inside a range of natural logarithms; 1, 2, 5, ... where it is short."""
    low, high = np.exp(span)
    heads = (1, 3) if high / low > 30 else (1, 2, 5)
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [head * 10.0**power for power in powers for head in heads]
    return [tick for tick in ticks if low <= tick <= high]


def _even_ticks(span: Span) -> list[float]:
    """Four to eight round values."""
    rough = (span[1] - span[0]) / 5
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * min((1, 2, 5, 10), key=lambda head: abs(np.log(head * power / rough)))
    return [round(j * step, 10) for j in range(int(np.ceil(span[0] / step)),
                                               int(span[1] // step) + 1)]  # fmt: skip


def _ticks_below(ticks: Sequence[tuple[float, str]], height: float) -> list[str]:
    bottom = height - BOTTOM
    return [_line(place, TOP, place, bottom, "grid") + _text(place, bottom + 16, label, "middle")
            for place, label in ticks]  # fmt: skip


def _ticks_left(ticks: Sequence[tuple[float, str]]) -> list[str]:
    return [_line(LEFT, place, WIDTH - RIGHT, place, "grid")
            + _text(LEFT - 6, place + 4, label, "end") for place, label in ticks]  # fmt: skip


def _axis_names(below: str, left: str, height: float) -> str:
    middle = (LEFT + WIDTH - RIGHT) / 2
    level = (TOP + height - BOTTOM) / 2
    turned = f'<text transform="translate(12 {level:g}) rotate(-90)" text-anchor="middle">'
    return _text(middle, height - 10, below, "middle") + f"{turned}{escape(left)}</text>"


def _end_labels(ends: Sequence[tuple[float, float, str]], taken: float) -> list[str]:
    """Names at the ends of lines, moved upwards where they would touch; FLOP is said once."""
    labels, below = [], taken
    for x, y, name in sorted(ends, key=lambda end: -end[1]):
        level = min(y + 4, below - GAP + 4)
        below = level - 4
        labels.append(_text(x + 8, level, name, "start"))
    return labels


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _dot(x: float, y: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>'


def _diamond(x: float, y: float) -> str:
    return f'<path class="best" d="M{x:.1f} {y - 7:.1f}l6 7-6 7-6-7z"/>'
