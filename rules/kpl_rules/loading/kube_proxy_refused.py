"""KPL012."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kpl import Bad, Cluster, Finding, Fix, Good, Rule, Severity, Stop, Version, manifest
from kpl.edits import remove_entry
from kpl.kubeproxy import KubeProxyConfig, RefusedGate, refused_gates
from kpl.manifests import template_placeholder
from kpl.words import listed

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"
_GATES = f"{_HEAD}clusterCIDR: 10.244.0.0/16\nfeatureGates:\n"
_KUBERNETES = {"kubernetes": Version("1.35")}
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
        image: registry.k8s.io/kube-proxy:v1.35.3
        securityContext: {privileged: true}
        command: [kube-proxy, --proxy-mode=iptables, "--feature-gates=%s"]
"""


class KubeProxyRefused(Rule):
    """kube-proxy refuses this configuration and does not start.

    ## Why
    kube-proxy decodes its configuration, sets the feature gates and the logging, and validates the rest; it exits at
    the first error. The DaemonSet then crash-loops on every node where its pod restarts, and Services no longer follow
    their endpoints there. kpl performs the same steps and reports kube-proxy's own message for the release in use: the
    one given with `--kubernetes-version`, the one in the settings of kubeadm or another installer in the same file, the
    one of the image in the manifests, or else the newest that kpl knows.

    The rule also checks feature gates in flags and in the settings of installers, if the release is known.

    ## Fix
    kpl removes feature gates that the release does not have. The fix is safe if Kubernetes removed the gate after the
    feature became always on, and the gate turns it on: removing the gate then changes nothing. It is marked as unsafe for
    other gates. There is no automatic fix for other values.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kube-proxy/app/options.go
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/apis/config/validation/validation.go
    - https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates-removed/
    """

    code = "KPL012"
    name = "kube-proxy-refused"
    stop = Stop.LOADING
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("kube-proxy-does-not-start",)
    examples = [
        Bad(
            manifest(f"{_HEAD}clusterCIDR: 10.244.0.0\n"),
            flags=["10.244.0.0"],
            says=["refuses this configuration and does not start: `"],
        ),
        Bad(manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16\nconntrack:\n  min: many\n"), flags=["many"]),
        Good(manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16\n")),
        # feature gates
        Bad(
            manifest(f"{_GATES}  IPv6DualStack: true\n"),
            facts=_KUBERNETES,
            flags=["IPv6DualStack"],
            says=[
                "does not start: `unrecognized feature gate: IPv6DualStack`",
                "Remove `IPv6DualStack`: Kubernetes 1.25 removed the gate, and the feature is always on.",
            ],
            fixed=f"{_HEAD}clusterCIDR: 10.244.0.0/16\n",
        ),
        Bad(
            manifest(f"{_GATES}  IPv6DualStack: true\n  NFTablesProxyMode: true\n  ServiceTopology: true\n"),
            facts=_KUBERNETES,
            flags=["IPv6DualStack"],
            says=["Remove `IPv6DualStack` and `ServiceTopology`."],
            fixed=f"{_GATES}  NFTablesProxyMode: true\n",
            safe=False,
        ),
        Bad(
            manifest(f"{_GATES}  IPv6DualStack: false\n"),
            facts=_KUBERNETES,
            flags=["IPv6DualStack"],
            fixed=f"{_HEAD}clusterCIDR: 10.244.0.0/16\n",
            safe=False,
        ),
        Bad(
            manifest(f"{_GATES}  NoSuchGate: true\n"),
            facts=_KUBERNETES,
            flags=["NoSuchGate"],
            says=["Remove `NoSuchGate`: no release of kube-proxy since 1.20 has this gate."],
            fixed=f"{_HEAD}clusterCIDR: 10.244.0.0/16\n",
            safe=False,
        ),
        Bad(
            manifest(f"{_GATES}  NFTablesProxyMode: false\n"),
            facts=_KUBERNETES,
            flags=["NFTablesProxyMode"],
            says=["Remove `NFTablesProxyMode`: the feature is always on."],
            fixed=f"{_HEAD}clusterCIDR: 10.244.0.0/16\n",
            safe=False,
        ),
        Good(manifest(f"{_GATES}  NFTablesProxyMode: true\n"), facts=_KUBERNETES),
        # another value is wrong too
        Bad(
            manifest(f"{_GATES}  IPv6DualStack: true\nbindAddress: a\n"),
            facts=_KUBERNETES,
            flags=["IPv6DualStack"],
        ),
        Bad(
            manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16\nfeatureGates: {{IPv6DualStack: true}}\n"),
            facts=_KUBERNETES,
            flags=["IPv6DualStack"],
            fixed=f"{_HEAD}clusterCIDR: 10.244.0.0/16\n",
        ),
        # flags
        Bad(
            manifest(_POD % "NFTablesProxyMode=true,IPv6DualStack=true"),
            flags=["IPv6DualStack"],
            says=["kube-proxy 1.35.3 refuses the feature gate `IPv6DualStack` and does not start"],
        ),
        Good(manifest(_POD % "NFTablesProxyMode=true")),
        Good(manifest((_POD % "IPv6DualStack=true").replace("v1.35.3", "v1.24.3"))),
        Good(manifest((_POD % "IPv6DualStack=true").replace("v1.35.3", "latest"))),
        # a template is not what kube-proxy reads
        Good(manifest(f"{_HEAD}clusterCIDR: '{{{{ .Values.podCIDR }}}}'\n")),
        # nobody knows what kube-proxy is told besides
        Good(manifest("kube_proxy_conntrack_min: many\n")),
        # the rule about modes tells that
        Good(
            manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16\n".replace("mode: iptables", "mode: ebpf")),
            other=["proxy-mode-removed-or-deprecated"],
        ),
    ]

    def check(self, config: KubeProxyConfig, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if config.partial:
            yield from self._gates_of_settings(config, cluster)
            return
        document = cluster.document_of(config)
        verdict = cluster.proxy_verdict(document)
        if verdict.answer != "refuses" or template_placeholder(cluster.program_text_of(document)[0]) is not None:
            return
        # what a mode or a field that is gone does to kube-proxy is told by the rule about it
        if re.search(r"KubeProxyConfiguration\.(?:Proxy)?Mode\b|\bmode: Invalid value", verdict.message or ""):
            return
        # of a value of a wrong type it is not known what kube-proxy before 1.23 says
        says = f": `{verdict.message}`" if verdict.message is not None else ""
        version = cluster.kubernetes_version_for(config)
        refused = refused_gates(config.feature_gates, version) if "feature gate" in says else []
        yield self.finding(
            verdict.span or config.title_span,
            f"kube-proxy {version} refuses this configuration and does not start{says}",
            help=_advice(refused) if refused else "",
            fix=_without(refused, config, cluster) if refused else None,
        )

    def _gates_of_settings(self, config: KubeProxyConfig, cluster: Cluster) -> Iterator[Finding]:
        """What is refused for certain, whatever else kube-proxy is told."""
        if config.elsewhere or not cluster.kubernetes_version_known:
            return
        version, gates = cluster.kubernetes_version_for(config), config.node.mapping("featureGates")
        for gate in refused_gates(config.feature_gates, version):
            pair = gates.pair(gate.name) if gates is not None else None
            if pair is not None:
                yield self.finding(
                    pair[0].span,
                    f"kube-proxy {version} refuses the feature gate `{gate.name}` and does not start",
                    help=_advice([gate]),
                )


def _advice(refused: Sequence[RefusedGate]) -> str:
    names = [f"`{each.name}`" for each in refused]
    if len(refused) > 1:
        return f"Remove {listed(names)}."
    gate = refused[0]
    why = "no release of kube-proxy since 1.20 has this gate"
    if gate.removed is not None:
        why = f"Kubernetes {gate.removed} removed the gate"
    if gate.always is not None:
        state = f"the feature is always {'on' if gate.always else 'off'}"
        why = state if gate.removed is None else f"{why}, and {state}"
    return f"Remove {names[0]}: {why}."


def _without(refused: Sequence[RefusedGate], config: KubeProxyConfig, cluster: Cluster) -> Fix | None:
    """Take the gates out, if kube-proxy then starts."""
    gates, pair = config.node.mapping("featureGates"), config.node.pair("featureGates")
    if gates is None or pair is None:
        return None
    wanted = config.feature_gates
    pairs = [found for each in refused if (found := gates.pair(each.name)) is not None]
    if len(pairs) == len(gates.pairs):
        edits = [remove_entry(config.text, config.node, pair[0])]
    else:
        edits = [remove_entry(config.text, gates, key) for key, _ in pairs]
    made = tuple(each for each in edits if each is not None)
    if len(made) < len(edits) or not cluster.proxy_takes(config, made):
        return None
    safe = all(each.removed is not None and each.always == wanted[each.name] for each in refused)
    title = f"Remove {', '.join(f'`{each.name}`' for each in refused)}"
    return Fix(title, made, safe=safe)
