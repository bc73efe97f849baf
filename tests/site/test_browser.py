"""The built site in a real browser: nothing foreign, nothing broken, readable for everybody.

Needs a Chromium on the PATH, and axe-core in `.cache/axe` for the accessibility rules (`.ci/setup
tools` brings both); without them these tests are skipped, or fail where REQUIRE_ALL_TOOLS=1.
"""

from __future__ import annotations

import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
AXE = ROOT / ".cache" / "axe" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# one page of each kind for the slow rules (ALL_PAGES=1: all, as the nightly job has it); everything
# else looks at all pages
KINDS = [
    "",
    "6-7/",
    "6-7/power-laws/",
    "practice/problems/extrapolate-a-law/",
    "labs/fit-published-curves/",
    "reference/bibliography/",
    "reference/models/",
    "reference/api/tasks/",
    "contributing/architecture/",
    "404.html",
]
RUN_AXE = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
PREFIX = "/scaling-laws-computed/"  # project pages are served under a path, not at the top

pytestmark = pytest.mark.browser


class Pages(http.server.SimpleHTTPRequestHandler):
    """Serves the site as a project page: under a path, with 404.html for what is missing."""

    def translate_path(self, path: str) -> str:
        return super().translate_path("/" + path.removeprefix(PREFIX).lstrip("/"))

    def send_error(self, code: int, *_: Any, **__: Any) -> None:
        body = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def missing(tool: str, advice: str) -> None:
    """Skip with the way to get the tool, or fail where all tools are required."""
    message = f"no {tool}: {advice}"
    if os.environ.get("REQUIRE_ALL_TOOLS") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    handler = partial(Pages, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        missing("Chromium", "sudo apt install chromium, or brew install --cask chromium")
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=[*root, *QUIET])
        yield running
        running.close()


@pytest.fixture(scope="module")
def addresses(site: Path) -> list[str]:
    """Every page of the site."""
    found = [str(p.relative_to(site).parent) for p in sorted(site.rglob("index.html"))]
    return ["" if name == "." else f"{name}/" for name in found]


class Listener:
    """Collects what a page should not do: console errors, failed and foreign requests."""

    def __init__(self, page: Page, address: str) -> None:
        self.found: list[str] = []
        origin = address.removesuffix(PREFIX)
        page.on("console", lambda m: m.type in ("error", "warning") and self.note(page, m.text))
        page.on("pageerror", lambda error: self.note(page, str(error)))
        page.on("requestfailed", self.failed)

        def check(request: Any) -> None:
            if not request.url.startswith((origin, "data:")):
                self.note(page, f"foreign: {request.url}")

        page.on("request", check)

    def failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # given up because the next page was asked for
            self.found.append(f"failed: {request.url}: {request.failure}")

    def note(self, page: Page, text: str) -> None:
        self.found.append(f"{page.url}: {text}")


def test_a_walk_over_all_pages_is_quiet_and_asks_nobody_else(
    browser: Browser, address: str, addresses: list[str]
) -> None:
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    listener = Listener(page, address)
    for name in addresses:
        page.goto(address + name)
        assert page.locator("h1").count() == 1, name
    # the same through the theme's instant navigation, which replaces the page in place
    page.goto(address)
    for _ in addresses[:3]:
        page.locator(".md-footer__link--next").click()
        page.wait_for_load_state("networkidle")
        assert page.locator("article h1").is_visible()
    page.close()
    assert listener.found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_narrow_phone(
    browser: Browser, address: str, addresses: list[str], scheme: str
) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    wide = {}
    for name in addresses:
        page.goto(address + name)
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 360:
            wide[name] = width
    page.close()
    assert wide == {}


def test_the_text_is_the_same_without_javascript(
    browser: Browser, address: str, addresses: list[str]
) -> None:
    texts = []
    for enabled in (True, False):
        context = browser.new_context(java_script_enabled=enabled)
        page = context.new_page()
        texts.append({})
        for name in addresses:
            page.goto(address + name)
            text = page.locator("article").text_content() or ""
            texts[-1][name] = "".join(text.replace("¶", "").split())
        context.close()
    with_scripts, without = texts
    assert [name for name in addresses if with_scripts[name] != without[name]] == []
    assert all(len(text) > 200 for text in without.values())


def test_hints_and_solutions_open_without_javascript_and_by_keyboard(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "practice/problems/extrapolate-a-law/")
    solution = page.locator("details.solution")
    assert not solution.locator("pre").first.is_visible()
    solution.locator("> summary").focus()
    page.keyboard.press("Enter")
    assert solution.locator("pre").first.is_visible()
    context.close()


def test_the_skip_link_comes_first_and_the_palette_toggle_works_by_keyboard(
    browser: Browser, address: str
) -> None:
    page = browser.new_page()
    page.goto(address + "6-7/power-laws/")
    page.keyboard.press("Tab")
    assert "md-skip" in (page.locator(":focus").get_attribute("class") or "")
    before = page.locator("body").get_attribute("data-md-color-scheme")
    page.locator("header label[for^=__palette]:visible").focus()
    page.keyboard.press("Enter")
    assert page.locator("body").get_attribute("data-md-color-scheme") != before
    page.close()


def test_figures_change_colour_with_the_scheme(browser: Browser, address: str) -> None:
    """One drawing serves both schemes: its lines take the page's colours."""
    colours = []
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(address + "6-7/power-laws/")
        line = page.locator("#fig-two-laws svg [id*=line2d] path[style*='--fig-c']").first
        colours.append(line.evaluate("one => getComputedStyle(one).stroke"))
        page.close()
    assert colours[0] != colours[1]
    assert all(colour.startswith("rgb") for colour in colours)


def test_search_finds_a_phrase_of_a_chapter(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.goto(address)
    page.keyboard.press("/")
    page.keyboard.type("irreducible loss")
    page.locator(".md-search-result__item a").first.wait_for()
    assert page.locator(".md-search-result__item a[href*='power-laws']").count() >= 1
    page.close()


@pytest.mark.parametrize("width", [1300, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    browser: Browser, address: str, addresses: list[str], scheme: str, width: int
) -> None:
    if not AXE.is_file():
        missing("axe-core", "sh .ci/setup tools fetches it into .cache/axe")
    found = []
    viewport = {"width": width, "height": 900}
    context = browser.new_context(viewport=viewport, color_scheme=scheme, bypass_csp=True)
    for name in addresses if os.environ.get("ALL_PAGES") == "1" else KINDS:
        page = context.new_page()
        page.goto(address + name)
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        page.add_script_tag(path=AXE)
        result = page.evaluate(RUN_AXE, RULES)
        for violation in result["violations"]:
            for node in violation["nodes"][:3]:
                found.append(f"{name}: {violation['id']}: {node['target']} {node['html'][:120]}")
        page.close()
    context.close()
    assert found == []
