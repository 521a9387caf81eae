"""KPL425."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import MARK_MASQ, Ruleset, Table, chains_reached_from, mark_of, matched_mark, written_mark
from kpl.testing import node_dump
from kpl.words import and_more

_NAT = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    ":KUBE-MARK-MASQ - [0:0]\n-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\nCOMMIT\n"
)
_FILTER = (
    "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:own-policy - [0:0]\n"
    "-A FORWARD -j own-policy\n-A own-policy {}\nCOMMIT\n"
)


class MarkTakenByOthers(Rule):
    """Another program clears kube-proxy's mark or drops packets with it, so NodePorts and load balancers fail.

    ## Why
    Packets that `KUBE-MARK-MASQ` marks before routing are masqueraded after it. In between, they pass the chains of
    network policies and firewalls. A rule there that overwrites the complete mark (`--set-xmark V/0xffffffff`) clears
    kube-proxy's bit: the connection keeps its source address, and responses do not come back. A rule that drops packets
    with kube-proxy's bit confuses it with its own mark. Azure's network policy manager did both with 0x4000 until 2022.

    ## Fix
    A dump cannot be fixed. Update the other program to a release that masks its marks, or give kube-proxy a different
    bit with `iptables.masqueradeBit` (14 is 0x4000).

    ## References
    - https://github.com/Azure/azure-container-networking/pull/1313
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    - https://man7.org/linux/man-pages/man8/iptables-extensions.8.html
    """

    code = "KPL425"
    name = "mark-taken-by-others"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("service-fails-from-outside",)
    needs = "Ruleset"
    examples = [
        Bad(dump(_NAT + _FILTER.format("-j MARK --set-xmark 0x0/0xffffffff")), flags=["0x0/0xffffffff"]),
        Bad(dump(_NAT + _FILTER.format("-m mark --mark 0x4000 -j DROP")), flags=["0x4000"]),
        Bad(
            dump(
                node_dump().replace(
                    "-A INPUT -j KUBE-FIREWALL",
                    "-A FORWARD -j MARK --set-xmark 0x1/0xffffffff\n-A INPUT -j KUBE-FIREWALL",
                )
            ),
            flags=["0x1/0xffffffff"],
        ),
        # a mark with a mask
        Good(dump(_NAT + _FILTER.format("-j MARK --set-xmark 0x10000/0x10000"))),
        Good(dump(_NAT + _FILTER.format("-m mark --mark 0x8000/0x8000 -j DROP"))),
        # nothing leads there
        Good(dump(_NAT + _FILTER.format("-j MARK --set-xmark 0x0/0xffffffff").replace("-A FORWARD", "-A INPUT"))),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for tables in ruleset.whole_dumps():
            nat = tables.get("nat")
            rows = nat.rules_of.get(MARK_MASQ, ()) if nat is not None else ()
            bit = mark_of(nat, rows[0]) if nat is not None and rows else None
            if bit:
                for name in ("mangle", "filter"):
                    if name in tables:
                        yield from self._in(tables[name], bit)

    def _in(self, table: Table, bit: int) -> Iterator[Finding]:
        suspects = [row for target in ("MARK", "DROP", "REJECT") for row in table.jumps_to.get(target, ())]
        if not suspects:
            return
        passed = {chain for built_in in ("FORWARD", "POSTROUTING") for chain in chains_reached_from(table, built_in)}
        clearing, dropping = [], []
        for row in suspects:
            if table.chain[row] not in passed or table.chain[row].startswith(_OWN):
                continue
            if table.target[row] == "MARK":
                mark = written_mark(table, row)
                if mark is not None and mark.mask & bit and not mark.value & bit:
                    clearing.append(row)
            elif any(name == "--mark" and not negated for name, negated, _ in table.shapes[row].options):
                mark = matched_mark(table, row)
                if mark is not None and mark.mask & bit and mark.value == bit & mark.mask:
                    dropping.append(row)
        for rows, option, what in (
            (
                clearing,
                "--set-xmark",
                "clears kube-proxy's mark `{:#x}`{}, so packets that must be masqueraded are not",
            ),
            (
                dropping,
                "--mark",
                "drops packets with kube-proxy's mark `{:#x}`{}, so packets that must be masqueraded are lost",
            ),
        ):
            if rows:
                more = and_more(len(rows) - 1, "rule")
                yield self.finding_of_many(
                    (table.option_span(row, option, "--set-mark", "--and-mark") for row in rows),
                    f"this rule of `{table.chain[rows[0]]}` {what.format(bit, more)}",
                    "same problem here",
                    help="Update the program that writes this chain to a release that masks its marks. Or give "
                    "kube-proxy a different bit with `iptables.masqueradeBit`.",
                )


_OWN = ("KUBE-SERVICES", "KUBE-FIREWALL", "KUBE-FORWARD", "KUBE-PROXY-FIREWALL", "KUBE-EXTERNAL-SERVICES")
