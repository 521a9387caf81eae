"""The plugin ``tls``. (CoreDNS plugin/tls/tls.go; kpl.coredns.acme has its certificates by ACME)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.acme import read_acme
from kpl.coredns.controller import Controller, TlsPolicy, Word
from kpl.coredns.tlsconfig import tls_config, under_root

CLIENT_AUTH = ("nocert", "request", "require", "verify_if_given", "require_and_verify")


@dataclass
class Tls:
    """The certificate of the block's servers: paths as written, or the domains that ACME certifies."""

    certificate: str = ""
    key: str = ""
    authority: str = ""
    """Of the clients' certificates."""
    client_auth: str = "nocert"
    keylog: str = ""
    domains: list[str] = field(default_factory=list)


def setup(c: Controller) -> Tls:
    """``tls CERT KEY [CA]`` with its block, or since 1.14.7 a block for ACME; of several the last one counts."""
    tls = Tls()
    while c.next():
        args = c.args()
        if not args and c.since("1.14.7"):
            domains, account = read_acme(c)
            tls = Tls(domains=domains)
            c.config.tls = TlsPolicy(account=account)
        else:
            tls = _manual(c, args)
            authority = under_root(c, tls.authority) if tls.authority else ""
            c.config.tls = TlsPolicy(under_root(c, tls.certificate), authority, tls.client_auth)
    return tls


def _manual(c: Controller, args: list[Word]) -> Tls:
    if len(args) not in (2, 3):
        error = c.arg_err()
        error.message = f"plugin/tls: {error.message}"
        raise error
    tls = Tls(args[0], args[1], args[2] if len(args) > 2 else "")
    while c.next_block():
        name = c.val()
        if name == "client_auth":
            tls.client_auth = c.only()
            if tls.client_auth not in CLIENT_AUTH:
                raise c.err(f"unknown authentication type '{tls.client_auth}'")
        elif name == "keylog" and c.since("1.14.3"):
            tls.keylog = c.only()
        else:
            raise c.err(f"unknown option '{name}'")
    tls_config(c, [under_root(c, path) for path in args] if c.since("1.11.3") else args)
    if tls.keylog:
        c.need_file(under_root(c, tls.keylog))
    return tls
