"""Dumps read back as the states of their nodes, whatever they were taken of."""

from __future__ import annotations

from importlib import import_module
from weakref import WeakKeyDictionary

from kpl.inputs.document import Document
from kpl.proxy.node.state import NodeState

_READERS = {
    "Ruleset": "kpl.proxy.iptables.states",
    "NftRuleset": "kpl.proxy.nft.states",
    "IpvsDump": "kpl.proxy.ipvs.states",
}
"""The module that reads a dump back, by the type of its model."""


_STATES: WeakKeyDictionary[Document, list[NodeState]] = WeakKeyDictionary()


def read_back(document: Document) -> list[NodeState]:
    """The states that the dump in `document` shows; none for an excerpt, or for what is no dump."""
    states = _STATES.get(document)
    if states is None:
        reader = _READERS.get(document.kind)
        states = []
        if reader is not None and _is_whole(document):
            states = import_module(reader).node_states(document.model)
        _STATES[document] = states
    return states


def _is_whole(document: Document) -> bool:
    """Whether nothing is cut from the dump in `document`."""
    kind = document.kind
    if kind == "NftRuleset":
        from kpl.proxy.nft.states import kube_proxy_tables

        return all(table.complete for table, _ in kube_proxy_tables(document.model))
    if kind == "IpvsDump":
        # a listing starts with its version, and what is saved with a virtual server; counters (--stats) do not tell which
        # servers are draining
        ipvs = document.model
        from_start = "IP Virtual Server version" in ipvs.text or ipvs.text.startswith("-A ")
        return from_start and not ipvs.unread and bool(ipvs.tables) and ipvs.tables[-1].shows_weights
    return True


def release_bounds(document: Document) -> tuple[str | None, str | None]:
    """The first and the last Kubernetes release that the dump in `document` may be from; None is unknown."""
    from kpl.proxy.dumps.release_traits import bounds, iptables_traits, nft_traits

    kind = document.kind
    if kind == "Ruleset":
        from kpl.proxy.iptables.states import dumps_in

        return bounds(
            trait for dump in dumps_in(document.model) if dump.whole for trait in iptables_traits(dump, saved=True)
        )
    if kind == "NftRuleset":
        from kpl.proxy.nft.states import kube_proxy_tables

        return bounds(trait for table, _ in kube_proxy_tables(document.model) for trait in nft_traits(table))
    return None, None
