from __future__ import annotations

import pytest

from kpl.proxy.iptables.scale import rules_walked_by_first_packet, rules_written_by_full_sync
from support import run


@pytest.mark.parametrize(("services", "endpoints", "rules"), [(2000, 20000, 64005), (200, 50000, 150405)])
def test_rules_written_are_those_counted(services: int, endpoints: int, rules: int) -> None:
    assert rules_written_by_full_sync(services, endpoints) == rules


def test_rules_walked() -> None:
    # one Service of one endpoint: its rule, the masquerading one, the jump, and the endpoint's two
    assert rules_walked_by_first_packet(1, 1) == (5, 5)
    assert rules_walked_by_first_packet(1) == (5, 5)
    average, worst = rules_walked_by_first_packet(2000, 20000)
    assert worst == 2000 + 1 + 10 + 2
    assert average == round(1000.5 + 1 + 5.5 + 2)
    assert rules_walked_by_first_packet(0) == (4, 4)


@pytest.mark.parametrize(("kubernetes", "partial"), [("1.27", False), ("1.28", True), ("1.37", True)])
@pytest.mark.parametrize("endpoints", [None, 20000])
def test_partial_syncs_are_told_of_the_releases_that_have_them(
    kubernetes: str, partial: bool, endpoints: int | None
) -> None:
    config = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"
    known = {"kubernetes": kubernetes, "services": 2000, "endpoints": endpoints}
    (finding,) = run({"config.yaml": config}, ("KPL301",), known).findings
    assert ("most syncs are partial" in finding.message) is partial


@pytest.mark.parametrize(
    ("services", "endpoints", "said"),
    [
        (
            2000,
            20000,
            "about 1,000 rules (2,000 in the worst case) for 2,000 Services, and a full sync writes about 64,000 ",
        ),
        (
            1240,
            None,
            "about 620 rules (1,200 in the worst case) for 1,240 Services, and a full sync writes about 6,200 rules even",
        ),
    ],
)
def test_estimates_are_rounded(services: int, endpoints: int | None, said: str) -> None:
    config = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"
    (finding,) = run({"config.yaml": config}, ("KPL301",), {"services": services, "endpoints": endpoints}).findings
    assert said in finding.message
