"""The rules of the plugin ``rewrite`` for EDNS0 options. (CoreDNS plugin/rewrite/edns0.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller, Word
from kpl.golang.hex import decode_string
from kpl.golang.strconv import parse_uint
from kpl.golang.strings import to_lower
from kpl.golang.values import quote

VARIABLES = frozenset("{qname} {qtype} {client_ip} {client_port} {protocol} {server_ip} {server_port}".split())


@dataclass
class Edns0Rule:
    """A rule for an EDNS0 option: local, nsid or subnet; `values` are its code and data or its two prefix lengths."""

    stops: bool
    option: str
    action: str
    values: list[str]
    reverts: bool = False
    kind: str = "edns0"


def edns0_rule(c: Controller, stops: bool, args: list[Word]) -> Edns0Rule:
    """newEdns0Rule, over the words behind ``edns0``."""
    if len(args) < 2:
        raise c.refuse("too few arguments for an EDNS0 rule")
    option, action = to_lower(args[0]), to_lower(args[1])
    if action == "unset" and c.since("1.12.3"):
        return _unset(c, stops, option, args)
    if action not in ("append", "replace", "set"):
        raise c.refuse(f"invalid action: {quote(action)}", args[1])
    revertible = c.since("1.11.4")
    reverts = revertible and args[-1] == "revert"
    values = args[2:-1] if reverts else args[2:]
    if option == "nsid":
        if values:
            why = "can accept no more than one arg" if revertible else "do not accept args"
            raise c.refuse(f"EDNS0 NSID rules {why}", values[0])
    elif option in ("local", "subnet"):
        if len(values) != 2:
            count = "three or four" if revertible else "exactly three"
            raise c.refuse(f"EDNS0 {option} rules require {count} args")
        if option == "local":
            _check_local(c, *values)
        else:
            _check_subnet(c, *values)
    else:
        raise c.refuse(f"invalid rule type {quote(option)}", args[0])
    return Edns0Rule(stops, option, action, [str(value) for value in values], reverts)


def _unset(c: Controller, stops: bool, option: str, args: list[Word]) -> Edns0Rule:
    if option not in ("local", "nsid", "subnet"):
        raise c.refuse(f"invalid rule type {quote(option)}", args[0])
    if len(args) != (3 if option == "local" else 2):
        count = "two arguments" if option == "local" else "one argument"
        raise c.refuse(f"{option} unset action requires exactly {count}")
    if option == "local":
        _uint16(c, args[2])
    return Edns0Rule(stops, option, "unset", [str(value) for value in args[2:]])


def _uint16(c: Controller, word: Word) -> int:
    return c.read(lambda text: parse_uint(text, 0, 16), word)


def _check_local(c: Controller, code: Word, data: Word) -> None:
    _uint16(c, code)
    if data.startswith("{") and data.endswith("}"):
        if data not in VARIABLES and not _is_label(c, data[1:-1]):
            raise c.refuse(f"unsupported variable name {quote(data)}", data)
    elif data.startswith("0x"):
        c.read(lambda text: decode_string(text[2:]), data)


def _is_label(c: Controller, label: str) -> bool:
    """metadata.IsLabel: two words with a slash between them; more than two from 1.8.5 on."""
    namespace, _, name = label.partition("/")
    return bool(namespace and name) and ("/" not in name or c.since("1.8.5"))


def _check_subnet(c: Controller, *lengths: Word) -> None:
    for word, family, bits in zip(lengths, ("4", "6"), (32, 128), strict=True):
        length = _uint16(c, word)
        if length > bits:
            raise c.refuse(f"invalid IPv{family} bit mask length {length}", word)
