"""KPL469."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Span, Stop
from kpl.nft import NftRuleset, NftTable, NftVerdict, jumps_in, read_name, whole_tables
from kpl_rules.dataplane._nft import NEW, WEB, listed

_EXTERNAL = (
    f'\tchain external-{WEB} {{\n\t\tmeta mark set meta mark | 0x00004000 comment "masquerade"\n'
    f"\t\tgoto service-{WEB}\n\t}}\n"
)
_LOCAL = (
    f'\tchain external-{WEB} {{\n\t\tip saddr 10.244.0.0/16 goto service-{WEB} comment "short-circuit pod traffic"\n'
    f'\t\tfib saddr type local meta mark set meta mark | 0x00004000 comment "masquerade local traffic"\n'
    f'\t\tfib saddr type local goto service-{WEB} comment "short-circuit local traffic"\n\t\tgoto local-{WEB}\n\t}}\n\n'
    f"\tchain local-{WEB} {{\n\t\tmeta l4proto tcp dnat to 10.244.1.7:8080\n\t}}\n"
)
_FIREWALL = f"\n\tchain firewall-{WEB} {{\n\t\tip saddr != {{ 192.0.2.0/24, 198.51.100.0/24 }} drop\n\t}}\n"
_MAP = (
    "\tmap firewall-ips {\n\t\ttype ipv4_addr . inet_proto . inet_service : verdict\n"
    f'\t\telements = {{ 203.0.113.9 . tcp . 80 comment "shop/web:http" : goto firewall-{WEB} }}\n\t}}\n\n'
)
_BALANCED = (
    f"10.96.0.7 . tcp . 80 : goto service-{WEB}",
    f"10.96.0.7 . tcp . 80 : goto service-{WEB}, 203.0.113.9 . tcp . 80 : goto external-{WEB}",
)
_NO_ENDPOINTS = (
    "elements = { 10.96.0.8 . tcp",
    'elements = { 203.0.113.9 . tcp . 80 comment "shop/web:http" : drop, 10.96.0.8 . tcp',
)


def _with_firewall(*changes: tuple[str, str], firewall: str = _FIREWALL) -> dict[str, str]:
    return dict(
        listed(NEW, ("\tmap service-ips", f"{_MAP}\tmap service-ips"), (_EXTERNAL, _EXTERNAL + firewall), *changes)
    )


class ExternalChainIncomplete(Rule):
    """A chain of nftables for traffic from outside has lost a rule or an element, so this traffic is not handled.

    ## Why
    kube-proxy writes the chains of a Service port and the elements that lead to them in one transaction, so they always
    fit together. If one of them is missing, another program deleted it:

    - A `firewall-` chain without rules lets every client pass, so `loadBalancerSourceRanges` has no effect.
    - A filled `local-` chain that nothing leads to means that the `external-` chain of `externalTrafficPolicy: Local` no
      longer ends with it: traffic from outside is not translated.
    - An `external-` chain that leads to `local-`, but sends no traffic of the node itself to all endpoints, makes the
      load balancer's address fail on nodes without an endpoint.
    - A load-balancer address in `firewall-ips` that is in neither `service-ips` nor `no-endpoint-services` is not
      translated.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node, and find out which program changes its table.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/proxy/nftables/proxier.go
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#external-traffic-policy
    """

    code = "KPL469"
    name = "external-chain-incomplete"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-outside",)
    needs = "NftRuleset"
    examples = [
        Bad(
            _with_firewall(_BALANCED, firewall=f"\n\tchain firewall-{WEB} {{\n\t}}\n"),
            flags=[f"firewall-{WEB}"],
            says=["has no rules, so every client reaches the load balancer of `shop/web:http`"],
        ),
        Bad(
            _with_firewall(),
            flags=["203.0.113.9"],
            says=["the address `203.0.113.9` of `shop/web:http` is in `firewall-ips`, but not in `service-ips`"],
        ),
        Bad(
            listed(NEW, (_EXTERNAL, _LOCAL.replace(f"\t\tgoto local-{WEB}\n", ""))),
            flags=[f"local-{WEB}"],
            says=[f"nothing leads to `local-{WEB}`"],
        ),
        Bad(
            listed(
                NEW,
                (
                    _EXTERNAL,
                    _LOCAL.replace(
                        f'\t\tfib saddr type local goto service-{WEB} comment "short-circuit local traffic"\n', ""
                    ),
                ),
            ),
            flags=[f"external-{WEB}"],
            says=["does not send the traffic of this node to all endpoints"],
        ),
        Good(_with_firewall(_BALANCED)),
        Good(_with_firewall(_NO_ENDPOINTS)),
        Good(listed(NEW, (_EXTERNAL, _LOCAL))),
        # empty, and nothing leads to it: kube-proxy deletes it later
        Good(listed(NEW, (_EXTERNAL, f"{_EXTERNAL}\n\tchain firewall-{WEB} {{\n\t}}\n"))),
        Good(listed(NEW, (_EXTERNAL, f"{_EXTERNAL}\n\tchain local-{WEB} {{\n\t}}\n"))),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table in whole_tables(ruleset):
            for span, message in _faults(ruleset, table):
                yield self.finding(span, message, help="Restart kube-proxy on this node: it writes its table again.")


def _faults(ruleset: NftRuleset, table: NftTable) -> Iterator[tuple[Span, str]]:
    led = {chain for chain, _ in jumps_in(table)}
    for chain in table.chains.values():
        name = read_name(chain.name)
        if name is None:
            continue
        what = ""
        if name.kind == "firewall" and chain.name in led and not chain.rows:
            what = (
                f"`{chain.name}` has no rules, so every client reaches the load balancer of `{name.port_name}` and "
                "`loadBalancerSourceRanges` has no effect"
            )
        elif name.kind == "local" and chain.name not in led and chain.rows:
            what = (
                f"nothing leads to `{chain.name}`, so traffic from outside to `{name.port_name}` does not reach the endpoints "
                "of this node"
            )
        elif name.kind == "external" and chain.name in led and _lacks_own_traffic(table, chain.name):
            what = (
                f"`{chain.name}` does not send the traffic of this node to all endpoints, so it fails if the node has no "
                f"endpoint of `{name.port_name}`"
            )
        if what:
            yield ruleset.declaration(chain), what
    yield from _lost_addresses(ruleset, table)


def _lacks_own_traffic(table: NftTable, external: str) -> bool:
    """Whether a chain leads to the endpoints of the node alone, without the rule for what the node itself sends."""
    local, own = False, False
    for rule in table.chains[external].rules:
        for verdict in rule.verdicts:
            local = local or (verdict.chain or "").startswith("local-")
            own = own or (rule.matches("fib", "saddr", "type") is not None and verdict.kind == "goto")
    return local and not own


def _lost_addresses(ruleset: NftRuleset, table: NftTable) -> Iterator[tuple[Span, str]]:
    """The load-balancer addresses with source ranges that no map translates or refuses."""
    balanced = table.maps.get("firewall-ips")
    if balanced is None:
        return
    known = {element.key for name in ("service-ips", "no-endpoint-services") for element in table.maps[name].elements}
    for element in balanced.elements:
        name = read_name(element.data.chain or "") if isinstance(element.data, NftVerdict) else None
        if name is not None and element.key not in known:
            what = (
                f"the address `{element.key[0]}` of `{name.port_name}` is in `firewall-ips`, but not in `service-ips` or "
                "`no-endpoint-services`, so connections to it fail"
            )
            yield ruleset.span_of(element.key[0], element.span), what
