"""Kills a sweep at random moments, again and again, and prints how far it was each time.

`python -m lab.killing FILE SEED`. A process of its own, with one thread, so that it may fork.
"""

import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.stubs import configs, slow
from scaling_core.lab.runs_file import finished_runs
from scaling_core.lab.sweep import THREADS, sweep

RUNS, KILLS = 60, 10


def sweep_in_threads(out: Path) -> None:
    """The sweep itself; threads for workers, which start at once."""
    with ThreadPoolExecutor(2) as pool:
        sweep(configs(RUNS), out, pool, work=slow)


def main(out: Path, seed: int) -> None:
    """Ten kills, then a sweep to the end."""
    os.environ.update(dict.fromkeys(THREADS, "1"))
    draw = random.Random(seed)
    for _ in range(KILLS):
        child = os.fork()
        if not child:
            sweep_in_threads(out)
            os._exit(0)
        time.sleep(draw.uniform(0.005, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        sys.stdout.write(f"{len(finished_runs(out))}\n")
        sys.stdout.flush()  # before the next fork copies it
    sweep_in_threads(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
