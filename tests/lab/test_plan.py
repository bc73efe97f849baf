"""The plan that was fixed before the recorded runs, in numbers that the book states."""

from collections import Counter
from dataclasses import replace

import pytest

from scaling_core.lab import plan

SHA256 = "6e024a506e87ff511253ac236bfdbc7e77cdcb2f9df626e02c9670d065f1324c"


def test_the_plan_is_the_one_that_was_recorded():
    assert plan.plan_sha256() == SHA256, (
        "the plan may not change after the data: whoever changes a recorded run records it again"
    )


def test_the_hash_covers_runs_and_read_outs(monkeypatch):
    first = plan.RECORDED["lab_lr.csv"][0]
    changed = {"lab_lr.csv": [replace(first, lr=first.lr * 1.01), *plan.RECORDED["lab_lr.csv"][1:]]}
    for name, value in {"RECORDED": plan.RECORDED | changed, "DELTA": 1e-3}.items():
        with monkeypatch.context() as patch:
            patch.setattr(plan, name, value)
            assert plan.plan_sha256() != SHA256


def test_the_files_hold_the_stated_numbers_of_runs():
    assert {name: len(runs) for name, runs in plan.RECORDED.items()} == {
        "lab_runs.csv": 102, "lab_epochs.csv": 33, "lab_addition.csv": 24, "lab_metric.csv": 21,
        "lab_text.csv": 28, "lab_quality.csv": 54, "lab_schedule.csv": 14, "lab_holdout.csv": 15,
        "lab_lr.csv": 68, "lab_orders.csv": 56,
    }  # fmt: skip
    everything = [run for runs in plan.RECORDED.values() for run in runs]
    assert len({run.run_id for run in everything}) == len(everything) == 415


def test_published_seeds_are_new():
    seeds = {run.seed for runs in plan.RECORDED.values() for run in runs}
    assert seeds == set(range(100, 108))
    assert {run.seed for run in plan.RECORDED["lab_runs.csv"]} == {100, 101, 102}


def test_every_cell_of_the_ladder_has_three_seeds():
    cells = Counter((run.budget, run.d) for run in plan.RECORDED["lab_runs.csv"])
    assert len(cells) == 34
    assert set(cells.values()) == {3}
    rates = Counter((run.budget, run.d) for run in plan.RECORDED["lab_lr.csv"])
    assert set(rates) == set(cells)
    assert set(rates.values()) == {2}


@pytest.mark.parametrize("name", plan.RECORDED)
def test_budgets_are_spent_within_half_a_percent(name):
    for run in plan.RECORDED[name]:
        if run.budget:
            assert 6 * run.N * run.tokens == pytest.approx(run.budget, rel=5e-3)


def test_what_is_held_out_is_nowhere_else():
    held = plan.RECORDED["lab_holdout.csv"]
    assert {run.group for run in held} == {"holdout"}
    assert {run.budget for run in held} == {6e11, 3e12}
    others = [run for name, runs in plan.RECORDED.items() if "holdout" not in name for run in runs]
    assert "holdout" not in {run.group for run in others}
    assert {run.budget for run in others} & {6e11, 3e12} == set()
    assert max(6 * run.N * run.tokens for run in plan.RECORDED["lab_runs.csv"]) < 1.005e12
    ladder = {(run.d, run.budget) for run in plan.RECORDED["lab_runs.csv"]}
    assert {run.d for run in held if run.budget == 6e11}.isdisjoint({d for d, _ in ladder})


def test_rates_follow_the_rule_except_where_they_are_the_question():
    for name, runs in plan.RECORDED.items():
        for run in runs:
            if run.group == "lr":
                assert run.lr / plan.rate(run.d) in (0.5, 2)
            elif run.schedule == "linear":
                assert run.lr == min(0.03, 0.02 * (16 / run.d) ** 0.5), name


def test_quick_is_fifteen_runs_of_the_ladder_on_a_seed_of_ones_own():
    quick = plan.runs("quick", [3])
    assert len(quick) == 15
    assert {run.seed for run in quick} == {3}
    recorded = {(run.budget, run.d, run.tokens, run.lr) for run in plan.RECORDED["lab_runs.csv"]}
    assert {(run.budget, run.d, run.tokens, run.lr) for run in quick} <= recorded


@pytest.mark.parametrize("command", plan.COMMANDS)
def test_commands_take_any_seeds_and_name_their_group(command):
    one, two = plan.runs(command, [5]), plan.runs(command, iter([5, 6]))
    assert len(two) == 2 * len(one) == len({run.run_id for run in two})
    groups = {"full": {"iso", "holdout"}}.get(command, {command})
    assert {run.group for run in one} == groups


def test_own_text_has_a_group_of_its_own():
    mine = plan.text((1,), "text-0123456789ab")
    assert {run.group for run in mine} == {"own-text"}
    assert [run.tokens for run in mine] == [run.tokens for run in plan.text((1,))]


def test_tokens_spend_the_budget_and_fill_batches():
    assert plan.tokens_for(1e10, 6_864) == 474 * 512
    assert plan.tokens_for(1.0, 10**6) == 512  # at least one batch
    assert plan.tokens_for(1e10, 6_864, batch=32) % 32 == 0


def test_the_repeated_and_the_fresh_runs_come_in_pairs():
    runs = plan.epochs((1,))
    assert sorted(run.tokens // 51_200 for run in runs if not run.unique_tokens) == [
        1, 2, 4, 8, 16, 32,
    ]  # fmt: skip
    assert sorted(run.tokens // 51_200 for run in runs if run.unique_tokens) == [2, 4, 8, 16, 32]


def test_noisy_runs_have_ten_times_the_clean_tokens():
    runs = plan.quality((1,))
    clean, tenfold = [run for run in runs if run in runs[:3]], runs[3:]
    assert {run.tokens // 10 for run in tenfold} == {run.tokens for run in clean}
    assert sorted({run.noise for run in tenfold}) == [0, 0.05, 0.1, 0.2, 0.4]
