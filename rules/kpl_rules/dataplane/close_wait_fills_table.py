"""KPL467."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, files
from kpl.dumps import ConntrackDump

_ENTRY = (
    "tcp      6 {} {} src=198.51.100.7 dst=192.0.2.11 sport={} dport=80 src=192.0.2.11 dst=198.51.100.7 sport=80 "
    "dport={} [ASSURED] mark=0 use=1\n"
)


def _entries(number: int, state: str = "CLOSE_WAIT", seconds: int = 3000) -> str:
    return "".join(
        _ENTRY.format(seconds, state, port, port) for port in range(20_000 + seconds, 20_000 + seconds + number)
    )


class CloseWaitFillsTable(Rule):
    """Half-closed TCP connections fill a large part of the conntrack table and stay for up to an hour.

    ## Why
    A connection is in `CLOSE_WAIT` from the first FIN until the other side closes it too. The kernel keeps such an
    entry for 60 seconds. kube-proxy sets `nf_conntrack_tcp_timeout_close_wait` to `conntrack.tcpCloseWaitTimeout`,
    which is one hour by default, because some clients continue to receive after they closed their side. With programs
    that never close, the entries fill the table, and the kernel drops new connections.

    The rule reports at least as many entries as the option `entries` if they are at least the option `percent` of the
    listing, and if one of them has more than 60 seconds left.

    ## Fix
    A dump cannot be fixed. Set `conntrack.tcpCloseWaitTimeout: 60s` in kube-proxy's configuration, and find out which
    program does not close its connections.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/ (tcpCloseWaitTimeout)
    - https://github.com/kubernetes/kubernetes/issues/97377
    - https://docs.kernel.org/networking/nf_conntrack-sysctl.html
    """

    code = "KPL467"
    name = "close-wait-fills-table"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "ConntrackDump"
    options = {"entries": 100, "percent": 50}
    examples = [
        Bad(
            files(**{"node.conntrack": _entries(200) + _entries(10, "ESTABLISHED", 86_399)}),
            flags=[_entries(1).strip()],
            says=["200 of the 210 conntrack entries are TCP connections in `CLOSE_WAIT`", "tcpCloseWaitTimeout"],
        ),
        # a hundred, and half of the table
        Bad(
            files(**{"node.conntrack": _entries(100) + _entries(100, "ESTABLISHED", 400)}),
            flags=[_entries(1).strip()],
        ),
        Good(files(**{"node.conntrack": _entries(99)})),
        Good(files(**{"node.conntrack": _entries(100) + _entries(101, "ESTABLISHED", 400)})),
        # they stay no longer than the kernel's own minute
        Good(files(**{"node.conntrack": _entries(200, seconds=60)})),
        Good(files(**{"node.conntrack": _entries(200, "TIME_WAIT", 100)})),
    ]

    def check(self, dump: ConntrackDump) -> Iterator[Finding]:
        """See the class."""
        rows = [row for row, shape in enumerate(dump.shapes) if shape.state == _STATE]
        if len(rows) < self.option["entries"] or len(rows) * 100 < len(dump.shapes) * self.option["percent"]:
            return
        if all(_seconds(dump, row) <= _KERNEL_SECONDS for row in rows[:_MOST_READ]):
            return
        yield self.finding(
            dump.span(dump.offsets[rows[0]]),
            f"{len(rows):,} of the {len(dump.shapes):,} conntrack entries are TCP connections in `CLOSE_WAIT`, and each "
            "stays for the `tcpCloseWaitTimeout` of kube-proxy, an hour by default",
            help="Set `conntrack.tcpCloseWaitTimeout: 60s`, and find the program that does not close its connections.",
        )


_STATE = "CLOSE_WAIT"
_KERNEL_SECONDS = 60
_MOST_READ = 1000


def _seconds(dump: ConntrackDump, row: int) -> int:
    """How long an entry stays: the word before its state."""
    start = dump.offsets[row]
    words = dump.text[start : start + 200].split()
    number = words[words.index(_STATE) - 1] if _STATE in words else ""
    return int(number) if number.isdecimal() and number.isascii() else 0
