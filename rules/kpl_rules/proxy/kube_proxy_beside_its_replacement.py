"""KPL319."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Rule, Severity, Span, Stop, files
from kpl.kubeproxy import KubeProxyConfig, proxy_flags
from kpl.manifests import Mapping, Workload

_CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-proxy, namespace: kube-system}
data:
  config.conf: |
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: iptables
    clusterCIDR: 10.244.0.0/16
"""
_POD = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-proxy, namespace: kube-system}
spec:
  template:
    spec:
      hostNetwork: true
      containers:
      - name: kube-proxy
        image: registry.k8s.io/kube-proxy:v1.36.2
        securityContext: {privileged: true}
        command: [kube-proxy, --config=/var/lib/kube-proxy/config.conf]
"""
_CILIUM = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config, namespace: kube-system}
data:
  kube-proxy-replacement: "%s"
"""
_FELIX = """\
apiVersion: crd.projectcalico.org/v1
kind: FelixConfiguration
metadata: {name: default}
spec: {bpfEnabled: true}
"""
_CLEANUP = _POD.replace("--config=/var/lib/kube-proxy/config.conf", "--cleanup")
_FOR_KUBEADM = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"


class KubeProxyBesideItsReplacement(Rule):
    """Another program is set to do the work of kube-proxy, but kube-proxy is still deployed.

    ## Why
    Both programs then translate the connections to Services, each with its own tables: Cilium and Calico use eBPF,
    kube-proxy uses rules of the kernel. Which of them handles a packet depends on the hook it comes to first, neither
    knows the connections of the other, and both listen on the same port for health checks (10256). Cilium documents
    that both must not run on the same nodes at the same time.

    The rule takes a ConfigMap with a KubeProxyConfiguration or a DaemonSet as the sign that kube-proxy is deployed. It
    is silent if a node selector keeps the DaemonSet from running, or if files contradict each other about the
    replacement.

    ## Fix
    There is no automatic fix. Delete the DaemonSet and the ConfigMap of kube-proxy, and run `kube-proxy --cleanup` on the
    nodes. Otherwise, turn the replacement off.

    ## References
    - https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/
    - https://docs.tigera.io/calico/latest/operations/ebpf/enabling-ebpf
    """

    code = "KPL319"
    name = "kube-proxy-beside-its-replacement"
    stop = Stop.PROXY
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "KubeProxyConfig|Workload"
    clue = "kube-proxy\nKubeProxyConfiguration"
    examples = [
        Bad(
            files(**{"kube-proxy.yaml": _CONFIG, "cilium.yaml": _CILIUM % "true"}),
            flags=["KubeProxyConfiguration"],
            says=["Cilium replaces kube-proxy (cilium.yaml:5), but kube-proxy is still deployed"],
        ),
        Good(files(**{"kube-proxy.yaml": _CONFIG, "cilium.yaml": _CILIUM % "false"})),
        Good(files(**{"kube-proxy.yaml": _CONFIG, "cilium.yaml": _CILIUM % "partial"})),
        Good(files(**{"kube-proxy.yaml": _CONFIG, "cilium.yaml": f"{_CILIUM % 'true'}---\n{_CILIUM % 'false'}"})),
        Bad(
            files(**{"kube-proxy.yaml": _POD, "cilium.yaml": _CILIUM % "strict"}),
            flags=["kube-proxy"],
            says=["both translate connections to Services"],
        ),
        # one finding for both of its objects
        Bad(
            files(**{"kube-proxy.yaml": f"{_POD}---\n{_CONFIG}", "felix.yaml": _FELIX}),
            flags=["kube-proxy"],
            says=["Calico replaces kube-proxy"],
        ),
        # as Calico's guide turns it off
        Good(
            files(
                **{
                    "kube-proxy.yaml": _POD.replace(
                        "      hostN", "      nodeSelector: {non-calico: 'true'}\n      hostN"
                    )
                    + f"---\n{_CONFIG}",
                    "felix.yaml": _FELIX,
                }
            )
        ),
        Bad(
            files(
                **{
                    "kube-proxy.yaml": _POD.replace(
                        "      hostN", "      nodeSelector: {kubernetes.io/os: linux}\n      hostN"
                    ),
                    "felix.yaml": _FELIX,
                }
            ),
            flags=["kube-proxy"],
        ),
        Good(files(**{"kube-proxy.yaml": _CLEANUP, "felix.yaml": _FELIX})),
        Good(files(**{"kube-proxy.yaml": _POD.replace("DaemonSet", "Job"), "felix.yaml": _FELIX})),
        # settings for kubeadm, which may be told to leave kube-proxy out
        Good(
            files(
                **{
                    "kube-proxy.yaml": _FOR_KUBEADM,
                    "felix.yaml": _FELIX,
                }
            )
        ),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        model = document.model
        if isinstance(model, Workload) and _runs_kube_proxy(model):
            if _runs_everywhere(model):
                yield from self._finding(model.name.span, cluster)
        elif isinstance(model, KubeProxyConfig) and document.key and not (model.partial or model.elsewhere):
            if cluster.proxy_replaced is None:
                return
            # the DaemonSet tells more, that it does not run among it
            if not any(_runs_kube_proxy(each) for _, each in cluster.of(Workload, clue="kube-proxy")):
                yield from self._finding(model.title_span, cluster)

    def _finding(self, span: Span, cluster: Cluster) -> Iterator[Finding]:
        replaced = cluster.proxy_replaced
        if replaced is not None:
            yield self.finding(
                span,
                f"{replaced.value} replaces kube-proxy ({replaced.origin}), but kube-proxy is still deployed, so both "
                "translate connections to Services",
                help="Delete the DaemonSet and the ConfigMap of kube-proxy, and run `kube-proxy --cleanup` on the nodes. "
                f"Or turn off the replacement in {replaced.value}.",
            )


def _runs_kube_proxy(workload: Workload) -> bool:
    """Whether it is a DaemonSet that runs kube-proxy, not only to clean up or to set up the node."""
    return workload.kind == "DaemonSet" and any(
        not any(flag.name in ("cleanup", "init-only") for flag in flags) for _, flags in proxy_flags(workload)
    )


def _runs_everywhere(workload: Workload) -> bool:
    """Whether no label of nodes is asked for but that of the operating system."""
    selector = workload.pod.get("nodeSelector")
    keys = [str(key.value) for key in selector.keys()] if isinstance(selector, Mapping) else []
    return all(key.endswith("kubernetes.io/os") for key in keys) and workload.affinity is None
