"""Does the text say what the code says? Compare, report every difference, or write it back."""

from __future__ import annotations

import doctest
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scaling_core.book import cite, math
from scaling_core.book.execute import Record, Run, run_pages, steps
from scaling_core.book.marks import find_marks
from scaling_core.book.origin import check_origins
from scaling_core.book.scan import Block, Page, Value, scan
from scaling_core.book.source import Problem, write_atomically

UNREAD = (".markdown", ".mdown", ".mkdn", ".mkd")  # MkDocs takes these for pages too
LONG = re.compile(r"\d\.\d{7,}")  # digits that another processor may not repeat
FENCE = re.compile(r"^\s*(```|~~~)", re.MULTILINE)


@dataclass
class Difference:
    """One place where page and code disagree; `new` is what the page should say."""

    page: Page
    index: int  # line of the page, counted from 0
    says: str
    new: str
    step: Block | Value

    def __str__(self) -> str:
        line = self.page.lines[self.index]
        return (
            f"{line.file}:{line.number}: the text and the code differ\n"
            f"    the page says: {_shorten(self.says)}\n"
            f"    the code says: {_shorten(self.new)}\n"
            f"    to accept it:  python -m scaling_core.book --update {self.page.file}"
        )


@dataclass
class Report:
    """All that is wrong with the pages of a book."""

    runs: list[Run]
    problems: list[Problem] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """True if nothing is wrong."""
        return not self.problems and not self.differences

    def __str__(self) -> str:
        lines = [str(item) for item in sorted(self.problems, key=lambda p: (p.file, p.line))]
        lines += [str(item) for item in self.differences]
        counts = f"{len(self.problems)} problems, {len(self.differences)} differences"
        return "\n".join([*lines, counts] if lines else [])


def same(expected: str, got: str) -> bool:
    """Equal after white space is collapsed."""
    return expected.split() == got.split()


def pages_of(root: Path) -> list[Path]:
    """The book's Markdown pages, in order."""
    return sorted((root / "docs").rglob("*.md"))


def check_book(root: Path, paths: Sequence[Path] | None = None) -> Report:
    """Scan, run and compare pages (default: all of them)."""
    pages = [scan(path, root) for path in (pages_of(root) if paths is None else paths)]
    for path in (root / "docs").rglob("*.m*") if paths is None else ():
        if path.suffix in UNREAD:
            file = str(path.relative_to(root))
            pages.append(
                Page(file, problems=[Problem(file, 1, "name a page .md, else it is not run")])
            )
    for page in pages:
        check_origins(page)
        check_marks(page)
    # a page that cannot be read is not run, but the others are: one run shows everything
    runs = run_pages([page for page in pages if not page.problems], root)
    report = Report(runs, [problem for page in pages for problem in page.problems])
    for run in runs:
        compare(run, report)
    return report


def check_marks(page: Page) -> None:
    """Formulas that cannot be set and works that the bibliography lacks."""
    for formula in page.formulas:
        for message in _faults("formula", formula.latex, formula.display):
            page.complain(formula.first, message)
    for text, index in page.citations:
        if page.lines[index].text.strip() != "[@*]":
            for message in _faults("citation", text):
                page.complain(index, message)


def _faults(kind: str, text: str, display: bool = False) -> list[str]:
    if kind == "citation":
        where = "scaling_core/data/references.bib"
        return [f"citation {key!r} is not in {where}" for key in cite.unknown(text)]
    if kind == "value":
        return ["printed Markdown must not hold a checked value: format the number"]
    try:
        math.render(text, display)
    except ValueError as error:
        return [str(error)]
    return []


def compare(run: Run, report: Report) -> None:
    """Add to the report what a page's records and its text disagree on."""
    stopped = any("error" in record for record in run.records)
    for step, record in zip(steps(run.page), run.records, strict=True):
        if not record:
            if not stopped:
                index = step.line if isinstance(step, Value) else step.first
                _complain(report, run.page, index, "this was not run")
        elif error := record.get("error"):
            _complain(report, run.page, error["line"], error["message"])
        elif isinstance(step, Value):
            _compare_value(run.page, step, record["text"], report)
        elif step.language == "pycon":
            _compare_examples(run.page, step, record, report)
        else:
            _compare_output(run.page, step, record, report)
    used = {id(run.page.output_of(b)) for b in run.page.blocks if b.language == "python"}
    for block in run.page.blocks:
        if block.language == "output" and id(block) not in used:
            _complain(report, run.page, block.first, "this output block follows no python block")


def _complain(report: Report, page: Page, index: int, message: str) -> None:
    line = page.lines[min(index, len(page.lines) - 1)]
    report.problems.append(Problem(line.file, line.number, message))


def _compare_value(page: Page, value: Value, text: str, report: Report) -> None:
    in_table = page.lines[value.line].text.lstrip().startswith("|")
    bad = '"' if value.in_block else "|" if in_table else ""
    if "\n" in text or text.count("[") != text.count("]") or (bad and bad in text):
        message = f"the code gives {text!r}, which cannot stand in a checked value here"
        _complain(report, page, value.line, message)
    elif not same(value.text, text):
        report.differences.append(Difference(page, value.line, value.text, text, value))
    if long := LONG.search(text):
        _complain(report, page, value.line, f"{long[0]}: print at most 4 significant digits")


def _compare_output(page: Page, block: Block, record: Record, report: Report) -> None:
    output = page.output_of(block)
    text = record["out"].rstrip("\n")
    if FENCE.search(text):
        _complain(report, page, block.first, "the block prints a fence, which ends an output block")
    if block.options.get("render"):  # a table of constants has all published digits
        _check_markdown(page, block, text, report)
        return
    if output is None and text.strip():
        report.differences.append(Difference(page, block.last, "(no output block)", text, block))
    elif output and (not same(output.code, text) or not text.strip()):
        report.differences.append(Difference(page, output.first, output.code, text, output))
    if long := LONG.search(text):
        _complain(report, page, block.first, f"{long[0]}: print at most 4 significant digits")


def _check_markdown(page: Page, block: Block, text: str, report: Report) -> None:
    """What such a block prints is the page, and has the faults that a page can have."""
    messages = [] if text.strip() else ["the block prints nothing to render"]
    for line in text.split("\n"):
        marks, wrong = find_marks(line)
        messages += wrong + [m for mark in marks for m in _faults(mark.kind, mark.text)]
    if output := page.output_of(block):
        _complain(report, page, output.first, "what the block prints is shown already: no output")
    for message in messages:
        _complain(report, page, block.first, message)


def _compare_examples(page: Page, block: Block, record: Record, report: Report) -> None:
    examples = doctest.DocTestParser().get_examples(block.code)
    for example, got in zip(examples, record["examples"], strict=True):
        # of an expected exception only its last line is compared, as doctest does
        out = got["out"].splitlines()[-1:] if example.exc_msg else [got["out"]]
        want = example.exc_msg or example.want
        if not same(want.replace("<BLANKLINE>", ""), "\n".join(out)):
            index = block.first + 1 + example.lineno
            new = re.sub(r"^\s*$", "<BLANKLINE>", got["out"].rstrip(), flags=re.MULTILINE)
            new = new if got["out"].strip() else ""
            report.differences.append(Difference(page, index, want.rstrip(), new, block))


def update(report: Report, root: Path) -> list[str]:
    """Write what the code says into the pages; returns the files changed."""
    changed = []
    for file in sorted({d.page.file for d in report.differences}):
        differences = [d for d in report.differences if d.page.file == file]
        page = differences[0].page
        own = [d for d in differences if page.lines[d.index].file == file]  # not in a snippet
        edits = [edit for difference in own for edit in _edit(difference)]
        path = root / file
        raw = path.read_bytes().decode("utf-8-sig")
        newline = "\r\n" if "\r\n" in raw else "\n"
        lines = re.split("\r\n|\r|\n", raw)
        seen = {line.number: line.text for line in page.lines if line.file == file}
        if not edits or any(lines[n - 1 : n] != [text] for n, text in seen.items()):
            continue  # saved by somebody else meanwhile; the next check shows what is left
        for index, start, end, new in sorted(edits, key=lambda e: (e[0], e[1]), reverse=True):
            number = page.lines[index].number - 1
            if start is not None:  # columns within one line
                lines[number] = lines[number][:start] + new + lines[number][end:]
            else:  # whole lines index .. end - 1
                last = number + (end - index)
                lines[number:last] = new.split("\n") if new else []
        write_atomically(path, newline.join(lines))
        changed.append(file)
    return changed


def _edit(difference: Difference) -> list[tuple[int, int | None, int, str]]:
    """(line, column or None, end, new text) that makes the page say what the code says."""
    step, new = difference.step, difference.new
    if isinstance(step, Value):
        return [(step.line, step.start + 1, step.start + 1 + len(step.text), new)]
    if step.language == "output" and not new:  # prints no more: the blank line goes with it
        above = difference.page.lines[step.first - 1].text.strip()
        return [(step.first - (not above), None, step.last + 1, "")]
    if step.language == "output":
        return [(step.first + 1, None, step.last, new)]
    if step.language == "python":  # prints, but has no output block yet
        end = difference.page.lines[step.last].text
        return [(step.last, None, step.last + 1, f"{end}\n\n```output\n{new}\n```")]
    examples = doctest.DocTestParser().get_examples(step.code)
    offset = difference.index - step.first - 1
    example = next(e for e in examples if e.lineno == offset)
    first = difference.index + example.source.count("\n")
    return [(first, None, first + example.want.count("\n"), new)]


def _shorten(text: str) -> str:
    lines = text.strip().split("\n") or [""]
    shown = "\n                   ".join(line[:160] for line in lines[:12])
    return shown + ("\n                   ..." if len(lines) > 12 else "")
