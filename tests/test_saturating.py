"""The law that levels off at both ends, and laws from published tables."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import powers_of_ten, steady

from scaling_core import GADRE_2024_ERRORS, ZHAI_2022, OffsetPowerLaw
from scaling_core.saturating import SaturatingPowerLaw

laws = st.builds(
    SaturatingPowerLaw,
    st.floats(0.1, 5),
    st.floats(0.05, 1.5),
    st.floats(0, 0.5),
    st.floats(0.01, 10),
)
computes = powers_of_ten(-4, 8)


@steady
@given(laws, computes)
def test_error_and_slope_agree_with_40_digits(law, C):
    with mpmath.workdps(40):
        power = law.a * (mpmath.mpf(C) + law.d) ** -mpmath.mpf(law.b)
        error = power + law.c
        slope = law.b * power / error * C / (C + mpmath.mpf(law.d))
    assert law(C) == pytest.approx(float(error), rel=1e-14)
    assert law.slope(C) == pytest.approx(float(slope), rel=1e-13)


@steady
@given(laws, computes)
def test_inverse_undoes_the_law(law, C):
    error = law(C)
    assume(error - law.c > 1e-6 * error)
    lost = 1e-15 * error / (error - law.c) / law.b * (C + law.d) / C
    assert law.inverse(error) == pytest.approx(C, rel=2 * lost + 1e-13)


@steady
@given(laws, computes)
def test_slope_is_the_logarithmic_derivative(law, C):
    h = 1e-4
    numerical = -math.log(law(C * math.exp(h)) / law(C * math.exp(-h))) / (2 * h)
    assert law.slope(C) == pytest.approx(numerical, rel=1e-6, abs=1e-10)
    assert 0 <= law.slope(C) <= law.b


@steady
@given(st.floats(0.1, 5), st.floats(0.05, 1.5), st.floats(0, 0.5), computes)
def test_without_d_it_is_the_offset_law(a, b, c, C):
    law, offset = SaturatingPowerLaw(a, b, c, 0), OffsetPowerLaw(c, a, b)
    assert law(C) == pytest.approx(offset(C), rel=1e-15)
    assert law.slope(C) == pytest.approx(offset.slope(C), rel=1e-13)
    assert law.inverse(law(C)) == pytest.approx(offset.inverse(offset(C)), rel=1e-12)


def test_both_ends_are_level():
    law = SaturatingPowerLaw(0.6, 0.3, 0.1, 0.5)
    with np.errstate(all="raise"):
        assert law([0, math.inf]).tolist() == [pytest.approx(0.6 * 0.5**-0.3 + 0.1), 0.1]
        assert law.slope([0, math.inf]).tolist() == [0, 0]
        assert law.inverse([law(0), 1e3, 0.1, 0.05]).tolist() == [
            pytest.approx(0, abs=1e-14),
            0,
            math.inf,
            math.inf,
        ]
        pure = SaturatingPowerLaw(2, 0.5, 0, 0)
        assert pure([0, 4, math.inf]).tolist() == [math.inf, 1, 0]
        assert pure.slope([0, 4, math.inf]).tolist() == [0.5, 0.5, 0.5]
    assert law.value(3.0) == law(3.0)
    assert type(law(3)) is type(law.inverse(0.5)) is type(law.slope(3)) is float


def test_many_laws_come_first():
    many = SaturatingPowerLaw([0.5, 0.6], 0.3, [0.1, 0.2], 0.5)
    for method in ("value", "inverse", "slope"):
        answer = getattr(many, method)([0.25, 1.0, 4.0])
        assert answer.shape == (2, 3)
        assert answer[1] == pytest.approx(getattr(many[1], method)([0.25, 1.0, 4.0]), rel=1e-15)


def test_zhais_two_fits_come_with_their_source():
    for name, table in ZHAI_2022.items():
        law = SaturatingPowerLaw.from_estimates(table)
        assert (law.a, law.b, law.c, law.d) == tuple(table[letter].value for letter in "abcd")
        assert law.source is table["a"].source, name
    tuned, ten_shot = (SaturatingPowerLaw.from_estimates(t) for t in ZHAI_2022.values())
    C = np.geomspace(0.1, 1e5, 20)
    assert np.all(tuned(C) < ten_shot(C))


def test_a_table_of_another_law_is_refused():
    with pytest.raises(ValueError, match=r"estimates must hold a, b, c, d; got k, gamma, eps$"):
        SaturatingPowerLaw.from_estimates(GADRE_2024_ERRORS["C4, all tasks"])


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: SaturatingPowerLaw(0, 1, 0, 0), "a must be positive"),
        (lambda: SaturatingPowerLaw(1, 0, 0, 0), "b must be positive"),
        (lambda: SaturatingPowerLaw(1, 1, -1, 0), "c must be nonnegative"),
        (lambda: SaturatingPowerLaw(1, 1, 0, -1), "d must be nonnegative"),
        (lambda: SaturatingPowerLaw(1, 1, 0, 0)(-1), r"C must be nonnegative, got -1\.0"),
        (lambda: SaturatingPowerLaw(1, 1, 0, 0).slope(-1), r"C must be nonnegative, got -1\.0"),
        (lambda: SaturatingPowerLaw(1, 1, 0, 0).inverse(0), r"E must be positive, got 0\.0"),
        (lambda: SaturatingPowerLaw(1, 1, 0, 0).inverse(math.inf), "E must be finite, got inf"),
    ],
)
def test_what_is_out_of_range_is_named(build, words):
    with pytest.raises(ValueError, match=words):
        build()
