"""KPL445."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Span, Stop
from kpl.nft import (
    NftRuleset,
    NftTable,
    chains_reached_from_hook,
    mark_bits,
    mark_cleared,
    mark_set,
    mark_tested,
    whole_tables,
)
from kpl_rules.dataplane._nft import NEW, OLD, listed

_PREFIX = "0x00000000/1"
_MARKING = "\tchain mark-for-masquerade {\n\t\tmeta mark set meta mark | 0x00004000\n\t}\n"

_NEW_RULE = "\t\tmeta mark & 0x00004000 != 0x00000000 meta mark set meta mark ^ 0x00004000 masquerade fully-random\n"
_HAIRPIN_RULE = (
    "\t\tct status dnat ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random\n"
)
_HAIRPIN_SET = (
    "\tset hairpin-connections {\n\t\ttype ipv4_addr . ipv4_addr . inet_proto . inet_service\n"
    "\t\telements = { 10.244.1.7 . 10.244.1.7 . tcp . 8080 }\n\t}\n\n"
)


class MasqueradingBroken(Rule):
    """Packets that kube-proxy marks for masquerading are not masqueraded, so connections through NodePorts hang.

    ## Why
    If the response would bypass the node, kube-proxy replaces the client's address with the node's. It sets one bit of
    the packet mark (bit 14, or the value of `masqueradeBit`), and the chain `masquerading`, which the `postrouting`
    hook leads to, checks that bit. If the chain is not reached, does not masquerade, or checks a different bit,
    responses bypass the node and connections through NodePorts and load balancers hang. Kubernetes 1.36 and later also
    masquerade there what a pod sends to itself through a Service (`hairpin-connections`).

    The rule checks only complete tables with the chains and maps that every kube-proxy creates.

    ## Fix
    A dump cannot be fixed. kube-proxy rewrites these chains when it restarts.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    - https://github.com/kubernetes/enhancements/blob/master/keps/sig-network/3866-nftables-proxy/README.md
    """

    code = "KPL445"
    name = "masquerading-broken"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-outside",)
    examples = [
        Bad(listed(NEW, ("\t\tjump masquerading\n", "")), flags=["masquerading"]),
        Bad(
            listed(NEW, ("meta mark set meta mark ^ 0x00004000 masquerade fully-random", "return")),
            flags=["masquerading"],
        ),
        Bad(
            listed(OLD, (_MARKING, _MARKING.replace("0x00004000", "0x00008000"))),
            flags=["0x00008000"],
        ),
        Bad(
            listed(
                NEW,
                ("meta mark & 0x00004000 != 0x00000000", f"meta mark != {_PREFIX}"),
                ("^ 0x00004000", "^ 0x80000000"),
            ),
            flags=["0x00004000"],
        ),
        Bad(listed(OLD, ("\t\tmeta mark set meta mark ^ 0x00004000\n", "")), flags=["masquerading"]),
        Bad(listed(OLD, (_MARKING, "\tchain mark-for-masquerade {\n\t}\n")), flags=["mark-for-masquerade"]),
        Bad(listed(OLD, ("\t\tmeta mark & 0x00004000 == 0x00000000 return\n", "")), flags=["masquerading"]),
        Good(listed(NEW)),
        Good(listed(OLD)),
        # masqueradeBit: 15
        Good(listed(OLD, ("0x00004000", "0x00008000"))),
        # masqueradeBit: 31, whose mask nft prints as a prefix
        Good(
            listed(OLD, ("meta mark & 0x00004000 == 0x00000000", f"meta mark {_PREFIX}"), ("0x00004000", "0x80000000"))
        ),
        Good(
            listed(
                NEW, ("meta mark & 0x00004000 != 0x00000000", f"meta mark != {_PREFIX}"), ("0x00004000", "0x80000000")
            )
        ),
        # the rule for the mark is gone, and the one for hairpins is there
        Bad(
            listed(NEW, (_NEW_RULE, _HAIRPIN_RULE)),
            flags=["0x00004000"],
            says=["`services` sets `0x00004000` in the mark, but `masquerading` does not check the mark"],
        ),
        # hairpins
        Bad(
            listed(NEW, ("\tset nodeport-ips", f"{_HAIRPIN_SET}\tset nodeport-ips")),
            flags=["masquerading"],
            says=["`masquerading` does not look up `hairpin-connections`"],
        ),
        Good(
            listed(
                NEW, ("\tset nodeport-ips", f"{_HAIRPIN_SET}\tset nodeport-ips"), (_NEW_RULE, _NEW_RULE + _HAIRPIN_RULE)
            )
        ),
        Good(
            listed(
                NEW,
                ("\tset nodeport-ips", re.sub(r"\t\telements.*\n", "", _HAIRPIN_SET) + "\tset nodeport-ips"),
            )
        ),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table in whole_tables(ruleset):
            found = next(_faults(ruleset, table), None)
            if found is not None:
                yield self.finding(*found, help="Restart kube-proxy on this node: it rewrites these chains.")


_HAIRPINS = "hairpin-connections"
"""The set of 1.36 and later with the connections from an endpoint to itself."""


def _faults(ruleset: NftRuleset, table: NftTable) -> Iterator[tuple[Span, str]]:
    chain = table.chains["masquerading"]
    if "masquerading" not in chains_reached_from_hook(table, "nat", "postrouting"):
        yield (
            ruleset.declaration(chain),
            "`masquerading` is not reached from the `postrouting` hook, so nothing is masqueraded",
        )
    if not any(rule.nat is not None and rule.nat.kind == "masquerade" for rule in chain.rules):
        yield (
            ruleset.declaration(chain),
            "`masquerading` has no masquerade rule, so marked packets keep their source address",
        )
    marking = table.chains.get("mark-for-masquerade")
    if marking is not None and not any(mark_set(rule) for rule in marking.rules):
        yield (
            ruleset.declaration(marking),
            "`mark-for-masquerade` sets no mark, so packets that pass it are not masqueraded",
        )
    hairpins = table.sets.get(_HAIRPINS)
    looked_up = {name for rule in chain.rules for _, name in rule.lookups}
    if hairpins is not None and hairpins.elements and _HAIRPINS not in looked_up:
        message = f"`masquerading` does not look up `{_HAIRPINS}`, so a pod that its own Service sends back to it"
        yield ruleset.declaration(chain), f"{message} receives no response"
    tested = {bits for rule in chain.rules if (bits := mark_tested(rule)) is not None}
    if not tested:
        if any(rule.nat is not None and len(rule.statements) == 1 for rule in chain.rules):
            yield (
                ruleset.declaration(chain),
                (
                    "`masquerading` does not check the mark, so every connection from this node or routed through it is "
                    "masqueraded"
                ),
            )
        elif not any("mark" in str(rule) for rule in chain.rules):
            for each in table.chains.values():
                for rule in each.rules:
                    if (mark := mark_set(rule)) is not None:
                        message = f"`{each.name}` sets `{mark}` in the mark, but `masquerading` does not check the mark"
                        yield ruleset.span_of(mark, rule.span), f"{message}, so these packets are not masqueraded"
        return
    cleared = {mark_bits(mark) for rule in chain.rules if (mark := mark_cleared(rule)) is not None}
    if not tested & cleared:
        yield (
            ruleset.declaration(chain),
            (
                f"the mark `0x{min(tested):08x}` is not cleared before masquerading, so packets in a tunnel are "
                "masqueraded twice"
            ),
        )
    for each in table.chains.values():
        for rule in each.rules:
            mark = mark_set(rule)
            if mark is not None and mark_bits(mark) not in tested:
                looked_for = " and ".join(f"`0x{bits:08x}`" for bits in sorted(tested)[:3])
                message = f"`{each.name}` sets `{mark}` in the mark, but `masquerading` checks {looked_for}"
                yield ruleset.span_of(mark, rule.span), f"{message}, so these packets are not masqueraded"
