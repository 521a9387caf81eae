"""KPL315."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Fix, Good, Related, Rule, Severity, Span, Stop, files, manifest
from kpl.corefiles import is_placeholder
from kpl.edits import remove_item
from kpl.kubeproxy import FLAG_FIELDS, KubeProxyConfig, is_zero, proxy_flags
from kpl.manifests import Mapping, Scalar, Sequence, Workload

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
        command:
        - kube-proxy
"""
_ENV = "        env: [{name: NAME, value: a}]\n"
_CONFIG_FLAG = "        - --config=/var/lib/kube-proxy/config.conf\n"
_TWO_FLAGS = "        - --masquerade-all=true\n        - --cluster-cidr=10.42.0.0/16\n"
_OTHER_PROGRAM = (
    _POD.replace("        - kube-proxy", "        - proxy-of-mine").replace("kube-proxy:v1.36.2", "mine")
    + f"{_CONFIG_FLAG}        - --proxy-mode=ipvs\n"
)
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
    iptables: {masqueradeAll: true}
"""


class FlagIgnored(Rule):
    """kube-proxy reads its settings from the file of `--config`, so it ignores this flag.

    ## Why
    If `--config` is given, kube-proxy replaces all that its flags set with the content of the file, and logs nothing
    about it. Only `--hostname-override`, `--master`, `--cleanup`, `--init-only` and the flags for logs still count. A
    setting that is only on the command line is not in force: with `--proxy-mode=ipvs` and a file without `mode`, kube-proxy
    runs in iptables mode.

    The rule is silent if the only configuration among the files has the same value.

    ## Fix
    Set the field in the configuration file. kpl offers to remove the flag, which changes nothing for kube-proxy. The fix
    is marked as unsafe because the value that somebody wanted is then written nowhere.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kube-proxy/app/options.go (Complete)
    - https://kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/
    """

    code = "KPL315"
    name = "flag-ignored"
    stop = Stop.PROXY
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Workload"
    clue = "kube-proxy"
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(
            manifest(f"{_POD}        - --proxy-mode=ipvs\n{_CONFIG_FLAG}"),
            flags=["proxy-mode"],
            says=["kube-proxy ignores `--proxy-mode`", "Set `mode` in the configuration file"],
            fixed=f"{_POD}{_CONFIG_FLAG}",
            safe=False,
        ),
        Good(manifest(f"{_POD}        - --proxy-mode=iptables\n")),
        # these count beside the file
        Good(
            manifest(
                f"{_POD}{_CONFIG_FLAG}        - --hostname-override=$(NODE_NAME)\n        - --v=4\n"
                "        - --master=https://a\n        env: [{name: NODE_NAME, value: n1}]\n"
            )
        ),
        # in two words, and in `args`
        Bad(
            manifest(f"{_POD}        args: [--config, /etc/c.conf, --cluster-cidr, 10.244.0.0/16, --masquerade-all]\n"),
            flags=["cluster-cidr", "masquerade-all"],
        ),
        Bad(
            files(**{"proxy.yaml": f"{_POD}{_TWO_FLAGS}{_CONFIG_FLAG}", "config.yaml": _CONFIG}),
            flags=["cluster-cidr"],
            says=["`--config` names a configuration file"],
            fixed=f"{_POD}        - --masquerade-all=true\n{_CONFIG_FLAG}",
            safe=False,
        ),
        # the file says the same
        Good(files(**{"proxy.yaml": f"{_POD}        - --proxy-mode=iptables\n{_CONFIG_FLAG}", "config.yaml": _CONFIG})),
        Bad(
            manifest(f'{_POD}        - --config="/etc/$(NAME)"\n        - --healthz-port=0\n{_ENV}'),
            flags=["healthz-port"],
            says=["Set `healthzBindAddress`"],
            fixed=f'{_POD}        - --config="/etc/$(NAME)"\n{_ENV}',
            safe=False,
        ),
        # nobody knows whether a file is named
        Good(
            manifest(
                f"{_POD}        - --config=$(CONFIG)\n        - --proxy-mode=ipvs\n        envFrom:\n"
                "        - configMapRef: {name: a}\n"
            )
        ),
        Good(manifest(f"{_POD}        - --config=\n        - --proxy-mode=iptables\n")),
        Good(manifest(f"{_POD}        - --config=/etc/c\n        - --no-such-flag=ipvs\n")),
        Good(manifest(_OTHER_PROGRAM)),
    ]

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for container, flags in proxy_flags(workload):
            named = next((each for each in reversed(flags) if each.name == "config"), None)
            if named is None or named.value is None or not named.value.value or _is_unknown(named.value.value):
                continue
            in_file = _only_config(cluster)
            for flag in flags:
                field = _FIELDS.get(flag.name)
                if field is None or (in_file is not None and _says(in_file, field, flag.value)):
                    continue
                yield self.finding(
                    flag.key,
                    f"kube-proxy ignores `--{flag.name}` because `--config` names a configuration file",
                    help=f"Set `{field}` in the configuration file, and remove the flag.",
                    related=[Related(named.key, "`--config` is here")],
                    fix=_removal(workload, container.node, flag.name, flag.key),
                )


_FIELDS = {
    **FLAG_FIELDS,
    "healthz-port": "healthzBindAddress",
    "metrics-port": "metricsBindAddress",
}
del _FIELDS["hostname-override"]


def _is_unknown(value: str) -> bool:
    """Whether the complete value is filled in by something else, so that it may be empty."""
    return value.startswith("$") or is_placeholder(value) and "/" not in value


def _only_config(cluster: Cluster) -> KubeProxyConfig | None:
    configs = [config for _, config in cluster.of(KubeProxyConfig) if not config.partial]
    return configs[0] if len(configs) == 1 else None


def _says(config: KubeProxyConfig, field: str, value: Scalar | None) -> bool:
    """Whether the file has the value of the flag, or one that cannot be compared."""
    node = config.node.get(*field.split("."))
    if node is None:
        return False
    if not isinstance(node, Scalar):
        return not is_zero(node)
    return node.value == (value.value if value is not None else "true")


def _removal(workload: Workload, container: Mapping, name: str, key: Span) -> Fix | None:
    """Of a flag with its value in one item."""
    for field in ("command", "args"):
        listed = container.get(field)
        if not isinstance(listed, Sequence):
            continue
        for item in listed.items:
            if isinstance(item, Scalar) and item.start <= key.start < item.end and "=" in item.value:
                edit = remove_item(workload.text, listed, item)
                return Fix(f"Remove `--{name}`", (edit,), safe=False) if edit is not None else None
    return None
