"""Do the tests bite? Draws wrong changes, runs them, prints the score of each group.

python -m tests.mutants                             500 changes, the same from each group
python -m tests.mutants --modules units --count 0   every change of one module
"""

import argparse
import sys
import time
from pathlib import Path

from tests.mutants.own import equivalents, modules
from tests.mutants.run import Outcome, outcomes, warm
from tests.mutants.score import drawn, report


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.mutants", description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=500, help="changes to draw at least; 0: all")
    parser.add_argument("--seed", type=int, default=2022, help="of the draw (2022)")
    parser.add_argument("--modules", default="", help="only these, divided by commas")
    parser.add_argument("--workers", type=int, default=2, help="changes run at a time (2)")
    parser.add_argument("--limit", type=float, help="seconds for one change (10 + 5 x its tests)")
    parser.add_argument("--report", action="store_true", help="exit 0 even below a target")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="of the tree")
    chosen = parser.parse_args()
    root, begun = chosen.root.resolve(), time.monotonic()

    names = {name.strip() for name in chosen.modules.split(",") if name.strip()}
    found = modules(root, names)
    jobs = drawn(found, chosen.count, chosen.seed)
    untouched = [(module, None) for module in dict.fromkeys(module for module, _ in jobs)]
    warm()
    before = {o.module.name: o for o in outcomes(root, untouched, {}, chosen.workers)}
    if told_red(before, "before any change"):
        return 2
    limits = {name: chosen.limit or 10 + 5 * o.seconds for name, o in before.items()}
    done = []
    for outcome in outcomes(root, jobs, limits, chosen.workers):
        done.append(outcome)
        print(
            f"{len(done)}/{len(jobs)} {outcome.verdict} {outcome.seconds:.1f} s "
            f"{outcome.module.name}:{outcome.change.line} {outcome.change.text} [{outcome.by}]",
            file=sys.stderr,
        )
    text, good = report(done, equivalents(root / "tests/mutants/equivalent.txt"))
    print(text)
    took = (time.monotonic() - begun) / 60
    print(f"\n{len(done)} changes, seed {chosen.seed}, {took:.1f} min, {chosen.workers} workers")
    after = {o.module.name: o for o in outcomes(root, untouched, {}, chosen.workers)}
    if told_red(after, "now, though the run began green: somebody edited, so run it again"):
        return 2
    return 0 if good or chosen.report else 1


def told_red(sound: dict[str, Outcome], when: str) -> bool:
    red = [o for o in sound.values() if o.verdict != "survived"]
    for o in red:
        print(f"{o.module.name}: its own tests are red {when}: {o.by or o.verdict}")
    return bool(red)


if __name__ == "__main__":
    sys.exit(main())
