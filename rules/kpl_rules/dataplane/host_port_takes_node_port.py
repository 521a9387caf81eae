"""KPL430."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, portals

_OTHERS = ("CNI-HOSTPORT-DNAT", "KUBE-HOSTPORTS", "DOCKER")
_BUILT_IN = ":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
_PORTALS = "-A PREROUTING -j KUBE-SERVICES\n-A OUTPUT -j KUBE-SERVICES\n"
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
    pod or container instead of the Service, or the other way round; on other nodes they do not. Nothing prevents the
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
    needs = "Ruleset"
    examples = [
        Bad(dump(_nat(_HOSTPORTS + _PORTALS, 30080)), flags=["30080"], other=["external-way-incomplete"]),
        Bad(dump(_nat(_PORTALS + _HOSTPORTS, 30080)), flags=["30080"], other=["external-way-incomplete"]),
        Good(dump(_nat(_HOSTPORTS + _PORTALS, 30081)), other=["external-way-incomplete"]),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for nat in ruleset.whole("nat"):
            yield from self._in(nat)

    def _in(self, nat: Table) -> Iterator[Finding]:
        hooks = {nat.target[row]: row for row in reversed(nat.rules_of.get("PREROUTING", []))}
        others = [chain for chain in _OTHERS if chain in hooks and chain in nat.rules_of]
        if not others or "KUBE-SERVICES" not in hooks:
            return
        taken = {
            (each.protocol, each.port): each.row
            for each in reversed(portals(nat))
            if nat.chain[each.row] == "KUBE-NODEPORTS"
        }
        for chain in others:
            rows = nat.rules_of[chain]
            columns = (nat.values(option, rows) for option in ("-p", "--dport", "--dports"))
            for row, protocol, port, several in zip(rows, *columns, strict=True):
                for one in (port or several or "").split(","):
                    if (protocol, one) in taken:
                        first = hooks[chain] < hooks["KUBE-SERVICES"]
                        yield self.finding(
                            nat.option_span(row, "--dport", "--dports"),
                            f"`{protocol} port {one}` of this node is a host port and a NodePort, so the "
                            + (
                                "host port takes the Service's connections"
                                if first
                                else "NodePort takes the host port's connections"
                            )
                            + " on this node",
                            help="Give the pod or container a host port outside the NodePort range.",
                            related=[Related(nat.option_span(taken[protocol, one], "--dport"), "the NodePort")],
                        )
