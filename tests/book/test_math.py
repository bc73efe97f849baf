"""Formulas: what Temml must get right, how bad LaTeX reads, and that the engine never lingers."""

import hashlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scaling_core.book import math
from scaling_core.book.source import write_atomically


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(math, "CACHE", tmp_path / "math")
    math.render.cache_clear()
    yield tmp_path / "math"
    math.close()


def words(mathml):
    return "".join(ElementTree.fromstring(mathml).itertext())


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        pytest.param(r"L = E + \frac{A}{N^\alpha}", "L=E+AN\u03b1", id="fractions keep parts"),
        pytest.param(r"2.9 \times 10^{10}", "2.9\u00d71010", id="a decimal is one number"),
        pytest.param(r"\text{95\% of } \mathbb{E}", "95% of \U0001d53c", id="words stay words"),
        pytest.param(r"x \mid y < 3", "x|y<3", id="the less-than sign is escaped"),
    ],
)
def test_a_formula_becomes_well_formed_mathml_with_its_symbols(latex, text):
    mathml = math.render(latex)
    assert mathml.startswith('<math translate="no">')
    assert words(mathml).replace("\u00a0", " ") == text


def test_aligned_lines_become_rows_and_a_tag_its_own_cell():
    mathml = math.render(r"\begin{aligned} a &= b \\ c &= d \end{aligned} \tag{7}", display=True)
    rows = ElementTree.fromstring(mathml).findall(".//mtable//mtable/mtr")
    assert ["".join(row.itertext()) for row in rows] == ["a=b", "c=d"]
    assert "(7)" in words(mathml)


def test_display_and_inline_differ_and_do_not_share_a_cache_entry():
    assert 'display="block"' not in math.render("x")
    assert 'display="block"' in math.render("x", display=True)


@pytest.mark.parametrize(
    ("latex", "reason"),
    [
        (r"\frac{a}{b", "Unexpected end of input"),
        (r"\fracc{a}{b}", r"Unsupported function name: \fracc at position 1"),
        ("a & b", "got '&' at position 3"),
        (r"\def\x{\x}\x", "Too many expansions"),
        (r"\small x", "invalid in math mode"),
        ("é", "Accented Unicode"),
        (r"\href{https://example.org}{x}", "Unsupported function name"),
    ],
)
def test_bad_latex_quotes_the_formula_and_the_reason(latex, reason, own_cache):
    with pytest.raises(ValueError, match=re.escape(reason)) as error:
        math.render(latex)
    assert f"${latex}$" in str(error.value)
    assert "\n" not in str(error.value)
    assert not list(own_cache.glob("*")), "an error must not be cached"


@pytest.mark.parametrize("latex", ["", "  \n"])
def test_an_empty_formula_is_an_error(latex):
    with pytest.raises(ValueError, match="empty"):
        math.render(latex)


def test_a_macro_does_not_leak_into_the_next_formula():
    assert words(math.render(r"\gdef\R{5}\R")) == "5"
    with pytest.raises(ValueError, match=r"\\R"):
        math.render(r"\R")


def test_a_cached_formula_needs_no_engine(monkeypatch):
    first = math.render(r"\sqrt{N}")
    math.close()
    monkeypatch.setattr(math, "MiniRacer", None)  # starting one would be a TypeError
    assert math.render(r"\sqrt{N}") == first
    with pytest.raises(TypeError):
        math.render(r"\sqrt{D}")


def test_the_same_formula_gives_the_same_text_from_a_fresh_engine(own_cache):
    formula = r"\begin{aligned} G &= \left(\frac{\alpha A}{\beta B}\right)^{1/2} \end{aligned}"
    first = math.render(formula, display=True)
    math.close()
    for path in own_cache.iterdir():
        path.unlink()
    assert math.render(formula, display=True) == first


def test_an_upgrade_of_temml_does_not_serve_old_mathml(monkeypatch, own_cache):
    math.render("x")
    math.render.cache_clear()  # as in another process
    monkeypatch.setattr(math, "_engine_hash", lambda: "another version")
    math.render("x")
    assert len(list(own_cache.glob("*.html"))) == 2


def test_writers_at_the_same_time_leave_whole_files_only(own_cache):
    text = math.render("x") * 1000
    path = own_cache / "shared.html"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: write_atomically(path, text), range(64)))
    assert path.read_text(encoding="utf-8") == text
    assert not [file for file in own_cache.iterdir() if file.suffix != ".html"]


def test_a_process_that_set_one_formula_ends_by_itself(tmp_path):
    # An engine that is still alive at exit hangs the interpreter.
    code = (
        "import pathlib, sys; from scaling_core.book import math;"
        "math.CACHE = pathlib.Path(sys.argv[1]); print(math.render('x'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "fresh")],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert "<mi>x</mi>" in done.stdout


def test_the_vendored_file_is_the_one_that_the_notice_names():
    notice = (math.VENDOR / "NOTICE").read_text(encoding="utf-8")
    digest = hashlib.sha256(Path(math.VENDOR / "temml.min.js").read_bytes()).hexdigest()
    assert digest in notice
    version = re.search(r"Temml (\d+\.\d+\.\d+)", notice)
    assert version
    assert f'version="{version[1]}"' in math._temml() or f'"{version[1]}"' in math._temml()
    assert "Permission is hereby granted" in notice
