"""A training budget in FLOP, GPU-hours, days and dollars, and the text that its tokens need."""

from dataclasses import dataclass, replace
from typing import Self

from scaling_core._check import check_scalar
from scaling_core.cost import DAY, HOUR, affordable_flops, budget_flops
from scaling_core.registry import datasets

MFU = 0.4  # assumed in 2026: `utilisation()` has runs from 21 % to 57 %


@dataclass(frozen=True)
class Budget:
    """Training compute, and what it means in GPU-hours, days and dollars where that is known.

    C                   # FLOP
    peak                # dense FLOP/s of one GPU at the precision of the run; None: not known
    mfu                 # share of that peak which 6ND explains, in (0, 1]; 0.4 is assumed (2026)
    gpus                # at least 1; None: not known
    price_per_gpu_hour  # dollars, >= 0; None: not known. `prices()` has dated ones

    >>> from scaling_core import hardware
    >>> h100 = hardware()["NVIDIA H100 SXM"].bf16
    >>> budget = Budget.from_gpus(64, days=30, peak=h100, price_per_gpu_hour=2.95)
    >>> budget.C, budget.gpu_hours, budget.dollars
    (6.56e22, 46080.0, 135936.0)
    """

    C: float
    peak: float | None = None
    mfu: float = MFU
    gpus: float | None = None
    price_per_gpu_hour: float | None = None

    def __post_init__(self) -> None:
        checked: dict[str, float] = {
            "C": check_scalar("C", self.C),
            "mfu": check_scalar("mfu", self.mfu, "in (0, 1]"),
        }
        if self.peak is not None:
            checked["peak"] = check_scalar("peak", self.peak)
        if self.gpus is not None:
            checked["gpus"] = check_scalar("gpus", self.gpus, "at least 1")
        if self.price_per_gpu_hour is not None:
            price = check_scalar("price_per_gpu_hour", self.price_per_gpu_hour, "nonnegative")
            checked["price_per_gpu_hour"] = price
        for name, number in checked.items():
            object.__setattr__(self, name, number)

    @classmethod
    def from_gpus(
        cls,
        gpus: float,
        days: float,
        peak: float,
        mfu: float = MFU,
        price_per_gpu_hour: float | None = None,
    ) -> Self:
        """The compute of so many GPUs (>= 1) in so many days (> 0).

        >>> Budget.from_gpus(64, days=30, peak=312e12).C  # A100, BF16
        2.07e22
        """
        machine = cls(1.0, peak, mfu, gpus, price_per_gpu_hour)  # checks the arguments
        C = budget_flops(gpus, check_scalar("days", days), peak, mfu)
        return replace(machine, C=float(C))

    @classmethod
    def from_dollars(
        cls,
        dollars: float,
        price_per_gpu_hour: float,
        peak: float,
        mfu: float = MFU,
        gpus: float | None = None,
    ) -> Self:
        """The compute that so many dollars (> 0) rent at a price per GPU-hour (> 0).

        >>> Budget.from_dollars(1e6, 2.95, peak=989e12).C  # H100, BF16
        4.83e23
        """
        price = check_scalar("price_per_gpu_hour", price_per_gpu_hour)
        machine = cls(1.0, peak, mfu, gpus, price)  # checks the arguments
        C = affordable_flops(check_scalar("dollars", dollars), price, peak, mfu)
        return replace(machine, C=float(C))

    @property
    def gpu_hours(self) -> float | None:
        """Hours of one GPU, over all of them; None without a peak.

        >>> Budget(5.88e21, peak=312e12).gpu_hours  # a nominal 7B on 140B tokens
        13087.6
        """
        return None if self.peak is None else self.C / (self.peak * self.mfu * HOUR)

    @property
    def days(self) -> float | None:
        """Days on all the GPUs, none of which ever stops; None without a peak or their number.

        >>> Budget(5.88e21, peak=312e12, gpus=64).days
        8.52
        """
        hours = self.gpu_hours
        return None if hours is None or self.gpus is None else hours * HOUR / (DAY * self.gpus)

    @property
    def dollars(self) -> float | None:
        """Rent of the GPU-hours; None without a peak or a price.

        >>> Budget(5.88e21, peak=312e12, price_per_gpu_hour=2).dollars
        26175.2
        """
        hours, price = self.gpu_hours, self.price_per_gpu_hour
        return None if hours is None or price is None else hours * price


@dataclass(frozen=True)
class DataNeed:
    """How often one body of text would be read to give some number of tokens.

    name, kind  # the row of `datasets()`: a "corpus" that exists, or an estimate of a "stock"
    size        # its tokens
    low, high   # ends of the 95 % interval of a stock; None for a corpus
    epochs      # tokens wanted over size: above 1, it does not suffice without repetition

    >>> [need.name for need in data_needs(15.6e12) if need.epochs <= 1][:2]
    ['Llama 3 corpus', 'RedPajama v2']
    """

    name: str
    kind: str
    size: float
    low: float | None
    high: float | None
    epochs: float


def data_needs(D: float) -> tuple[DataNeed, ...]:
    """Every corpus and stock of text whose tokens are known, smallest first, against D tokens.

    Tokens of different tokenizers count as if they were the same; the two counts of C4 among these
    rows, 156B and 175B, show how much that can matter.

    >>> need = data_needs(50e12)[-2]
    >>> need.name, need.epochs
    ('Stock with repetition', 0.156)
    """
    D = check_scalar("D", D)
    needs = (
        DataNeed(row.name, row.kind, row.size, row.low, row.high, D / row.size)
        for row in datasets()
        if row.kind != "robot" and row.unit == "tokens" and row.size is not None
    )
    return tuple(sorted(needs, key=lambda need: need.size))
