"""The values of the chart ``cilium``, wherever they are: which of them are read, `kpl.inputs.network.cilium` knows."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.charts.holders import held_values
from kpl.inputs.document import Document
from kpl.inputs.network.cilium import cilium_of_values
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.yaml.tree import Mapping

_MARK = "kubeProxyReplacement"
"""What no other chart has, and the values of Cilium nearly always do."""


class CiliumValuesReader(ObjectReader):
    """Reads the values of the chart of Cilium, which set ``kubeProxyReplacement``."""

    kind = ObjectKind(
        models=("CiliumSettings",),
        clues=(Clue((_MARK,), (rf"""\b{_MARK}["']?[ \t]*:""",)),),
        tells=True,
    )
    examples = (
        Takes(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: cilium}\nspec:\n"
            "  values:\n    kubeProxyReplacement: true\n    bpf: {masquerade: true}\n",
            {"kind": "values", "words": {"kubeProxyReplacement": ("true",), "bpf.masquerade": ("true",)}},
        ),
        Takes(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: cilium}\nspec:\n  source:\n    helm:\n"
            "      values: |\n        cilium:\n          kubeProxyReplacement: 'true'\n",
            {"words": {"kubeProxyReplacement": ("true",)}},
        ),
        Takes(
            "apiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\nmetadata: {name: rke2-cilium}\nspec:\n"
            "  valuesContent: |-\n    kubeProxyReplacement: true\n",
            {"words": {"kubeProxyReplacement": ("true",)}},
        ),
        Takes("kubeProxyReplacement: strict\n", {"words": {"kubeProxyReplacement": ("strict",)}}, "values.yaml"),
        Leaves("kubeProxyReplacement: strict\n", "cilium.yaml"),
        Leaves("kind: HelmRelease\nspec: {values: {kubeProxyReplacement: true}}\n"),
        Leaves(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {values: {x: {kubeProxyReplacement: true}}}\n"
        ),
    )

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """The settings in the values that the object `node` holds, of the chart itself or of one that it is a part of."""
        for values in held_values(node, place):
            if isinstance(values, Document):
                continue
            where = values.place
            for each in (values.node, values.node.mapping("cilium")):
                if each is None or each.get(_MARK) is None:
                    continue
                model = cilium_of_values(where.embedding.text, each)
                if model is not None:
                    yield Document(
                        where.source,
                        model,
                        where.embedding,
                        str(values.name),
                        values.namespace,
                        templated=where.templated,
                    )
