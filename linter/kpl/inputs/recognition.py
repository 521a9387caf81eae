"""What a YAML document is, as far as its text tells: most of them are nothing for kpl, and are never parsed."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from kpl.inputs.detect import ANSIBLE_VAULT, GIT_CRYPT, GZIP
from kpl.inputs.document import ParseFailure, too_large
from kpl.inputs.reader import ObjectKind
from kpl.inputs.registry import file_kinds, object_kinds
from kpl.text import late
from kpl.text.span import Span

_REASONS_TO_LOOK = (b"ENC[", b"\0")
"""NUL is in binary files, and in UTF-16."""

_SCHEMA = late.pattern(r"^kind[ \t]*:[ \t]*[\"']?CustomResourceDefinition\b", re.MULTILINE)

_FIRST_KEY = late.pattern(r"((?:[ \t]*(?:#[^\n]*|---[ \t]*)?\r?\n)*)[A-Za-z]\w*[ \t]*:")
_WORD = late.pattern(r"""[ \t]*:(?:[ \t]*["']?([\w./-]+)["']?[ \t]*(?:#[^\n]*)?\r?(?:\n|$))?""")
_METADATA = late.pattern(r"^metadata:[ \t]*(?:#[^\n]*)?\r?\n", re.MULTILINE)
_KEY = late.pattern(r"""([ ]+)([^\s#'"][^\s:]*):[ \t]+(?:&\S+[ \t]+)?["']?([\w.-]+)["']?[ \t]*(?:#.*)?$""")
_NOT_ASIDE = r"(?=[^ #\n])(?=[^\n]*\S)"
"""After the indentation of a line that is neither empty nor a comment."""
_LINE_OF_WORDS = late.pattern(rf"^( *){_NOT_ASIDE}", re.MULTILINE)
_NAME = late.pattern(r"[^\s,\[\]{}]+")
_MOST_METADATA = 4_000
"""In characters: how much of an object's metadata is looked through for its name."""


class _Signs(NamedTuple):
    """What texts that may hold an object have in them: one of the words, and each pattern of one of the groups."""

    words: tuple[str, ...]
    groups: tuple[tuple[re.Pattern[str], ...], ...] = ((),)


@cache
def _signs(late: bool) -> tuple[_Signs, ...]:
    """The signs of objects that are read late; of those that are not, which may be in any other object."""
    return _signs_of([each for each in object_kinds() if bool(each.late) is late and not each.tells])


def _signs_of(kinds: list[ObjectKind]) -> tuple[_Signs, ...]:
    clues = [clue for each in kinds for clue in each.clues]
    sure = tuple(dict.fromkeys(word for clue in clues if not clue.patterns for word in clue.words))
    signs = [_Signs(sure)] if sure else []
    of_words: dict[tuple[str, ...], dict[tuple[str, ...], None]] = {}
    for clue in clues:
        if clue.patterns:
            of_words.setdefault(clue.words, {})[clue.patterns] = None
    signs += (_Signs(each, tuple(tuple(map(late.pattern, one)) for one in groups)) for each, groups in of_words.items())
    words = tuple(word for each in kinds if not each.clues for word in each.kinds)
    if words:
        one = "|".join(map(re.escape, words))
        pattern = rf"""kind(?<!\wkind)["']?[ \t]*:[ \t]*["']?(?:{one})(?:List)?["']?[ \t]*[,}}\r\n#]"""
        signs.append(_Signs(words, ((late.pattern(pattern),),)))
    return tuple(signs)


def _are_in(text: str, signs: tuple[_Signs, ...]) -> bool:
    # most files hold none of the words, which is found out much faster than that a pattern does not match
    found = _words_in(text)
    for words, groups in signs:
        if not found.isdisjoint(words) and any(all(each.search(text) for each in patterns) for patterns in groups):
            return True
    return False


# a text is asked about several times in turn
@lru_cache(maxsize=2)
def _words_in(text: str) -> frozenset[str]:
    return frozenset(word for word in _words() if word in text)


@cache
def _words() -> tuple[str, ...]:
    """The words of all signs."""
    signs = (*_signs(True), *_signs(False), *_telling_signs(), *_signs_to_read())
    return tuple(dict.fromkeys(word for each in signs for word in each.words))


@cache
def _telling_signs() -> tuple[_Signs, ...]:
    """The signs of objects that only tell of a cluster, unless they are known by the name of their file."""
    groups = dict.fromkeys(group for each in object_kinds() if each.tells and not each.clues for group in each.groups)
    signs = _signs_of([each for each in object_kinds() if each.tells and each.clues])
    return (_Signs(tuple(groups)), *(each for each in signs if not groups.keys() >= {*each.words}))


@cache
def _signs_to_read() -> tuple[_Signs, ...]:
    """The signs of objects that may be in any other object, so that this one is read."""
    return (
        *_signs(False),
        *_signs_of([each for each in object_kinds() if each.tells and each.clues and not each.late]),
    )


@cache
def _file_names() -> frozenset[str]:
    return frozenset(name for each in object_kinds() for name in each.file_names)


@cache
def _reasons_to_look() -> tuple[bytes, ...]:
    words = [word for word in _words() if not any(each in word for each in _words() if each != word)]
    starts = (kind.start_word for kind in file_kinds().values() if kind.start)
    return (*(word.encode() for word in (*words, *starts)), *_REASONS_TO_LOOK)


@cache
def _promising() -> dict[str, list[ObjectKind]]:
    found: dict[str, list[ObjectKind]] = {}
    for each in object_kinds():
        for word in each.late:
            found.setdefault(word, []).append(each)
    return found


@cache
def _limits() -> tuple[tuple[int, re.Pattern[str]], ...]:
    """How large objects may be, and where they name their kind."""
    return tuple(
        (
            each.largest,
            late.pattern(rf"""(?:^|^[ \t]*\{{[^\n]*?)["']?kind["']?[ \t]*:[ \t]*["']?({one})\b""", re.MULTILINE),
        )
        for each in object_kinds()
        if each.largest and (one := "|".join(each.kinds))
    )


def holds_nothing(name: str, data: bytes) -> bool:
    """Whether the bytes of a YAML file called `name` are enough to tell that nothing in it is for kpl.

    In most files of a repository is none of the words that an object for kpl has, nor any other reason to look closer.
    """
    if name in _file_names():
        return False
    for word in _reasons_to_look():
        if word in data:
            return False
    return not data.startswith((GZIP, GIT_CRYPT, ANSIBLE_VAULT)) and not data.isspace()


def is_interesting(text: str) -> bool:
    """Whether an object in `text` may be one that kpl checks."""
    found = _are_in(text, _signs(True)) or _are_in(text, _signs(False))
    return found and not is_schema(text)


def tells_of_clusters(file_name: str, text: str, *, schemas: bool = False) -> bool:
    """Whether an object in `text` may only tell of a cluster, or of the files that make it; `schemas` count as well."""
    told = file_name in _file_names() or _are_in(text, _telling_signs())
    return told and (schemas or not is_schema(text))


def one_too_large(text: str) -> ParseFailure | None:
    """The failure of an object in `text` that is larger than its kind may be."""
    for most, pattern in _limits():
        if len(text) > most and (found := pattern.search(text)):
            return too_large(found[1], most, Span(*found.span(1)))
    return None


def is_schema(text: str) -> bool:
    """Whether `text` holds the schema of custom resources, which has the fields of all kinds in it."""
    return "CustomResourceDefinition" in text and _SCHEMA.search(text) is not None


def promised_kinds(text: str) -> list[str] | None:
    """What is in the object in `text`: the types of its models, none where it is nothing for kpl; None where it has to be read."""
    if _are_in(text, _signs_to_read()) or not _FIRST_KEY.match(text):
        return None
    kinds = _values_at_top(text, "kind")
    if len(kinds) != 1 or not _named(text, "*").issubset(_named(text, "&")):
        return None
    for promising in _promising().get(kinds[0], ()):
        if any(each in text for each in promising.not_groups):
            return None
        versions = _values_at_top(text, "apiVersion") if promising.groups else []
        if not promising.groups or (len(versions) == 1 and versions[0].startswith(promising.groups)):
            number = entries_below(text, promising.each_below) if promising.each_below else 1
            return [promising.models[0]] * number if number is not None else None
    return [] if any(kinds[0] in each.never for each in object_kinds()) else None


def object_text(text: str) -> str:
    """The part of `text` that is the object itself: all but the comments before it."""
    found = _FIRST_KEY.match(text)
    return text[found.end(1) :] if found is not None else text


def text_of_models(text: str) -> str:
    """The part of an object's `text` that its promised models may be made of: not what is aside, unless an alias may have it."""
    for each in object_kinds():
        if each.aside and each.each_below in text and each.late == tuple(_values_at_top(text, "kind")):
            found = re.search(rf"\n([ ]+){each.each_below}:", text)
            if found is not None:
                start, lines = f"\n{found[1]}", rf"(?:\n{found[1]}[ -][^\n]*|\n[ \t\r]*(?=\n|\Z))*"
                below = rf"{start}(?:{'|'.join(each.aside)}):[^\n]*{lines}"
                text = re.sub(below, lambda aside: aside[0] if "&" in aside[0] else "", text)
    return text


def entries_below(text: str, key: str) -> int | None:
    """How many entries the mapping of `key` has; None where that takes a parser."""
    if key not in text:
        return 0
    found = list(re.finditer(rf"^([ ]+){key}:[ \t]*(?:#[^\r\n]*)?\r?\n", text, re.MULTILINE))
    if len(found) != 1 or text.count(f"{key}:") != 1 or "<<" in text:
        return None
    below = text[found[0].end() :]
    first = _LINE_OF_WORDS.search(below)
    own = len(first[1]) if first is not None else 0
    if own <= len(found[0][1]):
        return 0
    behind = re.search(rf"^ {{0,{own - 1}}}{_NOT_ASIDE}", below, re.MULTILINE)
    return len(re.findall(rf"^ {{{own}}}{_NOT_ASIDE}", below[: behind.start()] if behind else below, re.MULTILINE))


def _named(text: str, sign: str) -> set[str]:
    """The names with this sign, where a value may start: those of aliases with ``*``, of anchors with ``&``."""
    found = set()
    at = text.find(sign)
    while at >= 0:
        behind = max(at - 1, 0)
        while behind and text[behind] in " \t":
            behind -= 1
        starts_value = text[behind] in "[{," or (text[behind] in ":-?" and behind < at - 1)
        name = _NAME.match(text, at + 1) if starts_value else None
        if name is not None:
            found.add(name[0])
        at = text.find(sign, at + 1)
    return found


def _values_at_top(text: str, key: str) -> list[str]:
    """The words that lines starting with `key` give to it, empty for anything but one word."""
    # a pattern that starts with ^ is tried at each character
    starts = [0] if text.startswith(key) else []
    at = text.find("\n" + key)
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n" + key, at + 1)
    found = []
    for start in starts:
        word = _WORD.match(text, start + len(key))
        if word is not None:
            found.append(word[1] or "")
    return found


def written_name(text: str) -> str:
    """The ``metadata.name`` in block style; empty where it is written otherwise."""
    metadata = _METADATA.search(text)
    indent = ""
    lines = text[metadata.end() : metadata.end() + _MOST_METADATA].split("\n") if metadata is not None else ()
    for line in lines:
        if line.strip() and not line.startswith(" "):
            break
        found = _KEY.match(line.rstrip("\r"))
        indent = indent or line[: len(line) - len(line.lstrip(" "))] if line.strip() else indent
        if found is not None and found[1] == indent and found[2] == "name":
            return found[3]
    return ""
