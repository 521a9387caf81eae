"""What kube-proxy's configuration says of virtual servers of other programs."""

from __future__ import annotations

from kpl import Cluster
from kpl.kubeproxy import KubeProxyConfig
from kpl.manifests import Mapping, Scalar


def excluded_networks(cluster: Cluster) -> list[str]:
    """The networks that some kube-proxy of the run leaves to others."""
    found = []
    for _, config in cluster.of(KubeProxyConfig):
        ipvs = config.node.get("ipvs")
        if isinstance(ipvs, Mapping):
            found += [item.value for item in ipvs.items("excludeCIDRs") if isinstance(item, Scalar)]
    return found
