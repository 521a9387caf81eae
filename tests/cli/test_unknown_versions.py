"""A release that kpl does not know is told, wherever it comes from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kpl.coredns.releases import VERSIONS
from kpl.coredns.versions import nearest_release, releases
from kpl.proxy.releases import BETA_KUBERNETES, NEWEST_KUBERNETES, nearest_kubernetes
from kpl.text.version import Version
from support import here as kpl

NEWEST = VERSIONS[-1]
UNKNOWN = [
    ("coredns", "2.0", f"kpl does not know CoreDNS 2.0, so it checks against {NEWEST}"),
    ("coredns", "1.99.0", f"kpl does not know CoreDNS 1.99, so it checks against {NEWEST}"),
    ("coredns", "1.14.99", "kpl does not know CoreDNS 1.14.99, so it checks against 1.14.7"),
    # it was skipped
    ("coredns", "1.11.2", "kpl does not know CoreDNS 1.11.2, so it checks against 1.11.1"),
    ("coredns", "0.9", "kpl does not know CoreDNS 0.9, so it checks against 1.0.0"),
    ("kubernetes", "1.99", f"kpl does not know Kubernetes 1.99, so it checks against {NEWEST_KUBERNETES}"),
    ("kubernetes", "2.0", f"kpl does not know Kubernetes 2.0, so it checks against {NEWEST_KUBERNETES}"),
    ("kubernetes", "0.31", "kpl does not know Kubernetes 0.31, so it checks against 1.12"),
]
KNOWN = [
    ("coredns", NEWEST),
    ("coredns", "v1.6.5"),
    ("coredns", "1.7.0"),
    ("kubernetes", f"{NEWEST_KUBERNETES}"),
    # patch releases come all the time, and change nothing here
    ("kubernetes", f"{NEWEST_KUBERNETES}.12"),
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
    newest = {"coredns": NEWEST, "kubernetes": str(NEWEST_KUBERNETES)}[program]
    assert b"does not know" not in kpl(folder, command, f"--{program}-version", newest).stderr


@pytest.mark.parametrize(("program", "release"), KNOWN)
def test_a_known_release_is_not_told(folder: Path, program: str, release: str) -> None:
    assert kpl(folder, "lint", f"--{program}-version", release).stderr == b""


def test_an_unknown_release_is_checked_as_what_was_told(tmp_path: Path) -> None:
    text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n"
    (tmp_path / "kube-proxy.yaml").write_text(text)
    unknown, newest = (
        kpl(tmp_path, "lint", "--format", "json", "--kubernetes-version", version).stdout
        for version in ("1.99", str(NEWEST_KUBERNETES))
    )
    assert unknown == newest
    assert b"1.99" not in unknown


@pytest.mark.parametrize(("program", "release", "told"), UNKNOWN)
def test_nothing_is_generated_for_an_unknown_release(tmp_path: Path, program: str, release: str, told: str) -> None:
    for what in ["corefile", *(["kube-proxy"] if program == "kubernetes" else [])]:
        done = kpl(tmp_path, "generate", what, f"--{program}-version", release)
        assert (done.returncode, done.stdout) == (2, b"")
        assert told.partition(", so")[0].encode() in done.stderr


@pytest.mark.parametrize("release", ["1.38", "1.38.2", "1.38.0-beta.0"])
def test_a_release_that_is_not_out_goes_by_the_name_of_its_beta(tmp_path: Path, release: str) -> None:
    config = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nconntrack:\n  min: -1\n"
    (tmp_path / "kube-proxy.yaml").write_text(config)
    told = b"kpl: warning: Kubernetes 1.38 is not released yet, so kpl checks against 1.38.0-beta.0\n"
    linted = kpl(tmp_path, "lint", "--kubernetes-version", release)
    assert linted.stderr.count(told) == 1
    assert b"kube-proxy 1.38.0-beta.0 refuses this configuration" in linted.stdout
    judged = kpl(tmp_path, "verify", "--kubernetes-version", release)
    assert judged.stderr.count(told.replace(b"Kubernetes", b"kube-proxy")) == 1
    assert b"refuses (kube-proxy 1.38.0-beta.0, validate)" in judged.stdout
    record = kpl(tmp_path, "verify", "--format", "jsonl", "--kubernetes-version", release).stdout
    assert json.loads(record)["version"] == "1.38.0-beta.0"
    generated = kpl(tmp_path, "generate", "kube-proxy", "--kubernetes-version", release)
    assert generated.stderr == told
    assert b"kube-proxy for Kubernetes 1.38.0-beta.0:" in generated.stdout


@pytest.mark.parametrize("release", ["v1.38.0", "v1.38.0-beta.0"])
def test_so_does_one_that_the_files_tell(tmp_path: Path, release: str) -> None:
    kubeadm = f"apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: {release}\n---\n"
    config = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nconntrack:\n  min: -1\n"
    (tmp_path / "kubeadm.yaml").write_text(kubeadm + config)
    assert b"kube-proxy 1.38.0-beta.0 refuses this configuration" in kpl(tmp_path, "lint").stdout
    judged = kpl(tmp_path, "verify")
    assert judged.stderr == b"kpl: warning: kube-proxy 1.38 is not released yet, so kpl checks against 1.38.0-beta.0\n"
    assert b"(kube-proxy 1.38.0-beta.0, validate)" in judged.stdout


def test_a_beta_is_never_the_default(tmp_path: Path) -> None:
    assert NEWEST_KUBERNETES < BETA_KUBERNETES
    assert not NEWEST_KUBERNETES.prerelease
    text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
    (tmp_path / "kube-proxy.yaml").write_text(text)
    assert f"loads (kube-proxy {NEWEST_KUBERNETES})".encode() in kpl(tmp_path, "verify").stdout


def test_the_nearest_release() -> None:
    assert all(nearest_release(each) == each for each in releases())
    assert nearest_release(Version("1.4.7")) == Version("1.4.0")
    assert nearest_kubernetes(Version("1.0.1")) == Version("1.0.1")


@pytest.mark.parametrize("told", ["config", "image", "kubeadm"])
def test_kpl_clusters_names_the_beta_too(tmp_path: Path, told: str) -> None:
    if told == "config":
        (tmp_path / ".kpl.yaml").write_text('cluster:\n  kubernetes: "1.38"\n')
    image = "registry.k8s.io/kube-proxy:v1.38.0" if told == "image" else "shop/cart:3"
    (tmp_path / "pod.yaml").write_text(
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, image: '{image}'}}]}}\n"
    )
    if told == "kubeadm":
        kubeadm = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.38.1\n"
        (tmp_path / "kubeadm.yaml").write_text(kubeadm)
    assert b"1.38.0-beta.0" in kpl(tmp_path, "clusters").stdout
