"""KPL448."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import (
    Bad,
    Finding,
    Good,
    NftRuleset,
    Rule,
    Severity,
    Stop,
    chains_reached_from_hook,
    whole_tables,
)
from kpl_rules.dataplane._nft import NEW, OLD, listed

_WHOSE = {
    "prerouting": "what pods and other hosts send to Services",
    "output": "what the node itself sends to Services",
}
_OUTPUT = "\t\ttype nat hook output priority -100; policy accept;\n"


class ServicesNotHooked(Rule):
    """Nothing leads from a hook of the kernel to `services`, so the addresses of Services are not translated there.

    ## Why
    kube-proxy translates in two places: `nat-prerouting` for what comes from pods and from other hosts, `nat-output` for
    what the node itself sends. Both do nothing but jump to `services`, which looks the address up. Without the jump, or
    when `services` does not look into `service-ips`, connections to Services are not translated and fail.

    Looked at are tables that are there from their first line to the last brace, with the chains and maps that every
    kube-proxy makes.

    ## Fix
    There is none in a dump. kube-proxy writes these chains again when it starts.

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-nftables
    - https://github.com/kubernetes/enhancements/blob/master/keps/sig-network/3866-nftables-proxy/README.md
    """

    code = "KPL448"
    name = "services-not-hooked"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
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
            help_ = "kube-proxy writes these chains again when it starts."
            looked_up = {found for rule in services.rules for found in rule.lookups}
            if ("vmap", "service-ips") not in looked_up:
                yield self.finding(
                    ruleset.declaration(services),
                    "`services` does not look into `service-ips`, so no address of a Service is translated",
                    help=help_,
                )
                continue
            if table.maps["service-nodeports"].elements and ("vmap", "service-nodeports") not in looked_up:
                yield self.finding(
                    ruleset.declaration(services),
                    "`services` does not look into `service-nodeports`, so no NodePort is translated",
                    help=help_,
                )
            missing = [hook for hook in _WHOSE if "services" not in chains_reached_from_hook(table, "nat", hook)]
            if missing:
                yield self.finding(
                    ruleset.declaration(services),
                    f"nothing leads to `services` from the hook `{missing[0]}`: {_WHOSE[missing[0]]} is not translated"
                    if len(missing) == 1
                    else "nothing leads to `services` from the hooks `prerouting` and `output`: no address of a Service is "
                    "translated",
                    help=help_,
                )
