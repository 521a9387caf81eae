"""The output of ``nft -j list ruleset``: text -> NftRuleset, the same as `kpl.inputs.dumps.nft` makes of the text form.

The schema is libnftables-json(5). Objects are decoded one by one, so that each has its place and a cut-off file is read
as far as it goes.
"""

from __future__ import annotations

import json
import re
from typing import Any

from kpl.inputs.dumps.nftables import Element, NftChain, NftCounter, NftRuleset, NftSet, NftTable
from kpl.inputs.dumps.nftrule import (
    Assign,
    Bits,
    Braces,
    Concat,
    Counter,
    Mapped,
    Match,
    Nat,
    NftRule,
    NftVerdict,
    Numgen,
    Other,
    PacketField,
    Pair,
    Pairs,
    SetName,
    Several,
    Update,
    VerdictMap,
)
from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.text import late
from kpl.text.span import Span

_END = late.pattern(r"\]\s*\}\s*\Z")
_CUT_START = late.pattern(r'\s*\{\s*"nftables"\s*:\s*')
_START = late.pattern(r'\s*\{\s*"nftables"\s*:\s*\[\s*')
_NEXT = late.pattern(r"\s*,\s*")
_MARK = late.pattern(r"(\d{1,10})((?:/\d+)?)", re.ASCII)
_LIST = late.pattern(r'"elem"\s*:\s*\[\s*')
DEEPEST = 8
"""How deep expressions are nested at most; nft itself prints three levels."""

_FINAL = ("accept", "drop", "return", "continue")
_DEFAULT_REJECT = ({"type": "icmp"}, {"type": "icmpv6"}, {"type": "icmpx"})
_OWN = ("iifname", "oifname", "iif", "oif", "iifgroup", "oifgroup")
"""What the text form writes without ``meta``."""
_BITS = ("&", "|", "^", "<<", ">>")


class _UnknownError(Exception):
    """An expression that has no part in `kpl.inputs.dumps.nftrule`."""


class NftJsonReader(FileReader):
    """Reads the output of ``nft -j list ruleset``."""

    kind = FileKind(
        word="nft -j list ruleset",
        model="NftRuleset",
        as_word="nft-json",
        is_dump=True,
        start=r'\s*\{\s*"nftables"\s*:',
        start_word='"nftables"',
        rank=70,
    )
    examples = (
        Takes(
            '{"nftables": [{"table": {"family": "ip", "name": "kube-proxy"}}]}\n',
            {"json": True, "unread": []},
            "a.json",
        ),
        Leaves('{"kind": "List", "nftables": []}\n', "a.json"),
    )

    def parse(self, text: str) -> NftRuleset:
        """The tables of `text`."""
        return parse_nft_json(text)


def parse_nft_json(text: str) -> NftRuleset:
    """Read `text`. Never raises: where an object cannot be decoded, reading ends, and the place is kept as `unread`."""
    ruleset = NftRuleset(text, json=True)
    started = _START.match(text)
    if not started:
        ruleset.unread.append(0)
        ruleset.cut = Span(0, len(text)) if _CUT_START.fullmatch(text) else None
        return ruleset
    decode = json.JSONDecoder().raw_decode
    tables: dict[tuple[str, str], NftTable] = {}
    at, whole, cut = started.end(), False, True
    while at < len(text) and not (whole := text[at] == "]"):
        try:
            found, end = decode(text, at)
        except (ValueError, RecursionError) as error:
            ruleset.unread.append(at)
            cut = getattr(error, "pos", 0) >= len(text.rstrip()) or not _END.search(text)
            break
        _add(ruleset, tables, found, Span(at, end))
        following = _NEXT.match(text, end)
        at = following.end() if following else _past_blanks(text, end)
        if not following and text[at : at + 1] != "]":
            break
    for table in ruleset.tables:
        table.complete = whole and bool(table.name) and not table.unread
    if cut and not (whole and _END.fullmatch(text, at)):
        ruleset.cut = Span(min(at, len(text) - 1), len(text))
        if ruleset.tables and not whole:
            ruleset.tables[-1].cut = True
    return ruleset


def _past_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _add(ruleset: NftRuleset, tables: dict[tuple[str, str], NftTable], found: Any, span: Span) -> None:
    kind, body = next(iter(found.items()), ("", None)) if isinstance(found, dict) else ("", None)
    if kind == "metainfo":
        return
    if not isinstance(body, dict):
        ruleset.unread.append(span.start)
        return
    family, name = _text(body.get("family")) or "", _text(body.get("name")) or ""
    comment, handle = _text(body.get("comment")), _number(body.get("handle"))
    if kind == "table":
        table = tables[family, name] = NftTable(family, name, span.start, comment, handle)
        ruleset.tables.append(table)
        return
    where = family, _text(body.get("table")) or ""
    in_table = tables.get(where)
    if in_table is None:
        # an object without its table: `nft -j list chain` prints one, an excerpt may
        in_table = tables[where] = NftTable(*where, span.start)
        ruleset.tables.append(in_table)
    if kind in ("set", "map"):
        among = in_table.sets if kind == "set" else in_table.maps
        among[name] = _set(name, body, span, ruleset.text)
    elif kind == "chain":
        in_table.chains[name] = NftChain(
            name,
            span.start,
            ruleset.text,
            _text(body.get("type")),
            _text(body.get("hook")),
            None if body.get("prio") is None else str(body["prio"]),
            _text(body.get("policy")),
            comment,
            handle,
            read=_rule,
        )
    elif kind == "counter":
        packets, octets = _number(body.get("packets")), _number(body.get("bytes"))
        in_table.counters[name] = NftCounter(name, span.start, comment, handle, packets, octets)
    elif kind == "rule":
        chain = _text(body.get("chain")) or ""
        if chain not in in_table.chains:
            in_table.chains[chain] = NftChain(chain, span.start, ruleset.text, read=_rule)
        in_table.chains[chain].rows.append((span.start, (span.end, body)))


def _set(name: str, body: dict[str, Any], span: Span, text: str) -> NftSet:
    keys, flags, data = body.get("type"), body.get("flags"), body.get("map")
    return NftSet(
        name,
        span.start,
        text,
        tuple(str(each) for each in keys) if isinstance(keys, list) else (str(keys),) if keys is not None else (),
        " . ".join(str(each) for each in data) if isinstance(data, list) else _text(data) or "",
        tuple(str(each) for each in flags) if isinstance(flags, list) else (),
        _number(body.get("timeout")),
        _number(body.get("size")),
        _text(body.get("comment")),
        _number(body.get("handle")),
        [span],
        _elements,
    )


def _elements(found: NftSet) -> list[Element]:
    elements: list[Element] = []
    decode = json.JSONDecoder().raw_decode
    for start, end in found.places:
        begun = _LIST.search(found.text, start, end)
        at = begun.end() if begun else end
        while at < end and found.text[at] != "]":
            try:
                each, after = decode(found.text, at)
            except (ValueError, RecursionError):
                break
            elements.append(_element(each, Span(at, after), bool(found.data_type)))
            following = _NEXT.match(found.text, after)
            at = following.end() if following else end
    return elements


def _element(written: Any, span: Span, in_map: bool) -> Element:
    key, data = written if in_map and isinstance(written, list) and len(written) == 2 else (written, None)
    comment = None
    if isinstance(key, dict) and isinstance(key.get("elem"), dict):
        comment, key = _text(key["elem"].get("comment")), key["elem"].get("val")
    try:
        made = None if data is None else _value(data)
        words = _words(key)
    except _UnknownError:
        return Element((json.dumps(key),), None, comment, span)
    if isinstance(made, Concat):
        made = _words(data)
    return Element(words, (made,) if isinstance(made, str) else made, comment, span)


def _words(key: Any) -> tuple[str, ...]:
    made = _value(key)
    parts = made.parts if isinstance(made, Concat) else (made,)
    if not all(isinstance(part, str) for part in parts):
        raise _UnknownError
    return tuple(str(part) for part in parts)


def _rule(chain: NftChain, start: int, row: tuple[int, dict[str, Any]]) -> NftRule:
    end, body = row
    span = Span(start, end)
    written = body.get("expr")
    statements: list[Any] = []
    for each in written if isinstance(written, list) else ():
        try:
            statements.append(_statement(each))
        except _UnknownError:
            statements.append(Other((_short(each),)))
    return NftRule(tuple(statements), _text(body.get("comment")), _number(body.get("handle")), span)


def _short(written: Any) -> str:
    return next(iter(written), "") if isinstance(written, dict) else str(written)[:80]


def _statement(written: Any) -> Any:
    kind, body = _single(written)
    if kind == "match":
        left = _value(_of(body, "left"))
        operator = _text(_of(body, "op")) or ""
        # nft writes no operator where a field is to be equal, or among the bits that are named
        unwritten = operator == "in" or operator == "==" and isinstance(left, (PacketField, Concat))
        right = _of(body, "right")
        if isinstance(right, list) and all(isinstance(each, str) for each in right):
            return Match(left, "" if unwritten else operator, Several(tuple(right)))
        return Match(left, "" if unwritten else operator, _marked(left, _value(right)))
    if kind in ("jump", "goto", "reject", *_FINAL):
        return _verdict(kind, body)
    if kind == "vmap":
        return VerdictMap(_value(_of(body, "key")), _value(_of(body, "data")))
    if kind == "mangle":
        field = _value(_of(body, "key"))
        return Assign(field, _marked(field, _value(_of(body, "value"))))
    if kind in ("dnat", "snat", "masquerade", "redirect"):
        return _nat(kind, body)
    if kind == "set":
        op = _text(_of(body, "op")) or ""
        return Update(op, _value(_of(body, "set")), _value(_of(body, "elem")))
    if kind == "counter":
        if isinstance(body, dict):
            return Counter(("packets", str(body.get("packets")), "bytes", str(body.get("bytes"))))
        return Counter() if body is None else Counter(("name", f'"{body}"'))
    raise _UnknownError


def _verdict(kind: str, body: Any) -> NftVerdict:
    if kind in ("jump", "goto"):
        chain = _text(_of(body, "target"))
        if chain is None:
            raise _UnknownError
        return NftVerdict(kind, chain)
    if kind == "reject" and isinstance(body, dict):
        default = body.get("expr") == "port-unreachable" and {"type": body.get("type")} in _DEFAULT_REJECT
        words = "" if default else " ".join(str(body[name]) for name in ("type", "expr") if name in body)
        return NftVerdict(kind, None, tuple(words.split()))
    return NftVerdict(kind)


def _nat(kind: str, body: Any) -> Nat:
    if not isinstance(body, dict):
        return Nat(kind)
    flags = body.get("flags", ())
    flags = (flags,) if isinstance(flags, str) else flags if isinstance(flags, (list, tuple)) else ()
    address, port = body.get("addr"), body.get("port")
    target = None if address is None else _value(address)
    if port is not None:
        number = _value(port)
        if not isinstance(number, str) or not isinstance(target, str | None):
            raise _UnknownError
        shown = target or ""
        target = f"[{shown}]:{number}" if ":" in shown else f"{shown}:{number}"
    return Nat(kind, _text(body.get("family")), target, tuple(str(flag) for flag in flags))


def _value(written: Any, depth: int = 0) -> Any:
    """An expression of JSON as a part of a rule."""
    if depth > DEEPEST:
        raise _UnknownError
    deeper = depth + 1
    if isinstance(written, str):
        return SetName(written[1:]) if written[:1] == "@" else written
    if isinstance(written, (int, float)) and not isinstance(written, bool):
        return str(written)
    if isinstance(written, list):
        if len(written) == 2 and not isinstance(written[0], list):
            return Pair(_value(written[0], deeper), _value(written[1], deeper))
        raise _UnknownError
    kind, body = _single(written)
    if kind == "payload":
        return PacketField((_must(body, "protocol"), _must(body, "field")))
    if kind == "meta":
        key = _must(body, "key")
        return PacketField((key,) if key in _OWN else (kind, key))
    if kind == "ct":
        direction = _text(_of(body, "dir"))
        return PacketField((kind, *((direction,) if direction else ()), *_must(body, "key").split()))
    if kind == "fib":
        flags = _of(body, "flags")
        flags = (flags,) if isinstance(flags, str) else flags or ()
        return PacketField(("fib", *(str(flag) for flag in flags), _must(body, "result")))
    if kind == "prefix":
        address = _of(body, "addr")
        return f"{address if isinstance(address, int) else _must(body, 'addr')}/{_of(body, 'len')}"
    if kind == "range" and isinstance(body, list):
        return "-".join(str(_value(each, deeper)) for each in body)
    if kind == "concat" and isinstance(body, list):
        return Concat(tuple(_value(each, deeper) for each in body))
    if kind == "set" and isinstance(body, list):
        members = tuple(_value(each, deeper) for each in body)
        return Pairs(members) if members and all(isinstance(each, Pair) for each in members) else Braces(members)
    if kind == "numgen":
        return Numgen(_must(body, "mode"), str(_of(body, "mod")), str(_of(body, "offset") or 0))
    if kind == "map":
        return Mapped(_value(_of(body, "key"), deeper), _value(_of(body, "data"), deeper))
    if kind == "elem":
        return _value(_of(body, "val"), deeper)
    if kind in _BITS and isinstance(body, list) and len(body) == 2:
        left = _value(body[0], deeper)
        return Bits(left, kind, _marked(left, _value(body[1], deeper)))
    if kind in ("jump", "goto", "reject", *_FINAL):
        return _verdict(kind, body)
    raise _UnknownError


def _marked(field: Any, value: Any) -> Any:
    """A mark as the text form writes it: eight hexadecimal digits, and the length of a prefix."""
    inner = field.left if isinstance(field, Bits) else field
    if not (isinstance(inner, PacketField) and inner.words[-1] == "mark" and isinstance(value, str)):
        return value
    found = _MARK.fullmatch(value)
    return f"0x{int(found[1]):08x}{found[2]}" if found else value


def _single(written: Any) -> tuple[str, Any]:
    if not isinstance(written, dict) or len(written) != 1:
        raise _UnknownError
    kind, body = next(iter(written.items()))
    return str(kind), body


def _of(body: Any, name: str) -> Any:
    if not isinstance(body, dict):
        raise _UnknownError
    return body.get(name)


def _must(body: Any, name: str) -> str:
    value = _of(body, name)
    if not isinstance(value, str):
        raise _UnknownError
    return value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
