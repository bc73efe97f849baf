"""Tables of published estimates as keyword arguments of a law."""

import pytest

from scaling_core import GADRE_2024_ERRORS, KUMAR_2024
from scaling_core._estimated import fields_of

TABLE = GADRE_2024_ERRORS["C4, all tasks"]


def test_the_named_values_come_in_order_with_the_source_of_the_first():
    picked = fields_of(TABLE, "gamma", "k")
    assert list(picked) == ["gamma", "k", "source"]
    assert picked["gamma"] == TABLE["gamma"].value
    assert picked["k"] == TABLE["k"].value
    assert picked["source"] is TABLE["gamma"].source
    mixed = {"a": KUMAR_2024["gamma_w"], **TABLE}
    assert fields_of(mixed, "a", "k")["source"] is KUMAR_2024["gamma_w"].source
    assert fields_of(mixed, "k", "eps", "a")["source"] is TABLE["k"].source
    assert fields_of(mixed, "a", "k", "gamma")["source"] is KUMAR_2024["gamma_w"].source


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (TABLE, r"^estimates must hold k, q; got k, gamma, eps$"),
        ({}, r"^estimates must hold k, q; got nothing$"),
    ],
)
def test_a_missing_row_is_named_with_those_that_are_there(table, words):
    with pytest.raises(ValueError, match=words):
        fields_of(table, "k", "q")
