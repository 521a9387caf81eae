"""A decoded configuration with the defaults of its release.

Source: pkg/proxy/apis/config/v1alpha1/defaults.go and conversion.go, cmd/kube-proxy/app/server_linux.go
(platformApplyDefaults), component-base/logs/api/v1/options.go (SetRecommendedLoggingConfiguration). Defaults that no
check looks at are left out.
"""

from __future__ import annotations

from kpl.proxy.configuration.verdict.decode import Decoded
from kpl.proxy.configuration.verdict.sloppy import with_port
from kpl.text.version import Version

SECOND = 10**9
_HEALTHZ_PORT, _METRICS_PORT = 10256, 10249
_ZERO_DURATIONS = {
    "iptables.syncPeriod": 30 * SECOND,
    "iptables.minSyncPeriod": SECOND,
    "ipvs.syncPeriod": 30 * SECOND,
    "nftables.syncPeriod": 30 * SECOND,
    "nftables.minSyncPeriod": SECOND,
    "configSyncPeriod": 15 * 60 * SECOND,
    "logging.flushFrequency": 5 * SECOND,
    "udpIdleTimeout": SECOND // 4,
}
_PLATFORM_DEFAULTS_SINCE = Version("1.28")
_PRIMARY_SINCE = Version("1.31")


class Configuration:
    """A configuration after defaulting; the methods read its fields, 0 and nothing where they have no default."""

    def __init__(self, decoded: Decoded, kubernetes: Version) -> None:
        self.decoded = decoded
        self.bind_address = decoded.text("bindAddress") or "0.0.0.0"
        self.healthz_address = with_port(decoded.text("healthzBindAddress"), _HEALTHZ_PORT, kubernetes)
        self.metrics_address = with_port(decoded.text("metricsBindAddress"), _METRICS_PORT, kubernetes)
        self.mode = decoded.text("mode")
        self.detect_local_mode = decoded.text("detectLocalMode")
        self.node_port_addresses = decoded.strings("nodePortAddresses")
        if kubernetes >= _PLATFORM_DEFAULTS_SINCE:
            self.mode = self.mode or "iptables"
            self.detect_local_mode = self.detect_local_mode or "ClusterCIDR"
        if kubernetes >= _PRIMARY_SINCE and self.mode == "nftables" and not self.node_port_addresses:
            self.node_port_addresses = ["primary"]

    @property
    def section(self) -> str:
        """The section that the mode selects for what several modes have."""
        return self.mode if self.mode in ("ipvs", "nftables") else "iptables"

    def duration(self, path: str) -> int:
        """The nanoseconds at `path`."""
        return self.decoded.number(path) or _ZERO_DURATIONS.get(path, 0)
