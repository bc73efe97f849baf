"""Numbers as text and back; units of loss."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_core import (
    PF_DAY,
    TFLOP,
    bits_per_byte,
    bits_to_nats,
    human,
    nats_to_bits,
    parse,
    percent,
    perplexity,
    tex,
    usd,
)

unhurried = settings(deadline=None)  # a busy machine is no failure
magnitudes = st.floats(-30, 30).map(lambda exponent: 10.0**exponent)
signed = st.builds(lambda x, sign: x * sign, magnitudes, st.sampled_from([1, -1]))


def test_a_petaflop_day_is_a_rate_times_a_day():
    assert PF_DAY == 1e15 * 24 * 3600
    assert TFLOP == 10**12


@pytest.mark.parametrize(
    ("x", "text", "why"),
    [
        (29446133734.88, "29.4B", "three digits"),
        (566005262922.6, "566B", "no decimals left"),
        (70e9, "70B", "trailing zeros dropped"),
        (1.4e12, "1.4T", "trillions"),
        (999.6e6, "1B", "rounding carries into the next unit"),
        (999.4e6, "999M", "just below the carry"),
        (950, "950", "no suffix below a thousand"),
        (1000, "1K", "the suffix starts at a thousand"),
        (0.34, "0.34", "fractions stay"),
        (12.5, "12.5", "fractions stay"),
        (0.0001234, "0.000123", "plain down to 1e-4"),
        (0.00009996, "0.0001", "rounding carries into plain form"),
        (0.00001234, "1.23e-05", "scientific below"),
        (1e-18, "1e-18", "dollars per FLOP"),
        (999.4e12, "999T", "the last unit"),
        (999.5e12, "1e+15", "carry out of the last unit; a tie goes to the even digit"),
        (5.76e23, "5.76e+23", "scientific above"),
        (1e100, "1e+100", "three digits of exponent"),
        (2824.5, "2.82K", "rounded once, from the number itself"),
        (12345, "12.3K", "thousands"),
        (1.125, "1.12", "exact tie to even"),
        (1.375, "1.38", "exact tie to even"),
        (-70e9, "-70B", "sign"),
        (0, "0", "zero"),
        (-0.0, "0", "no negative zero"),
        (math.inf, "inf", "a target out of reach"),
        (-math.inf, "-inf", "the other end"),
        (10**24, "1e+24", "Python integers of any size"),
        (np.float32(1.5e9), "1.5B", "numpy scalars"),
        (np.array(7e9), "7B", "0-dimensional arrays"),
    ],
)
def test_human_form_of(x, text, why):
    assert human(x) == text, why


def test_digits_can_be_chosen():
    assert human(29446133734.88, 4) == "29.45B"
    assert human(950, 1) == "1K"  # 9.5e2 is a tie, 10e2 the even neighbour: carries
    assert human(123456, 2) == "120K"
    assert tex(3.1549e23, digits=4) == r"$3.155 \times 10^{23}$"
    assert usd(1234.5, digits=2) == r"\$1.2K"
    assert percent(0.12345, digits=2) == "12%"
    with pytest.raises(ValueError, match="digits must be a whole number of at least 1, got 0"):
        human(1, 0)


@pytest.mark.parametrize("form", [human, tex, usd, percent])
def test_only_one_real_number_can_be_formatted(form):
    with pytest.raises(TypeError, match=r"x must be one number, got an array of shape \(2,\)"):
        form([1e9, 2e9])
    with pytest.raises(TypeError, match=r"x must be a real number.*got str"):
        form("70B")
    with pytest.raises(TypeError, match="got bool"):
        form(True)
    with pytest.raises(ValueError, match="x must be real, got nan"):
        form(math.nan)


@unhurried
@given(signed)
def test_parse_undoes_human_to_half_a_percent(x):
    assert abs(parse(human(x)) / x - 1) <= 0.005


@unhurried
@given(signed, st.integers(1, 15))
def test_human_form_is_stable_once_rounded(x, digits):
    assert human(parse(human(x, digits)), digits) == human(x, digits)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.4T", 1.4e12),
        ("70b", 70e9),
        ("70 B", 70e9),
        (" 12.5m ", 12.5e6),
        ("3k", 3000),
        ("5.76e+23", 5.76e23),
        ("5.76E23", 5.76e23),
        ("1e-18", 1e-18),
        ("-8B", -8e9),
        ("+8.B", 8e9),
        (".5", 0.5),
        ("0", 0),
        ("0.1B", 1e8),  # 0.1 * 1e9 is the same float, 1.1 * 1e9 would not be
        ("1.1B", 1.1e9),
    ],
)
def test_parse_reads(text, number):
    assert parse(text) == number


@pytest.mark.parametrize(
    "text",
    ["", " ", ".", "B", "12Q", "1.2.3B", "1e3B", "1,000", "1_000", "nan", "inf", "1e999", "\u0663"],
)
def test_parse_refuses_and_quotes(text):
    with pytest.raises(ValueError, match=r"cannot read '.*' as a number") as error:
        parse(text)
    assert repr(text) in str(error.value)


def test_parse_takes_text_only():
    with pytest.raises(TypeError, match="text must be a string, got float"):
        parse(1.5)


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (1e23, "$10^{23}$"),
        (-1e23, "$-10^{23}$"),
        (3.15e23, r"$3.15 \times 10^{23}$"),
        (9.999e22, "$10^{23}$"),
        (999, "$999$"),
        (999.6, "$10^{3}$"),
        (1000, "$10^{3}$"),
        (20, "$20$"),
        (0.34, "$0.34$"),
        (0.001, "$0.001$"),
        (0.00099, r"$9.9 \times 10^{-4}$"),
        (0, "$0$"),
        (math.inf, r"$\infty$"),
        (-math.inf, r"$-\infty$"),
    ],
)
def test_tex_form(x, text):
    assert tex(x) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (2.3e6, r"\$2.3M"),
        (2_345_678, r"\$2.35M"),
        (2.69, r"\$2.69"),
        (-1250, r"-\$1.25K"),
        (0, r"\$0"),
        (1e-18, r"\$1e-18"),
    ],
)
def test_money_has_an_escaped_dollar_sign(x, text):
    assert usd(x) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.116, "11.6%"),
        (-0.05131, "-5.13%"),
        (1, "100%"),
        (12.34, "1230%"),
        (0.99951, "100%"),
        (1e-6, "0.0001%"),
        (0, "0%"),
        (math.inf, "inf%"),
    ],
)
def test_percent_takes_a_fraction(x, text):
    assert percent(x) == text


def test_a_bit_is_ln_2_nats():
    assert nats_to_bits(math.log(2)) == 1
    assert bits_to_nats(8) == pytest.approx(8 * 0.6931471805599453, rel=1e-15)  # a byte
    assert type(nats_to_bits(1)) is float


@unhurried
@given(st.floats(-1e9, 1e9))
def test_bits_and_nats_undo_each_other(nats):
    assert bits_to_nats(nats_to_bits(nats)) == pytest.approx(nats, rel=1e-15, abs=0)


def test_a_uniform_guess_has_the_vocabulary_as_perplexity():
    assert perplexity(math.log(50257)) == pytest.approx(50257, rel=1e-14)
    assert perplexity(0) == 1
    assert perplexity(1e4) == math.inf  # beyond float64
    assert perplexity([0, 1]).tolist() == [1, math.e]


def test_the_larger_loss_per_token_can_be_the_better_model():
    worse, better = bits_per_byte([2.4, 2.6], [3.6, 4.4])
    assert round(worse, 3) == 0.962
    assert round(better, 3) == 0.853


@unhurried
@given(st.floats(0, 20), st.floats(0.5, 20))
def test_bits_per_byte_agree_with_40_digits(nats, length):
    with mpmath.workdps(40):
        exact = float(mpmath.mpf(nats) / mpmath.mpf(length) / mpmath.log(2))
    assert bits_per_byte(nats, length) == pytest.approx(exact, rel=1e-15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nats_to_bits(math.inf), "nats must be finite"),
        (lambda: bits_to_nats([0, math.nan]), r"bits\[1\] must be finite"),
        (lambda: perplexity(-1), "loss must be nonnegative, got -1.0"),
        (lambda: bits_per_byte(-1, 4), "nats must be nonnegative"),
        (lambda: bits_per_byte(1, 0), "bytes_per_token must be positive, got 0.0"),
        (lambda: bits_per_byte([1, 2], [1, 2, 3]), "nats and bytes_per_token must broadcast"),
    ],
)
def test_units_refuse(call, message):
    with pytest.raises(ValueError, match=message):
        call()
