"""`scaling-core COMMAND`, or `python -m scaling_core COMMAND`: plan, fit, serve, models.

Exit code 0: answered; 1: answered, with a doubt that stderr names; 2: bad usage or bad input;
130: interrupted. Answers go to stdout, everything else to stderr; no file is written.
"""

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

from scaling_core import __doc__ as about

COMMANDS = {
    "plan": "what a training budget buys under each published law",
    "fit": "a law, with intervals, from a CSV file of your own runs",
    "serve": "what a written token costs, against the batch",
    "models": "published models: sizes, tokens, compute, waste",
}


class Progress:
    """Signs of life on stderr for work of more than a second, if a terminal shows them."""

    def __init__(self) -> None:
        self._start, self._drawn, self._watched = time.monotonic(), False, sys.stderr.isatty()

    def bar(self, share: float) -> None:
        """Shows how much of the file has been read."""
        self._draw(f"reading [{'#' * round(30 * share):30}] {share:4.0%}")

    @contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """Counts the seconds of work that has no milestones."""
        done, start = threading.Event(), time.monotonic()

        def tick() -> None:
            while not done.wait(0.5):
                self._draw(f"{what}: {time.monotonic() - start:.0f} s")

        clock = threading.Thread(target=tick, daemon=True)
        clock.start()
        try:
            yield
        finally:
            done.set()
            clock.join()

    def clear(self) -> None:
        """Leaves the line as it was."""
        if self._drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._drawn = False

    def _draw(self, text: str) -> None:
        if self._watched and time.monotonic() - self._start > 1:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
            self._drawn = True


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit code 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command with the arguments of the command line; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _open_streams()
    progress = Progress()
    try:
        options = _parser(given).parse_args(given)
        answer = options.run(options, progress)
        text = json.dumps(answer.data, indent=2, allow_nan=False) if options.json else answer.text
        progress.clear()
        _write(text)
        for doubt in answer.doubts:
            print(f"doubt: {doubt}", file=sys.stderr)
        return 1 if answer.doubts else 0
    except SystemExit as end:  # from argparse: help was asked for, or usage was bad
        let_go()
        return int(end.code or 0)
    except KeyboardInterrupt:
        progress.clear()
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        let_go()
        return 0
    except Exception as error:  # a user is owed words, never a traceback
        progress.clear()
        print(f"scaling-core: {_words(error)}", file=sys.stderr)
        return 2


def _open_streams() -> None:
    """Prepares for a stderr that is closed and for a terminal that lacks some characters."""
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def let_go() -> None:
    """Leaves nothing that Python would fail to write to a closed pipe when it ends."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(text: str) -> None:
    if sys.stdout is None:
        raise OSError("the answer cannot be written: standard output is closed")
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(f"the answer cannot be written: {error.strerror}") from None


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; of the commands only the one that was given is imported."""
    parser = Parser(
        prog="scaling-core",
        description=f"{about} Each command has its own --help with examples.",
        epilog=(__doc__ or "").partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=purpose,
            description=f"{purpose[0].upper()}{purpose[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name in given:
            module = import_module(f"scaling_core._cli_{name}")
            module.add(command)
            command.add_argument("--json", action="store_true", help="all numbers, as JSON")
            command.set_defaults(run=module.run)
    return parser


def _words(error: Exception) -> str:
    """What is wrong, for a person; a KeyError prints its text in quotation marks."""
    if isinstance(error, KeyError):
        return str(error.args[0])
    if isinstance(error, ValueError | TypeError | OSError):
        return str(error)
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main())
