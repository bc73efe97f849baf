"""The draw, the score of each group with its interval, and the list of survivors, as text."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count as numbers

from tests.mutants.own import TARGETS, Module
from tests.mutants.run import Job, Outcome

type Key = tuple[str, str, str]  # module, line, change


def drawn(found: Sequence[Module], wanted: int, seed: int) -> list[Job]:
    """At least `wanted` changes (0: all), as many from each group as from the others if it can."""
    pools: dict[str, list[Job]] = defaultdict(list)
    for module in found:
        pools[module.group] += [(module, change) for change in module.changes]
    sizes = [len(pool) for pool in pools.values()]
    wanted = min(wanted or sum(sizes), sum(sizes))
    share = next(s for s in numbers() if sum(min(s, size) for size in sizes) >= wanted)
    draw = random.Random(seed)
    return [job for pool in pools.values() for job in draw.sample(pool, min(share, len(pool)))]


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, p = 1.959964, successes / trials
    middle = p + z * z / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + (z / (2 * trials)) ** 2)
    return tuple((middle + sign * half) / (1 + z * z / trials) for sign in (-1, 1))


def key(outcome: Outcome) -> Key:
    line = outcome.module.source.splitlines()[outcome.change.line - 1].strip()
    return outcome.module.name, line, outcome.change.text


def report(done: Sequence[Outcome], known: Mapping[Key, str]) -> tuple[str, bool]:
    """The report, and whether every group reached its target and every list is right."""
    lines = [
        "| group | target | drawn | killed | of these by time | equivalent | survived | score "
        "| 95 % interval | |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    good = True
    for group, target in TARGETS.items():
        here = [o for o in done if o.module.group == group]
        tally = Counter(o.verdict for o in here)
        same = sum(o.verdict == "survived" and key(o) in known for o in here)
        if not len(here) - same:
            continue
        killed, counted = tally["killed"] + tally["timeout"], len(here) - same
        low, high = wilson(killed, counted)
        met = killed / counted >= target
        good &= met
        lines.append(
            f"| {group} | {target:.0%} | {len(here)} | {killed} | {tally['timeout']} | {same} "
            f"| {counted - killed} | {killed / counted:.1%} | {low:.1%} to {high:.1%} "
            f"| {'pass' if met else 'MISS'} |"
        )
    notes = list(_notes(done, known))
    return "\n".join([*lines, *notes]), good and not any(o.verdict == "broken" for o in done)


def _notes(done: Sequence[Outcome], known: Mapping[Key, str]) -> Iterator[str]:
    order = sorted(done, key=lambda o: (o.module.name, o.change.line, o.change.text))
    survivors = [o for o in order if o.verdict == "survived" and key(o) not in known]
    if survivors:
        yield "\nSurvivors: no test of the module saw these changes."
    for o in survivors:
        yield f"  {_place(o)}: {o.change.text}\n      {key(o)[1]}"
    for module in dict.fromkeys(o.module for o in order):
        if len(module.tests) == 1:
            yield f"  scaling_core/{module.path.name}: it has doctests, but no test file"
    for o in order:
        if o.verdict == "broken":
            yield f"  {_place(o)}: pytest itself failed with {o.change.text}"
        elif o.verdict != "survived" and key(o) in known:
            yield f"  {_place(o)}: listed as equivalent, but {o.by or 'time'} saw {o.change.text}"


def _place(o: Outcome) -> str:
    return f"scaling_core/{o.module.path.name}:{o.change.line}"
