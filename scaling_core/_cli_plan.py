"""`scaling-core plan`: a budget in, what each law makes of it out."""

import argparse
from dataclasses import replace
from typing import Any

from scaling_core._cli import (
    Answer,
    Watcher,
    amount,
    columns,
    count,
    dollars,
    jsonable,
    lookup,
    note,
    share,
    shown,
    whole,
)
from scaling_core.budget import MFU, Budget, data_needs
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.compute import pf_days
from scaling_core.pilots import simulated_refits
from scaling_core.planning import PLAN_LAWS, Plan, plan, published_law
from scaling_core.registry import hardware

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
    budget = parser.add_argument_group("the budget: --flop, or one of the others with hardware")
    budget.add_argument("--flop", type=amount, metavar="C", help="training compute, FLOP")
    budget.add_argument("--gpus", type=amount, metavar="G", help="number of GPUs")
    budget.add_argument("--days", type=amount, help="days on all of them")
    budget.add_argument("--gpu-hours", type=amount, metavar="H", help="GPUs times hours")
    budget.add_argument("--dollars", type=amount, metavar="USD", help="needs --price")
    budget.add_argument("--price", type=amount, metavar="USD", help="dollars per GPU-hour")
    budget.add_argument("--hardware", metavar="NAME", help="such as 'H100 SXM'")
    budget.add_argument("--precision", choices=("bf16", "tf32", "fp8"), default="bf16")
    budget.add_argument("--peak", type=amount, metavar="FLOP/s", help="of a GPU that is not listed")
    budget.add_argument(
        "--mfu", type=amount, help=f"share of the peak that 6ND explains, default {MFU} (assumed)"
    )
    asked = parser.add_argument_group("what else to ask")
    asked.add_argument(
        "--laws", metavar="NAMES", help=f"comma separated, default {','.join(PLAN_LAWS)}"
    )
    asked.add_argument(
        "--tokens-served", type=amount, default=0.0, metavar="T", help="over the model's life"
    )
    asked.add_argument(
        "--price-ratio", type=amount, default=1.0, metavar="R",
        help="dollars per served FLOP over dollars per training FLOP, default 1 (assumed)",
    )  # fmt: skip
    asked.add_argument(
        "--unique", type=amount, default=float("inf"), metavar="U", help="tokens of text there are"
    )
    asked.add_argument(
        "--simulate", type=count, metavar="N",
        help="intervals from N refits of simulated runs (two seconds per 100 and law)",
    )  # fmt: skip
    asked.add_argument("--seed", type=count, default=0, help="of the simulation, default 0")


def run(options: argparse.Namespace, watcher: Watcher) -> Answer:
    """The plan as text and as data."""
    budget, machine = _budget(options)
    names = options.laws.split(",") if options.laws else list(PLAN_LAWS)
    laws = {name.strip(): published_law(name.strip()) for name in names}
    draws = {}
    if options.simulate is not None:
        draws = {
            name: simulated_refits(law, options.simulate, options.seed)
            for name, law in laws.items()
            if isinstance(law, ChinchillaLaw)
        }
    answer = plan(
        budget,
        laws,
        draws=draws,
        served_tokens=options.tokens_served,
        price_ratio=options.price_ratio,
        unique_tokens=options.unique,
    )
    texts = [
        _header(answer, machine, options.mfu is None),
        _table(answer),
        *_asked(answer),
        _notes(answer),
    ]
    return Answer("\n\n".join(texts), _data(answer, machine))


def _budget(options: argparse.Namespace) -> tuple[Budget, str]:
    """The budget, and the name of the hardware."""
    ways = ("flop", "days", "gpu_hours", "dollars")
    given = [f"--{way.replace('_', '-')}" for way in ways if getattr(options, way) is not None]
    if len(given) != 1:
        raise ValueError(
            "give the budget once: --flop, or --gpus with --days, or --gpu-hours, or --dollars "
            f"with --price; got {' and '.join(given) or 'none'}"
        )
    machine, peak = "", options.peak
    if options.hardware:
        chip = lookup(hardware(), options.hardware)
        listed, machine = getattr(chip, options.precision), f"{chip.name}, {options.precision}"
        if listed is None:
            raise ValueError(f"{chip.name} has no listed peak at {options.precision}")
        peak = listed if peak is None else peak
    needs = {"days": "gpus", "dollars": "price"}
    for way, other in needs.items():
        if getattr(options, way) is not None and getattr(options, other) is None:
            raise ValueError(f"--{way} needs --{other}")
    mfu = MFU if options.mfu is None else options.mfu
    gpus, price = options.gpus, options.price
    if options.flop is not None:
        return Budget(options.flop, peak, mfu, gpus, price), machine
    if peak is None:
        raise ValueError(f"{given[0]} needs --hardware, or --peak with the FLOP/s of one GPU")
    if options.days is not None:
        return Budget.from_gpus(gpus, options.days, peak, mfu, price), machine
    if options.gpu_hours is not None:
        one = Budget.from_gpus(1, options.gpu_hours / 24, peak, mfu, price)
        return replace(one, gpus=gpus), machine
    return Budget.from_dollars(options.dollars, price, peak, mfu, gpus), machine


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
        return ["Intervals of N, D and the loss: none published. --simulate makes some."]
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
            f"x{float(best.C) / answer.budget.C:.2f}",
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
            f"+{float(best.loss) - row.loss:.4f}",
        )
        for row in answer
        if (best := row.limited)
    ]
    if not rows:
        return []
    title = f"{shown(answer.unique_tokens)} unique tokens"
    return [columns((title, "N", "D", "epochs", "loss", "against new text"), rows)]


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
