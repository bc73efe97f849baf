"""Data that run out: identities, limits, the optimum and its proof in numbers, 40-digit values."""

import copy
import math
import pickle
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scaling_core import BESIROGLU_2024, MUENNIGHOFF_2023, MUENNIGHOFF_2023_DECAY, ChinchillaLaw
from scaling_core._bisect import bisect
from scaling_core.repeated import ConstrainedAllocation, DataConstrainedLaw, effective_epochs
from tests.strategies import budgets, laws, params, powers_of_ten, steady, tokens

THEIRS = DataConstrainedLaw(MUENNIGHOFF_2023)
HYBRID = DataConstrainedLaw(BESIROGLU_2024)
DATA_ONLY = DataConstrainedLaw(BESIROGLU_2024, R_N_star=math.inf)
three = pytest.mark.parametrize("law", [THEIRS, HYBRID, DATA_ONLY], ids=["own", "hybrid", "data"])

stars = powers_of_ten(-1, 3) | st.just(math.inf)
constrained = st.builds(DataConstrainedLaw, laws, stars, stars)
# the optimum has two regimes of interest if the budget is a few decades beyond the data
beyond = powers_of_ten(0, 8)


def corner(law, unique):
    """The budget for which `unique` tokens are the optimal amount, and the size that is."""
    U_N = law.base.optimal_params(unique)
    return 6 * U_N * unique, U_N


# --- the law --------------------------------------------------------------------------------


def test_the_defaults_are_the_published_decays():
    assert THEIRS.R_D_star == MUENNIGHOFF_2023_DECAY["R_D_star"].value == 15.387756
    assert THEIRS.R_N_star == MUENNIGHOFF_2023_DECAY["R_N_star"].value == 5.309743
    assert effective_epochs(5) == effective_epochs(5, R_D_star=15.387756)
    assert effective_epochs(math.inf) == 1 + 15.387756


@steady
@given(constrained, params, tokens, st.floats(1, 1e4))
def test_it_is_the_base_law_for_what_the_formulas_leave_of_N_and_D(law, N, D, epochs):
    unique = D / epochs
    U_N = law.base.optimal_params(unique)
    repeats, excess = D / unique - 1, max(N / U_N, 1) - 1
    data = repeats if law.R_D_star == math.inf else decayed(repeats, law.R_D_star)
    size = excess if law.R_N_star == math.inf else decayed(excess, law.R_N_star)
    D_eff, N_eff = unique * (1 + data), min(N, U_N) * (1 + size)
    assert law.effective_tokens(D, unique) == pytest.approx(D_eff, rel=1e-12)
    assert law.effective_params(N, D, unique) == pytest.approx(N_eff, rel=1e-11)
    assert law.loss(N, D, unique) == pytest.approx(law.base.loss(N_eff, D_eff), rel=1e-11)


def decayed(repeats, star):
    return (
        star * (1 - math.exp(-repeats / star))
        if repeats / star > 1e-3
        else repeats
        * (1 - repeats / star / 2 + (repeats / star) ** 2 / 6 - (repeats / star) ** 3 / 24)
    )


@steady
@given(constrained, params, tokens, tokens)
def test_it_never_falls_below_the_base_law(law, N, D, unique):
    loss, base = law.loss(N, D, unique), law.base.loss(N, D)
    assert loss >= base * (1 - 1e-14)
    if unique >= D and law.base.optimal_params(D) >= N:
        assert loss == base
    assert law.effective_tokens(D, unique) <= D * (1 + 1e-15)
    assert law.effective_params(N, D, unique) <= N * (1 + 1e-15)


@three
def test_one_epoch_of_too_large_a_model_is_already_penalised(law):
    U_N = law.base.optimal_params(1e11)
    at, above = law.loss([U_N, 1.5 * U_N], 1e11, unique=1e12)
    assert at == law.base.loss(U_N, 1e11)
    if law.R_N_star == math.inf:
        assert above == law.base.loss(1.5 * U_N, 1e11)
    else:
        assert above > law.base.loss(1.5 * U_N, 1e11) * 1.00001


@steady
@given(constrained, params, tokens, tokens)
def test_each_decay_can_be_switched_off_to_the_last_digit(law, N, D, unique):
    data_counts = replace(law, R_D_star=math.inf)
    assert data_counts.effective_tokens(D, unique) == D
    size_counts = replace(law, R_N_star=math.inf)
    assert size_counts.effective_params(N, D, unique) == N
    neither = replace(law, R_D_star=math.inf, R_N_star=math.inf)
    assert neither.loss(N, D, unique) == law.base.loss(N, D)
    far = replace(law, R_D_star=1e300, R_N_star=1e300)
    assert far.loss(N, D, unique) == pytest.approx(law.base.loss(N, D), rel=1e-12)


@steady
@given(constrained, params, tokens, tokens, st.floats(1.01, 100))
def test_more_of_anything_lowers_the_loss(law, N, D, unique, factor):
    here = law.loss(N, D, unique) * (1 + 1e-14)
    assert law.loss(N * factor, D, unique) <= here
    assert law.loss(N, D * factor, unique) <= here
    assert law.loss(N, D, unique * factor) <= here
    assert law.floor(unique * factor) <= law.floor(unique)


@three
def test_more_fresh_data_helps_until_there_is_enough(law):
    loss = law.loss(1e9, 1e11, [1e9, 1e10, 5e10, 1e11, 1e12, math.inf])
    assert (np.diff(loss[:4]) < 0).all()
    assert loss[3] == loss[4] == loss[5]


# --- limits ---------------------------------------------------------------------------------


@steady
@given(constrained, params, tokens)
def test_endless_repetition_saturates_and_endless_data_do_not(law, N, unique):
    assert law.effective_tokens(math.inf, unique) == pytest.approx(
        (1 + law.R_D_star) * unique, rel=1e-12
    )
    assert law.effective_tokens(math.inf, math.inf) == math.inf
    assert law.effective_params(N, math.inf, math.inf) == N
    assert law.effective_params(math.inf, math.inf, math.inf) == math.inf
    U_N = law.base.optimal_params(unique)
    most = law.effective_params(math.inf, math.inf, unique)
    assert most == pytest.approx((1 + law.R_N_star) * U_N, rel=1e-12)
    assert law.loss(N, math.inf, math.inf) == law.base.loss(N, math.inf)
    assert law.loss(math.inf, math.inf, math.inf) == law.base.E


@steady
@given(constrained, params, tokens, tokens)
def test_nothing_falls_below_the_floor(law, N, D, unique):
    floor = law.floor(unique)
    assert floor == law.loss(math.inf, math.inf, unique)
    assert law.loss(N, D, unique) >= floor
    far = law.loss(1e300, 1e300, unique)
    assert far >= floor
    if math.isfinite(law.R_D_star) and math.isfinite(law.R_N_star):
        assert far == pytest.approx(floor, rel=1e-12)


def test_the_floor_of_one_gigatoken():
    B_term = 1487.7160937828603 * (16.387756 * 1e9) ** -0.3526596
    A_term = 520.82495165991866 * (6.309743 * corner(THEIRS, 1e9)[1]) ** -0.3526596
    assert THEIRS.floor(1e9) == pytest.approx(1.8691436784054856 + A_term + B_term, rel=1e-9)


# --- epochs ---------------------------------------------------------------------------------


@steady
@given(st.floats(1, 1e4), powers_of_ten(-1, 3), tokens)
def test_effective_epochs_are_effective_tokens_per_unique_token(epochs, star, unique):
    law = DataConstrainedLaw(MUENNIGHOFF_2023, R_D_star=star)
    worth = effective_epochs(epochs, star)
    assert law.effective_tokens(epochs * unique, unique) / unique == pytest.approx(worth, rel=1e-12)
    assert 1 <= worth <= min(epochs, 1 + star) * (1 + 1e-15)


@steady
@given(st.integers(0, 60), powers_of_ten(-1, 3))
def test_geometric_epochs_are_the_sum_of_passes(repeats, star):
    kept = star / (1 + star)  # delta = 1 / (1 + star) is lost at each pass
    by_hand = sum(kept**k for k in range(repeats + 1))
    geometric = effective_epochs(1 + repeats, star, form="geometric")
    assert geometric == pytest.approx(by_hand, rel=1e-12)
    assert geometric <= effective_epochs(1 + repeats, star) * (1 + 1e-14)


def test_without_decay_an_epoch_is_an_epoch():
    for form in ("exponential", "geometric"):
        assert effective_epochs([1, 5, math.inf], math.inf, form).tolist() == [1, 5, math.inf]
        limits = effective_epochs(math.inf, [3, math.inf], form)
        assert limits.tolist() == [4, math.inf]
    assert effective_epochs(1, [0.1, 3, 1e9], "geometric").tolist() == [1, 1, 1]


# --- the optimum ----------------------------------------------------------------------------


@steady
@given(constrained, budgets, st.floats(1, 1e6))
def test_with_enough_data_the_optimum_is_the_base_laws_to_the_last_digit(law, C, spare):
    free = law.base.optimum(C)
    for unique in (free.D, free.D * spare, math.inf):
        best = law.optimum(C, unique)
        assert (best.N, best.D, best.C, best.loss) == (free.N, free.D, free.C, free.loss)
        assert best.epochs == 1


@steady
@given(constrained, tokens, beyond)
def test_the_optimum_spends_the_budget_on_at_least_what_the_data_deserve(law, unique, growth):
    C_U, U_N = corner(law, unique)
    C = C_U * growth
    assume(math.isfinite(C))
    best = law.optimum(C, unique)
    assert best.C == C
    assert best.flops == C
    assert pytest.approx(C, rel=1e-13) == 6 * best.N * best.D
    assert best.N >= U_N * (1 - 1e-9)
    assert unique * (1 - 1e-9) <= best.D
    assert best.epochs == pytest.approx(max(best.D / unique, 1), rel=1e-13)
    assert best.loss == pytest.approx(law.loss(best.N, best.D, unique), rel=1e-12)
    assert best.loss >= law.base.frontier_loss(C) * (1 - 1e-13)
    assert best.loss >= law.floor(unique) * (1 - 1e-14)


@steady
@given(constrained, tokens, beyond, st.integers(0, 2**32 - 1))
def test_no_other_split_has_less_loss(law, unique, growth, seed):
    C = corner(law, unique)[0] * growth
    best = law.optimum(C, unique)
    factors = np.exp(np.random.default_rng(seed).uniform(-8, 8, 300))
    others = law.loss(best.N * factors, best.D / factors, unique)
    assert (others >= best.loss * (1 - 1e-13)).all()
    close = np.exp(np.array([-1e-4, 1e-4]))
    assert (law.loss(best.N * close, best.D / close, unique) >= best.loss * (1 - 1e-14)).all()


@three
def test_a_scan_of_all_sizes_finds_the_same_optimum_and_one_valley(law):
    for C, unique in ((1e20, 1e9), (1e22, 1e11), (1e24, 1e11), (1e26, 1e10), (1e23, 1e12)):
        best = law.optimum(C, unique)
        N = best.N * np.exp(np.linspace(-6, 6, 4001))
        loss = law.loss(N, C / (6 * N), unique)
        valley = np.argmin(loss)
        assert (np.diff(loss)[:valley] < 1e-15).all()
        assert (np.diff(loss)[valley:] > -1e-15).all()
        assert loss.min() >= best.loss * (1 - 1e-15)


@three
@pytest.mark.parametrize(("C", "unique"), [(1e20, 1e9), (1e22, 3e10), (1e24, 1e11), (1e20, 1e10)])
def test_the_slope_vanishes_at_the_optimum(law, C, unique):
    best = law.optimum(C, unique)
    h = 1e-4
    down, mid, up = (law.loss(best.N * f, best.D / f, unique) for f in np.exp([-h, 0, h]))
    slope, curvature = (up - down) / (2 * h), (up - 2 * mid + down) / h**2
    assert abs(slope / curvature) < 1e-6  # the distance to the minimum in ln N


def test_where_exponents_are_equal_the_epochs_depend_on_budget_over_data_squared():
    first, second = THEIRS.optimum(1e24, 1e11), THEIRS.optimum(1e20, 1e9)
    assert first.epochs == pytest.approx(27.2086, abs=1e-4)
    assert second.epochs == pytest.approx(first.epochs, rel=1e-12)


@steady
@given(constrained, tokens, beyond, st.floats(0.01, 100), st.floats(0.01, 100))
def test_other_units_of_parameters_and_tokens_only_rescale(law, unique, growth, p, t):
    base = law.base
    C = corner(law, unique)[0] * growth
    scaled = replace(
        law,
        base=replace(
            base,
            A=base.A * p**base.alpha,
            B=base.B * t**base.beta,
            flops_per_param_token=6 / (p * t),
        ),
    )
    mine, theirs = law.optimum(C, unique), scaled.optimum(C, unique * t)
    assert theirs.loss == pytest.approx(mine.loss, rel=1e-11)
    if mine.epochs > 1.001:
        assert theirs.epochs == pytest.approx(mine.epochs, rel=1e-7)
        assert pytest.approx(mine.N * p, rel=1e-7) == theirs.N


@three
def test_scarcer_data_are_read_more_often_and_cost_loss(law):
    best = law.optimum(1e23, np.geomspace(1e8, 1e13, 26))
    short = best.epochs > 1
    assert short.any()
    assert not short.all()
    assert (np.diff(best.epochs[short]) < 0).all()
    assert (np.diff(best.loss[short]) < 0).all()


def test_extremes_give_no_nan():
    with np.errstate(all="raise"):
        best = DATA_ONLY.optimum([1e-2, 1e40, 1e300], [1.0, 1.0, 1e-5])
        assert np.isfinite(best.loss).all()
        assert np.isfinite(best.N).all()
        steep = DataConstrainedLaw(ChinchillaLaw(1, 400, 400, 0.05, 1), 0.1, 0.1)
        assert math.isfinite(steep.optimum(1e40, 1e5).loss)
        assert THEIRS.optimum(1e40, 1e-30).loss == pytest.approx(THEIRS.floor(1e-30), rel=1e-12)


def high_precision(law, C, unique, start):
    """The minimum of the loss: both slopes equal, in logarithms since they may be 1e-1000."""
    base = law.base
    E, A, B, alpha, beta = map(mpmath.mpf, (base.E, base.A, base.B, base.alpha, base.beta))
    C, unique = mpmath.mpf(C), mpmath.mpf(unique)
    U_N = (alpha * A / (beta * B) * unique**beta) ** (1 / alpha)

    def term(coefficient, exponent, x, fresh, star):
        """A N'^-alpha, and the logarithm of its slope in -ln N."""
        repeats = x / fresh - 1
        worth, log_slope = x, mpmath.mpf(0)
        if star != math.inf:
            worth = fresh * (1 + star * (1 - mpmath.exp(-repeats / star)))
            log_slope = -repeats / star  # of worth in x
        value = coefficient * worth**-exponent
        return value, mpmath.log(exponent * value * x / worth) + log_slope

    def both(log_N):
        N = mpmath.exp(log_N)
        return (
            term(A, alpha, N, U_N, law.R_N_star),
            term(B, beta, C / (6 * N), unique, law.R_D_star),
        )

    def imbalance(log_N):
        (_, model), (_, data) = both(log_N)
        return model - data

    around = mpmath.log(start)
    log_N = mpmath.findroot(imbalance, (around - 1e-6, around + 1e-6), solver="anderson", tol=1e-60)
    (model, _), (data, _) = both(log_N)
    return mpmath.exp(log_N), E + model + data


def test_200_random_optima_agree_with_40_digit_arithmetic():
    rng = np.random.default_rng(5)
    worst = {"N": 0.0, "loss": 0.0}
    with mpmath.workdps(40):
        for case in range(200):
            base = ChinchillaLaw(
                rng.uniform(0, 3), *np.exp(rng.uniform(0, 12, 2)), *rng.uniform(0.1, 1, 2)
            )
            R_D, R_N = 10 ** rng.uniform(-1, 3, 2)
            law = DataConstrainedLaw(base, R_D, math.inf if case % 5 == 0 else R_N)
            unique = 10 ** rng.uniform(6, 14)
            C = corner(law, unique)[0] * 10 ** rng.uniform(0.1, 8)
            best = law.optimum(C, unique)
            N, loss = high_precision(law, C, unique, best.N)
            worst["N"] = max(worst["N"], float(abs(best.N / N - 1)))
            worst["loss"] = max(worst["loss"], float(abs(best.loss / loss - 1)))
    assert worst["N"] < 1e-12, worst
    assert worst["loss"] < 1e-13, worst


# --- many at once, and the object -----------------------------------------------------------


def many():
    scatter = np.random.default_rng(3).normal(1, 0.03, (5, 4))
    base = BESIROGLU_2024
    return ChinchillaLaw(*([base.E, base.A, base.B, base.alpha, base.beta] * scatter.T).T)


def all_answers(law, N, D, unique):
    best = law.optimum(6 * N * D, unique)
    return [
        law.loss(N, D, unique),
        law.effective_tokens(D, unique),
        law.effective_params(N, D, unique),
        law.floor(unique),
        *(getattr(best, field) for field in ("N", "D", "C", "loss", "epochs", "ratio")),
    ]


@pytest.mark.parametrize(
    "law",
    [
        DataConstrainedLaw(many()),
        DataConstrainedLaw(MUENNIGHOFF_2023, R_D_star=np.array([2, 10, 20, math.inf])),
        DataConstrainedLaw(many(), R_N_star=np.array([2, 10, math.inf, 30])),
    ],
    ids=["bases", "decays", "both"],
)
def test_many_laws_and_arguments_are_one_call(law):
    N, D = np.array([1e9, 1e10, 1e11]), np.array([[1e10], [1e12]])
    unique = np.array([1e10, 1e11, 1e13])
    assert law.shape == law.base.shape == (4,)
    assert len(law) == 4
    together = all_answers(law, N, D, unique)
    for i, one in enumerate(law):
        assert one == law[i]
        assert one.shape == ()
        for answer, alone in zip(together, all_answers(one, N, D, unique), strict=True):
            assert answer.shape == (4, *np.shape(alone))
            np.testing.assert_allclose(answer[i], alone, rtol=1e-14)
    assert law[1:3].shape == (2,)
    assert law[1:3].base == law.base[1:3]
    single = [
        [x[j, k] for x in all_answers(law[0], N + 0 * D, D + 0 * N, unique + 0 * D)]
        for j in range(2)
        for k in range(3)
    ]
    loop = [all_answers(law[0], N[k], D[j, 0], unique[k]) for j in range(2) for k in range(3)]
    assert np.allclose(single, loop, rtol=1e-13, atol=0)
    assert law.optimum([], 1e9).N.shape == (4, 0)


def test_a_law_is_a_frozen_value_whose_text_builds_it_again():
    names = {
        "ChinchillaLaw": ChinchillaLaw,
        "DataConstrainedLaw": DataConstrainedLaw,
        "inf": math.inf,
    }
    plain = DataConstrainedLaw(replace(MUENNIGHOFF_2023, source=None), R_N_star=math.inf)
    assert eval(repr(plain), names) == plain
    for law in (THEIRS, DATA_ONLY, DataConstrainedLaw(many())):
        assert pickle.loads(pickle.dumps(law)) == law == copy.deepcopy(law)
        assert hash(law) == hash(copy.deepcopy(law))
    assert len({THEIRS, HYBRID, DATA_ONLY, replace(HYBRID, R_D_star=3)}) == 4
    assert THEIRS != MUENNIGHOFF_2023
    star = np.array([1.0, 2.0])
    law = DataConstrainedLaw(MUENNIGHOFF_2023, star)
    with pytest.raises(ValueError, match="read-only"):
        law.R_D_star[0] = 3
    star[0] = 5
    assert law.R_D_star[0] == 1
    assert isinstance(THEIRS.optimum(1e22, 1e11), ConstrainedAllocation)
    assert type(THEIRS.R_D_star) is type(THEIRS.loss(1e9, 1e10, 1e9)) is float
    best = THEIRS.optimum(1e22, 1e11)
    assert all(type(value) is float for value in vars(best).values())


def test_only_the_decays_on_their_own_base_count_as_published():
    published = MUENNIGHOFF_2023_DECAY["R_D_star"].source
    assert THEIRS.source == published
    assert published.kind == "published"
    for law in (
        HYBRID,
        DATA_ONLY,
        replace(THEIRS, R_N_star=math.inf),
        replace(THEIRS, R_D_star=3),
        DataConstrainedLaw(many()),
    ):
        assert law.source.kind == "assumed"
        assert law.source.source == published.source
        assert "hybrid" in law.source.note
    assert DataConstrainedLaw(BESIROGLU_2024, 3, 4).source is None


# --- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: DataConstrainedLaw(3), TypeError, "base must be a ChinchillaLaw, got 3"),
        (
            lambda: DataConstrainedLaw(MUENNIGHOFF_2023, 0),
            ValueError,
            "R_D_star must be positive, got 0.0",
        ),
        (
            lambda: DataConstrainedLaw(MUENNIGHOFF_2023, 3, [1, -2]),
            ValueError,
            r"R_N_star\[1\] must be positive, got -2.0",
        ),
        (
            lambda: DataConstrainedLaw(many(), [1, 2, 3]),
            ValueError,
            r"base, R_D_star and R_N_star must broadcast: shapes \(4,\), \(3,\) and \(\)",
        ),
        (lambda: THEIRS[0], TypeError, "a single law cannot be indexed"),
        (lambda: THEIRS.loss(1e9, 0, 1e9), ValueError, "D must be positive, got 0.0"),
        (lambda: THEIRS.loss(1e9, 1e9, -1), ValueError, "unique must be positive, got -1.0"),
        (lambda: THEIRS.floor(math.nan), ValueError, "unique must be positive, got nan"),
        (lambda: THEIRS.effective_params(0, 1, 1), ValueError, "N must be positive, got 0.0"),
        (lambda: THEIRS.optimum(math.inf, 1), ValueError, "C must be finite, got inf"),
        (
            lambda: THEIRS.optimum([1, 2], [1, 2, 3]),
            ValueError,
            r"C and unique must broadcast: shapes \(2,\) and \(3,\)",
        ),
        (
            lambda: THEIRS.loss([1, 2], [1, 2, 3], 1),
            ValueError,
            r"N, D and unique must broadcast: shapes \(2,\), \(3,\) and \(\)",
        ),
        (
            lambda: THEIRS.effective_tokens([1, 2], [1, 2, 3]),
            ValueError,
            "D and unique must broadcast",
        ),
        (lambda: effective_epochs(0.5), ValueError, "epochs must be at least 1, got 0.5"),
        (lambda: effective_epochs(2, 0), ValueError, "R_D_star must be positive, got 0.0"),
        (
            lambda: effective_epochs(2, form="linear"),
            ValueError,
            'form must be "exponential" or "geometric", got \'linear\'',
        ),
    ],
)
def test_refuses(call, error, words):
    with pytest.raises(error, match=words):
        call()


# --- the halving ----------------------------------------------------------------------------


@steady
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5))
def test_bisect_finds_the_root_of_a_rising_function_in_the_bracket(roots):
    roots = np.array(roots)
    found = bisect(lambda x: x < roots, np.full(roots.size, -6.0), np.full(roots.size, 7.0))
    assert found == pytest.approx(roots, abs=4e-15)
    assert bisect(lambda x: x < 9, np.zeros(()), np.ones(())) == pytest.approx(1, rel=1e-15)
    assert bisect(lambda x: x < -9, np.zeros(()), np.ones(())) == pytest.approx(0, abs=1e-15)
    assert bisect(lambda x: x < 0.3, np.zeros(()), np.ones(()), halvings=2) == 0.375
    widest = np.array(2.0**64)  # 64 halvings leave a bracket of 1
    assert bisect(lambda x: x < -9, np.zeros(()), widest) == 0.5
