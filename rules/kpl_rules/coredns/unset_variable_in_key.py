"""KPL227."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, ServerBlock, Severity, Stop, corefile, enclosed

_OPENING = re.compile(r"\{[$%]")
_CLOSED_BY = {"{$": "}", "{%": "%}"}


class UnsetVariableInKey(Rule):
    """A server block is not there, because the variable that is its key is not set.

    ## Why
    CoreDNS replaces a variable that is not set by nothing, and drops a key that is nothing. A block without keys is dropped with
    all its plugins; where no block is left, CoreDNS runs a built-in configuration of `whoami` and `log`. The variables are
    those of `--env`, `--env-file` or `.kpl.yaml`; without them this rule is silent.

    ## Fix
    None: the variable belongs into the container.

    ## References
    - https://coredns.io/manual/configuration/#environment-variables
    - https://github.com/coredns/caddy/blob/master/caddyfile/parse.go (addresses)
    """

    code = "KPL227"
    name = "unset-variable-in-key"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(corefile("{$ZONE} {\n    errors\n    whoami\n}\n"), {"environment": {}}, flags=["{$ZONE}"]),
        Good(corefile("{$ZONE} {\n    errors\n    whoami\n}\n"), {"environment": {"ZONE": "lan"}}),
        Good(corefile("{$ZONE} {\n    errors\n    whoami\n}\n")),
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
                what = "the server block is dropped" if len(server.keys) == 1 else "this key is dropped"
                yield self.finding(
                    key.span,
                    f"{what}, because `{names[0]}` is not set in CoreDNS's container",
                    help=f"Set `{names[0]}` in the container, or write the zone.",
                )
