"""KPL443."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, NftRuleset, NftVerdict, Rule, Severity, Stop, kube_proxy_tables
from kpl_rules.dataplane._nft import NEW, OLD, WEB, listed


class UnlistedClusterIp(Rule):
    """A cluster IP leads to its endpoints, but is missing in `cluster-ips`.

    ## Why
    From Kubernetes 1.30 on kube-proxy lists the cluster IPs of all Services in the set `cluster-ips`; what goes to
    another port of such an address is rejected at once. From 1.36 on it also looks there for what comes from outside of
    the cluster's pods and has to be masqueraded: for an address that is missing, the answer goes to the client directly,
    which does not know the pod's address and drops it.

    Looked at are tables that are there from their first line to the last brace.

    ## Fix
    There is none in a dump. kube-proxy fills the set again when it starts.

    ## References
    - https://github.com/kubernetes/enhancements/blob/master/keps/sig-network/3866-nftables-proxy/README.md
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-nftables
    """

    code = "KPL443"
    name = "unlisted-cluster-ip"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    examples = [
        Bad(listed(NEW, ("10.96.0.1, 10.96.0.7,", "10.96.0.1,")), flags=["10.96.0.7"]),
        Bad(listed(OLD, ("10.96.0.1, 10.96.0.7,", "10.96.0.7,")), flags=["10.96.0.1"]),
        Good(listed(NEW)),
        # an external IP is no cluster IP
        Good(
            listed(NEW, ("10.96.0.7 . tcp", f"192.0.2.1 . tcp . 80 : goto external-{WEB},\n\t\t\t     10.96.0.7 . tcp"))
        ),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table, _ in kube_proxy_tables(ruleset):
            if not table.complete or "cluster-ips" not in table.sets or "service-ips" not in table.maps:
                continue
            known = {element.key[0] for element in table.sets["cluster-ips"].elements}
            for element in table.maps["service-ips"].elements:
                address = element.key[0]
                chain = element.data.chain or "" if isinstance(element.data, NftVerdict) else ""
                if address in known or not chain.startswith(("service-", "local-")):
                    continue
                known.add(address)
                yield self.finding(
                    ruleset.span_of(address, element.span),
                    f"`{address}` leads to `{chain}` and is missing in `cluster-ips`: its unused ports are not rejected, "
                    "and from 1.36 on its traffic from outside of the cluster is not masqueraded",
                    help="kube-proxy fills the set again when it starts.",
                )
