"""The files that objects name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl.inputs.yaml.tree import Mapping, Node, Scalar
from kpl.text import late

_ELSEWHERE = late.pattern(r"://|^[\w.-]+@|\?ref=|\n|^github\.com/")


class ValuesFile(NamedTuple):
    """A file with values of a chart, and what the object that names it says of the chart."""

    path: str
    chart: str = ""
    version: str = ""
    repository: str = ""
    is_alone: bool = False
    """Whether the chart gets no other values."""


def texts(items: list[Node]) -> Iterator[str]:
    """The scalars among `items`."""
    return (item.value for item in items if isinstance(item, Scalar))


def paths(items: list[Node], key: str) -> Iterator[str]:
    """What the mappings among `items` have as `key`."""
    return (path for item in items if isinstance(item, Mapping) and (path := item.text(key)) is not None)


def is_local(reference: str) -> bool:
    """Whether this is a path, and not the address of another repository, nor an object itself."""
    return not _ELSEWHERE.search(reference) and len(reference) < 1000
