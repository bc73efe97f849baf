"""What several tests of the lab use: small runs, sources, hashes of arrays, short exams."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256

import numpy as np
import pytest

from scaling_core.lab import RunConfig, ShannonSource, config, exam

TINY = RunConfig("quick", "shannon", d=4, tokens=5_120, lr=0.03, seed=7, k=2)
SUMS = RunConfig(
    "addition", "addition", d=8, tokens=5_040, lr=0.02, seed=1, k=0, T=14, batch=504,
    rel_start="zero", evals=3,
)  # fmt: skip


@cache
def shannon(k: int = 4) -> ShannonSource:
    return ShannonSource.load(k)


def hash_of(array: np.ndarray) -> str:
    """First digits of the sha256 of the bytes, least significant first."""
    little = array.astype(array.dtype.newbyteorder("<"))
    return sha256(np.ascontiguousarray(little).tobytes()).hexdigest()[:16]


@contextmanager
def short_exam() -> Iterator[None]:
    """An eighth of the validation sequences, for tests that look at rules, not at decimals."""
    assert exam.HELD_OUT == config.HELD_OUT == 4096
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exam, "HELD_OUT", 512)
        yield
