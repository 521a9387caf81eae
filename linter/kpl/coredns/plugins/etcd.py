"""The plugin ``etcd``. (CoreDNS plugin/etcd/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.tlsconfig import tls_config, under_root
from kpl.golang.strconv import parse_uint
from kpl.golang.strings import trim_space
from kpl.golang.urls import parse_url
from kpl.golang.values import GoError, parse_duration

SECOND = 10**9
MAX_TTL = 2**32 - 1
_TARGET = "passthrough:///etcd-endpoints://0xc000000000/"
"""What the client puts before the endpoint; the number is the address of an object and differs from run to run."""


@dataclass
class Etcd:
    """The etcd servers that hold the names, and the path that they are found under."""

    zones: list[str] = field(default_factory=list)
    endpoints: list[str] = field(default_factory=lambda: ["http://localhost:2379"])
    path: str = "skydns"
    fallthrough: list[str] = field(default_factory=list)
    username: str | None = None
    min_lease_ttl: int = 30
    """Seconds, as is `max_lease_ttl`."""
    max_lease_ttl: int = 24 * 3600
    no_apex_fallback: bool = False


def setup(c: Controller) -> Etcd:
    """``etcd [ZONES...]`` with its block; further occurrences are not read."""
    etcd = Etcd()
    c.next()
    etcd.zones = c.origins(c.args())
    while c.next_block():
        _option(c, etcd)
    _refuse_endpoint(c, etcd.endpoints[0])
    if etcd.username:
        c.need("credential", etcd.username)
    return etcd


def _option(c: Controller, etcd: Etcd) -> None:
    name = c.val()
    if name == "fallthrough":
        etcd.fallthrough = c.fallthrough(c.args())
    elif name == "path":
        if not c.next_arg():
            raise c.arg_err()
        etcd.path = c.val()
    elif name == "endpoint":
        args = c.args()
        if not args:
            raise c.arg_err()
        etcd.endpoints = list(args)
    elif name == "upstream":
        c.args()
    elif name == "tls":
        args = c.args()
        tls_config(c, [under_root(c, path) for path in args] if c.since("1.11.3") else args)
    elif name == "credentials":
        etcd.username = _credentials(c)
    elif name == "min-lease-ttl" and c.since("1.12.4"):
        etcd.min_lease_ttl = _ttl(c, name)
    elif name == "max-lease-ttl" and c.since("1.12.4"):
        etcd.max_lease_ttl = _ttl(c, name)
    elif name == "no_apex_fallback" and c.since("1.15.0"):
        if c.args():
            raise c.arg_err()
        etcd.no_apex_fallback = True
    elif name not in ("stubzones", "debug", "}"):
        raise c.err(f"unknown property '{name}'")


def _credentials(c: Controller) -> str | None:
    """The user; None where the client asks for no token, as the name or the password is empty."""
    args = c.args()
    if not args:
        raise c.arg_err()
    if len(args) != 2:
        raise c.err("credentials requires 2 arguments, username and password")
    return args[0] if all(args) else None


def _ttl(c: Controller, name: str) -> int:
    if not c.next_arg():
        raise c.arg_err()
    try:
        return parse_ttl(c.val())
    except GoError as error:
        raise c.err(f"invalid {name} value: {error}") from None


def parse_ttl(text: str) -> int:
    """parseTTL: seconds, of a number of them or of a duration. Raises GoError."""
    text = trim_space(text)
    if not text:
        return 0
    try:
        parse_uint(text, 10, 64)
        text += "s"
    except GoError:
        pass
    try:
        duration = parse_duration(text)
    except GoError:
        raise GoError("invalid TTL format, use format like '30', '30s', '5m', '1h', or '2h30m'") from None
    if duration < 0:
        raise GoError("TTL must be non-negative")
    seconds = duration // SECOND
    if seconds + duration % SECOND / SECOND > MAX_TTL:
        raise GoError("TTL too large, maximum is 4294967295 seconds")
    return seconds


def _refuse_endpoint(c: Controller, endpoint: str) -> None:
    """From 1.8.7 on the first endpoint is part of a URL. (go.etcd.io/etcd/client/v3: authority; grpc: parseTarget)"""
    if not c.since("1.8.7"):
        return
    _, found, rest = endpoint.partition("://")
    if not found:
        rest = endpoint.removeprefix("unix:") if endpoint.startswith("unix:") else endpoint.removeprefix("unixs:")
    try:
        parse_url(f"{_TARGET}{rest}")
    except GoError as error:
        raise c.refuse(str(error), endpoint) from None
