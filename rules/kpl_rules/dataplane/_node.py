"""What the dumps of one node show together."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Cluster, Document
from kpl.iptables import Ruleset, portals
from kpl.nft import NftRuleset, iptables_tables, whole_tables

_FAMILIES = {4: "ip", 6: "ip6"}


def families_of_services(document: Document, cluster: Cluster) -> set[str]:
    """The families of nftables for which kube-proxy translates Services on the node of `document`, whatever its mode."""
    return {family for each in cluster.of_node(document) for family in _families(each.model)}


def _families(model: object) -> Iterator[str]:
    if isinstance(model, NftRuleset):
        yield from (table.family for table in whole_tables(model))
        for number, family in _FAMILIES.items():
            for table in iptables_tables(model, number):
                services = table.chains.get("KUBE-SERVICES")
                if table.name == "nat" and table.complete and services is not None and services.rows:
                    yield family
    elif isinstance(model, Ruleset):
        for nat in model.whole("nat"):
            if "KUBE-SERVICES" in nat.rules_of:
                yield _FAMILIES[6 if any(":" in (each.address or "") for each in portals(nat)) else 4]
