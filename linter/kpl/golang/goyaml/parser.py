"""The nodes of the first document of a YAML file, as go-yaml v2 parses it.

Source: go.yaml.in/yaml/v2 v2.4.4, parserc.go (the grammar, one method for each of its states) and decode.go (type
parser, which makes nodes of its events). What comes behind the first document is never looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from kpl.golang.goyaml.characters import GoYamlError
from kpl.golang.goyaml.scanner import Scanner
from kpl.golang.goyaml.tokens import Kind, Token


class NodeKind(IntEnum):
    """What a node is."""

    SCALAR = 0
    SEQUENCE = 1
    MAPPING = 2
    ALIAS = 3


class Node:
    """A node of the document: its place (offsets, its line from 0), its tag written out, and what it holds.

    `implicit` tells a plain scalar without a tag; a mapping's `children` are keys and values in turn; an alias has its
    `target` and, in `value`, its name.
    """

    __slots__ = ("children", "end", "implicit", "line", "shape", "start", "tag", "target", "value")

    def __init__(
        self, shape: NodeKind, start: int, end: int, line: int, tag: str = "", value: str = "", implicit: bool = False
    ) -> None:
        self.shape = shape
        self.start = start
        self.end = end
        self.line = line
        self.tag = tag
        self.value = value
        self.implicit = implicit
        self.children: list[Node] = []
        self.target: Node | None = None


class _Close(NamedTuple):
    """The end of a collection, `end` being an offset."""

    end: int


_Event = Node | _Close
_DEFAULT_TAGS = {"!": "!", "!!": "tag:yaml.org,2002:"}
_NO_NODE = (Kind.VERSION_DIRECTIVE, Kind.TAG_DIRECTIVE, Kind.DOCUMENT_START, Kind.DOCUMENT_END, Kind.STREAM_END)
_NO_ENTRY = (Kind.BLOCK_ENTRY, Kind.KEY, Kind.VALUE, Kind.BLOCK_END)
_NO_PART = (Kind.KEY, Kind.VALUE, Kind.BLOCK_END)


def first_document(text: str) -> Node | None:
    """The root node of the first document; None where there is no document. Raises GoYamlError."""
    return _Parser(text).document()


class _Parser:
    def __init__(self, text: str) -> None:
        self._scanner = Scanner(text)
        self._length = len(text)
        self._state: Callable[[], _Event] = self._document_content
        self._states: list[Callable[[], _Event]] = []
        self._tags: dict[str, str] = {}
        self._anchors: dict[str, Node] = {}
        self._anchor = ""

    def document(self) -> Node | None:
        self._next()  # the token in front of everything
        token = self._scanner.peek()
        if token.kind == Kind.STREAM_END:
            return None
        if token.kind in (Kind.VERSION_DIRECTIVE, Kind.TAG_DIRECTIVE, Kind.DOCUMENT_START):
            self._directives()
            token = self._scanner.peek()
            if token.kind != Kind.DOCUMENT_START:
                raise self._error("did not find expected <document start>", token)
            self._scanner.skip()
        else:
            self._tags = dict(_DEFAULT_TAGS)
            self._state = self._block_node
        root = self._compose()
        self._scanner.peek()  # its errors count: the end of the document is looked for
        return root

    def _compose(self) -> Node:
        open_nodes: list[Node] = []
        while True:
            event = self._state()
            if isinstance(event, _Close):
                node = open_nodes.pop()
                node.end = max(node.end, event.end, *(child.end for child in node.children[-1:]))
            else:
                node = event
                if node.shape == NodeKind.ALIAS:
                    node.target = self._anchors.get(node.value)
                    if node.target is None:
                        raise GoYamlError(f"unknown anchor '{node.value}' referenced", node.start)
                elif self._anchor:
                    self._anchors[self._anchor] = node
                    self._anchor = ""
                if open_nodes:
                    open_nodes[-1].children.append(node)
                if node.shape in (NodeKind.SEQUENCE, NodeKind.MAPPING):
                    open_nodes.append(node)
            if not open_nodes:
                return node

    def _error(self, problem: str, token: Token) -> GoYamlError:
        where = f"line {token.line}: " if token.line else ""
        return GoYamlError(where + problem, min(token.start, self._length))

    def _next(self) -> Token:
        """Go past a token; the one behind it."""
        self._scanner.peek()
        self._scanner.skip()
        return self._scanner.peek()

    def _directives(self) -> None:
        version = False
        token = self._scanner.peek()
        while token.kind in (Kind.VERSION_DIRECTIVE, Kind.TAG_DIRECTIVE):
            if token.kind == Kind.VERSION_DIRECTIVE:
                if version:
                    raise self._error("found duplicate %YAML directive", token)
                if token.value != "1.1":
                    raise self._error("found incompatible YAML document", token)
                version = True
            else:
                if token.value in self._tags:
                    raise self._error("found duplicate %TAG directive", token)
                self._tags[token.value] = token.suffix
            token = self._next()
        self._tags = {**_DEFAULT_TAGS, **self._tags}

    def _empty(self, at: int, line: int) -> Node:
        return Node(NodeKind.SCALAR, at, at, line, implicit=True)

    def _document_content(self) -> _Event:
        token = self._scanner.peek()
        if token.kind in _NO_NODE:
            return self._empty(token.start, token.line)
        return self._block_node()

    def _block_node(self) -> _Event:
        return self._node(block=True, indentless=False)

    def _block_value(self) -> _Event:
        return self._node(block=True, indentless=True)

    def _flow_node(self) -> _Event:
        return self._node(block=False, indentless=False)

    def _pop(self) -> None:
        if self._states:
            self._state = self._states.pop()

    def _node(self, block: bool, indentless: bool) -> Node:
        token = self._scanner.peek()
        if token.kind == Kind.ALIAS:
            self._pop()
            self._scanner.skip()
            return Node(NodeKind.ALIAS, token.start, token.end, token.line, value=token.value)
        start, end, line = token.start, token.start, token.line
        tag_token: Token | None = None
        for _ in range(2):
            if token.kind == Kind.ANCHOR and not self._anchor:
                self._anchor = token.value
            elif token.kind == Kind.TAG and tag_token is None:
                tag_token = token
            else:
                break
            end = token.end
            token = self._next()
        tag = self._tag(tag_token) if tag_token is not None else ""
        if indentless and token.kind == Kind.BLOCK_ENTRY:
            self._state = self._indentless_entry
            return Node(NodeKind.SEQUENCE, start, token.end, line, tag)
        if token.kind == Kind.SCALAR:
            self._pop()
            self._scanner.skip()
            implicit = (not tag and token.plain) or tag == "!"
            return Node(NodeKind.SCALAR, start, token.end, line, tag, token.value, implicit)
        opened = self._collection(token.kind, block)
        if opened is not None:
            shape, self._state = opened
            return Node(shape, start, token.end, line, tag)
        if end > start:
            self._pop()
            return Node(NodeKind.SCALAR, start, end, line, tag, implicit=not tag)
        raise self._error("did not find expected node content", token)

    def _tag(self, token: Token) -> str:
        if not token.value:
            return token.suffix
        tag = self._tags[token.value] + token.suffix if token.value in self._tags else ""
        if not tag:
            raise self._error("found undefined tag handle", token)
        return tag

    def _collection(self, kind: Kind, block: bool) -> tuple[NodeKind, Callable[[], _Event]] | None:
        if kind == Kind.FLOW_SEQUENCE_START:
            return NodeKind.SEQUENCE, self._flow_sequence_start
        if kind == Kind.FLOW_MAPPING_START:
            return NodeKind.MAPPING, self._flow_mapping_start
        if block and kind == Kind.BLOCK_SEQUENCE_START:
            return NodeKind.SEQUENCE, self._block_sequence_start
        if block and kind == Kind.BLOCK_MAPPING_START:
            return NodeKind.MAPPING, self._block_mapping_start
        return None

    def _close(self, end: int, skip: bool = True) -> _Close:
        self._pop()
        if skip:
            self._scanner.skip()
        return _Close(end)

    def _then(self, state: Callable[[], _Event], node: Callable[[], _Event]) -> _Event:
        """Read a node, and go on with `state` behind it."""
        self._states.append(state)
        return node()

    def _or_empty(self, state: Callable[[], _Event], at: int, line: int) -> Node:
        """An empty scalar, and go on with `state` behind it."""
        self._state = state
        return self._empty(at, line)

    def _block_sequence_start(self) -> _Event:
        self._next()
        return self._block_entry()

    def _block_entry(self) -> _Event:
        token = self._scanner.peek()
        if token.kind == Kind.BLOCK_ENTRY:
            following = self._next()
            if following.kind not in (Kind.BLOCK_ENTRY, Kind.BLOCK_END):
                return self._then(self._block_entry, self._block_node)
            return self._or_empty(self._block_entry, token.end, token.line)
        if token.kind == Kind.BLOCK_END:
            return self._close(0)
        raise self._error("did not find expected '-' indicator", token)

    def _indentless_entry(self) -> _Event:
        token = self._scanner.peek()
        if token.kind != Kind.BLOCK_ENTRY:
            return self._close(0, skip=False)
        if self._next().kind not in _NO_ENTRY:
            return self._then(self._indentless_entry, self._block_node)
        return self._or_empty(self._indentless_entry, token.end, token.line)

    def _block_mapping_start(self) -> _Event:
        self._next()
        return self._block_key()

    def _block_key(self) -> _Event:
        token = self._scanner.peek()
        if token.kind == Kind.KEY:
            if self._next().kind not in _NO_PART:
                return self._then(self._block_mapped, self._block_value)
            return self._or_empty(self._block_mapped, token.end, token.line)
        if token.kind == Kind.BLOCK_END:
            return self._close(0)
        raise self._error("did not find expected key", token)

    def _block_mapped(self) -> _Event:
        token = self._scanner.peek()
        if token.kind == Kind.VALUE:
            if self._next().kind not in _NO_PART:
                return self._then(self._block_key, self._block_value)
            return self._or_empty(self._block_key, token.end, token.line)
        return self._or_empty(self._block_key, token.start, token.line)

    def _flow_sequence_start(self) -> _Event:
        return self._flow_entry(self._next())

    def _flow_next_entry(self) -> _Event:
        token = self._scanner.peek()
        if token.kind == Kind.FLOW_ENTRY:
            token = self._next()
        elif token.kind != Kind.FLOW_SEQUENCE_END:
            raise self._error("did not find expected ',' or ']'", token)
        return self._flow_entry(token)

    def _flow_entry(self, token: Token) -> _Event:
        if token.kind == Kind.KEY:
            self._scanner.skip()
            self._state = self._flow_pair_key
            return Node(NodeKind.MAPPING, token.start, token.end, token.line)
        if token.kind != Kind.FLOW_SEQUENCE_END:
            return self._then(self._flow_next_entry, self._flow_node)
        return self._close(token.end)

    def _flow_pair_key(self) -> _Event:
        token = self._scanner.peek()
        if token.kind not in (Kind.VALUE, Kind.FLOW_ENTRY, Kind.FLOW_SEQUENCE_END):
            return self._then(self._flow_pair_value, self._flow_node)
        self._scanner.skip()
        return self._or_empty(self._flow_pair_value, token.end, token.line)

    def _flow_pair_value(self) -> _Event:
        token = self._scanner.peek()
        if token.kind == Kind.VALUE and self._next().kind not in (Kind.FLOW_ENTRY, Kind.FLOW_SEQUENCE_END):
            return self._then(self._flow_pair_end, self._flow_node)
        return self._or_empty(self._flow_pair_end, token.start, token.line)

    def _flow_pair_end(self) -> _Event:
        self._state = self._flow_next_entry
        return _Close(self._scanner.peek().start)

    def _flow_mapping_start(self) -> _Event:
        return self._flow_key(self._next())

    def _flow_next_key(self) -> _Event:
        token = self._scanner.peek()
        if token.kind == Kind.FLOW_ENTRY:
            token = self._next()
        elif token.kind != Kind.FLOW_MAPPING_END:
            raise self._error("did not find expected ',' or '}'", token)
        return self._flow_key(token)

    def _flow_key(self, token: Token) -> _Event:
        if token.kind == Kind.KEY:
            token = self._next()
            if token.kind not in (Kind.VALUE, Kind.FLOW_ENTRY, Kind.FLOW_MAPPING_END):
                return self._then(self._flow_mapped, self._flow_node)
            return self._or_empty(self._flow_mapped, token.start, token.line)
        if token.kind != Kind.FLOW_MAPPING_END:
            return self._then(self._flow_unmapped, self._flow_node)
        return self._close(token.end)

    def _flow_mapped(self) -> _Event:
        token = self._scanner.peek()
        if token.kind == Kind.VALUE and self._next().kind not in (Kind.FLOW_ENTRY, Kind.FLOW_MAPPING_END):
            return self._then(self._flow_next_key, self._flow_node)
        token = self._scanner.peek()
        return self._or_empty(self._flow_next_key, token.start, token.line)

    def _flow_unmapped(self) -> _Event:
        token = self._scanner.peek()
        return self._or_empty(self._flow_next_key, token.start, token.line)
