"""What a Corefile is for: rules about cluster DNS have nothing to say elsewhere."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from kpl.inputs.corefile.model import Corefile, ServerBlock
from kpl.inputs.document import Document
from kpl.text import late


class Role(Enum):
    """The four roles."""

    CLUSTER = "cluster DNS"
    NODE_LOCAL = "NodeLocal DNSCache"
    FRAGMENT = "a fragment of another Corefile"
    STANDALONE = "a standalone DNS server"


_NODE_LOCAL_TEXT = late.pattern(r"__PILLAR__|^[^\S\n]*bind\s[^#\n]*\b169\.254\.", re.MULTILINE)
_FRAGMENT_NAME = late.pattern(r"\.(?:server|override)$")


# rules ask for each block of a file
@lru_cache(maxsize=8)
def role_of(document: Document) -> Role:
    """The role of the Corefile in `document`.

    NodeLocal DNSCache binds a link-local address or still has its ``__PILLAR__`` placeholders; cluster DNS has the
    `kubernetes` plugin, which asks the API server of the cluster that it runs in; a key or file that ends in
    ``.server`` or ``.override`` is imported by another Corefile.
    """
    corefile: Corefile = document.model
    if is_node_local(document):
        return Role.NODE_LOCAL
    if corefile.fragment or _FRAGMENT_NAME.search(document.key):
        return Role.FRAGMENT
    if any(is_cluster_block(server) for server in corefile.servers):
        return Role.CLUSTER
    return Role.STANDALONE


@lru_cache(maxsize=8)
def is_node_local(document: Document) -> bool:
    """Whether the image of NodeLocal DNSCache reads the Corefile in `document`."""
    named = document.name.startswith(("node-local-dns", "nodelocaldns"))
    return named or _NODE_LOCAL_TEXT.search(document.embedding.text) is not None


def is_cluster_block(server: ServerBlock) -> bool:
    """Whether this is the block that answers for the names of the cluster that CoreDNS runs in.

    With `endpoint` or `kubeconfig` the `kubernetes` plugin asks a remote API server, from anywhere.
    """
    kubernetes = server.get("kubernetes")
    return kubernetes is not None and not any(kubernetes.get(name) for name in ("endpoint", "kubeconfig"))
