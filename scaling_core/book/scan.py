"""Find what a page says that can be checked: code blocks, expected outputs, values in prose.

A page is Markdown with optional YAML front matter. Snippet lines (`--8<-- "file.py:section"`) are
expanded first, so that what runs is what the reader sees. Nothing is raised for a faulty page:
`Page.problems` collects all that is wrong, so that one run shows everything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from doctest import DocTestParser
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from scaling_core.book.marks import find_marks
from scaling_core.book.source import Line, Problem, expand, front_matter

EXECUTABLE = {"python", "pycon", "output"}
OPTIONS = {
    "python": {"alt", "caption", "id", "raises", "render", "run", "title"},
    "pycon": {"title"},
    "output": set[str](),
}
FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*(\w*)(.*)")
MISSPELT = re.compile(r"\W*(i?py|doctest|output)", re.IGNORECASE)  # {.python}, Python, py3
OTHER = re.compile(r'[\w#.+-]*(\s+\w+="[^"]*")*')  # what superfences reads after the ticks
OPTION = re.compile(r'\s*(\w+)="([^"]*)"')
EXPLICIT_ID = re.compile(r"\{[^}\n]*#([\w:.-]+)[^}\n]*\}\s*$")


@dataclass
class Block:
    """A top-level fenced block, from its opening fence (line index `first`) to its closing one."""

    language: str
    options: dict[str, str]
    first: int
    last: int
    code: str

    @property
    def runs(self) -> bool:
        """True if the build runs it."""
        return self.language in ("python", "pycon") and self.options.get("run") != "no"

    @property
    def is_figure(self) -> bool:
        """True if an option of figures is given, even if others are missing."""
        return bool(self.options.keys() & {"alt", "caption", "id"})


@dataclass
class Value:
    """`[text]{= expression }` on line index `line`, columns `start` to `end`."""

    text: str
    expression: str
    line: int
    start: int
    end: int
    in_block: Block | None = None  # the figure in whose alt text or caption it stands


@dataclass(frozen=True)
class Formula:
    """LaTeX of a formula on the lines `first` to `last`."""

    latex: str
    first: int
    last: int
    display: bool = True


@dataclass
class Page:
    """Everything the press knows about one page before it runs."""

    file: str
    meta: dict[str, Any] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    formulas: list[Formula] = field(default_factory=list)
    citations: list[tuple[str, int]] = field(default_factory=list)  # inside of [@...], line index
    problems: list[Problem] = field(default_factory=list)
    body: str = ""

    @property
    def is_problem(self) -> bool:
        """True for a practice problem, whose question stands above its code."""
        return self.meta.get("practice") == "problem"

    def fenced(self) -> set[int]:
        """Indices of all lines that belong to a block, its fences included."""
        return {i for block in self.blocks for i in range(block.first, block.last + 1)}

    def complain(self, index: int, message: str) -> None:
        """Add a problem at the source of line `index`."""
        line = self.lines[min(index, len(self.lines) - 1)] if self.lines else Line("", self.file, 1)
        self.problems.append(Problem(line.file, line.number, message))

    def output_of(self, block: Block) -> Block | None:
        """The `output` block of a block: the next one, with only blank lines between."""
        following = next((b for b in self.blocks if b.first > block.last), None)
        if following is None or following.language != "output":
            return None
        between = self.lines[block.last + 1 : following.first]
        return following if all(not line.text.strip() for line in between) else None


def scan(path: Path, root: Path) -> Page:
    """Read one page of the book. A file that is no UTF-8 is a problem of the page, not a crash."""
    file = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        byte = data[error.start]
        message = f"not UTF-8 (byte 0x{byte:02x}); save the file as UTF-8"
        return Page(file, problems=[Problem(file, line, message)])
    return scan_text(text, file, root / "snippets")


def scan_text(text: str, file: str, snippets: Path) -> Page:
    """Scan a page's source text; `file` is only used in messages."""
    page = Page(file)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    page.meta, page.body, offset = front_matter(text, file, page.problems)
    page.lines = list(expand(page.body, offset, file, snippets, page.problems))
    _find_blocks(page)
    _find_marks(page)
    _check_ids(page)
    return page


def _find_blocks(page: Page) -> None:
    texts = [line.text for line in page.lines]
    covered: set[int] = set()
    for token in MarkdownIt("commonmark").parse("\n".join(texts)):
        if token.type != "fence" or token.map is None:
            continue
        first, last = token.map[0], token.map[1] - 1
        info = token.info.strip()
        language = info.split()[0] if info else ""
        if token.level > 0 or texts[first][:1] in (" ", "\t"):  # in a list, a quotation, indented
            if language in EXECUTABLE:
                page.complain(first, f"a {language} block must not be indented: it would not run")
                covered.add(first)
            continue
        covered.update(range(first, last + 1))
        inner = [text for text in texts[first + 1 : last] if text.startswith(token.markup)]
        if last == first or texts[last].rstrip() != token.markup or inner:
            page.complain(first, f"this block is never closed by a line {token.markup}")
            continue
        if language not in EXECUTABLE and MISSPELT.match(language):
            page.complain(first, f"no block is called {language!r}: write python, pycon or output")
        elif language not in EXECUTABLE and not OTHER.fullmatch(info):
            page.complain(first, f'block options {info!r}: write {token.markup}text key="value"')
        block = Block(language, {}, first, last, "\n".join(texts[first + 1 : last]))
        if language in EXECUTABLE:
            block.options = _options(page, block, info[len(language) :])
            _check_options(page, block)
        page.blocks.append(block)
    for block in page.blocks:
        if block.options.get("run") == "no" and (output := page.output_of(block)):
            page.complain(output.first, "output of a block that does not run is not checked")
    for index, text in enumerate(texts):
        if index in covered:
            continue
        match = FENCE.match(text)
        if match and match[3] in EXECUTABLE:
            where = "indented" if match[1] else "inside HTML or a comment"
            where = "given options with a backtick" if "`" in match[4] else where
            page.complain(index, f"a {match[3]} block must not be {where}: it would not run")
        if re.match(r"^(!!!|\?\?\?\+?|===)\s", text):
            page.complain(index, f"write {text.split()[0]} as a /// block: it hides fences")


def _options(page: Page, block: Block, rest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    while rest.strip():
        match = OPTION.match(rest)
        if not match:
            page.complain(block.first, f'block option {rest.strip()!r}: expected key="value"')
            break
        key, value = match[1], match[2]
        if key not in OPTIONS[block.language]:
            known = ", ".join(sorted(OPTIONS[block.language])) or "none"
            page.complain(block.first, f"unknown block option {key!r} (known: {known})")
        if key in found:
            page.complain(block.first, f"block option {key!r} is given twice")
        found[key] = value
        rest = rest[match.end() :]
    return found


def _check_options(page: Page, block: Block) -> None:
    options = block.options
    if block.is_figure:
        for key in ("alt", "caption", "id"):
            if not options.get(key):
                page.complain(block.first, f"a figure needs alt, caption and id: {key} is missing")
        alt, caption = options.get("alt", ""), options.get("caption", "")
        if alt and not 40 <= len(alt) <= 500:
            page.complain(block.first, f"alt text has {len(alt)} characters, wanted 40 to 500")
        if re.match(r"(?i)(an? )?(image|figure|chart|plot|graph|picture) (of|showing)", alt):
            page.complain(block.first, "alt text says what is seen: do not begin with 'figure of'")
        if alt and alt == caption:
            page.complain(block.first, "alt text and caption are the same")
        if options.get("id") and not re.fullmatch(r"[a-z][a-z0-9-]*", options["id"]):
            page.complain(block.first, f"id {options['id']!r}: use lower-case words and hyphens")
    if block.language == "pycon":
        try:
            if not DocTestParser().get_examples(block.code):
                page.complain(block.first, "no line of this console begins with >>>")
        except ValueError as error:  # `line 3 of the docstring for <string> lacks blank ...`
            number, _, reason = re.sub(r"^line (\d+) of the .*?> ", r"\1 ", str(error)).partition(
                " "
            )
            page.complain(block.first + int(number), f"this console {reason}")
    if not options.get("raises", "Error").isidentifier():
        page.complain(block.first, f'raises="{options["raises"]}": name one exception')
    if options.get("render", "markdown") != "markdown":
        page.complain(block.first, 'the only choice is render="markdown": print a table')
    if "run" in options:
        if options["run"] != "no":
            page.complain(block.first, f'run="{options["run"]}": the only choice is run="no"')
        elif not block.code.lstrip().startswith("#"):
            page.complain(block.first, 'run="no" needs its reason in a comment on the first line')
        elif block.is_figure:
            page.complain(block.first, 'a figure is drawn at every build: run="no" is not for it')


def _find_marks(page: Page) -> None:
    inside: dict[int, Block] = {}
    for block in page.blocks:
        inside.update(dict.fromkeys(range(block.first, block.last + 1), block))
    display = _find_display_formulas(page, inside)
    for index, line in enumerate(page.lines):
        owner = inside.get(index)
        if index in display or (owner and not (index == owner.first and owner.is_figure)):
            continue
        marks, messages = find_marks(line.text)
        for message in messages:
            page.complain(index, message)
        for mark in marks:
            if mark.kind == "formula":
                page.formulas.append(Formula(mark.text, index, index, display=False))
            elif mark.kind == "citation":
                page.citations.append((mark.text, index))
            else:
                value = Value(mark.text, mark.expression, index, mark.start, mark.end, owner)
                page.values.append(value)
                if line.text.lstrip().startswith("|") and "|" in mark.expression + mark.text:
                    page.complain(index, "a checked value in a table must not contain |")


def _find_display_formulas(page: Page, inside: dict[int, Block]) -> set[int]:
    """Formulas between two lines `$$` (or on one line `$$ ... $$`); returns their line indices."""
    covered: set[int] = set()
    opened: int | None = None
    for index, line in enumerate(page.lines):
        text = line.text.strip()
        if index in inside:
            continue
        if opened is None and len(text) > 4 and text.startswith("$$") and text.endswith("$$"):
            page.formulas.append(Formula(text[2:-2].strip(), index, index))
            covered.add(index)
        elif text == "$$" and opened is None:
            opened = index
        elif text == "$$" and opened is not None:
            latex = "\n".join(each.text for each in page.lines[opened + 1 : index]).strip()
            page.formulas.append(Formula(latex, opened, index))
            covered.update(range(opened, index + 1))
            opened = None
    if opened is not None:
        page.complain(opened, "this formula is never closed by a line $$")
    return covered


def _check_ids(page: Page) -> None:
    seen: dict[str, int] = {}
    covered = page.fenced()
    ids = [(b.options["id"], b.first) for b in page.blocks if b.options.get("id")]
    for index, line in enumerate(page.lines):
        if index not in covered and line.text.startswith("#"):
            ids += [(match[1], index) for match in [EXPLICIT_ID.search(line.text)] if match]
    for name, index in sorted(ids, key=lambda pair: pair[1]):
        if name in seen:
            page.complain(index, f"id {name!r} stands on this page already")
        seen[name] = index
