"""Front matter and snippets: where each line came from, and how broken ones are told."""

import pytest

from scaling_core.book.scan import scan
from scaling_core.book.source import body_of, front_matter

SNIPPET = """\
import math

# --8<-- [start:figure]
def root(x):
    return math.sqrt(x)
# --8<-- [end:figure]


class A:
    # --8<-- [start:method]
    def f(self):
        # --8<-- [start:inner]
        return 1
        # --8<-- [end:inner]
    # --8<-- [end:method]


# --8<-- [start:empty]
# --8<-- [end:empty]
# --8<-- [start:open]
x = 1
"""


@pytest.fixture
def page(book):
    def make(text):
        book.snippet("curve.py", SNIPPET)
        return scan(book.page(text), book.root)

    return make


def place(page, index):
    line = page.lines[index]
    return f"{line.file}:{line.number}: {line.text}"


def test_a_section_stands_dedented_and_keeps_its_place(page):
    found = page('# A\n\n```python\n--8<-- "curve.py:method"\n```\n')
    assert found.problems == []
    assert found.blocks[0].code == "def f(self):\n    return 1"
    assert place(found, 3) == "snippets/curve.py:11: def f(self):"
    assert place(found, 4) == "snippets/curve.py:13:     return 1"
    assert place(found, 5) == "docs/page.md:5: ```"


def test_a_whole_file_stands_without_its_section_marks(page):
    found = page('---\ntitle: A\n---\n```python\n--8<-- "curve.py"\n```\n')
    assert "8<" not in found.blocks[0].code
    assert found.blocks[0].code.startswith("import math\n\ndef root(x):")
    assert place(found, 0) == "docs/page.md:4: ```python"


REFUSED = [
    ("missing file", '--8<-- "none.py:a"', "snippet none.py: there is no file snippets/none.py"),
    ("missing section", '--8<-- "curve.py:b"', "snippet curve.py: section 'b' does not exist"),
    ("open section", '--8<-- "curve.py:open"', "snippet curve.py: section 'open' is not closed"),
    ("empty section", '--8<-- "curve.py:empty"', "snippet curve.py: nothing stands in it"),
    ("a folder", '--8<-- "."', "snippet .: there is no file snippets/."),
    ("outside", '--8<-- "../docs/page.md"', "snippet ../docs/page.md: the file must stand in snip"),
    ("quotes that pymdownx would expand", "--8<-- 'curve.py'", "write a"),
    ("a range of lines", '--8<-- "curve.py:1:2"', "write a snippet on one line as --8<--"),
    ("an address", '--8<-- "https://example.org/a.py"', "write a snippet on one line as"),
    ("the form over several lines", "--8<--\ncurve.py\n--8<--", "write a snippet on one line as"),
    ("a comment behind it", '--8<-- "curve.py:figure"  # here', "write a snippet on one line as"),
]


@pytest.mark.parametrize(("line", "message"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_wrong_snippet_line_is_told_with_file_and_line(line, message, page):
    found = page(f"# A\n\n```python\n{line}\n```\n")
    assert str(found.problems[0]).startswith(f"docs/page.md:4: {message}")


def test_a_snippet_that_is_no_utf_8_is_told(page, book):
    book.snippet("bad.py", "").write_bytes(b"x = '\xff'\n")
    found = page('# A\n\n--8<-- "bad.py"\n')
    assert str(found.problems[0]).startswith("docs/page.md:3: snippet bad.py: 'utf-8' codec can't")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: [1\nb: 2\n", "3: front matter: ", id="the line of the error"),
        pytest.param("a: b: c\n", "2: front matter: mapping values are not", id="two colons"),
        pytest.param("a: 'x\n", "3: front matter: found unexpected end", id="open quote"),
        pytest.param("a:\n\t- x\n", "3: front matter: found character", id="tab"),
        pytest.param("date: 2026-13-01\n", "1: front matter: cannot be read", id="no such month"),
        pytest.param("- a\n- b\n", "1: front matter must be", id="a list"),
        pytest.param("just words\n", "1: front matter must be", id="a sentence"),
    ],
)
def test_bad_front_matter_is_told_with_its_line(text, message):
    problems = []
    meta, body, _ = front_matter(f"---\n{text}---\n# A\n", "docs/page.md", problems)
    assert (meta, body) == ({}, "# A\n")
    assert str(problems[0]).startswith(f"docs/page.md:{message}")


def test_front_matter_that_is_never_closed_is_told():
    problems = []
    front_matter("---\ntitle: A\n\n# A\n", "docs/page.md", problems)
    assert [str(p) for p in problems] == [
        "docs/page.md:1: front matter is never closed by a line ---"
    ]


@pytest.mark.parametrize(
    ("text", "meta", "body"),
    [
        ("# A\n", {}, "# A\n"),
        ("---\ntitle: A\n---\n# A\n", {"title": "A"}, "# A\n"),
        ("---  \ntitle: A\n---  \n\n# A\n---\n", {"title": "A"}, "\n# A\n---\n"),
        ("---\n# only a comment\n---\n", {}, ""),
        ("---\ntitle: A\n---", {"title": "A"}, ""),
    ],
)
def test_front_matter_is_cut_off(text, meta, body):
    problems = []
    assert front_matter(text, "p", problems) == (meta, body, text.count("\n") - body.count("\n"))
    assert problems == []
    assert body_of(text) == body
    assert body_of(text.replace("\n", "\r\n")) == body
