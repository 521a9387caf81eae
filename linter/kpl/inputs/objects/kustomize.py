"""Kustomizations, as far as they say which files make a cluster.

Source: the fields of a kustomization.yaml (kubectl.docs.kubernetes.io/references/kustomize/kustomization).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.inputs.objects.fields import mappings
from kpl.inputs.objects.references import is_local, paths, texts
from kpl.inputs.reader import Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping

KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_TARGET = ("kind", "name", "namespace", "labelSelector", "annotationSelector")
_OTHER_FILES = ("patchesStrategicMerge", "crds", "transformers", "generators", "configurations")


@dataclass(eq=False)
class Patch:
    """A patch of a Kustomization: its `text`, or the `path` of the file that has it, and the objects that it is for."""

    text: str
    path: str
    kind: str = ""
    name: str = ""
    """A regular expression, as is `kind`; empty where the patch itself names its object, or where it is for all."""
    has_target: bool = False
    namespace: str = ""
    """A regular expression, too."""
    labels: str = ""
    """A selector of labels, as is `annotations`."""
    annotations: str = ""


class GeneratedKey(NamedTuple):
    """A key of a ConfigMap that a Kustomization makes of the file at `path`."""

    path: str
    key: str
    name: str
    namespace: str


@dataclass(eq=False)
class Kustomization:
    """A kustomization.yaml: `references` are files and folders, relative to its own folder."""

    references: list[str]
    patches: list[Patch] = field(default_factory=list)
    generated: list[GeneratedKey] = field(default_factory=list)
    values_files: list[str] = field(default_factory=list)
    """The files with the values of charts."""
    prefix: str = ""
    """What the names of all objects get at their start; `suffix` comes at their end."""
    suffix: str = ""
    namespace: str = ""
    """That of all objects."""
    label_keys: list[str] = field(default_factory=list)
    """The labels that objects get."""


class KustomizationReader(ObjectReader):
    """Reads Kustomizations and Components; a file that is called like one may lack its kind."""

    kind = ObjectKind(
        models=("Kustomization",),
        groups=("kustomize.config.k8s.io",),
        file_names=KUSTOMIZATION_NAMES,
        late=("Kustomization",),
        tells=True,
    )
    examples = (
        Takes(
            "resources: [deployment.yaml, https://example.com/a.yaml]\npatches: [{path: patch.yaml}]\n",
            {"references": ["deployment.yaml", "patch.yaml"]},
            name="kustomization.yaml",
        ),
        Takes(
            "namespace: dns\nconfigMapGenerator:\n- name: coredns\n  files: [dns/Corefile, log.override=log.conf]\n"
            "secretGenerator: [{files: [a=b]}]\n",
            {
                "references": ["dns/Corefile", "log.conf", "b"],
                "generated": [
                    ("dns/Corefile", "Corefile", "coredns", "dns"),
                    ("log.conf", "log.override", "coredns", "dns"),
                ],
            },
            name="kustomization.yaml",
        ),
        Takes(
            "namePrefix: dev-\nnamespace: shop\nresources: [a.yaml]\n",
            {"prefix": "dev-", "suffix": "", "namespace": "shop"},
            name="kustomization.yaml",
        ),
        Takes(
            "helmCharts: [{name: web, valuesFile: web.yaml, additionalValuesFiles: [prod/web.yaml, 'https://a.example/b']}]\n",
            {"references": ["web.yaml", "prod/web.yaml"], "values_files": ["web.yaml", "prod/web.yaml"]},
            name="kustomization.yaml",
        ),
        Takes(
            "commonLabels: {team: shop}\nlabels: [{pairs: {app: cart}}, {}]\n",
            {"label_keys": ["team", "app"]},
            name="kustomization.yaml",
        ),
        Takes("patchesStrategicMerge: [a.yaml]\npatches: [{path: b.yaml}, {patch: '[]'}]\n", name="kustomization.yaml"),
        Takes(
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [../base]\n",
            {"references": ["../base"]},
        ),
        Leaves("resources: [deployment.yaml]\n"),
        Leaves("kind: Deployment\nresources: [deployment.yaml]\n", name="kustomization.yaml"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[Kustomization]:
        """The Kustomization that `node` is."""
        references = [each for each in _references(node) if is_local(each)]
        prefix, suffix, namespace = (str(node.text(key) or "") for key in ("namePrefix", "nameSuffix", "namespace"))
        yield Kustomization(
            references,
            list(_patches(node)),
            list(_generated(node)),
            _values_files(node),
            prefix,
            suffix,
            namespace,
            _label_keys(node),
        )


def _references(node: Mapping) -> Iterator[str]:
    for key in ("resources", "bases", "components", *_OTHER_FILES):
        yield from texts(node.items(key))
    for key in ("patches", "patchesJson6902", "replacements"):
        yield from paths(node.items(key), "path")
    for key in ("configMapGenerator", "secretGenerator"):
        yield from (each.path for each in _generated(node, key))
    yield from _values_files(node)


def _label_keys(node: Mapping) -> list[str]:
    given = [node.mapping("commonLabels"), *(each.mapping("pairs") for each in mappings(node, "labels"))]
    return [key.value for each in given if each is not None for key in each.keys()]


def _values_files(node: Mapping) -> list[str]:
    charts = node.items("helmCharts")
    more = [
        each for chart in charts if isinstance(chart, Mapping) for each in texts(chart.items("additionalValuesFiles"))
    ]
    return [each for each in (*paths(charts, "valuesFile"), *more) if is_local(each)]


def _patches(node: Mapping) -> Iterator[Patch]:
    for text in texts(node.items("patchesStrategicMerge")):
        yield Patch(text, "") if "\n" in text else Patch("", text)
    for key in ("patchesJson6902", "patches"):
        for item in node.items(key):
            if isinstance(item, Mapping):
                text, path = item.text("patch") or "", item.text("path") or ""
                target = item.mapping("target")
                kind, name, *others = (str(target.text(key) or "") if target is not None else "" for key in _TARGET)
                yield Patch(str(text), str(path), kind, name, target is not None, *others)


def _generated(node: Mapping, generator: str = "configMapGenerator") -> Iterator[GeneratedKey]:
    for item in node.items(generator):
        if isinstance(item, Mapping):
            name, namespace = item.text("name") or "", item.text("namespace") or node.text("namespace") or ""
            for each in texts(item.items("files")):
                key, _, path = each.rpartition("=")
                yield GeneratedKey(path, key or posixpath.basename(path), str(name), str(namespace))
