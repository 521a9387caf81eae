"""KPL499."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop
from kpl.nft import NftChain, NftRuleset, NftTable, jumps_in, read_name, whole_tables
from kpl.words import and_more
from kpl_rules.dataplane._nft import NEW, OLD, listed

_CHOICE = "\t\tmeta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.244.1.7 . 8080, 1 : 10.244.2.9 . 8080 }\n"
_ONLY = "\t\tmeta l4proto tcp dnat to 192.168.77.1:6443\n"
_GOTO = "\t\tgoto service-KHN6ECMT-shop/web/tcp/http\n"


class ServiceChainLeadsNowhere(Rule):
    """The chain of a Service port chooses no endpoint, so traffic to the Service is not translated and fails.

    ## Why
    The maps `service-ips` and `service-nodeports` send a connection to the chain of its Service port. The chain for the
    cluster IP (`service-...`, or `local-...` with a Local policy) ends in a choice of an endpoint: `numgen` with a map,
    or a single `dnat`. The chain for traffic from outside (`external-...`) leads to one of these. kube-proxy writes a
    chain and its rules in one transaction, and no map element leads to a chain without endpoints. If the choice is
    missing, another program changed the table. The packet keeps the Service's address, which no machine has.

    The rule checks only complete tables. An empty chain that nothing leads to is normal.

    ## Fix
    A dump cannot be fixed. kube-proxy rewrites the chain when it restarts, or when the Service's endpoints change.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/nftables/proxier.go
    - https://github.com/kubernetes/kubernetes/blob/v1.33.0/pkg/proxy/nftables/proxier.go
    """

    code = "KPL499"
    name = "service-chain-leads-nowhere"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "NftRuleset"
    examples = [
        Bad(listed(NEW, (_CHOICE, "")), flags=["service-KHN6ECMT-shop/web/tcp/http"]),
        Bad(listed(NEW, (_ONLY, "")), flags=["service-2QRHZV4L-default/kubernetes/tcp/https"]),
        Bad(listed(NEW, (_GOTO, "")), flags=["external-KHN6ECMT-shop/web/tcp/http"]),
        Bad(
            listed(
                OLD, ("\t\tnumgen random mod 2 vmap", "\t\tip saddr 10.0.0.1 numgen random mod 2 vmap"), (_GOTO, "")
            ),
            flags=["external-KHN6ECMT-shop/web/tcp/http"],
        ),
        Good(listed(NEW)),
        Good(listed(OLD)),
        # what kube-proxy has emptied and not deleted yet
        Good(
            listed(NEW, ("\tchain external-", "\tchain service-Z34KLZYN-shop/old/tcp/http {\n\t}\n\n\tchain external-"))
        ),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table in whole_tables(ruleset):
            dead = list(_dead_ends(table))
            if dead:
                more = and_more(len(dead) - 1, "chain")
                yield self.finding_of_many(
                    map(ruleset.declaration, dead),
                    f"`{dead[0].name}`{more} leads to no endpoint, so its connections are not translated and fail",
                    "no endpoint here either",
                    help="Restart kube-proxy on this node: it rewrites the chain.",
                )


def _dead_ends(table: NftTable) -> Iterator[NftChain]:
    """The chains of Service ports that something leads to, and that lead nowhere."""
    for name in dict.fromkeys(chain for chain, _ in jumps_in(table)):
        chain, read = table.chains.get(name), read_name(name)
        if chain is None or read is None:
            continue
        if read.kind in ("service", "local"):
            alive = any(rule.choice is not None or rule.nat is not None for rule in chain.rules)
        elif read.kind == "external":
            to = (read_name(verdict.chain or "") for rule in chain.rules for verdict in rule.verdicts)
            alive = any(each is not None and each.kind in ("service", "local") for each in to)
        else:
            continue
        if not alive:
            yield chain
