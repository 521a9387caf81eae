"""KPL314."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Edit, Finding, Fix, Good, Rule, Severity, Stop, files, manifest
from kpl.edits import set_scalar
from kpl.kubeproxy import KubeProxyConfig, proxy_flags
from kpl.manifests import Mapping, NodeObject, Workload

_CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-proxy, namespace: kube-system}
data:
  config.conf: |
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: iptables
    hostnameOverride: %s
    clusterCIDR: 10.244.0.0/16
"""
_POD = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-proxy, namespace: kube-system}
spec:
  template:
    spec:
      hostNetwork: true
      containers:
      - name: kube-proxy
        image: registry.k8s.io/kube-proxy:v1.36.2
        securityContext: {privileged: true}
        command: [kube-proxy, --config=/var/lib/kube-proxy/config.conf%s]
"""
_ENV = "        env: [{name: NODE_NAME, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]\n"
_NODE = "apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n"
_NODE_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


class HostnameOverrideForAllNodes(Rule):
    """Every kube-proxy takes itself for the same node because all of them read one `hostnameOverride`.

    ## Why
    A ConfigMap and a DaemonSet are the same for all nodes. kube-proxy uses the name to find its Node object: it takes
    the node's addresses and zone from there, and endpoints on that node are its local ones. On every other node,
    Services with `externalTrafficPolicy: Local` then send packets to pods of the wrong node or drop them, and the node
    port health checks tell load balancers the state of another node.

    The rule is silent if kube-proxy gets `--hostname-override`, which replaces the field, from a variable, if there is
    only one node, and if the ConfigMap has the name of the node in its own name.

    ## Fix
    Without the field, kube-proxy uses the host name of the node. kpl empties the field. The fix is marked as unsafe
    because the names of nodes can differ from their host names: in that case, pass `--hostname-override=$(NODE_NAME)`
    with a variable from `spec.nodeName`.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    - https://github.com/kubernetes/kubernetes/issues/57518
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kube-proxy/app/server.go
    """

    code = "KPL314"
    name = "hostname-override-for-all-nodes"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "KubeProxyConfig|Workload"
    clue = "hostnameOverride\nhostname-override"
    symptoms = ("service-fails-from-outside",)
    examples = [
        Bad(
            manifest(_CONFIG % "node-1"),
            flags=["node-1"],
            says=["every kube-proxy that reads this ConfigMap takes itself for the node `node-1`"],
            fixed=_CONFIG % '""',
            safe=False,
        ),
        Good(manifest(_CONFIG % '""')),
        Good(manifest(_CONFIG % "${NODE_NAME}")),
        Good(manifest(_CONFIG % "NODE_NAME")),
        # the flag replaces the field
        Good(
            files(
                **{"config.yaml": _CONFIG % "node-1", "proxy.yaml": _POD % ", --hostname-override=$(NODE_NAME)" + _ENV}
            )
        ),
        Bad(
            files(**{"config.yaml": _CONFIG % '"node-1"', "proxy.yaml": _POD % ""}),
            flags=['"node-1"'],
            fixed=_CONFIG % '""',
            safe=False,
        ),
        Bad(
            manifest(_POD % ", --hostname-override=node-1"),
            flags=["node-1"],
            says=["every kube-proxy of this DaemonSet takes itself for the node `node-1`", "$(NODE_NAME)"],
        ),
        # one node only
        Good(files(**{"config.yaml": _CONFIG % "node-1", "node.yaml": _NODE})),
        Bad(
            files(
                **{
                    "config.yaml": _CONFIG % "node-1",
                    "node.yaml": f"{_NODE}---\n{_NODE.replace('node-1', 'node-2')}",
                }
            ),
            flags=["node-1"],
            fixed=_CONFIG % '""',
            safe=False,
        ),
        Good(manifest((_CONFIG % "node-1").replace("name: kube-proxy", "name: kube-proxy-node-1"))),
        Good(manifest((_POD % ", --hostname-override=node-1").replace("DaemonSet", "Deployment"))),
        Good(
            manifest(
                (_POD % ", --hostname-override=node-1").replace(
                    "      hostNetwork: true\n",
                    "      hostNetwork: true\n      nodeSelector: {kubernetes.io/hostname: node-1}\n",
                )
            )
        ),
        # a file on a node, and what kubeadm makes a ConfigMap of, beside a flag of its own
        Good(
            manifest(
                "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nhostnameOverride: node-1\n"
                "clusterCIDR: 10.244.0.0/16\n"
            )
        ),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if document.kind == "Workload":
            yield from self._in_flags(document.model, cluster)
        elif document.kind == "KubeProxyConfig":
            yield from self._in_config_map(document, document.model, cluster)

    def _in_flags(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        for _, flags in proxy_flags(workload):
            value = next((each.value for each in reversed(flags) if each.name == _FLAG), None)
            if value is None or not _NODE_NAME.fullmatch(value.value):
                continue
            if _is_everywhere(workload) and not _has_one_node(cluster):
                yield self.finding(
                    value.span,
                    f"every kube-proxy of this DaemonSet takes itself for the node `{value.value}`, so the others use the "
                    "addresses and the local endpoints of that node",
                    help="Set `--hostname-override=$(NODE_NAME)`, with a variable from `spec.nodeName`.",
                )

    def _in_config_map(self, document: Document, config: KubeProxyConfig, cluster: Cluster) -> Iterator[Finding]:
        value = config.node.scalar("hostnameOverride")
        if value is None or not document.key or not _NODE_NAME.fullmatch(value.value) or value.value in document.name:
            return
        if sum(not each.partial for _, each in cluster.of(KubeProxyConfig)) != 1 or _has_one_node(cluster):
            return
        workloads = (each for _, each in cluster.of(Workload, clue=_FLAG))
        if any(flag.name == _FLAG for each in workloads for _, flags in proxy_flags(each) for flag in flags):
            return
        edit = set_scalar(config.text, value, "")
        if edit is not None and value.style is None:
            edit = Edit(edit.start, edit.end, '""')
        yield self.finding(
            value.span,
            f"every kube-proxy that reads this ConfigMap takes itself for the node `{value.value}`, so the others use the "
            "addresses and the local endpoints of that node",
            help='Set `hostnameOverride: ""`. Or pass `--hostname-override=$(NODE_NAME)` to kube-proxy.',
            fix=Fix("Empty `hostnameOverride`", (edit,), safe=False) if edit is not None else None,
        )


_FLAG = "hostname-override"


def _has_one_node(cluster: Cluster) -> bool:
    return cluster.facts.nodes == 1 or sum(1 for _ in cluster.of(NodeObject)) == 1


def _is_everywhere(workload: Workload) -> bool:
    """Whether it certainly runs on several nodes."""
    selector = workload.pod.get("nodeSelector")
    named = isinstance(selector, Mapping) and selector.get("kubernetes.io/hostname") is not None
    return workload.kind == "DaemonSet" and not named and workload.affinity is None
