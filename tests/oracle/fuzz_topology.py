"""Compares kpl's choice of endpoints with kube-proxy's own pkg/proxy/topology.go on generated Services.

    python tests/oracle/fuzz_topology.py --count 5000 --seed 1 1.37.2 1.24.17

Needs Go and the module proxy, or the releases in Go's module cache; a release is built in a second, for topology.go is all
that is taken of it. The gates have the defaults of the release. From 1.22 on: before, there was nothing to choose.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from kpl.inputs.objects.endpointslices import SliceEndpoint
from kpl.inputs.objects.services import Service
from kpl.inputs.yaml.tree import Mapping
from kpl.proxy.services.selection import Candidate, Choice, NodeFacts, Selection
from kpl.text.span import Span, Text
from kpl.text.version import Version

RELEASES = "1.22.17 1.23.17 1.24.17 1.25.16 1.26.15 1.27.16 1.28.15 1.29.15 1.30.4 1.31.0 1.32.2 1.33.13 1.34.4 1.35.4 1.36.3 1.37.2"
SWITCHED_ON = {
    "ServiceInternalTrafficPolicy": "1.22",
    "TopologyAwareHints": "1.24",
    "ProxyTerminatingEndpoints": "1.26",
    "ServiceTrafficDistribution": "1.31",
    "PreferSameTrafficDistribution": "1.34",
}
"""The release whose default turns a gate on (pkg/features/kube_features.go)."""

STUBS = {
    "v1": """package v1
const (
	LabelTopologyZone = "topology.kubernetes.io/zone"
	AnnotationTopologyAwareHints = "service.kubernetes.io/topology-aware-hints"
	ServiceTrafficDistributionPreferSameNode = "PreferSameNode"
	ServiceTrafficDistributionPreferSameZone = "PreferSameZone"
)
""",
    "klog": """package klog
type Verbose struct{}
func V(int) Verbose { return Verbose{} }
func (Verbose) InfoS(string, ...interface{}) {}
func InfoS(string, ...interface{}) {}
func Warningf(string, ...interface{}) {}
""",
    "features": "package features\n" + "".join(f'const {gate} = "{gate}"\n' for gate in SWITCHED_ON),
    "feature": """package feature
type Gates map[string]bool
func (g Gates) Enabled(name string) bool { return g[name] }
var DefaultFeatureGate = Gates{}
""",
    "sets": """package sets
type Set[T comparable] map[T]struct{}
func (s Set[T]) Len() int { return len(s) }
func (s Set[T]) Has(item T) bool { _, has := s[item]; return has }
func Of[T comparable](items []T) Set[T] {
	made := Set[T]{}
	for _, item := range items {
		made[item] = struct{}{}
	}
	return made
}
""",
}
IMPORTS = {
    "k8s.io/api/core/v1": "v1",
    "k8s.io/klog/v2": "klog",
    "k8s.io/kubernetes/pkg/features": "features",
    "k8s.io/apiserver/pkg/util/feature": "feature",
}
CATEGORIZE = """package main
func choose(endpoints []Endpoint, q *question, labels map[string]string) answer {
	cluster, local, _, _ := CategorizeEndpoints(endpoints, q, %slabels)
	return answer{numbers(cluster), numbers(local)}
}
"""
FILTER = """package main
func choose(endpoints []Endpoint, q *question, labels map[string]string) answer {
	var cluster, local []Endpoint
	for _, each := range FilterEndpoints(endpoints, q, labels) {
		if each.IsReady() {
			cluster = append(cluster, each)
			if each.IsLocal() {
				local = append(local, each)
			}
		}
	}
	return answer{numbers(cluster), numbers(local)}
}
"""
"""Before 1.24 each proxier looked for what is ready and local itself."""


def build(release: str, folder: Path) -> Path:
    """The program that asks the topology.go of `release`."""
    listed = subprocess.run(
        ["go", "mod", "download", "-json", f"k8s.io/kubernetes@v{release}"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    source = (Path(json.loads(listed.stdout)["Dir"]) / "pkg" / "proxy" / "topology.go").read_text()
    for path, stub in IMPORTS.items():
        source = source.replace(f'"{path}"', f'"topology/stub/{stub}"')
    categorizes = "func CategorizeEndpoints(" in source
    chooser = CATEGORIZE % ("q.Node, " if "nodeName string" in source else "") if categorizes else FILTER
    program = folder / f"r{release}"
    program.mkdir()
    (program / "topology.go").write_text(source.replace("package proxy", "package main", 1))
    (program / "choose.go").write_text(chooser)
    (program / "main.go").write_text((Path(__file__).parent / "topology" / "main.go.txt").read_text())
    binary = folder / f"topology-{release}"
    subprocess.run(["go", "build", "-o", str(binary), f"./{program.name}"], cwd=folder, check=True)
    return binary


def generate(rng: random.Random, version: Version) -> tuple[dict[str, Any], Service, list[Candidate], NodeFacts]:
    """A question, and the same for kpl."""
    node, zone = rng.choice(("n1", "n2")), rng.choice(("z1", "z2", ""))
    ready_ones, zones_set, nodes_set = (rng.choice((0.0, 0.5, 1.0)) for _ in range(3))
    asked, candidates = [], []
    for number in range(rng.randint(0, 4)):
        ready = rng.random() < ready_ones
        serving, terminating = ready or rng.random() < 0.6, not ready and rng.random() < 0.6
        where = rng.choice(("n1", "n2", "n3", ""))
        zones = rng.sample(("z1", "z2", "z3"), rng.randint(1, 2)) if rng.random() < zones_set else []
        nodes = rng.sample(("n1", "n2", "n3"), 1) if rng.random() < nodes_set else []
        asked.append(
            {
                "Number": number,
                "Ready": ready,
                "Serving": serving,
                "Terminating": terminating,
                "Local": where == node,
                "Zones": zones,
                "Nodes": nodes,
            }
        )
        endpoint = SliceEndpoint(("",), ready, serving, terminating, where, "", frozenset(zones), frozenset(nodes))
        candidates.append(Candidate("", number, endpoint))
    service = Service("", Mapping(0, 0, None, True), Text("", Span(0, 0)), "", "ClusterIP", "", [])
    service.type = rng.choice(("ClusterIP", "NodePort", "LoadBalancer"))
    accessible = service.type != "ClusterIP"
    service.internal_local, service.external_local = rng.random() < 0.4, accessible and rng.random() < 0.5
    service.topology_aware_hints = rng.choice((None, "", "Auto", "auto", "Disabled", "disabled", "other"))
    service.topology_mode = rng.choice(("", "Auto", "Disabled", "other"))
    # what newBaseServiceInfo makes of the two annotations
    hints = service.topology_aware_hints
    if hints is None:
        hints = service.topology_mode if version >= Version("1.27") else ""
    question = {
        "Endpoints": asked,
        "Hints": hints,
        "Node": node,
        "Zone": zone,
        "Internal": service.internal_local,
        "External": service.external_local,
        "Accessible": accessible,
    }
    return question, service, candidates, NodeFacts(node, zone)


def disagrees(version: Version, case: Any, answer: dict[str, list[int]]) -> str | None:
    """What kpl says in another way, with what is known of the node and without."""
    question, service, candidates, node = case
    both = version >= Version("1.24")
    internal = answer["Local" if both and question["Internal"] else "Cluster"]
    external = answer["Local" if question["External"] else "Cluster"]
    for known in (node, NodeFacts()):
        selection = Selection(version, known)
        told = [(selection.internal(service, candidates, question["Accessible"]), internal)]
        if question["Accessible"]:
            told.append((selection.external(service, candidates), external))
        for choice, wanted in told:
            if not _holds(choice, wanted):
                return f"{known}: {[each.port for each in choice.candidates]} is not {wanted}"
    return None


def _holds(choice: Choice, wanted: list[int]) -> bool:
    chosen = [each.port for each in choice.candidates]
    return set(wanted) <= set(chosen) if choice.at_most else chosen == wanted


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", nargs="*", default=RELEASES.split())
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "go.mod").write_text("module topology\n\ngo 1.22\n")
        for stub, text in STUBS.items():
            (folder / "stub" / stub).mkdir(parents=True)
            (folder / "stub" / stub / "stub.go").write_text(text)
        for release in options.releases:
            binary, version = build(release, folder), Version(release)
            rng = random.Random(f"{options.seed} {release}")
            cases = [generate(rng, version) for _ in range(options.count)]
            gates = json.dumps({gate: version >= Version(since) for gate, since in SWITCHED_ON.items()})
            asked = json.dumps([question for question, *_ in cases])
            done = subprocess.run([str(binary), gates], input=asked, capture_output=True, text=True, check=True)
            differing = [
                (case[0], said)
                for case, answer in zip(cases, json.loads(done.stdout), strict=True)
                if (said := disagrees(version, case, answer))
            ]
            for question, said in differing[:5]:
                print(f"{json.dumps(question)}\n{said}\n")
            print(f"{release}: {len(cases) - len(differing)} of {len(cases)} agree", flush=True)
            wrong += len(differing)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
