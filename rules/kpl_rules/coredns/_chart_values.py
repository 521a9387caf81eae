"""Which values each version of the chart `coredns` reads.

Source: `.Values` in charts/coredns/templates of coredns/helm, for each tag from 1.16.4 to 1.46.2; and stable/coredns of
helm/charts before.
"""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from kpl import Cluster, Document, Version
from kpl.corefiles import ChartSource, CorednsChart

OLDEST = Version("1.16.4")
"""The first version in coredns/helm whose templates are there."""
NEWEST = Version("1.46.2")
"""The last one that is known."""
_EXACT = re.compile(r"v?([0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9})")


class Reads(NamedTuple):
    """The versions of the chart that read a value."""

    without: Version | None = None
    """The newest one before `since` that does not read it; None if the oldest one reads it."""
    since: Version | None = None
    until: Version | None = None
    """The first one that no longer reads it."""


def _table(always: str, **others: tuple[str, str] | tuple[str, str, str]) -> dict[str, Reads]:
    found = dict.fromkeys(always.split(), Reads())
    for name, versions in others.items():
        found[name] = Reads(*(Version(each) if each else None for each in versions))
    return found


_BEFORE = ("", "", "1.16.4")

READ = {
    "": _table(
        """
        affinity autoscaler customLabels deployment extraConfig extraSecrets extraVolumeMounts extraVolumes fullnameOverride global
        hpa image isClusterService livenessProbe nameOverride nodeSelector podAnnotations podDisruptionBudget priorityClassName
        prometheus rbac readinessProbe replicaCount resources rollingUpdate securityContext servers service serviceAccount
        serviceType terminationGracePeriodSeconds tolerations zoneFiles
        """,
        automountServiceAccountToken=("1.45.0", "1.45.1"),
        autoscaling=_BEFORE,
        clusterIP=_BEFORE,
        clusterRole=("1.30.0", "1.31.0"),
        customAnnotations=("1.17.0", "1.18.0"),
        dnsConfig=("1.45.0", "1.45.1", "1.45.2"),
        env=("1.35.1", "1.36.0"),
        externalIPs=_BEFORE,
        externalTrafficPolicy=_BEFORE,
        extraContainers=("1.26.0", "1.27.0"),
        initContainers=("1.42.4", "1.43.0"),
        ipFamilyPolicy=_BEFORE,
        k8sAppLabelOverride=("1.19.5", "1.19.6"),
        loadBalancerIP=_BEFORE,
        middleware=_BEFORE,
        plugins=_BEFORE,
        podLabels=("1.45.0", "1.45.1"),
        podSecurityContext=("1.22.0", "1.23.0"),
        preStopSleep=("", "", "1.25.0"),
        serviceProtocol=_BEFORE,
        topologySpreadConstraints=("1.19.6", "1.19.7"),
    ),
    "service": _table(
        "annotations clusterIP externalIPs externalTrafficPolicy loadBalancerIP name",
        clusterIPs=("1.20.0", "1.20.1"),
        ipFamilyPolicy=("1.20.0", "1.20.1"),
        loadBalancerClass=("1.32.0", "1.33.0"),
        selector=("1.30.0", "1.31.0"),
        trafficDistribution=("1.34.0", "1.35.0"),
    ),
    "deployment": _table(
        "enabled name",
        annotations=("1.17.0", "1.18.0"),
        dnsConfig=("1.45.1", "1.45.2"),
        dnsPolicy=("1.45.1", "1.45.2"),
        selector=("1.30.0", "1.31.0"),
        skipConfig=("1.29.0", "1.30.0"),
    ),
    "autoscaler": _table(
        """
        affinity configmap coresPerReplica enabled image includeUnschedulableNodes livenessProbe max min nodeSelector
        nodesPerReplica preventSinglePointFailure priorityClassName resources tolerations
        """,
        customFlags=("1.16.7", "1.17.0"),
        extraContainers=("1.26.0", "1.27.0"),
        podAnnotations=("1.24.0", "1.24.1"),
        podSecurityContext=("1.46.1", "1.46.2"),
        securityContext=("1.46.1", "1.46.2"),
    ),
    "hpa": _table("behavior enabled maxReplicas metrics minReplicas"),
    "prometheus": _table("monitor service"),
    "prometheus.service": _table("annotations enabled", selector=("1.30.0", "1.31.0")),
    "prometheus.monitor": _table(
        "additionalLabels enabled namespace",
        honorLabels=("1.45.2", "1.46.0"),
        interval=("1.16.5", "1.16.6"),
        metricRelabelings=("1.45.2", "1.46.0"),
        relabelings=("1.45.2", "1.46.0"),
        scheme=("1.45.2", "1.46.0"),
        scrapeTimeout=("1.45.2", "1.46.0"),
        selector=("1.30.0", "1.31.0"),
        tlsConfig=("1.45.2", "1.46.0"),
    ),
    "serviceAccount": _table("annotations create name"),
    "livenessProbe": _table(
        "enabled failureThreshold initialDelaySeconds periodSeconds successThreshold timeoutSeconds"
    ),
    "readinessProbe": _table(
        "enabled failureThreshold initialDelaySeconds periodSeconds successThreshold timeoutSeconds"
    ),
}
"""The values that the templates read, by the path of the mapping that they are in."""


def version_of(chart: CorednsChart, document: Document, cluster: Cluster) -> Version | None:
    """The version of the chart that the values are for; None if nobody says it for certain, or only a range of versions."""
    written = {str(chart.version)} if chart.version is not None else set()
    if not written:
        written = {
            str(each.version) for where, each in cluster.of(ChartSource) if _is_for(each, where, chart, document)
        }
    found = _EXACT.fullmatch(written.pop()) if len(written) == 1 else None
    return Version(found[1]) if found is not None else None


def _is_for(source: ChartSource, where: Document, chart: CorednsChart, document: Document) -> bool:
    if source.is_dependency:
        return chart.below == source.name and posixpath.dirname(where.path) == posixpath.dirname(document.path)
    if chart.source is None:
        return False
    name, namespace = chart.source
    return name == source.name and (not namespace or not source.namespace or namespace == source.namespace)
