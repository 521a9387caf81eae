"""KPL417."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import MARK_MASQ, Ruleset, Table, portals
from kpl.testing import node_dump
from kpl.words import and_more

_CLUSTER_IP = " cluster IP"
_SMALL = (
    '-A {chain} ! -s {pods} -d {address}/32 -p tcp -m comment --comment "{name} cluster IP" -m tcp --dport {port} '
    "-j KUBE-MARK-MASQ\n"
)
_FAR = _SMALL.format(
    chain="KUBE-SVC-3R55B5W2BQDIGALS", pods="10.244.0.0/16", address="10.96.10.3", name="shop/far:http", port=80
)


class ClusterIpMasquerade(Rule):
    """One Service is not masqueraded like the others, so clients outside of the pod network get no response from it.

    ## Why
    kube-proxy derives from `clusterCIDR` and `detectLocalMode` which sources are pods. It masquerades all other sources
    with a rule in each Service's chain (in `KUBE-SERVICES` before Kubernetes 1.21). The condition is the same for all
    Services, and the rule is for the address and port that lead to the chain. If a Service's rule is missing or has a
    different source, the Service responds to pods, but not to clients that reach cluster IPs through a route. If no
    rule leads from the rule's address and port to the chain, one of the two rules was changed, or the rule for the
    cluster IP is missing.

    The rule checks only complete tables. It is silent if no Service has such a rule: kube-proxy writes none if it has
    no way to recognize pods.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node; it starts with a full sync.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    """

    code = "KPL417"
    name = "cluster-ip-masquerade"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("service-fails-from-outside",)
    needs = "Ruleset"
    examples = [
        Bad(dump(node_dump().replace(_FAR, "")), flags=["KUBE-SVC-3R55B5W2BQDIGALS"]),
        Bad(dump(node_dump().replace(_FAR, _FAR.replace("10.244.0.0/16", "10.42.0.0/16"))), flags=["10.42.0.0/16"]),
        Bad(dump(node_dump().replace(_FAR, _FAR.replace("10.96.10.3", "10.96.10.33"))), flags=["10.96.10.33/32"]),
        # no Service has the rule
        Good(dump("".join(each for each in node_dump().splitlines(True) if " ! -s 10.244.0.0/16 " not in each))),
        Good(dump(_FAR + _FAR.replace("10.244.0.0/16", "10.42.0.0/16").replace(".3/", ".4/"))),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for nat in ruleset.whole("nat"):
            yield from self._in(nat)

    def _in(self, nat: Table) -> Iterator[Finding]:
        wanted = {
            (each.target, each.address, each.protocol, each.port): each.row
            for each in portals(nat)
            if each.comment and each.comment.endswith(_CLUSTER_IP)
        }
        marking = [
            row for row in nat.jumps_to.get(MARK_MASQ, ()) if nat.chain[row].startswith(("KUBE-SVC-", "KUBE-SVL-"))
        ]
        columns = zip(marking, nat.columns(("--comment", "-d", "-p", "--dport", "-s"), marking), strict=True)
        # external IPs have such rules in the same chain up to Kubernetes 1.23
        marked = [(row, each) for row, each in columns if each[0] and each[0].endswith(_CLUSTER_IP)]
        if not marked:
            return  # none at all, or in KUBE-SERVICES, as up to Kubernetes 1.20
        rows = [row for row, _ in marked]
        keys = [(nat.chain[row], *each[1:4]) for row, each in marked]
        strangers = [row for row, key in zip(rows, keys, strict=True) if key not in wanted]
        having = {key[0] for key in keys}
        missing = [row for (chain, *_), row in wanted.items() if chain not in having and chain in nat.rules_of]
        sources = [each[4] for _, each in marked]
        usual = Counter(sources).most_common(1)[0][0]
        other = [row for row, source in zip(rows, sources, strict=True) if source != usual]
        for found, option, text in (
            (
                missing,
                "",
                (
                    "`{}`{} does not masquerade clients outside of the pod network like other Services, so they "
                    "receive no response"
                ),
            ),
            (
                strangers,
                "-d",
                "`{}`{} masquerades traffic to this cluster IP and port, but no rule for them leads to the chain",
            ),
            (
                other,
                "-s",
                (
                    "`{}`{} exempts a different source network from masquerading than the other Services, so some "
                    "clients receive no response"
                ),
            ),
        ):
            if found:
                chain = nat.target[found[0]] if found is missing else nat.chain[found[0]]
                more = and_more(len(found) - 1, "Service")
                yield self.finding_of_many(
                    (nat.option_span(row, option) for row in found),
                    text.format(chain, more),
                    "same problem here",
                    help="Restart kube-proxy on this node: its first sync rewrites all rules.",
                )
