"""KPL482."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Document, Finding, Good, Rule, Severity, Span, Stop, files
from kpl.dumps import IpsetDump
from kpl.iptables import open_line

_IPVS = (
    "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
    "TCP  10.96.0.1:443 rr\n  -> 192.0.2.10:6443              Masq    1      0          4\n"
)
_SET = (
    "Name: KUBE-NODE-PORT-TCP\nType: bitmap:port\nRevision: 3\nHeader: range 0-65535\nSize in memory: 8264\nReferences: 1\n"
    "Number of entries: 2\nMembers:\n30080\n30081\n"
)
_FLOW = "udp      17 9 src=10.244.1.5 dst=10.96.0.10 sport=4000 dport=53 src=10.244.0.2 dst=10.244.1.5 sport=53 dport=4000 use=1\n"
_CONNECTIONS = (
    "IPVS connection entries\npro expire state       source             virtual            destination\n"
    "UDP 04:59  UDP         10.244.1.5:40000   10.96.0.10:53      10.244.0.2:53\n"
    "TCP 14:59  ESTABLISHED 10.244.1.5:40002   10.96.0.1:443      192.0.2.10:6443\n"
)


class ListingCutShort(Rule):
    """The output of ipvsadm, ipset or conntrack ends inside a line or a set, so its end is missing.

    ## Why
    These programs end every line with a line break, and `ipset list` shows how many members a set has. If the last line
    has no line break, or the last set has fewer members than it shows, the text was cut: the command was interrupted,
    the disk was full, or a log or a ticket kept only the beginning. kpl does not read the last line, because its
    numbers and addresses may be cut, and it draws no conclusions from what is missing. The severity is info, because a
    text copied by hand may lack its last line break too.

    A cut between two lines cannot be detected in the output of ipvsadm, conntrack and `ipset save`.

    ## Fix
    No fix is offered. Run the command again, and check its exit status.

    ## References
    - https://man7.org/linux/man-pages/man8/ipvsadm.8.html
    - https://ipset.netfilter.org/ipset.man.html
    - https://conntrack-tools.netfilter.org/manual.html
    """

    code = "KPL482"
    name = "listing-cut-short"
    stop = Stop.DATAPLANE
    severity = Severity.INFO
    since = "0.1.0"
    needs = "IpvsDump|IpsetDump|ConntrackDump|IpvsConnections"
    examples = [
        Bad(files(**{"node.ipvs": _IPVS[: _IPVS.index("43  ")]}), flags=["-> 192.0.2.10:64"]),
        Bad(files(**{"node.ipset": _SET.removesuffix("30081\n")}), flags=["KUBE-NODE-PORT-TCP"]),
        Bad(files(**{"node.ipset": _SET.removesuffix("81\n")}), flags=["300"]),
        Bad(files(**{"node.conntrack": _FLOW + _FLOW.rstrip()}), flags=[_FLOW.rstrip()]),
        Bad(
            files(**{"node.txt": _CONNECTIONS.removesuffix("443\n")}),
            flags=["TCP 14:59  ESTABLISHED 10.244.1.5:40002   10.96.0.1:443      192.0.2.10:6"],
        ),
        Good(files(**{"node.txt": _CONNECTIONS})),
        Good(files(**{"node.ipvs": _IPVS})),
        Good(files(**{"node.ipset": _SET})),
        Good(files(**{"node.conntrack": _FLOW})),
    ]

    def check(self, document: Document) -> Iterator[Finding]:
        """See the class."""
        model = document.model
        if type(model).__name__ not in ("IpvsDump", "IpsetDump", "ConntrackDump", "IpvsConnections"):
            return
        if cut := open_line(model.text):
            start = cut.start + len(model.text[cut.start :]) - len(model.text[cut.start :].lstrip())
            yield self.finding(
                Span(start, len(model.text.rstrip())),
                "the last line has no line break, so the output may be cut here and kpl does not read the line",
                help="Run the command again and check its exit status.",
            )
        elif isinstance(model, IpsetDump) and (missing := _missing(model)):
            last = model.sets[-1]
            at = model.text.index(last.name, last.start)
            yield self.finding(
                Span(at, at + len(last.name)),
                f"`{last.name}` is incomplete, because the output ends inside it: {missing}",
                help="Run the command again and check the exit status of `ipset`.",
            )


def _missing(dump: IpsetDump) -> str:
    """What the last set lacks, by what it says of itself and what the others have."""
    if not dump.sets or dump.unread:
        return ""
    last = dump.sets[-1]
    if last.entries is not None and last.has_members and len(last.elements) < last.entries:
        return f"it has {len(last.elements):,} of its {last.entries:,} members"
    printed = any(each.has_members for each in dump.sets[:-1])
    return "its members are missing" if printed and not last.has_members else ""
