"""What a training budget buys under each published law: the plan of a run before it is paid for.

Where a law's authors publish no interval of N*, none is made up: standard errors of A, alpha, B
and beta do not give one, because A and alpha (B and beta) move together almost exactly. Draws of
whole laws do: those of a bootstrap, or of simulated pilots (`RefitDraws`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType

import numpy as np

from scaling_core import published, published_rules
from scaling_core._check import check_scalar
from scaling_core._serving_optimum import LifetimeAllocation
from scaling_core.allocation import AllocationLaw
from scaling_core.budget import Budget
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.kaplan import KaplanLaw
from scaling_core.provenance import Provenance
from scaling_core.published_estimates import BESIROGLU_2024_SE, HOFFMANN_2022_EXPONENTS
from scaling_core.repeated import ConstrainedAllocation, DataConstrainedLaw
from scaling_core.units import human

type PlanLaw = ChinchillaLaw | AllocationLaw | KaplanLaw
type Interval = tuple[float, float]

PLAN_LAWS: Mapping[str, PlanLaw] = MappingProxyType(
    {
        "BESIROGLU_2024": published.BESIROGLU_2024,
        "HOFFMANN_2022": published.HOFFMANN_2022,
        "RULE_OF_20": published.RULE_OF_20,
        "LLAMA3_2024": published_rules.LLAMA3_2024,
        "DEEPSEEK_2024": published_rules.DEEPSEEK_2024,
        "KAPLAN_2020": published.KAPLAN_2020,
    }
)

_KINDS = "a ChinchillaLaw, an AllocationLaw or a KaplanLaw"
_SE = BESIROGLU_2024_SE["a"].value
_PRINTED = HOFFMANN_2022_EXPONENTS["approach 3"]["a"]
_A = float(published.BESIROGLU_2024.a)
# Of a alone: it says nothing about N*, whose coefficient moves with a.
_A_INTERVALS: Mapping[str, Interval] = {"BESIROGLU_2024": (_A - 2 * _SE, _A + 2 * _SE)}
_A_NOTES: Mapping[str, tuple[str, ...]] = {
    "BESIROGLU_2024": (f"a: two published standard errors of {_SE:g} either side; N* has none",),
    "HOFFMANN_2022": (
        f"a: the printed interval, {_PRINTED.low:g} to {_PRINTED.high:g}, misses a itself",
    ),
}


@dataclass(frozen=True)
class RefitDraws:
    """Laws that are equally likely, for the intervals of a plan, and how they came about.

    laws   # a ChinchillaLaw of many laws: those of a bootstrap, or of simulated pilots
    label  # stands beside every interval: "simulated: ...", or what was resampled

    >>> RefitDraws(published.BESIROGLU_2024, "one law")
    Traceback (most recent call last):
    ValueError: laws must be one batch of several laws, got shape ()
    """

    laws: ChinchillaLaw
    label: str

    def __post_init__(self) -> None:
        if not isinstance(self.laws, ChinchillaLaw):
            raise TypeError(f"laws must be a ChinchillaLaw, got {self.laws!r}")
        if len(self.laws.shape) != 1 or len(self.laws) < 2:
            raise ValueError(f"laws must be one batch of several laws, got shape {self.laws.shape}")
        if not str(self.label).strip():
            raise ValueError(f"label must say how the laws came about, got {self.label!r}")


@dataclass(frozen=True)
class PlanRow:
    """What one law says about a budget.

    law               # its name
    source, counts    # where it stands; what its N counts
    N, D, loss        # nan where the law does not say
    a                 # exponent of the best size, N* ~ C^a
    decades_beyond    # powers of ten outside the runs behind the law; nan if not published
    a_interval        # what its authors publish about a; None if nothing
    N_interval, D_interval, loss_interval  # of the draws given to `plan`; None without any
    interval          # what those are, or "no interval published"
    notes             # what must be known to read the row
    serving           # cheapest way to the same loss over training and serving; None if not asked
    limited           # the best plan with so many unique tokens; None if not asked

    >>> row = plan(1e23)["BESIROGLU_2024"]
    >>> row.N, row.ratio, row.interval
    (2.94e10, 19.2, 'no interval published')
    """

    law: str
    source: str
    counts: str
    N: float
    D: float
    loss: float
    a: float
    decades_beyond: float
    a_interval: Interval | None = None
    N_interval: Interval | None = None
    D_interval: Interval | None = None
    loss_interval: Interval | None = None
    interval: str = "no interval published"
    notes: tuple[str, ...] = ()
    serving: LifetimeAllocation | None = None
    limited: ConstrainedAllocation | None = None

    @property
    def ratio(self) -> float:
        """Tokens per parameter, D/N.

        >>> plan(5.76e23)["RULE_OF_20"].ratio
        20.0
        """
        return self.D / self.N


@dataclass(frozen=True)
class Plan:
    """What `plan` returns: the rows in the order asked for; iterate, or look one up by its law.

    budget         # as given
    rows           # one PlanRow per law
    served_tokens  # over the model's life; 0 if not asked
    price_ratio    # dollars per served FLOP over dollars per training FLOP
    unique_tokens  # inf if not asked
    level          # of the intervals

    >>> [row.law for row in plan(1e23) if row.N > 25e9]
    ['BESIROGLU_2024', 'RULE_OF_20', 'KAPLAN_2020']
    """

    budget: Budget
    rows: tuple[PlanRow, ...]
    served_tokens: float
    price_ratio: float
    unique_tokens: float
    level: float

    def __iter__(self) -> Iterator[PlanRow]:
        return iter(self.rows)

    def __getitem__(self, law: str) -> PlanRow:
        for row in self.rows:
            if row.law == law:
                return row
        raise KeyError(f"no {law!r} in this plan of {', '.join(row.law for row in self.rows)}")


def plan(
    budget: Budget | float,
    laws: Mapping[str, PlanLaw] | Sequence[str] = tuple(PLAN_LAWS),
    *,
    draws: Mapping[str, RefitDraws] | None = None,
    level: float = 0.95,
    served_tokens: float = 0.0,
    price_ratio: float = 1.0,
    unique_tokens: float = float("inf"),
) -> Plan:
    """The size, tokens and loss that each law gives a budget, side by side, with what is unsure.

    budget         # FLOP, or a Budget
    laws           # names of published laws, or a dict of laws of your own (a fit's, say)
    draws, level   # laws to take intervals from, by the name of the law they belong to
    served_tokens  # >= 0; above 0 asks for `serving`, at this price_ratio (>= 0, 1 assumed in 2026)
    unique_tokens  # > 0; finite asks for `limited`. Muennighoff's decay on another base: assumed

    Laws of allocation alone say nothing about serving or repeated data. Kaplan's C is read as
    compute at the critical batch, `KaplanLaw.optimum(C, at="C")`.

    >>> for row in plan(1e23, ["BESIROGLU_2024", "HOFFMANN_2022"], served_tokens=2e12):
    ...     print(row.law, human(row.N), human(row.D), human(row.serving.N), human(row.serving.D))
    BESIROGLU_2024 29.4B 566B 16.7B 1.15T
    HOFFMANN_2022 18.1B 918B 11B 1.66T
    """
    if not isinstance(budget, Budget):
        budget = Budget(check_scalar("budget", budget))
    chosen = _chosen(laws)
    level = check_scalar("level", level, "in (0, 1)")
    served = check_scalar("served_tokens", served_tokens, "nonnegative")
    ratio = check_scalar("price_ratio", price_ratio, "nonnegative")
    unique = check_scalar("unique_tokens", unique_tokens, "positive or inf")
    given = dict(draws or {})
    for name in given:
        if not isinstance(chosen.get(name), ChinchillaLaw):
            raise ValueError(f"draws must belong to additive laws of the plan, got {name!r}")
    asked = Plan(budget, (), served, ratio, unique, level)
    return replace(
        asked, rows=tuple(_row(name, law, given.get(name), asked) for name, law in chosen.items())
    )


def _chosen(laws: Mapping[str, PlanLaw] | Sequence[str]) -> Mapping[str, PlanLaw]:
    if isinstance(laws, Mapping):
        chosen = dict(laws)
    elif isinstance(laws, str):
        raise TypeError(f"laws must be a list of names or a dict of laws, got {laws!r}")
    else:
        chosen = {name: published_law(name) for name in laws}
    for name, law in chosen.items():
        if not isinstance(law, ChinchillaLaw | AllocationLaw | KaplanLaw):
            raise TypeError(f"laws[{name!r}] must be {_KINDS}, got {law!r}")
        if isinstance(law, ChinchillaLaw) and law.shape:
            raise ValueError(f"laws[{name!r}] must be one law: many at once belong into draws")
    return chosen


def published_law(name: str) -> PlanLaw:
    """The published law of that name; a ValueError with similar names if there is none."""
    known = {
        key: law
        for module in (published, published_rules)
        for key, law in vars(module).items()
        if isinstance(law, ChinchillaLaw | AllocationLaw | KaplanLaw)
    }
    if name not in known:
        close = get_close_matches(str(name).upper(), known, n=3) or sorted(known)
        raise ValueError(f"laws must be published ones such as {', '.join(close)}, got {name!r}")
    return known[name]


def _row(name: str, law: PlanLaw, draws: RefitDraws | None, asked: Plan) -> PlanRow:
    C = asked.budget.C
    N, D, loss, a, notes = _answer(law, C)
    known = name if law is PLAN_LAWS.get(name) else ""
    row = PlanRow(
        law=name,
        source=f"{law.source.source}, {law.source.where}" if law.source else "a law of your own",
        counts="non-embedding" if isinstance(law, KaplanLaw) else law.counts,
        N=N,
        D=D,
        loss=loss,
        a=a,
        decades_beyond=_decades_beyond(law.source, C),
        a_interval=_A_INTERVALS.get(known),
        notes=_A_NOTES.get(known, ()) + notes,
    )
    if not isinstance(law, ChinchillaLaw):
        return row
    if draws:
        best, shares = draws.laws.optimum(C), ((1 - asked.level) / 2, (1 + asked.level) / 2)
        N_ends, D_ends, loss_ends = (
            (float(low), float(high))
            for low, high in (np.quantile(x, shares) for x in (best.N, best.D, best.loss))
        )
        row = replace(row, N_interval=N_ends, D_interval=D_ends, interval=draws.label)
        row = replace(row, loss_interval=loss_ends)
    if asked.served_tokens:
        served, ratio = asked.served_tokens, asked.price_ratio
        row = replace(row, serving=law.inference_optimum(served, loss=loss, price_ratio=ratio))
    if asked.unique_tokens < np.inf:
        repeated = DataConstrainedLaw(law)
        row = replace(row, limited=repeated.optimum(C, asked.unique_tokens))
        if repeated.source and repeated.source.kind == "assumed":
            note = "repetition: Muennighoff's decay, on a law that is not theirs, is assumed"
            row = replace(row, notes=(*row.notes, note))
    return row


def _answer(law: PlanLaw, C: float) -> tuple[float, float, float, float, tuple[str, ...]]:
    """N, D, loss, the exponent of N*, and what must be known about them."""
    if isinstance(law, ChinchillaLaw):
        best = law.optimum(C)
        return float(best.N), float(best.D), float(best.loss), float(law.a), ()
    if isinstance(law, KaplanLaw):
        table = law.optimum(C, at="C")
        N, D = float(table.N), float(table.D)
        notes = (
            f"C is spent at the critical batch, where 6 N D of Table 6 is {6 * N * D / C:.2g} C",
            "loss on WebText2, in tokens of its own: not to be compared with the others",
        )
        return N, D, float(table.loss), law.p_N, notes
    if law.M is not None:
        note = f"states {human(float(law.M(C)))} FLOP per token instead of N, and no loss"
        return np.nan, float(law.D(C)), np.nan, float(law.M.p), (note,)
    split = law.optimum(C)
    if law.N is not None:
        a, note = float(law.N.p), "states no loss"
    else:
        a, note = 1 - float(law.D.p), "states tokens alone: N = C / (6 D) is ours; no loss"
    return float(split.N), float(split.D), np.nan, a, (note,)


def _decades_beyond(source: Provenance | None, C: float) -> float:
    if source is None or source.range is None:
        return np.nan
    low, high = source.range
    return float(max(np.log10(C / high), np.log10(low / C), 0))
