"""KPL494."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop
from kpl.nft import NftChain, NftRule, NftRuleset, NftTable, NftVerdict, mark_set, whole_tables
from kpl.words import and_more
from kpl_rules.dataplane._nft import NEW, OLD, listed

_API = "\t\tip daddr 10.96.0.1 tcp dport 443 ip saddr != 10.244.0.0/16 jump mark-for-masquerade\n"
_WEB = "\t\tip daddr 10.96.0.7 tcp dport 80 ip saddr != 10.244.0.0/16 jump mark-for-masquerade\n"
_OUTSIDE = '\t\tmeta mark set meta mark | 0x00004000 comment "masquerade"\n'
_ON = "\t\tgoto service-KHN6ECMT-shop/web/tcp/http\n"
_OF_NODE = '\t\tfib saddr type local meta mark set meta mark | 0x00004000 comment "masquerade local traffic"\n'
_NODE_ON = '\t\tfib saddr type local goto service-KHN6ECMT-shop/web/tcp/http comment "short-circuit local traffic"\n'


class ServiceNotMasqueraded(Rule):
    """Traffic of one Service is not masqueraded, so clients outside the pod network receive no response.

    ## Why
    Traffic to a NodePort, external IP or load-balancer IP may go to an endpoint on another node, whose response would
    bypass this node. The `external-...` chain therefore marks the traffic for masquerading before it sends it to all
    endpoints of the Service. With `externalTrafficPolicy: Local`, it marks traffic from this node itself.

    For cluster IPs, kube-proxy derives from `clusterCIDR` and `detectLocalMode` which sources are pods, and masquerades
    traffic from all others. Before Kubernetes 1.36, nftables mode has a rule for this in the chain of the cluster IP,
    for each Service alike. A Service whose rule is missing, or has a different address, responds to pods, but not to
    clients that reach cluster IPs through a route.

    The rule checks only complete tables. It is silent about cluster IPs if none has such a rule: kube-proxy writes none
    if it cannot recognize pods, and in Kubernetes 1.36 and later a single rule in `services` covers all Services.

    ## Fix
    A dump cannot be fixed. kube-proxy rewrites the rule when it restarts, or when the Service changes.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.33.0/pkg/proxy/nftables/proxier.go
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    """

    code = "KPL494"
    name = "service-not-masqueraded"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("service-fails-from-outside",)
    needs = "NftRuleset"
    examples = [
        Bad(listed(OLD, (_WEB, "")), flags=["service-KHN6ECMT-shop/web/tcp/http"]),
        Bad(
            listed(OLD, (_API, _API.replace("96.0.1", "96.0.2"))),
            flags=["service-2QRHZV4L-default/kubernetes/tcp/https"],
        ),
        Bad(listed(OLD, ("\t\tjump mark-for-masquerade\n", "")), flags=["external-KHN6ECMT-shop/web/tcp/http"]),
        Bad(listed(NEW, (_OUTSIDE, "")), flags=["external-KHN6ECMT-shop/web/tcp/http"]),
        Bad(listed(NEW, (_OUTSIDE + _ON, _OF_NODE + _ON)), flags=["external-KHN6ECMT-shop/web/tcp/http"]),
        Bad(listed(NEW, (_OUTSIDE + _ON, _NODE_ON)), flags=["external-KHN6ECMT-shop/web/tcp/http"]),
        # externalTrafficPolicy: Local
        Good(listed(NEW, (_OUTSIDE + _ON, _OF_NODE + _NODE_ON))),
        Good(listed(OLD)),
        # no Service has the rule
        Good(listed(OLD, (_API, ""), (_WEB, ""))),
        Good(listed(NEW)),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table in whole_tables(ruleset):
            yield from self._from_outside(ruleset, table)
            yield from self._to_cluster_ips(ruleset, table)

    def _from_outside(self, ruleset: NftRuleset, table: NftTable) -> Iterator[Finding]:
        unmarked = [chain for name, chain in table.chains.items() if name.startswith("external-") and _passes_on(chain)]
        if unmarked:
            more = and_more(len(unmarked) - 1, "Service port")
            yield self.finding_of_many(
                map(ruleset.declaration, unmarked),
                f"`{unmarked[0].name}`{more} sends connections to endpoints on other nodes without masquerading, so "
                "the responses bypass this node and the connections hang",
                "does not masquerade either",
                help=_HELP,
            )

    def _to_cluster_ips(self, ruleset: NftRuleset, table: NftTable) -> Iterator[Finding]:
        chains = list(_cluster_ips(table))
        unmarked = {chain.name: chain for address, chain in chains if not _marks_for(chain, address)}
        if unmarked and any(_marks_for(chain, address) for address, chain in chains):
            more = and_more(len(unmarked) - 1, "Service port")
            yield self.finding_of_many(
                map(ruleset.declaration, unmarked.values()),
                f"`{next(iter(unmarked))}`{more} does not masquerade clients outside the pod network like other "
                "Services, so they receive no response",
                "does not masquerade either",
                help=_HELP,
            )


_HELP = "Restart kube-proxy on this node: it rewrites the rule."


def _marks(rule: NftRule) -> bool:
    return mark_set(rule) is not None or any(each.chain == "mark-for-masquerade" for each in rule.verdicts)


def _passes_on(chain: NftChain) -> bool:
    """Whether `chain` hands what is not from a pod to all endpoints of the Service, and has not marked it before."""
    marking: list[NftRule] = []
    for rule in chain.rules:
        if _marks(rule):
            marking.append(rule)
        elif any((each.chain or "").startswith("service-") for each in rule.verdicts):
            conditions = rule.conditions
            marked = any(all(each in conditions for each in before.conditions) for before in marking)
            if not marked and len(conditions) == (rule.matches("fib", "saddr", "type") is not None):
                return True
    return False


def _cluster_ips(table: NftTable) -> Iterator[tuple[str, NftChain]]:
    """The cluster IPs, and the chains of Service ports that they lead to."""
    for element in table.maps["service-ips"].elements:
        to = element.data
        if isinstance(to, NftVerdict) and to.chain in table.chains and to.chain.startswith(("service-", "local-")):
            yield element.key[0], table.chains[to.chain]


def _marks_for(chain: NftChain, address: str) -> bool:
    """Whether a rule of `chain` marks what is sent to `address`."""
    for rule in chain.rules:
        to = rule.matches("ip", "daddr") or rule.matches("ip6", "daddr")
        if to is not None and to.right == address and _marks(rule):
            return True
    return False
