"""The names of chains: those that kube-proxy makes, and what cannot be one."""

from __future__ import annotations

import re

from kpl.golang.values import go_bytes
from kpl.text import late

SERVICES = "KUBE-SERVICES"

_KUBE_PROXY = late.pattern(r"KUBE-(?:SERVICES|NODEPORTS|POSTROUTING|MARK-MASQ|(?:SVC|SVL|SEP|EXT|FW|XLB)-[A-Z2-7]{16})")

_EXTENSIONS = """
ACCEPT AUDIT CHECKSUM CLASSIFY CLUSTERIP CONNMARK CONNSECMARK CT DNAT DNPT DROP DSCP ECN HL HMARK IDLETIMER LED LOG
MARK MASQUERADE MIRROR NETMAP NFLOG NFQUEUE NOTRACK QUEUE RATEEST REDIRECT REJECT RETURN SAME SECMARK SET SNAT SNPT
SYNPROXY TCPMSS TCPOPTSTRIP TEE TOS TPROXY TRACE TTL ULOG
"""
IPTABLES_EXTENSIONS = frozenset(_EXTENSIONS.split())
"""The targets of iptables itself and of iptables-extensions(8), those of older releases included."""

_BRIDGE_EXTENSIONS = frozenset(("arpreply", "dnat", "mangle", "mark", "redirect", "snat"))
"""The targets of ebtables and arptables, which iptables does not have."""

_NO_EXTENSION = late.pattern(r"(?=[A-Z0-9]*[a-z_.:+-])[\w.:+-]{1,28}", re.ASCII)


def is_certainly_a_chain(target: str) -> bool:
    """Whether no extension can be called `target`.

    The names of extensions are written in capitals and digits alone; a chain's name has at most 28 characters.
    """
    return target not in _BRIDGE_EXTENSIONS and _NO_EXTENSION.fullmatch(target) is not None


def is_kube_proxy_chain(name: str) -> bool:
    """Whether this is a chain that kube-proxy fills in the nat table."""
    return _KUBE_PROXY.fullmatch(name) is not None


def service_chain(prefix: str, port_name: str, protocol: str) -> str:
    """The chain of one Service port.

    `prefix` is ``KUBE-SVC-``, ``KUBE-SVL-``, ``KUBE-EXT-``, ``KUBE-FW-`` or ``KUBE-XLB-``; `port_name` is what the
    comments say: ``namespace/service:port``, without ``:port`` for a port that has no name (up to Kubernetes 1.18 it
    kept the colon).
    """
    return prefix + _hash(port_name + protocol.lower())


def endpoint_chain(port_name: str, protocol: str, endpoint: str) -> str:
    """The chain of one endpoint (``10.0.0.1:80``, ``[fd00::1]:80``) of a Service port."""
    return "KUBE-SEP-" + _hash(port_name + protocol.lower() + endpoint)


def _hash(text: str) -> str:
    from base64 import b32encode
    from hashlib import sha256

    return b32encode(sha256(go_bytes(text)).digest()[:10]).decode()  # ten bytes are sixteen characters
