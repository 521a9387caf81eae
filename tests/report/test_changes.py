"""What changed between two dumps, and what a run is about, as they are printed."""

from __future__ import annotations

import json

import pytest

from kpl.facts import Fact, Origin
from kpl.proxy.node.compare import Difference, DifferenceKind
from kpl.proxy.node.state import PortState
from kpl.report.changes import change_lines, record
from kpl.report.clusters import print_clusters

WEB = PortState("shop/web:http", "TCP", "10.96.0.7", 80)
DNS = PortState("kube-system/kube-dns:dns", "UDP", "10.96.0.10", 53)


def test_a_change_has_what_was_before_and_what_is_after() -> None:
    moved = Difference(DifferenceKind.CLUSTER_IP, WEB, ("10.96.0.7",), ("10.96.0.8",))
    gone = Difference(DifferenceKind.ENDPOINT_MISSING, WEB, ("10.1.0.1:80", "10.1.0.2:80"), (), "external")
    affinity = Difference(DifferenceKind.AFFINITY, WEB, (), ("10800",))
    assert record(gone) == {
        "kind": record(gone)["kind"],
        "service": "shop/web:http",
        "protocol": "TCP",
        "cluster_ip": "10.96.0.7",
        "way": "external",
        "before": ["10.1.0.1:80", "10.1.0.2:80"],
        "after": [],
    }
    assert record(moved)["way"] is None
    assert len({record(each)["kind"] for each in (moved, gone, affinity)}) == 3
    of_web, told, last = change_lines([moved, gone, affinity])
    assert of_web.startswith("shop/web:http TCP: ")
    assert of_web.endswith(": 10.96.0.7 -> 10.96.0.8")
    assert "external" in told
    assert told.endswith(": 10.1.0.1:80, 10.1.0.2:80")
    assert last.endswith(": none -> 10800")


def test_changes_are_told_by_service_and_none_in_one_line() -> None:
    changes = [
        Difference(DifferenceKind.SERVICE_LEFT_OVER, WEB, (), ("10.96.0.7:80",), "internal"),
        Difference(DifferenceKind.NOT_ANSWERED, DNS, (), ()),
    ]
    first, second = change_lines(changes)
    assert first.startswith("kube-system/kube-dns:dns UDP: ")
    assert not first.rstrip().endswith(":")
    assert second.startswith("shop/web:http TCP: ")
    assert second.endswith(": 10.96.0.7:80")
    assert "internal" not in second
    assert len(list(change_lines([]))) == 1


@pytest.mark.parametrize("list_files", [True, False])
def test_clusters_are_printed_with_their_facts_and_files(list_files: bool, capsys: pytest.CaptureFixture[str]) -> None:
    facts = [Fact("release", "1.14.7", Origin("a.yaml", 3)), Fact("a longer name", "x", Origin("told"))]
    files = [("a.yaml", False), ("base/Corefile", True), ("base/b.yaml", True)]
    print_clusters([("blue", facts, files), ("", facts[:1], files[:1])], "text", list_files=list_files)
    blue, other = capsys.readouterr().out.split("\n\n")
    name, release, longer, count, *listed = blue.splitlines()
    assert name == "blue"
    assert release.split() == ["release", "1.14.7", "a.yaml:3"]
    assert release.index("1.14.7") == longer.index(" x ") + 1
    assert count.split()[:2] == ["3", "files,"]
    assert "2 shared" in count
    shown = [line.split()[0] for line in listed]
    assert shown == (["a.yaml", "base/Corefile", "base/b.yaml"] if list_files else [])
    assert [line.endswith("(shared)") for line in listed] == [False, True, True] * list_files
    assert other.splitlines()[2:] == ["  1 file", "    a.yaml"][: 1 + list_files]
    print_clusters([("blue", facts, files)], "json", list_files=list_files)
    (made,) = json.loads(capsys.readouterr().out)
    assert made["name"] == "blue"
    assert made["facts"][0] == {"name": "release", "value": "1.14.7", "origin": "a.yaml", "line": 3}
    assert [(each["path"], each["shared"]) for each in made["files"]] == files
