"""Makes docs/assets/fonts/book-math.woff2 from the original font that NOTICE names.

Run by hand when the glyph list or the original changes: python subset_font.py ORIGINAL.woff2
"""

import sys
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

FONTS = Path(__file__).resolve().parents[3] / "docs" / "assets" / "fonts"


def listed_characters() -> set[int]:
    """Code points of the glyph list: one range such as `1D400-1D433  comment` per line."""
    found: set[int] = set()
    for line in (FONTS / "book-math-glyphs.txt").read_text(encoding="utf-8").splitlines():
        spec = line.split("#")[0].strip()
        if spec:
            first, _, last = spec.partition("-")
            found.update(range(int(first, 16), int(last or first, 16) + 1))
    return found


def main(original: Path) -> None:
    """Write the subset; the same original and list give the same bytes."""
    font = TTFont(original, recalcTimestamp=False)
    options = subset.Options()
    options.hinting = False  # 20 kB less
    options.bidi_closure = False  # the list is exact: no mirrored partners on top
    options.layout_features = ["ccmp"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # copyright and licence stay inside the file
    options.notdef_outline = True
    maker = subset.Subsetter(options)
    maker.populate(unicodes=listed_characters())
    maker.subset(font)
    # A changed version does not carry the original's name.
    own = {1: "Book Math", 3: "Book Math Regular", 4: "Book Math", 6: "BookMath-Regular"}
    for record in font["name"].names:
        record.string = own.get(record.nameID, record.string)
    font.flavor = "woff2"
    font.save(FONTS / "book-math.woff2")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
