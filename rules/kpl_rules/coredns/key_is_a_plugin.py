"""KPL210."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, ServerBlock, corefile_placeholder, directive_known


class KeyIsAPlugin(Rule):
    """A plugin is outside of a server block, so CoreDNS serves a zone with the plugin's name.

    ## Why
    The first words of a file, and those after the closing brace of a server block, are keys. `forward . 8.8.8.8`
    outside of a server block makes a server for the zones `forward.`, `.` and `8.8.8.8.` without any plugin. CoreDNS
    starts, and answers with REFUSED.

    ## Fix
    There is no automatic fix, because only you know which block the line belongs to.

    ## References
    - https://coredns.io/manual/configuration/#server-blocks
    - https://github.com/coredns/caddy/blob/master/caddyfile/parse.go (addresses)
    """

    code = "KPL210"
    name = "key-is-a-plugin"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(corefile("forward . 8.8.8.8\n"), flags=["forward"], other=["key-not-what-it-looks-like"]),
        Bad(corefile("lan {\n    errors\n    whoami\n}\ncache 30\n"), flags=["cache"]),
        # a zone may be called like a plugin
        Good(corefile("local {\n    errors\n    whoami\n}\n")),
        Good({"errors.override": "errors\n"}),
        Good(corefile("{{ .Values.zone }}\ncache 30\n")),
        Good(corefile("example.org\nwhoami\n")),
    ]

    def check(self, server: ServerBlock, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if corefile.fragment or not server.keys or server.snippet is not None:
            return
        key = server.keys[0]
        braced = corefile.text[server.body.start - 1 : server.body.start] == "{"
        if (
            braced
            or not directive_known(key, cluster.coredns_version_for(corefile))
            or corefile_placeholder(corefile.text) is not None
        ):
            return
        yield self.finding(
            key.span,
            f"the plugin `{key}` is outside of a server block, so CoreDNS serves a zone called `{key}.`",
            help=f"Move the line into a server block: `. {{ }}` with `{key}` inside.",
        )
