"""Small pieces of HTML, and the look of the report."""

from collections.abc import Iterable, Sequence
from html import escape

CSS = """
:root { color-scheme: light dark; --bg: #fcfaf5; --fg: #26221d; --muted: #5f574c; --rule: #e2d9c9;
  --c0: #1f4b96; --c1: #9c3a12; --c2: #13806f; --c3: #9149cf; --c4: #8f6a00; --c5: #5c0f3c;
  --held: #13694f; --missed: #a32a1e; }
@media screen and (prefers-color-scheme: dark) {
  :root { --bg: #151413; --fg: #e9e4da; --muted: #b3aa9c; --rule: #3a3631;
    --c0: #6497fb; --c1: #d2703c; --c2: #86e8b0; --c3: #cdb5fc; --c4: #e3b52c; --c5: #ff78a6;
    --held: #7fd3ac; --missed: #f59a8c; } }
body { margin: 0 auto; padding: 1rem; max-width: 44rem; background: var(--bg); color: var(--fg);
  font: 1rem/1.55 Georgia, "Times New Roman", serif; overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.25; margin: 2em 0 .5em; }
h1 { font-size: 1.6em; margin-top: .5em; } h2 { font-size: 1.3em; } h3 { font-size: 1.08em; }
h2 { border-top: 1px solid var(--rule); padding-top: .8em; }
code { font-size: .9em; overflow-wrap: anywhere; }
.held { color: var(--held); font-weight: bold; }
.missed { color: var(--missed); font-weight: bold; }
.doubt { border-left: 3px solid var(--missed); padding-left: .8em; }
.scroll { overflow-x: auto; margin: 1em 0; }
.scroll:focus-visible { outline: 2px solid var(--c0); }
table { border-collapse: collapse; font: .86rem/1.4 system-ui, sans-serif;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); padding-bottom: .4em;
  max-width: min(40rem, 100vw - 2rem); }
th, td { padding: .25em .7em; border-bottom: 1px solid var(--rule); text-align: right;
  white-space: nowrap; }
thead th { border-bottom-color: var(--muted); vertical-align: bottom; }
:is(th, td).words { text-align: left; white-space: normal; min-width: 7em; }
tbody th { font-weight: normal; }
figure { margin: 1.5em 0; }
figcaption, footer { color: var(--muted); font-size: .9em; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font: 14px system-ui, sans-serif; fill: var(--fg); }
svg line.grid { stroke: var(--rule); } svg line.known { stroke: var(--fg); stroke-dasharray: 5 4; }
svg line.bar { stroke: currentColor; stroke-width: 2; }
svg polyline { fill: none; stroke: currentColor; stroke-width: 1.8; }
svg circle { fill: currentColor; }
svg .best { fill: var(--bg); stroke: currentColor; stroke-width: 1.8; }
.c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); }
.c3 { color: var(--c3); } .c4 { color: var(--c4); } .c5 { color: var(--c5); }
@media (min-width: 34em) { svg text { font-size: 10px; } }
@page { margin: 1.5cm; }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt; }
  .scroll { overflow: visible; }
  table, figure, .doubt { break-inside: avoid; } h2, h3 { break-after: avoid; }
  svg { max-width: 12cm; } svg text { font-size: 10px; } th, td { padding: .2em .4em; } }
"""

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
"""


class Html(str):
    """Text that is HTML already; all other text is escaped where it enters the page."""


def html(text: str) -> Html:
    """The text as HTML."""
    return text if isinstance(text, Html) else Html(escape(text))


def page(title: str, parts: Iterable[Html], foot: str) -> str:
    """The whole document."""
    return (
        f"{HEAD}<title>{html(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n"
        f"<main>\n<h1>{html(title)}</h1>\n" + "\n".join(parts) + "\n</main>\n"
        f"<footer>\n{paragraph(foot)}\n</footer>\n</body>\n</html>\n"
    )


def heading(level: int, text: str) -> Html:
    """A heading."""
    return Html(f"<h{level}>{html(text)}</h{level}>")


def paragraph(text: str, kind: str = "") -> Html:
    """A paragraph; `kind` is its class."""
    attribute = f' class="{kind}"' if kind else ""
    return Html(f"<p{attribute}>{html(text)}</p>")


def listing(items: Iterable[str]) -> Html:
    """A list."""
    return Html("<ul>\n" + "\n".join(f"<li>{html(item)}</li>" for item in items) + "\n</ul>")


def table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], words: Sequence[int] = ()
) -> Html:
    """A table whose first column names its rows; `words` are the columns that hold text.

    On a narrow screen it scrolls by itself, by keyboard too.
    """

    def cells(tag: str, texts: Sequence[str]) -> str:
        found = []
        for place, text in enumerate(texts):
            row_name = tag == "td" and place == 0
            name, scope = ("th", ' scope="row"') if row_name else (tag, "")
            scope = ' scope="col"' if tag == "th" else scope
            kind = ' class="words"' if place in words else ""
            found.append(f"<{name}{scope}{kind}>{html(text)}</{name}>")
        return f"<tr>{''.join(found)}</tr>"

    body = "\n".join(cells("td", row) for row in rows)
    top = f"<thead>\n{cells('th', head)}\n</thead>\n" if head else ""
    label = escape(caption.split(":")[0].split(".")[0])
    return Html(
        f'<div class="scroll" role="group" aria-label="{label}" tabindex="0">\n<table>\n'
        f"<caption>{html(caption)}</caption>\n{top}<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def figure(svg: str, caption: str) -> Html:
    """A drawing with its caption."""
    return Html(f"<figure>\n{svg}\n<figcaption>{html(caption)}</figcaption>\n</figure>")


def verdict(held: bool) -> Html:
    """Whether an interval holds the truth, in a word that does not need its colour."""
    return Html('<span class="held">held</span>' if held else '<span class="missed">missed</span>')


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign."""
    return f"{value:+.{digits}f}".replace("-", "−")


def span(interval: tuple[float, float], digits: int = 3) -> str:
    """An interval."""
    low, high = (f"{end:.{digits}f}".replace("-", "−") for end in interval)
    return f"[{low}, {high}]"
