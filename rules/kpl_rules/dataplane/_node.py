"""What the dumps of one node show together."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Cluster, Document
from kpl.iptables import Ruleset, portals
from kpl.nft import NftRuleset, iptables_tables, pod_network, whole_tables
from kpl_rules.dataplane._pods import pod_network_of

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


def pod_networks(document: Document, cluster: Cluster) -> dict[str, str]:
    """The network of the pods that kube-proxy's rules on the node of `document` show, by families of nftables."""
    found: dict[str, set[str]] = {}
    for each in cluster.of_node(document):
        for network in _networks(each.model):
            found.setdefault("ip6" if ":" in network else "ip", set()).add(network)
    return {family: next(iter(networks)) for family, networks in found.items() if len(networks) == 1}


def _networks(model: object) -> Iterator[str]:
    if isinstance(model, NftRuleset):
        yield from (found[0] for table in whole_tables(model) if (found := pod_network(table)))
    elif isinstance(model, Ruleset):
        yield from (network for nat in model.whole("nat") if (network := pod_network_of(nat)))
