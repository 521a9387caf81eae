"""KPL320."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Related, Rule, Severity, Stop, files
from kpl.corefiles import is_placeholder
from kpl.edits import Text
from kpl.kubeproxy import LOCALHOST_NODE_PORTS, KubeProxyConfig
from kpl.manifests import Service, Workload

_CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-proxy, namespace: kube-system}
data:
  config.conf: |
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: %s
    clusterCIDR: 10.244.0.0/16
"""
_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: registry, namespace: registry}
spec:
  type: NodePort
  ports: [{port: 5000, nodePort: 31999}]
---
"""
_POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  template:
    spec:
      containers:
      - name: app
        image: %s/shop/app:1.4
"""
_RELEASE = """\
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v%s
"""


def _files(mode: str, image: str = "127.0.0.1:31999", release: str = "1.36.0") -> dict[str, str]:
    return {"app.yaml": _SERVICE + _POD % image, "kube-proxy.yaml": _CONFIG % mode + _RELEASE % release}


class LocalhostNodePort(Rule):
    """The image comes from a NodePort on localhost, which kube-proxy does not serve in this mode, so the pull fails.

    ## Why
    The kubelet pulls images from the node's network, so registries inside the cluster are often addressed as
    `127.0.0.1:NODEPORT`. Only iptables mode serves NodePorts on loopback addresses, only over IPv4, and only while
    `iptables.localhostNodePorts` is not false. In ipvs mode and nftables mode, the connection is refused, and the pods
    stay in ImagePullBackOff after a change of the mode.

    Kubernetes 1.38 and later (1.37 with the feature gate `KubeProxyNFTablesLocalhostNodePorts`) serve NodePorts on
    loopback in nftables mode if `nodePortAddresses` lists it; kpl is silent about these releases if the field is set.

    ## Fix
    There is no automatic fix. Address the registry by a name or an address of the node, or with a port of the host
    (`hostPort`).

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#migrating-from-iptables-mode-to-nftables
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kube-proxy/app/options.go (iptables-localhost-nodeports)
    - https://github.com/k0sproject/k0s/issues/5760
    """

    code = "KPL320"
    name = "localhost-node-port"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Workload KubeProxyConfig Service"
    clue = r"\blocalhost:\d|\b127\.\d+\.\d+\.\d+:\d"
    examples = [
        Bad(
            files(**_files("nftables")),
            flags=["127.0.0.1:31999/shop/app:1.4"],
            says=["kube-proxy in nftables mode serves no NodePort on `127.0.0.1`", "NodePort of `registry/registry`"],
        ),
        Bad(
            files(**_files("ipvs", "localhost:31999", "1.32.0")),
            flags=["localhost:31999/shop/app:1.4"],
            says=["ipvs mode"],
        ),
        Good(files(**_files("iptables"))),
        Good(files(**_files('""'))),
        Bad(
            files(**_files("iptables\n    iptables: {localhostNodePorts: false}")),
            flags=["127.0.0.1:31999/shop/app:1.4"],
            says=["with `localhostNodePorts: false` serves no NodePort"],
        ),
        # no NodePort of a Service, and not on localhost
        Good(files(**_files("nftables", "127.0.0.1:5000"))),
        Good(files(**_files("nftables", "registry.example.com:31999"))),
        Good(files(**_files("nftables", "10.0.0.7:31999"))),
        Good(files(**_files("${MODE}"))),
        # these releases serve it where it is listed
        Good(files(**_files("nftables\n    nodePortAddresses: [primary, 127.0.0.0/8]", release="1.38.0"))),
        Bad(
            files(**_files("nftables\n    nodePortAddresses: [127.0.0.0/8]", release="1.36.0")),
            flags=["127.0.0.1:31999/shop/app:1.4"],
        ),
    ]

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        images = [
            (each.image, found) for each in workload.containers if each.image and (found := _ADDRESS.match(each.image))
        ]
        configs = [config for _, config in cluster.of(KubeProxyConfig) if not config.elsewhere]
        if not images or len(configs) != 1 or cluster.proxy_replaced is not None:
            return
        mode = _closed(configs[0], cluster)
        if mode is None:
            return
        ports = {
            port.node_port: service for _, service in cluster.of(Service, clue="nodePort") for port in service.ports
        }
        for image, found in images:
            service = ports.get(int(found[2]))
            if service is not None:
                yield self._finding(image, found[1], found[2], service, configs[0], mode, cluster)

    def _finding(
        self, image: Text, host: str, port: str, service: Service, config: KubeProxyConfig, mode: str, cluster: Cluster
    ) -> Finding:
        name = f"{service.namespace or 'default'}/{service.name}"
        written = config.node.scalar("mode")
        related = [Related(service.name.span, f"port {port} is its NodePort", cluster.document_of(service))]
        if written is not None:
            related.append(Related(written.span, "the mode of kube-proxy", cluster.document_of(config)))
        return self.finding(
            image.span,
            f"{mode} serves no NodePort on `{host}`, so the image cannot be pulled from `{host}:{port}`, the NodePort of "
            f"`{name}`",
            help="Use an address of the node, or a port of the host (`hostPort`).",
            related=related,
        )


_ADDRESS = re.compile(r"(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}):(\d{1,5})/")


def _closed(config: KubeProxyConfig, cluster: Cluster) -> str | None:
    """kube-proxy in a mode that serves no NodePort on loopback addresses; None where it may serve them."""
    mode = config.mode or ("" if config.partial else "iptables")
    if is_placeholder(mode):
        return None
    if mode == "iptables":
        on = config.node.scalar("iptables", "localhostNodePorts")
        is_off = on is not None and on.boolean() is False
        return "kube-proxy with `localhostNodePorts: false`" if is_off else None
    if mode == "ipvs":
        return "kube-proxy in ipvs mode"
    release = cluster.kubernetes_version_for(config)
    may_list = config.partial or config.node.get("nodePortAddresses") is not None
    may_serve = may_list and (release >= LOCALHOST_NODE_PORTS or bool(config.feature_gates))
    return "kube-proxy in nftables mode" if mode == "nftables" and not may_serve else None
