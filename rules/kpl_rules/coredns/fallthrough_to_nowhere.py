"""KPL230."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import (
    ANSWERING_PLUGINS,
    DATA_PLUGINS,
    Bad,
    Cluster,
    Corefile,
    Finding,
    Good,
    Rule,
    ServerBlock,
    Severity,
    Stop,
    corefile,
    corefile_placeholder,
    directive_known,
    directive_order,
)


class FallthroughToNowhere(Rule):
    """A name that a plugin does not have gets SERVFAIL, because no plugin comes after its `fallthrough`.

    ## Why
    `fallthrough` hands a query on to the next plugin of the block. Where there is none, the answer is SERVFAIL ("no next plugin
    found") and not NXDOMAIN: clients ask again, and no resolver remembers the answer for long.

    ## Fix
    None: either the `fallthrough` is to go, or the plugin that was to answer is missing.

    ## References
    - https://github.com/coredns/coredns/issues/6855
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/plugin.go (NextOrFailure)
    """

    code = "KPL230"
    name = "fallthrough-to-nowhere"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    examples = [
        Bad(
            corefile("lan {\n    errors\n    hosts {\n        10.0.0.1 a.lan\n        fallthrough\n    }\n}\n"),
            flags=["fallthrough"],
        ),
        Good(
            corefile(
                "lan {\n    errors\n    hosts {\n        10.0.0.1 a.lan\n        fallthrough\n    }\n    forward . 10.0.0.2\n}\n"
            )
        ),
        Good(corefile("lan {\n    errors\n    hosts {\n        10.0.0.1 a.lan\n    }\n}\n")),
    ]

    def check(self, server: ServerBlock, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if (
            server.snippet is not None
            or not server.keys
            or server.names.isdisjoint(DATA_PLUGINS)
            or not server.complete
        ):
            return
        if corefile_placeholder(corefile.text) is not None:
            return
        if not all(directive_known(name, cluster.coredns_version) for name in server.names):
            return
        last = max((directive_order(name) for name in server.names if name in ANSWERING_PLUGINS), default=-1)
        for directive in server.directives:
            option = directive.find("fallthrough")
            if directive.name in DATA_PLUGINS and option is not None and last <= directive_order(directive.name):
                yield self.finding(
                    option.name.span,
                    f"a name that `{directive.name}` does not have gets SERVFAIL, because no plugin comes after it in this "
                    "block",
                    help="Remove it, so that the answer is NXDOMAIN, or add the plugin that is to answer, `forward` say.",
                )
