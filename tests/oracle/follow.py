"""Tells what is different between two releases, so that kpl can follow: see docs/releases.md.

    python tests/oracle/follow.py --new 1.15.0 --old 1.14.7
    python tests/oracle/follow.py --kube-proxy --new 1.38.0-beta.0 --old 1.37.2

Sources come through the module proxy; a judge that is not built is built, which takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import follow_coredns
import follow_kube_proxy
from coredns_oracle import oracle_path
from fuzz_kube_proxy import program
from record import TRIED

HERE = Path(__file__).parent
CONFIGURATIONS = 300
"""How many are generated for kube-proxy, which takes 40 ms for each."""


def source_of(module: str) -> Path:
    """The folder of a module in Go's cache."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["go", "mod", "download", "-json", module], capture_output=True, text=True, check=False, cwd=folder
        )
    answer = json.loads(done.stdout or "{}")
    if "Dir" not in answer:
        sys.exit(f"{module}: {answer.get('Error') or done.stderr}")
    return Path(answer["Dir"])


def build(judge: Path, script: Path, version: str) -> None:
    """Build a judge that is not there."""
    if not judge.exists():
        print(f"building {judge.name}", file=sys.stderr)
        subprocess.run([script], env={**os.environ, "VERSIONS": version}, check=True, stdout=sys.stderr)


def coredns(old: str, new: str, count: int, seed: int) -> Iterator[str]:
    """What is different between two CoreDNS releases."""
    releases = [follow_coredns.Release(each, source_of(f"{follow_coredns.MODULE}@v{each}")) for each in (old, new)]
    compared = follow_coredns.Compared(*releases)
    yield from follow_coredns.source_report(compared)
    yield from follow_coredns.draft_report(compared)
    yield from follow_coredns.known_report(compared)
    for version in (old, new) if count else ():
        build(oracle_path(version), HERE / "build.sh", version)
    if count:
        yield from follow_coredns.verdict_report(compared, count, seed)


def kube_proxy(old: str, new: str, count: int, seed: int) -> Iterator[str]:
    """What is different between two releases of kube-proxy."""
    for version in (old, new) if count else ():
        build(program(version), HERE / "kube-proxy" / "build.sh", version)
    modules = [
        {
            name: source_of(f"k8s.io/{name}@v{minor}.{version.partition('.')[2]}")
            for name, minor in follow_kube_proxy.MODULES
        }
        for version in (old, new)
    ]
    yield from follow_kube_proxy.source_report(old, new, *modules)
    if count:
        yield from follow_kube_proxy.judge_report(old, new, count, seed)


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--new", required=True, help="the release to follow")
    parser.add_argument("--old", required=True, help="the one that kpl knows")
    parser.add_argument("--kube-proxy", action="store_true", help="of kube-proxy, not of CoreDNS")
    parser.add_argument("--count", type=int, help="cases to generate, for CoreDNS for each plugin; 0: ask no judge")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    report, count = (kube_proxy, CONFIGURATIONS) if options.kube_proxy else (coredns, TRIED)
    for line in report(options.old, options.new, count if options.count is None else options.count, options.seed):
        print(line, flush=True)


if __name__ == "__main__":
    main()
