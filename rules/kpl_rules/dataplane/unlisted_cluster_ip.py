"""KPL443."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop
from kpl.nft import NftRuleset, NftVerdict, kube_proxy_tables
from kpl_rules.dataplane._nft import NEW, OLD, WEB, listed


class UnlistedClusterIp(Rule):
    """A cluster IP leads to its endpoints but is missing from `cluster-ips`, so its unused ports are not rejected.

    ## Why
    In Kubernetes 1.30 and later, kube-proxy lists the cluster IPs of all Services in the set `cluster-ips`. Traffic to
    other ports of these addresses is rejected immediately. In 1.36 and later, kube-proxy also uses the set to
    masquerade traffic from outside the cluster's pods. If an address is missing, the response goes directly to the
    client, which does not know the pod's address and drops it.

    The rule checks only complete tables.

    ## Fix
    A dump cannot be fixed. kube-proxy refills the set when it restarts.

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
                    f"`{address}` leads to `{chain}` but is missing from `cluster-ips`, so its unused ports are not "
                    "rejected (and in 1.36 and later, its traffic from outside the cluster is not masqueraded)",
                    help="Restart kube-proxy on this node: it refills the set.",
                )
