"""Where the lab's symbols come from: a source of known entropy, real text, or sums.

`ShannonSource` draws from an order-k Markov chain (k = 2, 3 or 4) whose table is made of the
counts of `text.py` by recursive back-off,

    P_j(c | context) = (count(context c) + tau P_{j-1}(c | context without its oldest symbol))
                       / (count(context) + tau),      tau = 4, P_{-1} = 1/32.

All probabilities are positive, so the chain has one stationary distribution and its entropy rate
E can be computed: no fit is needed to know where the loss of a perfect model would end.

Seeds give the same symbols on every machine: the table is built by IEEE operations, one element
at a time, turned into whole numbers, and compared with the raw output of PCG64.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from scaling_core._check import Array
from scaling_core.lab.text import COUNTS, CorpusError, Symbols, V, identity, read_corpus

TAU = 4
BLOCK = 4096  # sequences that are drawn with one key, so that a longer draw begins as a shorter one
BURN_IN = 32  # symbols dropped: from counted contexts, 1.7e-5 from stationary (total variation)
FULL = 4  # symbols of context from which on losses are measured, whatever the source's order
IDENTITY = "61faeb386d76fa34fb43957460265d9f505686f89aaf3ea425529fc35c001ff8"
TEXT, ADDITION, SHANNON = "django-docs", "addition", "shannon"


def raw32(n: int, *key: int) -> npt.NDArray[np.uint32]:
    """Whole numbers below 2**32 from the raw output of PCG64, which numpy promises to keep."""
    bits = np.random.PCG64(np.random.SeedSequence(key)).random_raw((n + 1) // 2)
    halves = np.stack([bits & np.uint64(2**32 - 1), bits >> np.uint64(32)], axis=1)
    return halves.astype(np.uint32).ravel()[:n]


@dataclass(frozen=True, eq=False)
class ShannonSource:
    """A Markov chain of order k over 32 symbols, and its exact entropies.

    k          # symbols of context, 2 to 4
    P          # (rows, 32): probabilities of the next symbol; the last 32**(k-1) rows are those
               # of the shorter contexts, for the contexts that the text never shows
    row_of     # (32**k,): row of each context, read as a number in base 32
    starts     # (contexts, 2): contexts that the text shows, and how often
    sha256     # identity of the counts

    >>> from scaling_core.lab import ShannonSource
    >>> source = ShannonSource.load()
    >>> source.E  # nats per symbol
    1.13561
    >>> source.sample(2, 6, 100)
    array([[...]], dtype=uint8)
    """

    k: int
    P: Array
    row_of: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    sha256: str
    V: ClassVar[int] = V

    @classmethod
    def load(cls, k: int = 4, file: Path = COUNTS) -> Self:
        """The source of order k from the shipped counts; CorpusError if they are damaged."""
        if k not in (2, 3, 4):
            raise ValueError(f"k must be 2, 3 or 4, the orders that the counts hold, got {k!r}")
        try:
            with file.open("rb") as stream, np.load(stream) as archive:
                keys, counts = np.cumsum(archive["steps"], dtype=np.uint32), archive["counts"]
        except FileNotFoundError:
            raise CorpusError(f"{file} is missing: install the package again") from None
        except Exception as error:  # zip, deflate and npy each have errors of their own
            raise CorpusError(f"{file} is damaged ({error}): install the package again") from None
        found = identity(keys, counts)
        if found != IDENTITY:
            raise CorpusError(
                f"{file}: content has sha256 {found}, expected {IDENTITY}: "
                "install the package again"
            )
        return cls(k, *_table(keys, counts, k), found)

    @cached_property
    def thresholds(self) -> npt.NDArray[np.uint32]:
        """Whole numbers that a raw draw is compared with: 2**32 times the cumulative rows."""
        steps = np.cumsum(self.P[:, :-1], axis=1)  # one after the other: the same on all machines
        return np.minimum(steps * 2.0**32, 2.0**32 - 1).astype(np.uint32)

    def context(self, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """Number, in base 32, of the last k symbols along the last axis."""
        number = np.zeros(symbols.shape[:-1], np.int64)
        for place in range(self.k):
            number = number * V + symbols[..., symbols.shape[-1] - self.k + place]
        return number

    def rows(self, contexts: npt.NDArray[np.int64]) -> Array:
        """True probabilities of the next symbol in each context: shape of `contexts` + (32,)."""
        rows: Array = self.P[self.row_of[contexts]]
        return rows

    def sample(self, n: int, length: int, *key: int) -> Symbols:
        """N sequences of `length` symbols, shape (n, length); the key (whole numbers) is the seed.

        The first m sequences do not depend on n.
        """
        blocks = [
            self._block(min(BLOCK, n - first), length, (*key, first // BLOCK))
            for first in range(0, n, BLOCK)
        ]
        return np.concatenate(blocks) if blocks else np.empty((0, length), np.uint8)

    def _block(self, n: int, length: int, key: tuple[int, ...]) -> Symbols:
        draws = raw32((BURN_IN + length + 1) * BLOCK, *key).reshape(-1, BLOCK)[:, :n]
        reached = np.cumsum(self.starts[:, 1])
        place = draws[0].astype(np.uint64) * np.uint64(reached[-1]) >> np.uint64(32)
        context = self.starts[np.searchsorted(reached, place.astype(np.int64), "right"), 0]
        symbols = np.empty((n, length), np.uint8)
        for step, draw in enumerate(draws[1:]):
            passed = self.thresholds[self.row_of[context]] <= draw[:, None]
            symbol = np.count_nonzero(passed, axis=1)
            context = context % V ** (self.k - 1) * V + symbol
            if step >= BURN_IN:
                symbols[:, step - BURN_IN] = symbol
        return symbols

    @cached_property
    def stationary(self) -> Array:
        """Stationary probability of each context, shape (32**k,); total variation below 1e-6."""
        pi = np.zeros(V**self.k)
        pi[self.starts[:, 0]] = self.starts[:, 1] / self.starts[:, 1].sum()
        short = V ** (self.k - 1)
        n_seen = len(self.P) - short
        seen = np.flatnonzero(self.row_of < n_seen)
        suffix = seen % short
        order = np.argsort(suffix, kind="stable")  # seen contexts that lead to the same suffix
        seen, suffix = seen[order], suffix[order]
        ends, firsts = np.unique(suffix, return_index=True)
        table = self.P[self.row_of[seen]]
        moved = 1.0
        while moved > 1e-7:  # leaves E exact to about as many digits
            rest = pi.reshape(V, short).sum(axis=0)
            rest[ends] -= np.add.reduceat(pi[seen], firsts)
            new = np.maximum(rest, 0)[:, None] * self.P[n_seen:]
            new[ends] += np.add.reduceat(pi[seen, None] * table, firsts, axis=0)
            moved = 0.5 * float(np.abs(new.ravel() - pi).sum())
            pi = new.ravel() / new.sum()
        return pi

    @cached_property
    def ladder(self) -> tuple[float, ...]:
        """H_0 to H_k, nats: entropy of the next symbol given the last 0 to k symbols, exactly."""
        pi = self.stationary
        blocks = [_entropy(pi.reshape(V**j, -1).sum(axis=1)) for j in range(self.k + 1)]
        rungs = [longer - shorter for shorter, longer in pairwise(blocks)]
        row_entropy = -np.sum(self.P * np.log(self.P), axis=1)
        return (*rungs, float(pi @ row_entropy[self.row_of]))

    @property
    def E(self) -> float:
        """Entropy rate in nats per symbol: the loss that no model can beat."""
        return self.ladder[-1]


def _entropy(p: Array) -> float:
    p = p[p > 0]
    return float(-np.sum(p * np.log(p)))


def _table(
    keys: npt.NDArray[np.uint32], counts: npt.NDArray[np.uint32], k: int
) -> tuple[Array, npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Rows, row of each context, and counted contexts of the chain of order k."""
    P = np.full((1, V), 1 / V)
    for j in range(k):  # all contexts of j symbols
        grams = np.bincount(keys % V ** (j + 1), counts, V ** (j + 1)).reshape(-1, V)
        shorter = np.tile(P, (V, 1)) if j else P
        P = (grams + TAU * shorter) / (grams.sum(axis=1, keepdims=True) + TAU)
    gram = keys % V ** (k + 1)
    seen, place = np.unique(gram // V, return_inverse=True)  # 62,552 of 32**4: stay compact
    seen = seen.astype(np.int64)
    grams = np.bincount(place * V + gram % V, counts, len(seen) * V).reshape(-1, V)
    totals = grams.sum(axis=1)
    short = V ** (k - 1)
    rows = (grams + TAU * P[seen % short]) / (totals[:, None] + TAU)
    row_of = len(seen) + np.arange(V**k, dtype=np.int32) % np.int32(short)
    row_of[seen] = np.arange(len(seen), dtype=np.int32)
    starts = np.stack([seen, totals.astype(np.int64)], axis=1)
    return np.concatenate([rows, P]), row_of, starts


@dataclass(frozen=True, eq=False)
class TextSource:
    """Real text, cut into sequences: each stretch of it is read once, in an order of the seed's.

    train, validation  # symbols
    """

    train: Symbols
    validation: Symbols
    name: str
    k: ClassVar[int] = 0
    V: ClassVar[int] = V

    @classmethod
    def load(cls, corpus: Path) -> Self:
        """The Django source distribution (a file) or a folder of .txt files of one's own."""
        train, validation = read_corpus(corpus)
        own = f"text-{identity(train, validation)[:12]}"
        return cls(train, validation, TEXT if corpus.is_file() else own)

    def sample(self, n: int, length: int, *key: int) -> Symbols:
        """N sequences of `length` symbols; CorpusError if the text is too short for them.

        Neighbours share one symbol: it is the target of one and the first input of the other.
        """
        step = length - 1
        offset, draws = int(raw32(1, *key)[0]) % step, raw32(len(self.train) // step, *key, 1)
        most = (len(self.train) - 1 - offset) // step
        if n > most:
            raise CorpusError(
                f"the text has {len(self.train)} training characters, {n * step} are needed"
            )
        first = offset + step * np.argsort(draws[:most], kind="stable")[:n]
        chosen: Symbols = self.train[first[:, None] + np.arange(length)]
        return chosen

    def held_out(self, length: int) -> Symbols:
        """The validation text as sequences that share one symbol with the next, each read once."""
        first = np.arange(0, len(self.validation) - length + 1, length - 1)
        if not len(first):
            raise CorpusError(
                f"the text has {len(self.validation)} validation characters, {length} are needed"
            )
        chosen: Symbols = self.validation[first[:, None] + np.arange(length)]
        return chosen


@dataclass(frozen=True)
class AdditionSource:
    """Sums of two numbers, all written with the lowest digit first: 21+93=150 is 12 + 39 = 51.

    Symbols 0 to 9 are digits, 10 is +, 11 is =.
    """

    digits: int = 4
    k: ClassVar[int] = 0
    V: ClassVar[int] = 12
    name: ClassVar[str] = ADDITION

    @property
    def length(self) -> int:
        """Symbols of a problem with its answer."""
        return 3 * self.digits + 3

    def sample(self, n: int, length: int, *key: int) -> Symbols:
        """N solved problems, shape (n, 3 digits + 3)."""
        if length != self.length:
            raise ValueError(f"length must be {self.length} for {self.digits} digits, got {length}")
        terms = raw32(2 * n, *key).reshape(2, n).astype(np.int64) % 10**self.digits
        written = [_digits(term, self.digits) for term in terms]
        signs = [np.full((n, 1), sign) for sign in (10, 11)]
        answer = _digits(terms.sum(axis=0), self.digits + 1)
        columns = [written[0], signs[0], written[1], signs[1], answer]
        return np.concatenate(columns, axis=1).astype(np.uint8)


def _digits(numbers: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    return numbers[:, None] // 10 ** np.arange(n) % 10


type Source = ShannonSource | TextSource | AdditionSource


@lru_cache(maxsize=4)
def source_of(name: str, k: int = 4, corpus: Path | None = None) -> Source:
    """The source of that name, built once per process.

    ValueError for an unknown name; CorpusError if the corpus is missing or is another text.
    """
    if name == SHANNON:
        return ShannonSource.load(k)
    if name == ADDITION:
        return AdditionSource()
    if name != TEXT and not name.startswith("text-"):
        raise ValueError(f"source must be {SHANNON}, {ADDITION}, {TEXT} or text-..., got {name!r}")
    if corpus is None:
        raise CorpusError(f"the source {name} needs its text: give --corpus")
    text = TextSource.load(corpus)
    if text.name != name:
        raise CorpusError(f"{corpus} is the text {text.name}, the run needs {name}")
    return text
