"""What the configuration of an installer says of its cluster."""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.text.span import Span, Text


@dataclass(eq=False)
class ClusterSettings:
    """What is written about a cluster; what is not written there is the installer's default, which is not known."""

    configurator: str
    """What installs the cluster: ``Talos``."""
    elsewhere: bool = False
    """Whether it is another cluster than the one that the objects around it are for: made for tests, or managed from there."""
    name: Text | None = None
    release: Text | None = None
    """The release of Kubernetes, without the ``v``."""
    coredns_release: Text | None = None
    """The release of CoreDNS, likewise."""
    domain: Text | None = None
    dns_addresses: list[Text] = field(default_factory=list)
    """Where pods ask cluster DNS."""
    node_local_addresses: list[Text] = field(default_factory=list)
    """Where the DNS cache of a node listens."""
    pod_networks: list[Text] = field(default_factory=list)
    service_networks: list[Text] = field(default_factory=list)
    node_addresses: list[Text] = field(default_factory=list)
    """The addresses of nodes and of the API server, with a prefix length, or in a URL, where they are written so."""
    upstreams: list[Text] = field(default_factory=list)
    """The DNS servers that nodes, or cluster DNS itself, ask for the names of others."""
    searches: list[Text] = field(default_factory=list)
    """The search domains of nodes."""
    kube_proxy: bool | None = None
    """False where kube-proxy is turned off or replaced."""
    coredns: bool | None = None
    """False where the installer's own CoreDNS is turned off or replaced."""
    node_local: bool | None = None
    """Whether nodes have a DNS cache of their own."""
    node_local_span: Span | None = None
    """Where that is written."""

    @property
    def says_nothing(self) -> bool:
        """Whether nothing is written that counts for DNS or for Services; addresses of nodes alone do not."""
        switches = (self.kube_proxy, self.coredns, self.node_local)
        words = (self.release, self.coredns_release, self.domain)
        addresses = (self.dns_addresses, self.node_local_addresses, self.upstreams, self.searches)
        lists = (*addresses, self.pod_networks, self.service_networks)
        return not any(lists) and all(each is None for each in (*switches, *words))
