"""A budget is the same in FLOP, GPU-hours, days and dollars; text is counted in epochs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import powers_of_ten, steady

from scaling_core import datasets, hardware
from scaling_core.budget import MFU, Budget, data_needs
from scaling_core.cost import TrainingRun

H100 = hardware()["NVIDIA H100 SXM"].bf16


@steady
@given(
    st.floats(1, 1e5),
    st.floats(0.1, 1e3),
    st.floats(1e12, 1e16),
    st.floats(0.01, 1),
    st.floats(0, 50),
)
def test_gpus_and_days_come_back_out_of_the_budget(gpus, days, peak, mfu, price):
    budget = Budget.from_gpus(gpus, days, peak, mfu, price)
    assert budget.days == pytest.approx(days, rel=1e-12)
    assert budget.gpu_hours == pytest.approx(24 * gpus * days, rel=1e-12)
    assert budget.dollars == pytest.approx(24 * gpus * days * price, rel=1e-12)
    assert pytest.approx(24 * 3600 * gpus * days * peak * mfu, rel=1e-12) == budget.C


@steady
@given(powers_of_ten(2, 9), st.floats(0.1, 50), st.floats(1e12, 1e16), st.floats(0.01, 1))
def test_dollars_come_back_out_of_the_budget(dollars, price, peak, mfu):
    budget = Budget.from_dollars(dollars, price, peak, mfu, gpus=8)
    assert budget.dollars == pytest.approx(dollars, rel=1e-12)
    assert budget.days == pytest.approx(dollars / price / 8 / 24, rel=1e-12)
    assert (budget.mfu, budget.peak, budget.price_per_gpu_hour) == (mfu, peak, price)


def test_a_budget_agrees_with_the_training_run_that_spends_it():
    run = TrainingRun(70e9, 15e12, peak=H100, mfu=0.38, gpus=1024)
    budget = Budget(run.flops, H100, 0.38, 1024, 2.95)
    assert budget.gpu_hours == pytest.approx(run.gpu_hours, rel=1e-12)
    assert budget.days == pytest.approx(run.days, rel=1e-12)
    assert budget.dollars == pytest.approx(run.cost(2.95), rel=1e-12)


def test_what_is_not_known_of_a_budget_is_none():
    assert (Budget(1e23).gpu_hours, Budget(1e23).days, Budget(1e23).dollars) == (None, None, None)
    assert Budget(1e23, gpus=8, price_per_gpu_hour=2).days is None
    assert Budget(1e23, peak=H100).days is None
    assert Budget(1e23, peak=H100).dollars is None
    assert Budget(1e23, peak=H100, price_per_gpu_hour=0).dollars == 0
    assert Budget(1e23).mfu == MFU == 0.4
    assert Budget.from_gpus(8, 1, H100) == Budget.from_gpus(8, 1, H100, 0.4, None)
    assert Budget.from_dollars(100, 2, H100) == Budget.from_dollars(100, 2, H100, 0.4, None)
    assert type(Budget(10**23, 10**15, 1, 8, 2).C) is float


def test_text_is_counted_in_epochs_of_every_body_of_text_smallest_first():
    needs = data_needs(15e12)
    known = {row.name: row for row in datasets() if row.unit == "tokens" and row.size is not None}
    assert {need.name for need in needs} == set(known)
    assert [need.size for need in needs] == sorted(row.size for row in known.values())
    for need in needs:
        row = known[need.name]
        assert need.epochs == pytest.approx(15e12 / row.size, rel=1e-15)
        assert (need.kind, need.low, need.high) == (row.kind, row.low, row.high)
    assert {need.kind for need in needs} == {"corpus", "stock"}
    assert next(need for need in needs if need.name == "FineWeb").epochs == 1.0


def test_a_budget_of_days_or_dollars_needs_a_peak():
    with pytest.raises(TypeError, match="peak must be a real number"):
        Budget.from_gpus(8, 1, None)
    with pytest.raises(TypeError, match="peak must be a real number"):
        Budget.from_dollars(100, 2, None)
