"""`python -m scaling_core.lab COMMAND`: train small models on a source of known entropy.

Exit code 0: done; 1: work failed, what is finished is kept; 2: bad usage or bad input; 130:
stopped by Ctrl-C, after which the same command goes on. Finished runs are on the disk at once.
"""

import argparse
import difflib
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from scaling_core.__main__ import let_go
from scaling_core.lab import plan
from scaling_core.lab._progress import Bar, clock
from scaling_core.lab.config import RunConfig, seconds_estimate
from scaling_core.lab.runs import Run
from scaling_core.lab.runs_file import WriteFailed, finished_runs
from scaling_core.lab.source import SHANNON, TextSource, source_of
from scaling_core.lab.sweep import sweep, usable_workers
from scaling_core.lab.text import FETCH, CorpusError, build_counts

SWEEPS = {
    "quick": "15 runs, three parabolas: half a minute on two cores",
    "full": "the whole ladder and the held-out budget: ten minutes of one core",
    "epochs": "the same data 1 to 32 times, beside fresh data",
    "quality": "clean data, beside ten times as much with noise",
    "schedule": "decay matched to each horizon, long runs read on their way, constant rates",
    "addition": "models that learn to add four-digit numbers, or do not",
    "metric": "one set of text models, seen through many metrics",
    "text": "three budgets on real text",
}
OTHERS = {
    "verify": "checks of the installed lab: data, gradients, source, two runs trained again",
    "report": "an HTML report on a file of runs",
    "build-source": "counts of the source from its corpus (for maintainers)",
    "record": "the runs that ship with the book, into a folder (for maintainers)",
}
COMMANDS = SWEEPS | OTHERS
OF_TEXT = ("metric", "text")
CLUSTER = (
    "of a dask.distributed scheduler, such as tcp://host:8786, whose workers train instead: that "
    "cluster runs your code, and whoever reaches its port can run theirs; use one that you trust"
)
SEEDS = {"addition": "0,1,2,3,4,5,6,7"}


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit code 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class UsageError(ValueError):
    """What is wrong with an option."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command with the arguments of the command line; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if sys.stderr is None:  # closed by whoever called
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    try:
        options = _parser(given).parse_args(given)
        _run(options)
        sys.stdout.flush()
        return 0
    except SystemExit as end:  # from argparse: help was asked for, or usage was bad
        let_go()
        return int(end.code or 0)
    except KeyboardInterrupt as stop:
        _complain(str(stop) or "stopped")
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        let_go()
        return 0
    except (RuntimeError, WriteFailed) as error:  # SweepFailed, WorkerRefused, VerifyFailed
        _complain(str(error))
        return 1
    except (ValueError, OSError) as error:  # of which RunsFileError, CorpusError, ClusterError
        _complain(str(error))
        return 2
    except Exception as error:  # a user is owed words, never a traceback
        _complain(f"{type(error).__name__}: {error}")
        return 1


def _complain(words: str) -> None:
    print(f"scaling_core.lab: {words}", file=sys.stderr)


def _parser(given: list[str]) -> Parser:
    first = given[0] if given else ""
    if first and not first.startswith("-") and first not in COMMANDS:
        similar = difflib.get_close_matches(first, COMMANDS, 1)
        hint = f"; did you mean {similar[0]!r}?" if similar else ";"
        raise UsageError(f"unknown command {first!r}{hint} the commands are {', '.join(COMMANDS)}")
    head, _, tail = (__doc__ or "").partition("\n\n")
    formatter = argparse.RawDescriptionHelpFormatter
    parser = Parser("python -m scaling_core.lab", description=head, epilog=tail,
                    formatter_class=formatter)  # fmt: skip
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        words = f"{purpose[0].upper()}{purpose[1:]}."
        add = partial(commands.add_parser, name, help=purpose, description=words)
        _add_options(name, add(formatter_class=formatter))
    return parser


def _add_options(name: str, command: argparse.ArgumentParser) -> None:
    option = command.add_argument
    path = partial(option, metavar="FILE", type=Path)
    if name == "report":
        path("file", help="a file of runs")
        path("--out", help="default: FILE with .html for .csv")
    if name in SWEEPS:
        file, seeds = f"lab-{name}.csv", SEEDS.get(name, "0")
        path("--out", default=Path(file), help=f"of the runs, default {file}; goes on with it")
        option("--seeds", metavar="0,1,...", default=seeds, help=f"one sweep each, default {seeds}")
        option("--dry-run", action="store_true", help="list the runs, train nothing")
    if name == "record":
        path("--out", metavar="FOLDER", default=Path("lab-recorded"), help="default lab-recorded")
    if name == "build-source":
        path("--out", default=Path("shannon4_counts.npz"), help="default shannon4_counts.npz")
    if name in SWEEPS or name == "record":
        option("--workers", metavar="N", help="processes, default: the usable cores, at most 8")
        option("--scheduler", metavar="ADDRESS", help=CLUSTER)
    if name in (*OF_TEXT, "record", "build-source"):
        own = " or a folder of .txt files of your own" if name in OF_TEXT else ""
        path("--corpus", metavar="PATH", help=f"Django-5.2.tar.gz, from `{FETCH}`{own}")


def _run(options: argparse.Namespace) -> None:
    if options.command in SWEEPS:
        _sweep(options)
    elif options.command == "record":
        _record(options)
    elif options.command == "verify":
        from scaling_core.lab.verify import verify

        verify(print)
    elif options.command == "report":
        report = import_module("scaling_core.lab.report").report
        print(report(options.file, options.out))
    else:
        print(f"content sha256 {build_counts(_corpus(options), options.out)} in {options.out}")


def _sweep(options: argparse.Namespace) -> None:
    workers, runs = _workers(options.workers), _runs(options)
    if options.dry_run:
        return _list(runs, options.out)
    before = {run.config.run_id for run in finished_runs(options.out)}
    source_of(SHANNON)  # damage is found here, not by each of the workers
    corpus = getattr(options, "corpus", None)
    with _executor(options.scheduler) as (executor, count):
        done = _watched(runs, options.out, executor, count or workers, corpus)
    if all(config.run_id in before for config in runs):
        print(f"{options.out}: all {len(runs)} runs are there, nothing to do\n")
    from scaling_core.lab._summary import summary

    print(summary(options.command, done, options.out))


def _watched(
    runs: list[RunConfig], out: Path, executor: Executor | None, workers: int | None,
    corpus: Path | None,
) -> list[Run]:  # fmt: skip
    """A sweep with a bar, that says after a Ctrl-C what is kept."""
    bar = Bar()
    try:
        return sweep(runs, out, executor, workers, bar, corpus)
    except KeyboardInterrupt:
        bar.clear()
        kept = (
            f"{bar.state.done} of {bar.state.total} runs are in"
            if bar.state
            else "nothing new is in"
        )
        raise KeyboardInterrupt(f"stopped: {kept} {out}; the same command goes on") from None
    finally:
        bar.clear()


def _record(options: argparse.Namespace) -> None:
    from scaling_core.lab.record import record

    workers, corpus = _workers(options.workers), _corpus(options)
    TextSource.load(corpus)  # a wrong one is found now, not in an hour
    source_of(SHANNON)

    def train(name: str, runs: list[RunConfig]) -> list[Run]:
        print(f"{name}: {len(runs)} runs", file=sys.stderr)
        return _watched(runs, options.out / name, executor, count or workers, corpus)

    with _executor(options.scheduler) as (executor, count):
        print(record(options.out, train))


@contextmanager
def _executor(scheduler: str | None) -> Iterator[tuple[Executor | None, int | None]]:
    """Where the runs go; (None, None) is the pool of this machine."""
    if scheduler is None:
        yield None, None
        return
    from scaling_core.lab._cluster import connected

    with connected(scheduler) as found:
        yield found


def _runs(options: argparse.Namespace) -> list[RunConfig]:
    seeds = tuple(_seeds(options.seeds))
    if options.command not in OF_TEXT:
        return plan.runs(options.command, seeds)
    text = TextSource.load(_corpus(options))
    make_text = plan.text if options.command == "text" else plan.metric
    runs = make_text(seeds, text.name)
    longest = max(runs, key=lambda run: run.tokens)
    needed = longest.tokens + longest.T
    if len(text.train) < needed:
        raise CorpusError(
            f"{options.corpus} has {len(text.train):,} characters for training, the longest run "
            f"needs {needed:,}"
        )
    return runs


def _list(runs: list[RunConfig], out: Path) -> None:
    """What --dry-run prints."""
    there = {run.config.run_id for run in finished_runs(out)}
    print(f"{'group':10} {'d':>4} {'N':>8} {'D':>11} {'lr':>8} {'seed':>5} {'CPU s':>7}  in {out}")
    for run in runs:
        print(
            f"{run.group:10} {run.d:>4} {run.N:>8,} {run.tokens:>11,} {run.lr:>8.3g} "
            f"{run.seed:>5} {seconds_estimate(run):>7.1f}  {'yes' if run.run_id in there else '-'}"
        )
    left = sum(seconds_estimate(run) for run in runs if run.run_id not in there)
    kept = sum(run.run_id in there for run in runs)
    print(f"{len(runs)} runs, {kept} of them there; about {clock(left)} of CPU for the rest, "
          f"{usable_workers()} usable cores")  # fmt: skip


def _workers(given: str | None) -> int | None:
    if given is None:
        return None
    if not given.isdecimal() or int(given) < 1:
        raise UsageError(f"--workers must be a whole number of at least 1, got {given}")
    return int(given)


def _seeds(given: str) -> list[int]:
    seeds: list[int] = []
    for place, token in enumerate(given.split(","), 1):
        words = f"--seeds {given}: {token!r}, number {place} of the list,"
        if not token.strip().isdecimal():
            raise UsageError(f"{words} is not a whole number of at least 0")
        if int(token) in seeds:
            raise UsageError(f"{words} is there twice")
        seeds.append(int(token))
    return seeds


def _corpus(options: argparse.Namespace) -> Path:
    if options.corpus is None:
        own = ", or a folder of .txt files of your own" if options.command in OF_TEXT else ""
        raise UsageError(
            f"{options.command} needs --corpus PATH: the file Django-5.2.tar.gz, which `{FETCH}` "
            f"gets (add --no-build-isolation where setuptools is installed){own}"
        )
    path: Path = options.corpus
    return path


if __name__ == "__main__":
    sys.exit(main())
