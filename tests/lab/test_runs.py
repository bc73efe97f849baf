"""Configurations, their refusals, and rows that come back as what they were."""

import math
from dataclasses import fields, replace

import pytest

from scaling_core.lab import Run, RunConfig
from scaling_core.lab.config import GROUPS, RECIPE, seconds_estimate
from scaling_core.lab.runs import COLUMNS

LOSSES = ("loss", "excess", "ce", "train_loss")
CELL = RunConfig("iso", "shannon", d=16, tokens=242_688, lr=0.02, seed=100, budget=1e10)
TEXT = RunConfig("text", "django-docs", d=8, tokens=5_120, lr=0.02, seed=1, k=0)
SUMS = RunConfig(
    "addition", "addition", d=8, tokens=5_040, lr=0.02, seed=1, k=0, T=14, batch=504,
    rel_start="zero", evals=3,
)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("group", "isoflop", "group must be one of 'iso', .*got 'isoflop'"),
        ("source", "wiki", "source must be one of 'shannon', .*got 'wiki'"),
        ("source", None, "source must be one of .*got None"),
        ("source", "addition", r"k must be one of 0, got 4"),
        ("k", 0, "k must be one of 2, 3, 4, got 0"),
        ("k", 5, "k must be one of 2, 3, 4, got 5"),
        ("k", 4.0, "k must be a whole number of at least 0, got 4.0"),
        ("d", 1, "d must be a whole number of at least 2, got 1"),
        ("d", 7, "d must be even, for two heads, got 7"),
        ("d", 16.0, "d must be a whole number of at least 2, got 16.0"),
        ("L", 0, "L must be a whole number of at least 1, got 0"),
        ("T", 4, "T must be a whole number of at least 5, got 4"),
        ("batch", 0, "batch must be a whole number of at least 1, got 0"),
        ("batch", 500, "batch must be a multiple of the context T = 32, got 500"),
        ("tokens", 0, "tokens must be a whole number of at least 1, got 0"),
        ("tokens", 511, "tokens must be a multiple of the batch, 512, got 511"),
        ("tokens", 512.0, "tokens must be a whole number of at least 1, got 512.0"),
        ("seed", -1, "seed must be a whole number of at least 0, got -1"),
        ("seed", True, "seed must be a whole number of at least 0, got True"),
        ("evals", -1, "evals must be a whole number of at least 0, got -1"),
        ("unique_tokens", -32, "unique_tokens must be a whole number of at least 0, got -32"),
        ("unique_tokens", 33, "unique_tokens must be a multiple of the context T = 32, got 33"),
        ("unique_tokens", 242_688, "unique_tokens must be below tokens, 242688, got 242688"),
        ("lr", 0, "lr must be a number above 0 and at most 1, got 0"),
        ("lr", -0.1, "lr must be a number above 0 and at most 1, got -0.1"),
        ("lr", 1.5, "lr must be a number above 0 and at most 1, got 1.5"),
        ("lr", math.nan, "lr must be a number above 0 and at most 1, got nan"),
        ("lr", "0.1", "lr must be a number above 0 and at most 1, got '0.1'"),
        ("noise", -0.1, "noise must be a number of at least 0 and at most 1, got -0.1"),
        ("noise", 1.1, "noise must be a number of at least 0 and at most 1, got 1.1"),
        ("noise", False, "noise must be a number of at least 0 and at most 1, got False"),
        ("budget", -1.0, "budget must be a number of at least 0, got -1.0"),
        ("budget", math.inf, "budget must be a number of at least 0, got inf"),
        ("schedule", "cosine", "schedule must be one of 'linear', 'constant', got 'cosine'"),
        ("rel_start", "rope", "rel_start must be one of 'alibi', 'zero', got 'rope'"),
    ],
)
def test_impossible_values_are_refused_with_field_value_and_range(field, value, message):
    with pytest.raises(ValueError, match=message):
        replace(CELL, **{field: value})


def test_every_field_but_free_ones_has_a_refusal():
    cases = test_impossible_values_are_refused_with_field_value_and_range.pytestmark[0].args[1]
    assert {case[0] for case in cases} == {field.name for field in fields(RunConfig)}


def test_the_id_is_the_hash_of_every_field():
    assert CELL.run_id == "805c2202bab3"
    others = [
        replace(CELL, **change)
        for change in (
            {"group": "quick"}, {"k": 3}, {"d": 8}, {"tokens": 512}, {"lr": 0.01}, {"seed": 0},
            {"L": 1}, {"T": 16}, {"batch": 256}, {"budget": 0.0}, {"unique_tokens": 512},
            {"noise": 0.1}, {"schedule": "constant"}, {"rel_start": "zero"}, {"evals": 1},
        )
    ] + [TEXT, replace(TEXT, source="text-0123456789ab")]  # fmt: skip
    assert len({run.run_id for run in [CELL, *others]}) == len(others) + 1


def test_whole_numbers_where_real_ones_are_meant_give_the_same_run():
    whole = RunConfig("iso", "shannon", 16, 512, lr=1, seed=0, noise=0, budget=10**10)
    real = RunConfig("iso", "shannon", 16, 512, lr=1.0, seed=0, noise=0.0, budget=1e10)
    assert whole == real
    assert whole.run_id == real.run_id
    assert Run.from_row(finished(whole).row()).config == real


def test_steps_and_warm_up():
    assert (CELL.steps, CELL.warmup_steps, CELL.N, CELL.V) == (474, 24, 6_864, 32)
    assert replace(CELL, tokens=512 * 20).warmup_steps == 2  # at least two
    assert (SUMS.V, SUMS.steps) == (12, 10)


def test_the_rate_rises_to_its_highest_and_falls_to_zero_at_the_end_of_the_run():
    run = replace(CELL, tokens=512 * 100, lr=0.5)  # five steps of warm-up
    rates = [run.learning_rate(step) for step in range(101)]
    assert rates[:5] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    assert rates[5:] == pytest.approx([0.5 * (100 - step) / 95 for step in range(5, 101)])
    assert rates[100] == 0
    assert max(rates) == 0.5
    flat = replace(run, schedule="constant")
    assert [flat.learning_rate(step) for step in (0, 4, 5, 99)] == pytest.approx(
        [0.1, 0.5, 0.5, 0.5]
    )
    short = replace(CELL, tokens=512)
    assert 0 < short.learning_rate(0) <= short.lr


def test_evaluations_stand_at_halves_and_for_sums_at_equal_distances():
    run = replace(CELL, tokens=512 * 64, evals=3)
    assert run.eval_steps == {8, 16, 32}
    assert replace(run, evals=0).eval_steps == set()
    assert replace(run, tokens=512 * 3, evals=9).eval_steps == {1, 2}  # never before the first step
    assert SUMS.eval_steps == {3, 7}  # a third, two thirds; the end is measured as well


def finished(config, **values):
    shannon = config.source == "shannon"
    measured = {
        "status": "ok",
        "loss": 2.0383,
        "excess": 0.90269 if shannon else math.nan,
        "ce": 2.03712,
        "train_loss": 2.0642,
        "cpu_seconds": 1.41,
    }
    return Run(config, **measured | values)


@pytest.mark.parametrize(
    "run",
    [
        finished(CELL),
        finished(TEXT),
        finished(replace(CELL, unique_tokens=51_200, lr=0.1 + 0.2, noise=1e-3)),
        finished(
            SUMS, curve=((1680, 2.1, 0.5, 0.0), (5040, 1.9, 0.6, 0.01)), metrics={"exact": 1.0}
        ),
        finished(
            CELL,
            status="diverged",
            loss=math.nan,
            excess=math.nan,
            ce=math.nan,
            train_loss=math.nan,
        ),
    ],
    ids=["cell", "text", "repeated", "sums", "diverged"],
)
def test_a_row_comes_back_as_the_run(run):
    cells = run.row()
    assert tuple(cells) == COLUMNS
    assert all(type(cell) is str for cell in cells.values())
    again = Run.from_row(cells)
    assert again.row() == cells
    assert (again.config, again.status, again.curve, again.metrics) == (
        run.config, run.status, run.curve, run.metrics,
    )  # fmt: skip


def test_a_row_holds_what_follows_from_the_configuration():
    cells = finished(replace(CELL, unique_tokens=121_344)).row()
    follows = {
        "recipe": RECIPE, "V": 32, "n_layer": 2, "n_head": 2, "ctx": 32, "n_body": 6_352,
        "n_head_params": 512, "n_emb": 512, "N": 6_864, "unique_tokens": 121_344, "epochs": 2,
        "flops_6nd": 6 * 6_864 * 242_688, "flops_exec": 52_224 * 242_688, "warmup_steps": 24,
        "steps": 474, "batch_tokens": 512, "loss": "2.03830", "budget": "10000000000.0",
    }  # fmt: skip
    assert {name: cells[name] for name in follows} == {k: str(v) for k, v in follows.items()}
    assert finished(CELL).row()["unique_tokens"] == cells["tokens"]  # one pass: all are
    assert finished(TEXT).row()["excess"] == finished(TEXT).row()["curve"] == ""


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("loss", "abc", "column 'loss': 'abc' is not a number"),
        ("seed", "1.5", "column 'seed': '1.5' is not a whole number"),
        ("recipe", "", "column 'recipe': '' is not a whole number"),
        ("curve", "[1", r"column 'curve': '\[1' is not a JSON list"),
        ("metrics", "[1]", r"column 'metrics': '\[1\]' is not a JSON dict"),
        ("run_id", "0123456789ab", "column 'run_id': '0123456789ab' does not follow from the row"),
        ("N", "6865", "column 'N': '6865' does not follow from the row, expected '6864'"),
        ("seed", "101", "column 'run_id': '805c2202bab3' does not follow from the row"),
        ("flops_6nd", "1", "column 'flops_6nd': '1' does not follow"),
        ("loss", "2.0383", "column 'loss': '2.0383' does not follow from the row"),
        ("loss", "", "column 'loss': '' is not finite"),
        ("status", "fine", "status must be one of 'ok', 'diverged', got 'fine'"),
        ("group", "isoflop", "group must be one of"),
        ("tokens", "100", "tokens must be a multiple of the batch, 512, got 100"),
    ],
)
def test_a_wrong_cell_is_named_with_its_value(column, cell, message):
    cells = finished(CELL).row() | {column: cell}
    with pytest.raises(ValueError, match=message):
        Run.from_row(cells)


def test_a_row_of_another_recipe_is_read_but_keeps_its_number():
    cells = finished(CELL).row() | {"recipe": str(RECIPE + 1), "run_id": "0123456789ab"}
    assert Run.from_row(cells).recipe == RECIPE + 1


def test_estimates_grow_with_width_and_tokens():
    wide, long = replace(CELL, d=128), replace(CELL, tokens=10 * CELL.tokens)
    assert seconds_estimate(wide) > seconds_estimate(CELL)
    assert seconds_estimate(long) > 5 * seconds_estimate(CELL)


def test_groups_are_listed_once():
    assert len(GROUPS) == len(set(GROUPS)) == 12
