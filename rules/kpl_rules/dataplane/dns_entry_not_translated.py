"""KPL464."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Stop, files
from kpl.dumps import ConntrackDump

MOST_RELATED = 3

_ENTRY = (
    "udp      17 29 src=10.244.1.5 dst={to} sport={port} dport=53 {flag}src={pod} dst=10.244.1.5 sport=53 dport={port} mark=0 "
    "use=1\n"
)


def _entries(number: int, pod: str, flag: str = "", to: str = "10.96.0.10") -> str:
    return "".join(
        _ENTRY.format(to=to, port=40_000 + each + len(pod) * 100, pod=pod, flag=flag) for each in range(number)
    )


class DnsEntryNotTranslated(Rule):
    """DNS queries to a cluster IP are tracked without translation to a pod, so they get no response.

    ## Why
    The first packet of a UDP flow decides for all packets that follow. If it passed while the node had no rule for the
    cluster IP, its conntrack entry sends the packets to the cluster IP itself, and no machine has that address. Every
    further query from the same port uses the entry and keeps it alive, so a client that keeps its socket receives no
    response until it pauses for the lifetime of the entry.

    An address counts as a cluster IP if other queries to it in the same listing are translated. Entries for it are
    stuck if they are unanswered and expect the response from the address itself (or from `0.0.0.0`). Fewer entries than
    the option `entries` are not reported: they may come from the moment when the rules were written.

    ## Fix
    A dump cannot be fixed. Delete the entries: `conntrack -D -p udp --orig-dst ADDRESS --dport 53`. If they come back,
    packets bypass kube-proxy's rules: compare the node's rules with the Service.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/48370
    - https://github.com/kubernetes/kubernetes/issues/125467
    - https://man7.org/linux/man-pages/man8/conntrack.8.html
    - https://github.com/kubernetes/kubernetes/blob/master/pkg/proxy/conntrack/cleanup.go
    """

    code = "KPL464"
    name = "dns-entry-not-translated"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("lookups-time-out",)
    needs = "ConntrackDump"
    options = {"entries": 5}
    examples = [
        Bad(
            files(**{"node.conntrack": _entries(9, "10.244.2.7") + _entries(6, "10.96.0.10", "[UNREPLIED] ")}),
            flags=[_entries(1, "10.96.0.10", "[UNREPLIED] ").strip()],
        ),
        Good(files(**{"node.conntrack": _entries(9, "10.244.2.7") + _entries(8, "10.244.3.1")})),
        # a server that is asked directly and does not answer
        Good(
            files(
                **{
                    "node.conntrack": _entries(9, "10.244.2.7")
                    + _entries(6, "192.0.2.53", "[UNREPLIED] ", to="192.0.2.53")
                }
            )
        ),
        # five are enough, three more are shown
        Bad(
            files(**{"node.conntrack": _entries(1, "10.244.2.7") + _entries(5, "10.96.0.10", "[UNREPLIED] ")}),
            flags=[_entries(1, "10.96.0.10", "[UNREPLIED] ").strip()],
            says=["5 DNS queries to the cluster IP `10.96.0.10`"],
        ),
        Good(files(**{"node.conntrack": _entries(9, "10.244.2.7") + _entries(4, "10.96.0.10", "[UNREPLIED] ")})),
        # answered, whoever did
        Good(files(**{"node.conntrack": _entries(9, "10.244.2.7") + _entries(6, "10.96.0.10")})),
    ]

    def check(self, dump: ConntrackDump) -> Iterator[Finding]:
        """See the class."""
        translated: set[str] = set()
        stuck: dict[str, list[int]] = {}
        for row, flow in dump.dns_flows("udp"):
            if flow.reply_source is None:
                continue
            if flow.reply_source not in (flow.destination, "0.0.0.0", "::"):
                translated.add(flow.destination)
            elif flow.unreplied:
                stuck.setdefault(flow.destination, []).append(row)
        for address, rows in stuck.items():
            if address not in translated or len(rows) < self.option["entries"]:
                continue
            yield self.finding(
                dump.span(dump.offsets[rows[0]]),
                f"{len(rows):,} DNS queries to the cluster IP `{address}` are tracked without translation to a pod, "
                "so every query from the same ports times out",
                help=f"Delete the entries: `conntrack -D -p udp --orig-dst {address} --dport 53`.",
                related=[
                    Related(dump.span(dump.offsets[row]), "same problem here") for row in rows[1 : MOST_RELATED + 1]
                ],
            )
