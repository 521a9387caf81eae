"""Mutates real files, and runs each command over each of them inside of this process; prints and keeps what should not be.

    python tests/fuzz/run.py --seed 1 --count 100000 [--corpus FOLDER]... [--out FOLDER]

A run is one command over one input. The input number N of a seed is always the same: `--start N --count 4` does it again.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import itertools
import re
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent))
from checks import COMMANDS, Violation, check
from minimise import minimised
from mutators import mutated
from seeds import Seed, collect

from kpl.errors import UsageError
from kpl.facts import Facts
from kpl.lint.settings import Settings
from kpl.text.version import Version

RELEASES = (None, None, None, "1.14.7", "1.8.0", "1.12.1", "1.6.9")


def main() -> int:
    """Do what the command line asks for; 1 where something was found."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--start", type=int, default=0, help="number of the first input")
    options.add_argument("--count", type=int, default=2000, help="runs")
    options.add_argument("--corpus", type=Path, action="append", default=[], help="folder of more files to mutate")
    options.add_argument("--largest", type=int, default=4000, help="bytes of the largest file to mutate")
    options.add_argument("--out", type=Path, help="folder for what is found, each kind once")
    chosen = options.parse_args()
    seeds = collect(chosen.corpus, chosen.largest)
    print(f"{len(seeds)} files to mutate", flush=True)
    found, runs = Counter[str](), Counter[str]()
    told = began = time.monotonic()
    gc.disable()
    for number in itertools.count(chosen.start):
        if runs.total() >= chosen.count:
            break
        if number % 200 == 0:
            gc.collect()
        seed, settings = made(chosen.seed, number, seeds)
        for command in COMMANDS:
            runs[command] += 1
            problem = violation(command, seed, settings)
            if problem is not None:
                _keep(problem, command, seed, settings, number, found, chosen.out)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(f"{runs.total():,} runs, input {number}, {told - began:.0f} s, {len(found)} kinds", flush=True)
    print(
        f"{runs.total():,} runs ({', '.join(f'{name} {count:,}' for name, count in runs.items())}), {time.monotonic() - began:.0f} s"
    )
    for signature, count in found.most_common():
        print(f"{count:6} {signature}")
    return 1 if found else 0


def made(seed: int, number: int, seeds: list[Seed]) -> tuple[Seed, Settings]:
    """The input of this number, and the settings of its runs."""
    random = Random(f"{seed} {number}")
    given = mutated(random, random.choice(seeds), seeds)
    release = random.choice(RELEASES)
    facts = Facts(coredns=Version(release)) if release else Facts()
    return given, Settings(select=random.choice(((), ("ALL",))), facts=facts)


def violation(command: str, seed: Seed, settings: Settings) -> Violation | None:
    """What is wrong with the run, if anything is."""
    try:
        check(command, seed, settings)
    except UsageError:
        return None
    except Violation as problem:
        return problem
    return None


def signature_of(problem: Violation) -> str:
    """The kind of a finding: without the words and the numbers of the file."""
    detail = re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`", "'…'", problem.detail)
    detail = re.sub(r"^\S+:\d+:\d+: ", "", detail)
    return f"{problem.kind} {re.sub('(?<!KPL)(?<![0-9])[0-9]+', 'N', detail)[:300]}"


def _keep(
    problem: Violation, command: str, seed: Seed, settings: Settings, number: int, found: Counter[str], out: Path | None
) -> None:
    signature = signature_of(problem)
    found[signature] += 1
    if found[signature] > 1 or out is None:
        return
    print(f"input {number}: {problem}"[:600], flush=True)

    def still(data: bytes) -> bool:
        again = violation(command, Seed(seed.name, data), settings)
        return again is not None and signature_of(again) == signature

    folder = out / f"{problem.kind}_{hashlib.sha256(signature.encode()).hexdigest()[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / seed.name).write_bytes(minimised(seed.data, still))
    rules = "ALL" if settings.select else "default"
    facts = f"rules {rules}, CoreDNS {settings.facts.coredns}"
    (folder / "REPORT").write_text(
        f"{problem}\nkpl {command} {seed.name}, {facts}, input {number}\n", errors="backslashreplace"
    )


if __name__ == "__main__":
    sys.exit(main())
