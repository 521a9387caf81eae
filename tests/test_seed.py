"""The configurations that the project began with."""

from __future__ import annotations

from kpl.fix.fixer import fix_texts
from kpl.inputs.dumps.ruleset import Ruleset
from kpl.inputs.objects.workloads import Workload
from kpl.lint.settings import Settings
from support import readings, run, underlined

COREFILE = """\
.:53 {
    log
    health
    errors
    reload
    cache 30
    prometheus
    kubernetes cluster.local 100.64.0.0/13 {
        pods verified
        resyncperiod 1m
    }
    autopath @kubernetes
    forward . /etc/resolv.conf
}
"""
DEPLOYMENT = """\
apiVersion: extensions/v1beta1
kind: Deployment
metadata:
  name: payments
  namespace: shop
spec:
  template:
    spec:
      dnsConfig:
        options:
          - name: single-request-reopen
      containers:
        - name: payments
          image: shop/payments:4-{libc}
          env:
            - name: GRPC_DNS_RESOLVER
              value: native
"""
DUMP = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]
:KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-CCCCCCCCCCCCCCCC - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m comment --comment "shop/pay:grpc" -m tcp -j DNAT --to-destination 10.244.1.5:8443
-A KUBE-SEP-BBBBBBBBBBBBBBBB -p tcp -m comment --comment "shop/pay:grpc" -m tcp -j DNAT --to-destination 10.244.2.8:8443
-A KUBE-SERVICES -d 10.96.7.7/32 -p tcp -m comment --comment "shop/pay:grpc cluster IP" -m tcp --dport 8443 -j KUBE-SVC-CCCCCCCCCCCCCCCC
-A KUBE-SVC-CCCCCCCCCCCCCCCC -m comment --comment "shop/pay:grpc" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-AAAAAAAAAAAAAAAA
-A KUBE-SVC-CCCCCCCCCCCCCCCC -m comment --comment "shop/pay:grpc" -j KUBE-SEP-BBBBBBBBBBBBBBBB
COMMIT
"""


def test_corefile() -> None:
    found = {each.name: underlined(each) for each in run({"Corefile": COREFILE}).findings}
    assert found == {
        "removed-plugin-or-option": "resyncperiod",
        "health-without-lameduck": "health",
        "missing-loop": ".:53",
        "missing-ready": ".:53",
    }
    safe = fix_texts(readings({"Corefile": COREFILE}), Settings(), unsafe=False)
    assert safe.texts["Corefile"] == COREFILE.replace("        resyncperiod 1m\n", "").replace(
        "    health\n", "    health {\n        lameduck 5s\n    }\n    ready\n"
    )
    assert not safe.bugs


def test_corefile_of_its_own_time() -> None:
    names = {each.name for each in run({"Corefile": COREFILE}, known={"coredns": "1.3.1"}).findings}
    assert names == {"health-without-lameduck", "missing-loop"}


def test_deployment_on_musl_and_on_glibc() -> None:
    musl, glibc = ({"deployment.yaml": DEPLOYMENT.format(libc=libc)} for libc in ("alpine3.22", "bookworm"))
    assert [(each.name, underlined(each)) for each in run(musl).findings] == [
        ("resolver-option-has-no-effect", "single-request-reopen")
    ]
    assert run(glibc).findings == []
    model = readings(musl)[0].documents[0].model
    assert isinstance(model, Workload)
    assert model.api_version == "extensions/v1beta1"
    assert [(env.name, env.value and env.value.value) for env in model.containers[0].env] == [
        ("GRPC_DNS_RESOLVER", "native")
    ]


def test_dump() -> None:
    # (the names of its chains are made up, and nothing leads to them)
    assert run({"node.iptables": DUMP}, ("dangling-jump",)).findings == []
    model = readings({"node.iptables": DUMP})[0].documents[0].model
    assert isinstance(model, Ruleset)
    (nat,) = model.named("nat")
    rows = nat.rules_of["KUBE-SVC-CCCCCCCCCCCCCCCC"]
    assert list(nat.values("--probability", rows)) == ["0.50000000000", None]
    assert [nat.target[row] for row in rows] == ["KUBE-SEP-AAAAAAAAAAAAAAAA", "KUBE-SEP-BBBBBBBBBBBBBBBB"]
    broken = DUMP.replace(":KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]\n", "")
    assert [underlined(each) for each in run({"node.iptables": broken}, ("dangling-jump",)).findings] == [
        "KUBE-SEP-BBBBBBBBBBBBBBBB"
    ]
