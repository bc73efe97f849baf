"""Colours that everybody can read, and a math font that holds what formulas need."""

import hashlib
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from book.math_glyphs import glyphs
from scaling_core.book import math

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "docs" / "assets"
SCHEME = (ASSETS / "scheme.css").read_text(encoding="utf-8")
BOOK = (ASSETS / "book.css").read_text(encoding="utf-8")
FONT = ASSETS / "fonts" / "book-math.woff2"
KINDS = ["takeaway", "quiz", "mistake", "warning", "tip", "note", "interview"]
TEXT = ["fg", "muted", "link", "hover", *KINDS]
CODE = ["keyword", "string", "number", "function", "constant", "quiet"]
CURVES = [f"--fig-c{i}" for i in range(6)]


def colours(name):
    """Colours of the block whose first comment is `name`: paper or night."""
    block = SCHEME.split(f"/* {name} */")[1].split("}")[0]
    return dict(re.findall(r"(--(?:book|fig)-[\w-]+): (#[0-9a-f]{6,8});", block))


@pytest.fixture(params=["paper", "night"])
def scheme(request):
    return colours(request.param)


def linear(colour):
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """Contrast ratio as WCAG 2 defines it."""
    dark, light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_has_the_contrast_that_the_standard_says():
    assert contrast("#000000", "#ffffff") == pytest.approx(21, rel=1e-12)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)  # the well-known grey


def test_both_schemes_name_the_same_colours():
    assert colours("paper").keys() == colours("night").keys()
    assert len(colours("paper")) > 30


@pytest.mark.parametrize("ground", ["bg", "surface"])
@pytest.mark.parametrize("name", [*TEXT, *(f"code-{c}" for c in CODE)])
def test_text_has_a_contrast_of_4_5(scheme, name, ground):
    assert contrast(scheme[f"--book-{name}"], scheme[f"--book-{ground}"]) >= 4.5


def test_text_on_a_highlight_has_a_contrast_of_4_5(scheme):
    assert contrast(scheme["--book-fg"], scheme["--book-mark"]) >= 4.5


def test_parts_that_are_no_text_have_a_contrast_of_3(scheme):
    assert contrast(scheme["--book-faint"], scheme["--book-bg"]) >= 3


def test_curves_and_their_labels_have_a_contrast_of_4_5(scheme):
    for name in [*CURVES, "--fig-fg", "--fig-muted"]:
        assert contrast(scheme[name], scheme["--fig-bg"]) >= 4.5, name
    assert scheme["--fig-bg"] == scheme["--book-bg"]


# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
SIGHT = {
    "full": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


@pytest.mark.parametrize("sight", SIGHT)
def test_curves_stay_apart_for_every_kind_of_colour_sight(scheme, sight):
    # Distance in Oklab; 0.02 is about the least that is seen side by side. Dashes differ as well.
    seen = [np.clip(np.array(SIGHT[sight]) @ linear(scheme[name]), 0, 1) for name in CURVES]
    places = [TO_OKLAB @ np.cbrt(TO_CONES @ colour) for colour in seen]
    gaps = [np.linalg.norm(a - b) for a, b in itertools.combinations(places, 2)]
    assert min(gaps) >= 0.06


def test_every_colour_that_is_used_is_named_and_the_other_way_round():
    used = set(re.findall(r"var\((--book-[\w-]+)", SCHEME + BOOK))
    named = {name for name in colours("paper") if name.startswith("--book-")}
    faces = {"--book-serif", "--book-sans"}
    assert used == named | faces


def test_style_sheets_load_nothing_from_elsewhere_and_name_no_colour_of_their_own():
    for text in (SCHEME, BOOK):
        assert not re.search(r"url\(\"?(?:https?:)?//|@import", text)
    assert not re.search(r"#[0-9a-f]{3,8}\b(?![^{]*\{)", re.sub(r'url\("[^"]*"\)', "", BOOK))


def listed():
    """Code points of the glyph list."""
    found = set()
    for line in (FONT.parent / "book-math-glyphs.txt").read_text(encoding="utf-8").splitlines():
        spec = line.split("#")[0].strip()
        if spec:
            first, _, last = spec.partition("-")
            found.update(range(int(first, 16), int(last or first, 16) + 1))
    return found


def test_the_font_holds_just_the_listed_characters_under_its_own_name_and_licence():
    font = TTFont(FONT)
    assert set(font.getBestCmap()) == listed()
    assert "MATH" in font  # without this table no formula is laid out well
    names = {record.nameID: str(record) for record in font["name"].names}
    assert names[1] == "Book Math"
    assert "STIX" in names[0]
    assert "scripts.sil.org/OFL" in names[14]
    assert "SIL OPEN FONT LICENSE" in (FONT.parent / "OFL.txt").read_text(encoding="utf-8")


def test_fonts_weigh_at_most_75_kb_and_the_notice_names_the_file():
    files = [
        path for path in ASSETS.rglob("*") if path.suffix in (".woff2", ".woff", ".otf", ".ttf")
    ]
    assert files == [FONT]
    assert FONT.stat().st_size <= 72_000
    notice = (math.VENDOR / "NOTICE").read_text(encoding="utf-8")
    assert hashlib.sha256(FONT.read_bytes()).hexdigest() in notice


@pytest.mark.parametrize(
    "latex",
    [
        r"L(N, D) = E + \frac{A}{N^\alpha} + \frac{B}{D^\beta}",
        r"\hat{L} - \bar{x} \pm \sqrt{\sigma^2 / n} \approx \tilde{\theta}' \ll \vec{v}",
        r"\mathbb{E}[\log p_\theta(x \mid y)] \le \mathcal{L} \; \forall \epsilon > 0",
        r"\sum_{i=1}^{n} \int_0^\infty \left\lvert \frac{\partial f}{\partial x} \right\rvert dx",
        r"\begin{cases} U & D \le U \\ U(1 + R^*) & \text{else (no “new” data)} \end{cases}",
        r"N^\star \propto C^{a}, \quad \lfloor h \rfloor \in \mathbb{N}, \; \nabla f \to \ell_2",
        r"\overbrace{a+b}^{2} \implies \langle \varphi, \Phi \rangle \ne \emptyset \iff \Omega(n)",
    ],
)
def test_the_font_has_each_character_of_the_formulas_that_books_like_this_use(latex):
    assert glyphs(math.render(latex, display=True)) - listed() == set()


def test_a_lone_letter_is_looked_up_in_math_italic():
    mathml = "<math><mi>h</mi><mi>x</mi><mi>β</mi><mi>Γ</mi><mi>log</mi><mn>2</mn></math>"
    wanted = "hxβΓlog2" + "\u210e\U0001d465\U0001d6fd\U0001d6e4"
    assert glyphs(mathml) == {ord(char) for char in wanted}
