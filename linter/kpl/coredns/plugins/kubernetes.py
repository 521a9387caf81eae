"""The plugin ``kubernetes``. (CoreDNS plugin/kubernetes/setup.go)

That the API server is there, and that a pod has its service account's token, is taken for granted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kpl.coredns.apiserver import Credentials, check_endpoint, check_kubeconfig
from kpl.coredns.controller import Controller
from kpl.coredns.labelselector import check_label_selector
from kpl.coredns.transfers import transfer
from kpl.coredns.zones import zones_of
from kpl.golang.literals import parse_float
from kpl.golang.values import GoError, atoi, parse_duration, quote

SECOND = 10**9


@dataclass(slots=True)
class Kubernetes:
    """The zones that are answered from the objects of a cluster, and how."""

    zones: list[str] = field(default_factory=list)
    endpoints: list[str] = field(default_factory=list)
    """Of the API server: only the first one counts, and none is the server of the pod's own cluster."""
    credentials: Credentials = field(default_factory=Credentials)
    kubeconfig: tuple[str, str] | None = None
    """A file and the context in it; it counts before `endpoints`."""
    pods: str = "disabled"
    endpoint_pod_names: bool = False
    namespaces: list[str] = field(default_factory=list)
    namespace_labels: str | None = None
    labels: str | None = None
    ttl: int = 5
    """Seconds."""
    endpoints_watched: bool = True
    zonal: bool = False
    ignore_empty_service: bool = False
    multicluster: list[str] = field(default_factory=list)
    startup_timeout: int = 5 * SECOND
    """Nanoseconds."""
    fallthrough: list[str] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    """Up to 1.7.1: who may have the zones, addresses with a port or ``*``."""


def setup(c: Controller) -> Kubernetes:
    """``kubernetes [ZONES...]`` with its block."""
    kubernetes = Kubernetes()
    while c.next_only():
        _stanza(c, kubernetes)
    if kubernetes.kubeconfig is not None:
        check_kubeconfig(c, *kubernetes.kubeconfig)
    elif kubernetes.endpoints:
        check_endpoint(c, kubernetes.endpoints[0], kubernetes.credentials)
    return kubernetes


def _stanza(c: Controller, kubernetes: Kubernetes) -> None:
    args = c.args()
    kubernetes.zones = c.origins(args)
    # before 1.8.4 a bad zone was an empty name, and not dropped
    unnamed = not c.since("1.8.4") and any(not zones_of(word, c.instance.version) for word in args)
    if not unnamed and all(zone.endswith((".in-addr.arpa.", ".ip6.arpa.")) for zone in kubernetes.zones):
        raise c.refuse("non-reverse zone name must be used")
    while c.next_block():
        release, option = _OPTIONS.get(c.val(), ("", None))
        if option is None or not c.since(release) or (option is _transfer and c.since("1.8.0")):
            raise c.err(f"unknown property '{c.val()}'")
        option(c, kubernetes)
    if kubernetes.namespaces and kubernetes.namespace_labels is not None:
        raise c.err("namespaces and namespace_labels cannot both be set")
    for zone in kubernetes.multicluster:
        if zone not in kubernetes.zones:
            authoritative = f" (authoritative zones: [{' '.join(kubernetes.zones)}])" if c.since("1.14.4") else ""
            raise c.err(f"is not authoritative for the multicluster zone {zone}{authoritative}")
    if kubernetes.zonal and not kubernetes.endpoints_watched:
        raise c.err("zonal requires the endpoint cache; remove noendpoints")


def _none(c: Controller) -> None:
    if c.args():
        raise c.arg_err()


def _endpoint_pod_names(c: Controller, kubernetes: Kubernetes) -> None:
    _none(c)
    kubernetes.endpoint_pod_names = True


def _pods(c: Controller, kubernetes: Kubernetes) -> None:
    mode = c.only()
    if mode not in ("disabled", "insecure", "verified"):
        raise c.refuse(f"wrong value for pods: {mode},  must be one of: disabled, verified, insecure", mode)
    kubernetes.pods = mode


def _namespaces(c: Controller, kubernetes: Kubernetes) -> None:
    kubernetes.namespaces += c.some()


def _endpoint(c: Controller, kubernetes: Kubernetes) -> None:
    kubernetes.endpoints = list(c.some())


def _tls(c: Controller, kubernetes: Kubernetes) -> None:
    args = c.args()
    if len(args) != 3:
        raise c.arg_err()
    kubernetes.credentials = Credentials(*args)


def _labels(c: Controller, kubernetes: Kubernetes) -> None:
    kubernetes.labels = _selector(c, "label")


def _namespace_labels(c: Controller, kubernetes: Kubernetes) -> None:
    kubernetes.namespace_labels = _selector(c, "namespace_label")


def _selector(c: Controller, kind: str) -> str:
    args = c.some()
    text = " ".join(args)
    try:
        check_label_selector(text, c.instance.version)
    except GoError as error:
        raise c.refuse(f"unable to parse {kind} selector value: '{text}': {error}", args[0]) from None
    return text


def _fallthrough(c: Controller, kubernetes: Kubernetes) -> None:
    kubernetes.fallthrough = c.fallthrough(c.args())


def _ttl(c: Controller, kubernetes: Kubernetes) -> None:
    ttl = c.read(atoi, c.some()[0])
    if not 0 <= ttl <= 3600:
        raise c.err(f"ttl must be in range [0, 3600]: {ttl}")
    kubernetes.ttl = ttl


def _transfer(c: Controller, kubernetes: Kubernetes) -> None:
    kubernetes.receivers, _ = transfer(c, secondary=False)


def _noendpoints(c: Controller, kubernetes: Kubernetes) -> None:
    _none(c)
    kubernetes.endpoints_watched = False


def _zonal(c: Controller, kubernetes: Kubernetes) -> None:
    _none(c)
    kubernetes.zonal = True


def _ignore(c: Controller, kubernetes: Kubernetes) -> None:
    args = c.args()
    if args and args[0] != "empty_service":
        raise c.refuse(f"unable to parse ignore value: '{args[0]}'", args[0])
    kubernetes.ignore_empty_service |= bool(args)


def _kubeconfig(c: Controller, kubernetes: Kubernetes) -> None:
    args = c.args()
    if len(args) not in ((1, 2) if c.since("1.8.3") else (2,)):
        raise c.arg_err()
    kubernetes.kubeconfig = args[0], args[1] if len(args) == 2 else ""


def _multicluster(c: Controller, kubernetes: Kubernetes) -> None:
    args = c.args()
    kubernetes.multicluster = c.origins(args) if args else []


def _startup_timeout(c: Controller, kubernetes: Kubernetes) -> None:
    word = c.some()[0]
    try:
        kubernetes.startup_timeout = parse_duration(word)
    except GoError as error:
        raise c.refuse(f"failed to parse startup_timeout: {word}, {error}", word) from None


def _apiserver_qps(c: Controller, kubernetes: Kubernetes) -> None:
    word = c.only()
    try:
        rate = parse_float(word, 32)
    except GoError as error:
        raise c.err(f"invalid apiserver_qps {quote(word)}: {error}") from None
    if rate < 0:
        raise c.err("apiserver_qps must be >= 0")


def _apiserver_number(c: Controller, kubernetes: Kubernetes) -> None:
    name = c.val()
    word = c.only()
    try:
        number = atoi(word)
    except GoError as error:
        raise c.err(f"invalid {name} {quote(word)}: {error}") from None
    if number < 0:
        raise c.err(f"{name} must be >= 0")


_OPTIONS: dict[str, tuple[str, Callable[[Controller, Kubernetes], None]]] = {
    "endpoint_pod_names": ("1.7.0", _endpoint_pod_names),
    "pods": ("1.7.0", _pods),
    "namespaces": ("1.7.0", _namespaces),
    "endpoint": ("1.7.0", _endpoint),
    "tls": ("1.7.0", _tls),
    "labels": ("1.7.0", _labels),
    "namespace_labels": ("1.7.0", _namespace_labels),
    "fallthrough": ("1.7.0", _fallthrough),
    "ttl": ("1.7.0", _ttl),
    "transfer": ("1.7.0", _transfer),
    "noendpoints": ("1.7.0", _noendpoints),
    "ignore": ("1.7.0", _ignore),
    "kubeconfig": ("1.7.0", _kubeconfig),
    "multicluster": ("1.12.2", _multicluster),
    "startup_timeout": ("1.12.3", _startup_timeout),
    "apiserver_qps": ("1.14.0", _apiserver_qps),
    "apiserver_burst": ("1.14.0", _apiserver_number),
    "apiserver_max_inflight": ("1.14.0", _apiserver_number),
    "zonal": ("1.14.7", _zonal),
}
"""Each option with the release from which on it is one; ``transfer`` ended with 1.8.0."""
