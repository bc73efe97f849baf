"""Complaints about a built site: what a reader, a crawler or a screen reader would stumble over.

    python tests/site/checks.py SITE     # prints them all; the status is 1 if there are any

Looks at the finished HTML, so it sees what MkDocs never checks: raw HTML, the theme, the press.
"""

import re
import sys
from collections import Counter
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from lxml import html

# attribute -> the elements whose attribute makes the browser fetch something
FETCHES = {
    "src": {"audio", "embed", "iframe", "img", "input", "script", "source", "track", "video"},
    "srcset": {"img", "source"},
    "data": {"object"},
    "poster": {"video"},
    "background": {"body", "table", "td"},
    "href": {"image", "use", "feimage", "base"},
    "xlink:href": {"image", "use", "feimage"},
}
LINKS = {"canonical", "prev", "next", "alternate", "license", "author", "edit"}  # not fetched
CSS_ADDRESS = re.compile(r"(?:url\(|@import)\s*['\"]?\s*([^'\")\s;]+)", re.IGNORECASE)
LEFT_OVER = re.compile(
    r"\{\s*=|-8<-|\$\$|\[@|```|~~~|\ue000|\ue001|\x02|\x03|wzxhzdk|^/{3,}\s*\w|\{[#:.][\w-]+",
    re.MULTILINE,
)
SILENT = ("code", "pre", "script", "style", "annotation", "textarea")


class Page:
    """One HTML file of a site."""

    def __init__(self, site: Path, path: Path) -> None:
        self.site, self.path = site, path
        self.name = path.relative_to(site).as_posix()
        self.tree = html.document_fromstring(
            path.read_bytes(), parser=html.HTMLParser(encoding="utf-8")
        )

    @cached_property
    def ids(self) -> Counter[str]:
        names = [str(name) for name in self.tree.xpath("//@id")]
        return Counter(names)

    @cached_property
    def anchors(self) -> set[str]:
        return {*self.ids, *map(str, self.tree.xpath("//a/@name")), "", "top"}

    def line(self, element: html.HtmlElement) -> str:
        return f"{self.name}:{element.sourceline}"


def complaints(site: Path) -> list[str]:
    """All that is wrong with a site folder, each as `file:line: what`."""
    pages = {path: Page(site, path) for path in sorted(site.rglob("*.html"))}
    if not pages:
        return [f"{site}: there is no page"]
    prefix = _prefix(pages.get(site / "index.html"))
    found = []
    for page in pages.values():
        found += foreign(page)
        found += broken_links(page, pages, prefix)
        found += nameless(page)
        found += twice(page)
        found += left_over(page)
    for path in sorted(site.rglob("*.css")):
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(site)}:1: fetches {a}" for a in _foreign_in_css(text)]
    return found


def foreign(page: Page) -> list[str]:
    """Everything that a browser would fetch from elsewhere."""
    found = []
    for element in page.tree.iter("*"):
        tag = str(element.tag).lower()
        addresses = [
            part.split()[0]
            for name, value in element.attrib.items()
            if tag in FETCHES.get(str(name).rpartition("}")[2].lower(), set())
            or (str(name).endswith("href") and tag in FETCHES["xlink:href"])
            for part in (str(value).split(",") if name == "srcset" else [str(value)])
            if part.split()
        ]
        if tag == "link" and not LINKS & set(element.get("rel", "").lower().split()):
            addresses.append(element.get("href", ""))
        if tag == "meta" and element.get("http-equiv", "").lower() == "refresh":
            addresses.append(element.get("content", "").partition("=")[2])
        if tag in ("form", "button", "input"):
            addresses += [element.get("action", ""), element.get("formaction", "")]
        found += [f"{page.line(element)}: <{tag}> fetches {a}" for a in addresses if _is_foreign(a)]
        css = element.get("style", "") + (element.text or "" if tag == "style" else "")
        found += [f"{page.line(element)}: a style fetches {a}" for a in _foreign_in_css(css)]
    return found


def broken_links(page: Page, pages: dict[Path, Page], prefix: str) -> list[str]:
    """Links and files within the site that lead nowhere, and anchors that do not exist."""
    found = []
    here = prefix + page.name.removesuffix("index.html")
    for element in page.tree.iter("a", "link", "img", "script", "source", "iframe", "area", "use"):
        for name in ("href", "src", "{http://www.w3.org/1999/xlink}href", "xlink:href"):
            target = element.get(name)
            if target is None or (element.tag == "link" and "canonical" in element.get("rel", "")):
                continue
            parts = urlsplit(urljoin(here, target.strip()))
            if parts.scheme or parts.netloc:
                continue
            inside = unquote(parts.path).removeprefix(prefix)
            path = page.site / inside
            if not unquote(parts.path).startswith(prefix) or not _exists(path):
                found.append(f"{page.line(element)}: {target} leads nowhere")
                continue
            other = pages.get(path / "index.html" if path.is_dir() else path)
            if other and unquote(parts.fragment) not in other.anchors and element.tag != "use":
                found.append(f"{page.line(element)}: {target}: no id {parts.fragment!r} there")
            if element.tag == "use" and target.startswith("#") and target[1:] not in page.ids:
                found.append(f"{page.line(element)}: <use> of {target}, which is not on the page")
    return found


def nameless(page: Page) -> list[str]:
    """Pictures, links and buttons without a name that can be read out; pages without a title."""
    found = []
    for element in page.tree.iter("img", "svg", "a", "button", "iframe", "summary"):
        named = (
            bool(_words(element))
            or any((element.get(name) or "").strip() for name in ("aria-label", "title", "alt"))
            or element.get("aria-labelledby", "") in page.ids
            or bool(element.xpath("self::svg/title | .//img[normalize-space(@alt)]"))
            or bool(element.xpath(".//*[normalize-space(@aria-label)]"))
        )
        if element.tag == "img":
            named = element.get("alt") is not None
        hidden = element.xpath("ancestor-or-self::*[@aria-hidden='true' or @hidden]")
        is_picture = element.tag == "svg" and element.get("role") == "img"
        is_anchor = element.tag == "a" and element.get("href") is None
        if not named and not hidden and not is_anchor and (element.tag != "svg" or is_picture):
            found.append(f"{page.line(element)}: <{element.tag}> has no name")
        for name in ("alt", "title", "aria-label"):
            if re.search(r"<(math|span|a|div)\b", element.get(name) or ""):
                found.append(f"{page.line(element)}: markup within {name}")
    if not page.tree.xpath("//html[@lang]") or not page.tree.xpath("normalize-space(//title)"):
        found.append(f"{page.name}:1: the page lacks a language or a title")
    if len(page.tree.xpath("//h1")) != 1:
        found.append(f"{page.name}:1: the page has {len(page.tree.xpath('//h1'))} headings h1")
    return found


def twice(page: Page) -> list[str]:
    """Ids that stand twice on one page."""
    return [f"{page.name}:1: id {name!r} stands twice" for name, n in page.ids.items() if n > 1]


def left_over(page: Page) -> list[str]:
    """Marks of the source that nothing has replaced, outside code."""
    head = page.tree.xpath("//title/text() | //meta/@content")
    found = [f"{page.name}:1: left over: {text!r}" for text in head if LEFT_OVER.search(text)]
    told = page.tree.find_class("press-error") + page.tree.find_class("differs")
    found += [f"{page.line(e)}: left over: {e.text_content().strip()[:80]!r}" for e in told]
    for element in page.tree.find("body").iter("*"):
        code = element.xpath(
            "ancestor-or-self::*[" + " or ".join(f"self::{t}" for t in SILENT) + "]"
        )
        texts = [element.tail] if code and element.tag in SILENT else [element.text, element.tail]
        if code and element.tag not in SILENT:
            continue
        for text in texts:
            if text and (match := LEFT_OVER.search(text)):
                shown = text[match.start() : match.start() + 40].strip()
                found.append(f"{page.line(element)}: left over: {shown!r}")
    return found


def _words(element: html.HtmlElement) -> str:
    hidden = "ancestor-or-self::*[@aria-hidden='true' or self::style or self::script]"
    return "".join(element.xpath(f".//text()[not({hidden})]")).strip()


def _is_foreign(address: str) -> bool:
    parts = urlsplit(address.strip())
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def _foreign_in_css(text: str) -> list[str]:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return [address for address in CSS_ADDRESS.findall(text) if _is_foreign(address)]


def _exists(path: Path) -> bool:
    return path.is_file() or (path / "index.html").is_file()


def _prefix(index: Page | None) -> str:
    """Path under which the site is served, as its canonical address says; 404.html uses it."""
    found = index.tree.xpath("//link[@rel='canonical']/@href") if index else []
    return urlsplit(str(found[0])).path if found else "/"


if __name__ == "__main__":
    sys.exit("\n".join(complaints(Path(sys.argv[1]))) or 0)
