"""KPL286."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Edit, Finding, Fix, Good, Related, Rule, Severity, Stop
from kpl.corefiles import Deployed, Directive, Probe, Role, deployed_cache, is_placeholder, role_of
from kpl.manifests import Workload

_CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: node-local-dns, namespace: kube-system}
data:
  Corefile: |
    .:53 {
        errors
        cache 30
        reload
        loop
        bind 169.254.20.10
        forward . __PILLAR__UPSTREAM__SERVERS__
        health 169.254.20.10:8080
    }
"""
_DAEMON_SET = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-local-dns, namespace: kube-system}
spec:
  template:
    spec:
      hostNetwork: true
      dnsPolicy: Default
      containers:
      - name: node-cache
        image: registry.k8s.io/dns/k8s-dns-node-cache:1.26.7
        args: ["-localip", "169.254.20.10", "-conf", "/etc/Corefile"]
        volumeMounts: [{name: config, mountPath: /etc/coredns}]
        livenessProbe:
          httpGet: {host: 169.254.20.10, path: /health, port: 8080}
      volumes:
      - name: config
        configMap: {name: node-local-dns, items: [{key: Corefile, path: Corefile.base}]}
"""


def _files(old: str, new: str, config_map: str = _CONFIG_MAP) -> dict[str, str]:
    return {"daemon.yaml": _DAEMON_SET.replace(old, new), "config.yaml": config_map}


_OTHER_PORT = _CONFIG_MAP.replace(":8080", ":8091")


class NodeLocalDnsProbe(Rule):
    """The liveness probe of NodeLocal DNSCache asks where its `health` does not listen, so the kubelet restarts it.

    ## Why
    `health 169.254.20.10:8080` listens only on this address. The pod uses the network of the node: a probe without `host`
    asks the address of the node, another `host` or port asks somebody else. Each probe fails, and the kubelet restarts the
    cache again and again. While it is down, the pods of the node cannot resolve names.

    ## Fix
    Sets `host` or `port` of the probe to the address of `health`. The fix is unsafe, because it is also possible that the
    Corefile is wrong.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.34.1/cluster/addons/dns/nodelocaldns/nodelocaldns.yaml
    - https://coredns.io/plugins/health/
    """

    code = "KPL286"
    name = "node-local-dns-probe"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Corefile Workload"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            _files("host: 169.254.20.10, ", ""),
            flags=["8080"],
            says=["`health` listens only on `169.254.20.10`", "this probe asks the address of the node"],
        ),
        Bad(
            _files("host: 169.254.20.10", "host: 127.0.0.1"),
            flags=["127.0.0.1"],
            says=["this probe asks `127.0.0.1`"],
            fixed=_DAEMON_SET,
            safe=False,
        ),
        Bad(
            _files("", "", _OTHER_PORT),
            flags=["8080"],
            says=["`health` listens on port 8091", "this probe asks port 8080"],
            fixed=_DAEMON_SET.replace("port: 8080", "port: 8091"),
            safe=False,
        ),
        Bad(
            _files("", "", _CONFIG_MAP.replace("        health 169.254.20.10:8080\n", "")),
            flags=["8080"],
            says=["the Corefile has no `health`", "Add `health 169.254.20.10:8080` to one server block."],
        ),
        Good(_files("", "")),
        Good(_files("host: 169.254.20.10, ", "", _CONFIG_MAP.replace("health 169.254.20.10:8080", "health :8080"))),
        Good(_files("host: 169.254.20.10, ", "", _CONFIG_MAP.replace("health 169.254.20.10:8080", "health"))),
        Good(_files("", "", _CONFIG_MAP.replace("health 169.254.20.10", "health __PILLAR__LOCAL__DNS__"))),
        Good(_files("host: 169.254.20.10", "host: __PILLAR__LOCAL__DNS__", _CONFIG_MAP)),
        Good(_files("path: /health", "path: /live")),
        Good(_files("", "", _CONFIG_MAP.replace("health 169.254.20.10:8080", "import more"))),
        # another ConfigMap is mounted
        Good(_files("configMap: {name: node-local-dns,", "configMap: {name: other,", _OTHER_PORT)),
        Good(_files("", "", _OTHER_PORT) | {"more.yaml": _DAEMON_SET.replace("name: node-local-dns, n", "name: b, n")}),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        caches = [each for each in cluster.corefiles if role_of(each[0]) is Role.NODE_LOCAL]
        if len(caches) != 1:
            return
        document, corefile = caches[0]
        runs = deployed_cache(document, (each for _, each in cluster.of(Workload, clue="node-cache")))
        if runs is None or corefile.imports or not all(server.complete for server in corefile.servers):
            return
        listeners = [each for server in corefile.servers for each in server.all("health")]
        for probe in runs.probes:
            if probe.path == "/health":
                yield from self._judged(probe, runs, listeners, document, cluster)

    def _judged(
        self, probe: Probe, runs: Deployed, listeners: list[Directive], document: Document, cluster: Cluster
    ) -> Iterator[Finding]:
        where = cluster.document_of(runs.workload)
        addresses = [_address(each) for each in listeners]
        if is_placeholder(probe.host) or any(is_placeholder(word) for each in listeners for word in each.args):
            return
        if any(port == str(probe.port) and host in ("", probe.host) for host, port in addresses):
            return
        fix, span = None, probe.at.span
        if not listeners:
            host = probe.host or ""
            message = (
                "the Corefile has no `health`, so this probe fails and the kubelet restarts the cache again and again"
            )
            help_ = f"Add `health {host}:{probe.port}` to one server block."
        else:
            host, port = addresses[0]
            if port != str(probe.port):
                what = f"`health` listens on port {port}, but this probe asks port {probe.port}"
                help_ = f"Set the port to `{port}`."
                if str(probe.at) == str(probe.port):
                    fix = Fix(f"Set the port to {port}", (Edit(*probe.at.span, port),), safe=False)
            else:
                asked = f"`{probe.host}`" if probe.host else "the address of the node"
                what = f"`health` listens only on `{host}`, but this probe asks {asked}"
                help_ = f"Set `host: {host}` in `httpGet`."
                written = runs.container.node.text(probe.kind, "httpGet", "host")
                if written is not None:
                    span = written.span
                    fix = Fix(f"Set `host` to `{host}`", (Edit(*written.span, host),), safe=False)
            message = f"{what}, so it fails and the kubelet restarts the cache again and again"
        yield self.finding(
            span,
            message,
            help=help_,
            related=[Related(each.head, "it listens here", document) for each in listeners[:1]],
            document=where,
            fix=fix,
        )


def _address(health: Directive) -> tuple[str, str]:
    """The host, empty for every one, and the port of a `health`."""
    host, _, port = (health.args[0] if health.args else ":8080").rpartition(":")
    return host.strip("[]"), port
