"""KPL205."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from kpl import Bad, Cluster, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, Role, ServerBlock, is_placeholder, keyword_known, role_of
from kpl_rules.coredns._kubeadm import KUBEADM

_FULL = KUBEADM.replace("    health {\n        lameduck 5s\n    }", "%s")
_BLOCK = " {\n        lameduck 5s\n    }"


class HealthWithoutLameduck(Rule):
    """CoreDNS pods stop before the nodes stop sending to them, so every rollout loses DNS queries.

    ## Why
    When a CoreDNS pod stops, its endpoint must be removed from the Service and then from the rules of kube-proxy on
    every node. Without `lameduck`, CoreDNS stops immediately, and queries that the nodes still send to it receive no
    response: a client waits for its resolver's timeout, 5 seconds by default. With `lameduck 5s`, which kubeadm writes,
    CoreDNS answers for 5 more seconds, while `ready` already reports that it is not ready.

    ## Fix
    Adds `lameduck 5s`, the value that kubeadm uses. Pods take 5 seconds longer to stop, well below the 30 seconds that
    Kubernetes gives them.

    ## References
    - https://coredns.io/plugins/health/
    - https://github.com/coredns/deployment/issues/199
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html (`timeout`)
    - https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
    """

    code = "KPL205"
    name = "health-without-lameduck"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "health"
    symptoms = ("lookups-fail-during-rollouts",)
    examples = [
        Bad(corefile(_FULL % "    health"), flags=["health"], fixed=_FULL % f"    health{_BLOCK}"),
        Bad(
            corefile(_FULL % "    health :8080  # liveness"),
            flags=["health :8080"],
            fixed=_FULL % f"    health :8080{_BLOCK}  # liveness",
        ),
        Bad(
            corefile(
                "(probes) {\n    health\n    ready\n}\n" + (_FULL % "    import probes").replace("    ready\n", "")
            ),
            flags=["health"],
            fixed=f"(probes) {{\n    health{_BLOCK}\n    ready\n}}\n"
            + (_FULL % "    import probes").replace("    ready\n", ""),
        ),
        Good(corefile(_FULL % f"    health{_BLOCK}")),
        Good(corefile(_FULL % "    health {\n        {{- .Values.health | nindent 8 }}\n    }")),
        # one that is no Service of a cluster
        Good(corefile(". {\n    errors\n    health\n    forward . 9.9.9.9\n    cache 30\n}\n")),
        Good(
            corefile(
                "cluster.local:53 {\n    errors\n    cache 30\n    bind 169.254.20.10\n    forward . 10.96.0.11 {\n"
                "        force_tcp\n    }\n    health 169.254.20.10:8080\n}\n"
            )
        ),
        # one that waits holds up the process
        Good(corefile((_FULL % f"    health{_BLOCK}") + "lan:5353 {\n    errors\n    health :8082\n    whoami\n}\n")),
        Good(corefile(_FULL % "    health"), {"coredns": "1.0.4"}, other=["corefile-refused"]),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if role_of(cluster.document_of(server)) is not Role.CLUSTER:
            return
        if not keyword_known("health", "lameduck", cluster.coredns_version_for(server)):
            return
        if _waits(server.corefile):
            return
        for health in server.all("health"):
            yield self.finding(
                health.head,
                "`health` has no `lameduck`, so CoreDNS stops immediately and queries that nodes still send to the pod time out",
                help="Add `lameduck 5s` to the block of `health`: CoreDNS then answers for 5 more seconds.",
                fix=Fix("Add `lameduck 5s`", (server.corefile.add_property(health, "lameduck 5s"),)),
            )


# a file may have many blocks
@lru_cache(maxsize=8)
def _waits(corefile: Corefile) -> bool:
    """Whether one `health` of the file waits, or may: that holds up the whole process."""
    return any(
        each.name in ("lameduck", "import") or is_placeholder(each.name)
        for block in corefile.servers
        for health in block.all("health")
        for each in health.properties
    )
