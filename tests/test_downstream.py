"""Links from loss to error and accuracy, and the toy of emergence."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import powers_of_ten, steady

from scaling_core import BESIROGLU_2024, GADRE_2024_C4, GADRE_2024_ERRORS, Provenance
from scaling_core.downstream import AccuracyFromLoss, ErrorFromLoss, StepAccuracy
from scaling_core.scores import exact_match, items_to_see

losses = st.floats(0.1, 10)
links = st.builds(ErrorFromLoss, st.floats(0.1, 3), st.floats(0.1, 3), st.floats(0.1, 1))
sigmoids = st.builds(
    AccuracyFromLoss,
    st.floats(0.01, 1).map(lambda a: -a),
    st.floats(0.1, 20),
    st.floats(0.1, 5),
    st.floats(0, 1),
)
toys = st.builds(StepAccuracy, powers_of_ten(3, 12), st.floats(0.1, 2))
SOURCE = Provenance("gadre2024language", "somewhere", "published", "P")


# error from loss


@steady
@given(links, losses)
def test_the_exponential_link_agrees_with_40_digits(link, loss):
    with mpmath.workdps(40):
        exact = mpmath.mpf(link.eps) - link.k * mpmath.exp(-mpmath.mpf(link.gamma) * loss)
    assert link(loss) == pytest.approx(float(exact), rel=1e-13, abs=1e-15)


@steady
@given(links, losses)
def test_inverse_undoes_the_exponential_link(link, loss):
    error = link(loss)
    assume(link.eps - error > 1e-6 * link.eps)
    lost = 1e-16 * max(abs(error), link.eps) / (link.eps - error) / link.gamma
    assert link.inverse(error) == pytest.approx(loss, rel=1e-13, abs=8 * lost)


@steady
@given(links, losses)
def test_error_rises_with_loss_and_clipped_stays_between_0_and_1(link, loss):
    assert link(loss) < link(loss * 1.01 + 0.01) or link(loss) == link.eps
    assert link.clipped(loss) == min(max(link(loss), 0), 1)


def test_ends_of_the_exponential_link():
    link = ErrorFromLoss(k=1.3, gamma=0.9, eps=0.76)
    with np.errstate(all="raise"):
        assert link(math.inf) == 0.76
        assert link.inverse([0.76, 0.9, -5]).tolist()[:2] == [math.inf, math.inf]
        assert link(1000) == 0.76
    assert link(0.1) < 0  # far below the fitted losses: returned, not hidden
    assert link.clipped(0.1) == 0
    assert ErrorFromLoss(1, 1, 1.5).clipped(50) == 1
    assert link.inverse(0.76 - 1.3) == pytest.approx(0, abs=1e-15)
    assert link.inverse(-5) < 0
    assert type(link(2)) is type(link.clipped(2)) is type(link.inverse(0.5)) is float


def test_gadres_six_links_have_their_numbers_and_source():
    for table in GADRE_2024_ERRORS.values():
        link = ErrorFromLoss.from_estimates(table)
        assert (link.k, link.gamma, link.eps) == tuple(
            table[name].value for name in ("k", "gamma", "eps")
        )
        assert link.source is table["k"].source
        error = link(GADRE_2024_C4.loss([1e8, 1e9, 1e10], 2e11))
        assert np.all(np.diff(error) < 0)
        assert np.all((error > 0.3) & (error < link.eps))


def test_a_chain_of_many_laws_and_many_links_has_both_axes():
    laws = BESIROGLU_2024.loss([1e9, 1e10, 1e11], 1e12)
    link = ErrorFromLoss([1.2, 1.3], 0.9, [0.75, 0.8], source=SOURCE)
    assert link(laws).shape == link.clipped(laws).shape == (2, 3)
    assert link.inverse([[0.5]]).shape == (2, 1, 1)
    assert link(laws)[1] == pytest.approx(link[1](laws), rel=1e-15)
    assert link[1] == ErrorFromLoss(1.3, 0.9, 0.8, source=SOURCE)
    assert link[1] != ErrorFromLoss(1.3, 0.9, 0.8)


# accuracy from loss


@steady
@given(sigmoids, losses)
def test_the_sigmoid_agrees_with_40_digits(link, loss):
    with mpmath.workdps(40):
        x = link.k * (mpmath.mpf(loss) - link.L0)
        exact = link.a / (1 + mpmath.exp(-x)) + link.b
    assert link(loss) == pytest.approx(float(exact), rel=1e-12, abs=1e-14)


@steady
@given(sigmoids, losses)
def test_inverse_undoes_the_sigmoid_where_it_is_not_flat(link, loss):
    x = link.k * (loss - link.L0)
    assume(abs(x) < 15)
    size = max(abs(link.b), abs(link.a + link.b), abs(link.a)) / abs(link.a)
    lost = 1e-15 * size * (2 + 2 * math.cosh(x)) / link.k
    assert link.inverse(link(loss)) == pytest.approx(loss, rel=1e-13, abs=lost)


@steady
@given(sigmoids, losses)
def test_accuracy_falls_with_loss_and_has_a_centre_of_symmetry(link, loss):
    assert link(loss) >= link(loss + 0.1)
    assert link(link.L0) == pytest.approx(link.a / 2 + link.b, abs=1e-15)
    mirrored = 2 * link.L0 - loss
    assume(mirrored > 0)
    assert link(loss) + link(mirrored) == pytest.approx(link.a + 2 * link.b, abs=1e-13)


def test_ends_of_the_sigmoid_do_not_overflow():
    link = AccuracyFromLoss(a=-0.75, k=1e4, L0=100, b=1)
    with np.errstate(all="raise"):
        assert link([1e-3, 1e6, math.inf]).tolist() == [1, 0.25, 0.25]
        assert link.inverse([1, 1.5, 0.25, 0.1]).tolist() == [-math.inf] * 2 + [math.inf] * 2
    rising = AccuracyFromLoss(a=0.5, k=2, L0=1, b=0.25)
    assert rising([1, math.inf]).tolist() == [0.5, 0.75]
    assert rising.inverse(0.5) == 1
    tail = AccuracyFromLoss(a=1, k=1, L0=100, b=0)
    assert tail(50) == pytest.approx(math.exp(-50), rel=1e-14)  # tiny, with all its digits
    assert type(link(2)) is type(link.inverse(0.5)) is float


def test_a_flat_sigmoid_has_no_inverse():
    flat = AccuracyFromLoss(a=[0, -0.5], k=1, L0=1, b=1)
    assert flat(5).tolist()[0] == 1
    with pytest.raises(ValueError, match="a must not be 0 for an inverse"):
        flat.inverse(0.5)
    assert flat[1:].inverse([0.6, 0.7]).shape == (1, 2)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: ErrorFromLoss(0, 1, 1), "k must be positive"),
        (lambda: ErrorFromLoss(1, 0, 1), "gamma must be positive"),
        (lambda: ErrorFromLoss(1, 1, 0), "eps must be positive"),
        (lambda: AccuracyFromLoss(-1, 0, 1, 1), "k must be positive"),
        (lambda: AccuracyFromLoss(math.inf, 1, 1, 1), "a must be finite"),
        (lambda: AccuracyFromLoss(-1, 1, math.nan, 1), "L0 must be finite"),
        (lambda: AccuracyFromLoss(-1, 1, 1, math.inf), "b must be finite"),
        (lambda: StepAccuracy(0, 1), "N0 must be positive"),
        (lambda: StepAccuracy(1, 0), "g must be positive"),
        (lambda: ErrorFromLoss(1, 1, 1)(0), r"loss must be positive, got 0\.0"),
        (lambda: ErrorFromLoss(1, 1, 1).clipped(-1), r"loss must be positive, got -1\.0"),
        (lambda: ErrorFromLoss(1, 1, 1).inverse(math.inf), "error must be finite"),
        (lambda: AccuracyFromLoss(-1, 1, 1, 1)(0), r"loss must be positive, got 0\.0"),
        (lambda: AccuracyFromLoss(-1, 1, 1, 1).inverse(math.inf), "accuracy must be finite"),
        (lambda: StepAccuracy(1, 1)([1, 0]), r"N\[1\] must be positive, got 0\.0"),
        (lambda: StepAccuracy(1, 1).log(-1), r"N must be positive, got -1\.0"),
        (lambda: StepAccuracy(1, 1).inverse(1), r"score must be in \(0, 1\), got 1\.0"),
        (lambda: StepAccuracy(1, 1).inverse(0), r"score must be in \(0, 1\), got 0\.0"),
        (lambda: StepAccuracy(1, 1).inverse(0.5, 0), r"steps must be positive, got 0\.0"),
        (
            lambda: ErrorFromLoss.from_estimates({}),
            "estimates must hold k, gamma, eps; got nothing",
        ),
    ],
)
def test_what_is_out_of_range_is_named(build, words):
    with pytest.raises(ValueError, match=words):
        build()


# the toy of emergence


@steady
@given(toys, powers_of_ten(2, 14), st.integers(1, 100))
def test_inverse_undoes_exact_match_of_the_toy(toy, N, steps):
    score = exact_match(toy(N), steps)
    assume(1e-12 < score < 1 - 1e-6)
    lost = 1e-15 * (1 + steps / -math.log(score)) / toy.g
    assert toy.inverse(score, steps) == pytest.approx(N, rel=8 * lost + 1e-13)


@steady
@given(toys, powers_of_ten(2, 14))
def test_the_logarithm_of_the_toy_is_a_pure_power_law(toy, N):
    with mpmath.workdps(40):
        exact = -((mpmath.mpf(toy.N0) / mpmath.mpf(N)) ** mpmath.mpf(toy.g))
    assert toy.log(N) == pytest.approx(float(exact), rel=1e-13)
    assert toy(N) == pytest.approx(float(mpmath.exp(exact)), rel=1e-12, abs=1e-300)
    assert toy.log(10 * N) / toy.log(N) == pytest.approx(10**-toy.g, rel=1e-12)


@steady
@given(toys, st.integers(1, 1000))
def test_steps_move_the_rise_but_do_not_sharpen_it(toy, steps):
    def decades(n):
        return math.log10(toy.inverse(0.9, n) / toy.inverse(0.01, n))

    assert decades(steps) == pytest.approx(decades(1), rel=1e-9)
    assert toy.inverse(0.5, steps) == pytest.approx(
        toy.inverse(0.5) * steps ** (1 / toy.g), rel=1e-12
    )


def test_the_toy_gives_the_numbers_of_the_chapter():
    toy = StepAccuracy(N0=1.43e7, g=0.52)
    p = toy([1e7, 1e8, 1e9, 1e10, 1e11])
    assert np.round(p, 3).tolist() == [0.300, 0.695, 0.896, 0.967, 0.990]
    assert np.round(exact_match(p, 5), 3).tolist() == [0.002, 0.162, 0.577, 0.847, 0.951]
    halfway = toy.inverse(0.5, [1, 5, 20, 50])
    assert [f"{N:.1e}" for N in halfway] == ["2.9e+07", "6.4e+08", "9.2e+09", "5.4e+10"]
    assert round(math.log10(toy.inverse(0.9) / toy.inverse(0.01)), 2) == 3.15
    assert items_to_see(exact_match(p[0], 5)) == 1235
    assert items_to_see(exact_match(round(p[0], 3), 5)) == 1232


def test_ends_and_batches_of_the_toy():
    with np.errstate(all="raise"):
        assert StepAccuracy(1.4e7, 0.5)([math.inf, 1e-300]).tolist() == [1, 0]
        assert StepAccuracy(1e300, 5).log(1e-10) == -math.inf
        assert StepAccuracy(1e300, 0.01).inverse(0.999) == math.inf
    many = StepAccuracy([1e6, 1e7], 0.5)
    assert many([1e7, 1e8, 1e9]).shape == many.log([1e7, 1e8, 1e9]).shape == (2, 3)
    assert many.inverse(0.5, [1, 5, 20]).shape == (2, 3)
    assert many.inverse(0.5, [1, 5, 20])[1] == pytest.approx(many[1].inverse(0.5, [1, 5, 20]))
    toy = StepAccuracy(1.4e7, 0.5)
    assert toy(1.4e7) == math.exp(-1)
    assert type(toy(1e9)) is type(toy.log(1e9)) is type(toy.inverse(0.5)) is float
