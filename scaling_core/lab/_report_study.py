"""The section of a report on the runs of one setting: valleys, surface, grade, predictions."""

import numpy as np

from scaling_core.lab import plan
from scaling_core.lab._report_figures import flop, grade_figure, isoflop_figure
from scaling_core.lab._report_fits import RESAMPLES, Interval, Prediction, Study, Surface
from scaling_core.lab._report_html import (
    Html,
    figure,
    heading,
    html,
    listing,
    paragraph,
    signed,
    span,
    table,
    verdict,
)
from scaling_core.lab._report_recorded import recorded_section
from scaling_core.units import human, nats_to_bits

NONE = "–"
PREDICTED = ("C, FLOP", "d", "runs", "measured", "predicted", "95 %", "error", "%", "interval")
LAW = Html("<i>L</i> = <i>E</i> + <i>A</i>/<i>N</i><sup>α</sup> + <i>B</i>/<i>D</i><sup>β</sup>")


def title(study: Study) -> str:
    """What the section is called."""
    s = study.setting
    words = f"The source of order {s.k}"
    usual = (s.L, s.T, s.batch, s.schedule, s.rel_start) == (2, 32, 512, "linear", "alibi")
    if not usual:
        words += (
            f": {s.L} layers, context {s.T}, batch {s.batch}, {s.schedule} schedule, "
            f"{s.rel_start} start"
        )
    return words


def grade(study: Study, surface: Surface) -> str:
    """One sentence: the fitted floor, its interval, the computed entropy, held or missed."""
    if surface.fit is None or surface.draws is None:
        return ""
    low, high = interval = _ci(surface, "E")
    E = surface.fit.law.E
    held = _holds(study, surface)
    outside = "" if held else f", by {max(low - study.E, study.E - high):.3f} nats"
    return Html(
        f"{_which(surface).capitalize()}: {verdict(held)}{outside}. Fitted <i>E</i> = {E:.3f} nats "
        f"per symbol, 95 % bootstrap interval {span(interval)}; computed {study.E:.5f}; "
        f"error {signed(float(E) - study.E)}."
    )


def sections(study: Study) -> list[Html]:
    """All that the report says about a study."""
    parts = [
        heading(2, title(study)),
        paragraph(
            f"Its entropy is computed from its table, not fitted: {study.E:.5f} nats per symbol "
            f"({nats_to_bits(study.E):.4f} bits). No model can have a lower loss. One that sees "
            f"only the last 0, 1, … {study.setting.k} symbols cannot go below "
            f"{', '.join(f'{H:.3f}' for H in study.ladder)}."
        ),
    ]
    parts += _valleys(study) + _surfaces(study)
    if study.held_out:
        parts += _held_out(study)
    if study.beside or study.again:
        parts += recorded_section(study.again, study.beside)
    return parts


def _valleys(study: Study) -> list[Html]:
    parts = [heading(3, "The best size of each budget")]
    cells = [cell for cell in study.cells if cell.budget]
    if cells:
        drawing = isoflop_figure(cells, study.valleys, study.E)
        parts += [
            figure(
                drawing,
                "Loss over size, one colour per budget (its FLOP at the last point). Points: means "
                f"over seeds. Curves: parabolas in ln N through the {plan.NEAREST} sizes around "
                "the lowest loss. Diamonds: their vertices. Dashed: the computed entropy.",
            ),
            _budgets(study),
        ]
    if study.valleys is not None:
        words = f"The best size grows as C to the power a = {study.valleys.a:.3f}"
        if study.slope is not None:
            words += (
                f", 95 % bootstrap interval {span(study.slope)} ({plan.RESAMPLES:,} resamples of "
                "the parabolas’ residuals)"
            )
        parts.append(paragraph(words + "."))
    return parts + _doubts(study.valley_words)


def _budgets(study: Study) -> Html:
    rows = []
    fits = {row.budget: row for row in study.valleys.table} if study.valleys else {}
    for budget in sorted({cell.budget for cell in study.cells if cell.budget}):
        group = [cell for cell in study.cells if cell.budget == budget]
        lowest = min(group, key=lambda cell: cell.loss)
        row = fits.get(budget)
        used = row is not None and row.used
        N, L = (row.N_opt, row.L_min) if row is not None and used else (np.nan, np.nan)
        rows.append([
            flop(budget),
            str(len(group)),
            f"{lowest.loss:.4f}",
            str(lowest.d),
            human(N) if used else NONE,
            f"{budget / (6 * N * N):.3g}" if used else NONE,
            f"{L:.4f}" if used else NONE,
            f"{L - study.E:.4f}" if used else NONE,
            "yes" if used else "no" if row is not None else NONE,
        ])  # fmt: skip
    return table(
        "Budgets: lowest mean loss measured, and the vertex of the parabola (losses in nats per "
        "symbol; E is the computed entropy)",
        ["C, FLOP", "sizes", "lowest", "at d", "N_opt", "D/N", "L_min", "L_min − E", "inside?"],
        rows,
    )


def _surfaces(study: Study) -> list[Html]:
    parts = [heading(3, "The surface and its grade")]
    fitted = [one for one in study.surfaces if one.fit is not None and one.draws is not None]
    if fitted:
        central = (
            f" Central: more than {plan.CENTRAL['N']:,} parameters and more than "
            f"{plan.CENTRAL['steps']} steps."
        )
        words = (
            f"{LAW} by the Huber loss of ln <i>L</i>, delta {plan.DELTA:g}; intervals are 95 % of "
            f"{plan.RESAMPLES:,} resamples of cells (a budget and a size), seeds together."
        )
        parts.append(paragraph(Html(words + (central if len(study.surfaces) > 1 else ""))))
        parts += [_parameters(study, fitted), _graded(study, fitted)]
    for surface in study.surfaces:
        parts += _doubts(surface.words, f"{_which(surface).capitalize()}: ")
    if study.covered is not None:
        held, of = study.covered
        parts.append(
            paragraph(
                f"How much is such an interval worth? In {of} simulated studies with the cells and "
                f"the scatter of all these runs and the fitted law as the truth, it held the true "
                f"E {held} times ({RESAMPLES} resamples each). There the law’s form is exact, here "
                "it need not be: that error comes on top."
            )
        )
    return parts


def _parameters(study: Study, surfaces: list[Surface]) -> Html:
    names = [("E", 3), ("A", 0), ("alpha", 3), ("B", 0), ("beta", 3), ("a", 3)]
    shown = {"alpha": "α", "beta": "β", "a": "a = β/(α + β)"}
    rows = []
    for name, digits in names:
        row = [shown.get(name, name)]
        for surface in surfaces:
            value = float(getattr(surface.fit and surface.fit.law, name))
            low, high = _ci(surface, name)
            row.append(
                f"{value:.{digits}f} {span((low, high), digits)}"
                if digits
                else f"{flop(value)} [{flop(low)}, {flop(high)}]"
            )
        rows.append(row)
    rms = [f"{np.sqrt(np.mean(one.fit.residuals**2)):.2%}" for one in surfaces if one.fit]
    rows += [
        ["E, computed", *(f"{study.E:.5f}" for _ in surfaces)],
        ["error of E", *(signed(float(one.fit.law.E) - study.E) for one in surfaces if one.fit)],
        ["the interval", *(verdict(_holds(study, one)) for one in surfaces)],
        ["residuals, rms", *(text.replace("%", " %") for text in rms)],
    ]
    return table(
        "Surface: constants with 95 % bootstrap intervals; N in parameters, D in tokens, L and E "
        "in nats per symbol",
        ["constant", *(_which(surface) for surface in surfaces)],
        rows,
        words=[0],
    )


def _graded(study: Study, surfaces: list[Surface]) -> Html:
    rows = [
        (one.name, float(one.fit.law.E), *_ci(one, "E")) for one in surfaces if one.fit is not None
    ]
    return figure(
        grade_figure(rows, study.E),
        "Fitted floors with their 95 % bootstrap intervals; dashed, the entropy that was computed.",
    )


def _held_out(study: Study) -> list[Html]:
    parts = [
        heading(3, "Held-out runs"),
        paragraph("They are in no fit: the surface predicts them, then they are opened."),
    ]
    if not study.predictions:
        return [*parts, paragraph("No surface was fitted, so nothing is predicted.", "doubt")]
    largest = max((run.config.budget for run in study.runs), default=0)
    for name, found in study.predictions.items():
        held = sum(one.held for one in found)
        caption = (
            f"Predictions of the surface of {_name(name)}: {held} of {len(found)} intervals hold "
            "the measured mean. Losses in nats per symbol; an interval is that of one new run"
        )
        parts.append(table(caption, PREDICTED, [_prediction(one) for one in found]))
    words = f"The largest fitted budget is {flop(largest)} FLOP: above it, all is extrapolation."
    return [*parts, paragraph(words)]


def _prediction(one: Prediction) -> list[str]:
    error = one.loss - one.cell.loss
    return [
        flop(one.cell.budget) if one.cell.budget else NONE,
        str(one.cell.d),
        str(one.n),
        f"{one.cell.loss:.4f}",
        f"{one.loss:.4f}",
        span(one.interval),
        signed(error, 4),
        signed(100 * error / one.cell.loss, 1),
        verdict(one.held),
    ]


def _ci(surface: Surface, name: str) -> Interval:
    assert surface.draws is not None
    low, high = surface.draws.ci_of(lambda law: getattr(law, name))
    return float(low), float(high)


def _holds(study: Study, surface: Surface) -> bool:
    low, high = _ci(surface, "E")
    return low <= study.E <= high


def _which(surface: Surface) -> str:
    return f"{_name(surface.name)} ({len(surface.runs)})"


def _name(name: str) -> str:
    return "all runs" if name == "all" else "central runs"


def _doubts(words: tuple[str, ...], first: str = "") -> list[Html]:
    """What the fits said, in their own words."""
    if not words:
        return []
    if len(words) == 1:
        return [paragraph(f"{first}{words[0]}.", "doubt")]
    return [Html(f'<div class="doubt">{html(first)}{listing(words)}</div>')]
