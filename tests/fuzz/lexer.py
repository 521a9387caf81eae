"""CoreDNS's lexer, written once more and only for comparison: coredns/caddy, caddyfile/lexer.go."""

from __future__ import annotations

_SPACE = set("\t\v\f \r\n\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | set(map(chr, range(0x2000, 0x200B)))


def words_of(text: str) -> list[tuple[str, int]]:
    """The words of a Corefile, each with its line."""
    words: list[tuple[str, int]] = []
    value, line, start = "", 1, 1
    quoted = escaped = comment = False
    for character in text.removeprefix("\ufeff"):
        if quoted:
            if not escaped and character == "\\":
                escaped = True
                continue
            if not escaped and character == '"':
                words.append((value, start))
                value, quoted = "", False
                continue
            line += character == "\n"
            value += ("\\" if escaped and character != '"' else "") + character
            escaped = False
            continue
        if character in _SPACE:
            if character == "\r":
                continue
            if character == "\n":
                line, comment = line + 1, False
            if value:
                words.append((value, start))
                value, comment = "", False
            continue
        comment = comment or character == "#"
        if comment:
            continue
        if not value:
            start = line
            if character == '"':
                quoted = True
                continue
        value += character
    return [*words, (value, start)] if value else words
