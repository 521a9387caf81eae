"""A YAML file as the JSON that the decoders of Kubernetes see.

Source: go.yaml.in/yaml/v2 v2.4.4, decode.go, for what the document means; sigs.k8s.io/yaml v1.6.0, yaml.go
(YAMLToJSON), for what of it JSON can hold.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple, NoReturn

from kpl.golang.goyaml.characters import GoYamlError
from kpl.golang.goyaml.parser import Node, NodeKind, first_document
from kpl.golang.goyaml.scalartypes import BINARY, MERGE, TIMESTAMP, TagError, resolve
from kpl.proxy.configuration.verdict.go_syntax import GoData, GoKey, GoMap, go_key, go_syntax
from kpl.proxy.configuration.verdict.values import (
    Member,
    Number,
    Object,
    TooBigError,
    UnsupportedValueError,
    Value,
    general_float,
    json_float,
)
from kpl.text.span import Span

MAX_DEPTH = 200
"""How deep values may nest before the verdict is left open."""
MAX_VALUES = 500_000
"""How many values, aliases counted each time, may be read before the verdict is left open."""


class RepeatedKey(NamedTuple):
    """A key that stands again in its mapping: its path, the place that does not count, and the strict decoder's line."""

    path: str
    span: Span
    message: str


class JsonError(Exception):
    """What sigs.k8s.io/yaml says of a document that JSON cannot hold."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.message = message
        self.span = span


class YamlDocument(NamedTuple):
    """The value of a document, the keys of each mapping sorted, and the repeated keys that the value leaves out."""

    value: Value
    repeated: list[RepeatedKey]


def yaml_document(text: str, unsupported_key: str) -> YamlDocument:
    """The first document of a YAML file; an empty file is null.

    `unsupported_key` is the first word of the message about keys that are no strings. Raises GoYamlError, JsonError
    and TooBigError.
    """
    root = first_document(text)
    if root is None:
        return YamlDocument(Value(None, Span(0, 0)), [])
    decoder = _Decoder()
    located = decoder.value(root, 0, "")
    _check_keys(located, unsupported_key)
    return YamlDocument(_json(located), decoder.repeated)


class _Located(NamedTuple):
    """A Go value and its node; for a list the items are located, for a map the entries."""

    node: Node
    data: GoData
    items: list[_Located]
    entries: dict[GoKey, _Entry]


class _Entry(NamedTuple):
    key: Node
    value: _Located
    merged: bool


class _Decoder:
    """decode.go's decoder, in the default and the strict mode at once: they only differ in what they say of repeats."""

    def __init__(self) -> None:
        self.repeated: list[RepeatedKey] = []
        self._count = 0
        self._alias_count = 0
        self._alias_depth = 0
        self._aliases: set[int] = set()

    def _fail(self, message: str, node: Node) -> NoReturn:
        raise GoYamlError(message, node.start)

    def _step(self, node: Node, depth: int) -> None:
        """Count a value as go-yaml does, which refuses documents that are nearly nothing but aliases."""
        self._count += 1
        if self._alias_depth:
            self._alias_count += 1
            if self._alias_count > 100 and self._count > 1000:
                share = 0.99 - 0.89 * min(max(self._count - 400_000, 0) / 3_600_000, 1)
                if self._alias_count / self._count > share:
                    self._fail("document contains excessive aliasing", node)
        if depth > MAX_DEPTH:
            raise TooBigError(f"nesting deeper than {MAX_DEPTH} levels")
        if self._count > MAX_VALUES:
            raise TooBigError(f"more than {MAX_VALUES} values")

    def value(self, node: Node, depth: int, path: str) -> _Located:
        self._step(node, depth)
        if node.shape == NodeKind.ALIAS:
            return self._alias(node, depth, path)
        if node.shape == NodeKind.SCALAR:
            return _Located(node, self._scalar(node), [], {})
        if node.shape == NodeKind.SEQUENCE:
            items = [self.value(child, depth + 1, f"{path}[{n}]") for n, child in enumerate(node.children)]
            return _Located(node, [item.data for item in items], items, {})
        entries: dict[GoKey, _Entry] = {}
        self._mapping(node, depth, path, entries, merged=False)
        return _Located(node, GoMap({key: each.value.data for key, each in entries.items()}), [], entries)

    def _enter(self, node: Node) -> Node:
        if id(node) in self._aliases:
            self._fail(f"anchor '{node.value}' value contains itself", node)
        assert node.target is not None
        self._aliases.add(id(node))
        self._alias_depth += 1
        return node.target

    def _leave(self, node: Node) -> None:
        self._alias_depth -= 1
        self._aliases.discard(id(node))

    def _alias(self, node: Node, depth: int, path: str) -> _Located:
        found = self.value(self._enter(node), depth + 1, path)
        self._leave(node)
        return found

    def _scalar(self, node: Node) -> GoData:
        if not node.tag and not node.implicit:
            return node.value
        try:
            tag, value = resolve(node.tag, node.value)
        except TagError as error:
            self._fail(str(error), node)
        if tag == BINARY:
            try:
                data = base64.b64decode(node.value.replace("\r", "").replace("\n", ""), validate=True)
            except (binascii.Error, ValueError):
                self._fail("!!binary value contains invalid base64 data", node)
            text = data.decode("utf-8", "surrogateescape")
            return "".join("\ufffd" if "\udc80" <= character <= "\udcff" else character for character in text)
        return node.value if tag == TIMESTAMP else value

    def _mapping(self, node: Node, depth: int, path: str, entries: dict[GoKey, _Entry], merged: bool) -> None:
        for key, value in zip(node.children[::2], node.children[1::2], strict=True):
            if key.shape == NodeKind.SCALAR and key.value == "<<" and (key.implicit or key.tag == MERGE):
                self._merge(value, depth, path, entries)
                continue
            decoded = self.value(key, depth + 1, path).data
            if isinstance(decoded, list | GoMap):
                self._fail(f"invalid map key: {go_syntax(decoded)}", key)
            name = go_key(decoded)
            inner = f"{path}.{decoded}" if path else str(decoded)
            entry = _Entry(key, self.value(value, depth + 1, inner), merged)
            if name in entries:
                earlier = entries[name]
                span = _span(earlier.key if not earlier.merged else key)
                line = f"line {value.line + 1}: key {go_syntax(decoded)} already set in map"
                self.repeated.append(RepeatedKey(inner, span, line))
            entries[name] = entry

    def _merge(self, node: Node, depth: int, path: str, entries: dict[GoKey, _Entry]) -> None:
        sources = node.children[::-1] if node.shape == NodeKind.SEQUENCE else [node]
        for source in sources:
            target = source.target if source.shape == NodeKind.ALIAS else source
            if target is None or target.shape != NodeKind.MAPPING:
                self._fail("map merge requires map or sequence of maps as the value", source)
            self._step(source, depth + 1)
            if source.shape == NodeKind.ALIAS:
                self._enter(source)
                self._step(target, depth + 1)
            self._mapping(target, depth + 1, path, entries, merged=True)
            if source.shape == NodeKind.ALIAS:
                self._leave(source)


def _span(node: Node) -> Span:
    return Span(node.start, node.end)


def _check_keys(located: _Located, first_word: str) -> None:
    """Raise JsonError where a key can be no string. (sigs.k8s.io/yaml, convertToJSONableObject)"""
    for item in located.items:
        _check_keys(item, first_word)
    for (kind, key), entry in located.entries.items():
        if kind in ("", "uint64"):
            shown = f"type: {kind or '%!s(<nil>)'}, key: {go_syntax(key)}, value: {go_syntax(entry.value.data)}"
            raise JsonError(f"{first_word} map key of {shown}", _span(entry.key))
        _check_keys(entry.value, first_word)


def _json(located: _Located) -> Value:
    """What JSON says of the value. (json.Marshal, which sorts the keys)"""
    data, span = located.data, _span(located.node)
    if isinstance(data, GoMap):
        entries = {_json_key(key): entry for key, entry in located.entries.items()}
        return Value(
            Object([Member(key, _span(entries[key].key), _json(entries[key].value)) for key in sorted(entries)]), span
        )
    if isinstance(data, list):
        return Value([_json(item) for item in located.items], span)
    if data is None or isinstance(data, bool | str):
        return Value(data, span)
    if isinstance(data, int):
        return Value(Number(data), span)
    try:
        return Value(json_float(data), span)
    except UnsupportedValueError as error:
        raise JsonError(str(error), span) from None


def _json_key(key: GoKey) -> str:
    kind, value = key
    if kind == "bool":
        return "true" if value else "false"
    if isinstance(value, float):
        shown = general_float(value, 32)
        return {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}.get(shown, shown)
    return str(value)
