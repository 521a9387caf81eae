"""What changed between two dumps, and what a run is about, as they are printed."""

from __future__ import annotations

import json

import pytest

from kpl.facts import Fact, Origin
from kpl.proxy.node.compare import Difference, DifferenceKind
from kpl.proxy.node.state import PortState
from kpl.report.changes import change_lines, record
from kpl.report.clusters import print_clusters
from kpl.report.diff import print_diff

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


@pytest.mark.parametrize(
    ("kind", "before", "after", "line"),
    [
        (DifferenceKind.SERVICE_MISSING, ("10.96.0.7:80",), (), "service gone: 10.96.0.7:80"),
        (DifferenceKind.SERVICE_LEFT_OVER, (), ("10.96.0.7:80",), "service new: 10.96.0.7:80"),
        (DifferenceKind.EXTERNAL_IP_MISSING, ("192.0.2.1",), (), "external IP gone: 192.0.2.1"),
        (DifferenceKind.LOAD_BALANCER_IP_MISSING, ("192.0.2.1",), (), "load-balancer IP gone: 192.0.2.1"),
        (DifferenceKind.ADDRESS_LEFT_OVER, (), ("192.0.2.1", "192.0.2.2"), "address new: 192.0.2.1, 192.0.2.2"),
        (DifferenceKind.ENDPOINT_LEFT_OVER, (), ("10.1.0.1:80",), "endpoint new: 10.1.0.1:80"),
        (DifferenceKind.ANSWERED, (), ("10.1.0.1:80",), "has endpoints now: 10.1.0.1:80"),
        (DifferenceKind.NOT_ANSWERED, ("10.1.0.1:80",), (), "no endpoints anymore: 10.1.0.1:80"),
        (DifferenceKind.NODE_PORT, ("30080",), (), "node port: 30080 -> none"),
        (DifferenceKind.POLICY, ("Local",), ("Cluster",), "traffic policy: Local -> Cluster"),
        (DifferenceKind.SOURCE_RANGES, (), ("10.0.0.0/8", "::/0"), "source ranges: none -> 10.0.0.0/8, ::/0"),
    ],
)
def test_a_change_is_called_what_happened(
    kind: DifferenceKind, before: tuple[str, ...], after: tuple[str, ...], line: str
) -> None:
    change = Difference(kind, WEB, before, after)
    assert list(change_lines([change])) == [f"shop/web:http TCP: {line}"]
    made = record(change)
    assert (made["kind"], made["before"], made["after"]) == (line.partition(":")[0], list(before), list(after))


def test_only_traffic_from_outside_is_named() -> None:
    change = Difference(DifferenceKind.ENDPOINT_MISSING, WEB, ("10.1.0.1:80",), ())
    for way, shown in (("internal", ""), ("external", " (external traffic)"), ("", "")):
        (line,) = change_lines([change._replace(way=way)])
        assert line == f"shop/web:http TCP: endpoint gone{shown}: 10.1.0.1:80"
        assert record(change._replace(way=way))["way"] == (way or None)


def test_clusters_that_share_nothing_are_counted_so(capsys: pytest.CaptureFixture[str]) -> None:
    facts = [Fact("release", "1.14.7\x1b", Origin("a.yaml"))]
    print_clusters([("a", facts, [("x", False)] * 1200), ("b", facts, [("x", True)])], "text", list_files=False)
    assert capsys.readouterr().out.split("\n") == [
        "a",
        "  release  1.14.7\\x1b  a.yaml",
        "  1,200 files",
        "",
        "b",
        "  release  1.14.7\\x1b  a.yaml",
        "  1 file, 1 shared with other clusters",
        "",
    ]


def lines_of_difference(old: str, new: str, capsys: pytest.CaptureFixture[str], color: str = "never") -> list[str]:
    print_diff("f", old, new, color)
    return capsys.readouterr().out.split("\n")[:-1]


def test_a_difference_is_unified_and_says_where_a_last_line_has_no_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_of_difference("a\nb\x1b\nc", "a\nB\nc", capsys) == [
        "--- f",
        "+++ f",
        "@@ -1,3 +1,3 @@",
        " a",
        "-b\\x1b",
        "+B",
        " c",
        "\\ No newline at end of file",
    ]
    assert lines_of_difference("a\x0cb\r\nc\n", "a\x0cb\r\nd\n", capsys)[3:] == [" a\\x0cb", "-c", "+d"]
    assert lines_of_difference("a\n", "a\n", capsys) == []


def test_a_difference_is_colored_by_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    shown = lines_of_difference("a\nb\n", "a\nc\n", capsys, "always")
    assert shown == [
        "--- f",
        "+++ f",
        "\x1b[36m@@ -1,2 +1,2 @@\x1b[0m",
        " a",
        "\x1b[31m-b\x1b[0m",
        "\x1b[32m+c\x1b[0m",
    ]


@pytest.mark.parametrize("distance", [1, 2, 3, 4, 5, 6, 7, 12, 30])
def test_a_hunk_neither_begins_nor_ends_with_what_looks_like_a_command(
    distance: int, capsys: pytest.CaptureFixture[str]
) -> None:
    around = [f"{number}\n" for number in range(distance - 1)]
    before, after = ["top\n", "::a::\n", *around], [*around, "::b::\n", "end\n"]
    shown = lines_of_difference("".join([*before, "x\n", *after]), "".join([*before, "y\n", *after]), capsys)
    hunk = shown[3:]
    assert not [line for line in shown if line.lstrip().startswith("::")]
    assert hunk[0].startswith(" ")
    assert hunk[-1].startswith(" ")
    # a command that cannot be left out is removed and added, which is no change
    inside = [line[1:] for line in hunk if "::" in line]
    assert inside == (["::a::", "::a::", "::b::", "::b::"] if inside else [])
    assert bool(inside) == (distance <= 3)
