"""KPL466."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Document, Finding, Good, Related, Rule, Severity, Span, Stop, files
from kpl.dumps import ConntrackDump
from kpl.iptables import Ruleset, portals
from kpl.kubeproxy import is_within
from kpl.manifests import NodeObject
from kpl.nft import NftRuleset, pod_network, whole_tables
from kpl.testing import node_dump
from kpl_rules.dataplane._nft import NEW
from kpl_rules.dataplane._pods import pod_network_of

_ENTRY = "udp      17 29 src={0} dst=198.51.100.4 sport=41237 dport={1} {2}src={3} dst={4} sport=31053 dport=41237 mark=0 use=1\n"
_PORTAL = (
    '-A KUBE-NODEPORTS -p udp -m comment --comment "shop/log:udp" -m udp --dport 31053 -j KUBE-SVC-LOGLOGLOGLOGLOGL\n'
)
_CHAIN = (
    '-A KUBE-SVC-LOGLOGLOGLOGLOGL -m comment --comment "shop/log:udp" -j KUBE-SEP-LOGLOGLOGLOGLOGL\n'
    '-A KUBE-SEP-LOGLOGLOGLOGLOGL -p udp -m comment --comment "shop/log:udp" -m udp -j DNAT --to-destination 10.244.2.40:5514\n'
)
_NODE = (
    "apiVersion: v1\nkind: Node\nmetadata: {name: b}\nstatus: {addresses: [{type: InternalIP, address: 203.0.113.9}]}\n"
)


def _nat(rules: str = _PORTAL + _CHAIN) -> str:
    return (
        "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
        ":KUBE-MARK-MASQ - [0:0]\n:KUBE-NODEPORTS - [0:0]\n:KUBE-SERVICES - [0:0]\n"
        ":KUBE-SEP-LOGLOGLOGLOGLOGL - [0:0]\n:KUBE-SVC-LOGLOGLOGLOGLOGL - [0:0]\n"
        "-A PREROUTING -j KUBE-SERVICES\n-A OUTPUT -j KUBE-SERVICES\n"
        '-A KUBE-SVC-LOGLOGLOGLOGLOGL ! -s 10.244.0.0/16 -d 10.96.0.7/32 -p udp -m comment --comment "shop/log:udp cluster IP" '
        "-m udp --dport 514 -j KUBE-MARK-MASQ\n-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n"
        f"{rules}"
        "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\nCOMMIT\n"
    )


_STUCK = _ENTRY.format("203.0.113.9", 31053, "[UNREPLIED] ", "198.51.100.4", "203.0.113.9")
_NFT = (
    NEW.replace("KHN6ECMT-shop/web/tcp/http", "6NGGJEVM-shop/web/udp/http")
    .replace("10.96.0.7 . tcp . 80", "10.96.0.7 . udp . 80")
    .replace("tcp . 30080", "udp . 31053")
    .replace("l4proto tcp dnat ip to numgen", "l4proto udp dnat ip to numgen")
)
_OTHER = [
    "cluster-ip-masquerade",
    "endpoint-of-another-chain",
    "service-of-another-chain",
    "stale-service-chain",
    "hairpin-not-masqueraded",
]


class UdpEntryNotTranslated(Rule):
    """A UDP flow to a NodePort is tracked without translation, so its packets never reach the Service.

    ## Why
    The first packet of a UDP flow decides for all that follow. If it came before kube-proxy had written the rules of the
    NodePort, its conntrack entry says that nothing is translated, and each further packet from the same port keeps the
    entry alive. A client that always sends from one port, such as a log shipper or a SIP phone, does not reach the
    Service until it is silent for 30 seconds (`nf_conntrack_udp_timeout`). kube-proxy deletes such entries only when
    the endpoints of a UDP Service change.

    The rule needs the rules (of iptables or nftables mode) and the connections of the same node. It reports unanswered
    entries from outside of the pod network to a UDP port that the node's rules translate. It is silent if the client can
    be a node, because a node also tracks what it sends to NodePorts of other nodes.

    ## Fix
    A dump cannot be fixed. Delete the entries: `conntrack -D -p udp --orig-port-dst PORT`.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/108876
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/conntrack/cleanup.go
    - https://docs.kernel.org/networking/nf_conntrack-sysctl.html
    """

    code = "KPL466"
    name = "udp-entry-not-translated"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("service-fails-from-outside",)
    needs = "ConntrackDump Ruleset|NftRuleset"
    examples = [
        Bad(
            files(**{"node-1.conntrack": _STUCK, "node-1.iptables": _nat()}),
            flags=[_STUCK.strip()],
            says=["the UDP flow from `203.0.113.9` to the NodePort 31053 is tracked without translation"],
            other=_OTHER,
        ),
        # nftables
        Bad(
            files(**{"node-1.conntrack": _STUCK, "node-1.nft": _NFT}),
            flags=[_STUCK.strip()],
            says=["the UDP flow from `203.0.113.9` to the NodePort 31053 is tracked without translation"],
        ),
        Good(files(**{"node-1.conntrack": _STUCK, "node-1.nft": NEW})),
        Good(
            files(**{"node-1.conntrack": _STUCK, "node-1.nft": _NFT.removesuffix("}\n")}), other=["nft-dump-cut-short"]
        ),
        # translated
        Good(
            files(
                **{
                    "node-1.conntrack": _ENTRY.format("203.0.113.9", 31053, "", "10.244.2.40", "198.51.100.4"),
                    "node-1.iptables": _nat(),
                }
            ),
            other=_OTHER,
        ),
        # answered by a program of the node
        Good(
            files(**{"node-1.conntrack": _STUCK.replace("[UNREPLIED] ", ""), "node-1.iptables": _nat()}), other=_OTHER
        ),
        Good(files(**{"node-1.conntrack": _STUCK.replace("31053", "31054"), "node-1.iptables": _nat()}), other=_OTHER),
        Good(files(**{"node-1.conntrack": _STUCK, "node-1.iptables": _nat("")}), other=_OTHER),
        Good(files(**{"node-1.conntrack": _STUCK, "node-1.iptables": node_dump()})),
        # of another node
        Good(files(**{"node-2.conntrack": _STUCK, "node-1.iptables": _nat()}), other=_OTHER),
        # from a pod, from a node, and from an address that this node masquerades with: to another node
        Good(
            files(**{"node-1.conntrack": _STUCK.replace("203.0.113.9", "10.244.1.9"), "node-1.iptables": _nat()}),
            other=_OTHER,
        ),
        Good(files(**{"node-1.conntrack": _STUCK, "node-1.iptables": _nat(), "node.yaml": _NODE}), other=_OTHER),
        Good(
            files(
                **{
                    "node-1.conntrack": _STUCK + _ENTRY.format("203.0.113.31", 30999, "", "10.244.2.41", "203.0.113.9"),
                    "node-1.iptables": _nat(),
                }
            ),
            other=_OTHER,
        ),
    ]

    def check(self, dump: ConntrackDump, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        rows = [row for row, shape in enumerate(dump.shapes) if shape.protocol == "udp" and shape.unreplied]
        if not rows:
            return
        programmed = [found for each in cluster.of_node(document) for found in _node_ports(each) if found[0]]
        if len(programmed) != 1:
            return
        ports, pods = programmed[0]
        if pods is None:
            return
        of_nodes: set[str] | None = None
        told = set()
        for row in rows:
            flow = dump.flow(row)
            rule = ports.get(str(flow.destination_port))
            key = flow.source, flow.destination_port
            if rule is None or flow.reply_source != flow.destination or is_within(flow.source, pods) or key in told:
                continue
            if of_nodes is None:
                of_nodes = _addresses_of_nodes(dump, cluster)
            if flow.source in of_nodes:
                continue
            told.add(key)
            yield self.finding(
                dump.span(dump.offsets[row]),
                f"the UDP flow from `{flow.source}` to the NodePort {flow.destination_port} is tracked without translation, "
                "so its packets do not reach the Service as long as they come from the same port",
                help=f"Delete the entries: `conntrack -D -p udp --orig-port-dst {flow.destination_port}`.",
                related=[Related(rule[1], "this rule translates new flows", rule[0])],
                confidence=Confidence.MEDIUM,
            )


_Ports = dict[str, tuple[Document, Span]]
"""The UDP NodePorts that lead to endpoints, and where each is."""


def _node_ports(document: Document) -> Iterator[tuple[_Ports, str | None]]:
    """For each table of Services in a dump its UDP NodePorts, and the network of the pods."""
    if isinstance(document.model, Ruleset):
        for nat in document.model.whole("nat"):
            yield (
                {
                    each.port: (document, nat.option_span(each.row, "--dport"))
                    for each in portals(nat)
                    if each.address is None and each.protocol == "udp" and each.port and each.target in nat.rules_of
                },
                pod_network_of(nat),
            )
    elif isinstance(document.model, NftRuleset):
        ruleset = document.model
        for table in whole_tables(ruleset):
            found = pod_network(table)
            if table.family == "ip":
                yield (
                    {
                        element.key[1]: (document, ruleset.span_of(element.key[1], element.span))
                        for element in table.maps["service-nodeports"].elements
                        if len(element.key) == 2 and element.key[0] == "udp"
                    },
                    found[0] if found else None,
                )


def _addresses_of_nodes(dump: ConntrackDump, cluster: Cluster) -> set[str]:
    """The addresses of nodes: of their objects, and those that this node masquerades with."""
    found = {address for _, node in cluster.of(NodeObject) for address in node.addresses}
    for row in range(len(dump.shapes)):
        flow = dump.flow(row)
        if flow.reply_destination not in (None, flow.source):
            found.add(str(flow.reply_destination))
    return found
