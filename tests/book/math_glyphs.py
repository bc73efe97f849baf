"""Which characters of a font a page's formulas need."""

import re
from html import unescape

MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)
LONE = re.compile(r"<mi(?![^>]*mathvariant)[^>]*>(.)</mi>")
ITALIC = {"h": 0x210E, "∂": 0x1D715, "∇": 0x1D6FB, "ϵ": 0x1D716, "ϑ": 0x1D717, "ϕ": 0x1D719}
STARTS = {"A": 0x1D434, "a": 0x1D44E, "\u0391": 0x1D6E2, "\u03b1": 0x1D6FC}
INVISIBLE = {0xFE00, 0xFE01, 0xFE0E}  # variation selectors: no glyph of their own


def glyphs(html):
    """Code points of all characters in <math>; a lone letter in <mi> is drawn in math italic."""
    found = set()
    for formula in MATH.findall(html):
        found |= {ord(char) for char in unescape(re.sub(r"<[^>]*>", "", formula))}
        found |= {_italic(unescape(char)) for char in LONE.findall(formula)}
    return found - INVISIBLE - {ord("\n")}


def _italic(char):
    for start, target in STARTS.items():
        if char not in ITALIC and ord(start) <= ord(char) < ord(start) + (
            26 if start in "Aa" else 25
        ):
            return target + ord(char) - ord(start)
    return ITALIC.get(char, ord(char))
