"""KPL318."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Fix, Good, Related, Rule, Severity, Span, Stop, files
from kpl.edits import add_entry, set_scalar
from kpl.kubeproxy import KubeProxyConfig
from kpl.manifests import Mapping, MetallbSettings, Scalar, Workload

_CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-proxy, namespace: kube-system}
data:
  config.conf: |
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: ipvs
    clusterCIDR: 10.244.0.0/16
"""
_STRICT = "    ipvs:\n      strictARP: %s\n"
_L2 = """\
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: lan, namespace: metallb-system}
"""
_POOLS = """\
kind: ConfigMap
metadata: {name: config, namespace: metallb-system}
data:
  config: |
    address-pools:
    - {name: lan, protocol: %s, addresses: [192.0.2.240-192.0.2.250]}
"""
_KUBE_VIP = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-vip, namespace: kube-system}
spec:
  template:
    spec:
      hostNetwork: true
      containers:
      - name: kube-vip
        image: ghcr.io/kube-vip/kube-vip:v1.0.0
        env:
        - {name: vip_arp, value: "true"}
        - {name: svc_enable, value: "%s"}
"""

_RELEASE = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.32.0\n"


def _files(config: str, announcer: str = _L2) -> dict[str, str]:
    return {"kube-proxy.yaml": config, "announcer.yaml": announcer, "kubeadm.yaml": _RELEASE}


class Layer2WithoutStrictArp(Rule):
    """Every node answers ARP for load balancer addresses, so their traffic goes to a node that nobody selected.

    ## Why
    In ipvs mode, kube-proxy adds the addresses of all Services to the interface `kube-ipvs0` of every node, and the
    kernel answers ARP requests for every local address. MetalLB in layer 2 mode and kube-vip in ARP mode select one
    node per address. Without `strictARP`, the other nodes answer too: the address moves between nodes, connections
    break, and with `externalTrafficPolicy: Local` packets reach nodes without an endpoint. `strictARP: true` sets the
    sysctls `arp_ignore` to 1 and `arp_announce` to 2.

    ## Fix
    kpl sets `ipvs.strictARP: true`, which MetalLB requires. The fix is marked as unsafe because the sysctls concern all
    interfaces of the nodes. The pods of kube-proxy must be restarted to read the change.

    ## References
    - https://metallb.io/installation/#preparation
    - https://github.com/kubernetes-sigs/kubespray/blob/master/docs/ingress/kube-vip.md
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/ipvs/proxier.go
    """

    code = "KPL318"
    name = "layer-2-without-strict-arp"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "KubeProxyConfig MetallbSettings|Workload"
    symptoms = ("service-fails-from-outside",)
    examples = [
        Bad(
            files(**_files(_CONFIG + _STRICT % "false")),
            flags=["false"],
            says=["every node answers ARP requests for the addresses that MetalLB announces"],
            fixed=_CONFIG + _STRICT % "true",
            safe=False,
        ),
        Good(files(**_files(_CONFIG + _STRICT % "true"))),
        Bad(
            files(**_files(_CONFIG)),
            flags=["ipvs"],
            fixed=_CONFIG + _STRICT % "true",
            safe=False,
        ),
        Bad(
            files(**_files(f"{_CONFIG}    ipvs:\n      scheduler: rr\n")),
            flags=["ipvs"],
            fixed=f"{_CONFIG}    ipvs:\n      scheduler: rr\n      strictARP: true\n",
            safe=False,
        ),
        Bad(files(**_files(f"{_CONFIG}    ipvs: {{scheduler: rr}}\n")), flags=["ipvs"]),
        Bad(
            files(**_files(_CONFIG + _STRICT % "false", _POOLS % "layer2")),
            flags=["false"],
            fixed=_CONFIG + _STRICT % "true",
            safe=False,
        ),
        Good(files(**_files(_CONFIG + _STRICT % "false", _POOLS % "bgp"))),
        Good(files(**_files(_CONFIG + _STRICT % "false", _L2.replace("L2Adv", "BGPAdv")))),
        Bad(
            files(**_files(_CONFIG + _STRICT % "false", _KUBE_VIP % "true")),
            flags=["false"],
            says=["that kube-vip announces"],
            fixed=_CONFIG + _STRICT % "true",
            safe=False,
        ),
        # for the address of the API server only
        Good(files(**_files(_CONFIG + _STRICT % "false", _KUBE_VIP % "false"))),
        Good(files(**_files(_CONFIG.replace("ipvs", "iptables")))),
        Good(files(**_files(_CONFIG + _STRICT % "${STRICT_ARP}"))),
        # what is not written is not known
        Good(files(**_files("kube_proxy_mode: ipvs\n"))),
        Bad(
            files(**_files("kube_proxy_mode: ipvs\nkube_proxy_strict_arp: false\n")),
            flags=["false"],
            fixed="kube_proxy_mode: ipvs\nkube_proxy_strict_arp: true\n",
            safe=False,
        ),
        # two configurations: nobody knows which one is in use
        Good(files(**_files(_CONFIG, f"{_L2}---\n{_CONFIG.replace('ipvs', 'iptables')}"))),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        configs = [(document, config) for document, config in cluster.of(KubeProxyConfig) if not config.elsewhere]
        if len(configs) != 1 or configs[0][1].mode != "ipvs" or cluster.proxy_replaced is not None:
            return
        (document, config), announcer = configs[0], _announcer(cluster)
        mode, strict = config.node.scalar("mode"), config.node.get("ipvs", "strictARP")
        if announcer is None or mode is None or (strict is None and config.partial):
            return
        if strict is not None and not (isinstance(strict, Scalar) and strict.boolean() is False):
            return
        program, where, span = announcer
        yield self.finding(
            (strict or mode).span,
            "ipvs mode adds the addresses of Services to every node and `strictARP` is off, so every node answers ARP "
            f"requests for the addresses that {program} announces",
            help="Set `strictARP: true` in the section `ipvs`.",
            related=[Related(span, f"{program} announces addresses", where)],
            document=document,
            fix=_strict(config),
        )


def _announcer(cluster: Cluster) -> tuple[str, Document, Span] | None:
    """What answers ARP for addresses of load balancers on one node each."""
    for document, metallb in cluster.of(MetallbSettings):
        if metallb.kind == "L2Advertisement":
            kind = metallb.node.scalar("kind")
            return "MetalLB", document, kind.span if kind is not None else Span(*metallb.node.span)
        for pool in metallb.parts:
            protocol = pool.word("protocol")
            if protocol == "layer2":
                return "MetalLB", document, protocol.span
    for document, workload in cluster.of(Workload, clue="svc_enable"):
        for container in workload.containers:
            env = {str(each.name): each.value.value for each in container.env if each.value is not None}
            on = env.get("svc_enable") == env.get("vip_arp") == "true"
            if on and container.image is not None and "kube-vip" in container.image:
                return "kube-vip", document, container.image.span
    return None


def _strict(config: KubeProxyConfig) -> Fix | None:
    section, strict = config.node.get("ipvs"), config.node.get("ipvs", "strictARP")
    if isinstance(strict, Scalar):
        edit = set_scalar(config.text, strict, "true")
    elif isinstance(section, Mapping):
        edit = add_entry(config.text, section, "strictARP: true")
    elif section is None:
        edit = add_entry(config.text, config.node, "ipvs:", "  strictARP: true")
    else:
        edit = None
    return Fix("Set `strictARP: true`", (edit,), safe=False) if edit is not None else None
