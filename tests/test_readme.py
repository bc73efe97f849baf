"""The README's figure is the home page's, drawn by today's library."""

from snippets.readme_figure import FILE, readme_figure


def test_the_figure_of_the_readme_is_up_to_date() -> None:
    assert FILE.read_text("utf-8") == readme_figure(), "run: python -m snippets.readme_figure"
