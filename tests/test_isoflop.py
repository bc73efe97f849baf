"""Parabolas through IsoFLOP curves, the line through their vertices, its bias and its scatter."""

import math
import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import steady

from scaling_core import BESIROGLU_2024, HOFFMANN_2022, FitWarning, PowerLaw
from scaling_core._groups import by_budget
from scaling_core.isoflop import IsoFlopRow, fit_isoflop
from scaling_core.parabola import IsoFlopBias, Valley, isoflop_bias

NINE = np.array([6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21])
exponents = st.floats(0.1, 1)


def study(law=BESIROGLU_2024, *, width=5.0, points=7, budgets=NINE, drift=0.0, noise=0.0, seed=0):
    """C, N and L of `points` sizes per budget, in one ratio to the best size (times C^drift)."""
    C = np.repeat(budgets, points)
    k = np.tile(np.geomspace(1 / width, width, points), len(budgets))
    N = law.optimum(C).N * k * (C / 1e20) ** drift
    return C, N, law.isoflop(C, N) + noise * np.random.default_rng(seed).normal(size=C.size)


def quiet_fit(*args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        return fit_isoflop(*args, **options)


@st.composite
def valleys(draw, centred=True):
    """Noise-free losses of an additive law, written as its valley: exponents, N*(C), C, N, L."""
    alpha, beta = draw(exponents), draw(exponents)
    a, gamma = beta / (alpha + beta), alpha * beta / (alpha + beta)
    E, points = draw(st.floats(0, 3)), draw(st.integers(3, 9))
    width = draw(st.floats(1.5, 10))
    budgets = np.cumprod(draw(st.lists(st.floats(1.5, 10), min_size=2, max_size=6)))
    best = PowerLaw(10 ** draw(st.floats(3, 9)) / budgets[0] ** a, a)
    C, k = np.repeat(budgets, points), np.tile(np.geomspace(1 / width, width, points), len(budgets))
    if not centred:  # every budget its own window, off its centre
        shifts = st.floats(-0.3, 0.3)
        off = draw(st.lists(shifts, min_size=len(budgets), max_size=len(budgets)))
        k = k * width ** np.repeat(off, points)
    L = E + (C / C[0]) ** -gamma * (beta * k**-alpha + alpha * k**beta) / (alpha + beta)
    return alpha, beta, best, C, best(C) * k, L


# the exponent is exact, the size is off by one factor


@pytest.mark.parametrize("law", [HOFFMANN_2022, BESIROGLU_2024])
@pytest.mark.parametrize("width", [1.3, 2, 4, 10, 100])
@pytest.mark.parametrize("points", [3, 4, 7, 30])
def test_one_relative_grid_leaves_the_exponent_exact(law, width, points):
    fit = fit_isoflop(*study(law, width=width, points=points))
    assert fit.a == pytest.approx(law.a, rel=2e-12 if width < 2 else 1e-13)
    bias = isoflop_bias(law.alpha, law.beta, np.geomspace(1 / width, width, points)).exact
    sizes = np.array([row.N_opt for row in fit.table])
    assert sizes / law.optimum(NINE).N == pytest.approx(np.full(9, bias), rel=1e-11)
    assert fit.law(NINE) == pytest.approx(sizes, rel=1e-11)
    assert fit.notes == ()
    assert (fit.a, fit.coefficient) == (fit.law.p, fit.law.k)


@steady
@given(valleys())
def test_the_exponent_is_exact_for_any_additive_law(valley):
    alpha, beta, best, C, N, L = valley
    fit = fit_isoflop(C, N, L)
    sizes, _ = fit.runs[0]
    bias = isoflop_bias(alpha, beta, sizes / best(C[0])).exact
    assert fit.a == pytest.approx(best.p, abs=1e-8)
    assert fit.law(C) == pytest.approx(bias * best(C), rel=1e-8)


@pytest.mark.parametrize(
    ("law", "width", "bias"),
    [
        (HOFFMANN_2022, 2, 1.003385),
        (HOFFMANN_2022, 4, 1.013610),
        (HOFFMANN_2022, 10, 1.037999),
        (BESIROGLU_2024, 2, 0.998879),
        (BESIROGLU_2024, 4, 0.995524),
        (BESIROGLU_2024, 10, 0.987695),
    ],
)
def test_the_bias_of_seven_sizes(law, width, bias):
    k = np.geomspace(1 / width, width, 7)
    assert isoflop_bias(law.alpha, law.beta, k).exact == pytest.approx(bias, abs=5e-7)


def test_a_parabola_of_the_logarithm_would_bend_the_exponent():
    C, N, L = study(HOFFMANN_2022, width=10)
    assert abs(fit_isoflop(C, N, np.log(L)).a - HOFFMANN_2022.a) > 1e-4


def test_sizes_that_drift_bend_the_exponent_until_the_bias_is_removed():
    C, N, L = study(HOFFMANN_2022, width=4, drift=0.1)
    assert abs(fit_isoflop(C, N, L).a - HOFFMANN_2022.a) > 3e-4
    mended = fit_isoflop(C, N, L, debias=(HOFFMANN_2022.alpha, HOFFMANN_2022.beta))
    assert mended.a == pytest.approx(HOFFMANN_2022.a, rel=1e-12)
    assert mended.law(1e24) == pytest.approx(HOFFMANN_2022.optimum(1e24).N, rel=1e-11)


@steady
@given(valleys(centred=False))
def test_without_its_bias_every_vertex_is_the_best_size(valley):
    alpha, beta, best, C, N, L = valley
    fit = fit_isoflop(C, N, L, debias=(alpha, beta))
    for row in fit.table:
        assert row.N_opt == pytest.approx(best(row.budget), rel=1e-7)
    assert fit.debias == (alpha, beta)
    assert fit.notes[-1] == (
        f"each vertex is divided by its bias for alpha = {alpha:g}, beta = {beta:g} (debias)"
    )


def test_debias_divides_by_the_factor_and_leaves_the_parabola():
    C, N, L = study(HOFFMANN_2022, width=4)
    plain, mended = fit_isoflop(C, N, L), fit_isoflop(C, N, L, debias=(0.33917, 0.28491))
    factor = isoflop_bias(0.33917, 0.28491, np.geomspace(1 / 4, 4, 7)).exact
    assert plain.debias is None
    for raw, clean in zip(plain.table, mended.table, strict=True):
        assert raw.vertex == raw.N_opt == clean.vertex
        assert clean.vertex / clean.N_opt == pytest.approx(factor, rel=1e-5)
        assert clean.L_min == raw.L_min


# isoflop_bias


@steady
@given(exponents, exponents, st.lists(st.floats(-2, 2), min_size=4, max_size=9, unique=True))
def test_the_bias_agrees_with_40_digits(alpha, beta, t):
    t = np.sort(t)
    if np.diff(t).min() < 0.05:
        return
    k = np.exp(t)
    with mpmath.workdps(40):
        x = [mpmath.log(mpmath.mpf(float(size))) for size in k]
        curve = [beta * mpmath.exp(-alpha * u) + alpha * mpmath.exp(beta * u) for u in x]
        A = mpmath.matrix([[1, u, u * u] for u in x])
        _, tilt, bend = mpmath.lu_solve(A.T * A, A.T * mpmath.matrix(curve))
        exact = mpmath.exp(-tilt / (2 * bend))
        _, slope, _ = mpmath.lu_solve(A.T * A, A.T * mpmath.matrix([u**3 for u in x]))
        first = mpmath.exp((mpmath.mpf(alpha) - mpmath.mpf(beta)) / 6 * slope)
    bias = isoflop_bias(alpha, beta, k)
    assert bias.exact == pytest.approx(float(exact), rel=1e-11)
    assert bias.first_order == pytest.approx(float(first), rel=1e-11)


def test_the_first_order_has_a_closed_form_on_a_symmetric_grid():
    k = np.geomspace(1 / 4, 4, 7)
    t = np.log(k)
    expected = math.exp((0.34 - 0.28) / 6 * np.sum(t**4) / np.sum(t**2))
    assert isoflop_bias(0.34, 0.28, k).first_order == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("centre", [0.0, 0.25])
def test_the_first_order_is_right_for_narrow_windows(centre):
    def miss(width):
        k = np.exp(width * (np.linspace(-1, 1, 9) + centre))
        bias = isoflop_bias(0.8, 0.3, k)
        return abs(math.log(bias.exact / bias.first_order)), abs(math.log(bias.exact))

    (wide, bias), (narrow, less) = miss(0.2), miss(0.1)
    assert bias / less == pytest.approx(4, rel=0.1)  # of second order in the width
    assert wide / narrow > 7.5  # third order off the centre, fourth on it
    assert wide < 0.1 * bias


@steady
@given(exponents, exponents, st.floats(1.5, 20), st.integers(3, 9))
def test_mirrored_exponents_mirror_the_bias(alpha, beta, width, points):
    k = np.geomspace(1 / width, width, points)
    bias, mirror = isoflop_bias(alpha, beta, k), isoflop_bias(beta, alpha, 1 / k)
    assert bias.exact * mirror.exact == pytest.approx(1, rel=1e-12)
    assert bias.first_order * mirror.first_order == pytest.approx(1, rel=1e-12)
    assert isoflop_bias(alpha, alpha, k).exact == pytest.approx(1, abs=1e-13)
    assert (bias.exact > 1) == (alpha > beta) or bias.exact == pytest.approx(1, abs=1e-13)


def test_exponents_may_be_arrays():
    k = [0.3, 1, 2, 5]
    alpha, beta = np.array([[0.3], [0.4]]), np.array([0.2, 0.3, 0.5])
    together = isoflop_bias(alpha, beta, k)
    assert together.exact.shape == together.first_order.shape == (2, 3)
    for i, j in np.ndindex(2, 3):
        alone = isoflop_bias(alpha[i, 0], beta[j], k)
        assert type(alone.exact) is type(alone.first_order) is float
        assert together.exact[i, j] == pytest.approx(alone.exact, rel=1e-14)
        assert together.first_order[i, j] == pytest.approx(alone.first_order, rel=1e-14)
    assert isinstance(together, IsoFlopBias)


def test_a_bias_needs_three_sizes():
    with pytest.raises(ValueError, match="k must hold at least 3 different sizes, got 2"):
        isoflop_bias(0.3, 0.3, [1, 2, 2])
    with pytest.raises(ValueError, match=r"k must be a list of numbers, got shape \(\)"):
        isoflop_bias(0.3, 0.3, 2)


# the parabolas and the line are those of the textbook


def test_every_row_is_the_parabola_of_numpy():
    C, N, L = study(noise=0.005)
    fit = fit_isoflop(C, N, L)
    assert [row.budget for row in fit.table] == NINE.tolist()
    for row, budget in zip(fit.table, NINE, strict=True):
        x, y = np.log(N[budget == C]), L[budget == C]
        half, tilt, height = np.polyfit(x, y, 2)
        assert math.log(row.N_opt) == pytest.approx(-tilt / (2 * half), rel=1e-9)
        assert row.L_min == pytest.approx(height - tilt**2 / (4 * half), rel=1e-10)
        assert row.curvature == pytest.approx(2 * half, rel=1e-8)
        residuals = y - np.polyval([half, tilt, height], x)
        assert row.residual_rms == pytest.approx(np.sqrt(np.mean(residuals**2)), rel=1e-6)
        assert row.parabola(np.exp(x)) == pytest.approx(y - residuals, rel=1e-10)
        assert (row.n, row.at_edge, row.used, row.reason) == (7, False, True, "")
    slope, intercept = np.polyfit(np.log(NINE), np.log([row.N_opt for row in fit.table]), 1)
    assert fit.a == pytest.approx(slope, rel=1e-10)
    assert math.log(fit.coefficient) == pytest.approx(intercept, rel=1e-10)


def test_the_curvature_is_that_of_the_law_for_narrow_windows():
    row = fit_isoflop(*study(width=1.1)).table[0]
    law = BESIROGLU_2024
    term = law.A * law.optimum(NINE[0]).N ** -law.alpha
    assert row.curvature == pytest.approx(law.alpha * (law.alpha + law.beta) * term, rel=1e-3)
    assert row.L_min == pytest.approx(law.frontier_loss(NINE[0]), rel=1e-6)


def test_four_runs_leave_a_residual_and_three_leave_none():
    C = [1e19] * 3 + [1e20] * 4
    fit = fit_isoflop(C, [1, 2, 4, 3, 6, 12, 24], [3, 2, 3, 3, 2, 2.5, 4])
    assert math.isnan(fit.table[0].residual_rms)
    assert fit.table[1].residual_rms > 0.01
    assert [row.n for row in fit.table] == [3, 4]


def test_runs_are_kept_with_their_rows():
    C, N, L = study()
    fit = fit_isoflop(C[::-1], N[::-1], L[::-1])
    for (sizes, losses), row in zip(fit.runs, fit.table, strict=True):
        assert sorted(sizes) == sorted(N[row.budget == C])
        assert sorted(losses) == sorted(L[row.budget == C])
    assert "runs" not in repr(fit)


@pytest.mark.parametrize("debias", [None, (0.3, 0.4)])
def test_order_units_and_repeats_do_not_matter(debias):
    C, N, L = study(noise=0.005)
    plain = fit_isoflop(C, N, L, debias=debias)
    order = np.random.default_rng(1).permutation(C.size)
    other = [
        fit_isoflop(C[order], N[order], L[order], debias=debias),
        fit_isoflop(C * 1e-18, N, L, debias=debias),
        fit_isoflop(C, N * 1e-6, L, debias=debias),
        fit_isoflop(C, N, L / math.log(2), debias=debias),
        fit_isoflop(C, N, L + 5, debias=debias),
        fit_isoflop(np.r_[C, C], np.r_[N, N], np.r_[L, L], debias=debias),
    ]
    for fit in other:
        assert fit.a == pytest.approx(plain.a, rel=1e-9)
    assert other[1].law(1e3) == pytest.approx(plain.law(1e21), rel=1e-9)
    assert other[2].law(1e21) == pytest.approx(plain.law(1e21) * 1e-6, rel=1e-9)
    assert other[3].table[0].L_min == pytest.approx(plain.table[0].L_min / math.log(2), rel=1e-9)
    assert other[4].table[0].L_min == pytest.approx(plain.table[0].L_min + 5, rel=1e-9)
    assert other[5].table[0].residual_rms == pytest.approx(plain.table[0].residual_rms, rel=1e-9)


# budgets left out


def test_a_vertex_outside_the_sizes_is_left_out_of_the_line():
    C, N, L = study()
    small = (NINE[2] == C) & (N > 0.9 * BESIROGLU_2024.optimum(NINE[2]).N)
    large = (NINE[5] == C) & (N < 1.5 * BESIROGLU_2024.optimum(NINE[5]).N)
    keep = ~small & ~large
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = fit_isoflop(C[keep], N[keep], L[keep])
    assert [w.category for w in caught] == [FitWarning] * 2
    assert str(caught[0].message).startswith("budget 3e+19 left out of the line: the vertex, at")
    assert [w.filename for w in caught] == [__file__] * 2
    for i, row in enumerate(fit.table):
        assert row.used == (i not in (2, 5)) == (not row.at_edge) == (row.reason == "")
    assert fit.table[2].N_opt > N[keep & (NINE[2] == C)].max()
    assert fit.table[5].N_opt < N[keep & (NINE[5] == C)].min()
    assert fit.table[2].reason == (
        f"the vertex, at {fit.table[2].N_opt:.4g} parameters, is outside the sizes "
        f"{N[14]:.4g} to {N[16]:.4g}"
    )
    used = [row for row in fit.table if row.used]
    slope, _ = np.polyfit(np.log([r.budget for r in used]), np.log([r.N_opt for r in used]), 1)
    assert fit.a == pytest.approx(slope, rel=1e-10)
    assert fit.notes == tuple(str(w.message) for w in caught)


def test_a_vertex_on_the_outermost_size_is_not_inside():
    t = np.array([-3.0, -1, 1, 3])  # whole numbers all the way: no rounding
    for vertex in (-3, 0, 2, 3):
        valley = Valley(t, (t - vertex) ** 2 + 1)
        assert valley.vertex == vertex
        assert valley.inside == (abs(vertex) < 3)
        assert (valley.bottom, valley.bend, valley.tilt) == (1, 1, -2 * vertex)
        assert not Valley(t, 9 - (t - vertex) ** 2).inside


def test_a_parabola_that_opens_downwards_has_no_minimum():
    C, N, L = study()
    L[NINE[0] == C] = 3 - L[NINE[0] == C] / 10
    with pytest.warns(FitWarning, match="opens downwards"):
        fit = fit_isoflop(C, N, L)
    row = fit.table[0]
    assert math.isnan(row.N_opt)
    assert math.isnan(row.vertex)
    assert row.curvature < 0
    assert row.at_edge
    assert row.reason == "the losses have no minimum, their parabola opens downwards"


def test_equal_losses_have_no_minimum():
    C, N, L = study()
    L[NINE[0] == C] = 2.5
    assert quiet_fit(C, N, L).table[0].reason.startswith("the losses have no minimum")


@pytest.mark.parametrize(("apart", "enough"), [(0.9e-6, False), (1.5e-6, True)])
def test_sizes_that_differ_by_rounding_are_one_size(apart, enough):
    C, N, L = (x[7:] for x in study())
    near = [1e9, 2e9, 2e9 * math.exp(apart)]
    fit = quiet_fit(np.r_[[1e18] * 3, C], np.r_[near, N], np.r_[2.0, 2.1, 2.2, L])
    assert (fit.table[0].reason == "2 different sizes, a parabola needs 3") != enough
    if not enough:
        row = fit.table[0]
        assert math.isnan(row.N_opt)
        assert math.isnan(row.L_min)
        assert (row.n, row.at_edge, row.used) == (3, False, False)


def test_a_vertex_that_no_law_with_these_exponents_has_is_left_out():
    C, N, L = study(width=100)  # wide windows: a law's parabola cannot be flat just anywhere
    first = NINE[0] == C
    far = N[first][1]
    L[first] = 3 + np.log(N[first] / far) ** 2
    with pytest.warns(FitWarning, match="no best size of a law with the exponents of debias"):
        fit = fit_isoflop(C, N, L, debias=(0.9, 0.9))
    row = fit.table[0]
    assert not row.used
    assert not row.at_edge
    assert row.vertex == pytest.approx(far)
    assert math.isnan(row.N_opt)


def test_fewer_than_two_budgets_make_no_line():
    C, N, L = study()
    one = NINE[0] == C
    words = "a line needs two budgets with a minimum, got 1$"
    with pytest.raises(ValueError, match=words):
        fit_isoflop(C[one], N[one], L[one])
    both = one | (NINE[1] == C) & (N < BESIROGLU_2024.optimum(NINE[1]).N / 1.5)
    words = r"got 1; budget 1e\+19 left out of the line: the vertex, at"
    with pytest.raises(ValueError, match=words):
        fit_isoflop(C[both], N[both], L[both])
    with pytest.raises(ValueError, match=r"got 0; budget 1 left .*; budget 9 left .* 1 diff"):
        fit_isoflop([1, 9], [1, 2], [2, 2])


def test_two_budgets_make_a_line_with_a_note():
    C, N, L = study(budgets=NINE[[0, -1]])
    fit = fit_isoflop(C, N, L)
    assert fit.notes == ("two budgets define the line: nothing is left to judge it by",)


# which runs share a budget


def test_budgets_within_five_percent_are_one():
    C, N, L = study()
    scatter = C * np.tile([0.98, 1.02, 1.0, 0.99, 1.01, 1.0, 1.0], 9)
    fit = fit_isoflop(scatter, N, L)
    centre = np.prod([0.98, 1.02, 1.0, 0.99, 1.01]) ** (1 / 7)
    assert [row.budget for row in fit.table] == pytest.approx(NINE * centre, rel=1e-12)
    named = fit_isoflop(scatter, N, L, budgets=NINE[::-1])
    assert [row.budget for row in named.table] == NINE.tolist()
    assert named.a == pytest.approx(fit_isoflop(C, N, L).a, rel=1e-12)


def test_five_percent_is_the_default():
    C, N, L = study(points=8)
    for apart, budgets in ((1.049, 9), (1.052, 18)):
        scatter = C * np.tile([1, apart], 36)
        assert len(quiet_fit(scatter, N, L).table) == budgets


def groups(C, **options):
    labels, member = by_budget(
        np.array(C, float), options.get("budgets"), options.get("rtol", 0.05)
    )
    return labels, member.tolist()


def test_runs_in_any_order_find_their_budget():
    labels, member = groups([9, 1, 1.02, 3, 9.1, 0.99])
    assert member == [2, 0, 0, 1, 2, 0]
    assert labels == pytest.approx([(1 * 1.02 * 0.99) ** (1 / 3), 3, (9 * 9.1) ** 0.5])
    assert groups([9, 1, 3], budgets=[3, 9, 1, 1])[1] == [2, 0, 1]
    assert groups([5, 5])[1] == [0, 0]


def test_the_reach_of_a_budget_is_a_factor():
    assert groups([1, 1.05])[1] == [0, 0]
    assert groups([1, 1.051])[1] == [0, 1]
    assert groups([1, 1.2], rtol=0.2)[1] == [0, 0]
    assert groups([100, 105, 1 / 1.05 * 100], budgets=[100])[1] == [0, 0, 0]
    assert groups([97, 103], budgets=[96, 104])[1] == [0, 1]  # the nearer one
    for far in (105.1, 100 / 1.051):
        with pytest.raises(
            ValueError, match=r"C\[1\] must be within a factor 1\.05 .* got " + f"{far!r}"[:5]
        ):
            groups([100, far], budgets=[100])


def test_a_chain_of_runs_is_no_budget():
    assert groups([1, 1.04, 1.08])[1] == [0, 0, 0]
    assert groups([1, 1.05, 1.05**2])[1] == [0, 0, 0]
    words = r"C from 1 to 1\.125 FLOP is one chain of runs within a factor 1\.05 .*: give budgets"
    with pytest.raises(ValueError, match=words):
        groups([1, 1.04, 1.08, 1.1249])
    assert groups([1, 1.04, 1.08, 1.1249], rtol=0.02)[1] == [0, 1, 2, 3]


def test_every_budget_has_runs():
    with pytest.raises(ValueError, match=r"budgets must have runs, got none at 3e\+19 FLOP"):
        groups([1e19, 1e20], budgets=[1e19, 1e20, 3e19])


# bootstrap


def naive_vertices(t, losses):
    """Vertices by numpy, one parabola at a time; nan where it is no minimum inside three sizes."""
    found = []
    for x, y in zip(t, losses, strict=True):
        if np.unique(x).size < 3:
            found.append(np.nan)
            continue
        half, tilt, _ = np.polyfit(x - x.mean(), y, 2)
        vertex = x.mean() - tilt / (2 * half)
        found.append(vertex if half > 0 and x.min() < vertex < x.max() else np.nan)
    return np.array(found)


def naive_lines(budgets, vertices):
    lines = []
    for column in np.transpose(vertices):
        there = np.isfinite(column)
        if there.sum() >= 2:
            lines.append(np.polyfit(np.log(budgets[there]), column[there], 1))
    return np.array(lines)


def test_resampled_runs_are_those_of_a_plain_loop():
    budgets = NINE[[0, 4, 8]]
    C, N, L = study(budgets=budgets, points=5, noise=0.01)
    draws = fit_isoflop(C, N, L).bootstrap(200, seed=5, resample="runs")
    rng = np.random.default_rng(5)
    vertices = []
    for budget in budgets:
        x, y = np.log(N[budget == C]), L[budget == C]
        pick = rng.integers(5, size=(200, 5))
        vertices.append(naive_vertices(x[pick], y[pick]))
    lines = naive_lines(budgets, vertices)
    assert len(lines) < 200
    assert draws.failures == 200 - len(lines)
    assert len(draws.laws) == len(lines)
    assert draws.laws.p == pytest.approx(lines[:, 0], rel=1e-7)
    assert np.log(draws.laws.k) == pytest.approx(lines[:, 1], rel=1e-7)
    share = np.isnan(vertices).mean()
    assert draws.notes == (f"{share:.2%} of the resampled budgets had no minimum inside",)
    assert draws.seed == 5


def test_resampled_residuals_are_those_of_a_plain_loop():
    budgets = NINE[[0, 4, 8]]
    C, N, L = study(budgets=budgets, points=7, noise=0.005)
    keep = ~((budgets[1] == C) & (np.arange(C.size) % 7 < 4))  # three runs: no residual of its own
    C, N, L = C[keep], N[keep], L[keep]
    draws = quiet_fit(C, N, L).bootstrap(100, seed=2)
    parabolas, pool = [], []
    for budget in budgets:
        x, y = np.log(N[budget == C]), L[budget == C]
        fitted = np.polyval(np.polyfit(x - x.mean(), y, 2), x - x.mean())
        parabolas.append((x, fitted))
        if x.size > 3:
            pool.append((y - fitted) * math.sqrt(x.size / (x.size - 3)))
    assert len(pool) == 2
    rng = np.random.default_rng(2)
    pool = np.concatenate(pool)
    used = [row.used for row in quiet_fit(C, N, L).table]
    vertices = [
        naive_vertices(np.tile(x, (100, 1)), fitted + rng.choice(pool, (100, x.size)))
        for (x, fitted), there in zip(parabolas, used, strict=True)
        if there
    ]
    lines = naive_lines(budgets[used], vertices)
    assert draws.laws.p == pytest.approx(lines[:, 0], rel=1e-7)
    assert np.log(draws.laws.k) == pytest.approx(lines[:, 1], rel=1e-7)
    assert draws.failures == 100 - len(lines)


def test_a_three_run_budget_borrows_the_residuals_of_others():
    C, N, L = study(points=5, noise=0.002)
    thin = (NINE[0] != C) | np.isin(np.arange(C.size), [0, 2, 4])
    fit = fit_isoflop(C[thin], N[thin], L[thin])
    assert fit.table[0].n == 3
    draws = fit.bootstrap(200)
    assert draws.failures == 0
    assert draws.se()["p"] > 0
    three = np.isin(np.arange(C.size) % 5, [0, 2, 4])
    bare = fit_isoflop(C[three], N[three], L[three])
    words = 'resample="residuals" needs a budget with more than three runs'
    with pytest.raises(ValueError, match=words):
        bare.bootstrap()


def test_the_same_seed_gives_the_same_draws():
    fit = fit_isoflop(*study(noise=0.005))
    for resample in ("runs", "residuals"):
        first = fit.bootstrap(50, 3, resample)
        assert first.laws == fit.bootstrap(50, 3, resample).laws
        assert first.laws != fit.bootstrap(50, 4, resample).laws
    assert fit.bootstrap(50).laws == fit.bootstrap(50, 0, "residuals").laws
    assert len(fit.bootstrap().laws) == 4000
    assert len(fit.bootstrap(2).laws) == 2


def test_noise_free_runs_leave_only_the_misfit_of_the_parabola():
    fit = fit_isoflop(*study(width=1.5))
    for resample in ("runs", "residuals"):
        assert fit.bootstrap(100, 1, resample).se_of(lambda law: law.p) < 2e-3
    exact = [(x - 0.5) ** 2 + 2 for x in np.linspace(-1, 1.5, 6)]
    N = np.exp(np.linspace(-1, 1.5, 6))
    parabolas = fit_isoflop(np.repeat([1, 9], 6), np.r_[N, 3 * N], exact + exact)
    for resample in ("runs", "residuals"):
        draws = parabolas.bootstrap(100, 1, resample)
        assert draws.laws.p == pytest.approx(np.full(len(draws.laws), 0.5), rel=1e-9)
        assert draws.laws.k == pytest.approx(np.full(len(draws.laws), math.exp(0.5)), rel=1e-9)


def test_the_design_of_nine_budgets_scatters_as_stated():
    """Besiroglu's law, seven sizes over a factor 5 either side: exponent .0040, 67 to 78B."""
    C, N, L = study()
    assert C.sum() == pytest.approx(3.57e22, rel=2e-3)
    for noise, sd, low, high in [(0.005, 0.0040, 67, 78), (0.01, 0.0081, 62.5, 85)]:
        rng = np.random.default_rng(0)
        fits = [fit_isoflop(C, N, L + noise * rng.normal(size=L.size)) for _ in range(200)]
        assert np.std([fit.a for fit in fits], ddof=1) == pytest.approx(sd, rel=0.12)
        ends = np.percentile([fit.law(5.88e23) / 1e9 for fit in fits], [2.5, 97.5])
        assert ends == pytest.approx([low, high], rel=0.03)
        errors = [fit.bootstrap(200).se_of(lambda law: law.p) for fit in fits[:25]]
        assert np.mean(errors) == pytest.approx(sd, rel=0.1)
    too_wide = [fit.bootstrap(200, 0, "runs").se_of(lambda law: law.p) for fit in fits[:25]]
    assert np.mean(too_wide) > 1.4 * sd


def test_draws_lose_their_bias_too():
    law = HOFFMANN_2022
    C, N, L = study(law, width=10, noise=1e-5)
    for resample in ("runs", "residuals"):
        plain = fit_isoflop(C, N, L).bootstrap(300, 0, resample)
        clean = fit_isoflop(C, N, L, debias=(law.alpha, law.beta)).bootstrap(300, 0, resample)
        true = law.optimum(1e21).N
        if resample == "runs":  # each resample has a grid of its own, and so a bias of its own
            assert clean.se_of(lambda law: law(1e21)) < 0.02 * plain.se_of(lambda law: law(1e21))
            assert clean.laws(1e21) == pytest.approx(np.full(len(clean.laws), true), rel=1e-2)
        else:
            assert np.mean(plain.laws(1e21)) / true == pytest.approx(1.038, abs=2e-3)
            assert np.mean(clean.laws(1e21)) / true == pytest.approx(1, abs=2e-3)


def test_resamples_without_two_valleys_are_no_draws():
    flat = [2, 1.999999, 2.0000001]
    fit = fit_isoflop([1] * 3 + [9] * 3, [1, 2, 4, 3, 6, 12], flat + flat)
    with pytest.raises(ValueError, match=r"only \d of 2 resamples leave two budgets"):
        fit.bootstrap(2, seed=0, resample="runs")
    draws = fit.bootstrap(400, seed=0, resample="runs")
    assert draws.failures + len(draws.laws) == 400
    assert draws.failures > 300  # three of three runs: 2 in 9 per budget


@pytest.mark.parametrize("a", [-0.95, 0.95])  # the coefficient overflows, or vanishes
def test_a_line_beyond_float64_is_a_failure(a):
    C = np.repeat([1e300, 2e300, 4e300], 7)
    k = np.tile(np.geomspace(1 / 5, 5, 7), 3)
    L = 2 + 0.02 * np.log(k) ** 2 + 0.01 * np.random.default_rng(0).normal(size=21)
    draws = fit_isoflop(C, k * (C / 1e300) ** a, L).bootstrap(400)
    assert 0 < draws.failures < 400
    assert len(draws.laws) == 400 - draws.failures
    assert np.isfinite(draws.laws.k).all()
    assert (draws.laws.k > 0).all()


# refusals


@pytest.mark.parametrize("bad", [0.3, (0.3,), (0.3, 0.3, 0.3), 7])
def test_debias_is_a_pair(bad):
    with pytest.raises(ValueError, match=r"debias must be a pair \(alpha, beta\), got"):
        fit_isoflop(*study(), debias=bad)


def test_the_exponents_of_debias_are_checked():
    with pytest.raises(ValueError, match=r"debias\[0\] must be positive, got -0\.3"):
        fit_isoflop(*study(), debias=(-0.3, 0.3))
    with pytest.raises(ValueError, match=r"debias\[1\] must be positive, got nan"):
        fit_isoflop(*study(), debias=(0.3, math.nan))
    with pytest.raises(TypeError, match=r"debias\[1\] must be a real number"):
        fit_isoflop(*study(), debias=(0.3, "0.3"))


def test_other_refusals_name_argument_and_value():
    C, N, L = study(noise=0.005)
    with pytest.raises(ValueError, match=r"N\[3\] must be positive, got -1\.0"):
        fit_isoflop(C, np.r_[N[:3], -1, N[4:]], L)
    with pytest.raises(ValueError, match="C, N and L must have the same length, got 63, 63 and 62"):
        fit_isoflop(C, N, L[1:])
    with pytest.raises(ValueError, match=r"rtol must be in \(0, 1\), got 0\.0"):
        fit_isoflop(C, N, L, rtol=0)
    with pytest.raises(ValueError, match=r"budgets\[0\] must be positive, got -1\.0"):
        fit_isoflop(C, N, L, budgets=[-1])
    with pytest.raises(TypeError):
        fit_isoflop(C, N, L, NINE)
    fit = fit_isoflop(C, N, L)
    with pytest.raises(ValueError, match="n must be a whole number of at least 2, got 1"):
        fit.bootstrap(1)
    with pytest.raises(ValueError, match="seed must be a whole number of at least 0, got -1"):
        fit.bootstrap(10, -1)
    with pytest.raises(ValueError, match='resample must be "residuals" or "runs", got \'pairs\''):
        fit.bootstrap(10, resample="pairs")


def test_nothing_is_raised_by_numpy():
    with np.errstate(all="raise"):
        C, N, L = study(noise=0.005)
        fit = fit_isoflop(C, N, L, debias=(0.3, 0.3))
        for resample in ("runs", "residuals"):
            fit.bootstrap(100, 0, resample)
        quiet_fit(np.r_[C, 1e25], np.r_[N, 1e9], np.r_[L, 2])


def test_a_valley_is_a_least_squares_parabola_wherever_it_lies():
    rng = np.random.default_rng(0)
    t = 30 + rng.normal(size=(4, 6))
    y = rng.normal(size=(3, 4, 6))
    valley = Valley(t, y)
    assert valley.vertex.shape == valley.bottom.shape == (3, 4)
    for i, j in np.ndindex(3, 4):
        half, tilt, height = np.polyfit(t[j] - 30, y[i, j], 2)
        assert valley.bend[i, j] == pytest.approx(half, rel=1e-9)
        assert valley.vertex[i, j] - 30 == pytest.approx(-tilt / (2 * half), rel=1e-8)
        assert valley.slope(31.5)[i, j] == pytest.approx(tilt + 3 * half, rel=1e-8)
        assert valley.bottom[i, j] == pytest.approx(height - tilt**2 / (4 * half), rel=1e-8)
        least = t[j].min() < valley.vertex[i, j] < t[j].max()
        assert valley.inside[i, j] == (half > 0 and least)
    assert isinstance(fit_isoflop(*study()).table[0], IsoFlopRow)
