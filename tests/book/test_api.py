"""Pages and entries of the library link to each other, as the book is at this moment."""

import re
from types import SimpleNamespace

import pytest
from markdown import Markdown

from scaling_core.book import hook
from scaling_core.book import page as writer
from scaling_core.book.api import names_imported
from scaling_core.book.check import check_book, pages_of
from scaling_core.book.scan import scan_text
from scaling_core.book.source import body_of

from .conftest import Book

REPOSITORY = "https://example.org/a&b"
EXTENSIONS = ["scaling_core.book.page", "md_in_html", "attr_list", "pymdownx.superfences"]
ENTRIES = """\
---
title: Entries
---
# Entries

```python render="markdown"
for name in ("human", "tex", "ChinchillaLaw"):
    print(f"## {name} {{#{name}}}\\n\\n<!-- api: {name} units 18 -->\\n")
```
"""
CHAPTER = """\
---
title: "Chapter <one>: a question?"
---
# Chapter

```python
from scaling_core import human
```

Cited: [@kaplan2020scaling].
"""
LAB = """\
# %% [markdown]
# # A lab, to try

# %%
from scaling_core import ChinchillaLaw
from scaling_core.book.show import tex
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Builds a small book: all its pages as HTML by their names. Tests leave it as it was."""
    book = Book(tmp_path_factory.mktemp("book"))
    book.page(ENTRIES, "api/entries.md")
    book.page(CHAPTER, "chapter.md")
    (book.root / "docs/labs").mkdir()
    (book.root / "docs/labs/try.py").write_text(LAB, encoding="utf-8")

    def build(repository=REPOSITORY, checked=True):
        settings = {"scaling_core.book.page": {"root": str(book.root), "repository": repository}}
        if checked:
            report = check_book(book.root)
            writer.remember(report.runs, report.problems)
        else:  # a builder without hooks, which starts anew
            writer.remember([], [])
        return {
            path.stem: Markdown(extensions=EXTENSIONS, extension_configs=settings).convert(
                body_of(path.read_text(encoding="utf-8"))
            )
            for path in pages_of(book.root)
        }

    build.book = book
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "_runs", {})
        patch.setattr(writer, "_problems", {})
        patch.setattr(writer, "_links", [])
        yield build


def about(html, name):
    """Items of the line under an entry."""
    line = re.search(rf'<ul [^>]*aria-label="About {name}">(.*?)</ul>', html)
    return re.findall(r"<li>(.*?)</li>", line[1])


def test_an_entry_names_its_file_and_every_page_and_lab_that_imports_it(site):
    html = site()["entries"]
    place = "https://example.org/a&amp;b/blob/main/scaling_core/units.py#L18"
    file = f'defined in <a href="{place}"><code>scaling_core/units.py</code></a>'
    chapter = 'used on <a href="../../chapter/">Chapter &lt;one&gt;</a>'
    lab = 'used on <a href="../../labs/try/">A lab, to try</a>'
    assert about(html, "human") == [file, chapter]
    assert about(html, "ChinchillaLaw") == [file, lab]
    assert about(html, "tex") == [file, "used on no page yet"]
    assert "<!-- api" not in html


def test_without_a_repository_the_file_is_named_only(site):
    assert about(site(repository="")["entries"], "tex") == [
        "defined in <code>scaling_core/units.py</code>",
        "used on no page yet",
    ]


def test_a_page_ends_with_the_names_that_it_imports(site):
    html = site()["chapter"]
    assert html.endswith(
        '<ul class="page-head api-use" data-search-exclude aria-label="Library used here">'
        '<li>Library used here: <a href="../api/entries/#human"><code>human</code></a></li></ul>'
    )
    assert html.index('id="references"') < html.index("Library used here")


def test_a_lab_ends_with_them_too(site):
    site()
    config = SimpleNamespace(config_file_path=str(site.book.root / "mkdocs.yml"))
    lab = SimpleNamespace(file=SimpleNamespace(src_uri="labs/try.py"))
    html = hook.on_page_content("<p>Lab</p>", lab, config, None)
    assert re.findall("<code>(.*?)</code>", html) == ["ChinchillaLaw"]
    chapter = SimpleNamespace(file=SimpleNamespace(src_uri="chapter.md"))
    assert hook.on_page_content("<p>A</p>", chapter, config, None) == "<p>A</p>"


@pytest.mark.parametrize("checked", [True, False], ids=["with the hook", "a builder without hooks"])
def test_an_edit_shows_on_both_sides_at_the_next_build(site, checked):
    site(checked=checked)
    site.book.page(CHAPTER.replace("human", "tex"), "chapter.md")
    html = site(checked=checked)
    assert "human" not in html["chapter"]
    assert "#tex" in html["chapter"]
    assert about(html["entries"], "human")[1:] == ["used on no page yet"]
    assert "Chapter" in about(html["entries"], "tex")[1]

    site.book.page(CHAPTER, "chapter.md")  # back again: what was remembered first is no old page
    html = site(checked=checked)
    assert "#tex" not in html["chapter"]
    assert about(html["entries"], "tex")[1:] == ["used on no page yet"]


def test_a_page_without_an_entry_to_link_to_ends_as_it_is(site):
    (site.book.root / "docs/api/entries.md").unlink()
    html = site()
    site.book.page(ENTRIES, "api/entries.md")
    assert "Library used here" not in html["chapter"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("```python\nfrom scaling_core import human, tex as t\n```\n", {"human", "tex"}),
        ("```python\nfrom scaling_core.units import (\n    human,\n)\n```\n", {"human"}),
        ("```python\ndef f():\n    from scaling_core import human\n```\n", {"human"}),
        ("```python\nimport scaling_core\nscaling_core.human(1)\n```\n", {"human"}),
        ("```pycon\n>>> from scaling_core import human\n>>> 1\n1\n```\n", {"human"}),
        ('```python run="no"\n# slow\nfrom scaling_core import human\n```\n', {"human"}),
        ("```python\nfrom scaling_core import x\n```\n\n```python\nx = = 1\n```\n", {"x"}),
        ("```pycon\n>>>no\n```\n\n```python\nfrom scaling_core import x\n```\n", {"x"}),
        ('--8<-- "part.py:part"\n', {"snippet"}),
        ("```python\nfrom scaling_core.book.show import human\n```\n", set()),
        ("```python\nfrom scaling_core.lab import human\n```\n", set()),
        ("```python\nfrom scaling_core.labels import human\n```\n", {"human"}),
        ("```python\nfrom scaling_core_two import human\nfrom . import x\n```\n", set()),
        ("```text\nfrom scaling_core import human\n```\n", set()),
        ("`from scaling_core import human`\n", set()),
    ],
)
def test_what_counts_as_imported(text, names, tmp_path):
    (tmp_path / "part.py").write_text(
        "# --8<-- [start:part]\nfrom scaling_core import snippet\n# --8<-- [end:part]\n"
    )
    if text.startswith("--8<--"):
        text = f"```python\n{text}```\n"
    assert names_imported(scan_text(text, "docs/a.md", tmp_path)) == names
