"""ConfigMaps with the values of charts, as HelmReleases take them with ``valuesFrom``.

Source: https://fluxcd.io/flux/components/helm/helmreleases/#values-references
"""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.charts.holders import Values, is_values_file, opened
from kpl.inputs.charts.releases import pods_in
from kpl.inputs.document import Document
from kpl.inputs.objects.fields import name_of, pairs
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.values.corefiles import corefiles_below
from kpl.inputs.yaml.tree import Mapping
from kpl.text.span import Text

_CONFIG_MAP = r"""kind["']?[ \t]*:[ \t]*["']?ConfigMap\b"""
_VALUES = r"""values(?:[._-][\w.-]*)?\.(?:ya?ml|json)["']?[ \t]*:"""


class ConfigMapValuesReader(ObjectReader):
    """Reads the keys of ConfigMaps that are called like values files: ``values.yaml``."""

    kind = ObjectKind(
        models=("Workload", "Corefile"),
        beside=("ConfigMap",),
        clues=(
            Clue(("dnsConfig", "dnsPolicy"), (_VALUES, _CONFIG_MAP, r"\bdns(?:Config|Policy)[\"']?[ \t]*:")),
            Clue(("containers",), (_VALUES, _CONFIG_MAP, r"containers(?<!\wcontainers)[\"']?[ \t]*:")),
            Clue(("servers",), (_VALUES, _CONFIG_MAP, r"\bplugins[\"']?[ \t]*:", r"\bzones[\"']?[ \t]*:")),
        ),
    )
    examples = (
        Takes(
            "kind: ConfigMap\nmetadata: {name: web-values, namespace: shop}\ndata:\n  values.yaml: |\n"
            "    server:\n      dnsPolicy: Default\n",
            {"title": "ConfigMap/shop/web-values server", "dns_policy": "Default", "partial": True},
        ),
        Takes(
            "kind: ConfigMap\ndata:\n  coredns-values.yaml: |\n    servers:\n    - zones:\n      - zone: .\n      plugins:\n"
            "      - name: errors\n",
            {"text": ". {\n    errors\n}\n"},
            kinds=("Corefile",),
        ),
        Takes(
            "kind: ConfigMap\ndata:\n  values.yaml: |\n    controllers:\n      main:\n        containers:\n          app:\n"
            "            image: {repository: shop/web, tag: '3'}\n",
            {"title": "ConfigMap controllers.main", "partial": True},
        ),
        Leaves("kind: ConfigMap\ndata:\n  app.yaml: |\n    server:\n      dnsPolicy: Default\n"),
        Leaves("kind: ConfigMap\ndata:\n  values.yaml: dnsPolicy\n"),
        Leaves("kind: Secret\nstringData:\n  values.yaml: |\n    dnsPolicy: Default\n"),
    )

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """The Corefiles and the pods in the values that the ConfigMap `node` holds."""
        kind = node.text("kind") or Text("", node.span)
        if kind != "ConfigMap":
            return
        name = name_of(node)
        namespace = node.text("metadata", "namespace") or ""
        for key, value in pairs(node.mapping("data")):
            for mapping, where in opened(value, place) if is_values_file(key.value) else ():
                if isinstance(mapping, Document):
                    yield mapping
                    continue
                yield from corefiles_below(mapping, where, str(name))
                yield from pods_in(Values(mapping, where, False, kind, name, str(namespace), ""), str(name))
