"""The kernel's connection tracking, as conntrack and ``/proc`` print it: text -> ConntrackDump.

Read are ``conntrack -L`` (``-o extended`` too), ``/proc/net/nf_conntrack``, ``conntrack -S`` with a line for each CPU or,
of old conntrack-tools, one for each counter, ``/proc/net/stat/nf_conntrack``, ``conntrack -C``'s trailer and the settings
``nf_conntrack_max`` and ``nf_conntrack_count`` as sysctl prints them. One file may hold all of them.

- https://conntrack-tools.netfilter.org/manual.html
- https://github.com/torvalds/linux/blob/master/net/netfilter/nf_conntrack_standalone.c (``ct_seq_show``, ``ct_cpu_seq_show``)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from kpl.inputs.dumps.shapes import (
    LONGEST_LINE,
    Shapes,
    bare,
    closed_lines_of,
    line_at,
    open_line,
    tokens_of,
    tree_of,
    word_number,
    words_span,
)
from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.text import late
from kpl.text.number import whole_number
from kpl.text.span import Span

# the kernel's older names for the same counter, and conntrack's own
_SAME = {"clashres": "clash_resolve", "icmp_error": "error", "delete_list": "delete"}
_ENTRIES = "entries"

DNS_PORT = 53

_TUPLE = ("src", "dst", "sport", "dport")
_PAIR_OR_NUMBER = late.pattern(r"=\S*|\b\d+\b")
_NUMBER = late.pattern(r"\d+")
_STATISTICS = late.pattern(r"cpu=\d+\s")
_OLD_COUNTER = late.pattern(r"(?:entries|searched|found|new|invalid|ignore|delete|delete_list|insert|insert_failed|drop|early_drop|"
                          r"icmp_error|error|expect_new|expect_create|expect_delete|search_restart)\s+\d{1,20}$")  # fmt: skip
_COLUMNS = late.pattern(r"entries\s+(?:searched|clashres)\s+found\s")
_ROW = late.pattern(r"(?:[0-9a-f]{8,16}\s+){3,}[0-9a-f]{8,16}$")
_TRAILER = late.pattern(r"conntrack v\S+ \(conntrack-tools\): \d{1,20} flow entries")
_SETTING = late.pattern(r"(?:net\.(?:ipv4\.)?netfilter\.)?(?:nf|ip)_conntrack_(?:max|count|buckets)\s*=\s*\d{1,20}$")
_LINE = (
    r"^[ \t]*(?:cpu=\d+[ \t]+(?:searched|found)=\d+ |entries[ \t]+(?:searched|clashres)[ \t]+found[ \t]|"
    r"entries[ \t]+\d+[ \t]*\r?\n[ \t]*searched[ \t]+\d|net\.netfilter\.nf_conntrack_count[ \t]*=[ \t]*\d|"
    r"(?:ipv[46][ \t]+\d+[ \t]+)?[a-z][a-z0-9-]*[ \t]+\d+[ \t]+(?:\d+[ \t]+)?(?:[A-Z_0-9]+[ \t]+)?"
    r"src=[0-9a-fA-F.:]+ dst=[0-9a-fA-F.:]+ )"
)
"""What a line starts with that nothing else prints."""


class Flow(NamedTuple):
    """One entry of the table: where a packet came from and went to, and what the answer to it looks like.

    Ports are None for protocols without them.
    """

    protocol: str
    """``udp``, ``tcp``, ``icmp``, ..."""
    state: str | None
    """``TIME_WAIT``, ``ESTABLISHED``, ...; None for protocols without states."""
    unreplied: bool
    assured: bool
    source: str
    destination: str
    source_port: int | None
    destination_port: int | None
    reply_source: str | None
    """Who answers: the address behind the translation; None where the dump does not say."""
    reply_destination: str | None
    reply_source_port: int | None
    reply_destination_port: int | None


class FlowShape(NamedTuple):
    """What the entries of one shape share, and which word of their lines is what."""

    protocol: str
    state: str | None
    unreplied: bool
    assured: bool
    places: tuple[int, ...]
    """Of src, dst, sport and dport, of the packet first and then of its answer; -1 where there is none."""


@dataclass
class Counters:
    """The counters of one layout, summed over the CPUs."""

    start: int
    """Where its first line starts."""
    values: dict[str, int]
    cpus: int
    """Over how many CPUs they are summed; 0 where the dump does not say."""
    places: dict[str, Span]
    """Where each counter stands, or its largest value where there are several."""
    largest: dict[str, int] = field(default_factory=dict, repr=False)


@dataclass
class ConntrackDump:
    """What one file says of the table of connections; the entries are columns of equal length."""

    text: str = field(repr=False)
    offsets: list[int] = field(default_factory=list, repr=False)
    """Where the line of an entry starts."""
    shapes: list[FlowShape] = field(default_factory=list, repr=False)
    counters: list[Counters] = field(default_factory=list)
    """One for each call of ``conntrack -S`` or ``/proc/net/stat/nf_conntrack`` in the file."""
    shown: tuple[int, Span] | None = None
    """The number of entries that conntrack's trailer tells."""
    settings: dict[str, tuple[int, Span]] = field(default_factory=dict)
    """``max``, ``count`` and ``buckets``, as sysctl prints them."""
    unread: list[int] = field(default_factory=list)
    """Where the lines start that tell nothing of these."""

    def flow(self, row: int) -> Flow:
        """Entry number `row`."""
        shape = self.shapes[row]
        words = line_at(self.text, self.offsets[row]).split()
        found = [words[place].partition("=")[2] if place >= 0 else None for place in shape.places]
        source, destination, sport, dport, *reply = found
        return Flow(
            shape.protocol,
            shape.state,
            shape.unreplied,
            shape.assured,
            source or "",
            destination or "",
            _port(sport),
            _port(dport),
            reply[0],
            reply[1],
            _port(reply[2]),
            _port(reply[3]),
        )

    def dns_flows(self, *protocols: str) -> Iterator[tuple[int, Flow]]:
        """The entries of packets to port 53 over some protocols, with their numbers."""
        rows = (row for row in self._dns_rows if self.shapes[row].protocol in protocols)
        return ((row, flow) for row in rows if (flow := self.flow(row)).destination_port == DNS_PORT)

    @cached_property
    def _dns_rows(self) -> list[int]:
        """The numbers of the entries that may be to port 53."""
        return [row for row, start in enumerate(self.offsets) if " dport=53 " in line_at(self.text, start)]

    def span(self, start: int) -> Span:
        """Where the words of the line stand that starts at `start`."""
        return words_span(self.text, start)


def _port(written: str | None) -> int | None:
    return whole_number(written) if written is not None and len(written) <= 5 else None


class ConntrackReader(FileReader):
    """Reads entries and counters of the table of connections."""

    kind = FileKind(
        word="conntrack",
        model="ConntrackDump",
        as_word="conntrack",
        names=r"\.conntrack$|^conntrack[^.]*$|^(?:nf|ip)_conntrack$",
        lines=(_LINE,),
        rank=100,
    )
    examples = (
        Takes(
            "net.netfilter.nf_conntrack_count = 5\nnet.netfilter.nf_conntrack_max = 9\n",
            {"unread": [], "shown": None},
            "conntrack",
        ),
        Leaves("net.ipv4.ip_forward = 1\n", "conntrack"),
    )

    def parse(self, text: str) -> ConntrackDump:
        """The table that `text` shows."""
        return parse_conntrack(text)


def parse_conntrack(text: str) -> ConntrackDump:
    """Read `text`. Never raises: lines that mean nothing are kept as `unread`."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.dump = ConntrackDump(text)
        self.entries = Shapes("conntrack", "entry", _entry)
        self.statistics = Shapes("conntrack", "statistics", _pair_words)
        self.rows = Shapes("conntrack", "row", _pair_words)
        self.columns: list[str] | None = None
        self.last = ""
        self.counters: Counters | None = None

    def read(self) -> ConntrackDump:
        for line, start in closed_lines_of(self.dump.text):
            written = bare(line)
            if not written or written[0] == "#":
                self.last = ""
                continue
            lead = line.index(written[0])
            kind = self._kind(written, start + lead, start)
            if not kind:
                self.dump.unread.append(start)
            self.last = kind
        if cut := open_line(self.dump.text):
            self.dump.unread.append(cut.start)
        return self.dump

    def _kind(self, written: str, at: int, start: int) -> str:
        """What the line is, read; empty where it means nothing. `at` is where its words start."""
        if len(written) > LONGEST_LINE:
            return ""
        if " src=" in written:
            shape = self.entries.of(_PAIR_OR_NUMBER.sub(_blank, written), written)
            if shape is not None:
                self.dump.offsets.append(start)
                self.dump.shapes.append(shape)
            return "entry" if shape is not None else ""
        if _STATISTICS.match(written):
            return self._cpu(written, at)
        if self.columns is not None and _ROW.match(written):
            return self._row(written, at)
        if _COLUMNS.match(written):
            return self._columns(written, at)
        if _OLD_COUNTER.match(written):
            return self._counter(written, at)
        if _TRAILER.match(written):
            return self._trailer(written, at)
        return self._setting(written, at) if _SETTING.match(written) else ""

    def _cpu(self, written: str, at: int) -> str:
        if self.statistics.of(_NUMBER.sub("0", written), written) is None:
            return ""
        counters = self._continue("statistics", at)
        counters.cpus += 1
        for word, place in list(_words(written, at))[1:]:
            name, _, value = word.partition("=")
            number = whole_number(value) if len(value) <= 20 else None
            if number is not None:
                _count(counters, name, number, place)
        return "statistics"

    def _continue(self, kind: str, at: int) -> Counters:
        """The counters that the line above belongs to, if it is of the same kind; new ones otherwise."""
        if self.counters is None or self.last != kind:
            self.counters = Counters(at, {}, 0, {})
            self.dump.counters.append(self.counters)
        return self.counters

    def _columns(self, written: str, at: int) -> str:
        tree = tree_of("conntrack", "columns", written)
        if tree is None:
            return ""
        self.columns = [str(token) for token in tree.children]
        self.counters = Counters(at, {}, 0, {})
        self.dump.counters.append(self.counters)
        return "row"

    def _row(self, written: str, at: int) -> str:
        words = list(_words(written, at))
        if self.columns is None or self.rows.of(" ".join("0" * len(words)), written) is None:
            return ""
        counters = self._continue("row", at)
        counters.cpus += 1
        for name, (word, place) in zip(self.columns, words, strict=False):
            if name == _ENTRIES:
                # each line tells the entries of the whole table
                counters.values[name] = max(counters.values.get(name, 0), int(word, 16))
                counters.places[name] = place
            else:
                _count(counters, name, int(word, 16), place)
        return "row"

    def _counter(self, written: str, at: int) -> str:
        if tree_of("conntrack", "statistic", written) is None:
            return ""
        counters = self._continue("statistic", at)
        (name, place), (value, _) = _words(written, at)
        _count(counters, name, int(value), Span(place.start, at + len(written)))
        return "statistic"

    def _trailer(self, written: str, at: int) -> str:
        tree = tree_of("conntrack", "trailer", written)
        if tree is None:
            return ""
        number = next(token for token in tokens_of(tree) if token.type == "NUMBER")
        self.dump.shown = int(number), Span(at, at + len(written))
        return "trailer"

    def _setting(self, written: str, at: int) -> str:
        tree = tree_of("conntrack", "setting", written)
        if tree is None:
            return ""
        name, number = (str(token) for token in tree.children)
        self.dump.settings[name.rpartition("_")[2]] = int(number), Span(at, at + len(written))
        return "setting"


def _blank(found: re.Match[str]) -> str:
    return "=" if found.group()[0] == "=" else "0"


def _words(written: str, at: int) -> Iterator[tuple[str, Span]]:
    for each in re.finditer(r"\S+", written):
        yield each.group(), Span(at + each.start(), at + each.end())


def _count(counters: Counters, written: str, value: int, place: Span) -> None:
    name = _SAME.get(written, written)
    counters.values[name] = counters.values.get(name, 0) + value
    if value > counters.largest.get(name, -1):
        counters.largest[name] = value
        counters.places[name] = place


def _pair_words(tree: Any, line: str) -> bool:
    return True


def _entry(tree: Any, line: str) -> FlowShape:
    protocol, state, flags = "", None, set()
    places: list[int] = []
    for child in tree.children:
        if getattr(child, "data", "") == "flow":
            own: dict[str, int] = {}
            for token in tokens_of(child):
                if token.type == "FLAG":
                    flags.add(str(token))
                elif token.type in ("SOURCE", "PAIR"):
                    own.setdefault(token.partition("=")[0], word_number(line, token.start_pos))
            places += (own.get(name, -1) for name in _TUPLE)
        elif getattr(child, "type", "") == "PROTOCOL":
            protocol = str(child)
        elif getattr(child, "type", "") == "STATE":
            state = str(child)
    places += [-1] * (2 * len(_TUPLE) - len(places))
    return FlowShape(protocol, state, "[UNREPLIED]" in flags, "[ASSURED]" in flags, tuple(places))
