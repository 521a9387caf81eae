"""KPL458."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Span, Stop
from kpl.nft import NftRuleset, NftTable, NftVerdict, read_name, whole_tables
from kpl_rules.dataplane._nft import API, NEW, OLD, WEB, listed

_TO_WEB = f"10.96.0.7 . tcp . 80 : goto service-{WEB}"
_TO_API = f"10.96.0.1 . tcp . 443 : goto service-{API}"
_NODE_PORT = f"tcp . 30080 : goto external-{WEB}"


class ElementOfAnotherService(Rule):
    """A map element leads to the chain of another Service or port, so its clients reach the wrong pods.

    ## Why
    In nftables mode, an element of `service-ips` or `service-nodeports` sends an address, a protocol and a port to the
    chain of a Service port, whose name has the namespace, the Service, the protocol and the name of the port. A Service
    port has one cluster IP in an IP family, one port number and one NodePort. Two elements with different ones for one
    chain, or an element with another protocol than the chain's name, mean that another program changed the map, or that
    an element of a deleted Service stayed.

    Kubernetes 1.35 and earlier also write the cluster IP into the chain, so the rule knows which of two elements is wrong.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node: it writes its maps again.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/proxy/nftables/proxier.go
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-nftables
    """

    code = "KPL458"
    name = "element-of-another-service"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("wrong-pods",)
    needs = "NftRuleset"
    examples = [
        # two cluster IPs, two ports and two NodePorts for one chain
        Bad(
            listed(NEW, (_TO_API, f"10.96.0.1 . tcp . 80 : goto service-{WEB}")),
            flags=[f"10.96.0.7 . tcp . 80 : goto service-{WEB}"],
            says=[
                "has the elements `10.96.0.1 . tcp . 80` and `10.96.0.7 . tcp . 80`, but a Service port has one cluster IP",
            ],
            other=["service-lost-its-element"],
        ),
        Bad(
            listed(NEW, (_NODE_PORT, f"{_NODE_PORT}, tcp . 30443 : goto external-{WEB}")),
            flags=[f"tcp . 30443 : goto external-{WEB}"],
            says=["one NodePort"],
        ),
        Bad(
            listed(NEW, (_TO_WEB, f"{_TO_WEB}, 192.0.2.5 . tcp . 8080 : goto external-{WEB}")),
            flags=[f"192.0.2.5 . tcp . 8080 : goto external-{WEB}"],
            says=["one port number"],
        ),
        # another protocol
        Bad(
            listed(NEW, (_NODE_PORT, _NODE_PORT.replace("tcp .", "udp ."))),
            flags=[_NODE_PORT.replace("tcp .", "udp .")],
            says=[f"this element is for udp, but `external-{WEB}` is a chain for tcp"],
        ),
        # the chain tells its cluster IP
        Bad(
            listed(OLD, (_TO_API, f"10.96.0.1 . tcp . 80 : goto service-{WEB}")),
            flags=[f"10.96.0.1 . tcp . 80 : goto service-{WEB}"],
            says=[f"this element is for `10.96.0.1`, but `service-{WEB}` is the chain of `10.96.0.7`"],
            other=["service-lost-its-element", "service-not-masqueraded"],
        ),
        Good(listed(NEW)),
        Good(listed(OLD)),
        # external addresses have the port of the Service
        Good(
            listed(
                NEW,
                (
                    _TO_WEB,
                    f"{_TO_WEB}, 192.0.2.5 . tcp . 80 : goto external-{WEB}, 192.0.2.6 . tcp . 80 : goto external-{WEB}",
                ),
            )
        ),
        Good(listed(NEW.removesuffix("}\n")), other=["nft-dump-cut-short"]),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table in whole_tables(ruleset):
            for name in ("service-ips", "service-nodeports"):
                yield from self._in(ruleset, table, name)

    def _in(self, ruleset: NftRuleset, table: NftTable, map_name: str) -> Iterator[Finding]:
        first: dict[tuple[str, str, str], tuple[str, Span, str]] = {}
        told: dict[str, str | None] = {}
        led = {
            (each.key[0], each.data.chain)
            for each in table.maps[map_name].elements
            if isinstance(each.data, NftVerdict)
        }
        for element in table.maps[map_name].elements:
            chain = element.data.chain if isinstance(element.data, NftVerdict) else None
            name = read_name(chain) if chain else None
            if chain is None or name is None or len(element.key) != (3 if map_name == "service-ips" else 2):
                continue
            *addresses, protocol, port = element.key
            key = " . ".join(element.key)
            if protocol != name.protocol.lower():
                yield self._finding(
                    element.span,
                    f"this element is for {protocol}, but `{chain}` is a chain for {name.protocol.lower()}",
                )
                continue
            is_internal = bool(addresses) and name.kind in ("service", "local")
            if is_internal and chain not in told:
                told[chain] = _cluster_ip(table, chain)
            known = told.get(chain)
            if is_internal and known is not None and known != addresses[0] and (known, chain) in led:
                yield self._finding(
                    element.span, f"this element is for `{addresses[0]}`, but `{chain}` is the chain of `{known}`"
                )
                continue
            facts = {"port": port, "address": addresses[0]} if is_internal else {"port": port}
            for what, value in facts.items():
                before = first.setdefault((name.port_name, name.protocol, what), (value, element.span, key))
                if before[0] != value:
                    one = _ONE[what, bool(addresses)]
                    yield self._finding(
                        element.span,
                        f"`{chain}` has the elements `{before[2]}` and `{key}`, but a Service port has one {one}",
                        Related(before[1], "the other element"),
                    )
                    break

    def _finding(self, span: Span, message: str, *related: Related) -> Finding:
        return self.finding(
            span,
            f"{message}, so clients reach the wrong pods",
            help="Restart kube-proxy on this node: it writes its maps again.",
            related=list(related),
        )


_ONE = {
    ("port", True): "port number",
    ("address", True): "cluster IP in an IP family",
    ("port", False): "NodePort",
}
"""What a Service port has once, by the fact and whether the element has an address."""


def _cluster_ip(table: NftTable, chain: str) -> str | None:
    """The cluster IP that a chain tells in the rule that masquerades; None if it has no such rule (1.36 and later)."""
    for rule in table.chains[chain].rules if chain in table.chains else ():
        match = rule.matches("ip", "daddr") or rule.matches("ip6", "daddr")
        if match is not None and match.operator == "" and isinstance(match.right, str):
            return match.right
    return None
