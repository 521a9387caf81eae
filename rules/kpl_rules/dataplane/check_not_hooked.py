"""KPL493."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl import (
    Bad,
    Finding,
    Good,
    NftChain,
    NftRuleset,
    NftTable,
    Rule,
    Severity,
    Stop,
    chains_reached_from_hook,
    whole_tables,
)
from kpl_rules.dataplane._nft import NEW, OLD, listed


class _Check(NamedTuple):
    """A chain of checks: the hooks that lead to it in every release, what it looks into, and what is lost without it."""

    hooks: tuple[str, ...]
    into: tuple[str, ...]
    """One of these maps and sets; the names differ by release."""
    lost: str


_REFUSED = "what goes to a Service without endpoints is not refused: it waits until it times out"
_CHECKS = {
    "endpoints-check": _Check(("input", "forward", "output"), ("no-endpoint-services",), _REFUSED),
    "service-endpoints-check": _Check(("input", "forward", "output"), ("no-endpoint-services",), _REFUSED),
    "nodeport-endpoints-check": _Check(
        ("input",),
        ("no-endpoint-nodeports",),
        "what goes to a NodePort of a Service without endpoints is not refused as its policy wants",
    ),
    "cluster-ips-check": _Check(
        ("forward", "output"),
        ("cluster-ips",),
        "what goes to a port that no Service has on a cluster IP is not refused",
    ),
    "firewall-check": _Check(
        ("output",), ("firewall-ips", "firewall"), "the source ranges of load balancers do not hold"
    ),
}
_REJECTS = "reject-chain"
_HELP = "kube-proxy writes these chains again when it starts."

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
                    ruleset.declaration(rejecting), f"`{_REJECTS}` does not reject: {_REFUSED}", help=_HELP
                )

    def _of(self, ruleset: NftRuleset, table: NftTable, chain: NftChain, check: _Check) -> Iterator[Finding]:
        hooks = check.hooks
        if chain.name == "firewall-check":  # before the translation from Kubernetes 1.31 on
            early = any((each.kind, each.hook) == ("filter", "prerouting") for each in table.chains.values())
            hooks = ("prerouting", *hooks) if early else ("input", "forward", *hooks)
        missing = [hook for hook in hooks if chain.name not in chains_reached_from_hook(table, "filter", hook)]
        looked_up = {found for rule in chain.rules for _, found in rule.lookups}
        if missing:
            message = f"nothing leads to `{chain.name}` from the hook `{missing[0]}`"
        elif looked_up.isdisjoint(check.into):
            message = f"`{chain.name}` does not look into `{check.into[0]}`"
        else:
            return
        yield self.finding(ruleset.declaration(chain), f"{message}: {check.lost}", help=_HELP)
