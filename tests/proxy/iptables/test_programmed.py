from __future__ import annotations

from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.proxy.iptables.programmed import kube_proxy_rules, longest_walk, programmed_services

DUMP = """\
*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES ! -s 10.244.0.0/16 -d 10.96.0.7/32 -m comment --comment "shop/web: cluster IP" -j KUBE-MARK-MASQ
-A KUBE-SERVICES -d 10.96.0.7/32 -m comment --comment "shop/web: cluster IP" -j KUBE-SVC-4N57TFCL4MD7ZTDA
-A KUBE-SERVICES -d 10.96.0.8/32 -m comment --comment "shop/api:http cluster IP" -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A KUBE-SERVICES -d 10.96.0.8/32 -m comment --comment "shop/api:grpc cluster IP" -j KUBE-SVC-TCOU7JCQXEZGVUNU
-A KUBE-SERVICES -d 192.0.2.1/32 -m comment --comment "shop/edge:http loadbalancer IP" -j KUBE-EXT-ERIFXISQEP7F7OF4
-A KUBE-SERVICES -m comment --comment "the last" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A cali-PREROUTING -j RETURN
COMMIT
"""


def test_counts() -> None:
    (nat,) = parse_iptables_save(DUMP).tables
    assert programmed_services(nat) == {"shop/web", "shop/api"}
    assert longest_walk(nat) == 6
    assert kube_proxy_rules(nat) == 7


def test_nothing_of_kube_proxy() -> None:
    (nat,) = parse_iptables_save("*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n").tables
    assert (programmed_services(nat), longest_walk(nat), kube_proxy_rules(nat)) == (set(), 0, 0)
