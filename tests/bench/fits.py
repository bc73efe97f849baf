"""Rows about fits: one fit of 240 runs, and 4,000 refits of resamples."""

from dataclasses import replace

import numpy as np

from scaling_core import ChinchillaLaw
from scaling_core._check import Array
from scaling_core.bootstrap import Bootstrap
from scaling_core.fitting import fit_chinchilla
from tests.bench import plain, with_packages, with_scipy
from tests.bench.objective import Objective, law_of, theta_of
from tests.bench.runs import DELTA, drawn, simulated
from tests.bench.table import Bar, Row, cpu_seconds, faster, have, missing, most

FIT, BOOT, RESAMPLES = "fit of 240 runs", "4,000 bootstrap refits", 4000
STARTS = f"scipy L-BFGS-B, {len(with_scipy.starts()):,} starts"
GRIDDED = f"chinchilla, {len(with_scipy.starts()):,} starts"
WARM, SIMPLE = "scipy L-BFGS-B, warm start", "simple-scaling-laws"
SAME = 1e-9  # relative: how far F may lie above the best peer's


def rows(quick: bool) -> list[Row]:
    runs = simulated()
    return [*_fits(runs, quick), *_bootstraps(runs)]


def _fits(runs: tuple[Array, ...], quick: bool) -> list[Row]:
    F = Objective.of(*runs, DELTA)
    ours, fit = cpu_seconds(lambda: fit_chinchilla(*runs, delta=DELTA), 50)
    naive, naive_law = cpu_seconds(lambda: law_of(plain.fit(F)))
    note = f"converged: {fit.converged}, {fit.iterations} steps"
    found = [
        (Row(FIT, "scaling_core", ours, "best of 50", note=note), fit.law),
        (Row(FIT, "numpy, one start at a time", naive, note="tests/bench/plain.py"), naive_law),
        _scipy_fit(F, quick),
        _chinchilla_fit(runs, quick),
        _simple_fit(runs, fit.law),
    ]
    heights = [np.inf if law is None else F(theta_of(law)) for _, law in found]
    best, peer = min(heights), min(heights[1:])
    short = heights[0] / peer - 1
    bars = {
        "scaling_core": [
            most(0.010, ours),
            Bar("F <= best peer's", f"{short:+.0e}", short <= SAME),
        ],
        STARTS: 2000,
        GRIDDED: 10_000,
    }
    done = []
    for (row, law), height in zip(found, heights, strict=True):
        if law is None:
            done.append(row)
            continue
        times, wanted = row.seconds / ours, bars.get(row.method, [])
        if isinstance(wanted, int):
            wanted = [faster(wanted, times)]
        done.append(replace(row, times=times, excess=height / best - 1, bars=wanted))
    return done


def _scipy_fit(F: Objective, quick: bool) -> tuple[Row, ChinchillaLaw | None]:
    if not have("scipy"):
        return missing(FIT, STARTS), None
    grid = with_scipy.starts()
    part = np.random.default_rng(0).permutation(grid)[:200] if quick else grid
    seconds, (theta, near) = cpu_seconds(lambda: with_scipy.fit(F, part))
    note = f"{near:.1%} of the starts end within 1 % of its best F"
    row = Row(FIT, STARTS, seconds * len(grid) / len(part), _part(len(part), len(grid)), note=note)
    return row, law_of(theta)


def _chinchilla_fit(runs: tuple[Array, ...], quick: bool) -> tuple[Row, ChinchillaLaw | None]:
    if not have("chinchilla"):
        return missing(FIT, GRIDDED), None
    grid = with_packages.THIN if quick else with_packages.GRID
    sizes = [int(np.prod([len(v) for v in g.values()])) for g in (grid, with_packages.GRID)]
    seconds, law = cpu_seconds(lambda: with_packages.chinchilla_fit(runs, DELTA, grid))
    note = "BFGS, differences for the gradient, mean of the Huber losses"
    return Row(FIT, GRIDDED, seconds * sizes[1] / sizes[0], _part(*sizes), note=note), law


def _simple_fit(runs: tuple[Array, ...], ours: ChinchillaLaw) -> tuple[Row, ChinchillaLaw | None]:
    if not have("simple_scaling_laws"):
        return missing(FIT, SIMPLE), None
    seconds, (law, _) = cpu_seconds(lambda: with_packages.simple_fit(runs, 1), 3)
    N, D, L = runs
    own, other = (np.sqrt(np.mean((L - one.loss(N, D)) ** 2)) for one in (law, ours))
    note = f"its objective is the rms of L: {own:.4g} nats, at our law {other:.4g}"
    return Row(FIT, SIMPLE, seconds, "best of 3, with 1 draw", note=note), law


def _part(part: int, whole: int) -> str:
    return "once, in full" if part == whole else f"{part} of {whole:,} starts, scaled"


def _bootstraps(runs: tuple[Array, ...]) -> list[Row]:
    F, fit = Objective.of(*runs, DELTA), fit_chinchilla(*runs, delta=DELTA)
    theta = theta_of(fit.law)
    ours, _ = cpu_seconds(lambda: fit.bootstrap(RESAMPLES, seed=0), 5)
    boot, weights = drawn(fit, RESAMPLES)
    unfinished = boot.failures["not converged"]
    bars = [most(0.5, ours), Bar("all converged", f"{unfinished} not", not unfinished)]
    others = [f"{n} {name}" for name, n in boot.failures.items() if n and name != "not converged"]
    note = f"kept: {', '.join(others)}" if others else ""
    found = [Row(BOOT, "scaling_core", ours, "best of 5", 1, note=note, bars=bars)]

    few = weights[:: RESAMPLES // 100]
    part, _ = cpu_seconds(lambda: plain.bootstrap(F, theta, few))
    naive = part * RESAMPLES / len(few)
    how = f"{len(few)} refits, scaled"
    bars = [faster(20, naive / ours)]
    found.append(Row(BOOT, "numpy, one refit at a time", naive, how, naive / ours, bars=bars))

    found.append(_scipy_boot(F, theta, boot, weights, ours))
    if not have("simple_scaling_laws"):
        return [*found, missing(BOOT, SIMPLE)]
    with_none, _ = cpu_seconds(lambda: with_packages.simple_fit(runs, 1), 3)
    with_some, (_, failed) = cpu_seconds(lambda: with_packages.simple_fit(runs, 201))
    peer = (with_some - with_none) * RESAMPLES / 200
    note = f"resamples residuals of L, least squares; {failed} of 201 refits not converged"
    bars = [faster(10, peer / ours)]
    return [
        *found,
        Row(BOOT, SIMPLE, peer, "200 refits, scaled", peer / ours, note=note, bars=bars),
    ]


def _scipy_boot(F: Objective, theta: Array, boot: Bootstrap, weights: Array, ours: float) -> Row:
    if not have("scipy"):
        return missing(BOOT, WARM)
    every = slice(None, None, RESAMPLES // 200)
    few, laws = weights[every], boot.laws[every]
    part, ends = cpu_seconds(lambda: with_scipy.bootstrap(F, theta, few))
    peer = part * RESAMPLES / len(few)
    reached = np.array([replace(F, w=w)(theta_of(law)) for w, law in zip(few, laws, strict=True)])
    np.testing.assert_allclose(boot.objective[every], reached, rtol=1e-9)  # the same resamples
    scipys = np.array([replace(F, w=w)(theta) for w, theta in zip(few, ends, strict=True)])
    least = np.minimum(scipys, with_scipy.polished(F, ends, few))
    worse = float((reached / least - 1).max())
    bars = [
        faster(30, peer / ours),
        Bar("no F of ours above scipy's", f"worst {worse:+.0e}", worse <= SAME),
    ]
    note = f"scipy's F above ours: median {np.median(scipys / reached - 1):.0e}, largest "
    note += f"{(scipys / reached - 1).max():.0e}"
    return Row(BOOT, WARM, peer, f"{len(few)} refits, scaled", peer / ours, note=note, bars=bars)
