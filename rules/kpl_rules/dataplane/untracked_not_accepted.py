"""KPL426."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, chains_reached_from

_RAW = (
    "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    '-A PREROUTING -d 169.254.20.10/32 -p udp -m udp --dport 53 -m comment --comment "NodeLocal DNS Cache: skip conntrack" '
    "-j NOTRACK\n-A OUTPUT -s 169.254.20.10/32 -p udp -m udp --sport 53 "
    '-m comment --comment "NodeLocal DNS Cache: skip conntrack" -j NOTRACK\nCOMMIT\n'
)
_FILTER = (
    "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    "-A INPUT -d 169.254.20.10/32 -p udp -m udp --dport 53 -j ACCEPT\n"
    "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\nCOMMIT\n"
)
_CONDITIONS = frozenset(("--ctstate", "--state", "--mark", "--match-set", "--icmp-type"))
"""Conditions that packets without connection tracking, or of pods, do not meet."""


class UntrackedNotAccepted(Rule):
    """Queries to NodeLocal DNSCache skip connection tracking and no rule accepts them, so the firewall drops them.

    ## Why
    node-local-dns writes its rules in pairs: `NOTRACK` in the raw table and `ACCEPT` in the filter table, both for its
    address and port 53. Untracked packets have the state UNTRACKED, so a firewall rule for established connections does
    not accept them. If the `ACCEPT` is missing (for example after a firewall was reloaded) and the policy of `INPUT` is
    `DROP`, the pods of this node cannot resolve names.

    The rule checks only complete tables in which the policy of `INPUT` is `DROP`. It is silent if a rule accepts
    packets from an interface or a network.

    ## Fix
    A dump cannot be fixed. Restart node-local-dns on the node: it checks its rules every minute, unless it runs with
    `-setupiptables=false`.

    ## References
    - https://github.com/kubernetes/dns/blob/master/cmd/node-cache/app/cache_app.go
    - https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
    """

    code = "KPL426"
    name = "untracked-not-accepted"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("lookups-time-out",)
    needs = "Ruleset"
    examples = [
        Bad(
            dump(_RAW + _FILTER.replace("-A INPUT -d 169.254.20.10/32 -p udp -m udp --dport 53 -j ACCEPT\n", "")),
            flags=["169.254.20.10/32"],
        ),
        # for TCP only
        Bad(dump(_RAW + _FILTER.replace("udp", "tcp")), flags=["169.254.20.10/32"]),
        Good(dump(_RAW + _FILTER)),
        Good(dump(_RAW)),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for tables in ruleset.whole_dumps():
            raw, filtered = tables.get("raw"), tables.get("filter")
            if raw is not None and filtered is not None and filtered.policies.get("INPUT") == "DROP":
                yield from self._in(raw, filtered)

    def _in(self, raw: Table, filtered: Table) -> Iterator[Finding]:
        untracked = [
            row
            for row in raw.rules_of.get("PREROUTING", ())
            if raw.target[row] == "NOTRACK" or any(name == "--notrack" for name, _, _ in raw.shapes[row].options)
        ]
        if not untracked:
            return
        passed = chains_reached_from(filtered, "INPUT")
        accepting = [row for row in filtered.jumps_to.get("ACCEPT", ()) if filtered.chain[row] in passed]
        columns = (filtered.values(option, accepting) for option in ("-d", "-p", "--dport", "-i"))
        accepted = set()
        for row, address, protocol, port, interface in zip(accepting, *columns, strict=True):
            names = {name for name, _, _ in filtered.shapes[row].options}
            if not names & _CONDITIONS and address is None and port in (None, "53") and interface != "lo":
                return  # which may let in what comes from pods
            accepted.add((address, protocol, port))
        keys = zip(*(raw.values(option, untracked) for option in ("-d", "-p", "--dport")), strict=True)
        lost = [
            row for row, key in zip(untracked, keys, strict=True) if key[0] and key[2] == "53" and key not in accepted
        ]
        if lost:
            yield self.finding_of_many(
                (raw.option_span(row, "-d") for row in lost),
                "queries to this address skip connection tracking and `INPUT` (policy `DROP`) does not accept them, "
                "so the pods of this node cannot resolve names",
                "not accepted either",
                help="Restart node-local-dns on this node: it writes the missing rules. Then find out what rewrote "
                "the filter table.",
            )
