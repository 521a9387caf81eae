"""The DNSSEC keys that plugins sign with. (CoreDNS plugin/dnssec/setup.go and plugin/sign/keys.go: keyParse)"""

from __future__ import annotations

from kpl.coredns.controller import Controller
from kpl.coredns.tlsconfig import under_root


def key_files(c: Controller) -> list[str]:
    """The arguments of ``key file``: paths of pairs of files, without ``.key`` and ``.private``; both have to be there."""
    words = c.args()
    if not words:
        raise c.arg_err()
    pairs = []
    for word in words:
        base = under_root(c, word[:-4] if word.endswith(".key") else word.removesuffix(".private"))
        c.need_file(f"{base}.key")
        c.need_file(f"{base}.private")
        pairs.append(base)
    return pairs
