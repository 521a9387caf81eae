"""KPL424."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import MARK_MASQ, Portal, Ruleset, Table, is_unconditional, portals
from kpl.testing import node_dump
from kpl.words import and_more

_PAY = "-A KUBE-EXT-MUJ7T5P6IXY3AYQM -j KUBE-SVL-MUJ7T5P6IXY3AYQM\n"
_CART = (
    '-A KUBE-EXT-I5LIAMPLWKMBJ54B -m comment --comment "masquerade traffic for shop/cart:http external destinations" '
    "-j KUBE-MARK-MASQ\n"
)
_FAR = (
    '-A KUBE-SERVICES -d 203.0.113.21/32 -p tcp -m comment --comment "shop/far:http loadbalancer IP" -m tcp --dport 80 '
    "-j KUBE-EXT-3R55B5W2BQDIGALS\n"
)
_NODE_PORT = (
    '-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/pay" -m tcp --dport 30443 -j KUBE-EXT-MUJ7T5P6IXY3AYQM\n'
)
_BUILT_IN = ":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
_FILTER = "KUBE-EXTERNAL-SERVICES"
_SMALL = (
    "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
    f"*nat\n{_BUILT_IN}:KUBE-EXT-I5LIAMPLWKMBJ54B - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n:KUBE-NODEPORTS - [0:0]\n"
    f"{_CART}-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n"
    '-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/cart:http" -m tcp --dport 30080 '
    "-j KUBE-EXT-I5LIAMPLWKMBJ54B\nCOMMIT\n"
)


class ExternalWayIncomplete(Rule):
    """Traffic from outside the cluster leaves a Service's chain without an endpoint or without masquerading.

    ## Why
    `KUBE-EXT-` chains receive traffic to NodePorts, external IPs and load balancers. With the traffic policy Cluster,
    the chain marks the traffic for masquerading and jumps to `KUBE-SVC-`; with Local, it ends in `KUBE-SVL-`. Only a
    Local Service without an endpoint on this node ends without such a jump: `KUBE-EXTERNAL-SERVICES` in the filter
    table then drops the traffic, with the comment `has no local endpoints`, for each of its addresses and ports. If the
    chain ends with neither, or only one of the two rules for an address exists, a rule is missing. A chain that jumps
    to `KUBE-SVC-` without setting the mark sends packets to pods on other nodes, and the responses do not return
    through this node.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node; it starts with a full sync.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/tutorials/services/source-ip/
    """

    code = "KPL424"
    name = "external-way-incomplete"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-outside",)
    needs = "Ruleset"
    examples = [
        Bad(dump(_SMALL), flags=["KUBE-EXT-I5LIAMPLWKMBJ54B"]),
        Bad(
            dump(node_dump().replace(_PAY, "")),
            flags=["KUBE-EXT-MUJ7T5P6IXY3AYQM"],
            other=["stale-service-chain"],
        ),
        Bad(dump(node_dump().replace(_CART, "")), flags=["KUBE-SVC-I5LIAMPLWKMBJ54B"]),
        # the rule for the address of the load balancer
        Bad(dump(node_dump().replace(_FAR, "")), flags=["203.0.113.21/32"]),
        # the rule for the NodePort on all addresses
        Bad(dump(node_dump().replace(_NODE_PORT, "")), flags=["127.0.0.0/8"]),
        Good(dump(_SMALL.replace("COMMIT\n", "", 1))),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for tables in ruleset.whole_dumps():
            if "nat" in tables and "filter" in tables:
                yield from self._in(tables["nat"], tables["filter"])

    def _in(self, nat: Table, filtered: Table) -> Iterator[Finding]:
        chains = {chain: rows for chain, rows in nat.rules_of.items() if chain.startswith("KUBE-EXT-")}
        if not chains:
            return
        ways: dict[str, list[Portal]] = {}
        for portal in portals(nat):
            if portal.target.startswith(("KUBE-EXT-", "KUBE-FW-")):
                ways.setdefault(portal.target[-16:], []).append(portal)
        dropping = [row for row in filtered.rules_of.get(_FILTER, ()) if filtered.target[row] == "DROP"]
        dropped = dict(zip(filtered.columns(("-d", "-p", "--dport"), dropping), dropping, strict=True))
        ending, unmasked = [], []
        for chain, rows in chains.items():
            last = rows[-1]
            if not nat.target[last].startswith(("KUBE-SVC-", "KUBE-SVL-")) or not is_unconditional(nat, last):
                if any(_key(way) not in dropped for way in ways.get(chain[-16:], ()) if not _is_loopback(way)):
                    ending.append(last)
            elif nat.target[last].startswith("KUBE-SVC-") and not any(
                nat.target[row] == MARK_MASQ and is_unconditional(nat, row) for row in rows[:-1]
            ):
                unmasked.append(last)
        yield from self._addresses(nat, filtered, ways, dropped)
        if ending:
            more = and_more(len(ending) - 1, "chain")
            yield self.finding_of_many(
                (nat.chain_span(row) for row in ending),
                f"`{nat.chain[ending[0]]}`{more} ends without an endpoint and nothing drops the traffic, so "
                "connections from outside are not translated",
                "also ends without an endpoint",
                help=_HELP,
            )
        if unmasked:
            more = and_more(len(unmasked) - 1, "chain")
            yield self.finding_of_many(
                (nat.target_span(row) for row in unmasked),
                f"`{nat.chain[unmasked[0]]}`{more} does not mark traffic from outside for masquerading, so responses "
                "of pods on other nodes do not return through this node",
                "also without the mark",
                help=_HELP,
            )

    def _addresses(
        self, nat: Table, filtered: Table, ways: dict[str, list[Portal]], dropped: dict[tuple[str | None, ...], int]
    ) -> Iterator[Finding]:
        """Findings about addresses and NodePorts of which one rule is there and the other is not."""
        keys = {_key(way): way.row for each in ways.values() for way in each}
        lost = [row for key, row in dropped.items() if key[0] and key[2] and key not in keys]
        if lost:
            more = and_more(len(lost) - 1, "address")
            yield self.finding_of_many(
                (filtered.option_span(row, "-d") for row in lost),
                f"this address{more} is dropped because it has no local endpoint, and `*nat` has no rule for it, so "
                "pods and the node do not reach it either",
                "not translated either",
                help=_HELP,
            )
        halves = [
            way.row
            for each in ways.values()
            for way in each
            if _is_loopback(way) and (None, *_key(way)[1:]) not in keys
        ]
        if halves:
            more = and_more(len(halves) - 1, "NodePort")
            yield self.finding_of_many(
                (nat.option_span(row, "-d") for row in halves),
                f"this NodePort{more} has no rule for the node's other addresses, so it accepts connections only on "
                "loopback",
                "also only on loopback",
                help=_HELP,
            )


_HELP = "Restart kube-proxy on this node: its first sync rewrites all chains."


def _key(way: Portal) -> tuple[str | None, str | None, str | None]:
    return way.address, way.protocol, way.port


def _is_loopback(way: Portal) -> bool:
    return way.address is not None and way.address.startswith("127.")
