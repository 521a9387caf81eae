"""The values of the chart ``coredns``, wherever they are.

Source: coredns/helm, charts/coredns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kpl.inputs.charts.holders import held_values
from kpl.inputs.document import Document
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.values.chart import is_chart_servers
from kpl.inputs.yaml.tree import Mapping, Sequence
from kpl.text.span import Text

_CHART = "coredns"


@dataclass(eq=False)
class CorednsChart:
    """The values of the chart `coredns`; `text` is the document that `node` points into."""

    text: str
    node: Mapping
    servers: Sequence
    version: Text | None
    """The version of the chart, where the object that holds the values names one."""
    is_named: bool
    """Whether the values are certainly those of this chart: the object names it, or they are below its name."""
    source: tuple[str, str] | None
    """The name and the namespace of the OCIRepository with the chart, where the object names one instead."""
    below: str
    """The key of these values in those of the chart that this one is a dependency of; empty for the chart itself."""
    is_complete: bool
    """Whether nothing else adds to the values, as far as the object or the file says."""


class CorednsChartReader(ObjectReader):
    """Reads the values of the chart of CoreDNS, which have `servers` with `plugins`."""

    kind = ObjectKind(
        models=("CorednsChart",),
        beside=("HelmRelease", "Application", "ApplicationSet", "HelmChart"),
        clues=(
            Clue(
                ("servers",),
                (r"\bservers[\"']?[ \t]*:", r"\bplugins[\"']?[ \t]*:", r"\bzones[\"']?[ \t]*:"),
            ),
        ),
    )
    examples = (
        Takes(
            "servers:\n- zones: [{zone: .}]\n  plugins: [{name: errors}]\n",
            {"version": None, "is_named": False, "is_complete": True},
            "values.yaml",
            ("CorednsChart", "Corefile"),
        ),
        Takes(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: coredns}\nspec:\n"
            "  chart: {spec: {chart: coredns, version: 1.43.0}}\n  values:\n"
            "    servers:\n    - zones: [{zone: a.}]\n      plugins: [{name: errors}]\n",
            {},
            kinds=("Corefile", "CorednsChart"),
        ),
        Takes(
            "coredns:\n  servers:\n  - zones: [{zone: a.}]\n    plugins: [{name: errors}]\n",
            {},
            "values.yaml",
            ("CorednsChart", "Corefile"),
        ),
        # another chart
        Takes(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  chart: {spec: {chart: k8s-gateway}}\n"
            "  values: {servers: [{zones: [{zone: a.}], plugins: [{name: errors}]}]}\n",
            {},
            kinds=("Corefile",),
        ),
        Leaves("servers: [{plugins: [errors]}]\n", "values.yaml"),
    )

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """The values that the object `node` holds, of the chart itself or of one that it is a part of."""
        for values in held_values(node, place):
            if isinstance(values, Document) or values.kind == "HelmChartConfig":
                continue
            where = values.place
            chart, version, _ = values.chart
            if chart is not None and chart.rpartition("/")[2] != _CHART:
                continue
            source = _source_of(node) if values.kind == "HelmRelease" else None
            for key, each in (("", values.node), (_CHART, values.node.mapping(_CHART))):
                servers = each.get("servers") if each is not None else None
                if each is None or not isinstance(servers, Sequence) or not is_chart_servers(servers):
                    continue
                is_named = chart is not None or values.name == _CHART or each is not values.node
                is_complete = values.is_complete or values.kind == "values"
                model = CorednsChart(
                    where.embedding.text, each, servers, version, is_named, None if key else source, key, is_complete
                )
                yield Document(
                    where.source,
                    model,
                    where.embedding,
                    str(values.name),
                    values.namespace,
                    templated=where.templated,
                )


def _source_of(node: Mapping) -> tuple[str, str] | None:
    """The OCIRepository that a HelmRelease takes its chart from."""
    reference = node.mapping("spec", "chartRef")
    name = reference.text("name") if reference is not None else None
    if reference is None or name is None or reference.text("kind") != "OCIRepository":
        return None
    return str(name), str(reference.text("namespace") or node.text("metadata", "namespace") or "")
