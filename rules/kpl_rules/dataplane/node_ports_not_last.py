"""KPL411."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table
from kpl.testing import node_dump
from kpl.words import and_more

_LAST = (
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" '
    "-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\n"
)
_GAME = (
    '-A KUBE-SERVICES -d 10.96.10.4/32 -p udp -m comment --comment "shop/game cluster IP" -m udp --dport 7000 '
    "-j KUBE-SVC-YAKDRQAFFUODADJ7\n"
)
_CONFIG = "kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nmode: iptables\n"


class NodePortsNotLast(Rule):
    """kube-proxy's jump to the NodePorts is not the last rule or is missing, so NodePorts win or do not work.

    ## Why
    The last rule of `KUBE-SERVICES` in the nat table sends traffic to an address of the node to `KUBE-NODEPORTS`. If a
    rule for a Service comes after it, connections to that Service's address are treated as NodePort traffic if the
    address belongs to the node and the port is a NodePort. kube-proxy writes the chain as one unit, so another program
    added or moved the rule. Several rules to `KUBE-NODEPORTS` at the end, one per address, are the normal effect of
    `nodePortAddresses`.

    If no rule leads to a filled `KUBE-NODEPORTS`, no NodePort works on this node. If kube-proxy's configuration is
    among the inputs, this is a warning if it sets `nodePortAddresses` (none of them is an address of the node), and an
    error if it does not. If the configuration is unknown, both are possible, and the severity is info.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node. Or correct `nodePortAddresses` if they are for other
    networks.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport
    """

    code = "KPL411"
    name = "node-ports-not-last"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("service-fails-from-outside",)
    needs = "Ruleset"
    examples = [
        Bad(dump(_LAST + _GAME), flags=["KUBE-SVC-YAKDRQAFFUODADJ7"]),
        Bad(dump(node_dump().replace(_LAST, "").replace(_GAME, _LAST + _GAME)), flags=["KUBE-SVC-YAKDRQAFFUODADJ7"]),
        Bad(
            {"node.iptables": node_dump().replace(_LAST, ""), "config.yaml": _CONFIG},
            flags=[":KUBE-NODEPORTS"],
            severities=[Severity.ERROR],
        ),
        Bad(
            {
                "node.iptables": node_dump().replace(_LAST, ""),
                "config.yaml": f"{_CONFIG}nodePortAddresses: [172.16.0.0/12]\n",
            },
            flags=[":KUBE-NODEPORTS"],
        ),
        # the configuration is not known
        Bad(dump(node_dump().replace(_LAST, "")), flags=[":KUBE-NODEPORTS"], severities=[Severity.INFO]),
        # one rule for each of the nodePortAddresses
        Good(dump(_LAST.replace("-m addrtype --dst-type LOCAL ", "") + _LAST)),
        # nodePortAddresses written by a template
        Good(
            {
                "node.iptables": node_dump().replace(_LAST, ""),
                "config.yaml": f"{_CONFIG}nodePortAddresses: __ADDRESSES__\n",
            }
        ),
    ]

    def check(self, ruleset: Ruleset, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for table in ruleset.tables:
            if table.name not in ("nat", ""):
                continue
            rows = table.rules_of.get("KUBE-SERVICES", [])
            jumps = [row for row in rows if table.target[row] == "KUBE-NODEPORTS"]
            if jumps:
                behind = [row for row in rows if row > jumps[0] and table.target[row] not in ("KUBE-NODEPORTS", "")]
                # in an excerpt, what follows may be of another dump
                if behind and (table.name or rows == list(range(rows[0], rows[-1] + 1))):
                    more = and_more(len(behind) - 1, "rule")
                    yield self.finding_of_many(
                        (table.target_span(row) for row in behind),
                        f"this rule{more} comes after the jump to `KUBE-NODEPORTS`, which kube-proxy writes last, so "
                        "NodePorts are tried first",
                        "also after the NodePorts",
                        help="Restart kube-proxy on this node: it rewrites the chain. Then find out what adds rules "
                        "to it.",
                    )
            elif rows and table.is_whole and "KUBE-NODEPORTS" in table.rules_of:
                yield from self._without_jump(table, cluster)

    def _without_jump(self, nat: Table, cluster: Cluster) -> Iterator[Finding]:
        from kpl.kubeproxy import KubeProxyConfig
        from kpl.manifests import Sequence

        configs = [config for _, config in cluster.of(KubeProxyConfig)]
        addresses = configs[0].node.get("nodePortAddresses") if len(configs) == 1 else None
        if addresses is not None and not isinstance(addresses, Sequence):
            return  # a template
        if len(configs) != 1 or (configs[0].partial and addresses is None):
            why, severity = (
                "the rule is lost, or the node has no address in `nodePortAddresses`",
                Severity.INFO,
            )
            help_ = "Add kube-proxy's configuration to the run, so that kpl can tell which of the two it is."
        elif addresses is not None and addresses.items:
            why, severity = "the node has no address in `nodePortAddresses`", Severity.WARNING
            help_ = "Add a network to `nodePortAddresses` that contains an address of this node. Or remove the field."
        else:
            why, severity = "the rule is lost", Severity.ERROR
            help_ = "Restart kube-proxy on this node: it rewrites the chain."
        yield self.finding(
            nat.declaration("KUBE-NODEPORTS"),
            f"`KUBE-NODEPORTS` is not reached from `KUBE-SERVICES`, so no NodePort works on this node: {why}",
            help=help_,
            severity=severity,
        )
