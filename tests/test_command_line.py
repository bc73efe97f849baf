"""`scaling-core`: what it reads, what it says, and how it fails."""

import argparse
import array
import fcntl
import io
import json
import operator
import os
import signal
import subprocess
import sys
import termios
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from scaling_core import BESIROGLU_2024, hardware, models
from scaling_core.__main__ import COMMANDS, Progress, main
from scaling_core._cli import amount, columns, jsonable, lookup, pairs, share, shown
from scaling_core._runs_file import read_runs
from scaling_core.budget import Budget
from scaling_core.fitting import fit_chinchilla
from scaling_core.isoflop import fit_isoflop
from scaling_core.pilots import simulated_refits
from scaling_core.planning import plan
from scaling_core.serving import Server

LAW = BESIROGLU_2024
HEADER = "params,tokens,loss"


def grid(rows_of_sizes=(1e8, 4e8, 1.6e9, 6.4e9), ratios=(5, 20, 80)):
    N = np.repeat(rows_of_sizes, len(ratios))
    return N, N * np.tile(ratios, len(rows_of_sizes))


def write(path: Path, *lines: str, end: str = "\n", encoding: str = "utf-8") -> str:
    path.write_bytes(end.join([*lines, ""]).encode(encoding))
    return str(path)


@pytest.fixture
def runs_csv(tmp_path):
    """Noise-free runs of a known law, so that the fit must return it."""
    N, D = grid()
    lines = [",".join(map(repr, row)) for row in np.stack([N, D, LAW.loss(N, D)], axis=1).tolist()]
    return write(tmp_path / "runs.csv", HEADER, *lines)


def answer(capsys, *arguments: str):
    """Exit code, stdout and stderr of one command."""
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def answer_json(capsys, *arguments: str):
    code, out, err = answer(capsys, *arguments, "--json")
    assert "NaN" not in out
    assert "Infinity" not in out
    return code, json.loads(out), err


# --- The door -----------------------------------------------------------------------------------


def test_help_names_every_command_and_the_exit_codes(capsys):
    code, out, err = answer(capsys, "--help")
    assert (code, err) == (0, "")
    assert all(name in out for name in COMMANDS)
    assert "1: answered, with a doubt" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_examples_that_it_understands(capsys, command):
    code, out, _ = answer(capsys, command, "--help")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 100
    examples = [line.strip() for line in out.splitlines() if line.startswith("  scaling-core ")]
    assert len(examples) >= 3
    assert all(example.split()[1] == command for example in examples)


def test_usage_that_is_wrong_ends_with_2_and_words_on_stderr(capsys):
    for arguments in (
        [],
        ["nonsense"],
        ["plan", "--flop", "lots"],
        ["fit"],
        ["models", "--sort", "x"],
    ):
        code, out, err = answer(capsys, *arguments)
        assert (code, out) == (2, "")
        assert err.startswith("scaling-core")
        assert err.count("\n") == 1
    assert "cannot read 'lots' as a number such as" in answer(capsys, "plan", "--flop", "lots")[2]


def test_numbers_and_pairs_of_the_command_line():
    assert amount("1.4T") == 1.4e12
    assert pairs("N=Model Size,D=tokens, seen,L=a=b") == {
        "N": "Model Size",
        "D": "tokens, seen",
        "L": "a=b",
    }
    with pytest.raises(argparse.ArgumentTypeError, match="E is given twice"):
        pairs("E=1,E=2")
    for wrong in ("N", "=x", "N="):
        with pytest.raises(Exception, match="must be NAME=VALUE"):
            pairs(wrong)


def test_hardware_is_found_by_its_words():
    assert lookup(hardware(), "h100 sxm").name == "NVIDIA H100 SXM"
    assert lookup(models(), "Chinchilla").name == "Chinchilla"
    assert lookup(models(), "Llama 2 7B").name == "Llama 2 7B"
    with pytest.raises(ValueError, match="'h100' is one of several in hardware: NVIDIA H100 S"):
        lookup(hardware(), "h100")
    with pytest.raises(KeyError, match="no 'H900' in hardware"):
        lookup(hardware(), "H900")


def test_tables_are_aligned_and_json_has_no_nan():
    text = columns(("a", "long", "b"), [("x", "1", "yy"), ("zzz", "22", "")], last=1)
    assert text.splitlines() == ["a    long  b", "x       1  yy", "zzz    22"]
    assert jsonable({"x": np.array([1.0, np.nan]), 2: (np.inf, None, "s")}) == {
        "x": [1.0, None],
        "2": [None, None, "s"],
    }
    assert (shown(None), shown(float("nan")), shown(7e10)) == ("-", "-", "70B")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_shown_to_a_terminal_after_a_second_and_taken_away(monkeypatch):
    screen, now = Terminal(), [0.0]
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress = Progress()
    progress.bar(0.1)
    progress.clear()
    assert screen.getvalue() == ""
    now[0] = 1.5
    progress.bar(0.5)
    assert screen.getvalue() == "\r\x1b[Kreading [" + 15 * "#" + 15 * " " + "]  50%"
    progress.clear()
    assert screen.getvalue().endswith("\r\x1b[K")


def test_work_without_milestones_counts_its_seconds(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    progress = Progress()
    monkeypatch.setattr(progress, "_start", time.monotonic() - 2)
    with progress.busy("refits"):
        time.sleep(0.7)
    assert "refits: 1 s" in screen.getvalue() or "refits: 0 s" in screen.getvalue()


def test_no_terminal_no_progress(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    progress = Progress()
    monkeypatch.setattr(progress, "_start", -1e9)
    progress.bar(0.5)
    progress.clear()
    assert screen.getvalue() == ""


# --- models -------------------------------------------------------------------------------------


def names(data):
    return [row["name"] for row in data["rows"]]


def test_models_without_filters_are_all_of_the_table(capsys):
    code, data, err = answer_json(capsys, "models")
    assert (code, err) == (0, "")
    assert names(data) == [row.name for row in models()]
    first = data["rows"][0]
    assert first["flops_6nd"] == models()[first["name"]].flops_6nd
    assert first["as_of"] == models()[first["name"]].as_of.isoformat()
    assert data["command"] == "models"


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["llama", "70b"], lambda m: "llama" in m.name.lower() and "70b" in m.name.lower()),
        (["--org", "GOOGLE"], lambda m: "google" in m.org.lower()),
        (["--since", "2023", "--until", "2023"], lambda m: m.year == 2023),
        (["--min-params", "65B"], lambda m: m.params_total is not None and m.params_total >= 65e9),
        (["--max-params", "7B"], lambda m: m.params_total is not None and m.params_total <= 7e9),
        (["--min-tokens", "1T"], lambda m: m.tokens is not None and m.tokens >= 1e12),
        (["--max-tokens", "2T"], lambda m: m.tokens is not None and m.tokens <= 2e12),
        (["--scaling-points"], lambda m: m.scaling_point),
    ],
)  # fmt: skip
def test_models_are_filtered(capsys, arguments, kept):
    _, data, _ = answer_json(capsys, "models", *arguments)
    assert names(data) == [row.name for row in models() if kept(row)]
    assert 0 < len(names(data)) < len(models())


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("name", lambda m: m.name.lower()),
        ("year", lambda m: m.year),
        ("params", lambda m: m.params_total or 0),
        ("tokens", lambda m: m.tokens or 0),
        ("flop", lambda m: m.flops_6nd or 0),
        ("ratio", lambda m: m.tokens_per_parameter or 0),
    ],
)
def test_models_are_sorted(capsys, sort, key):
    _, data, _ = answer_json(capsys, "models", "--sort", sort)
    assert names(data) == [row.name for row in sorted(models(), key=key)]


def test_models_as_text_fit_the_terminal_and_name_sources_when_asked(capsys):
    code, out, err = answer(capsys, "models", "--sources")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    _, out, _ = answer(capsys, "models", "chinchilla", "--sources")
    head, row, source = out.splitlines()[:3]
    assert head.split() == [
        "model",
        "year",
        "params",
        "active",
        "tokens",
        "D/N",
        "6ND",
        "FLOP",
        "waste",
        "grade",
    ]
    assert row.split() == ["Chinchilla", "2022", "70B", "1.4T", "20", "5.88e+23", "1", "F"]
    assert source.strip().startswith("Hoffmann et al. 2022, arXiv:2203.15556, Tables 1 and 4.")
    assert f"1 of {len(models())} models, as of 2026-08-01." in out
    assert "No model passes" in answer(capsys, "models", "no such model")[1]


def test_waste_is_said_of_dense_models_trained_from_scratch_alone(capsys):
    _, data, _ = answer_json(capsys, "models")
    for row in data["rows"]:
        model = models()[row["name"]]
        dense = model.scaling_point and model.params_active == model.params_total
        assert (row["waste"] is not None) == bool(dense and model.tokens)
        if row["waste"] is not None:
            assert row["waste"] == LAW.waste(model.params_total, model.tokens)


# --- serve --------------------------------------------------------------------------------------

SERVE = ["serve", "--params", "70B", "--hardware", "H100 SXM", "--gpus", "2"]


def test_without_a_batch_powers_of_four_are_shown(capsys):
    rows = answer_json(capsys, *SERVE, "--price", "2.95")[1]["rows"]
    assert [row["batch"] for row in rows] == [1, 4, 16, 64, 256, 1024]


def test_serving_says_what_the_server_says(capsys):
    code, data, err = answer_json(capsys, *SERVE, "--price", "2.95", "--batch", "1,64")
    assert (code, err) == (0, "")
    h100 = hardware()["NVIDIA H100 SXM"]
    server = Server(N=70e9, peak=h100.bf16, bandwidth=h100.bandwidth, gpus=2)
    for row, batch in zip(data["rows"], (1, 64), strict=True):
        assert row["batch"] == batch
        assert row["step_seconds"] == server.step_seconds(batch)
        assert row["tokens_per_second"] == server.tokens_per_second(batch)
        assert row["utilisation"] == server.utilisation(batch)
        assert row["usd_per_token"] == server.decode_price(batch, 2.95)
        assert row["price_ratio"] == server.price_ratio(batch, 0.4)
    assert data["compute_bound_batch"] == server.compute_bound_batch
    assert (data["weights_bytes"], data["memory_bytes"]) == (140e9, 160e9)
    assert data["max_batch"] is None  # without a cache there is no limit


def test_serving_as_text_names_units_and_source(capsys):
    code, out, err = answer(capsys, *SERVE, "--price", "2.95")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert out.startswith("70B parameters on 2 x NVIDIA H100 SXM, bf16\nweights 140 of 160 GB\n")
    assert "batch  ms/token  tokens/s  $/M tokens  of peak  price ratio" in out
    assert "at $2.95 per GPU-hour" in out
    assert "stas00/ml-engineering" in out
    _, unpriced, _ = answer(capsys, *SERVE)
    assert "$" not in unpriced


def test_serving_a_model_of_the_table_with_a_cache(capsys):
    arguments = ["serve", "--model", "DeepSeek-V3", "--hardware", "H200", "--gpus", "8"]
    cache = ["--bytes", "1", "--precision", "fp8", "--kv-per-token", "70K", "--context", "8K"]
    _, data, _ = answer_json(capsys, *arguments, *cache, "--batch", "8", "--mfu", "0.3")
    row, h200 = models()["DeepSeek-V3"], hardware()["NVIDIA H200 SXM"]
    assert (data["N"], data["N_active"]) == (row.params_total, row.params_active)
    server = Server(
        row.params_total,
        h200.fp8,
        h200.bandwidth,
        gpus=8,
        kv_bytes=70e3 * 8e3,
        N_active=row.params_active,
        bytes_per_parameter=1,
    )
    assert data["rows"][0]["step_seconds"] == server.step_seconds(8)
    assert data["rows"][0]["price_ratio"] == server.price_ratio(8, 0.3)
    assert data["max_batch"] == server.max_batch(h200.memory)
    text = answer(capsys, *arguments, *cache)[1]
    assert text.startswith("DeepSeek-V3, 671B parameters, 37B of them active on 8 x")
    assert "caches for 816 sequences beside them" in text


def test_batches_whose_caches_do_not_fit_are_marked(capsys):
    cache = ["--kv-per-token", "328K", "--context", "8K", "--batch", "190,191"]
    arguments = ["serve", "--params", "70B", "--hardware", "H100 SXM", "--gpus", "8", *cache]
    _, out, _ = answer(capsys, *arguments, "--price", "2.95")
    assert "caches for 190 sequences beside them" in out
    assert max(map(len, out.splitlines())) <= 80
    rows = [line for line in out.splitlines() if line.startswith("  19")]
    assert [row.endswith("no room") for row in rows] == [False, True]


def test_weights_that_do_not_fit_are_called_out(capsys):
    _, out, _ = answer(capsys, "serve", "--params", "70B", "--hardware", "H100 SXM")
    assert "weights 140 of 80 GB: THEY DO NOT FIT" in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--hardware", "H100"], "'H100' is one of several in hardware"),
        (["--hardware", "H100 SXM"], "give the model once: --params N, or --model NAME"),
        (["--params", "7B", "--model", "GPT-3", "--hardware", "H100 SXM"], "give the model once"),
        (["--params", "7B", "--hardware", "H900"], "no 'H900' in hardware; similar: "),
        (["--params", "7B", "--hardware", "A100 SXM", "--precision", "fp8"], "no listed peak"),
        (["--params", "7B", "--hardware", "TPU v7x"], "no listed bandwidth"),
        (["--model", "GPT-4", "--hardware", "H100 SXM"], "of GPT-4 are not disclosed"),
        (["--params", "7B", "--hardware", "H100 SXM", "--batch", "1,0"], "--batch: must be"),
        (["--params", "7B", "--hardware", "H100 SXM", "--gpus", "0"], "--gpus: must be at least 1"),
        (["--params", "7B", "--hardware", "H100 SXM", "--context", "8K"], "needs both --kv-per-to"),
        (["--params", "7B", "--hardware", "H100 SXM", "--kv-per-token", "9"], "and --context"),
        (["--params", "7B", "--active", "8B", "--hardware", "H100 SXM"], "N_active must be at"),
    ],
)  # fmt: skip
def test_serving_complains_in_words(capsys, arguments, complaint):
    code, out, err = answer(capsys, "serve", *arguments)
    assert (code, out) == (2, "")
    assert complaint in err
    assert err.startswith("scaling-core")
    assert err.count("\n") == 1


# --- plan ---------------------------------------------------------------------------------------

CLUSTER = ["--gpus", "64", "--days", "30", "--hardware", "H100 SXM", "--price", "2.95"]


def test_a_plan_says_what_the_library_says(capsys):
    asked = ["--tokens-served", "2T", "--price-ratio", "1.5", "--unique", "500B"]
    code, data, err = answer_json(capsys, "plan", *CLUSTER, "--mfu", "0.35", *asked)
    assert (code, err) == (0, "")
    budget = Budget.from_gpus(64, 30, hardware()["NVIDIA H100 SXM"].bf16, 0.35, 2.95)
    expected = plan(budget, served_tokens=2e12, price_ratio=1.5, unique_tokens=500e9)
    assert data["budget"] == {
        "C": budget.C,
        "peak": budget.peak,
        "mfu": 0.35,
        "gpus": 64.0,
        "price_per_gpu_hour": 2.95,
        "hardware": "NVIDIA H100 SXM, bf16",
        "gpu_hours": budget.gpu_hours,
        "days": budget.days,
        "dollars": budget.dollars,
    }
    assert [row["law"] for row in data["laws"]] == [row.law for row in expected]
    for row, theirs in zip(data["laws"], expected, strict=True):
        for name in ("N", "D", "loss", "ratio", "decades_beyond"):
            assert row[name] == jsonable(float(getattr(theirs, name))), (row["law"], name)
        assert row["serving"] == jsonable(theirs.serving)
        assert row["limited"] == jsonable(theirs.limited)
        assert {need["name"] for need in row["text"]} >= {"FineWeb", "Quality-adjusted stock"}
    assert (data["served_tokens"], data["unique_tokens"], data["price_ratio"]) == (2e12, 5e11, 1.5)


@pytest.mark.parametrize(
    ("arguments", "C"),
    [
        (["--flop", "1e23"], 1e23),
        (["--gpu-hours", "1M", "--peak", "1000T", "--mfu", "0.5"], 1e6 * 3600 * 5e14),
        (["--dollars", "2M", "--price", "2", "--peak", "1000T", "--mfu", "0.5"], 1e6 * 3600 * 5e14),
        (["--gpus", "100", "--days", "10", "--peak", "1000T", "--mfu", "0.5"], 24e3 * 3600 * 5e14),
        (["--gpus", "100", "--days", "10", "--hardware", "A100 SXM", "--precision", "tf32"],
         24e3 * 3600 * 156e12 * 0.4),
    ],
)  # fmt: skip
def test_a_budget_has_several_spellings(capsys, arguments, C):
    _, data, _ = answer_json(capsys, "plan", *arguments)
    assert data["budget"]["C"] == pytest.approx(C, rel=1e-12)


def test_gpu_hours_become_days_when_the_gpus_are_counted(capsys):
    arguments = ["--gpu-hours", "2400", "--gpus", "10", "--peak", "1000T"]
    _, data, _ = answer_json(capsys, "plan", *arguments)
    assert data["budget"]["days"] == pytest.approx(10, rel=1e-12)
    assert data["budget"]["gpus"] == 10


def test_a_plan_as_text_fits_the_terminal_and_names_units_and_sources(capsys):
    asked = ["--tokens-served", "2T", "--unique", "500B"]
    code, out, err = answer(capsys, "plan", *CLUSTER, *asked)
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert "64 x NVIDIA H100 SXM, bf16: 989 TFLOP/s dense" in out
    assert "at 40% MFU (assumed): 46.1K GPU-hours" in out
    assert "30 days, $136K at $2.95 per GPU-hour" in out
    assert "(assumed)" not in answer(capsys, "plan", *CLUSTER, "--mfu", "0.4")[1]
    assert "decades out: powers of ten" in out
    assert "Intervals of N, D and the loss: none published." in out
    assert "besiroglu2024chinchilla" in out
    assert "serving 2T" in out
    assert "500B unique tokens" in out
    assert "epochs of FineWeb (15T)" in out
    only = answer(capsys, "plan", "--flop", "1e23", "--laws", "RULE_OF_20, KAPLAN_2020")[1]
    assert "BESIROGLU" not in only
    assert "PF-days" in only


def test_simulated_intervals_say_that_they_are(capsys):
    arguments = ["--flop", "1e23", "--laws", "BESIROGLU_2024,RULE_OF_20", "--simulate", "10"]
    code, out, _ = answer(capsys, "plan", *arguments, "--seed", "1")
    assert code == 0
    assert "95% interval" in out
    assert "Simulated: 10 refits of 243 runs with a noise of 0.027 nats, seed 1." in out
    _, data, _ = answer_json(capsys, "plan", *arguments, "--seed", "1")
    row, rule = data["laws"]
    expected = plan(
        1e23, ["BESIROGLU_2024"], draws={"BESIROGLU_2024": simulated_refits(LAW, 10, 1)}
    )
    assert tuple(row["N_interval"]) == expected.rows[0].N_interval
    assert rule["N_interval"] is None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "give the budget once: --flop, or --gpus with --days, or --gpu-hours, or --dollars w"),
        ([], "with --price; got none"),
        (["--flop", "1e23", "--days", "3"], "got --flop and --days"),
        (["--days", "3", "--peak", "1e15"], "--days needs --gpus"),
        (["--dollars", "1M", "--peak", "1e15"], "--dollars needs --price"),
        (["--gpu-hours", "3"], "--gpu-hours needs --hardware, or --peak"),
        (["--flop", "0"], "argument --flop: must be positive, got 0.0"),
        (["--flop=-1e23"], "argument --flop: must be positive, got -1e+23"),
        (["--flop", "1e23", "--mfu", "0"], "--mfu: must be in (0, 1], got 0.0"),
        (["--gpu-hours=-1", "--peak", "1e15"], "argument --gpu-hours: must be positive, got -1.0"),
        (["--gpu-hours", "1e308", "--peak", "1e15"], "--gpu-hours is out of range: C must be"),
        (["--flop", "1e23", "--price", "2"], "--price needs --hardware, or --peak"),
        (["--flop", "1e23", "--mfu", "0.3"], "--mfu needs --hardware, or --peak"),
        (["--flop", "1e23", "--gpus", "3"], "--gpus needs --hardware, or --peak"),
        (["--flop", "1e23", "--precision", "fp8"], "--precision needs --hardware, or --peak"),
        (["--flop", "1e23", "--hardware", "A100 SXM", "--peak", "1e15"], "give the peak once"),
        (["--flop", "1e23", "--peak", "1e15", "--precision", "fp8"], "give the peak once"),
        (["--flop", "1e23", "--hardware", ""], "'' is one of several in hardware"),
        (["--flop", "1e23", "--price-ratio", "2"], "--price-ratio needs --tokens-served"),
        (["--flop", "1e23", "--laws", ""], "such as BESIROGLU_2024"),
        (["--flop", "1e23", "--laws", "RULE_OF_20", "--unique", "1T"], "--unique need a law of"),
        (["--flop", "1e23", "--laws", "KAPLAN_2020", "--simulate", "9"], "; got KAPLAN_2020"),
        (["--flop", "1e23", "--laws", "RULE_OF_20", "--tokens-served", "1T"], "need a law"),
        (["--flop", "1e23", "--hardware", "A100 SXM", "--precision", "fp8"], "no listed peak"),
        (["--flop", "1e23", "--laws", "HOFFMAN_2022"], "got 'HOFFMAN_2022'"),
        (["--flop", "1e23", "--unique", "0"], "--unique: must be positive, got 0.0"),
        (["--flop", "1e23", "--simulate", "1"], "--simulate: must be a whole number from 2"),
        (["--flop", "1e23", "--simulate", "1e300"], "from 2 to 1,000,000, got '1e300'"),
        (["--flop", "1e23", "--simulate", "2.5"], "from 2 to 1,000,000, got '2.5'"),
    ],
)  # fmt: skip
def test_planning_complains_in_words(capsys, arguments, complaint):
    code, out, err = answer(capsys, "plan", *arguments)
    assert (code, out) == (2, "")
    assert complaint in err
    assert err.startswith("scaling-core")
    assert err.count("\n") == 1


def test_absurd_amounts_still_fit_the_terminal(capsys):
    """Fixed decimals of huge numbers and percentages of tiny ones would be hundreds of digits."""
    for arguments in (
        ["--flop", "1e22", "--tokens-served", "1e308"],
        ["--flop", "1e22", "--tokens-served", "1e-300"],
        ["--flop", "1e30", "--unique", "1e-300"],
    ):
        code, out, _ = answer(capsys, "plan", *arguments)
        assert code == 0
        assert max(map(len, out.splitlines())) <= 80
    assert (share(0.4), share(2e-7), share(0), share(float("nan"))) == ("40%", "2e-05%", "0%", "-")


# --- fit ----------------------------------------------------------------------------------------


def test_the_law_behind_noise_free_runs_comes_back(capsys, runs_csv):
    code, data, err = answer_json(capsys, "fit", runs_csv, "--bootstrap", "0", "--at", "1e23")
    assert (code, err) == (0, "")
    for name in ("E", "A", "B", "alpha", "beta", "a", "gamma"):
        assert data["constants"][name]["value"] == pytest.approx(getattr(LAW, name), rel=1e-6)
        assert data["constants"][name]["interval"] is None
    at = data["predictions"][0]
    assert at["C"] == 1e23
    assert at["N"]["value"] == pytest.approx(LAW.optimum(1e23).N, rel=1e-5)
    assert at["ratio"]["value"] == pytest.approx(LAW.optimum(1e23).ratio, rel=1e-5)
    C = 6 * np.prod(grid(), axis=0)
    assert at["decades_beyond"] == pytest.approx(np.log10(1e23 / C.max()), rel=1e-12)
    assert data["range"]["C"] == pytest.approx([C.min(), C.max()], rel=1e-12)
    assert (data["runs"], data["dropped"], data["bootstrap"], data["converged"]) == (
        12,
        0,
        None,
        True,
    )
    assert data["columns"] == {"N": "params", "D": "tokens", "L": "loss"}


@pytest.fixture
def noisy_csv(tmp_path):
    """Four IsoFLOP budgets, each run twice, in cells."""
    C = np.repeat([1e19, 1e20, 1e21, 1e22], 14)
    k = np.tile(np.repeat(np.geomspace(1 / 5, 5, 7), 2), 4)
    N = LAW.optimum(C).N * k
    D = C / 6 / N
    L = LAW.loss(N, D) * np.exp(0.004 * np.random.default_rng(0).standard_normal(C.size))
    rows = zip(range(C.size), N, D, C, L, strict=True)
    lines = [f"{i // 2},{n:.6g},{d:.6g},{c:.6g},{loss:.5f}" for i, n, d, c, loss in rows]
    return write(tmp_path / "noisy.csv", "cell,N,D,C,loss", *lines)


def test_intervals_are_those_of_the_library(capsys, noisy_csv):
    arguments = ["--bootstrap", "50", "--seed", "3", "--level", "0.8", "--delta", "0.01"]
    code, data, err = answer_json(capsys, "fit", noisy_csv, *arguments, "--group", "cell")
    assert (code, err) == (0, "")
    runs = read_runs(noisy_csv, group="cell")
    fit = fit_chinchilla(runs.N, runs.D, runs.L, delta=0.01)
    boot = fit.bootstrap(50, 3, runs.groups)
    for name in ("E", "alpha", "a"):
        about = data["constants"][name]
        read = operator.attrgetter(name)
        assert about["value"] == read(fit.law)
        assert tuple(about["interval"]) == boot.ci_of(read, 0.8)
        assert about["standard_error"] == boot.se_of(read)
    assert data["residual_scale"] == fit.scale
    assert data["objective"] == fit.objective
    about = {"n": 50, "seed": 3, "level": 0.8, "of": "runs", "groups": "cell"}
    assert data["bootstrap"] == about | {"failures": dict(boot.failures)}


def test_a_fit_as_text_fits_the_terminal_and_states_every_decision(capsys, noisy_csv):
    arguments = ["--bootstrap", "20", "--drop-highest", "3", "--fix", "E=1.8", "--at", "1e23,1e24"]
    code, out, _ = answer(capsys, "fit", noisy_csv, *arguments)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    out = " ".join(out.split())
    assert f"{noisy_csv}: 53 runs; N from 'N', D from 'D', L from 'loss', C from 'C'." in out
    assert "3 runs of highest loss left out, as asked." in out
    assert "with delta 0.001, E = 1.8 fixed." in out
    assert "Intervals: 20 resamples of runs, seed 0" in out
    assert "at 1e+24 FLOP" in out
    assert "Decades outside the runs: 1. at 1e+24" in out
    assert "Decades outside the runs: 2." in out
    assert "They cover" in out
    tied = answer(capsys, "fit", noisy_csv, "--tie", "--bootstrap", "0")[1]
    tied = " ".join(tied.split())
    assert "alpha = beta fixed" in tied
    assert "No intervals: --bootstrap N makes them" in tied


def test_the_runs_of_highest_loss_are_left_out_and_no_others(capsys, noisy_csv):
    _, data, _ = answer_json(capsys, "fit", noisy_csv, "--drop-highest", "5", "--bootstrap", "0")
    losses = np.sort(read_runs(noisy_csv).L)
    assert data["range"]["L"] == [losses[0], losses[-6]]
    assert (data["runs"], data["dropped"]) == (51, 5)


def test_parabolas_are_those_of_the_library(capsys, noisy_csv):
    arguments = ["--isoflop", "--at", "1e23", "--bootstrap", "100", "--seed", "2"]
    code, data, err = answer_json(capsys, "fit", noisy_csv, *arguments)
    assert (code, err) == (0, "")
    runs = read_runs(noisy_csv)
    fit = fit_isoflop(runs.C, runs.N, runs.L)
    draws = fit.bootstrap(100, 2)
    assert data["constants"]["a"]["value"] == fit.a
    assert tuple(data["constants"]["a"]["interval"]) == draws.ci_of(lambda law: law.p)
    assert data["predictions"][0]["N"]["value"] == fit.law(1e23)
    assert [row["N_opt"] for row in data["table"]] == [row.N_opt for row in fit.table]
    text = answer(capsys, "fit", noisy_csv, "--isoflop")[1]
    assert max(map(len, text.splitlines())) <= 80
    assert "Intervals: 4000 resamples of residuals" in text
    printed = [line.split() for line in text.splitlines()]
    for row in fit.table:  # D / N in the fourth column
        ratio = shown(row.budget / (6 * row.N_opt**2))
        assert any(ratio in cells[3:4] for cells in printed), ratio


def test_the_largest_seed_is_a_whole_number_that_floats_hold(capsys, noisy_csv):
    few = ["fit", noisy_csv, "--isoflop", "--bootstrap", "20", "--seed"]
    assert answer(capsys, *few, str(2**53))[0] == 0
    code, _, err = answer(capsys, *few, str(2**53 + 2))
    assert code == 2
    assert "--seed" in err


def test_a_doubtful_fit_answers_and_ends_with_1(capsys, tmp_path):
    """The valley of 1e21 has no minimum inside its sizes: it is left out, and said to be."""
    C = np.repeat([1e19, 1e20, 1e21], 5)
    N = LAW.optimum(C).N * np.tile(np.geomspace(1 / 4, 4, 5), 3) * np.where(C == 1e21, 100, 1)
    table = np.stack([N, C, LAW.isoflop(C, N)], axis=1).tolist()
    lines = [",".join(map(repr, row)) for row in table]
    path = write(tmp_path / "edge.csv", "N,C,L", *lines)
    code, out, err = answer(capsys, "fit", path, "--isoflop", "--bootstrap", "20")
    assert code == 1
    assert err.startswith("doubt: budget 1e+21 left out of the line: ")
    assert "left out\n" in out
    assert "Note: budget 1e+21 left out of the line: the vertex, at" in out
    assert max(map(len, out.splitlines())) <= 80
    code, data, _ = answer_json(capsys, "fit", path, "--isoflop", "--bootstrap", "20")
    assert code == 1
    assert len(data["doubts"]) == 1


@pytest.mark.parametrize(
    ("rows", "arguments", "complaint"),
    [
        (["1e8,2e9,3.5"] * 3, [], "a.csv: "),
        ([f"{n}e8,{20 * n}e8,{4 - n / 10}" for n in range(1, 9)], [], "ray"),
        (["1e8,2e9,3.5"], ["--fix", "Q=1"], "--fix: takes E, A, alpha, B, beta, got Q"),
        (["1e8,2e9,3.5"], ["--fix", "E=-1"], "argument --fix: must be nonnegative, got -1.0"),
        (["1e8,2e9,3.5"], ["--fix", "beta=0"], "argument --fix: must be positive, got 0.0"),
        (["1e8,2e9,3.5"], ["--fix", "E=lots"], "argument --fix: cannot read 'lots' as a number"),
        (["1e8,2e9,3.5"], ["--delta", "0"], "argument --delta: must be positive, got 0.0"),
        (["1e8,2e9,3.5"], ["--level", "1"], "argument --level: must be in (0, 1), got 1.0"),
        (["1e8,2e9,3.5"], ["--at", "1e23,0"], "argument --at: must be positive, got 0.0"),
        (["1e8,2e9,3.5"], ["--seed=-1"], "argument --seed: must be a whole number from 0 to"),
        (["1e8,2e9,3.5"], ["--bootstrap", "1"], "--bootstrap must be 0, for none, or at least 2"),
        (["1e8,2e9,3.5"], ["--bootstrap", "1e300"], "from 0 to 1,000,000, got '1e300'"),
        (["1e8,2e9,3.5"], ["--columns", "Q=x"], "--columns takes N, D, L and C, got Q"),
        (["1e8,2e9,3.5"], ["--columns", "N=x"], "a.csv:1: no column 'x'"),
        (["1e8,2e9,3.5"], ["--drop-highest=-1"], "argument --drop-highest: must be a whole number"),
        (["1e8,2e9,3.5"], ["--drop-highest=1"], "--drop-highest 1 leaves none of the 1 runs"),
        (["1e8,2e9,3.5"], ["--isoflop"], "a.csv: a line needs two budgets with a minimum, got 0"),
        (["1e8,2e9,3.5"], ["--isoflop", "--tie"], "--group and --delta belong to the surface"),
        (["1e8,2e9,3.5"], ["--group", "loss"], "a.csv: all runs share one entry of 'loss'"),
        (["1e8,2e9,3.5"], ["--isoflop", "--delta", "0.01"], "belong to the surface, not to --iso"),
        (["1e8,2e9,no"], [], "a.csv:2: column 'loss' (loss): 'no' is no number"),
    ],
)  # fmt: skip
def test_a_fit_complains_in_words(capsys, tmp_path, rows, arguments, complaint):
    code, out, err = answer(capsys, "fit", write(tmp_path / "a.csv", HEADER, *rows), *arguments)
    assert (code, out) == (2, "")
    assert complaint in err
    assert err.startswith("scaling-core")
    assert err.count("\n") == 1


def test_what_would_take_minutes_must_be_asked_for(capsys, monkeypatch, noisy_csv):
    assert answer_json(capsys, "fit", noisy_csv, "--isoflop")[1]["bootstrap"]["n"] == 4000
    monkeypatch.setattr("scaling_core._cli_fit.CELLS", 4000 * 55)  # it has 56 runs
    assert answer_json(capsys, "fit", noisy_csv, "--isoflop")[1]["bootstrap"] is None
    data = answer_json(capsys, "fit", noisy_csv, "--isoflop", "--bootstrap", "9")[1]
    assert data["bootstrap"]["n"] == 9


def test_files_that_are_not_there_end_with_2(capsys, tmp_path):
    for path in (tmp_path / "nowhere.csv", tmp_path):
        code, out, err = answer(capsys, "fit", str(path))
        assert (code, out) == (2, "")
        assert err.startswith("scaling-core: ")
        assert str(path) in err


def test_runs_may_come_from_standard_input(capsys, monkeypatch, runs_csv):
    text = io.TextIOWrapper(io.BytesIO(Path(runs_csv).read_bytes()))
    monkeypatch.setattr(sys, "stdin", text)
    code, out, _ = answer(capsys, "fit", "-", "--bootstrap", "0")
    assert code == 0
    assert out.startswith("standard input: 12 runs;")


def test_an_interrupt_takes_the_progress_away(capsys, monkeypatch, runs_csv):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("scaling_core._cli_fit.read_runs", interrupted)
    assert answer(capsys, "fit", runs_csv) == (130, "", "")


def test_a_mistake_of_ours_is_words_too(capsys, monkeypatch, runs_csv):
    monkeypatch.setattr("scaling_core._cli_fit.read_runs", lambda *_: 1 / 0)
    code, out, err = answer(capsys, "fit", runs_csv)
    assert (code, out) == (2, "")
    assert err == "scaling-core: ZeroDivisionError: division by zero\n"


# --- In a process of its own --------------------------------------------------------------------

PYTHON = [sys.executable, "-X", "dev", "-W", "error", "-m", "scaling_core"]


def test_as_a_module_it_answers_on_stdout_alone():
    done = subprocess.run(
        [*PYTHON, "models", "chinchilla"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Chinchilla" in done.stdout


def test_an_answer_that_cannot_be_written_is_said_to_be():
    for command in (["models"], ["models", "--json"]):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [*PYTHON, *command], stdout=full, stderr=subprocess.PIPE, check=False
            )
        words = b"scaling-core: the answer cannot be written: No space left on device\n"
        assert (done.returncode, done.stderr) == (2, words)


def shell(line: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command line with redirections; "$@" stands for the program and its arguments."""
    return subprocess.run(
        ["/bin/sh", "-c", line, "sh", *PYTHON, *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_closed_streams_are_no_tracebacks(tmp_path):
    done = shell('"$@" >&-', "models")
    words = "scaling-core: the answer cannot be written: standard output is closed\n"
    assert (done.returncode, done.stderr) == (2, words)
    done = shell('"$@" <&-', "fit", "-")
    assert (done.returncode, done.stderr) == (2, "scaling-core: standard input is closed\n")
    done = shell('"$@" 2>&-', "models", "chinchilla", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["rows"][0]["name"] == "Chinchilla"
    ray = [f"{n}e8,{20 * n}e8,{4 - n / 10}" for n in range(1, 9)]
    path = write(tmp_path / "ray.csv", HEADER, *ray)
    done = shell('"$@" 2>&-', "fit", path, "--bootstrap", "0", "--json")
    assert done.returncode in (1, 2)
    assert "doubt: " not in done.stdout  # with stderr closed, it must not slip into the answer


def test_a_terminal_without_some_characters_shows_them_escaped(runs_csv, tmp_path):
    path = Path(runs_csv).rename(tmp_path / "gr\u00f6\u00dfe.csv")
    done = shell('PYTHONIOENCODING=ascii "$@"', "fit", str(path), "--bootstrap", "0")
    assert (done.returncode, done.stderr) == (0, "")
    assert r"gr\xf6\xdfe.csv: 12 runs" in done.stdout.replace("\n", " ")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", [["models"], ["models", "--json"], ["--help"]])
def test_a_reader_that_has_gone_ends_it_quietly(command, unbuffered):
    read, written = os.pipe()
    os.close(read)
    surroundings = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    try:
        done = subprocess.run(
            [*PYTHON, *command],
            stdout=written,
            stderr=subprocess.PIPE,
            env=surroundings,
            check=False,
        )
    finally:
        os.close(written)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_interrupt_ends_it_quietly_with_130(tmp_path):
    fifo = tmp_path / "runs.csv"
    os.mkfifo(fifo)
    end = os.open(fifo, os.O_RDWR)  # reading and writing: opening it waits for nobody
    os.write(end, b"N,D,L\n")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    heard = {"preexec_fn": partial(signal.signal, signal.SIGINT, signal.SIG_DFL)}
    # without it, a suite that runs in the background hands on that the signal is ignored
    with subprocess.Popen([*PYTHON, "fit", str(fifo)], **pipes, **heard) as process:
        try:
            unread = array.array("i", [1])
            while unread[0] and process.poll() is None:  # until it waits for more lines
                time.sleep(0.05)
                fcntl.ioctl(end, termios.FIONREAD, unread)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
            os.close(end)
    assert (process.returncode, out, err) == (130, b"", b"")
