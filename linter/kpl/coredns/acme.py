"""Certificates by ACME, which the plugin ``tls`` gets since 1.14.7. (CoreDNS plugin/tls/tls.go and acme.go)"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.coredns.controller import Controller, Word
from kpl.coredns.tlsconfig import under_root
from kpl.golang.dnsname import is_domain_name
from kpl.golang.filepath import clean, join
from kpl.golang.net import parse_ip, split_host_port
from kpl.golang.strings import to_lower
from kpl.golang.values import GoError, atoi, quote

OPTIONS = ("acme", "email", "ca", "storage", "ca_root", "resolver")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")
DEFAULT_CA = "https://acme-v02.api.letsencrypt.org/directory"
_STORAGE = "plugin/tls acme"


class Account(NamedTuple):
    """What a domain has to share with all its other mentions (acmeConfigKey)."""

    domains: tuple[str, ...]
    email: str
    ca: str
    storage: str
    ca_root: str
    resolver: str


@dataclass
class _Acme:
    """The options of one block."""

    domains: list[Word] = field(default_factory=list)
    email: str = ""
    ca: str = DEFAULT_CA
    storage: str = ""
    ca_root: str = ""
    resolver: str = ""


def read_acme(c: Controller) -> tuple[list[str], Account]:
    """The block of a ``tls`` without arguments: the domains to certify, and how."""
    acme = _Acme(storage=join(c.config.root or ".", ".coredns", "acme"))
    seen = set()
    while c.next_block():
        name = c.val()
        args = c.args()
        if name in seen:
            raise c.err(f"ACME option {quote(name)} can only be specified once")
        seen.add(name)
        if name not in OPTIONS:
            raise c.err(f"unknown ACME option {quote(name)}")
        if not args or (name != "acme" and len(args) != 1):
            raise c.arg_err()
        if name == "acme":
            acme.domains = args
        elif name == "email":
            acme.email = args[0]
        elif name == "ca":
            acme.ca = args[0]
        elif name == "storage":
            acme.storage = clean(under_root(c, args[0]))
        elif name == "ca_root":
            acme.ca_root = clean(under_root(c, args[0]))
        else:
            acme.resolver = args[0]
    domains = _validated(c, acme)
    account = Account(tuple(sorted(domains)), acme.email, acme.ca, acme.storage, acme.ca_root, acme.resolver)
    _claim(c, account, domains)
    return domains, account


def _validated(c: Controller, acme: _Acme) -> list[str]:
    """validateACMEOptions: the domains, each once."""
    if not acme.domains:
        raise c.refuse("ACME requires at least one domain")
    domains = list(dict.fromkeys(_domain(c, word) for word in acme.domains))
    if not _is_web_address(c, acme.ca):
        raise c.refuse(f"invalid ACME CA URL {quote(acme.ca)}", acme.ca)
    if acme.resolver:
        _check_resolver(c, acme.resolver)
    if acme.ca_root:
        c.need_file(acme.ca_root)
    return domains


def _is_web_address(c: Controller, text: str) -> bool:
    try:
        url = c.parse_url(text)
    except GoError:
        return False
    return url.scheme in ("http", "https") and url.host != ""


def _check_resolver(c: Controller, word: str) -> None:
    prefix = f"invalid ACME resolver {quote(word)}"
    try:
        host, port = split_host_port(word)
    except GoError as error:
        raise c.refuse(f"{prefix}: {error}", word) from None
    if not host:
        raise c.refuse(f"{prefix}: host is empty", word)
    try:
        number = atoi(port)
    except GoError:
        number = 0
    if not 1 <= number <= 65535:
        raise c.refuse(f"invalid ACME resolver port {quote(port)}", word)


def _domain(c: Controller, word: Word) -> str:
    """normalizeACMEDomain. Whether a name outside of ASCII can be encoded is left open."""
    domain = to_lower(word.removesuffix("."))
    name = domain.removeprefix("*.")
    invalid = f"invalid ACME domain {quote(domain)}"
    if not name or "*" in name or parse_ip(name) is not None:
        raise c.refuse(invalid, word)
    if not name.isascii() or any(label.startswith("xn--") for label in name.split(".")):
        c.need("host name", name)
        return domain
    why = _refused_by_idna(name)
    if why is not None:
        raise c.refuse(f"{invalid}: {why}", word)
    if not is_domain_name(name):
        raise c.refuse(invalid, word)
    return domain


def _refused_by_idna(name: str) -> str | None:
    """What idna.Lookup.ToASCII (golang.org/x/net/idna) says of an ASCII name in lower case."""
    for character in name:
        if character not in LETTERS:
            return f"idna: disallowed rune U+{ord(character):04X}"
    for label in name.split("."):
        if (len(label) > 4 and label[2:4] == "--") or label.startswith("-") or label.endswith("-"):
            return f"idna: invalid label {quote(label)}"
    return None


def _claim(c: Controller, account: Account, domains: list[str]) -> None:
    """acmeRuntime.add: a domain is certified in one way only, in all of CoreDNS."""
    owners = c.instance.storage.setdefault(_STORAGE, {})
    assert isinstance(owners, dict)
    for domain in domains:
        if owners.setdefault(domain, account) != account:
            raise c.refuse(f"ACME domain {quote(domain)} is configured with conflicting options")
