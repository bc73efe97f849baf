"""Which tests are a module's own, in which group it counts, and which changes change nothing."""

import ast
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tests.mutants.changes import Change, changes

# the share of changes that a group's tests must see
TARGETS = {
    "laws": 0.95,
    "units": 0.95,
    "published": 0.95,
    "compute": 0.95,
    "downstream": 0.95,
    "repeated": 0.95,
    "shared": 0.95,
    "fitting": 0.85,
    "commands": 0.85,
}

GROUPS = {
    "laws": "allocation chinchilla _surface _serving_optimum kaplan kaplan_joint monomial power"
    " saturating precision moe reconcile _estimated",
    "units": "units",
    "published": "published published_estimates published_modalities published_rules provenance"
    " registry _rows",
    "compute": "compute cost lifetime serving budget",
    "downstream": "downstream scores robotics",
    "repeated": "repeated _bisect",
    "shared": "_batch _check",
    "fitting": "_newton _start _centred _design _profile fitting bootstrap _draws isoflop _groups"
    " parabola envelope ray pilots pilot_design",
    "commands": "planning _runs_file _cli _cli_fit _cli_fit_text _cli_budget _cli_plan _cli_serve"
    " _cli_models",
}
GROUP_OF = {module: group for group, modules in GROUPS.items() for module in modules.split()}

# Beside the module's doctests and tests/test_MODULE.py: further test files, and the classes whose
# rows of the bad-input table (tests/inputs_*.py) count; its own public names always do.
FURTHER = {
    "_batch": ("test_law_objects test_power", "ChinchillaLaw PowerLaw"),
    "_bisect": ("test_repeated test_reconcile", ""),
    "_centred": ("test_fitting test_bootstrap", "fit_chinchilla"),
    "_check": ("test_inputs", "ChinchillaLaw PowerLaw"),
    "_cli": ("test_command_line", ""),
    "_cli_budget": ("test_command_line", ""),
    "_cli_fit": ("test_command_line", ""),
    "_cli_fit_text": ("test_command_line", ""),
    "_cli_models": ("test_command_line", ""),
    "_cli_plan": ("test_command_line", ""),
    "_cli_serve": ("test_command_line", ""),
    "_design": ("test_fitting", "fit_chinchilla"),
    "_estimated": ("test_downstream test_precision test_saturating", ""),
    "_groups": ("test_isoflop", "fit_isoflop"),
    "_newton": ("test_fitting test_bootstrap", "fit_chinchilla"),
    "_profile": ("test_power", "fit_offset_power_law"),
    "_rows": ("test_registry", ""),
    "_runs_file": ("test_runs_file test_command_line", ""),
    "_serving_optimum": ("test_inference_optimum", "ChinchillaLaw"),
    "_start": ("test_fitting", "fit_chinchilla"),
    "_surface": ("test_chinchilla test_law_objects test_inputs", "ChinchillaLaw"),
    "allocation": ("test_inputs", ""),
    "chinchilla": ("test_law_objects test_inputs test_inference_optimum", ""),
    "fitting": ("test_bootstrap", ""),
    "kaplan_joint": ("test_kaplan", ""),
    "monomial": ("test_inputs test_published", ""),
    "parabola": ("test_isoflop", ""),
    "provenance": ("test_published", ""),
    "published_estimates": ("test_published", ""),
    "published_modalities": ("test_published", ""),
    "published_rules": ("test_published test_inputs", ""),
}


@dataclass(frozen=True)
class Module:
    """A flat module: its file, its group and the tests that are its own."""

    name: str
    path: Path
    tests: tuple[str, ...]
    classes: frozenset[str] = field(default=frozenset())  # further names in the bad-input table

    @property
    def group(self) -> str:
        return GROUP_OF.get(self.name, "laws")

    @cached_property
    def source(self) -> str:
        """Its text when the run began."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree: a child of the run applies one change to it."""
        return ast.parse(self.source)

    @cached_property
    def changes(self) -> list[Change]:
        return changes(self.tree, self.source)


def modules(root: Path, names: set[str]) -> list[Module]:
    """The flat modules below `root` (those named, or all), with their own tests."""
    found = []
    for path in sorted((root / "scaling_core").glob("*.py")):
        if path.name.startswith("__") or (names and path.stem not in names):
            continue
        further, classes = FURTHER.get(path.stem, ("", ""))
        files = [f"test_{path.stem.lstrip('_')}", *further.split(), "test_inputs_table"]
        tests = [f"tests/{name}.py" for name in files if (root / f"tests/{name}.py").exists()]
        known = frozenset(classes.split())
        found.append(Module(path.stem, path, (f"scaling_core/{path.name}", *tests), known))
    if unknown := names - {module.name for module in found}:
        raise SystemExit(f"no such module in scaling_core: {', '.join(sorted(unknown))}")
    return found


def equivalents(path: Path) -> dict[tuple[str, str, str], str]:
    """(module, stripped line, change) -> why no test can see the change."""
    entries = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        if line and not line.startswith("#"):
            module, code, change, reason = (part.strip() for part in line.split(" | "))
            entries[module, code, change] = reason
    return entries
