"""What only MkDocs can call: check the book before a build, finish the site after it.

Kept thin: a builder without hooks still gets outputs, figures and formulas from the Markdown
extension; only the comparison must then be run first, with `python -m scaling_core.book`.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page as SitePage

from scaling_core.book import finish, page
from scaling_core.book.check import check_book
from scaling_core.book.execute import Run, library_hash, prune
from scaling_core.book.head import folder_of, has_notebook
from scaling_core.book.notebook import notebook
from scaling_core.book.page import links
from scaling_core.book.source import write_atomically

DEFAULT_REPOSITORY = "https://example.org/scaling-laws-computed/source"  # as the labs name it
log = logging.getLogger("mkdocs.press")
_serving = False
_runs: dict[str, Run] = {}


def on_startup(*, command: str, dirty: bool) -> None:
    """Remember whether this is `mkdocs serve`; also keeps hook state over its rebuilds."""
    global _serving
    _serving = command == "serve"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Key the labs' cache on the library: mkdocs-jupyter's own key does not know it."""
    root = Path(config.config_file_path).parent
    os.environ["PYTHONHASHSEED"] = "0"  # of the labs' kernels
    labs: Any = config.plugins.get("mkdocs-jupyter")
    if labs:
        labs.config["cache_dir"] = str(root / ".cache" / "labs" / library_hash(root)[:16])
    return config


def on_pre_build(config: MkDocsConfig) -> None:
    """Run all pages and compare; red in a strict build, shown on the page while serving."""
    root = Path(config.config_file_path).parent
    began = time.monotonic()
    report = check_book(root)
    _runs.clear()
    _runs.update({run.page.file: run for run in report.runs})
    page.remember(report.runs, report.problems)
    steps = sum(len(run.records) for run in report.runs)
    ran = sum(not run.cached and bool(run.records) for run in report.runs)
    seconds = time.monotonic() - began
    log.info("%d blocks and values checked, %d pages ran, %.1f s", steps, ran, seconds)
    if report.clean:
        return
    if config.strict:
        log.error("%s", report)
        raise Abort("The text and the code of the book do not agree; see the list above.")
    for item in [*report.problems, *report.differences]:
        log.warning("%s", item)


def on_page_content(html: str, page: SitePage, config: MkDocsConfig, files: Files) -> str:
    """A lab in the markup of the other pages, before the search index reads it."""
    html = finish.plain_notebook(html)
    if page.file.src_uri.endswith(".py"):  # a page gets it from the Markdown extension
        html += links(Path(config.config_file_path).parent).library_used(
            f"docs/{page.file.src_uri}"
        )
    return html


def on_post_page(output: str, page: SitePage, config: MkDocsConfig) -> str:
    """Policy, names and preloads on the final HTML of a page."""
    output = output.replace(DEFAULT_REPOSITORY, str(config.extra.get("repository", "")))
    try:
        return finish.finish_page(output, serve=_serving)
    except ValueError as error:
        raise Abort(f"docs/{page.file.src_uri}: {error}") from error


def on_post_build(config: MkDocsConfig) -> None:
    """Notebooks beside the pages, then everything that concerns the whole site folder."""
    root, site = Path(config.config_file_path).parent, Path(config.site_dir)
    repository = str(config.extra.get("repository", ""))
    for file, run in _runs.items():
        if has_notebook(run.page):
            folder = folder_of(file)
            address = f"{(config.site_url or '').rstrip('/')}/{folder}"
            text = notebook(run, address=address, repository=repository)
            write_atomically(site / folder / "notebook.ipynb", text)
    for source in site.glob("labs/*/*.py"):  # the line that installs the library
        text = source.read_text("utf-8").replace(DEFAULT_REPOSITORY, repository)
        write_atomically(source, text)
    finish.finish_site(site, serve=_serving)  # what on_post_page did not see: the 404 page
    prune(root)
