"""What the dumps of one node show together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kpl import Cluster, Document
from kpl.iptables import Ruleset, Table, portals, save_headers
from kpl.nft import NftRuleset, iptables_tables, knows_no_service, pod_network, whole_tables
from kpl_rules.dataplane._pods import pod_network_of

_FAMILIES = {4: "ip", 6: "ip6"}


def families_of_services(document: Document, cluster: Cluster) -> set[str]:
    """The families of nftables in which kube-proxy has Services on the node of `document`, whatever its mode.

    It makes tables for both families, and fills one in a cluster of one.
    """
    return {family for each in cluster.of_node(document) for family in _families(each.model)}


def _families(model: object) -> Iterator[str]:
    if isinstance(model, NftRuleset):
        yield from (table.family for table in whole_tables(model) if not knows_no_service(table))
        for number, family in _FAMILIES.items():
            for table in iptables_tables(model, number):
                if (
                    table.name == "nat"
                    and table.complete
                    and any(each.startswith("KUBE-SVC-") for each in table.chains)
                ):
                    yield family
    elif isinstance(model, Ruleset):
        for nat in model.whole("nat"):
            addresses = [each.address for each in portals(nat) if each.address]
            if addresses:
                yield _FAMILIES[6 if ":" in addresses[0] else 4]


def is_beside_kube_proxy(filtered: Table, ruleset: Ruleset, document: Document, cluster: Cluster) -> bool:
    """Whether a filter table without kube-proxy's rules is of a node on which kube-proxy's rules are elsewhere.

    They are in nftables, or in the other backend of iptables; the kernel applies both.
    """
    if "KUBE-FORWARD" in filtered.chains or any("KUBE-SERVICES" in nat.rules_of for nat in ruleset.named("nat")):
        return False
    return family_of(ruleset, document) in families_of_services(document, cluster)


def family_of(ruleset: Ruleset, document: Document) -> str:
    """The family of nftables that a dump of iptables is of, as its header or the name of its file says."""
    programs = {each.program for each in save_headers(ruleset.text)} or {document.path}
    return "ip6" if any("ip6tables" in each for each in programs) else "ip"


def pods_of(nat: Table, ruleset: Ruleset, document: Document, cluster: Cluster) -> str | None:
    """The network of the pods, as `nat` shows it, another dump of its node, or the settings of the cluster."""
    return pod_network_of(nat) or pod_networks(document, cluster).get(family_of(ruleset, document))


def pod_networks(document: Document, cluster: Cluster) -> dict[str, str]:
    """The network of the pods by families of nftables: of kube-proxy's rules on the node of `document`, or of the settings.

    A family of which there are several networks is left out.
    """
    shown = {each: None for dump in cluster.of_node(document) for each in _networks(dump.model)}
    found = _only_ones(shown)
    if not found:
        from kpl_rules.proxy._networks import configured, of_plugins

        found = _only_ones({each.network: None for each in (*configured(cluster), *of_plugins(cluster))})
    return found


def _only_ones(networks: Iterable[str]) -> dict[str, str]:
    by_family: dict[str, list[str]] = {}
    for network in networks:
        by_family.setdefault("ip6" if ":" in network else "ip", []).append(network)
    return {family: those[0] for family, those in by_family.items() if len(those) == 1}


def _networks(model: object) -> Iterator[str]:
    if isinstance(model, NftRuleset):
        yield from (found[0] for table in whole_tables(model) if (found := pod_network(table)))
    elif isinstance(model, Ruleset):
        yield from (network for nat in model.whole("nat") if (network := pod_network_of(nat)))
