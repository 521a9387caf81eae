"""Changes that use what YAML can do: tags, anchors, styles of scalars, flow style, documents, directives, tabs."""

from __future__ import annotations

import re
from random import Random

MARKS = [
    b"&a ", b"*a", b"!!str ", b"!!int ", b"!!binary ", b"!x ", b"? ", b"<<: *a\n", b"---\n", b"...\n", b"%YAML 1.1\n---\n", b"- ", b"| ", b"|+\n", b">-\n",
    b"[", b"]", b"{", b"}", b": ", b"- - ", b"~", b"=", b'"\\x41\\u2028', b"'''", b"# x\n", b"\t",
]  # fmt: skip


def insert_mark(random: Random, data: bytes, other: bytes) -> bytes:
    """A mark at the start of a value or of a line."""
    places = [found.end() for found in re.finditer(rb"(?m): ?|^[ \t]*(?:- )?", data)]
    at = random.choice(places) if places else 0
    return data[:at] + random.choice(MARKS) + data[at:]


def restyle_scalar(random: Random, data: bytes, other: bytes) -> bytes:
    """A block scalar with another head, or a value in quotes."""
    heads = list(re.finditer(rb"[|>][+-]?[0-9]?(?=\n)", data))
    if heads and random.random() < 0.6:
        head = random.choice(heads)
        new = random.choice((b"|", b">", b"|-", b"|+", b">2", b"|1", b"|9", b'"', b"'"))
        return data[: head.start()] + new + data[head.end() :]
    values = list(re.finditer(rb"(?m)(?<=: )[^\s#|>&*!{\[\"'][^\n]*$", data))
    if not values:
        return data
    value = random.choice(values)
    quote = random.choice((b'"', b"'"))
    return data[: value.start()] + quote + value.group() + quote + data[value.end() :]


def alias_value(random: Random, data: bytes, other: bytes) -> bytes:
    """A value with an anchor, and another one that is its alias."""
    values = list(re.finditer(rb"(?m)(?<=: )[^\s#&*!][^\n]*$", data))
    if len(values) < 2:
        return data
    first, second = sorted(random.sample(values, 2), key=lambda found: found.start())
    return data[: first.start()] + b"&a " + data[first.start() : second.start()] + b"*a" + data[second.end() :]


def reindent(random: Random, data: bytes, other: bytes) -> bytes:
    """One line, or all of them, further in or out; tabs for blanks."""
    if random.random() < 0.2:
        return data.replace(b"  ", b"\t")
    lines = data.split(b"\n")
    at = random.randrange(len(lines))
    lines[at] = random.choice(
        (b" " + lines[at], b"  " + lines[at], lines[at][1:], lines[at].lstrip(), b"\t" + lines[at])
    )
    return b"\n".join(lines)


def second_document(random: Random, data: bytes, other: bytes) -> bytes:
    """Another document behind this one."""
    return data + random.choice((b"\n---\n", b"---\n", b"\n...\n")) + other[:600]


def in_a_list(random: Random, data: bytes, other: bytes) -> bytes:
    """The document as an item of a list."""
    return b"apiVersion: v1\nkind: List\nitems:\n- " + data.replace(b"\n", b"\n  ")


YAML_FEATURES = [insert_mark, insert_mark, restyle_scalar, alias_value, reindent, second_document, in_a_list]
