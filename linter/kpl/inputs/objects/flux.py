"""Kustomizations of Flux, as far as they say which files make a cluster.

Source: fluxcd.io/flux/components/kustomize/kustomizations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kpl.inputs.objects.fields import pairs
from kpl.inputs.objects.kustomize import Patch, patches_in
from kpl.inputs.objects.references import is_local
from kpl.inputs.reader import Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping
from kpl.text.span import Text


@dataclass(eq=False)
class FluxKustomization:
    """A Kustomization of Flux: it applies what is below `path`, which counts from the root of a repository."""

    name: Text
    namespace: str
    path: str
    substitute: dict[str, Text] = field(default_factory=dict)
    """``postBuild.substitute``: the values of variables ``${name}``."""
    patches: list[Patch] = field(default_factory=list)
    """The patches of what it applies."""


class FluxReader(ObjectReader):
    """Reads the Kustomizations of Flux whose path is inside of a repository."""

    kind = ObjectKind(
        models=("FluxKustomization",),
        kinds=("Kustomization",),
        groups=("kustomize.toolkit.fluxcd.io",),
        late=("Kustomization",),
        tells=True,
    )
    examples = (
        Takes(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\n"
            "spec:\n  path: ./apps\n  postBuild: {substitute: {ZONE: cluster.local}}\n",
            {"name": "apps", "namespace": "flux-system", "path": "./apps", "substitute": {"ZONE": "cluster.local"}},
        ),
        Leaves(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\nspec: {path: ../apps}\n"
        ),
        Leaves("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nspec: {path: ./apps}\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[FluxKustomization]:
        """The Kustomization that `node` is."""
        path = node.text("spec", "path") or ""
        if _is_inside(path):
            yield FluxKustomization(
                node.text("metadata", "name") or Text("", node.span),
                node.text("metadata", "namespace") or "",
                path,
                {key.value: value.text for key, value in pairs(node.mapping("spec", "postBuild", "substitute"))},
                list(patches_in(node.items("spec", "patches"))),
            )


def _is_inside(path: str) -> bool:
    return bool(path) and is_local(path) and "${" not in path and ".." not in path.split("/")
