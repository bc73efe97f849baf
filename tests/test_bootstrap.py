"""Resampled fits: what is drawn, what comes back, and what intervals do with it."""

import math
import tracemalloc
import warnings

import numpy as np
import pytest

from scaling_core import BESIROGLU_2024, ChinchillaLaw, FitWarning, bootstrap
from scaling_core import _newton as newton
from scaling_core._centred import FIELDS
from scaling_core.bootstrap import Bootstrap
from scaling_core.fitting import fit_chinchilla
from tests.acceptance import rows
from tests.bench import plain
from tests.bench.objective import Objective as Plain
from tests.bench.objective import theta_of
from tests.bench.runs import drawn, simulated
from tests.test_allocation import seconds

LAW = BESIROGLU_2024


def table_45():
    table = rows("synthetic_runs_45.csv")
    return [np.array([float(row[name]) for row in table]) for name in ("params", "tokens", "loss")]


@pytest.fixture(scope="module")
def fit():
    return fit_chinchilla(*table_45(), delta=0.005)


@pytest.fixture(scope="module")
def boot(fit):
    return fit.bootstrap(1000)


def fields(law):
    return [getattr(law, name) for name in FIELDS]


# what is drawn


def test_a_resample_draws_as_many_runs_as_there_are():
    counts = bootstrap._counts(np.random.default_rng(0), 4000, 30)
    assert counts.shape == (4000, 30)
    assert (counts.sum(axis=1) == 30).all()
    assert counts.min() == 0
    assert counts.mean(axis=0) == pytest.approx(np.ones(30), abs=0.06)
    assert counts.var() == pytest.approx(1 - 1 / 30, abs=0.02)  # binomial
    assert np.mean(counts == 0) == pytest.approx((29 / 30) ** 30, abs=0.01)
    assert np.corrcoef(counts[:-1, 0], counts[1:, 0])[0, 1] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("size", [7, 45, 240])
def test_draws_do_not_depend_on_the_chunks(size):
    whole = bootstrap._counts(np.random.default_rng(3), 50, size)
    rng = np.random.default_rng(3)
    parts = [bootstrap._counts(rng, rows, size) for rows in (1, 7, 12, 30)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_the_same_seed_gives_the_same_laws(fit, boot):
    again, other = fit.bootstrap(1000, seed=0), fit.bootstrap(1000, seed=1)
    assert again.laws == boot.laws
    np.testing.assert_array_equal(again.objective, boot.objective)
    assert again.laws != other.laws
    assert (boot.seed, other.seed) == (0, 1)


@pytest.mark.parametrize("cells", [45, 45 * 77])
@pytest.mark.parametrize("delta", [1e-3, 1e-2])
def test_the_size_of_the_chunks_does_not_show(monkeypatch, cells, delta):
    fit = fit_chinchilla(*table_45(), delta=delta)
    whole = fit.bootstrap(300)
    monkeypatch.setattr(newton, "CELLS", cells)
    parts = fit.bootstrap(300)
    for mine, theirs in zip(fields(parts.laws), fields(whole.laws), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)
    np.testing.assert_allclose(parts.objective, whole.objective, rtol=1e-12)


def test_a_resample_of_every_run_once_is_the_fit(monkeypatch, fit):
    monkeypatch.setattr(bootstrap, "_counts", lambda rng, rows, size: np.ones((rows, size), int))
    same = fit.bootstrap(3)
    for mine, theirs in zip(fields(same.laws), fields(fit.law), strict=True):
        np.testing.assert_allclose(mine, np.full(3, theirs), rtol=1e-12)
    np.testing.assert_allclose(same.objective, np.full(3, fit.objective), rtol=1e-12)


@pytest.mark.parametrize("delta", [1e-3, 5e-3, 1.0])
def test_each_law_is_the_fit_of_its_resample_found_from_everywhere(delta):
    """From the estimate alone, a refit ends where a fit with all its starts ends."""
    N, D, L = table_45()
    boot, counts = drawn(fit_chinchilla(N, D, L, delta=delta), 60)
    for i, w in enumerate(counts):
        alone = fit_chinchilla(N, D, L, delta=delta, weights=w)
        assert boot.objective[i] == pytest.approx(alone.objective, rel=1e-9)
        assert fields(boot.laws[i]) == pytest.approx(fields(alone.law), rel=1e-5)
        value, _ = Plain.of(N, D, L, delta, w).gradient(theta_of(boot.laws[i]))
        assert boot.objective[i] == pytest.approx(value, rel=1e-9)


def test_the_laws_carry_what_the_fit_was_told(boot):
    fit = fit_chinchilla(*table_45(), counts="non-embedding", flops_per_param_token=8)
    laws = fit.bootstrap(3).laws
    assert (laws.shape, laws.counts, laws.flops_per_param_token) == ((3,), "non-embedding", 8)
    assert laws.source == fit.law.source
    assert boot.laws.shape == boot.objective.shape == (1000,)
    with pytest.raises(ValueError, match="read-only"):
        boot.objective[0] = 0
    assert "_residuals" not in repr(boot)


def test_what_is_fixed_or_tied_stays_so():
    N, D, L = table_45()
    fixed = fit_chinchilla(N, D, L, fixed={"E": 1.8, "alpha": 0.35}).bootstrap(20)
    assert (fixed.laws.E == 1.8).all()
    assert (fixed.laws.alpha == 0.35).all()
    assert np.ptp(fixed.laws.A) > 0
    assert fixed.ci()["E"] == (1.8, 1.8)
    assert fixed.se()["alpha"] == pytest.approx(0, abs=1e-15)
    assert fixed.failures["E = 0"] == 0
    tied = fit_chinchilla(N, D, L, tie=True).bootstrap(20).laws
    np.testing.assert_array_equal(tied.alpha, tied.beta)
    assert np.ptp(tied.alpha) > 0


# weights and groups


def weights_of(monkeypatch, fit, n, **options):
    """The rows of weights that the solver is given."""
    seen = []

    def spy(objective, phi, w, *rest):
        seen.append(w.copy())
        return newton.minimise(objective, phi, w, *rest)

    monkeypatch.setattr(bootstrap, "minimise", spy)
    fit.bootstrap(n, **options)
    return np.concatenate(seen)


def test_a_drawn_run_brings_its_weight(monkeypatch):
    w = np.where(np.arange(45) % 9 == 3, 0, 1 + np.arange(45) % 3)
    fit = fit_chinchilla(*table_45(), weights=w, delta=0.005)
    given = weights_of(monkeypatch, fit, 50) * 3
    assert given.shape == (50, 40)  # a run without weight is never drawn
    times = given / w[w > 0]
    np.testing.assert_allclose(times, np.round(times), atol=1e-12)
    assert times.sum(axis=1) == pytest.approx(np.full(50, 40))
    boot, alone = fit.bootstrap(1000), fit_chinchilla(*table_45(), delta=0.005).bootstrap(1000)
    scale = 1000 / fit.weights.max()
    heavy = fit_chinchilla(*table_45(), weights=w * scale, delta=0.005).bootstrap(1000)
    np.testing.assert_allclose(heavy.objective, boot.objective * scale, rtol=1e-9)
    assert boot.se()["E"] != alone.se()["E"]


def test_runs_of_one_group_are_drawn_together(monkeypatch, fit):
    labels = np.array([f"cell {i // 5}" for i in range(45)])
    given = weights_of(monkeypatch, fit, 200, groups=labels).reshape(200, 9, 5)
    assert (given == given[:, :, :1]).all()
    assert (given[:, :, 0].sum(axis=1) == 9).all()
    assert given.mean(axis=(0, 2)) == pytest.approx(np.ones(9), abs=0.2)


def test_groups_of_one_run_are_no_groups(fit, boot):
    assert fit.bootstrap(1000, groups=np.arange(45)).laws == boot.laws
    assert fit.bootstrap(1000, groups=list(range(45))).laws == boot.laws


def test_groups_that_share_their_noise_widen_the_interval():
    """Nine cells of five seeds with one noise per cell: resampling rows would believe 45 runs."""
    sizes, ratios = np.array([1e8, 1e9, 1e10]), np.array([4.0, 40, 400])
    N, D = np.repeat(sizes, 15), np.repeat(np.outer(sizes, ratios).ravel(), 5)
    cell = np.arange(45) // 5
    noise = 0.003 * np.random.default_rng(5).standard_normal(9)[cell]
    fit = fit_chinchilla(N, D, LAW.loss(N, D) * np.exp(noise), delta=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)  # some draws have fewer than five cells
        by_row, by_cell = fit.bootstrap(400), fit.bootstrap(400, groups=cell)
    assert by_cell.se()["beta"] > 1.5 * by_row.se()["beta"]


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (["a"] * 44, r"groups must have one label per run \(45\), got shape \(44,\)"),
        (np.zeros((45, 2)), r"got shape \(45, 2\)"),
        (["a"] * 45, "groups must name at least two groups, got only 'a'"),
        ("a", r"got shape \(\)"),
    ],
)
def test_groups_are_checked(fit, groups, message):
    with pytest.raises(ValueError, match=message):
        fit.bootstrap(5, groups=groups)


def test_groups_without_weight_do_not_count():
    w = np.r_[np.ones(40), np.zeros(5)]
    fit = fit_chinchilla(*table_45(), weights=w)
    with pytest.raises(ValueError, match="at least two groups, got only 0"):
        fit.bootstrap(5, groups=np.r_[np.zeros(40, int), np.ones(5, int)])


# doubts


def test_nothing_is_wrong_with_240_runs_like_chinchillas():
    boot = fit_chinchilla(*simulated()).bootstrap(500)
    assert dict(boot.failures) == {
        "not converged": 0,
        "at the end of a range": 0,
        "fewer different runs than free numbers": 0,
        "E = 0": 0,
    }
    with pytest.raises(TypeError):
        boot.failures["not converged"] = 1


def test_floors_of_zero_are_kept_and_counted():
    N, D = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e8, 1e10, 6), [2e9, 4e10, 8e11]))
    law = ChinchillaLaw(0.25, 30, 60, 0.12, 0.15)
    noise = np.exp(0.004 * np.random.default_rng(1).standard_normal(18))
    boot = fit_chinchilla(N, D, law.loss(N, D) * noise, delta=0.01).bootstrap(400)
    zeros = int(np.sum(boot.laws.E == 0))
    assert 0 < zeros < 400
    assert boot.failures["E = 0"] == zeros
    assert boot.ci()["E"][0] == 0


def test_refits_that_end_early_are_counted_and_warned_about(monkeypatch, fit):
    monkeypatch.setattr(newton, "PATIENCE", 0)
    with pytest.warns(FitWarning, match="20 of 20 refits: not converged") as caught:
        boot = fit.bootstrap(20)
    assert boot.failures["not converged"] == 20
    assert caught[0].filename == __file__


def test_resamples_with_too_few_different_runs_are_counted():
    N, D = np.array([1e8, 1e8, 1e9, 1e9, 1e10, 1e10, 3e9]), np.geomspace(2e9, 3e11, 7)
    D = D[[0, 6, 1, 5, 3, 2, 4]]
    L = LAW.loss(N, D) * np.exp(0.002 * np.cos(np.arange(7)))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        boot, counts = drawn(fit_chinchilla(N, D, L, delta=0.01), 200)
    few = int(np.sum(np.count_nonzero(counts, axis=1) < 5))
    assert 0 < few < 200
    assert boot.failures["fewer different runs than free numbers"] == few
    said = [str(w.message) for w in caught]
    assert f"{few} of 200 refits: fewer different runs than free numbers" in said
    assert np.isfinite(fields(boot.laws)).all()


def test_refits_at_the_end_of_a_range_are_counted():
    """Twelve runs with a scatter of 3 percent: some resamples see one size stand out, no more."""
    N, D = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e8, 1e10, 4), [2e9, 4e10, 8e11]))
    L = LAW.loss(N, D) * np.exp(0.03 * np.random.default_rng(3).standard_normal(12))
    with pytest.warns(FitWarning, match="of 300 refits: at the end of a range"):
        boot = fit_chinchilla(N, D, L, delta=0.1).bootstrap(300)
    ends = np.isin(boot.laws.alpha, [0.001, 10]) | np.isin(boot.laws.beta, [0.001, 10])
    assert 0 < ends.sum() <= boot.failures["at the end of a range"] < 100


# intervals


def some_laws(E):
    E = np.asarray(E, float)
    laws = ChinchillaLaw(E, 480, 2100, 0.35, 0.37)
    return Bootstrap(laws, np.zeros(E.size), {}, 0, np.array([-0.01, 0.02]), np.array([3.0, 1.0]))


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
@pytest.mark.parametrize("C", [1e23, [1e22, 1e24]])
def test_intervals_are_percentiles_of_the_pushed_laws(boot, level, C):
    low, high = boot.ci_of(lambda law: law.optimum(C).N, level)
    draws = np.asarray(boot.laws.optimum(C).N)
    tails = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    assert low == pytest.approx(tails[0], rel=1e-12)
    assert high == pytest.approx(tails[1], rel=1e-12)
    assert np.shape(low) == np.shape(C)
    assert boot.se_of(lambda law: law.optimum(C).N) == pytest.approx(draws.std(axis=0, ddof=1))


def test_95_percent_is_the_default_and_numbers_are_floats(boot):
    assert boot.ci() == boot.ci(0.95)
    assert boot.ci_of(lambda law: law.a) == boot.ci_of(lambda law: law.a, level=0.95)
    assert boot.predict(1e10, 1e12) == boot.predict(1e10, 1e12, level=0.95, seed=0)
    low, high = boot.ci_of(lambda law: law.a)
    assert type(low) is type(high) is type(boot.se_of(lambda law: law.a)) is float


def test_each_number_of_the_law_has_its_interval(boot):
    assert set(boot.ci()) == set(boot.se()) == set(FIELDS)
    for name in FIELDS:
        draws = getattr(boot.laws, name)
        assert boot.ci(0.8)[name] == pytest.approx(np.quantile(draws, [0.1, 0.9]), rel=1e-12)
        assert boot.se()[name] == pytest.approx(draws.std(ddof=1), rel=1e-12)


def test_the_intervals_of_numbers_do_not_make_an_interval_of_a_loss(boot):
    """ln A and alpha move together: corners of their box are far from any draw."""
    assert np.corrcoef(np.log(boot.laws.A), boot.laws.alpha)[0, 1] > 0.99
    low, high = boot.ci_of(lambda law: law.A * 1e10**-law.alpha)
    (A_low, A_high), (least, most) = boot.ci()["A"], boot.ci()["alpha"]
    assert A_high * 1e10**-least - A_low * 1e10**-most > 5 * (high - low)


def test_infinite_answers_are_answers():
    boot = some_laws([1.7, 1.8, 1.9, 2.1, 2.2])
    low, high = boot.ci_of(lambda law: law.compute_for(2.0))
    assert math.isfinite(low)
    assert high == math.inf
    assert math.isnan(boot.se_of(lambda law: law.compute_for(2.0)))


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda law: 1.0, ValueError, r"one answer per law: shape \(3, ...\), got \(\)"),
        (lambda law: law.E[:2], ValueError, r"shape \(3, ...\), got \(2,\)"),
        (lambda law: law.E * np.nan, ValueError, r"function\(laws\)\[0\] must be .* got nan"),
        (lambda law: "a", TypeError, r"function\(laws\) must be a real number"),
        ("a", TypeError, "not callable"),
    ],
)
def test_functions_must_answer_for_every_law(function, error, message):
    for method in (some_laws([1, 2, 3]).ci_of, some_laws([1, 2, 3]).se_of):
        with pytest.raises(error, match=message):
            method(function)


def test_a_new_run_scatters_as_the_old_ones_did(fit, boot):
    N, D = [70e9, 1e9], [1.4e12, 2e10]
    law_low, law_high = boot.predict(N, D, noise=False)
    low, high = boot.predict(N, D)
    expected = boot.ci_of(lambda law: law.loss(N, D))
    np.testing.assert_array_equal((law_low, law_high), expected)
    assert (low < law_low).all()
    assert (high > law_high).all()
    draws = np.asarray(boot.laws.loss(70e9, 1.4e12))
    pairs = draws[:, None] * np.exp(fit.residuals)
    assert (low[0], high[0]) == pytest.approx(np.quantile(pairs, [0.025, 0.975]), rel=2e-3)
    assert boot.predict(N, D, seed=1)[0] != pytest.approx(low, rel=1e-9)
    np.testing.assert_array_equal(boot.predict(N, D)[0], low)


def test_residuals_are_drawn_by_their_weights():
    boot = some_laws(np.full(4000, 1.8))
    loss = boot.laws.loss(1e9, 1e10)[0]
    low, high = (np.log(end / loss) for end in boot.predict(1e9, 1e10, level=0.6))
    assert (low, high) == pytest.approx((-0.01, 0.02), abs=1e-12)  # shares 3/4 and 1/4
    low, high = (np.log(end / loss) for end in boot.predict(1e9, 1e10, level=0.4))
    assert (low, high) == pytest.approx((-0.01, -0.01), abs=1e-12)
    several = np.log(boot.predict(np.full(50, 1e9), 1e10, level=0.01)[0] / loss)
    assert several == pytest.approx(np.full(50, -0.01), abs=1e-12)


def test_predictions_are_independent_of_the_draws_of_the_runs():
    """The same seed twice would tie each resample to its residual."""
    boot = some_laws(np.full(200, 1.8))
    stream = np.random.default_rng(0).choice(boot._residuals, 200, p=[0.75, 0.25])
    mine = np.log(np.asarray(boot.predict(1e9, 1e10, level=0.99, seed=0)))
    assert mine.shape == (2,)
    own = np.random.default_rng([0, 1]).choice(boot._residuals, 200, p=[0.75, 0.25])
    assert np.corrcoef(own, stream)[0, 1] == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("level", [0, 1, -0.5, math.nan])
def test_levels_are_checked(boot, level):
    calls = [
        lambda: boot.ci_of(lambda law: law.a, level),
        lambda: boot.ci(level),
        lambda: boot.predict(1e9, 1e10, level=level),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="level must be in"):
            call()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n": 1}, ValueError, "n must be a whole number of at least 2"),
        ({"n": 2.5}, ValueError, "n must be a whole number"),
        ({"seed": -1}, ValueError, "seed must be a whole number of at least 0"),
        ({"seed": None}, TypeError, "seed must be a real number"),
    ],
)
def test_counts_are_checked(fit, options, error, message):
    with pytest.raises(error, match=message):
        fit.bootstrap(**options)


@pytest.mark.slow
def test_the_interval_of_the_exponent_covers_the_truth_as_often_as_it_says():
    """100 simulated studies: about 95 intervals hold the true a, and never far fewer."""
    sizes, ratios = np.geomspace(1e8, 1e10, 6), np.geomspace(4, 500, 6)
    N, D = np.repeat(sizes, 6), np.outer(sizes, ratios).ravel()
    rng, hits, predicted = np.random.default_rng(0), 0, 0
    for _ in range(100):
        L = LAW.loss(N, D) * np.exp(0.01 * rng.standard_normal(36))
        boot = fit_chinchilla(N, D, L, delta=0.02).bootstrap(200)
        low, high = boot.ci_of(lambda law: law.a)
        hits += low < LAW.a < high
        low, high = boot.predict(3e10, 1e12)
        predicted += low < LAW.loss(3e10, 1e12) * np.exp(0.01 * rng.standard_normal()) < high
    assert 86 <= hits <= 99
    assert 86 <= predicted <= 100


# speed and memory


@pytest.mark.slow
def test_4000_refits_are_20_times_faster_than_one_at_a_time():
    runs = simulated(72)
    fit = fit_chinchilla(*runs)
    F, theta = Plain.of(*runs, 1e-3), theta_of(fit.law)
    boot, counts = drawn(fit, 4000)
    few = counts[::100]
    alone = seconds(lambda: plain.bootstrap(F, theta, few)) / len(few)
    together = seconds(lambda: fit.bootstrap(4000)) / 4000
    ends = plain.bootstrap(F, theta, few)
    for w, end, value in zip(few, ends, boot.objective[::100], strict=True):
        assert Plain.of(*runs, 1e-3, w)(end) >= value * (1 - 1e-9)  # the same minima
    assert alone / together >= 20, f"only {alone / together:.0f} times"


def test_memory_does_not_grow_with_the_resamples():
    fit = fit_chinchilla(*simulated(), delta=0.01)
    fit.bootstrap(10)
    peaks = []
    for n in (500, 4000):
        tracemalloc.start()
        fit.bootstrap(n)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 24e6  # bytes; the counts of 4000 x 240 alone would be 7.7e6 at once
    assert peaks[1] - peaks[0] < 3e6
