"""Records the data that ship with the book, and says in lab_meta.json how they came about.

Only maintainers need it. The plan stands first and is hashed: what is recorded is what was
planned, in the plan's order, whatever comes out.
"""

import json
import os
import platform
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from scaling_core.lab import plan
from scaling_core.lab.config import RECIPE, RunConfig
from scaling_core.lab.runs import Run
from scaling_core.lab.source import ShannonSource
from scaling_core.lab.text import COUNTS

META = "lab_meta.json"
ORDERS = (2, 3, 4)


def record(folder: Path, train: Callable[[str, list[RunConfig]], list[Run]]) -> Path:
    """Trains the recorded runs, one file after the other, into a folder; returns lab_meta.json.

    train  # gives the runs of one file of the folder, by its name: a sweep, as a rule

    A second call goes on where the first one stopped.
    """
    folder.mkdir(exist_ok=True)
    seconds = {}
    for name, runs in plan.RECORDED.items():
        done = train(name, runs)
        seconds[name] = round(sum(run.cpu_seconds for run in done), 1)
    path = folder / META
    part = path.with_name(META + ".tmp")
    part.write_text(json.dumps(meta(folder, seconds), indent=1) + "\n", encoding="utf-8")
    part.replace(path)
    return path


def meta(folder: Path, seconds: dict[str, float]) -> dict[str, Any]:
    """What lab_meta.json says of the recorded files in a folder.

    seconds  # CPU seconds of each file
    """
    sources = {k: ShannonSource.load(k) for k in ORDERS}
    return {
        "plan_sha256": plan.plan_sha256(),
        "recipe": RECIPE,
        "sha256": {name: sha256_of(folder / name) for name in plan.RECORDED}
        | {COUNTS.name: sha256_of(COUNTS)},
        "content_sha256": {COUNTS.name: sources[ORDERS[-1]].sha256},
        "E": {str(k): round(source.E, 7) for k, source in sources.items()},
        "ladder": {str(k): [round(H, 7) for H in s.ladder] for k, s in sources.items()},
        "cpu_seconds": seconds,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": blas(),
        "machine": platform.machine(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads_per_process": 1,
        "date": date.today().isoformat(),
    }


def sha256_of(path: Path) -> str:
    """sha256 of the bytes of a file."""
    return sha256(path.read_bytes()).hexdigest()


def blas() -> str:
    """Name, version and build of the library that multiplies numpy's matrices."""
    about: dict[str, Any] = np.show_config(mode="dicts")  # type: ignore[assignment]
    found = about["Build Dependencies"]["blas"]
    return " ".join(
        str(found[key]) for key in ("name", "version", "openblas configuration") if key in found
    )


def processor() -> str:
    """Name of the processor, as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
