"""Which version of the chart of CoreDNS is installed, where another object or file says so than the one with the values.

- https://fluxcd.io/flux/components/source/ocirepositories/
- https://helm.sh/docs/topics/charts/#the-chartyaml-file
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kpl.inputs.document import Document
from kpl.inputs.objects.fields import mappings
from kpl.inputs.objects.named import NAMES, clue_of
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.yaml.tree import Mapping
from kpl.text.span import Text

_CHART = "coredns"
_CHART_FILES = ("Chart.yaml", "requirements.yaml")


@dataclass(eq=False)
class ChartSource:
    """Where the chart of CoreDNS comes from, with its version: an OCIRepository, or the dependency of a chart."""

    name: str
    """The name of the object; for a dependency, the key of its values."""
    namespace: str
    is_dependency: bool
    """Whether it is for the values of the chart in the same folder."""
    version: Text


class OciRepositoryReader(ObjectReader):
    """Reads the OCIRepositories of Flux with the chart of CoreDNS."""

    kind = ObjectKind(
        models=("ChartSource",),
        kinds=("OCIRepository",),
        groups=("source.toolkit.fluxcd.io/",),
        clues=(clue_of("OCIRepository"),),
        tells=True,
    )
    examples = (
        Takes(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: dns, namespace: kube-system}\n"
            "spec: {url: 'oci://ghcr.io/coredns/charts/coredns', ref: {tag: 1.45.0}}\n",
            {"name": "dns", "namespace": "kube-system", "version": "1.45.0", "is_dependency": False},
        ),
        Leaves(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: coredns}\n"
            "spec: {url: 'oci://ghcr.io/coredns/charts/other', ref: {tag: 1.45.0}}\n"
        ),
        Leaves(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: coredns}\n"
            "spec: {url: 'oci://ghcr.io/coredns/charts/coredns', ref: {semver: 1.x}}\n"
        ),
    )

    def models(self, text: str, node: Mapping) -> Iterator[ChartSource]:
        """The repository that `node` is."""
        url, tag = node.text("spec", "url") or "", node.text("spec", "ref", "tag")
        if url.rstrip("/").rpartition("/")[2] == _CHART and tag is not None:
            name, namespace = node.text("metadata", "name") or "", node.text("metadata", "namespace") or ""
            yield ChartSource(name, namespace, False, tag)


class ChartFileReader(ObjectReader):
    """Reads the dependencies in a Chart.yaml, if the chart of CoreDNS is one of them."""

    kind = ObjectKind(
        models=("ChartSource",),
        clues=(
            Clue(NAMES[:1], (r"(?m)^[\"']?dependencies[\"']?[ \t]*:", r"""name[\"']?[ \t]*:[ \t]*["']?coredns\b""")),
        ),
        tells=True,
    )
    examples = (
        Takes(
            "apiVersion: v2\nname: dns\nversion: 0.1.0\ndependencies:\n- {name: coredns, version: 1.29.0, alias: edge}\n",
            {"name": "edge", "version": "1.29.0", "is_dependency": True},
            "Chart.yaml",
        ),
        Takes("dependencies: [{name: coredns, version: 1.29.0}]\n", {"name": "coredns"}, "requirements.yaml"),
        Leaves("apiVersion: v2\nname: coredns\ndependencies: [{name: etcd, version: 1.29.0}]\n", "Chart.yaml"),
        Leaves("dependencies:\n- {name: coredns, version: 1.29.0}\n", "other.yaml"),
    )

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """The dependencies of the chart that `node` is."""
        if place.file_name not in _CHART_FILES or node.pair("kind") is not None:
            return
        for each in mappings(node, "dependencies"):
            version = each.text("version")
            if each.text("name") == _CHART and version is not None:
                yield place.document(node, ChartSource(each.text("alias") or _CHART, "", True, version))
