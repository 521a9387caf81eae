"""Objects in the syntax of Terraform as YAML of the same length, so that each character keeps its place.

Source: https://developer.hashicorp.com/terraform/language/expressions/types, github.com/hashicorp/hcl, hclsyntax/spec.md.
"""

from __future__ import annotations

from kpl.inputs.hosts.blocks import filled_in
from kpl.text import late

MOST = 100_000
"""In characters: longer objects are not read."""
_DEEPEST = 50
_SHORTEST = 6
"""An expression is one placeholder, in quotes: ``"${_}"``."""
_KEY = late.pattern(r"[A-Za-z_][\w-]*|\d+")
_LITERAL = late.pattern(r"(?:true|false|null|-?\d+(?:\.\d+)?)(?![\w.])")
_BLANKS = " \t\r"
_HEREDOC = late.pattern(r"<<-?([A-Za-z_][\w-]*)[ \t]*\r?\n")
_CLOSERS = {"{": "}", "[": "]", "(": ")"}
_PLAIN = late.pattern(r"[^\"{}\[\]()\n,#/<]+")


class _UnreadableError(Exception):
    """What is written there is not an object that YAML can have."""


def yaml_of(text: str) -> str | None:
    """`text`, an object of Terraform, as YAML; None where it cannot be."""
    found = converted(text, 0)
    return found[0] + text[found[1] :] if found is not None and not text[found[1] :].strip() else None


def converted(text: str, start: int) -> tuple[str, int] | None:
    """The object that starts at `start` as YAML, and where it ends; None where there is none."""
    if not text.startswith("{", start):
        return None
    converter = _Converter(text, start)
    try:
        end = converter.object(start, 0)
    except _UnreadableError:
        return None
    return converter.written(end), end


class _Converter:
    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._start = start
        self._most = start + MOST
        self._changes: list[tuple[int, int, str]] = []
        """What is written otherwise: from where, to where, and how."""

    def written(self, end: int) -> str:
        """The YAML of all from the start to `end`."""
        parts, done = [], self._start
        for first, last, new in self._changes:
            parts += [self._text[done:first], new]
            done = last
        return "".join((*parts, self._text[done:end]))

    def object(self, at: int, depth: int) -> int:
        """Read the object at `at`; where it ends."""
        at = self._blank(at + 1, lines=True)
        while not self._text.startswith("}", at):
            at = self._key(at)
            at = self._value(at, depth + 1, in_list=False)
            end = self._blank(at, lines=False)
            if self._text.startswith(",", end):
                at = self._blank(end + 1, lines=True)
            elif self._text.startswith("\n", end):
                # the comma that YAML needs there
                self._changes.append((end, end + 1, ","))
                at = self._blank(end + 1, lines=True)
            else:
                at = end
                if not self._text.startswith("}", at):
                    raise _UnreadableError
        return at + 1

    def _list(self, at: int, depth: int) -> int:
        at = self._blank(at + 1, lines=True)
        while not self._text.startswith("]", at):
            at = self._blank(self._value(at, depth + 1, in_list=True), lines=True)
            if self._text.startswith(",", at):
                at = self._blank(at + 1, lines=True)
            elif not self._text.startswith("]", at):
                raise _UnreadableError
        return at + 1

    def _key(self, at: int) -> int:
        """Read a key with what is behind it, up to the value."""
        found = _KEY.match(self._text, at)
        if self._text.startswith('"', at):
            end = self._string(at)
            self._fill(at, end)
        elif found is not None:
            end = found.end()
        else:
            end = self._placeholder(at, self._expression(at, in_list=False, stops="=:")) if at < self._most else at
        end = self._blank(end, lines=False)
        if self._text[end : end + 1] not in ("=", ":") or self._text[end + 1 : end + 2] not in (" ", "\t"):
            raise _UnreadableError
        self._changes.append((end, end + 1, ":"))
        return self._blank(end + 1, lines=False)

    def _value(self, at: int, depth: int, *, in_list: bool) -> int:
        if depth > _DEEPEST or at > self._most:
            raise _UnreadableError
        known = len(self._changes)
        opener = self._text[at : at + 1]
        if opener in ("{", "["):
            is_loop = self._text.startswith(("for ", "for\t"), self._blank_end(at + 1, lines=True))
            end = None if is_loop else self.object(at, depth) if opener == "{" else self._list(at, depth)
        elif opener == '"':
            end = self._string(at)
            self._fill(at, end)
        else:
            literal = _LITERAL.match(self._text, at)
            end = literal.end() if literal is not None else None
        if end is not None and self._ends(end, in_list=in_list):
            return end
        if end is not None and opener in ("{", "["):
            raise _UnreadableError  # its end may be far away, and nobody writes more behind it
        del self._changes[known:]
        return self._placeholder(at, self._expression(at, in_list=in_list))

    def _placeholder(self, start: int, end: int) -> int:
        if end - start < _SHORTEST:
            raise _UnreadableError
        self._changes.append((start, end, '"${' + "_" * (end - start - 5) + '}"'))
        return end

    def _ends(self, at: int, *, in_list: bool) -> bool:
        """Whether a value ends at `at`, and is no part of an expression."""
        end = self._blank_end(at, lines=in_list)
        return self._text[end : end + 1] in (",", "]", "}", "\n")

    def _expression(self, at: int, *, in_list: bool, stops: str = "") -> int:
        """Where the expression at `at` ends."""
        open_: list[str] = []
        text, start, last = self._text, at, at
        while at < len(text):
            sign = text[at]
            if not open_ and (sign in ",]}" or sign in stops or (sign == "\n" and not in_list)):
                break
            if sign in _CLOSERS:
                open_.append(_CLOSERS[sign])
            elif sign in "}])" and open_ and open_.pop() != sign:
                raise _UnreadableError
            heredoc = _HEREDOC.match(text, at) if sign == "<" else None
            if sign == '"':
                at = self._string(at)
            elif heredoc is not None:
                at = self._heredoc(heredoc.end(), heredoc[1])
            elif sign in "#/" and (after := self._blank_end(at, lines=False)) > at:
                at = after
                continue  # a comment at the end is none of it
            elif stops:
                at += 1
            else:
                plain = _PLAIN.match(text, at)
                at = plain.end() if plain is not None else at + 1
            last = at
            if at > self._most:
                raise _UnreadableError
        return start + len(text[start:last].rstrip())

    def _heredoc(self, at: int, word: str) -> int:
        """Where the line ends that closes a heredoc."""
        while 0 <= at < self._most:
            end = self._text.find("\n", at)
            line = self._text[at : end if end >= 0 else len(self._text)]
            if line.strip() == word:
                return at + len(line.rstrip("\r"))
            at = end + 1 or -1
        raise _UnreadableError

    def _string(self, at: int) -> int:
        """Where the string at `at` ends: what is in ``${}`` may have strings, too."""
        text, depth = self._text, 0
        at += 1
        while at < min(len(text), self._most):
            sign = text[at]
            if sign == "\n":
                break
            if sign == "\\" and not depth:
                at += 1
            elif sign in "$%" and text[at + 1 : at + 2] == "{" and not depth and text[at - 1] != sign:
                depth, at = 1, at + 1
            elif sign == '"' and not depth:
                return at + 1
            elif depth and sign in "{}":
                depth += 1 if sign == "{" else -1
            at += 1
        raise _UnreadableError

    def _fill(self, start: int, end: int) -> None:
        """Make words of what is in the ``${}`` of a string."""
        written = self._text[start:end]
        filled = filled_in(written, "{")
        if filled != written:
            self._changes.append((start, end, filled))

    def _blank(self, at: int, *, lines: bool) -> int:
        """Where the white space and the comments at `at` end; YAML gets spaces for the comments."""
        end = self._blank_end(at, lines=lines)
        blank = self._text[at:end]
        if blank.strip(" \n"):
            self._changes.append((at, end, "".join(each if each == "\n" else " " for each in blank)))
        return end

    def _blank_end(self, at: int, *, lines: bool) -> int:
        text = self._text
        blanks = _BLANKS + "\n" if lines else _BLANKS
        while at < len(text):
            if text[at] in blanks:
                at += 1
            elif text.startswith(("#", "//"), at):
                end = text.find("\n", at)
                at = end if end >= 0 else len(text)
            elif text.startswith("/*", at):
                at = text.find("*/", at + 2) + 2
                if at < 2:
                    raise _UnreadableError
            else:
                break
        return at
