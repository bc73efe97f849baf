"""Joins the book and pytest: pytest-markdown-docs runs each page's blocks through the press.

Its parser is our scanner, its runner reads our records, so both see the same blocks; each block is
one test, reported with file and line.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from markdown_it.token import Token
from pytest_markdown_docs._runners import register_runner
from pytest_markdown_docs.definitions import FenceTestDefinition

from scaling_core.book.check import Report, check_book
from scaling_core.book.scan import scan_text

# a busy machine must not fail a property; CI draws the same examples each time
hypothesis.settings.register_profile("book", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("book")

ROOT = Path(__file__).parent
collect_ignore_glob = ["docs/labs/*.py", "scaling_core/**/__main__.py"]


class Scanner:
    """Looks like a markdown-it parser; gives the blocks that the press would run."""

    def parse(self, text: str) -> list[Token]:
        page = scan_text(text, "", ROOT / "snippets")
        tokens = []
        for block in page.blocks:
            if block.runs:
                first = page.lines[block.first].number - 1
                token = Token("fence", "code", 0, info="python runner:Press", content=block.code)
                token.map = [first, first + 1]
                tokens.append(token)
        return tokens


@cache
def report_of(path: Path) -> Report:
    """The press's report on one page; served from the press's own cache when nothing changed."""
    return check_book(ROOT, [path])


@register_runner()
class Press:
    """Passes a block if it ran and its output is the one on the page."""

    def runtest(self, test: FenceTestDefinition, args: dict[str, Any]) -> None:
        report = report_of(Path(test.source_path))
        first = test.start_line
        following = [
            run.page.lines[block.first].number
            for run in report.runs
            for block in run.page.blocks
            if block.runs and run.page.lines[block.first].number > first
        ]
        last = min(following, default=10**9)
        page = str(Path(test.source_path).relative_to(ROOT))
        # an error inside a snippet has the snippet's line: all blocks of its page tell it
        elsewhere = [p for p in report.problems if p.file != page or not report.runs]
        here = [p for p in report.problems if p.file == page and first <= p.line < last]
        wrong = [str(problem) for problem in elsewhere or here]
        for difference in report.differences:
            if first <= difference.page.lines[difference.index].number < last:
                wrong.append(str(difference))
        assert not wrong, "\n".join(wrong)

    def repr_failure(
        self,
        test: FenceTestDefinition,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Any = None,
    ) -> str:
        return str(excinfo.value)


def pytest_markdown_docs_markdown_it() -> Scanner:
    """Hook of pytest-markdown-docs: the parser that finds the blocks."""
    return Scanner()
