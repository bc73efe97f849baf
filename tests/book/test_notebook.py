"""A page as a notebook: valid, without the press's marks, and it runs by itself."""

import ast
import io
import json
from contextlib import redirect_stdout

import nbformat
import pytest

from scaling_core.book.check import check_book
from scaling_core.book.notebook import notebook

from .conftest import Book

PAGE = r"""---
title: A page
---
# A page [3.142]{= pi } {#top}

As [@hoffmann2022training, Table 3; @kaplan2020scaling] says, $6ND$ and [\$3.14]{= usd(pi) }.

```python title="a.py"
from math import pi
from scaling_core import usd
print(round(pi, 2))
```

```output
3.14
```

/// note | Mind
Inside.
///

```pycon
>>> pi > 3
True
>>> x = pi
>>> x < 4
True
```

```python raises="IndexError"
[].pop()
```

```output
IndexError: pop from empty list
```

```python alt="One straight line that rises from the lower left to up" caption="A line to [3.142]{= pi }, see [b](b.md)." id="fig-a"
import matplotlib.pyplot as plt
plt.plot([1, 2], [1, x])
```

````markdown
```python
not run
```
````

```python run="no"
# needs a GPU
train()
```

Links: [a](b.md), [b](../index.md#x), [c](#top), [d](https://example.org/a.md), ![e](../assets/e.svg).
"""  # noqa: E501
ADDRESS = "https://example.org/book/6-7/page/"
SOURCE = "https://example.org/source"


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    book = Book(tmp_path_factory.mktemp("book"))
    book.page(PAGE, "6-7/page.md")
    report = check_book(book.root)
    assert str(report) == ""
    text = notebook(report.runs[0], address=ADDRESS, repository=SOURCE)
    assert text == notebook(report.runs[0], address=ADDRESS, repository=SOURCE)
    nbformat.validate(nbformat.reads(text, as_version=4))
    return json.loads(text)["cells"]


def prose(cells):
    return "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")


def test_it_says_where_it_comes_from_and_how_to_install(cells):
    assert f"[a page of Scaling Laws, Computed]({ADDRESS})" in cells[0]["source"]
    assert f"git+{SOURCE}" in cells[1]["source"]


def test_values_and_citations_are_plain_words(cells):
    text = prose(cells)
    assert "# A page 3.142\n" in text
    assert r"As Hoffmann et al. 2022, Table 3; Kaplan et al. 2020 says, $6ND$ and \$3.14." in text
    assert "A line to 3.142" in text
    for mark in ("{=", "[@", "///", "{#", "alt=", "---\ntitle"):
        assert mark not in text


def test_links_lead_to_the_site(cells):
    text = prose(cells)
    assert "[a](https://example.org/book/6-7/b/)" in text
    assert "see [b](https://example.org/book/6-7/b/)" in text
    assert "[b](https://example.org/book/#x)" in text
    assert f"[c]({ADDRESS}#top)" in text
    assert "[d](https://example.org/a.md)" in text
    assert "![e](https://example.org/book/assets/e.svg)" in text


def test_links_of_an_index_page_start_in_its_own_folder(book):
    book.page(
        "# A\n\n[a](b.md) [b](../index.md) [c](c/index.md)\n\n```python\nx = 1\n```\n",
        "6-7/index.md",
    )
    run = check_book(book.root).runs[0]
    text = notebook(run, address="https://example.org/book/6-7/", repository=SOURCE)
    for target in ("6-7/b/", "", "6-7/c/"):
        assert f"](https://example.org/book/{target})" in text


def test_code_that_does_not_run_stays_text(cells):
    text = prose(cells)
    assert "````markdown\n```python\nnot run\n```\n````" in text
    assert "# needs a GPU\ntrain()" in text


def shown(source, names):
    """What a notebook shows under a cell: what it prints and the value of its last line."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    out = io.StringIO()
    try:
        with redirect_stdout(out):
            exec(compile(tree, "cell", "exec"), names)
            value = (
                eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
            )
    except IndexError as error:
        return f"IndexError: {error}\n"
    return out.getvalue() + (f"{value!r}\n" if value is not None else "")


def test_outputs_are_those_of_the_page_and_come_again_when_it_runs(cells):
    code = [cell for cell in cells[2:] if cell["cell_type"] == "code"]
    said = ["".join(output["text"] for output in cell["outputs"]) for cell in code]
    assert said == ["3.14\n", "True\n", "True\n", "IndexError: pop from empty list\n", ""]
    names = {}
    assert [shown(cell["source"], names) for cell in code[:4]] == said[:4]
    assert [cell["metadata"].get("tags") for cell in code].count(["raises-exception"]) == 1


def test_no_output_block_is_left(cells):
    assert "3.14\n```" not in prose(cells)
