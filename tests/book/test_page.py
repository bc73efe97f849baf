"""From records to HTML: nothing printed becomes markup, no mark is left, faults are shown."""

import re

import pytest
from markdown import Markdown

from scaling_core.book import page as writer
from scaling_core.book.check import check_book, pages_of
from scaling_core.book.source import body_of

from .conftest import Book

ALT = "One straight line that rises from 1 at the lower left to"
EXTENSIONS = [
    *("scaling_core.book.page", "abbr", "attr_list", "footnotes", "md_in_html", "tables", "toc"),
    *("pymdownx.superfences", "pymdownx.highlight", "pymdownx.snippets"),
    *("pymdownx.blocks.admonition", "pymdownx.blocks.details", "pymdownx.blocks.tab"),
]

PAGES = {
    "hostile": """\
# Hostile [<b>]{= "<b" + chr(62) }

```python title="a.py"
from math import pi
print("<script>alert(1)</script> & $x$ [@a] [1]{= pi } **b**", pi > 3)
```

```output
<script>alert(1)</script> & $x$ [@a] [1]{= pi } **b** True
```

Quotes [a"'&]{= 'a"' + chr(39) + "&" }, stars [*a*]{= "*" + chr(97) + "*" }.

```text title="other"
[1]{= pi } $x$ <b>
```
""",
    "marks": r"""
# On [3.142]{= pi } {#on}

| $|x|$ | b |
| - | - |
| [3.142]{= pi } | $a|b$ |

```python
from math import pi
from scaling_core import tex, usd
```

[$3.14 \times 10^{9}$]{= tex(pi * 1e9) }, [\$3.14]{= usd(pi) }, \$5 and **[3.142]{= pi }**.

- a

    $$
    \frac{a}{b}
    $$

- b [3.142]{= pi }

/// note | Title [3.142]{= pi }
Inside $N$.

```python
print(pi > 3)
```

```output
True
```
///

As [@hoffmann2022training, Table 3; @kaplan2020scaling] and again [@kaplan2020scaling].[^1]
`[1]{= x }`

[^1]: A note with [3.142]{= pi } and $z$.
""",
    "figure": f"""\
# Figure

```python alt="{ALT} [<3]{{= f'<{{top}}' }}" caption="**Up.** To [3]{{= top }}, $N$." id="fig-up"
import matplotlib.pyplot as plt
top = plt.plot([1, 2], [1, 3], label="a & b")[0].get_ydata()[1]
```
""",
    "differs": """\
# Differs

```python
from math import pi
print(round(pi, 2))
```

```output
<3.15>
```

[<4>]{= pi } and [3.142]{= pi }

```python
print(pi > 3)
```
""",
    "problem": """\
---
practice: problem
---
# Problem

Spend [3.142]{= x }.

## Hint

One.

## Hint

Two.

## Solution

```python
from math import pi
x = pi
```

So [3.142]{= x }.

## Follow-ups

More.
""",
    "broken-code": "# Broken\n\n```python\n1 / 0\n```\n\n[3]{= x }\n",
    "broken-formula": "# Broken\n\n$\\fracc{a}$ and\n\n$$\n\\frac{\n$$\n",
    "broken-citation": "# Broken\n\n[@nobody1900, <b>]\n",
    "broken-figure": '# Broken\n\n```python caption="c"\nx = 1\n```\n',
    "broken-fence": "# Broken\n\n```python\nx = 1 < 2\n",
    "broken-snippet": '# Broken\n\n--8<-- "none.py"\n',
    "broken-front-matter": "---\ntitle: [\n---\n# Broken\n",
}


def convert(text, root):
    settings = {"scaling_core.book.page": {"root": str(root)}}
    return Markdown(extensions=EXTENSIONS, extension_configs=settings).convert(body_of(text))


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """Pages as HTML, by their names, as `make serve` shows them."""
    book = Book(tmp_path_factory.mktemp("book"))
    for name, text in PAGES.items():
        book.page(text, f"{name}.md")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "_runs", {})
        patch.setattr(writer, "_problems", {})
        report = check_book(book.root)
        writer.remember(report.runs, report.problems)
        return {path.stem: convert(path.read_text(), book.root) for path in pages_of(book.root)}


def test_what_is_printed_stays_text(html):
    assert "<script" not in html["hostile"]
    printed = "&lt;script&gt;alert(1)&lt;/script&gt; &amp; $x$ [@a] [1]{= pi } **b** True"
    assert f"<pre><code>{printed}</code></pre>" in html["hostile"]


def test_text_and_expression_of_a_value_are_escaped(html):
    assert "&lt;b&gt;</span>" in html["hostile"]
    assert 'title="&quot;&lt;b&quot; + chr(62)"' in html["hostile"]
    assert ">a&quot;&#x27;&amp;</span>" in html["hostile"]
    assert ">*a*</span>" in html["hostile"]


def test_other_blocks_pass_unchanged(html):
    assert '<span class="filename">other</span>' in html["hostile"]
    assert "[1]{= pi } $x$ &lt;b&gt;" in html["hostile"]
    assert '<span class="filename">a.py</span>' in html["hostile"]


def test_values_are_on_the_page_with_their_expression(html):
    value = '<span class="value" title="pi">3.142</span>'
    assert html["marks"].count(value) == 6
    assert f'<h1 id="on">On {value}' in html["marks"]
    assert f"<td>{value}</td>" in html["marks"]
    assert f"<strong>{value}</strong>" in html["marks"]
    assert '<p class="admonition-title">Title <span class="value"' in html["marks"]


def test_formulas_are_mathml_even_in_tables_lists_and_values(html):
    assert "<th><math" in html["marks"]
    assert re.search(r'title="tex\(pi \* 1e9\)"><math', html["marks"])
    in_list = re.search(r"<li>\s*<p>a</p>(.*?)</li>", html["marks"], re.DOTALL)
    assert in_list
    assert '<div class="math"' in in_list[1]
    assert "<mfrac>" in in_list[1]
    assert '<td><math translate="no"><mrow><mi>a</mi><mi>|</mi>' in html["marks"]


def test_money_keeps_its_dollar_and_loses_its_backslash(html):
    assert ">$3.14</span>" in html["marks"]
    assert "$5 and" in html["marks"]


def test_a_block_in_a_box_has_its_output_in_the_box(html):
    box = re.search(r'<div class="admonition note">(.*?)</div>\s*<p>As', html["marks"], re.DOTALL)
    assert box
    assert '<div class="output"' in box[1]


def test_cited_works_are_listed_once_and_only_they(html):
    assert (
        '<a class="cite" href="#ref-hoffmann2022training">Hoffmann et al. 2022, Table 3</a>; '
        in (html["marks"])
    )
    assert re.findall(r'<li id="ref-([^"]+)">', html["marks"]) == [
        "hoffmann2022training",
        "kaplan2020scaling",
    ]
    assert html["marks"].count('<h2 id="references">') == 1
    assert "references" not in html["figure"]


def test_a_figure_has_a_name_a_caption_its_data_and_its_code(html):
    text = html["figure"]
    assert '<figure class="fig" id="fig-up">' in text
    assert f'role="img" aria-label="{ALT} &lt;3"' in text
    caption = re.search(r"<figcaption>(.*?)</figcaption>", text)
    assert caption
    assert caption[1].startswith('<strong>Up.</strong> To <span class="value" title="top">3</span>')
    assert "<math" in caption[1]
    assert '<th scope="row">a &amp; b: x</th>' in text
    assert '<summary>Code of this figure</summary><div class="highlight">' in text
    assert "caption=" not in text


def test_ids_of_a_page_are_unique(html):
    for name, text in html.items():
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert sorted(ids) == sorted(set(ids)), name


def test_while_writing_both_sides_of_a_difference_are_shown(html):
    text = html["differs"]
    assert "page says:</p><pre><code>&lt;3.15&gt;</code></pre>" in text
    assert "code says:</p><pre><code>3.14</code></pre>" in text
    assert "(page says &lt;4&gt;, code says 3.142)" in text
    assert text.count("differs-note") == 5
    assert "<pre><code>nothing</code></pre>" in text


def test_sections_of_a_problem_are_closed_and_named(html):
    found = re.findall(
        r'<details class="([^"]+)" id="([^"]+)">\s*<summary>([^<]+)', html["problem"]
    )
    assert found == [
        ("hint", "hint-1", "Hint 1 of 2"),
        ("hint", "hint-2", "Hint 2 of 2"),
        ("solution", "solution", "Solution"),
        ("follow-ups", "follow-ups", "Follow-ups"),
    ]
    assert "<details" not in html["problem"].partition('title="x">3.142')[0]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("broken-code", "docs/broken-code.md:4: ZeroDivisionError: division by zero"),
        ("broken-formula", r"docs/broken-formula.md:3: LaTeX formula $\fracc{a}$: Unsupported"),
        ("broken-citation", "docs/broken-citation.md:3: citation &#x27;nobody1900&#x27; is not in"),
        ("broken-figure", "docs/broken-figure.md:3: a figure needs alt, caption and id: alt"),
        ("broken-fence", "docs/broken-fence.md:3: this block is never closed by a line ```"),
        ("broken-snippet", "docs/broken-snippet.md:3: snippet none.py: there is no file"),
        ("broken-front-matter", "docs/broken-front-matter.md:3: front matter: "),
    ],
)
def test_a_faulty_page_is_shown_with_its_fault_and_does_not_stop_the_server(name, message, html):
    assert html[name].count(f'<p class="press-error">{message}') == 1
    assert "<h1" in html[name]


def test_nothing_of_the_press_is_left_in_the_html(html):
    for name, text in html.items():
        if not name.startswith("broken") and name != "hostile":
            outside_code = re.sub(r"<code>.*?</code>", "", text, flags=re.DOTALL)
            for mark in ("{=", "8<-", "$$", "[@", "\ue000", "\x02", "wzxhzdk", "```"):
                assert mark not in outside_code, (name, mark)


def test_a_text_that_is_no_page_runs_nothing(tmp_path):
    (tmp_path / "docs").mkdir()
    html = convert("A cell with $N$ and\n\n```python\n1 / 0\n```\n", tmp_path)
    assert "<math" in html
    assert "ZeroDivisionError" not in html
    assert 'press-error">no check here: 29.4B<' in convert("A cell with [29.4B]{= x }\n", tmp_path)


def test_a_page_that_nobody_ran_is_run(book, monkeypatch):
    monkeypatch.setattr(writer, "_runs", {})
    monkeypatch.setattr(writer, "_problems", {})
    path = book.page("---\ntitle: A\n---\n\n```python\nfrom math import pi\n```\n\n[4]{= pi }\n")
    html = convert(path.read_text(), book.root)
    assert "(page says 4, code says 3.142)" in html


def test_an_edited_page_does_not_show_its_old_result(book, monkeypatch):
    monkeypatch.setattr(writer, "_runs", {})
    monkeypatch.setattr(writer, "_problems", {})
    path = book.page("```python\nfrom math import pi\n```\n\n[3.142]{= pi }\n")
    convert(path.read_text(), book.root)
    path.write_text(path.read_text().replace("import pi", "import e as pi"))
    assert "(page says 3.142, code says 2.718)" in convert(path.read_text(), book.root)
