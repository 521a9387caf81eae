"""KPL448."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop
from kpl.nft import NftRuleset, chains_reached_from_hook, whole_tables
from kpl_rules.dataplane._nft import NEW, OLD, listed

_WHOSE = {
    "prerouting": "traffic of pods and other hosts to Services",
    "output": "traffic of the node to Services",
}
_OUTPUT = "\t\ttype nat hook output priority -100; policy accept;\n"


class ServicesNotHooked(Rule):
    """A kernel hook does not lead to `services`, so the addresses of Services are not translated there.

    ## Why
    kube-proxy translates in two places: `nat-prerouting` for traffic of pods and other hosts, and `nat-output` for
    traffic of the node itself. Both only jump to `services`, which looks up the address. If the jump is missing, or
    `services` does not look up `service-ips`, connections to Services are not translated and fail.

    The rule checks only complete tables with the chains and maps that every kube-proxy creates.

    ## Fix
    A dump cannot be fixed. kube-proxy rewrites these chains when it restarts.

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-nftables
    - https://github.com/kubernetes/enhancements/blob/master/keps/sig-network/3866-nftables-proxy/README.md
    """

    code = "KPL448"
    name = "services-not-hooked"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    examples = [
        Bad(listed(NEW, (f"{_OUTPUT}\t\tjump services\n", _OUTPUT)), flags=["services"]),
        Bad(
            listed(OLD, ("\t\tip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports\n", "")),
            flags=["services"],
        ),
        Bad(listed(OLD, ("\t\tip daddr . meta l4proto . th dport vmap @service-ips\n", "")), flags=["services"]),
        Good(listed(NEW)),
        Good(listed(OLD)),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table in whole_tables(ruleset):
            services = table.chains["services"]
            help_ = "Restart kube-proxy on this node: it rewrites these chains."
            looked_up = {found for rule in services.rules for found in rule.lookups}
            if ("vmap", "service-ips") not in looked_up:
                yield self.finding(
                    ruleset.declaration(services),
                    "`services` does not look up `service-ips`, so no Service address is translated",
                    help=help_,
                )
                continue
            if table.maps["service-nodeports"].elements and ("vmap", "service-nodeports") not in looked_up:
                yield self.finding(
                    ruleset.declaration(services),
                    "`services` does not look up `service-nodeports`, so no NodePort is translated",
                    help=help_,
                )
            missing = [hook for hook in _WHOSE if "services" not in chains_reached_from_hook(table, "nat", hook)]
            if missing:
                yield self.finding(
                    ruleset.declaration(services),
                    f"`services` is not reached from the `{missing[0]}` hook, so {_WHOSE[missing[0]]} is not translated"
                    if len(missing) == 1
                    else "`services` is not reached from the `prerouting` and `output` hooks, so no Service address is "
                    "translated",
                    help=help_,
                )
