"""Write linter/kpl/proxy/verdict/gates.json: what every built kube-proxy says of its feature gates.

usage: gates.py [FOLDER]   the folder of kube-proxy-<version>, default ~/.cache/kpl-oracle

It needs one of each minor release there, and in Go's module cache the modules of SOURCES for 1.20 and 1.27.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "linter/kpl/proxy/verdict/gates.json"
STAGES = {"ALPHA": "a", "BETA": "b", "DEPRECATED": "d", "": "g"}
UNBUILT = ("1.27.16",)
"""Releases that the module proxy has not all modules of."""
SOURCES = (
    ("kubernetes", "pkg/features/kube_features.go"),
    ("apiserver", "pkg/features/kube_features.go"),
    ("apiextensions-apiserver", "pkg/features/kube_features.go"),
    ("component-base", "logs/api/v1/kube_features.go"),
)
NAME = re.compile(r'(\w+)\s+featuregate\.Feature\s*=\s*"(\w+)"')
GATE = re.compile(
    r"^\s*(?:\w+\.)?(\w+):\s*\{Default: (\w+), PreRelease: featuregate\.(\w+)(?:, LockToDefault: (\w+))?", re.MULTILINE
)


def _listed(program: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    answer = json.loads(subprocess.run([program, "gates"], capture_output=True, check=True).stdout)
    gates = {
        name: STAGES[gate["PreRelease"]] + ("+" if gate["Default"] else "-") + ("!" if gate["LockToDefault"] else "")
        for name, gate in answer.get("gates", {}).items()
    }
    return gates, {name: needs for name, needs in answer.get("dependencies", {}).items() if needs}


def _written(version: str) -> dict[str, str]:
    """The gates in the sources of a release, for one that cannot list them: the same where both were compared."""
    cache = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True).stdout.strip()
    files = [
        Path(cache, "k8s.io", f"{module}@v{'1' if module == 'kubernetes' else '0'}.{version.partition('.')[2]}", path)
        for module, path in SOURCES
    ]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files if file.exists())
    names = dict(NAME.findall(text))
    gates = {"AllAlpha": "a-", "AllBeta": "b-"}
    for name, default, stage, locked in GATE.findall(text):
        state = STAGES["" if stage == "GA" else stage.upper()] + ("+" if default == "true" else "-")
        gates[names[name]] = state + ("!" if locked == "true" else "")
    return gates


def main(folder: Path) -> None:
    programs = {path.name.rpartition("-")[2]: path for path in folder.glob("kube-proxy-*")}
    versions = sorted((*programs, *UNBUILT), key=lambda version: int(version.split(".")[1]))
    listed = {version: _listed(programs[version]) if version in programs else ({}, {}) for version in versions}
    every_gate = {version: gates or _written(version) for version, (gates, _) in listed.items()}
    names = {name for gates in every_gate.values() for name in gates}
    history: dict[str, list[str]] = {}
    needs: dict[str, dict[str, list[str]]] = {}
    for version in versions:
        minor = version.split(".")[1]
        gates, dependencies = every_gate[version], listed[version][1]
        for name in sorted(names):
            state = gates.get(name, "")
            entries = history.setdefault(name, [])
            if state != (entries[-1][2:] if entries else ""):
                entries.append(minor + state)
        if dependencies:
            needs[f"1.{minor}"] = dict(sorted(dependencies.items()))
    gates_table = {name: " ".join(entries) for name, entries in sorted(history.items())}
    TABLE.write_text(json.dumps({"gates": gates_table, "needs": needs}, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "kpl-oracle")
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else cache)
