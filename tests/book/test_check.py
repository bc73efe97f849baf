"""Text against code: what differs is told with its line, and `--update` writes just that."""

import pytest

from scaling_core.book import __main__ as command
from scaling_core.book.check import check_book, pages_of, same, update

from .conftest import Book

SETUP = "```python\nfrom math import pi, e\nfrom scaling_core import tex, usd\n```\n"
ALT = "One straight line that rises from the lower left to the upper right"


def printing(code, said):
    return f"{SETUP}\n```python\n{code}\n```\n\n```output\n{said}\n```\n"


def rendered(code):
    return f'{SETUP}\n```python render="markdown"\n{code}\n```\n'


def console(text):
    return f"{SETUP}\n```pycon\n{text}```\n"


TOLD = {
    # name of the page: (its text, what the press must say about it)
    "output": (printing("print(round(pi, 2))", "3.15"), "docs/output.md:10: the text and the code"),
    "no-output": (
        f"{SETUP}\n```python\nprint(round(pi, 2))\n```\n",
        "docs/no-output.md:8: the text",
    ),
    "output-elsewhere": (
        f"{SETUP}\n```python\nprint(round(pi, 2))\n```\n\nIt prints:\n\n```output\n3.14\n```\n",
        "docs/output-elsewhere.md:12: this output block follows no python block",
    ),
    "prints-nothing": (printing("x = pi", "3.14"), "docs/prints-nothing.md:10: the text and the"),
    "empty-output": (
        printing("x = pi", ""),
        "docs/empty-output.md:10: the text and the code differ",
    ),
    "output-first": ("```output\n1\n```\n", "docs/output-first.md:1: this output block follows no"),
    "output-after-console": (
        console(">>> pi > 3\nTrue\n") + "\n```output\nTrue\n```\n",
        "docs/output-after-console.md:11: this output block follows no python block",
    ),
    "value": (f"{SETUP}\nabout [3.15]{{= f'{{pi:.2f}}' }}\n", "docs/value.md:6: the text and the"),
    "value-in-table": (
        f"{SETUP}\n| a |\n| - |\n| [4]{{= pi }} |\n",
        "value-in-table.md:8: the text",
    ),
    "value-in-heading": (
        f"{SETUP}\n## About [4]{{= pi }}\n",
        "docs/value-in-heading.md:6: the text",
    ),
    "float": (f"{SETUP}\n[3.142]{{= pi }} [True]{{= pi > 3 }} [3]{{= int(pi * 1.01) }}\n", ""),
    "numpy": (
        "```python\nimport numpy as np\nfrom math import pi\n```\n[3.142]{= np.float64(pi) } "
        "[3]{= np.array([pi * 1.01]).astype(int) } [a]{= np.str_(chr(97)) }\n",
        "",
    ),
    "white-space": (printing("print(' 1  2 ', pi > 3)\nprint('a')", "1 2\nTrue   a"), ""),
    "long": (
        printing("print(pi)", "3.141592653589793"),
        "docs/long.md:6: 3.141592653589793: print at most 4 significant digits",
    ),
    "long-value": (
        f"{SETUP}\n[3.141592653589793]{{= str(pi + 0) }}\n",
        "docs/long-value.md:6: 3.141592653589793: print at most 4 significant digits",
    ),
    "long-console": (console(">>> pi\n3.141592653589793\n"), ""),
    "fence": (
        printing("print(chr(96) * 3)", "."),
        "docs/fence.md:6: the block prints a fence, which ends an output block",
    ),
    "bar": (
        f"{SETUP}\n| a |\n| - |\n| [4]{{= 'a' + chr(124) }} |\n",
        "docs/bar.md:8: the code gives 'a|', which cannot stand in a checked value here",
    ),
    "line": (f"{SETUP}\n[4]{{= chr(65) + chr(10) }}\n", "docs/line.md:6: the code gives 'A\\n'"),
    "bracket": (f"{SETUP}\n[4]{{= chr(91) }}\n", "docs/bracket.md:6: the code gives '['"),
    "quote": (
        SETUP + f'\n```python alt="{ALT}" caption="[4]{{= chr(34) }}" id="fig-a"\n'
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n```\n",
        "docs/quote.md:6: the code gives '\"', which cannot stand in a checked value here",
    ),
    "console": (
        console(">>> pi > 3\nTrue\n>>> round(pi, 2)\n3.15\n"),
        "docs/console.md:9: the text",
    ),
    "console-silent": (console(">>> round(pi, 2)\n"), "docs/console-silent.md:7: the text and the"),
    "console-says": (
        console(">>> x = pi\n3.14\n"),
        "docs/console-says.md:7: the text and the code",
    ),
    "console-error": (
        console(
            ">>> [].pop()\nTraceback (most recent call last):\nIndexError: pop from full list\n"
        ),
        "docs/console-error.md:7: the text and the code differ",
    ),
    "console-no-error": (
        console(
            ">>> pi / 2\nTraceback (most recent call last):\nIndexError: pop from empty list\n"
        ),
        "docs/console-no-error.md:7: the text and the code differ",
    ),
    "console-other-error": (
        console(">>> pi.a\nTraceback (most recent call last):\nValueError: a\n"),
        "docs/console-other-error.md:7: the text and the code differ",
    ),
    "console-blank": (console(">>> print('a', pi > 3, sep='\\n\\n')\na\n<BLANKLINE>\nTrue\n"), ""),
    "console-right-error": (
        console(
            ">>> [].pop()\nTraceback (most recent call last):\n  ...\n"
            "IndexError: pop from empty list\n"
        ),
        "",
    ),
    "console-broken": (
        console(">>> pi\n>> 3\n"),
        "docs/console-broken.md:7: the text and the code",
    ),
    "console-indent": (
        console(">>> if pi:\n... x = 1\n"),
        "docs/console-indent.md:8: IndentationError: expected an indented block",
    ),
    "console-prompt": (
        console(">>> pi > 3\nTrue\n>>>pi\n"),
        "docs/console-prompt.md:9: this console lacks blank after >>>: '>>>pi'",
    ),
    "console-spaces": (
        console(">>> x = 1\n  >>> pi\n 3\n"),
        "docs/console-spaces.md:9: this console has inconsistent leading whitespace",
    ),
    "console-empty": (console("pi\n"), "docs/console-empty.md:6: no line of this console begins"),
    "raises": (
        f'{SETUP}\n```python raises="IndexError"\nprint(pi > 3)\n[].pop()\n```\n\n'
        "```output\nTrue\nIndexError: pop from full list\n```\n",
        "docs/raises.md:11: the text and the code differ",
    ),
    "raises-right": (
        f'{SETUP}\n```python raises="LookupError"\nprint(pi > 3)\n[].pop()\n```\n\n'
        "```output\nTrue\nIndexError: pop from empty list\n```\n",
        "",
    ),
    "not-run": ('```python run="no"\n# needs a GPU\nprint(undefined)\n```\n', ""),
    "formula": (
        "# A\n\nso $\\fracc{a}{b}$ is\n",
        "docs/formula.md:3: LaTeX formula $\\fracc{a}{b}$: ",
    ),
    "display": ("# A\n\n$$\n\\frac{a}{b\n$$\n", "docs/display.md:3: LaTeX formula $\\frac{a}{b$: "),
    "empty-formula": ("$$\n$$\n", "docs/empty-formula.md:1: LaTeX formula is empty"),
    "citation": (
        "# A\n\nas [@nobody1900]\n",
        "docs/citation.md:3: citation 'nobody1900' is not in",
    ),
    "two-citations": ("[@kaplan2020scaling; @nobody1900]\n", "1: citation 'nobody1900' is not in"),
    "rendered": (rendered("print(f'| a |\\n| - |\\n| {pi:.2f} $N$ [@kaplan2020scaling] |')"), ""),
    "rendered-nothing": (
        rendered("x = pi"),
        "docs/rendered-nothing.md:6: the block prints nothing",
    ),
    "rendered-formula": (
        rendered("print('$\\\\fracc{a}$')"),
        "rendered-formula.md:6: LaTeX formula",
    ),
    "rendered-citation": (rendered("print('[@nobody1900]')"), "6: citation 'nobody1900' is not in"),
    "rendered-value": (rendered("print('[a]{' + '= pi }')"), "6: printed Markdown must not hold a"),
    "rendered-fence": (rendered("print(chr(96) * 3)"), "6: the block prints a fence"),
    "rendered-twice": (
        rendered("print(pi > 3)") + "\n```output\nTrue\n```\n",
        "docs/rendered-twice.md:10: what the block prints is shown already: no output",
    ),
    "all-works": ("# A\n\n[@*]\n", ""),
    "all-works-in-a-line": ("# A\n\nsee [@*]\n", "docs/all-works-in-a-line.md:3: citation '*' is"),
    "literal": (f"{SETUP}\n[28.9B]{{= 28.9e9 }}\n", "docs/literal.md:6: '28.9e9' is a literal"),
    "unreadable": ("# A\n\n```python\nx = 1\n", "docs/unreadable.md:3: this block is never closed"),
}


@pytest.fixture(scope="module")
def told(check_all):
    return check_all({name: text for name, (text, _) in TOLD.items()})


@pytest.mark.parametrize("name", TOLD)
def test_told_with_file_and_line(name, told):
    message = TOLD[name][1]
    assert (message in told[name]) if message else (told[name] == "")


def test_a_difference_shows_both_sides_and_the_command_that_accepts_it(told):
    assert told["output"].splitlines() == [
        "docs/output.md:10: the text and the code differ",
        "    the page says: 3.15",
        "    the code says: 3.14",
        "    to accept it:  python -m scaling_core.book --update docs/output.md",
    ]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [("a  b\n", "a b", True), ("", "\n", True), ("ab", "a b", False), ("1.0", "1", False)],
)
def test_same_forgives_white_space_only(one, other, equal):
    assert same(one, other) is equal


# --- Update -------------------------------------------------------------------------------------

FIGURE = (
    f'{SETUP}\n```python alt="{ALT} {{}}" caption="Up to {{}}." id="fig-a"\n'
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n```\n"
)
UPDATED = {
    # name of the page: (before, after)
    "output": (printing("print(round(pi, 2))", "x"), printing("print(round(pi, 2))", "3.14")),
    "longer": (
        printing("print('a', pi > 3, sep='\\n')", "x") + "\n[4]{= pi }\n",
        printing("print('a', pi > 3, sep='\\n')", "a\nTrue") + "\n[3.142]{= pi }\n",
    ),
    "shorter": (
        printing("print('a', pi > 3)", "x\ny\nz") + "\n[4]{= pi }\n",
        printing("print('a', pi > 3)", "a True") + "\n[3.142]{= pi }\n",
    ),
    "missing": (
        f"{SETUP}\n```python\nprint(pi > 3)\n```\nText [4]{{= pi }}\n",
        f"{SETUP}\n```python\nprint(pi > 3)\n```\n\n```output\nTrue\n```\nText [3.142]{{= pi }}\n",
    ),
    "missing-at-the-end": (
        f"{SETUP}\n~~~python\nprint(pi > 3)\n~~~",
        f"{SETUP}\n~~~python\nprint(pi > 3)\n~~~\n\n```output\nTrue\n```",
    ),
    "needless": (
        printing("x = pi", "3.14") + "\nText\n",
        f"{SETUP}\n```python\nx = pi\n```\n\nText\n",
    ),
    "several-in-a-line": (
        f"{SETUP}\n[1]{{= pi }}, [22222]{{= e }} and [3.142]{{= pi }}; [4]{{= tex(pi) }}\n",
        f"{SETUP}\n[3.142]{{= pi }}, [2.718]{{= e }} and [3.142]{{= pi }}; "
        "[$3.14$]{= tex(pi) }\n",
    ),
    "empty": (f"{SETUP}\n[]{{= pi }}[]{{=e}}\n", f"{SETUP}\n[3.142]{{= pi }}[2.718]{{=e}}\n"),
    "escapes": (
        f"{SETUP}\n[x]{{= usd(pi) }} [x]{{= tex(pi * 1e9) }}\n",
        f"{SETUP}\n[\\$3.14]{{= usd(pi) }} [$3.14 \\times 10^{{9}}$]{{= tex(pi * 1e9) }}\n",
    ),
    "table": (
        f"{SETUP}\n| a | b |\n| - | - |\n| [1]{{= pi }} | x [2]{{= e }} |\n",
        f"{SETUP}\n| a | b |\n| - | - |\n| [3.142]{{= pi }} | x [2.718]{{= e }} |\n",
    ),
    "figure": (
        FIGURE.format("[1]{= pi }", "[2]{= e }"),
        FIGURE.format("[3.142]{= pi }", "[2.718]{= e }"),
    ),
    "console": (
        console(
            ">>> pi > 3\nFalse\nTrue\n>>> x = pi\n7\n>>> for i in 'ab':\n...     print(i)\nb\n"
            ">>> round(pi)\n\n>>> print('a', pi > 3, sep='\\n\\n')\n>>> round(e)\n3\n"
        ),
        console(
            ">>> pi > 3\nTrue\n>>> x = pi\n>>> for i in 'ab':\n...     print(i)\na\nb\n"
            ">>> round(pi)\n3\n\n>>> print('a', pi > 3, sep='\\n\\n')\na\n<BLANKLINE>\nTrue\n"
            ">>> round(e)\n3\n"
        ),
    ),
    "console-error": (
        console(
            ">>> [].pop()\nTraceback (most recent call last):\n  ...\nValueError: x\n>>> pi > 3\n"
        ),
        console(
            ">>> [].pop()\nTraceback (most recent call last):\nIndexError: pop from empty list\n"
            ">>> pi > 3\nTrue\n"
        ),
    ),
    "raises": (
        f'{SETUP}\n```python raises="IndexError"\n[].pop()\n```\n',
        f'{SETUP}\n```python raises="IndexError"\n[].pop()\n```\n\n'
        "```output\nIndexError: pop from empty list\n```\n",
    ),
    "front-matter": (
        f"---\ntitle: A\n---\n\n{SETUP}\n[4]{{= pi }}\n",
        f"---\ntitle: A\n---\n\n{SETUP}\n[3.142]{{= pi }}\n",
    ),
    "after-a-snippet": (
        f'{SETUP}\n```python\n--8<-- "three.py"\nprint(a + c)\n```\n\n[4]{{= pi }}\n',
        f'{SETUP}\n```python\n--8<-- "three.py"\nprint(a + c)\n```\n\n```output\n4\n```\n\n'
        "[3.142]{= pi }\n",
    ),
    "right-already": (f"{SETUP}\n[3.142]{{= pi  }}  \n", f"{SETUP}\n[3.142]{{= pi  }}  \n"),
    "broken-later": (
        f"{SETUP}\n[4]{{= pi }}\n\n```python\n1 / 0\n```\n\n[4]{{= e }}\n",
        f"{SETUP}\n[3.142]{{= pi }}\n\n```python\n1 / 0\n```\n\n[4]{{= e }}\n",
    ),
    "unreadable": (
        f"{SETUP}\n[4]{{= pi }}\n\n```python\nx = 1\n",
        f"{SETUP}\n[4]{{= pi }}\n\n```python\nx = 1\n",
    ),
    "literal": (f"{SETUP}\n[4]{{= pi }} [4]{{= 3 }}\n", f"{SETUP}\n[4]{{= pi }} [4]{{= 3 }}\n"),
}


@pytest.fixture(scope="module")
def updated(tmp_path_factory):
    """All pages written up to date; the same pages with Windows' line endings beside them."""
    book = Book(tmp_path_factory.mktemp("book"))
    book.snippet("three.py", "a = 1\nb = 2\nc = 3\n")
    for name, (before, _) in UPDATED.items():
        book.page(before, f"{name}.md")
        path = book.page("", f"crlf/{name}.md")
        path.write_bytes(("\ufeff" + before).replace("\n", "\r\n").encode())
    changed = update(book.check(), book.root)
    return book, changed


@pytest.mark.parametrize("name", UPDATED)
def test_update_writes_what_the_code_says_and_nothing_else(name, updated):
    book, changed = updated
    before, after = UPDATED[name]
    assert (book.root / "docs" / f"{name}.md").read_bytes().decode() == after
    assert (f"docs/{name}.md" in changed) is (before != after)


@pytest.mark.parametrize("name", UPDATED)
def test_update_keeps_line_endings(name, updated):
    book, _ = updated
    after = UPDATED[name][1]
    text = (book.root / "docs" / "crlf" / f"{name}.md").read_bytes().decode("utf-8-sig")
    assert text == after.replace("\n", "\r\n")


def test_a_second_update_changes_nothing(updated):
    book, _ = updated
    files = {path: path.read_bytes() for path in pages_of(book.root)}
    report = book.check()
    assert report.differences == []
    assert {p.file.split("/")[-1] for p in report.problems} == {
        "broken-later.md",
        "literal.md",
        "unreadable.md",
    }
    assert update(report, book.root) == []
    assert {path: path.read_bytes() for path in pages_of(book.root)} == files


def test_a_page_that_was_saved_meanwhile_is_left_alone(book):
    path = book.page(f"{SETUP}\n[4]{{= pi }}\n")
    report = book.check()
    path.write_text("New first line.\n" + path.read_text())
    now = path.read_bytes()
    assert update(report, book.root) == []
    assert path.read_bytes() == now


# --- The command --------------------------------------------------------------------------------


def test_the_command_ends_with_one_until_the_page_is_updated(book, monkeypatch, capsys):
    path = book.page(f"{SETUP}\n[4]{{= pi }}\n")
    monkeypatch.chdir(book.root)
    assert command.main([]) == 1
    assert "docs/page.md:6: the text and the code differ" in capsys.readouterr().out
    assert command.main(["--update", "docs/page.md"]) == 0
    assert "docs/page.md: updated; read `git diff docs/page.md`" in capsys.readouterr().out
    assert "[3.142]{= pi }" in path.read_text()
    assert command.main([]) == 0
    assert "1 pages, 2 blocks and values checked, 1 pages from the cache" in capsys.readouterr().out


def test_the_command_refuses_wrong_places(book, monkeypatch, capsys, tmp_path_factory):
    monkeypatch.chdir(book.root)
    with pytest.raises(SystemExit, match="2"):
        command.main(["docs/none.md"])
    assert "there is no page" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    with pytest.raises(SystemExit, match="2"):
        command.main([])
    assert "run this in the top folder of the book" in capsys.readouterr().err


def test_a_page_under_another_ending_is_refused_because_nobody_would_run_it(book):
    book.page("[29.4B]{= x }\n", "a/other.markdown")
    assert str(book.check()).startswith("docs/a/other.markdown:1: name a page .md, else it is not")


def test_a_page_by_its_path_is_checked_alone(book):
    book.page("```python\n1 / 0\n```\n", "bad.md")
    good = book.page("# A\n", "good.md")
    assert check_book(book.root, [good]).clean
