"""KPL263."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Cluster, Document, Edit, Finding, Fix, Good, Related, Rule, Severity, Stop
from kpl.corefiles import Corefile, Deployed, Directive, Probe, deployed, is_placeholder
from kpl.manifests import Workload
from kpl.words import whole_number

_CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
    . {
        errors
        health%s {
            lameduck 5s
        }
        ready
        kubernetes cluster.local
        forward . 10.0.0.1
        cache 30
        loop
        reload
    }
"""
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  template:
    spec:
      dnsPolicy: Default
      containers:
      - name: coredns
        image: registry.k8s.io/coredns/coredns
        ports: [{name: health, containerPort: 8080}]
        volumeMounts: [{name: config, mountPath: /etc/coredns}]
        livenessProbe:
          httpGet: {path: /health, port: 8080}
        readinessProbe:
          httpGet: {path: /ready, port: 8181}
      volumes: [{name: config, configMap: {name: coredns}}]
"""


def _files(health: str, deployment: str = _DEPLOYMENT) -> dict[str, str]:
    return {"deployment.yaml": deployment, "coredns.yaml": _CONFIG_MAP % health}


_FIXED = _DEPLOYMENT.replace("port: 8080}\n", "port: 8082}\n")


class _Listener(NamedTuple):
    directive: Directive
    port: int
    path: str
    is_loopback: bool


_LISTENERS = {"health": (8080, "/health"), "ready": (8181, "/ready"), "prometheus": (9153, "/metrics")}
"""The plugins that answer HTTP, with their port and their only path."""
_RESULTS = {
    "livenessProbe": "the kubelet restarts CoreDNS again and again",
    "readinessProbe": "the pod never becomes ready",
    "startupProbe": "the kubelet restarts CoreDNS again and again",
}


class ProbeWithoutListener(Rule):
    """A probe of the CoreDNS pod asks a port or a path that the Corefile does not serve, so the probe fails.

    ## Why
    `health` answers `/health` on port 8080, and `ready` answers `/ready` on port 8181, unless the Corefile gives them
    another address. No other plugin answers there. If the liveness probe fails, the kubelet restarts the container again
    and again. If the readiness probe fails, the DNS Service has no endpoint. An address such as `127.0.0.1:8080` is not
    reachable for the kubelet, which asks the pod's IP address.

    ## Fix
    kpl sets the port of the probe to that of the plugin. The fix is marked as unsafe, because it is also possible that the
    Corefile is wrong.

    ## References
    - https://coredns.io/plugins/health/
    - https://coredns.io/plugins/ready/
    - https://github.com/openshift/machine-config-operator/pull/1164
    """

    code = "KPL263"
    name = "probe-without-listener"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Corefile Workload"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            _files(" :8082"),
            flags=["8080"],
            says=["`health` listens on port 8082", "the kubelet restarts CoreDNS again and again"],
            fixed=_FIXED,
            safe=False,
        ),
        Bad(
            _files("", _DEPLOYMENT.replace("port: 8181", "port: 8080")),
            flags=["8080"],
            says=["`health` answers only `/health` on port 8080, not `/ready`", "the pod never becomes ready"],
        ),
        Bad(
            _files(" 127.0.0.1:8080"),
            flags=["8080"],
            says=["`health` listens only on the loopback address"],
        ),
        Bad(
            _files(" :8082", _DEPLOYMENT.replace("path: /health, port: 8080", "path: /health, port: health")),
            flags=["health"],
        ),
        Bad(
            _files("", _DEPLOYMENT.replace("port: 8181", "port: 9999")),
            flags=["9999"],
            says=["`ready` listens on port 8181"],
            fixed=_DEPLOYMENT,
            safe=False,
        ),
        Bad(
            _files("", _DEPLOYMENT.replace("path: /ready, port: 8181", "path: /other, port: 9999")),
            flags=["9999"],
            says=["no plugin of the Corefile listens on port 9999"],
        ),
        Good(_files("")),
        Good(_files(" :8080", _DEPLOYMENT.replace("port: 8080}\n", "port: health}\n"))),
        Good(_files("", _DEPLOYMENT.replace("path: /ready, port: 8181", "path: /health, port: 8080"))),
        Good(_files(" 127.0.0.1:8080", _DEPLOYMENT.replace("path: /health,", "path: /health, host: 127.0.0.1,"))),
        Good(_files(" {$HEALTH}")),
        Good({"deployment.yaml": _DEPLOYMENT, "coredns.yaml": (_CONFIG_MAP % " :8082").replace("ready\n", "import more/*\n")}),
        # another Corefile is mounted there, or another program runs
        Good(_files(" :8082", _DEPLOYMENT.replace("{name: coredns}}]", "{name: other}}]"))),
        Good(_files(" :8082", _DEPLOYMENT.replace("coredns/coredns", "dns/node-cache"))),
        Good(_files(" :8082", _DEPLOYMENT.replace("namespace: kube-system", "namespace: edge"))),
        Good(_files(" :8082", _DEPLOYMENT + "---\n" + _DEPLOYMENT.replace("name: coredns, n", "name: other, n"))),
    ]  # fmt: skip

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        corefiles = [document for document, _ in cluster.corefiles]
        for document, corefile in cluster.corefiles:
            runs = deployed(document, corefiles, (each for _, each in cluster.of(Workload, clue="coredns")))
            if runs is not None and not corefile.imports and all(server.complete for server in corefile.servers):
                yield from self._probes(document, corefile, runs, cluster.document_of(runs.workload))

    def _probes(self, document: Document, corefile: Corefile, runs: Deployed, where: Document) -> Iterator[Finding]:
        plugins = [directive for server in corefile.servers for directive in server.expanded()]
        listeners = [each for each in map(_listener, plugins) if each is not None]
        if any(each.port < 0 for each in listeners):
            return
        for probe in runs.probes:
            there = [each for each in listeners if each.port == probe.port]
            meant = next((each for each in listeners if each.path == probe.path), None)
            if any(each.path == probe.path and (probe.host or not each.is_loopback) for each in there):
                continue
            yield self.finding(
                probe.at.span,
                f"{_reason(probe, there, meant)}, so this probe fails and {_RESULTS[probe.kind]}",
                help=_help(probe, there, meant),
                related=[
                    Related(each.directive.head, "it listens here", document) for each in (meant, *there)[:1] if each
                ],
                document=where,
                fix=_set_port(probe, meant.port) if meant is not None and not there else None,
            )


def _listener(directive: Directive) -> _Listener | None:
    """What a plugin answers by HTTP; on port -1 where that is not known."""
    if directive.name not in _LISTENERS:
        return None
    port, path = _LISTENERS[directive.name]
    host = "localhost" if directive.name == "prometheus" else ""
    if directive.args:
        host, _, number = directive.args[0].rpartition(":")
        known = whole_number(number)
        port = -1 if known is None or is_placeholder(directive.args[0]) else known
    return _Listener(directive, port, path, host in ("localhost", "127.0.0.1", "[::1]"))


def _reason(probe: Probe, there: list[_Listener], meant: _Listener | None) -> str:
    if there:
        first = there[0]
        if first.is_loopback and first.path == probe.path:
            return f"`{first.directive.name}` listens only on the loopback address"
        return f"`{first.directive.name}` answers only `{first.path}` on port {probe.port}, not `{probe.path}`"
    if meant is not None:
        return f"`{meant.directive.name}` listens on port {meant.port} and not on {probe.port}"
    return f"no plugin of the Corefile listens on port {probe.port}"


def _help(probe: Probe, there: list[_Listener], meant: _Listener | None) -> str:
    if there and there[0].path == probe.path:
        return f"Give `{there[0].directive.name}` the address `:{probe.port}`."
    if meant is not None:
        return f"Set the port of the probe to {meant.port}."
    return "Probe `/health` on port 8080 or `/ready` on port 8181, with `health` and `ready` in the Corefile."


def _set_port(probe: Probe, port: int) -> Fix | None:
    if probe.at != str(probe.port):
        return None
    return Fix(f"Set the port of the probe to {port}", (Edit(*probe.at.span, str(port)),), safe=False)
