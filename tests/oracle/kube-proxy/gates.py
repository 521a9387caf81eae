"""Write linter/kpl/proxy/verdict/gates.json: what every built kube-proxy says of its feature gates.

usage: gates.py [FOLDER]   the folder of kube-proxy-<version>, default ~/.cache/kpl-oracle; needs one of each minor release
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "linter/kpl/proxy/verdict/gates.json"
STAGES = {"ALPHA": "a", "BETA": "b", "DEPRECATED": "d", "": "g"}
CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nfeatureGates: {%s: %s}\n"


def _listed(program: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    answer = json.loads(subprocess.run([program, "gates"], capture_output=True, check=True).stdout)
    gates = {
        name: STAGES[gate["PreRelease"]] + ("+" if gate["Default"] else "-") + ("!" if gate["LockToDefault"] else "")
        for name, gate in answer.get("gates", {}).items()
    }
    return gates, {name: needs for name, needs in answer.get("dependencies", {}).items() if needs}


def _tried(program: Path, candidates: set[str]) -> dict[str, str]:
    """The gates of a release that cannot list them: --help has those that are alpha or beta, the others are tried."""
    words = subprocess.run([program, "--help"], capture_output=True, text=True, check=False).stdout
    gates = {
        name: STAGES[stage] + ("+" if default == "true" else "-")
        for name, stage, default in re.findall(r"(\w+)=true\|false \((ALPHA|BETA) - default=(true|false)\)", words)
    }
    for name in sorted(candidates - set(gates)):
        off, on = (_loads(program, CONFIG % (name, value)) for value in ("false", "true"))
        if off or on:
            gates[name] = "g" + ("+" if on else "-") + ("!" if off != on else "")
    return gates


def _loads(program: Path, config: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "config")
        file.write_text(config, encoding="utf-8")
        done = subprocess.run(
            [program, "--config", file, "--write-config-to", f"{file}.out"], capture_output=True, check=False
        )
        return done.returncode == 0


def _named_in_sources(version: str) -> set[str]:
    cache = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True).stdout.strip()
    pattern = re.compile(r'featuregate\.Feature\s*=\s*"(\w+)"')
    files = Path(cache, "k8s.io").glob(f"*@v[01].{version.partition('.')[2]}/**/*features*.go")
    return {name for file in files for name in pattern.findall(file.read_text(encoding="utf-8"))}


def main(folder: Path) -> None:
    programs = {path.name.rpartition("-")[2]: path for path in folder.glob("kube-proxy-*")}
    minors = sorted(programs, key=lambda version: int(version.split(".")[1]))
    listed = {version: _listed(programs[version]) for version in minors}
    names = {name for gates, _ in listed.values() for name in gates}
    history: dict[str, list[str]] = {}
    needs: dict[str, dict[str, list[str]]] = {}
    for version in minors:
        minor = version.split(".")[1]
        gates, dependencies = listed[version]
        if not gates:
            gates = _tried(programs[version], names | _named_in_sources(version))
        for name in sorted(names | set(gates)):
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
