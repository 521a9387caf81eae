"""KPL234."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Profile, Related, Rule, Severity, Stop, corefile
from kpl.corefiles import ANSWERING_PLUGINS, ServerBlock, directive_order


class OrderWithoutMeaning(Rule):
    """CoreDNS calls the plugins in a different order than the file lists them, so the file is misleading.

    ## Why
    The position of a line in the block has no meaning: the order of the plugins is fixed when CoreDNS is built
    (`plugin.cfg`). CoreDNS calls a `forward` above `hosts` after `hosts`, so a reader misunderstands the file.

    The rule is in the profile `all`, because the order of the lines changes nothing for CoreDNS.

    ## Fix
    There is no automatic fix, because moving lines would separate them from their comments.

    ## References
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin.cfg
    - https://github.com/coredns/coredns/issues/7285
    - https://github.com/coredns/coredns/issues/3124
    """

    code = "KPL234"
    name = "order-without-meaning"
    stop = Stop.COREDNS
    severity = Severity.INFO
    since = "0.1.0"
    profile = Profile.ALL
    examples = [
        Bad(
            corefile(
                "lan {\n    errors\n    cache\n    forward . 10.0.0.2\n"
                "    hosts {\n        10.0.0.1 a.lan\n        fallthrough\n    }\n}\n"
            ),
            flags=["hosts"],
        ),
        Good(
            corefile(
                "lan {\n    cache\n    errors\n    hosts {\n        10.0.0.1 a.lan\n        fallthrough\n    }\n"
                "    forward . 10.0.0.2\n}\n"
            )
        ),
        Bad(
            corefile(
                "lan {\n    errors\n    cache\n    forward . 10.0.0.2\n    hosts {\n        10.0.0.1 a.lan\n"
                "        fallthrough\n    }\n    file /zones/lan lan {\n        fallthrough\n    }\n}\n"
            ),
            flags=["hosts", "file"],
            says=["calls `file` before `forward`"],
        ),
    ]

    def check(self, server: ServerBlock) -> Iterator[Finding]:
        """See the class."""
        last = None
        for directive in server.directives:
            if directive.name not in ANSWERING_PLUGINS:
                continue
            if last is not None and directive_order(directive.name) < directive_order(last.name):
                yield self.finding(
                    directive.name.span,
                    f"the order of the lines has no meaning, so CoreDNS calls `{directive.name}` before `{last.name}`",
                    help=f"Move it above `{last.name}`, so that the file shows the order that CoreDNS uses.",
                    related=[Related(last.name.span, "CoreDNS calls this plugin later")],
                )
            else:
                last = directive
