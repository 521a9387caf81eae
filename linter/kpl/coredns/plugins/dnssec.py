"""The plugin ``dnssec``. (CoreDNS plugin/dnssec/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.keyfiles import key_files
from kpl.golang.values import atoi


@dataclass
class Dnssec:
    """The zones whose answers are signed on the fly, and the keys: files without their extensions, and AWS secrets."""

    zones: list[str] = field(default_factory=list)
    key_files: list[str] = field(default_factory=list)
    aws_secrets: list[str] = field(default_factory=list)
    cache_capacity: int = 10000
    """Signatures that are kept."""


def setup(c: Controller) -> Dnssec:
    """``dnssec [ZONES...]`` with its block. Keys are taken to be good and to belong to the zones."""
    dnssec = Dnssec()
    while c.next_only():
        dnssec.zones = c.origins(c.args())
        while c.next_block():
            name = c.val()
            if name == "key":
                _keys(c, dnssec)
            elif name == "cache_capacity":
                if not c.next_arg():
                    raise c.arg_err()
                dnssec.cache_capacity = c.read(atoi, c.word())
            else:
                raise c.err(f"unknown property '{name}'")
    return dnssec


def _keys(c: Controller, dnssec: Dnssec) -> None:
    """Any other source of keys is passed over, and its arguments are read as properties."""
    if not c.next_arg():
        raise c.arg_err()
    if c.val() == "file":
        dnssec.key_files += key_files(c)
    elif c.val() == "aws_secretsmanager" and c.since("1.11.4"):
        secrets = c.args()
        if not secrets:
            raise c.arg_err()
        for secret in secrets:
            c.need("credential", secret)
        dnssec.aws_secrets += secrets
