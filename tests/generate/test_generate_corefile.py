from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from kpl.cli.generate import generate
from kpl.coredns.versions import NEWEST_COREDNS
from kpl.errors import UsageError
from kpl.generate.corefile import corefile
from kpl.inputs.corefile.parser import parse_corefile
from kpl.text.version import Version
from support import run

KUBEADM = """.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30 {
        disable success cluster.local
        disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
"""


def _code(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#"))


def test_the_default_is_kubeadms() -> None:
    assert _code(corefile()) == KUBEADM


@pytest.mark.parametrize(
    "release", ["1.0.6", "1.2.6", "1.6.7", "1.7.0", "1.8.6", "1.9.3", "1.9.4", "1.11.3", "1.14.7", "1.15.0"]
)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"nodes": 5000, "services": 10_000, "pods": 150_000, "node_local_dns": True},
        {"autopath": True, "services": 200, "pods": 3000, "cluster_domain": "Corp.Example."},
        {"upstreams": ("10.0.0.2", "[2001:db8::53]:5353"), "nodes": 3},
    ],
)
def test_lints_clean(release: str, more: dict[str, Any]) -> None:
    text = corefile(coredns=Version(release), **more)
    domain = more.get("cluster_domain", "cluster.local")
    facts = {"coredns": release, "cluster_domain": domain, "nodes": more.get("nodes"), "services": more.get("services")}
    found = run({"Corefile": text}, (), {**facts, "node_local_dns": more.get("node_local_dns")}).findings
    assert [f"{finding.code} {finding.message}" for finding in found] == []
    assert len(parse_corefile(text).servers) == 1


@pytest.mark.parametrize(
    ("release", "word", "there"),
    [
        ("1.4.0", "ready", False),
        ("1.5.0", "ready", True),
        ("1.6.7", "max_concurrent", False),
        ("1.6.8", "max_concurrent", True),
        ("1.9.3", "disable", False),
        ("1.9.4", "disable", True),
        ("1.2.0", "loop", False),
        ("1.2.1", "loop", True),
    ],
)
def test_a_release_gets_only_what_it_knows(release: str, word: str, there: bool) -> None:
    assert (f" {word}" in _code(corefile(coredns=Version(release)))) is there


def test_kubernetes_tells_the_release() -> None:
    assert "CoreDNS 1.9.3" in corefile(kubernetes=Version("1.26.4"))
    assert "CoreDNS 1.10.1" in corefile(kubernetes=Version("1.26"), coredns=Version("1.10.1"))
    assert f"CoreDNS {NEWEST_COREDNS.full}" in corefile(kubernetes=Version("1.40"))


def test_what_differs_has_its_reason_above_it() -> None:
    text = corefile(autopath=True, upstreams=["192.0.2.1"], node_local_dns=False)
    lines = text.splitlines()
    default = {line.strip() for line in KUBEADM.splitlines()}
    for number, line in enumerate(lines):
        if line.strip() not in default and not line.lstrip().startswith("#"):
            assert lines[number - 1].lstrip().startswith("#"), line
    local = corefile(node_local_dns=True).splitlines()
    assert local[local.index("        prefer_udp") - 1].lstrip().startswith("#")


def test_memory() -> None:
    assert "about 74 MB" in corefile(services=8000, pods=12_000)
    assert "about 136 MB for 12,000 pods" in corefile(services=8000, pods=12_000, autopath=True)
    assert "170Mi" in corefile(services=20_000, pods=150_000)
    assert "170Mi" not in corefile(services=20_000, pods=20_000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"autopath": True, "node_local_dns": True},
        {"coredns": Version("1.0.5")},
        {"kubernetes": Version("1.8")},
        {"kubernetes": Version("1.9")},
        {"cluster_domain": "cluster .local"},
        {"cluster_domain": ""},
        {"upstreams": ["dns.example.org"]},
        {"upstreams": ["10.0.0.2:0"]},
        {"upstreams": ["10.0.0.2:65536"]},
        {"upstreams": ["[fd00::2"]},
        {"upstreams": ["10.0.0.2 }"]},
        {"upstreams": ["10.0.0.2"] * 16},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        corefile(**wrong)


@pytest.mark.parametrize("upstream", ["10.0.0.2:1", "10.0.0.2:65535", "[fd00::2]:53", "fd00::2", "[fd00::2]"])
def test_an_upstream_is_an_address_with_or_without_a_port(upstream: str) -> None:
    assert f" {upstream}" in corefile(upstreams=[upstream])


def test_the_command(tmp_path: Any) -> None:
    runner = CliRunner()
    shown = runner.invoke(generate, ["corefile", "--kubernetes-version", "1.30", "--upstream", "10.0.0.2"])
    assert shown.exit_code == 0
    assert shown.output == corefile(kubernetes=Version("1.30"), upstreams=["10.0.0.2"])
    target = tmp_path / "Corefile"
    assert runner.invoke(generate, ["corefile", "-o", str(target)]).output == ""
    assert target.read_bytes() == corefile().encode()
    assert runner.invoke(generate, ["corefile", "--coredns-version", "new"]).exit_code == 2
    assert isinstance(runner.invoke(generate, ["corefile", "-o", str(tmp_path)]).exception, UsageError)
