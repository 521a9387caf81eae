"""What a program says of its configuration before it serves anybody."""

from typing import Literal, NamedTuple

from kpl.text.span import Span

NeedKind = Literal[
    "interface", "file", "certificate", "host name", "credential", "environment variable", "plugin", "template", "size"
]


class Need(NamedTuple):
    """Something outside of the configuration that decides: its kind and its name."""

    kind: NeedKind
    name: str


class Imported(NamedTuple):
    """A place in a file that a configuration imports, by the path that it imports it by."""

    file: str
    span: Span


class Verdict(NamedTuple):
    """`loads`, `refuses` with the program's own message, or `depends` on `needs`.

    `span` lies in the text that was judged; `inner_line` is the line as the program counts it, None where it gives none.
    """

    answer: Literal["loads", "refuses", "depends"]
    phase: str | None = None
    message: str | None = None
    span: Span | None = None
    inner_line: int | None = None
    needs: tuple[Need, ...] = ()
    imported: Imported | None = None
    """What the verdict is about, where `span` is the import that brought it in."""
