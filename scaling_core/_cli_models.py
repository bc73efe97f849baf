"""`scaling-core models`: the table of published models, filtered."""

import argparse
from collections.abc import Callable, Mapping

from scaling_core._cli import Answer, Watcher, columns, count, jsonable, note, shown, within
from scaling_core._rows import Model
from scaling_core.published import BESIROGLU_2024
from scaling_core.registry import models

EXAMPLES = """examples:
  scaling-core models --org meta --scaling-points
  scaling-core models llama 70b --sources
  scaling-core models --since 2024 --min-tokens 10T --sort tokens --json
"""

SORTS: Mapping[str, Callable[[Model], float | str]] = {
    "name": lambda row: row.name.lower(),
    "year": lambda row: row.year,
    "params": lambda row: row.params_total or 0.0,
    "tokens": lambda row: row.tokens or 0.0,
    "flop": lambda row: row.flops_6nd or 0.0,
    "ratio": lambda row: row.tokens_per_parameter or 0.0,
}


def add(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.epilog = EXAMPLES
    size = within("nonnegative")
    parser.add_argument("words", nargs="*", metavar="WORD", help="words that the name must hold")
    parser.add_argument("--org", metavar="WORD", help="that the organisation's name must hold")
    parser.add_argument("--since", type=count(1, 9999), metavar="YEAR")
    parser.add_argument("--until", type=count(1, 9999), metavar="YEAR")
    parser.add_argument("--min-params", type=size, metavar="N", help="such as 7B")
    parser.add_argument("--max-params", type=size, metavar="N")
    parser.add_argument("--min-tokens", type=size, metavar="D", help="such as 1T")
    parser.add_argument("--max-tokens", type=size, metavar="D")
    parser.add_argument(
        "--scaling-points", action="store_true",
        help="only those trained from scratch on a known number of tokens",
    )  # fmt: skip
    parser.add_argument("--sort", choices=list(SORTS), help="default: as in the table")
    parser.add_argument("--sources", action="store_true", help="the source of each row beneath it")


def run(options: argparse.Namespace, watcher: Watcher) -> Answer:
    """The rows that pass all filters, as text and as data."""
    rows = [row for row in models() if _passes(row, options)]
    if options.sort:
        rows.sort(key=SORTS[options.sort])
    data = {
        "command": "models",
        "rows": [
            jsonable(row)
            | {
                "flops_6nd": row.flops_6nd,
                "tokens_per_parameter": row.tokens_per_parameter,
                "waste": jsonable(_waste(row)),
            }
            for row in rows
        ],
    }
    return Answer(_text(rows, options.sources), data)


def _passes(row: Model, options: argparse.Namespace) -> bool:
    """A number that is not disclosed passes no limit."""
    limits = (
        (options.since, options.until, row.year),
        (options.min_params, options.max_params, row.params_total),
        (options.min_tokens, options.max_tokens, row.tokens),
    )
    return (
        all(word.lower() in row.name.lower() for word in options.words)
        and (options.org or "").lower() in row.org.lower()
        and (row.scaling_point or not options.scaling_points)
        and all(_within(low, high, value) for low, high, value in limits)
    )


def _within(low: float | None, high: float | None, value: float | None) -> bool:
    if value is None:
        return low is None and high is None
    return (low is None or low <= value) and (high is None or value <= high)


def _waste(row: Model) -> float | None:
    """Compute over the least for the same predicted loss; only for dense scaling points."""
    dense = row.params_total == row.params_active
    if not (row.scaling_point and dense and row.params_total and row.tokens):
        return None
    return float(BESIROGLU_2024.waste(row.params_total, row.tokens))


def _text(rows: list[Model], sources: bool) -> str:
    if not rows:
        return "No model passes these filters."
    header = ("model", "year", "params", "active", "tokens", "D/N", "6ND FLOP", "waste", "grade")
    cells = [
        (
            row.name,
            str(row.year),
            shown(row.params_total),
            "" if row.params_active == row.params_total else shown(row.params_active),
            shown(row.tokens),
            shown(row.tokens_per_parameter),
            shown(row.flops_6nd),
            shown(_waste(row), 2),
            row.grade,
        )
        for row in rows
    ]
    head, *lines = columns(header, cells).splitlines()
    if sources:
        lines = [
            "\n".join([line, note(f"{row.source}. {row.note}", "    ", "    ")])
            for line, row in zip(lines, rows, strict=True)
        ]
    days = sorted({row.as_of.isoformat() for row in rows})
    dates = " to ".join(dict.fromkeys((days[0], days[-1])))
    legend = note(
        f"{len(rows)} of {len(models())} models, as of {dates}. waste: 6ND over the least compute "
        "for the loss that BESIROGLU_2024 predicts, dense models trained from scratch. grade: P "
        "authors' artefact, F their paper, S secondary, D derived. --sources names them."
    )
    return "\n".join([head, *lines, "", legend])
