"""The fit of the additive law: where it ends, what must not matter, what it refuses."""

import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scaling_core import BESIROGLU_2024, HOFFMANN_2022, ChinchillaLaw, FitWarning, fitting
from scaling_core import _newton as newton
from scaling_core._centred import FIELDS, Centred, checked_fixed
from scaling_core._design import condition
from scaling_core._start import GRID, starts
from scaling_core.fitting import fit_chinchilla
from tests.acceptance import rows
from tests.bench.objective import Objective as Plain
from tests.bench.objective import theta_of
from tests.bench.runs import simulated
from tests.strategies import steady

LAW = BESIROGLU_2024
SIZES, RATIOS = np.array([1e8, 3e8, 1e9, 3e9, 1e10]), np.array([4.0, 20, 100, 500])
N, D = np.repeat(SIZES, 4), np.outer(SIZES, RATIOS).ravel()


def noisy(law=LAW, noise=0.01, seed=0, N=N, D=D):
    return law.loss(N, D) * np.exp(noise * np.random.default_rng(seed).standard_normal(N.size))


def table_45():
    """Simulated: Besiroglu's law with a heavy-tailed noise of 0.3 percent."""
    table = rows("synthetic_runs_45.csv")
    return [np.array([float(row[name]) for row in table]) for name in ("params", "tokens", "loss")]


def fields(law):
    return [getattr(law, name) for name in FIELDS]


# noise-free runs give their law back


@st.composite
def designs(draw):
    """3 to 8 sizes and 3 to 8 ratios, spread over a factor 10 or more, and a law that both feel."""
    sizes, ratios = (
        np.exp(low + np.cumsum([0, *draw(st.lists(st.floats(0.4, 2.0), min_size=2, max_size=7))]))
        for low in (draw(st.floats(10, 23)), draw(st.floats(-2, 4)))
    )
    assume(sizes[-1] / sizes[0] > 10)
    assume(ratios[-1] / ratios[0] > 10)
    N, D = np.repeat(sizes, ratios.size), np.outer(sizes, ratios).ravel()
    alpha, beta = draw(st.floats(0.05, 1)), draw(st.floats(0.05, 1))
    A, B = (
        draw(st.floats(0.03, 3)) * math.exp(exponent * np.log(column).mean())
        for exponent, column in ((alpha, N), (beta, D))
    )
    E = draw(st.one_of(st.just(0), st.floats(0.01, 3)))
    return N, D, ChinchillaLaw(E, A, B, alpha, beta)


@steady
@given(designs())
def test_exact_losses_give_their_law_back(design):
    N, D, law = design
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)  # no floor, or near a ray
        fit = fit_chinchilla(N, D, law.loss(N, D))
    assert fit.converged
    assert fields(fit.law) == pytest.approx(fields(law), rel=1e-7, abs=0)
    assert np.abs(fit.residuals).max() < 1e-12  # E below 1e-12 is 0
    assert fit.objective < 1e-26


def test_a_law_without_floor_is_found_and_said_to_have_none():
    law = ChinchillaLaw(0, 20, 30, 0.1, 0.12)
    with pytest.warns(FitWarning, match="E is not distinguishable from 0"):
        fit = fit_chinchilla(N, D, law.loss(N, D))
    assert fit.law.E == 0
    assert fields(fit.law)[1:] == pytest.approx(fields(law)[1:], rel=1e-10)
    assert fit.converged
    assert fit.notes == ("E is not distinguishable from 0: the best fit has E = 0",)


def test_a_floor_that_would_be_negative_is_zero():
    with pytest.warns(FitWarning, match="the best fit has E = 0"):
        fit = fit_chinchilla(N, D, LAW.loss(N, D) - 1.9)
    assert fit.law.E == 0
    assert fit.converged
    pure = fit_chinchilla(N, D, LAW.loss(N, D) - 1.9, fixed={"E": 0})
    assert pure.objective == pytest.approx(fit.objective, rel=1e-12)
    assert pure.notes == ()


@pytest.mark.parametrize(
    "known", [s for k in range(1, 5) for s in itertools.combinations(FIELDS, k)], ids="-".join
)
def test_fixed_numbers_are_kept_exactly_and_the_others_found(known):
    fixed = {name: getattr(LAW, name) for name in known}
    fit = fit_chinchilla(N, D, LAW.loss(N, D), fixed=fixed)
    assert all(getattr(fit.law, name) == value for name, value in fixed.items())
    assert fields(fit.law) == pytest.approx(fields(LAW), rel=1e-10)
    assert fit.converged
    assert fit.notes == ()


@pytest.mark.parametrize("known", [(), ("E",), ("A",), ("B",), ("A", "B"), ("E", "A", "B")])
def test_tied_exponents_are_one(known):
    law = ChinchillaLaw(1.8, 500, 1500, 0.35, 0.35)
    fixed = {name: getattr(law, name) for name in known}
    fit = fit_chinchilla(N, D, law.loss(N, D), tie=True, fixed=fixed)
    assert fit.law.alpha == fit.law.beta
    assert fields(fit.law) == pytest.approx(fields(law), rel=1e-10)


def test_fixing_a_wrong_floor_moves_the_others_and_costs_fit():
    L = noisy()
    free, known = fit_chinchilla(N, D, L), fit_chinchilla(N, D, L, fixed={"E": 1.5})
    tied = fit_chinchilla(N, D, L, tie=True)
    assert known.law.E == 1.5
    assert known.law.alpha < free.law.alpha
    assert known.objective > free.objective
    assert tied.objective > free.objective
    assert tied.law.alpha == tied.law.beta


# the minimum is one, and the lowest


@pytest.mark.parametrize("delta", [1e-4, 1e-3, 1e-2, 1.0])
@pytest.mark.parametrize(
    "data", [table_45(), simulated(), (N, D, noisy())], ids=["45", "240", "20"]
)
def test_the_gradient_vanishes_and_no_neighbour_is_lower(data, delta):
    fit = fit_chinchilla(*data, delta=delta)
    F = Plain.of(*data, delta)
    best = theta_of(fit.law)
    value, g = F.gradient(best)
    assert fit.converged
    assert fit.objective == pytest.approx(value, rel=1e-12)
    centred = g - np.array(
        [0, 0, 0, np.log(data[0]).mean() * -g[0], np.log(data[1]).mean() * -g[1]]
    )
    assert np.abs(centred).max() <= 1e-9 * value
    rng = np.random.default_rng(0)
    for size in np.geomspace(1e-6, 0.3, 200):
        assert F(best + size * rng.standard_normal(5)) >= value * (1 - 1e-12)
    assert F(theta_of(LAW)) >= value


def test_no_start_of_many_ends_lower():
    """Newton from 200 points all over, with gross outliers among the runs."""
    N, D, L = simulated(60, 3)
    L = np.where(np.arange(60) % 9 == 4, 1.4 * L, L)
    fit = fit_chinchilla(N, D, L)
    centred, rng = fit._centred, np.random.default_rng(0)
    theta = np.column_stack(
        [
            rng.uniform(0, 1, 200),
            rng.uniform(-4, 0, 200),
            rng.uniform(0.05, 1, 200),
            rng.uniform(-4, 0, 200),
            rng.uniform(0.05, 1, 200),
        ]
    )
    objective = newton.Objective(centred)
    ends = newton.minimise(objective, centred.phi(theta), centred.w[None], [1e-3], 1e-10)
    assert ends.F.min() >= fit.objective * (1 - 1e-9)
    assert np.mean(fit.objective * (1 + 1e-9) > ends.F) > 0.5


@pytest.mark.parametrize("grid", [12, 18, 48])
def test_another_grid_of_starts_ends_at_the_same_fit(monkeypatch, grid):
    before = fit_chinchilla(*table_45())
    monkeypatch.setattr("scaling_core._start.GRID", np.geomspace(0.02, 1.5, grid))
    after = fit_chinchilla(*table_45())
    assert after.objective == pytest.approx(before.objective, rel=1e-13)
    assert fields(after.law) == pytest.approx(fields(before.law), rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_outliers_and_hidden_terms_have_one_answer_from_few_starts_or_all(monkeypatch, seed):
    rng = np.random.default_rng(seed)
    N, D, L = simulated(int(rng.integers(12, 60)), seed)
    L = np.where(rng.random(N.size) < 0.15, L * rng.uniform(0.6, 2, N.size), L)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        few = fit_chinchilla(N, D, L)
        monkeypatch.setattr("scaling_core._start.APART", 2)
        monkeypatch.setattr(fitting, "LEADERS", 40)
        many = fit_chinchilla(N, D, L)
    assert few.objective == pytest.approx(many.objective, rel=1e-9)


# what must not matter


def same(mine, theirs, rel=1e-9):
    assert mine.objective == pytest.approx(theirs.objective, rel=1e-11)
    assert fields(mine.law) == pytest.approx(fields(theirs.law), rel=rel)


DATA = {"45": table_45(), "20": (N, D, noisy())}
every_table = pytest.mark.parametrize("data", DATA.values(), ids=DATA)


@every_table
def test_the_order_of_the_runs(data):
    order = np.random.default_rng(1).permutation(data[0].size)
    fit, shuffled = fit_chinchilla(*data), fit_chinchilla(*(column[order] for column in data))
    same(shuffled, fit)
    assert shuffled.residuals == pytest.approx(fit.residuals[order], abs=1e-12)


@every_table
def test_a_weight_of_three_is_the_run_three_times_and_of_zero_not_at_all(data):
    w = np.random.default_rng(2).integers(0, 4, data[0].size)
    copies = fit_chinchilla(*(np.repeat(column, w) for column in data))
    weighted = fit_chinchilla(*data, weights=w)
    same(weighted, copies)
    assert weighted.scale == pytest.approx(copies.scale, rel=1e-9)
    assert weighted.condition == pytest.approx(copies.condition, rel=1e-9)
    assert weighted.residuals.size == data[0].size
    assert weighted.law.source.range == copies.law.source.range


@every_table
def test_the_scale_of_the_objective(data):
    """Mean instead of sum, and a tolerance that is not relative: Hoffmann et al.'s misfit."""
    fit = fit_chinchilla(*data)
    for factor in (1e3, 1e-9, 1e200):
        scaled = fit_chinchilla(*data, weights=np.full(data[0].size, factor))
        assert scaled.objective == pytest.approx(factor * fit.objective, rel=1e-11)
        assert fields(scaled.law) == pytest.approx(fields(fit.law), rel=1e-11)


@every_table
def test_the_units_of_parameters_and_tokens(data):
    N, D, L = data
    fit, other = fit_chinchilla(N, D, L), fit_chinchilla(N / 1e9, D * 1e3, L)
    law = fit.law
    A, B = law.A * 1e9**-law.alpha, law.B * 1e3**law.beta
    assert fields(other.law) == pytest.approx([law.E, A, law.alpha, B, law.beta], rel=1e-9)
    assert other.objective == pytest.approx(fit.objective, rel=1e-11)


@every_table
def test_the_unit_of_loss(data):
    N, D, L = data
    fit, bits = fit_chinchilla(N, D, L), fit_chinchilla(N, D, L / math.log(2))
    law, factor = fit.law, math.log(2)
    expected = [law.E / factor, law.A / factor, law.alpha, law.B / factor, law.beta]
    assert fields(bits.law) == pytest.approx(expected, rel=1e-9)
    assert bits.objective == pytest.approx(fit.objective, rel=1e-10)


@every_table
def test_a_run_on_the_fitted_surface(data):
    N, D, L = data
    fit = fit_chinchilla(N, D, L)
    more = fit_chinchilla(
        np.append(N, 7e9), np.append(D, 1.4e11), np.append(L, fit.law.loss(7e9, 1.4e11))
    )
    same(more, fit)
    assert more.residuals[-1] == pytest.approx(0, abs=1e-12)


@every_table
def test_the_size_of_the_buffers(monkeypatch, data):
    fit = fit_chinchilla(*data)
    monkeypatch.setattr(newton, "CELLS", 3 * data[0].size)
    same(fit_chinchilla(*data), fit)


def test_the_mirror_of_parameters_and_tokens():
    N, D, L = table_45()
    law, mirror = fit_chinchilla(N, D, L).law, fit_chinchilla(D, N, L).law
    assert fields(mirror) == pytest.approx([law.E, law.B, law.beta, law.A, law.alpha], rel=1e-9)


def test_the_callers_arrays():
    columns = [column.copy() for column in table_45()]
    fit = fit_chinchilla(*columns)
    for mine, given_ in zip((fit.N, fit.D, fit.L), columns, strict=True):
        np.testing.assert_array_equal(mine, given_)
        with pytest.raises(ValueError, match="read-only"):
            mine[0] = 1
        given_[0] = 1  # stays the caller's own
        assert mine[0] != 1
    with pytest.raises(ValueError, match="read-only"):
        fit.residuals[0] = 0


# the report


def test_what_a_fit_reports():
    N, D, L = table_45()
    fit = fit_chinchilla(N, D, L, delta=0.01, counts="non-embedding", flops_per_param_token=8)
    r = np.log(L) - np.log(fit.law.loss(N, D))
    np.testing.assert_allclose(fit.residuals, r, atol=1e-15)
    huber = np.where(np.abs(r) <= 0.01, r**2 / 2, 0.01 * (np.abs(r) - 0.005))
    assert fit.objective == pytest.approx(huber.sum(), rel=1e-12)
    assert fit.scale == pytest.approx(1.4826 * np.median(np.abs(r)), rel=1e-12)
    assert (fit.law.counts, fit.law.flops_per_param_token) == ("non-embedding", 8)
    source = fit.law.source
    assert (source.kind, source.grade, source.counts) == ("fitted", "D", "non-embedding")
    assert source.range == pytest.approx((8 * (N * D).min(), 8 * (N * D).max()), rel=1e-12)
    assert source.where == "45 runs, delta = 0.01"
    assert fit.law.decades_beyond(80 * (N * D).max()) == pytest.approx(1)
    assert (fit.delta, fit.notes, fit.converged) == (0.01, (), True)
    assert 0 < fit.iterations < 100
    assert fit.weights.tolist() == [1] * 45
    assert "_centred" not in repr(fit)


def test_the_scale_is_the_weighted_median():
    def scale(sizes, weights):
        return fitting._scale(np.array(sizes), np.array(weights)) / 1.4826

    assert scale([-3.0, 1, 2], [1.0, 1, 1]) == pytest.approx(2)
    assert scale([4.0, -1, 2, 3], [1.0, 1, 1, 1]) == pytest.approx(2.5)
    assert scale([1.0, 2, -3], [1.0, 1, 2]) == pytest.approx(2.5)
    assert scale([1.0, 2, -3], [1.0, 1, 3]) == pytest.approx(3)
    assert scale([1.0, 2, -3], [3.0, 1, 1]) == pytest.approx(1)


def test_the_condition_number_is_that_of_the_scaled_jacobian():
    """By differences in ln L at the fit: E, ln A, alpha, ln B, beta about the means of the logs."""
    fit, h = fit_chinchilla(N, D, noisy(), delta=0.01), 1e-6
    x, z, y = (np.log(column).mean() for column in (N, D, noisy()))
    law = fit.law
    base = np.array(
        [
            law.E,
            math.log(law.A) - law.alpha * x,
            law.alpha,
            math.log(law.B) - law.beta * z,
            law.beta,
        ]
    )

    def log_loss(theta):
        E, a, alpha, b, beta = theta
        return np.log(E + np.exp(a - alpha * (np.log(N) - x)) + np.exp(b - beta * (np.log(D) - z)))

    columns = [
        (log_loss(base + h * unit) - log_loss(base - h * unit)) / (2 * h) for unit in np.eye(5)
    ]
    J = np.array(columns).T
    assert fit.condition == pytest.approx(np.linalg.cond(J / np.linalg.norm(J, axis=0)), rel=1e-5)
    assert y == pytest.approx(fit._centred.shift[2])


def test_centring_takes_the_condition_number_from_190_to_below_50():
    sizes, tokens = np.repeat([1e8, 1e9, 1e10], 3), np.tile([2e9, 2e10, 2e11], 3)
    centred = Centred.of((sizes, tokens, LAW.loss(sizes, tokens)), np.ones(9), {}, False)
    x, z, y = centred.shift
    theta = [
        LAW.E * math.exp(-y),
        math.log(LAW.A) - y - LAW.alpha * x,
        LAW.alpha,
        math.log(LAW.B) - y - LAW.beta * z,
        LAW.beta,
    ]
    S, gradient = centred.gradient(np.array(theta))
    np.testing.assert_allclose(S * math.exp(y), LAW.loss(sizes, tokens), rtol=1e-12)
    J = gradient / S[:, None]
    raw = J @ np.array(  # the same without the shift: d/dalpha at fixed A
        [[1, 0, 0, 0, 0], [0, 1, -x, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, -z], [0, 0, 0, 0, 1.0]]
    )
    assert condition(J) < 50
    assert condition(raw) > 150
    assert condition(J * [1, 2, 3, 4, 5]) == pytest.approx(condition(J), rel=1e-9)
    assert condition(J[:, [0, 1, 1]]) > 1e12
    assert condition(J * [1, 0, 1, 1, 1]) == math.inf


def test_an_exponent_at_the_end_of_its_range_is_a_doubt():
    sizes, tokens = np.repeat([1e8, 1.3e8, 1.7e8, 2.2e8], 5), np.tile(np.geomspace(2e9, 2e12, 5), 4)
    L = 1.8 + 2000 * tokens**-0.36 + 0.3 * (sizes == 1e8)
    with pytest.warns(FitWarning, match="alpha = 10 is the end of its range") as caught:
        fit = fit_chinchilla(sizes, tokens, L, delta=0.01)
    assert not fit.converged
    assert fit.notes == ("alpha = 10 is the end of its range: the runs do not determine it",)
    assert caught[0].filename == __file__


def test_losses_that_rise_leave_no_term():
    with pytest.warns(FitWarning):
        fit = fit_chinchilla(N, D, 1 / LAW.loss(N, D))
    assert not fit.converged
    assert any(note.startswith("A = ") for note in fit.notes)
    assert any(note.startswith("B = ") for note in fit.notes)


def test_a_fit_that_does_not_get_there_says_so(monkeypatch):
    monkeypatch.setattr(newton, "PATIENCE", 0)
    with pytest.warns(FitWarning, match="not converged after 0 Newton steps") as caught:
        fit = fit_chinchilla(*table_45())
    assert not fit.converged
    assert fit.notes == ("not converged after 0 Newton steps",)
    assert caught[0].filename == __file__


# what is refused


def test_fewer_runs_than_numbers():
    few = slice(0, 5)
    L = LAW.loss(N, D)
    with pytest.raises(ValueError, match="E, A, alpha, B, beta needs at least 6 runs, got 5"):
        fit_chinchilla(N[few], D[few], L[few])
    w = np.r_[np.ones(5), np.zeros(15)]
    with pytest.raises(ValueError, match="needs at least 6 runs, got 5"):
        fit_chinchilla(N, D, L, weights=w)
    with pytest.raises(ValueError, match="fit of A, B needs at least 3 runs, got 2"):
        fit_chinchilla(N[:2], D[:2], L[:2], fixed={"E": 1.8, "alpha": 0.35, "beta": 0.36})
    three = [0, 5, 11]
    fixed = {"E": LAW.E, "alpha": LAW.alpha, "beta": LAW.beta}
    assert pytest.approx(LAW.A) == fit_chinchilla(N[three], D[three], L[three], fixed=fixed).law.A


ONE, TWO, MANY = [1e9] * 8, [1e8, 1e9] * 4, list(np.geomspace(1e9, 3e11, 8))
TIED = ChinchillaLaw(1.8, 500, 1500, 0.35, 0.35)


@pytest.mark.parametrize(
    ("sizes", "tokens", "options", "message"),
    [
        (ONE, MANY, {}, "N must take at least 3 different values to determine A and alpha, got 1"),
        (TWO, MANY, {}, "N must take at least 3 different values to determine A and alpha, got 2"),
        (MANY, TWO, {}, "D must take at least 3 different values to determine B and beta, got 2"),
        (ONE, MANY, {"fixed": {"E": 1.8}}, "N must take at least 2 different values"),
        (ONE, MANY, {"fixed": {"A": 480}}, "N must take at least 2 .* to determine alpha, got 1"),
        (ONE, MANY, {"tie": True}, "N must take at least 2 .* to determine A, got 1"),
        (TWO, [1e9, 1e9, 1e10, 1e10] * 2, {"fixed": {"E": 1.8}}, "do not determine A, alpha, B"),
        (TWO, [1e9, 1e9, 1e10, 1e10] * 2, {"tie": True}, "do not determine E, A, alpha, B: other"),
    ],
)
def test_too_few_sizes(sizes, tokens, options, message):
    sizes, tokens = np.array(sizes), np.array(tokens)
    with pytest.raises(ValueError, match=message):
        fit_chinchilla(sizes, tokens, TIED.loss(sizes, tokens), **options)


@pytest.mark.parametrize(
    ("sizes", "tokens", "options"),
    [
        (TWO, MANY, {"fixed": {"E": 1.8}}),
        (ONE, MANY, {"fixed": {"A": 500, "alpha": 0.35}}),
        (ONE, MANY, {"fixed": {"E": 1.8, "alpha": 0.35}}),
        (TWO, MANY, {"tie": True}),
        (TWO, [1e9, 1e9, 1e10, 1e10] * 2, {"tie": True, "fixed": {"E": 1.8}}),
    ],
)
def test_what_is_known_stands_for_missing_sizes(sizes, tokens, options):
    sizes, tokens = np.array(sizes), np.array(tokens)
    fit = fit_chinchilla(sizes, tokens, TIED.loss(sizes, tokens), **options)
    assert fields(fit.law) == pytest.approx(fields(TIED), rel=1e-9)


RAY = np.geomspace(1e7, 1e10, 8)


@pytest.mark.parametrize(
    ("tokens", "curve"),
    [
        (20 * RAY, r"D = 20 N: there"),
        (3 * RAY**0.9, r"D = 3 N\^0\.9: there"),
        (20 * RAY * (1 + 1e-9 * np.cos(RAY)), r"D = 20 N: there"),
    ],
)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tie": True},
        {"fixed": {"E": LAW.E}},
        {"fixed": {"alpha": LAW.alpha}},
        {"fixed": {"E": LAW.E, "B": LAW.B}},
    ],
    ids=str,
)
def test_runs_along_one_ray(tokens, curve, options):
    with pytest.raises(ValueError, match=f"all runs lie on one ray, {curve}.*fit_along_ray"):
        fit_chinchilla(RAY, tokens, LAW.loss(RAY, tokens), **options)


def test_why_a_ray_is_refused_the_terms_can_be_exchanged():
    k, p = 3, 0.9
    swapped = ChinchillaLaw(
        LAW.E, LAW.B * k**-LAW.beta, LAW.A * k ** (LAW.alpha / p), p * LAW.beta, LAW.alpha / p
    )
    tokens = k * RAY**p
    np.testing.assert_allclose(swapped.loss(RAY, tokens), LAW.loss(RAY, tokens), rtol=1e-13)


@pytest.mark.parametrize(
    ("law", "options"),
    [
        (LAW, {"fixed": {"alpha": LAW.alpha, "beta": LAW.beta}}),
        (LAW, {"fixed": {"A": LAW.A, "alpha": LAW.alpha}}),
        (TIED, {"tie": True, "fixed": {"A": TIED.A}}),
    ],
)
def test_two_numbers_can_be_read_off_a_ray(law, options):
    with pytest.warns(FitWarning, match="one ray, D = 20 N: .* only in their sum .condition"):
        fit = fit_chinchilla(RAY, 20 * RAY, law.loss(RAY, 20 * RAY), **options)
    assert fields(fit.law) == pytest.approx(fields(law), rel=1e-8)


def test_one_exponent_for_both_terms_of_a_ray_is_not_enough():
    with pytest.raises(ValueError, match="do not determine E, A, B: other values give the same"):
        fit_chinchilla(RAY, 20 * RAY, TIED.loss(RAY, 20 * RAY), fixed={"alpha": 0.35, "beta": 0.35})


def test_one_isoflop_curve_passes_with_a_doubt():
    tokens = 1e19 / (6 * RAY)
    with pytest.warns(FitWarning, match=r"one IsoFLOP curve, D = 1\.67e\+18 N\^-1") as caught:
        fit = fit_chinchilla(RAY, tokens, LAW.loss(RAY, tokens))
    assert fields(fit.law) == pytest.approx(fields(LAW), rel=1e-9)
    assert fit.notes == (str(caught[0].message),)
    assert fit.notes[0].endswith(f"(condition number {fit.condition:.2g})")
    assert fit.condition > 200
    assert fit.converged


def test_a_design_near_a_ray_passes_with_a_doubt():
    wobble = np.array([1, -1, 0, 1, -1, 1, 0, -1])
    near, far = (20 * RAY * np.exp(s * wobble) for s in (0.2, 0.6))
    with pytest.warns(FitWarning, match=r"near one ray, D = .* within a factor 1\.61") as caught:
        fit = fit_chinchilla(RAY, near, LAW.loss(RAY, near))
    assert "condition number" in str(caught[0].message)
    assert fields(fit.law) == pytest.approx(fields(LAW), rel=1e-8)
    assert fit_chinchilla(RAY, far, LAW.loss(RAY, far)).notes == ()
    falling = 1e19 / (6 * RAY) * np.exp(0.2 * wobble)
    assert fit_chinchilla(RAY, falling, LAW.loss(RAY, falling)).notes == ()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"delta": 0}, ValueError, "delta must be positive, got 0.0"),
        ({"delta": [1, 2]}, TypeError, "delta must be one number"),
        ({"weights": np.zeros(20)}, ValueError, "weights must not all be 0"),
        ({"weights": np.ones(19)}, ValueError, r"one entry per row \(20\)"),
        ({"tie": 1}, TypeError, "tie must be True or False, got 1"),
        ({"tie": "yes"}, TypeError, "tie must be True or False, got 'yes'"),
        ({"fixed": ["E"]}, TypeError, "fixed must be a dict"),
        ({"fixed": {"e": 1.8}}, ValueError, "fixed must name some of E, A, .*got 'e'"),
        ({"fixed": {"E": -1}}, ValueError, r"fixed\['E'\] must be nonnegative, got -1.0"),
        ({"fixed": {"A": 0}}, ValueError, r"fixed\['A'\] must be positive, got 0.0"),
        ({"fixed": {"alpha": "x"}}, TypeError, r"fixed\['alpha'\] must be a real number"),
        ({"fixed": dict(zip(FIELDS, fields(LAW), strict=True))}, ValueError, "all of the five"),
        ({"tie": True, "fixed": {"alpha": 0.3}}, ValueError, "tie leaves one exponent"),
        ({"tie": True, "fixed": {"beta": 0.3}}, ValueError, "tie leaves one exponent"),
        ({"counts": "all"}, ValueError, "counts must be .* got 'all'"),
        ({"flops_per_param_token": 0}, ValueError, "flops_per_param_token must be positive"),
    ],
)
def test_options_are_checked(options, error, message):
    with pytest.raises(error, match=message):
        fit_chinchilla(N, D, noisy(), **options)


def test_fixed_numbers_are_copied_as_floats():
    given_ = {"E": 2, "alpha": np.float32(0.5)}
    assert checked_fixed(given_, tie=False) == {"E": 2.0, "alpha": 0.5}
    assert checked_fixed(None, tie=True) == {}


# the starts


def test_the_best_start_is_the_least_squares_solution_at_its_exponents():
    runs = table_45()
    w = np.random.default_rng(0).uniform(0.2, 1, 45)
    centred = Centred.of(tuple(runs), w, {}, False)
    pool = centred.theta(starts(centred))
    loss = np.exp(centred.y)

    def solution(alpha, beta):
        columns = [np.ones(45), np.exp(-alpha * centred.x), np.exp(-beta * centred.z)]
        J = np.array(columns).T / loss[:, None] * np.sqrt(centred.w)[:, None]
        c, *_ = np.linalg.lstsq(J, np.sqrt(centred.w), rcond=None)
        return c, ((J @ c - np.sqrt(centred.w)) ** 2).sum()

    E, a, alpha, b, beta = pool[0]
    c, best = solution(alpha, beta)
    assert [E, math.exp(a), math.exp(b)] == pytest.approx(c, rel=1e-6)
    feasible = []
    for alpha, beta in itertools.product(GRID, GRID):
        c, rss = solution(alpha, beta)
        if (c > 1e-3).all():
            feasible.append((rss, alpha, beta))
    assert best == pytest.approx(min(feasible)[0], rel=1e-6)
    found = {(round(alpha, 9), round(beta, 9)) for _, _, alpha, _, beta in pool}
    assert {(round(a, 9), round(b, 9)) for _, a, b in sorted(feasible)[:4]} <= found
    assert len(pool) == len(found) <= 20
    spread = {round(e, 9) for e in GRID[1::6]}
    assert {(a, b) for a in spread for b in spread} <= found
    assert len(spread) == 4


def test_starts_keep_what_is_known_and_tied():
    runs = tuple(table_45())
    known = Centred.of(runs, np.ones(45), {"E": 1.8, "A": 480.0, "beta": 0.4}, False)
    for theta in known.theta(starts(known)):
        law = {name: v[0] for name, v in known.fields(known.phi(theta[None])).items()}
        assert (law["E"], law["A"], law["beta"]) == (1.8, 480, 0.4)
        assert law["B"] > 0
    x, _, y = known.shift
    theta = known.theta(starts(known))
    assert theta[:, 1] == pytest.approx(math.log(480) - y - theta[:, 2] * x, rel=1e-12)
    assert theta[:, 0] == pytest.approx(np.full(len(theta), 1.8 * math.exp(-y)))
    assert len(starts(known)) == 4 + np.sum(~np.isin(GRID[1::6], theta[:4, 2]))
    tied = Centred.of(runs, np.ones(45), {}, True)
    theta = tied.theta(starts(tied))
    np.testing.assert_array_equal(theta[:, 2], theta[:, 4])
    exponents = Centred.of(runs, np.ones(45), {"alpha": 0.35, "beta": 0.37}, False)
    assert len(starts(exponents)) == 1
    linear = Centred.of(runs, np.ones(45), {"E": 1.8, "A": 480.0, "B": 2000.0}, False)
    assert starts(linear).shape[1] == 2


def test_starts_without_a_positive_solution_have_a_small_term_or_no_floor():
    rising = Centred.of((N, D, 1 / LAW.loss(N, D)), np.ones(20), {}, False)
    theta = rising.theta(starts(rising))
    assert np.exp(theta[:, [1, 3]]).min() == pytest.approx(1e-3)
    low = Centred.of((N, D, LAW.loss(N, D) - 1.9), np.ones(20), {}, False)
    theta = low.theta(starts(low))
    assert theta[:, 0].min() == 0
    assert (np.exp(theta[:, [1, 3]]) >= 1e-3).all()


def test_starts_of_long_tables_are_summed_in_blocks(monkeypatch):
    centred = Centred.of(tuple(table_45()), np.ones(45), {}, False)
    whole = starts(centred)
    monkeypatch.setattr("scaling_core._start.BLOCK", 7)
    assert starts(centred) == pytest.approx(whole, rel=1e-7)


@steady
@given(
    st.sampled_from(["E", "A", "alpha", "B", "beta", ""]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_coordinates_and_laws_are_the_same_thing(name, tie, seed):
    fixed = {} if tie or not name else {name: getattr(LAW, name)}
    centred = Centred.of((N, D, noisy()), np.ones(20), fixed, tie)
    rng = np.random.default_rng(seed)
    theta = rng.uniform([0, -3, 0.05, -3, 0.05], [0.9, 0, 1, 0, 1])[None]
    phi = centred.phi(theta)
    law = ChinchillaLaw(**{name: value[0] for name, value in centred.fields(phi).items()})
    E, a, alpha, b, beta = centred.theta(phi)[0]
    S = E + np.exp(a - alpha * centred.x) + np.exp(b - beta * centred.z)
    np.testing.assert_allclose(S * math.exp(centred.shift[2]), law.loss(N, D), rtol=1e-11)
    np.testing.assert_array_equal(centred.phi(centred.theta(phi)), phi)
    assert (law.alpha == law.beta) == tie
    assert centred.w.max() == 1
    assert np.average(centred.x, weights=centred.w) == pytest.approx(0, abs=1e-13)


def test_hoffmanns_law_comes_back_from_25_exact_runs():
    sizes, tokens = (g.ravel() for g in np.meshgrid(np.logspace(7, 11, 5), np.logspace(8, 12, 5)))
    fit = fit_chinchilla(sizes, tokens, HOFFMANN_2022.loss(sizes, tokens))
    assert fields(fit.law) == pytest.approx(fields(HOFFMANN_2022), rel=1e-11)
