"""Scores of many steps, samples, votes or items, and what a test set of finite size can see.

How a metric makes a jump of a smooth curve: Schaeffer et al. 2023,
https://arxiv.org/abs/2304.15004 . Repeated sampling: Brown et al. 2024,
https://arxiv.org/abs/2407.21787 .
"""

import numpy as np
import numpy.typing as npt

from scaling_core._check import Array, Domain, Floats, Numbers, broadcast, check, result
from scaling_core._surface import quiet


@quiet
def exact_match(p: Numbers, n: Numbers) -> Floats:
    """Chance that n independent steps are all right, p^n; p in [0, 1], n >= 0, they broadcast.

    >>> exact_match([0.5, 0.9, 0.99], [5, 20, 50])
    array([0.031 , 0.122, 0.605])
    """
    p, n = broadcast(p=check("p", p, "in [0, 1]"), n=check("n", n, "nonnegative"))
    return result(p**n)


@quiet
def pass_at_k(n: Numbers, c: Numbers, k: Numbers) -> Floats:
    """Chance that k of n samples, c of them right, hold a right one: 1 - C(n-c, k)/C(n, k).

    Whole numbers up to 1e5; c and k at most n; they broadcast.
    Without bias, unlike 1 - (1 - c/n)^k.
    Summed in logarithms over min(c, k) factors: the binomials themselves would overflow.

    >>> pass_at_k(200, [0, 10, 150], 100)
    array([0.    , 0.9992, 1.    ])
    """
    n, c, k = broadcast(n=_whole("n", n), c=_whole("c", c, "nonnegative"), k=_whole("k", k))
    _refuse("c", c, c > n, "at most n")
    _refuse("k", k, k > n, "at most n")
    factors, drawn = np.minimum(c, k), np.maximum(c, k)  # the formula is symmetric in c and k
    log_none = np.zeros(n.shape)
    for i in range(int(factors.max(initial=0))):
        log_none = log_none + np.where(i < factors, np.log1p(-drawn / (n - i)), 0)
    return result(np.where(k > n - c, 1, 0 - np.expm1(log_none)))  # more draws than wrong samples


@quiet
def majority(p: Numbers, k: Numbers) -> Floats:
    """Chance that most of k independent votes, each right with p, are right.

    p in [0, 1], k a whole number up to 1e5; they broadcast. A tie is settled by a fair coin, which
    makes an even k exactly as good as k - 1. Two answers only: where wrong votes scatter over
    many, being the most frequent takes less than a majority. Falls with k where p < 1/2.
    Sums the tail of the binomial on its small side, (k - 1)/2 positive terms, without binomials.

    >>> majority([0.4, 0.5, 0.6], 64)
    array([0.0537, 0.5   , 0.9463])
    """
    p, k = broadcast(p=check("p", p, "in [0, 1]"), k=_whole("k", k))
    m = (k - 1) // 2  # most of 2m + 1 votes are m + 1 or more
    rare = np.minimum(p, 1 - p)
    odds, spread = rare / (1 - rare), rare * (1 - rare)
    first = rare  # becomes the chance of exactly m + 1 votes for the rare side
    term = total = np.ones(p.shape)  # chances of m + 1, m + 2, ... votes over that of m + 1
    for i in range(int(m.max(initial=0))):
        first = np.where(i < m, first * spread * (4 * i + 6) / (i + 2), first)
        term = term * odds * (m - i) / (m + 2 + i)  # 0 from i = m on
        total = total + term
    return result(np.where(p > 0.5, 1 - first * total, first * total))


def brier(p: Numbers, outcome: Numbers) -> Floats:
    """Mean squared distance between forecast chances and what happened, over the last axis.

    p and outcome (1 or 0) in [0, 1]; they broadcast, at least one item. 0 is perfect, lower is
    better, always 1/2 gives 1/4. It changes smoothly where accuracy jumps.

    >>> brier([0.9, 0.8, 0.3], [1, 1, 0])
    0.0467
    """
    p, outcome = broadcast(
        p=check("p", p, "in [0, 1]"), outcome=check("outcome", outcome, "in [0, 1]")
    )
    squares = np.atleast_1d((p - outcome) ** 2)
    if not squares.shape[-1]:
        raise ValueError("p and outcome must hold at least one item, got none")
    return result(squares.mean(axis=-1))


@quiet
def items_to_see(p: Numbers, chance: Numbers = 0.95) -> Floats:
    """Test items needed to see at least one success with that chance; inf for p = 0.

    p in [0, 1], the chance of success on one item; chance in (0, 1), default 95 % (convention).
    They broadcast. The smallest whole number with 1 - (1 - p)^items >= chance.

    >>> items_to_see(exact_match(0.3, 5))  # p^5 = 0.00243; from 0.0024 it would be 1247
    1232.0
    """
    p, chance = broadcast(p=check("p", p, "in [0, 1]"), chance=check("chance", chance, "in (0, 1)"))
    items = np.abs(np.log1p(-chance)) / np.abs(np.log1p(-p))
    slack = 1 - 4 * np.finfo(float).eps  # a whole number that rounding lifted stays one
    return result(np.maximum(np.ceil(items * slack), 1))


@quiet
def chance_of_none(p: Numbers, items: Numbers) -> Floats:
    """Chance that a test of so many items shows no success, (1 - p)^items.

    p in [0, 1], items > 0; they broadcast.

    >>> chance_of_none(0.3**5, [100, 1232])
    array([0.784, 0.0499])
    """
    p, items = broadcast(p=check("p", p, "in [0, 1]"), items=check("items", items))
    return result(np.exp(items * np.log1p(-p)))


@quiet
def standard_error(p: Numbers, items: Numbers) -> Floats:
    """Standard error of an accuracy p measured on so many independent items.

    p in [0, 1], items > 0; they broadcast.

    >>> standard_error(0.5, [100, 10000])
    array([0.05 , 0.005])
    """
    p, items = broadcast(p=check("p", p, "in [0, 1]"), items=check("items", items))
    return result(np.sqrt(p * (1 - p) / items))


_MOST = 10**5  # draws or votes: one numpy step for each


def _whole(name: str, value: Numbers, domain: Domain = "positive") -> Array:
    numbers = check(name, value, domain)
    _refuse(name, numbers, numbers % 1 > 0, "a whole number")
    _refuse(name, numbers, numbers > _MOST, f"at most {_MOST}")
    return numbers


def _refuse(name: str, values: Array, bad: npt.NDArray[np.bool_], wanted: str) -> None:
    """ValueError with the place of the first bad entry, if there is one."""
    if bad.any():
        where = np.unravel_index(int(np.argmax(bad)), bad.shape)
        index = f"[{', '.join(str(int(i)) for i in where)}]" if bad.ndim else ""
        raise ValueError(f"{name}{index} must be {wanted}, got {float(values[where])!r}")
