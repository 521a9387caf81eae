"""How long kpl takes, against yamllint and kubeconform in the same run: ``make bench``.

Whole processes of the installed wheel, in turn, so that a machine that slows down slows both; medians and their ratio.
The trees of manifests are generated, the same ones each time; ``--tree`` takes another one for yamllint. kubeconform runs with
``-ignore-missing-schemas`` and no schemas at all, so that it reads the files and validates nothing: what it does least.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from trees import (
    corefile,
    write_corefiles,
    write_gitops_tree,
    write_releases_tree,
    write_templates_tree,
    write_tree,
    write_values_tree,
    write_workloads_tree,
)

TREES = {
    "9,000 files, few for kpl": (write_gitops_tree, 9000, 1.0, "apps/kube-system/coredns/configmap.yaml"),
    "2,600 files of large values": (write_values_tree, 2600, 1.0, ""),
    "6,000 files, 10,000 workloads": (write_workloads_tree, 6000, 2.0, "team-0/app-0.yaml"),
    "1,000 HelmReleases with pods": (write_releases_tree, 1000, 1.0, ""),
    # the peers give up at the first action of a template, so that there is nothing to aim at
    "1,000 templates of charts": (write_templates_tree, 1000, None, ""),
}
"""What writes the tree, how many files, the aim against kubeconform, and a file of it that kpl checks."""


def seconds(command: list[str], folder: Path) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env=environment
    )
    return time.perf_counter() - start


def compare(title: str, command: list[str], peer: list[str], folder: Path, runs: int, aim: float | None) -> None:
    ours, theirs = [], []
    for number in range(runs + 1):
        pair = seconds(command, folder), seconds(peer, folder)
        if number:  # the first pair warms the caches of the disk
            ours.append(pair[0])
            theirs.append(pair[1])
    mine, other = statistics.median(ours), statistics.median(theirs)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    wanted = f"  (aim {aim})" if aim else ""
    print(f"{title:<44} {mine * 1000:8.0f} ms  {other * 1000:8.0f} ms  ratio {ratio:5.2f}{wanted}")


def compare_trees(kpl: str, kubeconform: str, yamllint: str, scratch: Path, runs: int) -> None:
    """The generated trees, each a work tree of git."""
    peer = [kubeconform, "-ignore-missing-schemas", "-schema-location", str(scratch / "{{.ResourceKind}}.json"), "."]
    lint = [kpl, "lint", "."]
    for title, (write, files, aim, one) in TREES.items():
        tree = scratch / str(write.__name__)
        write(tree, files)
        subprocess.run(["git", "init", "--quiet", "."], cwd=tree, check=True)
        subprocess.run(["git", "add", "--all"], cwd=tree, check=True)
        compare(f"{title} / kubeconform", [*lint, "--no-cache"], peer, tree, runs, aim)
        relaxed = [yamllint, "-d", "relaxed", "."]
        compare("  the same / yamllint -d relaxed", [*lint, "--no-cache"], relaxed, tree, 1, 0.05 if aim else None)
        seconds(lint, tree)  # which fills the cache
        compare("  second run / first run", lint, [*lint, "--no-cache"], tree, runs, 0.4)
        if one:
            compare(
                "  one file with the cache / first run", [kpl, "lint", one], [*lint, "--no-cache"], tree, runs, 0.35
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kpl", default=shutil.which("kpl"), help="the installed kpl to measure")
    parser.add_argument("--yamllint", default=str(Path(sys.executable).with_name("yamllint")))
    parser.add_argument("--kubeconform", default=shutil.which("kubeconform"), help="without it, its trees are left out")
    parser.add_argument("--tree", type=Path, help="a tree of manifests, in place of the generated one")
    parser.add_argument("--files", type=int, default=600, help="how many files to generate")
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    kpl, yamllint = str(Path(options.kpl).absolute()), str(Path(options.yamllint).absolute())
    print(
        f"{platform.platform()}, {platform.machine()}, Python {platform.python_version()}; median of {options.runs} runs"
    )
    print(f"{'':<44} {'kpl':>11}  {'peer':>11}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        tree = options.tree.absolute() if options.tree else folder / "tree"
        if not options.tree:
            write_tree(tree, options.files)
        (folder / "Corefile").write_text(". {\n    forward . 9.9.9.9\n    cache 30\n}\n")
        (folder / "manifest.yaml").write_text(
            next(tree.rglob("*.yaml")).read_text() if not options.tree else "kind: Service\n"
        )
        start = [yamllint, "--version"]
        compare("kpl --version / yamllint --version", [kpl, "--version"], start, folder, options.runs, 0.6)
        compare("kpl lint Corefile / yamllint --version", [kpl, "lint", "Corefile"], start, folder, options.runs, 1.25)
        relaxed = [yamllint, "-d", "relaxed"]
        compare(
            "kpl lint manifest.yaml / yamllint",
            [kpl, "lint", "manifest.yaml"],
            [*relaxed, "manifest.yaml"],
            folder,
            options.runs,
            None,
        )
        (folder / "one.corefile").write_text(corefile(1))
        (folder / "blocks.corefile").write_text(corefile(500))
        write_corefiles(folder / "corefiles", 6000)
        one = [kpl, "verify", "one.corefile"]
        compare("kpl verify one Corefile / yamllint --version", one, start, folder, options.runs, 1.15)
        runs = max(options.runs // 4, 2)
        compare("500 server blocks / one", [kpl, "verify", "blocks.corefile"], one, folder, runs, 10)
        compare("6,000 Corefiles / one", [kpl, "verify", "corefiles"], one, folder, runs, 40)
        compare(
            "kpl lint TREE / yamllint -d relaxed TREE",
            [kpl, "lint", str(tree)],
            [*relaxed, str(tree)],
            folder,
            runs,
            0.3,
        )
        if options.kubeconform:
            peer = str(Path(options.kubeconform).absolute())
            compare_trees(kpl, peer, yamllint, folder / "trees", max(options.runs // 3, 1))


if __name__ == "__main__":
    main()
