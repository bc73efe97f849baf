"""Intervals of whatever a batch of laws says."""

import math

import numpy as np
import pytest

from scaling_core import OffsetPowerLaw, PowerLaw
from scaling_core._draws import LawDraws


def draws(n=1001, seed=0):
    rng = np.random.default_rng(seed)
    laws = PowerLaw(np.exp(rng.normal(size=n)), rng.normal(0.5, 0.01, n))
    return LawDraws(laws, failures=3, seed=seed, notes=("a note",))


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
@pytest.mark.parametrize("C", [1e20, [1e20, 1e21, 1e22]])
def test_intervals_are_numpys_percentiles(level, C):
    boot = draws()
    low, high = boot.ci_of(lambda law: law(C), level)
    tails = [(1 - level) / 2, (1 + level) / 2]
    expected = np.quantile(np.asarray(boot.laws(C)), tails, axis=0)
    assert low == pytest.approx(expected[0], rel=1e-13)
    assert high == pytest.approx(expected[1], rel=1e-13)
    assert np.shape(low) == np.shape(high) == np.shape(C)


def test_95_percent_is_the_default():
    boot = draws()
    assert boot.ci_of(lambda law: law.p) == boot.ci_of(lambda law: law.p, 0.95)
    assert boot.ci() == boot.ci(0.95)


def test_one_answer_gives_floats():
    low, high = draws().ci_of(lambda law: law.p)
    assert type(low) is type(high) is float
    assert type(draws().se_of(lambda law: law.p)) is float


def test_the_constants_have_intervals_and_errors_by_name():
    boot = draws()
    k, p = boot.laws.k, boot.laws.p
    assert boot.ci(0.9) == {
        "k": boot.ci_of(lambda law: law.k, 0.9),
        "p": boot.ci_of(lambda law: law.p, 0.9),
    }
    assert boot.se() == {"k": np.std(k, ddof=1), "p": np.std(p, ddof=1)}
    bent = LawDraws(OffsetPowerLaw([1.0, 2.0], [1.0, 1.0], [0.3, 0.3]), failures=0, seed=0)
    assert list(bent.ci()) == list(bent.se()) == ["E", "k", "p"]
    assert bent.se()["E"] == pytest.approx(math.sqrt(0.5))
    assert bent.notes == ()


def test_errors_of_arrays_are_taken_per_place():
    boot = draws()
    assert boot.se_of(lambda law: law([1.0, 1e9])) == pytest.approx(
        [boot.se_of(lambda law: law(1.0)), boot.se_of(lambda law: law(1e9))]
    )


def test_infinite_answers_are_answers():
    floors = OffsetPowerLaw([1.0, 1.0, 1.0, 2.0, 2.0], 1.0, 0.5)
    boot = LawDraws(floors, failures=0, seed=0)
    with np.errstate(all="raise"):
        low, high = boot.ci_of(lambda law: law.inverse(1.5))  # two of five never get there
    assert (low, high) == (4.0, math.inf)
    assert boot.ci_of(lambda law: -np.asarray(law.inverse(1.5)), 0.6)[0] == -math.inf


def test_a_single_draw_is_its_own_interval():
    one = LawDraws(PowerLaw([2.0], [0.5]), failures=0, seed=0)
    assert one.ci_of(lambda law: law.p) == (0.5, 0.5)


@pytest.mark.parametrize("bad", [0, 1, -0.5, math.nan, 95])
def test_a_level_is_a_share(bad):
    with pytest.raises(ValueError, match=r"level must be .*got"):
        draws().ci_of(lambda law: law.p, level=bad)
    with pytest.raises(ValueError, match=r"level must be .*got"):
        draws().ci(bad)


@pytest.mark.parametrize("answer", [1.0, [1.0, 2.0], np.ones((3, 5))])
def test_an_answer_that_is_not_one_per_law_is_refused(answer):
    boot = LawDraws(PowerLaw(np.ones(5), np.ones(5)), failures=0, seed=0)
    with pytest.raises(ValueError, match=r"one answer per law: shape \(5, \.\.\.\), got \("):
        boot.ci_of(lambda law: answer)
    with pytest.raises(ValueError, match="one answer per law"):
        boot.se_of(lambda law: answer)


def test_an_answer_that_is_no_number_is_refused():
    boot = LawDraws(PowerLaw(np.ones(2), np.ones(2)), failures=0, seed=0)
    with pytest.raises(ValueError, match=r"function\(laws\)\[1\] must be .*nan"):
        boot.ci_of(lambda law: np.array([1.0, math.nan]))
