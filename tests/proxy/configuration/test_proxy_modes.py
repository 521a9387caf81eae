from __future__ import annotations

import json

import pytest

from kpl.proxy.configuration.modes import PROXY_MODES, accepted_modes, best_mode, needs_gate
from kpl.proxy.configuration.verdict import judge_kube_proxy
from kpl.text.version import Version
from support import SHARED, run

VERDICTS = SHARED / "conformance" / "kube_proxy_verdicts.jsonl"


@pytest.mark.parametrize(
    ("release", "modes"),
    [
        ("1.25", ["userspace", "iptables", "ipvs"]),
        ("1.26", ["iptables", "ipvs"]),
        ("1.28", ["iptables", "ipvs"]),
        ("1.29", ["iptables", "ipvs", "nftables"]),
        ("1.37", ["iptables", "ipvs", "nftables"]),
    ],
)
def test_accepted_modes(release: str, modes: list[str]) -> None:
    assert accepted_modes(Version(release)) == modes


def test_only_alpha_nftables_needs_a_gate() -> None:
    gated = [release for release in range(20, 38) if needs_gate("nftables", Version(f"1.{release}"))]
    assert gated == [29, 30]
    assert not any(needs_gate(mode, Version("1.30")) for mode in PROXY_MODES if mode != "nftables")


@pytest.mark.parametrize(
    ("kubernetes", "kernel", "mode", "why"),
    [
        ("1.33", "5.15.0-91-generic", "nftables", "stable since 1.33"),
        ("1.31", "5.13", "nftables", "beta since 1.31"),
        ("1.37", None, "nftables", "needs Linux 5.13"),
        ("1.30", "6.1", "ipvs", "1.31"),
        ("1.34", "5.10", "ipvs", "5.10"),
        ("1.35", "4.18", "iptables", "deprecated since Kubernetes 1.35"),
    ],
)
def test_best_mode(kubernetes: str, kernel: str | None, mode: str, why: str) -> None:
    best = best_mode(Version(kubernetes), Version(kernel) if kernel else None)
    assert best.mode == mode
    assert why in best.reason


def test_what_kube_proxy_says_of_modes() -> None:
    """KPL302 says that kube-proxy does not start exactly where the newest one refuses the mode."""
    if not VERDICTS.exists():
        pytest.skip("the recorded verdicts of kube-proxy are not here")
    seen = set()
    for line in VERDICTS.read_bytes().splitlines():
        row = json.loads(line)
        findings = run({"c.yaml": row["config"]}, ("KPL302",), {"kubernetes": "1.37"}).findings
        errors = any(finding.severity.value == "error" for finding in findings)
        if errors:
            assert not row["loads"], row["id"]
        # kernelspace is right on Windows, and a template is no mode yet
        elif "Mode.ProxyMode" in (row["error"] or ""):
            assert row["id"] in ("val/mode/trip-kernelspace", "dec/template-quoted"), row["id"]
        seen.add(errors)
    assert seen == {True, False}


@pytest.mark.parametrize("mode", ["iptables", "ipvs", "nftables", "userspace", "ebpf", "''", "IPVS"])
def test_a_mode_is_an_error_where_kube_proxy_refuses_it(mode: str) -> None:
    config = f"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: {mode}\n"
    for minor in range(23, 38):
        found = run({"c.yaml": config}, ("KPL302",), {"kubernetes": f"1.{minor}"}).findings
        refused = judge_kube_proxy(config, Version(f"1.{minor}")).answer == "refuses"
        assert refused is any(finding.severity.value == "error" for finding in found), minor


@pytest.mark.parametrize("release", ["1.30", "1.37", "1.38"])
def test_a_wrong_mode_is_told_once(release: str) -> None:
    """Kubernetes 1.38 names the field in another way."""
    config = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ebpf\n"
    found = run({"c.yaml": config}, ("KPL012", "KPL302"), {"kubernetes": release}).findings
    assert [finding.code for finding in found] == ["KPL302"]
    other = config.replace("mode: ebpf", "detectLocalMode: ebpf")
    found = run({"c.yaml": other}, ("KPL012", "KPL302"), {"kubernetes": release}).findings
    assert [finding.code for finding in found] == ["KPL012"]


@pytest.mark.parametrize(("release", "answers"), [("1.37", False), ("1.38", True)])
def test_what_nftables_mode_costs_on_loopback(release: str, answers: bool) -> None:
    config = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"
    (found,) = run({"c.yaml": config}, ("KPL301",), {"kubernetes": release, "services": 2000}).findings
    assert ("if it also lists `localhost`" in found.help) is answers


def test_an_unknown_message_is_not_quoted() -> None:
    config = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nconntrack: {min: many}\n"
    (found,) = run({"c.yaml": config}, ("KPL012",), {"kubernetes": "1.22"}).findings
    assert found.message == "kube-proxy 1.22 refuses this configuration and does not start"
