"""KPL430."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Span, Stop, dump, files
from kpl.iptables import Portal, Ruleset, Table, portals
from kpl.nft import NftRuleset, whole_tables
from kpl_rules.dataplane._hostports import host_ports, portmap, tables_of_portmap
from kpl_rules.dataplane._nft import NEW, listed

_OTHERS = ("CNI-HOSTPORT-DNAT", "KUBE-HOSTPORTS", "DOCKER")
_BUILT_IN = ":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
_PORTALS = "-A PREROUTING -j KUBE-SERVICES\n-A OUTPUT -j KUBE-SERVICES\n"
_HOST_PORT = 'tcp dport {} dnat to 10.244.1.20:80 comment "2a1c"'
_HOSTPORTS = "-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT\n"


def _nat(hooks: str, port: int) -> str:
    return (
        (
            f"*nat\n{_BUILT_IN}:CNI-DN-2a1cb9e0f1d3c5a7b9e1f - [0:0]\n:CNI-HOSTPORT-DNAT - [0:0]\n:KUBE-NODEPORTS - [0:0]\n"
            f":KUBE-SERVICES - [0:0]\n{hooks}"
            "-A CNI-DN-2a1cb9e0f1d3c5a7b9e1f -p tcp -m tcp --dport 30080 -j DNAT --to-destination 10.244.1.20:80\n"
            '-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"cbr0\\" id: \\"2a1c\\"" -m multiport --dports 30080 '
            "-j CNI-DN-2a1cb9e0f1d3c5a7b9e1f\n"
            f'-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/cart:http" -m tcp --dport {port} '
            "-j KUBE-EXT-I5LIAMPLWKMBJ54B\n"
            "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\nCOMMIT\n"
        )
        .replace(":KUBE-NODEPORTS", ":KUBE-EXT-I5LIAMPLWKMBJ54B - [0:0]\n:KUBE-NODEPORTS")
        .replace("-A KUBE-NODEPORTS", "-A KUBE-EXT-I5LIAMPLWKMBJ54B -j RETURN\n-A KUBE-NODEPORTS")
    )


class HostPortTakesNodePort(Rule):
    """A host port of a pod or container is also a Service's NodePort, so one of them loses traffic on this node.

    ## Why
    Host ports (CNI plugin portmap: `CNI-HOSTPORT-DNAT`) and ports published by Docker (`DOCKER`) are translated in
    `PREROUTING` of the nat table, like NodePorts. The first rule wins: on this node, connections to the port reach the
    pod or container instead of the Service, or the other way round; on other nodes they do not. The same happens
    between the tables of kube-proxy and portmap in nftables, and between both kinds of rules. Nothing prevents the
    conflict: NodePorts are allocated from 30000-32767, and a host port may be in that range.

    ## Fix
    A dump cannot be fixed. Give the pod or the container a host port outside the NodePort range.

    ## References
    - https://www.cni.dev/plugins/current/meta/portmap/
    - https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport
    """

    code = "KPL430"
    name = "host-port-takes-node-port"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("service-fails-from-outside",)
    needs = "Ruleset|NftRuleset"
    examples = [
        Bad(dump(_nat(_HOSTPORTS + _PORTALS, 30080)), flags=["30080"], other=["external-way-incomplete"]),
        Bad(dump(_nat(_PORTALS + _HOSTPORTS, 30080)), flags=["30080"], other=["external-way-incomplete"]),
        Good(dump(_nat(_HOSTPORTS + _PORTALS, 30081)), other=["external-way-incomplete"]),
        # nftables, and both
        Bad(
            listed(NEW + portmap(_HOST_PORT.format(30080))),
            flags=["30080"],
            says=[
                "`tcp port 30080` of this node is a host port and a NodePort, so one of the two receives no connections"
            ],
        ),
        Good(listed(NEW + portmap(_HOST_PORT.format(30081)))),
        Good(listed(NEW + portmap(_HOST_PORT.format(30080)).replace("table ip", "table ip6"))),
        Good(listed(NEW + portmap("udp" + _HOST_PORT.format(30080).removeprefix("tcp")))),
        Good(listed(portmap(_HOST_PORT.format(30080)))),
        Bad(
            files(**{"node-1.iptables": _nat(_HOSTPORTS, 30081), "node-1.nft": NEW}),
            flags=["30080"],
            other=["external-way-incomplete", "kube-proxy-not-hooked"],
        ),
        Good(
            files(**{"node-1.iptables": _nat(_HOSTPORTS, 30081), "node-2.nft": NEW}),
            other=["external-way-incomplete", "kube-proxy-not-hooked"],
        ),
        Good(
            files(**{"node-1.iptables": _nat("", 30081), "node-1.nft": NEW}),
            other=["external-way-incomplete", "kube-proxy-not-hooked"],
        ),
        Bad(
            files(**{"node-1.iptables": _nat(_PORTALS, 30080), "node-1.nft": portmap(_HOST_PORT.format(30080))}),
            flags=["30080"],
            other=["external-way-incomplete"],
        ),
        Good(
            files(**{"node-1.iptables": _nat(_HOSTPORTS, 30080), "node-1.nft": portmap(_HOST_PORT.format(30080))}),
            other=["external-way-incomplete", "kube-proxy-not-hooked"],
        ),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if isinstance(document.model, Ruleset):
            for nat in document.model.whole("nat"):
                yield from self._in(nat)
                found = [
                    (protocol, port, nat.option_span(row, "--dport", "--dports"))
                    for _, row, protocol, port in _host_ports(nat)
                ]
                yield from self._of_both(found, document, cluster)
        elif isinstance(document.model, NftRuleset):
            ruleset = document.model
            for table in tables_of_portmap(ruleset):
                found = [
                    (each.protocol, each.port, ruleset.span_of(each.port, each.span))
                    for each in host_ports(ruleset, table)
                ]
                yield from self._of_both(found, document, cluster, table.family)

    def _of_both(
        self, found: list[tuple[str, str, Span]], document: Document, cluster: Cluster, family: str = ""
    ) -> Iterator[Finding]:
        """Host ports of a document that are NodePorts in nftables, or in the other kind of rules."""
        taken = dict(_node_ports(document, cluster, family)) if found else {}
        for protocol, port, span in found:
            if (protocol, port) in taken:
                where, node_port = taken[protocol, port]
                yield self.finding(
                    span,
                    f"`{protocol} port {port}` of this node is a host port and a NodePort, so one of the two receives no "
                    "connections on this node",
                    help=_HELP,
                    related=[Related(node_port, "the NodePort", where)],
                )

    def _in(self, nat: Table) -> Iterator[Finding]:
        hooks, found = _hooks(nat), list(_host_ports(nat))
        if not found or "KUBE-SERVICES" not in hooks:
            return
        taken = {(each.protocol, each.port): each.row for each in reversed(portals(nat)) if _is_node_port(nat, each)}
        for chain, row, protocol, port in found:
            if (protocol, port) in taken:
                first = hooks[chain] < hooks["KUBE-SERVICES"]
                yield self.finding(
                    nat.option_span(row, "--dport", "--dports"),
                    f"`{protocol} port {port}` of this node is a host port and a NodePort, so the "
                    + (
                        "host port takes the Service's connections"
                        if first
                        else "NodePort takes the host port's connections"
                    )
                    + " on this node",
                    help=_HELP,
                    related=[Related(nat.option_span(taken[protocol, port], "--dport"), "the NodePort")],
                )


_HELP = "Give the pod or container a host port outside the NodePort range."


def _hooks(nat: Table) -> dict[str, int]:
    """The chains that `PREROUTING` hands packets to, each with its first rule."""
    return {nat.target[row]: row for row in reversed(nat.rules_of.get("PREROUTING", []))}


def _host_ports(nat: Table) -> Iterator[tuple[str, int, str, str]]:
    """The host ports that packets come to: the chain, the rule, the protocol and the port."""
    for chain in _hooks(nat):
        rows = nat.rules_of.get(chain, []) if chain in _OTHERS else []
        columns = (nat.values(option, rows) for option in ("-p", "--dport", "--dports"))
        for row, protocol, port, several in zip(rows, *columns, strict=True):
            for one in (port or several or "").split(","):
                if protocol and one:
                    yield chain, row, protocol, one


def _is_node_port(nat: Table, portal: Portal) -> bool:
    return nat.chain[portal.row] == "KUBE-NODEPORTS"


_NodePort = tuple[tuple[str, str], tuple[Document, Span]]


def _node_ports(document: Document, cluster: Cluster, family: str) -> Iterator[_NodePort]:
    """The NodePorts of a node: protocol and port, and where they are; of one family if it is known."""
    for each in cluster.of_node(document):
        if isinstance(each.model, NftRuleset):
            yield from _of_nftables(each, each.model, family)
        elif isinstance(each.model, Ruleset) and isinstance(document.model, NftRuleset):
            for nat in each.model.whole("nat"):
                for portal in portals(nat) if "KUBE-SERVICES" in _hooks(nat) else ():
                    if _is_node_port(nat, portal) and portal.protocol and portal.port:
                        yield (portal.protocol, portal.port), (each, nat.option_span(portal.row, "--dport"))


def _of_nftables(document: Document, ruleset: NftRuleset, family: str) -> Iterator[_NodePort]:
    for table in whole_tables(ruleset):
        if family and table.family != family:
            continue
        for element in table.maps["service-nodeports"].elements:
            if len(element.key) == 2:
                yield (element.key[0], element.key[1]), (document, ruleset.span_of(element.key[1], element.span))
