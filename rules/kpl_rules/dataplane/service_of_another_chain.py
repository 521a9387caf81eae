"""KPL408."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, branches, named_leaves, per_service, portals, service_chain
from kpl.testing import node_dump
from kpl.words import and_more

_ROLES = (" cluster IP", " external IP", " loadbalancer IP")
_CART = (
    '-A KUBE-SERVICES -d 10.96.10.1/32 -p tcp -m comment --comment "shop/cart:http cluster IP" -m tcp --dport 80 '
    "-j KUBE-SVC-{}\n"
)


class ServiceOfAnotherChain(Rule):
    """A rule for one Service jumps to the chain of another, so its clients reach the wrong pods.

    ## Why
    kube-proxy names the chains of a Service port after a hash of the port name and the protocol. The hash is the same
    for `KUBE-SVC-`, `KUBE-SVL-`, `KUBE-EXT-`, `KUBE-FW-` and `KUBE-XLB-`. kube-proxy writes the port name into the
    comment of the rule that jumps to the chain. The hash stays the same from chain to chain, and the comment of an
    endpoint is the name of its Service. If name and hash do not match, another program changed the rule.

    The rule also checks excerpts.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node. If the rule comes back, another program writes it.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    """

    code = "KPL408"
    name = "service-of-another-chain"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("wrong-pods",)
    needs = "Ruleset"
    examples = [
        Bad(dump(_CART.format("3R55B5W2BQDIGALS")), flags=["KUBE-SVC-3R55B5W2BQDIGALS"]),
        Bad(
            dump("-A KUBE-EXT-MUJ7T5P6IXY3AYQM -j KUBE-SVL-I5LIAMPLWKMBJ54B\n"),
            flags=["KUBE-SVL-I5LIAMPLWKMBJ54B"],
        ),
        # an endpoint of another Service
        Bad(
            dump(
                node_dump().replace(
                    '-m comment --comment "shop/far:http -> 10.244.3.4:8080" -j KUBE-SEP-OSHJ42XHJPGUEQI3',
                    "-j KUBE-SEP-O7UXPAIOQA4W54LS",
                )
            ),
            flags=["KUBE-SEP-O7UXPAIOQA4W54LS"],
            other=["stale-service-chain"],
        ),
        Good(dump(_CART.format("I5LIAMPLWKMBJ54B"))),
        # Kubernetes up to 1.18 kept the colon of a port without a name
        Good(
            dump(
                '-A KUBE-SERVICES -d 10.96.10.2/32 -p tcp -m comment --comment "default/nginx: cluster IP" -m tcp '
                "--dport 80 -j KUBE-SVC-4N57TFCL4MD7ZTDA\n"
            )
        ),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for table in ruleset.tables:
            if table.name in ("nat", "") and not ruleset.shapes_exploded:
                wrong = [*_portals(table), *_onwards(table), *_endpoints(table)]
                if wrong:
                    more = and_more(len(wrong) - 1, "rule")
                    yield self.finding_of_many(
                        (table.target_span(row) for row in wrong),
                        f"this rule{more} jumps to `{table.target[wrong[0]]}`, which is not a chain of its Service, "
                        "so clients reach the wrong pods",
                        "also jumps to a chain of a different Service",
                        help="Restart kube-proxy on this node: its first sync rewrites all rules. If somebody "
                        "replaced names in the dump before sharing it, ignore this rule for the file.",
                    )


def _portals(table: Table) -> Iterator[int]:
    """The rules for addresses and NodePorts whose target is not named for what the comment says."""
    for portal in portals(table):
        if not portal.comment or not portal.protocol:
            continue
        name = portal.comment
        for role in _ROLES:
            name = name.removesuffix(role)
        if service_chain("", name, portal.protocol) != portal.target[-16:]:
            yield portal.row


def _onwards(table: Table) -> Iterator[int]:
    """The rules from one chain of a Service port to a chain of another."""
    for chain, rows in table.rules_of.items():
        if chain.startswith(("KUBE-EXT-", "KUBE-FW-", "KUBE-XLB-")):
            for row in rows:
                target = table.target[row]
                if per_service(target) not in (None, "SEP") and target[-16:] != chain[-16:]:
                    yield row


def _endpoints(table: Table) -> Iterator[int]:
    """The rules to endpoints whose comments name another Service."""
    found = {chain: leaf for chain, leaf in named_leaves(table).items() if leaf.name}
    if not found:
        return
    for chain, rows in branches(table).items():
        for row in rows:
            leaf = found.get(table.target[row])
            if leaf and leaf.name and leaf.protocol and service_chain("", leaf.name, leaf.protocol) != chain[-16:]:
                yield row
