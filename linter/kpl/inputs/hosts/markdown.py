"""Markdown: YAML, JSON and Corefiles in fenced code blocks.

Source: spec.commonmark.org/0.31.2/#fenced-code-blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl.inputs.document import Document
from kpl.inputs.hosted import corefile_inside
from kpl.inputs.hosts.blocks import block, lines_of, manifests_in
from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.inputs.registry import only_tells
from kpl.text import late
from kpl.text.source import Source
from kpl.text.span import Span

_OPENING = late.pattern(
    r"(?P<margin>[ \t>]*)(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?P<fence>`{3,}|~{3,})[ \t]*\{?\.?(?P<language>[\w-]*)(?P<info>[^\n]*)"
)
_CLOSING = late.pattern(r"[ \t>]*(?P<fence>`{3,}|~{3,})[ \t]*\r?\n?$")
_YAML = ("yaml", "yml", "json")
_COREFILE = ("corefile", "coredns")


class MarkdownReader(FileReader):
    """Reads the code blocks of Markdown."""

    kind = FileKind(
        word="Markdown",
        as_word="markdown",
        names=r"\.(?:md|markdown|mdx)$",
        shares_names=False,
        option="markdown",
        words=("```", "~~~"),
        rank=230,
    )
    examples = (
        Takes(
            "# Cart\n\n1. Apply:\n\n   ```yaml title=pod\n   kind: Pod\n   metadata: {name: p}\n\n"
            "   spec: {containers: [{image: i}]}\n   ```\n",
            {"name": "p"},
            "README.md",
            ("Workload",),
        ),
        Takes("> ~~~ corefile\n> . {\n>     errors\n> }\n> ~~~\n", name="dns.mdx", kinds=("Corefile",)),
        Leaves("````\n```yaml\nkind: Service\n```\n````\n", "README.md"),
        Leaves("```sh\nkind: Service\n```\n", "README.md"),
        Leaves("```yaml\nkind: Service\n", "README.md"),
        Leaves("> ```yaml\nkind: Service\n> ```\n", "README.md"),
    )

    def read(self, source: Source) -> Iterator[Document]:
        """The documents in the code blocks of `source`."""
        for each in _fences(source.text):
            if each.language not in (*_YAML, *_COREFILE):
                continue
            outer = block(source, each.text, closing=(each.fence,), quotes=each.margin.count(">"))
            if outer is None:
                continue
            if each.language in _COREFILE:
                found = corefile_inside(source, outer, "Corefile", sure=False)
            else:
                found = manifests_in(source, outer)
            for document in found:
                # what is no YAML is half of an example, and no example is a part of a cluster
                if document.kind != "ParseFailure" and not only_tells(document):
                    document.is_example = True
                    yield document


class _Fence(NamedTuple):
    margin: str
    fence: str
    language: str
    text: Span


def _fences(text: str) -> Iterator[_Fence]:
    """The code blocks that are closed."""
    opened, start = None, 0
    for line in lines_of(text):
        if opened is None:
            opened = _OPENING.match(text, *line)
            if opened is not None and opened["fence"][0] == "`" and "`" in opened["info"]:
                opened = None  # a code span
            start = line.end
            continue
        closed = _CLOSING.match(text, *line)
        if closed is not None and closed["fence"].startswith(opened["fence"]):
            yield _Fence(opened["margin"], opened["fence"], opened["language"].lower(), Span(start, line.start))
            opened = None
