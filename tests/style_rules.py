"""Rules of prose that a script can hold without false alarms; each yields (line index, message).

They look at prose alone: fences, inline code, formulas, checked values, citations, addresses and
comments are blanked out first. Tried and dropped: bans of *simply* or *clearly* (half the hits are
right), of *above* and *below* (mostly clear where they stand), readability scores (they punish
formulas and names).
"""

import re
from collections.abc import Callable, Iterator

from scaling_core.book.marks import CODE_SPAN, COMMENT, replace_marks
from scaling_core.book.scan import Page

Finding = tuple[int, str]
Rule = Callable[[Page], Iterator[Finding]]

DOUBLED = re.compile(r"\b(the|a|an|of|to|is|be|we|in|and|for|on) \1\b", re.IGNORECASE)
UNITS = re.compile(r"\bFLOPS\b|\bFLOPs/s\b|\b[KMGTPE]FLOP[sS]\b|\b[\d.]+(?:e\d+)?\s?FLOPs\b")
LINK_TEXT = re.compile(r"\[(here|this|link|click here|this link|this page)\]\(", re.IGNORECASE)
HYPE = re.compile(
    r"\b(groundbreaking|revolutionary|game.changer|cutting.edge|seamless(?:ly)?|blazing)\b"
    r"|\bit is easy to see\b|\bit is important to note\b",
    re.IGNORECASE,
)
SPELLING = re.compile(r"\b(Numpy|Github|Pytorch|Matplotlib|PyTest|Javascript|Mkdocs)\b")
SENTENCE = re.compile(r"[a-z)\]”\"]([.?!]) (?=[A-Z][a-z])")
ABBREVIATIONS = re.compile(r"\b(e\.g|i\.e|Eq|Eqs|Fig|Sec|App|al|vs|approx|No|cf|etc)\.$")
NUMBER = re.compile(
    r"(?<![\w.])(\d[\d,]*\.\d+|\d[\d.,]*\s?%|\d[\d.,]*\s?[KMBT](?=\W|$)|\d(?:\.\d+)?e[+-]?\d+)"
)
PLACE = r"(?:[Ss]ections?|Eqs?\.|Secs?\.|Figs?\.|App\.|Tables?)"  # in a paper
LOCI = rf"\b{PLACE} ([A-Z]?\.?\d+(\.\d+)*(, | and | to |-)?)+"
NOT_NUMBERS = re.compile(LOCI + r"|\bCC BY \d\.\d|\b\d{4}\.\d{4,5}\b|\bPython 3\.\d+")


def prose(page: Page) -> Iterator[tuple[int, str]]:
    """(line index, text) of a page's prose with everything that is no prose blanked out."""
    hidden = page.fenced()
    hidden |= {i for f in page.formulas if f.display for i in range(f.first, f.last + 1)}
    for index, line in enumerate(page.lines):
        if index in hidden:
            continue
        text = replace_marks(line.text, lambda _: "~")
        text = COMMENT.sub("", CODE_SPAN.sub("~", text))
        yield index, re.sub(r"\]\([^)]*\)|\{[#:.][^}]*\}", "]", text)


def _each(pattern: re.Pattern[str], message: str) -> Rule:
    def rule(page: Page) -> Iterator[Finding]:
        for index, text in prose(page):
            for match in pattern.finditer(text):
                yield index, message.format(match[0])

    rule.__name__ = message
    return rule


def link_texts(page: Page) -> Iterator[Finding]:
    """A link names its target: lists of links are read without the text around them."""
    for index, line in enumerate(page.lines):
        if match := LINK_TEXT.search(line.text):
            yield index, f"link text {match[1]!r}: name the target"


def one_sentence_a_line(page: Page) -> Iterator[Finding]:
    """A pull request then shows the sentence that changed."""
    for index, text in prose(page):
        if text.lstrip().startswith(("|", "#", "///", ">", "*[")):
            continue
        for match in SENTENCE.finditer(text):
            if not ABBREVIATIONS.search(text[: match.start(1) + 1]):
                around = text[max(0, match.start() - 20) : match.end() + 15]
                yield index, f"one sentence per line: ...{around}..."


def headings(page: Page) -> Iterator[Finding]:
    """One title, and no level is skipped."""
    fenced = page.fenced()
    level = 0
    for index, line in enumerate(page.lines):
        match = re.match(r"(#+) ", line.text)
        if not match or index in fenced:
            continue
        depth = len(match[1])
        if depth > level + 1:
            yield index, f"heading jumps from level {level} to {depth}"
        if depth == 1 and level:
            yield index, "a page has one title"
        level = depth
    if level == 0:
        yield 0, "a page begins with a title: # ..."


def front_matter(page: Page) -> Iterator[Finding]:
    """What the head line, the search engines and the indexes need."""
    for key in ("title", "description"):
        if not page.meta.get(key):
            yield 0, f"front matter lacks {key}"
    is_chapter = page.file.startswith("docs/6-7/") and not page.file.endswith("index.md")
    if is_chapter and page.meta.get("level") not in (1, 2, 3, 4, 5):
        yield 0, "front matter lacks level (1 to 5)"
    if len(page.meta.get("needs") or []) > 3:
        yield 0, "needs: at most three pages"


def covered(page: Page) -> Iterator[Finding]:
    """What a page says it covers stands there: 60 words, a formula or a block under the anchor."""
    covers = page.meta.get("covers") or {}
    pairs = covers.items() if isinstance(covers, dict) else ((item, "") for item in covers)
    fenced = page.fenced()
    for item, anchor in pairs:
        if not anchor:  # a problem page covers an item as a whole
            continue
        name = anchor.lstrip("#")
        starts = [i for i, line in enumerate(page.lines) if f"#{name}}}" in line.text]
        starts += [b.first for b in page.blocks if b.options.get("id") == name]
        if not starts:
            yield 0, f"covers {item}: there is no {anchor} on the page"
            continue
        start = starts[0]
        following = (
            i for i, line in enumerate(page.lines) if i > start and re.match(r"#+ .*", line.text)
        )
        end = next((i for i in following if i not in fenced), len(page.lines))
        words = sum(len(text.split()) for i, text in prose(page) if start <= i < end)
        formula = any(start <= f.first < end for f in page.formulas if f.display)
        block = any(start <= b.first < end for b in page.blocks)
        if words < 60 and not formula and not block:
            yield start, f"covers {item}: under {anchor} stand only {words} words"


def bare_numbers(page: Page) -> Iterator[Finding]:
    """Numbers that could be computed but are typed."""
    for index, text in prose(page):
        if text.lstrip().startswith("|") and "[@" in page.lines[index].text:
            continue  # a row of a table with its source
        if text.startswith("/// mistake"):
            continue  # the claim, as it is often made
        for match in NUMBER.finditer(NOT_NUMBERS.sub("~", text)):
            yield index, f"bare number {match[0]}: write it as a checked value"


RULES: list[Rule] = [
    _each(DOUBLED, "doubled word: {0}"),
    _each(UNITS, "{0}: FLOP is a count, FLOP/s a rate"),
    _each(HYPE, "{0}: say what it does"),
    _each(SPELLING, "{0}: spell the name as its owners do"),
    link_texts,
    one_sentence_a_line,
    headings,
    front_matter,
    covered,
]
