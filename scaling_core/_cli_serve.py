"""`scaling-core serve`: what a token costs to write, against the batch."""

import argparse
from typing import Any

import numpy as np

from scaling_core._check import Array
from scaling_core._cli import (
    Answer,
    Watcher,
    columns,
    dollars,
    jsonable,
    lookup,
    note,
    several,
    share,
    shown,
    whole,
    within,
)
from scaling_core._rows import Accelerator
from scaling_core.budget import MFU
from scaling_core.registry import hardware, models
from scaling_core.serving import Server

BATCHES = [float(4**k) for k in range(6)]

EXAMPLES = """examples:
  scaling-core serve --params 70B --hardware 'H100 SXM' --gpus 2 --price 2.95
  scaling-core serve --model 'DeepSeek-V3' --hardware 'H200 SXM' --gpus 8 --bytes 1
  scaling-core serve --params 70B --hardware 'H100 SXM' --gpus 8 --kv-per-token 328K --context 8K
"""


def add(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.epilog = EXAMPLES
    positive = within("positive")
    parser.add_argument("--params", type=positive, metavar="N", help="parameters, such as 70B")
    parser.add_argument("--active", type=positive, metavar="N", help="that one token meets (MoE)")
    parser.add_argument("--model", metavar="NAME", help="a row of `scaling-core models` instead")
    parser.add_argument("--hardware", metavar="NAME", required=True, help="such as 'H100 SXM'")
    parser.add_argument(
        "--gpus", type=within("at least 1"), default=1.0, metavar="G", help="default 1"
    )
    parser.add_argument("--precision", choices=("bf16", "tf32", "fp8"), default="bf16")
    parser.add_argument(
        "--bytes", type=positive, default=2.0, metavar="B", help="per parameter, default 2"
    )
    parser.add_argument(
        "--kv-per-token", type=positive, metavar="B",
        help="bytes of cache per token and sequence; without it, the cache is left out",
    )  # fmt: skip
    parser.add_argument("--context", type=positive, metavar="T", help="mean tokens in the cache")
    parser.add_argument(
        "--price", type=within("nonnegative"), metavar="USD",
        help="dollars per GPU-hour; without it, no dollars",
    )  # fmt: skip
    parser.add_argument(
        "--batch", type=several("at least 1"), default=BATCHES, metavar="B,B,...",
        help="sequences that are written together",
    )  # fmt: skip
    parser.add_argument(
        "--mfu", type=within("in (0, 1]"), default=MFU,
        help=f"of training, to compare, default {MFU} (assumed)",
    )  # fmt: skip


def run(options: argparse.Namespace, watcher: Watcher) -> Answer:
    """Latency, throughput and price per batch, as text and as data."""
    chip: Accelerator = lookup(hardware(), options.hardware)
    peak = getattr(chip, options.precision)
    if peak is None or chip.bandwidth is None:
        missing = f"peak at {options.precision}" if peak is None else "bandwidth"
        raise ValueError(f"{chip.name} has no listed {missing}")
    name, N, active = _model(options)
    if (options.kv_per_token is None) != (options.context is None):
        raise ValueError("a cache needs both --kv-per-token and --context")
    cache = (options.kv_per_token or 0.0) * (options.context or 0.0)
    server = Server(
        N,
        peak,
        chip.bandwidth,
        gpus=options.gpus,
        kv_bytes=cache,
        N_active=active,
        bytes_per_parameter=options.bytes,
    )
    batch = np.array(options.batch)
    table: dict[str, Array] = {
        "batch": batch,
        "step_seconds": np.asarray(server.step_seconds(batch)),
        "tokens_per_second": np.asarray(server.tokens_per_second(batch)),
        "utilisation": np.asarray(server.utilisation(batch)),
        "price_ratio": np.asarray(server.price_ratio(batch, options.mfu)),
    }
    if options.price is not None:
        table["usd_per_token"] = np.asarray(server.decode_price(batch, options.price))
    fits = None if chip.memory is None else float(np.asarray(server.max_batch(chip.memory)))
    facts = {
        "model": name,
        "N": N,
        "N_active": active,
        "hardware": chip.name,
        "precision": options.precision,
        "gpus": options.gpus,
        "price_per_gpu_hour": options.price,
        "training_mfu": options.mfu,
        "kv_bytes": cache,
        "bytes_per_parameter": options.bytes,
        "weights_bytes": N * options.bytes,
        "memory_bytes": None if chip.memory is None else chip.memory * options.gpus,
        "max_batch": fits,
        "compute_bound_batch": float(np.asarray(server.compute_bound_batch)),
        "source": chip.source,
    }
    data = {"command": "serve", **facts, "rows": _rows(table)}
    return Answer(_text(facts, table), jsonable(data))


def _model(options: argparse.Namespace) -> tuple[str, float, float]:
    """Name, parameters, and those that one token meets."""
    if (options.params is None) == (options.model is None):
        raise ValueError("give the model once: --params N, or --model NAME")
    if options.params is not None:
        return "", options.params, options.active or options.params
    row = lookup(models(), options.model)
    if row.params_total is None:
        raise ValueError(f"the parameters of {row.name} are not disclosed")
    return row.name, row.params_total, options.active or row.params_active or row.params_total


def _rows(table: dict[str, Array]) -> list[dict[str, float]]:
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def _text(facts: dict[str, Any], table: dict[str, Array]) -> str:
    model = ", ".join(filter(None, [facts["model"], f"{shown(facts['N'])} parameters"]))
    part = "" if facts["N_active"] == facts["N"] else f", {shown(facts['N_active'])} of them active"
    head = f"{model}{part} on {whole(facts['gpus'])} x {facts['hardware']}, {facts['precision']}"
    memory = (
        f"weights {shown(facts['weights_bytes'] / 1e9)} of "
        f"{shown((facts['memory_bytes'] or np.nan) / 1e9)} GB"
    )
    if facts["max_batch"] == 0:
        memory += ": THEY DO NOT FIT"
    elif facts["kv_bytes"] and facts["max_batch"]:
        memory += f", caches for {whole(facts['max_batch'])} sequences beside them"
    rows = [
        [
            whole(row["batch"]),
            shown(1e3 * row["step_seconds"]),
            shown(row["tokens_per_second"]),
            *([dollars(1e6 * row["usd_per_token"])] if "usd_per_token" in row else []),
            share(row["utilisation"]),
            shown(row["price_ratio"]),
            "no room" if facts["max_batch"] and row["batch"] > facts["max_batch"] else "",
        ]
        for row in _rows(table)
    ]
    priced = ["$/M tokens"] if "usd_per_token" in table else []
    header = ["batch", "ms/token", "tokens/s", *priced, "of peak", "price ratio", ""]
    price = f" at {dollars(facts['price_per_gpu_hour'])} per GPU-hour" if priced else ""
    return "\n\n".join(
        [
            f"{head}\n{memory}",
            columns(header, rows, left=0, last=1),
            note(
                f"Written tokens{price}; ms/token: what one user waits. From batch "
                f"{shown(facts['compute_bound_batch'])} on, the matrix products wait for "
                "arithmetic and no longer for weights. price ratio: "
                f"a served FLOP over one of training at {share(facts['training_mfu'])} MFU. "
                "A roofline: real servers are slower."
            ),
            note(f"Hardware: {facts['source']}."),
        ]
    )
