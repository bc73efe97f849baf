"""The reference pages list what the library holds: nothing is missing, doubled or made up."""

import ast
import os
import re
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

from scaling_core import (
    all_constants,
    datasets,
    hardware,
    laws,
    models,
    parse,
    prices,
    utilisation,
)
from scaling_core.book.check import check_book
from scaling_core.book.scan import scan
from snippets import ledger, registries
from snippets.markdown_table import or_blank, plain, table

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def printed(name):
    """What the blocks of a page printed when the press ran it, as one text."""
    report = check_book(ROOT, [DOCS / name])
    assert report.clean, str(report)
    return "\n".join(record.get("out", "") for run in report.runs for record in run.records)


def rows_of(text):
    """Cells of the rows of all Markdown tables of a text."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
    return [row for row in cells if set(row[0]) != {"-"}]


# --- Sources ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sections():
    """Each set of the ledger, as its heading and what stands under it."""
    text = printed("reference/sources.md")
    parts = re.split(r"^### `(\w+)` \{#([\w-]+)\}$", text, flags=re.M)[1:]
    return list(zip(parts[::3], parts[1::3], parts[2::3], strict=True))


def value_of(cell):
    """A printed constant as a number; a formula's power of ten is read as one."""
    cell = re.sub(r"^\$(?:([\d.]+) \\times )?10\^\{(\d+)\}\$$", r"\1e\2", cell)
    return float(f"1{cell}" if cell.startswith("e") else cell)


def test_each_constant_stands_in_the_ledger_exactly_once_with_its_value(sections):
    shown = [
        (name, row[0].strip("`"), value_of(row[1]))
        for name, _, text in sections
        for row in rows_of(text)
        if re.fullmatch(r"`[^`]+`", row[0])
    ]
    stored = [(name, field, value) for name, field, value, _ in all_constants()]
    assert Counter(row[:2] for row in shown) == Counter(row[:2] for row in stored)
    known = {row[:2]: row[2] for row in stored}
    for name, field, value in shown:
        assert value == pytest.approx(known[name, field], rel=5e-8, abs=5e-7), (name, field)


def test_each_set_has_an_address_and_its_sources_with_place_grade_and_kind(sections):
    assert [anchor for _, anchor, _ in sections] == [
        name.lower().replace("_", "-") for name in sorted({row[0] for row in all_constants()})
    ]
    under = {name: text for name, _, text in sections}
    for name, field, _, source in all_constants():
        told = f"{plain(source.where).removesuffix('.')}. Grade {source.grade}, {source.kind}."
        work = "derived: " if source.kind == "derived" else f"[@{source.source}], "
        assert any(
            line.startswith(work) and line.endswith(told) for line in under[name].splitlines()
        ), (name, field)
        assert plain(source.note.removesuffix(".")) in under[name]


def test_each_pattern_gives_some_constant_its_unit():
    first = Counter()
    for name, field, *_ in all_constants():
        first[next(form for form, _ in ledger.UNITS if re.fullmatch(form, f"{name} {field}"))] += 1
    assert [form for form, _ in ledger.UNITS if not first[form]] == []
    with pytest.raises(KeyError, match="SOMEBODY_2030 x has no unit"):
        ledger.unit("SOMEBODY_2030", "x")


@pytest.mark.parametrize(
    ("name", "field", "unit"),
    [
        ("KAPLAN_2020", "N_c", "parameters"),
        ("KAPLAN_2020", "joint.D_c", "tokens"),
        ("KAPLAN_2020", "C_c_min_pf_days", "PF-days"),
        ("KAPLAN_2020", "p_D", "1"),
        ("KAPLAN_2020_PRINTED", "D at the critical batch, exponent", "1"),
        ("BESIROGLU_2024_SE", "E", "nats per token"),
        ("MUENNIGHOFF_2023_DECAY", "R_D_star", "epochs beyond the first"),
        ("DEEPSEEK_2024", "M.k", "FLOP per token at 1 FLOP"),
        ("GADRE_2024_ERRORS", "C4, all tasks.gamma", "per nat per token"),
        ("ZHAI_2022", "ten-shot.b", "1"),
    ],
)
def test_units_are_those_of_the_formulas(name, field, unit):
    assert ledger.unit(name, field) == unit


def test_the_sets_side_by_side_are_all_sets_of_that_form():
    shown = {row[0].strip("`"): row for row in ledger.surfaces()}
    with_E = {name for name, field, *_ in all_constants() if field == "E"}
    assert set(shown) == {name for name in with_E if "_SE" not in name}
    sizes = {name: parse(row[7]) for name, row in shown.items()}  # at 1e23 FLOP
    assert sizes["HOFFMANN_2022_PRINTED"] == 14.6e9
    assert sizes["HOFFMANN_2022"] == 18.1e9
    assert sizes["BESIROGLU_2024"] == 29.4e9


def test_the_laws_in_words_are_all_of_the_registry():
    names = [row[0].partition("<br>")[0] for row in ledger.law_rows()]
    assert names == [law.name for law in laws()]


# --- Models -------------------------------------------------------------------------------------


def test_each_model_stands_in_one_table_and_in_the_records():
    groups = [registries.dense(), registries.experts(), registries.left_out()]
    everything = sorted(model.name for model in models())
    assert sorted(row[0] for group in groups for row in group) == everything
    assert sorted(row[0] for row in registries.records()) == everything


def test_the_page_shows_every_row_of_every_registry():
    shown = Counter(row[0] for row in rows_of(printed("reference/models.md")))
    names = Counter(row.name for row in models())
    for registry in (models(), datasets(), hardware(), prices(), utilisation()):
        names.update(row.name for row in registry)
    assert {name: count for name, count in names.items() if shown[name] != count} == {}


def test_the_days_of_the_rows_are_told():
    text = (DOCS / "reference/models.md").read_text(encoding="utf-8")
    for name in ("everything", "datasets()", "hardware()", "utilisation()"):
        assert f"{{= as_of({name}) }}" in text
    assert registries.as_of(prices()) == "2024-01-01 to 2026-05-20"
    assert [row[4] for row in registries.price_rows()] == [str(row.as_of) for row in prices()]


# recomputed by others: (tokens per parameter, loss, waste, best size for 6ND) by Besiroglu's law
EXPECTED = {
    "GPT-3": ("1.71", "2.009", "1.64", "53B"),
    "Gopher": ("1.07", "2.000", "2.01", "67.5B"),
    "PaLM 540B": ("1.44", "1.950", "1.73", "154B"),
    "Chinchilla": ("20", "1.974", "1.00", "73B"),
    "LLaMA 7B": ("149", "2.087", "1.43", "18.5B"),
    "LLaMA 13B": ("76.9", "2.049", "1.18", "25.9B"),
    "LLaMA 33B": ("43.1", "1.999", "1.06", "49.3B"),
    "LLaMA 65B": ("21.5", "1.976", "1.00", "70.4B"),
    "Llama 2 7B": ("286", "2.065", "1.86", "26.9B"),
    "Llama 2 70B": ("28.6", "1.965", "1.02", "87.7B"),
    "Falcon-180B": ("19.4", "1.930", "1.00", "190B"),
    "Llama 3 8B": ("1,875", "2.022", "5.51", "81B"),
    "Llama 3 70B": ("214", "1.930", "1.72", "246B"),
    "Llama 3.1 405B": ("38.5", "1.893", "1.07", "618B"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_predicted_loss_and_waste_of_known_models(name):
    row = next(row for row in registries.dense() if row[0] == name)
    assert (row[4], *row[6:]) == EXPECTED[name]


def test_a_law_of_dense_models_predicts_nothing_for_models_with_experts():
    with_experts = {row[0] for row in registries.experts()}
    assert {"DeepSeek-V3", "Kimi K2", "DBRX"} <= with_experts
    assert not with_experts & {row[0] for row in registries.dense()}


def test_cells_that_hold_signs_of_markdown_stay_cells():
    assert plain("R* <b> $7 |x| [1]") == r"R\* &lt;b> \$7 \|x\| \[1\]"
    assert table(["A", ">B"], [["x", "1"]]) == "| A | B |\n| --- | --: |\n| x | 1 |"
    assert or_blank(str, None) == ""
    assert or_blank(str, 0) == "0"


# --- Notation -----------------------------------------------------------------------------------

SYMBOLS = {"N", "N_E", "D", "U", "C", r"C_{\min}", "T", r"B_{\text{crit}}", r"\text{MFU}"}
SYMBOLS |= {"L", "E", "A", r"\alpha", "B", r"\beta", "a", "b", "G", "K", r"\gamma", "R^*"}


@pytest.fixture(scope="module")
def symbols():
    """Rows of the notation page: formulas of the first cell, whole row, linked page and anchor."""
    text = (DOCS / "reference/notation.md").read_text(encoding="utf-8")
    rows = []
    for row in rows_of(text):
        if formulas := re.findall(r"\$([^$]+)\$", row[0]):
            page, _, anchor = re.search(r"\]\(([^)]+)\)", row[-1])[1].partition("#")
            rows.append((formulas, row, (DOCS / "reference" / page).resolve(), anchor))
    return rows


def test_every_symbol_that_the_book_needs_is_explained(symbols):
    explained = [formula for formulas, *_ in symbols for formula in formulas]
    assert SYMBOLS - set(explained) == set()
    assert len(explained) == len(set(explained)), "a symbol has one meaning"


def test_every_symbol_is_used_on_the_page_that_its_row_names(symbols):
    for formulas, row, path, _ in symbols:
        text = path.read_text(encoding="utf-8")
        if path.name == "sources.md":
            text += printed("reference/sources.md")
        letters = [*formulas, *re.findall(r"`([^`]+)`", row[3])]
        spelled = [letter for letter in letters if re.search(rf"(?<!\w){re.escape(letter)}", text)]
        assert spelled, f"{row[0]} is not on {path.name}"


def test_every_anchor_of_the_notation_page_exists(symbols):
    for _, row, path, anchor in symbols:
        found = f"{{#{anchor}}}" in path.read_text(encoding="utf-8")
        assert found or f"{{#{anchor}}}" in printed("reference/sources.md"), row


# --- Architecture -------------------------------------------------------------------------------


def test_every_file_that_the_newcomers_page_names_exists():
    text = (DOCS / "contributing/architecture.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:\.github|docs|scaling_core|snippets|tests)/[\w./-]*)`", text)
    assert len(paths) > 15
    assert [path for path in paths if not (ROOT / path).exists()] == []
    code = (ROOT / "snippets/house.py").read_text(encoding="utf-8").replace("\\n", " ")
    drawn = re.findall(r"\w+\.py\b", code)
    assert len(drawn) == 6
    assert [name for name in drawn if not (ROOT / "scaling_core/book" / name).is_file()] == []
    assert "<!-- measurements -->" in text or "measurements" not in text


def imports(path):
    """Top-level names of all that a file imports, however deep the statement stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from names


def test_the_library_imports_numpy_alone():
    for path in (ROOT / "scaling_core").glob("*.py"):
        for name in imports(path):
            top = name.partition(".")[0]
            assert top in {"numpy", "scaling_core"} | sys.stdlib_module_names, (
                f"{path.name}: {name}"
            )
            assert not name.startswith(("scaling_core.book", "scaling_core.lab")), path.name


def test_snippets_import_the_library_numpy_and_matplotlib():
    allowed = {"numpy", "matplotlib", "scaling_core", "snippets"} | sys.stdlib_module_names
    for path in (ROOT / "snippets").glob("*.py"):
        names = set(imports(path))
        assert {name.partition(".")[0] for name in names} <= allowed, path.name


def test_the_followed_number_is_the_one_of_the_first_page():
    home = scan(DOCS / "index.md", ROOT).values
    shown = scan(DOCS / "contributing/architecture.md", ROOT).values
    assert {"29.4B"} <= {value.text for value in home} & {value.text for value in shown}


# --- Sort buttons -------------------------------------------------------------------------------

HEADS = ["Name", "<math><mi>N</mi></math>", "C", "Share"]
TABLE = "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>"
CELLS = [
    # name, number, formula, share
    (
        "Llama 13B",
        "13B",
        "<math><mn>3.15</mn><mo>×</mo><msup><mn>10</mn><mn>23</mn></msup></math>",
        "9.5%",
    ),
    ("Llama 7B", "1,875", "<math><msup><mn>10</mn><mn>24</mn></msup></math>", "46%"),
    ("apple", "1.4T", "<math><mn>42</mn></math>", ""),
    ("Zebra", "350M", "8.64e+19", "100%"),
    ("Gopher", "-0.11", "", "0.3%"),
    ("Yak", "", "<math><mrow><mo>−</mo><mn>0.5</mn></mrow></math>", "7 %"),
    ("b", "20", "1e-3", "8%"),
    ("c", "5e23", "7 (estimate)", "12%"),
]
ORDERS = {
    0: ["apple", "b", "c", "Gopher", "Llama 7B", "Llama 13B", "Yak", "Zebra"],
    1: ["Gopher", "b", "Llama 7B", "Zebra", "Llama 13B", "apple", "c", "Yak"],
    2: ["Yak", "b", "c", "apple", "Zebra", "Llama 13B", "Llama 7B", "Gopher"],
    3: ["Gopher", "Yak", "b", "Llama 13B", "c", "Llama 7B", "Zebra", "apple"],
}
EMPTY = {1: "Yak", 2: "Gopher", 3: "apple"}  # last in both directions


@pytest.fixture(scope="module")
def sortable():
    """A page with a long and a short generated table and a plain one, and the script run twice."""
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next((found for name in names if (found := shutil.which(name))), None)
    if chromium is None:
        message = "no Chromium: sudo apt install chromium, or brew install --cask chromium"
        (pytest.fail if os.environ.get("REQUIRE_ALL_TOOLS") == "1" else pytest.skip)(message)
    from playwright.sync_api import sync_playwright

    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in CELLS)
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page()
        heads = "".join(f"<th>{head}</th>" for head in HEADS)
        few = TABLE.format(heads, rows.partition("</tr>")[0])
        plain_one, long_one = TABLE.format(heads, rows), TABLE.format(heads, rows)
        page.set_content(f'<div class="generated">{long_one}{few}</div>{plain_one}')
        before = [row.text_content() for row in page.locator("tr").all()]
        for _ in range(2):  # as instant navigation would
            page.add_script_tag(path=DOCS / "assets/sort.js")
        after = [row.text_content() for row in page.locator("tr").all()]
        assert before == after, "the words stay as they are"
        yield page
        browser.close()


@pytest.mark.browser
def test_each_heading_of_a_long_generated_table_is_one_button(sortable):
    assert sortable.locator("table").first.locator("th > button").count() == 4
    assert sortable.locator("button").count() == 4
    assert sortable.get_by_role("button", name="N", exact=True).count() == 1


@pytest.mark.browser
@pytest.mark.parametrize("column", ORDERS)
def test_columns_sort_by_what_their_cells_mean(sortable, column):
    button = sortable.locator(".generated th > button").nth(column)
    order = ORDERS[column]
    last = [name for name in order if name == EMPTY.get(column)]
    known = [name for name in order if name not in last]
    for way, expected in (("ascending", known), ("descending", known[::-1])):
        button.focus()
        sortable.keyboard.press("Enter")
        first = sortable.locator("table").first
        assert first.locator("td:first-child").all_text_contents() == expected + last
        marked = sortable.locator("th[aria-sort]")
        assert marked.count() == 1
        assert marked.get_attribute("aria-sort") == way
