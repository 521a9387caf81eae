"""KPL268."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Document, Finding, Good, Rule, Severity, Stop
from kpl.corefiles import coredns_container
from kpl.manifests import Mapping, Service, Workload, is_cluster_dns_service

_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: kube-dns
  namespace: kube-system
spec:
  selector: {k8s-app: kube-dns}
  clusterIP: 10.96.0.10
  ports:
    - {name: dns, port: 53, protocol: UDP}
    - {name: dns-tcp, port: 53, protocol: TCP}
"""
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  template:
    spec:
      dnsPolicy: Default
      containers:
      - name: coredns
        image: registry.k8s.io/coredns/coredns
        ports:
        - {name: dns, containerPort: 53, protocol: UDP}
        - {name: dns-tcp, containerPort: 53}
"""
_UDP_ALONE = _SERVICE.replace("    - {name: dns-tcp, port: 53, protocol: TCP}\n", "")
_TCP_ALONE = _SERVICE.replace("    - {name: dns, port: 53, protocol: UDP}\n", "")


class DnsServiceWithoutProtocol(Rule):
    """The DNS Service has port 53 for UDP only, or for TCP only, so some or all names do not resolve.

    ## Why
    Resolvers ask over UDP and repeat a query over TCP if the response is truncated: a headless Service with about 15 endpoints
    does not fit into the 512 bytes of a response without EDNS0. Without TCP, these names do not resolve. NodeLocal DNSCache asks
    the DNS Service over TCP only (`force_tcp`). Without UDP, no name resolves. A port without `protocol` is TCP.

    The rule reports only what the pods offer: the container of CoreDNS has port 53 for the protocol, and the Service does not.

    ## Fix
    There is no automatic fix. Add a port with another name, for example `dns-tcp`.

    ## References
    - https://www.rfc-editor.org/rfc/rfc7766 (DNS over TCP)
    - https://github.com/coredns/deployment/blob/master/kubernetes/coredns.yaml.sed
    """

    code = "KPL268"
    name = "dns-service-without-protocol"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    confidence = Confidence.HIGH
    since = "0.1.0"
    needs = "Service Workload"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            {"d.yaml": _DEPLOYMENT, "service.yaml": _UDP_ALONE},
            flags=["kube-dns"],
            says=[
                "`kube-dns` has no port 53 for TCP",
                "truncated responses do not resolve",
                "Add a port 53 with `protocol: TCP`",
            ],
        ),
        Bad(
            {"d.yaml": _DEPLOYMENT, "service.yaml": _TCP_ALONE},
            flags=["kube-dns"],
            says=["no port 53 for UDP", "no name resolves"],
        ),
        Bad(
            {"d.yaml": _DEPLOYMENT, "service.yaml": _SERVICE.replace("53, protocol: UDP", "53")},
            flags=["kube-dns"],
            other=["service-refused"],
            says=["no port 53 for UDP"],
        ),
        Good({"d.yaml": _DEPLOYMENT, "service.yaml": _SERVICE}),
        # nobody knows what the pods offer, or they offer no more
        Good({"service.yaml": _UDP_ALONE}),
        Good(
            {
                "d.yaml": _DEPLOYMENT.replace("        - {name: dns-tcp, containerPort: 53}\n", ""),
                "service.yaml": _UDP_ALONE,
            }
        ),
        Good({"d.yaml": _DEPLOYMENT.replace("namespace: kube-system", "namespace: edge"), "service.yaml": _UDP_ALONE}),
        Good({"d.yaml": _DEPLOYMENT.replace("coredns/coredns", "dns/k8s-dns-node-cache"), "service.yaml": _UDP_ALONE}),
        # another Service, one without any port of DNS, a patch, two versions
        Good({"d.yaml": _DEPLOYMENT, "service.yaml": _UDP_ALONE.replace("name: kube-dns", "name: dns")}),
        Good({"d.yaml": _DEPLOYMENT, "service.yaml": _UDP_ALONE.replace("namespace: kube-system", "namespace: edge")}),
        Good({"d.yaml": _DEPLOYMENT, "service.yaml": _UDP_ALONE.replace("port: 53", "port: 9153")}),
        Good({"d.yaml": _DEPLOYMENT, "service.yaml": _UDP_ALONE.replace("  selector: {k8s-app: kube-dns}\n", "")}),
        Good({"d.yaml": _DEPLOYMENT, "a.yaml": _UDP_ALONE, "b.yaml": _TCP_ALONE}),
        Good({"d.yaml": _DEPLOYMENT, "service.yaml": _UDP_ALONE.replace("protocol: UDP", "protocol: $PROTOCOL")}),
    ]

    def check(self, service: Service, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        name = f"{service.namespace}/{service.name}"
        if not is_cluster_dns_service(name) or service.node.mapping("spec", "selector") is None or document.templated:
            return
        protocols = {port.protocol for port in service.ports if port.port == 53}
        missing = {"UDP", "TCP"} - protocols
        if len(missing) != 1 or not protocols <= {"UDP", "TCP"}:
            return
        if sum(f"{each.namespace}/{each.name}" == name for _, each in cluster.of(Service, clue="dns")) > 1:
            return
        (protocol,) = missing
        if protocol not in _offered(service.namespace, cluster):
            return
        result = "no name resolves" if protocol == "UDP" else "names with truncated responses do not resolve"
        yield self.finding(
            service.name.span,
            f"`{service.name}` has no port 53 for {protocol}, so {result}",
            help=f"Add a port 53 with `protocol: {protocol}`.",
        )


def _offered(namespace: str, cluster: Cluster) -> set[str]:
    """The protocols of port 53 in the containers of CoreDNS in a namespace."""
    found = set()
    for _, workload in cluster.of(Workload, clue="coredns"):
        container = coredns_container(workload) if workload.namespace == namespace else None
        for port in container.node.items("ports") if container is not None else ():
            if isinstance(port, Mapping) and port.text("containerPort") == "53":
                found.add(str(port.text("protocol") or "TCP"))
    return found
