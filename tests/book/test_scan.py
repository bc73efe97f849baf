"""What the scanner finds on a page, and what it refuses: with file and line, never in silence."""

import pytest

from scaling_core.book.scan import scan, scan_text

ALT = "Loss against parameters: one U-shaped curve with its minimum in the middle"
FIGURE = f'```python alt="{ALT}" caption="A curve." id="fig-a"\nx = 1\n```\n'


def problems(text, tmp_path):
    return [str(problem) for problem in scan_text(text, "docs/page.md", tmp_path).problems]


REFUSED = [
    # (id: why, page, beginning of the message)
    ("an unclosed fence swallows the page", "# A\n\n```python\nx = 1\n", "3: this block is never"),
    ("an unclosed fence on the last line", "# A\n\n```python", "3: this block is never closed"),
    (
        "an unclosed fence must not take the next block's end for its own",
        "```python\nprint(1)\n\n```output\n1\n```\n",
        "1: this block is never closed by a line ```",
    ),
    ("a longer closing fence is none", "```python\nx = 1\n````\n", "1: this block is never closed"),
    ("another closing fence is none", "~~~python\nx = 1\n```\n", "1: this block is never closed"),
    ("two spaces", "  ```python\n  x = 1\n  ```\n", "1: a python block must not be indented"),
    (
        "four spaces",
        "- a\n\n    ```pycon\n    >>> 1\n    ```\n",
        "3: a pycon block must not be ind",
    ),
    ("in a list", "- a\n\n  ```python\n  x = 1\n  ```\n", "3: a python block must not be indented"),
    ("beside a bullet", "- ```python\n  x = 1\n  ```\n", "1: a python block must not be indented"),
    ("in a quotation", "> ```python\n> x = 1\n> ```\n", "1: a python block must not be indented"),
    ("a tab", "a\n\n\t```python\n\tx = 1\n\t```\n", "3: a python block must not be indented"),
    ("indented output", "a\n\n ```output\n 1\n ```\n", "3: a output block must not be indented"),
    (
        "in a comment",
        "<!--\n```python\nx = 1\n```\n-->\n",
        "2: a python block must not be inside HTML or a comment",
    ),
    (
        "in raw HTML",
        "<div>\n```python\nx = 1\n```\n</div>\n",
        "2: a python block must not be inside HTML or a comment",
    ),
    (
        "CommonMark sees no fence if its options hold a backtick",
        '```python title="the `x`"\nx = 1\n```\n',
        "1: a python block must not be given options with a backtick",
    ),
    ("capital letter", "```Python\nx = 1\n```\n", "1: no block is called 'Python': write python"),
    ("short name", "```py\nx = 1\n```\n", "1: no block is called 'py': write python, pycon or"),
    ("version", "```python3\nx = 1\n```\n", "1: no block is called 'python3'"),
    ("pandoc", "```{.python}\nx = 1\n```\n", "1: no block is called '{.python}'"),
    ("no blank", '```python{id="a"}\nx = 1\n```\n', "1: no block is called 'python{id=\"a\"}'"),
    ("plural", "```outputs\n1\n```\n", "1: no block is called 'outputs'"),
    ("console", "```doctest\n>>> 1\n```\n", "1: no block is called 'doctest'"),
    (
        "a name that the site builder cannot read",
        "```a,b\nx\n```\n",
        "1: block options 'a,b': write",
    ),
    ("options that it cannot read", "```text a b\nx\n```\n", "1: block options 'text a b': write"),
    (
        "unknown option",
        '```python tilte="a"\nx = 1\n```\n',
        "1: unknown block option 'tilte' (known",
    ),
    (
        "option twice",
        '```python title="a" title="b"\nx\n```\n',
        "1: block option 'title' is given t",
    ),
    ("option of another block", '```pycon run="no"\n>>> 1\n```\n', "1: unknown block option 'run'"),
    (
        "output takes none",
        '```output title="a"\n1\n```\n',
        "1: unknown block option 'title' (known",
    ),
    ("bare word", "```python continuation\nx = 1\n```\n", "1: block option 'continuation': expect"),
    (
        "single quotes",
        "```python title='a'\nx = 1\n```\n",
        "1: block option \"title='a'\": expected",
    ),
    (
        "no alt",
        FIGURE.replace(f'alt="{ALT}" ', ""),
        "1: a figure needs alt, caption and id: alt is",
    ),
    ("no caption", FIGURE.replace('caption="A curve." ', ""), "1: a figure needs alt, caption and"),
    ("no id", FIGURE.replace(' id="fig-a"', ""), "1: a figure needs alt, caption and id: id is"),
    ("empty alt", FIGURE.replace(ALT, ""), "1: a figure needs alt, caption and id: alt is missing"),
    ("short alt", FIGURE.replace(ALT, "A curve"), "1: alt text has 7 characters, wanted 40 to 500"),
    (
        "a reader of a screen reader knows that it is a figure",
        FIGURE.replace(ALT, f"Figure of {ALT}"),
        "1: alt text says what is seen",
    ),
    ("alt is no caption", FIGURE.replace("A curve.", ALT), "1: alt text and caption are the same"),
    ("capital id", FIGURE.replace("fig-a", "Fig A"), "1: id 'Fig A': use lower-case words"),
    ("id twice", FIGURE + "\n" + FIGURE, "5: id 'fig-a' stands on this page already"),
    (
        "heading and figure share an id",
        "## A {#fig-a}\n\n" + FIGURE,
        "3: id 'fig-a' stands on this page already",
    ),
    (
        "two headings share an id",
        "## A {#a}\n\n## B {: .x #a }\n",
        "3: id 'a' stands on this page already",
    ),
    ("run without a reason", '```python run="no"\nx = 1\n```\n', '1: run="no" needs its reason in'),
    ("run is no switch", '```python run="yes"\nx = 1\n```\n', '1: run="yes": the only choice is'),
    ("raises nothing", '```python raises=""\nx = 1\n```\n', '1: raises="": name one exception'),
    (
        "output that nobody checks",
        '```python run="no"\n# needs a GPU\nprint(1)\n```\n\n```output\n1\n```\n',
        "6: output of a block that does not run is not checked",
    ),
    (
        "a figure that nobody draws",
        FIGURE.replace("x = 1", "# slow").replace('id="fig-a"', 'id="fig-a" run="no"'),
        "1: a figure is drawn at every build",
    ),
    ("admonition that hides fences", '!!! note "A"\n    text\n', "1: write !!! as a /// block"),
    ("details that hide fences", '??? note "A"\n    text\n', "1: write ??? as a /// block"),
    ("tabs that hide fences", '=== "A"\n    text\n', "1: write === as a /// block"),
    ("formula never closed", "a\n\n$$\nx\n\nb\n", "3: this formula is never closed by a line $$"),
    ("formula beside its dollars", "$$ a\n= b $$\n", "1: '$$ a': $$ stands alone on the lines"),
    ("formula over two lines", "so $a\n+ b$ is\n", "1: '$a': a formula $...$ is on one line"),
    ("value over two lines", "so [1]{= f(\n1) }\n", "1: '{= f(': a checked value is written"),
    ("value that is no expression", "[1]{= x = 1 }\n", "1: '{= x = 1 }': a checked value is"),
    ("value without brackets", "about 1 {= x }\n", "1: '{= x }': a checked value is written"),
    ("value with a blank", "[1]{ = x }\n", "1: '{ = x }': a checked value is written"),
    ("empty value", "[1]{= }\n", "1: '{= }': a checked value is written [29.4B]{= expression }"),
    ("citation never closed", "see [@key, Table 3\n", "1: '[@key, Table 3': a citation is"),
    (
        "a bar in a value would end the cell",
        "| a |\n| - |\n| [1]{= x or (a | b) } |\n",
        "3: a checked value in a table must not contain |",
    ),
    (
        "a bar in the text of a value too",
        "| a |\n| - |\n| [1|2]{= x } |\n",
        "3: a checked value in a table must not contain |",
    ),
    (
        "lines are counted with the front matter",
        "---\ntitle: A\n---\n# A\n\n```py\n```\n",
        "6: no block is called 'py'",
    ),
]


@pytest.mark.parametrize(("text", "message"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refused_with_file_and_line(text, message, tmp_path):
    found = problems(text, tmp_path)
    assert any(each.startswith(f"docs/page.md:{message}") for each in found), found


ACCEPTED = [
    ("an example page inside a longer fence", "````markdown\n```python\nx = \n```\n````\n"),
    ("other languages need no options", '```toml title="a"\nx = 1\n```\n\n```\nplain\n```\n'),
    ("marks in code spans are text", "write `[1]{= x }`, `$x$`, ``[@a] ` ``\n"),
    ("marks in comments are hidden", "<!-- [1]{= x = } $x [@a -->\n"),
    ("money is escaped or begins a number", r"it costs \$5m, or US$6m" + "\n"),
    ("dollars in other blocks are no formulas", "```sh\necho $HOME {= [@\n```\n"),
    ("a formula may hold what prose may not", "$$\n\\text{a} {= b} \\$\n$$\n\n$\\{=\\}$\n"),
    ("a reason is enough", '```python run="no"\n# needs a GPU\ntrain()\n```\n'),
    ("a rule is no front matter", "# A\n\n---\n\ntext\n"),
    ("an underline is no tab", "Title\n===\n"),
    ("a fence may stand in a /// block", "/// note\n```python\nx = 1\n```\n///\n"),
    ("tildes are a fence too", "~~~python\nx = 1\n~~~\n"),
]


@pytest.mark.parametrize("text", [a[1] for a in ACCEPTED], ids=[a[0] for a in ACCEPTED])
def test_accepted(text, tmp_path):
    assert problems(text, tmp_path) == []


def test_blocks_have_their_language_options_code_and_place(tmp_path):
    text = '# A\n\n```python title="a"\nx = 1\n\ny = 2\n```\n\n```output\n1\n```\n'
    block, output = scan_text(text, "docs/page.md", tmp_path).blocks
    assert (block.language, block.options, block.code) == (
        "python",
        {"title": "a"},
        "x = 1\n\ny = 2",
    )
    assert (block.first, block.last) == (2, 6)
    assert (output.language, output.code, output.first, output.last) == ("output", "1", 8, 10)


def test_an_output_block_belongs_to_the_block_right_above(tmp_path):
    text = "```python\nprint(1)\n```\n\n{}```output\n1\n```\n"
    near = scan_text(text.format(""), "p", tmp_path)
    assert near.output_of(near.blocks[0]) is near.blocks[1]
    apart = scan_text(text.format("So it prints:\n\n"), "p", tmp_path)
    assert apart.output_of(apart.blocks[0]) is None


def test_values_are_found_in_prose_tables_headings_alt_and_caption(tmp_path):
    text = (
        "# A [1]{= a } [2]{= b }\n\n| [3]{= c } |\n| - |\n\n"
        f'```python alt="{ALT} [4]{{= d }}" caption="[5]{{= e }}" id="fig-a"\n"[6]{{= f }}"\n```\n'
    )
    page = scan_text(text, "p", tmp_path)
    assert page.problems == []
    assert [(v.text, v.expression, v.line) for v in page.values] == [
        *[("1", "a", 0), ("2", "b", 0), ("3", "c", 2), ("4", "d", 5), ("5", "e", 5)]
    ]
    assert [v.in_block is page.blocks[0] for v in page.values] == [False] * 3 + [True] * 2
    for value in page.values:
        line = page.lines[value.line].text
        assert line[value.start : value.end] == f"[{value.text}]{{= {value.expression} }}"


def test_formulas_and_citations_are_found_with_their_lines(tmp_path):
    text = "So $6ND$ [@a; @b, Table 3].\n\n$$\nx\n+ y\n$$\n\n$$ z $$\n"
    page = scan_text(text, "p", tmp_path)
    assert [(f.latex, f.first, f.last, f.display) for f in page.formulas] == [
        *[("x\n+ y", 2, 5, True), ("z", 7, 7, True), ("6ND", 0, 0, False)]
    ]
    assert page.citations == [("a; @b, Table 3", 0)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"# A\n\ncaf\xe9\n", "docs/page.md:3: not UTF-8 (byte 0xe9); save the file as UTF-8"),
        ("# A\n".encode("utf-16"), "docs/page.md:1: not UTF-8"),
        (b"\x00\xff", "docs/page.md:1: not UTF-8 (byte 0xff)"),
    ],
)
def test_a_page_that_is_no_utf_8_is_a_problem_and_no_crash(data, message, book):
    path = book.page("")
    path.write_bytes(data)
    page = scan(path, book.root)
    assert [str(p)[: len(message)] for p in page.problems] == [message]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_endings_and_a_byte_order_mark_change_nothing(ending, mark, book):
    text = "---\ntitle: A\n---\n# A\n\n```python\nif 1:\n\tx = 1\n```\n\n[1]{= x + 0.5 }\n"
    path = book.page("")
    path.write_bytes((mark + text.replace("\n", ending)).encode())
    page = scan(path, book.root)
    assert page.problems == []
    assert page.meta == {"title": "A"}
    assert page.blocks[0].code == "if 1:\n\tx = 1"
    assert [page.lines[v.line].number for v in page.values] == [11]


@pytest.mark.parametrize("text", ["", "\n", "---\n---\n", "---\ntitle: A\n---\n", "```", "\x00"])
def test_an_odd_page_does_not_crash_the_scanner(text, tmp_path):
    scan_text(text, "docs/page.md", tmp_path)
