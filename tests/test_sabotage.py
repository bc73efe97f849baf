"""The checks must bite: each way of breaking a small book turns the command or the build red.

The book of tests/fixture_book is copied with the library, broken at one place, and run by the very
commands that `make site` and CI use. Run green first: a check that is red always proves nothing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scaling_core.book import __main__ as command

TESTS = Path(__file__).resolve().parent
LIBRARY = TESTS.parent / "scaling_core"


class SmallBook:
    """A copy of the small book, with a copy of the library beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} must stand once in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, *arguments: str) -> tuple[int, str]:
        environment = os.environ | {"PYTHONPATH": str(self.root), "NO_MKDOCS_2_WARNING": "1"}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout + done.stderr

    def check(self) -> tuple[int, str]:
        return self.run("-m", "scaling_core.book")

    def build(self) -> tuple[int, str]:
        return self.run("-m", "mkdocs", "build", "--strict")

    def look(self) -> tuple[int, str]:
        return self.run(str(TESTS / "site" / "checks.py"), "site")


@pytest.fixture(scope="module")
def green(tmp_path_factory):
    """The untouched book after one run of everything, and what the three commands said."""
    root = tmp_path_factory.mktemp("green") / "book"
    shutil.copytree(TESTS / "fixture_book", root)
    unneeded = shutil.ignore_patterns("__pycache__")
    shutil.copytree(LIBRARY, root / "scaling_core", ignore=unneeded)
    book = SmallBook(root)
    return book, [book.check(), book.build(), book.look()]


@pytest.fixture
def small(green, tmp_path):
    root = tmp_path / "book"
    shutil.copytree(green[0].root, root, ignore=shutil.ignore_patterns("site"))
    return SmallBook(root)


def test_the_untouched_book_is_green(green):
    _, commands = green
    assert [status for status, _ in commands] == [0, 0, 0], commands
    said = commands[0][1]
    assert said.count("ran docs/") == 3, said
    assert "3 pages, 14 blocks and values checked, 0 pages from the cache" in said


def test_notebooks_stand_beside_the_pages_and_know_their_address(green):
    for folder in ("", "loss/", "practice/split/"):
        text = (green[0].root / "site" / folder / "notebook.ipynb").read_text(encoding="utf-8")
        assert f"](https://example.org/small/{folder})" in text


# --- Text: the command that checks the book, called in this process -----------------------------

INDEX, LOSS, PROBLEM = "docs/index.md", "docs/loss.md", "docs/practice/split.md"
TEXT = [
    # (what is broken, file, old, new, what the command must say)
    ("an output", INDEX, "29.4B 566B", "29.4B 567B", f"{INDEX}:19: the text and the code differ"),
    ("a value in prose", INDEX, "[29.4B]{=", "[29.5B]{=", f"{INDEX}:9: the text and the code diff"),
    ("a value in a table", INDEX, "[$3.12", "[$3.13", f"{INDEX}:38: the text and the code differ"),
    (
        "a value in a caption",
        LOSS,
        "[2.0]{=",
        "[2.1]{=",
        f"{LOSS}:11: the text and the code differ",
    ),
    ("a value in alt text", LOSS, "[2.7]{=", "[2.8]{=", f"{LOSS}:11: the text and the code differ"),
    ("a value of a problem", PROBLEM, "[28.9B]", "[29B]", f"{PROBLEM}:27: the text and the code"),
    ("an example", INDEX, "19.2", "19.3", f"{INDEX}:24: the text and the code differ"),
    ("a removed output", LOSS, "```output\n0.170 nats\n```\n", "", f"{LOSS}:21: the text and the"),
    (
        "a value that is only a literal",
        *(INDEX, "{= human(best.N) }", "{= human(29.4e9) }"),
        f"{INDEX}:9: 'human(29.4e9)' is a literal",
    ),
    (
        "a printed literal",
        *(INDEX, "print(human(best.N), human(best.D))", 'print("29.4B", "566B")'),
        f"{INDEX}:16: '29.4B' prints a literal",
    ),
    (
        "a printed name of a literal",
        *(INDEX, "print(human(best.N), human(best.D))", 'x = "29.4B 566B"\nprint(x)'),
        f"{INDEX}:17: print(x) prints a literal",
    ),
    (
        "a removed alt",
        LOSS,
        ' alt="Loss',
        ' title="Loss',
        f"{LOSS}:11: a figure needs alt, caption",
    ),
    ("a block that fails", INDEX, "optimum(C)", "optimun(C)", f"{INDEX}:15: AttributeError: "),
    ("a block that cannot be read", INDEX, "C = 1e23", "C = = 1e23", f"{INDEX}:14: SyntaxError: "),
    (
        "an indented block",
        LOSS,
        "```python\ngain",
        " ```python\ngain",
        f"{LOSS}:18: a python block",
    ),
    (
        "a misspelt block",
        LOSS,
        "```python\ngain",
        "```py\ngain",
        f"{LOSS}:18: no block is called 'p",
    ),
    ("an open block", LOSS, "\n```\n///", "\n///", f"{LOSS}:23: this block is never closed"),
    (
        "a wrong error",
        LOSS,
        'raises="ValueError"',
        'raises="TypeError"',
        f"{LOSS}:30: the block says",
    ),
    ("a formula", INDEX, "A N^{-\\alpha}", "A N^{-\\alpha", f"{INDEX}:30: LaTeX formula "),
    (
        "a citation",
        INDEX,
        "[@besiroglu2024",
        "[@besiroglu2023",
        f"{INDEX}:9: citation 'besiroglu20",
    ),
    (
        "a snippet",
        LOSS,
        "curve.py:figure",
        "curve.py:drawing",
        f"{LOSS}:12: snippet curve.py: sectio",
    ),
    ("front matter", LOSS, "title: The loss", "title: [The loss", f"{LOSS}:"),
    ("a second id", LOSS, "{#fall}", "{#fig-curve}", f"{LOSS}:11: id 'fig-curve' stands on this"),
    ("a long number", LOSS, "{gain:.3f}", "{gain:.9f}", f"{LOSS}:18: 0.170"),
    (
        "colour",
        "snippets/curve.py",
        'label="B',
        'color="red", label="B',
        f"{LOSS}:11: ValueError: the fig",
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"), [t[1:] for t in TEXT], ids=[t[0] for t in TEXT]
)
def test_broken_text_or_code_is_told_with_its_place(
    file, old, new, message, small, monkeypatch, capsys
):
    small.edit(file, old, new)
    monkeypatch.chdir(small.root)
    assert command.main([]) == 1
    said = capsys.readouterr().out
    assert message in said


def test_the_book_is_green_in_this_process_too(small, monkeypatch, capsys):
    monkeypatch.chdir(small.root)
    assert command.main([]) == 0
    assert "3 pages from the cache" in capsys.readouterr().out


# --- Library, snippets and data: the cache must notice ------------------------------------------

BELOW = [
    # (what is changed under a warm cache, file, old, new, what the command must say)
    (
        "a constant of the library",
        *("scaling_core/published.py", "B=2085.43,", "B=2185.43,"),
        f"{INDEX}:9: the text and the code differ",
    ),
    (
        "a formula of the library",
        *(
            "scaling_core/units.py",
            '_SUFFIXES = ("", "K", "M", "B"',
            '_SUFFIXES = ("", "K", "M", "G"',
        ),
        f"{PROBLEM}:27: the text and the code differ",
    ),
    (
        "a row of data",
        *("scaling_core/data/hardware.csv", "NVIDIA A100 SXM,312e12", "NVIDIA A100 SXM,313e12"),
        f"{INDEX}:38: the text and the code differ",
    ),
    (
        "a snippet",
        "snippets/curve.py",
        "(N, 1e12)",
        "(N, 1e11)",
        f"{LOSS}:11: the text and the code",
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"), [b[1:] for b in BELOW], ids=[b[0] for b in BELOW]
)
def test_a_change_below_the_pages_is_noticed_in_spite_of_the_cache(file, old, new, message, small):
    small.edit(file, old, new)
    status, said = small.check()
    assert status == 1
    assert message in said
    assert "0 pages from the cache" in said


def test_edits_run_only_what_they_can_change(small):
    small.edit(INDEX, "The law behind it is", "Behind it stands")
    small.edit(PROBLEM, "C / 120", "C / 6 / 20")
    status, said = small.check()
    assert (status, said.count("ran docs/")) == (0, 1), said
    assert f"ran {PROBLEM}" in said


# --- The build and the built site ---------------------------------------------------------------

FOREIGN = "https://example.com/a"
BUILD = [
    ("a foreign picture", INDEX, "The law", f'<img alt="a" src="{FOREIGN}"> The law', FOREIGN),
    ("a foreign script", INDEX, "The law", f'<script src="{FOREIGN}"></script> The law', FOREIGN),
    (
        "a difference",
        INDEX,
        "29.4B 566B",
        "29.4B 567B",
        f"{INDEX}:19: the text and the code differ",
    ),
    (
        "a broken link",
        INDEX,
        "loss.md#fall",
        "lost.md",
        "contains a link 'lost.md', but the target",
    ),
    (
        "a broken anchor",
        INDEX,
        "loss.md#fall",
        "loss.md#rise",
        "does not contain an anchor '#rise'",
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"), [b[1:] for b in BUILD], ids=[b[0] for b in BUILD]
)
def test_the_strict_build_is_red(file, old, new, message, small):
    small.edit(file, old, new)
    status, said = small.build()
    assert status == 1
    assert message in said


RAW = {
    # raw HTML that MkDocs passes on -> complaint about the built page
    '<a href="los/#fall">a</a>': "los/#fall leads nowhere",
    '<a href="loss/#rise">a</a>': "loss/#rise: no id 'rise' there",
    '<img src="notebook.ipynb">': "<img> has no name",
    '<b id="top">a</b>': "id 'top' stands twice",
    '<b title="a">about [1]&#123;= x }</b>': "left over: '{= x }'",
}


def test_the_look_at_the_built_site_is_red(small):
    small.edit(INDEX, "The law behind it is", "\n\n".join(f"A {html}" for html in RAW))
    status, said = small.build()
    assert status == 0, said
    status, said = small.look()
    assert status == 1
    found = said.splitlines()
    for complaint in RAW.values():
        assert sum(complaint in line and line.startswith("index.html:") for line in found) == 1, (
            said
        )
    assert len(found) == len(RAW), said
