"""A run imports what it needs and no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = "import sys\nfrom kpl.cli.main import cli\ncli.main(sys.argv[1:], standalone_mode=False)\nprint('\\n', *sys.modules)"
# (a checkout has no index of the rules and imports them all, with the parts of kpl that they name)
HEAVY = {"jsonschema", "difflib", "importlib.metadata", "kpl.generate", "kpl.fix", "kpl.lint.config"}
YAML = {"ruamel.yaml", "_ruamel_yaml"}


def imported(folder: Path, *words: str) -> set[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    done = subprocess.run(
        [sys.executable, "-c", CODE, *words], cwd=folder, env=env, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [
        (["--version"], sorted(HEAVY | YAML | {"lark", "json", "kpl.lint.rule", "kpl.inputs"})),
        (["--help"], sorted(HEAVY | YAML | {"lark", "json", "kpl.lint.rule", "kpl.inputs"})),
        (["lint", "--fail-on", "never", "Corefile"], sorted(HEAVY | YAML)),
        (["lint", "--fail-on", "never", "fixable/Corefile"], sorted((HEAVY | YAML) - {"kpl.fix"})),
        (["lint", "--fail-on", "never", "other.yaml"], sorted(HEAVY | YAML | {"lark"})),
        (["lint", "--fail-on", "never", "pod.yaml"], sorted(HEAVY | {"lark"})),
        (["lint", "--fail-on", "never", "node.iptables"], sorted(HEAVY | YAML)),
    ],
    ids=" ".join,
)
def test_what_is_not_needed_is_not_imported(tmp_path: Path, words: list[str], unwanted: list[str]) -> None:
    (tmp_path / "Corefile").write_text(". {\n    whoami\n}\n")
    (tmp_path / "fixable").mkdir()
    (tmp_path / "fixable" / "Corefile").write_text(". {\n    forward . 9.9.9.9\n}\n")
    (tmp_path / "other.yaml").write_text("kind: Deployment\nspec: {}\n")
    (tmp_path / "pod.yaml").write_text("kind: Pod\nspec:\n  containers:\n  - image: alpine\n")
    (tmp_path / "node.iptables").write_text("*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n")
    assert imported(tmp_path, *words).isdisjoint(unwanted)


def test_a_configuration_is_what_the_schema_is_loaded_for(tmp_path: Path) -> None:
    (tmp_path / ".kpl.yaml").write_text("ignore: [missing-cache]\n")
    (tmp_path / "Corefile").write_text(". {\n    errors\n}\n")
    assert "jsonschema" in imported(tmp_path, "lint", "--fail-on", "never", "Corefile")
    assert "jsonschema" not in imported(tmp_path, "lint", "--no-config", "--fail-on", "never", "Corefile")
