"""KPL465."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, files
from kpl.dumps import ConntrackDump

_TCP = (
    "tcp      6 {left} {state} src=10.244.1.5 dst=10.96.0.10 sport={port} dport=53 src=10.244.2.7 dst=10.244.1.5 sport=53 "
    "dport={port} [ASSURED] mark=0 use=1\n"
)


def _entries(number: int, state: str = "TIME_WAIT") -> str:
    return "".join(_TCP.format(left=60 + each % 60, state=state, port=30_000 + each) for each in range(number))


class DnsOverTcpTimeWait(Rule):
    """Closed TCP connections to DNS servers fill a large part of the conntrack table.

    ## Why
    A closed TCP connection keeps its conntrack entry for two minutes (`nf_conntrack_tcp_timeout_time_wait`), and its
    source port cannot be reused for the same server in that time. A client creates one such entry per query if it opens
    a connection for every query: with the resolver option `use-vc`, with answers too large for UDP, or with a proxy
    that forwards over TCP and does not reuse its connections. Eight queries a second make a thousand entries.

    The rule reports at least as many entries as the option `entries` if they are at least the option `percent` of the
    listing. NodeLocal DNSCache queries CoreDNS over TCP but keeps its connections open, so it stays far below.

    ## Fix
    A dump cannot be fixed. Find out which client sends the queries (`src=`) and why it uses TCP. NodeLocal DNSCache
    takes the queries of pods without tracking them and keeps few connections to CoreDNS.

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
        # a thousand, and a quarter of the table
        Bad(
            files(**{"node.conntrack": _entries(1000) + _entries(3000, "ESTABLISHED")}),
            flags=[_entries(1).strip()],
            says=["1,000 of the 4,000 conntrack entries", "(1,000 from `10.244.1.5`)"],
        ),
        Good(files(**{"node.conntrack": _entries(999)})),
        Good(files(**{"node.conntrack": _entries(1000) + _entries(3001, "ESTABLISHED")})),
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
            f"{len(rows):,} of the {len(dump.offsets):,} conntrack entries are closed TCP connections to DNS servers "
            f"({sources[most]:,} from `{most}`), and each stays for two minutes",
            help="Find out why that client opens a TCP connection for every query. Or run NodeLocal DNSCache, which "
            "takes such queries without tracking them.",
        )
