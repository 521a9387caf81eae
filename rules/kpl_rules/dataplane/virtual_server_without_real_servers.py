"""KPL450."""

from __future__ import annotations

import ipaddress
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Stop, files
from kpl.dumps import IpvsDump, VirtualServer
from kpl.kubeproxy import canonical_address

MOST_RELATED = 5
DNS_PORT = 53

Way: TypeAlias = tuple[str, str, int | None]
"""Protocol, address and port that connections are made to."""
Sockets: TypeAlias = frozenset[tuple[str, int | None]]
Ways: TypeAlias = Mapping[Way, Sockets]

_HELP = (
    "Compare the Service's selector with the labels of its pods, and check their readiness. A Service with "
    "`externalTrafficPolicy: Local` before Kubernetes 1.24, or with `internalTrafficPolicy: Local`, has no real "
    "server on nodes without one of its pods."
)

_HEAD = (
    "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
)
_API = "TCP  10.96.0.1:443 rr\n  -> 192.0.2.10:6443              Masq    1      0          4\n"
_WEB = "TCP  10.96.12.7:443 rr\n  -> 10.244.1.9:8443              Masq    1      0          4\n"
_DNS = "UDP  10.96.0.10:53 rr\n  -> 10.244.1.2:53                Masq    1      0          4\n"


class VirtualServerWithoutRealServers(Rule):
    """An IPVS virtual server has no real server, so the kernel refuses every connection to it.

    ## Why
    In IPVS mode, kube-proxy creates a virtual server for each address and port of a Service, with a real server for
    each ready endpoint. Without a real server, the kernel responds with ICMP "port unreachable": connections are
    refused, and UDP queries end in an error or a timeout, depending on the client. This happens for a Service whose
    pods are scaled to zero, and for one whose selector matches no ready pod.

    In Kubernetes 1.23 and earlier, a virtual server of a Service with `externalTrafficPolicy: Local` is empty on every
    node without one of its pods, which is correct. In 1.24 and later, kube-proxy fills it with the pods of other nodes.
    With `internalTrafficPolicy: Local`, the virtual server of the cluster IP is empty on these nodes in every release.

    If another dump of the run that shares endpoints with this one has endpoints for the same address, the Service has
    endpoints and this node's kube-proxy is at fault. The finding is an error for the cluster DNS: port 53 of the tenth
    address of a network whose first address is the API server.

    ## Fix
    A dump cannot be fixed. `kubectl get endpointslices -A` shows Services without endpoints. Compare the Service's
    selector with the labels of its pods, and check their readiness. Nothing needs to be done if the pods are gone on
    purpose.

    ## References
    - https://github.com/torvalds/linux/blob/master/net/netfilter/ipvs/ip_vs_core.c (`ip_vs_leave`)
    - https://github.com/kubernetes/kubernetes/pull/97081
    - https://github.com/kubernetes/kubernetes/issues/75262
    - https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/
    """

    code = "KPL450"
    name = "virtual-server-without-real-servers"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "IpvsDump"
    examples = [
        Bad(
            files(**{"node.ipvs": f"{_HEAD}TCP  10.96.12.7:443 rr\n{_DNS}"}),
            flags=["TCP  10.96.12.7:443 rr"],
            says=[
                "has no real server, so the kernel refuses every connection to it\n",
                "Compare the Service's selector",
            ],
        ),
        Bad(
            files(**{"node.ipvs": "-A -t 10.96.12.7:443 -s rr\n-A -t 10.96.12.8:80 -s rr -p 10800\n"}),
            flags=["-A -t 10.96.12.7:443 -s rr"],
            says=["and 1 more have no real server, so the kernel refuses every connection to them"],
        ),
        Good(files(**{"node.ipvs": f"{_HEAD}{_DNS}"})),
        # the cluster's DNS
        Bad(
            files(**{"node.ipvs": f"{_HEAD}{_API}UDP  10.96.0.10:53 rr\n"}),
            flags=["UDP  10.96.0.10:53 rr"],
            severities=[Severity.ERROR],
        ),
        # another node has the endpoints
        Bad(
            files(**{"node-1.ipvs": f"{_HEAD}{_API}{_WEB}", "node-2.ipvs": f"{_HEAD}{_API}TCP  10.96.12.7:443 rr\n"}),
            flags=["TCP  10.96.12.7:443 rr"],
            says=["is the last line and has no real server", "`node-1.ipvs` has endpoints for this Service"],
        ),
        # a node in another mode
        Good(files(**{"node.ipvs": _HEAD})),
        # cut off
        Good(files(**{"node.ipvs": f"{_HEAD}{_DNS}TCP  10.96.12.7:443 rr\n...\n"})),
        # a port of DNS on another address than the tenth
        Bad(files(**{"node.ipvs": f"{_HEAD}{_API}UDP  10.96.0.11:53 rr\n{_WEB}"}), flags=["UDP  10.96.0.11:53 rr"]),
        Bad(files(**{"node.ipvs": f"{_HEAD}{_API}UDP  10.96.0.10:54 rr\n{_WEB}"}), flags=["UDP  10.96.0.10:54 rr"]),
    ]

    def check(self, dump: IpvsDump, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        document = cluster.document_of(dump)
        for table in dump.tables:
            starts = [each.start for each in table.servers]
            # what cannot be read may have been the real servers
            cut = {starts[place - 1] for at in dump.unread if (place := bisect_left(starts, at))}
            empty = [each for each in table.servers if not each.real_servers and each.start not in cut]
            if not empty:
                continue
            ways = {_way(each): _sockets(each) for each in table.servers}
            others = list(_of_the_same_cluster(ways, document, cluster))
            served = {way: other for other, theirs in others for way, sockets in theirs.items() if sockets}
            here = [each for each in empty if _way(each) in served]
            if here:
                yield self._finding(dump, here, ways, _help_here(served[_way(here[0])]))
            everywhere = [each for each in empty if _way(each) not in served]
            if everywhere:
                yield self._finding(dump, everywhere, ways, _HELP)

    def _finding(self, dump: IpvsDump, empty: list[VirtualServer], ways: Ways, help_: str) -> Finding:
        """One finding of all of `empty`; that of the cluster's DNS first, which every pod depends on."""
        empty = sorted(empty, key=lambda each: not _is_cluster_dns(each, ways))
        more = f" and {len(empty) - 1:,} more have" if len(empty) > 1 else " has"
        if len(empty) == 1 and not dump.text[dump.span(empty[0].start).end :].strip():
            # nothing marks the end of a listing
            message = (
                f"`{empty[0].title}` is the last line and has no real server, so the kernel refuses every connection "
                "to it, unless the listing was cut here"
            )
        else:
            them = "them" if len(empty) > 1 else "it"
            message = f"`{empty[0].title}`{more} no real server, so the kernel refuses every connection to {them}"
        return self.finding(
            dump.span(empty[0].start),
            message,
            help=help_,
            related=[
                Related(dump.span(each.start), "also without a real server") for each in empty[1 : MOST_RELATED + 1]
            ],
            severity=Severity.ERROR if _is_cluster_dns(empty[0], ways) else None,
        )


def _way(server: VirtualServer) -> Way:
    return server.protocol, server.address, server.port


def _sockets(server: VirtualServer) -> Sockets:
    return frozenset((each.address, each.port) for each in server.real_servers)


def _of_the_same_cluster(ways: Ways, document: Document, cluster: Cluster) -> Iterator[tuple[Document, Ways]]:
    """The other dumps of the run, with what they do: those that send some address to the same endpoint as this one."""
    for other in cluster.dumps:
        if other is document:
            continue
        theirs: dict[Way, Sockets] = {}
        if isinstance(other.model, IpvsDump):
            theirs = {_way(each): _sockets(each) for each in other.model.servers()}
        else:
            for state in cluster.node_states(other):
                for port in state.ports:
                    sockets = frozenset((each.address, each.port) for each in port.internal.endpoints)
                    theirs[port.protocol, port.cluster_ip or "", port.port] = sockets
        if any(sockets & theirs.get(way, frozenset()) for way, sockets in ways.items()):
            yield other, theirs


def _is_cluster_dns(server: VirtualServer, ways: Ways) -> bool:
    """Whether this is the tenth address of the Services' network, as installers choose it; the API server has the first."""
    address = canonical_address(server.address)
    if server.port != DNS_PORT or address is None:
        return False
    number = int(ipaddress.ip_address(address)) - 9
    return number > 0 and ("TCP", str(type(ipaddress.ip_address(address))(number)), 443) in ways


def _help_here(other: Document) -> str:
    return (
        f"Read the kube-proxy logs on this node and restart kube-proxy: `{other.path}` has endpoints for this Service. "
        "A Service with `internalTrafficPolicy: Local`, or with `externalTrafficPolicy: Local` before Kubernetes "
        "1.24, has no real server on nodes without one of its pods."
    )
