"""KPL420."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Document, Finding, Good, Rule, Severity, Span, Stop, dump
from kpl.iptables import Ruleset, per_service
from kpl.nft import NftRuleset, iptables_tables, kube_proxy_tables
from kpl.testing import node_dump
from kpl_rules.dataplane._nft import NEW, listed

_OTHERS = {
    "KUBE-ROUTER-SERVICES": "kube-router with `--run-service-proxy`",
    "OVN-KUBE-NODEPORT": "OVN-Kubernetes",
    "OVN-KUBE-EXTERNALIP": "OVN-Kubernetes",
}
_OVN = "-A OVN-KUBE-NODEPORT -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j DNAT --to-destination 10.96.10.1:80\n"
_SERVICE = (
    '-A KUBE-SERVICES -d 10.96.10.3/32 -p tcp -m comment --comment "shop/far:http cluster IP" -m tcp --dport 80 '
    "-j KUBE-SVC-3R55B5W2BQDIGALS\n"
)
_SMALL = f"*nat\n:KUBE-SERVICES - [0:0]\n:OVN-KUBE-NODEPORT - [0:0]\n{_SERVICE}{_OVN}COMMIT\n"
_OVN_IN_NFT = (
    "table ip nat {\n\tchain OVN-KUBE-NODEPORT {\n"
    "\t\tip protocol tcp fib daddr type local tcp dport 30080 counter packets 0 bytes 0 dnat to 10.96.10.1:80\n\t}\n}\n"
)


class TwoServiceProxies(Rule):
    """Another program that implements Services runs next to kube-proxy, and both translate the same connections.

    ## Why
    The service proxy of kube-router and OVN-Kubernetes implement Services themselves and are used without kube-proxy.
    Next to kube-proxy, the program whose rules come first in a chain wins, session affinity and traffic policies apply
    to only one of them, and Services that one has removed still work through the other.

    The rule recognizes them, in the output of `iptables-save` and of `nft list ruleset`, by chains with rules:
    `KUBE-ROUTER-SERVICES`, `OVN-KUBE-NODEPORT`, `OVN-KUBE-EXTERNALIP`. The chains of kube-router's network policies (k3s
    has them), Cilium and Calico do not show whether a program implements Services.

    ## Fix
    A dump cannot be fixed. Turn off one of the two and remove its rules. For kube-proxy, delete its DaemonSet and run
    `kube-proxy --cleanup` on the nodes.

    ## References
    - https://github.com/cloudnativelabs/kube-router/pull/618
    - https://github.com/ovn-kubernetes/ovn-kubernetes/blob/master/docs/design/service-traffic-policy.md
    """

    code = "KPL420"
    name = "two-service-proxies"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Ruleset|NftRuleset"
    examples = [
        Bad(dump(_SMALL), flags=[":OVN-KUBE-NODEPORT"]),
        Bad(
            dump(
                node_dump().replace(
                    ":KUBE-SERVICES - [0:0]\n-A INPUT -j KUBE-FIREWALL\n",
                    ":KUBE-ROUTER-SERVICES - [0:0]\n:KUBE-SERVICES - [0:0]\n-A INPUT -j KUBE-FIREWALL\n"
                    "-A INPUT -j KUBE-ROUTER-SERVICES\n"
                    "-A KUBE-ROUTER-SERVICES -m set --match-set kube-router-svip-prt dst,dst -j ACCEPT\n",
                )
            ),
            flags=[":KUBE-ROUTER-SERVICES"],
        ),
        Good(dump(_SMALL.replace(_SERVICE, ""))),
        # network policies, as in k3s
        Good(
            dump(
                node_dump().replace(
                    ":KUBE-SERVICES - [0:0]\n-A INPUT -j KUBE-FIREWALL\n",
                    ":KUBE-ROUTER-INPUT - [0:0]\n:KUBE-SERVICES - [0:0]\n-A INPUT -j KUBE-ROUTER-INPUT\n"
                    "-A INPUT -j KUBE-FIREWALL\n-A KUBE-ROUTER-INPUT -d 10.96.0.0/12 -j RETURN\n",
                )
            )
        ),
        Bad(listed(NEW + _OVN_IN_NFT), flags=["OVN-KUBE-NODEPORT"]),
        Good(listed(_OVN_IN_NFT)),
        Good(listed(NEW + _OVN_IN_NFT.replace("table ip nat", "table ip6 nat"))),
        Good(
            listed(
                NEW
                + "table ip nat {\n\tchain OVN-KUBE-NODEPORT {\n\t}\n\tchain KUBE-ROUTER-INPUT {\n\t\treturn\n\t}\n}\n"
            )
        ),
    ]

    def check(self, document: Document) -> Iterator[Finding]:
        """See the class."""
        if document.kind == "Ruleset":
            yield from self._of_iptables(document.model)
        elif document.kind == "NftRuleset":
            yield from self._of_nftables(document.model)

    def _of_nftables(self, ruleset: NftRuleset) -> Iterator[Finding]:
        for own, family in kube_proxy_tables(ruleset):
            served = own.maps.get("service-ips")
            for table in iptables_tables(ruleset, family) if served is not None and served.elements else ():
                for name, program in _OTHERS.items():
                    if name in table.chains and table.chains[name].rows:
                        yield self._finding(ruleset.declaration(table.chains[name]), name, program)

    def _of_iptables(self, ruleset: Ruleset) -> Iterator[Finding]:
        if not any(
            per_service(nat.target[row])
            for nat in ruleset.named("nat")
            for row in nat.rules_of.get("KUBE-SERVICES", ())[:1]
        ):
            return
        for table in ruleset.tables:
            for chain, program in _OTHERS.items():
                if chain in table.chains and chain in table.rules_of:
                    yield self._finding(table.declaration(chain), chain, program)

    def _finding(self, span: Span, chain: str, program: str) -> Finding:
        return self.finding(
            span,
            f"`{chain}` belongs to {program}, which implements Services like kube-proxy, so both translate the same "
            "connections",
            help="Turn off one of the two and remove its rules from the nodes.",
        )
