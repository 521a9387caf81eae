"""KPL449."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop
from kpl.nft import NftRuleset, kube_proxy_tables
from kpl_rules.dataplane._nft import LOOPBACK, NEW, OLD, WEB, cut, listed

_INPUT = "\t\ttype filter hook input priority filter; policy accept;\n"
_HOOKED = (_INPUT, f"{_INPUT}\t\tct state new jump nodeport-endpoints-check\n")


class NoNodePortAddress(Rule):
    """The node has NodePorts but no address that accepts their traffic.

    ## Why
    kube-proxy puts the node's addresses that match `nodePortAddresses` into the set `nodeport-ips` (in Kubernetes 1.30
    and later, the node's primary address if the field is unset). It checks this set before it looks up a NodePort. Here
    the set is empty: no address of the node matched when kube-proxy started or last rewrote all of its rules. No
    NodePort works on this node, and neither does a load balancer that uses one.

    The rule is silent for `nodePortAddresses: [localhost]` in Kubernetes 1.38 (a beta) and later: the set is empty, but
    kube-proxy itself accepts TCP connections on loopback. The rule checks only complete tables.

    ## Fix
    A dump cannot be fixed. Add a network to `nodePortAddresses` in kube-proxy's configuration that contains an address
    of the node in this IP family.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-nftables
    - https://github.com/kubernetes/kubernetes/blob/v1.38.0-beta.0/pkg/proxy/nftables/proxier.go (useLocalhostNodePortProxy)
    """

    code = "KPL449"
    name = "no-node-port-address"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("service-fails-from-outside",)
    examples = [
        Bad(listed(NEW, ("\t\telements = { 192.168.77.1 }\n", "")), flags=["nodeport-ips"]),
        Good(listed(NEW)),
        Good(listed(OLD)),
        Bad(
            listed(
                NEW,
                ("\t\telements = { 192.168.77.1 }\n", ""),
                _HOOKED,
                ("\tchain services {", f"{LOOPBACK.replace('udp', 'tcp')}\tchain services {{"),
            ),
            flags=["nodeport-ips"],
        ),
        # kube-proxy answers on loopback
        Good(
            listed(
                NEW,
                ("\t\telements = { 192.168.77.1 }\n", ""),
                _HOOKED,
                ("\tchain services {", f"{LOOPBACK}\tchain services {{"),
            )
        ),
        # no NodePort
        Good(
            listed(
                NEW,
                ("\t\telements = { 192.168.77.1 }\n", ""),
                (f"\t\telements = {{ tcp . 30080 : goto external-{WEB} }}\n", ""),
                (cut(NEW, f"external-{WEB}"), ""),
            )
        ),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table, family in kube_proxy_tables(ruleset):
            addresses, ports = table.sets.get("nodeport-ips"), table.maps.get("service-nodeports")
            if not table.complete or addresses is None or addresses.elements or ports is None or not ports.elements:
                continue
            if "localhost-nodeport-reject-ports" in table.maps and "localhost-nodeport-reject-tcp" not in table.chains:
                continue
            number = len(ports.elements)
            none = "the NodePort does not work" if number == 1 else f"none of the {number:,} NodePorts works"
            yield self.finding(
                ruleset.declaration(addresses),
                f"`nodeport-ips` is empty, so {none} over IPv{family} on this node",
                help="Add a network that contains an address of the node to `nodePortAddresses` in kube-proxy's "
                "configuration.",
            )
