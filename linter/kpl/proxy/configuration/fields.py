"""The fields of KubeProxyConfiguration v1alpha1 by Kubernetes release.

Source: config/v1alpha1/types.go of kubernetes/kube-proxy at its tags, and which fields the strict decoder of the
releases 1.23 to 1.37 refuses. A field without a release has been there since 1.12 or longer.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence
from kpl.text import late
from kpl.text.version import Version


class History(NamedTuple):
    """When a field came and went, both as ``1.29``, empty where it did not; `did` says what a removed one was for."""

    added: str = ""
    removed: str = ""
    did: str = ""

    def known(self, kubernetes: Version) -> bool:
        """Whether kube-proxy of this release has the field."""
        return (not self.added or Version(self.added) <= kubernetes) and not self.gone(kubernetes)

    def gone(self, kubernetes: Version) -> bool:
        """Whether an older release had it and this one does not."""
        return bool(self.removed) and Version(self.removed) <= kubernetes


_ALWAYS = History()

PROXY_FIELDS: dict[str, dict[str, History]] = {
    "": {
        "apiVersion": _ALWAYS,
        "kind": _ALWAYS,
        "featureGates": _ALWAYS,
        "clientConnection": _ALWAYS,
        "logging": History("1.28"),
        "hostnameOverride": _ALWAYS,
        "bindAddress": _ALWAYS,
        "healthzBindAddress": _ALWAYS,
        "metricsBindAddress": _ALWAYS,
        "bindAddressHardFail": History("1.19"),
        "enableProfiling": _ALWAYS,
        "showHiddenMetricsForVersion": History("1.18"),
        "mode": _ALWAYS,
        "iptables": _ALWAYS,
        "ipvs": _ALWAYS,
        "nftables": History("1.29"),
        "winkernel": History("1.14"),
        "detectLocalMode": History("1.18"),
        "detectLocal": History("1.24"),
        "clusterCIDR": _ALWAYS,
        "nodePortAddresses": _ALWAYS,
        "oomScoreAdj": _ALWAYS,
        "conntrack": _ALWAYS,
        "configSyncPeriod": _ALWAYS,
        "portRange": _ALWAYS,
        "windowsRunAsService": History("1.31"),
        "udpIdleTimeout": History("", "1.26", "how long the userspace mode kept idle UDP connections"),
        "resourceContainer": History("", "1.16", "the cgroup that kube-proxy moved itself into"),
    },
    "clientConnection": dict.fromkeys(("kubeconfig", "acceptContentTypes", "contentType", "qps", "burst"), _ALWAYS),
    "logging": dict.fromkeys(("format", "flushFrequency", "verbosity", "vmodule", "options"), History("1.28")),
    "iptables": {
        "masqueradeBit": _ALWAYS,
        "masqueradeAll": _ALWAYS,
        "localhostNodePorts": History("1.26"),
        "syncPeriod": _ALWAYS,
        "minSyncPeriod": _ALWAYS,
    },
    "ipvs": {
        "syncPeriod": _ALWAYS,
        "minSyncPeriod": _ALWAYS,
        "scheduler": _ALWAYS,
        "excludeCIDRs": _ALWAYS,
        "strictARP": History("1.13"),
        "tcpTimeout": History("1.18"),
        "tcpFinTimeout": History("1.18"),
        "udpTimeout": History("1.18"),
    },
    "nftables": dict.fromkeys(("masqueradeBit", "masqueradeAll", "syncPeriod", "minSyncPeriod"), History("1.29")),
    "winkernel": {
        **dict.fromkeys(("networkName", "sourceVip", "enableDSR"), History("1.14")),
        **dict.fromkeys(("rootHnsEndpointName", "forwardHealthCheckVip"), History("1.24")),
    },
    "detectLocal": dict.fromkeys(("bridgeInterface", "interfaceNamePrefix"), History("1.24")),
    "conntrack": {
        "maxPerCore": _ALWAYS,
        "min": _ALWAYS,
        "max": History("", "1.15", "the limit for all connections of the node"),
        "tcpEstablishedTimeout": _ALWAYS,
        "tcpCloseWaitTimeout": _ALWAYS,
        "tcpBeLiberal": History("1.29"),
        "udpTimeout": History("1.29"),
        "udpStreamTimeout": History("1.29"),
    },
}
"""Section -> field -> its history; the top level is the section "". What lies deeper than a section is not listed:
`featureGates` has the names of gates, `logging.options` belongs to another API."""

ZERO_COUNTS = frozenset(
    (
        "iptables.masqueradeBit",
        "iptables.localhostNodePorts",
        "nftables.masqueradeBit",
        "oomScoreAdj",
        "conntrack.maxPerCore",
        "conntrack.min",
        "conntrack.tcpEstablishedTimeout",
        "conntrack.tcpCloseWaitTimeout",
    )
)
"""The fields that are pointers in Go: 0 or false written there is a value, not "use the default"."""


def field_path(section: str, name: str) -> str:
    """The path of a field: ``conntrack.min``, or ``mode`` at the top level."""
    return f"{section}.{name}" if section else name


@cache
def fields_in(section: str, kubernetes: Version) -> tuple[str, ...]:
    """The fields that kube-proxy of this release has in `section`."""
    return tuple(name for name, field in PROXY_FIELDS[section].items() if field.known(kubernetes))


def fields_called(name: str, kubernetes: Version) -> list[str]:
    """Every path at which this release has a field called `name`."""
    return [field_path(section, name) for section in PROXY_FIELDS if name in fields_in(section, kubernetes)]


_ZERO = late.pattern(r"[+-]?(?:0+(?:\.0*)?|(?:0+(?:\.0*)?(?:h|m|s|ms|us|µs|ns))+)")


def is_zero(node: Node) -> bool:
    """Whether a value is empty, null, false, 0 or 0s, or holds nothing else."""
    if isinstance(node, Scalar):
        return node.is_null or not node.value or node.boolean() is False or _ZERO.fullmatch(node.value) is not None
    if isinstance(node, Mapping):
        return all(is_zero(value) for _, value in node.pairs)
    return isinstance(node, Sequence) and all(is_zero(item) for item in node.items)
