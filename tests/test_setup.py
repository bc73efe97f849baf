"""The set-up script: what a newcomer reads when something is missing."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTHON = os.path.realpath(sys.executable)  # the one outside the environment
COMMANDS = ["awk", "cat", "chmod", "cp", "dirname", "grep", "id", "mkdir", "rm", "sh", "tail"]
COMMANDS += ["touch", "uname"]
NO_NETWORK = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",  # a closed port
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_RETRIES": "0",
}


@pytest.fixture
def clone(tmp_path):
    """A folder, with a space in its name, that holds what the set-up reads and a `bin` of its own.

    `bin` has the usual commands, no Python, and a uv that cannot reach anything.
    """
    folder = tmp_path / "a clone"
    for name in [".ci/setup", ".python-version", "pyproject.toml"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for lock in ROOT.glob("requirements*.txt"):
        shutil.copy(lock, folder)
    (folder / "bin").mkdir()
    for command in COMMANDS:
        (folder / "bin" / command).symlink_to(shutil.which(command))
    program(folder / "bin/uv", "exit 1")
    return folder


def program(path: Path, script: str) -> None:
    """Write an executable shell script."""
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def setup(clone: Path, *words: str, **environment: str) -> str:
    """What a failing set-up says when it sees only the programs in `bin` and no network."""
    run = subprocess.run(
        ["sh", str(clone / ".ci/setup"), *words],
        env={"PATH": str(clone / "bin"), "HOME": str(clone), **NO_NETWORK, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    assert not list(clone.glob(".venv/.stamp-*")), "a stamp would say that all is installed"
    return run.stderr


def test_no_python_names_what_is_missing_and_one_line_per_system(clone):
    said = setup(clone, "book")
    assert "needs Python 3.12 or newer" in said
    assert "python3: not found" in said
    for line in ["sudo apt install python3 python3-venv", "sudo dnf install", "brew", "wsl"]:
        assert line in said
    assert not (clone / ".venv").exists()


def test_an_old_python_is_named_with_its_version(clone):
    # Says what the probe makes Python 3.11 say.
    program(clone / "bin/python3", 'echo "3.11.7 is too old"; exit 1')
    assert "python3: 3.11.7 is too old" in setup(clone, "book")


def test_debians_python_without_venv_gets_the_line_that_mends_it(clone):
    hide = 'import sys; sys.modules["ensurepip"] = None; exec(sys.argv[1])'
    program(clone / "bin/python3", f"exec '{PYTHON}' -c '{hide}' \"$2\"")
    said = setup(clone, "book")
    assert "has no venv module (Debian, Ubuntu: sudo apt install python3-venv)" in said


def test_a_python_named_by_the_reader_is_not_replaced_by_another(clone):
    program(clone / "bin/python3", f'exec "{PYTHON}" "$@"')
    assert "python3.99: not found" in setup(clone, "book", PYTHON="python3.99")


def test_windows_outside_wsl_is_sent_to_wsl(clone):
    (clone / "bin/uname").unlink()
    program(clone / "bin/uname", "echo MINGW64_NT-10.0")
    assert "inside WSL" in setup(clone, "book")


def test_an_old_python_fetches_uv_by_hash_and_uv_brings_a_newer_one(clone):
    """The Python that uv would download is a stand-in: it answers the probe and stops at `venv`."""
    (clone / "bin/uv").unlink()
    brought = clone / ".uv/python/cpython-3.13/bin/python3"
    program(clone / "new", f'case $1 in -m) echo no venv today; exit 1;; esac; exec {PYTHON} "$@"')
    program(
        clone / "fake-uv",
        f"[ \"$*\" = 'python install 3.13' ] && mkdir -p '{brought.parent}' "
        f"&& cp '{clone}/new' '{brought}'",
    )
    program(
        clone / "bin/python3",
        'case "$*" in\n'
        '-c*) echo "3.11.7 is too old"; exit 1 ;;\n'
        '"-m pip --version") exit 0 ;;\n'
        '*--require-hashes*"-r .uv/requirements.txt")\n'
        "  grep -q '^uv==' .uv/requirements.txt && grep -q sha256: .uv/requirements.txt || exit 1\n"
        f"  mkdir -p .uv/uv/bin && cp '{clone}/fake-uv' .uv/uv/bin/uv ;;\n"
        "esac",
    )
    said = setup(clone, "book")
    assert "Fetching Python 3.13 with uv" in said
    assert f"Making .venv with Python {sys.version.split()[0]} (.uv/python/" in said
    assert "no venv today" in said


@pytest.mark.slow
def test_without_a_network_nothing_stays_half_installed(clone):
    program(clone / "bin/python3", f'exec "{PYTHON}" "$@"')
    said = setup(clone, "test")
    assert "PyPI could not be reached" in said
    assert "Nothing is half installed" in said
    assert not (clone / ".venv/.unfinished").exists()


def port(number: str) -> str:
    """What the set-up says about a port that it refuses."""
    run = subprocess.run(
        ["sh", ".ci/setup", "port", number],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 1, run.stderr
    return run.stderr


@pytest.mark.parametrize("number", ["80", "x", "65536"])
def test_a_port_that_cannot_be_used_is_refused_with_an_example(number):
    assert f"PORT must be a number from 1024 to 65535, got '{number}'" in port(number)


def test_a_taken_port_is_named_together_with_a_way_out():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        number = str(server.getsockname()[1])
        said = port(number)
    assert f"Port {number} is taken" in said
    assert "make serve PORT=" in said
