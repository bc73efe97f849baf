"""`make serve` is for writing: edits show up, and a disagreement is shown, not a crash."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIG = """
site_name: Test
strict: true
theme: {name: material, font: false}
plugins: []
hooks: [scaling_core/book/hook.py]
watch: [scaling_core, snippets]
markdown_extensions: [scaling_core.book.page, pymdownx.superfences]
"""
PAGE = """# Test

```python
from scaling_core import BESIROGLU_2024, human

best = BESIROGLU_2024.optimum(1e23)
```

The budget buys [29.4B]{= human(best.N) } parameters.
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of one page with a library of its own, so that a constant can be edited."""
    skip = shutil.ignore_patterns("__pycache__", "lab*")
    shutil.copytree(ROOT / "scaling_core", tmp_path / "scaling_core", ignore=skip)
    (tmp_path / "snippets").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(PAGE, "utf-8")
    (tmp_path / "mkdocs.yml").write_text(CONFIG, "utf-8")
    return tmp_path


class Server:
    """A running `mkdocs serve --no-strict`."""

    def __init__(self, book: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        command = [sys.executable, "-m", "mkdocs", "serve", "--no-strict", "-a", self.address]
        environment = os.environ | {"PYTHONPATH": str(book), "NO_MKDOCS_2_WARNING": "1"}
        self.log = book / "log.txt"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=book, env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    def wait_for(self, text: str, *, gone: bool = False, seconds: float = 60) -> str:
        """The page, once it has this text (or has lost it)."""
        page = ""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://{self.address}/", timeout=5) as answer:
                    page = answer.read().decode()
            except OSError:
                page = ""
            if page and (text in page) is not gone:
                return page
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise AssertionError(f"{text!r} after {seconds} s: {page[:500]} {self.log.read_text()}")


@pytest.fixture
def server(book: Path) -> Iterator[Server]:
    running = Server(book)
    yield running
    running.process.terminate()
    running.process.wait(10)


@pytest.mark.slow
def test_edits_under_a_running_server_are_seen(book: Path, server: Server) -> None:
    page = server.wait_for("29.4B")
    assert "code says" not in page
    assert "Content-Security-Policy" not in page  # live reload adds a script no hash can match

    source = book / "docs" / "index.md"
    source.write_text(PAGE.replace("The budget buys", "This budget buys"), "utf-8")
    server.wait_for("This budget buys")

    constants = book / "scaling_core" / "published.py"
    original = constants.read_text("utf-8")
    assert original.count("482.01,") >= 1
    constants.write_text(original.replace("482.01,", "582.01,"), "utf-8")
    page = server.wait_for("code says")
    assert "page says 29.4B, code says" in page
    log = server.log.read_text()
    assert "docs/index.md:9: the text and the code differ" in log
    assert "python -m scaling_core.book --update docs/index.md" in log

    constants.write_text(original, "utf-8")
    server.wait_for("code says", gone=True)

    source.write_text("# Test\n\n```python\nx = = 1\n```\n", "utf-8")  # a broken page is shown
    assert "docs/index.md:4: SyntaxError" in server.wait_for("SyntaxError")
