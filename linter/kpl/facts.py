"""What is told of a cluster, and where: a value with its origin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kpl.text.version import Version


class Origin(NamedTuple):
    """Where a value comes from: a file with its line, or words such as ``command line``."""

    where: str
    line: int | None = None

    def __str__(self) -> str:
        """``FILE:LINE``."""
        return self.where if self.line is None else f"{self.where}:{self.line}"


COMMAND_LINE = Origin("command line")
DEFAULT = Origin("default")


class Fact(NamedTuple):
    """Something that is known of a cluster, in words."""

    name: str
    value: str
    origin: Origin


class Facts(NamedTuple):
    """What the command line and ``.kpl.yaml`` tell; None is unknown."""

    kubernetes: Version | None = None
    coredns: Version | None = None
    cluster_domain: str | None = None
    nodes: int | None = None
    services: int | None = None
    endpoints: int | None = None
    kernel: Version | None = None
    libc: str | None = None
    """The libc of every image: ``glibc`` or ``musl``."""
    ndots: int | None = None
    """What the cluster sets ndots to by other means: an admission policy, say."""
    node_local_dns: bool | None = None
    environment: Mapping[str, str] | None = None
    """All variables of CoreDNS's container; None where they are not known."""
    external_plugins: frozenset[str] = frozenset()
    """Plugins in the CoreDNS image that are not CoreDNS's own."""
    assumed_files: frozenset[str] = frozenset()
    """Paths that exist in CoreDNS's container."""
    node: str | None = None
    """The name of the node that the dumps are from."""
    target: str | None = None
    """Whose image reads the Corefiles: ``coredns`` or ``node-local-dns``; None leaves it to each Corefile."""
    origins: Mapping[str, Origin] = {}
    """Where each of the values comes from that are told, by its name."""

    def told(self, values: Mapping[str, Any], origin: Origin) -> Facts:
        """The facts with other values, which all come from `origin`."""
        return self._replace(**values, origins={**self.origins, **dict.fromkeys(values, origin)})
