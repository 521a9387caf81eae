"""KPL262."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, corefile_placeholder, is_cluster_block, zones_of

_BLOCK = """\
.:53 {
    errors
    ready
    kubernetes %s {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }
    forward . /etc/resolv.conf
    cache 30
    loop
}
"""
_REVERSE = ("in-addr.arpa.", "ip6.arpa.")
_BELOW_REVERSE = (".in-addr.arpa.", ".ip6.arpa.")


class KubernetesWithoutClusterZone(Rule):
    """`kubernetes` has only reverse zones, so CoreDNS knows no name of the cluster.

    ## Why
    `kubernetes` answers for the zones on its line. If the cluster's domain is missing, every name of a Service goes to
    the next plugin, usually to a resolver outside the cluster, and gets NXDOMAIN. A line without any zone has the zones of
    the server block.

    ## Fix
    kpl adds the cluster's domain in front of the reverse zones. The fix is marked as unsafe, because the domain is
    `cluster.local` unless `--cluster-domain` or `.kpl.yaml` says otherwise.

    ## References
    - https://coredns.io/plugins/kubernetes/
    - https://github.com/siderolabs/talos/issues/6824
    """

    code = "KPL262"
    name = "kubernetes-without-cluster-zone"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = r"kubernetes[^\n]*arpa"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            corefile(_BLOCK % "in-addr.arpa ip6.arpa"),
            flags=["kubernetes in-addr.arpa ip6.arpa"],
            says=["so CoreDNS knows no name of the cluster", "Add the cluster's domain, such as `cluster.local`."],
            fixed=_BLOCK % "cluster.local in-addr.arpa ip6.arpa",
            safe=False,
        ),
        # CoreDNS refuses this one
        Good(corefile(_BLOCK % "10.0.0.0/8"), other=["corefile-refused"]),
        Good(corefile(_BLOCK % "cluster.local in-addr.arpa ip6.arpa")),
        Good(corefile("cluster.local {\n    errors\n    ready\n    cache 30\n    kubernetes\n}\n")),
        # another block has them
        Good(
            corefile(
                (_BLOCK % "in-addr.arpa").replace(".:53", "in-addr.arpa")
                + (_BLOCK % "cluster.local").replace(".:53", "cluster.local")
            )
        ),
        Good(corefile("import more/*.server\n" + _BLOCK % "in-addr.arpa ip6.arpa")),
        Good(corefile(_BLOCK % "{$ZONE} in-addr.arpa")),
    ]

    def check(self, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if corefile.imports or corefile_placeholder(corefile.text) is not None:
            return
        blocks = [server for server in corefile.servers if is_cluster_block(server)]
        lines = [kubernetes for server in blocks for kubernetes in server.all("kubernetes")]
        zones = [zone for line in lines for word in line.args for zone in zones_of(word)]
        if not all(line.args for line in lines) or not all(f".{zone}".endswith(_BELOW_REVERSE) for zone in zones):
            return
        if set(zones).isdisjoint(_REVERSE):  # CoreDNS refuses a line with zones below them only
            return
        for line in lines[:1]:
            first = line.args[0]
            yield self.finding(
                line.head,
                "`kubernetes` has only reverse zones, so CoreDNS knows no name of the cluster",
                help=f"Add the cluster's domain, such as `{cluster.cluster_domain}`.",
                fix=Fix(
                    f"Add `{cluster.cluster_domain}` to `kubernetes`",
                    (Edit(first.span.start, first.span.start, f"{cluster.cluster_domain} "),),
                    safe=False,
                ),
            )
