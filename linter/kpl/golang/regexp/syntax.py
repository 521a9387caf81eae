"""The syntax of a regular expression: parse.go, as far as it reads the text."""

from __future__ import annotations

import re

from kpl.golang.regexp.limits import LimitError
from kpl.golang.regexp.nodes import (
    DOT_NL,
    FOLD,
    NON_GREEDY,
    ONE_LINE,
    Node,
    Op,
    append_range,
    clean,
    folded,
    negated,
    pairs,
)
from kpl.golang.regexp.tree import Tree
from kpl.golang.unicode import class_name, class_runes
from kpl.golang.values import GoError

_FLAGS = {"i": FOLD, "m": ONE_LINE, "s": DOT_NL, "U": NON_GREEDY}
_REPEATS = {"*": Op.STAR, "+": Op.PLUS, "?": Op.QUEST}
_ESCAPES = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_OCTAL = "01234567"

_DIGIT, _LOWER, _UPPER, _SPACE = [0x30, 0x39], [0x61, 0x7A], [0x41, 0x5A], [0x20, 0x20]
_WORD = [*_DIGIT, *_UPPER, 0x5F, 0x5F, *_LOWER]
_PERL = {"d": _DIGIT, "s": [9, 10, 12, 13, *_SPACE], "w": _WORD}
_POSIX = {
    "alnum": [*_DIGIT, *_UPPER, *_LOWER],
    "alpha": [*_UPPER, *_LOWER],
    "ascii": [0, 0x7F],
    "blank": [9, 9, *_SPACE],
    "cntrl": [0, 0x1F, 0x7F, 0x7F],
    "digit": _DIGIT,
    "graph": [0x21, 0x7E],
    "lower": _LOWER,
    "print": [0x20, 0x7E],
    "punct": [0x21, 0x2F, 0x3A, 0x40, 0x5B, 0x60, 0x7B, 0x7E],
    "space": [9, 13, *_SPACE],
    "upper": _UPPER,
    "word": _WORD,
    "xdigit": [*_DIGIT, 0x41, 0x46, 0x61, 0x66],
}


def _error(why: str, expression: str) -> GoError:
    return GoError(f"error parsing regexp: {why}: `{expression}`")


def _is_alphanumeric(character: str) -> bool:
    return character.isascii() and character.isalnum()


class _Class:
    """A character class while it is read."""

    def __init__(self, fold: bool) -> None:
        self.fold = fold
        self.ranges: list[int] = []
        self.tables: set[str] = set()
        self.table_runes = 0

    def add(self, low: int, high: int) -> None:
        """appendRange or appendFoldedRange."""
        for first, last in folded(low, high) if self.fold else [(low, high)]:
            append_range(self.ranges, first, last)

    def add_group(self, group: list[int], negate: bool) -> None:
        """appendGroup: a Perl or POSIX class."""
        if self.fold:
            group = clean([each for low, high in pairs(group) for both in folded(low, high) for each in both])
        for low, high in pairs(negated(group) if negate else group):
            append_range(self.ranges, low, high)

    def add_table(self, name: str, negate: bool) -> None:
        """The class of a Unicode name."""
        self.tables.add(f"{name}/{self.fold}/{negate}")
        self.table_runes += class_runes(name, self.fold, negate)


class Parser:
    """One parse of a pattern; raises GoError."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._last_posix_end = pattern.rfind(":]")
        self._tree = Tree()

    def parse(self) -> int:
        """Parse the whole pattern."""
        try:
            self._parse()
        except LimitError as limit:
            raise _error(str(limit), self._text) from None
        return self._tree.captures

    # -- the text

    def _peek(self, ahead: int = 0) -> str:
        return self._text[self._at + ahead : self._at + ahead + 1]

    def _next(self) -> str:
        """nextRune: "" at the end."""
        character = self._peek()
        if "\ud800" <= character <= "\udfff":
            raise _error("invalid UTF-8", self._text[self._at :])
        self._at += len(character)
        return character

    @staticmethod
    def _check_utf8(text: str) -> None:
        found = re.search("[\ud800-\udfff]", text)
        if found:
            raise _error("invalid UTF-8", text[found.start() :])

    def _since(self, start: int) -> str:
        return self._text[start : self._at]

    # -- the syntax

    def _parse(self) -> None:
        tree, text = self._tree, self._text
        last_repeat: int | None = None
        while self._at < len(text):
            repeat: int | None = None
            character = text[self._at]
            if character == "(":
                if self._peek(1) == "?":
                    self._group()
                else:
                    self._at += 1
                    tree.left_paren(captures=True)
            elif character == "|":
                self._at += 1
                tree.vertical_bar()
            elif character == ")":
                self._at += 1
                if not tree.right_paren():
                    raise _error("unexpected )", text)
            elif character in "^$":
                self._at += 1
                tree.operator(Op.ASSERTION)
            elif character == ".":
                self._at += 1
                tree.operator(Op.ANY if tree.flags & DOT_NL else Op.ANY_NOT_NL)
            elif character == "[":
                self._class()
            elif character in "*+?":
                repeat = self._at
                self._at += 1
                self._repeat(_REPEATS[character], 0, 0, repeat, last_repeat)
            elif character == "{":
                repeat = self._counted(last_repeat)
            elif character == "\\":
                self._backslash()
            else:
                tree.literal(ord(self._next()))
            last_repeat = repeat
        if not tree.finish():
            raise _error("missing closing )", text)

    def _repeat(self, op: Op, low: int, high: int, start: int, last_repeat: int | None) -> None:
        flags = self._tree.flags
        if self._peek() == "?":
            self._at += 1
            flags ^= NON_GREEDY
        if last_repeat is not None:
            raise _error("invalid nested repetition operator", self._since(last_repeat))
        if not self._tree.repeatable():
            raise _error("missing argument to repetition operator", self._since(start))
        if not self._tree.repeat(op, low, high, flags):
            raise _error("invalid repeat count", self._since(start))

    def _counted(self, last_repeat: int | None) -> int | None:
        """``{2,3}``; where it begins, or None where the brace stands for itself."""
        start = self._at
        found = re.compile(r"\{(0|[1-9][0-9]*)(?:(,)(0|[1-9][0-9]*)?)?\}").match(self._text, start)
        if not found:
            self._at += 1
            self._tree.literal(ord("{"))
            return None
        self._at = found.end()
        low, comma, high = found.groups()
        counts = [int(each[:5]) for each in (low, high or low)]
        if max(counts) > 1000 or counts[0] > counts[1]:
            raise _error("invalid repeat count", found[0])
        self._repeat(Op.REPEAT, counts[0], -1 if comma and not high else counts[1], start, last_repeat)
        return start

    def _group(self) -> None:
        """parsePerlFlags: what begins with ``(?``."""
        start, tree = self._at, self._tree
        named = re.compile(r"\(\?P?<").match(self._text, start)
        if named and named.end() < len(self._text):
            end = self._text.find(">", start)
            if end < 0:
                self._check_utf8(self._text[start:])
                raise _error("invalid named capture", self._text[start:])
            name = self._text[named.end() : end]
            self._check_utf8(name)
            self._at = end + 1
            if not name or not all(each == "_" or _is_alphanumeric(each) for each in name):
                raise _error("invalid named capture", self._since(start))
            tree.left_paren(captures=True)
            return
        self._at += 2
        flags, negative, saw_flag = tree.flags, False, False
        while character := self._next():
            if character in _FLAGS:
                # m is the absence of one line
                sets = negative == (character == "m")
                flags = flags | _FLAGS[character] if sets else flags & ~_FLAGS[character]
                saw_flag = True
            elif character == "-" and not negative:
                negative, saw_flag = True, False
            elif character in ":)" and (saw_flag or not negative):
                if character == ":":
                    tree.left_paren(captures=False)
                tree.flags = flags
                return
            else:
                break
        raise _error("invalid or unsupported Perl syntax", self._since(start))

    def _backslash(self) -> None:
        tree, following = self._tree, self._peek(1)
        if following and following in "AbBz":
            self._at += 2
            tree.operator(Op.ASSERTION)
        elif following == "C":
            raise _error("invalid escape sequence", "\\C")
        elif following == "Q":
            self._quoted()
        else:
            node = tree.new_class()
            found = _Class(bool(tree.flags & FOLD))
            if self._unicode_class(found) or self._perl_class(found):
                node.runes = found.ranges
                self._push(node, found)
            else:
                tree.drop(node)
                tree.literal(self._escape())

    def _quoted(self) -> None:
        r"""``\Q...\E``"""
        start = self._at + 2
        end = self._text.find("\\E", start)
        literal = self._text[start:] if end < 0 else self._text[start:end]
        self._at = len(self._text) if end < 0 else end + 2
        for at, character in enumerate(literal):
            if "\ud800" <= character <= "\udfff":
                self._check_utf8(literal[at:])
            self._tree.literal(ord(character))

    # -- classes and escapes

    def _push(self, node: Node, found: _Class) -> None:
        node.tables = tuple(sorted(found.tables))
        self._tree.count_runes(found.table_runes)
        self._tree.push(node)

    def _class(self) -> None:
        """parseClass: what stands in brackets."""
        start = self._at
        node = self._tree.new_class()
        found = _Class(bool(self._tree.flags & FOLD))
        self._at += 1
        negate = self._peek() == "^"
        self._at += negate
        first = True
        while first or self._peek() != "]":
            first = False
            if not (self._posix_class(found) or self._unicode_class(found) or self._perl_class(found)):
                self._range(found, start)
        self._at += 1
        node.runes = clean(found.ranges)
        if negate:
            node.runes = negated(node.runes)
            found.tables = {f"^{each}" for each in found.tables}
        self._push(node, found)

    def _range(self, found: _Class, bracket: int) -> None:
        start = self._at
        low = high = self._class_character(bracket)
        if self._peek() == "-" and self._peek(1) not in ("", "]"):
            self._at += 1
            high = self._class_character(bracket)
            if high < low:
                raise _error("invalid character class range", self._since(start))
        found.add(low, high)

    def _class_character(self, bracket: int) -> int:
        character = self._peek()
        if not character:
            raise _error("missing closing ]", self._text[bracket:])
        return self._escape() if character == "\\" else ord(self._next())

    def _posix_class(self, found: _Class) -> bool:
        """parseNamedClass"""
        start = self._at
        if not self._text.startswith("[:", start) or self._last_posix_end < start + 2:
            return False
        end = self._text.index(":]", start + 2)
        self._at = end + 2
        name = self._text[start + 2 : end]
        negate = name.startswith("^")
        group = _POSIX.get(name[negate:])
        if group is None:
            raise _error("invalid character class range", self._since(start))
        found.add_group(group, negate)
        return True

    def _perl_class(self, found: _Class) -> bool:
        name = self._peek(1)
        if self._peek() != "\\" or name.lower() not in _PERL:
            return False
        found.add_group(_PERL[name.lower()], name.isupper())
        self._at += 2
        return True

    def _unicode_class(self, found: _Class) -> bool:
        r"""``\pN``, ``\p{Greek}``, ``\P{^Greek}``."""
        start = self._at
        kind = self._peek(1)
        if self._peek() != "\\" or kind not in ("p", "P"):
            return False
        self._at += 2
        name = self._next()
        if name == "{":
            end = self._text.find("}", start)
            if end < 0:
                self._check_utf8(self._text[start:])
                raise _error("invalid character class range", self._text[start:])
            name = self._text[start + 3 : end]
            self._at = end + 1
            self._check_utf8(name)
        negate = name.startswith("^")
        known = class_name(name[negate:])
        if known is None:
            raise _error("invalid character class range", self._since(start))
        found.add_table(known, negate != (kind == "P"))
        return True

    def _escape(self) -> int:
        """parseEscape: the code point of an escaped character."""
        start = self._at
        self._at += 1
        character = self._next()
        if not character:
            raise _error("trailing backslash at end of expression", "")
        if character.isascii() and not character.isalnum():
            return ord(character)
        if character in _ESCAPES:
            return _ESCAPES[character]
        following = self._peek()
        if character == "0" or (character in _OCTAL and following and following in _OCTAL):
            digits = re.compile("[0-7]{1,3}").match(self._text, start + 1)
            assert digits is not None
            self._at = digits.end()
            return int(digits[0], 8)
        if character == "x" and following:
            code = self._hexadecimal()
            if code is not None:
                return code
        raise _error("invalid escape sequence", self._since(start))

    def _hexadecimal(self) -> int | None:
        """What follows ``\\x``: two digits, or any number of them in braces; None where it is neither."""
        digits = self._next()
        if digits != "{":
            digits += self._next()
            return int(digits, 16) if re.fullmatch("[0-9A-Fa-f]{2}", digits) else None
        code: int | None = None
        while (digit := self._next()) and digit != "}":
            if not re.fullmatch("[0-9A-Fa-f]", digit):
                return None
            code = (code or 0) * 16 + int(digit, 16)
            if code > 0x10FFFF:
                return None
        return code if digit else None
