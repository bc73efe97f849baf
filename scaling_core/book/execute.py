"""Run the blocks and values of pages and keep what they gave, by content.

The key of a page's records is everything that can change them: its code in order, the files of
`scaling_core` and `snippets`, and the versions of Python, numpy and matplotlib. Prose is not in it,
so a prose edit runs nothing; an edit of the library re-runs every page.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import scaling_core
from scaling_core.book.scan import Block, Page, Value
from scaling_core.book.source import write_atomically

log = logging.getLogger("mkdocs.press")

SECONDS = float(os.environ.get("BOOK_SECONDS", "60"))  # a page that runs longer is stopped
PRESS = ("room.py", "figures.py")  # parts of the press that shape a record

Step = Block | Value
Record = dict[str, Any]


@dataclass
class Run:
    """What one page gave: a record per step in the order of `steps(page)`, {} if not reached."""

    page: Page
    records: list[Record]
    seconds: float = 0.0
    cached: bool = False

    def of(self, step: Step) -> Record | None:
        """The record of a block or value, or None if the page stopped before it."""
        return self._of.get(id(step)) or None

    @cached_property
    def _of(self) -> dict[int, Record]:
        return {id(s): record for s, record in zip(steps(self.page), self.records, strict=False)}


def steps(page: Page) -> list[Step]:
    """All that runs, in order: as on the page, but on a problem page the block comes first.

    Values in the alt text or caption of a figure come after its block.
    """
    blocks = [block for block in page.blocks if block.runs]
    placed: list[tuple[tuple[int, int, int], Step]] = [((0, b.first, 0), b) for b in blocks]
    for value in page.values:
        late = 1 if page.is_problem else 0
        line = value.in_block.last if value.in_block else value.line
        placed.append(((late, line, value.start + 1), value))
    return [step for _, step in sorted(placed, key=lambda pair: pair[0])]


def run_pages(pages: Sequence[Page], root: Path) -> list[Run]:
    """Run pages, or take their records from `.cache/press`; one Run per page, in order."""
    folder = root / ".cache" / "press"
    library = library_hash(root)
    runs: dict[int, Run] = {}
    jobs: dict[str, tuple[int, Page, Path]] = {}
    for number, page in enumerate(pages):
        job = [_step(step) for step in steps(page)]
        stored = folder / f"{_key(job, library)}.json"
        if not job:
            runs[number] = Run(page, [])
        elif (known := _read(stored, len(job))) is not None:
            runs[number] = Run(page, known, cached=True)
        else:
            jobs[str(number)] = (number, page, stored)
    for answer in _send([(name, page) for name, (_, page, _) in jobs.items()], root):
        number, page, stored = jobs[answer["name"]]
        runs[number] = Run(page, answer["records"], answer["seconds"])
        if not any("error" in record for record in answer["records"]):
            write_atomically(stored, json.dumps(answer["records"]))
    return [runs[number] for number in range(len(pages))]


def _step(step: Step) -> Record:
    """A step as the room reads it."""
    if isinstance(step, Value):
        return {"kind": "value", "code": step.expression, "line": step.line}
    record: Record = {"kind": step.language, "code": step.code, "line": step.first}
    if step.options.get("raises"):
        record["raises"] = step.options["raises"]
    if step.is_figure:
        record["figure"] = step.options.get("id", "figure")
    return record


def _read(stored: Path, count: int) -> list[Record] | None:
    try:
        records = json.loads(stored.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    os.utime(stored)  # `prune` drops what no build has read for long
    return records if isinstance(records, list) and len(records) == count else None


def prune(root: Path, keep: int = 500) -> None:
    """Keep the records used last; called after a build."""
    files = sorted((root / ".cache" / "press").glob("*.json"), key=lambda f: f.stat().st_mtime)
    for file in files[:-keep]:
        file.unlink(missing_ok=True)


def _key(job: list[Record], library: str) -> str:
    # line numbers are left out: moving code by a prose edit changes no result
    code = [{k: v for k, v in step.items() if k != "line"} for step in job]
    content = json.dumps([code, library, _versions()], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


@cache
def _versions() -> list[str]:
    packages = [f"{name} {version(name)}" for name in ("numpy", "matplotlib")]
    return [platform.python_version(), *packages, "seed 0"]


def library_hash(root: Path) -> str:
    """Content of all that a page may import from the project."""
    package = Path(scaling_core.__file__).parent
    digest = hashlib.sha256()
    for folder in (package, root / "snippets"):
        for file in sorted(folder.rglob("*")):
            inside = file.relative_to(folder)
            press = folder == package and inside.parts[0] == "book" and file.name not in PRESS
            if file.is_file() and "__pycache__" not in inside.parts and not press:
                data = file.read_bytes()
                digest.update(f"{inside} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _send(pages: list[tuple[str, Page]], root: Path) -> list[Record]:
    """Run pages in a fresh room; its environment is fixed, so that results are."""
    if not pages:
        return []
    package = Path(scaling_core.__file__).parent.parent
    environment = os.environ | {
        "PYTHONHASHSEED": "0",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "PYTHONDONTWRITEBYTECODE": "1",  # Python takes an edit within the same second for none
        "PYTHONPATH": os.pathsep.join([str(root), str(package)]),
    }
    jobs = [
        json.dumps({"name": name, "seconds": SECONDS, "steps": [_step(s) for s in steps(page)]})
        for name, page in pages
    ]
    command = [sys.executable, "-m", "scaling_core.book.room"]
    pipe = subprocess.PIPE
    files = {name: page.file for name, page in pages}
    answers: list[Record] = []
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, text=True, cwd=root, env=environment
    ) as room:
        assert room.stdin is not None
        assert room.stdout is not None
        room.stdin.write("\n".join(jobs))
        room.stdin.close()
        for line in room.stdout:
            answers.append(json.loads(line))
            log.info("ran %s in %.1f s", files[answers[-1]["name"]], answers[-1]["seconds"])
    if room.returncode or len(answers) != len(pages):
        raise RuntimeError("the process that runs the pages failed; its message stands above")
    return answers
