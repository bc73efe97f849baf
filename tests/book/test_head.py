"""The line under the title: what it says and where its links lead."""

import pytest

from scaling_core.book.head import folder_of, has_notebook, head_line, minutes
from scaling_core.book.scan import scan_text

ALT = "One straight line that rises from the lower left to the upper right"


def page(text, file="docs/6-7/page.md"):
    return scan_text(text, file, None)


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("word " * 50, 1, "at least one minute"),
        ("word " * 1000, 5, "200 words a minute"),
        ("$$\nx\n$$\n\n" * 12, 2, "ten seconds for a displayed formula"),
        (f'```python alt="{ALT}" caption="c" id="f"\nx = 1\n```\n\n' * 4, 2, "a figure is 30 s"),
        ("```python\n" + "x = 1\n" * 40 + "```\n", 2, "three seconds for a line of code"),
        ("```output\n" + "word " * 1000 + "\n```\n", 1, "output is not read"),
    ],
)
def test_minutes(text, expected, why):
    assert minutes(page(text)) == expected, why


def test_a_chapter_shows_minutes_level_needs_and_notebook():
    meta = "---\nlevel: 3\nneeds: [6-7/power-laws.md, practice/index.md]\n---\n"
    assert head_line(page(f"{meta}# A\n\n```python\nx = 1\n```\n")) == (
        '<ul class="page-head" data-search-exclude aria-label="About this page">'
        "<li>1 min</li><li>level 3 of 5</li>"
        '<li>needs <a href="../power-laws/">power laws</a>, '
        '<a href="../../practice/">practice</a></li>'
        '<li><a href="notebook.ipynb" download>notebook</a></li></ul>'
    )


def test_a_problem_shows_what_its_front_matter_says():
    meta = "practice: problem\nminutes: 4\nlevel: 1\nskills: [a, b]\nlaw: BESIROGLU_2024"
    assert (
        "<li>4 min</li><li>level 1 of 5</li><li>skills: a, b</li><li>law: BESIROGLU_2024</li>"
        in head_line(page(f"---\n{meta}\n---\n# A\n"))
    )


def test_what_the_front_matter_says_is_escaped():
    line = head_line(page("---\nlevel: <b>\nneeds: ['\"><b>.md']\n---\n# A\n"))
    assert "<b>" not in line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A\n", False),
        ("```python\nx = 1\n```\n", True),
        ("```pycon\n>>> 1\n1\n```\n", True),
        ('```python run="no"\n# slow\nx = 1\n```\n', False),
        ("```text\nx\n```\n", False),
    ],
)
def test_pages_with_code_have_a_notebook(text, expected):
    assert has_notebook(page(text)) is expected


@pytest.mark.parametrize(
    ("file", "folder"),
    [
        ("docs/index.md", ""),
        ("docs/6-7/index.md", "6-7/"),
        ("docs/6-7/kaplan.md", "6-7/kaplan/"),
        ("docs/6-7/my-index.md", "6-7/my-index/"),
    ],
)
def test_the_folder_of_a_page_on_the_site(file, folder):
    assert folder_of(file) == folder


@pytest.mark.parametrize(
    ("file", "target", "href"),
    [
        ("docs/6-7/kaplan.md", "6-7/power-laws.md", "../power-laws/"),
        ("docs/6-7/kaplan.md", "index.md", "../../"),
        ("docs/6-7/index.md", "6-7/kaplan.md", "kaplan/"),
        ("docs/6-7/index.md", "index.md", "../"),
        ("docs/index.md", "6-7/index.md", "6-7/"),
        ("docs/a/my-index.md", "a/b.md", "../b/"),
        ("docs/a/b.md", "a/my-index.md", "../my-index/"),
    ],
)
def test_needs_lead_to_the_page(file, target, href):
    line = head_line(page(f"---\nneeds: [{target}]\n---\n# A\n", file))
    assert f'<a href="{href}">' in line
