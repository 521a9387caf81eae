"""The pods of charts of which `kpl.inputs.charts.table` knows where their values have the environment."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from kpl.inputs.charts.holders import ChartName, Values, held_values
from kpl.inputs.charts.pods import environment_of, image_of, is_on, made_mapping
from kpl.inputs.charts.table import CHARTS, NAMES, ChartPod, KnownChart
from kpl.inputs.document import Document
from kpl.inputs.objects.workloads import Container, Workload
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.yaml.tree import Mapping, Scalar, Sequence

_OTHERWISE = ("dnsConfig", "dnsPolicy", "hostNetwork", "\\")
"""With one of these in the text, other readers see the pod, or an escape may spell one."""
_ENVIRONMENT = r"""(?:env|Env|envVars|extraArgs)(?:["']?[ \t]*:|\[\d|\.[A-Za-z_])"""
_CRON_JOB = ("cronjob", "job")


class KnownChartReader(ObjectReader):
    """Reads the environment in the values of charts that set nothing of the DNS of their pods: `charts/table.py` lists them."""

    kind = ObjectKind(
        models=("Workload",),
        beside=("HelmRelease", "Application", "ApplicationSet", "HelmChart", "Kustomization"),
        clues=(
            Clue(("chart: ",), (rf"""chart: ["']?(?:\*|(?:{NAMES})\b)""", _ENVIRONMENT)),
            Clue(("helmCharts",), (rf"""name: ["']?(?:\*|(?:{NAMES})\b)""", _ENVIRONMENT)),
        ),
    )
    examples = (
        Takes(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: dash, namespace: obs}\nspec:\n"
            "  chart: {spec: {chart: grafana, sourceRef: {kind: HelmRepository, name: grafana-charts}}}\n"
            "  values:\n    image: {repository: shop/grafana, tag: '12'}\n    env: {GF_DATABASE_HOST: db.obs.svc.cluster.local}\n",
            {"title": "HelmRelease/obs/dash", "partial": False, "chart": "grafana"},
        ),
        Takes(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    chart: woodpecker\n"
            "    repoURL: oci://ghcr.io/woodpecker-ci/helm\n    helm:\n      values: |\n"
            "        agent: {enabled: false, env: {A: b}}\n        server: {env: {A: b}}\n",
            {"title": "Application server", "chart": "woodpecker"},
            kinds=("Workload",),
        ),
        Takes(
            "helmCharts:\n- name: authentik\n  repo: https://charts.goauthentik.io\n  valuesInline:\n"
            "    global: {env: [{name: A, value: b}]}\n    server: {replicas: 2}\n",
            {},
            "kustomization.yaml",
            ("Kustomization", "Workload", "Workload"),
        ),
        Takes(
            "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: proxy}\nspec:\n  chart: oauth2-proxy\n"
            "  repo: https://oauth2-proxy.github.io/manifests\n  valuesContent: |\n"
            "    extraArgs: [--upstream=http://a.example]\n",
            {"title": "HelmChart/proxy"},
        ),
        Takes(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n"
            "  chart: {spec: {chart: app-template, version: 1.5.1, sourceRef: {name: bjw-s}}}\n"
            "  values: {controller: {type: cronjob}, env: {A: b}}\n",
            {"chart": "app-template"},
        ),
        Takes(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    chart: authentik\n"
            "    repoURL: https://charts.goauthentik.io\n    helm:\n      parameters:\n"
            "      - {name: 'server.env[0].name', value: DB}\n      - {name: 'server.env[0].value', value: db.shop.svc}\n",
            {"title": "Application server", "chart": "authentik"},
        ),
        # of another repository, of another version, without an environment, with what may set the DNS of the pod
        Leaves(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n"
            "  chart: {spec: {chart: grafana, sourceRef: {name: bitnami}}}\n  values: {env: {A: b}}\n"
        ),
        Leaves(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n"
            "  chart: {spec: {chart: app-template, version: 2.0.0, sourceRef: {name: bjw-s}}}\n  values: {env: {A: b}}\n"
        ),
        Leaves(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n"
            "  chart: {spec: {chart: grafana, sourceRef: {name: grafana}}}\n  values: {env: {}, replicas: 1}\n"
        ),
        Leaves(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n"
            "  chart: {spec: {chart: grafana, sourceRef: {name: grafana}}}\n  valuesFrom: [{kind: ConfigMap, name: a}]\n"
            "  values: {env: {A: b}}\n"
        ),
        Leaves(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n"
            "  chart: {spec: {chart: grafana, sourceRef: {name: grafana}}}\n  values: {env: {A: b}, hostNetwork: true}\n"
        ),
    )

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """The pods of the known charts to which the object `node` gives values."""
        for values in held_values(node, place):
            if not isinstance(values, Document) and values.is_complete:
                yield from documents_of_chart(values)


def documents_of_chart(values: Values) -> Iterator[Document]:
    """The pods that come of `values`, which are all that the chart is given, if the chart is known."""
    chart = _known(values.chart)
    if chart is None or _may_say_otherwise(values.place.embedding.text):
        return
    for pod in chart.pods:
        workload = _workload(chart, pod, values)
        if workload is not None:
            where = values.place
            name = str(values.name)
            yield Document(where.source, workload, where.embedding, name, values.namespace, templated=where.templated)


# a file may have many charts
@lru_cache(maxsize=4)
def _may_say_otherwise(text: str) -> bool:
    return any(each in text for each in _OTHERWISE)


def _known(said: ChartName) -> KnownChart | None:
    for each in CHARTS:
        if said.name == each.name and any(word in said.repository.lower() for word in each.sources):
            return each if (said.version or "").startswith(each.versions) else None
    return None


def _workload(chart: KnownChart, pod: ChartPod, values: Values) -> Workload | None:
    root = values.node
    containers: list[Container] = []
    for each in pod.containers:
        own = root.mapping(*each.at.split(".")) if each.at else root
        variables = environment_of(root, each.variables)
        flags = [item for path in each.flags for item in root.items(*path.split(".")) if isinstance(item, Scalar)]
        if (variables or flags) and (own is None or is_on(own)):
            image = image_of(own) if own is not None else None
            containers.append(Container(own or root, chart.name, image, variables, args=flags))
    if not containers:
        return None
    # nothing is written in it
    spec = made_mapping(Scalar(root.start, root.start, ""))
    listed = Sequence(root.start, root.start, None, False)
    listed.items += (each.node for each in containers)
    spec.pairs.append((Scalar(root.start, root.start, "containers"), listed))
    if root.text("controller", "type") in _CRON_JOB:
        spec.pairs.append((Scalar(root.start, root.start, "restartPolicy"), Scalar(root.start, root.start, "Never")))
    home = root.mapping(*pod.settings.split(".")) if pod.settings else root if pod.settings is not None else None
    return Workload(
        values.place.embedding.text,
        root,
        values.api_version,
        values.kind,
        values.name,
        values.namespace,
        spec,
        containers,
        role=pod.role,
        chart=chart.name,
        home=(home, "") if home is not None else None,
    )
