"""What training costs: GPU-hours, days and dollars, and the way back from those to FLOP.

6ND FLOP (Kaplan et al. 2020, arXiv:2001.08361, sec. 2.1) at a share of the peak FLOP/s, the MFU:
model FLOP utilisation (Chowdhery et al. 2022, arXiv:2204.02311, sec. 4, who count attention too).
Every price and every MFU is an argument: rows to start from, dated, are in `registry.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from scaling_core._batch import BatchedLaw
from scaling_core._check import Array, Domain, Floats, Numbers, broadcast, check, result
from scaling_core._surface import quiet
from scaling_core.compute import training_flops

HOUR = 3600.0  # seconds
DAY = 24 * HOUR


@dataclass(frozen=True, eq=False)
class TrainingRun(BatchedLaw):
    """A training run on rented accelerators: its FLOP, GPU-hours, days and dollars.

    N     # parameters (the active ones of a mixture of experts)
    D     # training tokens
    peak  # dense FLOP/s of one GPU at the precision of the run: an A100 has 312e12 in BF16,
          # 156e12 in TF32
    mfu   # share of that peak which 6ND explains, in (0, 1]
    gpus  # at least 1; matters for the days alone

    All may be arrays of shapes that broadcast. A price per GPU-hour may be one too; answers then
    have the shape run.shape + price.shape.

    >>> from scaling_core import hardware
    >>> run = TrainingRun(7e9, 140e9, peak=hardware()["NVIDIA A100 SXM"].bf16, mfu=0.4, gpus=64)
    >>> run.flops, run.gpu_hours, run.days
    (5.88e21, 13087.6, 8.52)
    """

    N: Floats
    D: Floats
    peak: Floats
    mfu: Floats
    gpus: Floats = 1.0

    _domains: ClassVar[Mapping[str, Domain]] = {
        "N": "positive",
        "D": "positive",
        "peak": "positive",
        "mfu": "in (0, 1]",
        "gpus": "at least 1",
    }

    @property
    def flops(self) -> Floats:
        """Training compute 6ND in FLOP.

        >>> TrainingRun(70e9, 15e12, peak=989e12, mfu=0.4).flops  # a nominal Llama 3 70B
        6.3e24
        """
        return training_flops(self.N, self.D)

    @property
    @quiet
    def gpu_hours(self) -> Floats:
        """Hours of one GPU that the run takes, over all of them: 6ND / (peak mfu 3600).

        >>> TrainingRun(7e9, 140e9, peak=[312e12, 156e12], mfu=0.4).gpu_hours  # A100, BF16 and TF32
        array([13088., 26175.])
        """
        _, _, peak, mfu, _ = self._spread(0)
        return result(np.divide(self.flops, peak * mfu * HOUR))

    @property
    @quiet
    def days(self) -> Floats:
        """Days of wall clock on `gpus` GPUs that never stop.

        >>> TrainingRun(70e9, 15e12, peak=989e12, mfu=0.4, gpus=16_384).days  # H100, BF16
        11.25
        """
        return result(self.gpu_hours / (24 * np.asarray(self.gpus)))

    @quiet
    def gpus_for(self, days: Numbers) -> Floats:
        """GPUs that finish the run in so many days at the same mfu; not rounded up.

        days > 0. More GPUs talk more: a real run's mfu falls as they are added.

        >>> TrainingRun(70e9, 15e12, peak=989e12, mfu=0.4).gpus_for([30, 90])
        array([6144., 2048.])
        """
        days = check("days", days)
        return result(self._hours(days.ndim) / (24 * days))

    @quiet
    def cost(self, price_per_gpu_hour: Numbers) -> Floats:
        """Dollars for the GPU-hours of the run; price_per_gpu_hour in dollars, >= 0.

        >>> TrainingRun(7e9, 140e9, peak=312e12, mfu=0.4).cost([1.10, 2])
        array([14396., 26175.])
        """
        price = check("price_per_gpu_hour", price_per_gpu_hour, "nonnegative")
        return result(self._hours(price.ndim) * price)

    def _hours(self, ndim: int) -> Array:
        return np.reshape(self.gpu_hours, self.shape + (1,) * ndim)


@quiet
def implied_mfu(N: Numbers, D: Numbers, peak: Numbers, gpu_hours: Numbers) -> Floats:
    """Model FLOP utilisation behind reported GPU-hours: 6ND / (3600 gpu_hours peak).

    N parameters, D tokens, peak in dense FLOP/s of one GPU, all > 0; they broadcast.
    Hours on model cards can include more than the main run, which lowers the answer (a nominal
    Llama 3 8B: 16 %); one above 1 says that the hours, the precision or the number of tokens is
    another than thought.

    >>> from scaling_core import hardware, models
    >>> llama = models()["LLaMA 65B"]
    >>> a100 = hardware()["NVIDIA A100 SXM"]
    >>> implied_mfu(llama.params_active, llama.tokens, a100.bf16, llama.gpu_hours)
    0.477
    """
    N, D, peak, hours = _args(N=N, D=D, peak=peak, gpu_hours=gpu_hours)
    return result(np.divide(training_flops(N, D), peak * hours * HOUR))


@quiet
def budget_flops(gpus: Numbers, days: Numbers, peak: Numbers, mfu: Numbers) -> Floats:
    """FLOP of model that `gpus` GPUs train in `days` days: a time budget as a compute budget C.

    gpus >= 1, days > 0, peak in dense FLOP/s of one GPU, mfu in (0, 1]; they broadcast.

    >>> budget_flops(gpus=64, days=30, peak=312e12, mfu=0.4)  # A100, BF16
    2.07e22
    """
    gpus, days, peak, mfu = _args(gpus=gpus, days=days, peak=peak, mfu=mfu)
    return result(gpus * days * DAY * peak * mfu)


@quiet
def price_per_flop(price_per_gpu_hour: Numbers, peak: Numbers, mfu: Numbers) -> Floats:
    """Dollars per useful FLOP: price_per_gpu_hour / (3600 peak mfu).

    price_per_gpu_hour in dollars, >= 0; peak in dense FLOP/s, > 0; mfu in (0, 1]; they broadcast.

    >>> price_per_flop(2, peak=[312e12, 989e12], mfu=0.4)  # A100 and H100, BF16, at $2 an hour
    array([4.45e-18, 1.40e-18])
    """
    price, peak, mfu = _args(price_per_gpu_hour=price_per_gpu_hour, peak=peak, mfu=mfu)
    return result(price / (HOUR * peak * mfu))


@quiet
def affordable_flops(
    dollars: Numbers, price_per_gpu_hour: Numbers, peak: Numbers, mfu: Numbers
) -> Floats:
    """FLOP that so many dollars buy: a money budget as a compute budget C; inf at a price of 0.

    dollars > 0; the rest as in `price_per_flop`; they broadcast.

    >>> affordable_flops(1e6, price_per_gpu_hour=2.95, peak=989e12, mfu=0.4)  # H100, May 2026
    4.83e23
    """
    dollars, price, peak, mfu = _args(
        dollars=dollars, price_per_gpu_hour=price_per_gpu_hour, peak=peak, mfu=mfu
    )
    return result(np.divide(dollars, price_per_flop(price, peak, mfu)))


def _args(**values: Numbers) -> tuple[Array, ...]:
    domains: dict[str, Domain] = {
        "gpus": "at least 1",
        "mfu": "in (0, 1]",
        "price_per_gpu_hour": "nonnegative",
    }
    checked = {name: check(name, x, domains.get(name, "positive")) for name, x in values.items()}
    return broadcast(**checked)


def refuse(name: str, values: Array, bad: npt.NDArray[np.bool_], words: str, limit: Array) -> None:
    """ValueError for the first entry that is bad, with its index and its limit.

    >>> refuse("N", np.array([1.0, 3.0]), np.array([False, True]), "below M", np.array([2.0, 2.0]))
    Traceback (most recent call last):
    ValueError: N[1] must be below M 2.0, got 3.0
    """
    if np.any(bad):
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        index = str(list(where)) if where else ""
        raise ValueError(
            f"{name}{index} must be {words} {float(limit[where])!r}, got {float(values[where])!r}"
        )
