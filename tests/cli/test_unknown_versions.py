"""A release that kpl does not know is told, wherever it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpl.cluster import nearest_kubernetes
from kpl.coredns.releases import VERSIONS
from kpl.coredns.versions import nearest_release, releases
from kpl.text.version import Version
from support import kpl

NEWEST = VERSIONS[-1]
UNKNOWN = [
    ("coredns", "2.0", f"CoreDNS 2.0 is not known; checked as {NEWEST}"),
    ("coredns", "1.99.0", f"CoreDNS 1.99 is not known; checked as {NEWEST}"),
    ("coredns", "1.14.99", "CoreDNS 1.14.99 is not known; checked as 1.14.7"),
    # it was skipped
    ("coredns", "1.11.2", "CoreDNS 1.11.2 is not known; checked as 1.11.1"),
    ("coredns", "0.9", "CoreDNS 0.9 is not known; checked as 1.0.0"),
    ("kubernetes", "1.99", "Kubernetes 1.99 is not known; checked as 1.37"),
    ("kubernetes", "2.0", "Kubernetes 2.0 is not known; checked as 1.37"),
    ("kubernetes", "0.31", "Kubernetes 0.31 is not known; checked as 1.12"),
]
KNOWN = [
    ("coredns", NEWEST),
    ("coredns", "v1.6.5"),
    ("coredns", "1.7.0"),
    ("kubernetes", "1.37"),
    # patch releases come all the time, and change nothing here
    ("kubernetes", "1.37.12"),
    ("kubernetes", "1.30.99"),
    ("kubernetes", "1.8"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Corefile").write_text(
        "lan {\n    whoami\n    errors\n    ready\n    health {\n        lameduck 5s\n    }\n}\n"
    )
    return tmp_path


@pytest.mark.parametrize("command", ["lint", "fix"])
@pytest.mark.parametrize(("program", "release", "told"), UNKNOWN)
def test_an_unknown_release_is_told_once(folder: Path, command: str, program: str, release: str, told: str) -> None:
    given = kpl(folder, command, f"--{program}-version", release)
    assert (given.returncode, given.stderr.decode().count(f"kpl: warning: {told}\n")) == (0, 1)
    (folder / ".kpl.yaml").write_text(f"cluster:\n  {program}: '{release}'\n")
    assert kpl(folder, command).stderr.decode().count(f"kpl: warning: {told}\n") == 1
    # what the command line says is what counts
    newest = {"coredns": NEWEST, "kubernetes": "1.37"}[program]
    assert b"is not known" not in kpl(folder, command, f"--{program}-version", newest).stderr


@pytest.mark.parametrize(("program", "release"), KNOWN)
def test_a_known_release_is_not_told(folder: Path, program: str, release: str) -> None:
    assert kpl(folder, "lint", f"--{program}-version", release).stderr == b""


def test_an_unknown_release_is_checked_as_what_was_told(tmp_path: Path) -> None:
    text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n"
    (tmp_path / "kube-proxy.yaml").write_text(text)
    unknown, newest = (
        kpl(tmp_path, "lint", "--format", "json", "--kubernetes-version", version).stdout
        for version in ("1.99", "1.37")
    )
    assert unknown == newest
    assert b"1.99" not in unknown


@pytest.mark.parametrize(("program", "release", "told"), UNKNOWN)
def test_nothing_is_generated_for_an_unknown_release(tmp_path: Path, program: str, release: str, told: str) -> None:
    for what in ["corefile", *(["kube-proxy"] if program == "kubernetes" else [])]:
        done = kpl(tmp_path, "generate", what, f"--{program}-version", release)
        assert (done.returncode, done.stdout) == (2, b"")
        assert told.partition(";")[0].encode() in done.stderr


def test_the_nearest_release() -> None:
    assert all(nearest_release(each) == each for each in releases())
    assert nearest_release(Version("1.4.7")) == Version("1.4.0")
    assert nearest_kubernetes(Version("1.0.1")) == Version("1.0.1")
