"""The clusters of a run, as the commands take them from files, configurations and the command line."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from support import ROOT
from support import here as kpl

COREFILE = """\
. {
    kubernetes cluster.local
    forward a.example 192.0.2.1 {
        failover SERVFAIL
    }
    forward . 192.0.2.1
    cache 30
    errors
    ready
}
"""


def image(release: str) -> str:
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: coredns, namespace: kube-system}\nspec:\n  template:\n"
        f"    spec:\n      containers:\n      - {{name: coredns, image: coredns/coredns:{release}}}\n"
    )


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Two clusters and what both of them use."""
    for path, text in {
        "east/d.yaml": image("1.11.3"),
        "west/d.yaml": image("1.14.7"),
        "base/Corefile": COREFILE,
    }.items():
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(text)
    return tmp_path


def refused_in(folder: Path, *words: str) -> list[str]:
    """The clusters in which CoreDNS refuses the Corefile: `all` where it is refused in each."""
    out = kpl(folder, "lint", "--format", "json", "--select", "KPL010", *words)
    return [name for each in json.loads(out.stdout) for name in each.get("clusters", ["all"])]


def test_folders_tell(fleet: Path) -> None:
    assert refused_in(fleet) == ["east"]
    assert refused_in(fleet, "--coredns-version", "1.11.3") == ["all"]


def test_each_folder_may_have_a_configuration(fleet: Path) -> None:
    (fleet / "base/.kpl.yaml").write_text("cluster: {coredns: 1.10.1}\n")
    assert refused_in(fleet) == ["all"]
    (fleet / "base/.kpl.yaml").write_text("cluster: {coredns: 1.14.7}\n")
    assert refused_in(fleet) == []
    # for those who name one, it is the only one
    (fleet / "own.yaml").write_text("select: [KPL010]\n")
    assert refused_in(fleet, "--config", "own.yaml") == ["east"]
    assert refused_in(fleet, "--no-config") == ["east"]
    # and one that is wrong is told with its place
    (fleet / "base/.kpl.yaml").write_text("cluster: {coredn: 1.14.7}\n")
    out = kpl(fleet, "lint")
    assert out.returncode == 2
    assert b"base/.kpl.yaml:1:11: `coredn` is not a setting; did you mean `coredns`?" in out.stderr


def test_the_configuration_names_clusters(fleet: Path) -> None:
    clusters = "clusters:\n  one: {paths: ['*/d.yaml'], coredns: 1.14.7}\n  two: {paths: [west/**], coredns: 1.10.1}\n"
    (fleet / ".kpl.yaml").write_text(clusters)
    assert refused_in(fleet) == ["two"]
    assert refused_in(fleet, "--coredns-version", "1.14.7") == []


def test_verify_judges_for_each_cluster(fleet: Path) -> None:
    out = kpl(fleet, "verify").stdout.decode().splitlines()
    assert "base/Corefile:4:9: refuses (CoreDNS 1.11.3, in east, setup)" in out
    assert "base/Corefile: loads (CoreDNS 1.14.7, in west)" in out
    records = json.loads(kpl(fleet, "verify", "--format", "json").stdout)
    assert [(each["clusters"], each["verdict"]) for each in records] == [(["east"], "refuses"), (["west"], "loads")]
    assert (
        "clusters" not in json.loads(kpl(fleet, "verify", "--format", "json", "--coredns-version", "1.14.7").stdout)[0]
    )


def test_contradicting_releases_are_told(fleet: Path) -> None:
    (fleet / "east/old.yaml").write_text(image("1.8.6"))
    out = kpl(fleet, "lint").stderr.decode()
    assert "kpl: warning: east has 2 CoreDNS releases, 1.8.6 and 1.11.3, so kpl uses none of them; " in out


def test_the_clusters_are_shown_with_the_places_of_their_facts(fleet: Path) -> None:
    (fleet / ".kpl.yaml").write_text("cluster:\n  nodes: 3\n")
    out = kpl(fleet, "clusters", "--kernel", "6.1", "--files").stdout.decode().splitlines()
    assert out == [
        "east",
        "  CoreDNS release          1.11.3         east/d.yaml:8",
        "  Kubernetes release       1.37           default: the newest release that kpl knows",
        "  cluster domain           cluster.local  default",
        "  Corefile of cluster DNS  Corefile       base/Corefile:1",
        "  nodes                    3              .kpl.yaml:2",
        "  oldest kernel            6.1            command line",
        "  2 files, 1 shared with other clusters",
        "    east/d.yaml",
        "    base/Corefile (shared)",
        "",
        "west",
        *[
            "  CoreDNS release          1.14.7         west/d.yaml:8",
            "  Kubernetes release       1.37           default: the newest release that kpl knows",
        ],
        *out[14:18],
        "  2 files, 1 shared with other clusters",
        "    west/d.yaml",
        "    base/Corefile (shared)",
        "",
        "3 files checked (2 YAML, 1 Corefile); not checked: 1 without relevant content.",
    ]


def test_the_clusters_as_json_stand_their_schema(fleet: Path) -> None:
    schema = json.loads((ROOT / "linter/kpl/report/clusters.schema.json").read_text())
    out = kpl(fleet, "clusters", "--format", "json")
    shown = json.loads(out.stdout)
    Draft202012Validator(schema).validate(shown)
    assert [(each["name"], [file["path"] for file in each["files"]]) for each in shown] == [
        ("east", ["east/d.yaml", "base/Corefile"]),
        ("west", ["west/d.yaml", "base/Corefile"]),
    ]
    alone = json.loads(kpl(fleet / "base", "clusters", "--format", "json").stdout)
    assert [each["name"] for each in alone] == [""]


def in_git(folder: Path) -> None:
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def test_facts_come_from_the_whole_work_tree(fleet: Path) -> None:
    assert refused_in(fleet, "base/Corefile") == []  # no work tree, and nothing else to see
    in_git(fleet)
    for words in (["base/Corefile"], ["base"], ["--", "base/Corefile", "west/d.yaml"]):
        assert refused_in(fleet, *words) == ["east"]
        assert refused_in(fleet, "--no-context", *words) == []
    assert refused_in(fleet / "base", "Corefile") == ["east"]
    verdicts = json.loads(kpl(fleet, "verify", "--format", "json", "base/Corefile").stdout)
    assert [(each["clusters"], each["version"]) for each in verdicts] == [(["east"], "1.11.3"), (["west"], "1.14.7")]
    # and findings from the files given
    (fleet / "west/Corefile").write_text(". {\n    loop x\n}\n")
    in_git(fleet)
    assert refused_in(fleet, "base/Corefile") == ["east"]
    out = kpl(
        fleet,
        "lint",
        "--format",
        "json",
        "--select",
        "KPL010",
        "-",
        "--stdin-filename",
        "base/x.corefile",
        stdin=COREFILE.encode(),
    )
    assert [each["clusters"] for each in json.loads(out.stdout)] == [["east"]]


def test_new_files_are_no_context(fleet: Path) -> None:
    in_git(fleet)
    (fleet / "west/d.yaml").unlink()
    (fleet / "west/new.yaml").write_text(image("1.9.3"))
    assert refused_in(fleet, "base/Corefile") == ["all"]  # in the only cluster that is left


def test_a_fix_is_the_same_in_a_run_over_one_file_and_over_all(fleet: Path) -> None:
    text = ". {\n    kubernetes cluster.local\n    forward . 192.0.2.1\n}\n"
    (fleet / "east/Corefile").write_text(text)
    in_git(fleet)
    whole = kpl(fleet, "fix", "--diff", "--unsafe-fixes").stdout
    alone = kpl(fleet, "fix", "--diff", "--unsafe-fixes", "east/Corefile").stdout
    assert b"+    cache 30" in alone
    assert alone in whole


def test_the_example_of_a_fleet(tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    shutil.copytree(ROOT / "examples/fleet", folder)
    in_git(folder)
    shown = json.loads(kpl(folder, "clusters", "--format", "json").stdout)
    assert [(each["name"], each["facts"][0]["value"], len(each["files"])) for each in shown] == [
        ("prod-eu", "1.14.7", 8),
        ("prod-us", "1.14.7", 8),
        ("lab", "1.11.3", 8),
    ]
    whole = kpl(folder, "lint", "--format", "json").stdout
    assert [(each["code"], each["clusters"]) for each in json.loads(whole)] == [("KPL010", ["lab"])]
    assert kpl(folder, "lint", "--format", "json", "infrastructure/dns/coredns.yaml").stdout == whole
    assert kpl(folder, "lint", "apps", "clusters").returncode == 0


def test_a_command_that_looks_at_one_dump_has_no_context_to_leave_out(tmp_path: Path) -> None:
    assert b"--no-context" not in kpl(tmp_path, "inspect", "--help").stdout
    for command in ("lint", "fix", "verify", "clusters"):
        assert b"--no-context" in kpl(tmp_path, command, "--help").stdout
