"""KPL493."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Finding, Good, Rule, Severity, Stop
from kpl.nft import NftChain, NftRuleset, NftTable, chains_reached_from_hook, whole_tables
from kpl_rules.dataplane._nft import NEW, OLD, listed


class _Check(NamedTuple):
    """A chain of checks: the hooks that lead to it in every release, what it looks into, and what is lost without it."""

    hooks: tuple[str, ...]
    into: tuple[str, ...]
    """One of these maps and sets; the names differ by release."""
    lost: str


_REFUSED = "connections to a Service without endpoints time out instead of being rejected"
_CHECKS = {
    "endpoints-check": _Check(("input", "forward", "output"), ("no-endpoint-services",), _REFUSED),
    "service-endpoints-check": _Check(("input", "forward", "output"), ("no-endpoint-services",), _REFUSED),
    "nodeport-endpoints-check": _Check(
        ("input",),
        ("no-endpoint-nodeports",),
        "connections to a NodePort of a Service without endpoints are not rejected or dropped",
    ),
    "cluster-ips-check": _Check(
        ("forward", "output"),
        ("cluster-ips",),
        "connections to an unused port of a cluster IP are not rejected",
    ),
    "firewall-check": _Check(
        ("output",), ("firewall-ips", "firewall"), "the source ranges of load balancers are not enforced"
    ),
}
_REJECTS = "reject-chain"
_HELP = "Restart kube-proxy on this node: it rewrites these chains."

_FORWARD = "\t\ttype filter hook forward priority filter; policy accept;\n"


class CheckNotHooked(Rule):
    """A chain that rejects or drops traffic is not reached from one of its hooks, so that traffic is not filtered.

    ## Why
    In nftables mode, kube-proxy has chains that translate addresses and chains that refuse traffic: to Services without
    endpoints, to ports of a cluster IP that no Service uses, or from outside the source ranges of a load balancer. Base
    chains of the hooks that such packets pass jump to these chains.

    The rule checks only complete tables.

    ## Fix
    A dump cannot be fixed. kube-proxy rewrites these chains when it restarts.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/nftables/proxier.go (setupNFTables)
    """

    code = "KPL493"
    name = "check-not-hooked"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("not-rejected",)
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
        Bad(listed(NEW, ("\t\treject\n", "")), flags=["reject-chain"]),
        Good(listed(NEW)),
        Good(listed(OLD)),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table in whole_tables(ruleset):
            for name, check in _CHECKS.items():
                if name in table.chains:
                    yield from self._of(ruleset, table, table.chains[name], check)
            rejecting = table.chains.get(_REJECTS)
            if rejecting is not None and not any(
                verdict.kind in ("reject", "drop") for rule in rejecting.rules for verdict in rule.verdicts
            ):
                yield self.finding(
                    ruleset.declaration(rejecting), f"`{_REJECTS}` does not reject, so {_REFUSED}", help=_HELP
                )

    def _of(self, ruleset: NftRuleset, table: NftTable, chain: NftChain, check: _Check) -> Iterator[Finding]:
        hooks = check.hooks
        if chain.name == "firewall-check":  # before the translation from Kubernetes 1.31 on
            early = any((each.kind, each.hook) == ("filter", "prerouting") for each in table.chains.values())
            hooks = ("prerouting", *hooks) if early else ("input", "forward", *hooks)
        missing = [hook for hook in hooks if chain.name not in chains_reached_from_hook(table, "filter", hook)]
        looked_up = {found for rule in chain.rules for _, found in rule.lookups}
        if missing:
            message = f"`{chain.name}` is not reached from the `{missing[0]}` hook"
        elif looked_up.isdisjoint(check.into):
            message = f"`{chain.name}` does not look up `{check.into[0]}`"
        else:
            return
        yield self.finding(ruleset.declaration(chain), f"{message}, so {check.lost}", help=_HELP)
