"""Drawings follow the page's colours, are the same each time, and bring their data."""

import re
import xml.etree.ElementTree as ElementTree

import matplotlib as mpl
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

from scaling_core.book import figures


@pytest.fixture(autouse=True)
def style():
    with mpl.rc_context():
        figures.use_style()
        yield
        plt.close("all")


def curve():
    figure, ax = plt.subplots()
    ax.plot([1e8, 1e9, 1e10], [3.5, 3.0, 2.5], label="law")
    ax.plot([1e8, 1e10], [3.6, 2.6], "o", color="C4", label="_hidden")
    ax.fill_between([1e8, 1e10], [2, 2], [3, 3], alpha=0.2)
    ax.set(xscale="log", xlabel="$N$, parameters", ylabel="loss, nats per token")
    ax.text(1e9, 3, "a point", color="C7")
    ax.legend()
    return figure


def test_the_drawing_is_well_formed_and_has_no_colour_of_its_own():
    svg = figures.draw(curve(), "fig-a")["svg"]
    ElementTree.fromstring(svg)
    colours = set(re.findall(r"(?:fill|stroke): ([^;\"]+)", svg))
    assert colours <= {"none", *(f"var({name})" for name in figures.SENTINELS.values())}
    assert {"var(--fig-c0)", "var(--fig-c4)", "var(--fig-muted)", "var(--fig-fg)"} <= colours


def test_ids_begin_with_the_name_and_references_find_them():
    svg = figures.draw(curve(), "fig-a")["svg"]
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert ids
    assert all(name.startswith("fig-a-") for name in ids)
    assert len(ids) == len(set(ids))
    used = re.findall(r'xlink:href="#([^"]+)"', svg) + re.findall(r"url\(#([^)]+)\)", svg)
    assert used
    assert set(used) <= set(ids)


def test_the_same_figure_gives_the_same_bytes():
    first = figures.draw(curve(), "fig-a")
    plt.close("all")
    assert figures.draw(curve(), "fig-a") == first
    for trace in ("date", "style>", "metadata", "matplotlib.org", "<!--", "<?xml", "<!DOCTYPE"):
        assert trace not in first["svg"]


def test_the_drawing_scales_with_the_page():
    head = figures.draw(curve(), "fig-a")["svg"].partition(">")[0]
    assert "viewBox" in head
    assert "width=" not in head
    assert "height=" not in head


def test_numbers_are_short():
    svg = figures.draw(curve(), "fig-a")["svg"]
    assert not re.search(r"\d[1-9]\d*\.\d{3,}", svg)


REFUSED = [
    ("a named colour", lambda ax: ax.plot([1, 2], color="red"), "the colour #ff0000: use C0 to C7"),
    ("a grey", lambda ax: ax.plot([1, 2], color="0.5"), "the colour #808080"),
    ("a black line", lambda ax: ax.plot([1, 2], "k--"), "the colour #000000"),
    ("black text, which SVG leaves out", lambda ax: ax.text(0, 0, "a", color="k"), "black"),
    ("black bars", lambda ax: ax.bar([1], [1], color="black"), "black"),
    ("black dots", lambda ax: ax.scatter([1], [1], color="black"), "black"),
    ("a colour map", lambda ax: ax.scatter([1, 2], [1, 2], c=[1, 2]), "the colour #440154"),
    ("pixels", lambda ax: ax.imshow([[1, 2]]), "the figure holds pixels"),
    ("weight", lambda ax: ax.scatter(range(4000), range(4000)), "kB of SVG"),
]


@pytest.mark.parametrize(("draw", "message"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refused(draw, message):
    figure, ax = plt.subplots()
    draw(ax)
    with pytest.raises(ValueError, match=message):
        figures.draw(figure, "fig-a")


def test_the_table_holds_the_labelled_series_alone():
    table = figures.draw(curve(), "fig-a")["table"]
    head = ["law", "$N$, parameters", "loss, nats per token"]
    assert table == [[*head, "1e+08|3.5", "1e+09|3", "1e+10|2.5"]]


def test_the_table_of_a_long_curve_has_few_values_and_both_ends():
    figure, ax = plt.subplots()
    ax.plot(range(1000), range(1000), label="long")
    ax.scatter([1, 2], [3, 4], label="dots")
    (_, _, _, *points), dots = figures.draw(figure, "fig-a")["table"]
    assert len(points) == figures.ROWS
    assert (points[0], points[-1]) == ("0|0", "999|999")
    assert dots == ["dots", "x", "y", "1|3", "2|4"]


def test_the_table_as_html_is_escaped():
    html = figures.data_table([["<a> & $b$", "x", "y", "1|2", "3|4"]])
    assert '<th scope="row">&lt;a&gt; &amp; b: x</th><td>1</td><td>3</td>' in html
    assert '<th scope="row">y</th><td>2</td><td>4</td>' in html
