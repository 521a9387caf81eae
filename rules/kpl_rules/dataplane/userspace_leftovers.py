"""KPL418."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Ruleset, Severity, Stop, Version, dump

_CHAINS = (
    "KUBE-PORTALS-CONTAINER",
    "KUBE-PORTALS-HOST",
    "KUBE-NODEPORT-CONTAINER",
    "KUBE-NODEPORT-HOST",
    "KUBE-NODEPORT-NON-LOCAL",
)
_REMOVED = Version("1.26")
_SMALL = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    ":KUBE-PORTALS-CONTAINER - [0:0]\n"
    '-A PREROUTING -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" '
    "-j KUBE-PORTALS-CONTAINER\n"
    '-A KUBE-PORTALS-CONTAINER -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https" -m tcp --dport 443 '
    "-j REDIRECT --to-ports 40123\nCOMMIT\n"
)


class UserspaceLeftovers(Rule):
    """Rules of kube-proxy's userspace mode are left on the node, and redirect Services to a proxy that is gone.

    ## Why
    In userspace mode, which Kubernetes 1.26 removed, each Service had a port of the kube-proxy process, and the chains
    `KUBE-PORTALS-CONTAINER` and `KUBE-PORTALS-HOST` redirected to it. Nothing listens there any more. Where the
    chains stand before `KUBE-SERVICES`, connections to those Services are refused.

    ## Fix
    There is none in a dump. Run `kube-proxy --cleanup` of the release that wrote them, or reboot the node.

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
        Bad(dump(_SMALL), flags=[":KUBE-PORTALS-CONTAINER"]),
        Good(dump(_SMALL), {"kubernetes": "1.22"}),
        Good(dump(_SMALL.replace("-A KUBE-PORTALS-CONTAINER", "# -A KUBE-PORTALS-CONTAINER"))),
    ]

    def check(self, ruleset: Ruleset, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if cluster.kubernetes_version < _REMOVED:
            return
        for nat in ruleset.named("nat"):
            filled = [chain for chain in _CHAINS if chain in nat.chains and chain in nat.rules_of]
            if filled:
                yield self.finding_of_many(
                    (nat.declaration(chain) for chain in filled),
                    f"`{filled[0]}` is of kube-proxy's userspace mode, which Kubernetes 1.26 removed: it redirects Services "
                    "to ports where nothing listens",
                    "of the userspace mode as well",
                    help="Reboot the node, or delete these chains and the jumps to them.",
                )
