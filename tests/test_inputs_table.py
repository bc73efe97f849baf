"""Every public function, method and class under bad and unusual arguments, from one table."""

import inspect
import math
import re
import warnings
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from inputs import KINDS, Case, flat, outside, spellings, with_bad_entry

import scaling_core
from scaling_core import FitWarning

CASES: list[Case] = [
    case
    for file in sorted(Path(__file__).parent.glob("inputs_*.py"))
    for case in import_module(file.stem).CASES
]


def pairs(*kinds: str, check: str):
    return pytest.mark.parametrize(
        ("case", "argument"),
        [
            pytest.param(case, argument, id=f"{case.name}-{argument}")
            for case in CASES
            for argument in case.domains
            if case.kind(argument) in kinds and check not in case.skip
        ],
    )


@pytest.fixture(autouse=True)
def doubts_are_no_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        yield


def test_the_table_is_well_formed():
    for case in CASES:
        assert set(case.domains) <= set(case.good), case.name
        assert {case.kind(argument) for argument in case.domains} <= set(KINDS), case.name


@pairs("array", "one", "column", "count", check="outside")
def test_numbers_outside_the_domain_are_named_with_their_place(case, argument):
    for bad in outside(case, argument):
        value, place = with_bad_entry(case, argument, bad)
        shown = re.escape(repr(bad)) + "|" + re.escape(f"{bad:g}")
        with pytest.raises(ValueError, match=rf"{argument}{re.escape(place)} must .*({shown})"):
            case(**{argument: value})


@pairs("array", "one", "column", "count", check="no number")
@pytest.mark.parametrize("bad", ["x", None, True, 1j, [True, False], ["7B"], {}, [None]], ids=repr)
def test_what_is_no_number_is_a_type_error(case, argument, bad):
    if bad is None and inspect.signature(case.call).parameters[argument].default is None:
        return  # None means: not given
    with pytest.raises(TypeError, match=f"{argument} must be a real number"):
        case(**{argument: bad})


@pairs("array", "one", "column", "count", check="ragged")
def test_a_ragged_list_is_a_clear_error(case, argument):
    with pytest.raises(ValueError, match=f"{argument} must be a number or a regular array"):
        case(**{argument: [[1.0, 2.0], [3.0]]})


@pairs("one", "count", check="one")
def test_one_number_is_wanted(case, argument):
    with pytest.raises(TypeError, match=f"{argument} must be one number, got an array"):
        case(**{argument: [case.good[argument]] * 2})


@pairs("choice", check="choice")
def test_an_unknown_word_is_named(case, argument):
    for bad in ("nonsense", None, 3):
        with pytest.raises(ValueError, match=rf"{argument} must be .*{re.escape(repr(bad))}"):
            case(**{argument: bad})


@pairs("column", check="lengths")
def test_columns_of_different_length_are_named(case, argument):
    with pytest.raises(ValueError, match=rf"{argument}.*(same length|entry per row)"):
        case(**{argument: np.asarray(case.good[argument])[:-1]})


@pairs("column", check="empty")
def test_an_empty_column_is_refused(case, argument):
    with pytest.raises(ValueError, match=argument):
        case(**{argument: []})


@pairs("array", "one", "column", "count", check="spelling")
def test_the_spelling_of_a_number_does_not_matter(case, argument):
    expected = flat(case())
    for how, value in spellings(case.good[argument]):
        answer = flat(case(**{argument: value}))
        assert len(answer) == len(expected), how
        for mine, theirs in zip(answer, expected, strict=True):
            np.testing.assert_array_equal(mine, theirs, err_msg=how)


@pairs("array", "column", check="float32")
def test_single_precision_is_converted_on_entry(case, argument):
    single = np.asarray(case.good[argument], dtype=np.float32)
    answer = flat(case(**{argument: single}))
    expected = flat(case(**{argument: single.astype(np.float64)}))
    for mine, theirs in zip(answer, expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pairs("array", check="huge int")
def test_integers_beyond_64_bits_are_numbers(case, argument):
    huge, domain = 10**30, case.domain(argument)
    if domain.startswith("in "):
        return
    try:
        answer = flat(case(**{argument: huge}))
    except ValueError as error:  # a range of this function, the same for the float
        with pytest.raises(ValueError, match=re.escape(str(error))):
            case(**{argument: 1e30})
        return
    for mine, theirs in zip(answer, flat(case(**{argument: 1e30})), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    with pytest.raises(ValueError, match=f"{argument} is too large"):
        case(**{argument: 10**400})


@pairs("array", check="empty array")
def test_no_numbers_in_no_numbers_out(case, argument):
    assert all(number.size == 0 or number.ndim == 0 for number in flat(case(**{argument: []})))


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if sum(c.kind(argument) == "array" for argument in c.domains) > 1],
    ids=lambda case: case.name,
)
def test_shapes_that_do_not_fit_are_both_named(case):
    first, second, *_ = [name for name in case.domains if case.kind(name) == "array"]
    two, three = np.full(2, case.good[first], float), np.full(3, case.good[second], float)
    with pytest.raises(ValueError, match=r"broadcast: shapes .*\(2,\).*\(3,\)"):
        case(**{first: two, second: three})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_argument_is_modified(case):
    given = {
        name: np.array(value, dtype=np.float64) if case.kind(name) in ("array", "column") else value
        for name, value in case.good.items()
        if name in case.domains
    }
    before = {name: np.array(value, copy=True) for name, value in given.items()}
    case(**given)
    for name, value in given.items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_scalars_give_floats_and_never_numpy_scalars(case):
    answer = case()
    assert not isinstance(answer, np.generic), type(answer)
    if isinstance(answer, float):
        assert not math.isnan(answer)


def public_calls():
    """Every public function, class, method and classmethod, by name."""
    for name in scaling_core.__all__:
        thing = getattr(scaling_core, name)
        if inspect.isfunction(thing):
            yield name
        elif inspect.isclass(thing):
            yield name
            for method, member in inspect.getmembers(thing):
                if method.startswith("_"):
                    continue
                if inspect.isfunction(member) or inspect.ismethod(member):
                    yield f"{name}.{method}"


def test_no_public_call_is_missing_from_the_table():
    listed = {case.name for case in CASES}
    free = {
        name
        for file in sorted(Path(__file__).parent.glob("inputs_*.py"))
        for name in getattr(import_module(file.stem), "NO_NUMBERS", ())
    }
    assert not listed & free
    missing = set(public_calls()) - listed - free
    assert not missing, sorted(missing)
