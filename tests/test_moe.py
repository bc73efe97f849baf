"""Two forms for mixtures of experts, with made-up constants."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import params, steady, tokens

from scaling_core import ChinchillaLaw, moe
from scaling_core.moe import FineGrainedLaw, RoutedLaw

routed = st.builds(
    RoutedLaw,
    st.floats(-0.3, -0.02),
    st.floats(-0.3, 0.1),
    st.floats(-0.01, 0.02),
    st.floats(0, 4),
)
fine = st.builds(
    FineGrainedLaw,
    c=st.floats(0, 2),
    a=st.floats(1, 50),
    alpha=st.floats(0.05, 0.5),
    g=st.floats(0.1, 10),
    gamma=st.floats(0.1, 2),
    b=st.floats(1, 50),
    beta=st.floats(0.05, 0.5),
)
experts = st.integers(1, 512)
granularity = st.sampled_from([1, 2, 4, 8, 16, 64])


# Clark's form


@steady
@given(routed, params, experts)
def test_the_routed_law_agrees_with_40_digits(law, N, n):
    with mpmath.workdps(40):
        x, y = mpmath.log(N), mpmath.log(n)
        exact = mpmath.exp(law.a * x + law.b * y + law.c * x * y + law.d)
        dense = mpmath.exp((mpmath.log(exact) - law.d) / law.a)
    assert law.loss(N, n) == pytest.approx(float(exact), rel=1e-13)
    assert law.dense_params(N, n) == pytest.approx(float(dense), rel=1e-12)


@steady
@given(routed, params, experts)
def test_dense_params_have_the_same_loss_with_one_expert(law, N, n):
    dense = law.dense_params(N, n)
    assert law.loss(dense, 1) == pytest.approx(law.loss(N, n), rel=1e-11)
    assert law.dense_params(N, 1) == pytest.approx(N, rel=1e-13)


def test_at_the_cutoff_experts_change_nothing():
    law = RoutedLaw(a=-0.08, b=-0.1, c=0.005, d=2.5)
    assert law.cutoff == pytest.approx(math.exp(20), rel=1e-13)
    below, at, above = law.cutoff * np.array([0.01, 1, 100])
    assert law.loss(at, 64) == pytest.approx(law.loss(at, 1), rel=1e-13)
    assert law.loss(below, 64) < law.loss(below, 1)
    assert law.loss(above, 64) > law.loss(above, 1)
    with np.errstate(all="raise"):
        assert RoutedLaw(-0.08, -0.1, 0, 2.5).cutoff == math.inf
        assert RoutedLaw(-0.08, 0.1, 0, 2.5).cutoff == math.inf
        assert RoutedLaw(-0.08, -0.1, 1e-5, 2.5).cutoff == math.inf
        assert RoutedLaw(-0.08, 0.1, 1e-5, 2.5).cutoff == 0
    many = RoutedLaw(-0.08, -0.1, [0, 0.005], 2.5)
    assert many.cutoff.tolist() == [math.inf, law.cutoff]


def test_the_base_of_the_logarithm_enters_c_and_d_as_documented():
    a, b, c, d = -0.08, -0.1, 0.009, 1.1  # of decimal logarithms
    law = RoutedLaw(a, b, c / math.log(10), d * math.log(10))
    decimal = 10 ** (a * 9 + b * math.log10(64) + c * 9 * math.log10(64) + d)
    assert law.loss(1e9, 64) == pytest.approx(decimal, rel=1e-13)


def test_shapes_and_ends_of_the_routed_law():
    many = RoutedLaw([-0.08, -0.09], -0.1, 0.004, 2.5)
    assert many.loss([1e8, 1e9, 1e10], 8).shape == (2, 3)
    assert many.dense_params([1e8, 1e9, 1e10], 8)[1] == pytest.approx(
        many[1].dense_params([1e8, 1e9, 1e10], 8), rel=1e-14
    )
    law = many[0]
    assert type(law.loss(1e9, 8)) is type(law.cutoff) is type(law.dense_params(1e9, 8)) is float
    with np.errstate(all="raise"):
        assert RoutedLaw(-1e-3, -0.1, 0, 0).dense_params(1e200, 1e9) == math.inf


# Krajewski's form


@steady
@given(fine, params, tokens, granularity)
def test_for_one_granularity_it_is_an_additive_law(law, N, D, G):
    additive = ChinchillaLaw(
        law.c, law.g / float(G) ** law.gamma + law.a, law.b, law.alpha, law.beta
    )
    assert law.loss(N, D, G) == pytest.approx(additive.loss(N, D), rel=1e-13)


@steady
@given(fine, params, tokens, granularity)
def test_finer_experts_larger_models_and_more_data_lower_the_loss(law, N, D, G):
    here = law.loss(N, D, G)
    assert here == pytest.approx(
        law.c + (law.g / G**law.gamma + law.a) / N**law.alpha + law.b / D**law.beta, rel=1e-13
    )
    assert law.loss(N, D, 2 * G) <= here
    assert law.loss(2 * N, D, G) < here
    assert law.loss(N, 2 * D, G) < here


def test_limits_and_shapes_of_the_fine_grained_law():
    law = FineGrainedLaw(c=0.5, a=20, alpha=0.12, g=3, gamma=0.6, b=30, beta=0.15)
    inf = math.inf
    with np.errstate(all="raise"):
        assert law.loss(inf, inf, 1) == 0.5
        assert law.loss(1e9, inf, inf) == pytest.approx(0.5 + 20 / 1e9**0.12, rel=1e-14)
        assert law.loss(inf, 1e9, inf) == pytest.approx(0.5 + 30 / 1e9**0.15, rel=1e-14)
    assert type(law.loss(1e9, 1e10, 8)) is float
    many = FineGrainedLaw(c=[0.5, 0.6], a=20, alpha=0.12, g=3, gamma=0.6, b=30, beta=0.15)
    assert many.loss(1e9, [1e10, 1e11, 1e12], 8).shape == (2, 3)


def test_no_constants_ship():
    for law in (RoutedLaw, FineGrainedLaw):
        with pytest.raises(TypeError, match="missing"):
            law()
    laws = (RoutedLaw, FineGrainedLaw)
    assert not [name for name, value in vars(moe).items() if isinstance(value, laws)]


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: RoutedLaw(0, 0, 0, 0), r"a must be negative, got 0\.0"),
        (lambda: RoutedLaw([-1, 0.5], 0, 0, 0), r"a must be negative, got \[-1.*0\.5\]"),
        (lambda: RoutedLaw(-1, math.inf, 0, 0), "b must be finite"),
        (lambda: RoutedLaw(-1, 0, math.nan, 0), "c must be finite"),
        (lambda: RoutedLaw(-1, 0, 0, math.inf), "d must be finite"),
        (lambda: RoutedLaw(-1, 0, 0, 0).loss(0, 8), r"N must be positive, got 0\.0"),
        (lambda: RoutedLaw(-1, 0, 0, 0).loss(1e9, 0.5), r"experts must be at least 1, got 0\.5"),
        (lambda: RoutedLaw(-1, 0, 0, 0).dense_params(-1, 8), r"N must be positive, got -1\.0"),
        (
            lambda: RoutedLaw(-1, 0, 0, 0).dense_params([1e9, 1e8], [1, 2, 3]),
            r"N and experts must broadcast: shapes \(2,\) and \(3,\)",
        ),
        (lambda: FineGrainedLaw(-1, 1, 1, 1, 1, 1, 1), "c must be nonnegative"),
        (lambda: FineGrainedLaw(0, 0, 1, 1, 1, 1, 1), "a must be positive"),
        (lambda: FineGrainedLaw(0, 1, 0, 1, 1, 1, 1), "alpha must be positive"),
        (lambda: FineGrainedLaw(0, 1, 1, 0, 1, 1, 1), "g must be positive"),
        (lambda: FineGrainedLaw(0, 1, 1, 1, 0, 1, 1), "gamma must be positive"),
        (lambda: FineGrainedLaw(0, 1, 1, 1, 1, 0, 1), "b must be positive"),
        (lambda: FineGrainedLaw(0, 1, 1, 1, 1, 1, 0), "beta must be positive"),
        (lambda: FineGrainedLaw(0, 1, 1, 1, 1, 1, 1).loss(0, 1, 1), r"N must be positive"),
        (lambda: FineGrainedLaw(0, 1, 1, 1, 1, 1, 1).loss(1, 0, 1), r"D must be positive"),
        (lambda: FineGrainedLaw(0, 1, 1, 1, 1, 1, 1).loss(1, 1, 0), r"G must be positive"),
    ],
)
def test_what_is_out_of_range_is_named(build, words):
    with pytest.raises(ValueError, match=words):
        build()
