"""`python -m scaling_core.lab report runs.csv`: one HTML page about a file of runs.

The page needs nothing from elsewhere and runs no script. It is written to a second file that takes
its name when complete, so there is a whole page or none.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from scaling_core.lab._report_figures import flop
from scaling_core.lab._report_fits import Study, studies, why_not
from scaling_core.lab._report_html import (
    HEAD,
    Html,
    heading,
    html,
    listing,
    page,
    paragraph,
    table,
)
from scaling_core.lab._report_study import grade, sections, title
from scaling_core.lab.runs import Run
from scaling_core.lab.runs_file import RunsFileError, read_runs
from scaling_core.units import human

START = HEAD.encode()[:15]  # how every report begins
CAVEATS = (
    "A bootstrap interval knows chance alone. The law’s form is only nearly right, so the interval "
    "is narrower than what is not known.",
    "One held or missed interval says little about how often such intervals hold.",
    "The largest models of a budget take few steps: steps, rather than data, may hold them back.",
    "The central filter was chosen on trial runs, whose seeds are not those of the recorded runs.",
    "One rule sets all learning rates. Where it is off, a valley shifts.",
    "Nothing here is evidence about large models: two layers, a short context and 32 symbols have "
    "exponents and a best D/N of their own.",
)


class ReportError(OSError):
    """Why no page can be written to that place."""


def report(runs_csv: Path, out: Path | None = None) -> Path:
    """Writes an HTML page with the fits of a file of runs, graded; returns the page's path.

    out  # default: the file's name with .html; only an earlier report is ever overwritten

    RunsFileError, with file:line, for what no sweep has written; ReportError for a place where no
    page can be written. Neither leaves anything behind.

    >>> from pathlib import Path
    >>> from scaling_core.lab.report import report
    >>> report(Path("no-such-runs.csv"))
    Traceback (most recent call last):
    scaling_core.lab._runs_text.RunsFileError: there is no file no-such-runs.csv
    """
    runs = read_runs(runs_csv)
    if not runs:
        raise RunsFileError(f"{runs_csv} holds no finished run yet")
    out = out or runs_csv.with_suffix(".html")
    _check(out, runs_csv)
    found = studies(runs, str(runs_csv))
    identity = sha256(runs_csv.read_bytes()).hexdigest()
    foot = f"Made from {runs_csv.name}, whose sha256 is {identity}."
    _write(page(f"Report on {runs_csv.name}", _parts(runs, found), foot), out)
    return out


def _parts(runs: Sequence[Run], found: Sequence[Study]) -> list[Html]:
    parts = [*_answer(found), heading(2, "What was run"), _overview(runs)]
    for study in found:
        parts += sections(study)
    parts += _not_fitted(runs)
    return [*parts, heading(2, "What to keep in mind"), listing(CAVEATS)] if found else parts


def _answer(found: Sequence[Study]) -> list[Html]:
    """The grades first."""
    parts = []
    for study in found:
        graded = [words for one in study.surfaces if (words := grade(study, one))]
        first = f"{title(study)}. " if len(found) > 1 else ""
        parts += [paragraph(Html(html(first) + words)) for words in graded]
        if not graded:
            words = "no surface could be fitted, so there is no grade; the reason is below."
            parts.append(paragraph(f"{title(study)}: {words}", "doubt"))
    if not found:
        words = "No run can be fitted, so there is no grade: the reasons are in the last table."
        parts.append(paragraph(words, "doubt"))
    return parts


def _overview(runs: Sequence[Run]) -> Html:
    configs = [run.config for run in runs]
    seconds = sum(run.cpu_seconds for run in runs)
    groups = Counter(c.group for c in configs)
    return table(
        "The runs of the file; N counts body and head, C = 6ND",
        [],
        [
            ["runs", f"{len(runs)} ({', '.join(f'{n} {g}' for g, n in groups.items())})"],
            ["N, parameters", _range(c.N for c in configs)],
            ["D, tokens", _range(c.tokens for c in configs)],
            ["C, FLOP", _range((6 * c.N * c.tokens for c in configs), flop)],
            ["widths d", ", ".join(map(str, sorted({c.d for c in configs})))],
            ["seeds", ", ".join(map(str, sorted({c.seed for c in configs})))],
            ["CPU seconds", f"{seconds:,.0f}"],
            ["numpy", ", ".join(sorted({run.numpy for run in runs}))],
            ["recipe", ", ".join(sorted({str(run.recipe) for run in runs}))],
        ],
        words=[0, 1],
    )


def _range(values: Iterable[int], shown: Callable[[float], str] = human) -> str:
    found = sorted(values)
    low, high = shown(found[0]), shown(found[-1])
    return low if low == high else f"{low} to {high}"


def _not_fitted(runs: Sequence[Run]) -> list[Html]:
    """Groups that are in no fit with the reason, and every diverged run by its name."""
    left = Counter((run.config.group, reason) for run in runs if (reason := why_not(run)))
    if not left:
        return []
    rows = [[group, str(n), reason] for (group, reason), n in sorted(left.items())]
    parts = [
        heading(2, "Not fitted"),
        table("Runs that are in no fit", ["group", "runs", "reason"], rows, words=[0, 2]),
    ]
    lost = [
        [run.config.run_id, run.config.group, str(run.config.d), human(run.config.tokens),
         f"{run.config.lr:.3g}", str(run.config.seed)]
        for run in runs if run.status != "ok"
    ]  # fmt: skip
    if lost:
        head = ["run_id", "group", "d", "D", "lr", "seed"]
        parts.append(table("Diverged: the loss was no number any more", head, lost, words=[0, 1]))
    return parts


def _check(out: Path, runs_csv: Path) -> None:
    """ReportError, before any work, where no page may or can be written."""
    try:
        words = _objection(out, runs_csv)
    except OSError as error:
        words = f"cannot be written: {error.strerror}"
    if words:
        raise ReportError(f"{out} {words}")


def _objection(out: Path, runs_csv: Path) -> str:
    if out.is_dir():
        return "is a folder: give the report a file name, such as report.html"
    if not out.parent.is_dir():
        return f"cannot be written: there is no folder {out.parent}"
    if not os.access(out.resolve().parent, os.W_OK):
        return "cannot be written: its folder is read-only"
    if not out.exists():
        return ""
    if out.samefile(runs_csv):
        return "is the file of runs itself: give the report another name"
    if not out.is_file():
        return "is not a regular file"
    with out.open("rb") as stream:
        start = stream.read(len(START))
    known = start in (b"", START)
    return "" if known else "is there and is no report: give another name, or delete it"


def _write(text: str, out: Path) -> None:
    target = out.resolve()  # a link stays a link
    part = target.with_name(f".report-{os.getpid()}.part")
    try:
        with part.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except BaseException as error:
        with suppress(OSError):
            part.unlink()
        if isinstance(error, OSError):
            raise ReportError(f"{out} cannot be written: {error.strerror}") from None
        raise
