"""The two figures of the entrance: what the home page and the section's map really show."""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from scaling_core import BESIROGLU_2024, BESIROGLU_2024_SE
from snippets import home_valley, section_map

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(autouse=True, scope="module")
def close_figures():
    yield
    plt.close("all")


def curve(label):
    return next(line for line in home_valley.ax.get_lines() if line.get_label() == label)


def words(ax):
    return {text.get_text() for text in ax.texts}


@pytest.mark.parametrize(
    ("label", "size", "loss"),
    [
        pytest.param("Hoffmann, printed", 14.6e9, 2.0050, id="rounded constants halve the model"),
        pytest.param("Hoffmann, unrounded", 18.1e9, 1.9885, id="all digits of the same fit"),
        pytest.param("Besiroglu, 2024", 29.4e9, 2.0321, id="the refit doubles it"),
    ],
)
def test_each_drawn_valley_has_its_lowest_point_where_its_law_says(label, size, loss):
    N, L = curve(label).get_data()
    assert N[np.argmin(L)] == pytest.approx(size, rel=0.03)  # the grid's step is 3 %
    assert L.min() == pytest.approx(loss, abs=5e-5)  # four decimals are tabulated


def test_the_home_figure_names_the_three_sizes_and_that_of_the_rule():
    assert {"14.6B", "18.1B", "29.4B"} <= words(home_valley.ax)
    assert any(text.endswith("28.9B") for text in words(home_valley.ax))


def test_the_choice_of_law_moves_the_best_size_more_than_the_error_of_the_exponent():
    refit = BESIROGLU_2024.optimum(home_valley.C).N
    factor = home_valley.C / BESIROGLU_2024.source.range[1]
    by_error = factor ** BESIROGLU_2024_SE["a"].value
    by_law = [refit / law.optimum(home_valley.C).N for _, law, *_ in home_valley.curves[1:]]
    assert by_error == pytest.approx(1.065, abs=5e-4)
    assert by_law == pytest.approx([1.62, 2.02], abs=0.005)


def test_the_marked_points_lie_on_the_curves_and_below_all_else_on_them():
    for name, law, *_ in home_valley.curves:
        best = law.optimum(home_valley.C)
        _, L = curve(name.replace("\n", ", ")).get_data()
        assert law.isoflop(home_valley.C, best.N) == pytest.approx(best.loss, rel=1e-12)
        assert (best.loss <= L).all()


def test_the_map_marks_exactly_the_pages_that_exist_as_written():
    pages = {path.stem for path in (DOCS / "6-7").glob("*.md")} - {"index", "summary"}
    assert pages == section_map.WRITTEN, "update WRITTEN in snippets/section_map.py"


def test_every_arrow_of_the_map_goes_down_to_the_next_row():
    for page, needed in section_map.NEEDS.items():
        assert 1 <= len(needed) <= 3  # a page names at most three pages to read before
        for first in needed:
            assert section_map.PLACES[page][1] == section_map.PLACES[first][1] + 1


def test_every_page_of_the_map_can_be_reached_and_no_two_share_a_place():
    roots = {page for page, (_, row, _) in section_map.PLACES.items() if row == 0}
    assert roots | section_map.NEEDS.keys() == section_map.PLACES.keys()
    places = [(x, y) for x, y, _ in section_map.PLACES.values()]
    assert len(set(places)) == len(places)


def test_written_pages_are_drawn_with_a_solid_frame_and_planned_ones_dotted():
    styles = {
        text.get_text(): text.get_bbox_patch().get_linestyle()
        for text in section_map.ax.texts
        if text.get_bbox_patch()
    }
    for page, (_, _, name) in section_map.PLACES.items():
        assert styles[name] == ("-" if page in section_map.WRITTEN else ":")
