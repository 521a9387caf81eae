"""Compare kpl.golang with Go itself on made-up inputs: python tests/oracle/fuzz_golang.py --help.

Needs the oracle that `make oracle-golang` builds. Says what disagrees and ends with 1 if anything does.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import golang_texts as texts
from golang_texts import Chance

from kpl.golang.dnsname import is_domain_name
from kpl.golang.hex import decode_string
from kpl.golang.literals import parse_float
from kpl.golang.net import parse_cidr, parse_ip, split_host_port
from kpl.golang.netip import parse_addr
from kpl.golang.regexp import check_regexp
from kpl.golang.regexp.nodes import FOLD, NON_GREEDY, Node, Op
from kpl.golang.regexp.syntax import Parser
from kpl.golang.strconv import parse_int, parse_uint
from kpl.golang.template import check_template
from kpl.golang.unicode import code_point
from kpl.golang.urls import parse_url
from kpl.golang.values import GoError, atoi, parse_bool, parse_duration, quote, quote_rune

BATCH = 20_000


class Kind(NamedTuple):
    """One kind of question: how to make a text and what kpl says of it."""

    name: str
    make: Callable[[Chance], str]
    say: Callable[[str], Any]
    options: dict[str, int] = {}
    rarity: int = 1
    """One text where others have so many: it takes seconds."""


def check_answer(text: str) -> None:
    check_template("answer", text, ["parseInt"])


def parsed_ip(text: str) -> str | None:
    address = parse_ip(text)
    return None if address is None else _sixteen(address)


def _sixteen(address: bytes) -> str:
    return (address if len(address) == 16 else bytes(10) + b"\xff\xff" + address).hex()


def parsed_cidr(text: str) -> list[Any]:
    network = parse_cidr(text)
    if network is None:
        raise GoError(f"invalid CIDR address: {text}")
    return [_sixteen(network[0]), network[1]]


def parsed_addr(text: str) -> list[str]:
    address = parse_addr(text)
    return [address.bytes.hex(), address.zone]


def checked_float(bits: int) -> Callable[[str], None]:
    def check(text: str) -> None:
        parse_float(text, bits)

    return check


def checked_hex(text: str) -> None:
    decode_string(text)


def split(text: str) -> list[str]:
    return list(split_host_port(text))


def parsed_url(text: str) -> list[str]:
    return list(parse_url(text, strict_colons=True))


def quoted_runes(text: str) -> list[str]:
    return [f"{quote_rune(each)} {code_point(each)}" for each in text]


def regexp_tree(pattern: str) -> list[Any]:
    parser = Parser(pattern)
    parser.parse()
    return _tree(parser._tree._stack[0])


def _tree(node: Node) -> list[Any]:
    shown = {Op.LITERAL: FOLD, **dict.fromkeys((Op.STAR, Op.PLUS, Op.QUEST, Op.REPEAT), NON_GREEDY)}
    return [
        int(node.op),
        bool(node.flags & shown.get(node.op, 0)),
        node.runes,
        node.min,
        node.max,
        *map(_tree, node.subs),
    ]


KINDS = [
    Kind("regexp", texts.mutated_regexp, check_regexp),
    Kind("regexp", texts.edge_regexp, check_regexp, rarity=500),
    Kind("regexptree", texts.ascii_regexp, regexp_tree),
    Kind("template", texts.mutated_template, check_answer),
    Kind("atoi", texts.integer, atoi),
    Kind("parseint", texts.integer, lambda text: parse_int(text, 0, 64), {"base": 0}),
    Kind("parseint", texts.integer, lambda text: parse_int(text, 10, 32), {"bits": 32}),
    Kind("parseuint", texts.integer, lambda text: parse_uint(text, 0, 16), {"base": 0, "bits": 16}),
    Kind("parseuint", texts.integer, lambda text: parse_uint(text, 10, 64)),
    Kind("parsefloat", texts.floating, checked_float(64)),
    Kind("parsefloat", texts.floating, checked_float(32), {"bits": 32}),
    Kind("parsebool", texts.boolean, parse_bool),
    Kind("duration", texts.duration, parse_duration),
    Kind("quote", texts.characters, quote),
    Kind("quoterunes", texts.characters, quoted_runes),
    Kind("parseip", texts.host, parsed_ip),
    Kind("parseaddr", texts.host, parsed_addr),
    Kind("parsecidr", texts.host, parsed_cidr),
    Kind("splithostport", texts.host, split),
    Kind("isdomainname", texts.domain, is_domain_name),
    Kind("url", texts.url, parsed_url),
    Kind("hex", texts.hexadecimal, checked_hex),
]


def asked(oracle: Path, kind: Kind, texts: list[str]) -> Iterator[dict[str, Any]]:
    """Go's answers."""
    lines = []
    for text in texts:
        encoded = base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
        lines.append(json.dumps({"kind": kind.name, "text_base64": encoded, **kind.options}))
    done = subprocess.run([oracle], input="\n".join(lines), capture_output=True, check=True, encoding="utf-8")
    return map(json.loads, done.stdout.removesuffix("\n").split("\n"))


def name_of(kind: Kind) -> str:
    return " ".join([kind.name, kind.make.__name__, *(f"{key}={value}" for key, value in kind.options.items())])


def shown(value: Any) -> Any:
    """As JSON shows it, which has no bytes that are not UTF-8."""
    if isinstance(value, list):
        return [shown(each) for each in value]
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= each <= "\udfff" else each for each in value)
    return value


def said(kind: Kind, text: str) -> tuple[Any, str | None]:
    """kpl's answer, in the form of the oracle's."""
    try:
        return shown(kind.say(text)), None
    except GoError as error:
        return None, shown(str(error))


def compare(oracle: Path, kind: Kind, count: int, seed: int) -> int:
    """Ask both; the number of disagreements."""
    chance = Chance(f"{seed} {name_of(kind)}")
    wrong = refused = given_up = 0
    slowest = 0.0
    texts_of_errors = set()
    for start in range(0, count, BATCH):
        texts = [kind.make(chance) for _ in range(min(BATCH, count - start))]
        for text, answer in zip(texts, asked(oracle, kind, texts), strict=True):
            began = time.perf_counter()
            try:
                value, error = said(kind, text)
            except RecursionError:
                given_up += 1
                continue
            slowest = max(slowest, time.perf_counter() - began)
            refused += answer["error"] is not None
            texts_of_errors.add(answer["error"])
            if (value, error) != (answer["value"], answer["error"]):
                wrong += 1
                if wrong <= 10:
                    print(
                        f"  {text[:200]!r}\n    Go:  {answer['value']!r:.100} {answer['error']!r:.200}\n    kpl: {value!r:.100} {error!r:.200}"
                    )
    print(
        f"{name_of(kind)}: {count} texts, {refused} refused, {len(texts_of_errors)} different errors, {wrong} disagreements, {given_up} given up, slowest {slowest * 1000:.0f} ms"
    )
    return wrong


def main() -> int:
    folder = Path(
        os.environ.get("ORACLE_DIR") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kpl-oracle"
    )
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", help=", ".join(map(name_of, KINDS)) + "; any word of these")
    parser.add_argument("-n", type=int, default=10_000, help="texts of each generator")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--oracle", type=Path, default=folder / "golang")
    words = parser.parse_args()
    chosen = [kind for kind in KINDS if not words.kinds or {*words.kinds} & {*name_of(kind).split()}]
    return min(1, sum(compare(words.oracle, kind, words.n // kind.rarity, words.seed) for kind in chosen))


if __name__ == "__main__":
    sys.exit(main())
