"""The real book: text and code agree, and no block is seen by one reader and missed by another."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown import Markdown

from scaling_core.book.check import check_book, pages_of
from scaling_core.book.execute import steps
from scaling_core.book.scan import Value, scan
from scaling_core.book.source import body_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = [path.relative_to(ROOT) for path in pages_of(ROOT)]


@pytest.fixture(scope="module")
def report():
    return check_book(ROOT)


def test_the_text_and_the_code_of_the_whole_book_agree(report):
    assert report.clean, str(report)


def fences(path, pattern):
    """Opening fences in the raw file, found without the press; longer fences hold examples."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"(?ms)^(`{4,}|~{4,})[^\n]*\n.*?^\1[ \t]*$", "", text)
    return re.findall(pattern, text, re.MULTILINE)


def test_as_many_blocks_run_as_stand_in_the_files(report):
    found = skipped = 0
    for path in PAGES:
        found += len(fences(ROOT / path, r"^[ \t>*-]*(?:`{3}|~{3})[ \t]*(?:python|pycon)\b"))
        skipped += len(fences(ROOT / path, r'^(?:`{3}|~{3})python\b[^\n]*\brun="no"'))
    ran = sum(
        bool(record)
        for run in report.runs
        for step, record in zip(steps(run.page), run.records, strict=True)
        if not isinstance(step, Value)
    )
    assert found > 0
    assert (found, skipped) == (ran + skipped, found - ran)


def prose(path):
    """Lines outside fences, and the options of fences; code spans and comments cut out."""
    fence = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        opening = re.match(r"`{3,}|~{3,}", line)
        if fence:
            fence = "" if line.rstrip() == fence else fence
            continue
        if opening:
            fence = opening[0]
        yield re.sub(r"`[^`]+`|<!--.*?-->", "", line.lstrip("`~"))


def test_as_many_values_are_checked_as_stand_in_the_files(report):
    found = sum(line.count("]{=") for path in PAGES for line in prose(ROOT / path))
    checked = sum(isinstance(step, Value) for run in report.runs for step in steps(run.page))
    assert found == checked


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_the_site_builder_sees_the_same_fences_as_the_scanner(path):
    seen = []

    def collect(source, language, *_, **__):
        seen.append((language or "", source.strip("\n")))
        return ""

    fence = {"name": "*", "class": "", "format": collect, "validator": lambda *_: True}
    snippets = {"base_path": [str(ROOT / "snippets")], "check_paths": True}
    settings = {
        "pymdownx.superfences": {"custom_fences": [fence]},
        "pymdownx.snippets": snippets | {"dedent_subsections": True},
    }
    text = body_of((ROOT / path).read_text(encoding="utf-8"))
    Markdown(extensions=list(settings), extension_configs=settings).convert(text)
    page = scan(ROOT / path, ROOT)
    scanned = [(block.language, block.code.expandtabs(4).strip("\n")) for block in page.blocks]
    assert seen == scanned


BROKEN = """\
# A

```python
from math import pi
print(pi > 3)
```

```output
True
```

```python
print(pi < 3)
```

```output
True
```

```pycon
>>> pi < 3
False
```

[4]{= pi }

```python run="no"
# slow
wait()
```
"""


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        pytest.param(BROKEN, [False, True, True], id="the block above a difference fails"),
        pytest.param(
            BROKEN + '\n```python\n--8<-- "bad.py"\n```\n',
            [True] * 4,
            id="so do errors in snippets",
        ),
    ],
)
def test_each_block_of_a_page_is_a_test(text, failed, book):
    (book.root / "conftest.py").write_bytes((ROOT / "conftest.py").read_bytes())
    book.page(text)
    book.snippet("bad.py", "x = 1\n1 / 0\n")
    command = [sys.executable, "-m", "pytest", "docs", "--markdown-docs", "-q", "--tb=line"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider"],
        cwd=book.root,
        capture_output=True,
        text=True,
        timeout=120,
    )
    marks = done.stdout.splitlines()[0].split()[0]
    assert marks == "".join("F" if each else "." for each in failed), done.stdout
