"""Reads what an installer of clusters is told, by the paths of its table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from kpl.inputs.configurators.files import K3S, TALOS, is_talos
from kpl.inputs.configurators.objects import configurator_of
from kpl.inputs.configurators.settings import ClusterSettings
from kpl.inputs.configurators.table import EKS_ADDONS, KUBEADM, Configurator, Paths
from kpl.inputs.corefile.document import corefile_document, is_templated
from kpl.inputs.corefile.model import is_placeholder
from kpl.inputs.document import Document
from kpl.inputs.objects.kubeproxy import GROUP, KIND, KubeProxyConfig
from kpl.inputs.objects.proxysettings import (
    Parts,
    Setting,
    flags_in,
    flags_of,
    partial_config,
    settings_of,
    without_fix,
)
from kpl.inputs.reader import Place
from kpl.inputs.yaml.scalars import embedding_of
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence, YamlError, compose, split_documents
from kpl.text import late
from kpl.text.embedding import own_text, within
from kpl.text.span import Span, Text

_RELEASE = late.pattern(r"v?([0-9]{1,9}\.[0-9]{1,9}(?:\.[0-9]{1,9})?)(?![0-9])")
_COREDNS = ("coredns", "rke2-coredns")


class _Level(NamedTuple):
    """A text that settings are written in: the file, or a string in it; `lift` tells where it stands in the file."""

    place: Place
    lift: Callable[[Span], Span]
    name: str


class _Found(NamedTuple):
    key: Scalar
    value: Node
    shared: bool
    """Whether it was reached through an alias."""


def documents_of(configurator: Configurator, node: Mapping, place: Place) -> Iterator[Document]:
    """What `node`, which `configurator` is given, says: settings of kube-proxy, Corefiles, and the rest as `ClusterSettings`."""
    reading = _Reading(configurator)
    reading.take(configurator.paths, node, _Level(place, lambda span: span, node.text("metadata", "name") or ""))
    settings = reading.finished()
    for document in reading.documents:
        if document.kind != "KubeProxyConfig" or settings.kube_proxy is not False:
            yield document
    if not settings.says_nothing:
        yield place.document(node, settings)


class _Reading:
    def __init__(self, configurator: Configurator) -> None:
        self.documents: list[Document] = []
        self._configurator = configurator
        self._settings = ClusterSettings(configurator.name, configurator.elsewhere)
        self._releases: dict[str, dict[str, Text]] = {"release": {}, "coredns_release": {}}

    def finished(self) -> ClusterSettings:
        """All that was found, with the releases of which there is one."""
        for name, found in self._releases.items():
            if len(found) == 1:
                setattr(self._settings, name, next(iter(found.values())))
        return self._settings

    def take(self, paths: Paths, node: Mapping, level: _Level) -> None:
        """Read what stands at `paths` below `node`."""
        settings: list[Setting] = []
        start = _Found(Scalar(node.start, node.start, ""), node, False)
        for path, word in paths.items():
            for found in _at(start, path.split(".")):
                settings += self._read(word, found, level)
        config = partial_config(level.place.embedding.text, settings)
        if config is not None:
            self._add(config, level)

    def _add(self, model: KubeProxyConfig, level: _Level) -> None:
        model.elsewhere = self._configurator.elsewhere
        place = level.place
        self.documents.append(Document(place.source, model, place.embedding, level.name, templated=place.templated))

    def _read(self, word: str, found: _Found, level: _Level) -> Iterator[Setting]:
        """What kube-proxy is told at one place; all other things are kept."""
        name, _, of = word.partition(" ")
        value = found.value
        if name == "kube-proxy":
            yield from self._of_kube_proxy(of, found)
        elif name == "flags":
            yield from _flags(value, level.place.embedding.text)
        elif name in ("on", "off", "there"):
            written = value.boolean() if isinstance(value, Scalar) else None
            switch = True if name == "there" else written
            if switch is not None:
                setattr(self._settings, of, switch is (name != "off"))
                if of == "node_local":
                    self._settings.node_local_span = level.lift(found.key.span)
        elif name == "choice":
            switch = self._configurator.choices.get(value.value) if isinstance(value, Scalar) else None
            if switch is not None:
                setattr(self._settings, of, switch)
        elif name == "options":
            yield from _option(value)
        elif name in ("corefile", "kubeadm", "talos", "addons", "operations", "arguments"):
            # many aliases could stand for a long text
            if not found.shared:
                getattr(self, f"_{name}")(value, level)
        elif name == "disabled":
            words = _words(value, level)
            if any(each in _COREDNS for each in words):
                self._settings.coredns = False
            if "kubeProxy" in words:
                self._settings.kube_proxy = False
        elif name in self._releases:
            self._releases[name].update((str(each), each) for each in _releases(value, level))
        else:
            self._keep(name, _words(value, level))

    def _keep(self, name: str, words: list[Text]) -> None:
        kept = getattr(self._settings, name)
        if isinstance(kept, list):
            kept += words
        elif words:
            setattr(self._settings, name, words[-1])

    def _of_kube_proxy(self, field: str, found: _Found) -> Iterator[Setting]:
        key, value, shared = found
        if field == "*":
            yield from _fields(value)
        elif field != "mode":
            yield Setting(field, key.span, value)
        elif isinstance(value, Scalar):
            mode = self._configurator.modes.get(value.value, value.value)
            if not mode:
                self._settings.kube_proxy = False
            elif self._configurator.takes_any_mode and not shared:
                yield Setting("mode", key.span, value)
            else:
                yield Setting("mode", key.span, without_fix(mode, value.span))

    def _corefile(self, value: Node, level: _Level) -> None:
        if not isinstance(value, Scalar):
            return
        inner = _inside(value, level).place
        if inner.embedding.text.strip():
            sure = value.style is not None
            document = corefile_document(inner.source, inner.embedding, key="Corefile", name=level.name, sure=sure)
            if document is not None:
                self.documents.append(document)

    def _kubeadm(self, value: Node, level: _Level) -> None:
        if not isinstance(value, Scalar):
            return
        inner = _inside(value, level)
        for root in _mappings(inner.place.embedding.text, (KIND, *KUBEADM)):
            kind, version = root.text("kind") or "", root.text("apiVersion") or ""
            if kind == KIND and (not version or version.startswith(GROUP)):
                self._add(KubeProxyConfig(inner.place.embedding.text, root, partial=True), inner)
            elif kind in KUBEADM:
                self.take(KUBEADM[kind], root, inner)

    def _talos(self, value: Node, level: _Level) -> None:
        if not isinstance(value, Scalar):
            return
        inner = _inside(value, level)
        text = inner.place.embedding.text
        for root in _roots(text, ("machine", "cluster", "kind")):
            if not isinstance(root, Mapping):
                self._operations(root, inner)
                continue
            of = configurator_of(root)
            if of is not None and of.name == TALOS.name:
                self.take(of.paths, root, inner)
            elif is_talos(root):
                self.take(TALOS.paths, root, inner)

    def _operations(self, value: Node, level: _Level) -> None:
        """What a patch in the form of RFC 6902 sets, as if it were written in the configuration that it is for."""
        from kpl.inputs.objects.jsonpatches import patched

        self.take(TALOS.paths, patched(value), level)

    def _arguments(self, value: Node, level: _Level) -> None:
        """The arguments of k3s, each in a mapping with the nodes that it is for, as if they were in its configuration."""
        found: dict[str, tuple[Scalar, list[Scalar]]] = {}
        for item in value.items if isinstance(value, Sequence) else ():
            scalar = item.scalar("arg") if isinstance(item, Mapping) and not item.shared else None
            for flag in flags_in([scalar] if scalar is not None else [], level.place.embedding.text):
                given = flag.value if flag.value is not None else without_fix("true", flag.key)
                found.setdefault(flag.name, (Scalar(*flag.key, flag.name), []))[1].append(given)
        made = Mapping(value.start, value.end, None, True)
        for key, values in found.values():
            several = Sequence(values[0].start, values[-1].end, None, True)
            several.items += values
            made.pairs.append((key, several if len(values) > 1 else values[0]))
        self.take(K3S.paths, made, level)

    def _addons(self, addon: Node, level: _Level) -> None:
        if isinstance(addon, Mapping):
            paths, value = EKS_ADDONS.get(addon.text("name") or ""), addon.scalar("configurationValues")
            if paths is not None and value is not None and not value.shared:
                inner = _inside(value, level)
                for root in _mappings(inner.place.embedding.text, tuple(path.partition(".")[0] for path in paths)):
                    self.take(paths, root, inner)


def _at(found: _Found, path: list[str]) -> Iterator[_Found]:
    """What stands at `path`, but for null."""
    node = found.value
    if not path:
        if not (isinstance(node, Scalar) and node.is_null):
            yield found
    elif path[0] == "*":
        for item in node.items if isinstance(node, Sequence) else ():
            yield from _at(_Found(found.key, item, found.shared or item.shared), path[1:])
    elif isinstance(node, Mapping) and (pair := node.pair(path[0])) is not None:
        yield from _at(_Found(*pair, found.shared or pair[1].shared), path[1:])


def _flags(value: Node, text: str) -> list[Setting]:
    if isinstance(value, Mapping):
        return settings_of(flags_of(value), text)
    return settings_of(flags_in(value.items if isinstance(value, Sequence) else [value], text), text)


def _option(item: Node) -> Iterator[Setting]:
    """The field that an option of minikube sets, where it is for kube-proxy."""
    if isinstance(item, Mapping) and item.text("Component") == "kube-proxy":
        key, value = item.scalar("Key"), item.scalar("Value")
        # it writes the key as it is, so that no section can be meant
        if key is not None and value is not None and "." not in key.value:
            yield Setting(key.value, key.span, value)


def _fields(value: Node) -> Iterator[Setting]:
    """The fields of kube-proxy that are in a mapping under their own names."""
    for key, below in value.pairs if isinstance(value, Mapping) else ():
        if isinstance(key, Scalar) and isinstance(below, Mapping):
            yield from (
                each._replace(field=f"{key.value}.{each.field}") for each in _fields(below) if "." not in each.field
            )
        elif isinstance(key, Scalar):
            yield Setting(key.value, key.span, below)


def _words(value: Node, level: _Level) -> list[Text]:
    """The words in a scalar, with commas between them, or in a list, without placeholders and aliases."""
    scalars = value.items if isinstance(value, Sequence) else [value]
    found = []
    for scalar in scalars:
        if isinstance(scalar, Scalar) and not scalar.shared and not is_placeholder(scalar.value):
            parts = Parts(scalar, level.place.embedding.text)
            for start, end in parts.words(0, len(parts.value)):
                part = parts.part(start, end)
                found.append(Text(part.value, level.lift(part.span)))
    return found


def _releases(value: Node, level: _Level) -> Iterator[Text]:
    """The release that `value` is, or that is the tag of an image."""
    if isinstance(value, Scalar):
        tag = value.value.partition("@")[0].rpartition(":")[2]
        found = _RELEASE.match(tag)
        if found is not None and not is_placeholder(value.value):
            yield Text(found[1], level.lift(value.span))


def _inside(value: Scalar, level: _Level) -> _Level:
    """The text that is in `value`."""
    place = level.place
    inner = embedding_of(value, own_text(place.embedding).text, place.embedding.newline)
    return _Level(
        Place(place.source, within(inner, place.embedding), is_templated(inner.text)),
        lambda span: level.lift(inner.host_span(span)),
        level.name,
    )


def _mappings(text: str, clues: tuple[str, ...]) -> Iterator[Mapping]:
    """The mappings among the documents of `text` that have one of the `clues` in them."""
    return (root for root in _roots(text, clues) if isinstance(root, Mapping))


def _roots(text: str, clues: tuple[str, ...]) -> Iterator[Node]:
    """The documents of `text` that have one of the `clues` in them."""
    for span in split_documents(text):
        part = text[span.start : span.end]
        if any(each in part for each in clues):
            try:
                yield from compose(part, span.start)
            except YamlError:
                continue
