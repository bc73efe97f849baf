"""A small book on disk, and a way to check many one-page cases with one start of the room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from scaling_core.book import execute
from scaling_core.book.check import Report, check_book


class Book:
    """A book's top folder with pages and snippets."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "docs").mkdir()
        (root / "snippets").mkdir()

    def page(self, text: str, name: str = "page.md") -> Path:
        path = self.root / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def snippet(self, name: str, text: str) -> Path:
        path = self.root / "snippets" / name
        path.write_text(text, encoding="utf-8")
        return path

    def check(self) -> Report:
        return check_book(self.root)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


@pytest.fixture(scope="module")
def check_all(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, str]]:
    """Check pages given as {name: text}; {name: all that the press says about that page}."""

    def check(
        pages: Mapping[str, str], snippets: Mapping[str, str] | None = None, seconds: float = 60
    ) -> dict[str, str]:
        book = Book(tmp_path_factory.mktemp("book"))
        for name, text in pages.items():
            book.page(text, f"{name}.md")
        for name, text in (snippets or {}).items():
            book.snippet(name, text)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(execute, "SECONDS", seconds)
            report = book.check()
        told = dict.fromkeys(pages, "")
        for problem in report.problems:
            told[owner(problem.file, pages)] += f"{problem}\n"
        for difference in report.differences:
            told[Path(difference.page.file).stem] += f"{difference}\n"
        return told

    def owner(file: str, pages: Mapping[str, str]) -> str:
        stem = Path(file).stem
        return stem if file.startswith("docs/") else next(n for n, t in pages.items() if stem in t)

    return check
