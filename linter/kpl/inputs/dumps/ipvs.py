"""The kernel's IPVS tables, as ipvsadm and ``/proc/net/ip_vs`` print them: text -> IpvsDump.

``ipvsadm -l`` with or without ``-n``, ``--stats`` or ``--rate``, ``ipvsadm -S`` (``ipvsadm-save``) and the file of the
kernel are read; names stay as they are written.

- https://man7.org/linux/man-pages/man8/ipvsadm.8.html
- https://github.com/torvalds/linux/blob/master/net/netfilter/ipvs/ip_vs_ctl.c (``ip_vs_info_seq_show``)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kpl.golang.net import parse_ip
from kpl.golang.netip import address_text
from kpl.inputs.dumps.shapes import Shapes, bare, closed_lines_of, open_line, tokens_of, word_number, words_span
from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.text import late
from kpl.text.span import Span

FORWARDING = {
    "-m": "Masq",
    "--masquerading": "Masq",
    "-g": "Route",
    "--gatewaying": "Route",
    "-i": "Tunnel",
    "--ipip": "Tunnel",
}

_PROTOCOLS = {
    "-t": "TCP",
    "--tcp-service": "TCP",
    "-u": "UDP",
    "--udp-service": "UDP",
    "--sctp-service": "SCTP",
    "-f": "FWM",
    "--fwmark-service": "FWM",
}
_SERVER_WORDS = {"-r": "address", "--real-server": "address", "-w": "weight", "--weight": "weight"}
_SERVICE_WORDS = {
    "-s": "scheduler",
    "--scheduler": "scheduler",
    "-p": "persistent",
    "--persistent": "persistent",
    "-M": "mask",
    "--netmask": "mask",
}
_DEFAULT_PERSISTENT = 300
MAX_PORT = 65_535

_VARIABLE = late.pattern(r"(?<=\s)[^\s]*[\d:][^\s]*")
_HEADER = late.pattern(r"IP Virtual Server version \S+ \(size=\d+\)")
_TITLE = late.pattern(r"(?:Prot|Port) LocalAddress:Port\b")
_PLACE = late.pattern(r"(?!-)\S+:[\w*-]+")
_SERVICE = late.pattern(r"(?:TCP|UDP|SCTP|FWM)\s")
_HEX_ADDRESS = late.pattern(r"([0-9A-F]{8}|\[[0-9a-fA-F:]+\]):([0-9A-F]{4})")
_HEX_IPV4 = late.pattern(r"[0-9A-F]{8}:[0-9A-F]{4}")
_DIGITS = late.pattern(r"[0-9]{1,10}")
_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_LINE = (
    r"^[ \t]*(?:IP Virtual Server version \S+ \(size=\d+\)|Prot LocalAddress:Port[ \t]|"
    r"-A (?:-t|-u|--tcp-service|--udp-service|--sctp-service|-f|--fwmark-service) \S+ -s [a-z]|"
    r"(?:TCP|UDP|SCTP)[ \t]+[\w.\[\]:]+:\w+ (?:rr|wrr|lc|wlc|sh|mh|dh|sed|nq)(?: persistent \d+| ops)*[ \t]*\r?$)"
)
"""What a line starts with that nothing else prints."""


class RealServer(NamedTuple):
    """One line of a real server; what the dump does not show is None, and so is a port that is a name."""

    address: str
    port: int | None
    forwarding: str | None
    """``Masq``, ``Route``, ``Tunnel`` or ``Local``."""
    weight: int | None
    active: int | None
    inactive: int | None
    start: int
    """Where its line starts."""


@dataclass
class VirtualServer:
    """One virtual server with its real servers."""

    protocol: str
    """``TCP``, ``UDP``, ``SCTP``; ``FWM`` for one that takes what a firewall mark marks."""
    address: str
    """As Go prints it, without brackets; the mark of an ``FWM``."""
    port: int | None
    """None for an ``FWM``, and where a name stands for it."""
    written: str
    """Address and port, or the mark, as they stand in the dump."""
    start: int
    """Where its line starts."""
    scheduler: str | None = None
    """None where the dump does not show it (``--stats``, ``--rate``)."""
    persistent: int | None = None
    """The seconds that a client stays with its real server; None where it does not."""
    mask: str | None = None
    flags: tuple[str, ...] = ()
    real_servers: list[RealServer] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What a person calls it: ``TCP 10.96.0.10:53``."""
        return f"{self.protocol} {self.written}"


@dataclass
class IpvsTable:
    """What one call of ipvsadm printed."""

    start: int
    servers: list[VirtualServer] = field(default_factory=list)
    shows_weights: bool = True
    """False for ``--stats`` and ``--rate``."""


@dataclass
class IpvsDump:
    """What one file holds; several listings may follow each other."""

    text: str = field(repr=False)
    tables: list[IpvsTable] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    """Where the lines start that are none of ipvsadm's, or whose virtual server is missing."""

    def span(self, start: int) -> Span:
        """Where the words of the line stand that starts at `start`."""
        return words_span(self.text, start)

    def servers(self) -> Iterator[VirtualServer]:
        """The virtual servers of all listings."""
        return (server for table in self.tables for server in table.servers)


class _Places(NamedTuple):
    """Which word of a line is what; 0 where there is none."""

    address: int
    numbers: tuple[int, ...] = ()
    protocol: str = ""
    scheduler: int = 0
    persistent: int = 0
    mask: int = 0
    forwarding: str | None = None
    weight: int = 0
    flags: tuple[str, ...] = ()


class IpvsReader(FileReader):
    """Reads the kernel's tables of virtual servers."""

    kind = FileKind(
        word="ipvsadm",
        model="IpvsDump",
        as_word="ipvsadm",
        is_dump=True,
        names=r"\.ipvs$|^ipvsadm[^.]*$|^ip_vs$",
        lines=(_LINE,),
        rank=80,
    )
    examples = (
        Takes("-A -t 10.96.0.10:53 -s rr\n-a -t 10.96.0.10:53 -r 10.244.1.5:53 -m -w 1\n", {"unread": []}, "node.ipvs"),
        Leaves("-A -t nat\n", "node.ipvs"),
    )

    def parse(self, text: str) -> IpvsDump:
        """The virtual servers of `text`."""
        return parse_ipvs(text)


def parse_ipvs(text: str) -> IpvsDump:
    """Read `text`. Never raises: lines that mean nothing are kept as `unread`."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.dump = IpvsDump(text)
        self.table: IpvsTable | None = None
        self.server: VirtualServer | None = None
        self.by_service: dict[tuple[str, str], VirtualServer] = {}
        self.hexadecimal = False
        self.listed = Shapes("ipvs", "listed", _listed)
        self.listed_real = Shapes("ipvs", "listed_real", _listed_real)
        self.saved = Shapes("ipvs", "saved", _saved)
        self.saved_real = Shapes("ipvs", "saved_real", _saved)

    def read(self) -> IpvsDump:
        for line, start in closed_lines_of(self.dump.text):
            written = bare(line)
            if not written:
                continue
            shape = _VARIABLE.sub(_class_of, written)
            if written.startswith("-> "):
                known = self._title_of_reals(written) or self._listed_real(written, shape, start)
            elif written.startswith("-A "):
                known = self._saved(written, shape, start)
            elif written.startswith("-a "):
                known = self._saved_real(written, shape, start)
            elif _HEADER.match(written) or _TITLE.match(written):
                known = self._head(written, start)
            else:
                known = self._listed(written, shape, start)
                if not known and _SERVICE.match(written):
                    self.server = None  # the real servers below are not those of the one above
            if not known:
                self.dump.unread.append(start)
        if cut := open_line(self.dump.text):
            self.dump.unread.append(cut.start)
        return self.dump

    def _head(self, written: str, start: int) -> bool:
        # the title line belongs to the header above it
        if self.table is None or self.table.servers or _HEADER.match(written):
            self.table, self.hexadecimal = self._open(start), False
        if _TITLE.match(written):
            self.table.shows_weights = "Scheduler" in written
        self.server = None
        return True

    def _title_of_reals(self, written: str) -> bool:
        # the kernel's own file has a single blank where ipvsadm fills a column
        self.hexadecimal |= written.startswith("-> RemoteAddress:Port Forward")
        return written.startswith("-> RemoteAddress:Port")

    def _open(self, start: int) -> IpvsTable:
        self.dump.tables.append(IpvsTable(start))
        self.by_service = {}
        return self.dump.tables[-1]

    def _add(self, places: _Places, words: list[str], start: int, protocol: str) -> VirtualServer:
        written = words[places.address]
        address, port = (written, None) if protocol == "FWM" else split_address(written, self.hexadecimal)
        persistent = _number(words[places.persistent]) if places.persistent > 0 else None
        if places.persistent < 0:
            persistent = _DEFAULT_PERSISTENT
        server = VirtualServer(protocol, address, port, written, start, persistent=persistent, flags=places.flags)
        server.scheduler = words[places.scheduler] if places.scheduler else None
        server.mask = words[places.mask] if places.mask else None
        if self.table is None:
            self.table = self._open(start)
        self.table.servers.append(server)
        return server

    def _listed(self, written: str, shape: str, start: int) -> bool:
        places = self.listed.of(shape, written)
        if places is None:
            return False
        words = written.split()
        if _HEX_IPV4.fullmatch(words[places.address]):
            self.hexadecimal = True
        self.server = self._add(places, words, start, places.protocol)
        return True

    def _listed_real(self, written: str, shape: str, start: int) -> bool:
        places = self.listed_real.of(shape, written)
        if places is None or self.server is None:
            return False
        words = written.split()
        numbers = [_number(words[each]) for each in places.numbers]
        weight, active, inactive = (numbers + [None] * 3)[:3] if places.forwarding else (None, None, None)
        address, port = split_address(words[places.address], self.hexadecimal)
        self.server.real_servers.append(RealServer(address, port, places.forwarding, weight, active, inactive, start))
        return True

    def _saved(self, written: str, shape: str, start: int) -> bool:
        places = self.saved.of(shape, written)
        if places is None or not places.protocol:
            return False
        if self.table is not None and self.table.servers and not self.by_service:
            self.table = self._open(start)
        server = self._add(places, written.split(), start, places.protocol)
        self.by_service[places.protocol, server.written] = server
        return True

    def _saved_real(self, written: str, shape: str, start: int) -> bool:
        places = self.saved_real.of(shape, written)
        if places is None or not places.numbers:
            return False
        words = written.split()
        server = self.by_service.get((places.protocol, words[places.address]))
        if server is None:
            return False
        address, port = split_address(words[places.numbers[0]], False)
        weight = _number(words[places.weight]) if places.weight else 1
        server.real_servers.append(RealServer(address, port, places.forwarding or "Route", weight, None, None, start))
        return True


def _class_of(found: re.Match[str]) -> str:
    """What the grammar tells apart among the words that differ from line to line."""
    word = found.group()
    if _PLACE.fullmatch(word):
        return ":"
    return "0" if word.isdecimal() else f".{len(word)}"


def _number(written: str) -> int | None:
    unit = _UNITS.get(written[-1:])
    digits = written[:-1] if unit else written
    return int(digits) * (unit or 1) if _DIGITS.fullmatch(digits) else None


def split_address(written: str, hexadecimal: bool) -> tuple[str, int | None]:
    """Address and port; names stay as they are."""
    port: int | None
    if hexadecimal and (found := _HEX_ADDRESS.fullmatch(written)):
        address, port = found[1], int(found[2], 16)
        if address[0] != "[":
            return address_text(bytes.fromhex(address)), port
    else:
        address, colon, last = written.rpartition(":")
        if not colon:
            return written, None
        port = _number(last)
        port = port if port is not None and port <= MAX_PORT else None
    if address[:1] == "[" and address[-1:] == "]":
        parsed = parse_ip(address[1:-1])
        return address[1:-1] if parsed is None else address_text(parsed), port
    return address, port


def _token_places(tree: Any, line: str) -> Iterator[tuple[str, str, int]]:
    """The tokens of a tree with their types, and the numbers of the words that they are."""
    for token in tokens_of(tree):
        yield token.type, str(token), word_number(line, token.start_pos)


def _listed(tree: Any, line: str) -> _Places:
    places = _Places(1)
    flags: list[str] = []
    last = ""
    for kind, written, number in _token_places(tree, line):
        if kind in ("PROTOCOL", "MARKED"):
            places = places._replace(protocol=written)
        elif kind == "SCHEDULER":
            places = places._replace(scheduler=number)
        elif kind == "NUMBER" and last == "PERSISTENT":
            places = places._replace(persistent=number)
        elif kind in ("NUMBER", "WORD") and last in ("MASK", "PERSISTENT NUMBER"):
            places = places._replace(mask=number)
        elif kind == "NUMBER" and not places.scheduler:
            places = places._replace(numbers=(*places.numbers, number))
        elif kind == "FLAG":
            flags.append(written)
        elif kind in ("NUMBER", "WORD") and last == "ENGINE":
            flags.append(f"pe {written}")
        last = "PERSISTENT NUMBER" if kind == "NUMBER" and last == "PERSISTENT" else kind
    return places._replace(flags=tuple(flags))


def _listed_real(tree: Any, line: str) -> _Places:
    places = _Places(1)
    for kind, written, number in _token_places(tree, line):
        if kind == "FORWARDING":
            places = places._replace(forwarding=written)
        elif kind == "NUMBER":
            places = places._replace(numbers=(*places.numbers, number))
    return places


def _saved(tree: Any, line: str) -> _Places:
    places = _Places(0)
    flags: list[str] = []
    words = {"scheduler": 0, "persistent": 0, "mask": 0}
    for option in tree.children:
        name, *values = option.children
        word = word_number(line, values[0].start_pos) if values else 0
        name = str(name)
        if name in _PROTOCOLS and word:
            places = places._replace(protocol=_PROTOCOLS[name], address=word)
        elif _SERVER_WORDS.get(name) == "address" and word:
            places = places._replace(numbers=(word,))
        elif _SERVER_WORDS.get(name) == "weight":
            places = places._replace(weight=word)
        elif name in FORWARDING:
            places = places._replace(forwarding=FORWARDING[name])
        elif name in _SERVICE_WORDS:
            # ipvsadm takes 300 seconds where -p has no number
            found = -1 if name in ("-p", "--persistent") and not word else word
            words[_SERVICE_WORDS[name]] = found
        else:
            flags.append(" ".join((name, *map(str, values))))
    return places._replace(
        flags=tuple(flags), scheduler=words["scheduler"], persistent=words["persistent"], mask=words["mask"]
    )
