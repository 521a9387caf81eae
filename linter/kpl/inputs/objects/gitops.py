"""The objects that say which files make a cluster: Kustomize's, Flux's and Argo CD's.

Sources: the fields of a kustomization.yaml (kubectl.docs.kubernetes.io/references/kustomize/kustomization), Flux's
Kustomization (fluxcd.io/flux/components/kustomize/kustomizations), Argo CD's Application and ApplicationSet
(argo-cd.readthedocs.io/en/stable/operator-manual).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from kpl.inputs.recognition import KUSTOMIZATION_NAMES
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence
from kpl.text.span import Text

_OTHER_FILES = ("patchesStrategicMerge", "crds", "transformers", "generators", "configurations")


@dataclass(eq=False)
class Kustomization:
    """A kustomization.yaml: `references` are files and folders, relative to its own folder."""

    references: list[str]


@dataclass(eq=False)
class FluxKustomization:
    """A Kustomization of Flux: it applies what is below `path`, which counts from the root of a repository."""

    name: Text
    namespace: str
    path: str
    substitute: dict[str, Text] = field(default_factory=dict)
    """``postBuild.substitute``: the values of variables ``${name}``."""


@dataclass(eq=False)
class Application:
    """An Application of Argo CD, or what an ApplicationSet makes of its template with some values of its generators.

    ``*`` in `paths`, which count from the root of a repository, is a value that nobody told.
    """

    name: str
    paths: list[str]
    destination: str
    """The name or the address of the cluster that it deploys to."""


def gitops_models(node: Mapping, file_name: str) -> Iterator[Kustomization | FluxKustomization | Application]:
    """What the object `node` says of the files of a cluster."""
    group, kind = (node.text("apiVersion") or "").partition("/")[0], node.text("kind") or ""
    if group == "kustomize.toolkit.fluxcd.io" and kind == "Kustomization":
        path = node.text("spec", "path") or ""
        if _is_inside(path):
            values = node.mapping("spec", "postBuild", "substitute")
            yield FluxKustomization(
                node.text("metadata", "name") or Text("", node.span),
                node.text("metadata", "namespace") or "",
                path,
                {key.value: value.text for key, value in _scalars(values)},
            )
    elif group == "argoproj.io" and kind == "Application":
        yield from _application(node, {})
    elif group == "argoproj.io" and kind == "ApplicationSet":
        template = node.mapping("spec", "template")
        for given in _generated(node.items("spec", "generators")):
            yield from _application(template, given) if template is not None else ()
    elif group == "kustomize.config.k8s.io" or (not kind and file_name in KUSTOMIZATION_NAMES):
        yield Kustomization([each for each in _references(node) if _is_local(each)])


def _scalars(node: Mapping | None) -> Iterator[tuple[Scalar, Scalar]]:
    for key, value in node.pairs if node is not None else ():
        if isinstance(key, Scalar) and isinstance(value, Scalar):
            yield key, value


def _texts(items: list[Node]) -> Iterator[str]:
    return (item.value for item in items if isinstance(item, Scalar))


def _references(node: Mapping) -> Iterator[str]:
    for key in ("resources", "bases", "components", *_OTHER_FILES):
        yield from _texts(node.items(key))
    for key in ("patches", "patchesJson6902", "replacements"):
        yield from _paths(node.items(key), "path")
    for key in ("configMapGenerator", "secretGenerator"):
        for item in node.items(key):
            if isinstance(item, Mapping):
                yield from (each.partition("=")[2] or each for each in _texts(item.items("files")))
    yield from _paths(node.items("helmCharts"), "valuesFile")


def _paths(items: list[Node], key: str) -> Iterator[str]:
    return (path for item in items if isinstance(item, Mapping) and (path := item.text(key)) is not None)


def _is_local(reference: str) -> bool:
    """Whether this is a path, and not the address of another repository, nor an object itself."""
    return not re.search(r"://|^[\w.-]+@|\?ref=|\n|^github\.com/", reference) and len(reference) < 1000


def _is_inside(path: str) -> bool:
    return bool(path) and _is_local(path) and "${" not in path and ".." not in path.split("/")


_PLACEHOLDER = re.compile(r"\{\{-?[ \t]*\.?([\w.\[\]-]+)[ \t]*-?\}\}")
_WILD = "*"


def _application(node: Mapping, values: dict[str, str]) -> Iterator[Application]:
    sources = [node.mapping("spec", "source"), *node.items("spec", "sources")]
    written = [path for each in sources if isinstance(each, Mapping) and (path := each.text("path")) is not None]
    where = node.text("spec", "destination", "name") or node.text("spec", "destination", "server") or ""
    name = node.text("metadata", "name") or ""
    paths = [_filled(path, values) for path in written if _is_local(path)]
    if paths:
        yield Application(_filled(name, values), paths, _filled(where, values))


def _filled(text: str, values: dict[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], _WILD), text)


def _generated(generators: list[Node]) -> Iterator[dict[str, str]]:
    """The values that generators give to a template; a list generator tells them, of other ones nothing is known."""
    for generator in generators:
        if not isinstance(generator, Mapping):
            continue
        elements = generator.get("list", "elements")
        if isinstance(elements, Sequence):
            for item in elements.items:
                if isinstance(item, Mapping):
                    yield {key.value: value.value for key, value in _scalars(item)}
        elif generator.mapping("git") is not None:
            for path in _paths(generator.items("git", "directories"), "path"):
                yield {"path": path, "path.path": path}
        else:
            yield {}
