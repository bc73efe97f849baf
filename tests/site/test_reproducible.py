"""The same commit gives the same bytes: anyone can rebuild the site and compare."""

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("docs", "scaling_core", "snippets", "mkdocs.yml")


def differences(compared: filecmp.dircmp) -> list[str]:
    """Paths that differ or stand on one side only, in both folders and below."""
    here = [*compared.left_only, *compared.right_only]
    _, other, errors = filecmp.cmpfiles(
        compared.left, compared.right, compared.common_files, shallow=False
    )
    found = [f"{compared.left}/{name}" for name in [*here, *other, *errors]]
    return found + [path for sub in compared.subdirs.values() for path in differences(sub)]


@pytest.mark.slow
def test_a_cold_build_in_another_folder_gives_the_same_bytes(site: Path, tmp_path: Path) -> None:
    skip = shutil.ignore_patterns("__pycache__")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=skip)
        else:
            shutil.copy(source, tmp_path)
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert differences(filecmp.dircmp(site, tmp_path / "site", ignore=[])) == []
