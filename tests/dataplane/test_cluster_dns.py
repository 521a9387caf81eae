"""Where a node does not send what pods ask the cluster's DNS, that is an error, whatever the rule."""

from __future__ import annotations

import pytest

from kpl.proxy.iptables.chains import service_chain
from kpl.proxy.services.clusterdns import cluster_dns_ports, is_cluster_dns
from kpl_rules.dataplane.node_lags_behind import _A, _B, _node
from support import run, underlined

DNS = ("kube-system/kube-dns:dns", "10.244.0.2")
CHAIN = service_chain("KUBE-SVC-", "kube-system/kube-dns:dns", "udp")
NAT = """\
*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
:{dns} - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "a/b cluster IP" -m tcp --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA
-A {dns} -j RETURN
COMMIT
"""


def severities(files: dict[str, str], code: str) -> list[tuple[str, str]]:
    return [(each.severity.value, underlined(each)) for each in run(files).findings if each.code == code]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kube-system/kube-dns:dns", True),
        ("kube-system/kube-dns:dns-tcp", True),
        ("kube-system/rke2-coredns-rke2-coredns:udp-53", True),
        ("openshift-dns/dns-default:dns", True),
        ("kube-system/kube-dns:metrics", False),
        ("shop/kube-dns:dns", False),
        ("kube-system/kube-dns", False),
    ],
)
def test_which_ports_are_the_cluster_dns(name: str, expected: bool) -> None:
    assert is_cluster_dns(name) is expected
    assert (name in {each for each, _ in cluster_dns_ports()}) is expected


def test_iptables_mode() -> None:
    text = NAT.format(dns=CHAIN)
    assert severities({"node.iptables": text}, "KPL404") == [("error", f":{CHAIN}")]
    other = NAT.format(dns="KUBE-SVC-BBBBBBBBBBBBBBBB")
    assert severities({"node.iptables": other}, "KPL404") == [("warning", ":KUBE-SVC-BBBBBBBBBBBBBBBB")]
    # all of the mode is left over
    left = "".join(line for line in text.splitlines(True) if "10.96.0.9" not in line)
    assert [severity for severity, _ in severities({"node.iptables": left}, "KPL404")] == ["warning"]


def test_a_node_that_lags_behind() -> None:
    others = {f"node-{number}.iptables": _node(_A, _B, DNS) for number in (1, 2)}
    assert [severity for severity, _ in severities({"node-3.iptables": _node(_A, _B), **others}, "KPL492")] == ["error"]
    assert [severity for severity, _ in severities({"node-3.iptables": _node(_A, DNS), **others}, "KPL492")] == [
        "warning"
    ]


HEAD = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
HEAD += "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
API = "TCP  {}:443 rr\n  -> {}:6443              Masq    1      0          4\n"


@pytest.mark.parametrize(
    ("api", "dns", "severity"),
    [
        ("10.96.0.1", "10.96.0.10", "error"),
        ("10.43.0.1", "10.43.0.10", "error"),
        ("[fd00::1]", "[fd00::a]", "error"),
        ("10.96.0.1", "10.96.0.11", "warning"),
        ("10.43.0.1", "10.96.0.10", "warning"),
    ],
)
def test_ipvs_mode(api: str, dns: str, severity: str) -> None:
    real = "[2001:db8::7]" if api.startswith("[") else "192.0.2.7"
    text = f"{HEAD}{API.format(api, real)}TCP  {dns.replace('10]', '9]')}:9 rr\nUDP  {dns}:53 rr\n"
    ((found, _),) = severities({"node.ipvs": text}, "KPL450")
    assert found == severity


def test_what_is_said_where_another_node_has_the_endpoints() -> None:
    api = API.format("10.96.0.1", "192.0.2.7")
    empty = f"{HEAD}{api}TCP  10.96.0.7:80 rr\nTCP  10.96.0.8:80 rr\n"
    filled = empty.replace(
        "10.96.0.7:80 rr\n", "10.96.0.7:80 rr\n  -> 10.244.1.9:80              Masq    1      0          4\n"
    )
    here, nowhere = sorted(
        (each for each in run({"a.ipvs": empty, "b.ipvs": filled}).findings if each.source.path == "a.ipvs"),
        key=lambda each: each.span,
    )
    assert (underlined(here), underlined(nowhere)) == ("TCP  10.96.0.7:80 rr", "TCP  10.96.0.8:80 rr")
    assert "`b.ipvs` has endpoints for this Service" in here.help
    assert "its selector" not in here.help
    assert "selector" in nowhere.help
    # of another cluster
    (finding,) = (
        each
        for each in run({"a.ipvs": empty, "b.ipvs": filled.replace("192.0.2.7", "192.0.2.8")}).findings
        if each.source.path == "a.ipvs"
    )
    assert "b.ipvs" not in finding.help
