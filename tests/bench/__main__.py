"""One table from one run: CPU time of this library beside its peers, one thread.

python -m tests.bench [--quick] [--only fits,optima,growth] [--json FILE] [--report]
"""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
FORCED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # would slow a numpy that needs no such help


def one_thread() -> None:
    """Start again if numpy, imported by now, could have seen other settings."""
    wanted = {name: value for name, value in os.environ.items() if name not in FORCED}
    wanted |= dict.fromkeys(THREADS, "1")
    if wanted != dict(os.environ):
        command = [sys.executable, "-m", "tests.bench", *sys.argv[1:]]
        os.execve(sys.executable, command, wanted)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a part of the 4,500 starts, scaled")
    parser.add_argument("--only", default="fits,optima,growth", help="parts of the table")
    parser.add_argument("--json", type=Path, help="write the rows there, too")
    parser.add_argument("--report", action="store_true", help="exit 0 though a bar is missed")
    chosen = parser.parse_args()

    table = import_module("tests.bench.table")
    machine, rows = table.machine(), []
    for part in chosen.only.split(","):
        print(f"measuring {part} ...", file=sys.stderr)
        measured = import_module(f"tests.bench.{part}").rows
        rows += measured(chosen.quick) if part == "fits" else measured()
    for name, value in machine.items():
        print(f"{name}: {value}")
    print(f"\n{table.markdown(rows)}\n")
    missed = [(row, bar) for row in rows for bar in row.bars if not bar.met]
    print(f"{sum(len(row.bars) for row in rows)} bars, {len(missed)} missed")
    if chosen.json:
        chosen.json.write_text(table.as_json(machine, rows), encoding="utf-8")
    return 0 if chosen.report or not missed else 1


if __name__ == "__main__":
    one_thread()
    sys.exit(main())
