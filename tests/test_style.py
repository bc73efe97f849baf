"""The book's prose follows its rules; every hit is listed in one run."""

from pathlib import Path

import pytest
from style_rules import RULES, bare_numbers

from scaling_core.book.check import pages_of
from scaling_core.book.scan import Page, scan, scan_text

ROOT = Path(__file__).parents[1]
ALLOWED = Path(__file__).parent / "data" / "allowed_numbers.txt"
PAGES = [scan(path, ROOT) for path in pages_of(ROOT)]


def findings(pages: list[Page]) -> list[str]:
    return [
        f"{page.file}:{page.lines[index].number if page.lines else 1}: {message}"
        for page in pages
        for rule in RULES
        for index, message in rule(page)
    ]


def test_prose_follows_the_rules() -> None:
    found = findings(PAGES)
    assert not found, "\n" + "\n".join(found)


def test_numbers_in_prose_are_checked_values() -> None:
    allowed = [line.split(" | ") for line in ALLOWED.read_text("utf-8").splitlines() if line]
    assert len(allowed) <= 40, "the list of exceptions is for exceptions"
    assert all(len(row) == 3 and row[2].strip() for row in allowed), "page | text | reason"
    used, found = set(), []
    for page in PAGES:
        for index, message in bare_numbers(page):
            line = page.lines[index]
            for number, (file, text, _) in enumerate(allowed):
                if file == page.file and text in line.text:
                    used.add(number)
                    break
            else:
                found.append(f"{line.file}:{line.number}: {message}")
    assert not found, "\n" + "\n".join(found)
    stale = [" | ".join(row) for number, row in enumerate(allowed) if number not in used]
    assert not stale, f"exceptions that no page needs any more: {stale}"


HEAD = "---\ntitle: T\ndescription: D\n---\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# T\n\nThe the law.", "doubled word"),
        ("# T\n\nIt runs at 3 TFLOPS.", "FLOP is a count"),
        ("# T\n\nIt costs 1e21 FLOPs.", "FLOP is a count"),
        ("# T\n\nSee [here](x.md).", "name the target"),
        ("# T\n\nIt falls. Then it stops.", "one sentence per line"),
        ("# T\n\n### Deep", "jumps from level 1 to 3"),
        ("# T\n\n# U", "one title"),
        ("Text.", "begins with a title"),
        ("# T\n\nA seamless flow.", "say what it does"),
        ("# T\n\nWith Numpy.", "as its owners do"),
    ],
)
def test_each_rule_fires(text: str, message: str) -> None:
    page = scan_text(HEAD + text, "docs/x.md", ROOT)
    assert any(message in found for found in findings([page]))


@pytest.mark.parametrize(
    "text",
    [
        "# T\n\nIt uses `FLOPS` as a name, $10^{21}$ FLOP and 3 TFLOP/s.",
        "# T\n\nHoffmann et al. Then e.g. This stays on one line.",
        "# T\n\n```text\n# no heading. No sentence.\n```",
    ],
)
def test_rules_leave_right_text_alone(text: str) -> None:
    assert findings([scan_text(HEAD + text, "docs/x.md", ROOT)]) == []


@pytest.mark.parametrize("number", ["70B", "1.4T", "12 %", "5%", "0.076", "1e23", "3.15e23"])
def test_a_typed_number_is_found(number: str) -> None:
    page = scan_text(f"# T\n\nIt has {number} of them.", "docs/x.md", ROOT)
    assert [message for _, message in bare_numbers(page)], number


@pytest.mark.parametrize(
    "text", ["section 6.7", "in 2020", "arXiv 2203.15556", "[1B]{= human(N) }"]
)
def test_years_sections_and_checked_values_are_no_bare_numbers(text: str) -> None:
    page = scan_text(f"# T\n\nSee {text}.", "docs/x.md", ROOT)
    assert list(bare_numbers(page)) == []
