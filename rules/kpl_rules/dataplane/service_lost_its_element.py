"""KPL481."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Span, Stop
from kpl.manifests import is_cluster_dns
from kpl.nft import NftName, NftRuleset, NftTable, NftVerdict, jumps_in, read_name, whole_tables
from kpl.words import and_more
from kpl_rules.dataplane._nft import NEW, OLD, WEB, listed

_OF_CLUSTER_IPS = ("service", "local")
_HELP = "Restart kube-proxy on this node: it refills its maps. Then find out what removed the element."

_IP = f",\n\t\t\t     10.96.0.7 . tcp . 80 : goto service-{WEB} }}"
_NODE_PORT = f"\t\telements = {{ tcp . 30080 : goto external-{WEB} }}\n"
_DNS = "service-FY5PMXPG-kube-system/kube-dns/udp/dns"
_FIREWALL = f"firewall-{WEB}"


class ServiceLostItsElement(Rule):
    """No map element leads to a Service's chain, so the Service cannot be reached on this node.

    ## Why
    In nftables mode, kube-proxy finds a Service through elements of maps: `service-ips` for cluster IPs, external IPs
    and load-balancer IPs, `service-nodeports` for NodePorts, `firewall-ips` for source ranges, and
    `no-endpoint-services` for Services without endpoints. It writes an element and its chain in one transaction, and it
    empties a chain in the transaction that removes the last element. If a filled chain, or a cluster IP in
    `cluster-ips`, has no element, another program removed it: connections to that address are not translated and fail.
    Without the element of `firewall-ips`, every client passes.

    The rule checks only complete tables whose maps are printed (`nft -t` omits all elements).

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node, and find out which program changes its table.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/proxy/nftables/proxier.go
    - https://github.com/kubernetes/kubernetes/blob/v1.30.0/pkg/proxy/nftables/proxier.go
    """

    code = "KPL481"
    name = "service-lost-its-element"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "NftRuleset"
    examples = [
        Bad(listed(NEW, (_IP, " }")), flags=[f"service-{WEB}"]),
        Bad(listed(OLD, (_IP, " }")), flags=[f"service-{WEB}"]),
        Bad(listed(NEW, (_NODE_PORT, "")), flags=[f"external-{WEB}"]),
        Bad(
            listed(NEW, ("\t\telements = { 10.96.0.8 . tcp . 80 comment", "\t\t# 10.96.0.8 comment")),
            flags=["10.96.0.8"],
        ),
        Bad(
            listed(
                NEW,
                (
                    "\tchain masquerading",
                    f"\tchain {_DNS} {{\n\t\tmeta l4proto udp dnat to 10.244.0.2:53\n\t}}\n\n\tchain masquerading",
                ),
            ),
            flags=[_DNS],
        ),
        Bad(
            listed(
                NEW,
                (
                    "\tchain masquerading",
                    f"\tchain {_FIREWALL} {{\n\t\tip saddr != {{ 192.0.2.0/24 }} drop\n\t}}\n\n\tchain masquerading",
                ),
            ),
            flags=[_FIREWALL],
        ),
        Good(listed(NEW)),
        Good(listed(OLD)),
        # its cluster IP has no endpoints on this node, and the ways in from outside have
        Good(
            listed(
                NEW,
                (_IP, " }"),
                (
                    "10.96.0.8 . tcp . 80 comment",
                    '10.96.0.7 . tcp . 80 comment "shop/web:http" : drop, 10.96.0.8 . tcp . 80 comment',
                ),
            )
        ),
        # emptied, and not deleted yet
        Good(listed(NEW, ("\tchain masquerading", f"\tchain {_DNS} {{\n\t}}\n\n\tchain masquerading"))),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table in whole_tables(ruleset):
            if not any(each.elements for each in (*table.sets.values(), *table.maps.values())):
                continue
            lost = sorted(_lost_chains(table), key=lambda each: not is_cluster_dns(each[1].port_name))
            for kinds, message in _MESSAGES.items():
                chains = [(chain, name.port_name) for chain, name in lost if name.kind in kinds]
                if chains:
                    first, port_name = chains[0]
                    yield self.finding_of_many(
                        (ruleset.declaration(table.chains[chain]) for chain, _ in chains),
                        message.format(first, and_more(len(chains) - 1, "chain"), port_name),
                        "no element leads to this chain either",
                        help=_HELP,
                    )
            unheard = [] if lost else list(_unheard(ruleset, table))
            if unheard:
                address, _ = unheard[0]
                yield self.finding_of_many(
                    (span for _, span in unheard),
                    f"`{address}`{and_more(len(unheard) - 1, 'address')} is in `cluster-ips` but has no element in "
                    "`service-ips` or `no-endpoint-services`, so connections to it fail",
                    "no element for this address either",
                    help=_HELP,
                )


_MESSAGES = {
    ("service", "local"): (
        "no element of `service-ips` leads to `{}`{}, so connections to the cluster IP of `{}` are not translated and fail"
    ),
    ("external",): (
        "no element of `service-ips` or `service-nodeports` leads to `{}`{}, so connections to the NodePort and external "
        "addresses of `{}` fail"
    ),
    ("firewall",): (
        "no element of `firewall-ips` leads to `{}`{}, so every client reaches the load balancer of `{}` and "
        "`loadBalancerSourceRanges` has no effect"
    ),
}
"""By the kinds of chains: what happens without an element that leads to one."""


def _lost_chains(table: NftTable) -> Iterator[tuple[str, NftName]]:
    """The chains that have rules, and that kube-proxy has an element for which is not there."""
    led = {chain for chain, _ in jumps_in(table)}
    elements = table.maps["service-ips"].elements
    by_address = {
        (name.port_name, name.protocol)
        for element in elements
        if isinstance(element.data, NftVerdict)
        and (name := read_name(element.data.chain or ""))
        and name.kind in _OF_CLUSTER_IPS
    }
    refused = {element.comment for element in table.maps["no-endpoint-services"].elements}
    for chain in table.chains.values():
        name = read_name(chain.name) if chain.rows else None
        if name is None:
            continue
        if name.kind in _OF_CLUSTER_IPS:
            lost = (name.port_name, name.protocol) not in by_address and name.port_name not in refused
        else:
            lost = name.kind in ("external", "firewall") and chain.name not in led
        if lost:
            yield chain.name, name


def _unheard(ruleset: NftRuleset, table: NftTable) -> Iterator[tuple[str, Span]]:
    """The cluster IPs that no map has an element for, and where they stand."""
    if "cluster-ips" not in table.sets:
        return
    heard = {
        element.key[0] for name in ("service-ips", "no-endpoint-services") for element in table.maps[name].elements
    }
    for element in table.sets["cluster-ips"].elements:
        if element.key[0] not in heard:
            yield element.key[0], ruleset.span_of(element.key[0], element.span)
