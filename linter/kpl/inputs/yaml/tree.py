"""YAML as located nodes.

libyaml (through ruamel.yaml's C parser) gives the events; the nodes are composed here, because a fixer needs what the
usual composers throw away: every key of a mapping that names one twice, anchors that are defined again (legal in YAML
1.2, refused by PyYAML), and which node was reached through an alias, where an edit would change other places too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from kpl.text import late
from kpl.text.span import LENGTH_BITS, Span, Text

if TYPE_CHECKING:
    from typing import Any

MAX_DEPTH = 200
FREE_ALIASED = 10_000
MOST_ALIASED = 10
"""How many nodes aliases may stand for: so many, and so many for each node that is written.

(go-yaml, which Kubernetes reads with, refuses "excessive aliasing" for the same reason.)
"""


class YamlError(Exception):
    """A document that does not parse: what is wrong, and the offset of it in the text given."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Node:
    """Any node: where it stands, and whether it is an alias's view of a node that stands elsewhere."""

    __slots__ = ("_place",)
    shared = False
    tag: str | None = None

    def __init__(self, start: int, end: int) -> None:
        self._place = start << LENGTH_BITS | end - start

    @property
    def start(self) -> int:
        """The offset of its first character."""
        return self._place >> LENGTH_BITS

    @property
    def end(self) -> int:
        """The offset behind its last character."""
        return (self._place >> LENGTH_BITS) + (self._place & (1 << LENGTH_BITS) - 1)

    @end.setter
    def end(self, end: int) -> None:
        start = self.start
        self._place = start << LENGTH_BITS | end - start

    @property
    def span(self) -> Span:
        """The range of the node's own characters, with anchor and tag."""
        return Span(self.start, self.end)


class Scalar(Node):
    """A scalar: its `value` as a string, and its `style`: None for plain, or one of ``' " | >``."""

    __slots__ = ("value",)
    style: str | None = None

    def __init__(self, start: int, end: int, value: str) -> None:
        self._place = start << LENGTH_BITS | end - start  # without a call: there are many
        self.value = value

    @property
    def is_null(self) -> bool:
        """Whether YAML reads this as null."""
        return self.style is None and self.value in ("", "~", "null", "Null", "NULL")

    @property
    def text(self) -> Text:
        """The value with its place."""
        return Text(self.value, self.span)

    def boolean(self) -> bool | None:
        """The value as Kubernetes reads a boolean (YAML 1.1 words count), or None."""
        if self.style is None:
            if self.value.lower() in ("true", "yes", "on", "y"):
                return True
            if self.value.lower() in ("false", "no", "off", "n"):
                return False
        return None


class MarkedScalar(Scalar):
    """A scalar that is quoted, in a block, tagged or shared."""

    __slots__ = ("shared", "style", "tag")

    def __init__(self, start: int, end: int, tag: str | None, value: str, style: str | None) -> None:
        super().__init__(start, end, value)
        self.tag = tag
        self.style = style
        self.shared = False


class Collection(Node):
    """A sequence or a mapping; `flow` tells ``[a, b]`` from block style."""

    __slots__ = ("flow", "shared", "tag")

    def __init__(self, start: int, end: int, tag: str | None, flow: bool) -> None:
        self._place = start << LENGTH_BITS | end - start
        self.tag = tag
        self.flow = flow
        self.shared = False


class Sequence(Collection):
    """A sequence."""

    __slots__ = ("items",)

    def __init__(self, start: int, end: int, tag: str | None, flow: bool) -> None:
        super().__init__(start, end, tag, flow)
        self.items: list[Node] = []


class Mapping(Collection):
    """A mapping: `pairs` in their order, every duplicate included."""

    __slots__ = ("pairs",)

    def __init__(self, start: int, end: int, tag: str | None, flow: bool) -> None:
        super().__init__(start, end, tag, flow)
        self.pairs: list[tuple[Node, Node]] = []

    def keys(self) -> Iterator[Scalar]:
        """The scalar keys, in order."""
        return (key for key, _ in self.pairs if isinstance(key, Scalar))

    def pair(self, name: str) -> tuple[Scalar, Node] | None:
        """The last key `name` with its value (the last one wins, as in the decoders of Kubernetes), merged ones last."""
        merges = False
        for key, value in reversed(self.pairs):
            if isinstance(key, Scalar):
                if key.value == name:
                    return key, value
                merges = merges or key.value == "<<"
        return self._merged_pair(name) if merges else None

    def _merged_pair(self, name: str) -> tuple[Scalar, Node] | None:
        waiting: list[Node] = [self]
        seen: set[int] = set()
        while waiting:
            node = waiting.pop()
            if isinstance(node, Sequence):
                waiting += reversed(node.items)
            if not isinstance(node, Mapping) or id(node.pairs) in seen:
                continue
            seen.add(id(node.pairs))
            for key, value in reversed(node.pairs):
                if isinstance(key, Scalar) and key.value == name:
                    return key, value
            waiting += [value for key, value in node.pairs if isinstance(key, Scalar) and key.value == "<<"]
        return None

    def get(self, *path: str) -> Node | None:
        """The node at the end of a path of keys."""
        node: Node | None = self
        for name in path:
            found = node.pair(name) if isinstance(node, Mapping) else None
            if found is None:
                return None
            node = found[1]
        return node

    def mapping(self, *path: str) -> Mapping | None:
        """The mapping at a path of keys."""
        node = self.get(*path)
        return node if isinstance(node, Mapping) else None

    def items(self, *path: str) -> list[Node]:
        """The items of the sequence at a path of keys; nothing where there is none."""
        node = self.get(*path)
        return node.items if isinstance(node, Sequence) else []

    def scalar(self, *path: str) -> Scalar | None:
        """The scalar at a path of keys, unless it is null."""
        node = self.get(*path)
        return node if isinstance(node, Scalar) and not node.is_null else None

    def text(self, *path: str) -> Text | None:
        """The scalar at a path of keys, as located text."""
        node = self.scalar(*path)
        return node.text if node is not None else None


def compose(text: str, offset: int = 0) -> list[Node]:
    """The root nodes of the documents in `text`; all spans are moved on by `offset`.

    Raises YamlError.
    """
    import _ruamel_yaml
    from ruamel.yaml.error import YAMLError

    try:
        try:
            return _Composer(_ruamel_yaml.CParser(text).get_event, offset).documents()
        except YAMLError as error:
            if getattr(error, "problem", None) != _COLON_REFUSED:
                raise
            return _Composer(_slow_events(text), offset).documents()
    except YAMLError as error:
        raise _yaml_error(error, text) from None
    except (UnicodeEncodeError, ValueError) as error:
        raise YamlError(f"not valid YAML: {error}", 0) from None


@lru_cache(maxsize=8)
def _recently(text: str, offset: int) -> list[Node]:
    return compose(text, offset)


def composed(text: str, offset: int) -> list[Node]:
    """As `compose`, for nodes that nobody changes: those of a small text that was asked for just before are there still."""
    return _recently(text, offset) if len(text) < _REMEMBERED else compose(text, offset)


def is_well_formed(text: str) -> bool:
    """Whether libyaml reads `text`, which it tells a dozen times faster than nodes are made."""
    import _ruamel_yaml
    from ruamel.yaml.error import YAMLError

    try:
        _ruamel_yaml.CParser(text).raw_parse()
    except (YAMLError, UnicodeEncodeError, ValueError):
        return False
    return True


_REMEMBERED = 50_000
"""In characters: the nodes of larger documents are not kept in memory."""
_COLON_REFUSED = "found unexpected ':'"
"""What the libyaml in ruamel.yaml.clib says of ``{image: nginx:1}``, which YAML 1.2 and the API server read."""


def _slow_events(text: str) -> Callable[[], Any]:
    """The events of ruamel.yaml's own parser, ten times slower and up to YAML 1.2."""
    from ruamel.yaml import YAML

    events = iter(YAML(typ="safe", pure=True).parse(text))
    return lambda: next(events, None)


def _yaml_error(error: Any, text: str) -> YamlError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        words = [part for part in (getattr(error, "problem", None), getattr(error, "context", None)) if part]
        return YamlError(", ".join(words), min(mark.index, len(text)))
    position = getattr(error, "position", 0)
    character = getattr(error, "character", 0)
    if isinstance(character, int) and isinstance(position, int):
        # libyaml counts bytes here: find the character itself
        position = max(text.find(chr(character)), 0)
        return YamlError(f"the character U+{character:04X} is not allowed in YAML", position)
    return YamlError(str(error), 0)


class _Composer:
    def __init__(self, next_event: Callable[[], Any], offset: int) -> None:
        self._next = next_event
        self._offset = offset
        self._anchors: dict[str, Node] = {}
        self._open: list[Node] = []
        self._written = 0
        self._aliased = 0
        self._sizes: dict[int, int] = {}
        """How many nodes an anchor's node holds, with those behind its aliases, by its identity."""

    def documents(self) -> list[Node]:
        roots: list[Node] = []
        while True:
            event = self._next()
            kind = type(event).__name__
            if event is None or kind == "StreamEndEvent":
                return roots
            if kind == "DocumentStartEvent":
                self._anchors, self._sizes = {}, {}
                self._written = self._aliased = 0
                roots.append(self._node(self._next(), 0))

    def _node(self, event: Any, depth: int) -> Node:
        kind = type(event).__name__
        start = event.start_mark.index + self._offset
        if depth > MAX_DEPTH:
            raise YamlError(f"nested deeper than {MAX_DEPTH} levels", start - self._offset)
        if kind == "AliasEvent":
            return self._alias(event, start)
        end = event.end_mark.index + self._offset
        self._written += 1
        if kind == "ScalarEvent":
            value, tag, style = event.value, event.tag, event.style
            scalar = MarkedScalar(start, end, tag, value, style or None) if tag or style else Scalar(start, end, value)
            if event.anchor:
                self._anchors[event.anchor] = scalar
            return scalar
        before = self._written + self._aliased - 1
        if kind == "SequenceStartEvent":
            sequence = Sequence(start, end, event.tag, bool(event.flow_style))
            anchor = event.anchor
            if anchor:
                self._anchors[anchor] = sequence
            self._open.append(sequence)
            items = sequence.items
            while type(event := self._next()).__name__ != "SequenceEndEvent":
                items.append(self._node(event, depth + 1))
            self._open.pop()
            if not sequence.flow:
                sequence.end = self._end(event, reversed(items))
            else:
                sequence.end = event.end_mark.index + self._offset
            if anchor:
                self._sizes[id(sequence)] = self._written + self._aliased - before
            return sequence
        mapping = Mapping(start, end, event.tag, bool(event.flow_style))
        anchor = event.anchor
        if anchor:
            self._anchors[anchor] = mapping
        self._open.append(mapping)
        pairs = mapping.pairs
        while type(event := self._next()).__name__ != "MappingEndEvent":
            key = self._node(event, depth + 1)
            if isinstance(key, Scalar):
                key.value = _once(key.value)
            pairs.append((key, self._node(self._next(), depth + 1)))
        self._open.pop()
        if not mapping.flow:
            mapping.end = self._end(event, (node for key, value in reversed(pairs) for node in (value, key)))
        else:
            mapping.end = event.end_mark.index + self._offset
        if anchor:
            self._sizes[id(mapping)] = self._written + self._aliased - before
        return mapping

    def _end(self, event: Any, last_first: Iterable[Node]) -> int:
        """The end of a block collection: libyaml has it at the next token, behind comments that belong to what follows."""
        for node in last_first:
            if not node.shared:
                return node.end
        end: int = event.end_mark.index + self._offset
        return end

    def _alias(self, event: Any, start: int) -> Node:
        target = self._anchors.get(event.anchor)
        if target is None:
            raise YamlError(f"the alias *{event.anchor} has no anchor", start - self._offset)
        if any(target is each for each in self._open):
            raise YamlError(f"the alias *{event.anchor} is inside the node that it refers to", start - self._offset)
        self._aliased += self._sizes.get(id(target), 1)
        if self._aliased > FREE_ALIASED + MOST_ALIASED * self._written:
            raise YamlError(f"its aliases expand to more than {FREE_ALIASED:,} nodes", start - self._offset)
        return _shared_view(target, start, event.end_mark.index + self._offset)


# the same few keys stand in a file of many objects again and again
@lru_cache(maxsize=1000)
def _once(key: str) -> str:
    return key


def _shared_view(node: Node, start: int, end: int) -> Node:
    """`node` as its alias at `start` shows it: the same content (not copied, so no alias bomb), another place."""
    view: Node
    if isinstance(node, Scalar):
        view = MarkedScalar(start, end, node.tag, node.value, node.style)
    elif isinstance(node, Sequence):
        view = Sequence(start, end, node.tag, node.flow)
        view.items = node.items
    else:
        assert isinstance(node, Mapping)
        view = Mapping(start, end, node.tag, node.flow)
        view.pairs = node.pairs
    view.shared = True
    return view


_SEPARATOR = late.pattern(r"^---(?=[ \t\r\n]|$)|^\.\.\.(?=[ \t\r\n]|$)", re.MULTILINE)


_LOGS = "\n==== START logs for container "
_OBJECT_OR_LOGS = late.pattern(r"^(?:\{(?=[\s\"}])|==== (?:START|END) logs for container )", re.MULTILINE)
"""What starts in the output of ``kubectl cluster-info dump``: an object in JSON, or the logs of a container."""
_JSON = late.pattern(r"\s{0,100}\{[\s\"}]")


# each document of a file may ask where the others are
@lru_cache(maxsize=4)
def document_spans(text: str) -> list[Span]:
    """The ranges that `split_documents` gives."""
    return list(split_documents(text))


def split_documents(text: str) -> Iterator[Span]:
    """The ranges of the documents of a YAML stream, each with its own ``---`` line, so that a bad one hides no other.

    A line that starts with ``---`` separates documents wherever it stands, in block scalars and quotes too (YAML 1.2,
    section 9.1.2), so no parsing is needed to find them. Objects in JSON may follow each other without one.
    """
    if "\n{" in text and _JSON.match(text) and (_LOGS in text or "\n---" not in text):
        yield from _json_objects(text)
        return
    if "\n---" not in text and "\n..." not in text:  # most files have one, which the pattern takes longer to tell
        if text and not text.isspace():
            yield Span(0, len(text))
        return
    start = 0
    for found in _SEPARATOR.finditer(text):
        if found.group() == "---" and found.start() > start:
            if text[start : found.start()].strip():
                yield Span(start, found.start())
            start = found.start()
    if text[start:].strip():
        yield Span(start, len(text))


def _json_objects(text: str) -> Iterator[Span]:
    """The ranges of objects in JSON that follow each other, each at the start of a line, without the logs between them."""
    start: int | None = 0
    in_logs = False
    for found in _OBJECT_OR_LOGS.finditer(text):
        if found.group() != "{":
            if start is not None:
                yield Span(start, found.start())
            start, in_logs = None, "START" in found.group()
        elif not in_logs and (start is None or _ends_object(text, found.start())):
            if start is not None and text[start : found.start()].strip():
                yield Span(start, found.start())
            start = found.start()
    if start is not None:
        yield Span(start, len(text))


def _ends_object(text: str, at: int) -> bool:
    """Whether what is before `at` is the end of an object, and not that of a line in one."""
    while at and text[at - 1] in " \t\r\n":
        at -= 1
    return text[at - 1 : at] == "}"
