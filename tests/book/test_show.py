"""The figures of the labs carry a name, a description and colours that work anywhere."""

import re

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import pytest

from scaling_core.book import show as notebook
from scaling_core.book.figures import SENTINELS


@pytest.fixture
def shown(monkeypatch):
    pages = []
    monkeypatch.setattr("IPython.display.display", lambda page: pages.append(page.data))
    with mpl.rc_context():
        notebook.use_style()
        plt.plot([1, 2], [3, 4], label="a line")
        plt.xlabel("x")
        notebook.show("fig-test", alt='A line from "3" to 4', caption="It rises & ends. No data.")
    return pages


def test_a_figure_has_a_role_a_description_an_id_and_a_caption(shown):
    (page,) = shown
    assert '<figure class="fig" id="fig-test">' in page
    assert 'role="img" aria-label="A line from &quot;3&quot; to 4"' in page
    assert "<figcaption><strong>It rises &amp; ends. </strong>No data.</figcaption>" in page


def test_showing_closes_the_figure_so_that_jupyter_does_not_show_it_again(shown):
    assert shown
    assert plt.get_fignums() == []


def test_each_colour_has_a_fallback_where_no_style_sheet_sets_it(shown):
    variables = re.findall(r"var\(--fig-\w+(, [^)]+)?\)", shown[0])
    assert variables
    assert all(variables)
    assert {f"--fig-{name}" for name in notebook.FALLBACK} == set(SENTINELS.values())


def test_the_drawing_holds_no_dollar_sign_which_the_book_would_read_as_a_formula(shown):
    assert "$" not in shown[0]
