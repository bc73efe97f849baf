"""The tool behind `make mutants`: it makes the changes it says, and sees who survives."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.changes import changes
from tests.mutants.own import GROUP_OF, TARGETS, equivalents, modules
from tests.mutants.run import Outcome
from tests.mutants.score import drawn, report, wilson

ROOT = Path(__file__).resolve().parents[1]


def found(source: str) -> set[str]:
    return {change.text for change in changes(ast.parse(source), source)}


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("A = 482.01", {"number: 482.01 -> 482.02", "number: 482.01 -> 482.00"}),
        ("C = 6e18", {"number: 6e18 -> 7e18", "number: 6e18 -> 5e18"}),
        ("k = 0", {"number: 0 -> 1", "number: 0 -> -1"}),
        ("x = 1.7344620893321105", {"number: 1.7344620893321105 -> 1.7344620893321104"}),
        ("f'{a + b:.3f}'", {"operator: a + b -> Add as Sub"}),
        ("a * b", {"operator: a * b -> Mult as Div"}),
        ("-a", {"operator: -a -> USub as UAdd"}),
        ("a < b", {"operator: a < b -> Lt as LtE"}),
        ("a and b", {"operator: a and b -> And as Or"}),
        ("name + 'text'", set()),
        ("f(a, b)", {"swapped: f(a, b) -> f(b, a)"}),
        ("f(a, a)", set()),
        ("max(a, b)", set()),
        ("n = check('N', N)", {"domain: check('N', N) -> check('N', N, 'real or inf')"}),
        ("n = check('N', N, 'real or inf')", set()),
        ("n = check_count('n', n)", {"no check: check_count('n', n) -> int(n)"}),
        ("domains = {'k': 'positive'}", {"domain: 'positive' -> 'real or inf'"}),
        ("kind = 'positive'", set()),
        ("check_all(rows)", {"no check: check_all(rows) -> pass"}),
        ("if a: pass", {"condition: a -> not a"}),
        ("def f() -> 'int': return a", {"answer: return a -> return 1.0"}),
        ("def f() -> bool: return a", {"answer: return a -> return True"}),
        ("raise ValueError(f'{a + b}')", {"no error: raise ValueError(f'{a + b}') -> pass"}),
        ("def f(x: 'a' = 2) -> 3: pass", {"number: 2 -> 3", "number: 2 -> 1"}),
        ("'''Text 3.14'''", set()),
    ],
)
def test_what_could_have_been_typed_instead(source, texts):
    assert found(source) == texts


def test_each_change_is_made_and_nothing_else():
    source = "def f(a, b):\n    return a + 2 * b\n"
    made = {}
    for index in range(len(changes(ast.parse(source), source))):
        tree = ast.parse(source)
        change = changes(tree, source)[index]
        assert change.line == 2
        change.apply()
        made[change.text] = ast.unparse(tree).splitlines()[1].strip()
        compile(ast.fix_missing_locations(tree), "f.py", "exec")
    assert made == {
        "answer: return a + 2 * b -> return 1.0": "return 1.0",
        "operator: a + 2 * b -> Add as Sub": "return a - 2 * b",
        "operator: 2 * b -> Mult as Div": "return a + 2 / b",
        "number: 2 -> 3": "return a + 3 * b",
        "number: 2 -> 1": "return a + 1 * b",
    }


def test_wilsons_interval_is_the_published_one():
    # Newcombe 1998, Table I: 81 of 263 and 0 of 20
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)


def test_every_module_has_a_group_a_target_and_tests_of_its_own():
    for module in modules(ROOT, set()):
        assert module.group in TARGETS
        assert module.tests[0] == f"scaling_core/{module.path.name}"
    assert GROUP_OF["fitting"] == GROUP_OF["_newton"] == "fitting"
    with pytest.raises(SystemExit, match="no such module in scaling_core: nothing"):
        modules(ROOT, {"units", "nothing"})


def test_the_draw_is_fixed_and_even():
    two = modules(ROOT, {"units", "provenance"})
    jobs = drawn(two, 40, seed=1)
    assert jobs == drawn(two, 40, seed=1) != drawn(two, 40, seed=2)
    assert len(set(jobs)) == len(jobs) >= 40
    groups = [module.group for module, _ in jobs]
    small = sum(len(module.changes) for module in two if module.name == "provenance")
    assert groups.count("published") == min(20, small)
    everything = drawn(two, 0, seed=1)
    assert len(everything) == sum(len(module.changes) for module in two)


@pytest.fixture
def small_tree(tmp_path):
    """A library of one module whose test looks at one of its two functions."""
    (tmp_path / "scaling_core").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "scaling_core/__init__.py").touch()
    (tmp_path / "scaling_core/units.py").write_text(
        "def double(x):\n    return 2 * x\n\n\ndef half(x):\n    return x / 2\n\n\n"
        "def endless(x):\n    while x > 0:\n        x = x - 2\n    return x\n",
        encoding="utf-8",
    )
    (tmp_path / "tests/test_units.py").write_text(
        "from scaling_core.units import double, endless\n\n\n"
        "def test():\n    assert double(3) == 6 and endless(3) == -1\n",
        encoding="utf-8",
    )
    return tmp_path


def command(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.mutants", "--root", root, "--count", "0", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_survivors_are_listed_and_fail_the_command(small_tree):
    (small_tree / "tests/mutants").mkdir()
    listed = small_tree / "tests/mutants/equivalent.txt"
    listed.write_text(
        "# module | line | change | reason\n"
        "units | return x / 2 | number: 2 -> 3 | nobody asks\n"
        "units | return 2 * x | number: 2 -> 3 | a lie\n",
        encoding="utf-8",
    )
    done = command(small_tree, "--limit", "4")
    assert done.returncode == 1, done.stderr
    assert "scaling_core/units.py:6: number: 2 -> 1\n      return x / 2" in done.stdout
    assert "units.py:6: operator: x / 2 -> Div as Mult" in done.stdout
    assert "units.py:6: answer: return x / 2 -> return 1.0" in done.stdout
    assert "units.py:6: number: 2 -> 3" not in done.stdout
    assert "units.py:2: listed as equivalent, but tests/test_units.py::test saw" in done.stdout
    row = next(line for line in done.stdout.splitlines() if line.startswith("| units"))
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    drawn_, killed, late, same, survived = map(int, cells[2:7])
    assert drawn_ == killed + same + survived
    assert late == 1  # x + 2 never reaches 0
    assert same == 1
    assert cells[-1] == "MISS"


def test_red_tests_are_told_before_anything_else(small_tree):
    file = small_tree / "tests/test_units.py"
    file.write_text(file.read_text().replace("== 6", "== 7"), encoding="utf-8")
    done = command(small_tree)
    assert done.returncode == 2
    assert "units: its own tests are red before any change: tests/test_units.py" in done.stdout


def test_the_list_of_equivalents_names_lines_that_exist():
    known = equivalents(ROOT / "tests/mutants/equivalent.txt")
    there = {
        (name, module.source.splitlines()[change.line - 1].strip(), change.text)
        for name in {name for name, *_ in known}
        for module in modules(ROOT, {name})
        for change in module.changes
    }
    assert set(known) <= there
    assert all(known.values()), "each has a reason"


def test_a_pytest_that_breaks_is_no_kill():
    module = modules(ROOT, {"units"})[0]
    text, good = report([Outcome(module, module.changes[0], "broken", 1.0, "")] * 2, {})
    assert not good
    assert "pytest itself failed" in text
