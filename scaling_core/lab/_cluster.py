"""A dask scheduler that already runs somewhere, as an executor: the optional door to a cluster."""

import os
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from scaling_core.lab.config import RECIPE
from scaling_core.lab.sweep import THREADS, WorkerRefused

PATIENCE = 10  # seconds for the scheduler to answer


class ClusterError(ValueError):
    """Why a cluster cannot be used, in words for its user."""


@contextmanager
def connected(address: str) -> Iterator[tuple[Executor, int]]:
    """An executor on the workers of a scheduler such as tcp://host:8786, and their number.

    ClusterError if dask is not installed, nobody answers, or no worker is there; WorkerRefused if
    one of them has another recipe, another numpy or several threads.
    """
    try:
        dask = import_module("distributed")
    except ImportError:
        raise ClusterError("--scheduler needs dask: pip install 'scaling-core[cluster]'") from None
    try:
        client = dask.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ClusterError(
            f"no scheduler answered at {address} within {PATIENCE} s: {words}"
        ) from None
    try:
        workers = client.run(_about_worker)
        if not workers:
            raise ClusterError(f"the scheduler at {address} has no workers")
        for name, about in workers.items():
            _check(name, about, client.nthreads()[name])
        yield client.get_executor(pure=False), len(workers)
    finally:
        client.close()


def _about_worker() -> dict[str, Any]:
    """In a worker: by what it would train."""
    return {
        "recipe": RECIPE,
        "numpy": np.__version__,
        **{name: os.environ.get(name, "nothing") for name in THREADS[:3]},
    }


def _check(worker: str, about: dict[str, Any], threads: int) -> None:
    """WorkerRefused if the worker's rows would not be those of this machine."""
    here = {"recipe": RECIPE, "numpy": np.__version__, **dict.fromkeys(THREADS[:3], "1")}
    for name, expected in here.items():
        if about[name] != expected:
            raise WorkerRefused(f"worker {worker}: {name} is {about[name]}, expected {expected}")
    if threads != 1:
        raise WorkerRefused(f"worker {worker} runs {threads} tasks at once, expected --nthreads 1")
