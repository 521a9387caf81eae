"""What charts are given: the pods and the Corefiles in the values of releases, of Kustomizations and of values files."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.charts.holders import ChartName, Values, held_values
from kpl.inputs.charts.knowncharts import documents_of_chart
from kpl.inputs.charts.pods import workloads_of
from kpl.inputs.corefile.document import is_templated
from kpl.inputs.document import Document
from kpl.inputs.objects.references import ValuesFile
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.values.corefiles import corefiles_below
from kpl.inputs.yaml.tree import Mapping, YamlError, compose
from kpl.text.embedding import Embedding
from kpl.text.source import Source
from kpl.text.span import Text

_NO_KIND_OR_VALUES = (
    r"(?m)\A(?![\s\S]*?^[{ \t]*[\"']?kind[\"']?[ \t]*:)"
    r"|\bkind[\"']?[ \t]*:[ \t]*[\"']?(?:HelmRelease|Application|ApplicationSet|HelmChart|HelmChartConfig|Kustomization)\b"
)


class _Reader(ObjectReader):
    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """The Corefiles below `node`, and what is in the values that it holds."""
        name = node.text("metadata", "name") or ""
        yield from corefiles_below(node, place, name)
        for values in held_values(node, place):
            if isinstance(values, Document):
                yield values
                continue
            if values.place is not place:
                yield from corefiles_below(values.node, values.place, name)
            yield from pods_in(values, name)


def pods_in(values: Values, name: str) -> Iterator[Document]:
    """The pods in `values`, which the object with this `name` holds."""
    where = values.place
    for workload in workloads_of(values):
        yield Document(where.source, workload, where.embedding, name, values.namespace, templated=where.templated)


def documents_of_values(source: Source, said: ValuesFile) -> Iterator[Document]:
    """What is in the file `source`, of which an object has `said` that it holds the values of a chart."""
    try:
        roots = compose(source.text)
    except YamlError:
        return
    place = Place(source, Embedding(source.text, source.newline), is_templated(source.text))
    for root in roots[:1]:
        if isinstance(root, Mapping) and root.pair("kind") is None:
            at_start = Text("values", root.span)
            yield from corefiles_below(root, place, "")
            chart = ChartName(Text(said.chart, root.span), Text(said.version, root.span), said.repository)
            values = Values(root, place, said.is_alone, at_start, Text("", root.span), "", "", chart)
            yield from pods_in(values._replace(is_complete=False), "")
            if said.is_alone:
                yield from documents_of_chart(values)


class ReleaseReader(_Reader):
    """Reads the objects that install a chart with values."""

    kind = ObjectKind(
        models=("Workload", "Corefile"),
        kinds=("HelmRelease", "Application", "ApplicationSet", "HelmChart", "HelmChartConfig"),
        groups=("helm.toolkit.fluxcd.io/", "argoproj.io/", "helm.cattle.io/"),
        late=("HelmRelease",),
        each_below="controllers",
        aside=("route", "ingress", "service", "persistence", "configMaps", "secrets", "serviceMonitor", "rbac"),
        clues=(Clue(("containers",), (r"""\bcontainers["']?[ \t]*:""",)),),
    )
    examples = (
        Takes(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\n"
            "spec:\n  values:\n    controllers:\n      main:\n        containers:\n          app:\n"
            "            image: {repository: shop/web, tag: '3'}\n",
            {"title": "HelmRelease/shop/web controllers.main", "partial": False},
        ),
        Takes(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\nspec:\n"
            "  destination: {namespace: shop}\n"
            "  source:\n    helm:\n      values: |\n        server:\n          dnsPolicy: Default\n",
            {"title": "Application/shop/web server", "partial": True, "dns_policy": "Default"},
        ),
        Takes(
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n"
            "      sources: [{path: .}, {helm: {valuesObject: {dnsConfig: {searches: [a.example]}}}}]\n",
            {"title": "ApplicationSet/web", "dns_policy": None},
        ),
        Takes(
            "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: web}\nspec:\n  targetNamespace: shop\n"
            "  valuesContent: |-\n    dnsPolicy: None\n",
            {"title": "HelmChart/shop/web", "dns_policy": "None"},
        ),
        Takes(
            "apiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\nmetadata: {name: rke2-coredns}\nspec:\n  valuesContent: |-\n"
            "    servers:\n    - zones:\n      - zone: .\n      plugins:\n      - name: errors\n",
            {"text": ". {\n    errors\n}\n"},
            kinds=("Corefile",),
        ),
        Takes(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\nspec:\n"
            "  source:\n    helm:\n      parameters:\n"
            "      - {name: server.dnsPolicy, value: Default}\n"
            "      - {name: b}\n      - c\n",
            {"title": "Application/web server", "partial": True, "dns_policy": "Default"},
        ),
        Takes(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\nspec:\n"
            "  source:\n    helm:\n      parameters:\n      - {name: 'pods[1].dnsConfig.nameservers[0]', value: 10.0.0.1}\n"
            "      - {name: 'pods[1].dnsPolicy', value: None}\n",
            {"title": "Application/web pods", "dns_policy": "None"},
        ),
        Takes(
            "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: web}\n"
            "spec: {set: {server.dnsPolicy: Default, a: 1}}\n",
            {"title": "HelmChart/web server", "dns_policy": "Default"},
        ),
        Leaves(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    controllers:\n      main:\n"
            "        containers:\n          app: {name: a}\n"
        ),
        Leaves("apiVersion: helm.fluxcd.io/v1\nkind: HelmRelease\nspec: {values: {dnsPolicy: Default}}\n"),
        Leaves(
            "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nspec: {valuesContent: dnsPolicy, set: {dnsConfig: a}}\n"
        ),
    )


class ValuesReader(_Reader):
    """Finds Corefiles in objects of any kind, and pods in values that are a file, or inline in a Kustomization."""

    kind = ObjectKind(
        models=("Corefile", "Workload"),
        beside=("Cluster",),
        clues=(
            Clue(("orefile",)),
            Clue(
                ("servers",),
                (r"\bservers[\"']?[ \t]*:", r"\bplugins[\"']?[ \t]*:", r"\bzones[\"']?[ \t]*:"),
            ),
            Clue(
                ("dnsConfig", "dnsPolicy"),
                (
                    r"\bdns(?:Config|Policy)[\"']?[ \t]*:",
                    _NO_KIND_OR_VALUES,
                ),
            ),
        ),
    )
    examples = (
        Takes("dns:\n  Corefile: |\n    . {\n        errors\n    }\n"),
        Takes("kind: Values\nspec: {values: {servers: [{zones: [{zone: .}], plugins: [{name: errors}]}]}}\n"),
        Takes(
            "server:\n  dnsPolicy: Default\n",
            {"title": "values server", "dns_policy": "Default"},
            "prod.values.yaml",
            ("Workload",),
        ),
        Takes(
            "helmCharts:\n- name: web\n  valuesInline:\n    server:\n      dnsPolicy: Default\n",
            {},
            "kustomization.yaml",
            ("Kustomization", "Workload"),
        ),
        Leaves("dns:\n  Corefile: the name of a file\n"),
        Leaves("servers: [{zones: [{zone: .}], plugins: [errors]}]\n"),
        Leaves("server:\n  dnsPolicy: Default\n", "server.yaml"),
        Leaves("kind: Pod\nserver:\n  dnsPolicy: Default\n", "values.yaml"),
    )
