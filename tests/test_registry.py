"""The shipped tables: what they say, what they must not say, and what a broken one says."""

import re
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields
from datetime import date, datetime
from importlib import resources

import pytest

from scaling_core import (
    datasets,
    freshness,
    hardware,
    laws,
    models,
    prices,
    table,
    utilisation,
)
from scaling_core._rows import Dataset, Law, Model, Price, Utilisation, parse_rows

TABLES = {
    "datasets": datasets,
    "hardware": hardware,
    "laws": laws,
    "models": models,
    "prices": prices,
    "utilisation": utilisation,
}
ROWS = [(name, row) for name, read in TABLES.items() for row in read()]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_once_and_has_the_name_of_its_file(name):
    assert TABLES[name]() is TABLES[name]() is table(name)
    file = resources.files("scaling_core") / "data" / f"{name}.csv"
    assert len(table(name)) == len(file.read_text(encoding="utf-8").splitlines()) - 1
    assert repr(table(name)) == f"<{name}: {len(table(name))} rows>"


def test_every_row_says_where_it_comes_from_and_as_of_when():
    for name, row in ROWS:
        assert len(row.source) > 5, row
        assert re.fullmatch(r"[PFSD](\+[PFSD])?", row.grade), row  # M, unverified, does not ship
        assert date(2023, 12, 1) <= row.as_of <= date(2100, 1, 1), row
        assert row.name in table(name)
        assert table(name)[row.name] is row


@pytest.mark.parametrize("name", TABLES)
def test_neither_a_table_nor_its_rows_can_be_changed(name):
    for thing in (table(name), next(iter(table(name)))):
        with pytest.raises(FrozenInstanceError):
            thing.name = "changed"


def test_no_row_talks_about_its_own_making():
    for _, row in ROWS:
        text = " ".join(str(getattr(row, field.name)) for field in fields(row)).lower()
        for word in ("unverified", "todo", "???", "verify", "flops", ".txt"):
            assert word not in text, row


def test_importing_the_package_reads_no_table():
    program = """
import scaling_core.registry as registry
assert registry._table.cache_info().currsize == 0
registry.hardware()
assert registry._table.cache_info().currsize == 1
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("name", "C", "ratio", "why"),
    [
        ("GPT-3", 3.15e23, 1.714, "175B on 300B"),
        ("Gopher", 5.04e23, 1.071, "280B on 300B: not the reported 5.76e23"),
        ("Chinchilla", 5.88e23, 20.0, "70B on 1.4T"),
        ("LLaMA 65B", 5.477e23, 21.47, "65.2B on 1.4T"),
        ("Llama 3 8B", 7.2e23, 1875, "nominal 8B on 15T"),
        ("Llama 3.1 405B", 3.791e25, 38.52, "405B on 15.6T"),
        ("DeepSeek-V3", 3.286e24, 400.0, "37B active of 671B, on 14.8T"),
        ("SmolLM2 135M", 1.62e21, 14810, "135M on 2T"),
    ],
)
def test_compute_and_tokens_per_parameter_of_known_models(name, C, ratio, why):
    row = models()[name]
    assert row.flops_6nd == pytest.approx(C, rel=5e-4), why  # four digits here
    assert row.tokens_per_parameter == pytest.approx(ratio, rel=5e-4), why


def test_reported_compute_is_6nd_within_two_percent_with_three_exceptions():
    # Gopher's 5.76e23 counts more than 6ND; LaMDA's tokens are too few for its hardware;
    # OPT's 4.30e23 lies near 8ND, as if the forward pass were computed twice
    rows = [row for row in models() if row.flops_reported and row.flops_6nd]
    far = {row.name for row in rows if abs(row.flops_reported / row.flops_6nd - 1) > 0.02}
    assert far == {"Gopher", "LaMDA", "OPT-175B"}
    assert len(rows) >= 6
    opt = models()["OPT-175B"]
    assert opt.tokens == 3e11  # the corpus has 180B
    assert opt.flops_reported / opt.flops_6nd == pytest.approx(8 / 6, rel=0.03)


@pytest.mark.parametrize(
    "name", ["Mistral 7B v0.1", "Mixtral 8x7B", "Grok-1", "gpt-oss-120b", "GPT-4"]
)
def test_undisclosed_tokens_are_none_not_zero(name):
    row = models()[name]
    assert row.tokens is None
    assert row.flops_6nd is None
    assert row.tokens_per_parameter is None
    assert not row.scaling_point


def test_outside_estimates_stand_apart_and_name_their_author():
    estimated = [row for row in models() if row.flops_estimated]
    assert {row.name for row in estimated} == {"GPT-4", "Grok 3"}
    for row in estimated:
        assert row.source == "Epoch AI estimate"
        assert row.flops_reported is row.params_total is row.params_active is None


def test_llama_2_and_3_carry_the_sizes_in_their_names():
    # their exact counts are not in the model cards
    pattern = re.compile(r"Llama (?:2|3|3\.1) (\d+)B")
    rows = [(row, pattern.fullmatch(row.name)) for row in models()]
    named = [(row, float(match[1]) * 1e9) for row, match in rows if match]
    assert len(named) == 8
    for row, size in named:
        assert row.params_total == row.params_active == size
        assert row.note.startswith("nominal size")


def test_no_model_has_more_active_than_total_parameters():
    for row in models():
        if row.params_active:
            assert row.params_active <= row.params_total


def test_scaling_points_can_be_drawn_and_the_others_say_why_not():
    drawn, others = models(scaling_point=True), models(scaling_point=False)
    assert len(drawn) + len(others) == len(models())
    for row in drawn:
        assert row.flops_6nd
        assert "no scaling point" not in row.note
        assert not re.search(r"distilled|pruned", row.note)
    for row in others:
        assert row.note
    for name in ("Llama 3.2 1B", "Gemma 2 2B", "Gemma 2 9B", "Gemma 3 27B", "LaMDA", "OPT-175B"):
        assert name in others
        assert name not in drawn


def test_rows_that_must_not_be_printed_are_absent():
    for name in ("Falcon-7B", "MiniCPM-2.4B"):
        assert name not in models()
    assert models()["Snowflake Arctic"].tokens is None
    assert "Gopher" not in utilisation()
    assert not [row for row in utilisation() if "DeepSeek" in row.name]
    assert not [row for row in hardware() if "H800" in row.name]
    assert not [row for row in datasets() if re.search(r"StarCoder|Dolma\)", row.name)]
    for name in ("Clark routed models", "Krajewski fine-grained experts"):
        assert laws()[name].constants == ""  # the form alone is known


def test_312_tflop_per_second_is_the_bf16_peak_of_an_a100_and_tf32_has_half():
    a100 = hardware()["NVIDIA A100 SXM"]
    assert (a100.bf16, a100.tf32, a100.fp8) == (312e12, 156e12, None)
    assert (a100.memory, a100.bandwidth) == (80e9, 2e12)


def test_peaks_are_dense_so_that_nvidia_halves_with_each_doubling_of_the_format():
    for chip in hardware():
        if chip.name.startswith("NVIDIA"):
            assert chip.bf16 == 2 * chip.tf32
            assert chip.fp8 is None or chip.fp8 == pytest.approx(2 * chip.bf16, rel=0.002)


def test_chips_have_plausible_ridge_points():
    # FLOP per byte at which a chip stops being memory-bound: a slip of 1000 would show
    for chip in hardware():
        if chip.bandwidth:
            assert 80 < chip.bf16 / chip.bandwidth < 700, chip.name


def test_only_the_h100_has_a_median_market_price_the_others_are_ranges():
    for row in prices():
        if row.kind == "market":
            assert (row.usd_per_hour is not None) == (row.name == "H100 on demand")
            assert row.low < (row.usd_per_hour or (row.low + row.high) / 2) < row.high
        else:
            assert row.low is row.high is None
            assert row.usd_per_hour > 0


def test_deepseek_v3s_bill_is_its_hours_at_its_assumed_price():
    hours = 2_788_000  # all stages, arXiv:2412.19437, Table 1
    assert hours * prices()["H800 (DeepSeek-V3)"].usd_per_hour == pytest.approx(5.576e6)


def test_stocks_of_text_are_medians_inside_their_interval():
    stocks = [row for row in datasets() if row.kind == "stock"]
    assert len(stocks) == 3
    for row in datasets():
        if row.kind == "stock":
            assert row.low < row.size < row.high
        else:
            assert row.low is row.high is None


def test_the_parts_of_redpajama_v1_sum_to_its_size():
    parts = re.findall(r"(\d+)B", datasets()["RedPajama v1"].note)
    assert sum(map(float, parts)) * 1e9 == pytest.approx(1.2e12, rel=0.02)  # printed as 1.2T


def test_utilisation_is_a_share_of_the_peak():
    for row in utilisation():
        assert 0 < (row.low or row.mfu) <= row.mfu < 1


@pytest.mark.parametrize(
    ("today", "stale", "why"),
    [
        (date(2027, 5, 1), 0, "exactly twelve months after the oldest market price: still fresh"),
        (date(2027, 5, 2), 2, "one day more: A100 and H200"),
        (date(2027, 5, 21), 3, "and the H100"),
        (date(2027, 8, 1), 3, "every other table is of 1 August 2026"),
        (date(2027, 8, 2), len(ROWS) - 3, "all but the three assumed prices, which do not age"),
        (date(2028, 2, 29), len(ROWS) - 3, "a day without an anniversary"),
    ],
)
def test_rows_go_stale_after_twelve_months(today, stale, why):
    assert len(freshness(today)) == stale, why


def test_a_stale_row_is_named_with_its_table_and_day():
    assert freshness(date(2027, 5, 2))[0] == "prices: A100 80GB (2026-05-01)"
    assert freshness(datetime(2027, 5, 2, 23, 59)) == freshness(date(2027, 5, 2))


@pytest.mark.parametrize("bad", ["2027-05-02", 20270502, None])
def test_freshness_needs_a_date(bad):
    with pytest.raises(TypeError, match=r"^today must be a datetime\.date, got "):
        freshness(bad)


@pytest.mark.parametrize("bad", ["yes", 1, 0])
def test_scaling_point_is_true_false_or_none(bad):
    with pytest.raises(TypeError, match=r"^scaling_point must be True, False or None, got "):
        models(scaling_point=bad)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: models()["gpt3"], "no 'gpt3' in models; similar: 'GPT-3'"),
        (lambda: hardware()["A100 SXM"], "no 'A100 SXM' in hardware; similar: 'NVIDIA A100 SXM'"),
        (lambda: datasets()["qqqq"], "no 'qqqq' in datasets; similar: none"),
        (lambda: models()[0], "no 0 in models; similar: "),
        (lambda: table("price"), "no table 'price'; similar: 'prices'"),
        (lambda: table(None), "no table None; similar: none"),
    ],
)
def test_an_unknown_name_gets_similar_ones(ask, message):
    with pytest.raises(KeyError) as caught:
        ask()
    assert caught.value.args[0].startswith(message)


def test_at_most_three_similar_names_are_listed():
    with pytest.raises(KeyError) as caught:
        hardware()["nvidia"]
    listed = "'NVIDIA A100 SXM', 'NVIDIA A100 PCIe', 'NVIDIA H100 SXM'"
    assert caught.value.args[0] == f"no 'nvidia' in hardware; similar: {listed}"


MFU = "name,mfu,low,hardware,as_of,grade,source,note"
GOOD = "PaLM 540B,0.462,,TPUv4,2026-08-01,F,sec. 4,"
MODEL = ",".join(field.name for field in fields(Model))
PRICE = "name,kind,usd_per_hour,low,high,as_of,grade,source,note"


def test_a_good_line_becomes_a_typed_row_in_any_order_of_columns():
    (row,) = parse_rows([MFU, GOOD], "mfu.csv", Utilisation)
    assert row == Utilisation(
        name="PaLM 540B",
        mfu=0.462,
        hardware="TPUv4",
        as_of=date(2026, 8, 1),
        grade="F",
        source="sec. 4",
    )
    assert row.low is None
    assert row.note == ""
    turned = [",".join(reversed(line.split(","))) for line in (MFU, GOOD)]
    assert parse_rows(turned, "mfu.csv", Utilisation) == (row,)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.462", "46.2 %", "mfu must be a number above 0, got '46.2 %'"),
        ("0.462", "", "mfu must not be empty"),
        ("0.462", "0", "mfu must be a number above 0, got '0'"),
        ("0.462", "-0.4", "mfu must be a number above 0, got '-0.4'"),
        ("0.462", "nan", "mfu must be a number above 0, got 'nan'"),
        ("0.462", "inf", "mfu must be a number above 0, got 'inf'"),
        (",,", ",a bit,", "low must be a number above 0, or empty, got 'a bit'"),
        ("2026-08-01", "2026-08", "as_of must be a day such as 2026-08-01, got '2026-08'"),
        ("2026-08-01", "", "as_of must not be empty"),
        (",F,", ",M,", "grade must be P, F, S or D, or several with a +, got 'M'"),
        (",F,", ",F+M,", "grade must be P, F, S or D, or several with a +, got 'F+M'"),
        (",F,", ",,", "grade must not be empty"),
        ("sec. 4", " ", "source must not be empty"),
        ("PaLM 540B", "", "name must not be empty"),
        ("sec. 4,", "sec. 4", "8 cells expected, got 7: "),
        ("sec. 4", "Table 3, sec. 4", "8 cells expected, got 9: "),
        ("sec. 4,", 'sec. 4,"open', "unexpected end of data"),
    ],
)
def test_a_malformed_line_is_reported_with_file_line_and_value(old, new, message):
    lines = [MFU, GOOD.replace("PaLM", "Gopher"), GOOD.replace(old, new, 1)]
    with pytest.raises(ValueError, match=f"^{re.escape(f'mfu.csv:3: {message}')}"):
        parse_rows(lines, "mfu.csv", Utilisation)


@pytest.mark.parametrize(
    ("header", "line", "kind", "message"),
    [
        (
            PRICE,
            "H100,spot,2,,,2026-05-20,S,page,",
            Price,
            "kind must be one of market, assumed, got 'spot'",
        ),
        (MODEL.replace("year,", ""), "", Model, "columns must be name, as_of, "),
        ("", "", Law, "columns must be name, as_of, grade, source, note, form, "),
    ],
)
def test_a_wrong_choice_or_header_is_reported(header, line, kind, message):
    with pytest.raises(ValueError, match=rf"^some\.csv:\d: {re.escape(message)}"):
        parse_rows([header, line], "some.csv", kind)


def test_an_empty_file_is_reported():
    with pytest.raises(ValueError, match=r"^laws\.csv:0: columns must be .*, got $"):
        parse_rows([], "laws.csv", Law)


def test_a_name_cannot_appear_twice():
    with pytest.raises(ValueError, match=r"^mfu\.csv:3: name 'PaLM 540B' appears twice$"):
        parse_rows([MFU, GOOD, GOOD], "mfu.csv", Utilisation)


def test_years_and_yes_or_no_are_read_as_such():
    header = "name,year,org,params_total,params_active,tokens,flops_reported,flops_estimated,"
    header += "gpu_hours,hardware,scaling_point,as_of,grade,source,note"
    line = "GPT-3,2020,OpenAI,175e9,,,,,,,no,2026-08-01,F,Table D.1,"
    (row,) = parse_rows([header, line], "models.csv", Model)
    assert (row.year, row.scaling_point, row.params_active) == (2020, False, None)
    for old, new, message in (
        ("2020", "2020.5", "year must be a whole number, got '2020.5'"),
        (",no,", ",maybe,", "scaling_point must be yes or no, got 'maybe'"),
    ):
        with pytest.raises(ValueError, match=f"^models.csv:2: {re.escape(message)}$"):
            parse_rows([header, line.replace(old, new)], "models.csv", Model)


def test_every_column_of_the_data_sets_is_a_field():
    text = (resources.files("scaling_core") / "data" / "datasets.csv").read_text(encoding="utf-8")
    assert sorted(text.splitlines()[0].split(",")) == sorted(
        field.name for field in fields(Dataset)
    )
