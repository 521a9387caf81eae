"""KPL245."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Fix, Good, Rule, Severity, Stop, corefile, manifest
from kpl.corefiles import Corefile, Role, is_cluster_block, role_of
from kpl_rules.coredns._kubeadm import KUBEADM

_WITHOUT = KUBEADM.replace("    reload\n", "")


def _config_map(text: str) -> dict[str, str]:
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    head = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: coredns\n  namespace: kube-system\ndata:\n  Corefile: |\n"
    )
    return manifest(head + lines)


_FIXED = _config_map(_WITHOUT.replace("    cache 30\n", "    reload\n    cache 30\n"))["manifest.yaml"]
_FORWARD = "    forward . /etc/resolv.conf {\n        max_concurrent 1000\n    }\n"
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: coredns
spec:
  template:
    metadata:
      labels: {k8s-app: kube-dns}
    spec:
      containers:
        - name: dns
          image: dns
"""


class MissingReload(Rule):
    """Without `reload`, CoreDNS ignores changes of its ConfigMap until its pods are restarted.

    ## Why
    The kubelet updates the file in the pod about a minute after the ConfigMap changes, but CoreDNS reads it only when it starts.
    With `reload`, which kubeadm writes, it looks every 30 seconds (plus or minus 15) and loads a changed file; if the
    new file is refused, it logs the reason and keeps the old one. Without `reload`, a mistake in the file shows only at the
    next restart, for example when a node is drained, and then on one pod after the other.

    The rule checks a ConfigMap with the Corefile of the cluster's DNS. It is silent if a workload whose name
    contains coredns has an annotation for a checksum or for Reloader, because then a change of the ConfigMap restarts its pods.

    ## Fix
    Adds `reload` after `forward` or `kubernetes`. It changes no answer.

    ## References
    - https://coredns.io/plugins/reload/
    - https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/#mounted-configmaps-are-updated-automatically
    - https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/phases/addons/dns/manifests.go
    """

    code = "KPL245"
    name = "missing-reload"
    stop = Stop.COREDNS
    severity = Severity.INFO
    since = "0.1.0"
    clue = "kubernetes"
    examples = [
        Bad(
            _config_map(_WITHOUT),
            flags=[".:53"],
            fixed=_FIXED,
            says=["no server block has `reload`, so CoreDNS ignores changes of this ConfigMap", "Add `reload`"],
        ),
        Good(_config_map(KUBEADM)),
        Good(
            {
                **_config_map(_WITHOUT),
                "a.yaml": _DEPLOYMENT.replace(
                    "    metadata:", "    metadata:\n      annotations: {team: dns, checksum/config: abc}", 1
                ),
            }
        ),
        Good(
            {
                **_config_map(_WITHOUT),
                "a.yaml": _DEPLOYMENT.replace(
                    "  name:", "  annotations: {reloader.stakater.com/auto: 'true'}\n  name:", 1
                ),
            }
        ),
        Bad(
            {
                **_config_map(_WITHOUT),
                "a.yaml": _DEPLOYMENT.replace("    metadata:", "    metadata:\n      annotations: {team: dns}", 1),
            },
            flags=[".:53"],
            fixed=_FIXED,
        ),
        Bad(
            {
                **_config_map(_WITHOUT),
                "a.yaml": _DEPLOYMENT.replace("name: coredns", "name: dnsmasq").replace(
                    "    metadata:", "    metadata:\n      annotations: {checksum/config: abc}", 1
                ),
            },
            flags=[".:53"],
            fixed=_FIXED,
        ),
        Bad(
            _config_map("(up) {\n    forward . 10.0.0.2\n}\n" + _WITHOUT.replace(_FORWARD, "    import up\n")),
            flags=[".:53"],
        ),
        # one is enough for the process
        Good(_config_map(_WITHOUT + "lan:53 {\n    errors\n    reload\n    cache 30\n    forward . 10.0.0.2\n}\n")),
        Good(corefile(_WITHOUT)),
        Good(_config_map(_WITHOUT.replace("    loop\n", "    loop\n    import custom/*.override\n"))),
    ]

    def check(self, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        document = cluster.document_of(corefile)
        if document.around is None or role_of(document) is not Role.CLUSTER:
            return
        if any(server.has("reload") or not server.complete for server in corefile.servers):
            return
        if _restarts_on_change(cluster):
            return
        server = next(server for server in corefile.servers if is_cluster_block(server))
        place = server.get("forward") or server.get("kubernetes")
        fix = None
        if place in server.directives:
            fix = Fix("Add `reload`", (corefile.insert_after(place, "reload"),))
        yield self.finding(
            server.key_span,
            "no server block has `reload`, so CoreDNS ignores changes of this ConfigMap until its pods restart",
            help="Add `reload`: CoreDNS then loads a changed file within 45 seconds, and keeps the old one if the new one is "
            "refused.",
            fix=fix,
        )


def _restarts_on_change(cluster: Cluster) -> bool:
    """Whether an annotation tells that the pods of this CoreDNS restart when its ConfigMap changes."""
    # a raw Corefile is checked without it
    from kpl.manifests import Scalar, Workload

    paths = (("metadata", "annotations"), ("spec", "template", "metadata", "annotations"))
    for _, workload in cluster.of(Workload, clue="dns"):
        found = [workload.node.mapping(*path) for path in paths] if "coredns" in workload.name else []
        keys = [key.value for each in found if each is not None for key, _ in each.pairs if isinstance(key, Scalar)]
        if any("checksum" in key or "reloader" in key for key in keys):
            return True
    return False
