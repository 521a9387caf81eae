"""KPL211."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, ServerBlock, corefile_placeholder, zones_of
from kpl.edits import Text

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")


class KeyNotWhatItLooksLike(Rule):
    """A key looks like an address, a port or another scheme, but CoreDNS reads it as part of the zone's name.

    ## Why
    CoreDNS knows the schemes `dns`, `tls`, `quic` (1.11.0 and later), `grpc`, `https`, `https3` (1.13.2 and later) and
    `unix` (1.11.0 and later), in lower case. The part after the last colon is a port if it is a number. Everything else
    is a name: `http://a.org` and `a.org:dns` are zones that nobody queries, and `lan:10.0.0.1:53` does not listen on
    that address. CoreDNS starts and reports nothing.

    ## Fix
    There is no automatic fix: an address belongs in `bind`, and only you know which scheme is meant.

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
        Bad(corefile("TLS://. {\n    errors\n    whoami\n}\n"), flags=["TLS://."], says=["`TLS://` is not a scheme"]),
        Bad(
            corefile("example.org:dns {\n    errors\n    whoami\n}\n"),
            flags=["example.org:dns"],
            says=["`dns` after `example.org:`"],
        ),
        Bad(
            corefile("lan:10.0.0.1:53 {\n    errors\n    whoami\n}\n"),
            flags=["lan:10.0.0.1:53"],
            says=["Add `bind ADDRESS`"],
        ),
        Bad(
            corefile("10.0.0.1 {\n    errors\n    whoami\n}\n"),
            flags=["10.0.0.1"],
            says=["add `bind 10.0.0.1` to the block"],
        ),
        Good(corefile("dns://example.org:1053 10.0.0.0/8 2001:db8::/32 {\n    errors\n    whoami\n}\n")),
        Good(corefile("_tcp.example.org {\n    errors\n    whoami\n}\n")),
        Bad(
            corefile(".a.pine {\n    errors\n    whoami\n}\n"),
            {"coredns": "1.6.0"},
            flags=[".a.pine"],
            says=["Remove the dot: `a.pine`."],
        ),
        Good(corefile("http://example.org {\n    errors\n    whoami\n    {{ .Values.x }}\n}\n")),
        Good(corefile("http://{$ZONE} {\n    errors\n    whoami\n}\n")),
        Good(corefile("(http://a) {\n    errors\n}\nlan {\n    import http://a\n    whoami\n}\n")),
    ]

    def check(self, server: ServerBlock, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if server.snippet is not None or corefile_placeholder(corefile.text) is not None:
            return
        for key in server.keys:
            zones = zones_of(key, cluster.coredns_version_for(corefile))
            why = self._why(key, zones[0]) if len(zones) == 1 and "{" not in key and "}" not in key else None
            if why is not None:
                yield self.finding(key.span, f"{why[0]}, so the block serves a zone called `{zones[0]}`", help=why[1])

    def _why(self, key: Text, zone: str) -> tuple[str, str] | None:
        scheme = _SCHEME.match(zone)
        if scheme is not None:
            # the zone is in lower case, and the scheme must be
            written = key[: len(scheme[1])]
            return f"`{written}://` is not a scheme of CoreDNS", "Use `dns://`, `tls://`, `https://` or no scheme."
        if _ADDRESS.fullmatch(zone.removesuffix(".")):
            return (
                "a key is a name and not an address to listen on",
                f"Replace the key with `.`, and add `bind {zone[:-1]}` to the block.",
            )
        if zone.startswith(".") and zone != ".":
            return (
                "the key starts with a dot, which no query name does",
                f"Remove the dot: `{zone[1:].rstrip('.')}`.",
            )
        if ":" in zone:
            name, _, port = zone.removesuffix(".").rpartition(":")
            if _ADDRESS.search(zone):
                return "a key cannot contain an address to listen on", "Add `bind ADDRESS` to the block."
            return f"`{port}` after `{name}:` is not a number", "Write the port as a number."
        return None
