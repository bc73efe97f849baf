"""Last touches on finished HTML: security policy, names for assistive technology, plain labs.

Works on strings and on a site folder, so that any builder's output can be finished.
"""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from bs4 import BeautifulSoup, Tag

# Styles need 'unsafe-inline' for style="..." attributes (tables, MathML); scripts never get it.
POLICY = (
    "default-src 'self'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'none'"
)
CHARSET = '<meta charset="utf-8">'
DONE = ('<meta http-equiv="Content-Security-Policy"', "<!-- served without a policy -->")
SCROLLS = 'role="group" aria-label="{}" tabindex="0"'  # not region: many landmarks help nobody
# The theme puts each copy button into a landmark of its own, without a name.
COPY_BUTTON = ('"nav",{class:"md-code__nav"}', '"div",{class:"md-code__nav"}')

SCHEME = re.compile(r'<link rel="stylesheet" href="([^"]*)assets/scheme\.css">')
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
DATA = re.compile(r'\btype="(?!text/javascript"|module"|application/javascript")[^"]*"')
ARTICLE = re.compile(r"(<article\b[^>]*>)(.*)(</article>)", re.DOTALL)
TABLE = re.compile(r'(<div class="scroll"[^>]*>\s*)?<table>(.*?)</table>', re.DOTALL)
CODE = re.compile(
    r'(<div class="[^"]*\bhighlight\b[^>]*>[^\n]*?<pre[^>]*>(?:<span></span>)?)<code>'
)
OUTWARD = re.compile(r'<a (?=[^>]*\bhref="https?://)(?![^>]*\brel=)')
LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object|use|image)\b[^>]*?"
    r'\s(?:src|srcset|data|(?:xlink:)?href)="\s*((?:https?:)?//[^"]*)"'
    r'|<link\b(?=[^>]*\brel="(?:stylesheet|preload|modulepreload|prefetch|preconnect|icon)")'
    r'[^>]*?\shref="\s*((?:https?:)?//[^"]*)"',
    re.IGNORECASE,
)


def finish_site(folder: Path, *, serve: bool = False) -> int:
    """Number of pages of a site folder that were not finished yet, and now are."""
    changed = 0
    for path in sorted(folder.rglob("*.html")):
        before = path.read_text(encoding="utf-8")
        after = finish_page(before, serve=serve)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed += 1
    for path in folder.glob("assets/javascripts/bundle.*.js"):
        script = path.read_text(encoding="utf-8")
        path.write_text(script.replace(*COPY_BUTTON), encoding="utf-8")
    return changed


def finish_page(html: str, *, serve: bool) -> str:
    """One whole page, finished; finishing it again changes nothing.

    While serving there is no policy: live reload adds a script that no hash can know.
    Raises ValueError when the page would load anything from another host.
    """
    if CHARSET not in html or html.partition(CHARSET)[2].startswith(DONE):
        return html  # a redirect, a fragment, or done already
    html = ARTICLE.sub(lambda match: match[1] + _article(match[2]) + match[3], html)
    # the theme's search dialog has no name
    html = html.replace('role="dialog">', 'role="dialog" aria-label="Search">')
    html = html.replace("<script src=", "<script defer src=")  # the text is painted before it runs
    scheme = SCHEME.search(html)
    if scheme and "<math" in html and 'as="font"' not in html:
        font = f"{scheme[1]}assets/fonts/book-math.woff2"
        preload = f'<link rel="preload" href="{font}" as="font" type="font/woff2" crossorigin>'
        html = html.replace(CHARSET, CHARSET + preload, 1)
    if serve:
        return html.replace(CHARSET, CHARSET + DONE[1], 1)
    if foreign := LOADED.search(html):
        address = foreign[1] or foreign[2]
        raise ValueError(f"the page loads {address}: everything it loads must be part of the site")
    return html.replace(CHARSET, CHARSET + _policy(html), 1)  # last: hashes are of the final text


def plain_notebook(html: str) -> str:
    """A lab as mkdocs-jupyter wrote it, in the markup of the other pages.

    Text cells stay, code and printed output become a page's blocks. Gone are 590 kB of Jupyter's
    styles, scripts of other hosts, copies of the code for a copy button, and cell ids that change
    with each build. HTML without a notebook comes back unchanged.
    """
    if "jupyter-wrapper" not in html:
        return html
    return _plain_notebook(re.sub(r"cell-id=\w+", "", html))


@lru_cache(maxsize=32)  # while serving, labs that did not change cost nothing
def _plain_notebook(html: str) -> str:
    html = re.sub(r"<(style|script)\b.*?</\1>|<!--.*?-->", "", html, flags=re.DOTALL)
    soup = BeautifulSoup(html, "html.parser")
    for wrapper in soup.select("div.jupyter-wrapper"):
        cells = wrapper.select("div.jp-MarkdownCell, div.jp-CodeCell > div.jp-CodeCell")
        content = "\n".join(part for cell in cells for part in _cell(cell))
        wrapper.replace_with(BeautifulSoup(content, "html.parser"))
    return str(soup)


def _cell(cell: Tag) -> list[str]:
    text = cell.select_one(".jp-MarkdownOutput")
    if text:
        return [text.decode_contents()]
    parts = []
    if code := cell.select_one(".highlight-ipynb pre"):
        body = code.decode_contents().rstrip("\n")
        parts.append(f'<div class="highlight"><pre><code>{body}</code></pre></div>')
    printed = ""
    for output in [*cell.select(".jp-OutputArea-output"), None]:
        text_box = output.find("pre", recursive=False) if output else None
        if isinstance(text_box, Tag):  # a kernel may cut what a cell prints anywhere
            printed += text_box.decode_contents()
            continue
        if body := printed.rstrip("\n"):
            attributes = SCROLLS.format("Output")
            parts.append(f'<div class="output" {attributes}><pre><code>{body}</code></pre></div>')
        printed = ""
        if output:  # a drawing or HTML that the cell displayed
            parts.append(output.decode_contents())
    return parts


def _article(html: str) -> str:
    """Names and keyboard access for all that scrolls sideways; code is left to no translator."""
    html = plain_notebook(html).replace('role="region"', 'role="group"')
    html = TABLE.sub(_table, html)
    html = CODE.sub(rf"\1<code {SCROLLS.format('Code')}>", html)
    html = OUTWARD.sub('<a rel="external" ', html)  # print writes the address of these
    # a checked value shows its expression on hover and on a tap; a hundred tab stops would hurt
    html = html.replace('<span class="value', '<span tabindex="-1" class="value')
    return html.replace("<code", '<code translate="no"')


def _table(match: re.Match[str]) -> str:
    """The class keeps the theme from wrapping the table again in a box that no key can reach."""
    scroll, body = match.groups()
    body = re.sub(r"<th\b[^>]*>\s*</th>", "<td></td>", body)  # an empty corner heads nothing
    table = f'<table class="ruled">{body}</table>'
    if scroll:
        return f"{scroll}{table}"
    return f'<div class="scroll" {SCROLLS.format("Table")}>{table}</div>'


def _policy(html: str) -> str:
    """The policy as a meta tag, with the hash of each inline script of this very page."""
    bodies = [
        body
        for attributes, body in SCRIPT.findall(html)
        if " src=" not in attributes and not DATA.search(attributes)
    ]
    digests = sorted({hashlib.sha256(body.encode()).digest() for body in bodies})
    hashes = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    content = POLICY.format(hashes=hashes)
    return f'{DONE[0]} content="{content}">'
