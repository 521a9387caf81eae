"""What is written inside of Kustomizations and of objects with patches for Kustomize: patches, and data of ConfigMaps.

Sources: kubectl.docs.kubernetes.io/references/kustomize/kustomization, fluxcd.io/flux/components/kustomize/kustomizations,
fluxcd.io/flux/components/helm/helmreleases, argo-cd.readthedocs.io/en/stable/user-guide/kustomize.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.corefile.embedded import is_corefile_key
from kpl.inputs.document import Document
from kpl.inputs.hosted import corefile_inside, yaml_inside
from kpl.inputs.objects.jsonpatches import Target, is_list, json_patch_inside
from kpl.inputs.objects.kustomize import KUSTOMIZATION_NAMES
from kpl.inputs.objects.paths import nodes_at
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.yaml.scalars import embedding_of
from kpl.inputs.yaml.tree import Mapping, Scalar
from kpl.text.embedding import Embedding, Part

GROUP = "kustomize.config.k8s.io"
_FIELDS = ("patches", "patchesStrategicMerge", "patchesJson6902")
_OWN = tuple((each,) for each in _FIELDS)
PATCHES: dict[str, dict[str, tuple[tuple[str, ...], ...]]] = {
    GROUP: {"Kustomization": _OWN, "Component": _OWN},
    "kustomize.toolkit.fluxcd.io": {"Kustomization": (("spec", "patches"),)},
    "helm.toolkit.fluxcd.io": {"HelmRelease": (("spec", "postRenderers", "*", "kustomize", "patches"),)},
    "argoproj.io": {"Application": (("spec", "source", "kustomize", "patches"),)},
}
"""API group -> kind -> where it has lists of patches; ``*`` is each of a list."""

_QUOTES = "\"'"


class KustomizeTextReader(ObjectReader):
    """Reads the patches that are written in an object, and the Corefiles in the literals of ``configMapGenerator``."""

    kind = ObjectKind(
        models=("Workload", "Corefile", "KubeProxyConfig"),
        beside=("HelmRelease",),
        clues=(
            # what has a word at its start is found much faster
            Clue(
                ("dnsConfig", "dnsPolicy", "containers", "/data/"),
                (r"""patches(?:StrategicMerge|Json6902)?["']?[ \t]*:""",),
            ),
            # a patch in the form of RFC 6902 that is a file
            Clue(("dnsConfig", "dnsPolicy"), (r"path[\"']?[ \t]*:[ \t]*[\"']?/spec/[\w/]*dns(?:Config|Policy)\b",)),
            Clue(("configMapGenerator",), (r"orefile[\w.-]*=|\.(?:server|override)=",)),
        ),
    )
    examples = (
        Takes(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\npatches:\n- patch: |\n    apiVersion: apps/v1\n"
            "    kind: Deployment\n    metadata: {name: cart}\n    spec: {template: {spec: {dnsPolicy: Default}}}\n",
            {"name": "cart", "dns_policy": "Default", "partial": True},
            kinds=("Kustomization", "Workload"),
        ),
        Takes(
            "patchesStrategicMerge:\n- |-\n  kind: Pod\n  metadata: {name: cart}\n  spec: {containers: [{name: c, image: i}]}\n"
            "- pod.yaml\n",
            {"name": "cart", "partial": True},
            "kustomization.yaml",
            ("Kustomization", "Workload"),
        ),
        Takes(
            "patches:\n- target: {kind: Deployment, name: cart, namespace: shop}\n  patch: |\n    - op: add\n"
            "      path: /spec/template/spec/dnsConfig\n      value: {searches: [shop.example]}\n",
            {"namespace": "shop", "containers": [], "partial": True},
            "kustomization.yaml",
            ("Kustomization", "Workload"),
        ),
        Takes(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  postRenderers:\n  - kustomize:\n      patches:\n"
            "      - patch: |\n          kind: Deployment\n          metadata: {name: cart}\n"
            "          spec: {template: {spec: {dnsPolicy: Default}}}\n",
            {"dns_policy": "Default"},
        ),
        Takes(
            "configMapGenerator:\n- name: coredns\n  literals:\n  - |-\n    Corefile=. {\n        errors\n    }\n",
            name="kustomization.yaml",
            kinds=("Kustomization", "Corefile"),
        ),
        Leaves(
            "kind: Kustomization\napiVersion: example.com/v1\npatches:\n- patch: |\n    kind: Deployment\n"
            "    spec: {template: {spec: {dnsPolicy: Default}}}\n"
        ),
        Leaves(
            "configMapGenerator:\n- name: coredns\n  literals: [Corefile, notes=see the Corefile=]\n",
            name="kustomization.yaml",
        ),
    )

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """The objects and Corefiles that are written inside of the object `node`."""
        kind, group = node.text("kind") or "", (node.text("apiVersion") or "").partition("/")[0]
        if not (kind or group) and place.file_name in KUSTOMIZATION_NAMES:
            kind, group = "Kustomization", GROUP
        for path in PATCHES.get(group, {}).get(kind, ()):
            for patch in nodes_at(node, (*path, "*")):
                yield from _patch(patch, place)
        if group == GROUP:
            for item in node.items("configMapGenerator"):
                if isinstance(item, Mapping):
                    yield from _literals(item, node.text("namespace") or "", place)


def _patch(patch: object, place: Place) -> Iterator[Document]:
    text = patch.scalar("patch") if isinstance(patch, Mapping) else patch
    if not isinstance(text, Scalar) or (text is patch and "\n" not in text.value.strip()):
        return  # the name of a file
    outer = embedding_of(text, place.source.text, place.source.newline)
    target = patch.mapping("target") if isinstance(patch, Mapping) else None
    names = [str((target.text(key) if target is not None else None) or "") for key in ("kind", "name", "namespace")]
    if is_list(outer.text):
        yield from json_patch_inside(place.source, outer, Target(*names))
        return
    for document in yaml_inside(place.source, outer):
        if document.model is not None:
            if document.kind == "Workload":
                document.model.partial = True
            yield document


def _literals(generator: Mapping, namespace: str, place: Place) -> Iterator[Document]:
    name = generator.text("name") or ""
    found: list[tuple[str, Embedding]] = []
    for item in generator.items("literals"):
        if isinstance(item, Scalar):
            whole = embedding_of(item, place.source.text, place.source.newline)
            key, equals, value = whole.text.partition("=")
            # Kustomize takes all quotes from both ends
            start = len(key) + len(equals) + len(value) - len(value.lstrip(_QUOTES))
            end = max(start, len(whole.text.rstrip(_QUOTES)))
            if equals:
                found.append((key, Part(whole, start, end)))
    around = {key: each.text for key, each in found}
    for key, each in found:
        if is_corefile_key(key):
            for document in corefile_inside(place.source, each, key, name, sure=False):
                document.namespace, document.around = generator.text("namespace") or namespace, around
                yield document
