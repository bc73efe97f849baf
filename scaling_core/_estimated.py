"""A law from a table of published `Estimate`s: the one place that takes such a table apart."""

from collections.abc import Mapping
from typing import Any

from scaling_core.provenance import Estimate


def fields_of(estimates: Mapping[str, Estimate], *names: str) -> dict[str, Any]:
    """The named values and their common source, as keyword arguments of a law.

    ValueError if the table lacks one of the names; other rows of the table are ignored.

    >>> from scaling_core import ZHAI_2022
    >>> fields_of(ZHAI_2022["ten-shot"], "a", "b")["a"]
    0.63
    """
    missing = [name for name in names if name not in estimates]
    if missing:
        wanted, got = ", ".join(names), ", ".join(estimates) or "nothing"
        raise ValueError(f"estimates must hold {wanted}; got {got}")
    values = {name: estimates[name].value for name in names}
    return values | {"source": estimates[names[0]].source}
