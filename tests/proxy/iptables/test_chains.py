from __future__ import annotations

import pytest

from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.proxy.iptables.chains import (
    IPTABLES_EXTENSIONS,
    endpoint_chain,
    is_certainly_a_chain,
    is_kube_proxy_chain,
    service_chain,
)
from support import SHARED


@pytest.mark.parametrize(
    ("name", "protocol", "code"),
    [
        ("default/kubernetes:https", "tcp", "NPX46M4PTMTKRN6Y"),
        ("kube-system/kube-dns:dns", "udp", "TCOU7JCQXEZGVUNU"),
        ("kube-system/kube-dns:dns-tcp", "TCP", "ERIFXISQEP7F7OF4"),
        ("kube-system/kube-dns:metrics", "tcp", "JD5MR3NA4I4DYORP"),
        ("default/nginx", "tcp", "2CMXP7HKUVJN7L6M"),
        ("default/nginx:", "tcp", "4N57TFCL4MD7ZTDA"),
    ],
)
def test_known_service_chains(name: str, protocol: str, code: str) -> None:
    for prefix in ("KUBE-SVC-", "KUBE-EXT-"):
        assert service_chain(prefix, name, protocol) == prefix + code
        assert is_kube_proxy_chain(prefix + code)


@pytest.mark.parametrize(
    "target", ["KUBE-SERVICES", "cali-PREROUTING", "CNI-DN-1234", "CILIUM_POST_nat", "ufw-user-input", "Docker"]
)
def test_names_that_only_a_chain_has(target: str) -> None:
    assert is_certainly_a_chain(target)


@pytest.mark.parametrize(
    "target", [*sorted(IPTABLES_EXTENSIONS), "FULLCONE", "DOCKER", "mark", "dnat", "", '"A-B"', "a" * 29]
)
def test_names_that_something_else_may_have(target: str) -> None:
    assert not is_certainly_a_chain(target)


@pytest.mark.parametrize(
    "name", ["KUBE-MARK-DROP", "KUBE-ROUTER-SERVICES", "KUBE-SVC-", "POSTROUTING", "KUBE-POD-FW-ABCDEFGHIJKLMNOP"]
)
def test_chains_of_others(name: str) -> None:
    assert not is_kube_proxy_chain(name)


@pytest.mark.parametrize(
    ("name", "protocol", "endpoint", "code"),
    [
        # https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/
        ("default/hostnames:", "tcp", "10.244.3.6:9376", "57KPRZ3JQVENLNBR"),
        ("default/hostnames:", "TCP", "10.244.1.7:9376", "WNBA2IHDGP2BOBGZ"),
        ("default/hostnames:", "tcp", "10.244.2.3:9376", "X3P2623AGDH6CDF3"),
        # printf %s shop/web:httptcp10.244.1.5:8080 | sha256sum | cut -c1-20 | xxd -r -p | base32
        ("shop/web:http", "tcp", "10.244.1.5:8080", "34ZZ2QFGO32YYXXO"),
        ("shop/web:http", "tcp", "[fd00:10:244:1::5]:8080", "SDQJBP3G53U5CYU2"),
    ],
)
def test_known_endpoint_chains(name: str, protocol: str, endpoint: str, code: str) -> None:
    assert endpoint_chain(name, protocol, endpoint) == f"KUBE-SEP-{code}"
    assert is_kube_proxy_chain(f"KUBE-SEP-{code}")
    assert service_chain("KUBE-SVC-", "default/hostnames:", "tcp") == "KUBE-SVC-NWV5X2332I4OT4T3"


LARGE = SHARED / "corpus" / "proxier" / "1.37" / "01-clusterip.iptables"


@pytest.mark.skipif(not LARGE.exists(), reason="needs what kube-proxy programmed")
def test_endpoint_chains_are_those_of_kube_proxy() -> None:
    (nat,) = parse_iptables_save(LARGE.read_text()).named("nat")
    seen = 0
    for row, chain in enumerate(nat.chain):
        entry = nat.entry(row)
        to, comment, protocol = entry.get("--to-destination"), entry.get("--comment"), entry.get("-p")
        if chain.startswith("KUBE-SEP-") and to and comment and protocol:
            assert endpoint_chain(comment.values[0], protocol.values[0], to.values[0]) == chain
            seen += 1
    assert seen > 3
