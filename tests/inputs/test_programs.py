"""What the command lines of CoreDNS, node-cache and kube-proxy say."""

from __future__ import annotations

import pytest

from kpl.inputs.objects.programs import DnsServerArguments, dns_server_arguments
from kpl.inputs.objects.workloads import Workload
from samples import documents
from support import run


def workload(container: str) -> Workload:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - {container}\n"
    found = [each.model for each in documents("a.yaml", text) if each.kind == "Workload"]
    assert isinstance(found[0], Workload)
    return found[0]


def arguments(container: str) -> DnsServerArguments | None:
    pod = workload(container)
    found = dns_server_arguments(pod, pod.containers[0])
    for value in found.flags.values() if found is not None else ():
        assert pod.text[slice(*value.span)] == value
    return found


@pytest.mark.parametrize(
    ("container", "program", "flags"),
    [
        ("{image: 'coredns/coredns:1.14.0', args: [-conf, /etc/coredns/Corefile]}", "coredns", {"conf": "/etc/coredns/Corefile"}),
        ("{image: 'r.example:5000/coredns', args: [--conf=/a, -dns.port, '1053']}", "coredns", {"conf": "/a", "dns.port": "1053"}),
        ("{image: 'a@sha256:coredns', command: [/bin/coredns], args: [-quiet, -conf=/a=b]}", "coredns", {"conf": "/a=b"}),
        ("{image: a, command: [dumb-init, /coredns, -conf, /a, -conf, /b]}", "coredns", {"conf": "/b"}),
        ("{image: 'registry.k8s.io/dns/k8s-dns-node-cache:1.26.4', args: [-setupiptables, -upstreamsvc, dns]}", "node-cache",
         {"upstreamsvc": "dns"}),
        ("{image: 'node-cache', command: [/node-cache, -setupiptables=false, -localip, '169.254.20.10,10.96.0.10']}", "node-cache",
         {"setupiptables": "false", "localip": "169.254.20.10,10.96.0.10"}),
        # the flags end there
        ("{image: coredns, args: [-conf, /a, stop, -dns.port, '5']}", "coredns", {"conf": "/a"}),
        ("{image: coredns, args: [-conf, /a, --, -dns.port, '5']}", "coredns", {"conf": "/a"}),
        ("{image: coredns, args: [-conf, /a, ---dns.port, '5']}", "coredns", {"conf": "/a"}),
        ("{image: coredns, args: [-conf, /a, -=5]}", "coredns", {"conf": "/a"}),
        ("{image: coredns, args: [-conf]}", "coredns", {}),
        ("{image: coredns}", "coredns", {}),
        ("{image: a, command: [cluster-proportional-autoscaler], args: [--target=coredns]}", None, {}),
        ("{image: coredns, command: [sh, -c, 'coredns -conf /a']}", None, {}),
        ("{image: coredns-nanny}", None, {}),
        ("{name: coredns}", None, {}),
    ],
)  # fmt: skip
def test_the_arguments_of_a_dns_server(container: str, program: str | None, flags: dict[str, str]) -> None:
    found = arguments(container)
    assert (None if found is None else found.program) == program
    assert ({} if found is None else found.flags) == flags


def test_words_of_arguments_have_names_and_places() -> None:
    container = "{image: k8s-dns-node-cache, args: [-localip=169.254.20.10, -conf, /a, -dns.port=53, -upstreamsvc, u]}"
    found = arguments(container)
    assert found is not None
    assert (found.corefile, found.port, found.upstream_service) == ("/a", "53", "u")
    found = arguments("{image: k8s-dns-node-cache, args: ['-localip=169.254.20.10, fd00::a']}")
    assert found is not None
    assert found.local_ips == ("169.254.20.10", "fd00::a")
    pod = workload("{image: k8s-dns-node-cache, args: ['-localip=169.254.20.10, fd00::a']}")
    assert [pod.text[slice(*each.span)] for each in found.local_ips] == [*found.local_ips]
    bare = arguments("{image: coredns}")
    assert bare is not None
    assert (bare.corefile, bare.port, bare.upstream_service, bare.local_ips) == (None, None, None, ())


PROXY = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: kube-proxy, namespace: kube-system}}
spec:
  template:
    spec:
      containers:
      - name: kube-proxy
        image: registry.k8s.io/kube-proxy:v{release}
        command:
        - /go-runner
        - --log-file=/var/log/kube-proxy.log
        - /usr/local/bin/kube-proxy
        - --proxy-mode={mode}
"""


def test_rules_about_modes_look_at_the_arguments() -> None:
    text = PROXY.format(release="1.36.2", mode="userspace")
    result = run({"ds.yaml": text}, select=("KPL302",))
    assert [text[slice(*each.span)] for each in result.findings] == ["userspace"]
    assert str(result.findings[0].object) == "DaemonSet kube-system/kube-proxy"
    assert run({"ds.yaml": PROXY.format(release="1.25.0", mode="iptables")}, select=("KPL302",)).findings == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        # what is beside kube-proxy in a file is read as it was, and so is one without flags
        (f"{PROXY}---\nkind: Service\n".format(release="1.30.0", mode="ipvs"), ["KubeProxyConfig", "Workload", "Service"]),
        (PROXY.replace("        - --proxy-mode={mode}\n", "").format(release="1.30.0"), ["Workload"]),
        (PROXY.replace("kube-proxy\n        - --proxy", "\\x6bube-proxy\n        - --proxy").format(release="1", mode="ipvs"), ["Workload"]),
        ("kind: List\nitems: [&a {kind: Pod, spec: {containers: [{command: [kube-proxy, --proxy-mode=ipvs]}]}}, *a]\n",
         ["KubeProxyConfig", "Workload"] * 2),
    ],
)  # fmt: skip
def test_which_documents_are_there(text: str, kinds: list[str]) -> None:
    assert [type(each.model).__name__ for each in documents("a.yaml", text)] == kinds
