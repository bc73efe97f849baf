"""Units, and numbers as text that a reader can take in at a glance."""

import math
import re
from decimal import Decimal

import numpy as np

from scaling_core._check import Floats, Numbers, broadcast, check, check_count, check_scalar, result

PF_DAY = 8.64e19  # FLOP: 1e15 FLOP/s for 86,400 s, the unit of Kaplan et al. 2020
TFLOP = 1e12  # FLOP

_SUFFIXES = ("", "K", "M", "B", "T")  # one per three zeros
_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?: *([kmbt])|(e[+-]?[0-9]+))?", re.I)


def human(x: float, digits: int = 3) -> str:
    """One number with a suffix K, M, B or T, rounded to three significant digits.

    From 1e15 on, and below 1e-4, in scientific notation; trailing zeros are dropped.
    NaN is a ValueError, an array a TypeError.

    >>> human(29446133734.88), human(70e9), human(1.4e12), human(950)
    ('29.4B', '70B', '1.4T', '950')
    >>> human(5.76e23), human(999.6e6)  # rounding carries into the next unit
    ('5.76e+23', '1B')
    """
    value = _one_number("x", x)
    if not math.isfinite(value):
        return str(value)
    rounded = _rounded(value, digits)
    exponent = rounded.adjusted()
    if rounded and not -5 < exponent < 15:
        return f"{_plain(rounded.scaleb(-exponent))}e{exponent:+03d}"
    zeros = 3 * (max(exponent, 0) // 3)
    return _plain(rounded.scaleb(-zeros)) + _SUFFIXES[zeros // 3]


def parse(text: str) -> float:
    """The number that a text such as "1.4T", "70 b" or "5.76e+23" stands for.

    Suffixes K, M, B, T in either case, or plain and scientific numbers; else a ValueError.

    >>> parse("1.4T"), parse("70 b"), parse("5.76e+23")
    (1400000000000.0, 70000000000.0, 5.76e+23)
    >>> parse("12Q")
    Traceback (most recent call last):
    ValueError: cannot read '12Q' as a number such as 950, 29.4B, 1.4T or 5.76e23
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, got {type(text).__name__}")
    value = math.inf
    if found := _QUANTITY.fullmatch(text.strip()):
        number, suffix, power = found.groups(default="")
        value = float(number + (power or f"e{3 * _SUFFIXES.index(suffix.upper())}"))
    if math.isinf(value):
        raise ValueError(f"cannot read {text!r} as a number such as 950, 29.4B, 1.4T or 5.76e23")
    return value


def tex(x: float, digits: int = 3) -> str:
    r"""One number as a formula, dollar signs included, rounded to three significant digits.

    >>> tex(1e23), tex(3.15e23)
    ('$10^{23}$', '$3.15 \\times 10^{23}$')
    >>> tex(20), tex(0.34)  # no power of ten from 0.001 up to 1000
    ('$20$', '$0.34$')
    """
    value = _one_number("x", x)
    if not math.isfinite(value):
        return r"$\infty$" if value > 0 else r"$-\infty$"
    rounded = _rounded(value, digits)
    exponent = rounded.adjusted()
    if not rounded or -4 < exponent < 3:
        return f"${_plain(rounded)}$"
    mantissa = _plain(rounded.scaleb(-exponent))
    factor = {"1": "", "-1": "-"}.get(mantissa, rf"{mantissa} \times ")
    return f"${factor}10^{{{exponent}}}$"


def usd(x: float, digits: int = 3) -> str:
    r"""One amount of money in US dollars; the dollar sign is escaped for Markdown.

    >>> usd(2.3e6), usd(2.69), usd(-1250)
    ('\\$2.3M', '\\$2.69', '-\\$1.25K')
    """
    text = human(x, digits)
    return rf"-\${text[1:]}" if text.startswith("-") else rf"\${text}"


def percent(x: float, digits: int = 3) -> str:
    """One share or relative change, given as a fraction, in percent.

    >>> percent(0.116), percent(-0.05131), percent(1.5)
    ('11.6%', '-5.13%', '150%')
    """
    value = _one_number("x", x)
    if not math.isfinite(value):
        return f"{value}%"
    return _plain(_rounded(value, digits).scaleb(2)) + "%"


def nats_to_bits(nats: Numbers) -> Floats:
    """A loss, or a difference of losses, in bits.

    >>> nats_to_bits(1.69)  # Hoffmann's printed E, per token
    2.438
    """
    return result(check("nats", nats, "real") / np.log(2))


def bits_to_nats(bits: Numbers) -> Floats:
    """A loss, or a difference of losses, in nats.

    >>> bits_to_nats(1)
    0.6931
    """
    return result(check("bits", bits, "real") * np.log(2))


def perplexity(loss: Numbers) -> Floats:
    """How many equally likely tokens would be as hard to guess: e to the loss in nats per token.

    >>> perplexity([0, 1.92])
    array([1.  , 6.82])
    """
    with np.errstate(over="ignore"):
        return result(np.exp(check("loss", loss, "nonnegative")))


def bits_per_byte(nats: Numbers, bytes_per_token: Numbers) -> Floats:
    """The loss in bits per byte of text, which, unlike nats per token, tokenizers can share.

    nats per token; bytes_per_token is the tokenizer's average on the same text. They broadcast.

    >>> bits_per_byte([2.4, 2.6], [3.6, 4.4])  # the larger loss is the better model
    array([0.962, 0.853])
    """
    loss = check("nats", nats, "nonnegative")
    length = check("bytes_per_token", bytes_per_token)
    loss, length = broadcast(nats=loss, bytes_per_token=length)
    return result(loss / (length * np.log(2)))


def _one_number(name: str, x: float) -> float:
    return check_scalar(name, x, "real or inf") + 0.0  # turns -0.0 into 0.0


def _rounded(value: float, digits: int) -> Decimal:
    # the format rounds the exact binary value; dividing by a unit first would round twice
    return Decimal(f"{value:.{check_count('digits', digits) - 1}e}")


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"  # no trailing zeros, no exponent
