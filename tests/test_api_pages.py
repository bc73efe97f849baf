"""The library's pages hold every public name once, whole, and as the code has it now."""

import functools
import html
import inspect
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from lxml import html as lxml_html
from markdown import Markdown
from mkdocs.config import load_config

import scaling_core
from scaling_core import all_constants
from scaling_core.book import page as writer
from scaling_core.book.api import ENTRY, links_of
from scaling_core.book.check import check_book
from scaling_core.book.source import body_of
from snippets import api

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs/reference/api"
MEMBERS = (property, functools.cached_property, classmethod, staticmethod)


@pytest.fixture(scope="module")
def book():
    """All pages of the book as they ran; that the other pages are right is told elsewhere."""
    report = check_book(ROOT)
    wrong = [str(p) for p in report.problems if p.file.startswith(("docs/reference/api", "snip"))]
    assert not wrong, "\n".join(wrong)
    return report


@pytest.fixture(scope="module")
def printed(book):
    """What the pages of the library print, by file name, as the press ran them."""
    return {
        Path(run.page.file).stem: "\n".join(record.get("out", "") for record in run.records)
        for run in book.runs
        if run.page.file.startswith("docs/reference/api/")
    }


@pytest.fixture(scope="module")
def entries(printed):
    """Each name's entry, from its heading to the next name."""
    found = {}
    for stem in api.PAGES:
        parts = re.split(r"^## `(\w+)` \{#\1\}$", printed[stem], flags=re.MULTILINE)[1:]
        found |= dict(zip(parts[::2], parts[1::2], strict=True))
    return found


@pytest.fixture(scope="module")
def built(book):
    """The pages of the library as HTML, converted with the settings of the site."""
    config = load_config(str(ROOT / "mkdocs.yml"))
    settings = {"extensions": config["markdown_extensions"]}
    writer.remember(book.runs, book.problems)
    return {
        path.stem: Markdown(**settings, extension_configs=config["mdx_configs"]).convert(
            body_of(path.read_text("utf-8"))
        )
        for path in FOLDER.glob("*.md")
    }


@pytest.fixture(scope="module")
def sections(built):
    """What stands under each heading, by its id, as HTML."""
    found = {}
    for stem in api.PAGES:
        parts = re.split(r'<h[23] id="([\w.-]+)">.*?</h[23]>', built[stem])[1:]
        found |= dict(zip(parts[::2], parts[1::2], strict=True))
    return found


def read(markup):
    """What a reader sees of HTML, without white space and backticks."""
    return "".join(lxml_html.fromstring(markup).text_content().replace("`", "").split())


def described():
    """Every public class and function with its public members, as (name, member, owner)."""
    for name in scaling_core.__all__:
        value = getattr(scaling_core, name)
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        yield name, value, None
        for key in dir(value) if inspect.isclass(value) else ():
            member = inspect.getattr_static(value, key)
            ours = isinstance(member, MEMBERS) or inspect.isfunction(member)
            if ours and not key.startswith("_"):
                yield f"{name}.{key}", member, value


DESCRIBED = list(described())


# --- Nothing is missing, nothing stands twice ---------------------------------------------------


def test_every_public_name_has_one_entry_on_one_page(printed):
    found = Counter(re.findall(r"^## `(\w+)` \{#", "\n".join(printed.values()), re.MULTILINE))
    assert found == Counter(scaling_core.__all__)


def test_the_first_page_leads_to_every_entry(printed):
    links = re.findall(
        r"^(?:- )?\[`(\w+)`\]\((\w+)\.md#(\w+)\)|, \[`(\w+)`\]", printed["index"], re.M
    )
    assert {first or other for first, _, _, other in links} == set(scaling_core.__all__)
    for name, stem, anchor in re.findall(r"\[`(\w+)`\]\((\w+)\.md#(\w+)\)", printed["index"]):
        assert f"## `{name}` {{#{anchor}}}" in printed[stem]


def test_every_page_of_the_library_is_there_and_in_the_navigation():
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
    navigation = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), Loader)["nav"]
    shown = re.findall(r"reference/api/([\w-]+)\.md", str(navigation))
    assert sorted(shown) == sorted(path.stem for path in FOLDER.glob("*.md"))
    assert sorted(shown) == sorted(["index", *api.PAGES])
    for stem in api.PAGES:
        text = (FOLDER / f"{stem}.md").read_text("utf-8")
        assert f'api.page("{stem}")' in text


def test_no_module_has_two_pages():
    taken = [module for _, modules in api.PAGES.values() for module in modules]
    assert len(taken) == len(set(taken))


def test_a_module_that_no_page_takes_is_an_error_that_names_it(monkeypatch):
    less = {stem: (title, []) for stem, (title, _) in api.PAGES.items()} | {
        "laws": ("Laws", [m for _, taken in api.PAGES.values() for m in taken if m != "chinchilla"])
    }
    monkeypatch.setattr(api, "PAGES", less)
    monkeypatch.setattr(api, "pages", api.pages.__wrapped__)
    with pytest.raises(KeyError, match=r"names of scaling_core/chinchilla\.py: add to PAGES in"):
        list(api.page("constants"))


def test_a_new_name_of_a_known_module_is_on_a_page_at_once(monkeypatch):
    monkeypatch.setattr(scaling_core, "__all__", [*scaling_core.__all__, "check_count"])
    source = inspect.getsource(scaling_core) + "\nfrom scaling_core._check import check_count\n"
    monkeypatch.setattr(inspect, "getsource", lambda _: source)
    monkeypatch.setattr(scaling_core, "check_count", check_count, raising=False)
    for name in ("modules", "pages"):
        monkeypatch.setattr(api, name, getattr(api, name).__wrapped__)
    assert "## `check_count` {#check_count}" in list(api.page("fits"))


def check_count():
    """Stand in for a function that becomes public."""


# --- Each entry is whole ------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "member", "owner"), DESCRIBED, ids=[d[0] for d in DESCRIBED])
def test_an_entry_has_the_whole_docstring_and_the_whole_signature(name, member, owner, sections):
    whole, _, key = name.partition(".")
    if owner:
        base = next(base for base in owner.__mro__ if key in vars(base))
        if base is not owner and base.__name__ in scaling_core.__all__:
            assert f'#{base.__name__}.{key}"><code>{key}</code></a>' in sections[whole]
            return
    section = sections[name]
    # between a field's name and its meaning stands a sign that is not shown
    doc = re.sub(r"(?m)^(?!>>>|\.\.\.)(.*?\S) +# ", r"\1  ", inspect.getdoc(member))
    assert "".join(doc.replace("`", "").split()) in read(section)

    form = re.search(r'<p class="signature"[^>]*><code>(.*?)</code></p>', section, re.DOTALL)[1]
    form = html.unescape(form)
    called = getattr(member, "fget", None) or getattr(member, "__func__", member)
    try:
        arguments = inspect.signature(getattr(called, "func", called)).parameters.values()
    except ValueError:  # an exception, with a constructor in C
        arguments = []
    for argument in arguments:
        if argument.name.startswith("_"):
            assert argument.name not in form
        elif argument.name not in ("self", "cls"):
            given = "" if argument.default is argument.empty else f" = {argument.default!r}"
            assert re.search(rf"\b{argument.name}: [^=\n]*{re.escape(given)}[,)\n]", form), form


def test_a_changed_docstring_changes_its_entry(monkeypatch):
    before = list(api.page("registries"))
    monkeypatch.setattr(scaling_core.human, "__doc__", "Something *else*.")
    after = list(api.page("registries"))
    assert set(after) - set(before) == {r"Something \*else\*."}
    assert r": Something \*else\*." in "\n".join(api.index())


def test_private_members_have_no_entry(printed):
    text = "\n".join(printed.values())
    assert re.findall(r"\{#(?:\w+\.)?_", text) == []


def test_examples_mark_what_python_answers(entries):
    example = re.search(r'<div class="highlight example".*?</div>', entries["nats_to_bits"], re.S)[
        0
    ]
    assert '<span class="gp">&gt;&gt;&gt;</span> nats_to_bits(1.69)' in example
    assert '\n<span class="go">2.438</span></code>' in example


def test_columns_of_a_docstring_become_a_list_of_fields():
    parts = list(api.body(Fields))
    assert parts == [
        "What it is.",
        '<dl class="fields"><dt><code>N, D</code></dt><dd>sizes &lt; 1 of <code>x</code>, '
        "told on two lines</dd><dt><code>very_long</code></dt><dd>as wide as it gets</dd>"
        "<dt><code>C</code></dt><dd>FLOP</dd></dl>",
        r"Prose with \*stars\*, a\_b and \$ at <https://example.org/a>; then",
        '<div class="highlight indented" data-search-exclude="">'
        "<pre><code>    y = &#91;x]</code></pre></div>",
        "[`human`](registries.md#human) and `inhuman`.",
    ]


class Fields:
    """What it is.

    N, D      # sizes < 1 of `x`,
              told on two lines
    very_long # as wide as it gets
    C         # FLOP
    Prose with *stars*, a_b and $ at https://example.org/a; then

        y = [x]

    `human` and `inhuman`.
    """


def test_every_constant_has_its_numbers_sources_kind_and_the_way_to_the_ledger(
    entries, sections, book
):
    ledger = next(run for run in book.runs if run.page.file == "docs/reference/sources.md")
    ledger = "\n".join(record.get("out", "") for record in ledger.records)
    rows = list(all_constants())
    for name, field, number, source in rows:
        text = html.unescape(entries[name])
        assert f"<code>{field} = {number:.10g}</code>" in text
        assert f"Grade {source.grade}, {source.kind}." in text
        assert source.kind == "derived" or f"[@{source.source}]" in text
        anchor = re.search(r"\]\(\.\./sources\.md#([\w-]+)\)", text)[1]
        assert f"### `{name}` {{#{anchor}}}" in ledger
    told = {name for name, *_ in rows} | {name for name, _, owner in DESCRIBED if not owner}
    for name in set(scaling_core.__all__) - told:
        value = getattr(scaling_core, name)
        line = re.search(rf"<code>{name} = (.*?)</code>", entries[name])[1]
        assert float(line) == value
        assert len(read(sections[name])) > len(f"{name} = {line}")


# --- Links both ways ----------------------------------------------------------------------------


def test_each_entry_names_the_line_where_its_name_is_defined(printed):
    found = [match for text in printed.values() for match in ENTRY.finditer(text)]
    assert len(found) == len(scaling_core.__all__)
    for match in found:
        name, module, line = match.groups()
        lines = (ROOT / "scaling_core" / f"{module}.py").read_text("utf-8").splitlines()
        assert re.match(rf"(class |def |){name}\b", lines[int(line) - 1].partition(", ")[0]), match[
            0
        ]


def test_what_pages_and_labs_import_has_an_entry_and_is_linked_both_ways(book):
    links = links_of(book.runs, ROOT)
    assert links.entries.keys() == set(scaling_core.__all__)
    labs = {str(p.relative_to(ROOT)): p.read_text("utf-8") for p in ROOT.glob("docs/labs/*.py")}
    texts = labs | {
        run.page.file: "\n".join(line.text for line in run.page.lines) for run in book.runs
    }
    statement = re.compile(r"^(?:>>> )?from scaling_core import (\([^)]*\)|.*)$", re.MULTILINE)
    for file, text in texts.items():
        parts = ",".join(statement.findall(text)).strip("() ")
        names = {re.sub(r" as .*|#.*", "", n).strip("() \n") for n in parts.split(",")} - {""}
        assert names <= links.imports[file], file
        assert names <= links.entries.keys(), file
        line = links.library_used(file)
        assert all(f'#{name}"><code>{name}</code>' in line for name in names), file
    used = Counter(name for names in links.imports.values() for name in names)
    for name in scaling_core.__all__:
        mark = ENTRY.fullmatch(f"<!-- api: {name} units 1 -->")
        assert links.used_on(mark, "").count("<a href=") == used[name], name
    assert used["BESIROGLU_2024"] >= 5


# --- Weight -------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", ["index", *api.PAGES])
def test_a_page_of_the_library_weighs_less_than_150_kb(stem, built):
    headings = len(re.findall(r"<h[23]\b", built[stem]))
    # measured on the built site: the frame of a page, and each heading in two lists of contents
    assert len(built[stem].encode()) + 29_000 + 520 * headings < 150_000
