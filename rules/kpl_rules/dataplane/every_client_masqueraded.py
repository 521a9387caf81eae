"""KPL496."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import MARK_MASQ, Bad, Finding, Good, Rule, Ruleset, Severity, Stop, Table, dump
from kpl.testing import node_dump

_CLUSTER_IP = " cluster IP"
_SOURCES = ("-s", "-i")


class EveryClientMasqueraded(Rule):
    """Pods' connections to cluster IPs are masqueraded like all others, so no server sees who calls it.

    ## Why
    Where kube-proxy can tell pods from others (`clusterCIDR`, `detectLocalMode`), it masquerades what others send to a cluster IP.
    Here the rules have no condition on the source, which is what `masqueradeAll: true` writes: each connection through a
    Service takes a source port of the node and an entry more to translate back, and the server, its logs and NetworkPolicies see
    the node in place of the pod.

    Off by default: the setting is there for networks that need it.

    ## Fix
    There is none in a dump. Set `iptables.masqueradeAll: false` (`nftables.masqueradeAll` in that mode) where the answers of the
    pods find their way back through the node without it, and `clusterCIDR` or `detectLocalMode`.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/ (`masqueradeAll`)
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/iptables/proxier.go
    """

    code = "KPL496"
    name = "every-client-masqueraded"
    stop = Stop.DATAPLANE
    severity = Severity.INFO
    default = False
    since = "0.1.0"
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
                    f"kube-proxy masquerades what every client sends to the cluster IPs of {len(marking):,} Service ports, "
                    "that of pods too (`masqueradeAll`): servers see the node as their client",
                    help="Set `masqueradeAll: false` in kube-proxy's configuration, and `clusterCIDR` or `detectLocalMode`.",
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
