"""The connections that IPVS forwards, as ``ipvsadm -Lc`` and ``/proc/net/ip_vs_conn`` print them: text -> IpvsConnections.

``ipvsadm -Lc`` is read with or without ``-n`` (names stay as they are written) and ``--persistent-conn``.

- https://man7.org/linux/man-pages/man8/ipvsadm.8.html
- https://git.kernel.org/pub/scm/utils/kernel/ipvsadm/ipvsadm.git/tree/ipvsadm.c (``list_conn``, ``print_conn``)
- https://github.com/torvalds/linux/blob/master/net/netfilter/ipvs/ip_vs_conn.c (``ip_vs_conn_seq_show``)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.inputs.dumps.ipvs import split_address
from kpl.inputs.dumps.shapes import LONGEST_LINE, bare, closed_lines_of, line_at, open_line, words_span
from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.text import late
from kpl.text.span import Span

_PROTOCOL, _STATE, _ENGINE = (
    r"(?:TCP|UDP|SCTP|ICMP(?:v6)?|AH|ESP|IP(?:_\d{1,3})?)",
    r"[A-Z][A-Z0-9_]*!?",
    r"(?:[ \t]+\S+){0,2}",
)
_ADDRESS, _HEX_ADDRESS = r"(?:\[[0-9a-fA-F:]+\]|[\w.-]+)", r"(?:[0-9A-F]{8}|[0-9a-f]{4}(?::[0-9a-f]{4}){7})"
_LISTED = rf"{_PROTOCOL}[ \t]+\d{{2,9}}:\d\d[ \t]+{_STATE}(?:[ \t]+{_ADDRESS}:[\w-]+){{3}}{_ENGINE}[ \t]*"
_OF_KERNEL = (
    rf"{_PROTOCOL}(?:[ \t]+{_HEX_ADDRESS}[ \t]+[0-9A-F]{{4}}){{3}}[ \t]+{_STATE}[ \t]+\d{{1,10}}{_ENGINE}[ \t]*"
)
_TITLE = (
    r"IPVS connection entries|pro expire state[ \t]+source[ \t]+virtual[ \t]+destination(?:[ \t]+pe name[ \t]+pe_data)?"
    r"|Pro FromIP[ \t]+FPrt ToIP[ \t]+TPrt DestIP[ \t]+DPrt State[ \t]+Expires(?:[ \t]+PEName PEData)?"
)
_TITLES, _ENTRY, _ENTRY_OF_KERNEL = late.pattern(_TITLE), late.pattern(_LISTED), late.pattern(_OF_KERNEL)
_LINE = rf"^[ \t]*(?:{_TITLE}|{_LISTED}|{_OF_KERNEL})\r?$"
"""What a line is that nothing else prints."""


class IpvsConnection(NamedTuple):
    """One connection that IPVS forwards, with what the dump says of it.

    A port is None where a name stands for it.
    """

    protocol: str
    """``TCP``, ``UDP``, ...; ``IP`` for the template that keeps a client with its real server."""
    state: str
    expires: int
    """The seconds until the kernel forgets it."""
    client: str
    client_port: int | None
    virtual: str
    virtual_port: int | None
    real: str
    real_port: int | None
    engine: str | None
    """The persistence engine, ``sip``; None where the entry shows none."""


@dataclass
class IpvsConnections:
    """What one file says of the connections that IPVS forwards."""

    text: str = field(repr=False)
    offsets: list[int] = field(default_factory=list, repr=False)
    """Where the line of an entry starts."""
    unread: list[int] = field(default_factory=list)
    """Where the lines start that are neither a title nor an entry."""

    def connection(self, row: int) -> IpvsConnection:
        """Entry number `row`."""
        written = bare(line_at(self.text, self.offsets[row]))
        words = written.split()
        if _ENTRY.fullmatch(written):
            protocol, expires, state, *places = words
            minutes, _, seconds = expires.partition(":")
            left, engine = int(minutes) * 60 + int(seconds), places[3:4]
            ends = [split_address(place, False) for place in places[:3]]
        else:
            protocol, state, left, engine = words[0], words[7], int(words[8]), words[9:10]
            pairs = zip(words[1:7:2], words[2:7:2], strict=True)
            ends = [
                split_address(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", True) for host, port in pairs
            ]
        client, virtual, real = ends
        return IpvsConnection(protocol, state, left, *client, *virtual, *real, next(iter(engine), None))

    def span(self, start: int) -> Span:
        """Where the words of the line stand that starts at `start`."""
        return words_span(self.text, start)


class IpvsConnectionsReader(FileReader):
    """Reads the table of the connections that IPVS forwards."""

    kind = FileKind(
        word="ipvsadm -Lnc",
        model="IpvsConnections",
        as_word="ipvs-connections",
        names=r"^ip_vs_conn$",
        lines=(_LINE,),
        rank=85,
    )
    examples = (
        Takes(
            "IPVS connection entries\npro expire state       source             virtual            destination\n"
            "UDP 04:59  UDP         10.244.1.5:40000   10.96.0.10:53      10.244.0.2:53\n",
            {"unread": [], "offsets": [97]},
            "node.txt",
        ),
        Takes(
            "TCP 0AF40105 9C40 0A60000A 0035 0AF40002 0035 ESTABLISHED     899\n",
            {"unread": [], "offsets": [0]},
            "ip_vs_conn",
        ),
        Leaves("TCP  10.96.0.10:53 rr\n  -> 10.244.0.2:53                Masq    1      0          0\n", "node.txt"),
        Leaves("TCP 04:59 in the morning\n", "node.txt"),
    )

    def parse(self, text: str) -> IpvsConnections:
        """The connections of `text`."""
        return parse_ipvs_connections(text)


def parse_ipvs_connections(text: str) -> IpvsConnections:
    """Read `text`. Never raises: lines that mean nothing are kept as `unread`."""
    found = IpvsConnections(text)
    for line, start in closed_lines_of(text):
        written = bare(line)
        if not written:
            continue
        if len(written) > LONGEST_LINE:
            found.unread.append(start)
        elif _ENTRY.fullmatch(written) or _ENTRY_OF_KERNEL.fullmatch(written):
            found.offsets.append(start)
        elif not _TITLES.fullmatch(written):
            found.unread.append(start)
    if cut := open_line(text):
        found.unread.append(cut.start)
    return found
