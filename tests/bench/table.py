"""Rows, bars and clocks: how a measurement is made and shown."""

import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Bar:
    """What a row must reach, and its own figure."""

    wanted: str
    measured: str
    met: bool


@dataclass(frozen=True)
class Row:
    """One line: a method at a task. `seconds` is None for a peer that is not installed."""

    task: str
    method: str
    seconds: float | None
    how: str = ""  # repeats, or the part that was run and scaled up
    times: float | None = None  # the library's seconds that fit in
    excess: float | None = None  # of the objective reached over the least of the task
    note: str = ""
    bars: Sequence[Bar] = field(default=())


def most(limit: float, seconds: float) -> Bar:
    return Bar(f"<= {shown(limit)}", shown(seconds), seconds <= limit)


def faster(factor: float, times: float) -> Bar:
    return Bar(f">= {factor:,.0f} x ours", f"{times:,.4g} x", times >= factor)


def shown(seconds: float) -> str:
    """Three digits and a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{float(f'{seconds / size:.3g}'):g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def cpu_seconds(work: Callable[[], Any], repeats: int = 1) -> tuple[float, Any]:
    """Least CPU time of a few calls, and what the last one gave."""
    least, answer = float("inf"), None
    for _ in range(repeats):
        begun = time.process_time()
        answer = work()
        least = min(least, time.process_time() - begun)
    return least, answer


def have(*packages: str) -> bool:
    return all(find_spec(name) is not None for name in packages)


def missing(task: str, method: str) -> Row:
    return Row(task, method, None, note="not installed: see what `make bench` said first")


HEAD = ("task", "method", "CPU time", "how", "x ours", "F above best", "bar", "", "note")


def markdown(rows: Sequence[Row]) -> str:
    """The table as aligned Markdown; a bar of a row that has several gets a line of its own."""
    lines = [HEAD, ("",) * len(HEAD)]
    for row in rows:
        bars = list(row.bars) or [Bar("", "", True)]
        for i, bar in enumerate(bars):
            verdict = f"{'pass' if bar.met else 'MISS'} ({bar.measured})" if bar.wanted else ""
            cells = (*_cells(row), bar.wanted, verdict, row.note)
            lines.append(cells if i == 0 else ("",) * 6 + (bar.wanted, verdict, ""))
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    lines[1] = tuple("-" * width for width in widths)
    text = (
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "\n".join(f"| {line} |" for line in text)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.task,
        row.method,
        "" if row.seconds is None else shown(row.seconds),
        row.how,
        "" if row.times is None else f"{row.times:,.3g}",
        "" if row.excess is None else f"{row.excess:.1e}",
    )


def as_json(machine: dict[str, str], rows: Sequence[Row]) -> str:
    content = {"machine": machine, "rows": [asdict(row) for row in rows]}
    return json.dumps(content, indent=1, default=lambda number: number.item()) + "\n"  # numpy's


def all_met(rows: Sequence[Row]) -> bool:
    return all(bar.met for row in rows for bar in row.bars)


def machine() -> dict[str, str]:
    """What the figures depend on."""
    config: Any = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load average at the start": f"{load:.2f}",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "numpy": np.__version__,
        "numpy's vector features": " ".join(config["SIMD Extensions"].get("found", ["baseline"])),
        "BLAS": f"{blas['name']} {blas['version']}, kernel {_kernel()}",
        "threads": os.environ.get("OPENBLAS_NUM_THREADS", "not set"),
    }


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _kernel() -> str:
    if not have("threadpoolctl"):
        return "unknown (threadpoolctl tells)"
    from threadpoolctl import threadpool_info

    kernels = {library.get("architecture", "") for library in threadpool_info()}
    return ", ".join(sorted(kernels - {""})) or "unknown"
