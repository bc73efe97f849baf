"""Runs changes of modules against the modules' own tests, each in a child of one warm process."""

import ast
import importlib
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.mutants.changes import Change
from tests.mutants.own import Module

WARM = ("numpy", "mpmath", "hypothesis.strategies", "hypothesis.internal.conjecture.engine")
OURS = ("scaling_core", "tests", "snippets", "inputs", "acceptance", "strategies")
OPTIONS = ["-x", "-q", "--noconftest", "-p", "no:cacheprovider", "-o", "addopts=--doctest-modules"]


type Job = tuple[Module, Change | None]  # None: the module as it is


@dataclass(frozen=True)
class Outcome:
    """What the module's own tests said of one change."""

    module: Module
    change: Change | None
    verdict: str  # killed, timeout, survived, broken
    seconds: float
    by: str  # the first test that failed


def warm() -> None:
    """Import what every child needs; the library and its tests are left to the child."""
    for name in WARM:
        importlib.import_module(name)
    # finding a failing example is enough here: nobody reads the smallest one
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile(
        "mutants", deadline=None, derandomize=True, database=None, phases=phases
    )
    hypothesis.settings.load_profile("mutants")


def outcomes(
    root: Path, jobs: Sequence[Job], limits: dict[str, float], workers: int
) -> Iterator[Outcome]:
    """The outcome of each job, as they end; `limits` are seconds by module."""
    waiting, running = list(reversed(jobs)), {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                job = waiting.pop()
                pid, pipe = _start(root, *job)
                running[pid] = (*job, time.monotonic(), pipe)
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid:
                yield _ended(*running.pop(pid), status)
            for late, (module, _, begun, _) in running.items():
                if time.monotonic() - begun > limits.get(module.name, 600):
                    os.killpg(late, signal.SIGKILL)
            time.sleep(0.01)
    finally:
        for pid in running:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _ended(module: Module, change: Change | None, begun: float, pipe: int, status: int) -> Outcome:
    with os.fdopen(pipe, encoding="utf-8") as said:
        by = said.read()
    code = os.waitstatus_to_exitcode(status)
    # pytest: 0 all passed, 1 a test failed, 2 a module could not be imported
    verdict = {0: "survived", 1: "killed", 2: "killed", -signal.SIGKILL: "timeout"}.get(code)
    return Outcome(module, change, verdict or "broken", time.monotonic() - begun, by)


def _start(root: Path, module: Module, change: Change | None) -> tuple[int, int]:
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        os.setpgid(pid, pid)
        return pid, read
    code = 70
    try:
        os.setpgid(0, 0)
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        if change:
            change.apply()
        tree = ast.fix_missing_locations(module.tree)
        for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
            del sys.modules[name]
        sys.path.insert(0, str(root))
        os.chdir(root)
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        watch = Watch(module, Changed(f"scaling_core.{module.name}", module.path, tree))
        code = pytest.main([*OPTIONS, *module.tests], plugins=[watch])
        loaded = sys.modules.get(watch.loader.name)  # none: the change stopped its import
        if loaded is not None and loaded.__loader__ is not watch.loader:
            raise RuntimeError(f"{watch.loader.name} was imported without the change")
        os.write(write, watch.failed.encode()[:4000])
    except BaseException as error:
        code = 70
        os.write(write, repr(error).encode()[:4000])
    finally:
        os._exit(code)


class Changed(SourceFileLoader):
    """Finds and loads the module under test from a syntax tree."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        super().__init__(name, str(path))
        self.tree = tree

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def get_code(self, fullname: str) -> Any:
        return compile(self.tree, self.path, "exec")


class Watch:
    """Puts the change in place, picks the module's own tests, notes the first that fails."""

    def __init__(self, module: Module, loader: Changed) -> None:
        named = [n for n in module.tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        self.names = {node.name for node in named} | module.classes
        self.loader, self.failed = loader, ""

    def pytest_configure(self, config: pytest.Config) -> None:
        # before pytest's own hook, which would read the file of a module that it is to test
        sys.meta_path.insert(0, self.loader)
        config.addinivalue_line("markers", "slow: timings say nothing on a busy machine")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if self._is_own(item)]

    def _is_own(self, item: pytest.Item) -> bool:
        if item.get_closest_marker("slow"):
            return False
        if item.path.name != "test_inputs_table.py":
            return True
        case = getattr(item, "callspec", None) and item.callspec.params.get("case")
        return bool(case) and case.name.partition(".")[0] in self.names

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed = self.failed or f"import of {report.nodeid}"
