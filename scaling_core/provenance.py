"""Where a number comes from: every constant of this package carries one `Provenance`.

The ledger page lists them all: one without a source, or with an unverified one, cannot exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from scaling_core._check import check_scalar

Kind = Literal["published", "measured", "fitted", "derived", "assumed"]
Grade = Literal["P", "F", "S", "D"]


@dataclass(frozen=True)
class Provenance:
    """Source of a set of numbers: which work, where in it, and how well that was established.

    source   key of `data/references.bib`, or "derived: " and the formula
    where    table, equation, section or file of the source
    kind     published, measured, fitted, derived or assumed
    grade    P authors' own artefact (code, model card, TeX), F full text of the paper,
             S secondary text that quotes the paper with a place, D derived by arithmetic
    units    units of the numbers, where they are not parameters, tokens, FLOP and nats per token
    counts   what the law's N counts: "total", "non-embedding", ...
    range    smallest and largest training budget behind the numbers, FLOP; None if not published
    note     conditions and traps
    checked  another printed number of the same source that these numbers reproduce

    ValueError for an unknown kind or grade; unverified numbers (grade M) do not ship.

    >>> origin = Provenance("hoffmann2022training", "Eq. 10", "published", "F")
    >>> origin.kind, origin.range
    ('published', None)
    >>> Provenance("hu2024minicpm", "body", "published", "M")
    Traceback (most recent call last):
    ValueError: grade must be one of P, F, S, D, got 'M'
    """

    source: str
    where: str
    kind: Kind
    grade: Grade
    units: str = ""
    counts: str = ""
    range: tuple[float, float] | None = None
    note: str = ""
    checked: str = ""

    def __post_init__(self) -> None:
        for name in ("source", "where"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip():
                raise ValueError(f"{name} must say where the number comes from, got {text!r}")
        for name, allowed in (("kind", get_args(Kind)), ("grade", get_args(Grade))):
            if getattr(self, name) not in allowed:
                known = ", ".join(allowed)
                raise ValueError(f"{name} must be one of {known}, got {getattr(self, name)!r}")
        if self.range is not None:
            low, high = (check_scalar("range", end) for end in self.range)
            if low > high:
                raise ValueError(f"range must run from low to high, got {self.range!r}")
            object.__setattr__(self, "range", (low, high))


@dataclass(frozen=True)
class Estimate:
    """One published number, with the interval its source gives, if any.

    value     the number
    source    its Provenance
    low, high the interval; None if not published
    interval  what the interval is: "95 % confidence", "10th to 90th percentile", ...

    ValueError for a number that is not finite, or a low above high.

    >>> from scaling_core import SARTOR_2024
    >>> data = SARTOR_2024["data, mean"]
    >>> data.value, data.low, data.high
    (0.276, 0.236, 0.317)
    """

    value: float
    source: Provenance
    low: float | None = None
    high: float | None = None
    interval: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", check_scalar("value", self.value, "real"))
        if (self.low is None) != (self.high is None):
            raise ValueError(f"low and high come together, got {self.low!r} and {self.high!r}")
        if self.low is not None and self.high is not None:
            low, high = (
                check_scalar("low", self.low, "real"),
                check_scalar("high", self.high, "real"),
            )
            if low > high:
                raise ValueError(f"low must not exceed high, got {low!r} and {high!r}")
            object.__setattr__(self, "low", low)
            object.__setattr__(self, "high", high)


def estimates(
    source: Provenance,
    values: Mapping[str, float | tuple[float, float, float]],
    interval: str = "",
) -> Mapping[str, Estimate]:
    """A read-only table of Estimates with one source: value, or (value, low, high), per name.

    >>> origin = Provenance("hoffmann2022training", "Table 2", "published", "F")
    >>> estimates(origin, {"a": (0.50, 0.488, 0.502)}, "10th to 90th percentile")["a"].high
    0.502
    """
    rows = {name: (v if isinstance(v, tuple) else (v, None, None)) for name, v in values.items()}
    return MappingProxyType(
        {
            name: Estimate(value, source, low, high, interval if low is not None else "")
            for name, (value, low, high) in rows.items()
        }
    )
