from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from kpl.cli.generate import generate
from kpl.errors import UsageError
from kpl.generate.kube_proxy import kube_proxy
from kpl.text.version import Version
from support import run


def _code(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"


def test_nothing_but_the_mode_when_the_defaults_fit() -> None:
    assert _code(kube_proxy()) == f"{HEAD}mode: iptables\n"
    assert _code(kube_proxy(services=1000, kernel=Version("6.8"))) == f"{HEAD}mode: iptables\n"


@pytest.mark.parametrize(
    ("release", "kernel", "rest"),
    [
        ("1.37", "6.1", "mode: nftables\n"),
        ("1.33", "5.15", "mode: nftables\nconntrack:\n  tcpBeLiberal: true\n"),
        ("1.30", "6.1", "mode: ipvs\n"),
        ("1.36", "5.4", "mode: iptables\n"),
    ],
)
def test_the_mode_of_a_large_cluster(release: str, kernel: str, rest: str) -> None:
    text = kube_proxy(Version(release), Version(kernel), services=3000, endpoints=30_000)
    assert _code(text) == HEAD + rest
    assert "about 96,005 in a full sync" in text.replace("\n# ", " ")


def test_an_unknown_kernel_is_told_what_is_needed() -> None:
    text = kube_proxy(services=3000)
    assert "mode: nftables" in text
    assert "Linux 5.13" in text.replace("\n# ", " ")


def test_the_default_of_the_future() -> None:
    assert "mode: nftables" in kube_proxy(Version("1.40"))


@pytest.mark.parametrize("release", [f"1.{minor}" for minor in (21, 25, 28, 29, 30, 31, 33, 35, 37)])
@pytest.mark.parametrize("kernel", [None, "4.18", "5.15", "6.8"])
@pytest.mark.parametrize(("services", "endpoints"), [(None, None), (50, 200), (5000, None), (12_000, 90_000)])
@pytest.mark.parametrize("cidr", [None, "10.244.0.0/16", "10.0.0.0/8,fd00::/48"])
def test_lints_clean(
    release: str, kernel: str | None, services: int | None, endpoints: int | None, cidr: str | None
) -> None:
    text = kube_proxy(Version(release), Version(kernel) if kernel else None, services, endpoints, cidr)
    facts = {"kubernetes": release, "kernel": kernel, "services": services, "endpoints": endpoints}
    found = run({"config.yaml": text}, (), facts).findings
    # no mode scales where the kernel is too old for nftables and the release too new for ipvs
    stuck = kernel == "4.18" and Version(release) >= Version("1.35") and (services or 0) > 1000
    assert [finding.code for finding in found] == (["KPL301"] if stuck else []), [each.message for each in found]
    assert all(finding.fix is None for finding in found)


@pytest.mark.parametrize(
    "cidr", ["", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/8, fd00::/48", "10.0.0.0/8,10.1.0.0/16", "pods/8"]
)
def test_a_wrong_cidr_is_refused(cidr: str) -> None:
    with pytest.raises(UsageError):
        kube_proxy(cluster_cidr=cidr)


def test_two_families_came_with_a_release() -> None:
    with pytest.raises(UsageError):
        kube_proxy(Version("1.20"), cluster_cidr="10.0.0.0/8,fd00::/48")


def test_the_command(tmp_path: Any) -> None:
    runner = CliRunner()
    shown = runner.invoke(generate, ["kube-proxy", "--services", "2000", "--kernel", "5.15.0-91-generic"])
    assert shown.exit_code == 0
    assert shown.output == kube_proxy(services=2000, kernel=Version("5.15.0"))
    target = tmp_path / "config.conf"
    assert runner.invoke(generate, ["kube-proxy", "-o", str(target)]).exit_code == 0
    assert target.read_text() == kube_proxy()
    assert runner.invoke(generate, ["kube-proxy", "--services", "-1"]).exit_code == 2


@pytest.mark.parametrize(("kubernetes", "also"), [("1.36", False), ("1.37", True), ("1.38", True)])
def test_kubeadm_writes_the_mode_too(kubernetes: str, also: bool) -> None:
    assert ("as kubeadm does" in kube_proxy(Version(kubernetes)).replace("\n# ", " ")) is also


def test_the_pod_network_is_written_as_it_was_given() -> None:
    assert _code(kube_proxy(cluster_cidr="10.244.0.0/16")) == f'{HEAD}mode: iptables\nclusterCIDR: "10.244.0.0/16"\n'
    two = kube_proxy(cluster_cidr="10.244.0.0/16,fd00::/48")
    assert _code(two) == f'{HEAD}mode: iptables\nclusterCIDR: "10.244.0.0/16,fd00::/48"\n'


def _said(release: str, kernel: str | None, services: int | None = 3000, endpoints: int | None = None) -> str:
    version = Version(kernel) if kernel else None
    return kube_proxy(Version(release), version, services=services, endpoints=endpoints).replace("\n# ", " ")


def test_what_each_mode_needs_is_said_with_it() -> None:
    assert "ip_vs_rr" in _said("1.30", "6.1")
    assert "ip_vs_rr" not in _said("1.37", "6.1")
    assert "tcpBeLiberal" in _said("1.37", None)
    assert "tcpBeLiberal" not in _said("1.37", "6.1")
    assert "tcpBeLiberal" not in _said("1.30", "6.1")


def test_what_iptables_would_cost_is_said_for_a_number_of_services() -> None:
    assert "With 1,001 Services" in _said("1.37", "6.1", 1001)
    assert "in a full sync" not in _said("1.37", "6.1", 1001)
    assert "in a full sync" in _said("1.37", "6.1", 1001, 2000)
    # the default of the future, whatever the size is
    assert "Services, iptables mode" not in _said("1.40", "6.1", None)
    assert "Services, iptables mode" not in _said("1.40", "6.1", 10)
