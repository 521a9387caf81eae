"""KPL266."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Span, Stop
from kpl.corefiles import CorednsChart, deployed
from kpl.kubeproxy import duration_of
from kpl.manifests import Mapping, Scalar, Workload
from kpl.words import whole_number
from kpl_rules.coredns._deployment import coredns_files

_DEFAULT_GRACE = 30
"""The seconds that Kubernetes gives a pod to stop (k8s.io/api/core/v1, DefaultTerminationGracePeriodSeconds)."""
_SECOND = 1_000_000_000
_LAMEDUCK = re.compile(r"(?m)^[ \t]*lameduck[ \t]+(\S+)")
_CHART = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: coredns, namespace: kube-system}
spec:
  chart: {spec: {chart: coredns, version: 1.46.2}}
  values:
    terminationGracePeriodSeconds: %s
    servers:
    - zones: [{zone: ., use_tcp: true}]
      port: 53
      plugins:
      - {name: errors}
      - name: health
        configBlock: lameduck %s
      - {name: ready}
      - {name: whoami}
"""


class GracePeriodTooShort(Rule):
    """`lameduck` is as long as the time that a pod has to stop, so the kubelet kills CoreDNS in the middle of it.

    ## Why
    When a pod stops, CoreDNS answers for the time of `lameduck` and then closes its listeners, so that queries that it
    has accepted get their responses. The kubelet kills the container after `terminationGracePeriodSeconds`, 30 seconds by
    default. If `lameduck` does not end before that, CoreDNS never gets to closing, and the queries of this moment get lost.

    ## Fix
    There is no automatic fix. kubeadm uses `lameduck 5s`.

    ## References
    - https://coredns.io/plugins/health/
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/health/health.go (OnFinalShutdown)
    - https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
    """

    code = "KPL266"
    name = "grace-period-too-short"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Corefile Workload|CorednsChart"
    symptoms = ("lookups-fail-during-rollouts",)
    examples = [
        Bad(
            coredns_files("lameduck 30s"),
            flags=["lameduck 30s"],
            says=["`lameduck 30s` does not end before the grace period of 30 seconds", "Set a shorter `lameduck`"],
        ),
        Bad(coredns_files("lameduck 1m", "terminationGracePeriodSeconds: 60"), flags=["lameduck 1m"]),
        Good(coredns_files("lameduck 29s")),
        Good(coredns_files("lameduck 1m", "terminationGracePeriodSeconds: 61")),
        Good(coredns_files("lameduck 1m", "terminationGracePeriodSeconds: ${GRACE}")),
        Good(coredns_files("lameduck {$LAMEDUCK}")),
        Good({"coredns.yaml": coredns_files("lameduck 60s")["coredns.yaml"]}),
        # the values of the chart
        Bad(
            {"chart.yaml": _CHART % ("10", "10s")},
            flags=["lameduck 10s"],
            says=["`lameduck 10s` does not end before the grace period of 10 seconds"],
        ),
        Bad(
            {"chart.yaml": (_CHART % ("10", "30s")).replace("    terminationGracePeriodSeconds: 10\n", "")},
            flags=["lameduck 30s"],
        ),
        Good({"chart.yaml": _CHART % ("11", "10s")}),
        Good({"chart.yaml": _CHART % ("${GRACE}", "60s")}),
        Good({"chart.yaml": _CHART % ("10", "{$LAMEDUCK}")}),
        Good(
            {
                "chart.yaml": (_CHART % ("10", "30s"))
                .replace("    terminationGracePeriodSeconds: 10\n", "")
                .replace("  values:", "  valuesFrom: [{kind: ConfigMap, name: more}]\n  values:")
            }
        ),
    ]  # fmt: skip

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for document, chart in cluster.of(CorednsChart):
            if chart.is_named and not document.templated:
                yield from self._of_chart(document, chart)
        corefiles = [document for document, _ in cluster.corefiles]
        for document, corefile in cluster.corefiles:
            for server in corefile.servers:
                health = server.get("health")
                lameduck = health.get("lameduck") if health is not None else None
                length = duration_of(lameduck.args[0]) if lameduck is not None and lameduck.args else None
                if lameduck is None or length is None:
                    continue
                runs = deployed(document, corefiles, (each for _, each in cluster.of(Workload, clue="coredns")))
                if runs is None:
                    break
                written = runs.workload.termination_grace_period
                grace = _DEFAULT_GRACE if written is None else whole_number(written.value)
                if grace is None or length < grace * _SECOND:
                    continue
                where = cluster.document_of(runs.workload)
                related = Related((written or runs.workload.name).span, "the pod has this time to stop", where)
                yield self._finding(document, lameduck.span, lameduck.args[0], grace, [related])

    def _of_chart(self, document: Document, chart: CorednsChart) -> Iterator[Finding]:
        written = chart.node.scalar("terminationGracePeriodSeconds")
        grace = whole_number(written.value) if written is not None else _DEFAULT_GRACE
        if grace is None or (written is None and not chart.is_complete):
            return
        related = [Related(written.span, "the pod has this time to stop")] if written is not None else []
        for server in chart.servers.items:
            for plugin in server.items("plugins") if isinstance(server, Mapping) else ():
                block = plugin.scalar("configBlock") if isinstance(plugin, Mapping) else None
                if isinstance(block, Scalar) and isinstance(plugin, Mapping) and plugin.text("name") == "health":
                    found = _LAMEDUCK.search(block.value)
                    length = duration_of(found[1]) if found is not None else None
                    if found is not None and length is not None and length >= grace * _SECOND:
                        yield self._finding(document, block.span, found[1], grace, related)

    def _finding(self, document: Document, span: Span, lameduck: str, grace: int, related: list[Related]) -> Finding:
        return self.finding(
            span,
            f"`lameduck {lameduck}` does not end before the grace period of {grace:,} seconds, so the kubelet "
            "kills CoreDNS while it answers",
            help="Set a shorter `lameduck`. Or set a longer `terminationGracePeriodSeconds`.",
            related=related,
            document=document,
        )
