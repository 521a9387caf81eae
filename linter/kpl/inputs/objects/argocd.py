"""Applications of Argo CD, as far as they say which files make a cluster.

Source: Application and ApplicationSet (argo-cd.readthedocs.io/en/stable/operator-manual).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

from kpl.inputs.objects.fields import pairs
from kpl.inputs.objects.kustomize import Patch, patches_in
from kpl.inputs.objects.references import ValuesFile, is_local, paths, texts
from kpl.inputs.reader import Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping, Node, Sequence
from kpl.text import late

_PLACEHOLDER = late.pattern(r"\{\{-?[ \t]*\.?([\w.\[\]-]+)[ \t]*-?\}\}")
_WILD = "*"
_OTHER_VALUES = ("values", "valuesObject", "parameters", "fileParameters")


@dataclass(eq=False)
class Application:
    """An Application of Argo CD, or what an ApplicationSet makes of its template with some values of its generators.

    ``*`` in `paths`, which count from the root of a repository, is a value that nobody told.
    """

    name: str
    paths: list[str]
    destination: str
    """The name or the address of the cluster that it deploys to."""
    values_files: list[ValuesFile] = field(default_factory=list)
    """The files with the values of charts, which count from the root of a repository."""
    patches: list[Patch] = field(default_factory=list)
    """The patches of what it deploys."""


class ApplicationReader(ObjectReader):
    """Reads Applications and ApplicationSets that name a path."""

    kind = ObjectKind(
        models=("Application",), kinds=("Application", "ApplicationSet"), groups=("argoproj.io/",), tells=True
    )
    examples = (
        Takes(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\n"
            "spec: {source: {path: apps/shop}, destination: {name: east}}\n",
            {"name": "shop", "paths": ["apps/shop"], "destination": "east"},
        ),
        Takes(
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec:\n"
            "  generators: [{list: {elements: [{env: east}, {env: west}]}}]\n"
            '  template: {metadata: {name: shop}, spec: {source: {path: "apps/{{env}}"}}}\n',
            {"paths": ["apps/east"]},
            kinds=("Application", "Application"),
        ),
        Takes(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  sources:\n"
            "  - {chart: shop, helm: {valueFiles: [$own/apps/shop.yaml, values-east.yaml, '$own/../a']}}\n"
            "  - {path: charts/shop, helm: {valueFiles: [east.yaml, /apps/all.yaml, '{{env}}.yaml']}}\n  - {ref: own}\n",
            {
                "paths": ["charts/shop"],
                "values_files": [
                    ("apps/shop.yaml", "shop", "", "", False),
                    ("charts/shop/east.yaml", "", "", "", False),
                    ("apps/all.yaml", "", "", "", False),
                ],
            },
        ),
        Takes(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  sources:\n  - {ref: own}\n"
            "  - {chart: dex, repoURL: 'https://charts.dexidp.io', targetRevision: 1.0.0, helm: {valueFiles: [$own/dex.yaml]}}\n"
            "  - {chart: web, helm: {valueFiles: [$own/web.yaml], parameters: [{name: a, value: b}]}}\n",
            {
                "values_files": [
                    ("dex.yaml", "dex", "1.0.0", "https://charts.dexidp.io", True),
                    ("web.yaml", "web", "", "", False),
                ]
            },
        ),
        Leaves("apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {chart: shop}}\n"),
        Leaves("apiVersion: app.k8s.io/v1\nkind: Application\nby: argoproj.io/\nspec: {source: {path: apps}}\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[Application]:
        """What `node` applies."""
        if node.text("kind") == "Application":
            yield from _application(node, {})
            return
        template = node.mapping("spec", "template")
        if template is not None:
            for given in _generated(node.items("spec", "generators")):
                yield from _application(template, given)


def _application(node: Mapping, values: dict[str, str]) -> Iterator[Application]:
    sources = [node.mapping("spec", "source"), *node.items("spec", "sources")]
    written = [path for each in sources if isinstance(each, Mapping) and (path := each.text("path")) is not None]
    where = node.text("spec", "destination", "name") or node.text("spec", "destination", "server") or ""
    name = node.text("metadata", "name") or ""
    filled = [_filled(path, values) for path in written if is_local(path)]
    files = [file for each in sources if isinstance(each, Mapping) for file in _values_files(each, values)]
    if filled or files:
        patched = (patches_in(each.items("kustomize", "patches")) for each in sources if isinstance(each, Mapping))
        patches = [patch for each in patched for patch in each]
        yield Application(_filled(name, values), filled, _filled(where, values), files, patches)


def _values_files(source: Mapping, values: dict[str, str]) -> Iterator[ValuesFile]:
    """The files of a source, whose paths count from its own, or from the repository that ``$NAME`` at their start is."""
    own = _filled(source.text("path") or "", values)
    files = list(texts(source.items("helm", "valueFiles")))
    is_alone = len(files) == 1 and all(source.get("helm", key) is None for key in _OTHER_VALUES)
    chart, version, repository = (str(source.text(key) or "") for key in ("chart", "targetRevision", "repoURL"))
    for each in files:
        file = _filled(each, values)
        if file.startswith("$"):
            file = file.partition("/")[2]
        elif not own:
            continue  # it is in the chart
        elif not file.startswith("/"):
            file = posixpath.join(own, file)
        file = posixpath.normpath(file.lstrip("/"))
        if is_local(file) and _WILD not in file and not file.startswith(".."):
            yield ValuesFile(file, chart, version, repository, is_alone)


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
                    yield {key.value: value.value for key, value in pairs(item)}
        elif generator.mapping("git") is not None:
            for path in paths(generator.items("git", "directories"), "path"):
                yield {"path": path, "path.path": path}
        else:
            yield {}
