"""The built site has no complaint, and each complaint is one that the checks can make."""

import pytest
from checks import complaints

GOOD = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A</title>
<link rel="canonical" href="https://example.org/book/"><link rel="stylesheet" href="a.css">
<script>const x = "{= $$ [@";</script></head>
<body><h1 id="a">A</h1>
<p><a href="b/#c">B</a> <a href="https://example.com/">out</a> <a href="#a">up</a>
<a href="./">here</a> <code>{= x } $$ [@a] ```</code> <a href="mailto:a@example.org">mail</a></p>
<svg role="img" aria-label="a line"><defs><g id="d"/></defs><use xlink:href="#d"/></svg>
<svg aria-hidden="true"></svg><img alt="" src="a.svg"><img alt="A dot" src="data:image/gif,R0">
<a href="b/"><img alt="to B" src="a.svg"></a><button aria-label="Copy"></button></body></html>
"""
OTHER = """\
<html lang="en"><title>B</title><body><h1 id="c">B</h1><a href="../#a">A</a> <a href="#c">up</a>
"""
MISSING = """\
<html lang="en"><title>C</title><link rel="stylesheet" href="/book/a.css">
<body><h1>C</h1><a href="/book/b/">B</a> <a href="/book/">A</a>
"""


@pytest.fixture
def small(tmp_path):
    """A site of two pages and a 404 page without fault; call it to write the first page."""
    (tmp_path / "b").mkdir()
    for name in ("a.css", "a.svg"):
        (tmp_path / name).write_text("/* url(https://example.org/comment) */ p { color: red }")
    (tmp_path / "b" / "index.html").write_text(OTHER)
    (tmp_path / "404.html").write_text(MISSING)

    def write(text):
        (tmp_path / "index.html").write_text(text)
        return complaints(tmp_path)

    return write


def test_a_site_without_fault_has_no_complaint(small):
    assert small(GOOD) == []


FAULTS = [
    # (what is put before </body>, or (old, new); beginning of the complaint)
    (
        '<script src="https://example.com/a.js"></script>',
        "<script> fetches https://example.com/a.js",
    ),
    ('<img alt="a" src="//example.com/a.png">', "<img> fetches //example.com/a.png"),
    (
        '<img alt="a" src="a.svg" srcset="a.svg 1x, https://example.com/b 2x">',
        "<img> fetches https",
    ),
    ('<iframe title="a" src="https://example.com"></iframe>', "<iframe> fetches https://example"),
    ('<object data="https://example.com/a"></object>', "<object> fetches https://example.com/a"),
    ('<video poster="https://example.com/a"></video>', "<video> fetches https://example.com/a"),
    ('<svg><image href="https://example.com/a"/></svg>', "<image> fetches https://example.com/a"),
    ('<svg><use xlink:href="https://example.com/a#b"/></svg>', "<use> fetches https://example.com"),
    ('<link rel="stylesheet" href="https://example.com/a.css">', "<link> fetches https://example"),
    ('<link rel="preconnect" href="https://example.com">', "<link> fetches https://example.com"),
    ('<form action="https://example.com"></form>', "<form> fetches https://example.com"),
    ('<p style="background: url(https://example.com/a)">', "a style fetches https://example.com/a"),
    ("<style>@import 'https://example.com/a';</style>", "a style fetches https://example.com/a"),
    (
        '<meta http-equiv="refresh" content="0; url=https://example.com">',
        "<meta> fetches https://example.com",
    ),
    ('<a href="c/">C</a>', "c/ leads nowhere"),
    ('<a href="b/c.html">C</a>', "b/c.html leads nowhere"),
    ('<a href="b.md">B</a>', "b.md leads nowhere"),
    ('<a href="../b/">B</a>', "../b/ leads nowhere"),
    ('<a href="/b/">B</a>', "/b/ leads nowhere"),
    ('<img alt="a" src="b.svg">', "b.svg leads nowhere"),
    ('<a href="#b">B</a>', "#b: no id 'b' there"),
    ('<a href="b/#a">B</a>', "b/#a: no id 'a' there"),
    ('<svg><use xlink:href="#e"/></svg>', "<use> of #e, which is not on the page"),
    ('<img src="a.svg">', "<img> has no name"),
    ('<svg role="img"><path d="M0 0"/></svg>', "<svg> has no name"),
    ('<a href="b/"></a>', "<a> has no name"),
    ('<a href="b/"><img alt="" src="a.svg"></a>', "<a> has no name"),
    ("<button><svg></svg></button>", "<button> has no name"),
    ('<img alt="a <math>" src="a.svg">', "markup within alt"),
    ('<p id="a">again</p>', "id 'a' stands twice"),
    ("<h1>Again</h1>", "the page has 2 headings h1"),
    (("<title>A</title>", ""), "the page lacks a language or a title"),
    ((' lang="en"', ""), "the page lacks a language or a title"),
    ("<p>about [1]{= x }</p>", "left over: '{= x }'"),
    ("<p><b>a</b> $$ x</p>", "left over: '$$ x'"),
    ("<p>see [@key]</p>", "left over: '[@key]'"),
    ('<p>--8<-- "a.py"</p>', "left over: '-8<-- \"a.py\"'"),
    ('<p>```python alt="a"</p>', "left over: '```python alt=\"a\"'"),
    ("<p>\n/// note | A</p>", "left over: '/// note | A'"),
    ("<h2>A {#b}</h2>", "left over: '{#b}'"),
    ('<p class="a press-error">wrong</p>', "left over: 'wrong'"),
    ('<span class="value differs">4</span>', "left over: '4'"),
    (("<title>A", "<title>A [1]{= x }"), "left over: 'A [1]{= x }'"),
    ("<p>\x02wzxhzdk:3\x03</p>", r"left over: '\x02wzxhzdk:3"),
    ("<p>\ue0003\ue001</p>", r"left over: '\ue0003\ue001'"),
]


@pytest.mark.parametrize(("fault", "complaint"), FAULTS)
def test_each_fault_is_one_complaint_with_its_place(fault, complaint, small):
    old, new = fault if isinstance(fault, tuple) else ("</body>", fault + "</body>")
    found = small(GOOD.replace(old, new))
    assert len(found) == 1, found
    place, _, message = found[0].partition(": ")
    assert place.startswith("index.html:")
    assert message.startswith(complaint)


def test_a_style_sheet_that_fetches_is_told(small, tmp_path):
    (tmp_path / "a.css").write_text("@font-face { src: url('https://example.com/a.woff2') }")
    assert small(GOOD) == ["a.css:1: fetches https://example.com/a.woff2"]


def test_an_empty_folder_is_no_site(tmp_path):
    assert complaints(tmp_path) == [f"{tmp_path}: there is no page"]


def test_the_site_of_the_book_has_no_complaint(site):
    assert complaints(site) == []
