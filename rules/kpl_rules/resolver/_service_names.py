"""The names of Services that a pod looks up."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Cluster, Document
from kpl.manifests import Service, Workload
from kpl.poddns import HostName, NameKind, host_names, hosts_file


def service_names(workload: Workload, cluster: Cluster) -> list[tuple[HostName, Document | None]]:
    """The names of Services that the pod looks up, the certain ones first, each with the document that holds it if another does."""
    aliases = hosts_file(workload)
    services = {(str(service.name), service.namespace) for _, service in cluster.of(Service)}
    found: dict[str, tuple[HostName, Document | None]] = {}
    for host, document in _names(workload, cluster):
        name, _, namespace = host.name.lower().partition(".")
        of_the_cluster = host.certain and host.kind is not NameKind.EXTERNAL
        own = host.kind is NameKind.NAMESPACED and namespace == workload.namespace.lower()
        known = not host.certain and (own or (name, namespace or workload.namespace) in services)
        if host.name.lower() not in aliases and (of_the_cluster or known):
            found.setdefault(host.name, (host, document))
    return sorted(found.values(), key=lambda each: not each[0].certain)


def _names(workload: Workload, cluster: Cluster) -> Iterator[tuple[HostName, Document | None]]:
    for container in workload.containers:
        for host in host_names(workload, container, cluster.cluster_domain):
            yield host, None
    for taken in cluster.taken_names(workload, workload.containers):
        yield taken.host, taken.document
