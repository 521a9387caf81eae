"""KPL493."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Finding, Good, NftRuleset, Rule, Severity, Stop, is_whole, kube_proxy_tables, reached_from_hook
from kpl_rules.dataplane._nft import NEW, OLD, listed


class _Check(NamedTuple):
    """A chain of checks: the hooks that lead to it in every release, the map it looks into, and what is lost without it."""

    hooks: tuple[str, ...]
    map: str
    lost: str


_REFUSED = "what goes to a Service without endpoints is not refused: it waits until it times out"
_CHECKS = {
    "endpoints-check": _Check(("input", "forward", "output"), "no-endpoint-services", _REFUSED),
    "service-endpoints-check": _Check(("input", "forward", "output"), "no-endpoint-services", _REFUSED),
    "nodeport-endpoints-check": _Check(
        ("input",),
        "no-endpoint-nodeports",
        "what goes to a NodePort of a Service without endpoints is not refused as its policy wants",
    ),
    "cluster-ips-check": _Check(
        ("forward", "output"), "", "what goes to a port that no Service has on a cluster IP is not refused"
    ),
    "firewall-check": _Check(("output",), "", "the source ranges of load balancers do not hold"),
}

_FORWARD = "\t\ttype filter hook forward priority filter; policy accept;\n"


class CheckNotHooked(Rule):
    """A chain of checks is not led to from one of its hooks, so that what it refuses is not refused there.

    ## Why
    Beside the translation of addresses, kube-proxy in nftables mode has chains that refuse: what goes to Services without
    endpoints, to ports of a cluster IP that no Service has, or comes from outside of a load balancer's source ranges. Each is
    led to from base chains of the hooks that such packets pass. Looked at are tables that are there from their first line to
    the last brace.

    ## Fix
    There is none in a dump. kube-proxy writes these chains again when it starts.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/nftables/proxier.go (setupNFTables)
    """

    code = "KPL493"
    name = "check-not-hooked"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "NftRuleset"
    examples = [
        Bad(
            listed(NEW, (f"{_FORWARD}\t\tct state new jump service-endpoints-check\n", _FORWARD)),
            flags=["service-endpoints-check"],
        ),
        Bad(
            listed(OLD, ("\t\tip daddr . meta l4proto . th dport vmap @no-endpoint-services\n", "")),
            flags=["service-endpoints-check"],
        ),
        Good(listed(NEW)),
        Good(listed(OLD)),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table, _ in kube_proxy_tables(ruleset):
            if not is_whole(table):
                continue
            for name, check in _CHECKS.items():
                chain = table.chains.get(name)
                if chain is None:
                    continue
                missing = [hook for hook in check.hooks if name not in reached_from_hook(table, "filter", hook)]
                looked_up = {found for rule in chain.rules for _, found in rule.lookups}
                if missing:
                    yield self.finding(
                        ruleset.declaration(chain),
                        f"nothing leads to `{name}` from the hook `{missing[0]}`: {check.lost}",
                        help="kube-proxy writes these chains again when it starts.",
                    )
                elif check.map and check.map not in looked_up:
                    yield self.finding(
                        ruleset.declaration(chain),
                        f"`{name}` does not look into `{check.map}`: {check.lost}",
                        help="kube-proxy writes these chains again when it starts.",
                    )
