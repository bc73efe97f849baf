"""The door to a cluster: dask.distributed on this machine, and what it says when it is shut."""

import socket
import sys

import numpy as np
import pytest
from distributed import LocalCluster

from lab.stubs import configs, failing, stub
from scaling_core.lab import _cluster
from scaling_core.lab._cluster import ClusterError, connected
from scaling_core.lab.config import RECIPE
from scaling_core.lab.runs_file import read_runs
from scaling_core.lab.sweep import THREADS, SweepFailed, WorkerRefused, sweep

SOUND = {"recipe": RECIPE, "numpy": np.__version__, **dict.fromkeys(THREADS[:3], "1")}


@pytest.fixture(scope="module")
def address():
    """A scheduler with two workers of one thread, as processes of their own."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def timeless(path):
    return [run.row() | {"cpu_seconds": ""} for run in read_runs(path)]


def test_a_cluster_gives_the_rows_of_a_pool_and_a_failed_run_costs_no_other(tmp_path, address):
    with connected(address) as (executor, workers):
        assert workers == 2
        with pytest.raises(SweepFailed, match=r"1 run failed .*OddError: the dog ate it"):
            sweep(configs(6), tmp_path / "a.csv", executor, workers, work=failing)
        assert len(read_runs(tmp_path / "a.csv")) == 5
        sweep(configs(6), tmp_path / "a.csv", executor, workers, work=stub)
    sweep(configs(6), tmp_path / "b.csv", workers=2, work=stub)
    assert timeless(tmp_path / "a.csv") == timeless(tmp_path / "b.csv")


def test_nobody_at_the_address_is_one_line_after_the_timeout(monkeypatch):
    monkeypatch.setattr(_cluster, "PATIENCE", 0.3)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with (
        pytest.raises(ClusterError, match=rf"^no scheduler answered at {address} within 0.3 s"),
        connected(address),
    ):
        pass


@pytest.mark.parametrize("address", ["host", "tcp://", "ftp://127.0.0.1:1"])
def test_what_is_no_address_is_one_line_too(monkeypatch, address):
    monkeypatch.setattr(_cluster, "PATIENCE", 0.3)
    with pytest.raises(ClusterError, match=f"^no scheduler answered at {address}"):  # noqa: SIM117
        with connected(address):
            pass


def test_without_dask_the_extra_to_install_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ClusterError, match=r"needs dask: pip install 'scaling-core\[cluster\]'"),
        connected("tcp://127.0.0.1:8786"),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "value"),
    [("recipe", RECIPE + 1), ("numpy", "1.0"), *((name, "nothing") for name in THREADS[:3])],
)
def test_a_worker_that_differs_is_named_with_both_values(name, value):
    _cluster._check("tcp://10.0.0.1:4", SOUND, 1)
    with pytest.raises(
        WorkerRefused, match=f"^worker tcp://10.0.0.1:4: {name} is {value}, expected {SOUND[name]}"
    ):
        _cluster._check("tcp://10.0.0.1:4", SOUND | {name: value}, 1)


def test_a_worker_with_several_tasks_at_once_is_refused():
    with pytest.raises(WorkerRefused, match="runs 4 tasks at once"):
        _cluster._check("tcp://10.0.0.1:4", SOUND, 4)
