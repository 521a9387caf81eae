"""The names that kube-proxy gives to things in nftables.

They are made by ``hashAndTruncate`` and its callers in pkg/proxy/nftables/proxier.go, the same from Kubernetes 1.29 to
1.38: the start of a hash of the readable name, and that name.
"""

from __future__ import annotations

from typing import NamedTuple

from kpl.golang.values import go_bytes
from kpl.text import late

TABLE = "kube-proxy"
LONGEST = 240
"""What is longer after the prefix is cut; only the name of an endpoint can be."""

_NAME = late.pattern(
    r"(service|local|external|firewall|endpoint|affinity)-([A-Z2-7]{8})-"
    r"(([a-z0-9.-]+)/([a-z0-9.-]+)/(tcp|udp|sctp)/([A-Za-z0-9_.-]*?)(?:__([0-9a-fA-F.:]+)/([0-9]{1,5}))?)"
)


class NftName(NamedTuple):
    """A name of kube-proxy, taken apart."""

    kind: str
    """``service``, ``local``, ``external``, ``firewall``, ``endpoint`` or ``affinity``."""
    hash: str
    base: str
    """What the hash is of."""
    port_name: str
    """``namespace/service:port``, ``namespace/service`` where the port has no name."""
    protocol: str
    """``TCP``, ``UDP`` or ``SCTP``."""
    address: str | None = None
    """Of an endpoint, as Go prints it."""
    port: int | None = None

    @property
    def is_consistent(self) -> bool:
        """Whether the hash is the one of the name."""
        return self.hash == name_hash(self.base)


def read_name(name: str) -> NftName | None:
    """The parts of a chain's or affinity set's name; None where kube-proxy has made none that is whole."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    kind, hashed, base, namespace, service, protocol, port, address, number = found.groups()
    if (address is not None) != (kind in ("endpoint", "affinity")):
        return None
    port_name = f"{namespace}/{service}:{port}" if port else f"{namespace}/{service}"
    if address is None:
        return NftName(kind, hashed, base, port_name, protocol.upper())
    return NftName(kind, hashed, base, port_name, protocol.upper(), _address(address), int(number))


def service_name(kind: str, port_name: str, protocol: str) -> str:
    """The name of a chain of a Service port: `kind` is ``service``, ``local``, ``external`` or ``firewall``."""
    base = _base(port_name, protocol)
    return f"{kind}-{name_hash(base)}-{base}"


def endpoint_name(kind: str, port_name: str, protocol: str, address: str, port: int) -> str:
    """The name of an endpoint's chain or affinity set: `kind` is ``endpoint`` or ``affinity``."""
    base = f"{_base(port_name, protocol)}__{address.replace(':', '.')}/{port}"
    name = f"{name_hash(base)}-{base}"
    return f"{kind}-{name[: LONGEST - 3]}..." if len(name) > LONGEST else f"{kind}-{name}"


def name_hash(base: str) -> str:
    """The eight characters that `base` has in front of it."""
    from base64 import b32encode
    from hashlib import sha256

    return b32encode(sha256(go_bytes(base)).digest())[:8].decode()


def _base(port_name: str, protocol: str) -> str:
    service, _, port = port_name.partition(":")
    return f"{service}/{protocol.lower()}/{port}"


def _address(written: str) -> str:
    """An address out of a name, where the colons of IPv6 are dots."""
    parts = written.split(".")
    if len(parts) == 4 and all(part.isdecimal() for part in parts):
        return written
    return written.replace(".", ":")
