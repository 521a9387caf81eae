"""Settings of kube-proxy that are written in other words: as flags, or in the configuration of what installs clusters.

They become a `KubeProxyConfig` that is partial: a mapping made of the fields that kube-proxy has, whose keys and scalars
stand where somebody wrote them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kpl.inputs.objects.kubeproxy import KubeProxyConfig
from kpl.inputs.objects.proxyflags import ALONE, FLAG_FIELDS, GATES, LISTS, MASQUERADE_ALL
from kpl.inputs.yaml.scalars import embedding_of
from kpl.inputs.yaml.tree import Mapping, MarkedScalar, Node, Scalar, Sequence
from kpl.text.span import Span


class Setting(NamedTuple):
    """A value for a field of kube-proxy (``ipvs.strictARP``), and where the name is written that it has there."""

    field: str
    key: Span
    value: Node


class Flag(NamedTuple):
    """A flag of kube-proxy, without dashes; `value` is None where it has none."""

    name: str
    key: Span
    value: Scalar | None


def partial_config(text: str, settings: Iterable[Setting]) -> KubeProxyConfig | None:
    """What `settings` say of kube-proxy, in the document `text`; None where there are none. Of two values the last one counts."""
    fields = {each.field: each for each in settings}
    if not fields:
        return None
    node = _made(fields.values())
    for field, setting in fields.items():
        section, _, name = field.rpartition(".")
        below = node.mapping(section) if section else node
        if below is None:
            below = _made(each for each in fields.values() if each.field.startswith(section + "."))
            node.pairs.append((Scalar(*setting.key, section), below))
        below.pairs.append((Scalar(*setting.key, name), setting.value))
    return KubeProxyConfig(text, node, partial=True)


def _made(settings: Iterable[Setting]) -> Mapping:
    """An empty mapping where `settings` are written; no edit can add to it, as to one in flow style."""
    spans = [span for each in settings for span in (each.key, each.value.span)]
    return Mapping(min(each.start for each in spans), max(each.end for each in spans), None, flow=True)


def without_fix(value: str, span: Span) -> Scalar:
    """A scalar that says `value` at `span`, where something else is written, so that nothing can be edited there."""
    scalar = MarkedScalar(*span, None, value, None)
    scalar.shared = True
    return scalar


class Parts:
    """The parts of a scalar in `text`, as scalars with their own places."""

    def __init__(self, scalar: Scalar, text: str) -> None:
        self.value = scalar.value
        self._text = text
        self._embedding = embedding_of(scalar, text, "\n")

    def part(self, start: int, end: int) -> Scalar:
        """The characters of the value from `start` to `end`; nothing can be edited where they are written otherwise."""
        value, span = self.value[start:end], self._embedding.host_span(Span(start, end))
        return Scalar(*span, value) if self._text[slice(*span)] == value else without_fix(value, span)

    def words(self, start: int, end: int, separator: str = ",") -> Iterator[tuple[int, int]]:
        """The ranges of the words that `separator` parts, without whitespace around them."""
        while start < end:
            found = self.value.find(separator, start, end)
            stop = end if found < 0 else found
            word = self.value[start:stop]
            if word.strip():
                yield start + len(word) - len(word.lstrip()), start + len(word.rstrip())
            start = stop + len(separator)


def flags_in(words: Iterable[Node], text: str) -> list[Flag]:
    """The flags of kube-proxy on a command line: ``--proxy-mode=ipvs``, also in two words or without the dashes.

    Aliases are left: many of them could stand for a long word.
    """
    found: list[Flag] = []
    open_at: int | None = None
    for word in words:
        if not isinstance(word, Scalar) or word.shared:
            open_at = None
            continue
        dashes = len(word.value) - len(word.value.lstrip("-"))
        if open_at is not None and not dashes:
            found[open_at] = found[open_at]._replace(value=word)
            open_at = None
            continue
        name, equals, _ = word.value.partition("=")
        parts = Parts(word, text)
        key, value = parts.part(dashes, len(name)), parts.part(len(name) + 1, len(word.value)) if equals else None
        open_at = len(found) if dashes and not equals and key.value not in ALONE else None
        found.append(Flag(key.value, key.span, value))
    return found


def flags_of(node: Mapping | None) -> list[Flag]:
    """The flags in a mapping of names and values; of a list of values, each is given to kube-proxy."""
    return [
        Flag(key.value.lstrip("-"), key.span, each)
        for key, value in (node.pairs if node is not None else ())
        for each in (value.items if isinstance(value, Sequence) else [value])
        if isinstance(key, Scalar) and isinstance(each, Scalar) and not each.shared
    ]


def settings_of(flags: Iterable[Flag], text: str) -> list[Setting]:
    """What `flags` set. None of them counts for kube-proxy if one names a file with its configuration."""
    found: list[Setting] = []
    lists: dict[str, Sequence] = {}
    values: dict[str, Scalar] = {}
    for flag in flags:
        if flag.name == "config":
            return []
        value = flag.value
        if value is None and flag.name in ALONE:
            value = without_fix("true", flag.key)
        field = FLAG_FIELDS.get(flag.name)
        if field is None or value is None:
            continue
        values[flag.name] = value
        if field in LISTS:
            parts = Parts(value, text)
            made = lists.setdefault(field, Sequence(*value.span, None, flow=True))
            made.items += (parts.part(*each) for each in parts.words(0, len(parts.value)))
            found.append(Setting(field, flag.key, made))
        elif field == GATES:
            found.append(Setting(field, flag.key, _gates(value, text)))
        else:
            found.append(Setting(field, flag.key, value))
    mode = values.get("proxy-mode")
    return found if mode is None or mode.value != "nftables" else list(_in_nftables_mode(found))


def _gates(value: Scalar, text: str) -> Mapping:
    parts = Parts(value, text)
    made = Mapping(*value.span, None, flow=True)
    for start, end in parts.words(0, len(parts.value)):
        name, equals, _ = parts.value[start:end].partition("=")
        if equals:
            at = start + len(name)
            made.pairs.append((parts.part(start, at), parts.part(at + 1, end)))
    return made


def _in_nftables_mode(settings: Iterable[Setting]) -> Iterator[Setting]:
    """The flags named after iptables mode that nftables mode reads too depend on the release: nothing is said of them."""
    for each in settings:
        if each.field == MASQUERADE_ALL:
            yield each._replace(field="nftables.masqueradeAll")
        elif not each.field.startswith("iptables."):
            yield each
