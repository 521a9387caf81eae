"""KPL496."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Profile, Rule, Severity, Stop, dump
from kpl.iptables import MARK_MASQ, Ruleset, Table
from kpl.testing import node_dump

_CLUSTER_IP = " cluster IP"
_SOURCES = ("-s", "-i")


class EveryClientMasqueraded(Rule):
    """Connections of pods to cluster IPs are masqueraded like all others, so servers do not see their clients.

    ## Why
    If kube-proxy can recognize pods (`clusterCIDR`, `detectLocalMode`), it masquerades only what other clients send to
    a cluster IP. The rules in this dump have no condition on the source, which is the effect of `masqueradeAll: true`.
    Every connection through a Service then uses a source port of the node and another conntrack translation, and the
    server, its logs and NetworkPolicies see the node instead of the pod.

    The rule is in the profile `strict`, because some networks need the setting.

    ## Fix
    A dump cannot be fixed. If responses of the pods return through the node without masquerading, set
    `iptables.masqueradeAll: false` (`nftables.masqueradeAll` in that mode), and set `clusterCIDR` or `detectLocalMode`.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/ (`masqueradeAll`)
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/iptables/proxier.go
    """

    code = "KPL496"
    name = "every-client-masqueraded"
    stop = Stop.DATAPLANE
    severity = Severity.INFO
    profile = Profile.STRICT
    since = "0.1.0"
    symptoms = ("client-address-lost",)
    needs = "Ruleset"
    examples = [
        Bad(
            dump("".join(each.replace(" ! -s 10.244.0.0/16", "") for each in node_dump().splitlines(True))),
            flags=["KUBE-MARK-MASQ"],
        ),
        Good(dump(node_dump())),
        # without a way to tell pods from others there is no such rule
        Good(dump("".join(each for each in node_dump().splitlines(True) if " ! -s 10.244.0.0/16 " not in each))),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for tables in ruleset.whole_dumps():
            marking = _marking_rules(tables["nat"]) if "nat" in tables else []
            if marking and not any(source for row in marking for source in _sources(tables["nat"], row)):
                yield self.finding(
                    tables["nat"].target_span(marking[0]),
                    f"kube-proxy masquerades every client of the cluster IPs of {len(marking):,} Service ports, pods "
                    "included (`masqueradeAll`), so servers see the node as their client",
                    help="Set `masqueradeAll: false` in kube-proxy's configuration, and `clusterCIDR` or "
                    "`detectLocalMode`.",
                )


def _marking_rules(nat: Table) -> list[int]:
    """The rules that masquerade what is sent to cluster IPs."""
    rows = [
        row
        for row in nat.jumps_to.get(MARK_MASQ, ())
        if nat.chain[row].startswith(("KUBE-SVC-", "KUBE-SVL-")) or nat.chain[row] == "KUBE-SERVICES"
    ]
    comments = zip(rows, nat.values("--comment", rows), strict=True)
    return [row for row, comment in comments if comment and comment.endswith(_CLUSTER_IP)]


def _sources(nat: Table, row: int) -> Iterator[str]:
    return (name for name, _, _ in nat.shapes[row].options if name in _SOURCES)
