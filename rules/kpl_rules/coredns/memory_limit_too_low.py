"""KPL293."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Stop
from kpl.corefiles import CorednsChart, Corefile, deployed
from kpl.manifests import Mapping, Scalar, Sequence, Workload
from kpl_rules.coredns._deployment import coredns_files

_CHART = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: coredns, namespace: kube-system}
spec:
  chart: {spec: {chart: coredns, version: 1.46.2}}
  values:
    resources:
      limits: {memory: %s}
    servers:
    - zones: [{zone: ., use_tcp: true}]
      port: 53
      plugins:
      - {name: errors}
      - {name: health, configBlock: lameduck 5s}
      - {name: ready}
      - {name: cache, parameters: 30}
      - {name: forward, parameters: . 10.0.0.2}
"""


_AUTOPATH = """\
autopath @kubernetes
        kubernetes cluster.local {
            pods verified
        }"""


def _files(limit: str, old: str = "cache", new: str = "cache") -> dict[str, str]:
    found = coredns_files("lameduck 5s")
    image = "        image: registry.k8s.io/coredns/coredns\n"
    resources = f"        resources: {{limits: {{memory: {limit}}}}}\n"
    deployment = found["deployment.yaml"].replace(image, image + resources)
    return {"deployment.yaml": deployment, "coredns.yaml": found["coredns.yaml"].replace(old, new)}


_BASE = 54
_BASE_AUTOPATH = 56
"""What CoreDNS needs without any pod or Service, in MB."""
_PER_MB = 1000
_PER_MB_AUTOPATH = 250
"""How many pods and Services take a MB."""
_SIZES = ("success", "denial")
_UNITS = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}
_QUANTITY = re.compile(r"([0-9]{1,15})(k|[MGT]|[KMGT]i|)")


class MemoryLimitTooLow(Rule):
    """The memory limit of CoreDNS is too low for a full cache, so the kernel kills it under load.

    ## Why
    CoreDNS needs 54 MB and one MB for each 1,000 pods and Services; 30 MB of it are a full `cache` and 5 MB are for
    queries in progress. With `autopath`, it needs 56 MB and one MB for each 250, because it keeps all pods. If the limit is
    lower, the kernel kills the container when the cache is full, which is when the cluster sends many queries. kubeadm sets a
    limit of `170Mi`.

    The rule uses the number of Services that it knows (`--services`). It is silent if the Corefile has no `cache` or sets its
    size.

    ## Fix
    There is no automatic fix, because the number of pods is not known. `170Mi` is enough for about 120,000 pods and Services.

    ## References
    - https://github.com/coredns/deployment/blob/master/kubernetes/Scaling_CoreDNS.md
    - https://github.com/coredns/coredns/issues/3388
    - https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
    """

    code = "KPL293"
    name = "memory-limit-too-low"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Workload|CorednsChart"
    clue = "coredns"
    symptoms = ("coredns-is-killed",)
    examples = [
        Bad(
            _files("50Mi"),
            flags=["50Mi"],
            says=["CoreDNS needs 54 MB with a full cache", "but its limit is `50Mi` (52 MB)", "Set a limit of `170Mi`"],
        ),
        Bad(_files("53999k"), flags=["53999k"]),
        Good(_files("54M")),
        Good(_files("52Mi")),
        Good(_files("170Mi")),
        # with the Services of the cluster
        Bad(
            _files("60M"),
            flags=["60M"],
            facts={"services": 8000},
            says=["CoreDNS needs 62 MB with a full cache and 8,000 Services"],
        ),
        Good(_files("62M"), facts={"services": 8000}),
        Bad(
            _files("60M", "kubernetes cluster.local", _AUTOPATH),
            flags=["60M"],
            facts={"services": 2000},
            says=["CoreDNS needs 64 MB"],
        ),
        # no cache, a smaller one, a limit that is not known, other programs
        Good(_files("50Mi", "        cache 30\n", ""), other=["missing-cache"]),
        Good(_files("50Mi", "cache 30", "cache 30 {\n            success 1024\n            denial 1024\n        }")),
        Good(_files("50Mi", "cache 30", "cache 30\n        import more/*")),
        Good(_files('"${LIMIT}"')),
        Good({"deployment.yaml": _files("50Mi")["deployment.yaml"]}),
        Bad({"chart.yaml": _CHART % "48Mi"}, flags=["48Mi"]),
        Good({"chart.yaml": _CHART % "128Mi"}),
        Good({"chart.yaml": (_CHART % "48Mi").replace("      - {name: cache, parameters: 30}\n", "")}, other=["missing-cache"]),
        Good({"chart.yaml": (_CHART % "48Mi").replace("parameters: 30", "parameters: 30, configBlock: success 1024")}),
    ]  # fmt: skip

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        corefiles = [document for document, _ in cluster.corefiles]
        for document, corefile in cluster.corefiles:
            needed = _needed(corefile, cluster.services or 0)
            if needed is None:
                continue
            runs = deployed(document, corefiles, (each for _, each in cluster.of(Workload, clue="coredns")))
            if runs is not None:
                limit = runs.container.node.scalar("resources", "limits", "memory")
                where = cluster.document_of(runs.workload)
                cache = next(each for server in corefile.servers for each in server.expanded() if each.name == "cache")
                related = [Related(cache.head, "the cache is here", document)]
                yield from self._judged(limit, needed, where, related, cluster)
        for document, chart in cluster.of(CorednsChart):
            if not chart.is_named or document.templated:
                continue
            needed = _needed_of_chart(chart, cluster.services or 0)
            limit = chart.node.scalar("resources", "limits", "memory")
            if needed is not None:
                yield from self._judged(limit, needed, document, [], cluster)

    def _judged(
        self, limit: Scalar | None, needed: int, document: Document, related: list[Related], cluster: Cluster
    ) -> Iterator[Finding]:
        found = _QUANTITY.fullmatch(limit.value) if limit is not None else None
        if limit is None or found is None or document.templated:
            return
        size = int(found[1]) * _UNITS[found[2]]
        if not size or size >= needed * 10**6:
            return
        services = f" and {cluster.services:,} Services" if needed > _BASE_AUTOPATH else ""
        yield self.finding(
            limit.span,
            f"CoreDNS needs {needed:,} MB with a full cache{services}, but its limit is `{limit.value}` "
            f"({size // 10**6:,} MB), so the kernel kills it when the cache is full",
            help="Set a limit of `170Mi`." if needed < 150 else f"Set a limit of at least `{needed:,}M`.",
            related=related,
            document=document,
        )


def _needed(corefile: Corefile, services: int) -> int | None:
    """How many MB CoreDNS needs; None where the size of its cache is not that of the formula."""
    if corefile.imports or not all(server.complete for server in corefile.servers):
        return None
    directives = [each for server in corefile.servers for each in server.expanded()]
    caches = [each for each in directives if each.name == "cache"]
    if not caches or any(each.get(size) for each in caches for size in _SIZES):
        return None
    return _megabytes(services, any(each.name == "autopath" for each in directives))


def _needed_of_chart(chart: CorednsChart, services: int) -> int | None:
    """The same for the plugins in the values of the chart."""
    plugins = [
        (plugin.text("name") or "", plugin.text("configBlock") or "")
        for server in _mappings(chart.servers)
        for plugin in _mappings(server.get("plugins"))
    ]
    names = {name for name, _ in plugins}
    is_sized = any(name == "cache" and any(each in block for each in _SIZES) for name, block in plugins)
    if "cache" not in names or "import" in names or is_sized:
        return None
    return _megabytes(services, "autopath" in names)


def _mappings(node: object) -> list[Mapping]:
    """The mappings in a sequence."""
    return [each for each in node.items if isinstance(each, Mapping)] if isinstance(node, Sequence) else []


def _megabytes(services: int, has_autopath: bool) -> int:
    return _BASE_AUTOPATH + services // _PER_MB_AUTOPATH if has_autopath else _BASE + services // _PER_MB
