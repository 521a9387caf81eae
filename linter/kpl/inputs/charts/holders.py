"""Where objects hold the values of charts.

- https://fluxcd.io/flux/components/helm/helmreleases/#values
- https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#values
- https://docs.k3s.io/add-ons/helm#helmchart-field-definitions, https://docs.rke2.io/add-ons/helm
- https://kubectl.docs.kubernetes.io/references/kustomize/builtins/#_helmchartinflationgenerator_
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl.inputs.charts.assigned import assigned_values
from kpl.inputs.corefile.document import is_templated
from kpl.inputs.document import Document
from kpl.inputs.objects.fields import mappings_at
from kpl.inputs.reader import Place
from kpl.inputs.values.templates import failure_of
from kpl.inputs.yaml.scalars import embedded_scalar
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, YamlError, compose
from kpl.text import late
from kpl.text.span import Text


class Holder(NamedTuple):
    """Where objects of a kind hold values: paths from the object on, and from there."""

    charts: tuple[str, ...]
    """What installs a chart; ``*`` is each of a list."""
    values: tuple[str, ...]
    """The values below it, as a mapping or as a string."""
    others: tuple[str, ...] = ()
    """What may add to them, or to what the chart makes of them."""
    namespaces: tuple[str, ...] = ("metadata.namespace",)
    """Where the namespace of its pods is written: the first one that is there."""
    overlays: bool = False
    """Whether the values are laid over those of another object."""
    assigned: str = ""
    """Single values below it by their paths in the values: a mapping, or a list of names and values."""
    named: tuple[str, str, str] = ("", "", "")
    """The name of the chart, its version, and its repository, below it."""


_ARGO_VALUES = ("helm.values", "helm.valuesObject")
_ARGO_OTHERS = ("helm.valueFiles", "helm.parameters", "helm.fileParameters")
_ARGO_NAMED = ("chart", "targetRevision", "repoURL")
_FLUX = Holder(
    ("spec",),
    ("values",),
    ("valuesFrom", "postRenderers"),
    ("spec.targetNamespace", "metadata.namespace"),
    named=("chart.spec.chart", "chart.spec.version", "chart.spec.sourceRef.name"),
)
_K3S = Holder(
    ("spec",),
    ("valuesContent", "values"),
    ("set", "valuesSecrets"),
    ("spec.targetNamespace",),
    assigned="set",
    named=("chart", "version", "repo"),
)

HOLDERS = {
    ("helm.toolkit.fluxcd.io", "HelmRelease"): _FLUX,
    ("argoproj.io", "Application"): Holder(
        ("spec.source", "spec.sources.*"),
        _ARGO_VALUES,
        _ARGO_OTHERS,
        ("spec.destination.namespace",),
        assigned="helm.parameters",
        named=_ARGO_NAMED,
    ),
    ("argoproj.io", "ApplicationSet"): Holder(
        ("spec.template.spec.source", "spec.template.spec.sources.*"),
        _ARGO_VALUES,
        _ARGO_OTHERS,
        ("spec.template.spec.destination.namespace",),
        assigned="helm.parameters",
        named=_ARGO_NAMED,
    ),
    ("helm.cattle.io", "HelmChart"): _K3S,
    ("helm.cattle.io", "HelmChartConfig"): _K3S._replace(overlays=True),
}
KUSTOMIZATION = Holder(
    ("helmCharts.*",),
    ("valuesInline",),
    ("valuesFile", "additionalValuesFiles"),
    ("namespace",),
    named=("name", "version", "repo"),
)

_VALUES_FILE = late.pattern(r"(?i)(?:^|[._-])values(?:[._-][\w.-]*)?\.(?:ya?ml|json)$")


class ChartName(NamedTuple):
    """What is said of the chart that is given values; None and empty where nothing is."""

    name: Text | None = None
    version: Text | None = None
    repository: str = ""
    """Its URL, or the name of an object that has the URL."""


class Values(NamedTuple):
    """Values of a chart: the mapping, where it stands, and what is known of the pods that come of it."""

    node: Mapping
    place: Place
    is_complete: bool
    """Whether nothing else adds to them."""
    kind: Text
    """Of the object that holds them."""
    name: Text
    namespace: str
    api_version: str
    chart: ChartName = ChartName()


def held_values(node: Mapping, place: Place) -> Iterator[Values | Document]:
    """The values that the object `node` holds; a document for those that are no YAML."""
    kind, group = node.text("kind"), (node.text("apiVersion") or "").partition("/")[0]
    holder = HOLDERS.get((group, str(kind)))
    if holder is None:
        if kind not in (None, "Kustomization"):
            return
        if kind is None and is_values_file(place.file_name):
            at_start = Text("values", node.span)
            yield Values(node, place, False, at_start, Text("", node.span), "", "")
        holder = KUSTOMIZATION
    kind = kind or Text("Kustomization", node.span)
    name = node.text("metadata", "name") or node.text("spec", "template", "metadata", "name") or Text("", kind.span)
    namespaces = (node.text(*path.split(".")) for path in holder.namespaces)
    namespace = next((str(each) for each in namespaces if each), "")
    api_version = node.text("apiVersion") or ""
    for chart in (each for path in holder.charts for each in mappings_at(node, path)):
        chart_name, version, repository = (chart.text(*path.split(".")) for path in holder.named)
        of = ChartName(chart_name, version, str(repository or ""))
        given = [each for path in holder.values if (each := chart.get(*path.split("."))) is not None]
        others = {path for path in holder.others if _says(chart.get(*path.split(".")))}
        assigned = assigned_values(chart.get(*holder.assigned.split("."))) if holder.assigned else None
        if assigned is not None:
            is_complete = not (given or holder.overlays or others - {holder.assigned})
            yield Values(assigned, place, is_complete, kind, name, namespace, api_version, of)
        for each in given:
            is_complete = not (others or holder.overlays or len(given) > 1)
            for mapping, where in opened(each, place):
                if isinstance(mapping, Document):
                    yield mapping
                else:
                    yield Values(mapping, where, is_complete, kind, name, namespace, api_version, of)


def is_values_file(name: str) -> bool:
    """Whether a file of this name holds the values of a chart."""
    return _VALUES_FILE.search(name) is not None and "schema" not in name


def _says(node: Node | None) -> bool:
    if isinstance(node, Scalar):
        return not node.is_null
    return node is not None and bool(node.pairs if isinstance(node, Mapping) else getattr(node, "items", ()))


def opened(node: Node, place: Place) -> Iterator[tuple[Mapping | Document, Place]]:
    """The values as a mapping with its place: `node`, or what is in its text."""
    if isinstance(node, Mapping):
        yield node, place
    if not isinstance(node, Scalar) or node.style is None:
        return
    embedding = embedded_scalar(node, place.embedding)
    try:
        roots = compose(embedding.text)
    except YamlError as error:
        failure = failure_of("YAML", embedding.text, 0, error)
        yield Document(place.source, failure, embedding, templated=failure.templated), place
        return
    for root in roots[:1]:
        if isinstance(root, Mapping):
            yield root, Place(place.source, embedding, is_templated(embedding.text))
