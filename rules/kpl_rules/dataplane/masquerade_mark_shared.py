"""KPL447."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Profile, Rule, Severity, Stop
from kpl.nft import NftRuleset, NftTable, is_whole, kube_proxy_tables, mark_bits, mark_set, mark_tested
from kpl_rules.dataplane._nft import NEW, OLD, listed


def _other(rule: str, chain: str = "forward") -> str:
    return f"table ip lab {{\n\tchain {chain} {{\n\t\t{rule}\n\t}}\n}}\n"


class MasqueradeMarkShared(Rule):
    """Another table sets kube-proxy's masquerade bit, so kube-proxy hides the clients of that traffic.

    ## Why
    kube-proxy reserves one bit of the mark (bit 14, or the value of `masqueradeBit`). Every packet of a new connection
    that has this bit when it leaves the node gets the node's address as its source, no matter which program set the
    bit. If another table uses the same bit for something else, the clients of that traffic are hidden, and network
    policies no longer match their addresses.

    The rule is in the profile `strict`, because some programs set kube-proxy's bit on purpose, so that it masquerades
    for them. It ignores chains named `KUBE-` (of kubelet, or of kube-proxy in iptables mode).

    ## Fix
    A dump cannot be fixed. Give the other program a different bit, or give kube-proxy a different `masqueradeBit`.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    - https://www.netfilter.org/projects/nftables/manpage.html
    """

    code = "KPL447"
    name = "masquerade-mark-shared"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    profile = Profile.STRICT
    since = "0.1.0"
    symptoms = ("client-address-lost",)
    examples = [
        Bad(listed(NEW + _other("meta mark set meta mark | 0x00004000")), flags=["0x00004000"]),
        Bad(listed(OLD + _other("ip saddr 10.0.0.1 meta mark set meta mark | 0x0000c000")), flags=["0x0000c000"]),
        # masqueradeBit: 31
        Bad(
            listed(
                NEW + _other("meta mark set meta mark | 0xc0000000"),
                ("meta mark & 0x00004000 != 0x00000000", "meta mark != 0x00000000/1"),
                ("0x00004000", "0x80000000"),
            ),
            flags=["0xc0000000"],
        ),
        Good(listed(NEW + _other("meta mark set meta mark | 0x00010000"))),
        Good(listed(NEW + _other("meta mark 0x00004000 return"))),
        Good(listed(NEW + _other("meta mark set meta mark | 0x00004000", "KUBE-MARK-MASQ"))),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        own: set[str] = set()
        bits = 0
        for table, _ in kube_proxy_tables(ruleset):
            own.add(table.name)
            if is_whole(table):
                for rule in table.chains["masquerading"].rules:
                    bits |= mark_tested(rule) or 0
        if not bits:
            return
        for table in ruleset.tables:
            if table.name not in own:
                yield from self._setting(ruleset, table, bits)

    def _setting(self, ruleset: NftRuleset, table: NftTable, bits: int) -> Iterator[Finding]:
        for chain in table.chains.values():
            if chain.name.startswith("KUBE-"):
                continue
            for rule in chain.rules:
                mark = mark_set(rule)
                if mark is not None and mark_bits(mark) & bits:
                    yield self.finding(
                        ruleset.span_of(mark, rule.span),
                        f"`{chain.name}` of the table `{table.family} {table.name}` sets `{mark}` in the mark, so "
                        f"kube-proxy masquerades its packets (bit `0x{bits:08x}`)",
                        help="Give the other program a different bit. Or give kube-proxy a different `masqueradeBit`.",
                    )
