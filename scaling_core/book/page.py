"""Python-Markdown extension that puts what the code gave on the page.

It works on the page's source lines: outputs, figures, checked values, formulas and citations are
replaced by finished HTML (through Markdown's own stash, so nothing touches it again), everything
else goes on to the other extensions. It needs no MkDocs: given only a text, it finds the page in
`docs/` by content and runs it if nobody has.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from scaling_core.book import api, cite, figures, math
from scaling_core.book.check import pages_of, same
from scaling_core.book.execute import Record, Run, run_pages
from scaling_core.book.fold import FOLDED, folds_of
from scaling_core.book.head import head_line, is_list
from scaling_core.book.marks import Mark, find_marks, replace_marks
from scaling_core.book.scan import Block, scan, scan_text
from scaling_core.book.source import Problem, body_of

_runs: dict[str, Run] = {}
_problems: dict[str, list[Problem]] = {}
_links: list[api.Links] = []  # none until they are asked for, then one


def remember(runs: Iterable[Run], problems: Iterable[Problem] | None = None) -> None:
    """Keep what pages gave, so that converting their text finds it; with `problems`, all pages."""
    _links.clear()
    if problems is not None:
        _runs.clear()
        _problems.clear()
    _runs.update({_digest(run.page.body): run for run in runs})
    for problem in problems or ():
        _problems.setdefault(problem.file, []).append(problem)


def run_of(body: str, root: Path) -> Run:
    """What the page with this text gave; runs the book's pages if nobody has."""
    if _digest(body) not in _runs and not _runs:
        pages = [scan(path, root) for path in pages_of(root)]
        remember(run_pages([page for page in pages if not page.problems], root))
    if _digest(body) not in _runs:
        for path in pages_of(root):
            if _digest(body_of(path.read_text("utf-8-sig"))) == _digest(body):
                page = scan(path, root)
                remember([] if page.problems else run_pages([page], root))
                return _runs.get(_digest(body), Run(page, []))
    # a fragment that is no page of its own, such as a notebook's text cell: it runs nothing
    return _runs.get(_digest(body)) or Run(scan_text(body, "", root / "snippets"), [])


def links(root: Path) -> api.Links:
    """Links between pages and the entries of the names that they import, looked up once."""
    if not _links:
        _links.append(api.links_of(_runs.values(), root))
    return _links[0]


def _digest(body: str) -> str:
    return hashlib.sha256(body.strip().encode()).hexdigest()


class Press(Extension):
    """`scaling_core.book.page` in `markdown_extensions`."""

    def __init__(self, **options: Any) -> None:
        self.config = {
            "root": [".", "the book's top folder"],
            "repository": ["", "address of the repository; entries of the library link to it"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        """See the text before snippets (32), stash after white space (30), before fences (25)."""
        root = Path(self.getConfig("root")).absolute()
        press = _Press(md, root, str(self.getConfig("repository") or ""))
        md.preprocessors.register(press, "press", 33)
        md.preprocessors.register(_Stash(md, press), "press-stash", 29)
        md.ESCAPED_CHARS.append("$")
        md.registerExtension(self)


def makeExtension(**options: Any) -> Press:
    """Called by Python-Markdown."""
    return Press(**options)


class _Press(Preprocessor):
    def __init__(self, md: Markdown, root: Path, repository: str) -> None:
        super().__init__(md)
        self.root, self.repository = root, repository
        self.finished: list[str] = []

    def run(self, lines: list[str]) -> list[str]:
        run = run_of("\n".join(lines), self.root)
        writer = _Writer(run, links(self.root), self.repository)
        written = list(writer.write()) if writer.page.lines else lines
        self.finished = writer.finished
        return written


class _Stash(Preprocessor):
    """Markdown strips stash marks while it cleans white space, so ours go in right after."""

    def __init__(self, md: Markdown, press: _Press) -> None:
        super().__init__(md)
        self.press = press

    def run(self, lines: list[str]) -> list[str]:
        marks = [self.md.htmlStash.store(markup) for markup in self.press.finished]
        return [re.sub("\ue000(\\d+)\ue001", lambda m: marks[int(m[1])], line) for line in lines]


class _Writer:
    """Writes one page for the other extensions; finished HTML is kept apart, with a mark left."""

    def __init__(self, run: Run, links: api.Links, repository: str) -> None:
        self.run, self.page = run, run.page
        self.links, self.repository = links, repository
        self.finished: list[str] = []
        self.cited: list[str] = []

    def write(self) -> Iterator[str]:
        page = self.page
        files = dict.fromkeys([page.file, *(line.file for line in page.lines)] if page.file else [])
        known = [problem for file in files for problem in _problems.get(file, [])]
        for problem in known or page.problems if page.file else ():
            note = f'<p class="press-error">{html.escape(str(problem))}</p>'
            yield from ["", self.stash(note), ""]
        blocks = {block.first: block for block in page.blocks}
        formulas = {formula.first: formula for formula in page.formulas if formula.display}
        folds = folds_of(page)
        index = 0
        while index < len(page.lines):
            text = page.lines[index].text
            if index in folds:
                yield from folds[index]
            if block := blocks.get(index):
                yield from self.block(block)
                index = block.last
            elif formula := formulas.get(index):
                indent = text[: len(text) - len(text.lstrip())]  # it may stand in a list
                yield indent + self.stash(self.formula(formula.latex, display=True))
                index = formula.last
            elif text.strip() == "[@*]":
                yield self.stash(cite.reference_list())
            elif not (index in folds and FOLDED.match(text)):
                yield self.inline(text, index)
                if text.startswith("# ") and page.file and (head := head_line(page)):
                    yield from ["", self.stash(head), ""]
            index += 1
        yield from folds.get(len(page.lines), [])
        if self.cited:
            yield from ["", "## References {#references}", ""]
            yield self.stash(cite.reference_list(self.cited))
        if used := self.links.library_used(page.file):
            yield from ["", self.stash(used), ""]

    def stash(self, markup: str) -> str:
        self.finished.append(markup)
        return f"\ue000{len(self.finished) - 1}\ue001"

    def block(self, block: Block) -> Iterator[str]:
        """A code block with what it printed, a figure, or any other fence as it is."""
        fence = self.page.lines[block.first].text
        ticks = fence[: len(fence) - len(fence.lstrip("`~"))]
        if block.language == "output":
            return  # written with the block that printed it
        if block.language not in ("python", "pycon"):
            yield from (line.text for line in self.page.lines[block.first : block.last + 1])
        elif block.is_figure:
            yield from self.figure(block)
        elif block.options.get("render"):
            yield from self.generated(block)
        else:
            title = block.options.get("title")
            yield from ["", ticks + block.language + (f' title="{title}"' if title else "")]
            yield from [*block.code.split("\n"), ticks, ""]
        if block.language == "python" and not (block.is_figure or block.options.get("render")):
            record = self.run.of(block) or {}
            output = self.page.output_of(block)
            said = output.code if output else ""
            given = record.get("out", said).rstrip("\n")
            if said or given:
                yield from ["", self.stash(self.output(said, given)), ""]

    def output(self, said: str, given: str) -> str:
        box = f"<pre><code>{html.escape(given)}</code></pre>"
        attributes = 'role="group" aria-label="Output" tabindex="0"'
        if same(said, given):
            return f'<div class="output" {attributes}>{box}</div>'
        old = html.escape(said) or "nothing"
        return (
            f'<div class="output differs" {attributes}><p class="differs-note">page says:</p>'
            f'<pre><code>{old}</code></pre><p class="differs-note">code says:</p>{box}</div>'
        )

    def figure(self, block: Block) -> Iterator[str]:
        """A figure: drawing, caption, and closed under it its data and its code."""
        options = block.options
        record = self.run.of(block) or {}
        alt = html.escape(self.plain(options.get("alt", ""), block))
        name = options.get("id", "figure")  # one that lacks something is told by the check
        yield from ["", f'<figure class="fig" id="{name}" markdown="block">', ""]
        for drawing in record.get("figures", []):
            svg = drawing["svg"].replace("<svg", f'<svg role="img" aria-label="{alt}"', 1)
            yield from [self.stash(f'<div class="drawing">{svg}</div>'), ""]
        caption = self.inline(options.get("caption", ""), block.first, block)
        yield from [f'<figcaption markdown="span">{caption}</figcaption>', ""]
        folded = _folded(block.code, "Code of this figure")
        tables = [figures.data_table(d["table"]) for d in record.get("figures", []) if d["table"]]
        yield from [self.stash("".join([*tables, folded])), "", "</figure>", ""]

    def generated(self, block: Block) -> Iterator[str]:
        """Markdown that the block printed, such as a table of all sources; its code is closed."""
        printed = (self.run.of(block) or {}).get("out", "")
        yield from ["", '<div class="generated" markdown="block">', ""]
        for line in printed.split("\n"):
            if entry := api.ENTRY.fullmatch(line):
                yield self.stash(self.links.used_on(entry, self.repository))
            else:
                yield self.inline(line, block.first)
        if not is_list(self.page):
            yield from ["", self.stash(_folded(block.code, "Code of this table"))]
        yield from ["", "</div>", ""]

    def inline(self, text: str, index: int, block: Block | None = None) -> str:
        """A line with its marks replaced by finished HTML."""
        return replace_marks(text, lambda mark: self.stash(self.mark(mark, index, block)))

    def mark(self, mark: Mark, index: int, block: Block | None) -> str:
        """HTML of a formula, a citation or a checked value."""
        if mark.kind == "formula":
            return self.formula(mark.text)
        if mark.kind == "citation":
            self.cited += [key for key, _ in cite.parse(mark.text)]
            return cite.link(mark.text)
        if not self.page.file:  # a notebook's text cell, whose values nobody computes
            return f'<span class="press-error">no check here: {html.escape(mark.text)}</span>'
        return self.value(mark, self.text_of(mark, index, block))

    def plain(self, text: str, block: Block) -> str:
        """Alt text with its checked values as bare text."""
        return replace_marks(text, lambda mark: self.text_of(mark, block.first, block))

    def text_of(self, mark: Mark, index: int, block: Block | None) -> str:
        """What the code says for a value; what the page says if it did not run."""
        for value in self.page.values:
            here = value.line == index and value.in_block is block
            if here and (value.text, value.expression) == (mark.text, mark.expression):
                record: Record = self.run.of(value) or {}
                return str(record.get("text", mark.text))
        return mark.text

    def value(self, mark: Mark, given: str) -> str:
        shown = self.shown(given)
        title = html.escape(mark.expression, quote=True)
        if same(mark.text, given):
            return f'<span class="value" title="{title}">{shown}</span>'
        note = f"page says {html.escape(mark.text)}, code says {html.escape(given)}"
        return (
            f'<span class="value differs" title="{title}">{shown} '
            f'<span class="differs-note">({note})</span></span>'
        )

    def shown(self, text: str) -> str:
        """HTML of a value's text: one formula, or plain text."""
        marks, _ = find_marks(text)
        if len(marks) == 1 and marks[0].kind == "formula" and marks[0].end == len(text):
            return self.formula(marks[0].text)
        return html.escape(re.sub(r"\\([^\w\s])", r"\1", text))

    def formula(self, latex: str, display: bool = False) -> str:
        try:
            mathml = math.render(latex, display)
        except ValueError as error:  # the check has told it; while writing, the page shows it
            return f'<span class="press-error">{html.escape(str(error))}</span>'
        if not display:
            return mathml
        return f'<div class="math" role="group" aria-label="formula" tabindex="0">{mathml}</div>'


def _folded(code: str, title: str) -> str:
    # plain: colours would weigh eight times the text on a page that few open
    shown = f'<div class="highlight"><pre><code>{html.escape(code)}</code></pre></div>'
    return f'<details class="code"><summary>{title}</summary>{shown}</details>'
