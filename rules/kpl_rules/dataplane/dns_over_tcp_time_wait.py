"""KPL465."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, ConntrackDump, Finding, Good, Rule, Severity, Stop, files

_TCP = (
    "tcp      6 {left} {state} src=10.244.1.5 dst=10.96.0.10 sport={port} dport=53 src=10.244.2.7 dst=10.244.1.5 sport=53 "
    "dport={port} [ASSURED] mark=0 use=1\n"
)


def _entries(number: int, state: str = "TIME_WAIT") -> str:
    return "".join(_TCP.format(left=60 + each % 60, state=state, port=30_000 + each) for each in range(number))


class DnsOverTcpTimeWait(Rule):
    """Finished TCP connections to DNS servers fill a large part of the table of connections.

    ## Why
    A TCP connection that is over keeps its entry for two minutes (`nf_conntrack_tcp_timeout_time_wait`), as a source
    port that cannot be used again towards the same server either. A client that opens a connection for every query, as one does
    with the resolver option `use-vc`, with answers too large for UDP, or with a proxy that forwards over TCP
    without keeping its connections, makes one such entry a query: eight queries a second make a thousand.

    That is reported when there are as many as the option `entries` and they are the option `percent` of the listing or more. A
    NodeLocal DNSCache asks CoreDNS over TCP and keeps its connections open, and stays far below.

    ## Fix
    There is none in a dump. Find out who asks (`src=`), and why over TCP. A NodeLocal DNSCache takes the queries of pods without
    tracking them, and holds few connections to CoreDNS.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/91216
    - https://docs.kernel.org/networking/nf_conntrack-sysctl.html
    - https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
    """

    code = "KPL465"
    name = "dns-over-tcp-time-wait"
    stop = Stop.DATAPLANE
    severity = Severity.INFO
    since = "0.1.0"
    needs = "ConntrackDump"
    options = {"entries": 1000, "percent": 25}
    examples = [
        Bad(files(**{"node.conntrack": _entries(1200)}), flags=[_entries(1).strip()]),
        Good(files(**{"node.conntrack": _entries(4) + _entries(4, "ESTABLISHED")})),
        Good(files(**{"node.conntrack": _entries(900)})),
    ]

    def check(self, dump: ConntrackDump) -> Iterator[Finding]:
        """See the class."""
        rows, sources = [], dict[str, int]()
        for row, flow in dump.dns_flows("tcp"):
            if flow.state == "TIME_WAIT":
                rows.append(row)
                sources[flow.source] = sources.get(flow.source, 0) + 1
        if len(rows) < self.option["entries"] or len(rows) * 100 < len(dump.offsets) * self.option["percent"]:
            return
        most = max(sources, key=lambda source: sources[source])
        yield self.finding(
            dump.span(dump.offsets[rows[0]]),
            f"{len(rows):,} of the {len(dump.offsets):,} entries are TCP connections to DNS servers that are over, "
            f"{sources[most]:,} of them from `{most}`: each keeps its place for two minutes",
            help="Find out why that client asks over TCP, and a new connection each time; NodeLocal DNSCache takes such queries "
            "without tracking them.",
        )
