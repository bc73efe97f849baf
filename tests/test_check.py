"""The door for numeric arguments, and the fields that laws share."""

import numpy as np
import pytest

from scaling_core import FitWarning, OffsetPowerLaw, PowerLaw
from scaling_core._check import (
    broadcast,
    check,
    check_count,
    check_scalar,
    check_weights,
    columns,
    result,
)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([1, 2], id="list"),
        pytest.param(np.array([1, 2], np.int64), id="int64"),
        pytest.param(np.array([1, 2], np.float32), id="float32"),
        pytest.param(np.array([1, 0, 2, 0], np.uint8)[::2], id="non-contiguous view"),
        pytest.param((1.0, np.float16(2)), id="tuple of mixed floats"),
    ],
)
def test_any_real_input_becomes_float64_of_the_same_shape(value):
    array = check("N", value)
    assert array.dtype == np.float64
    assert array.tolist() == [1, 2]


def test_python_integers_beyond_int64_are_numbers():
    assert check("C", 10**30) == 1e30
    assert check("C", [10**30, 1.5]).tolist() == [1e30, 1.5]


def test_squares_of_large_counts_do_not_wrap():
    N = check("N", np.array([4_000_000_000], np.int64))
    assert (6 * N * N)[0] == 9.6e19  # int64 would give 3.8e18


@pytest.mark.parametrize(
    ("value", "domain", "message"),
    [
        (-1, "positive", "N must be positive, got -1.0"),
        (0, "positive", "N must be positive, got 0.0"),
        ([3, 2, -1e21], "positive", r"N\[2\] must be positive, got -1e\+21"),
        ([[3, 2], [float("nan"), 1]], "positive", r"N\[1, 0\] must be positive, got nan"),
        (float("nan"), "positive or inf", "N must be positive, got nan"),
        (float("inf"), "positive", "N must be finite, got inf"),
        ([1, float("inf")], "nonnegative", r"N\[1\] must be finite, got inf"),
        (-1e-9, "nonnegative", "N must be nonnegative, got -1e-09"),
        (-1e-9, "nonnegative or inf", "N must be nonnegative, got -1e-09"),
        (float("-inf"), "real", "N must be finite, got -inf"),
        (float("nan"), "real", "N must be finite, got nan"),
        (float("nan"), "real or inf", "N must be real, got nan"),
        (0.5, "at least 1", "N must be at least 1, got 0.5"),
        (float("inf"), "at least 1", "N must be finite, got inf"),
        (0.5, "at least 1 or inf", "N must be at least 1, got 0.5"),
        (0, "in (0, 1]", r"N must be in \(0, 1\], got 0.0"),
        (1.2, "in (0, 1]", r"N must be in \(0, 1\], got 1.2"),
        (1, "in (0, 1)", r"N must be in \(0, 1\), got 1.0"),
        (0, "in (0, 1)", r"N must be in \(0, 1\), got 0.0"),
        (float("inf"), "in [0, 1]", r"N must be in \[0, 1\], got inf"),
        (-0.1, "in [0, 1]", r"N must be in \[0, 1\], got -0.1"),
        (1.1, "in [0, 1]", r"N must be in \[0, 1\], got 1.1"),
        ([0, 1, 2], "in [0, 1]", r"N\[2\] must be in \[0, 1\], got 2.0"),
        ([0, 1, -2], "in [0, 1]", r"N\[2\] must be in \[0, 1\], got -2.0"),
        (10**400, "positive", "N is too large for a 64-bit float"),
        ([[1, 2], [3]], "positive", "N must be a number or a regular array of numbers"),
    ],
)
def test_values_outside_the_domain_name_argument_index_and_value(value, domain, message):
    with np.errstate(all="raise"), pytest.raises(ValueError, match=f"^{message}$"):
        check("N", value, domain)


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        (float("inf"), "positive or inf"),
        ([0, float("inf")], "nonnegative or inf"),
        ([0, 5], "nonnegative"),
        ([-3, 0, 3], "real"),
        ([float("-inf"), float("inf")], "real or inf"),
        ([1, 7], "at least 1"),
        ([1, float("inf")], "at least 1 or inf"),
        ([1e-300, 1], "in (0, 1]"),
        (0.5, "in (0, 1)"),
        ([0, 1], "in [0, 1]"),
        ([], "positive"),
    ],
)
def test_the_ends_of_a_domain_belong_to_it_where_its_name_says_so(value, domain):
    assert check("N", value, domain).tolist() == value


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (True, "bool"),
        ([True, False], "array of bool"),
        (1j, "complex"),
        ("70B", "str"),
        (["1", "2"], "array of <U1"),
        (None, "NoneType"),
        ([1.0, None], "array of object"),
        ([10**30, True], "array of object"),
        (np.datetime64("2022-03-29"), "datetime64"),
    ],
)
def test_what_is_no_real_number_is_a_type_error(value, what):
    with pytest.raises(TypeError, match=f"N must be a real number.*got {what}"):
        check("N", value)


def test_one_number_means_one():
    assert check_scalar("delta", np.array(0.5)) == 0.5
    assert type(check_scalar("delta", np.float64(0.5))) is float
    with pytest.raises(TypeError, match=r"delta must be one number, got an array of shape \(2,\)"):
        check_scalar("delta", [1, 2])
    with pytest.raises(ValueError, match="delta must be positive, got 0"):
        check_scalar("delta", 0)


def test_counts_are_whole_and_have_a_least_value():
    assert check_count("n", 32.0) == 32
    assert type(check_count("n", np.int64(32))) is int
    assert check_count("n", 0, least=0) == 0
    for bad in (0, 2.5, -1):
        with pytest.raises(ValueError, match=f"n must be a whole number of at least 1, got {bad}"):
            check_count("n", bad)
    with pytest.raises(TypeError, match="bool"):
        check_count("n", True)


def test_shapes_that_do_not_meet_are_both_named():
    first, second = broadcast(N=np.ones((2, 1)), D=np.ones(3))
    assert first.shape == second.shape == (2, 3)
    with pytest.raises(ValueError, match=r"N, D and C must broadcast: shapes \(3,\), \(4,\) and"):
        broadcast(N=np.ones(3), D=np.ones(4), C=np.ones(()))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"x": [1, 2], "y": [1]}, "x and y must have the same length, got 2 and 1"),
        ({"x": [], "y": []}, "x and y must hold at least one row, got none"),
        ({"x": [[1.0]], "y": [1]}, r"x must be a list of numbers, got shape \(1, 1\)"),
        ({"x": 1.0, "y": 1.0}, r"x must be a list of numbers, got shape \(\)"),
        ({"x": [1, 2], "y": [1, -2]}, r"y\[1\] must be positive, got -2.0"),
        ({"x": []}, "x must hold at least one row, got none"),
    ],
)
def test_a_table_needs_columns_of_one_length(values, message):
    with pytest.raises(ValueError, match=message):
        columns(**values)


def test_columns_may_have_another_domain():
    assert columns("real", x=[-1, 2])[0].tolist() == [-1, 2]


def test_weights_default_to_one_each():
    assert check_weights(None, 2).tolist() == [1, 1]
    assert check_weights([0, 2], 2).tolist() == [0, 2]
    for bad, message in [
        ([1], r"one entry per row \(2\), got shape \(1,\)"),
        ([0, 0], "must not all be 0"),
        ([1, -1], r"weights\[1\] must be nonnegative, got -1.0"),
    ]:
        with pytest.raises(ValueError, match=message):
            check_weights(bad, 2)


def test_scalars_come_out_as_python_floats():
    assert type(result(np.float64(1.5))) is float
    assert type(result(np.array(1.5))) is float
    assert result([1, 2]).dtype == np.float64


def test_a_fit_warning_is_a_user_warning():
    assert issubclass(FitWarning, UserWarning)


def test_fields_of_a_law_are_private_copies_that_cannot_be_written():
    k = np.array([1.0, 2.0])
    law = PowerLaw(k, 0.5)
    k[0] = 99
    assert law.k.tolist() == [1, 2]
    assert law.p.tolist() == [0.5, 0.5]  # stretched to the common shape
    with pytest.raises(ValueError, match="read-only"):
        law.k[0] = 3
    with pytest.raises(AttributeError):
        law.k = 3


def test_a_batch_is_a_sequence_of_laws_along_its_first_axis():
    law = PowerLaw(np.arange(1.0, 7).reshape(3, 2), 0.5)
    assert law.shape == (3, 2)
    assert len(law) == 3
    assert law[1] == PowerLaw([3, 4], 0.5)
    assert law[1][0] == PowerLaw(3, 0.5)
    assert type(law[1][0].k) is float
    assert [part.shape for part in law] == [(2,)] * 3
    assert law[::2].shape == (2, 2)


def test_a_single_law_is_no_sequence():
    law = PowerLaw(1, 0.5)
    assert law.shape == ()
    with pytest.raises(TypeError, match="no length"):
        len(law)
    with pytest.raises(TypeError, match="cannot be indexed"):
        law[0]


def test_laws_are_equal_when_type_shape_and_numbers_are():
    law = PowerLaw([1.0, 2.0], [-0.5, 0.0])
    assert law == PowerLaw([1, 2], [-0.5, -0.0])
    assert hash(law) == hash(PowerLaw([1, 2], [-0.5, -0.0]))
    assert hash(PowerLaw(1, 0.0)) == hash(PowerLaw(1, -0.0))
    assert law != PowerLaw([1, 2], [-0.5, 0.1])
    assert law != PowerLaw([[1, 2]], [[-0.5, 0]])
    assert law[0] != OffsetPowerLaw(0, 1, 0.5)
    assert law != "law"
    assert len({law, PowerLaw([1, 2], [-0.5, 0])}) == 1


def test_the_repr_of_a_single_law_is_the_law():
    law = OffsetPowerLaw(2.1052472882433113, 26.565104258580337, 0.18756209630636303)
    assert eval(repr(law)) == law


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"k": -1, "p": 1}, "k must be positive, got -1.0"),
        ({"k": [1, 0], "p": 1}, r"k\[1\] must be positive, got 0.0"),
        ({"k": 1, "p": float("inf")}, "p must be finite, got inf"),
        ({"k": [1, 2], "p": [1, 2, 3]}, r"k and p must broadcast: shapes \(2,\) and \(3,\)"),
    ],
)
def test_a_law_with_impossible_fields_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        PowerLaw(**fields)
