"""Settings as located words, read by tables of paths: what CNI plugins, Calico, Cilium and their neighbors have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, TypeVar

from kpl.inputs.corefile.document import is_templated
from kpl.inputs.document import Document
from kpl.inputs.reader import Place
from kpl.inputs.yaml import tree
from kpl.inputs.yaml.scalars import embedding_of
from kpl.text.span import Text

_EACH = "*"

IN_CONFIG_MAPS = (r"""\bkind["']?[ \t]*:[ \t]*["']?ConfigMap\b""",)
"""What else is in a text that has settings in a ConfigMap: the manifests of pods name its keys too."""

MAX_EMBEDDED = 1_000_000
"""In characters: the text of a key of a ConfigMap that is read; Kubernetes keeps at most 1 MiB in one."""


class Shape(NamedTuple):
    """Where the settings of an object are: name -> paths, with a space between them; ``*`` is each item of a list."""

    words: Mapping[str, str]
    parts: Mapping[str, Shape] = {}
    """Path -> the shape of each mapping that is there: the plugins of a list, the pools of an installation."""
    kind: str = ""
    """Of a part: the key of what it is. Without one, it is called like the end of its path."""


@dataclass(eq=False)
class NetworkSettings:
    """What an object sets for the network of pods or Services; `text` is the document that `node` and the words point into."""

    program: ClassVar[str] = ""
    """Whose settings they are."""
    replacing: ClassVar[Mapping[str, Mapping[str, bool]]] = {}
    """Setting -> value -> whether the program then does the work of kube-proxy; of other values, nobody knows."""
    pods: ClassVar[tuple[str, ...]] = ()
    """The settings, of parts too, that are networks of pods."""

    text: str
    node: tree.Mapping
    kind: str
    """What the object is: ``IPPool``, ``bridge``."""
    name: str = ""
    words: dict[str, tuple[Text, ...]] = field(default_factory=dict)
    """What is written, by the names of the settings; a setting that is not here is not known."""
    parts: tuple[NetworkSettings, ...] = ()

    def word(self, name: str) -> Text | None:
        """The value of the setting `name`, where it is written."""
        found = self.words.get(name)
        return found[0] if found else None

    def replacement(self) -> tuple[Text, bool] | None:
        """The setting that says whether the program does the work of kube-proxy, and what it says; no outweighs yes."""
        answers = [
            (word, values[word])
            for name, values in self.replacing.items()
            for word in self.words.get(name, ())
            if word in values
        ]
        return min(answers, key=lambda answer: answer[1], default=None)

    def pod_networks(self) -> Iterator[Text]:
        """The networks that pods have their addresses from, as they are written."""
        for each in (self, *self.parts):
            for name in self.pods:
                yield from each.words.get(name, ())


Settings = TypeVar("Settings", bound=NetworkSettings)


def settings_of(
    model: type[Settings], text: str, node: tree.Mapping, shape: Shape, kind: str = "", name: str = ""
) -> Settings:
    """The settings at `node`, as `shape` says where they are."""
    words = {}
    for key, paths in shape.words.items():
        found = tuple(word for path in paths.split() for word in words_at(node, path.split(".")))
        if found:
            words[key] = found
    parts = tuple(
        settings_of(model, text, each, part, part.kind and each.text(part.kind) or _last(path))
        for path, part in shape.parts.items()
        for each in mappings_at(node, path.split("."))
    )
    return model(text, node, kind, name, words, parts)


def _last(path: str) -> str:
    return next(each for each in reversed(path.split(".")) if each != _EACH)


def words_at(node: tree.Node | None, path: list[str]) -> Iterator[Text]:
    """The words at `path`, those of a list one by one."""
    for each in _nodes_at(node, path):
        for one in each.items if isinstance(each, tree.Sequence) else (each,):
            if isinstance(one, tree.Scalar) and not one.is_null:
                yield one.text


def mappings_at(node: tree.Node | None, path: list[str]) -> Iterator[tree.Mapping]:
    """The mappings at `path`."""
    return (each for each in _nodes_at(node, path) if isinstance(each, tree.Mapping))


def _nodes_at(node: tree.Node | None, path: list[str]) -> Iterator[tree.Node]:
    if not path:
        if node is not None:
            yield node
    elif path[0] == _EACH:
        for item in node.items if isinstance(node, tree.Sequence) else ():
            yield from _nodes_at(item, path[1:])
    elif isinstance(node, tree.Mapping):
        yield from _nodes_at(node.get(path[0]), path[1:])


def in_keys(
    node: tree.Mapping, place: Place, read: Mapping[str, Callable[[str, tree.Mapping], NetworkSettings | None]]
) -> Iterator[Document]:
    """The documents in the keys of a ConfigMap: `read` makes the settings of the mapping that a text under this key is."""
    name, namespace = node.text("metadata", "name") or "", node.text("metadata", "namespace") or ""
    for key, make in read.items():
        value = node.scalar("data", key)
        if value is None or len(value.value) > MAX_EMBEDDED:
            continue
        embedding = embedding_of(value, place.source.text, place.source.newline)
        try:
            root = next(iter(tree.compose(embedding.text)), None)
        except tree.YamlError:
            continue  # what is not read for its own sake need not parse
        model = make(embedding.text, root) if isinstance(root, tree.Mapping) else None
        if model is not None:
            templated = place.templated or is_templated(embedding.text)
            yield Document(place.source, model, embedding, name, namespace, key, templated=templated)
