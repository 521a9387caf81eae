"""Charts of which it is known where their values have the environment and the DNS of their pods.

The templates of a chart in `CHARTS` set neither ``dnsPolicy`` nor ``dnsConfig`` unless the values say so; each row names
the template in which that was seen, and when. A chart that is not here may set anything.
"""

from __future__ import annotations

from typing import NamedTuple


class ChartContainer(NamedTuple):
    """A container of a pod: paths in the values, from their start."""

    at: str
    """What the container is configured with: its ``image``, and whether it is ``enabled``; empty for the values themselves."""
    variables: tuple[str, ...]
    """Its environment: a list, or a mapping of names to values. Flags as a mapping are the same."""
    flags: tuple[str, ...] = ()
    """Its flags, where they are a list."""


class ChartPod(NamedTuple):
    """A pod that a chart makes."""

    role: str
    containers: tuple[ChartContainer, ...]
    settings: str | None
    """The path of the mapping with ``dnsConfig``; None where the chart has no such value."""


class KnownChart(NamedTuple):
    """A chart that is known."""

    name: str
    sources: tuple[str, ...]
    """Words, one of which is in the URL or the name of the repository that it comes from."""
    pods: tuple[ChartPod, ...]
    versions: str = ""
    """How its version starts; empty for any."""


def _of_component(name: str, *variables: str) -> ChartPod:
    paths = tuple(path if "." in path else f"{name}.{path}" for path in variables)
    return ChartPod(name, (ChartContainer(name, paths),), name)


CHARTS = (
    # 2026-11-30: github.com/bjw-s/helm-charts, charts/library/common/templates/lib/controller/_pod.tpl of common 1.x
    KnownChart("app-template", ("bjw-s",), (ChartPod("", (ChartContainer("", ("env",), ("args",)),), ""),), "1."),
    # 2026-11-30: github.com/kubernetes-sigs/external-dns, charts/external-dns/templates/deployment.yaml
    KnownChart(
        "external-dns",
        ("external-dns", "kubernetes-sigs"),
        (
            ChartPod(
                "",
                (
                    ChartContainer("", ("env", "extraArgs"), ("extraArgs",)),
                    ChartContainer("provider.webhook", ("provider.webhook.env",), ("provider.webhook.args",)),
                ),
                "",
            ),
        ),
    ),
    # 2026-11-30: github.com/grafana/helm-charts, charts/grafana/templates/_pod.tpl (since 2026 in grafana-community)
    KnownChart("grafana", ("grafana",), (ChartPod("", (ChartContainer("", ("env",)),), ""),)),
    # 2026-11-30: github.com/FairwindsOps/charts, stable/vpa/templates/recommender-deployment.yaml, updater-deployment.yaml
    KnownChart(
        "vpa",
        ("fairwinds",),
        tuple(
            ChartPod(name, (ChartContainer(name, (f"{name}.extraArgs",)),), None) for name in ("recommender", "updater")
        ),
    ),
    # 2026-11-30: github.com/nextcloud/helm, charts/nextcloud/templates/deployment.yaml
    KnownChart("nextcloud", ("nextcloud",), (ChartPod("", (ChartContainer("", ("nextcloud.extraEnv",)),), ""),)),
    # 2026-11-30: github.com/goauthentik/helm, charts/authentik/templates/{server,worker}/deployment.yaml
    KnownChart(
        "authentik", ("authentik",), tuple(_of_component(name, "global.env", "env") for name in ("server", "worker"))
    ),
    # 2026-11-30: github.com/woodpecker-ci/helm, charts/woodpecker/charts/{server,agent}/templates/statefulset.yaml
    KnownChart("woodpecker", ("woodpecker",), tuple(_of_component(name, "env") for name in ("server", "agent"))),
    # 2026-11-30: github.com/oauth2-proxy/manifests, helm/oauth2-proxy/templates/deployment.yaml
    KnownChart(
        "oauth2-proxy",
        ("oauth2-proxy",),
        (ChartPod("", (ChartContainer("", ("extraEnv", "extraArgs"), ("extraArgs",)),), None),),
    ),
    # 2026-11-30: github.com/dexidp/helm-charts, charts/dex/templates/deployment.yaml
    KnownChart("dex", ("dex",), (ChartPod("", (ChartContainer("", ("env", "envVars")),), None),)),
    # 2026-11-30: github.com/prometheus-community/helm-charts, charts/prometheus-blackbox-exporter/templates/_helpers.tpl
    KnownChart(
        "prometheus-blackbox-exporter",
        ("prometheus-community",),
        (ChartPod("", (ChartContainer("", ("extraEnv",)),), ""),),
    ),
    # 2026-11-30: github.com/argoproj/argo-helm, charts/argo-cd/templates
    KnownChart(
        "argo-cd",
        ("argo",),
        (
            *(
                _of_component(name, "global.env", "env")
                for name in ("controller", "server", "repoServer", "dex", "redis")
            ),
            *(_of_component(name, "global.env", "extraEnv") for name in ("applicationSet", "notifications")),
        ),
    ),
)
NAMES = "|".join(each.name for each in CHARTS)
