"""The file of runs: a CSV that only ever grows by whole rows, and survives kills and full disks.

One row is one run. A row is on the disk before the next one is taken; a file that holds anything
unexpected is left as it is, with a message that names file, line and column.
"""

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scaling_core.lab._runs_text import HEADER, RunsFileError, encoded, parsed
from scaling_core.lab.runs import Run

if sys.platform != "win32":  # where nothing keeps two sweeps apart: WSL does
    import fcntl

__all__ = ["RunsFile", "RunsFileError", "WriteFailed", "finished_runs", "read_runs"]

TORN = ".torn"


class WriteFailed(OSError):
    """A row did not reach the disk; it is on standard error, and the file ends in a whole line."""


def read_runs(path: str | Path) -> list[Run]:
    """The runs of a file that a sweep wrote, in the file's order.

    RunsFileError, with file:line and column, for anything that no sweep has written: another
    header, a cell that is no number, a row whose run_id is not the hash of its own settings, a
    run that is there twice, a row of another recipe, a last line without its end.
    """
    shown, data = str(path), _bytes_of(path)
    if data is None:
        raise RunsFileError(f"there is no file {shown}")
    if not data:
        raise RunsFileError(f"{shown} is empty: a header and one line per run are expected")
    runs, whole = parsed(data, shown)
    if whole < len(data):
        raise RunsFileError(
            f"{shown}:{data.count(b'\n') + 1}: the line has no end, it was cut off while it was "
            "written; the command that wrote the file mends it and repeats the run"
        )
    return runs


def finished_runs(path: str | Path) -> list[Run]:
    """The runs that a sweep would find in the file, which may be missing or end in a torn line."""
    return parsed(_bytes_of(path) or b"", str(path))[0]


class RunsFile:
    """A file of runs that is open for one sweep, and locked as long as that lives.

    runs  # those that are in the file

    Use it in a `with`. RunsFileError, before any work, if the file cannot be opened, is in use, or
    holds anything but runs of this recipe.
    """

    runs: list[Run]

    def __init__(self, path: str | Path) -> None:
        self._shown = str(path)
        self._path = Path(path).resolve()  # a link stays a link when the file is rewritten
        self._fd = _locked(self._path, self._shown)
        try:
            with os.fdopen(os.dup(self._fd), "rb") as stream:
                data = stream.read()
            self.runs, whole = parsed(data, self._shown)
            if whole < len(data):
                self._cut_torn(data[whole:], whole)
            if not whole:
                self._write(HEADER)
        except BaseException:
            os.close(self._fd)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)

    def append(self, run: Run) -> Run:
        """Puts one run on the disk; returns it as it can be read there, losses rounded.

        WriteFailed, after the row went to standard error, if it does not get there.
        """
        cells = run.row()
        kept = Run.from_row(cells)  # before it is written: what is in the file can be read
        self._write(encoded(cells.values()))
        self.runs.append(kept)
        return kept

    def rewrite_sorted(self) -> None:
        """Sorts the rows, so that a file does not depend on which run was finished first.

        By group, order, budget, width, learning rate, tokens and seed; through a second file that
        takes the name of the first when it is complete.
        """
        ordered = _sorted(self.runs)
        if all(a is b for a, b in zip(ordered, self.runs, strict=True)):
            return
        data = HEADER + b"".join(encoded(run.row().values()) for run in ordered)
        other = self._path.with_name(self._path.name + ".tmp")
        fd = -1
        try:
            mode = stat.S_IMODE(os.fstat(self._fd).st_mode)
            fd = os.open(other, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC, mode)
            _lock(fd)  # before it has the name: at no moment is the file of that name unlocked
            _write_all(fd, data)
            os.fsync(fd)
            other.replace(self._path)
        except OSError as error:
            if fd >= 0:
                os.close(fd)
                with suppress(OSError):
                    other.unlink()
            raise WriteFailed(
                f"{self._shown} holds all its runs but could not be sorted: {error.strerror}"
            ) from None
        os.close(self._fd)
        self._fd, self.runs = fd, ordered
        _sync_folder(self._path.parent)

    def _write(self, line: bytes) -> None:
        """Appends a whole line, or leaves the file as it was."""
        before = os.fstat(self._fd).st_size
        try:
            _write_all(self._fd, line)
            os.fsync(self._fd)
        except OSError as error:
            _say(line.decode().rstrip("\n"))
            state = "the file ends in a whole line"
            try:
                os.ftruncate(self._fd, before)
            except OSError as second:
                state = f"the file could not be cut back to {before} bytes: {second.strerror}"
            raise WriteFailed(
                f"{self._shown}: a row could not be written: {error.strerror}; it stands above, "
                f"{state}; make room and give the same command again"
            ) from None

    def _cut_torn(self, tail: bytes, whole: int) -> None:
        """Moves what a kill has left of a line into a file of its own."""
        torn = self._path.with_name(self._path.name + TORN)
        try:
            with torn.open("ab") as stream:
                stream.write(tail + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            os.ftruncate(self._fd, whole)
        except OSError as error:
            raise WriteFailed(
                f"{self._shown}: the last line was cut off while it was written, and could not be "
                f"moved to {torn.name}: {error.strerror}"
            ) from None
        _say(
            f"{self._shown}: the last line was cut off while it was written; what there is of it "
            f"is in {torn.name}, and the run is done again"
        )


def _sorted(runs: list[Run]) -> list[Run]:
    def place(run: Run) -> tuple[Any, ...]:
        c = run.config
        return (
            *(c.group, c.source, c.k, c.budget, c.d, c.lr, c.noise, c.schedule),
            *(c.unique_tokens, c.tokens, c.seed, c.run_id),
        )

    return sorted(runs, key=place)


def _bytes_of(path: str | Path) -> bytes | None:
    """All of the file; None if it is missing."""
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise RunsFileError(f"{path} is not a regular file")
        return Path(path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunsFileError(f"{path} cannot be read: {error.strerror}") from None


def _locked(path: Path, shown: str) -> int:
    """The descriptor of the file, open for appending and locked."""
    while True:
        try:
            fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        except OSError as error:
            raise RunsFileError(f"{shown} cannot be written: {error.strerror}") from None
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise RunsFileError(f"{shown} is not a regular file")
            effective = os.access in os.supports_effective_ids
            if not os.access(path.parent, os.W_OK, effective_ids=effective):  # to sort it there
                raise RunsFileError(f"{shown} cannot be written: its folder is read-only")
            _lock(fd)
            if path.exists() and os.path.samestat(os.fstat(fd), path.stat()):
                return fd
            os.close(fd)  # another sweep has just put its sorted file in this place
        except BlockingIOError:
            os.close(fd)
            raise RunsFileError(f"{shown} is in use by another sweep") from None
        except RunsFileError:
            os.close(fd)
            raise


def _lock(fd: int) -> None:
    """Takes the lock, which ends with the process; BlockingIOError if somebody has it."""
    if sys.platform != "win32":
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:  # some network file systems have no locks
            return


def _write_all(fd: int, data: bytes) -> None:
    """Writes once, as a rule; after a short write the next one tells the system's reason."""
    while data:
        data = data[os.write(fd, data) :]


def _sync_folder(folder: Path) -> None:
    """Makes a new name in a folder survive a power cut, where the system can."""
    with suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _say(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text + "\n")
