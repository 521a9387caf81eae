"""KPL413."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, is_unconditional, mark_of
from kpl.testing import node_dump

_SET = "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n"
_RETURN = "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN\n"
_CLEAR = "-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0\n"
_ALL = "-A KUBE-POSTROUTING -j MASQUERADE --random-fully\n"
_MASQUERADE = "-j MASQUERADE --random-fully\n"
_SMALL = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    ":KUBE-MARK-MASQ - [0:0]\n:KUBE-POSTROUTING - [0:0]\n"
    "-A POSTROUTING -j KUBE-POSTROUTING\n-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n{}COMMIT\n"
)


class MasqueradeMarkBroken(Rule):
    """The masquerade mark is not set or does not match, so responses are routed to the wrong host.

    ## Why
    kube-proxy masquerades in two steps. `KUBE-MARK-MASQ` sets one bit of the packet's mark (0x4000, unless
    `iptables.masqueradeBit` sets another). `KUBE-POSTROUTING` masquerades packets with this bit and returns all others,
    and `KUBE-FORWARD` accepts packets with it.

    If the bit is not set, or the chains use different bits, connections from outside and connections of a pod to itself
    keep their source address, and the responses do not pass the node that translated. If `KUBE-POSTROUTING` does not
    check the bit, everything that leaves the node is masqueraded, and every NetworkPolicy and log sees the node's
    address. In Kubernetes 1.18 and later, the bit is cleared before masquerading, because the packets of a tunnel pass
    the rules twice.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node. If kubelet (1.26 and earlier) and kube-proxy have different
    values for `iptables-masquerade-bit`, set both to the same value.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    - https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/3178-iptables-cleanup
    """

    code = "KPL413"
    name = "masquerade-mark-broken"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-outside",)
    needs = "Ruleset"
    examples = [
        Bad(
            dump(_SMALL.format(_RETURN.replace("4000", "8000") + _CLEAR + _ALL)),
            flags=["0x8000/0x8000"],
        ),
        Bad(dump(_SMALL.format(_ALL)), flags=["MASQUERADE"]),
        Bad(dump(node_dump().replace(_SET, "")), flags=[":KUBE-MARK-MASQ"]),
        Bad(dump(node_dump().replace(_SET, _SET.replace("4000", "2000"))), flags=["0x2000/0x2000"]),
        Bad(
            dump("".join(each for each in node_dump().splitlines(True) if not each.endswith(_MASQUERADE))),
            flags=[":KUBE-POSTROUTING"],
        ),
        # Kubernetes up to 1.17
        Good(dump(_SMALL.format("-A KUBE-POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE --random-fully\n"))),
        Good(dump(_SMALL.format(f"{_RETURN}{_CLEAR}{_ALL}"))),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for tables in ruleset.whole_dumps():
            if "nat" in tables:
                yield from self._in(tables["nat"], tables.get("filter"))

    def _in(self, nat: Table, filtered: Table | None) -> Iterator[Finding]:
        set_in = [row for row in nat.rules_of.get("KUBE-MARK-MASQ", ()) if nat.target[row] == "MARK"]
        if not set_in:
            jumps = nat.jumps_to.get("KUBE-MARK-MASQ", ())
            if jumps and "KUBE-MARK-MASQ" in nat.chains:
                lead = "1 rule jumps" if len(jumps) == 1 else f"{len(jumps):,} rules jump"
                yield self.finding(
                    nat.declaration("KUBE-MARK-MASQ"),
                    f"`KUBE-MARK-MASQ` sets no mark, but {lead} to it, so nothing is masqueraded and responses are "
                    "routed to the wrong host",
                    help=_HELP,
                )
            return
        wanted = mark_of(nat, set_in[0])
        if wanted is None:
            return
        yield from self._postrouting(nat, wanted)
        places = [(nat, row) for row in [set_in[0], *nat.rules_of.get("KUBE-POSTROUTING", ())]]
        if filtered is not None:
            places += [(filtered, row) for row in filtered.rules_of.get("KUBE-FORWARD", ())]
        found = [(table, row, mark) for table, row in places if (mark := mark_of(table, row)) is not None]
        usual = Counter(mark for _, _, mark in found).most_common(1)[0][0]
        for table, row, mark in found:
            if mark != usual:
                yield self.finding(
                    table.option_span(row, "--mark", "--set-xmark", "--or-mark", "--xor-mark"),
                    f"`{table.chain[row]}` uses the mark `{mark:#x}` here, but the other rules use `{usual:#x}`, so "
                    "packets are not masqueraded and responses are routed to the wrong host",
                    help=_HELP,
                )

    def _postrouting(self, nat: Table, wanted: int) -> Iterator[Finding]:
        rows = nat.rules_of.get("KUBE-POSTROUTING", [])
        if not rows or "POSTROUTING" not in nat.policies:
            return
        masquerades = [row for row in rows if nat.target[row] == "MASQUERADE"]
        if not masquerades:
            yield self.finding(
                nat.declaration("KUBE-POSTROUTING"),
                "`KUBE-POSTROUTING` does not masquerade, so marked packets keep their source address and responses "
                "are routed to the wrong host",
                help=_HELP,
            )
        # in IPVS mode another one stands before it, for what a pod sends to itself
        for last in [row for row in masquerades if is_unconditional(nat, row)][:1]:
            returns = [row for row in rows if nat.target[row] == "RETURN" and row < last]
            if not any(mark_of(nat, row) is not None for row in returns):
                yield self.finding(
                    nat.target_span(last),
                    f"no rule before this one checks the mark `{wanted:#x}`, so everything that leaves the node is "
                    "masqueraded",
                    help=_HELP,
                )
            elif not any(nat.target[row] == "MARK" and row < last for row in rows):
                yield self.finding(
                    nat.target_span(last),
                    f"the mark `{wanted:#x}` is not cleared before masquerading, so packets that pass the node's "
                    "rules again, for example in a tunnel, are masqueraded twice",
                    help=_HELP,
                    severity=Severity.WARNING,
                )


_HELP = "Restart kube-proxy on this node: its first sync rewrites these chains. Then find out what changed them."
