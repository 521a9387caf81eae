"""KPL207."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from kpl import Bad, Cluster, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, Role, ServerBlock, directive_known, is_cluster_block, role_of
from kpl.manifests import Workload
from kpl_rules.coredns._kubeadm import KUBEADM

_FULL = KUBEADM.replace("    ready\n", "%s")
_SPLIT = """\
.:53 {
    errors
    ready :8182
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30
    loop
}
cluster.local:53 {
    errors
    health {
        lameduck 5s
    }
%s    kubernetes {
        pods insecure
    }
    cache 30
}
"""

_CLUSTER_DNS = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: coredns
spec:
  template:
    spec:
      hostNetwork: true
      dnsPolicy: Default
      containers:
        - name: dns
          image: registry.k8s.io/coredns/coredns:v1.14.7
"""


class MissingReady(Rule):
    """The server block has no `ready`, so a CoreDNS pod receives queries before it knows the Services.

    ## Why
    CoreDNS waits 5 seconds for `kubernetes` to get its list of Services (`startup_timeout` sets another time) and then
    starts to answer without it, with SERVFAIL for the names of the cluster. Meanwhile `ready` answers 503 on
    :8181/ready, so the readinessProbe of the Deployment keeps the pod out of the Service; `health` on :8080/health
    returns 200 from the start. `ready` asks only the plugins in server blocks that have it.

    ## Fix
    Adds `ready`, with the address that another block gives it. It opens port 8181 and changes no answer; the
    readinessProbe must use port 8181 and path /ready. The fix is unsafe if the workload of CoreDNS in the tree uses the
    network of its node, where another program may have that port.

    ## References
    - https://coredns.io/plugins/ready/
    - https://coredns.io/plugins/kubernetes/#ready
    - https://github.com/coredns/deployment/blob/master/kubernetes/Upgrading_CoreDNS.md
    """

    code = "KPL207"
    name = "missing-ready"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "kubernetes"
    symptoms = ("lookups-fail-during-rollouts",)
    examples = [
        Bad(corefile(_FULL % ""), flags=[".:53"], fixed=_FULL % "    ready\n"),
        Bad(corefile(_SPLIT % ""), flags=["cluster.local:53"], fixed=_SPLIT % "    ready :8182\n"),
        Good(corefile(_FULL % "    ready\n")),
        Good(corefile(_FULL % "    ready :8182\n")),
        Good(corefile(_FULL % "    {{- if .Values.ready }}\n    ready\n    {{- end }}\n")),
        # it is not there yet
        Good(corefile(_FULL % ""), {"coredns": "1.4.0"}),
        # one that runs outside of the cluster
        Good(corefile(". {\n    errors\n    kubernetes cluster.local {\n        kubeconfig /k/config\n    }\n}\n")),
        # the port is one of the node
        Bad(
            {"Corefile": _FULL % "", "coredns.yaml": _CLUSTER_DNS},
            flags=[".:53"],
            fixed=_FULL % "    ready\n",
            safe=False,
        ),
        Bad(
            {
                "Corefile": _FULL % "",
                "agent.yaml": _CLUSTER_DNS.replace("coredns/coredns", "agent").replace("coredns", "agent"),
            },
            flags=[".:53"],
            fixed=_FULL % "    ready\n",
        ),
        Bad(
            {"Corefile": _FULL % "", "coredns.yaml": _CLUSTER_DNS.replace("      hostNetwork: true\n", "")},
            flags=[".:53"],
            fixed=_FULL % "    ready\n",
        ),
        # the port is taken
        Bad(corefile((_FULL % "").replace(":9153", ":8181")), flags=[".:53"]),
        Bad(
            corefile(
                "(base) {\n    health {\n        lameduck 5s\n    }\n}\n"
                + (_FULL % "").replace("    health {\n        lameduck 5s\n    }\n", "    import base\n")
            ),
            flags=[".:53"],
        ),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if not is_cluster_block(server) or server.has("ready") or not server.complete:
            return
        if role_of(cluster.document_of(server)) is not Role.CLUSTER:
            return
        if not directive_known("ready", cluster.coredns_version_for(server)):
            return
        yield self.finding(
            server.key_span,
            "this block has no `ready`, so the pod can be ready before `kubernetes` knows the Services, and until then the "
            "cluster's names get SERVFAIL",
            help="Add `ready` to the block, and point the readinessProbe at port 8181 and path /ready.",
            fix=_fix(server, cluster),
        )


def _fix(server: ServerBlock, cluster: Cluster) -> Fix | None:
    place = next((each for name in ("health", "errors") for each in server.all(name)), server.directives[0])
    if place not in server.directives:
        return None
    line = _line(server.corefile)
    if line is None:
        return None
    safe = not _on_host_network(cluster)
    return Fix(f"Add `{line}`", (server.corefile.insert_after(place, line),), safe)


# a file may have many blocks
@lru_cache(maxsize=1)
def _on_host_network(cluster: Cluster) -> bool:
    """Whether a CoreDNS of the cluster has the ports of its node."""
    return any(
        workload.host_network is not None and "coredns" in (container.image or "")
        for _, workload in cluster.of(Workload, "hostNetwork")
        for container in workload.containers
    )


# a file may have many blocks
@lru_cache(maxsize=8)
def _line(corefile: Corefile) -> str | None:
    """`ready` as another block of the file has it; None where something else has its port."""
    line = next((" ".join(["ready", *each.args]) for block in corefile.servers for each in block.all("ready")), "ready")
    port = line.rpartition(":")[2] if ":" in line else "8181"
    others = (each for block in corefile.servers for each in block.expanded() if each.name != "ready")
    return None if any(arg.endswith(f":{port}") for each in others for arg in each.args) else line
