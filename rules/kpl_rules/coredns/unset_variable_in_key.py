"""KPL227."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import ServerBlock
from kpl.edits import enclosed

_OPENING = re.compile(r"\{[$%]")
_CLOSED_BY = {"{$": "}", "{%": "%}"}


class UnsetVariableInKey(Rule):
    """The variable that is a server block's key is not set, so CoreDNS drops the block.

    ## Why
    CoreDNS replaces an unset variable with nothing, and drops an empty key. It drops a block without keys, with all its
    plugins; if no block is left, it runs a built-in configuration of `whoami` and `log`. kpl takes the variables from
    `--env`, `--env-file` or `.kpl.yaml`; without them, the rule is silent.

    ## Fix
    There is no automatic fix, because the variable belongs in the container.

    ## References
    - https://coredns.io/manual/configuration/#environment-variables
    - https://github.com/coredns/caddy/blob/master/caddyfile/parse.go (addresses)
    """

    code = "KPL227"
    name = "unset-variable-in-key"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = r"\{[$%]"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            corefile("{$ZONE} {\n    errors\n    whoami\n}\n"),
            {"environment": {}},
            flags=["{$ZONE}"],
            says=["drops the server block"],
        ),
        Good(corefile("{$ZONE} {\n    errors\n    whoami\n}\n"), {"environment": {"ZONE": "lan"}}),
        Good(corefile("{$ZONE} {\n    errors\n    whoami\n}\n")),
        Bad(
            corefile("lan {%ZONE%} {\n    errors\n    whoami\n}\n"),
            {"environment": {"ZONE": ""}},
            flags=["{%ZONE%}"],
            says=["so CoreDNS drops this key"],
        ),
        Good(corefile("{$A}{$B} {\n    errors\n    whoami\n}\n"), {"environment": {"B": "lan"}}),
        Good(corefile("a{$ZONE} {\n    errors\n    whoami\n}\n"), {"environment": {}}),
        Good(corefile("{$} {\n    errors\n    whoami\n}\n"), {"environment": {}}),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        environment = cluster.facts.environment
        if environment is None or server.snippet is not None:
            return
        for key in server.keys:
            places = list(enclosed(key, _OPENING, _CLOSED_BY))
            names = [key[start + 2 : end - len(_CLOSED_BY[key[start : start + 2]])] for start, end in places]
            whole = bool(names) and sum(end - start for start, end in places) == len(key)
            if whole and all(names) and not any(environment.get(name) for name in names):
                what = "the server block" if len(server.keys) == 1 else "this key"
                yield self.finding(
                    key.span,
                    f"`{names[0]}` is not set in CoreDNS's container, so CoreDNS drops {what}",
                    help=f"Set `{names[0]}` in the container. Or replace the variable with the zone.",
                )
