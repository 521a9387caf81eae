"""What kube-proxy says of the values of a configuration.

Source: pkg/proxy/apis/config/validation/validation.go at the tags, in the order of its statements.
"""

from __future__ import annotations

from kpl.golang.net import split_host_port
from kpl.golang.values import GoError, atoi, quote
from kpl.proxy.configuration.verdict.defaults import Configuration
from kpl.proxy.configuration.verdict.errors import FieldError, invalid, shown_duration, shown_strings
from kpl.proxy.configuration.verdict.gates import Switches
from kpl.proxy.configuration.verdict.sloppy import ip_of, is_dual_stack, network_of
from kpl.text.version import Version

_ROOT = "KubeProxyConfiguration"
_NOT_NEGATIVE = "must be greater than or equal to 0"
_POSITIVE = "must be greater than 0"
_BIT = "must be within the range [0, 31]"
_SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "dh", "sed", "nq", "")
_LOCAL_MODES = ("ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix", "")
_PAIR = "(e.g. 10.100.0.0/16,fde4:8dba:82e1::/48)"
_BLOCK = "must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)"
_LIST = 'must be a comma-delimited list of CIDR blocks (e.g. "10.100.0.0/16,fde4:8dba:82e1::/48")'
_SINGLE_OR_PAIR = (
    "must be a either a single CIDR or dual-stack pair of CIDRs (e.g. [10.100.0.0/16, fde4:8dba:82e1::/48]"
)
_SECTION_NAMES = {
    "iptables": "KubeProxyIPTablesConfiguration",
    "ipvs": "KubeProxyIPVSConfiguration",
    "nftables": "KubeProxyNFTablesConfiguration",
}
_V1_21, _V1_23, _V1_24, _V1_26, _V1_27, _V1_28, _V1_29, _V1_31, _V1_33, _V1_36, _V1_37, _V1_38 = map(
    Version, ("1.21", "1.23", "1.24", "1.26", "1.27", "1.28", "1.29", "1.31", "1.33", "1.36", "1.37", "1.38")
)


def validation_errors(config: Configuration, switches: Switches, kubernetes: Version) -> list[FieldError]:
    """The messages, in their order. Those about logging are not among them: the file would have been refused before."""
    return _Validation(config, switches, kubernetes).errors()


class _Validation:
    def __init__(self, config: Configuration, switches: Switches, kubernetes: Version) -> None:
        self._config = config
        self._decoded = config.decoded
        self._switches = switches
        self._kubernetes = kubernetes
        self._errors: list[FieldError] = []

    def errors(self) -> list[FieldError]:
        kubernetes, config = self._kubernetes, self._config
        since_1_31 = kubernetes >= _V1_31
        self._section("iptables")
        if config.mode == "ipvs" or (config.mode == "nftables" and kubernetes >= _V1_29):
            self._section(config.mode)
        self._conntrack(f"{_ROOT}.KubeProxyLinuxConfiguration" if since_1_31 else _ROOT)
        if since_1_31:
            self._oom_score(f"{_ROOT}.KubeProxyLinuxConfiguration")
        self._mode()
        self._limit(f"{_ROOT}.ClientConnection.Burst", "clientConnection.burst", 0, None, _NOT_NEGATIVE)
        if not since_1_31:
            self._oom_score(_ROOT)
        if kubernetes < _V1_26:
            self._duration(f"{_ROOT}.UDPIdleTimeout", "udpIdleTimeout", _POSITIVE, positive=True)
        self._duration(f"{_ROOT}.ConfigSyncPeriod", "configSyncPeriod", _POSITIVE, positive=True)
        if since_1_31:
            self._sync_periods(_ROOT, config.section)
        self._addresses()
        if kubernetes < _V1_31:
            self._cluster_cidr()
            if not _is_port_range(self._decoded.text("portRange")):
                self._invalid("PortRange", "portRange", "must be a valid port range (e.g. 300-2000)")
        self._node_port_addresses()
        self._hidden_metrics()
        self._detect_local()
        return self._errors

    def _name(self, name: str, path: str) -> str:
        """What a message calls a field: by the names of Go's internal types before 1.38, then as the file does."""
        return path if self._kubernetes >= _V1_38 else name

    def _add(self, name: str, shown: str, detail: str, path: str) -> None:
        self._errors.append(invalid(self._name(name, path), shown, detail, path))

    def _invalid(self, name: str, path: str, detail: str, value: str | None = None) -> None:
        """A string that is wrong: the one at `path`, or `value`."""
        self._add(f"{_ROOT}.{name}", quote(self._decoded.text(path) if value is None else value), detail, path)

    def _limit(self, name: str, path: str, least: int, most: int | None, detail: str) -> None:
        number = self._decoded.number(path)
        if number is not None and (number < least or (most is not None and number > most)):
            self._add(name, str(number), detail, path)

    def _duration(self, name: str, path: str, detail: str, *, positive: bool = False) -> None:
        value = self._config.duration(path)
        if value < 0 or (positive and value == 0):
            self._add(name, shown_duration(value, self._kubernetes), detail, path)

    def _section(self, section: str) -> None:
        name = f"{_ROOT}.{_SECTION_NAMES[section]}"
        if section != "ipvs":
            self._limit(f"{name}.MasqueradeBit", f"{section}.masqueradeBit", 0, 31, _BIT)
        if self._kubernetes < _V1_31:
            self._sync_periods(name, section)
        if section != "ipvs":
            return
        for field in ("TCPTimeout", "TCPFinTimeout", "UDPTimeout"):
            self._duration(f"{name}.{field}", f"ipvs.{field[:3].lower()}{field[3:]}", _NOT_NEGATIVE)
        scheduler = self._decoded.text("ipvs.scheduler")
        if self._kubernetes < _V1_27 and scheduler not in _SCHEDULERS:
            detail = f"must be in [{' '.join(_SCHEDULERS)}], blank means the default algorithm method (currently rr)"
            self._invalid("KubeProxyIPVSConfiguration.Scheduler.Scheduler", "ipvs.scheduler", detail)
        for number, network in enumerate(self._decoded.strings("ipvs.excludeCIDRs")):
            if network_of(network, self._kubernetes) is None:
                path = f"ipvs.excludeCIDRs[{number}]"
                self._add(f"{name}.ExcludeCidrs[{number}]", quote(network), "must be a valid CIDR", path)

    def _sync_periods(self, name: str, section: str) -> None:
        sync, least = (self._config.duration(f"{section}.{each}") for each in ("syncPeriod", "minSyncPeriod"))
        self._duration(f"{name}.SyncPeriod", f"{section}.syncPeriod", _POSITIVE)
        self._duration(f"{name}.MinSyncPeriod", f"{section}.minSyncPeriod", _NOT_NEGATIVE)
        if least > sync:
            detail = (
                f"must be greater than or equal to {self._name(f'{name}.MinSyncPeriod', f'{section}.minSyncPeriod')}"
            )
            written = next(
                each for each in ("syncPeriod", "minSyncPeriod") if f"{section}.{each}" in self._decoded.fields
            )
            named = self._name(f"{name}.SyncPeriod", f"{section}.syncPeriod")
            shown = shown_duration(least, self._kubernetes)
            self._errors.append(invalid(named, shown, detail, f"{section}.{written}"))

    def _conntrack(self, root: str) -> None:
        name = f"{root}.KubeProxyConntrackConfiguration"
        self._limit(f"{name}.MaxPerCore", "conntrack.maxPerCore", 0, None, _NOT_NEGATIVE)
        self._limit(f"{name}.Min", "conntrack.min", 0, None, _NOT_NEGATIVE)
        for field in ("TCPEstablishedTimeout", "TCPCloseWaitTimeout", "UDPTimeout", "UDPStreamTimeout"):
            self._duration(f"{name}.{field}", f"conntrack.{field[:3].lower()}{field[3:]}", _NOT_NEGATIVE)

    def _oom_score(self, root: str) -> None:
        self._limit(f"{root}.OOMScoreAdj", "oomScoreAdj", -1000, 1000, "must be within the range [-1000, 1000]")

    def _mode(self) -> None:
        kubernetes, mode = self._kubernetes, self._config.mode
        modes = ["iptables", "ipvs"]
        if kubernetes >= _V1_37 and not self._switches.enabled("KubeProxyIPVS"):
            modes.remove("ipvs")
        if kubernetes >= _V1_33 or (kubernetes >= _V1_29 and self._switches.enabled("NFTablesProxyMode")):
            modes.append("nftables")
        if kubernetes < _V1_26:
            modes.append("userspace")
        if mode and mode not in modes:
            joined = (", " if kubernetes >= _V1_28 else ",").join(modes)
            detail = f"must be {joined} or blank (blank means the best-available proxy [currently iptables])"
            self._invalid("Mode.ProxyMode", "mode", detail)

    def _addresses(self) -> None:
        config = self._config
        if ip_of(config.bind_address, self._kubernetes) is None:
            detail = "not a valid textual representation of an IP address"
            self._invalid("BindAddress", "bindAddress", detail)
        # what is not set has a default that is valid
        if config.healthz_address:
            self._host_port("HealthzBindAddress", "healthzBindAddress", config.healthz_address)
        if config.metrics_address:
            self._host_port("MetricsBindAddress", "metricsBindAddress", config.metrics_address)

    def _host_port(self, name: str, path: str, address: str) -> None:
        try:
            host, port = split_host_port(address)
        except GoError:
            self._invalid(name, path, "must be IP:port", address)
            return
        if ip_of(host, self._kubernetes) is None:
            self._invalid(name, path, "must be a valid IP", host)
        try:
            valid = 1 <= atoi(port) <= 65535
        except GoError:
            valid = False
        if not valid:
            self._invalid(name, path, "must be a valid port", port)

    def _cluster_cidr(self) -> None:
        """As it was before 1.31; dual-stack was a feature gate before 1.23."""
        kubernetes, value = self._kubernetes, self._decoded.text("clusterCIDR")
        dual = kubernetes >= _V1_23 or self._switches.enabled("IPv6DualStack")
        if kubernetes < _V1_21 and dual and not self._switches.enabled("EndpointSlice"):
            self._no_endpoint_slices()
        networks = value.split(",")
        detail = ""
        if not value:
            return
        if dual and len(networks) > 2:
            detail = f"only one CIDR allowed or a valid DualStack CIDR {_PAIR}"
        elif dual and len(networks) == 2:
            detail = "" if is_dual_stack(networks, kubernetes) else f"must be a valid DualStack CIDR {_PAIR}"
        elif len(networks) > 1:
            detail = "only one CIDR allowed (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)"
        elif network_of(value, kubernetes) is None:
            detail = _BLOCK
        if detail:
            self._invalid("ClusterCIDR", "clusterCIDR", detail)

    def _no_endpoint_slices(self) -> None:
        gates = self._decoded.switches("featureGates")
        shown = ", ".join(f"{quote(name)}:{str(gates[name]).lower()}" for name in sorted(gates))
        detail = "EndpointSlice feature flag must be turned on when turning on DualStack"
        self._add(f"{_ROOT}.FeatureGates", f"map[string]bool{{{shown}}}", detail, "featureGates")

    def _node_port_addresses(self) -> None:
        kubernetes, addresses = self._kubernetes, self._config.node_port_addresses
        keywords = kubernetes >= _V1_37
        detail = "must be a valid CIDR" + (" or one of the keywords 'primary', 'localhost', 'all'" if keywords else "")
        seen: set[str] = set()
        for number, address in enumerate(addresses):
            name, path = f"{_ROOT}.NodePortAddresses[{number}]", f"nodePortAddresses[{number}]"
            if keywords and address in ("primary", "localhost", "all"):
                if address in seen:
                    duplicate = f"{self._name(name, path)}: Duplicate value: {quote(address)}"
                    self._errors.append(FieldError(duplicate, path))
                seen.add(address)
            elif address == "primary" and _V1_31 <= kubernetes < _V1_37:
                if len(addresses) != 1:
                    self._add(name, quote(address), "can't use both 'primary' and CIDRs", path)
                break
            elif network_of(address, kubernetes) is None:
                self._add(name, quote(address), detail, path)

    def _hidden_metrics(self) -> None:
        path = "showHiddenMetricsForVersion"
        value = self._decoded.text(path)
        major, minor, _ = self._kubernetes.numbers
        previous = f"{major}.{minor - 1}"
        if not value or value == previous:
            return
        if self._kubernetes >= _V1_36:
            which = f"must be omitted or have the value '{previous}'; only the previous minor version is allowed"
            detail = f"invalid {path}: {path}: Invalid value: {quote(value)}: {which}"
        else:
            which = f"must be omitted or have the value '{previous}'. Only the previous minor version is allowed"
            detail = f"--show-hidden-metrics-for-version {which}"
        self._invalid("ShowHiddenMetricsForVersion", path, detail)

    def _detect_local(self) -> None:
        kubernetes, mode = self._kubernetes, self._config.detect_local_mode
        if kubernetes >= _V1_28 and mode not in _LOCAL_MODES:
            supported = ", ".join(map(quote, _LOCAL_MODES))
            path = "detectLocalMode"
            name = self._name(f"{_ROOT}.DetectLocalMode", path)
            message = f"{name}: Unsupported value: {quote(mode)}: supported values: {supported}"
            self._errors.append(FieldError(message, path))
        root = "DetectLocalConfiguration." if kubernetes >= _V1_31 else ""
        for wanted, name, path in (
            ("BridgeInterface", "InterfaceName", "detectLocal.bridgeInterface"),
            ("InterfaceNamePrefix", "InterfacePrefix", "detectLocal.interfaceNamePrefix"),
        ):
            if kubernetes >= _V1_24 and mode == wanted and not self._decoded.text(path):
                self._invalid(root + name, path, "must not be empty")
        if kubernetes >= _V1_31 and mode == "ClusterCIDR" and self._decoded.text("clusterCIDR"):
            self._cluster_cidrs(f"{_ROOT}.DetectLocalConfiguration.ClusterCIDRs")

    def _cluster_cidrs(self, name: str) -> None:
        networks = self._decoded.text("clusterCIDR").split(",")
        if len(networks) > 2:
            self._add(name, shown_strings(networks, self._kubernetes), _SINGLE_OR_PAIR, "clusterCIDR")
            return
        for number, network in enumerate(networks):
            if network_of(network, self._kubernetes) is None:
                detail = _LIST if self._kubernetes >= _V1_38 else _BLOCK
                self._add(f"{name}[{number}]", quote(network), detail, "clusterCIDR")
        if len(networks) == 2 and is_dual_stack(networks, self._kubernetes) is False:
            self._add(name, shown_strings(networks, self._kubernetes), _SINGLE_OR_PAIR, "clusterCIDR")


def _is_port_range(text: str) -> bool:
    """Whether ``8000``, ``8000-9000`` or ``8000+10``. (apimachinery, pkg/util/net/port_range.go)"""
    text = text.strip()
    if not text:
        return True
    if "-" in text and "+" in text:
        return False
    sign = "-" if "-" in text else "+"
    first, found, second = text.partition(sign)
    try:
        low = atoi(first)
        high = atoi(second) if found else low
    except GoError:
        return False
    if found and sign == "+":
        high += low
    return low <= high and low <= 65535 and high <= 65535
