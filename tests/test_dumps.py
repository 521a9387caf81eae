"""The generator of dumps in benchmarks/ writes what kube-proxy and iptables write."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.inputs.dumps.ruleset import Ruleset
from kpl.inputs.objects.endpointslices import EndpointSlice
from kpl.inputs.objects.services import Service
from kpl.inputs.read import read
from kpl.proxy.dumps.inspection import inspect_iptables
from kpl.proxy.iptables.states import node_states
from kpl.proxy.node.compare import differences
from kpl.proxy.services.expected import expected_states
from kpl.proxy.services.selection import NodeFacts
from kpl.text.version import Version
from support import IS_ROOT, ROOT, SHARED, run

BENCHMARKS = ROOT / "benchmarks"
if str(BENCHMARKS) not in sys.path:
    sys.path.append(str(BENCHMARKS))

from calico import add_calico  # noqa: E402
from clusters import generated, manifests, situation  # noqa: E402
from iptables_mode import Proxier, dump  # noqa: E402

CORPUS = SHARED / "corpus" / "proxier"

FREE_ORDER = ("KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-EXTERNAL-SERVICES", "KUBE-PROXY-FIREWALL")
"""In these chains kube-proxy writes the Services in the order of a Go map, another one in each sync."""

RELEASES = [(1, minor) for minor in range(24, 38)]


def programmed() -> list[Path]:
    """What kube-proxy 1.24 and later programmed for known objects, saved by iptables-nft-save."""
    paths = (*CORPUS.glob("*/*.iptables"), *CORPUS.glob("*/*.iptables.gz"))
    known = [path for path in paths if path.name.removesuffix(".gz").count(".") == 1]
    return sorted(path for path in known if release_of(path) >= (1, 24))


def release_of(path: Path) -> tuple[int, int]:
    major, minor = path.parent.name.split(".")
    return int(major), int(minor)


def comparable(lines: Iterable[str]) -> list[str]:
    """The lines without comments and counters, sorted where the order is by chance; what must be last stays last."""
    found: list[str] = []
    free: list[tuple[bool, str]] = []
    for line in lines:
        if line.startswith("#"):
            continue
        if line.startswith("-A ") and line.split(" ")[1] in FREE_ORDER:
            free.append(("must be the last rule" in line, line))
            continue
        found += [each for _, each in sorted(free)]
        free = []
        found.append(re.sub(r"\[\d+:\d+\]", "[0:0]", line))
    return found


@pytest.mark.skipif(not CORPUS.exists(), reason="needs what kube-proxy programmed")
@pytest.mark.parametrize("path", programmed(), ids=lambda path: f"{path.parent.name}/{path.name.partition('.')[0]}")
def test_it_writes_what_kube_proxy_wrote(path: Path, tmp_path: Path) -> None:
    name = path.name.partition(".")[0]
    objects = CORPUS / "situations" / f"{name}.json"
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
        objects = tmp_path / "objects.json"
        objects.write_bytes(gzip.decompress((CORPUS / "situations" / f"{name}.json.gz").read_bytes()))
    # the second address is on an interface and in no object; the runs of 1.24 did not learn the node's IP
    addresses = ["127.0.0.1"] * (release_of(path) == (1, 24)) + ["192.168.77.1", "10.77.0.1"]
    made = dump(Proxier(situation(objects, addresses), release_of(path)).tables())
    assert comparable(made) == comparable(data.decode().splitlines())


def mixed_dump(services: int = 40, release: tuple[int, int] = (1, 37), counters: bool = False) -> str:
    """A dump that has a bit of everything."""
    tables = Proxier(generated(services, endpoints=7, node_ports=12, affinity=9, ranges=8), release).tables()
    add_calico(tables, 5)
    lines = dump(tables)
    if counters:
        lines = (f"[{number}:{number * 60}] {line}" if line[:3] == "-A " else line for number, line in enumerate(lines))
    return "\n".join([*lines, ""])


@pytest.mark.parametrize("release", RELEASES)
def test_what_it_writes_is_in_order(release: tuple[int, int]) -> None:
    text = mixed_dump(release=release)
    result = run({"node.iptables": text})
    assert not [f"{finding.code}: {finding.message}" for finding in result.findings]
    for table in parse_iptables_save(text).tables:
        targets = {target for target in table.target if target.startswith(("KUBE-", "cali-"))}
        assert targets <= table.chains.keys()
        assert table.complete
        assert not table.unread


@pytest.mark.parametrize("release", RELEASES)
def test_a_node_is_what_its_objects_ask_for(release: tuple[int, int]) -> None:
    """The Services and EndpointSlices, and what kube-proxy of each release makes of them."""
    cluster = generated(12, endpoints=3, node_ports=4, affinity=3, ranges=2)
    text = "\n".join([*dump(Proxier(cluster, release).tables()), ""])
    objects = "".join(manifests(cluster)).replace("metadata:\n", "metadata:\n  uid: '1'\n")
    version = Version(f"{release[0]}.{release[1]}")
    (found,) = inspect_iptables(parse_iptables_save(text))
    assert Version(found.oldest or "1.0") <= version <= Version(found.newest or "1.99")
    assert (found.mode, found.complete) == ("iptables", True)
    (state,) = node_states(parse_iptables_save(text))
    reading = read("objects.yaml", objects.encode())
    assert reading is not None
    models = [document.model for document in reading.documents]
    services = [each for each in models if isinstance(each, Service)]
    slices = [each for each in models if isinstance(each, EndpointSlice)]
    (wanted,) = expected_states(services, slices, NodeFacts("node-0"), version)
    assert len(wanted.ports) == len(state.ports) == 12
    assert differences(wanted, state) == []
    known = {"kubernetes": str(version)}
    assert run({"objects.yaml": objects, "node.iptables": text}, ("KPL47",), known).findings == []
    # an endpoint that is not there any more
    address = slices[0].endpoints[0].addresses[0]
    without = objects.replace(f'"{address}"', '"10.99.99.99"')
    assert without != objects
    codes = {each.code for each in run({"objects.yaml": without, "node.iptables": text}, ("KPL47",), known).findings}
    assert codes == {"KPL472", "KPL473"}


def test_the_command_line() -> None:
    def said(*words: str) -> str:
        command = [sys.executable, str(BENCHMARKS / "dumps.py"), *words, "--services", "6", "--endpoints", "2"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
        return subprocess.run(command, capture_output=True, check=True, text=True, env=environment).stdout

    plain, counted = said("generate", "--release", "1.29"), said("generate", "--release", "1.29", "--counters")
    assert counted != plain
    assert re.sub(r"(?m)^\[\d+:\d+\] ", "", counted) == plain
    assert said("objects") == "".join(manifests(generated(6, 2)))
    assert said("objects").count("kind: EndpointSlice") == 6


def in_a_namespace(script: str, text: str) -> str:
    command = ["unshare", "-n", "sh", "-ec", script]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def entries(ruleset: Ruleset) -> dict[str, list[object]]:
    """The rules of each table with everything in them, and its chains."""
    return {
        table.name: [sorted(table.chains), *(table.entry(row) for row in range(len(table.chain)))]
        for table in sorted(ruleset.tables, key=lambda table: table.name)
        if table.chain
    }


def values(found: dict[str, list[object]], counters: bool) -> str:
    """The same without the places."""
    text = re.sub(r", span=Span\(.*?\)", "", repr(found))
    return text if counters else re.sub(r"counters=(None|\(\d+, \d+\))", "", text)


@pytest.mark.skipif(not IS_ROOT, reason="only root can load rules")
@pytest.mark.parametrize("counters", [False, True])
@pytest.mark.parametrize("backend", ["nft", "legacy"])
@pytest.mark.parametrize("release", [(1, 24), (1, 37)])
def test_the_kernel_gives_back_what_was_read(backend: str, counters: bool, release: tuple[int, int]) -> None:
    needed = ["unshare", "iptables-nft-restore", "iptables-legacy-restore"]
    objects = ""
    if release >= (1, 31):
        needed.append("nfacct")
        objects = "nfacct add ct_state_invalid_dropped_pkts; nfacct add localhost_nps_accepted_pkts;"
    missing = [tool for tool in needed if not shutil.which(tool)]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs network namespaces")
    text = mixed_dump(release=release, counters=counters)
    option = "-c" if counters else ""
    script = f"{objects} iptables-{backend}-restore {option}; iptables-{backend}-save {option}"
    saved = in_a_namespace(script, text)
    assert values(entries(parse_iptables_save(saved)), counters) == values(entries(parse_iptables_save(text)), counters)
