"""Who may enter which room, and what the library shows to the world."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import scaling_core

ROOT = Path(__file__).parents[1]
FRESH = """
import sys
before = set(sys.modules)
import scaling_core
names = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(names - set(sys.stdlib_module_names)))
rooms = ("scaling_core.book", "scaling_core.lab")
print(sorted(name for name in sys.modules if name.startswith(rooms)))
"""


def test_the_library_alone_needs_numpy_and_nothing_else() -> None:
    command = [sys.executable, "-c", FRESH]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    packages, rooms = done.stdout.splitlines()
    assert packages == "['numpy', 'scaling_core']"
    assert rooms == "[]"


def test_the_public_names_are_listed_once_and_exist() -> None:
    names = scaling_core.__all__
    assert len(names) == len(set(names))
    assert all(hasattr(scaling_core, name) for name in names)
    shown = {
        name
        for name, value in vars(scaling_core).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert shown == set(names)


def described() -> list[tuple[str, object]]:
    """Every public function and class, and every public method and property of a class."""
    found: list[tuple[str, object]] = []
    for name in scaling_core.__all__:
        thing = getattr(scaling_core, name)
        if not callable(thing) or not hasattr(thing, "__name__"):
            continue  # a constant set: its class is described
        found.append((name, thing))
        if inspect.isclass(thing):
            found += [
                (f"{name}.{method}", member)
                for method, member in vars(thing).items()
                if not method.startswith("_")
                and (inspect.isfunction(member) or isinstance(member, property | classmethod))
            ]
    return found


@pytest.mark.parametrize(("name", "thing"), described(), ids=[name for name, _ in described()])
def test_every_public_name_says_what_it_gives_and_shows_it(name: str, thing: object) -> None:
    text = inspect.getdoc(thing) or ""
    assert text.splitlines(), f"{name} has no docstring"
    assert ">>>" in text, f"{name} has no example that runs"


def test_scripts_hold_no_number_of_ours() -> None:
    """A constant in JavaScript would be one that no test compares with the library."""
    for script in (ROOT / "docs" / "assets").glob("*.js"):
        text = re.sub(r"//.*|/\*.*?\*/", "", script.read_text("utf-8"), flags=re.DOTALL)
        assert re.findall(r"\d+\.\d+|\b\d{3,}\b", text) == [], script.name
