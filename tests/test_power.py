"""Power laws with and without a floor, their fits, and the twelve-point exercise."""

import math
import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scaling_core import (
    FitWarning,
    OffsetPowerLaw,
    PowerLaw,
    fit_offset_power_law,
    fit_power_law,
    twelve_points,
)
from scaling_core._profile import Profile

unhurried = settings(deadline=None)  # a busy machine is no failure
ks = st.floats(-5, 12).map(math.exp)
xs = st.floats(0, 15).map(lambda exponent: 10.0**exponent)
exponents = st.floats(0.05, 1)
floors = st.floats(0, 3)


@st.composite
def designs(draw, least=4):
    """3 to 12 places x on a grid with jitter: at least a factor 2.5 apart, a factor 10 in all."""
    n = draw(st.integers(least, 12))
    gaps = draw(st.lists(st.floats(math.log(2.5), 2), min_size=n - 1, max_size=n - 1))
    start = draw(st.floats(0, 25))
    t = start + np.cumsum([0, *gaps])
    assume(t[-1] - t[0] > math.log(10))
    return np.exp(t)


# the laws


@unhurried
@given(ks, exponents, xs, st.booleans())
def test_inverse_undoes_a_power_law(k, p, x, falls):
    law = PowerLaw(k, -p if falls else p)
    assert law.inverse(law(x)) == pytest.approx(x, rel=1e-13)  # an error of y grows by 1/p


@unhurried
@given(floors, ks, exponents, xs)
def test_inverse_undoes_an_offset_law_where_the_floor_leaves_digits(E, k, p, x):
    law = OffsetPowerLaw(E, k, p)
    y = law(x)
    assume(y - E > 1e-6 * y)
    assert law.inverse(y) == pytest.approx(x, rel=1e-15 * y / (y - E) / p + 1e-13)


@unhurried
@given(floors, ks, exponents, xs)
def test_laws_agree_with_40_digits(E, k, p, x):
    with mpmath.workdps(40):
        term = mpmath.mpf(k) * mpmath.mpf(x) ** -mpmath.mpf(p)
        exact, slope = E + term, p * term / (E + term)
    assert OffsetPowerLaw(E, k, p)(x) == pytest.approx(float(exact), rel=1e-14)
    assert OffsetPowerLaw(E, k, p).slope(x) == pytest.approx(float(slope), rel=1e-14)
    assert PowerLaw(k, -p)(x) == pytest.approx(float(term), rel=1e-14)


@unhurried
@given(floors, ks, exponents, xs)
def test_slope_is_the_logarithmic_derivative(E, k, p, x):
    h = 1e-5
    for law in (PowerLaw(k, -p), OffsetPowerLaw(E, k, p)):
        numerical = -math.log(law(x * math.exp(h)) / law(x * math.exp(-h))) / (2 * h)
        assert law.slope(x) == pytest.approx(numerical, rel=1e-6, abs=1e-10)


def test_infinite_x_gives_the_limit():
    with np.errstate(all="raise"):
        assert OffsetPowerLaw(2, 5, 0.5)(math.inf) == 2
        assert PowerLaw(5, -0.5)(math.inf) == 0
        assert PowerLaw(5, 0.5)(math.inf) == math.inf
        assert OffsetPowerLaw(2, 5, 0.5).slope([math.inf, 1e300]).tolist() == [0, pytest.approx(0)]
        assert OffsetPowerLaw(0, 5, 0.5).slope(math.inf) == 0.5  # no floor: straight for ever


def test_nothing_below_the_floor_is_reached():
    with np.errstate(all="raise"):
        reach = OffsetPowerLaw(2, 5, 0.5).inverse([1.9, 2.0, 7.0])
    assert reach.tolist() == [math.inf, math.inf, 1]


def test_overflow_is_infinite_and_silent():
    with np.errstate(all="raise"):
        assert PowerLaw(1e300, 2)(1e10) == math.inf
        assert PowerLaw(1, 1e-4).inverse(1e10) == math.inf
        assert PowerLaw(1e-300, -2)(1e20) == 0
        assert OffsetPowerLaw(1, 1e-300, 2)(1e10) == 1
        assert OffsetPowerLaw(1, 1, 1e-3).inverse(1.1) == math.inf


def test_a_constant_law_has_no_inverse():
    assert PowerLaw(3, 0)([1, 1e9]).tolist() == [3, 3]
    with pytest.raises(ValueError, match="p must not be 0"):
        PowerLaw([1, 3], [1, 0]).inverse(3)


@pytest.mark.parametrize(
    "law",
    [
        PowerLaw([[2.0], [3.0]], [-0.1, -0.2, -0.3]),
        OffsetPowerLaw([[0.0], [1.0]], [2, 3, 4], 0.3),
    ],
)
def test_axes_of_the_laws_come_before_those_of_the_arguments(law):
    x = np.geomspace(1e3, 1e9, 4)
    for method in ("value", "inverse", "slope", "__call__"):
        together = getattr(law, method)(x)
        assert together.shape == (2, 3, 4)
        for i, j, n in np.ndindex(2, 3, 4):
            single = getattr(law[i][j], method)(x[n])
            assert type(single) is float
            assert together[i, j, n] == pytest.approx(single, rel=1e-15, nan_ok=False)
    assert law(1e6).shape == (2, 3)
    assert law([]).shape == (2, 3, 0)


@pytest.mark.parametrize("method", ["__call__", "inverse", "slope"])
@pytest.mark.parametrize("law", [PowerLaw(2, -0.5), OffsetPowerLaw(2, 1, 0.5)])
@pytest.mark.parametrize("bad", [0, -1, math.nan, [1, -1]])
def test_arguments_must_be_positive(law, method, bad):
    with pytest.raises(ValueError, match="must be positive"):
        getattr(law, method)(bad)


def test_a_target_must_be_finite():
    for law in (PowerLaw(2, -0.5), OffsetPowerLaw(2, 1, 0.5)):
        with pytest.raises(ValueError, match="y must be finite, got inf"):
            law.inverse(math.inf)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((-0.1, 1, 0.5), "E must be nonnegative"),
        ((1, 0, 0.5), "k must be positive"),
        ((1, 1, 0), "p must be positive"),
    ],
)
def test_an_offset_law_falls_towards_a_floor(fields, message):
    with pytest.raises(ValueError, match=message):
        OffsetPowerLaw(*fields)


# the twelve points: an exercise, published nowhere


def test_the_twelve_points_are_as_passed_around():
    N, L = twelve_points()
    assert N.shape == L.shape == (12,)
    assert (N[0], L[0], N[-1], L[-1]) == (7.7e5, 4.20, 1.5e9, 2.60)
    assert N.sum() == pytest.approx(3_014_370_000, abs=0.5)
    assert L.sum() == pytest.approx(38.86, abs=1e-9)
    assert np.all(np.diff(N) > 0)
    assert np.all(np.diff(L) < 0)


def test_a_straight_line_gives_0_062_and_not_kaplans_0_076():
    fit = fit_power_law(*twelve_points())
    assert round(fit.law.p, 4) == -0.0624
    assert round(fit.law.k, 3) == 9.449
    assert round(fit.se, 4) == 0.0025
    assert round(fit.r_squared, 3) == 0.984
    assert round((0.076 + fit.law.p) / fit.se, 2) == 5.45  # standard errors away
    assert round(np.abs(fit.log_residuals).max(), 3) == 0.035
    assert round(fit.rms, 3) == 0.064
    assert fit.converged
    assert fit.notes == ()


def test_the_residuals_of_the_line_are_a_bow():
    signs = np.sign(fit_power_law(*twelve_points()).residuals)
    assert signs.tolist() == [1] * 2 + [-1] * 7 + [1] * 3  # twelve coin flips would not do this


def test_a_floor_fits_the_twelve_points_thirteen_times_better():
    line, bent = fit_power_law(*twelve_points()), fit_offset_power_law(*twelve_points())
    assert round(bent.law.E, 3) == 2.105
    assert round(bent.law.k * 1e7**-bent.law.p, 3) == 1.292
    assert round(bent.law.p, 3) == 0.188
    assert round(bent.rms, 4) == 0.0049
    assert round(line.rms / bent.rms) == 13
    assert bent.converged
    assert bent.notes == ()
    assert math.isnan(bent.se)


def test_extrapolations_of_the_twelve_points_part():
    N = [1e10, 1e11, 1e12]
    line, bent = fit_power_law(*twelve_points()), fit_offset_power_law(*twelve_points())
    assert np.round(line.law(N), 3).tolist() == [2.245, 1.945, 1.684]
    assert np.round(bent.law(N), 3).tolist() == [2.459, 2.335, 2.254]
    assert bent.law.inverse(2.0) == math.inf  # the line would get there with 6.4e10 parameters
    assert round(line.law.inverse(2.0) / 1e9) == 64


def test_relative_residuals_move_the_floor_in_the_second_decimal():
    N, L = twelve_points()
    fit = fit_offset_power_law(N, L, weights=1 / L**2)
    assert (round(fit.law.E, 3), round(fit.law.p, 3)) == (2.093, 0.185)


# the fits


def test_the_line_is_the_one_of_the_textbook():
    N, L = twelve_points()
    fit = fit_power_law(N, L)
    x, y = np.log(N), np.log(L)
    (slope, intercept), covariance = np.polyfit(x, y, 1, cov=True)
    assert fit.law.p == pytest.approx(slope, rel=1e-12)
    assert fit.law.k == pytest.approx(math.exp(intercept), rel=1e-12)
    assert fit.se == pytest.approx(math.sqrt(covariance[0, 0]), rel=1e-10)
    assert fit.r_squared == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2, rel=1e-12)


@unhurried
@given(designs(least=2), ks, st.floats(-1, 1))
def test_exact_points_give_their_power_law_back(x, k, p):
    law = PowerLaw(k, p)
    fit = fit_power_law(x, law(x))
    assert fit.law.p == pytest.approx(p, abs=1e-12)
    assert math.log(fit.law.k / k) == pytest.approx(0, abs=1e-10)
    assert fit.rms <= 1e-11 * law(x).max()


@unhurried
@given(designs(least=3), st.floats(0.1, 3), st.floats(0.3, 10), exponents)
def test_exact_points_give_their_offset_law_back(x, E, height, p):
    law = OffsetPowerLaw(E, height * x[0] ** p, p)
    fit = fit_offset_power_law(x, law(x))
    assert fit.law.p == pytest.approx(p, rel=1e-7)
    floor = fit.law.E
    assert floor == pytest.approx(E, rel=1e-7)
    assert fit.law.k == pytest.approx(law.k, rel=1e-6)
    assert fit.rms <= 1e-10
    assert fit.converged
    assert fit.r_squared == pytest.approx(1, abs=1e-10)


@unhurried
@given(st.floats(0.1, 3), st.floats(0.3, 10), exponents, st.floats(1.5, 100))
def test_three_points_in_geometric_steps_have_a_closed_form(E, height, p, step):
    x = 1e8 * step ** np.arange(3)
    y = OffsetPowerLaw(E, height * 1e8**p, p)(x)
    d1, d2 = -np.diff(y)
    fit = fit_offset_power_law(x, y)
    floor = fit.law.E
    assert step**-fit.law.p == pytest.approx(d2 / d1, rel=1e-12)
    top = d1 / (1 - d2 / d1)
    assert fit.law.k * x[0] ** -fit.law.p == pytest.approx(top, rel=1e-9)
    assert floor == pytest.approx(y[0] - top, abs=1e-9 * top)
    assert fit.notes == ("three points define E, k and p: nothing is left to judge them by",)


@unhurried
@given(designs(), st.integers(0, 2**32 - 1))
def test_neighbours_of_the_fitted_offset_law_are_worse(x, seed):
    rng = np.random.default_rng(seed)
    y = OffsetPowerLaw(2, x[0] ** 0.3, 0.3)(x) * (1 + 0.002 * rng.normal(size=x.size))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        fit = fit_offset_power_law(x, y)
    top = fit.law.k * x[0] ** -fit.law.p
    for _ in range(20):
        E, k, p = (np.array([fit.law.E, top, fit.law.p])) * (1 + 1e-4 * rng.normal(size=3))
        other = y - OffsetPowerLaw(E, k * x[0] ** p, p)(x)
        assert math.sqrt(np.mean(other**2)) >= fit.rms * (1 - 1e-9)


def test_the_gradient_vanishes_at_the_offset_fit():
    N, L = twelve_points()
    fit = fit_offset_power_law(N, L)
    term = L - fit.residuals - fit.law.E
    directions = np.stack([np.ones(12), term, term * np.log(N / 1e7)])
    scale = np.linalg.norm(directions, axis=1) * np.linalg.norm(fit.residuals)
    assert np.all(np.abs(directions @ fit.residuals) <= 1e-11 * scale)


@pytest.mark.parametrize("floor", [True, False])
def test_newtons_function_is_the_slope_of_the_loss_and_comes_with_its_own(floor):
    N, L = twelve_points()
    profile = Profile(np.log(N / N[0]), L, np.full(12, 1 / 12), floor)
    p, step = 0.12, 1e-6  # away from the minimum, where every term counts
    (before, after), k, _, (h_before, h_after), _ = profile._solve(np.array([p - step, p + step]))
    _, k, _, h, slope = profile._solve(p)
    assert h == pytest.approx(-(after - before) / (2 * step) / (2 * k), rel=1e-6)
    assert slope == pytest.approx((h_after - h_before) / (2 * step), rel=1e-6)


@pytest.mark.parametrize("fit", [fit_power_law, fit_offset_power_law])
def test_order_of_rows_and_scale_of_weights_do_not_matter(fit):
    N, L = twelve_points()
    order = np.random.default_rng(0).permutation(12)
    plain, shuffled = fit(N, L), fit(N[order], L[order], weights=np.full(12, 1e200))
    assert shuffled.law.p == pytest.approx(plain.law.p, rel=1e-10)
    assert shuffled.residuals == pytest.approx(plain.residuals[order], abs=1e-12)
    assert shuffled.r_squared == pytest.approx(plain.r_squared, rel=1e-12)
    assert shuffled.rms == pytest.approx(plain.rms, rel=1e-10)


@pytest.mark.parametrize("fit", [fit_power_law, fit_offset_power_law])
def test_a_row_of_weight_two_counts_as_two_rows_and_of_weight_zero_as_none(fit):
    N, L = twelve_points()
    weights = np.r_[0, 2, np.ones(10)]
    doubled = fit(np.r_[N[1:], N[1]], np.r_[L[1:], L[1]])
    weighted = fit(N, L, weights)
    assert weighted.law.p == pytest.approx(doubled.law.p, rel=1e-10)
    assert weighted.rms == pytest.approx(doubled.rms, rel=1e-10)
    assert weighted.r_squared == pytest.approx(doubled.r_squared, rel=1e-10)
    assert weighted.residuals.shape == (12,)
    alone = fit(N[1:], L[1:])
    assert fit(N, L, np.r_[0, np.ones(11)]).se == pytest.approx(alone.se, rel=1e-10, nan_ok=True)


@pytest.mark.parametrize("fit", [fit_power_law, fit_offset_power_law])
@unhurried
@given(unit=st.floats(-6, 9).map(lambda exponent: 10.0**exponent))
def test_units_change_coefficients_only(fit, unit):
    N, L = twelve_points()
    plain, scaled = fit(N, L), fit(N * unit, L)
    assert scaled.law.p == pytest.approx(plain.law.p, rel=1e-9)
    assert scaled.residuals == pytest.approx(plain.residuals, abs=1e-10)
    bits = fit(N, L / math.log(2))
    assert bits.law.p == pytest.approx(plain.law.p, rel=1e-9)
    assert bits.rms == pytest.approx(plain.rms / math.log(2), rel=1e-9)


def test_a_row_without_weight_may_lie_anywhere():
    N, L = twelve_points()
    fit = fit_offset_power_law(np.r_[1e-300, N], np.r_[5.0, L], np.r_[0, np.ones(12)])
    assert fit.law == fit_offset_power_law(N, L).law
    x, y = [1e-30, 1e6, 1e7, 1e8, 1e9], [2, 3, 2, 2, 2]
    with pytest.warns(FitWarning, match="end of its range"):
        steep = fit_offset_power_law(x, y, [0, 1, 1, 1, 1])
    assert steep.residuals[0] == -math.inf
    assert steep.rms < 1e-12


def test_arguments_are_left_as_they_were():
    N, L = twelve_points()
    before = N.copy(), L.copy()
    N.setflags(write=False)
    L.setflags(write=False)
    fit_power_law(N, L)
    fit_offset_power_law(N, L)
    assert (N.tolist(), L.tolist()) == (before[0].tolist(), before[1].tolist())


def test_lists_and_integers_are_as_good_as_arrays():
    whole = fit_power_law([1, 10, 100], (8, 4, 2))
    assert whole.law == fit_power_law(np.array([1.0, 10, 100]), np.array([8.0, 4, 2])).law


def test_two_points_define_the_line_and_leave_no_error_bar():
    fit = fit_power_law([1, 100], [10, 1])
    assert fit.law.p == pytest.approx(-0.5, rel=1e-14)
    assert math.isnan(fit.se)
    assert fit.notes == ("two points define the line: nothing is left to judge it by",)


def test_the_variance_explained_is_undefined_for_constant_y():
    fit = fit_power_law([1, 10, 100], [2.3, 2.3, 2.3])
    assert math.isnan(fit.r_squared)
    assert fit.law.p == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        ([1e6, 1e7, 1e8, 1e9], [4, 2, 1, 0.5], "an exact pure power law"),
        ([1e6, 1e7, 1e8], [4, 2, 1], "an exact pure power law through three points"),
        ([1e6, 1e7, 1e8, 1e9], [4, 3, 2, 1], "a straight line in ln x"),
        ([1e6, 1e7, 1e8, 1e9], [3, 2.9, 2.5, 1], "falls ever faster"),
    ],
)
def test_a_floor_that_is_not_there_is_said_to_be_zero(x, y, why):
    with pytest.warns(FitWarning, match="E is not distinguishable from 0"):
        fit = fit_offset_power_law(x, y)
    assert fit.law.E == 0, why
    assert any("E = 0" in note for note in fit.notes)
    assert fit.converged


def test_without_a_floor_the_fit_is_the_best_pure_law_in_y():
    x, y = np.array([1e6, 1e7, 1e8, 1e9]), np.array([4.0, 3, 2, 1])
    with pytest.warns(FitWarning):
        fit = fit_offset_power_law(x, y)
    fitted = y - fit.residuals
    assert fit.residuals @ fitted == pytest.approx(0, abs=1e-12)
    assert (fit.residuals * fitted) @ np.log(x) == pytest.approx(0, abs=1e-10)


def test_a_floor_within_its_error_is_kept_but_doubted():
    x = np.geomspace(1e6, 1e9, 6)
    noise = np.array([1, -1, 1, -1, 1, -1]) * 0.1
    with pytest.warns(FitWarning, match="within two standard errors"):
        fit = fit_offset_power_law(x, OffsetPowerLaw(0.2, 10, 0.1)(x) + noise)
    assert fit.law.E > 0
    assert "within two standard errors" in fit.notes[0]


def test_an_exponent_that_only_the_first_point_feels_is_not_determined():
    with pytest.warns(FitWarning, match="p = 13 is the end of its range"):
        fit = fit_offset_power_law([1e6, 1e7, 1e8, 1e9], [3, 2, 2, 2])
    assert not fit.converged
    floor = fit.law.E
    assert floor == pytest.approx(2, rel=1e-12)


@pytest.mark.parametrize("fit", [fit_power_law, fit_offset_power_law])
@pytest.mark.parametrize(
    ("x", "y", "weights", "message"),
    [
        ([1, 2, 3, 4], [4, 3, 2], None, "x and y must have the same length, got 4 and 3"),
        ([], [], None, "at least one row"),
        ([1, 2, -3], [3, 2, 1], None, r"x\[2\] must be positive, got -3.0"),
        ([1, 2, 3], [3, 2, 0], None, r"y\[2\] must be positive, got 0.0"),
        ([1, 2, math.inf], [3, 2, 1], None, r"x\[2\] must be finite, got inf"),
        ([1, 2, 3], [3, math.nan, 1], None, r"y\[1\] must be positive, got nan"),
        ([1, 2, 3], [3, 2, 1], [1, 1], r"one entry per row \(3\)"),
        ([1, 2, 3], [3, 2, 1], [1, 1, -1], r"weights\[2\] must be nonnegative"),
        ([1, 2, 3], [3, 2, 1], [0, 0, 0], "weights must not all be 0"),
        ([5, 5, 5, 5], [3, 2, 1, 2], None, r"x must hold at least \d different values, got 1"),
        ([1, 2, 3, 4], [4, 3, 2, 1], [0, 0, 0, 1], "x must hold at least .* got 1"),
    ],
)
def test_fits_refuse(fit, x, y, weights, message):
    with pytest.raises(ValueError, match=message):
        fit(x, y, weights)


@pytest.mark.parametrize("fit", [fit_power_law, fit_offset_power_law])
def test_text_is_no_data(fit):
    with pytest.raises(TypeError, match="y must be a real number"):
        fit([1, 2, 3], ["3", "2", "1"])


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1, 10], [2, 1], "x must hold at least 3 different values, got 2"),
        ([1, 10, 10, 10], [3, 2, 2, 2], "x must hold at least 3 different values, got 2"),
        ([1, 10, 100, 1000], [1, 2, 3, 4], "y must fall as x grows"),
        ([1, 10, 100, 1000], [2, 2, 2, 2], "y must fall as x grows"),
        ([1, 10, 100], [3, 2, 1], "ever more slowly in ln x: got 0.4343, then 0.4343"),
        ([1, 10, 100], [3, 2.9, 2.5], "falls, and falls ever more slowly"),
        ([100, 1, 10], [2, 3, 2], "got 0.4343, then 0 per factor e"),
        ([1, 10, 100], [3, 2, 2.5], "falls ever more slowly"),
    ],
)
def test_offset_fits_refuse_what_no_such_law_can_follow(x, y, message):
    with pytest.raises(ValueError, match=message):
        fit_offset_power_law(x, y)


@pytest.mark.parametrize("y", [[1, 1e40], [1e40, 1]])
def test_a_coefficient_beyond_float64_asks_for_another_unit(y):
    with np.errstate(all="raise"), pytest.raises(ValueError, match="measure x in another unit"):
        fit_power_law([1e30, 1e31], y)
