"""Change a package line by line in a copy of the tree, and count the changes that its tests notice."""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutants import Mutant, modules, mutants
from plugin import STARTED_PROCESS, Chosen, Measured

ROOT = Path(__file__).parents[2]
SOURCES = ("linter", "rules", "grammars")
EXAMPLES = "tests/test_rules.py"
# the tests that bear on a package, beside the examples of all rules
BEARING = {
    "text": ["tests/text", "tests/fix"],
    "inputs": ["tests/inputs", "tests/test_dumps.py", "tests/text/test_embedding.py"],
    "golang": [
        "tests/golang",
        "tests/coredns/plugins/test_setup_view.py",
        *(f"tests/proxy/configuration/test_verdict_{each}.py" for each in ("yaml", "judge")),
    ],
    "coredns": ["tests/coredns"],
    "resolver": ["tests/resolver"],
    "proxy": ["tests/proxy", "tests/test_cluster_kube_proxy.py", "tests/dataplane"],
    "verify": [
        "tests/verify",
        "tests/cli/test_verify.py",
        "tests/proxy/configuration/test_verdict_judge.py",
        "tests/coredns/test_judge.py",
    ],
    "clusters": ["tests/partition", "tests/cli/test_clusters.py"],
    "shares": ["tests/lint", "tests/partition", "tests/test_parallel.py", "tests/cli/test_cache.py"],
    "cache.py": ["tests/cli/test_cache.py"],
    "parallel.py": ["tests/test_parallel.py"],
    "troubles.py": ["tests/lint", "tests/cli/test_troubles.py", "tests/cli/test_cli.py"],
    "cluster": [
        "tests/test_cluster_kube_proxy.py",
        "tests/partition",
        "tests/verify",
        "tests/lint/test_engine.py",
        "tests/coredns/test_customized.py",
        "tests/dataplane/test_desired_rules.py",
        "tests/cli/test_unknown_versions.py",
    ],
    "lint": ["tests/lint", "tests/fix", "tests/cli/test_troubles.py"],
    "fix": ["tests/fix", "tests/cli/test_fix_files.py"],
    "report": [
        "tests/report",
        *(f"tests/cli/test_{each}.py" for each in "output inspect clusters verify coverage".split()),
    ],
    "generate": ["tests/generate"],
    "cli": ["tests/cli", "tests/report"],
    "conntrack.py": ["tests/dataplane/test_conntrack_counters.py", "tests/dataplane/test_table_rules.py"],
    "rules/loading": ["tests/coredns", "tests/lint/test_suppression.py"],
    "rules/resolver": ["tests/resolver"],
    "rules/coredns": ["tests/coredns/test_coredns_rules.py", "tests/coredns/test_customized.py"],
    "rules/proxy": ["tests/proxy", "tests/test_cluster_kube_proxy.py"],
    "rules/dataplane": ["tests/dataplane"],
}
# whose tests are no examples of rules: these would only take long
WITHOUT_EXAMPLES = ("text", "golang", "verify", "clusters", "report", "generate", "cli", "cache.py", "parallel.py")
# tests of time and of random inputs notice little, and rarely the same
SLOW = ("linear", "any_bytes", "growth", "any_json", "fuzz")
SECONDS_OF_A_MUTANT = 20.0
"""Of the processor."""


@dataclass
class Baseline:
    """What the tests do without a change."""

    seconds: dict[str, float]
    reached: dict[tuple[str, int], set[str]]
    imported: set[tuple[str, int]]

    def tests_of(self, mutant: Mutant) -> list[str]:
        """The tests that reach the line: those named like the module first, then the quick ones, within the time of a mutant."""
        place = (mutant.path, mutant.line)
        reached = self.reached.get(place, set())
        # a process that a test starts imports again what the others have since they were collected
        names = set(self.seconds) if place in self.imported else reached
        word = Path(mutant.path).stem.replace("_", "-")
        chosen, left = [], SECONDS_OF_A_MUTANT
        for name in sorted(
            names, key=lambda name: (f"[{word}-" not in name, name not in reached, self.seconds[name], name)
        ):
            left -= self.seconds[name]
            if left < 0 and chosen:
                break
            chosen.append(name)
        return chosen


def package_of(name: str) -> tuple[str, Path]:
    """The package whose tests bear on it, and what is changed."""
    path = ROOT / name
    if not path.exists():
        path = ROOT / ("rules/kpl_rules" if name.startswith("rules/") else "linter/kpl") / name.removeprefix("rules/")
    if not path.exists():
        sys.exit(f"there is no package {name}")
    inner = str(path.relative_to(ROOT)).replace("rules/kpl_rules/", "rules/").replace("linter/kpl/", "")
    parts = Path(inner).parts
    return ("/".join(parts[:2]) if parts[0] == "rules" else parts[0]), path


def copy_of_the_tree(folder: Path, number: int) -> Path:
    """The tree without the history: what a change is made in."""
    copy = folder / str(number) / "tree"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    (copy / "sitecustomize.py").write_text(STARTED_PROCESS)
    return copy


def inside(copy: Path) -> None:
    """Let this process, and those that it starts, run what lies in `copy`."""
    os.chdir(copy)
    paths = [str(copy / each) for each in SOURCES]
    ours = {str(ROOT / each) for each in SOURCES}
    sys.path[:] = [*paths, *(path for path in sys.path if path not in ours), str(copy)]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(copy), *paths])


def forked(work: Any, seconds: float) -> Any:
    """What `work` returns in a process of its own; None if it takes longer, or dies."""
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                writer.send(work())
        finally:
            os._exit(0)
    writer.close()
    try:
        return reader.recv() if reader.poll(seconds) else None
    except EOFError:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)


def measured(
    copy: Path, package: str, tests: list[str]
) -> tuple[dict[str, float], set[str], dict[str, dict[int, list[str]]]]:
    """Run in a process of its own: the seconds of each test, those that fail, and the tests that reach each line."""
    import coverage
    import pytest

    data = str(copy.parent / "coverage")
    os.environ.update(MUTATE_DATA=data, MUTATE_SOURCE=str(package))
    # started processes have no configuration beside them, and data with branches does not go with data without
    cover = coverage.Coverage(data_file=data, source=[str(package)], config_file=False)
    cover.start()
    shown = {path.stem.replace("_", "-") for path in Path(package).glob("*.py")} if "kpl_rules" in package else set()
    plugin = Measured(cover, lambda name: _bears(name, shown))
    code = pytest.main(["-q", "-p", "no:cacheprovider", *tests], plugins=[plugin])
    if code not in (0, 1):
        raise SystemExit(f"pytest ended with {code}")
    cover.stop()
    cover.save()
    cover.combine([str(copy.parent)], keep=False)
    found = cover.get_data()
    lines = {str(Path(path).relative_to(copy)): found.contexts_by_lineno(path) for path in found.measured_files()}
    return plugin.seconds, plugin.failed, lines


def _bears(name: str, shown: set[str]) -> bool:
    """Whether the test is worth its time: of the examples only those of the rules `shown`, if there are any."""
    path, _, rest = name.partition("::")
    if path == EXAMPLES and shown and "[" in rest:
        return rest.partition("[")[2].rstrip("]").rpartition("-")[0] in shown
    return not any(word in rest for word in SLOW)


def baseline(copy: Path, changed: Path, tests: list[str]) -> Baseline:
    """Run the tests once, without a change."""
    folder = copy / changed.relative_to(ROOT)
    result = forked(lambda: measured(copy, str(folder if folder.is_dir() else folder.parent), tests), 3600)
    if result is None:
        sys.exit("the tests did not run")
    seconds, failed, lines = result
    if failed:
        print(f"left out, because they fail without a change: {', '.join(sorted(failed))}")
    good = {name: took for name, took in seconds.items() if name not in failed}
    reached = {
        (path, line): {name for name in names if name in good}
        for path, found in lines.items()
        for line, names in found.items()
    }
    imported = {(path, line) for path, found in lines.items() for line, names in found.items() if "" in names}
    return Baseline(good, reached, imported)


def exit_code(tests: list[str]) -> int:
    """Run the tests in this process until one fails."""
    import pytest

    files = list(dict.fromkeys(name.partition("::")[0] for name in tests))
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *files], plugins=[Chosen(tests)]))


def tried(copy: Path, mutant: Mutant, tests: list[str], stamp: int) -> bool:
    """Make the change, run the tests, take it back."""
    if not tests:
        return False
    path = copy / mutant.path
    before, times = path.read_text(), path.stat()
    path.write_text(mutant.applied(before))
    # Python tells bytecode of other text by the second of its time
    os.utime(path, (stamp, stamp))
    try:
        code = forked(lambda: exit_code(tests), SECONDS_OF_A_MUTANT * 6)
        # without an answer the change made a test hang or end the process; 2 is a module that cannot be imported
        if code not in (0, 1, 2, None):
            sys.exit(f"pytest ended with {code}")
        return code != 0
    finally:
        path.write_text(before)
        os.utime(path, (times.st_atime, times.st_mtime))


def worker(copy: Path, known: Baseline, todo: Any, done: Any) -> None:
    """Try the changes that come in, one after the other."""
    inside(copy)
    # only what is not changed: each change begins with a fork of this process
    import jsonschema  # noqa: F401
    import lark  # noqa: F401
    import pytest  # noqa: F401
    import ruamel.yaml  # noqa: F401

    stamp = int(time.time())
    while (mutant := todo.get()) is not None:
        stamp += 2
        tests = known.tests_of(mutant)
        done.put((mutant, len(tests), tried(copy, mutant, tests, stamp)))


def main() -> None:
    """Print the share of changes that were noticed, and the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package")
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--seed", type=int, nargs="*", help="several make several samples")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    os.nice(10)
    package, changed = package_of(chosen.package)
    found = [mutant for path in modules(changed) for mutant in mutants(ROOT, path)]
    size = min(chosen.sample or len(found), len(found))
    samples = {seed: random.Random(seed).sample(found, size) for seed in chosen.seed or [1]}
    picked = list(dict.fromkeys(mutant for sample in samples.values() for mutant in sample))
    tests = [*BEARING[package], *([] if package in WITHOUT_EXAMPLES else [EXAMPLES])]
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kpl-mutate-") as folder:
        copies = [copy_of_the_tree(Path(folder), number) for number in range(chosen.workers)]
        inside(copies[0])
        known = baseline(copies[0], changed, tests)
        print(
            f"{chosen.package}: {len(found)} changes, {len(picked)} of them tried, {len(known.seconds)} tests",
            flush=True,
        )
        todo: Any = multiprocessing.Queue()
        done: Any = multiprocessing.Queue()
        processes = [multiprocessing.Process(target=worker, args=(copy, known, todo, done)) for copy in copies]
        for process in processes:
            process.start()
        for mutant in [*picked, *[None] * len(processes)]:
            todo.put(mutant)
        survived = {mutant: number for mutant, number, killed in (done.get() for _ in picked) if not killed}
        for process in processes:
            process.join()
        for mutant, number in sorted(survived.items(), key=lambda each: (each[0].path, each[0].line, each[0].start)):
            print(f"\nsurvived {number} tests" if number else "\nno test reaches this line")
            print(mutant.diff((copies[0] / mutant.path).read_text()), end="")
    print()
    for seed, sample in samples.items():
        killed = sum(mutant not in survived for mutant in sample)
        share = 100 * killed / max(len(sample), 1)
        print(f"{chosen.package}: {killed} of {len(sample)} changes killed with seed {seed} ({share:.0f} %)")
    print(f"{time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
