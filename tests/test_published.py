"""Published constants: every digit, every source, and another printed number of the same paper."""

import ast
import math
import re
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

import scaling_core
from scaling_core import (
    BESIROGLU_2024,
    BESIROGLU_2024_HUBER,
    BESIROGLU_2024_SE,
    BESIROGLU_2024_SE_PRINTED,
    BESIROGLU_2024_UNROUNDED,
    DEEPSEEK_2024,
    HENIGHAN_2020,
    HOFFMANN_2022,
    HOFFMANN_2022_EXPONENTS,
    HOFFMANN_2022_PRINTED,
    KAPLAN_2020,
    LLAMA3_2024,
    LLAMA3_2024_PRINTED,
    MUENNIGHOFF_2023,
    PEARCE_2024,
    PORIAN_2024,
    RULE_OF_20,
    SARDANA_2024_BASE,
    SARTOR_2024,
    STEP_LAW_2025,
    Estimate,
    PowerLaw,
    Provenance,
    all_constants,
    published,
    published_modalities,
)

CONSTANTS = list(all_constants())
PACKAGE = Path(scaling_core.__file__).parent
BIBLIOGRAPHY = (resources.files("scaling_core") / "data/references.bib").read_text("utf-8")

# The numbers as the sources print them, in the order of `all_constants`.
# Sets stored from logarithms (LOGS) are compared as logarithms: E, A, B, then alpha, beta.
LOGS = {
    "BESIROGLU_2024_HUBER": ".597306814687365 6.16924637372317 7.67015673309542 "
    ".347310498881755 .367172432627762",
    "BESIROGLU_2024_UNROUNDED": ".59711196 6.17795598 7.64273236 .34781303 .36585412",
    "HOFFMANN_2022": ".5267228 6.0073404 6.0179186 .33917084 .2849083",
    "MUENNIGHOFF_2023": ".6254804 6.255414 7.3049974 .3526596 .3526596",
}
# E, A, b, alpha as in the authors' code; B = b 6^(-alpha/2)
GADRE = {
    "GADRE_2024_C4": "1.5082605444147166 113.69260327517962 189.51552149611567 .24247223927556466",
    "GADRE_2024_RPJ": "1.836648408738623 166.210992120337 366.6871979615622 .2728507061786173",
    "GADRE_2024_RW": "1.7344620893321105 125.09569550155217 246.2066862427996 .25439484463174905",
}
KAPLAN_ND = ".076 6.4e13 .103 1.8e13"
KAPLAN_NS = ".077 6.5e13 .76 2.1e3"
PRINTS = {
    "BESIROGLU_2024": "1.8172 482.01 2085.43 .3478 .3658",
    "BESIROGLU_2024_SE": ".0257 124.52 1293.28 .0154 .0206 .018",
    "BESIROGLU_2024_SE_PRINTED": ".03 124.58 1293.23 .02 .02 .018",
    "CHERTI_2023": "-.11 -.16 -.13 -.24 -.08 -.05 -.19 -.10",
    "DEEPSEEK_2024": "5.8316 .4757 .1715 .5243",
    "DEEPSEEK_2024_BY_DATA": ".450 .550 .524 .476 .578 .422",
    "DEEPSEEK_2024_HP": ".3118 -.1250 .2920 .3271",
    "GADRE_2024_ERRORS": "1.2885160400414704 .9721642929737044 .7589494443050375 "
    "2.0789071624301534 .7561208817706444 .8497420147166346 "
    "1.3228988873526577 .8907078482827041 .7608495100309004 "
    "2.2064900914623826 .7145905530490234 .8569919276135063 "
    "1.1280742251548206 .8215227602950715 .7676792131478288 "
    "2.214814843606007 .7070485013065003 .865279537456563",
    "HENIGHAN_2020": ".070 .24 .22 .13 .13 .14 .037 .16 .039 .15 .24 .16 "
    ".19 .16 .10 .11 .12 .15 .14 .17 .64 .75",
    "HERNANDEZ_2021_MIX": "2.1e5 .096 .38",
    "HERNANDEZ_2021_TEXT": "1.9e4 .18 .38",
    "HOFFMANN_2022_EXPONENTS": ".50 .488 .502 .50 .501 .512 .49 .462 .534 .51 .483 .529 "
    ".46 .454 .455 .54 .542 .543 .73 .27 .50 .50 .53 .47",
    "HOFFMANN_2022_PRINTED": "1.69 406.4 410.7 .34 .28",
    "KAPLAN_2020": ".076 8.8e13 .095 5.4e13 .057 1.6e7 .050 3.1e8 .21 2.1e8 .76 2.1e3 "
    ".73 1.3e9 .24 2.0e6 .03 5.4e3 .27 2e10 .74 5e3 " + KAPLAN_ND + " " + KAPLAN_NS,
    "KAPLAN_2020_ND": KAPLAN_ND,
    "KAPLAN_2020_NS": KAPLAN_NS,
    "KAPLAN_2020_PRINTED": "2e8 4e10 .26 1e4 1e12 1e12 1.7 2.3e8 2.0e7",
    "KUMAR_2024": "2.6745 2.2102 .9578",
    "LLAMA3_2024": ".299 .537",
    "LLAMA3_2024_PRINTED": ".29 .53",
    "MUENNIGHOFF_2023_DECAY": "15.387756 5.309743",
    "PEARCE_2024": "47491 .515 .459 .74 .49",
    "PORIAN_2024": ".835 .82 .85 .706 .69 .72 .602 .59 .62 .571 .56 .59 .497 .49 .50 "
    ".864 .699 .603 .574 .518",
    "SARDANA_2024_BASE": "1.69 406.4 410.7 .336 .283",
    "SARTOR_2024": ".276 .236 .317 .217 .246 .155 .337 .172 .141 .093 .189 .105 .389 .155",
    "STEP_LAW_2025": "1.79 -.713 .307 .58 .571",
    "ZHAI_2022": ".26 .35 .09 .01 .63 .32 .12 .52",
}


def values(name):
    return [value for owner, _, value, _ in CONSTANTS if owner == name]


@pytest.mark.parametrize("name", PRINTS)
def test_every_number_is_the_printed_one(name):
    assert values(name) == [float(number) for number in PRINTS[name].split()]


@pytest.mark.parametrize("name", LOGS)
def test_every_printed_logarithm_is_the_stored_number(name):
    *logs, alpha, beta = (float(number) for number in LOGS[name].split())
    *stored, stored_alpha, stored_beta = values(name)
    assert [math.log(x) for x in stored] == pytest.approx(logs, rel=1e-15, abs=0)
    assert (stored_alpha, stored_beta) == (alpha, beta)


@pytest.mark.parametrize("name", GADRE)
def test_every_number_of_gadres_code_is_stored(name):
    E, A, b, alpha = (float(number) for number in GADRE[name].split())
    stored_E, stored_A, B, *exponents = values(name)
    assert (stored_E, stored_A, exponents) == (E, A, [alpha, alpha])
    assert B * 6 ** (alpha / 2) == pytest.approx(b, rel=1e-15, abs=0)


def test_hoffmanns_laws_say_where_they_were_measured():
    for law in (HOFFMANN_2022_PRINTED, HOFFMANN_2022, BESIROGLU_2024, SARDANA_2024_BASE):
        assert law.source.range == (6e18, 3e21)  # Fig. 3, least and largest of nine budgets


def test_other_laws_say_where_they_were_measured():
    found = {
        name: thing.source.range
        for name in scaling_core.__all__
        if (thing := getattr(scaling_core, name, None)) is not None
        and isinstance(getattr(thing, "source", None), Provenance)
        and thing.source.range is not None
        and thing.source.range != (6e18, 3e21)
    }
    llama = (6e18, 1e22)  # sec. 3.2.1
    deepseek = (1e17, 3e20)
    assert found == {
        "DEEPSEEK_2024": deepseek, "LLAMA3_2024": llama, "LLAMA3_2024_PRINTED": llama
    }  # fmt: skip
    assert {e.source.range for e in scaling_core.DEEPSEEK_2024_HP.values()} == {(1e17, 2e19)}


def test_the_rule_of_20_gives_20_tokens_per_parameter_at_every_budget():
    for C in (1e18, 1e24):
        best, D = RULE_OF_20.optimum(C), RULE_OF_20.D(C)
        N = best.N
        assert pytest.approx(D, rel=1e-13) == best.D
        assert pytest.approx((20, C), rel=1e-13) == (D / N, 6 * N * D)


def test_no_published_set_is_without_its_prints():
    covered = {*PRINTS, *LOGS, *GADRE, "RULE_OF_20"}  # the rule is derived: its own test
    assert {name for name, *_ in CONSTANTS} == covered


def test_every_set_is_exported_and_in_the_ledger():
    exported = {n for n in scaling_core.__all__ if n.isupper() and re.search(r"_20\d\d|_OF_", n)}
    assert exported == {name for name, *_ in CONSTANTS}
    owners = [name for name, *_ in CONSTANTS]
    assert owners == sorted(owners)
    assert len({(name, field) for name, field, *_ in CONSTANTS}) == len(CONSTANTS)


# --- sources --------------------------------------------------------------------------------

KEYS = re.findall(r"^@\w+\{([^,\s]+),$", BIBLIOGRAPHY, re.M)


def test_every_constant_has_a_source_in_the_bibliography_and_an_allowed_grade():
    for name, field, value, source in CONSTANTS:
        assert isinstance(source, Provenance), (name, field)
        assert source.source in KEYS or source.source.startswith("derived: "), (name, field)
        assert source.grade in {"P", "F", "S", "D"}
        assert source.kind in {"published", "fitted", "derived"}
        assert type(value) is float


def test_the_bibliography_has_one_entry_per_key_and_no_private_remarks():
    assert len(KEYS) == len(set(KEYS)) == BIBLIOGRAPHY.count("\n@") == 116
    for entry in BIBLIOGRAPHY.split("\n@")[1:]:
        for field in ("author", "title", "year"):
            assert re.search(rf"^  {field} = \{{.+\}}", entry, re.M), entry
    fields = set(re.findall(r"^  (\w+) = ", BIBLIOGRAPHY, re.M))
    known = "archivePrefix author booktitle eprint howpublished journal title url year"
    assert fields == set(known.split())


def test_a_number_without_a_source_is_refused(monkeypatch):
    monkeypatch.setattr(published_modalities, "NOBODY_2020", PowerLaw(1, 1), raising=False)
    with pytest.raises(ValueError, match=r"NOBODY_2020\.k has no source"):
        list(all_constants())


def test_no_constant_hides_in_a_formula():
    """Floats of more than two digits stand in `published*` only, apart from units."""
    allowed = {8.64e19, 1.4826}  # PF_DAY, in units; deviation over median, in fitting
    modules = [path for path in PACKAGE.glob("*.py") if not path.stem.startswith("published")]
    found = {
        (path.name, node.value)
        for path in modules
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, float)
        and len(repr(node.value).split("e")[0].replace(".", "").strip("0")) > 2
        and node.value not in allowed
    }
    assert found == set()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"source": ""}, "source must say where the number comes from, got ''"),
        ({"where": None}, "where must say where the number comes from, got None"),
        ({"kind": "guessed"}, "kind must be one of published, measured.* got 'guessed'"),
        ({"grade": "M"}, "grade must be one of P, F, S, D, got 'M'"),
        ({"range": (1e22, 1e18)}, "range must run from low to high"),
        ({"range": (0, 1e18)}, "range must be positive, got 0.0"),
    ],
)
def test_a_provenance_must_say_something(fields, words):
    good = {"source": "kaplan2020scaling", "where": "Table 5", "kind": "published", "grade": "F"}
    assert Provenance(**good).range is None
    assert Provenance(**good, range=(1e18, 1e18)).range == (1e18, 1e18)  # one budget is a range
    with pytest.raises(ValueError, match=words):
        Provenance(**good | fields)


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"value": math.nan}, ValueError, "value must be finite, got nan"),
        ({"value": "x"}, TypeError, "value must be a real number"),
        ({"low": 1.0}, ValueError, "low and high come together, got 1.0 and None"),
        ({"low": 2.0, "high": 1.0}, ValueError, "low must not exceed high, got 2.0 and 1.0"),
        ({"low": 2.0, "high": math.inf}, ValueError, "high must be finite"),
    ],
)
def test_an_estimate_is_a_number_with_at_most_one_interval(fields, error, words):
    source = Provenance("kaplan2020scaling", "Table 5", "published", "F")
    whole = Estimate(1, source, 0, 2)
    assert (type(whole.value), whole.low, whole.high) == (float, 0.0, 2.0)
    assert Estimate(1, source, 1, 1).low == 1
    with pytest.raises(error, match=words):
        Estimate(**{"value": 1.0, "source": source} | fields)


# --- another printed number of the same paper ------------------------------------------------


def saved_by_a_smaller_model(law, N_q, D_inf):
    """Sardana's problem by brute force: the cheapest N of the quality of N_q, and the saving."""
    loss = law.frontier_loss(6 * N_q * law.optimal_tokens(N_q))
    N = N_q * np.linspace(0.4, 1, 60001)
    flops = 6 * N * law.tokens_for(N, loss) + 2 * N * D_inf
    best = np.argmin(flops)
    return N[best], flops[-1] - flops[best], 1 - flops[best] / flops[-1]


def large_N_exponent(law, N):
    """Exponent of non-embedding N in compute, by differences along Pearce & Song's frontier."""
    omega = PEARCE_2024["omega"].value
    n = N * np.array([0.99, 1.01])
    total = n + omega * n ** (1 / 3)
    # minimum of A T^-alpha + B D^-beta at fixed 6 n D, with d ln T / d ln n = share
    share = (n + omega * n ** (1 / 3) / 3) / total
    D = (law.beta * law.B / (law.alpha * law.A * share * total**-law.alpha)) ** (1 / law.beta)
    return np.log(n[1] / n[0]) / np.log(n[1] * D[1] / (n[0] * D[0]))


SARDANA = saved_by_a_smaller_model(SARDANA_2024_BASE, 13e9, 2e12)

SECOND_PRINTS = [
    ("HOFFMANN_2022", HOFFMANN_2022.optimum(5.76e23).N, 40e9, 0.02, "Fig. 4, one digit"),
    ("HOFFMANN_2022_PRINTED", HOFFMANN_2022_PRINTED.a, 0.46, 0.02, "Table 2, two digits"),
    ("BESIROGLU_2024", BESIROGLU_2024.a, 0.5126, 1e-4, "a of the notebook, four digits"),
    ("BESIROGLU_2024", BESIROGLU_2024.optimum(5.76e23).ratio, 20, 0.1, "about 20 at Gopher"),
    ("BESIROGLU_2024_UNROUNDED", BESIROGLU_2024_UNROUNDED.A, 482.01, 1e-5, "A as printed"),
    ("BESIROGLU_2024_UNROUNDED", BESIROGLU_2024_UNROUNDED.B, 2085.43, 3e-6, "B as printed"),
    ("BESIROGLU_2024_HUBER", BESIROGLU_2024_HUBER.E, 1.8172, 2e-5, "E as printed"),
    ("SARDANA_2024_BASE", SARDANA[0], 7e9, 0.01, "7B instead of 13B for 2e12 served tokens"),
    ("SARDANA_2024_BASE", SARDANA[1], 1.7e22, 0.01, "saved FLOP, two digits"),
    ("SARDANA_2024_BASE", SARDANA[2], 0.17, 0.03, "saved share, two digits"),
    ("MUENNIGHOFF_2023", MUENNIGHOFF_2023.A, 521, 1e-3, "App. A, three digits"),
    ("MUENNIGHOFF_2023", MUENNIGHOFF_2023.G**2, 0.051, 0.01, "U_N / U_D of Eq. 17, two digits"),
    ("KAPLAN_2020", KAPLAN_2020.alpha_C_predicted, 0.052, 0.01, "Eq. B.7, two digits"),
    ("RULE_OF_20", RULE_OF_20.optimum(1.21e20).N, 1e9, 0.01, "Hoffmann Table 3, row 1B"),
    ("DEEPSEEK_2024", DEEPSEEK_2024.D(4.5e23), 1.04e12, 0.01, "Fig. 5"),
    ("DEEPSEEK_2024", DEEPSEEK_2024.M(4.5e23), 4.3e11, 0.01, "Fig. 5"),
    ("LLAMA3_2024", LLAMA3_2024.D(3.8e25), 16.55e12, 0.02, "Sec. 3.2.1, legend rounded"),
    ("STEP_LAW_2025", STEP_LAW_2025["learning_rate"].k, math.exp(0.5863), 0.005, "bootstrap mean"),
    ("STEP_LAW_2025", STEP_LAW_2025["batch_tokens"].k, math.exp(-0.5435), 0.005, "bootstrap mean"),
    ("PEARCE_2024", PEARCE_2024["omega"].value, 32000 * (39.2 / 12) ** (1 / 3), 3e-4, "39.2"),
]


@pytest.mark.parametrize(
    ("name", "ours", "printed", "rel", "why"),
    SECOND_PRINTS,
    ids=[f"{name}: {why}" for name, *_, why in SECOND_PRINTS],
)
def test_the_constants_give_another_number_of_their_paper(name, ours, printed, rel, why):
    assert ours == pytest.approx(printed, rel=rel)


def test_printed_twins_do_not_reproduce_what_the_precise_sets_do():
    assert HOFFMANN_2022_PRINTED.optimum(5.76e23).N < 33e9  # 40e9 in the paper
    assert LLAMA3_2024_PRINTED.D(3.8e25) < 10.6e12  # 16.55e12 in the paper
    N, saved, share = saved_by_a_smaller_model(HOFFMANN_2022_PRINTED, 13e9, 2e12)
    assert N > 7.9e9
    assert share < 0.11
    assert saved < SARDANA[1]


def test_pearces_large_N_exponents_lie_on_the_frontier_of_the_named_constants():
    for law, name in ((BESIROGLU_2024, "Besiroglu"), (HOFFMANN_2022, "Hoffmann")):
        printed = PEARCE_2024[f"a, large N, {name}"].value
        assert large_N_exponent(law, 1e13) < printed < large_N_exponent(law, 1e10)


def test_standard_errors_of_the_two_prints_agree_to_a_digit():
    for name, printed in BESIROGLU_2024_SE_PRINTED.items():
        tolerance = 0.1 if name in "AB" else 0.005  # A and B differ in the last two digits
        assert BESIROGLU_2024_SE[name].value == pytest.approx(printed.value, abs=tolerance)


def test_intervals_hold_their_value_except_hoffmanns_third_approach():
    outside = [
        f"{owner} {field}"
        for owner, field, value, _ in CONSTANTS
        for low, high in [(bounds(owner, field, "low"), bounds(owner, field, "high"))]
        if low is not None and not low <= value <= high
    ]
    assert outside == [
        "HOFFMANN_2022_EXPONENTS approach 1.b",
        "HOFFMANN_2022_EXPONENTS approach 3.a",
        "HOFFMANN_2022_EXPONENTS approach 3.b",
    ]


def test_only_intervals_are_labelled_as_intervals():
    mean, median = SARTOR_2024["data, mean"], SARTOR_2024["data, median"]
    assert (mean.interval, median.interval) == ("95 % confidence", "")


def bounds(owner, field, end):
    found = [v for name, f, v, _ in CONSTANTS if (name, f) == (owner, f"{field}.{end}")]
    return found[0] if found else None


def test_exponents_of_an_allocation_add_up_to_one():
    for name, table in HOFFMANN_2022_EXPONENTS.items():
        if name.startswith("approach") and "data" not in name:
            assert table["a"].value + table["b"].value == pytest.approx(1, abs=0.005)
    assert RULE_OF_20.N.p + RULE_OF_20.D.p == DEEPSEEK_2024.M.p + DEEPSEEK_2024.D.p == 1


def test_each_step_of_porian_lowers_the_exponent_and_modalities_differ_with_and_without_a_floor():
    for ladder in PORIAN_2024.values():
        exponents = [step.value for step in ladder.values()]
        assert exponents == sorted(exponents, reverse=True)
    exponents = [row.value for row in HENIGHAN_2020["alpha_N"].values()]
    assert max(exponents) / min(exponents) > 6


def test_tables_are_read_only():
    for name in published.__dict__:
        if name.isupper() and not name.startswith("_"):
            assert not isinstance(getattr(published, name), dict)
    with pytest.raises(TypeError):
        PORIAN_2024["RefinedWeb"]["tuned per size, no decay"] = 0.5
    with pytest.raises(TypeError):
        PORIAN_2024["mine"] = {}
