"""The notes of a release, and what the workflows promise."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest
from ruamel.yaml import YAML

from kpl import __version__
from support import ROOT

SCRIPT = ROOT / ".ci" / "release_notes.py"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CHANGELOG = """# Changelog

## [Unreleased]

### Added
- later

## [0.2.0] - 2031-02-03

### Fixed
- a
- b

## 0.1.0 - 2030-01-02
- first

## 0.0.2 - 2030-01-01

## 0.0.1 - unreleased
- nothing
"""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release_notes", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_notes_are_the_section_of_the_version(script: ModuleType) -> None:
    assert script.notes(CHANGELOG, "0.2.0") == "### Fixed\n- a\n- b\n"
    assert script.notes(CHANGELOG, "0.1.0") == "- first\n"


@pytest.mark.parametrize(
    ("version", "message"),
    [("0.3.0", "has no section"), ("0.2", "has no section"), ("0.0.2", "is empty"), ("0.0.1", "has no date")],
)
def test_a_release_without_notes_fails(script: ModuleType, version: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        script.notes(CHANGELOG, version)


def test_the_changelog_has_a_section_for_this_version(script: ModuleType) -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    dated = re.sub(r" - unreleased$", " - 2030-01-01", text, flags=re.MULTILINE)
    assert "### Added" in script.notes(dated, __version__)


def test_a_tag_of_another_version_is_refused() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "v99.0"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"not the version of the package, {__version__}" in done.stderr


def _workflow(name: str) -> dict[str, Any]:
    path = ROOT / ".github" / "workflows" / name
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("name", [path.name for path in WORKFLOWS])
def test_a_workflow_has_no_more_rights_than_it_needs(name: str) -> None:
    workflow = _workflow(name)
    assert workflow["permissions"] == {}
    written = {
        (job, scope)
        for job, each in workflow["jobs"].items()
        for scope, level in each["permissions"].items()
        if level != "read"
    }
    assert written == ({("publish", "id-token"), ("notes", "contents")} if name == "release.yml" else set())
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step.get("uses", f"a@{'0' * 40}")), "pinned by its commit"
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
            assert "${{" not in step.get("run", ""), "an expression in a shell script is an injection"


def test_what_runs_has_every_python_that_is_promised() -> None:
    matrix = _workflow("ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert matrix["python"] == re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project)
    assert f'requires-python = ">={matrix["python"][0]}"' in project
    assert {each.partition("-")[0] for each in matrix["os"]} == {"ubuntu", "macos", "windows"}


def test_the_gate_runs_what_a_pull_request_runs() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    runs = [step.get("run", "") for job in _workflow("ci.yml")["jobs"].values() for step in job["steps"]]
    assert "make demo check" in runs
    assert re.findall(r"^make (\w+)$", gate, re.MULTILINE) == ["demo", "check", "test"]
    pytest_command = re.search(r"-m (pytest .*)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert pytest_command is not None
    assert f"python -m {pytest_command[1]}" in runs
