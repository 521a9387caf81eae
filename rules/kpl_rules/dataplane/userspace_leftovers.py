"""KPL418."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, Version, dump
from kpl.iptables import Ruleset
from kpl.testing import node_dump

_CHAINS = (
    "KUBE-PORTALS-CONTAINER",
    "KUBE-PORTALS-HOST",
    "KUBE-NODEPORT-CONTAINER",
    "KUBE-NODEPORT-HOST",
    "KUBE-NODEPORT-NON-LOCAL",
)
_REMOVED = Version("1.26")
_PORTALS = ":KUBE-PORTALS-CONTAINER - [0:0]\n"
_RULE = (
    '-A KUBE-PORTALS-CONTAINER -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https" -m tcp --dport 443 '
    "-j REDIRECT --to-ports 40123\n"
)
_SMALL = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    f"{_PORTALS}"
    '-A PREROUTING -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" '
    f"-j KUBE-PORTALS-CONTAINER\n{_RULE}COMMIT\n"
)


class UserspaceLeftovers(Rule):
    """Leftover rules of kube-proxy's userspace mode redirect Services to a proxy that no longer runs.

    ## Why
    In userspace mode, which Kubernetes 1.26 removed, every Service had a port of the kube-proxy process, and the chains
    `KUBE-PORTALS-CONTAINER` and `KUBE-PORTALS-HOST` redirected to it. Nothing listens there any more. If these chains
    come before `KUBE-SERVICES`, connections to those Services are refused.

    The rule reports them if the Kubernetes release is known to be 1.26 or later, or if there are rules of another mode.

    ## Fix
    A dump cannot be fixed. Run `kube-proxy --cleanup` of the release that wrote the rules, or reboot the node.

    ## References
    - https://github.com/kubernetes/kubernetes/pull/112133
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    """

    code = "KPL418"
    name = "userspace-leftovers"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(dump(_SMALL), {"kubernetes": "1.30"}, flags=[":KUBE-PORTALS-CONTAINER"]),
        Bad(
            dump(
                node_dump()
                .replace(":KUBE-POSTR", f"{_PORTALS}:KUBE-POSTR")
                .replace("-A KUBE-POSTR", f"{_RULE}-A KUBE-POSTR", 1)
            ),
            flags=[":KUBE-PORTALS-CONTAINER"],
        ),
        Good(dump(_SMALL), {"kubernetes": "1.22"}),
        Good(dump(_SMALL)),
        Good(dump(_SMALL.replace("-A KUBE-PORTALS-CONTAINER", "# -A KUBE-PORTALS-CONTAINER")), {"kubernetes": "1.30"}),
    ]

    def check(self, ruleset: Ruleset, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        removed = cluster.kubernetes_version_known and cluster.kubernetes_version >= _REMOVED
        for nat in ruleset.named("nat"):
            if not removed and "KUBE-SERVICES" not in nat.rules_of:
                continue  # an old kube-proxy may run in this mode
            filled = [chain for chain in _CHAINS if chain in nat.chains and chain in nat.rules_of]
            if filled:
                yield self.finding_of_many(
                    (nat.declaration(chain) for chain in filled),
                    f"`{filled[0]}` is a leftover of kube-proxy's userspace mode, so it redirects Services to ports "
                    "where nothing listens",
                    "also a leftover of userspace mode",
                    help="Reboot the node. Or delete these chains and the jumps to them.",
                )
