"""The file of runs: what is refused, and that neither a kill nor a full disk costs a row."""

import csv
import multiprocessing
import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from lab.stubs import configs, stub
from scaling_core.lab._runs_text import encoded
from scaling_core.lab.config import RECIPE
from scaling_core.lab.recorded import Runs, recorded
from scaling_core.lab.runs import COLUMNS, Run
from scaling_core.lab.runs_file import (
    RunsFile,
    RunsFileError,
    WriteFailed,
    finished_runs,
    read_runs,
)


@pytest.fixture
def runs() -> list[Run]:
    return [stub(config) for config in configs(4)]


@pytest.fixture
def file(tmp_path, runs) -> Path:
    """A file of four runs, in the order in which they were finished."""
    path = tmp_path / "runs.csv"
    with RunsFile(path) as opened:
        for run in runs:
            opened.append(run)
    return path


def change(path: Path, line: int, column: str, value: str) -> None:
    """Edits one cell."""
    lines = path.read_bytes().splitlines(keepends=True)
    cells = next(csv.reader([lines[line - 1].decode()]))
    cells[COLUMNS.index(column)] = value
    lines[line - 1] = encoded(cells)
    path.write_bytes(b"".join(lines))


# --- What goes in comes out ---------------------------------------------------------------------


def test_rows_come_back_with_their_losses_to_five_decimals(file, runs):
    back = read_runs(file)
    assert [run.config for run in back] == [run.config for run in runs]
    for new, old in zip(back, runs, strict=True):
        assert new.loss == pytest.approx(old.loss, abs=5.1e-6)
        assert new.row() == old.row()
    assert finished_runs(file) == back


def test_append_returns_the_run_as_the_file_holds_it(tmp_path, runs):
    with RunsFile(tmp_path / "a.csv") as opened:
        kept = opened.append(runs[0])
    assert read_runs(tmp_path / "a.csv") == [kept]
    assert kept != runs[0]


def test_a_row_is_on_the_disk_before_the_next_is_taken(tmp_path, runs):
    with RunsFile(tmp_path / "a.csv") as opened:
        for n, run in enumerate(runs, 1):
            opened.append(run)
            assert len(read_runs(tmp_path / "a.csv")) == n


def test_a_missing_file_holds_nothing_and_reading_it_says_so(tmp_path):
    assert finished_runs(tmp_path / "a.csv") == []
    with pytest.raises(RunsFileError, match=r"there is no file .*a\.csv"):
        read_runs(tmp_path / "a.csv")


def test_an_empty_file_is_a_new_one(tmp_path, runs):
    (tmp_path / "a.csv").touch()
    with RunsFile(tmp_path / "a.csv") as opened:
        opened.append(runs[0])
    assert len(read_runs(tmp_path / "a.csv")) == 1


def test_the_sorted_file_does_not_depend_on_the_order_in_which_runs_were_finished(tmp_path, runs):
    texts = []
    for order in ([0, 1, 2, 3], [2, 0, 3, 1]):
        path = tmp_path / "a.csv"
        path.unlink(missing_ok=True)
        with RunsFile(path) as opened:
            for place in order:
                opened.append(runs[place])
            opened.rewrite_sorted()
            assert opened.runs == read_runs(path)
        texts.append(path.read_bytes())
    assert texts[0] == texts[1]
    assert [run.config.d for run in read_runs(path)] == [4, 4, 6, 6]
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.csv"]


def test_rows_can_follow_a_sorting(tmp_path, runs):
    with RunsFile(tmp_path / "a.csv") as opened:
        for run in runs[:3]:
            opened.append(run)
        opened.rewrite_sorted()
        opened.append(runs[3])
    assert len(read_runs(tmp_path / "a.csv")) == 4


def test_a_sorted_file_is_not_written_again(file):
    with RunsFile(file) as opened:
        opened.rewrite_sorted()
        before = file.stat().st_ino
        opened.rewrite_sorted()
        assert file.stat().st_ino == before


def test_sorting_keeps_permissions_and_links(tmp_path, runs):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    link.symlink_to(real)
    with RunsFile(link) as opened:
        real.chmod(0o640)
        for run in reversed(runs):
            opened.append(run)
        opened.rewrite_sorted()
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert len(read_runs(real)) == 4


# --- What is refused, and left as it is ---------------------------------------------------------

DELETE = "if you delete the line, a sweep repeats the run"


@pytest.mark.parametrize(
    ("line", "column", "value", "words"),
    [
        (3, "loss", "abc", rf":3: column 'loss': 'abc' is not a number; {DELETE}"),
        (2, "d_model", "4.5", rf":2: column 'd_model': '4.5' is not a whole number; {DELETE}"),
        (2, "lr", "-1", rf":2: .*lr must be a number above 0.*, got -1.0; {DELETE}"),
        (4, "seed", "17", r":4: column 'run_id': '\w{12}' does not follow"),
        (4, "run_id", "0123456789ab", r":4: column 'run_id': '0123456789ab' does not follow"),
        (2, "N", "661", r":2: column 'N': '661' does not follow from the row, expected '660'"),
        (5, "status", "fine", r":5: .*'fine'"),
        (2, "loss", "nan", r":2: column 'loss'"),
        (3, "curve", "[1", r":3: column 'curve': .* is not a JSON list"),
        (3, "curve", "[1]", rf":3: .*; {DELETE}"),
        (3, "metrics", '{"a":"b"}', rf":3: .*; {DELETE}"),
        (3, "recipe", str(RECIPE + 1), rf":3: a row of recipe {RECIPE + 1}, .* {RECIPE}: .*--out"),
        (3, "recipe", "new", r":3: column 'recipe': 'new' is not a whole number"),
    ],
)  # fmt: skip
def test_a_damaged_row_is_named_by_line_and_column_and_nothing_is_touched(
    file, line, column, value, words
):
    change(file, line, column, value)
    before = file.read_bytes()
    with pytest.raises(RunsFileError, match=f"^{file}{words}"):
        RunsFile(file)
    with pytest.raises(RunsFileError, match=f"^{file}{words}"):
        read_runs(file)
    assert file.read_bytes() == before
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", r":1: not a file of runs: the header should be 'run_id,.*', found 'a,b'"),
        ("a novel without an end", r":1: not a file of runs.*found 'a novel without an end'"),
        ("\0\1\2\n", r":1: not a file of runs"),
        (",".join(COLUMNS[:-1]) + "\n", r":1: not a file of runs"),
    ],
)
def test_another_file_is_neither_continued_nor_overwritten(tmp_path, text, words):
    path = tmp_path / "a.csv"
    path.write_text(text)
    for read in (RunsFile, read_runs, finished_runs):
        with pytest.raises(RunsFileError, match=f"^{path}{words}"):
            read(path)
    assert path.read_text() == text


def test_a_row_with_a_cell_too_many_or_bytes_that_are_no_text_is_named(file):
    good = file.read_bytes()
    file.write_bytes(good.replace(b"quick", b"qu,ick", 1))
    with pytest.raises(RunsFileError, match=rf":2: {len(COLUMNS) + 1} cells, expected"):
        read_runs(file)
    file.write_bytes(good.replace(b'}"\n', b"}\n", 1))
    with pytest.raises(RunsFileError, match=r":2: a quotation mark is never closed"):
        read_runs(file)
    file.write_bytes(good.replace(b"quick", b"qu\xffck", 1))
    with pytest.raises(RunsFileError, match=r":2: not text in UTF-8: byte 0xff"):
        read_runs(file)


def test_a_run_that_is_there_twice_is_named_by_both_lines(file):
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines, lines[2]]))
    with pytest.raises(RunsFileError, match=r":6: the run \w{12} is on line 3 too"):
        RunsFile(file)


def test_a_deleted_line_is_a_run_to_repeat(file, runs):
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert [run.config.seed for run in read_runs(file)] == [0, 2, 3]


@pytest.mark.parametrize("reader", [RunsFile, read_runs, finished_runs])
def test_a_folder_a_device_or_a_pipe_is_no_file_of_runs(tmp_path, reader):
    with pytest.raises(RunsFileError, match=rf"{tmp_path} (cannot be written: Is a|is not a reg)"):
        reader(tmp_path)
    with pytest.raises(RunsFileError, match="/dev/null is not a regular file"):
        reader("/dev/null")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(RunsFileError, match=r"pipe\.csv is not a regular file"):
        reader(tmp_path / "pipe.csv")


def test_a_missing_folder_is_found_before_any_work(tmp_path):
    path = tmp_path / "none" / "a.csv"
    with pytest.raises(RunsFileError, match=f"{path} cannot be written: No such file"):
        RunsFile(path)


def test_a_folder_without_permission_is_found_before_any_work(runs):
    """Root may write anywhere, so root becomes nobody, who may not enter pytest's own folder."""
    home = os.geteuid()
    with TemporaryDirectory() as name:
        folder = Path(name)
        with RunsFile(folder / "a.csv") as opened:
            opened.append(runs[0])
        before = (folder / "a.csv").read_bytes()
        (folder / "a.csv").chmod(0o666)
        folder.chmod(0o555)
        try:
            if home == 0:
                os.seteuid(65534)
            with pytest.raises(RunsFileError, match="cannot be written: its folder is read-only"):
                RunsFile(folder / "a.csv")
            with pytest.raises(RunsFileError, match=r"new\.csv cannot be .*Permission denied"):
                RunsFile(folder / "new.csv")
            assert (folder / "a.csv").read_bytes() == before
        finally:
            os.seteuid(home)
            folder.chmod(0o755)


# --- One sweep per file -------------------------------------------------------------------------


def test_a_second_sweep_on_the_same_file_is_refused_also_after_a_sorting(file):
    with RunsFile(file) as first:
        with pytest.raises(RunsFileError, match=r"runs\.csv is in use by another sweep"):
            RunsFile(file)
        first.rewrite_sorted()
        with pytest.raises(RunsFileError, match="in use"):
            RunsFile(file)
    with RunsFile(file) as second:
        assert len(second.runs) == 4


HOLD = """
import sys, time
from scaling_core.lab.runs_file import RunsFile
file = RunsFile(sys.argv[1])
print("held", flush=True)
time.sleep(60)
"""


def test_the_lock_ends_with_its_process_however_that_ends(file):
    with subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(RunsFileError, match="in use"):
            RunsFile(file)
        other.kill()
        other.wait()
        RunsFile(file).__exit__(None, None, None)


def test_a_file_that_was_replaced_while_it_was_opened_is_opened_again(file, monkeypatch):
    """A sweep that ends between another's open and lock puts a new file under the name."""
    import scaling_core.lab.runs_file as module

    real, calls = module._lock, []

    def late(fd: int) -> None:
        if not calls:
            twin = file.with_name("twin.csv")
            twin.write_bytes(file.read_bytes())
            twin.replace(file)
        calls.append(fd)
        real(fd)

    monkeypatch.setattr(module, "_lock", late)
    with RunsFile(file) as opened:
        assert len(calls) == 2
        assert os.fstat(opened._fd).st_ino == file.stat().st_ino


# --- Kills and full disks -----------------------------------------------------------------------


def test_a_line_torn_at_any_place_is_saved_cut_off_and_can_be_repeated(file, runs, capsys):
    whole = file.read_bytes()
    start = whole[:-1].rfind(b"\n") + 1
    for cut in (1, 20, 150, len(whole) - start - 1):
        torn = whole[: start + cut]
        file.write_bytes(torn)
        with pytest.raises(RunsFileError, match=r":5: the line has no end"):
            read_runs(file)
        assert len(finished_runs(file)) == 3
        assert file.read_bytes() == torn  # reading mends nothing
        with RunsFile(file) as opened:
            assert len(opened.runs) == 3
            opened.append(runs[3])
        assert file.read_bytes() == whole
        assert "the last line was cut off" in capsys.readouterr().err
        kept = file.with_name("runs.csv.torn").read_bytes().splitlines()
        assert kept[-1] == torn[start:]
    assert len(kept) == 4  # none of them has overwritten an earlier one


@pytest.mark.parametrize("cut", [1, 40])
def test_a_header_that_was_cut_off_is_written_again(tmp_path, cut, runs):
    path = tmp_path / "a.csv"
    path.write_bytes(",".join(COLUMNS).encode()[:cut])
    with RunsFile(path) as opened:
        opened.append(runs[0])
    assert len(read_runs(path)) == 1


def test_a_torn_line_after_a_damaged_one_is_left_alone(file):
    change(file, 3, "loss", "abc")
    file.write_bytes(file.read_bytes() + b"torn")
    before = file.read_bytes()
    with pytest.raises(RunsFileError, match=":3: column 'loss'"):
        RunsFile(file)
    assert file.read_bytes() == before
    assert not file.with_name("runs.csv.torn").exists()


def limited(size: int):
    """No file may grow beyond so many bytes: what a full disk looks like without root."""
    return resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.mark.parametrize("room", [0, 1, 100])
def test_a_full_disk_costs_no_row_and_leaves_whole_lines(file, capsys, room):
    before = file.read_bytes()
    extra = stub(configs(5)[4])
    with RunsFile(file) as opened:
        limited(len(before) + room)
        try:
            with pytest.raises(WriteFailed, match=r"\.csv: a row could not be .*File too large"):
                opened.append(extra)
        finally:
            limited(resource.RLIM_INFINITY)
        assert file.read_bytes() == before
        said = capsys.readouterr().err
        opened.append(extra)  # room has been made
    assert file.read_bytes() == before + said.encode()


def test_a_file_that_cannot_be_sorted_keeps_its_rows(file):
    before = file.read_bytes()
    with RunsFile(file) as opened:
        limited(100)
        try:
            with pytest.raises(WriteFailed, match="holds all its runs but could not be sorted"):
                opened.rewrite_sorted()
        finally:
            limited(resource.RLIM_INFINITY)
        assert [entry.name for entry in file.parent.iterdir()] == ["runs.csv"]
        opened.append(stub(configs(5)[4]))
    assert file.read_bytes().startswith(before)
    assert len(read_runs(file)) == 5


def test_a_failure_of_the_disk_to_keep_what_it_took_is_one_too(file, monkeypatch, capsys):
    """A disk may take the bytes and report at the fsync that it could not keep them."""
    before = file.read_bytes()

    def fails(fd: int) -> None:
        raise OSError(5, "Input/output error")

    with RunsFile(file) as opened:
        monkeypatch.setattr(os, "fsync", fails)
        with pytest.raises(WriteFailed, match="Input/output error"):
            opened.append(stub(configs(5)[4]))
    assert file.read_bytes() == before
    assert capsys.readouterr().err.count("\n") == 1


# --- Runs as columns ----------------------------------------------------------------------------


def test_columns_have_the_types_that_pages_count_on(file, runs):
    table = Runs.read(file)
    assert len(table) == 4
    assert table.N.dtype == table.D.dtype == table.seed.dtype == np.int64
    assert table.loss.dtype == table.lr.dtype == table.epochs.dtype == np.float64
    assert table.group.tolist() == ["quick"] * 4
    np.testing.assert_array_equal(table.C, 6 * table.N * table.tokens)
    np.testing.assert_array_equal(table.d, table.d_model)
    assert table.curve[1].shape == (1, 2)
    assert table.metrics[1] == {"exact4": 0.5}
    with pytest.raises(ValueError, match="read-only"):
        table.loss[0] = 1


def test_where_keeps_all_columns_in_step(file):
    table = Runs.read(file)
    some = table.where(table.d == 6)
    assert some.seed.tolist() == [1, 3]
    assert [metrics["exact4"] for metrics in some.metrics] == [0.5, 0.25]
    assert len(some.where(some.seed > 9)) == 0
    with pytest.raises(ValueError, match=r"mask must be 4 truth values, got int64"):
        table.where(table.d)
    with pytest.raises(ValueError, match=r"mask must be 4 truth values, got bool of shape \(1,\)"):
        table.where([True])


def test_a_run_that_diverged_has_no_loss(tmp_path):
    nan = float("nan")
    lost = Run(configs(1)[0], "diverged", nan, nan, nan, nan, 0.1)
    table = Runs.of([lost, stub(configs(1)[0])])
    assert np.isnan(table.loss).tolist() == [True, False]
    assert table.curve[0].size == 0


def test_unknown_columns_and_files_are_named_beside_those_that_exist(file):
    with pytest.raises(AttributeError, match=r"no column 'los'; there are D, C, d, run_id, .*loss"):
        _ = Runs.read(file).los
    with pytest.raises(ValueError, match=r"name must be one of .*, got 'lab_run\.csv'"):
        recorded("lab_run.csv")


def test_columns_survive_a_copy_and_a_process(file):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(len, [Runs.read(file)]) == 4
