"""`python -m scaling_core.book [--update] [pages ...]`: check the book, or write it up to date."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from scaling_core.book.check import Report, check_book, pages_of, update


def main(arguments: list[str] | None = None) -> int:
    """Check pages against what their code gives; 0 if they agree, 1 if not, 2 for bad usage."""
    parser = argparse.ArgumentParser(
        prog="python -m scaling_core.book",
        description="Run the code of the pages and compare it with what the text says.",
    )
    parser.add_argument("pages", nargs="*", type=Path, help="pages to check (default: all)")
    parser.add_argument(
        "--update", action="store_true", help="write new outputs and values into the pages"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    root = Path.cwd()
    if not (root / "docs").is_dir():
        parser.error(f"there is no docs/ in {root}: run this in the top folder of the book")
    paths = [path.absolute() for path in options.pages] or pages_of(root)
    for path in paths:
        if not path.is_file():
            parser.error(f"there is no page {path}")
    report = check_book(root, paths)
    if options.update and report.differences:
        for file in update(report, root):
            print(f"{file}: updated; read `git diff {file}`")
        report = check_book(root, paths)
    _show(report)
    return 0 if report.clean else 1


def _show(report: Report) -> None:
    if not report.clean:
        print(report)
    cached = sum(run.cached for run in report.runs)
    steps = sum(len(run.records) for run in report.runs)
    pages = len(report.runs)
    print(f"{pages} pages, {steps} blocks and values checked, {cached} pages from the cache")


if __name__ == "__main__":
    sys.exit(main())
