"""What a page may do to the machine and to other pages, and how its errors are told."""

import json
import os
import subprocess
import sys
import time

import pytest

from scaling_core.book import check, execute
from scaling_core.book.execute import run_pages, steps
from scaling_core.book.scan import scan
from scaling_core.book.source import write_atomically

FIGURE = (
    '```python alt="One straight line that rises from the lower left to the upper right" '
    'caption="A line." id="fig-line"\n{}\n```\n'
)
PLOT = "import matplotlib.pyplot as plt\n_, ax = plt.subplots()\nax.plot([1, 2], [1, 2]{})"


def python(code):
    return f"# A\n\n```python\n{code}\n```\n"


def value(expression):
    return f"# A\n\n```python\nfrom math import pi\n```\n\n[3]{{= {expression} }}\n"


TOLD = {
    # name of the page: (its text, what the press must say about it)
    "syntax": (python("x = 1\ny = = 2"), "docs/syntax.md:5: SyntaxError: invalid syntax"),
    "indent": (python("x = 1\n  y = 2"), "docs/indent.md:5: IndentationError: unexpected indent"),
    "open-bracket": (python("\nf(1,\n"), "docs/open-bracket.md:5: SyntaxError: '(' was never"),
    "name": (python("x = 1\n\nprint(LL)"), "docs/name.md:6: NameError: name 'LL' is not defined"),
    "in-function": (
        python("def f(x):\n    return 1 / x\n\nf(0)"),
        "docs/in-function.md:5: ZeroDivisionError: division by zero",
    ),
    "in-library": (
        python("from scaling_core import HOFFMANN_2022\nHOFFMANN_2022.loss(-1, 1)"),
        "docs/in-library.md:5: ValueError: N must be",
    ),
    "second-block": (python("x = 1") + "\n" + python("x.y"), "docs/second-block.md:10: Attribute"),
    "snippet": (
        python('x = 0\n--8<-- "broken.py:part"'),
        "snippets/broken.py:5: ZeroDivisionError: division by zero",
    ),
    "third-example": (
        "# A\n\n```pycon\n>>> x = 1\n>>> x + 1\n2\n"
        ">>> def f():\n...     return y\n>>> f()\n1\n```\n",
        "docs/third-example.md:8: NameError: name 'y' is not defined",
    ),
    "example-syntax": (
        "# A\n\n```pycon\n>>> x = 1\n>>> x +\n2\n```\n",
        "docs/example-syntax.md:5: SyntaxError: invalid syntax",
    ),
    "in-value": (value("pi / 0"), "docs/in-value.md:7: ZeroDivisionError"),
    "value-name": (value("tau"), "docs/value-name.md:7: NameError: name 'tau' is not defined"),
    "value-list": (value("[pi, pi]"), "7: a checked value must be text or one number, got list"),
    "value-none": (value("print(pi)"), "7: a checked value must be text or one number, got NoneT"),
    "value-array": (
        python("import numpy as np") + "\n[3]{= np.array([1, 2]) + 0.5 }\n",
        "docs/value-array.md:7: ValueError: can only convert an array of size 1",
    ),
    "exit": (python("import sys\nsys.exit(0)"), "docs/exit.md:5: the block calls sys.exit(0)"),
    "quit": (python("quit()"), "docs/quit.md:4: the block calls sys.exit(None)"),
    "os-exit": (
        python("x = 1") + "\n" + python("import os\nos._exit(0)"),
        "docs/os-exit.md:9: the code ended the process (os._exit, or killed for memory)",
    ),
    "segfault": (
        python("import os\nimport signal\nos.kill(os.getpid(), signal.SIGKILL)"),
        "docs/segfault.md:3: the code ended the process",
    ),
    "endless": (python("while True:\n    pass"), "docs/endless.md:3: the code ran longer than 4 s"),
    "asleep": (python("import time\ntime.sleep(1000)"), "3: the code ran longer than 4 s and was"),
    "flood": (
        python("for _ in range(200_000):\n    print('x' * 1000)"),
        "docs/flood.md:5: RuntimeError: the block prints more than 100,000 characters",
    ),
    "one-flood": (
        python("print('x' * 200_000_000)"),
        "4: RuntimeError: the block prints more than",
    ),
    "past-stdout": (python("import os\nos.write(1, b'x' * 10_000_000)"), ""),
    "example-flood": (
        "# A\n\n```pycon\n>>> 'x' * 20_000_000\n'x'\n```\n",
        "docs/example-flood.md:4: RuntimeError: the block prints more than",
    ),
    "memory": (
        python("import numpy as np\nnp.zeros(100_000_000_000) + 1"),
        "docs/memory.md:5: the page needs more than 4 GiB of memory",
    ),
    "list-memory": (python("x = [0] * 10**12"), "docs/list-memory.md:4: the page needs more than"),
    "big-file": (
        python("with open('a', 'wb') as file:\n    file.write(b'x' * 150_000_000)"),
        "docs/big-file.md:5: OSError: [Errno 27] File too large",
    ),
    "socket": (python("import socket\nsocket.socket()"), "5: OSError: pages run without a network"),
    "connect": (
        python("import socket\nsocket.create_connection(('127.0.0.1', 9))"),
        "docs/connect.md:5: OSError: pages run without a network",
    ),
    "download": (
        python("from urllib.request import urlopen\nurlopen('http://127.0.0.1:9/')"),
        "docs/download.md:5: URLError: <urlopen error pages run without a network>",
    ),
    "input": (python("input()"), "docs/input.md:4: EOFError: EOF when reading a line"),
    "warning": (
        python("import warnings\nwarnings.warn('old')"),
        "docs/warning.md:5: UserWarning: old",
    ),
    "overflow": (
        python("import numpy as np\nx = np.float64(1e300) * 1e300"),
        "docs/overflow.md:5: RuntimeWarning: overflow encountered in scalar multiply",
    ),
    "unseeded": (
        python("import numpy as np\nnp.random.default_rng().normal()"),
        "docs/unseeded.md:5: ValueError: default_rng() differs from build to build: give it a seed",
    ),
    "interrupt": (python("raise KeyboardInterrupt"), "docs/interrupt.md:3: the code ended the pro"),
    "recursion": (python("def f():\n    f()\nf()"), "docs/recursion.md:5: RecursionError: maximum"),
    "left-open": (
        python(PLOT.format("")),
        "3: the block leaves a figure open: give it alt, caption",
    ),
    "two-figures": (
        FIGURE.format(PLOT.format("") + "\nplt.figure()"),
        "docs/two-figures.md:1: one figure per block, this one leaves 2 open",
    ),
    "no-figure": (FIGURE.format("x = 1"), "1: the block has alt, caption and id but leaves no fig"),
    "colour": (
        FIGURE.format(PLOT.format(", color='red'")),
        "docs/colour.md:1: ValueError: the figure sets the colour #ff0000: use C0 to C7",
    ),
    "printing-figure": (
        FIGURE.format(PLOT.format("") + "\nprint('done')"),
        "docs/printing-figure.md:1: a figure's block must not print",
    ),
    "raises-nothing": (
        python("x = 1").replace("python", 'python raises="ValueError"'),
        'docs/raises-nothing.md:3: the block says raises="ValueError" but raised nothing',
    ),
    "raises-other": (
        python("{}['a']").replace("python", 'python raises="ValueError"'),
        "docs/raises-other.md:3: the block says raises=\"ValueError\" but raised KeyError: 'a'",
    ),
    "raises-exit": (
        python("import sys\nsys.exit(1)").replace("python", 'python raises="ValueError"', 1),
        "docs/raises-exit.md:5: the block calls sys.exit(1)",
    ),
    "future": (
        python(
            "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: 'int' = 1\n"
            "    y: int = 2\nassert A(3).x == 3\nassert A.__annotations__['y'] is int"
        ),
        "",
    ),
    "state-one": (
        python(
            "import matplotlib as mpl\nimport numpy as np\nimport warnings\nsecret = 1\n"
            "mpl.rcParams['lines.linewidth'] = 9\nnp.set_printoptions(precision=1)\n"
            "np.random.seed(1)\nwarnings.simplefilter('ignore')\nmpl.secret = 1"
        ),
        "",
    ),
    "state-two": (
        python(
            "import matplotlib as mpl\nimport numpy as np\nfrom math import pi\n"
            "assert mpl.rcParams['lines.linewidth'] == 2\nassert not hasattr(mpl, 'secret')\n"
            "assert 'secret' not in globals()\nassert '3.141592653589793' in repr(np.float64(pi))"
        ),
        "",
    ),
    "scratch": (
        python(
            "import os\nfrom pathlib import Path\nPath('a.txt').write_text('a')\n"
            "assert os.listdir('.') == ['a.txt'], os.listdir('.')\n"
            "os.mkdir('b')\nos.chdir('b')\nPath('c.txt').write_text('c')"
        ),
        "",
    ),
    "empty-scratch": (python("import os\nassert os.listdir('.') == []"), ""),
    "no-code": ("# A\n\nonly words\n", ""),
}


@pytest.fixture(scope="module")
def told(check_all):
    began = time.monotonic()
    pages = {name: text for name, (text, _) in TOLD.items()}
    broken = "# --8<-- [start:part]\n\n\n\ny = 1 / x\n# --8<-- [end:part]\n"
    report = check_all(pages, {"broken.py": broken}, seconds=4)
    report["seconds"] = time.monotonic() - began
    return report


@pytest.mark.parametrize("name", [name for name, (_, message) in TOLD.items() if message])
def test_told_with_file_and_line(name, told):
    assert TOLD[name][1] in told[name].splitlines()[0]


@pytest.mark.parametrize("name", [name for name, (_, message) in TOLD.items() if not message])
def test_passes(name, told):
    assert told[name] == ""


def test_the_limit_can_be_set_from_outside():
    code = "from scaling_core.book.execute import SECONDS; print(SECONDS)"
    command = [sys.executable, "-c", code]
    environment = os.environ | {"BOOK_SECONDS": "7.5"}
    assert subprocess.check_output(command, env=environment, text=True) == "7.5\n"


def test_no_page_takes_much_longer_than_the_limit(told):
    assert told["seconds"] < 60, "floods and memory bombs must be cut short"


def test_nothing_is_left_behind_by_pages(book, monkeypatch, tmp_path):
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    book.page(python("open('a.txt', 'w').close()"), "a.md")
    book.page(python("import os\nopen('a.txt', 'w').close()\nos._exit(1)"), "b.md")
    before = sorted(book.root.rglob("*"))
    book.check()
    assert list(scratch.iterdir()) == []
    new = set(book.root.rglob("*")) - set(before)
    assert {path.relative_to(book.root).parts[0] for path in new} == {".cache"}


# --- Order, records, cache ----------------------------------------------------------------------

STATES = """\
[0.5]{= f(x) }

```python
def f(x):
    return x / 2

x = 1
```

[0.5]{= f(x) }

```python
x = 3
```

[1.5]{= f(x) } [1]{= f(x) - f(1) }
"""


def test_values_see_the_names_of_their_place(check_all):
    drawing = FIGURE.format(PLOT.format("") + "\ntop = ax.get_ylim()[1]")
    pages = {
        "above-all-code-those-of-the-end": STATES.replace("[0.5]", "[1.5]", 1),
        "on-a-problem-page-those-of-the-end": "---\npractice: problem\n---\n"
        + STATES.replace("[0.5]", "[1.5]"),
        "in-a-caption-those-of-the-figure": drawing.replace("A line.", "[2.05]{= f'{top:.2f}' }."),
    }
    assert check_all(pages) == dict.fromkeys(pages, "")


def pages(book):
    return [scan(path, book.root) for path in sorted((book.root / "docs").glob("*.md"))]


def test_two_cold_runs_give_the_same_records(book):
    random = (
        "import random\nimport numpy as np\nprint(random.random(), np.random.rand(), {'a', 'b'})"
    )
    book.page(python(random), "a.md")
    book.page(FIGURE.format(PLOT.format(", label='a'") + "\nax.hist([1, 1, 2])"), "b.md")
    first = [run.records for run in run_pages(pages(book), book.root)]
    for file in (book.root / ".cache" / "press").glob("*.json"):
        file.unlink()
    again = run_pages(pages(book), book.root)
    assert not any(run.cached for run in again)
    assert json.dumps([run.records for run in again]) == json.dumps(first)


def test_pages_run_side_by_side_and_keep_their_order(book):
    for number in range(6):
        code = f"import time\nbegan = time.time()\ntime.sleep(0.5)\nprint({number} + 0, began)"
        book.page(python(code), f"{number}.md")
    out = [run.records[0]["out"].split() for run in run_pages(pages(book), book.root)]
    assert [int(number) for number, _ in out] == list(range(6))
    if len(os.sched_getaffinity(0)) > 1:
        starts = [float(began) for _, began in out]
        assert starts[1] - starts[0] < 0.5, "the second page must not wait for the first"


# --- What the cache takes for the same; the room is only asked, never started -------------------


@pytest.fixture
def ran(book, monkeypatch):
    """Call it to run the book's pages; it gives the names of those that were sent to the room."""

    def send(jobs, root):
        return [
            {"name": name, "seconds": 0, "records": [{"out": "a 2\n"} for _ in steps(page)]}
            for name, page in jobs
        ]

    monkeypatch.setattr(execute, "_send", send)
    for name in "abc":
        book.page(python(f"x = '{name}'\nprint(x, 1 + 1)"), f"{name}.md")
    book.snippet("s.py", "x = 1\n")

    def run():
        return [r.page.file for r in run_pages(pages(book), book.root) if not r.cached]

    assert run() == ["docs/a.md", "docs/b.md", "docs/c.md"]
    return run


def edit(book, name, old, new):
    path = book.root / "docs" / name
    path.write_text(path.read_text().replace(old, new))


def test_nothing_runs_again_when_nothing_changed(ran):
    assert ran() == []


def test_a_prose_edit_runs_nothing(ran, book):
    edit(book, "a.md", "# A", "---\ntitle: A\n---\nNew words.\n\n# A")
    assert ran() == []


def test_the_record_of_a_moved_block_is_told_at_its_new_place(ran, book):
    edit(book, "a.md", "# A", "New words.\n\n# A")
    assert "docs/a.md:8: the text and the code differ" in str(book.check())


def test_an_edit_of_code_runs_that_page_only(ran, book):
    edit(book, "b.md", "1 + 1", "1 + 2")
    assert ran() == ["docs/b.md"]


def test_a_new_value_runs_that_page_only(ran, book):
    edit(book, "b.md", "# A", "# A [2]{= 1 + 1 }")
    assert ran() == ["docs/b.md"]


@pytest.mark.parametrize("name", ["s.py", "new.py", "table.csv"])
def test_an_edit_among_the_snippets_runs_all_pages(name, ran, book):
    book.snippet(name, "y = 22\n")
    assert len(ran()) == 3


def test_a_snippet_that_only_moves_runs_all_pages(ran, book):
    (book.root / "snippets" / "s.py").rename(book.root / "snippets" / "t.py")
    assert len(ran()) == 3


def test_another_version_runs_all_pages(ran, monkeypatch):
    monkeypatch.setattr(execute, "_versions", lambda: ["another"])
    assert len(ran()) == 3


@pytest.mark.parametrize("stored", ["", "{}", "[]", "[{}, {}]", "null", '{"a": 1}'])
def test_a_broken_cache_is_no_answer(stored, ran, book):
    for file in (book.root / ".cache" / "press").glob("*.json"):
        file.write_text(stored)
    assert len(ran()) == 3


def test_a_cached_record_that_says_nothing_is_a_problem(ran, book):
    for file in (book.root / ".cache" / "press").glob("*.json"):
        file.write_text("[{}]")
    assert "docs/a.md:3: this was not run" in str(book.check())


def test_the_cache_keeps_what_was_used_last(ran, book):
    folder = book.root / ".cache" / "press"
    for age, file in enumerate(sorted(folder.glob("*.json"))):
        os.utime(file, (age, age))
    kept = sorted(folder.glob("*.json"))[1:]
    execute.prune(book.root, keep=2)
    assert sorted(folder.glob("*.json")) == kept


def test_errors_are_not_cached(book, monkeypatch):
    book.page(python("1 / 0"))
    error = {"error": {"line": 2, "message": "ZeroDivisionError: division by zero"}}
    answer = [{"name": "0", "seconds": 0, "records": [error]}]
    monkeypatch.setattr(execute, "_send", lambda jobs, root: answer)
    assert "docs/page.md:3: ZeroDivisionError" in str(book.check())
    assert list((book.root / ".cache").rglob("*.json")) == []


# --- Writing ------------------------------------------------------------------------------------


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "page.md"
    path.write_text("old")

    def fail(*_):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", fail)
        with pytest.raises(OSError, match="no space left"):
            write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    write_atomically(path, "new\r\n")
    assert path.read_bytes() == b"new\r\n"


def test_text_that_cannot_be_written_leaves_the_old_file(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_room_that_cannot_start_is_an_error_and_not_an_empty_answer(book, monkeypatch):
    book.page(python("x = 1"))
    monkeypatch.setattr(execute.sys, "executable", "/bin/false")
    with pytest.raises((RuntimeError, BrokenPipeError)):
        check.check_book(book.root)
