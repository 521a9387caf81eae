"""The zones of a server block in which names of Services are."""

from __future__ import annotations

from kpl import Cluster
from kpl.corefiles import ServerBlock, is_placeholder, is_subdomain, zones_of


def zones_of_services(server: ServerBlock, cluster: Cluster) -> list[str]:
    """Those of `kubernetes`; without it, those of the keys in the domain of the cluster, which the block forwards."""
    kubernetes = server.get("kubernetes")
    words = server.keys if kubernetes is None or not kubernetes.args else kubernetes.args
    zones = [zone for word in words if not is_placeholder(word) for zone in zones_of(word)]
    if kubernetes is None:
        domain = f"{cluster.cluster_domain}."
        return [zone for zone in zones if is_subdomain(domain, zone)]
    return [zone for zone in zones if not zone.endswith((".arpa.", ".ip6.arpa."))]
