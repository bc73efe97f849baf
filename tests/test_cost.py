"""GPU-hours, days and dollars against published runs, other routes and properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_core import hardware, models, prices
from scaling_core.cost import (
    DAY,
    HOUR,
    TrainingRun,
    affordable_flops,
    budget_flops,
    implied_mfu,
    price_per_flop,
    refuse,
)
from tests.strategies import params, powers_of_ten, steady, tokens

A100, H100 = hardware()["NVIDIA A100 SXM"], hardware()["NVIDIA H100 SXM"]
peaks = powers_of_ten(12, 16)
shares = st.floats(0.01, 1)
cards = powers_of_ten(0, 6)
hourly = st.floats(0.1, 20)
runs = st.builds(TrainingRun, params, tokens, peaks, shares, cards)


# --- known runs -----------------------------------------------------------------------------


def test_70b_on_15t_tokens_with_16384_cards():
    run = TrainingRun(70e9, 15e12, H100.bf16, mfu=0.4, gpus=16_384)
    assert run.flops == pytest.approx(6.3e24, rel=1e-14)
    assert run.days == pytest.approx(11.25, abs=0.005)
    assert run.gpu_hours == pytest.approx(4.42e6, abs=0.005e6)
    assert run.cost(2.50) == pytest.approx(11.1e6, abs=0.05e6)


@pytest.mark.parametrize(
    ("peak", "price", "dollars"),
    [
        (A100.bf16, 2, 26175),
        (A100.bf16, 1.10, 14396),
        (A100.tf32, 2, 52350),  # the peak of another precision doubles it (ER51)
        (H100.bf16, 2, 8257),
        (H100.bf16, prices()["H100 on demand"].usd_per_hour, 12180),
    ],
)
def test_dollars_of_7b_on_140b_tokens_at_40_percent(peak, price, dollars):
    run = TrainingRun(7e9, 140e9, peak, mfu=0.4)
    assert run.cost(price) == pytest.approx(dollars, abs=0.6)
    assert run.flops * price_per_flop(price, peak, 0.4) == pytest.approx(dollars, abs=0.6)


@pytest.mark.parametrize(
    ("name", "peak", "mfu"),
    [
        ("LLaMA 7B", A100.bf16, 0.434),
        ("LLaMA 65B", A100.bf16, 0.477),
        ("Llama 2 7B", A100.bf16, 0.406),  # of nominal sizes; .391 with the exact 6.74B
        ("Llama 2 70B", A100.bf16, 0.435),
        ("Llama 3 70B", H100.bf16, 0.277),  # the card's hours hold more than the main run
        ("Llama 3 8B", H100.bf16, 0.156),
        ("Llama 3.1 405B", H100.bf16, 0.345),
    ],
)
def test_utilisation_behind_the_hours_of_model_cards(name, peak, mfu):
    model = models()[name]
    found = implied_mfu(model.params_active, model.tokens, peak, model.gpu_hours)
    assert found == pytest.approx(mfu, abs=0.001)


def test_hours_too_few_for_the_peak_are_seen_as_a_utilisation_above_one():
    assert implied_mfu(7e9, 140e9, A100.tf32, 5000) == pytest.approx(2.094, abs=0.001)


def test_price_per_flop_of_two_cards():
    assert price_per_flop(2, A100.bf16, 0.4) == pytest.approx(4.45e-18, abs=0.005e-18)
    assert price_per_flop(2, H100.bf16, 0.4) == pytest.approx(1.40e-18, abs=0.005e-18)
    # Sardana et al. 2024, App. B.3: $1.50 and 50 % to train, $1.10 and 1 % to generate
    train = price_per_flop(prices()["A100 80GB (Sardana et al.)"].usd_per_hour, A100.bf16, 0.5)
    serve = price_per_flop(prices()["A100 40GB (Sardana et al.)"].usd_per_hour, A100.bf16, 0.01)
    assert serve / train == pytest.approx(110 / 3, rel=1e-14)


@pytest.mark.parametrize("hours", [1e2, 1e4, 1e7])
def test_gpu_hours_as_a_budget(hours):
    gpus, days = 8, hours / 24 / 8  # 1e6 A100-hours at 40 % are 4.49e23 FLOP
    found = budget_flops(gpus, days, A100.bf16, 0.4)
    assert found == pytest.approx(hours * 4.493e17, abs=hours * 0.0005e17)


def test_an_hour_and_a_day_have_so_many_seconds():
    assert (HOUR, DAY) == (60 * 60, 24 * 60 * 60)


# --- round trips ----------------------------------------------------------------------------


@steady
@given(runs)
def test_hours_of_a_run_imply_its_mfu(run):
    found = implied_mfu(run.N, run.D, run.peak, run.gpu_hours)
    assert found == pytest.approx(run.mfu, rel=1e-13)


@steady
@given(runs)
def test_the_budget_of_a_runs_days_is_its_flop(run):
    found = budget_flops(run.gpus, run.days, run.peak, run.mfu)
    assert found == pytest.approx(run.flops, rel=1e-13)


@steady
@given(runs, hourly)
def test_the_dollars_of_a_run_buy_its_flop(run, price):
    found = affordable_flops(run.cost(price), price, run.peak, run.mfu)
    assert found == pytest.approx(run.flops, rel=1e-13)
    unit = price_per_flop(price, run.peak, run.mfu)
    assert run.flops * unit == pytest.approx(run.cost(price), rel=1e-13)


@steady
@given(runs)
def test_the_gpus_for_a_runs_days_are_its_gpus(run):
    assert run.gpus_for(run.days) == pytest.approx(run.gpus, rel=1e-13)
    assert run.gpus_for(2 * run.days) == pytest.approx(run.gpus / 2, rel=1e-13)


# --- what matters and what does not ---------------------------------------------------------


@steady
@given(params, tokens, peaks, shares, cards)
def test_more_gpus_save_days_and_no_dollars(N, D, peak, mfu, gpus):
    one, many = TrainingRun(N, D, peak, mfu), TrainingRun(N, D, peak, mfu, gpus)
    assert one.gpus == 1
    assert many.cost(2) == one.cost(2) == 2 * one.gpu_hours
    assert many.days * gpus == pytest.approx(one.days, rel=1e-13)
    assert one.days == pytest.approx(one.gpu_hours / 24, rel=1e-15)


@steady
@given(runs)
def test_peak_and_mfu_count_as_their_product(run):
    halved = TrainingRun(run.N, run.D, run.peak * 2, run.mfu / 2, run.gpus)
    assert halved.gpu_hours == pytest.approx(run.gpu_hours, rel=1e-14)
    assert TrainingRun(run.N, run.D, run.peak * 2, run.mfu).gpu_hours == run.gpu_hours / 2
    assert TrainingRun(run.N * 2, run.D, run.peak, run.mfu).gpu_hours == run.gpu_hours * 2
    assert TrainingRun(run.N, run.D * 2, run.peak, run.mfu).flops == run.flops * 2


def test_nothing_is_free_but_at_a_price_of_zero():
    assert TrainingRun(7e9, 140e9, A100.bf16, 0.4).cost(0) == 0
    assert price_per_flop(0, A100.bf16, 0.4) == 0
    assert affordable_flops(1, 0, A100.bf16, 0.4) == np.inf


# --- shapes and errors ----------------------------------------------------------------------


def test_runs_are_the_outer_axis_and_prices_the_inner_one():
    runs = TrainingRun([7e9, 70e9], [140e9, 1.4e12], A100.bf16, 0.4, 64)
    assert len(runs) == 2
    assert runs.flops == pytest.approx([5.88e21, 5.88e23])
    assert runs.cost([1, 2, 3]).shape == (2, 3)
    assert runs.gpus_for([10, 20, 30]).shape == (2, 3)
    for i, run in enumerate(runs):
        assert runs.days[i] == run.days
        assert runs.cost([1, 2, 3])[i] == pytest.approx([run.cost(p) for p in (1, 2, 3)], rel=1e-15)
        assert runs.gpus_for([10, 20])[i].tolist() == [run.gpus_for(10), run.gpus_for(20)]


def test_functions_broadcast():
    days, mfu = np.array([[10.0], [20.0]]), np.array([0.3, 0.4, 0.5])
    assert budget_flops(64, days, A100.bf16, mfu).shape == (2, 3)
    assert affordable_flops(1e6, days, A100.bf16, mfu).shape == (2, 3)
    assert implied_mfu(7e9, 140e9, A100.bf16, days).shape == (2, 1)
    assert type(budget_flops(64, 30, A100.bf16, 0.4)) is float
    message = r"dollars, price_per_gpu_hour, peak and mfu must broadcast"
    with pytest.raises(ValueError, match=message):
        affordable_flops([1, 2], 2, A100.bf16, [0.1, 0.2, 0.3])


def test_a_run_beyond_float64_takes_for_ever():
    run = TrainingRun(1e200, 1e200, 1e15, 0.5, 10)
    assert run.flops == run.gpu_hours == run.days == run.gpus_for(1) == run.cost(1) == np.inf
    assert TrainingRun(1e150, 1e150, 1e-5, 0.5).cost(1e300) == np.inf
    assert TrainingRun(1e150, 1e150, 1e-30, 0.5).gpu_hours == np.inf
    assert TrainingRun(7e9, 140e9, 1e14, 0.5).gpus_for(1e-307) == np.inf
    assert TrainingRun(7e9, 140e9, 1e14, 0.5, gpus=1e308).days == 0
    assert budget_flops(1e200, 1e200, 1e15, 0.5) == np.inf
    assert implied_mfu(1e150, 1e150, 1e14, 1e-30) == np.inf
    assert price_per_flop(1e300, 1e-30, 0.5) == np.inf


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mfu": 0}, r"^mfu must be in \(0, 1\], got 0\.0"),
        ({"mfu": 1.01}, r"^mfu must be in \(0, 1\], got 1\.01"),
        ({"gpus": 0.5}, r"^gpus must be at least 1, got 0\.5"),
        ({"peak": 0}, r"^peak must be positive, got 0\.0"),
        ({"D": -1}, r"^D must be positive, got -1\.0"),
        ({"N": [7e9, 0]}, r"^N\[1\] must be positive, got 0\.0"),
    ],
)
def test_impossible_runs_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        TrainingRun(**{"N": 7e9, "D": 140e9, "peak": A100.bf16, "mfu": 0.4, "gpus": 64} | changes)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TrainingRun(7e9, 1e11, 1e14, 1).cost(-1), "^price_per_gpu_hour must be nonneg"),
        (lambda: TrainingRun(7e9, 1e11, 1e14, 1).gpus_for(0), "^days must be positive, got 0"),
        (lambda: budget_flops(0.9, 1, 1e14, 1), "^gpus must be at least 1, got 0.9"),
        (lambda: budget_flops(1, 0, 1e14, 1), "^days must be positive, got 0.0"),
        (lambda: budget_flops(1, 1, 1e14, 40), r"^mfu must be in \(0, 1\], got 40.0"),
        (lambda: price_per_flop(-1, 1e14, 1), "^price_per_gpu_hour must be nonnegative, got -1"),
        (lambda: affordable_flops(0, 1, 1e14, 1), "^dollars must be positive, got 0.0"),
        (lambda: implied_mfu(7e9, np.inf, 1e14, 1), "^D must be finite, got inf"),
        (lambda: implied_mfu(7e9, 1e11, 1e14, [1, 0]), r"^gpu_hours\[1\] must be positive"),
    ],
)
def test_impossible_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_refused_entry_is_the_first_and_has_its_place_and_limit():
    values, limits = np.array([[1.0, 5.0], [3.0, 4.0]]), np.array([[2.0, 2.5], [2.0, 2.0]])
    with pytest.raises(ValueError, match=r"^N\[0, 1\] must be below M 2\.5, got 5\.0$"):
        refuse("N", values, values > limits, "below M", limits)
    with pytest.raises(ValueError, match=r"^N must be at most M 2\.0, got 3\.0$"):
        refuse("N", np.array(3.0), np.array(True), "at most M", np.array(2.0))
    refuse("N", values, values > 5, "below M", limits)
