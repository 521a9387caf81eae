"""KPL126."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Fix, Good, Related, Rule, Severity, Stop, manifest
from kpl.corefiles import is_placeholder, is_public_address
from kpl.edits import set_scalar
from kpl.manifests import Scalar, Workload
from kpl.poddns import GLIBC, HostName, NameKind, absolute_name, dns_policy_of, is_complete, libc_of, pod_resolver
from kpl_rules.resolver._service_names import service_names

_CART = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    spec:
      containers:
      - name: cart
        image: shop/cart:3-bookworm
        env:
        - {name: REDIS_HOST, value: redis.data.svc.cluster.local}
      dnsConfig: {options: [{name: ndots, value: "2"}]}
      dnsPolicy: Default
"""
_NONE = _CART.replace(
    '      dnsConfig: {options: [{name: ndots, value: "2"}]}\n      dnsPolicy: Default', "      dnsPolicy: None"
)
_PLAIN = _NONE.replace("None", "Default")
_PUBLIC = _NONE + "      dnsConfig: {nameservers: [8.8.8.8, 1.1.1.1]}\n"
_OWN = _NONE + "      dnsConfig: {nameservers: [10.96.0.10]}\n"
_SEARCH = _OWN.replace("10]}", "10], searches: [cluster.local]}")
_MOST_RELATED = 5


def _short(text: str) -> str:
    return text.replace("redis.data.svc.cluster.local", "redis.data.svc")


class PolicyWithoutClusterDns(Rule):
    """The DNS policy of a pod does not use cluster DNS, so the names of Services in its settings do not resolve.

    ## Why
    With `dnsPolicy: Default`, a pod has the resolv.conf of the node: the nameservers of the node and no search domain of the
    cluster. With `dnsPolicy: None`, it has only what `dnsConfig` contains. Then the name of a Service does not resolve if

    - the pod asks the node's DNS server, or public ones, which do not know the zone of the cluster;
    - the name has no cluster domain, such as `redis.data.svc`, and `dnsConfig.searches` does not have it.

    The rule reports a pod that is given the complete name of a Service, or one that ends in `.svc`. A complete name with
    `Default` is only a warning, because the DNS server of the node can forward the zone of the cluster.

    ## Fix
    Replaces `Default` with `ClusterFirst`, or with `ClusterFirstWithHostNet` if the pod uses `hostNetwork: true`. The fix is
    unsafe: the pod then sends all its queries to cluster DNS. With `None`, there is no automatic fix, because only you know why
    the pod asks other servers.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy
    - https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/network/dns/dns.go (GetPodDNS)
    - https://wiki.musl-libc.org/functional-differences-from-glibc.html
    """

    code = "KPL126"
    name = "policy-without-cluster-dns"
    stop = Stop.RESOLVER
    severity = Severity.ERROR
    since = "0.1.0"
    clue = "dnsPolicy"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            manifest(_CART),
            flags=["Default"],
            fixed=_CART.replace("Default", "ClusterFirst"),
            safe=False,
            severities=[Severity.WARNING],
            says=[
                "with `dnsPolicy: Default` the pod asks the node's DNS server, which cannot resolve `redis.data.svc.cluster.local`",
                "Set `dnsPolicy: ClusterFirst`.",
            ],
        ),
        Bad(
            manifest(_short(_PLAIN) + "      hostNetwork: true\n"),
            flags=["Default"],
            fixed=_short(_PLAIN).replace("Default", "ClusterFirstWithHostNet") + "      hostNetwork: true\n",
            safe=False,
        ),
        Bad(
            manifest(_PUBLIC),
            flags=["None"],
            says=["with `dnsPolicy: None` the pod asks only `8.8.8.8` and `1.1.1.1`, which cannot resolve `redis.data"],
        ),
        Bad(
            manifest(_short(_OWN)),
            flags=["None"],
            says=[
                "with `dnsPolicy: None` the pod has no search domain that makes a complete name of `redis.data.svc`",
                "Add `cluster.local` to `dnsConfig.searches`. Or write the complete name",
            ],
        ),
        # musl does not try the search list for a name with as many dots as `ndots`
        Bad(
            manifest(_short(_SEARCH).replace("bookworm", "alpine")),
            flags=["None"],
            says=["Set `ndots` to 3", "`redis.data.svc`"],
        ),
        Good(manifest(_short(_SEARCH))),
        Good(manifest(_OWN)),
        Good(manifest(_PUBLIC.replace("1.1.1.1", "10.96.0.10"))),
        Good(manifest(_PUBLIC.replace("8.8.8.8", "${DNS}"))),
        Good(manifest(_short(_SEARCH).replace("[cluster.local]", "['${DOMAIN}']"))),
        Good(manifest(_CART.replace("Default", "ClusterFirst"))),
        Good(manifest(_CART.replace("      dnsPolicy: Default\n", ""))),
        Good(manifest(_CART.replace("Default", "${POLICY}"))),
        # other names, or none that is looked up
        Good(manifest(_CART.replace("redis.data.svc.cluster.local", "redis.corp.example"))),
        Good(manifest(_CART.replace("redis.data.svc.cluster.local", "redis.data"))),
        Good(manifest(_CART + "      hostAliases: [{ip: 10.0.0.7, hostnames: [redis.data.svc.cluster.local]}]\n")),
        Good(manifest(_CART + "      nodeSelector: {kubernetes.io/os: windows}\n")),
        # a patch
        Good(manifest(_CART.replace("        image: shop/cart:3-bookworm\n", ""))),
    ]  # fmt: skip

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        written = workload.pod.scalar("dnsPolicy")
        if written is None or written.value not in ("Default", "None") or not is_complete(workload):
            return
        if dns_policy_of(workload) != written.value:
            return
        hosts = [(host, where) for host, where in service_names(workload, cluster) if host.certain]
        if not hosts:
            return
        if written.value == "Default":
            wanted = "ClusterFirst" if workload.host_network is None else "ClusterFirstWithHostNet"
            edit = set_scalar(workload.text, written, wanted)
            yield self._finding(
                written,
                f"with `dnsPolicy: Default` the pod asks the node's DNS server, which cannot resolve `{hosts[0][0].name}`",
                f"Set `dnsPolicy: {wanted}`.",
                hosts,
                Fix(f"Set `dnsPolicy: {wanted}`", (edit,), safe=False) if edit is not None else None,
                Severity.WARNING if all(host.kind is NameKind.CLUSTER for host, _ in hosts) else None,
            )
            return
        config = workload.dns_config
        items = {key: config.items(key) if config is not None else [] for key in ("nameservers", "searches")}
        words = [each.value for values in items.values() for each in values if isinstance(each, Scalar)]
        servers = [each.value for each in items["nameservers"] if isinstance(each, Scalar)]
        if not servers or len(words) != sum(map(len, items.values())) or any(map(is_placeholder, words)):
            return
        if all(map(is_public_address, servers)):
            yield self._finding(
                written,
                f"with `dnsPolicy: None` the pod asks only {' and '.join(f'`{each}`' for each in servers)}, which cannot resolve "
                f"`{hosts[0][0].name}`",
                "Set `dnsPolicy: ClusterFirst` and remove the nameservers. Or add the address of cluster DNS alone.",
                hosts,
            )
            return
        yield from self._unsearched(workload, cluster, written, hosts)

    def _unsearched(
        self, workload: Workload, cluster: Cluster, written: Scalar, hosts: list[tuple[HostName, Document | None]]
    ) -> Iterator[Finding]:
        """Names that are complete only with a search domain that the pod does not have or does not try."""
        resolver = pod_resolver(workload, cluster.cluster_domain, libc_of(workload, cluster.facts.libc) or GLIBC)
        if resolver is None:
            return
        domain = cluster.cluster_domain
        lost = [
            each for each in hosts if _complete(each[0], workload, domain) not in resolver.names_tried(each[0].name)
        ]
        if not lost:
            return
        name = lost[0][0].name
        dots = name.count(".") + 1
        help_ = f"Add `{domain}` to `dnsConfig.searches`. Or write the complete name, `{name}.{domain}`."
        if _complete(lost[0][0], workload, domain) in resolver.with_ndots(dots).names_tried(name):
            help_ = f"Set `ndots` to {dots} in `dnsConfig.options`. Or write the complete name, `{name}.{domain}`."
        yield self._finding(
            written,
            f"with `dnsPolicy: None` the pod has no search domain that makes a complete name of `{name}`, so it does not resolve"
            if not help_.startswith("Set")
            else f"with `dnsPolicy: None` `ndots` is {resolver.ndots}, so musl does not try the search list for `{name}`",
            help_,
            lost,
        )

    def _finding(
        self,
        written: Scalar,
        message: str,
        advice: str,
        hosts: list[tuple[HostName, Document | None]],
        fix: Fix | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        return self.finding(
            written.span,
            message,
            help=advice,
            related=[
                Related(host.name.span, f"the pod looks up `{host.name}`", where)
                for host, where in hosts[:_MOST_RELATED]
            ],
            fix=fix,
            severity=severity,
        )


def _complete(host: HostName, workload: Workload, domain: str) -> str:
    return absolute_name(host.name, host.kind, workload.namespace, domain)
