"""The tokens that go-yaml v2 makes of a YAML file."""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """The kinds of tokens."""

    STREAM_START = 0
    STREAM_END = 1
    VERSION_DIRECTIVE = 2
    TAG_DIRECTIVE = 3
    DOCUMENT_START = 4
    DOCUMENT_END = 5
    BLOCK_SEQUENCE_START = 6
    BLOCK_MAPPING_START = 7
    BLOCK_END = 8
    FLOW_SEQUENCE_START = 9
    FLOW_SEQUENCE_END = 10
    FLOW_MAPPING_START = 11
    FLOW_MAPPING_END = 12
    BLOCK_ENTRY = 13
    FLOW_ENTRY = 14
    KEY = 15
    VALUE = 16
    ALIAS = 17
    ANCHOR = 18
    TAG = 19
    SCALAR = 20


class Token:
    """A token: where it stands (offsets, and its line from 0), and the text it carries.

    `value` is a scalar's text, an anchor's name or a tag's handle; `suffix` the rest of a tag; `plain` tells a scalar
    without quotes.
    """

    __slots__ = ("end", "kind", "line", "plain", "start", "suffix", "value")

    def __init__(
        self, kind: Kind, start: int, end: int, line: int, value: str = "", suffix: str = "", plain: bool = False
    ) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.line = line
        self.value = value
        self.suffix = suffix
        self.plain = plain
