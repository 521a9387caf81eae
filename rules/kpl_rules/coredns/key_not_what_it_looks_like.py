"""KPL211."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import (
    Bad,
    Cluster,
    Corefile,
    Finding,
    Good,
    Rule,
    ServerBlock,
    Severity,
    Stop,
    Text,
    corefile,
    corefile_placeholder,
    zones_of,
)

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")


class KeyNotWhatItLooksLike(Rule):
    """A server block's key looks like an address, a port or another scheme, and is a part of the zone's name for CoreDNS.

    ## Why
    CoreDNS knows the schemes `dns`, `tls`, `quic` (1.11.0), `grpc`, `https`, `https3` (1.13.2) and `unix` (1.11.0), in lower
    case; what stands behind the last colon is a port where it is a number. Everything else is a name: `http://a.org` and
    `a.org:dns` are zones that nobody asks for, and `lan:10.0.0.1:53` does not listen on that address. CoreDNS starts and
    says nothing.

    ## Fix
    None: an address belongs into `bind`, and which scheme was meant is the author's to say.

    ## References
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/pkg/parse/transport.go
    - https://github.com/coredns/coredns/issues/3834
    """

    code = "KPL211"
    name = "key-not-what-it-looks-like"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(corefile("http://example.org {\n    errors\n    whoami\n}\n"), flags=["http://example.org"]),
        Bad(corefile("TLS://. {\n    errors\n    whoami\n}\n"), flags=["TLS://."]),
        Bad(corefile("example.org:dns {\n    errors\n    whoami\n}\n"), flags=["example.org:dns"]),
        Bad(corefile("lan:10.0.0.1:53 {\n    errors\n    whoami\n}\n"), flags=["lan:10.0.0.1:53"]),
        Bad(corefile("10.0.0.1 {\n    errors\n    whoami\n}\n"), flags=["10.0.0.1"]),
        Good(corefile("dns://example.org:1053 10.0.0.0/8 2001:db8::/32 {\n    errors\n    whoami\n}\n")),
        Good(corefile("_tcp.example.org {\n    errors\n    whoami\n}\n")),
    ]

    def check(self, server: ServerBlock, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if server.snippet is not None or corefile_placeholder(corefile.text) is not None:
            return
        for key in server.keys:
            zones = zones_of(key, cluster.coredns_version)
            why = self._why(key, zones[0]) if len(zones) == 1 and "{" not in key and "}" not in key else None
            if why is not None:
                yield self.finding(
                    key.span, f"the block serves a zone called `{zones[0]}`, because {why[0]}", help=why[1]
                )

    def _why(self, key: Text, zone: str) -> tuple[str, str] | None:
        scheme = _SCHEME.match(zone)
        if scheme is not None:
            return f"`{scheme[1]}://` is no scheme of CoreDNS", "Write `dns://`, `tls://`, `https://` or none."
        if _ADDRESS.fullmatch(zone.removesuffix(".")):
            return (
                "a key is a name and not an address to listen on",
                f"Write `.` as the key, and `bind {zone[:-1]}` in the block.",
            )
        if zone.startswith(".") and zone != ".":
            return "of the dot before it, so no query is for it", f"Remove the dot: `{zone[1:].rstrip('.')}`."
        if ":" in zone:
            name, _, port = zone.removesuffix(".").rpartition(":")
            if _ADDRESS.search(zone):
                return "a key holds no address to listen on", "Write `bind ADDRESS` in the block."
            return f"`{port}` behind `{name}:` is no number", "Write the port as a number."
        return None
