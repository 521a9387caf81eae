"""kube-proxy's modes by Kubernetes release.

Sources: KEP-265 (ipvs), kubernetes/kubernetes#104631 and #112133 (userspace deprecated and removed), KEP-3866
(nftables), KEP-5343 (the default becomes nftables), KEP-5495 (ipvs deprecated), and what the releases accept.
"""

from __future__ import annotations

from typing import NamedTuple

from kpl.inputs.objects.kubeproxy import KubeProxyConfig
from kpl.proxy.configuration.fields import is_zero
from kpl.text.version import Version


class ModeHistory(NamedTuple):
    """The releases that changed a mode; None where that has not happened. `planned_*` are announced, not released."""

    gated: Version | None = None
    """From here on the feature gate of the mode can turn it on."""
    since: Version = Version("1.0")
    """From here on it needs no gate."""
    deprecated: Version | None = None
    removed: Version | None = None
    planned_off: Version | None = None
    planned_removal: Version | None = None


PROXY_MODES = {
    "userspace": ModeHistory(deprecated=Version("1.23"), removed=Version("1.26")),
    "iptables": ModeHistory(since=Version("1.1")),
    "ipvs": ModeHistory(
        since=Version("1.8"),
        deprecated=Version("1.35"),
        planned_off=Version("1.40"),
        planned_removal=Version("1.43"),
    ),
    "nftables": ModeHistory(gated=Version("1.29"), since=Version("1.31")),
}
"""The modes on Linux (the stages are in the "Graduation Criteria" of KEP-3866 and KEP-5495)."""

WINDOWS_MODE = "kernelspace"
"""The only mode on Windows."""
NFTABLES_GATE = "NFTablesProxyMode"
"""The feature gate of the nftables mode."""
NFTABLES_STABLE = Version("1.33")
"""The release of Kubernetes in which the nftables mode became stable."""
NFTABLES_KERNEL = Version("5.13")
"""What kube-proxy asks of the kernel for nftables (kubernetes.io, "Virtual IPs and Service Proxies")."""
LIBERAL_KERNEL = Version("6.1")
"""Older kernels reset long-lived connections to Service IPs in nftables mode, unless
``conntrack.tcpBeLiberal`` is set (kubernetes/kubernetes#117924; the same page, on migrating to nftables)."""
LIBERAL_FIELD = Version("1.29")
DEFAULT_CHANGES = Version("1.40")
"""When the default is planned to become nftables (KEP-5343)."""
KUBEADM_WRITES_MODE = Version("1.37")
"""From here on kubeadm writes ``mode: iptables`` where its input has none (cmd/kubeadm/app/componentconfigs/kubeproxy.go)."""
LOCALHOST_NODE_PORTS = Version("1.38")
"""From here on kube-proxy in nftables mode answers on loopback, by TCP, where ``nodePortAddresses`` lists it (1.37: with the
feature gate KubeProxyNFTablesLocalhostNodePorts; pkg/proxy/nftables/proxier.go)."""


def accepted_modes(kubernetes: Version) -> list[str]:
    """The words that kube-proxy of this release takes for ``mode`` on Linux, gated ones included."""
    return [
        name
        for name, history in PROXY_MODES.items()
        if (history.gated or history.since) <= kubernetes and (history.removed is None or kubernetes < history.removed)
    ]


def needs_gate(mode: str, kubernetes: Version) -> bool:
    """Whether this release has `mode` only with its feature gate turned on."""
    history = PROXY_MODES.get(mode)
    return history is not None and history.gated is not None and history.gated <= kubernetes < history.since


def runs_on_windows(config: KubeProxyConfig) -> bool:
    """Whether the configuration is one for Windows nodes, where the modes of Linux do not exist."""
    windows = (config.node.get("winkernel"), config.node.get("windowsRunAsService"))
    return config.mode == WINDOWS_MODE or any(node is not None and not is_zero(node) for node in windows)


class Recommendation(NamedTuple):
    """A mode, and half a sentence that says why it and no other."""

    mode: str
    reason: str


def best_mode(kubernetes: Version, kernel: Version | None) -> Recommendation:
    """The mode whose cost per connection does not grow with the Services, where this cluster can run one.

    That is nftables where the release has it without a gate and the kernel is new enough (an unknown kernel is taken to
    be, and the reason says what is needed); otherwise ipvs below the release that deprecates it; otherwise iptables.
    """
    nftables, ipvs = PROXY_MODES["nftables"], PROXY_MODES["ipvs"]
    if kubernetes < nftables.since:
        lack = f"nftables needs a feature gate before Kubernetes {nftables.since}"
    elif kernel is not None and kernel < NFTABLES_KERNEL:
        lack = f"nftables needs Linux {NFTABLES_KERNEL} or later (the nodes run {kernel})"
    else:
        stage = f"stable since {NFTABLES_STABLE}" if kubernetes >= NFTABLES_STABLE else f"beta since {nftables.since}"
        need = "" if kernel is not None else f"; it needs Linux {NFTABLES_KERNEL} or later on every node"
        return Recommendation("nftables", f"nftables ({stage}) finds a Service with one map lookup{need}")
    assert ipvs.deprecated is not None
    if kubernetes < ipvs.deprecated:
        return Recommendation("ipvs", f"{lack}, and ipvs finds a Service in a hash table")
    return Recommendation("iptables", f"{lack}, and ipvs is deprecated since Kubernetes {ipvs.deprecated}")
