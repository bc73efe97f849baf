"""Citations: how a work is named, what is unknown, and what the list shows."""

import re

import pytest
from pybtex.database import parse_string

from scaling_core.book import cite


@pytest.fixture
def works(monkeypatch):
    """Call it with BibTeX to have those works alone in the bibliography."""

    def use(text):
        data = parse_string(text, "bibtex")
        monkeypatch.setattr(cite, "bibliography", lambda: data)
        cite._labels.cache_clear()

    yield use
    cite._labels.cache_clear()


@pytest.mark.parametrize(
    ("authors", "label"),
    [
        ("Kaplan, Jared", "Kaplan 2020"),
        ("Rae, Jack W. and Borgeaud, Sebastian", "Rae and Borgeaud 2020"),
        ("A, B and C, D and E, F", "A et al. 2020"),
        ("Hoffmann, Jordan and others", "Hoffmann et al. 2020"),
        ("van den Driessche, George", "van den Driessche 2020"),
        ("{Open AI}", "Open AI 2020"),
        ('M{\\"u}ller, A', "Müller 2020"),
    ],
)
def test_a_work_is_named_by_its_authors_and_year(authors, label, works):
    works(f"@misc{{key, author = {{{authors}}}, title = {{T}}, year = {{2020}}}}")
    assert cite.label("key") == label


def test_a_work_without_authors_is_named_by_its_publisher_or_title(works):
    works("@misc{a, organization={{The Lab}}, title={T}, year={2020}} @misc{b, title={T{P}U}}")
    assert cite.label("a") == "The Lab 2020"
    assert cite.label("b") == "TPU n.d."


def test_works_of_the_same_people_and_year_get_letters(works):
    works("@misc{b, author={K, J}, year={2020}} @misc{a, author={K, L}, year={2020}} "
          "@misc{c, author={K, J}, year={2021}}")  # fmt: skip
    assert [cite.label(key) for key in "abc"] == ["K 2020a", "K 2020b", "K 2021"]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("key", [("key", "")]),
        ("key, Table 3", [("key", "Table 3")]),
        ("key, Eqs. 1, 2", [("key", "Eqs. 1, 2")]),
        ("a; @b, p. 2; c", [("a", ""), ("b", "p. 2"), ("c", "")]),
    ],
)
def test_parts_of_a_citation(text, pairs):
    assert cite.parse(text) == pairs


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("kaplan2020scaling", []),
        ("*", ["*"]),
        ("kaplan2020scaling; @nobody1900, Table 3", ["nobody1900"]),
        ("Kaplan2020Scaling", ["Kaplan2020Scaling"]),
        (";", ["", ""]),
    ],
)
def test_keys_that_the_bibliography_lacks(text, missing):
    assert cite.unknown(text) == missing


def test_a_link_names_the_place_and_is_escaped():
    assert cite.link("kaplan2020scaling, Eq. <1>") == (
        '<a class="cite" href="#ref-kaplan2020scaling">Kaplan et al. 2020, Eq. &lt;1&gt;</a>'
    )
    assert cite.link("nobody<1900>") == "[@nobody&lt;1900&gt;]"


def test_the_list_holds_each_work_once_in_order_of_names():
    text = cite.reference_list(["kaplan2020scaling", "hoffmann2022training", "kaplan2020scaling"])
    assert re.findall(r'id="ref-([^"]+)"', text) == ["hoffmann2022training", "kaplan2020scaling"]


def test_every_work_of_the_bibliography_can_be_named_and_set():
    for key in cite.bibliography().entries:
        assert re.fullmatch(r".+ (\d{4}[a-z]?|n\.d\.)", cite.label(key)), key
        assert not cite.unknown(key)
    text = cite.reference_list()
    assert text.count("<li ") == len(cite.bibliography().entries)
    assert not re.search(r"[{}\\]", re.sub(r"https?://\S+", "", text)), "LaTeX is left"
