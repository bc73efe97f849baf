"""The repository's own files: lock, layout, bytes, versions, workflows, README."""

import os
import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {"requirements.txt": ["book"], "requirements-test.txt": ["book", "test"]}
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
LICENCE = "Text and figures CC BY 4.0, code MIT."

# The only code of others that runs in our workflows. Each commit was seen in use under its version.
ACTIONS = {
    "actions/checkout": "3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "actions/setup-python": "5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0",
    "actions/upload-artifact": "043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1",
    "actions/download-artifact": "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
    "actions/upload-pages-artifact": "56afc609e74202658d3ffba0e8f6dda462b719fa # v3",
    "actions/deploy-pages": "d6db90164ac5ed86f2b6aed7e0febac5b3c0c03e # v4",
    "actions/attest-build-provenance": "0f67c3f4856b2e3261c31976d6725780e5e4c373 # v4.1.1",
    "re-actors/alls-green": "05ac9388f0aebcb5727afa17fcccfecd6f8ec5fe # v1.2.2",
    "zizmorcore/zizmor-action": "3dc1ecc9bcb9e94e9b2c709687979e1298497054 # v0.6.2",
    "lycheeverse/lychee-action": "8646ba30535128ac92d33dfc9133794bfdd9b411 # v2",
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict:
    return tomllib.loads(read("pyproject.toml"))["project"]


def files() -> list[Path]:
    """All files that are committed or would be, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if listed.returncode:
        pytest.skip("needs git and a clone of the repository")
    return sorted({Path(n) for n in listed.stdout.split("\0") if n and (ROOT / n).is_file()})


# --- The lock -----------------------------------------------------------------------------------


def locked(lock: str) -> dict[str, tuple[str, list[str]]]:
    """{name: (version, hashes)} of a lock; every line of it must be understood."""
    packages = {}
    for entry in re.sub(r" *\\\n *", " ", read(lock)).splitlines():
        if not entry.strip() or entry.lstrip().startswith("#"):
            continue
        match = re.fullmatch(r"(\S+?)==(\S+)(?: ; .*?)?((?: --hash=sha256:[0-9a-f]{64})*)", entry)
        assert match, f"{lock}: not a pinned package with hashes: {entry}"
        packages[canonicalize_name(match[1])] = (match[2], match[3].split())
    return packages


@pytest.mark.parametrize("lock", LOCKS)
def test_each_locked_package_has_a_hash_and_none_an_address(lock):
    packages = locked(lock)
    assert len(packages) > 50
    assert [name for name, (_, hashes) in packages.items() if not hashes] == []
    addresses = re.findall(r".*(?:https?:|file:|--index|--find-links|--extra|@ ).*", read(lock))
    assert addresses == [], "run `make lock`: it writes no index"


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_each_direct_dependency_at_an_allowed_version(lock):
    packages = locked(lock)
    extras = project()["optional-dependencies"]
    wanted = project()["dependencies"] + [line for extra in LOCKS[lock] for line in extras[extra]]
    for requirement in map(Requirement, wanted):
        version, _ = packages.get(canonicalize_name(requirement.name), ("", []))
        assert version, f"{lock}: {requirement.name} is missing; run `make lock`"
        assert requirement.specifier.contains(version), f"{lock}: {requirement.name} {version}"


def test_tests_run_on_the_versions_that_build_the_book():
    book, test = locked("requirements.txt"), locked("requirements-test.txt")
    assert {name: test.get(name) for name in book} == book


def test_the_environment_is_the_expected_python():
    expected = os.environ.get("EXPECT_PYTHON")  # set where several versions are tested
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert expected in (None, "", running)
    assert Requirement(f"python{project()['requires-python']}").specifier.contains(running)


# --- Layout and commands ------------------------------------------------------------------------


def test_the_root_holds_only_what_tools_look_for_there():
    expected = """.ci .editorconfig .github .gitignore .pre-commit-config.yaml .python-version
        CHANGELOG.md CITATION.cff LICENSE Makefile README.md conftest.py docs mkdocs.yml
        pyproject.toml requirements-test.txt requirements.txt scaling_core snippets tests"""
    assert sorted({path.parts[0] for path in files()}) == sorted(expected.split())


def test_every_make_command_that_is_named_somewhere_exists():
    targets = set(re.findall(r"^([a-z]+):.*## ", read("Makefile"), re.M))
    assert targets >= {"help", "serve", "site", "test", "lint", "lock"}
    for path in files():
        if path.suffix in {".md", ".yml"} or path.parts[0] == ".ci":
            commands = re.findall(r"(?:`|run: |^)make ([a-z]+)", read(str(path)), re.M)
            assert set(commands) <= targets, path


def test_ci_run_is_lint_site_test_and_ends_with_the_tests():
    commands = [line for line in read(".ci/run").splitlines() if line.startswith("make")]
    assert commands == ["make lint", "make site", "make test"]
    assert read(".ci/run").endswith("make test\n"), "pytest's closing line must be the last one"
    assert "set -euo pipefail" in read(".ci/run")


def test_hooks_clone_nothing():
    hooks = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]


# --- Bytes --------------------------------------------------------------------------------------

# Assembled, so that this file does not hold them.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"\bpypi" + r"\.org",
            r"python" + r"hosted\.org",
            r"registry\.npm" + r"js",
            r"(?:deb|security)\.deb" + r"ian\.org",
            r"(?<![\w.])/wo" + "rk/",
            r"(?i:seed " + "texts?)",
        ]
    )
)


def faults(path: Path) -> list[str]:
    """What an editor that follows .editorconfig would not have written, as path:line: fault."""
    data = (ROOT / path).read_bytes()
    found = []
    if len(data) > 500_000:
        found.append(f"{path}:1: larger than 500 kB")
    if path.suffix == ".ipynb":
        found.append(f"{path}:1: notebooks are built from docs/labs/*.py, never committed")
    if (ROOT / path).is_symlink():
        found.append(f"{path}:1: a link does not survive on every system")
    if b"\0" in data or "vendor" in path.parts:
        return found
    lines = data.decode("utf-8").split("\n")
    if data and lines[-1]:
        found.append(f"{path}:{len(lines)}: no newline at the end")
    if lines[-2:] == ["", ""]:
        found.append(f"{path}:{len(lines) - 1}: empty line at the end")
    tabs = path.name != "Makefile" and path.suffix != ".csv"
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            found.append(f"{path}:{number}: white space at the end of the line")
        if tabs and line.startswith("\t"):
            found.append(f"{path}:{number}: tab")
        if re.match(r"(<<<<<<<|>>>>>>>) ", line):
            found.append(f"{path}:{number}: left over from a merge")
        if match := FORBIDDEN.search(line):
            found.append(f"{path}:{number}: {match[0]!r} does not belong here")
    return found


def test_files_are_clean():
    assert [fault for path in files() for fault in faults(path)] == []


def test_names_differ_by_more_than_case():
    names = sorted(str(path).lower() for path in files())
    assert [a for a, b in pairwise(names) if a == b] == []


def test_modules_can_be_read_in_one_sitting():
    code = [p for p in files() if p.suffix == ".py" and p.parts[0] in {"scaling_core", "snippets"}]
    lines = {str(path): len(read(str(path)).splitlines()) for path in code}
    assert {path: n for path, n in lines.items() if n > 300} == {}, "split it by concept"


# --- Versions, licences, addresses --------------------------------------------------------------


def test_version_and_date_agree_in_all_places():
    citation = yaml.safe_load(read("CITATION.cff"))
    newest = re.search(r"^## (\S+) \((\S+)\)$", read("CHANGELOG.md"), re.M)
    assert newest, "CHANGELOG.md must start with `## VERSION (DATE or unreleased)`"
    cited = citation["preferred-citation"]
    assert {newest[1], citation["version"], cited["version"]} == {project()["version"]}
    assert str(citation.get("date-released", "unreleased")) == newest[2]


def test_the_licence_is_the_same_in_all_places():
    for name in ["README.md", "mkdocs.yml"]:
        assert LICENCE in read(name), name
    assert LICENCE[0].lower() + LICENCE[1:] in read(".github/CONTRIBUTING.md")
    assert read("LICENSE").startswith("MIT License\n")
    assert read("docs/LICENSE").startswith("Creative Commons Attribution 4.0 International\n")
    assert yaml.safe_load(read("CITATION.cff"))["license"] == ["MIT", "CC-BY-4.0"]


def test_addresses_are_the_ones_of_mkdocs_yml():
    site, code = re.findall(r'!ENV \[\w+, "(https://[^"]+)"\]', read("mkdocs.yml"))
    citation = yaml.safe_load(read("CITATION.cff"))
    assert (citation["url"], citation["repository-code"]) == (site, code)
    assert citation["preferred-citation"]["url"] == site
    for name in ["README.md", "CITATION.cff"]:
        ours = set(re.findall(r"https://example\.org[^\s}>)\"]*", read(name)))
        assert site in ours, name
        assert ours <= {site, code}, name


# --- README and forms ---------------------------------------------------------------------------


def test_readme_is_short_and_its_links_and_pictures_exist():
    text = read("README.md")
    assert len(text.splitlines()) <= 75
    targets = re.findall(r'\]\(([^)#]+)\)|src="([^"]+)"', text)
    assert len(targets) >= 5
    assert [t for pair in targets for t in pair if t and not (ROOT / t).exists()] == []
    pictures = re.findall(r"<img [^>]*>", text)
    assert pictures
    assert all(re.search(r'alt="[^"]{40,400}"', tag) for tag in pictures)


def test_readme_and_citation_file_cite_alike():
    cited = yaml.safe_load(read("CITATION.cff"))["preferred-citation"]
    bibtex = dict(re.findall(r"^  (\w+) = \{+(.*?)\}+,?$", read("README.md"), re.M))
    assert bibtex == {
        "title": cited["title"],
        "author": cited["authors"][0]["name"],
        **{key: str(cited[key]) for key in ("year", "version", "url")},
    }


def test_every_label_of_a_form_is_listed_for_maintainers():
    listed = re.search(r"^- Labels: (.*)\.$", read(".github/CONTRIBUTING.md"), re.M)
    for form in (ROOT / ".github/ISSUE_TEMPLATE").glob("[0-9]*.yml"):
        labels = yaml.safe_load(form.read_text(encoding="utf-8"))["labels"]
        assert labels, form.name
        assert set(labels) <= set(listed[1].split(", ")), form.name


def test_code_owners_name_paths_that_exist():
    paths = [line.split()[0] for line in read(".github/CODEOWNERS").splitlines() if line[:1] == "/"]
    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / path[1:]).exists()] == []


# --- Workflows ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_runs_only_pinned_code_with_the_rights_it_needs(path):
    text = path.read_text(encoding="utf-8")
    flow = yaml.safe_load(text)
    assert flow["permissions"] == {}, "rights are given per job"
    assert flow["concurrency"]["group"]
    assert not re.search(r"pull_request_target|secrets\.", text)
    for action, pin in re.findall(r"uses: ([^@\s]+)(?:@(.*))?", text):
        assert ACTIONS.get(action) == pin, f"{action} is not on the list, or not at its commit"
    for name, job in flow["jobs"].items():
        assert job["timeout-minutes"] <= 25, name
        assert re.fullmatch(r"\w+-[\d.]+", job["runs-on"]), f"{name}: name the runner's version"
        steps = job["steps"]
        writes = "write" in job["permissions"].values()
        for step in steps:
            assert "${{" not in step.get("run", ""), f"{name}: pass values through `env`"
            assert not (writes and "run" in step), f"{name} may write, so it runs no commands"
            if "actions/checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False, name
                assert not writes, f"{name} may write, so it checks nothing out"


def test_the_one_required_check_waits_for_all_jobs():
    jobs = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]
    assert set(jobs["green"]["needs"]) == set(jobs) - {"green"}
    assert jobs["green"]["if"] == "always()"
