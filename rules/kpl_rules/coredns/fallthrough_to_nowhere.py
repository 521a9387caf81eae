"""KPL230."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import (
    ANSWERING_PLUGINS,
    DATA_PLUGINS,
    Corefile,
    ServerBlock,
    chain_known,
    corefile_placeholder,
    directive_order,
)

_SERVFAIL = ("hosts", "template")
"""The plugins that respond with SERVFAIL to a name that they do not have, `fallthrough` or not."""


class FallthroughToNowhere(Rule):
    """No plugin comes after a `fallthrough`, so a name that its plugin does not have gets SERVFAIL.

    ## Why
    `fallthrough` passes a query on to the next plugin of the block. If there is none, the response is SERVFAIL ("no
    next plugin found") and not NXDOMAIN: clients ask again, and `cache` keeps the response for only 5 seconds.

    Without `fallthrough`, a plugin with a zone (`file`, `etcd`, `kubernetes`, ...) responds with NXDOMAIN. `hosts` and
    `template` have no SOA record for that and respond with SERVFAIL in both cases, so the block needs a plugin after
    them.

    ## Fix
    There is no automatic fix: either `fallthrough` is wrong, or the plugin that answers the other names is missing.

    ## References
    - https://github.com/coredns/coredns/issues/6855
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/plugin.go (NextOrFailure)
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/hosts/hosts.go (ServeDNS)
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/template/template.go (ServeDNS)
    """

    code = "KPL230"
    name = "fallthrough-to-nowhere"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "fallthrough"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            corefile("lan {\n    errors\n    etcd lan {\n        fallthrough\n    }\n}\n"),
            flags=["fallthrough"],
        ),
        Bad(
            corefile("lan {\n    errors\n    hosts {\n        10.0.0.1 a.lan\n        fallthrough\n    }\n}\n"),
            flags=["fallthrough"],
            says=["without `fallthrough`, `hosts` also responds with SERVFAIL"],
        ),
        Good(
            corefile(
                "lan {\n    errors\n    hosts {\n        10.0.0.1 a.lan\n        fallthrough\n    }\n    forward . 10.0.0.2\n}\n"
            )
        ),
        Good(corefile("lan {\n    errors\n    hosts {\n        10.0.0.1 a.lan\n    }\n}\n")),
        # each plugin has the next one of the order behind it, the last one has none
        Bad(
            corefile(
                "lan {\n    errors\n    hosts {\n        10.0.0.1 a.lan\n        fallthrough a.lan\n    }\n"
                "    etcd lan {\n        fallthrough\n    }\n}\n"
            ),
            flags=["fallthrough"],
            says=["Remove it, so that these names get NXDOMAIN."],
        ),
        # what is imported may answer, and so may a template's line or a plugin of another project
        Good(corefile("lan {\n    errors\n    import more/*\n    etcd lan {\n        fallthrough\n    }\n}\n")),
        Good(corefile("lan {\n    errors\n    etcd lan {\n        fallthrough\n    }\n    {{ .Values.more }}\n}\n")),
        Good(
            corefile("lan {\n    errors\n    etcd lan {\n        fallthrough\n    }\n    k8s_gateway lan\n}\n"),
            other=["unknown-plugin"],
        ),
        Good(
            corefile(
                "(db) {\n    etcd lan {\n        fallthrough\n    }\n}\n"
                "lan {\n    errors\n    import db\n    forward . 10.0.0.2\n}\n"
            ),
            other=["missing-cache"],
        ),
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
        if not chain_known(server.names, cluster.coredns_version_for(corefile)):
            return
        last = max((directive_order(name) for name in server.names if name in ANSWERING_PLUGINS), default=-1)
        for directive in server.directives:
            option = directive.get("fallthrough")
            if directive.name not in DATA_PLUGINS or option is None or last > directive_order(directive.name):
                continue
            help_ = "Remove it, so that these names get NXDOMAIN. Or add a plugin that answers them, such as `forward`."
            if directive.name in _SERVFAIL:
                help_ = (
                    f"Add a plugin that answers these names, such as `forward`: without `fallthrough`, `{directive.name}` also "
                    "responds with SERVFAIL."
                )
            yield self.finding(
                option.name.span,
                f"no plugin comes after this `fallthrough`, so names that `{directive.name}` does not have get SERVFAIL",
                help=help_,
            )
