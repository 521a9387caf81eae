"""Dumps of large nodes: ``generate`` writes one, ``objects`` its Services and EndpointSlices, ``run`` times kpl on them.

``run`` measures whole processes in turn, so that a machine that slows down slows all of them: ``kpl lint DUMP`` with all
default rules, the real ``iptables-restore --test`` of both backends in a network namespace of their own, and awk, which
only counts the jumps. Give it the kpl of an installed wheel: a checkout builds its parsers anew in each run.
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

SIZES = {"86k": 2_000, "860k": 20_000}
"""Lines of the dump, and its Services with ten endpoints each."""

AWK = '{for (i = 1; i < NF; i++) if ($i == "-j") jumps[$(i + 1)]++} END {print length(jumps)}'


def measured(command: list[str]) -> float | str:
    """How many seconds `command` takes; what it says where it cannot do its work (kpl's exit code 1 means findings)."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        actions = [(os.POSIX_SPAWN_DUP2, said.fileno(), 1), (os.POSIX_SPAWN_DUP2, said.fileno(), 2)]
        process = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
        _, status = os.waitpid(process, 0)
        spent = time.perf_counter() - start
        if os.waitstatus_to_exitcode(status) not in (0, 1) or (status and "lint" not in command):
            said.seek(0)
            return said.read(300).decode(errors="replace").strip().partition("\n")[0] or f"exit status {status}"
    return spent


def peak_memory(command: list[str]) -> int:
    """The most memory that `command` and its children have at one time, in bytes, what they share counted once.

    Looked at every few milliseconds in a run of its own, since the looking takes time; 0 where there is no /proc.
    """
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            try:
                children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            except OSError:
                children = []
            peak = max(peak, sum(map(_share_of_memory, [str(process.pid), *children])))
            time.sleep(0.003)
    return peak


def _share_of_memory(process: str) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def peers(dump: Path) -> tuple[dict[str, list[str]], list[str]]:
    """The commands to compare with, and why others are left out."""
    commands, left_out = {"awk, counting jumps": ["awk", AWK, str(dump)]}, []
    for backend in ("nft", "legacy"):
        tool = f"iptables-{backend}-restore"
        if os.geteuid() != 0 or not shutil.which("unshare"):
            left_out.append(f"{tool}: needs root and unshare for a network namespace")
        elif not shutil.which(tool):
            left_out.append(f"{tool}: not installed")
        else:
            commands[f"{tool} --test"] = ["unshare", "-n", tool, "--test", str(dump)]
    return commands, left_out


def compare(kpl: str, dump: Path, runs: int) -> None:
    """Print the table of one dump."""
    commands, left_out = peers(dump)
    name = "kpl lint"
    commands = {name: [kpl, "lint", str(dump)], **commands}
    results: dict[str, list[float]] = {each: [] for each in commands}
    for number in range(runs + 1):
        for each in list(commands):
            once = measured(commands[each])
            if isinstance(once, str):
                left_out.append(f"{each}: {once}")
                del commands[each], results[each]
            elif number:  # the first round warms the caches of the disk
                results[each].append(once)
    size = dump.stat().st_size
    with dump.open("rb") as file:
        lines = sum(1 for _ in file)
    print(f"\n{lines:,} lines, {size / 1e6:.1f} MB; {runs} runs, seconds")
    print(f"{'':<32} {'min':>7} {'median':>7} {'max':>7}   {'kpl is':>9}   peak memory")
    for each, seconds in results.items():
        pairs = zip(results.get(name, ()), seconds, strict=False)
        ratio = statistics.median(own / other for own, other in pairs) if results.get(name) else 0
        memory = peak_memory(commands[each])
        print(
            f"{each:<32} {min(seconds):7.2f} {statistics.median(seconds):7.2f} {max(seconds):7.2f}   "
            f"{ratio:7.2f} x   {memory / 1e6:7.1f} MB, {memory / size:5.1f} x the file"
        )
    for each in left_out:
        print(f"left out: {each}")
    if name not in results:
        sys.exit("kpl cannot be measured")


def growth(kpl: str, small: Path, large: Path, runs: int) -> None:
    """Print how much longer kpl takes for `large`, the two in turn."""
    ratios = []
    for _ in range(runs):
        pair = [measured([kpl, "lint", str(dump)]) for dump in (small, large)]
        first, second = (each for each in pair if not isinstance(each, str))
        ratios.append(second / first)
    print(f"\nten times the lines: {statistics.median(ratios):.1f} x the time ({min(ratios):.1f} to {max(ratios):.1f})")


def run(options: argparse.Namespace) -> None:
    """The subcommand of that name."""
    kpl = options.kpl or shutil.which("kpl")
    if not kpl:
        sys.exit("no kpl: give --kpl PATH")
    print(
        f"{platform.platform()}, {platform.machine()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )
    sizes = list(SIZES) if options.lines == "both" else [options.lines]
    dumps = []
    with tempfile.TemporaryDirectory() as scratch:
        for size in sizes:
            dump = Path(scratch) / f"{size}.iptables"
            with dump.open("wb") as file:
                # in a process of its own: a child's peak memory is never less than its parent's
                command = [sys.executable, __file__, "generate", "--services", str(SIZES[size]), "--release"]
                subprocess.run([*command, options.release], stdout=file, check=True)
            compare(kpl, dump, options.runs)
            dumps.append(dump)
        if len(dumps) == 2:
            growth(kpl, *dumps, options.runs)


def generate(options: argparse.Namespace) -> None:
    """The subcommand of that name."""
    from random import Random

    from calico import add_calico
    from iptables_mode import Proxier, dump

    release = (int(options.release.split(".")[0]), int(options.release.split(".")[1]))
    tables = Proxier(_cluster(options), release).tables()
    if options.calico:
        add_calico(tables, options.calico)
    chance = Random(1)
    for line in dump(tables):
        if options.counters and line.startswith("-A "):
            packets = chance.randrange(100_000)
            line = f"[{packets}:{packets * chance.randint(40, 1500)}] {line}"
        sys.stdout.write(f"{line}\n")


def objects(options: argparse.Namespace) -> None:
    """The subcommand of that name."""
    from clusters import manifests

    sys.stdout.writelines(manifests(_cluster(options)))


def _cluster(options: argparse.Namespace):  # type: ignore[no-untyped-def]
    from clusters import generated, situation

    if options.situation:
        return situation(options.situation)
    return generated(options.services, options.endpoints, options.node_ports, options.affinity, options.ranges)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, action, text in (
        ("generate", generate, "write a dump as kube-proxy's node would give it"),
        ("objects", objects, "write the Services and EndpointSlices of the same cluster"),
    ):
        command = commands.add_parser(name, help=text)
        command.set_defaults(action=action)
        command.add_argument("--services", type=int, default=2000)
        command.add_argument("--endpoints", type=int, default=10, help="of each Service")
        command.add_argument("--node-ports", type=int, default=0, help="so many of the Services are of type NodePort")
        command.add_argument("--affinity", type=int, default=0, help="so many have session affinity")
        command.add_argument("--ranges", type=int, default=0, help="so many are load balancers with source ranges")
        command.add_argument("--situation", type=Path, help="the objects of this JSON file instead")
        if name == "generate":
            command.add_argument("--release", default="1.37", help="of Kubernetes, 1.24 to 1.37")
            command.add_argument("--calico", type=int, default=0, help="add Calico's rules for so many pods")
            command.add_argument("--counters", action="store_true", help="as iptables-save -c")
    command = commands.add_parser("run", help="time kpl on generated dumps, next to the real tools")
    command.set_defaults(action=run)
    command.add_argument("--lines", choices=[*SIZES, "both"], default="86k")
    command.add_argument("--runs", type=int, default=5)
    command.add_argument("--kpl", help="the installed kpl to measure")
    command.add_argument("--release", default="1.37")
    options = parser.parse_args()
    options.action(options)


if __name__ == "__main__":
    main()
