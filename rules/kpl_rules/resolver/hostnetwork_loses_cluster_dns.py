"""KPL102."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Related, Rule, Severity, Span, Stop, manifest
from kpl.edits import set_scalar
from kpl.manifests import Workload
from kpl.poddns import dns_policy_of, is_complete
from kpl_rules.resolver._service_names import service_names

_AGENT = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  namespace: watch
spec:
  template:
    spec:
      hostNetwork: true
      containers:
        - name: agent
          image: shop/agent:2-alpine
          args: ["--server={host}:8080"]
"""
_COLLECTOR = """\
---
apiVersion: v1
kind: Service
metadata:
  name: collector
  namespace: watch
"""
_FROM_MAP = """\
          env:
            - name: SERVER
              valueFrom: {configMapKeyRef: {name: agent, key: collector.url}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: agent
  namespace: watch
data:
  collector.url: http://collector.watch.svc:8080
"""
_HOST_NETWORK = "      hostNetwork: true\n"
_MENDED = "      dnsPolicy: ClusterFirstWithHostNet\n"
_MOST_RELATED = 5

_PART = """\
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata:
  name: sales
spec:
  driver:
    template:
      spec:
        hostNetwork: true
        containers:
          - name: agent
            image: shop/agent:2
            args: ["--server=collector.watch.svc:8080"]
"""
_VALUES = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: agent
spec:
  source:
    helm:
      values: |
        agent:
          hostNetwork: true
          dnsPolicy: ClusterFirst
          extraEnv:
            - name: SERVER_URL
              value: http://collector.watch.svc:8080
"""


def _agent(host: str) -> str:
    return _AGENT.replace("{host}", host)


class HostnetworkLosesClusterDns(Rule):
    """A pod with `hostNetwork: true` lacks the DNS policy for it, so names of Services do not resolve.

    ## Why
    A pod with `hostNetwork: true` and the DNS policy `ClusterFirst`, which is the default, is treated as if the policy
    were `Default`: it gets the node's resolv.conf, without the cluster's DNS server and search domains. Kubernetes does
    not report this. A name such as `collector.watch.svc.cluster.local` then resolves only if the node's DNS server
    forwards the cluster's zone.

    `dnsConfig.nameservers` does not help: the kubelet appends these servers to the node's servers. glibc asks them only
    if the node's server times out, and accepts its NXDOMAIN as the answer; musl asks all servers at once and takes the
    first response.

    The rule reports a pod that is given the name of a Service to connect to. It takes `NAME.NAMESPACE` for such a name
    if the run has that Service or if the namespace is that of the pod.

    ## Fix
    Sets `dnsPolicy: ClusterFirstWithHostNet`. The fix is unsafe: the pod then sends all its queries to the cluster's
    DNS, and a component that starts before CoreDNS must not wait for it.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy
    - https://github.com/kubernetes/kubernetes/issues/87852
    - https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/network/dns/dns.go (appendDNSConfig)
    - https://wiki.musl-libc.org/functional-differences-from-glibc.html#Name-Resolver/DNS
    """

    code = "KPL102"
    name = "hostnetwork-loses-cluster-dns"
    stop = Stop.RESOLVER
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("names-do-not-resolve",)
    clue = "hostNetwork"
    examples = [
        Bad(
            manifest(_agent("collector.watch.svc")),
            flags=["hostNetwork: true"],
            fixed=_agent("collector.watch.svc").replace(_HOST_NETWORK, f"{_HOST_NETWORK}{_MENDED}"),
            safe=False,
        ),
        Bad(
            manifest(_agent("collector.watch.svc.cluster.local.")),
            flags=["hostNetwork: true"],
            fixed=_agent("collector.watch.svc.cluster.local.").replace(_HOST_NETWORK, f"{_HOST_NETWORK}{_MENDED}"),
            safe=False,
            says=["cannot resolve `collector.watch.svc.cluster.local.`\n"],
        ),
        Bad(
            manifest(_agent("collector") + "      dnsPolicy: ClusterFirst\n" + _COLLECTOR),
            flags=["hostNetwork: true"],
            fixed=_agent("collector") + _MENDED + _COLLECTOR,
            safe=False, severities=[Severity.WARNING]),
        Bad(
            manifest(_agent("collector.watch") + _COLLECTOR),
            flags=["hostNetwork: true"],
            fixed=_agent("collector.watch").replace(_HOST_NETWORK, f"{_HOST_NETWORK}{_MENDED}") + _COLLECTOR,
            safe=False, severities=[Severity.WARNING]),
        # in the namespace of the pod itself
        Bad(
            manifest(_agent("collector.watch")),
            flags=["hostNetwork: true"],
            fixed=_agent("collector.watch").replace(_HOST_NETWORK, f"{_HOST_NETWORK}{_MENDED}"),
            safe=False, severities=[Severity.WARNING]),
        # the name is in a ConfigMap
        Bad(
            manifest(_agent("127.0.0.1") + _FROM_MAP),
            flags=["hostNetwork: true"],
            fixed=_agent("127.0.0.1").replace(_HOST_NETWORK, f"{_HOST_NETWORK}{_MENDED}") + _FROM_MAP,
            safe=False,
            says=["cannot resolve `collector.watch.svc`"],
        ),
        # a patch: its base may set the policy
        Good(manifest(_agent("collector.watch.svc").replace("          image: shop/agent:2-alpine\n", ""))),
        # a patch that sets it itself
        Bad(
            manifest(_agent("collector.watch.svc").replace("          image: shop/agent:2-alpine\n", "")
                     + "      dnsPolicy: ClusterFirst\n"),
            flags=["hostNetwork: true"],
            fixed=_agent("collector.watch.svc").replace("          image: shop/agent:2-alpine\n", "") + _MENDED,
            safe=False,
        ),
        # an operator may set the policy
        Good(manifest(_PART)),
        # in the values of a chart, which passes on the policy that is written there
        Bad(
            manifest(_VALUES),
            flags=["hostNetwork: true"],
            fixed=_VALUES.replace("ClusterFirst", "ClusterFirstWithHostNet"),
            safe=False,
        ),
        Good(manifest(_VALUES.replace("          dnsPolicy: ClusterFirst\n", "          dnsConfig: {searches: [a.corp.io]}\n"))),
        # written in its /etc/hosts
        Good(
            manifest(
                _agent("collector.watch.svc")
                + "      hostAliases: [{ip: 10.0.0.7, hostnames: [collector.watch.svc]}]\n"
            )
        ),
        Good(manifest(_agent("collector.other"))),
        # a name of the internet, whatever the namespace is called
        Good(manifest(_agent("collector.cloud").replace("namespace: watch", "namespace: cloud"))),
        # appended to the node's servers
        Bad(
            manifest(_agent("collector.watch.svc") + "      dnsConfig: {nameservers: [10.96.0.10]}\n"),
            flags=["hostNetwork: true"],
            fixed=_agent("collector.watch.svc").replace(_HOST_NETWORK, f"{_HOST_NETWORK}{_MENDED}")
            + "      dnsConfig: {nameservers: [10.96.0.10]}\n",
            safe=False,
            says=["(the kubelet appends `dnsConfig.nameservers` to the node's servers)"],
        ),
        # no Service of that name is known, so it may be a host of the node's network
        Good(manifest(_agent("collector"))),
        Good(manifest(_agent("collector.watch.svc") + _MENDED)),
        # says that it wants the node's DNS
        # another rule tells of a policy that is written
        Good(
            manifest(_agent("collector.watch.svc") + "      dnsPolicy: Default\n"), other=["policy-without-cluster-dns"]
        ),
        Good(manifest(_agent("collector.watch.svc").replace("hostNetwork: true", "hostNetwork: false"))),
        # a node exporter needs no name of the cluster
        Good(manifest(_agent("127.0.0.1"))),
        # the name that is certain makes it an error, wherever it is
        Bad(
            manifest(_agent("collector.watch") + '          env: [{name: DB_HOST, value: "db.watch.svc.cluster.local."}]\n'),
            flags=["hostNetwork: true"],
            fixed=_agent("collector.watch").replace(_HOST_NETWORK, f"{_HOST_NETWORK}{_MENDED}")
            + '          env: [{name: DB_HOST, value: "db.watch.svc.cluster.local."}]\n',
            safe=False,
            says=["cannot resolve `db.watch.svc.cluster.local.`"],
        ),
    ]  # fmt: skip

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        pair = workload.pod.pair("hostNetwork")
        if pair is None or workload.host_network is None:
            return
        if workload.dns_policy is None and not is_complete(workload):
            return
        if workload.dns_policy not in (None, "ClusterFirst") or dns_policy_of(workload) != "Default":
            return
        hosts = service_names(workload, cluster)
        if not hosts:
            return
        policy = workload.pod.scalar("dnsPolicy")
        edit: Edit | None
        if policy is not None:
            edit = set_scalar(workload.text, policy, "ClusterFirstWithHostNet")
        else:
            edit = workload.added_field("dnsPolicy: ClusterFirstWithHostNet", after="hostNetwork")
        key, value = pair
        servers = workload.dns_config is not None and workload.dns_config.items("nameservers")
        appended = " (the kubelet appends `dnsConfig.nameservers` to the node's servers)" if servers else ""
        yield self.finding(
            Span(key.start, value.end) if not value.shared else key.span,
            "the pod uses `hostNetwork: true` without `dnsPolicy: ClusterFirstWithHostNet`, so it asks the node's DNS server, "
            f"which cannot resolve `{hosts[0][0].name}`{appended}",
            help="Set `dnsPolicy: ClusterFirstWithHostNet`.",
            fix=Fix("Set `dnsPolicy: ClusterFirstWithHostNet`", (edit,), safe=False) if edit else None,
            related=[
                Related(host.name.span, f"the pod looks up `{host.name}`", document)
                for host, document in hosts[:_MOST_RELATED]
            ],
            severity=None if any(host.certain for host, _ in hosts) else Severity.WARNING,
        )
