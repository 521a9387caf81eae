"""KPL463."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Stop, files
from kpl.dumps import ConntrackDump

MOST_RELATED = 3

_ENTRY = (
    "udp      17 {left} src=10.244.1.5 dst={to} sport={port} dport=53 {flag}src=10.244.2.7 dst=10.244.1.5 sport=53 dport={port} "
    "mark=0 use=1\n"
)


def _entries(number: int, first: int = 0, to: str = "10.96.0.10", flag: str = "") -> str:
    return "".join(_ENTRY.format(left=29, to=to, port=40_000 + first + each, flag=flag) for each in range(number))


class UnansweredDnsEntries(Rule):
    """Most DNS queries to an address have no response in the conntrack table, so the server does not respond.

    ## Why
    A conntrack entry is `[UNREPLIED]` until the first packet comes back, and an unanswered UDP entry stays for 30
    seconds. A DNS server responds within milliseconds, so on a healthy node hardly any query of the last half minute is
    unanswered. If most are, no responses come back: the pod for the address is gone or hangs, a policy drops the
    packets, or the return path leads elsewhere.

    Some unanswered entries are normal: queries in progress and occasional lost packets. The rule reports an address if
    at least the option `entries` of its queries are unanswered, and these are at least the option `percent` of its
    entries. It is silent about a listing without any answered entry, because the listing was filtered by
    `conntrack -L -u UNREPLIED` or by grep.

    ## Fix
    A dump cannot be fixed. Query the address from a pod on that node
    (`dig @ADDRESS kubernetes.default.svc.cluster.local`). Then check the CoreDNS pods that the entries have as the
    source of the response, and the network policies between them.

    ## References
    - https://conntrack-tools.netfilter.org/manual.html
    - https://docs.kernel.org/networking/nf_conntrack-sysctl.html (`nf_conntrack_udp_timeout`)
    - https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/
    """

    code = "KPL463"
    name = "unanswered-dns-entries"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("lookups-time-out",)
    needs = "ConntrackDump"
    options = {"entries": 20, "percent": 50}
    examples = [
        Bad(
            files(**{"node.conntrack": _entries(1) + _entries(20, 100, flag="[UNREPLIED] ")}),
            flags=[_entries(1, 100, flag="[UNREPLIED] ").strip()],
        ),
        Good(files(**{"node.conntrack": _entries(100) + _entries(4, 100, flag="[UNREPLIED] ")})),
        # nothing but unanswered entries
        Good(files(**{"node.conntrack": _entries(40, flag="[UNREPLIED] ")})),
        # twenty, and half of those that were asked
        Bad(
            files(**{"node.conntrack": _entries(20) + _entries(20, 100, flag="[UNREPLIED] ")}),
            flags=[_entries(1, 100, flag="[UNREPLIED] ").strip()],
            says=["has not answered 20 of 40 DNS queries over UDP"],
        ),
        Good(files(**{"node.conntrack": _entries(21) + _entries(20, 100, flag="[UNREPLIED] ")})),
        Good(files(**{"node.conntrack": _entries(1) + _entries(19, 100, flag="[UNREPLIED] ")})),
    ]

    def check(self, dump: ConntrackDump) -> Iterator[Finding]:
        """See the class."""
        if all(shape.unreplied for shape in dump.shapes):
            return
        asked: dict[tuple[str, str], int] = {}
        unanswered: dict[tuple[str, str], list[int]] = {}
        for row, flow in dump.dns_flows("udp", "tcp"):
            server = flow.protocol.upper(), flow.destination
            asked[server] = asked.get(server, 0) + 1
            if flow.unreplied:
                unanswered.setdefault(server, []).append(row)
        for (protocol, address), rows in unanswered.items():
            queries = asked[protocol, address]
            if len(rows) < self.option["entries"] or len(rows) * 100 < queries * self.option["percent"]:
                continue
            pods = sorted({source for row in rows if (source := dump.flow(row).reply_source)})
            behind = (
                f" (translated to {', '.join(f'`{pod}`' for pod in pods[:3])})" if pods and pods != [address] else ""
            )
            yield self.finding(
                dump.span(dump.offsets[rows[0]]),
                f"`{address}`{behind} has not answered {len(rows):,} of {queries:,} DNS queries over {protocol}, so "
                "lookups on this node time out",
                help="Query the address from a pod on that node. Then check its DNS pods and the network policies "
                "between them.",
                related=[
                    Related(dump.span(dump.offsets[row]), "also unanswered") for row in rows[1 : MOST_RELATED + 1]
                ],
            )
