"""Pilot runs rehearsed: simulated experiments, fitted as real ones would be.

What comes out is how well a design would fix the best size of a large run if the believed law
were right and only noise in the way; see `pilot_design.py` for the designs.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scaling_core._centred import Centred
from scaling_core._check import Array, FitWarning, Floats, check_count, check_scalar
from scaling_core._groups import by_budget
from scaling_core._newton import Objective, ladder, minimise
from scaling_core._surface import quiet
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.fitting import fit_chinchilla
from scaling_core.isoflop import fit_isoflop
from scaling_core.parabola import Valley, lines_through
from scaling_core.pilot_design import PilotDesign, design_isoflop
from scaling_core.planning import Interval, RefitDraws
from scaling_core.power import PowerLaw

HOFFMANN_BUDGETS = (6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21)  # FLOP, their Fig. 3
TOGETHER = 8  # experiments that the solver takes at once
RTOL = 0.05  # runs within this of each other share a budget: the default of `fit_isoflop`


@dataclass(frozen=True)
class SimulatedFits:
    """What one kind of fit made of all the experiments of a study.

    laws      # one law per experiment, as a batch: N* = k C^p (isoflop), or additive (surface)
    failures  # experiments that gave no law, left out
    doubts    # experiments whose fit came with a FitWarning, kept
    a_mean, a_sd   # of the exponent
    N_interval     # of N* at the target budget, percentiles
    loss_interval  # of the least loss there; None for isoflop, which predicts none

    >>> from scaling_core import BESIROGLU_2024 as law
    >>> study = study_pilots(law, design_isoflop(law, [1e19, 1e20, 1e21]), 1e23, noise=0.005)
    >>> study.isoflop.a_mean, study.isoflop.a_sd
    (0.512, 0.007)
    """

    laws: PowerLaw | ChinchillaLaw
    failures: int
    doubts: int
    a_mean: float
    a_sd: float
    N_interval: Interval
    loss_interval: Interval | None = None


@dataclass(frozen=True)
class PilotStudy:
    """What `study_pilots` returns.

    law, design, C, noise, relative, experiments, seed, delta, level  # as given
    isoflop, surface  # what the two fits made of the experiments; None where one cannot be made
    refused           # why, in the words of the fit

    >>> from scaling_core import BESIROGLU_2024 as law
    >>> ray = PilotDesign(N=[1e7, 5e7, 1e8, 5e8, 1e9, 5e9], D=[2e8, 1e9, 2e9, 1e10, 2e10, 1e11])
    >>> study = study_pilots(law, ray, 5.88e23, noise=0.01, experiments=2)
    >>> study.surface is None, study.cost_share
    (True, 0.0054)
    """

    law: ChinchillaLaw
    design: PilotDesign
    C: float
    noise: float
    relative: bool
    experiments: int
    seed: int
    delta: float
    level: float
    isoflop: SimulatedFits | None
    surface: SimulatedFits | None
    refused: tuple[str, ...]

    @property
    def cost_share(self) -> float:
        """Compute of all the pilots over the budget that they plan.

        >>> from scaling_core import BESIROGLU_2024 as law
        >>> design = design_isoflop(law, [1e19, 1e20, 1e21])
        >>> study_pilots(law, design, 1e24, noise=0.005, experiments=2).cost_share
        0.0078
        """
        return self.design.flops / self.C

    @property
    def label(self) -> str:
        """How the intervals came about, for captions and for `RefitDraws`.

        >>> from scaling_core import BESIROGLU_2024 as law
        >>> design = design_isoflop(law, [1e19, 1e20, 1e21])
        >>> study_pilots(law, design, 1e24, noise=0.005, experiments=2).label
        'simulated: 2 refits of 21 runs with a noise of 0.005 nats, seed 0'
        """
        unit = "of the loss" if self.relative else "nats"
        return (
            f"simulated: {self.experiments} refits of {len(self.design)} runs with a noise of "
            f"{self.noise:g} {unit}, seed {self.seed}"
        )

    @property
    def draws(self) -> RefitDraws:
        """The laws of the surface fits, for the intervals of a `plan`.

        >>> from scaling_core import BESIROGLU_2024 as law
        >>> study = study_pilots(law, design_isoflop(law, [1e19, 1e20, 1e21]), 1e24, noise=0.005)
        >>> study.draws.laws.shape
        (200,)
        """
        if self.surface is None or not isinstance(self.surface.laws, ChinchillaLaw):
            why = "; ".join(self.refused) or "none was asked for"
            raise ValueError(f"these pilots give no surface: {why}")
        return RefitDraws(self.surface.laws, self.label)


def study_pilots(
    law: ChinchillaLaw,
    design: PilotDesign,
    C: float,
    *,
    noise: float,
    relative: bool = False,
    experiments: int = 200,
    seed: int = 0,
    delta: float = 1e-3,
    level: float = 0.95,
    fits: Sequence[str] = ("isoflop", "surface"),
) -> PilotStudy:
    """How well the pilots would fix the best size at C FLOP, if the law were right.

    The losses of every experiment are the law's plus Gaussian noise (see `PilotDesign.precision`
    for its unit); each goes through `fit_isoflop` and `fit_chinchilla` (with this delta) as real
    runs would; `fits` may name one of the two. A fit that refuses the design is None in the
    answer, with its reason in `refused`. A surface takes milliseconds, parabolas microseconds.

    >>> from scaling_core import BESIROGLU_2024 as law
    >>> nine = [6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21]
    >>> study = study_pilots(law, design_isoflop(law, nine), 5.88e23, noise=0.005)
    >>> study.isoflop.a_sd, study.isoflop.N_interval, study.cost_share
    (0.004, (6.8e10, 7.8e10), 0.0608)
    """
    if not isinstance(design, PilotDesign):
        raise TypeError(f"design must be a PilotDesign, got {design!r}")
    C, level = check_scalar("C", C), check_scalar("level", level, "in (0, 1)")
    delta, experiments = check_scalar("delta", delta), check_count("experiments", experiments, 2)
    losses = design.simulate(law, noise, experiments, seed, relative=relative)
    exact = np.asarray(law.loss(design.N, design.D))
    spent = law.flops_per_param_token * design.N * design.D
    makers: Mapping[str, Callable[[], SimulatedFits]] = {
        "isoflop": lambda: _isoflops(spent, design.N, exact, losses, C, level),
        "surface": lambda: _surfaces(law, design, losses, delta, C, level),
    }
    made: dict[str, SimulatedFits] = {}
    refused = []
    for name in fits:
        if name not in makers:
            raise ValueError(f"fits must be some of {', '.join(makers)}, got {name!r}")
        try:
            made[name] = makers[name]()
        except ValueError as error:
            refused.append(f"{name}: {str(error).partition(';')[0]}")
    return PilotStudy(
        law=law,
        design=design,
        C=C,
        noise=noise,
        relative=relative,
        experiments=experiments,
        seed=seed,
        delta=delta,
        level=level,
        isoflop=made.get("isoflop"),
        surface=made.get("surface"),
        refused=tuple(refused),
    )


def simulated_refits(law: ChinchillaLaw, experiments: int = 200, seed: int = 0) -> RefitDraws:
    """Laws that refits of a study like Hoffmann's would have found, had this law been true.

    For a `plan` whose law comes without an interval of N*; the label says that it is simulated.
    243 runs: 27 sizes over a factor 3 either side of the optimum at each of the nine budgets of
    their Fig. 3. For BESIROGLU_2024 that is 67M to 15B parameters and 1.7B to 307B tokens; the
    real runs had 70M to over 16B and 5B to 500B.
    Gaussian noise of 0.027 nats, assumed (November 2026): refitted in this way BESIROGLU_2024 has
    about the standard error of a that its authors publish, 0.018.

    >>> from scaling_core import BESIROGLU_2024 as law
    >>> draws = simulated_refits(law, 100)
    >>> draws.label
    'simulated: 100 refits of 243 runs with a noise of 0.027 nats, seed 0'
    """
    design = design_isoflop(law, HOFFMANN_BUDGETS, sizes=27, width=3)
    return study_pilots(
        law, design, 1e23, noise=0.027, experiments=experiments, seed=seed, fits=["surface"]
    ).draws


@quiet
def _isoflops(
    spent: Array, N: Array, exact: Array, losses: Array, C: float, level: float
) -> SimulatedFits:
    """Parabolas and line of every experiment at once; a loop over `fit_isoflop` gives the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        fit_isoflop(spent, N, exact, rtol=RTOL)  # its ValueError says what the design lacks
    budgets, member = by_budget(spent, None, RTOL)
    vertices = []
    for i in range(budgets.size):
        valley = Valley(np.log(N[member == i]), losses[:, member == i])
        vertices.append(np.where(valley.enough & valley.inside, valley.vertex, np.nan))
    k, a, there = lines_through(np.log(budgets), np.stack(vertices))
    good = np.isfinite(k)
    if good.sum() < 2:
        raise ValueError(
            f"{good.sum()} of {good.size} experiments leave two budgets with a minimum"
        )
    laws = PowerLaw(k[good], a[good])
    failures, doubts = good.size - good.sum(), (good & ~there.all(axis=0)).sum()
    return _summary(laws, int(failures), int(doubts), laws.p, laws(C), None, level)


def _surfaces(
    law: ChinchillaLaw, design: PilotDesign, losses: Array, delta: float, C: float, level: float
) -> SimulatedFits:
    """The minima of `fit_chinchilla`, from the true law on, and several at once.

    The batched solver knows one loss per run. So a few experiments share one long table, in which
    the weights of each row pick its own runs: several times as fast as one at a time.
    """
    exact = np.asarray(law.loss(design.N, design.D))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        fit_chinchilla(design.N, design.D, exact, delta=delta)  # its ValueError refuses designs
    deltas = ladder(delta, float(np.std(np.log(losses / exact))) / 3)
    found, doubts = [], 0
    for block in np.split(losses, range(TOGETHER, len(losses), TOGETHER)):
        runs = np.tile(design.N, len(block)), np.tile(design.D, len(block)), block.ravel()
        centred = Centred.of(runs, np.ones(block.size), {}, tie=False)
        own = np.repeat(np.eye(len(block)), len(design), axis=1)
        start = np.repeat(_start(centred, law), len(block), axis=0)
        ends = minimise(Objective(centred), start, own, deltas, 1e-10)
        at_end = centred.at_end(ends.phi).any(axis=1)
        doubts += int(np.sum(at_end | ~ends.converged))
        found.append(centred.fields(ends.phi))
    E, A, B, alpha, beta = (np.concatenate([each[n] for each in found]) for n in law._domains)
    laws = ChinchillaLaw(E, A, B, alpha, beta, law.flops_per_param_token, law.counts)
    best = laws.optimum(C)
    return _summary(laws, 0, doubts, laws.a, best.N, best.loss, level)


def _start(centred: Centred, law: ChinchillaLaw) -> Array:
    """The law in the coordinates of the solver, shape (1, 5)."""
    N, D, L = centred.shift  # means of the logarithms
    a = np.log(law.A) - L - law.alpha * N
    b = np.log(law.B) - L - law.beta * D
    return centred.phi(np.array([[law.E * np.exp(-L), a, law.alpha, b, law.beta]]))


def _summary(
    laws: PowerLaw | ChinchillaLaw,
    failures: int,
    doubts: int,
    a: Floats,
    N: Floats,
    loss: Floats | None,
    level: float,
) -> SimulatedFits:
    def ends(values: Floats) -> Interval:
        low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    return SimulatedFits(
        laws,
        failures,
        doubts,
        a_mean=float(np.mean(a)),
        a_sd=float(np.std(a, ddof=1)),
        N_interval=ends(N),
        loss_interval=None if loss is None else ends(loss),
    )
