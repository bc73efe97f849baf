"""The process in which pages run: one clean interpreter that forks a fresh child per page.

`execute.py` starts it as `python -m scaling_core.book.room`, writes one JSON object per page to its
standard input and reads one JSON object per page from its standard output. numpy and matplotlib are
imported once; each page then starts in a few hundredths of a second, with a namespace, a scratch
folder and limits of its own, and cannot reach the next page.
"""

from __future__ import annotations

import doctest
import io
import json
import os
import random
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
import types
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from typing import Any

import scaling_core

FORMATTERS = ("human", "tex", "percent", "usd")  # values see them without an import
MEMORY = 4 << 30  # bytes of address space
OUTPUT = 100_000  # characters that one block may print
FILE = 100 << 20  # bytes of one file in the scratch folder
CELL = "<page>"  # file name of all code of a page; line numbers are those of the expanded page

Record = dict[str, Any]


class _Stop(Exception):
    """Ends a page; carries the record of the step that failed."""


class _Limited(io.StringIO):
    """Standard output of a block; refuses a flood before it fills the memory."""

    def write(self, text: str) -> int:
        if self.tell() + len(text) > OUTPUT:
            raise RuntimeError(f"the block prints more than {OUTPUT:,} characters")
        return super().write(text)


class Room:
    """The namespace of one page and the ways to run its steps."""

    def __init__(self) -> None:
        page = types.ModuleType("__page__")
        sys.modules["__page__"] = page  # dataclasses look their module up
        self.names: dict[str, Any] = page.__dict__

    def run(self, step: Record) -> Record:
        """What a step gave, or the error that ended it."""
        kinds: dict[str, Callable[[Record], Record]] = {
            "python": self._python,
            "pycon": self._pycon,
            "value": self._value,
        }
        try:
            return kinds[step["kind"]](step)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            undefined = isinstance(error, NameError)
            return {"error": _describe(error, step), "undefined": undefined}

    def _python(self, step: Record) -> Record:
        out = _Limited()
        raised = None
        with redirect_stdout(out):
            try:
                exec(_compile(step["code"], step["line"] + 1, "exec"), self.names)
            except Exception as error:
                if not step.get("raises"):
                    raise
                raised = error
        if step.get("figure") and out.getvalue():
            raise _Stop("a figure's block must not print: the page shows no output under a figure")
        record: Record = {"out": out.getvalue(), "figures": _figures(step)}
        if step.get("raises"):
            names = [cls.__name__ for cls in type(raised).__mro__] if raised else []
            if step["raises"] not in names:
                got = f"raised {names[0]}: {raised}" if names else "raised nothing"
                raise _Stop(f'the block says raises="{step["raises"]}" but {got}')
            record["out"] += f"{type(raised).__name__}: {raised}\n"
        return record

    def _pycon(self, step: Record) -> Record:
        parser = doctest.DocTestParser()
        results = []
        for example in parser.get_examples(step["code"]):
            out = _Limited()
            line = step["line"] + 1 + example.lineno
            try:
                with redirect_stdout(out):
                    exec(_compile(example.source, line, "single"), self.names)
            except Exception as error:
                if example.exc_msg is None:
                    step["line"] = line
                    raise
                out.write(f"Traceback (most recent call last):\n{type(error).__name__}: {error}\n")
            results.append({"line": example.lineno, "out": out.getvalue()})
        return {"examples": results, "figures": _figures(step)}

    def _value(self, step: Record) -> Record:
        names = {name: getattr(scaling_core, name) for name in FORMATTERS} | self.names
        value = eval(_compile(step["code"], step["line"], "eval"), names)
        value = value.item() if hasattr(value, "item") else value
        if isinstance(value, float):
            value = f"{value:.4g}"
        if not isinstance(value, (str, int)):
            raise _Stop(f"a checked value must be text or one number, got {type(value).__name__}")
        return {"text": str(value)}


def _compile(code: str, line: int, mode: str) -> types.CodeType:
    # newlines in front give tracebacks the page's line numbers
    return compile("\n" * line + code, CELL, mode, dont_inherit=True)


def _figures(step: Record) -> list[Record]:
    """The open matplotlib figures as SVG; none for blocks that draw nothing."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or not pyplot.get_fignums():
        if step.get("figure"):
            raise _Stop("the block has alt, caption and id but leaves no figure open")
        return []
    from scaling_core.book import figures

    if not step.get("figure"):
        raise _Stop("the block leaves a figure open: give it alt, caption and id")
    numbers = pyplot.get_fignums()
    if len(numbers) > 1:
        raise _Stop(f"one figure per block, this one leaves {len(numbers)} open")
    try:
        return [figures.draw(pyplot.figure(numbers[0]), step["figure"])]
    finally:
        pyplot.close("all")


def _describe(error: BaseException, step: Record) -> Record:
    """Message and line of an error, the line being the last one that belongs to the page."""
    line = step["line"]
    if isinstance(error, _Stop):
        return {"line": line, "message": str(error)}
    if isinstance(error, SyntaxError) and error.filename == CELL and error.lineno:
        line = error.lineno - 1 if step["kind"] != "value" else line
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == CELL and frame.lineno:
            line = frame.lineno - 1
    if isinstance(error, SystemExit):
        return {"line": line, "message": f"the block calls sys.exit({error.code!r})"}
    if isinstance(error, MemoryError):
        return {"line": line, "message": f"the page needs more than {MEMORY >> 30} GiB of memory"}
    return {"line": line, "message": f"{type(error).__name__}: {error}"}


def _guard(event: str, _: object) -> None:
    if event.startswith("socket."):
        raise OSError("pages run without a network")


def _seeded(make: Callable[..., Any]) -> Callable[..., Any]:
    """Numpy's default_rng, but never started by chance: two builds must agree."""

    def default_rng(seed: Any = None) -> Any:
        if seed is None:
            raise ValueError("default_rng() differs from build to build: give it a seed")
        return make(seed)

    return default_rng


def _child(job: Record, pipe: int, scratch: str) -> None:
    """Run one page and write its records."""
    cpu = 2 * int(job["seconds"]) + 2  # ends the page if the room itself has gone
    limits = {"AS": MEMORY, "FSIZE": FILE, "CPU": cpu, "CORE": 0}
    for what, limit in limits.items():
        with suppress(ValueError, OSError):  # a system may allow less, or not know it
            resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (limit, limit))
    sys.addaudithook(_guard)
    warnings.simplefilter("error")
    random.seed(0)
    numpy_random = sys.modules["numpy"].random
    numpy_random.seed(0)  # legacy global state, for code that uses no seed
    numpy_random.default_rng = _seeded(numpy_random.default_rng)
    os.chdir(scratch)
    with os.fdopen(pipe, "w") as out:
        room = Room()
        # a value that stands above the code it needs is taken once all code has run
        waiting: list[tuple[int, Record]] = []
        for again, steps in ((False, list(enumerate(job["steps"]))), (True, waiting)):
            for index, step in steps:
                print(json.dumps({"begin": index}), file=out, flush=True)
                record = room.run(step)
                if record.get("undefined") and step["kind"] == "value" and not again:
                    waiting.append((index, step))
                    continue
                print(json.dumps({"index": index, "record": record}), file=out, flush=True)
                if "error" in record and step["kind"] != "value":
                    return  # a faulty value leaves the names as they are: the others still count
        print(json.dumps({"end": True}), file=out, flush=True)


class _Running:
    """One page's child process, as the parent sees it."""

    def __init__(self, job: Record) -> None:
        self.job = job
        self.scratch = tempfile.mkdtemp(prefix="page-")
        self.read_end, write_end = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.read_end)
            code = 1
            try:
                _child(job, write_end, self.scratch)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        os.close(write_end)
        self.began = time.monotonic()
        self.data = b""

    def finish(self, *, killed: bool) -> Record:
        """Reap the child and put its records together."""
        if killed:
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.read_end)
        shutil.rmtree(self.scratch, ignore_errors=True)
        seconds = time.monotonic() - self.began
        records: list[Record] = [{} for _ in self.job["steps"]]
        begun, ended, failed = 0, False, False
        for line in self.data.split(b"\n"):
            try:
                message = json.loads(line)
            except ValueError:
                continue  # the last line of a child that died while writing
            begun = message.get("begin", begun)
            ended = ended or "end" in message
            if "record" in message:
                records[message["index"]] = message["record"]
                failed = failed or "error" in message["record"]
        if not ended and not failed:
            step = self.job["steps"][begun]
            limit = self.job["seconds"]
            why = f"ran longer than {limit:g} s and was stopped"
            if not killed:
                why = "ended the process (os._exit, or killed for memory)"
            records[begun] = {"error": {"line": step["line"], "message": f"the code {why}"}}
        return {"name": self.job["name"], "records": records, "seconds": round(seconds, 2)}


def main() -> None:
    """Serve jobs from standard input, a few at a time, until it is closed."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot
    import numpy  # noqa: F401

    from scaling_core.book import figures

    figures.use_style()
    jobs = [json.loads(line) for line in sys.stdin if line.strip()]
    at_once = max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a page writes past sys.stdout is lost
    running: list[_Running] = []
    while jobs or running:
        while jobs and len(running) < at_once:
            running.append(_Running(jobs.pop(0)))
        ready, _, _ = select.select([r.read_end for r in running], [], [], 0.2)
        for one in list(running):
            closed = False
            if one.read_end in ready:
                chunk = os.read(one.read_end, 1 << 16)
                one.data += chunk
                closed = not chunk
            late = time.monotonic() - one.began > one.job["seconds"]
            if closed or late:
                running.remove(one)
                print(json.dumps(one.finish(killed=not closed)), file=answers, flush=True)


if __name__ == "__main__":
    main()
