"""KPL261."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Related, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, Role, corefile_placeholder, role_of

_LOOPBACK = ("127.0.0.1", "::1")
_OTHER_LOOPBACK = re.compile(r"\b127\.[0-9]+\.[0-9]+\.[0-9]+")
_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  clusterIP: 10.96.0.10
  ports: [{name: dns, port: 53, protocol: UDP}]
"""
_NODE_LOCAL = """\
cluster.local:53 {
    errors
    cache 30
    bind 169.254.20.10 10.96.0.10
    forward . %s {
        force_tcp
    }
}
"""
_CLUSTER = """\
. {
    errors
    ready
    kubernetes cluster.local
    forward . 10.96.0.10
    cache 30
    loop
}
"""


class ForwardingLoop(Rule):
    """This `forward` sends queries to the CoreDNS that they come from, so they go around until they time out.

    ## Why
    A server block without `bind` listens on every address of its port. `127.0.0.1` is therefore CoreDNS itself, in a pod
    as well as on a host, and the address of the DNS Service leads to the same pods. In a pod, this is also true of
    `127.0.0.53`: systemd-resolved listens there on the node, which has another loopback interface. NodeLocal DNSCache gets the
    queries itself that it sends to an address in its `bind`. Each query comes back to the block that sent it and multiplies: the
    client gets SERVFAIL or a timeout, and CoreDNS runs out of memory. With `loop`, CoreDNS stops at the start instead and
    reports "Loop ... detected".

    ## Fix
    There is no automatic fix, because only you know the resolver that knows these names.

    ## References
    - https://coredns.io/plugins/loop/
    - https://coredns.io/plugins/bind/
    - https://github.com/coredns/coredns/issues/1986
    - https://github.com/k3s-io/k3s/issues/7639
    """

    code = "KPL261"
    name = "forwarding-loop"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = r"127\.0\.0\.1|::1|forward[ \t]+\S+[ \t][^\n]*[0-9a-fA-F][.:][0-9a-fA-F:]"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            corefile(". {\n    errors\n    cache 30\n    forward . 127.0.0.1\n}\n"),
            flags=["127.0.0.1"],
            says=["`127.0.0.1` is this CoreDNS itself, so each query comes back to the block that sent it"],
        ),
        Bad(corefile(".:1053 {\n    errors\n    cache 30\n    forward . 10.0.0.1 [::1]:1053\n}\n"), flags=["[::1]:1053"]),
        Bad(corefile(". {\n    bind 127.0.0.1\n    errors\n    cache 30\n    forward . dns://127.0.0.1\n}\n"), flags=["dns://127.0.0.1"]),
        Bad(
            corefile(
                "lan {\n    errors\n    cache 30\n    forward . 127.0.0.1:1053\n}\n"
                ".:1053 {\n    errors\n    cache 30\n    forward lan 127.0.0.1\n    forward . 10.0.0.1\n}\n"
            ),
            flags=["127.0.0.1:1053"],
            says=["each query comes back through another block"],
        ),
        # another block, or another program
        Good(
            corefile(
                "lan {\n    errors\n    cache 30\n    forward . 127.0.0.1:1053\n}\n"
                ".:1053 {\n    errors\n    cache 30\n    forward . 10.0.0.1\n}\n"
            )
        ),
        Good(
            corefile(
                ". {\n    errors\n    cache 30\n    forward lan 127.0.0.1\n    forward . 10.0.0.1\n}\n"
                "lan {\n    errors\n    whoami\n}\n"
            )
        ),
        Good(corefile(".:1053 {\n    errors\n    cache 30\n    forward . 127.0.0.1\n}\n")),
        Good(corefile("tls://. {\n    tls c k\n    errors\n    cache 30\n    forward . 127.0.0.1\n}\n")),
        Good(corefile(". {\n    bind 10.0.0.5\n    errors\n    cache 30\n    forward . 127.0.0.1\n}\n")),
        Good(corefile("{$ZONE} {\n    errors\n    cache 30\n    forward . 127.0.0.1\n}\n")),
        # the name is another one when it comes back
        Good(
            corefile(
                "lan {\n    errors\n    cache 30\n    rewrite name suffix .lan .org answer auto\n    forward . 127.0.0.1\n}\n"
                ". {\n    errors\n    cache 30\n    forward . 10.0.0.1\n}\n"
            )
        ),
        Bad({"Corefile": _CLUSTER, "service.yaml": _SERVICE}, flags=["10.96.0.10"]),
        Good({"Corefile": _CLUSTER.replace("10.96.0.10", "10.0.0.1"), "service.yaml": _SERVICE}),
        # the stub of systemd-resolved is on the node, which CoreDNS elsewhere may be
        Bad(corefile(_CLUSTER.replace("10.96.0.10", "127.0.0.53")), flags=["127.0.0.53"], says=["`127.0.0.53` is this CoreDNS"]),
        Good(corefile(". {\n    errors\n    cache 30\n    forward . 127.0.0.53\n}\n")),
        # an address that the block binds, or another one does
        Bad(
            corefile(_NODE_LOCAL % "10.96.0.10"),
            flags=["10.96.0.10"],
            says=["`10.96.0.10` is this CoreDNS itself, so each query comes back to the block that sent it"],
        ),
        Good(corefile(_NODE_LOCAL % "10.96.0.11")),
        Good(corefile(_NODE_LOCAL % "10.96.0.10:5353")),
        Good(
            corefile(
                "lan {\n    errors\n    cache 30\n    bind 10.0.0.5\n    forward . 10.0.0.6\n}\n"
                ". {\n    errors\n    cache 30\n    bind 10.0.0.6\n    forward . 192.0.2.1\n}\n"
            )
        ),
        Good(
            corefile(
                ". {\n    errors\n    cache 30\n    bind eth0\n    forward . 127.0.0.1\n}\n"
                ". {\n    errors\n    cache 30\n    bind lo\n    forward . 10.0.0.1\n}\n"
            )
        ),
        Bad(
            corefile(". {\n    errors\n    cache 30\n    bind lo\n    forward . 127.0.0.1\n}\n"),
            flags=["127.0.0.1"],
        ),
        # CoreDNS that runs elsewhere asks the cluster's
        Good({"Corefile": "cluster.local {\n    errors\n    cache 30\n    forward . 10.96.0.10\n}\n", "service.yaml": _SERVICE}),
    ]  # fmt: skip

    def check(self, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if corefile_placeholder(corefile.text) is not None or corefile.fragment:
            return
        own: tuple[str, ...] = ()
        if role_of(cluster.document_of(corefile)) is Role.CLUSTER:
            own = (*_service_addresses(cluster), *_OTHER_LOOPBACK.findall(corefile.text))
        bound = (word for server in corefile.servers for bind in server.all("bind") for word in bind.args)
        forwards = [each for server in corefile.servers for each in server.all("forward")]
        to = " ".join(word for each in forwards for word in each.args[1:]).lower()
        if not any(address in to for address in (*_LOOPBACK, *own, *map(str.lower, bound))):
            return
        # few Corefiles come so far
        from kpl.corefiles import loops

        for loop in loops(corefile.servers, own, cluster.coredns_version_for(corefile)):
            way = "through another block" if loop.others else "to the block that sent it"
            yield self.finding(
                loop.upstream.span,
                f"`{loop.upstream}` is this CoreDNS itself, so each query comes back {way}",
                help="Replace it with the resolver that answers these names.",
                related=[
                    Related(loop.server.key_span, "the query comes back here"),
                    *(Related(other.key_span, "it passes through this block") for other in loop.others),
                ],
            )


def _service_addresses(cluster: Cluster) -> tuple[str, ...]:
    # a Corefile alone is checked without it
    from kpl.manifests import Service, is_cluster_dns

    return tuple(
        address
        for _, service in cluster.of(Service, clue="clusterIP")
        if is_cluster_dns(f"{service.namespace}/{service.name}:dns")
        for address in (service.cluster_ip, *service.cluster_ips)
        if address and address != "None"
    )
