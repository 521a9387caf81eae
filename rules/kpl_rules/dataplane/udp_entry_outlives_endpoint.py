"""KPL456."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kpl import Bad, Cluster, Confidence, Document, Finding, Good, Related, Rule, Severity, Stop, files
from kpl.dumps import ConntrackDump, PortState
from kpl.iptables import Ruleset
from kpl.kubeproxy import canonical_address
from kpl.manifests import EndpointSlice, Service
from kpl.nft import NftRuleset, whole_tables
from kpl.testing import node_dump
from kpl_rules.dataplane._nft import NEW

_SHOWN = 3


def _entry(
    to: str = "10.96.0.10", pod: str = "10.244.3.9", port: int = 53, client: int = 40_000, flag: str = ""
) -> str:
    return (
        f"udp      17 119 src=10.244.1.5 dst={to} sport={client} dport={port} {flag}src={pod} dst=10.244.1.5 sport=53 "
        f"dport={client} [ASSURED] mark=0 use=1\n"
    )


_SLICE = (
    "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: kube-dns-a\n  namespace: kube-system\n"
    "  labels: {kubernetes.io/service-name: kube-dns}\naddressType: IPv4\n"
    "ports: [{name: dns, port: 53, protocol: UDP}]\nendpoints:\n- {addresses: [%s], conditions: %s}\n"
)
_OBJECTS = (
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: kube-dns\n  namespace: kube-system\n"
    "  uid: 4b1f3c52-3d53-4c65-8d6f-6c6b5a1d7f10\nspec:\n  clusterIP: 10.96.0.10\n  clusterIPs: [10.96.0.10]\n"
    "  externalIPs: [192.0.2.7]\n  ipFamilies: [IPv4]\n"
    "  ports: [{name: dns, port: 53, protocol: UDP, targetPort: 53, nodePort: 30053}]\n"
) + _SLICE


_UDP = (
    NEW.replace("KHN6ECMT-shop/web/tcp/http", "6NGGJEVM-shop/web/udp/http")
    .replace("10.96.0.7 . tcp . 80", "10.96.0.7 . udp . 80")
    .replace("tcp . 30080", "udp . 30080")
    .replace("l4proto tcp dnat ip to numgen", "l4proto udp dnat ip to numgen")
)
"""A table of kube-proxy in which shop/web is a Service over UDP."""


class UdpEntryOutlivesEndpoint(Rule):
    """UDP flows to a Service are tracked to a pod that is no longer one of its endpoints, so packets are lost.

    ## Why
    The first packet of a UDP flow chooses the pod, and its conntrack entry keeps all later packets on it. Each packet
    renews the entry, for 120 seconds if the pod has answered. A client that keeps its socket, such as a DNS forwarder or
    a log shipper, sends to the address of the old pod until it pauses. kube-proxy deletes such entries when endpoints
    are removed, but not always: releases before 1.32 need the program `conntrack` for it, and 1.32 to 1.36 keep the
    entries of a Service whose last endpoint is removed. In a known case, packets went to a deleted pod for 13 hours.

    The rule takes the endpoints from the rules of the same node, or from the Services and EndpointSlices of the
    cluster. An endpoint that one of them has counts as present. It also reports entries to an address of the
    Service network that no Service has.

    ## Fix
    A dump cannot be fixed. Delete the entries: `conntrack -D -p udp --orig-dst ADDRESS --reply-src POD`. Use
    Kubernetes 1.37 or later.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/125467
    - https://github.com/kubernetes/kubernetes/issues/139628
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/conntrack/cleanup.go
    - https://docs.kernel.org/networking/nf_conntrack-sysctl.html
    """

    code = "KPL456"
    name = "udp-entry-outlives-endpoint"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("lookups-time-out",)
    needs = "ConntrackDump Ruleset|NftRuleset|EndpointSlice"
    clue = "udp"
    examples = [
        Bad(
            files(**{"a.conntrack": _entry() + _entry(client=40_001), "objects.yaml": _OBJECTS % ("10.244.1.2", "{}")}),
            flags=[_entry().strip()],
            says=[
                "2 UDP flows to `10.96.0.10:53` (`kube-system/kube-dns:dns`) are tracked to `10.244.3.9`, which is not an",
                "`conntrack -D -p udp --orig-dst 10.96.0.10 --reply-src 10.244.3.9`",
            ],
        ),
        # by another address, and through the NodePort
        Bad(
            files(**{"a.conntrack": _entry("192.0.2.7"), "objects.yaml": _OBJECTS % ("10.244.1.2", "{}")}),
            flags=[_entry("192.0.2.7").strip()],
        ),
        Bad(
            files(**{"a.conntrack": _entry("192.0.2.1", port=30053), "objects.yaml": _OBJECTS % ("10.244.1.2", "{}")}),
            flags=[_entry("192.0.2.1", port=30053).strip()],
            says=["1 UDP flow to `192.0.2.1:30053` (`kube-system/kube-dns:dns`) is tracked to"],
        ),
        # an endpoint, and one that is stopping
        Good(files(**{"a.conntrack": _entry(), "objects.yaml": _OBJECTS % ("10.244.3.9", "{}")})),
        Good(
            files(
                **{
                    "a.conntrack": _entry(),
                    "objects.yaml": _OBJECTS % ("10.244.3.9", "{ready: false, terminating: true}"),
                }
            )
        ),
        # not translated, of another protocol, to another port
        Good(files(**{"a.conntrack": _entry(pod="10.96.0.10"), "objects.yaml": _OBJECTS % ("10.244.1.2", "{}")})),
        Good(
            files(
                **{
                    "a.conntrack": _entry().replace("udp      17", "tcp      6"),
                    "objects.yaml": _OBJECTS % ("10.244.1.2", "{}"),
                }
            )
        ),
        Good(files(**{"a.conntrack": _entry(port=5353), "objects.yaml": _OBJECTS % ("10.244.1.2", "{}")})),
        # nobody knows the endpoints
        Good(
            files(
                **{
                    "a.conntrack": _entry(),
                    "objects.yaml": (_OBJECTS % ("10.244.1.2", "{}")).replace("name: kube-dns}", "name: other}"),
                }
            )
        ),
        # by the rules of the node
        Bad(
            files(**{"node-1.conntrack": _entry("10.96.0.7", port=80), "node-1.nft": _UDP}),
            flags=[_entry("10.96.0.7", port=80).strip()],
            says=["(`shop/web:http`)"],
        ),
        Bad(
            files(**{"node-1.conntrack": _entry("192.0.2.1", port=30080), "node-1.nft": _UDP}),
            flags=[_entry("192.0.2.1", port=30080).strip()],
        ),
        Bad(
            files(**{"node-1.conntrack": _entry("10.96.10.4", port=7000), "node-1.iptables": node_dump()}),
            flags=[_entry("10.96.10.4", port=7000).strip()],
        ),
        Good(files(**{"node-1.conntrack": _entry("10.96.0.7", "10.244.2.9", 80), "node-1.nft": _UDP})),
        Good(files(**{"node-2.conntrack": _entry("10.96.0.7", port=80), "node-1.nft": _UDP})),
        # a dump that is not complete
        Good(
            files(**{"node-1.conntrack": _entry("10.96.0.7", port=80), "node-1.nft": _UDP.removesuffix("}\n")}),
            other=["nft-dump-cut-short"],
        ),
        # an address of the Service network that no Service has, and one outside of it
        Bad(
            files(**{"node-1.conntrack": _entry("10.96.0.5"), "node-1.nft": _UDP}),
            flags=[_entry("10.96.0.5").strip()],
            says=["1 UDP flow to `10.96.0.5:53` is tracked to `10.244.3.9`, but no Service has that address and port"],
        ),
        Good(files(**{"node-1.conntrack": _entry("10.96.0.9"), "node-1.nft": _UDP})),
    ]

    def check(self, dump: ConntrackDump, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        rows = [row for row, shape in enumerate(dump.shapes) if shape.protocol == "udp"]
        services = _services(document, cluster) if rows else None
        if services is None or not services.ports:
            return
        found: dict[tuple[str, int, str], list[int]] = {}
        for row in rows:
            flow = dump.flow(row)
            to, pod, port = _canonical(flow.destination), _canonical(flow.reply_source or ""), flow.destination_port
            if to and pod and pod != to and port is not None and services.lost(to, port, pod):
                found.setdefault((to, port, pod), []).append(row)
        for (to, port, pod), those in found.items():
            service = services.of(to, port)
            target = f"[{to}]:{port}" if ":" in to else f"{to}:{port}"
            flows = f"{len(those):,} UDP flow{'s' if len(those) > 1 else ''} to `{target}`"
            are = "are" if len(those) > 1 else "is"
            if service is None:
                what = f"{are} tracked to `{pod}`, but no Service has that address and port"
            else:
                what = f"(`{service.name}`) {are} tracked to `{pod}`, which is not an endpoint"
            yield self.finding(
                dump.span(dump.offsets[those[0]]),
                f"{flows} {what}, so packets are lost or reach the wrong pod",
                help=f"Delete the entries: `conntrack -D -p udp --orig-dst {to} --reply-src {pod}`.",
                related=[Related(dump.span(dump.offsets[row]), "same problem here") for row in those[1 : _SHOWN + 1]],
                confidence=Confidence.MEDIUM,
            )


@dataclass
class _Port:
    """A port of a Service over UDP."""

    name: str
    pods: set[str] = field(default_factory=set)
    """The addresses of its endpoints."""
    complete: bool = False
    """Whether these are all of them."""


@dataclass
class _Services:
    """The UDP ports of Services, by address and port; the address of a NodePort is empty."""

    ports: dict[tuple[str, int], _Port] = field(default_factory=dict)
    cluster_ips: set[tuple[int, ...]] = field(default_factory=set)
    """Those of a complete dump, over all protocols; of IPv4."""

    def of(self, address: str, port: int) -> _Port | None:
        """The port that packets to `address` and `port` are for."""
        return self.ports.get((address, port)) or self.ports.get(("", port))

    def lost(self, address: str, port: int, pod: str) -> bool:
        """Whether no Service sends packets for `address` and `port` to `pod`."""
        found = self.of(address, port)
        if found is not None:
            return found.complete and pod not in found.pods
        # what is between two addresses of a network is in the network
        number = _number(address)
        return bool(self.cluster_ips and number) and min(self.cluster_ips) < number < max(self.cluster_ips)

    def add(
        self, name: str, keys: Iterable[tuple[str | None, int | None]], pods: Iterable[str], complete: bool
    ) -> None:
        """Add a port, or more of its endpoints."""
        for address, number in keys:
            if address is not None and number is not None:
                port = self.ports.setdefault((address, number), _Port(name))
                port.pods.update(pods)
                port.complete |= complete


def _services(document: Document, cluster: Cluster) -> _Services:
    """What the rules of the node of `document` and the objects of the cluster say."""
    found = _Services()
    for each in cluster.of_node(document):
        if _is_whole(each.model):
            for state in cluster.node_states(each):
                for port in state.ports:
                    _add_programmed(found, port)
    slices: dict[tuple[str, str], set[str]] = {}
    for _, each_slice in cluster.of(EndpointSlice):
        pods = slices.setdefault((each_slice.namespace or "default", each_slice.service), set())
        pods.update(_canonical(address) for endpoint in each_slice.endpoints for address in endpoint.addresses)
    for _, service in cluster.of(Service) if slices else ():
        namespace = service.namespace or "default"
        known = slices.get((namespace, str(service.name)))
        for own in service.ports if known is not None and service.live else ():
            if own.protocol == "UDP":
                addresses = [*service.cluster_ips, service.cluster_ip, *service.external_ips]
                addresses += [each.ip for each in service.ingress]
                name = f"{namespace}/{service.name}" + (f":{own.name}" if own.name else "")
                keys = [*((_canonical(address), own.port) for address in addresses if address), ("", own.node_port)]
                found.add(name, keys, known or (), True)
    return found


def _add_programmed(found: _Services, port: PortState) -> None:
    if port.cluster_ip and (number := _number(port.cluster_ip)):
        found.cluster_ips.add(number)
    if port.protocol == "UDP":
        ways = [way for way in (port.internal, port.external) if way is not None]
        pods = {endpoint.address for way in ways for endpoint in way.endpoints}
        addresses = (port.cluster_ip, *port.external_ips, *port.load_balancer_ips)
        keys = [*((address, port.port) for address in addresses), ("", port.node_port)]
        found.add(port.name or f"{port.cluster_ip}:{port.port}", keys, pods, not any(way.local for way in ways))


def _is_whole(model: object) -> bool:
    if isinstance(model, NftRuleset):
        return any(True for _ in whole_tables(model))
    return isinstance(model, Ruleset) and any("KUBE-SERVICES" in nat.rules_of for nat in model.whole("nat"))


def _number(address: str) -> tuple[int, ...]:
    """An address of IPv4 as a number that can be compared; empty for others."""
    return tuple(map(int, address.split("."))) if ":" not in address else ()


def _canonical(address: str) -> str:
    """An address as kube-proxy writes it; empty if it is not an address."""
    return canonical_address(address) or ""
