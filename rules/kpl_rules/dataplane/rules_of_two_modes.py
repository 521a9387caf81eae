"""KPL459."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Span, Stop, files
from kpl.iptables import Ruleset, Table, portals
from kpl.nft import NftRuleset, NftTable, chains_reached_from_hook, iptables_tables, is_whole, kube_proxy_tables
from kpl.testing import node_dump
from kpl_rules.dataplane._nft import NEW, listed
from kpl_rules.dataplane._node import family_of

_OLD = """\
table ip nat {
\tchain PREROUTING {
\t\ttype nat hook prerouting priority dstnat; policy accept;
\t\tcounter packets 1 bytes 60 jump KUBE-SERVICES
\t}

\tchain KUBE-SERVICES {
\t\tip daddr 10.96.0.7 tcp dport 80 counter packets 1 bytes 60 jump KUBE-SVC-I5LIAMPLWKMBJ54B
\t}

\tchain KUBE-SVC-I5LIAMPLWKMBJ54B {
\t\tcounter packets 1 bytes 60 jump KUBE-SEP-I5LIAMPLWKMBJ54B
\t}

\tchain KUBE-SEP-I5LIAMPLWKMBJ54B {
\t\tmeta l4proto tcp counter packets 1 bytes 60 dnat to 10.244.1.7:8080
\t}
}
"""
_NO_SERVICES = NEW.replace("map service-ips {", "map service-ips {\n\t}\n\n\tmap other {")


class RulesOfTwoModes(Rule):
    """A node has live rules of iptables mode and of nftables mode, so old rules still translate connections.

    ## Why
    When its mode changes, kube-proxy deletes the rules of the old mode. In nftables mode it deletes those of iptables
    with the `iptables` of its image, which sees one of the two backends; going back, an old kube-proxy (before 1.29)
    knows nothing of nftables. What is left over stays hooked, and the kernel applies it too. A connection is translated
    once, by the rules that see it first, and nobody updates the old ones: connections go to pods that are gone.

    The rule reports `KUBE-SERVICES` of a nat table, if `PREROUTING` leads to it and it leads to Services, beside a
    complete table `kube-proxy` with Services. The two may be in one listing of nftables, or in two files of one node.

    ## Fix
    A dump cannot be fixed. Run `kube-proxy --cleanup` in the image of the old release, or reboot the node.

    ## References
    - https://kubernetes.io/blog/2025/02/28/nftables-kube-proxy/
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kube-proxy/app/server_linux.go (platformCleanup)
    - https://kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/ (--cleanup)
    """

    code = "KPL459"
    name = "rules-of-two-modes"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "NftRuleset"
    examples = [
        Bad(
            listed(NEW + _OLD),
            flags=["KUBE-SERVICES"],
            says=["this chain of iptables mode is live next to the table `ip kube-proxy` of nftables mode"],
        ),
        Bad(
            files(**{"node-1.nft": NEW, "node-1-legacy.iptables": node_dump()}),
            flags=[":KUBE-SERVICES"],
        ),
        # one finding for what both files show
        Bad(
            files(**{"node-1.nft": NEW + _OLD, "node-1.iptables": node_dump()}),
            flags=[":KUBE-SERVICES"],
        ),
        Good(files(**{"node-1.nft": NEW, "node-2.iptables": node_dump()})),
        Good(files(**{"node-1.nft": NEW.replace("table ip", "table ip6"), "node-1.iptables": node_dump()})),
        # nobody comes there, nothing is in it
        Good(listed(NEW + _OLD.replace("jump KUBE-SERVICES", "jump KUBE-OTHERS"))),
        Good(listed(NEW + _OLD.replace("jump KUBE-SVC-I5LIAMPLWKMBJ54B", "return"))),
        Good(
            files(
                **{
                    "node-1.nft": NEW,
                    "node-1.iptables": node_dump().replace("-A PREROUTING", "-A INPUT"),
                }
            ),
            other=["kube-proxy-not-hooked"],
        ),
        # of another family, without Services
        Good(listed(NEW + _OLD.replace("table ip", "table ip6"))),
        Good(listed(_OLD)),
        Good(listed(_NO_SERVICES + _OLD), other=["service-lost-its-element"]),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for document, ruleset in cluster.of(NftRuleset):
            for own, _ in kube_proxy_tables(ruleset):
                family = own.family
                found = list(_in_files(document, cluster, family)) or list(_in_listing(document, ruleset, family))
                if not found or not is_whole(own) or not own.maps["service-ips"].elements:
                    continue
                for where, span in found:
                    yield self.finding(
                        span,
                        f"this chain of iptables mode is live next to the table `{family} kube-proxy` of nftables mode, "
                        "so the kernel applies both and old rules still translate connections",
                        help="Run `kube-proxy --cleanup` on this node, or reboot it.",
                        related=[Related(ruleset.declaration(own), "the table of nftables mode", document)],
                        document=where,
                    )


def _in_files(document: Document, cluster: Cluster, family: str) -> Iterator[tuple[Document, Span]]:
    """The live chains in dumps of iptables-save of the node."""
    for each in cluster.of_node(document):
        if isinstance(each.model, Ruleset) and family_of(each.model, each) == family:
            for nat in each.model.whole("nat"):
                if _is_live(nat):
                    yield each, nat.declaration("KUBE-SERVICES")


def _is_live(nat: Table) -> bool:
    hooks = {nat.chain[row] for row in nat.jumps_to.get("KUBE-SERVICES", ())}
    return "PREROUTING" in hooks and "KUBE-SERVICES" in nat.chains and bool(portals(nat))


def _in_listing(document: Document, ruleset: NftRuleset, family: str) -> Iterator[tuple[Document, Span]]:
    """The live chain in the tables that iptables-nft made."""
    for table in iptables_tables(ruleset, 6 if family == "ip6" else 4):
        chain = table.chains.get("KUBE-SERVICES")
        if table.name == "nat" and table.complete and chain is not None and _leads_to_services(table):
            yield document, ruleset.declaration(chain)


def _leads_to_services(table: NftTable) -> bool:
    reached = chains_reached_from_hook(table, "nat", "prerouting")
    return "KUBE-SERVICES" in reached and any(each.startswith(("KUBE-SVC-", "KUBE-EXT-")) for each in reached)
