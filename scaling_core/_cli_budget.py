"""The budget of `scaling-core plan`: as FLOP, GPUs and days, GPU-hours or dollars."""

import argparse
from dataclasses import replace

from scaling_core._cli import lookup, within
from scaling_core.budget import MFU, Budget
from scaling_core.registry import hardware


def add_budget(parser: argparse.ArgumentParser) -> None:
    """The options that say how much there is to spend."""
    positive = within("positive")
    budget = parser.add_argument_group("the budget: --flop, or one of the others with hardware")
    budget.add_argument("--flop", type=positive, metavar="C", help="training compute, FLOP")
    budget.add_argument("--gpus", type=within("at least 1"), metavar="G", help="number of GPUs")
    budget.add_argument("--days", type=positive, help="days on all of them")
    budget.add_argument("--gpu-hours", type=positive, metavar="H", help="GPUs times hours")
    budget.add_argument("--dollars", type=positive, metavar="USD", help="needs --price")
    budget.add_argument("--price", type=positive, metavar="USD", help="dollars per GPU-hour")
    budget.add_argument("--hardware", metavar="NAME", help="such as 'H100 SXM'")
    budget.add_argument("--precision", choices=("bf16", "tf32", "fp8"), help="default bf16")
    budget.add_argument("--peak", type=positive, metavar="FLOP/s", help="of one GPU, instead")
    budget.add_argument(
        "--mfu", type=within("in (0, 1]"),
        help=f"share of the peak that 6ND explains, default {MFU} (assumed)",
    )  # fmt: skip


def read_budget(options: argparse.Namespace) -> tuple[Budget, str]:
    """The budget, and the name of the hardware."""
    ways = ("flop", "days", "gpu_hours", "dollars")
    given = [f"--{way.replace('_', '-')}" for way in ways if getattr(options, way) is not None]
    if len(given) != 1:
        raise ValueError(
            "give the budget once: --flop, or --gpus with --days, or --gpu-hours, or --dollars "
            f"with --price; got {' and '.join(given) or 'none'}"
        )
    machine, peak, precision = "", options.peak, options.precision or "bf16"
    if peak is not None and (options.hardware is not None or options.precision):
        raise ValueError("give the peak once: --peak, or --hardware with --precision")
    if options.hardware is not None:
        chip = lookup(hardware(), options.hardware)
        peak, machine = getattr(chip, precision), f"{chip.name}, {precision}"
        if peak is None:
            raise ValueError(f"{chip.name} has no listed peak at {precision}")
    needs = {"days": "gpus", "dollars": "price"}
    for way, other in needs.items():
        if getattr(options, way) is not None and getattr(options, other) is None:
            raise ValueError(f"--{way} needs --{other}")
    rates = ("gpus", "price", "mfu", "precision")
    idle = [*given, *(f"--{name}" for name in rates if getattr(options, name) is not None)]
    if peak is None and idle != ["--flop"]:
        asker = next(name for name in idle if name != "--flop")
        raise ValueError(f"{asker} needs --hardware, or --peak with the FLOP/s of one GPU")
    mfu = MFU if options.mfu is None else options.mfu
    try:
        return _spent(options, peak, mfu), machine
    except ValueError as error:
        raise ValueError(f"{given[0]} is out of range: {error}") from None


def _spent(options: argparse.Namespace, peak: float | None, mfu: float) -> Budget:
    gpus, price = options.gpus, options.price
    if options.flop is not None or peak is None:
        return Budget(options.flop, peak, mfu, gpus, price)
    if options.days is not None:
        return Budget.from_gpus(gpus, options.days, peak, mfu, price)
    if options.gpu_hours is not None:
        one = Budget.from_gpus(1, options.gpu_hours / 24, peak, mfu, price)
        return replace(one, gpus=gpus)
    return Budget.from_dollars(options.dollars, price, peak, mfu, gpus)
