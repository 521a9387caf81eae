"""Archives on the command line."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from support import here as kpl

POD = (
    "kind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: true\n  containers:\n"
    "  - {name: a, image: 'x:1', env: [{name: A, value: 'http://b.c.svc.cluster.local'}]}\n"
)
COREFILE = ". {\n    forward . 9.9.9.9\n    cache 30\n    loop\n}\n"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "pod.yaml").write_text(POD)
    (tmp_path / "b" / "Corefile").write_text(COREFILE)
    (tmp_path / "b" / "messages.log").write_text("x\n")
    path = tmp_path / "b.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(tmp_path / "b", arcname=".")
    return path


def test_the_findings_are_those_of_the_folder(bundle: Path) -> None:
    ours, theirs = (kpl(bundle.parent, "lint", "--format", "concise", each) for each in ("b", "b.tar.gz"))
    assert ours.returncode == theirs.returncode == 1
    found = [line for line in theirs.stdout.replace(b"b.tar.gz:", b"b/").splitlines() if line.startswith(b"b/")]
    # only the files of the folder can be fixed
    assert all(any(line.startswith(each) for line in ours.stdout.splitlines()) for each in found)
    assert len(found) == sum(line.startswith(b"b/") for line in ours.stdout.splitlines()) > 0
    assert b"b.tar.gz:pod.yaml:4:" in theirs.stdout
    assert b"2 files checked" in theirs.stderr + theirs.stdout


def test_an_archive_is_never_written(bundle: Path) -> None:
    before = bundle.read_bytes()
    done = kpl(bundle.parent, "fix", "--unsafe-fixes", "b.tar.gz")
    assert b"b.tar.gz:pod.yaml is in an archive, so kpl fix does not write it" in done.stderr
    assert bundle.read_bytes() == before
    assert [each.name for each in bundle.parent.iterdir() if each.name not in ("b", "b.tar.gz")] == []


def test_an_archive_in_a_folder_is_left(bundle: Path) -> None:
    done = kpl(bundle.parent, "lint", "--show-skipped", ".")
    assert b"b.tar.gz: not checked: it has a name that kpl does not read" in done.stdout + done.stderr
    done = kpl(bundle.parent, "lint", "--format", "concise", ".", "b.tar.gz")
    assert b"b.tar.gz:pod.yaml:4:" in done.stdout
    assert b"b/pod.yaml:4:" in done.stdout


def test_an_archive_with_nothing_for_kpl(bundle: Path) -> None:
    with tarfile.open(bundle.parent / "empty.tar", "w") as archive:
        archive.add(bundle.parent / "b" / "messages.log", arcname="messages.log")
    (bundle.parent / "damaged.zip").write_bytes(b"PK\3\4")
    done = kpl(bundle.parent, "lint", "empty.tar", "b.tar.gz")
    assert done.returncode == 2
    assert b"kpl: error: empty.tar was not checked: it contains no file that kpl checks" in done.stderr
    done = kpl(bundle.parent, "lint", "damaged.zip")
    assert done.returncode == 2
    assert b"kpl: error: damaged.zip was not checked: it is a damaged or incomplete archive" in done.stderr


def test_the_configuration_excludes_files_in_it(bundle: Path) -> None:
    (bundle.parent / ".kpl.yaml").write_text("exclude: ['b.tar.gz/pod.yaml']\n")
    done = kpl(bundle.parent, "files", "b.tar.gz")
    assert b"b.tar.gz:pod.yaml: not checked: it is excluded by the configuration" in done.stdout
    assert b"b.tar.gz:Corefile: Corefile" in done.stdout


def test_the_user_says_what_the_file_is(bundle: Path) -> None:
    done = kpl(bundle.parent, "files", "--as", "corefile", "b.tar.gz")
    assert b"b.tar.gz:" not in done.stdout.replace(b"b.tar.gz: ", b"")


def test_its_configurations_are_verified(bundle: Path) -> None:
    folder = bundle.parent
    (folder / "b" / "log.override").write_text("log {\n    class a\n}\n")
    (folder / "b" / "proxy.yaml").write_text(
        "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: a\n"
    )
    with tarfile.open(bundle, "w:gz") as archive:
        archive.add(folder / "b", arcname=".")
    ours, theirs = (kpl(folder, "verify", "--format", "json", each) for each in ("b", "b.tar.gz"))
    assert ours.returncode == theirs.returncode == 1
    assert sorted(json.loads(theirs.stdout.replace(b"b.tar.gz:", b"b/")), key=str) == sorted(
        json.loads(ours.stdout), key=str
    )
    assert len(json.loads(ours.stdout)) == 3
    (folder / "b.tar.gz").write_bytes(b"\x1f\x8bno archive")
    done = kpl(folder, "verify", "b.tar.gz")
    assert (done.returncode, b"b.tar.gz" in done.stderr) == (2, True)
