"""Splitting a command line like a shell. Source: github.com/flynn/go-shlex 3f9db97f8568, shlex.go."""

from __future__ import annotations

from kpl.golang.values import GoError

_SPACE = " \t\r\n"
_PLAIN = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-,/@$*()+=><:;&^%~|!?[]{}" + _SPACE + "\"'\\#"
)


def split(line: str) -> list[str]:
    """shlex.Split: words, without their quotes and without comments. Raises GoError.

    Outside of quotes there are no characters but ASCII's.
    """
    words = []
    at = 0
    while at < len(line):
        character = line[at]
        if character in _SPACE:
            at += 1
        elif character == "#":
            end = line.find("\n", at)
            at = len(line) if end < 0 else end
        elif character not in _PLAIN:
            raise GoError(f"Unknown rune: {ord(character)}")
        else:
            word, at = _word(line, at)
            words.append(word)
    return words


def _word(line: str, at: int) -> tuple[str, int]:
    """The word that begins at `at`, and where it ends."""
    word: list[str] = []
    quote = ""
    while at < len(line):
        character = line[at]
        at += 1
        if quote:
            if character == quote:
                quote = ""
            elif character == "\\" and quote == '"':
                word.append(_escaped(line, at))
                at += 1
            else:
                word.append(character)
        elif character in _SPACE:
            break
        elif character in "\"'":
            quote = character
        elif character == "\\":
            word.append(_escaped(line, at))
            at += 1
        elif character not in _PLAIN:
            raise GoError(f"Uknown rune: {ord(character)}")
        else:
            word.append(character)
    if quote:
        raise GoError("EOF found when expecting closing quote.")
    return "".join(word), at


def _escaped(line: str, at: int) -> str:
    if at >= len(line):
        raise GoError("EOF found after escape character")
    if line[at] not in _PLAIN:
        raise GoError(f"Uknown rune: {ord(line[at])}")
    return line[at]
