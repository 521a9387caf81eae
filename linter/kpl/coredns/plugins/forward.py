"""The plugin ``forward``. (CoreDNS plugin/forward/setup.go and resolve.go)"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from kpl.coredns.controller import Controller, Word
from kpl.coredns.forwarding import MAX_UPSTREAMS, read_from, read_policy, read_tls
from kpl.coredns.hostport import Upstream, host_port_or_file, is_no_file, lists_servers, read_upstream
from kpl.coredns.zones import split_transport
from kpl.golang.dnsname import is_domain_name, normalize
from kpl.golang.dnstables import RCODES, number_of
from kpl.golang.durations import duration_string
from kpl.golang.net import parse_ip, split_host_port
from kpl.golang.netip import parse_addr
from kpl.golang.strconv import parse_uint
from kpl.golang.strings import to_lower, to_upper
from kpl.golang.values import GoError, atoi, parse_duration, quote

SECOND = 10**9


@dataclass(repr=False, slots=True)
class Forward:
    """One ``forward``: whose queries go where, and how the upstreams are watched; durations in nanoseconds."""

    zone: str = "."
    upstreams: list[Upstream] = field(default_factory=list)
    host_names: list[str] = field(default_factory=list)
    """Upstreams that are looked up when CoreDNS starts."""
    excepted: list[str] = field(default_factory=list)
    policy: str = "random"
    max_fails: int = 2
    max_connect_attempts: int | None = None
    max_concurrent: int = 0
    """0 is any number."""
    max_idle_conns: int = 0
    """0 is any number."""
    health_check: int = SECOND // 2
    health_check_domain: str = "."
    expire: int = 10 * SECOND
    max_age: int = 0
    read_timeout: int = 2 * SECOND
    force_tcp: bool = False
    prefer_udp: bool = False
    tls_servername: str = ""
    next_rcodes: list[int] = field(default_factory=list)
    failover_rcodes: list[int] = field(default_factory=list)
    resolvers: list[str] = field(default_factory=list)


def setup(c: Controller) -> list[Forward]:
    """All ``forward FROM TO...`` of the server block, each with its block; up to 1.9.3 there was only one."""
    forwards: list[Forward] = []
    while c.next():
        if forwards and not c.since("1.9.4"):
            raise c.once()
        forwards.append(_stanza(c))
    for forward in forwards:
        count = len(forward.upstreams) + len(forward.host_names)
        if count > MAX_UPSTREAMS:
            raise c.refuse(f"more than {MAX_UPSTREAMS} TOs configured: {count}")
    return forwards


def _stanza(c: Controller) -> Forward:
    forward = Forward(zone=read_from(c))
    to = c.args()
    if not to:
        raise c.arg_err()
    if not c.since("1.14.4"):
        forward.upstreams = host_port_or_file(c, to)
    if not c.since("1.13.2"):
        _transports(c, forward, to)
    while c.next_block():
        _line(c, forward)
    if 0 < forward.max_age < forward.expire:
        age, expire = duration_string(forward.max_age), duration_string(forward.expire)
        raise c.refuse(f"max_age ({age}) must not be less than expire ({expire})")
    if c.since("1.14.4"):
        _classify(c, forward, to)
    if c.since("1.13.2"):
        _transports(c, forward, to)
    return forward


def _classify(c: Controller, forward: Forward, to: list[Word]) -> None:
    """classifyToAddrs: since 1.14.4, what is neither address nor file may be the name of a host."""
    version = c.instance.version
    for word in to if c.since("1.14.5") else ():
        transport, rest = split_transport(word, version)
        if transport == "https" and "/" in rest:
            why = "paths are not allowed in HTTPS upstream addresses (the /dns-query path is used by default)"
            raise c.refuse(f"{why}: {word}", word)
    for word in to:
        upstream = c.read(lambda text: read_upstream(text, version), word)
        if upstream.file is None:
            forward.upstreams.append(upstream)
            continue
        host = _host_name(c, word)
        # "." is a folder, and a path that starts with a slash is meant for a file
        if host not in ("", ".") and not host.startswith("/") and upstream.file not in c.instance.assumed_files:
            if not _resolves_anywhere(c, forward, host):
                c.need("host name", host)
            forward.host_names.append(host)
        elif is_no_file(c, upstream.file):
            raise c.refuse(f"not an IP address, file, or valid domain: {quote(word)}", word)
        elif lists_servers(c, upstream.file, word):
            forward.upstreams.append(upstream)
    if not forward.upstreams and not forward.host_names:
        raise c.refuse("no valid upstream addresses found")


def _resolves_anywhere(c: Controller, forward: Forward, host: str) -> bool:
    """Whether net.LookupHost finds `host` on any machine: localhost stands in every /etc/hosts.

    A resolver of its own is asked for addresses too; a name for TLS is compared with what was found. Since 1.15.0 a dot is put
    behind the name, with which Go finds no address and no name without dots in a file.
    """
    if forward.resolvers or forward.tls_servername or c.since("1.15.0"):
        return False
    with suppress(GoError):
        parse_addr(host)
        return True
    return host == "localhost"


def _host_name(c: Controller, word: Word) -> str:
    """parseAsHostEntry: the host name of an upstream; empty where it cannot be one."""
    transport, host = split_transport(_split_zone(c, word)[0], c.instance.version)
    if transport not in _allowed(c):
        return ""
    with suppress(GoError):
        host, _ = split_host_port(host)
    host = host.strip("[]")
    return host if is_domain_name(host) and parse_ip(host) is None else ""


def _transports(c: Controller, forward: Forward, to: list[Word]) -> None:
    """Since 1.13.2 a name for TLS may stand behind ``%``.

    Since 1.14.4 an address counts once, whatever its transport; since 1.15.0 once for each transport and name.
    """
    allowed = _allowed(c)
    seen: set[tuple[str, ...]] = set()
    for upstream in forward.upstreams:
        if upstream.file is not None:
            continue
        host, name = _split_zone(c, upstream.address) if c.since("1.13.2") else (upstream.address, "")
        transport, address = split_transport(host, c.instance.version)
        key = (address, transport, to_lower(name)) if c.since("1.15.0") else (address,)
        if key in seen and c.since("1.14.4"):
            continue
        seen.add(key)
        at = next((word for word in to if word == upstream.address), to[0])
        if transport not in allowed:
            raise c.refuse(f"'{transport}' is not supported as a destination protocol in forward: {host}", at)
        if transport in ("tls", "quic") and name and forward.tls_servername:
            both = f"both forward ('{forward.tls_servername}') and proxy level ('{name}') TLS servernames"
            raise c.refuse(f"{both} are set for upstream proxy '{host}'", at)


def _allowed(c: Controller) -> tuple[str, ...]:
    """The transports to an upstream."""
    if c.since("1.15.0"):
        return ("dns", "tls", "quic", "https")
    return ("dns", "tls", "https") if c.since("1.14.5") else ("dns", "tls")


def _split_zone(c: Controller, text: str) -> tuple[str, str]:
    """splitZone: an address without what stands behind its last ``%``, and that; the port stays with the address."""
    mended = c.since("1.14.2")
    scheme, found, host = text.partition("://") if mended else ("", "", text)
    if not found:
        scheme, host = "", text
    zone = ""
    if "%" in host:
        host, _, zone = host.rpartition("%")
        if mended and host.startswith("["):
            host += "]"
        if ":" in zone:
            zone, _, port = zone.rpartition(":")
            host += f":{port}"
            zone = zone.removesuffix("]") if mended else zone
    return (f"{scheme}://{host}" if scheme else host), zone


def _line(c: Controller, forward: Forward) -> None:
    name = c.val()
    since, read = _OPTIONS.get(name, ("1.7.0", _unknown))
    (read if c.since(since) else _unknown)(c, forward)


def _unknown(c: Controller, forward: Forward) -> None:
    raise c.err(f"unknown property '{c.val()}'")


def _argument(c: Controller) -> Word:
    """The next word on the line; more words are left to be read as options."""
    if not c.next_arg():
        raise c.arg_err()
    return c.word()


def _flag(c: Controller) -> bool:
    if c.next_arg():
        raise c.arg_err()
    return True


def _count(c: Controller, name: str) -> int:
    word = _argument(c)
    number = c.read(atoi, word)
    if number < 0:
        raise c.refuse(f"{name} can't be negative: {number}", word)
    return number


def _duration(c: Controller, name: str) -> int:
    word = _argument(c)
    duration = c.read(parse_duration, word)
    if duration < 0:
        raise c.refuse(f"{name} can't be negative: {duration_string(duration)}", word)
    return duration


def _except(c: Controller, forward: Forward) -> None:
    forward.excepted += c.origins(c.some())


def _max_fails(c: Controller, forward: Forward) -> None:
    unsigned = c.since("1.9.0")
    forward.max_fails = c.read(_uint32, _argument(c)) if unsigned else _count(c, "max_fails")


def _max_connect_attempts(c: Controller, forward: Forward) -> None:
    forward.max_connect_attempts = c.read(_uint32, _argument(c))


def _uint32(word: str) -> int:
    return parse_uint(word, 10, 32)


def _health_check(c: Controller, forward: Forward) -> None:
    word = _argument(c)
    forward.health_check = c.read(parse_duration, word)
    if forward.health_check < 0:
        raise c.refuse(f"health_check can't be negative: {forward.health_check}", word)
    forward.health_check_domain = "."
    while c.next_arg():
        option = c.word()
        if option == "domain" and c.since("1.9.2"):
            domain = _argument(c)
            lenient, wide_end = not c.since("1.11.4"), c.since("1.11.0")
            if c.since("1.9.4") and not is_domain_name(domain, open_escape=lenient, wide_end=wide_end):
                raise c.refuse(f"health_check: invalid domain name {domain}", domain)
            forward.health_check_domain = normalize(domain)
        elif option != "no_rec":
            raise c.refuse(f"health_check: unknown option {option}", option)


def _force_tcp(c: Controller, forward: Forward) -> None:
    forward.force_tcp = _flag(c)


def _prefer_udp(c: Controller, forward: Forward) -> None:
    forward.prefer_udp = _flag(c)


def _tls(c: Controller, forward: Forward) -> None:
    read_tls(c)


def _tls_servername(c: Controller, forward: Forward) -> None:
    forward.tls_servername = _argument(c)


def _expire(c: Controller, forward: Forward) -> None:
    forward.expire = _duration(c, "expire")


def _max_age(c: Controller, forward: Forward) -> None:
    forward.max_age = _duration(c, "max_age")


def _max_idle_conns(c: Controller, forward: Forward) -> None:
    forward.max_idle_conns = _count(c, "max_idle_conns")


def _read_timeout(c: Controller, forward: Forward) -> None:
    word = _argument(c)
    forward.read_timeout = c.read(parse_duration, word)
    if forward.read_timeout <= 0:
        raise c.refuse(f"read_timeout must be positive: {duration_string(forward.read_timeout)}", word)


def _doh_method(c: Controller, forward: Forward) -> None:
    word = _argument(c)
    if word not in ("POST", "GET"):
        raise c.refuse("doh_method must be either POST or GET", word)


def _policy(c: Controller, forward: Forward) -> None:
    forward.policy = read_policy(c)


def _max_concurrent(c: Controller, forward: Forward) -> None:
    forward.max_concurrent = _count(c, "max_concurrent")


def _next(c: Controller, forward: Forward) -> None:
    forward.next_rcodes += [_rcode(c, word) for word in c.some()]


def _rcode(c: Controller, word: Word) -> int:
    number = number_of(to_upper(word), RCODES, c.instance.version)
    if number is None:
        raise c.refuse(f"{word} is not a valid rcode", word)
    return number


def _next_on_nodata(c: Controller, forward: Forward) -> None:
    _flag(c)


def _failfast(c: Controller, forward: Forward) -> None:
    if c.args():
        raise c.arg_err()


def _failover(c: Controller, forward: Forward) -> None:
    checked = c.since("1.13.2")
    for word in c.some():
        number = number_of(to_upper(word), RCODES, c.instance.version)
        # before it was checked, NOERROR went through and any other word got its message
        if number == 0 if checked else number is None:
            raise c.refuse("NoError cannot be used in failover", word)
        forward.failover_rcodes.append(_rcode(c, word))


def _resolver(c: Controller, forward: Forward) -> None:
    forward.resolvers = []
    for word in c.some():
        try:
            host, _ = split_host_port(word)
        except GoError:
            host = word
        if parse_ip(host) is None:
            raise c.refuse(f"resolver must be an IP address or IP:port: {quote(word)}", word)
        forward.resolvers.append(word)


def _source_address(c: Controller, forward: Forward) -> None:
    word = _argument(c)
    if parse_ip(word) is None:
        raise c.err(f"invalid IP address: {word}")


_OPTIONS: dict[str, tuple[str, Callable[[Controller, Forward], None]]] = {
    "except": ("1.7.0", _except),
    "max_fails": ("1.7.0", _max_fails),
    "max_connect_attempts": ("1.13.2", _max_connect_attempts),
    "health_check": ("1.7.0", _health_check),
    "force_tcp": ("1.7.0", _force_tcp),
    "prefer_udp": ("1.7.0", _prefer_udp),
    "tls": ("1.7.0", _tls),
    "tls_servername": ("1.7.0", _tls_servername),
    "expire": ("1.7.0", _expire),
    "max_age": ("1.14.3", _max_age),
    "max_idle_conns": ("1.14.1", _max_idle_conns),
    "read_timeout": ("1.14.5", _read_timeout),
    "doh_method": ("1.14.5", _doh_method),
    "policy": ("1.7.0", _policy),
    "max_concurrent": ("1.7.0", _max_concurrent),
    "next": ("1.11.4", _next),
    "next_on_nodata": ("1.14.4", _next_on_nodata),
    "failfast_all_unhealthy_upstreams": ("1.12.1", _failfast),
    "failover": ("1.13.0", _failover),
    "resolver": ("1.14.4", _resolver),
    "source_address": ("1.14.6", _source_address),
}
"""Each option with the release from which on it is one."""
