"""KPL281."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kpl import Bad, Cluster, Document, Edit, Finding, Fix, Good, Related, Rule, Severity, Span, Stop, Version
from kpl.corefiles import Corefile, Role, is_internal_address, role_of
from kpl.edits import Text
from kpl.kubeproxy import KubeProxyConfig, network_family
from kpl.manifests import KubeletConfig, Service, Workload, is_cluster_dns

_CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: node-local-dns, namespace: kube-system}
data:
  Corefile: |
    cluster.local:53 {
        errors
        cache 30
        reload
        loop
        bind 169.254.20.10 10.96.0.10
        forward . __PILLAR__CLUSTER__DNS__ {
            force_tcp
        }
        health 169.254.20.10:8080
    }
    .:53 {
        errors
        cache 30
        reload
        loop
        bind 169.254.20.10 10.96.0.10
        forward . __PILLAR__UPSTREAM__SERVERS__
    }
"""
_PROXY = """\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: %s
clusterCIDR: 10.244.0.0/16
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
        args: ["-localip", "169.254.20.10,10.96.0.10", "-conf", "/etc/Corefile"]
"""
_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  clusterIP: 10.96.0.10
  ports: [{name: dns, port: 53, protocol: UDP}]
"""
_KUBELET = """\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
clusterDNS: [10.96.0.10]
"""


def _files(mode: str = "ipvs", config_map: str = _CONFIG_MAP, **others: str) -> dict[str, str]:
    named = {f"{name}.yaml": text for name, text in others.items()}
    return {"node-local-dns.yaml": config_map, "kube-proxy.yaml": _PROXY % mode, **named}


def _only(address: str) -> str:
    return _CONFIG_MAP.replace("bind 169.254.20.10 10.96.0.10", f"bind {address}")


_FIXED = _only("169.254.20.10")
_OLD = {"kubernetes": Version("1.31")}
"""No mode is deprecated."""
_FLAGS = ("-localip", "--localip")


class NodeLocalDnsBindsClusterIp(Rule):
    """NodeLocal DNSCache binds the cluster IP of the DNS Service, which kube-proxy in mode ipvs has on `kube-ipvs0`.

    ## Why
    In mode iptables, NodeLocal DNSCache takes over the cluster IP of `kube-dns`: it adds the address to its interface, and rules
    keep the packets from being translated. In mode ipvs, the interface `kube-ipvs0` already has the address, and IPVS takes
    the packets to its port 53, so NodeLocal DNSCache must listen only on its link-local address.

    ## Fix
    Removes the cluster IP from `bind` and `-localip`. The fix is unsafe: pods then ask the cache only if `clusterDNS` of the
    kubelet is its link-local address.

    ## References
    - https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
    - https://github.com/deliveryhero/helm-charts/issues/663
    - https://github.com/eksctl-io/eksctl/issues/542
    """

    code = "KPL281"
    name = "node-local-dns-binds-cluster-ip"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "KubeProxyConfig Corefile|Workload"
    symptoms = ("lookups-time-out",)
    examples = [
        Bad(
            _files(),
            facts=_OLD,
            flags=["10.96.0.10"],
            says=[
                "`10.96.0.10` is the cluster IP of the DNS Service",
                "kube-proxy in mode ipvs keeps on `kube-ipvs0`",
                "set `clusterDNS` of the kubelet to `169.254.20.10`",
            ],
            fixed=_FIXED,
            safe=False,
        ),
        Bad(
            _files(daemon=_DAEMON_SET, service=_SERVICE),
            facts=_OLD,
            flags=["10.96.0.10"],
            fixed=_FIXED,
            also={"daemon.yaml": _DAEMON_SET.replace(",10.96.0.10", "")},
            safe=False,
        ),
        # the address of the Service is first, and known
        Bad(
            _files(config_map=_only("10.96.0.10 169.254.20.10"), kubelet=_KUBELET),
            facts=_OLD,
            flags=["10.96.0.10"],
            fixed=_FIXED,
            safe=False,
        ),
        Bad(
            _files(config_map=_only("10.96.0.10"), service=_SERVICE),
            facts=_OLD,
            flags=["10.96.0.10"],
            says=["Replace it"],
        ),
        # kube-proxy's flag
        Bad(
            {
                "daemon.yaml": _DAEMON_SET,
                "kube-proxy.yaml": "kind: DaemonSet\nmetadata: {name: kube-proxy, namespace: kube-system}\nspec:\n  template:\n"
                "    spec:\n      hostNetwork: true\n      containers:\n      - name: kube-proxy\n"
                "        image: registry.k8s.io/kube-proxy:v1.34.1\n        securityContext: {privileged: true}\n"
                "        command: [kube-proxy, --proxy-mode=ipvs, --cluster-cidr=10.244.0.0/16]\n",
            },
            facts=_OLD,
            flags=["169.254.20.10,10.96.0.10"],
            fixed=_DAEMON_SET.replace(",10.96.0.10", ""),
            safe=False,
        ),
        Good(_files("iptables", daemon=_DAEMON_SET), facts=_OLD),
        Good(_files('""'), facts=_OLD),
        Good(_files(config_map=_FIXED, daemon=_DAEMON_SET.replace(",10.96.0.10", "")), facts=_OLD),
        Good(_files(config_map=_only("__PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__")), facts=_OLD),
        # its own address is not link-local
        Good(_files(config_map=_only("10.254.0.1")), facts=_OLD),
        # the Service has another address
        Good(_files(service=_SERVICE.replace("10.96.0.10", "10.96.0.53")), facts=_OLD),
        # one of the two is in use
        Good(_files(other=_PROXY % "iptables"), facts=_OLD),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        modes = [(document, each) for document, each in cluster.of(KubeProxyConfig) if not each.elsewhere]
        told = [(document, each.mode) for document, each in modes if each.mode is not None]
        is_ipvs = told and all(mode == "ipvs" for _, mode in told)
        if not is_ipvs or any(each.mode is None and not each.partial for _, each in modes):
            return
        related = [Related(told[0][1].span, "kube-proxy runs in this mode", told[0][0])]
        known = _cluster_ips(cluster)
        caches = [each for each in cluster.corefiles if role_of(each[0]) is Role.NODE_LOCAL]
        daemons = list(_local_ips(cluster, known))
        for document, corefile in caches:
            words = [
                word for server in corefile.servers for bind in server.all("bind") for word in _bound(bind.args, known)
            ]
            if words:
                own = [str(each) for each in _own(corefile, known)]
                elsewhere = tuple((where, (edit,)) for where, _, edit in daemons if len(caches) == 1)
                edits = list(dict.fromkeys(_remove(corefile, known)))
                fix = Fix(f"Remove `{words[0]}`", tuple(edits), safe=False, elsewhere=elsewhere) if edits else None
                yield self._finding(str(words[0]), words[0].span, own, related, document, fix)
        if not caches:
            for where, span, edit in daemons:
                addresses = where.embedding.text[slice(*span)].split(",")
                address = next(each for each in addresses if _is_cluster_ip(each, addresses, known))
                fix = Fix(f"Remove `{address}`", (edit,), safe=False)
                yield self._finding(address, span, [], related, where, fix)

    def _finding(
        self, address: str, span: Span, own: list[str], related: list[Related], document: Document, fix: Fix | None
    ) -> Finding:
        kubelet = f"`{own[0]}`" if own else "the link-local address"
        verb = "Remove it" if fix is not None else "Replace it with a link-local address"
        return self.finding(
            span,
            f"`{address}` is the cluster IP of the DNS Service, which kube-proxy in mode ipvs keeps on `kube-ipvs0`, so "
            "NodeLocal DNSCache cannot bind it",
            help=f"{verb}, and set `clusterDNS` of the kubelet to {kubelet if own or fix else 'it'}.",
            related=related,
            document=document,
            fix=fix,
        )


def _cluster_ips(cluster: Cluster) -> frozenset[str]:
    """The addresses of the DNS Service, as far as files tell."""
    services = [
        each for _, each in cluster.of(Service, clue="clusterIP") if is_cluster_dns(f"{each.namespace}/{each.name}:dns")
    ]
    found = {str(address) for each in services for address in (each.cluster_ip, *each.cluster_ips) if address}
    if not found:
        found = {str(each) for _, kubelet in cluster.of(KubeletConfig) for each in kubelet.cluster_dns}
    return frozenset(each for each in found if each != "None" and not _is_link_local(each))


def _is_link_local(address: str) -> bool:
    return address.startswith(("169.254.", "fe80:"))


def _is_cluster_ip(address: str, beside: Iterable[str], known: frozenset[str]) -> bool:
    """Whether an address of NodeLocal DNSCache is that of the Service: known, or the other one beside its own."""
    if known:
        return address in known
    own = any(each.startswith("169.254.") for each in beside)
    return own and network_family(f"{address}/32") == 4 and is_internal_address(address) and not _is_link_local(address)


def _bound(args: Sequence[Text], known: frozenset[str]) -> list[Text]:
    return [word for word in args if _is_cluster_ip(word, args, known)]


def _own(corefile: Corefile, known: frozenset[str]) -> Iterator[Text]:
    for server in corefile.servers:
        for bind in server.all("bind"):
            yield from (word for word in bind.args if word not in _bound(bind.args, known))


def _remove(corefile: Corefile, known: frozenset[str]) -> list[Edit]:
    """The edits that leave only the other addresses; none if one `bind` has no other."""
    edits = []
    for server in corefile.servers:
        for bind in server.all("bind"):
            words = _bound(bind.args, known)
            if words and len(words) == len(bind.args):
                return []
            for word in words:
                at = bind.args.index(word)
                start = bind.args[at - 1].span.end if at else word.span.start
                end = word.span.end if at else bind.args[1].span.start
                edits.append(Edit(start, end, ""))
    return edits


def _local_ips(cluster: Cluster, known: frozenset[str]) -> Iterator[tuple[Document, Span, Edit]]:
    """The values of `-localip` with the address: where they are, and what removes it."""
    for document, workload in cluster.of(Workload, clue="localip"):
        for container in workload.containers:
            words = [*container.command, *container.args]
            for before, word in zip([None, *words], words, strict=False):
                value = (
                    word.value.partition("=")[2] if word.value.startswith(tuple(f"{each}=" for each in _FLAGS)) else ""
                )
                if before is not None and before.value in _FLAGS:
                    value = word.value
                addresses = value.split(",")
                bad = [each for each in addresses if _is_cluster_ip(each, addresses, known)]
                at = workload.text.find(value, *word.span) if bad else -1
                if at >= 0 and len(bad) < len(addresses):
                    left = ",".join(each for each in addresses if each not in bad)
                    span = Span(at, at + len(value))
                    yield document, span, Edit(*span, left)
