"""Public resolvers that speak DNS over TLS: their addresses, and the names that their certificates hold."""

from __future__ import annotations

from typing import NamedTuple

from kpl.coredns.upstreams import address_of


class Resolver(NamedTuple):
    """One operator; `domains` are those of the names in its certificate, `name` is the one to write."""

    operator: str
    name: str
    domains: tuple[str, ...]
    addresses: tuple[str, ...]
    source: str
    seen: str
    """When the page said so."""


RESOLVERS = (
    Resolver(
        "Cloudflare", "cloudflare-dns.com", ("cloudflare-dns.com", "one.one.one.one"),
        ("1.1.1.1", "1.0.0.1", "2606:4700:4700::1111", "2606:4700:4700::1001"),
        "https://docs.deepinfo.com/reference/lookup/ssl/examples/ip-address/", "2026-11-30",
    ),
    Resolver(
        "Google", "dns.google", ("dns.google", "dns.google.com", "8888.google"),
        ("8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844"),
        "https://developers.google.com/speed/public-dns/docs/secure-transports", "2026-11-30",
    ),
    Resolver(
        "Quad9", "dns.quad9.net", ("quad9.net",),
        ("9.9.9.9", "149.112.112.112", "2620:fe::fe", "2620:fe::9"),
        "https://github.com/getdnsapi/stubby/issues/45", "2026-11-30",
    ),
)  # fmt: skip


def known_resolver(upstream: str) -> Resolver | None:
    """The operator of `upstream`, a TO of ``forward``."""
    address = address_of(upstream)
    return next((each for each in RESOLVERS if address is not None and address in each.addresses), None)


def resolver_named(name: str) -> Resolver | None:
    """The operator whose certificate holds the server name `name`."""
    name = name.lower().rstrip(".")
    for each in RESOLVERS:
        if any(name == domain or name.endswith(f".{domain}") for domain in each.domains):
            return each
    return None
