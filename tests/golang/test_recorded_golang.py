"""What Go's own packages said of each text in recorded.json, asked as tests/oracle/README.md tells (Go 1.26)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kpl.golang import dnstables
from kpl.golang.dnsname import is_domain_name
from kpl.golang.hex import decode_string
from kpl.golang.literals import parse_float
from kpl.golang.net import parse_cidr, parse_ip, split_host_port
from kpl.golang.netip import parse_addr
from kpl.golang.regexp import check_regexp
from kpl.golang.strconv import parse_int, parse_uint
from kpl.golang.template import check_template
from kpl.golang.unicode import code_point
from kpl.golang.urls import parse_url
from kpl.golang.values import GoError, atoi, parse_bool, parse_duration, quote, quote_rune

ROWS: dict[str, list[tuple[str, Any, str | None]]] = json.loads(
    (Path(__file__).parent / "recorded.json").read_text(encoding="utf-8")
)


def _sixteen(address: bytes) -> str:
    return (address if len(address) == 16 else bytes(10) + b"\xff\xff" + address).hex()


def _ip(text: str) -> str | None:
    address = parse_ip(text)
    return None if address is None else _sixteen(address)


def _cidr(text: str) -> list[Any]:
    network = parse_cidr(text)
    if network is None:
        raise GoError(f"invalid CIDR address: {text}")
    return [_sixteen(network[0]), network[1]]


def _addr(text: str) -> list[str]:
    address = parse_addr(text)
    return [address.bytes.hex(), address.zone]


ASKED: dict[str, Callable[[str], Any]] = {
    "atoi": atoi,
    "parsebool": parse_bool,
    "duration": parse_duration,
    "quote": quote,
    "quoterunes": lambda text: [f"{quote_rune(each)} {code_point(each)}" for each in text],
    "parseip": _ip,
    "parseaddr": _addr,
    "parsecidr": _cidr,
    "splithostport": lambda text: list(split_host_port(text)),
    "isdomainname": is_domain_name,
    "url": lambda text: list(parse_url(text, strict_colons=True)),
    # of github.com/miekg/dns v1.1.73
    "names": lambda text: getattr(dnstables, text.upper()),
    # of these Go's answer is looked at where it is a refusal
    "hex": decode_string,
    "regexp": check_regexp,
    "template": lambda text: check_template("answer", text, ["parseInt"]),
}
CHECKED = ("hex", "regexp", "template", "parsefloat")


def said(name: str, text: str) -> tuple[Any, str | None]:
    """What kpl says, in the form of the answers: the value, or the error."""
    kind, *options = name.split()
    base, bits = map(int, options or (10, 64))
    numbers: dict[str, Callable[[str], Any]] = {
        "parseint": lambda text: parse_int(text, base, bits),
        "parseuint": lambda text: parse_uint(text, base, bits),
        "parsefloat": lambda text: parse_float(text, bits),
    }
    try:
        return (ASKED.get(kind) or numbers[kind])(text), None
    except GoError as error:
        return None, str(error)


@pytest.mark.parametrize("name", ROWS)
def test_kpl_says_what_go_said(name: str) -> None:
    wrong = []
    for text, value, error in ROWS[name]:
        answer = said(name, text)
        if answer != (value, error) and not (name.split()[0] in CHECKED and error is None and answer[1] is None):
            wrong.append((text, (value, error), answer))
    assert wrong == []
