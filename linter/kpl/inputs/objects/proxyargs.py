"""Settings of kube-proxy in the arguments of its container."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.objects.kubeproxy import KubeProxyConfig
from kpl.inputs.objects.programs import arguments_of
from kpl.inputs.objects.proxyflags import FLAG_FIELDS
from kpl.inputs.objects.proxysettings import Flag, flags_in, partial_config, settings_of
from kpl.inputs.objects.workloads import Container, Workload, workloads_of
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping

_OS_KEYS = ("kubernetes.io/os", "beta.kubernetes.io/os")
_HEAD = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: kube-proxy}\nspec:\n  template:\n    spec:\n      containers:\n"


class ProxyArgumentsReader(ObjectReader):
    """Reads the flags of kube-proxy in any workload; where one names its configuration, none of the others counts."""

    kind = ObjectKind(
        models=("KubeProxyConfig",),
        clues=(Clue(("kube-proxy",), ("containers", rf"--(?:{'|'.join(FLAG_FIELDS)})\b")),),
    )
    examples = (
        Takes(
            f"{_HEAD}      - name: proxy\n        command: [/usr/local/bin/kube-proxy, --proxy-mode=ipvs]\n",
            {"mode": "ipvs", "partial": True},
            kinds=("KubeProxyConfig", "Workload"),
        ),
        Takes(
            f"{_HEAD}      - image: registry.k8s.io/kube-proxy:v1.36.2\n        args: ['--proxy-mode', \"nftables\"]\n",
            {"mode": "nftables"},
            kinds=("KubeProxyConfig", "Workload"),
        ),
        Leaves(f"{_HEAD}      - command: [kube-proxy, --config=/etc/c.conf, --proxy-mode=ipvs]\n"),
        Leaves(f"{_HEAD}      - {{name: kube-proxy, command: [cleaner, --proxy-mode=ipvs]}}\n"),
        Leaves(f"{_HEAD}      - command: [sh, -c, 'kube-proxy --proxy-mode=ipvs']\n"),
        Leaves(f"{_HEAD}      - command: [kube-proxy, --proxy-mode=x]\n      nodeSelector: {{kubernetes.io/os: windows}}\n"),
        Leaves(f"{_HEAD}      - command: [kube-proxy, --proxy-mode=x]\n      os: {{name: windows}}\n"),
    )  # fmt: skip

    def models(self, text: str, node: Mapping) -> Iterator[KubeProxyConfig]:
        """The settings in each container of the object `node` that runs kube-proxy."""
        for workload in workloads_of(text, node, node.text("kind")):
            for container in workload.containers if not _runs_on_windows(workload) else ():
                words = arguments_of("kube-proxy", container)
                config = partial_config(text, settings_of(flags_in(words, text), text)) if words is not None else None
                if config is not None:
                    yield config


def proxy_flags(workload: Workload) -> Iterator[tuple[Container, list[Flag]]]:
    """The containers of `workload` that run kube-proxy, each with the flags on its command line."""
    for container in workload.containers:
        words = arguments_of("kube-proxy", container)
        if words is not None:
            yield container, flags_in(words, workload.text)


def _runs_on_windows(workload: Workload) -> bool:
    pod = workload.pod
    return "windows" in (pod.text("os", "name"), *(pod.text("nodeSelector", key) for key in _OS_KEYS))
