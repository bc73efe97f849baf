"""The lower envelope of training curves, and where the curves of an additive law cross."""

import math
import warnings
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import logs, params, steady

from scaling_core import BESIROGLU_2024, HOFFMANN_2022, ChinchillaLaw, FitWarning, PowerLaw
from scaling_core.envelope import EnvelopeCrossing, EnvelopeFit, crossing_budget, fit_envelope

ratios = st.floats(-4, 4).filter(lambda r: abs(r) > 1e-3).map(math.exp)
laws = st.builds(
    lambda a, b, alpha, beta: ChinchillaLaw(0.5, math.exp(a), math.exp(b), alpha, beta),
    logs,
    logs,
    st.floats(0.1, 1),
    st.floats(0.1, 1),
)
NAMED = pytest.mark.parametrize("law", [HOFFMANN_2022, BESIROGLU_2024])


def curves_of(law, sizes, points=200):
    D = np.geomspace(1e8, 1e12, points)
    return {N: (D, law.loss(N, D)) for N in sizes}


# where two curves of an additive law cross


@steady
@given(laws, params, ratios)
def test_at_the_crossing_both_sizes_have_the_same_loss(law, N, ratio):
    C = crossing_budget(law, N, ratio)
    assume(1e-250 < C < 1e250)
    terms = [law.reducible(size, C / (6 * size)) for size in (N, ratio * N)]
    assert terms[0] == pytest.approx(terms[1], rel=1e-10)
    best, low, high = law.optimum(C).N, *sorted((N, ratio * N))
    assert low < best < high


@steady
@given(laws, params, ratios)
def test_the_crossing_agrees_with_40_digits(law, N, ratio):
    with mpmath.workdps(40):
        A, B, alpha, beta, r = map(mpmath.mpf, (law.A, law.B, law.alpha, law.beta, ratio))
        steps = B * (r**beta - 1) / (A * (1 - r**-alpha))
        exact = 6 * mpmath.mpf(N) ** (1 + alpha / beta) * steps ** (1 / beta)
    assume(exact < 1e300)
    assert crossing_budget(law, N, ratio) == pytest.approx(float(exact), rel=1e-11)


@NAMED
@pytest.mark.parametrize("ratio", [1.0001, 1.5, 2, 4, 100])
def test_any_ratio_gives_the_exponent_of_the_optimum(law, ratio):
    N = np.geomspace(1e6, 1e12, 7)
    C = crossing_budget(law, N, ratio)
    steps = np.diff(np.log(N)) / np.diff(np.log(C))
    assert steps == pytest.approx(np.full(6, law.a), rel=1e-12)
    bias = ratio**0.5 * N / law.optimum(C).N
    assert bias == pytest.approx(np.full(7, bias[0]), rel=1e-11)


@pytest.mark.parametrize(("ratio", "bias"), [(2, 1.00109), (4, 1.00434)])
def test_the_constant_is_off_by_a_factor_near_one(ratio, bias):
    C = crossing_budget(HOFFMANN_2022, 1e9, ratio)
    assert ratio**0.5 * 1e9 / HOFFMANN_2022.optimum(C).N == pytest.approx(bias, abs=5e-6)


@NAMED
def test_sizes_that_meet_cross_where_they_are_best(law):
    with np.errstate(all="raise"):
        C = crossing_budget(law, 1e9, [1, 1 + 1e-9, 1 - 1e-9])
    best = law.optimum(C).N
    assert best == pytest.approx(np.full(3, 1e9), rel=1e-8)


def test_the_order_of_the_two_sizes_does_not_matter():
    law = BESIROGLU_2024
    assert crossing_budget(law, 1e9, 3) == pytest.approx(crossing_budget(law, 3e9, 1 / 3))


def test_laws_come_first_and_kappa_is_a_unit():
    many = ChinchillaLaw([1.0, 2.0], 400, 2000, [0.3, 0.4], 0.35)
    C = crossing_budget(many, [[1e8], [1e9], [1e10]], [2, 4])
    assert C.shape == (2, 3, 2)
    assert C[1, 2, 0] == pytest.approx(crossing_budget(many[1], 1e10, 2), rel=1e-14)
    assert type(crossing_budget(many[0], 1e9, 2)) is float
    double = ChinchillaLaw(1.0, 400, 2000, 0.3, 0.35, flops_per_param_token=12)
    assert crossing_budget(double, 1e9, 2) == pytest.approx(2 * crossing_budget(many[0], 1e9, 2))


# the fit


@NAMED
@pytest.mark.parametrize("ratio", [2, 4])
def test_curves_of_a_law_give_its_exponent(law, ratio):
    sizes = 1e7 * float(ratio) ** np.arange(6)
    fit = fit_envelope(curves_of(law, sizes, 2000))
    found = [c.budget for c in fit.crossings]
    assert found == pytest.approx(crossing_budget(law, sizes[:-1], ratio), rel=1e-4)
    assert [(c.N_before, c.N_after) for c in fit.crossings] == list(pairwise(sizes))
    assert fit.a == pytest.approx(law.a, abs=2e-5)
    assert fit.notes == ()
    for c in fit.crossings:
        middle = c.N
        assert middle == pytest.approx(math.sqrt(c.N_before * c.N_after), rel=1e-14)
        assert c.loss == pytest.approx(law.loss(c.N_before, c.budget / (6 * c.N_before)), rel=1e-6)
    slope, intercept = np.polyfit(np.log(found), np.log([c.N for c in fit.crossings]), 1)
    assert fit.a == pytest.approx(slope, rel=1e-10)
    assert math.log(fit.coefficient) == pytest.approx(intercept, rel=1e-10)
    assert (fit.a, fit.coefficient) == (fit.law.p, fit.law.k)


def test_lists_mappings_orders_and_units_do_not_matter():
    curves = curves_of(HOFFMANN_2022, [1e8, 2e8, 4e8, 8e8])
    plain = fit_envelope(curves)
    rows = [(N, D[::-1], L[::-1]) for N, (D, L) in reversed(curves.items())]
    assert fit_envelope(rows) == plain
    assert fit_envelope(iter(rows)) == plain
    double = fit_envelope(curves, flops_per_param_token=12)
    assert double.a == pytest.approx(plain.a, rel=1e-12)
    assert double.crossings[0].budget == pytest.approx(2 * plain.crossings[0].budget, rel=1e-12)
    bits = fit_envelope({N: (D, L / math.log(2)) for N, (D, L) in curves.items()})
    assert bits.a == pytest.approx(plain.a, rel=1e-10)


def straight(*lines, places=(0.0, 10.0)):
    """Curves of N = 1, 2, 3, ... that are straight in ln C: (height at ln C = 0, slope)."""
    curves = {}
    for i, (height, slope) in enumerate(lines):
        N = i + 1.0
        x = np.array(places, float)
        curves[N] = np.exp(x) / N, height + slope * x
    return curves


def crossings(curves):
    """(ln C, before, after, loss) of each crossing, for C = N D."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        fit = fit_envelope(curves, flops_per_param_token=1)
    return [(math.log(c.budget), c.N_before, c.N_after, c.loss) for c in fit.crossings], fit


def test_straight_curves_cross_where_their_lines_do():
    found, _ = crossings(straight((20, -0.5), (22, -1), (25, -1.5)))
    assert found == [pytest.approx((4, 1, 2, 18)), pytest.approx((6, 2, 3, 16))]


def test_several_crossings_may_share_one_interval():
    found, _ = crossings(straight((20, -0.5), (20.5, -1), (22.5, -1.5), (28, -2)))
    assert found == [
        pytest.approx((1, 1, 2, 19.5)),
        pytest.approx((4, 2, 3, 16.5)),
    ]
    found, _ = crossings(straight((20, -0.5), (20.5, -1), (22.5, -1.5), (27.5, -2.3)))
    assert found == [
        pytest.approx((1, 1, 2, 19.5)),
        pytest.approx((4, 2, 3, 16.5)),
        pytest.approx((6.25, 3, 4, 13.125)),
    ]


def test_of_two_that_undercut_at_one_point_the_steeper_wins():
    found, _ = crossings(straight((20, -0.5), (22, -1), (24, -1.5), (30, -2.3)))  # 1, 2, 3 at 4
    assert found == [pytest.approx((4, 1, 3, 18)), pytest.approx((7.5, 3, 4, 12.75))]


def test_a_size_that_is_never_best_is_named_and_skipped():
    found, fit = crossings(straight((20, -0.5), (40, -0.5), (24, -1.5), (28, -2.1)))
    assert found == [pytest.approx((4, 1, 3, 18)), pytest.approx((20 / 3, 3, 4, 14))]
    assert fit.notes == ("N = 2 is never the best size at a crossing",)
    middle = fit.crossings[0].N
    assert middle == pytest.approx(math.sqrt(3))


def test_curves_that_meet_at_a_point_of_both_cross_there():
    curves = straight((20, -0.5), (22, -1), (25, -1.5), places=(0, 2, 4, 6, 8))
    found, _ = crossings(curves)
    assert found == [pytest.approx((4, 1, 2, 18)), pytest.approx((6, 2, 3, 16))]


def test_curves_that_touch_do_not_cross():
    touching = straight((20, -0.5), (22, -1), (25, -1.5))
    x = np.array([0, 2.0, 10])  # from above onto the first curve at ln C = 2, and up again
    touching[4.0] = np.exp(x) / 4, np.array([25, 19.0, 40])
    found, _ = crossings(touching)
    assert [row[1:3] for row in found] == [(1, 2), (2, 3)]


def test_a_curve_that_ends_or_begins_makes_no_crossing():
    curves = straight((20, -0.5), (22, -1), (25, -1.5))
    x = np.array([1.0, 3.0])  # the best of all while it lasts
    curves[4.0] = np.exp(x) / 4, np.array([5.0, 4.0])
    found, fit = crossings(curves)
    assert [row[1:3] for row in found] == [(1, 2), (2, 3)]
    assert fit.notes == ("N = 4 is never the best size at a crossing",)
    short = straight((20, -0.5), (22, -1), (25, -1.5), (28, -2))
    x = np.array([0, 3.5])
    short[1.0] = np.exp(x), 20 - 0.5 * x  # ends before the second is better
    with pytest.raises(ValueError, match="got 1 from 4 sizes"):  # 2 and 3, 3 and 4 meet at 6
        crossings(short)
    short[4.0] = short[4.0][0], 28.5 - 2 * np.array([0, 10.0])
    found, _ = crossings(short)
    assert [row[1:3] for row in found] == [(2, 3), (3, 4)]


def test_a_gap_between_curves_makes_no_crossing():
    early = straight((20, -0.5), (22, -1), (25, -1.5))
    x = np.array([20.0, 30.0])
    early[4.0] = np.exp(x) / 4, 50 - x
    early[5.0] = np.exp(x) / 5, 75 - 2 * x
    found, _ = crossings(early)
    assert [row[1:3] for row in found] == [(1, 2), (2, 3), (4, 5)]
    assert found[-1][0] == pytest.approx(25)


def bundle(seed):
    """3 to 5 curves over stretches of their own, many with points at the same compute."""
    rng = np.random.default_rng(seed)
    curves = []
    for N in range(1, rng.integers(4, 7)):
        steps = rng.integers(1, 4, size=rng.integers(2, 8))
        x = rng.integers(0, 6) + np.r_[0, np.cumsum(steps)] + rng.choice([0, 0, rng.random()])
        curves.append((float(N), x.astype(float), rng.uniform(1, 30, x.size)))
    return curves


@steady
@given(st.integers(0, 10**9))
def test_between_its_crossings_the_lowest_curve_is_one(seed):
    curves = bundle(seed)
    try:
        found, _ = crossings([(N, np.exp(x) / N, L) for N, x, L in curves])
    except ValueError:
        return
    ends = [x[i] for _, x, _ in curves for i in (0, -1)]
    events = np.unique(np.round([*ends, *(x for x, *_ in found)], 9))
    below, above = {}, {}  # the lowest curve on either side of an event
    for left, right in pairwise(events):
        inside = np.linspace(left, right, 53)[1:-1]
        losses = np.stack([np.interp(inside, x, L, np.inf, np.inf) for _, x, L in curves])
        if np.isfinite(losses).any():
            always = np.flatnonzero(np.all(losses == losses.min(axis=0), axis=1))
            assert always.size == 1, "the lowest curve changes without a crossing"
            above[left] = below[right] = always[0] + 1
    for x, before, after, loss in found:
        assert (below[np.round(x, 9)], above[np.round(x, 9)]) == (before, after)
        for N in (before, after):
            _, places, losses = curves[int(N) - 1]
            assert places[0] - 1e-9 <= x <= places[-1] + 1e-9
            assert np.interp(x, places, losses) == pytest.approx(loss, abs=1e-6)


def test_a_best_size_that_falls_is_doubted():
    curves = straight((20, -0.5), (22, -1), (25, -1.5))
    x = np.linspace(0, 10, 41)
    wiggle = np.where(np.arange(41) % 2, 0.3, -0.3)
    curves[2.0] = np.exp(x) / 2, 22 - x + wiggle
    with pytest.warns(FitWarning, match="the best size falls with more compute") as caught:
        fit = fit_envelope(curves, flops_per_param_token=1)
    assert caught[0].filename == __file__
    falls = [c for c in fit.crossings if c.N_after < c.N_before]
    assert len(falls) > 1
    assert fit.notes == (
        f"the best size falls with more compute at {len(falls)} of {len(fit.crossings)} "
        f"crossings, first at {falls[0].budget:.4g} FLOP: smooth noisy curves before the fit",
    )


def test_a_size_of_its_own_range_is_enough():
    law = HOFFMANN_2022
    sizes = np.array([1e8, 2e8, 4e8, 8e8])
    near = np.geomspace(0.3, 3, 400)
    curves = {
        N: (law.optimal_tokens(N) * near, law.loss(N, law.optimal_tokens(N) * near)) for N in sizes
    }
    fit = fit_envelope(curves)
    assert [c.budget for c in fit.crossings] == pytest.approx(
        crossing_budget(law, sizes[:-1], 2), rel=1e-4
    )


# refusals


GOOD = curves_of(HOFFMANN_2022, [1e8, 2e8, 4e8], 50)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({-1.0: ([1, 2], [2, 1])}, r"curves\[-1\.0\]\.N must be positive, got -1\.0"),
        ({5.0: ([1, -2], [2, 1])}, r"curves\[5\.0\]\.D\[1\] must be positive, got -2\.0"),
        ({5.0: ([1, 2], [2, math.nan])}, r"curves\[5\.0\]\.L\[1\] must be positive, got nan"),
        ({5.0: ([1, 2, 3], [2, 1])}, r"curves\[5\.0\]\.D and curves\[5\.0\]\.L .* got 3 and 2"),
        ({5.0: ([1], [2])}, r"curves\[5\.0\]\.D must hold at least 2 values, and none twice"),
        ({5.0: ([1, 2, 1], [3, 2, 1])}, r"curves\[5\.0\]\.D must hold at least 2 values"),
    ],
)
def test_a_bad_curve_is_named(change, words):
    with pytest.raises(ValueError, match=words):
        fit_envelope(GOOD | change)


def test_a_curve_of_a_list_is_named_by_its_place():
    rows = [(N, *curve) for N, curve in GOOD.items()]
    with pytest.raises(ValueError, match=r"curves\[3\]\.D\[0\] must be positive"):
        fit_envelope([*rows, (5, [0, 1], [2, 1])])
    with pytest.raises(ValueError, match=r"at least 3 sizes, one curve each, got N = \[1.*, 1"):
        fit_envelope([*rows, rows[0]])
    with pytest.raises(ValueError, match="at least 3 sizes, one curve each"):
        fit_envelope(rows[:2])
    with pytest.raises(ValueError, match="at least 3 sizes, one curve each, got N = "):
        fit_envelope({})


@pytest.mark.parametrize("bad", [5, None, "abc", [1, 2, 3], {1e8: 5, 2e8: 5, 3e8: 5}, [(1, 2)] * 3])
def test_what_is_no_set_of_curves_is_a_type_error(bad):
    with pytest.raises(TypeError, match=r"curves must be .* or a list of"):
        fit_envelope(bad)


def test_curves_that_do_not_cross_make_no_line():
    words = "at least two different pairs, got 0 from 3 sizes"
    with pytest.raises(ValueError, match=words):
        fit_envelope(straight((20, -1), (21, -1), (22, -1)))
    with pytest.raises(ValueError, match="at least two different pairs, got 1 from 3 sizes"):
        fit_envelope(straight((20, -1), (21, -1.5), (42, -1)))


def test_one_pair_that_crosses_twice_is_one_pair():
    curves = straight((20, -1), (30, -1), (40, -1))
    x = np.array([0.0, 4, 10])
    curves[2.0] = np.exp(x) / 2, np.array([22.0, 15, 22])
    with pytest.raises(ValueError, match="got 1 from 3 sizes"):
        fit_envelope(curves, flops_per_param_token=1)


def test_kappa_is_one_positive_number():
    with pytest.raises(ValueError, match=r"flops_per_param_token must be positive, got 0\.0"):
        fit_envelope(GOOD, flops_per_param_token=0)
    with pytest.raises(TypeError):
        fit_envelope(GOOD, 6.0)


def test_answers_are_plain_values():
    first, second = EnvelopeCrossing(1e19, 1e8, 4e8, 3.0), EnvelopeCrossing(1e21, 1e9, 4e9, 2.4)
    fit = EnvelopeFit(PowerLaw(0.1, 0.5), (first, second), ())
    assert (first.N, fit.a, fit.coefficient) == (2e8, 0.5, 0.1)
    huge = EnvelopeCrossing(1.0, 1e200, 1e300, 1.0).N
    assert huge == pytest.approx(1e250)
    with np.errstate(all="raise"):
        fit_envelope(GOOD)
