"""Marks inside one line: what opens and closes a value, a formula, a citation."""

import pytest

from scaling_core.book.marks import find_marks

FOUND = [
    # (id: why, line, what stands in it)
    ("a value", "so [29.4B]{= human(N) } of", [("value", "29.4B", "human(N)")]),
    ("several values", "[1]{=a}, [2]{= b}", [("value", "1", "a"), ("value", "2", "b")]),
    ("no text yet", "[]{= x }", [("value", "", "x")]),
    ("brackets in the text", "[in [a] b]{= x }", [("value", "in [a] b", "x")]),
    ("a link is not part of it", "[a](b.md) [1]{= x }", [("value", "1", "x")]),
    ("braces of an f-string", '[1]{= f"{x:.{n}f}" } }', [("value", "1", 'f"{x:.{n}f}"')]),
    ("a brace in a string", '[1]{= d["}"] }', [("value", "1", 'd["}"]')]),
    ("a dictionary", "[1]{= {1: 2}[1] }", [("value", "1", "{1: 2}[1]")]),
    ("quotes of both kinds", "[1]{= d['a'][\"b\"] }", [("value", "1", "d['a'][\"b\"]")]),
    ("a formula as text", r"[$2 \times 3$]{= tex(x) }", [("value", r"$2 \times 3$", "tex(x)")]),
    ("escaped money as text", r"[\$2.3M]{= usd(x) }", [("value", r"\$2.3M", "usd(x)")]),
    ("dollars in an expression", '[1]{= d["$a$"] }', [("value", "1", 'd["$a$"]')]),
    ("a formula", "where $6ND$ is", [("formula", "6ND", "")]),
    ("two formulas", "$N$ and $D$", [("formula", "N", ""), ("formula", "D", "")]),
    ("a formula of one escape", r"$\%$", [("formula", r"\%", "")]),
    ("a formula that ends with an escape", r"$95\%$ of", [("formula", r"95\%", "")]),
    ("a dollar sign inside", r"$\text{\$} x$", [("formula", r"\text{\$} x", "")]),
    ("blanks inside", "$a + b$", [("formula", "a + b", "")]),
    ("prices are no formula", "from $5 to $6 a run", []),
    ("a price range is none", "$5-$6", []),
    ("a citation", "as [@key] shows", [("citation", "key", "")]),
    ("a place", "[@key, Table 3]", [("citation", "key, Table 3", "")]),
    ("several works", "[@a; @b, p. 2]", [("citation", "a; @b, p. 2", "")]),
    ("code is no mark", "`[1]{= x }` `$x$` `[@a]`", []),
    ("nor is a double code span", "``a ` [1]{= x }``", []),
    ("nor a comment", "<!-- [1]{= x } -->", []),
    ("a lone backtick hides nothing", "a ` b [1]{= x }", [("value", "1", "x")]),
]


@pytest.mark.parametrize(("line", "marks"), [f[1:] for f in FOUND], ids=[f[0] for f in FOUND])
def test_found(line, marks):
    found, messages = find_marks(line)
    assert [(m.kind, m.text, m.expression) for m in found] == marks
    assert messages == []


@pytest.mark.parametrize("line", [f[1] for f in FOUND if f[2]])
def test_columns_cut_the_marks_out(line):
    for mark in find_marks(line)[0]:
        inner = {"value": f"[{mark.text}]{{=", "formula": f"${mark.text}$"}
        assert line[mark.start : mark.end].startswith(inner.get(mark.kind, f"[@{mark.text}]"))


@pytest.mark.parametrize(
    "line",
    [
        "[1]{= x",
        "1]{= x }",
        "[1]{= 1 + }",
        "{= x }",
        "[1] { = x }",
        "$a b",
        "a $ b",
        "x $$y$$",
        "[@a",
    ],
)
def test_what_looks_like_a_mark_but_is_none_is_told(line):
    marks, messages = find_marks(line)
    assert marks == []
    assert messages


def test_a_message_does_not_hide_the_marks_around_it():
    marks, messages = find_marks("[1]{= a } [2]{= b = } [3]{= c }")
    assert [m.text for m in marks] == ["1", "3"]
    assert messages == [
        "'{= b = } [3]{= c }': a checked value is written [29.4B]{= expression }, on one line"
    ]
