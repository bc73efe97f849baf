"""`scaling-core plan`: a budget in, what each law makes of it out."""

import argparse
from typing import Any

import numpy as np

from scaling_core._cli import (
    MOST,
    Answer,
    Watcher,
    columns,
    count,
    dollars,
    jsonable,
    note,
    share,
    shown,
    whole,
    within,
)
from scaling_core._cli_budget import add_budget, read_budget
from scaling_core.budget import data_needs
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.compute import pf_days
from scaling_core.pilots import simulated_refits
from scaling_core.planning import PLAN_LAWS, Plan, plan, published_law

TEXTS = ("FineWeb", "Quality-adjusted stock")  # a corpus that exists, and what there may be

EXAMPLES = """examples:
  scaling-core plan --flop 1e23
  scaling-core plan --gpus 64 --days 30 --hardware 'H100 SXM' --mfu 0.4 --price 2.95
  scaling-core plan --dollars 1M --price 2.95 --hardware 'H100 SXM' --tokens-served 2T
  scaling-core plan --flop 1e24 --unique 500B --laws BESIROGLU_2024,MUENNIGHOFF_2023
  scaling-core plan --flop 1e23 --laws BESIROGLU_2024 --simulate 200 --json
"""


def add(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.epilog = EXAMPLES
    positive = within("positive")
    add_budget(parser)
    asked = parser.add_argument_group("what else to ask")
    asked.add_argument(
        "--laws", metavar="NAMES", help=f"comma separated, default {','.join(PLAN_LAWS)}"
    )
    asked.add_argument(
        "--tokens-served", type=within("nonnegative"), default=0.0, metavar="T",
        help="over the model's life",
    )  # fmt: skip
    asked.add_argument(
        "--price-ratio", type=within("nonnegative"), metavar="R",
        help="dollars per served FLOP over dollars per training FLOP, default 1 (assumed)",
    )  # fmt: skip
    asked.add_argument(
        "--unique", type=positive, default=float("inf"), metavar="U",
        help="tokens of text there are",
    )  # fmt: skip
    asked.add_argument(
        "--simulate", type=count(2, MOST), metavar="N",
        help="intervals from N refits of simulated runs (two seconds per 100 and law)",
    )  # fmt: skip
    asked.add_argument("--seed", type=count(0, 2**53), default=0, help="of the simulation")


def run(options: argparse.Namespace, watcher: Watcher) -> Answer:
    """The plan as text and as data."""
    budget, machine = read_budget(options)
    names = list(PLAN_LAWS) if options.laws is None else options.laws.split(",")
    laws = {name.strip(): published_law(name.strip()) for name in names}
    additive = {name: law for name, law in laws.items() if isinstance(law, ChinchillaLaw)}
    if options.price_ratio is not None and not options.tokens_served:
        raise ValueError("--price-ratio needs --tokens-served")
    if not additive and (options.simulate or options.tokens_served or np.isfinite(options.unique)):
        raise ValueError(
            "--simulate, --tokens-served and --unique need a law of the loss in N and D, such as "
            f"BESIROGLU_2024; got {', '.join(laws)}"
        )
    draws = {}
    if options.simulate is not None:
        with watcher.busy("simulating"):
            draws = {
                name: simulated_refits(law, options.simulate, options.seed)
                for name, law in additive.items()
            }
    answer = plan(
        budget,
        laws,
        draws=draws,
        served_tokens=options.tokens_served,
        price_ratio=1.0 if options.price_ratio is None else options.price_ratio,
        unique_tokens=options.unique,
    )
    texts = [
        _header(answer, machine, options.mfu is None),
        _table(answer),
        *_asked(answer),
        _notes(answer),
    ]
    return Answer("\n\n".join(texts), _data(answer, machine))


def _header(answer: Plan, machine: str, mfu_assumed: bool) -> str:
    budget = answer.budget
    lines = [f"{shown(budget.C)} FLOP, {shown(float(pf_days(budget.C)))} PF-days"]
    if budget.peak is not None:
        gpus = f"{whole(budget.gpus)} x " if budget.gpus else ""
        lines.append(f"{gpus}{machine or 'a GPU'}: {shown(budget.peak / 1e12, 4)} TFLOP/s dense")
        assumed = " (assumed)" if mfu_assumed else ""
        lines.append(f"at {share(budget.mfu)} MFU{assumed}: {shown(budget.gpu_hours)} GPU-hours")
    rent = budget.dollars is not None
    price = f"{dollars(budget.dollars)} at {dollars(budget.price_per_gpu_hour)} per GPU-hour"
    time = [f"{shown(budget.days)} days"] if budget.days is not None else []
    lines += [", ".join(time + [price] * rent)] if time or rent else []
    return "Budget: " + "\n        ".join(lines)


def _table(answer: Plan) -> str:
    head = ("law", "N", "D", "D/N", "loss", "decades out")
    rows = [
        (
            row.law,
            shown(row.N),
            shown(row.D),
            shown(row.ratio),
            shown(row.loss, 4),
            shown(row.decades_beyond, 2),
        )
        for row in answer
    ]
    units = "N parameters, D tokens, loss nats per token; decades out: powers of ten between the "
    return columns(head, rows) + "\n" + note(f"{units}budget and the runs behind the law.")


def _asked(answer: Plan) -> list[str]:
    """Paragraphs on intervals, serving, repetition and the text there is."""
    return [
        *_intervals(answer),
        *_serving(answer),
        *_repetition(answer),
        *_text(answer),
    ]


def _intervals(answer: Plan) -> list[str]:
    known = [row for row in answer if row.N_interval]
    if not known:
        return ["Intervals of N, D and the loss: none published. --simulate N makes some."]
    rows = [
        (row.law, *(_ends(getattr(row, name)) for name in ("N_interval", "D_interval")),
         _ends(row.loss_interval, 4))
        for row in known
    ]  # fmt: skip
    head = (f"{share(answer.level)} interval", "N", "D", "loss")
    return [columns(head, rows) + "\n" + note(known[0].interval.capitalize() + ".")]


def _ends(interval: tuple[float, float] | None, digits: int = 3) -> str:
    return " to ".join(shown(end, digits) for end in interval) if interval else "-"


def _serving(answer: Plan) -> list[str]:
    rows = [
        (
            row.law,
            shown(float(best.N)),
            shown(float(best.D)),
            shown(float(best.ratio)),
            f"x{_fixed(float(best.C) / answer.budget.C, '.2f')}",
            share(float(best.saving)),
        )
        for row in answer
        if (best := row.serving)
    ]
    if not rows:
        return []
    title = f"serving {shown(answer.served_tokens)}"
    units = (
        "The same loss at the least cost of training plus serving, where a served FLOP costs "
        f"{answer.price_ratio:g} times one of training. training: over the budget; saves: share of "
        "that cost."
    )
    return [columns((title, "N", "D", "D/N", "training", "saves"), rows) + "\n" + note(units)]


def _repetition(answer: Plan) -> list[str]:
    rows = [
        (
            row.law,
            shown(float(best.N)),
            shown(float(best.D)),
            shown(float(best.epochs)),
            shown(float(best.loss), 4),
            _fixed(float(best.loss) - row.loss, "+z.4f"),
        )
        for row in answer
        if (best := row.limited)
    ]
    if not rows:
        return []
    title = f"{shown(answer.unique_tokens)} unique tokens"
    return [columns((title, "N", "D", "epochs", "loss", "against new text"), rows)]


def _fixed(value: float, form: str) -> str:
    """A number with fixed decimals, unless it is huge."""
    return f"{value:{form}}" if abs(value) < 1e6 else shown(value)


def _text(answer: Plan) -> list[str]:
    row = next(iter(answer))
    needs = {need.name: need for need in data_needs(row.D)}
    lines = []
    for name in TEXTS:
        need = needs[name]
        between = f" [{shown(need.low)}, {shown(need.high)}]" if need.low else ""
        lines.append(f"{shown(need.epochs, 2)} epochs of {name} ({shown(need.size)}{between})")
    return [note(f"Text: {shown(row.D)} tokens ({row.law}) are {', '.join(lines)}.")]


def _notes(answer: Plan) -> str:
    paragraphs = []
    for row in answer:
        counts = () if row.counts == "total" else (f"counts: {row.counts}",)
        about = "; ".join([row.source.rstrip("."), *counts, *row.notes])
        paragraphs.append(note(f"{row.law}: {about}.", indent="  "))
    return "\n".join(paragraphs)


def _data(answer: Plan, machine: str) -> dict[str, Any]:
    budget = answer.budget
    return {
        "command": "plan",
        "budget": jsonable(budget)
        | {
            "hardware": machine or None,
            "gpu_hours": budget.gpu_hours,
            "days": budget.days,
            "dollars": budget.dollars,
        },
        "served_tokens": answer.served_tokens,
        "price_ratio": answer.price_ratio,
        "unique_tokens": jsonable(answer.unique_tokens),
        "level": answer.level,
        "laws": [
            jsonable(row) | {"ratio": jsonable(row.ratio), "text": jsonable(data_needs(row.D))}
            for row in answer
        ],
    }
