"""Changes to a file: to its bytes, lines, words, line ends and encoding, and splices with another file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from seeds import Seed
from yaml_features import YAML_FEATURES

Mutator = Callable[[Random, bytes, bytes], bytes]
"""A source of chance, the file, and another one to take pieces from."""

BYTES = [
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xe2\x80",
    b"\xed\xa0\x80",
    b"\r",
    b"\n",
    b"\t",
    b"\x85",
    b"\xc2\xa0",
    b"\xe2\x80\xa8",
    b"\x1b[31m",
]
WORDS = [
    b"{", b"}", b"{}", b"{\n", b"\n}", b"}\n{", b'"', b"'", b"#", b" # ", b"\\", b",", b":", b"import *", b"import x", b"import", b"(x)", b"{$A}",
    b"{%A%}", b"{{ .Values.x }}", b"{% if x %}", b"{# kpl: ignore", b"${X}", b"}STUBDOMAINS", b"__PILLAR__DNS__", b"# kpl: ignore[KPL201]",
    b"# kpl: ignore", b"# kpl: ignore-file", b"# kpl: ignore-file[ALL]", b"fallthrough", b"cache", b"forward", b"kubernetes", b".:53",
    b"0", b"-1", b"9" * 25, b"9" * 5000, "\u0663".encode(), "\u00b2".encode(), b"1e9", b"0x1f", b"1.5", b"30s", b"::1", b"10.0.0.0/8", b"fd00::/8",
    b"-A KUBE-SERVICES -j KUBE-SVC-X", b"COMMIT", b"*nat", b"*filter", b"table ip kube-proxy {", b"elements = {", b"-j DNAT --to-destination :",
]  # fmt: skip


def mutated(random: Random, seed: Seed, seeds: Sequence[Seed]) -> Seed:
    """`seed` after a few changes, now and then under the name of another one."""
    data = seed.data
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        data = random.choice(_CHOICE)(random, data, random.choice(seeds).data)
    name = random.choice(seeds).name if random.random() < 0.03 else seed.name
    return Seed(name, data)


def _at(random: Random, data: bytes) -> int:
    return random.randint(0, len(data))


def _range(random: Random, data: bytes) -> tuple[int, int]:
    start = _at(random, data)
    return start, min(len(data), start + random.choice((1, 2, 5, 20, 100)))


def flip(random: Random, data: bytes, other: bytes) -> bytes:
    """Another byte in the place of one."""
    if not data:
        return data
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def insert_bytes(random: Random, data: bytes, other: bytes) -> bytes:
    """Bytes that are no UTF-8, no printable character, or white space of an odd kind."""
    at = _at(random, data)
    return data[:at] + random.choice(BYTES) * random.choice((1, 1, 2)) + data[at:]


def insert_word(random: Random, data: bytes, other: bytes) -> bytes:
    """A word that means something somewhere."""
    at = _at(random, data)
    space = random.choice((b"", b" ", b"\n"))
    return data[:at] + space + random.choice(WORDS) + space + data[at:]


def delete(random: Random, data: bytes, other: bytes) -> bytes:
    """A range less."""
    start, end = _range(random, data)
    return data[:start] + data[end:]


def cut(random: Random, data: bytes, other: bytes) -> bytes:
    """The file up to a place, or from it."""
    at = _at(random, data)
    return data[:at] if random.random() < 0.7 else data[at:]


def splice(random: Random, data: bytes, other: bytes) -> bytes:
    """A piece of another file."""
    start, end = sorted((_at(random, other), _at(random, other)))
    at = _at(random, data)
    return data[:at] + other[start : min(end, start + 400)] + data[at:]


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True) or [b""]


def repeat_line(random: Random, data: bytes, other: bytes) -> bytes:
    """A line again, there or elsewhere."""
    lines = _lines(data)
    lines.insert(random.randint(0, len(lines)), random.choice(lines))
    return b"".join(lines)


def swap_lines(random: Random, data: bytes, other: bytes) -> bytes:
    """Two lines in each other's place."""
    lines = _lines(data)
    a, b = random.randrange(len(lines)), random.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def take_line(random: Random, data: bytes, other: bytes) -> bytes:
    """A line of another file."""
    lines = _lines(data)
    lines.insert(random.randint(0, len(lines)), random.choice(_lines(other)))
    return b"".join(lines)


def drop_line(random: Random, data: bytes, other: bytes) -> bytes:
    """A line less."""
    lines = _lines(data)
    del lines[random.randrange(len(lines))]
    return b"".join(lines)


def _replaced_word(random: Random, data: bytes, new: Callable[[bytes], bytes]) -> bytes:
    words = list(re.finditer(rb"[^\s]+", data))
    if not words:
        return data
    word = random.choice(words)
    return data[: word.start()] + new(word.group()) + data[word.end() :]


def swap_word(random: Random, data: bytes, other: bytes) -> bytes:
    """A word of this file or another one in the place of a word."""
    words = re.findall(rb"[^\s]+", data if random.random() < 0.5 else other) or [b""]
    return _replaced_word(random, data, lambda _: random.choice(words))


def misspell(random: Random, data: bytes, other: bytes) -> bytes:
    """A word with one letter too many, too few, or wrong."""

    def wrong(word: bytes) -> bytes:
        at = random.randrange(len(word))
        return word[:at] + random.choice((b"", b"x", word[at : at + 1] * 2)) + word[at + 1 :]

    return _replaced_word(random, data, wrong)


def glue(random: Random, data: bytes, other: bytes) -> bytes:
    """White space less between two words, or another kind of it."""
    spaces = list(re.finditer(rb"\s+", data))
    if not spaces:
        return data
    space = random.choice(spaces)
    return data[: space.start()] + random.choice((b"", b" ", b"\n", b"\t", b"\r\n", b"\r")) + data[space.end() :]


def number(random: Random, data: bytes, other: bytes) -> bytes:
    """A number that is too large, too small, or none."""
    numbers = list(re.finditer(rb"[0-9]+", data))
    if not numbers:
        return data
    found = random.choice(numbers)
    new = random.choice(
        (b"0", b"-1", b"65536", b"4294967296", b"9" * 20, b"1" + b"0" * 4400, "\u0663".encode(), "\u00b2".encode())
    )
    return data[: found.start()] + new + data[found.end() :]


def line_ends(random: Random, data: bytes, other: bytes) -> bytes:
    """CR LF or CR in all lines, or in one of two."""
    end = random.choice((b"\r\n", b"\r\n", b"\r"))
    if random.random() < 0.6:
        return data.replace(b"\r\n", b"\n").replace(b"\n", end)
    return b"".join(line.rstrip(b"\r\n") + random.choice((b"\n", end)) for line in _lines(data))


def encoding(random: Random, data: bytes, other: bytes) -> bytes:
    """The file in another encoding, or behind a byte order mark."""
    if random.random() < 0.4:
        return b"\xef\xbb\xbf" + data
    text = data.decode("utf-8", "replace")
    return text.encode(random.choice(("utf-16", "utf-16-le", "utf-32", "latin-1")), "replace")


def no_final_line_end(random: Random, data: bytes, other: bytes) -> bytes:
    """The last line without its end."""
    return data.rstrip()


_USUAL: list[Mutator] = [
    flip, insert_bytes, insert_word, insert_word, delete, delete, cut, splice, repeat_line, swap_lines, take_line, drop_line,
    swap_word, swap_word, misspell, misspell, glue, glue, number, line_ends, encoding, no_final_line_end,
]  # fmt: skip
_CHOICE = [*_USUAL, *YAML_FEATURES]
