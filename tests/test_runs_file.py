"""The table of runs as `scaling-core fit` reads it, and what it says of a broken one."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest

from scaling_core._runs_file import BLOCK, RunsFileError, read_runs

HEADER = "params,tokens,loss"


def write(path: Path, *lines: str, end: str = "\n", encoding: str = "utf-8") -> str:
    path.write_bytes(end.join([*lines, ""]).encode(encoding))
    return str(path)


@pytest.mark.parametrize(
    ("header", "letters"),
    [
        ("N,D,L", {"N": "N", "D": "D", "L": "L"}),
        ("params,tokens,loss", {"N": "params", "D": "tokens", "L": "loss"}),
        ("n_params,num_tokens,val_loss", {"N": "n_params", "D": "num_tokens", "L": "val_loss"}),
        (
            "Model Size,Training Tokens,loss",
            {"N": "Model Size", "D": "Training Tokens", "L": "loss"},
        ),
        (
            "Parameters,Train tokens,Final-Loss",
            {"N": "Parameters", "D": "Train tokens", "L": "Final-Loss"},
        ),
    ],
)  # fmt: skip
def test_usual_headers_are_understood(tmp_path, header, letters):
    runs = read_runs(write(tmp_path / "a.csv", header, "1e8,2e9,3.5", "2e8,4e9,3.1"))
    assert dict(runs.columns) == letters
    assert (runs.N.tolist(), runs.D.tolist(), runs.L.tolist()) == (
        [1e8, 2e8],
        [2e9, 4e9],
        [3.5, 3.1],
    )
    assert runs.C is None
    assert runs.groups is None
    assert runs.file.endswith("a.csv")


def test_the_public_table_of_the_chinchilla_figure_is_read_as_it_is(tmp_path):
    """Its columns: colours with a # in them, model size, FLOP, loss; tokens follow from FLOP."""
    path = write(
        tmp_path / "svg.csv",
        "x,y,color,Model Size,Training FLOP,hex_color,loss",
        "154.0,140.6,#faebdd,6.0e9,3.6e21,#faebdd,2.5",
        "151.6,175.5,#f8d1b8,3.0e9,9.0e18,#f8d1b8,4.7",
    )
    runs = read_runs(path)
    assert dict(runs.columns) == {"N": "Model Size", "L": "loss", "C": "Training FLOP"}
    np.testing.assert_allclose(runs.D, [1e11, 5e8], rtol=1e-15)
    assert runs.C.tolist() == [3.6e21, 9e18]


def test_a_letter_is_preferred_and_names_can_be_given(tmp_path):
    path = write(tmp_path / "a.csv", "N,params,D,L,other", "1e8,7,2e9,3.5,4.5")
    assert read_runs(path).columns["N"] == "N"
    named = read_runs(path, {"N": "params", "L": "other"})
    assert (named.N[0], named.L[0], named.D[0]) == (7, 4.5, 2e9)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_separators_line_ends_and_a_byte_order_mark_do_not_matter(
    tmp_path, delimiter, end, encoding
):
    lines = [delimiter.join(row) for row in (("N", "D", "L"), ("1e8", "2e9", "3.5"))]
    runs = read_runs(write(tmp_path / "a.csv", *lines, end=end, encoding=encoding))
    assert (runs.N[0], runs.D[0], runs.L[0]) == (1e8, 2e9, 3.5)


def test_quotes_blanks_and_human_numbers_are_read(tmp_path):
    path = write(
        tmp_path / "a.csv",
        '"N","D",loss,"a, note"',
        '"70B", 1.4T ,"1.97","quoted, with comma"',
        "",
        ",,,",
        '8b,15000G,2.0,"two\nlines"'.replace("15000G", "15T"),
        "  ,,, ",
        "1_000_000,2e7,5.5,",
    )
    runs = read_runs(path)
    assert runs.N.tolist() == [70e9, 8e9, 1e6]
    assert runs.D.tolist() == [1.4e12, 15e12, 2e7]
    assert runs.L.tolist() == [1.97, 2.0, 5.5]


def test_equal_entries_of_a_group_column_belong_together(tmp_path):
    path = write(tmp_path / "a.csv", "cell,N,D,L", "b,1,1,1", "a,1,1,1", "b ,1,1,1")
    assert read_runs(path, group="cell").groups.tolist() == [1, 0, 1]
    for second in ("", "c,1,1,1", "d,7B,1,1"):
        write(tmp_path / "a.csv", "cell,N,D,L", "b,1,1,1", second, " ,1,1,1")
        assert read_runs(path).N.size == 2 + bool(second)
        complaint = r":4: column 'cell' \(group\): the cell is empty"
        with pytest.raises(RunsFileError, match=complaint):
            read_runs(path, group="cell")


def test_standard_input_is_a_file_too(monkeypatch):
    text = io.TextIOWrapper(io.BytesIO(b"N,D,L\n1e8,2e9,3.5\n"))
    monkeypatch.setattr(sys, "stdin", text)
    runs = read_runs("-")
    assert (runs.file, runs.N.tolist()) == ("standard input", [1e8])
    assert not text.buffer.closed


LINES = ["1e8,2e9,3.5", "2e8,4e9,3.1"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "a.csv is empty"),
        ("\n\n", "a.csv:1: the line is blank, it should name the columns"),
        (HEADER, "a.csv has a header and no runs"),
        (HEADER + "\n\n,,\n", "a.csv has a header and no runs"),
        ("a,b,c\n1,2,3", ":1: found no column for N (parameters); the columns are 'a', 'b', 'c'"),
        ("N,b,L\n1,2,3", "a.csv:1: found no column for D (training tokens)"),
        ("1e8,2e9,3.5\n2e8,4e9,3", "the columns are '1e8', '2e9', '3.5': say which with --columns"),
        ("N,D,L,N\n1,2,3,4", "a.csv:1: column 'N' appears 2 times"),
        ("N,D,loss,val_loss\n1,2,3,4", "columns 'loss', 'val_loss' could all be L (loss)"),
        (HEADER + "\n1e8,2e9,3.5\n1e8,2e9", ":3: 2 cells, but the header has 3: ['1e8', '2e9']"),
        (HEADER + "\n1e8,2e9,3.5,7", "a.csv:2: 4 cells, but the header has 3"),
        (HEADER + "\n1e8,lots,3.5", ":2: column 'tokens' (training tokens): 'lots' is no number"),
        (HEADER + "\n1e8,2e9,2.5B", "a.csv:2: column 'loss' (loss): '2.5B' is no number"),
        (HEADER + '\n1e8,2e9,"2,5"', "'2,5' is no number: decimals need a point"),
        (HEADER + "\n\n1e8,2e9, ", "a.csv:3: column 'loss' (loss): the cell is empty"),
        (HEADER + "\n1e8,2e9,nan", "'loss' (loss): must be a finite number above 0, got 'nan"),
        (HEADER + "\n1e8,2e9,inf", "must be a finite number above 0, got 'inf'"),
        (HEADER + "\n-1e8,2e9,3", "(parameters): must be a finite number above 0, got '-1e8'"),
        (HEADER + "\n0,2e9,3", "a.csv:2: column 'params' (parameters): must be a finite number"),
        (HEADER + '\n1e8,2e9,"3.5', "a.csv:2: a quotation mark is never closed"),
        (HEADER + "\n1e300,1e300,3", "a.csv: run 1 (N = 1e+300, D = 1e+300): 6 N D must be"),
        ("N,C,L\n1,1,1\n1e300,1e-300,3", "a.csv: run 2 (N = 1e+300, D = 0): 6 N D must be"),
        (",".join(f"c{i}" for i in range(99)), "'c10', 'c11' and 87 more: say which"),
        ("N" * 2**20, "a.csv is not a text file"),
        (HEADER + '\n"a\nb\nc",2e9,3.5', ":4: column 'params' (parameters): 'a\\nb\\nc'"),
        ("N\0,D,L\n", "a.csv is not a text file"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_with_its_place(tmp_path, text, complaint):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RunsFileError) as error:
        read_runs(str(path))
    assert complaint in str(error.value)
    assert str(error.value).startswith(str(path))


def test_lines_are_counted_across_blocks_blank_lines_and_cells_of_many_lines(tmp_path):
    lines = ["note,N,D,L", *["x,1e8,2e9,3"] * (BLOCK + 3), "", '"a\nb",1e8,2e9,3', "x,1e8,2e9,-3"]
    path = write(tmp_path / "a.csv", *lines)
    with pytest.raises(RunsFileError, match=rf":{BLOCK + 8}: column 'L' .*got '-3'"):
        read_runs(path)
    lines[2] = "x,1e8,2e9,?"
    with pytest.raises(RunsFileError, match=r":3: column 'L' .*'\?' is no number"):
        read_runs(write(tmp_path / "b.csv", *lines))


@pytest.mark.parametrize(
    ("names", "group", "complaint"),
    [
        ({"N": "size"}, None, "a.csv:1: no column 'size'; the columns are 'N', 'D', 'L'"),
        ({}, "cell", "a.csv:1: no column 'cell'; the columns are 'N', 'D', 'L'"),
    ],
)
def test_columns_that_are_asked_for_must_be_there(tmp_path, names, group, complaint):
    path = write(tmp_path / "a.csv", "N,D,L", *LINES)
    with pytest.raises(RunsFileError, match=complaint):
        read_runs(path, names, group)


def test_what_is_no_readable_file_is_said(tmp_path):
    with pytest.raises(RunsFileError, match=r"there is no file .*nowhere\.csv"):
        read_runs(str(tmp_path / "nowhere.csv"))
    with pytest.raises(RunsFileError, match="is a folder, not a file"):
        read_runs(str(tmp_path))
    with pytest.raises(RunsFileError, match="cannot be read: Not a directory"):
        read_runs(write(tmp_path / "a.csv", "N,D,L") + "/b")
    binary = tmp_path / "b.csv"
    binary.write_bytes(b"N,D,L\n\xff\xfe\x00\x01")
    with pytest.raises(RunsFileError, match=r"b\.csv:2 is not text in UTF-8: byte 0xff"):
        read_runs(str(binary))
    with pytest.raises(RunsFileError, match=r"c\.csv:1 is not text in UTF-8"):
        read_runs(write(tmp_path / "c.csv", "N,D,L", *LINES, encoding="utf-16"))


def test_standard_input_that_is_not_text_or_not_there_is_said(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"N,D,L\n\xff")))
    with pytest.raises(RunsFileError, match=r"^standard input is not text in UTF-8: byte 0xff"):
        read_runs("-")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(RunsFileError, match="standard input is closed"):
        read_runs("-")


def test_the_share_that_was_read_is_reported_up_to_the_end(tmp_path):
    path = write(tmp_path / "a.csv", "N,D,L", *["1e8,2e9,3"] * (5 * BLOCK))
    seen: list[float] = []
    read_runs(path, progress=seen.append)
    assert len(seen) == 5
    assert seen == sorted(seen)
    assert seen[0] < 0.5
    assert seen[-1] == 1.0
