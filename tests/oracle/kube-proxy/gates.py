"""Write linter/kpl/proxy/configuration/verdict/gates.json: what every built kube-proxy says of its feature gates.

usage: gates.py [FOLDER]   the folder of kube-proxy-<version>, default ~/.cache/kpl-oracle

The minor releases that are not there keep their entries. (1.20 cannot list its gates and the module proxy lacks modules
of 1.27: theirs were read in the sources, pkg/features/kube_features.go of k8s.io/kubernetes, apiserver and
apiextensions-apiserver, and logs/api/v1/kube_features.go of component-base.)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "linter/kpl/proxy/configuration/verdict/gates.json"
STAGES = {"ALPHA": "a", "BETA": "b", "DEPRECATED": "d", "": "g"}


def listed(program: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The gates of a release, written as the table does, and which others each of them needs."""
    answer = json.loads(subprocess.run([program, "gates"], capture_output=True, check=True).stdout)
    gates = {
        name: STAGES[gate["PreRelease"]] + ("+" if gate["Default"] else "-") + ("!" if gate["LockToDefault"] else "")
        for name, gate in answer.get("gates", {}).items()
    }
    return gates, {name: needs for name, needs in answer.get("dependencies", {}).items() if needs}


def expanded(history: dict[str, str]) -> dict[int, dict[str, str]]:
    """The gates of each minor release, out of their histories: ``20a- 24b+ 30``."""
    minors = sorted({int(entry[:2]) for entries in history.values() for entry in entries.split()})
    gates: dict[int, dict[str, str]] = {}
    for minor in range(minors[0], minors[-1] + 1):
        gates[minor] = {}
        for name, entries in history.items():
            state = [entry[2:] for entry in entries.split() if int(entry[:2]) <= minor]
            if state and state[-1]:
                gates[minor][name] = state[-1]
    return gates


def compressed(gates: dict[int, dict[str, str]]) -> dict[str, str]:
    """The history of each gate: its state where that is another than one minor release before."""
    history: dict[str, list[str]] = {}
    for name in sorted({name for known in gates.values() for name in known}):
        before = ""
        for minor in sorted(gates):
            state = gates[minor].get(name, "")
            if state != before:
                history.setdefault(name, []).append(f"{minor}{state}")
            before = state
    return {name: " ".join(entries) for name, entries in history.items()}


def main(folder: Path) -> None:
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    gates, needs = expanded(table["gates"]), table["needs"]
    for program in folder.glob("kube-proxy-*"):
        minor = program.name.split(".")[1]
        known, dependencies = listed(program)
        if known:
            gates[int(minor)] = known
        if dependencies:
            needs[f"1.{minor}"] = dict(sorted(dependencies.items()))
    written = {"gates": compressed(gates), "needs": dict(sorted(needs.items()))}
    TABLE.write_text(json.dumps(written, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "kpl-oracle")
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else cache)
