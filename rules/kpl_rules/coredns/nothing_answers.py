"""KPL224."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, ServerBlock, corefile_placeholder, directive_known

_ANSWERING = frozenset(
    "acl any auto azure chaos clouddns dnssec dynupdate erratic etcd file forward grpc hosts k8s_external kubernetes local nomad "
    "proxy reverse route53 secondary sign template whoami".split()
)


class NothingAnswers(Rule):
    """No plugin of the server block answers queries, so its zones get SERVFAIL or REFUSED.

    ## Why
    Plugins such as `errors`, `log` and `cache` only look at queries and answers. If no plugin answers, CoreDNS refuses
    the query. A longer zone takes precedence over a shorter one, so the block also takes its names away from the block
    for `.`.

    ## Fix
    There is no automatic fix, because only you know which plugin is meant to answer.

    ## References
    - https://coredns.io/manual/plugins/
    - https://coredns.io/manual/configuration/#server-blocks
    """

    code = "KPL224"
    name = "nothing-answers"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(corefile("lan {\n    errors\n    log\n}\n"), flags=["lan"]),
        Good(corefile("lan {\n    errors\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    import more/*\n}\n")),
        # it may answer
        Good(corefile("lan {\n    errors\n    k8s_gateway lan\n}\n"), other=["unknown-plugin"]),
        Good(corefile("(common) {\n    errors\n}\nlan {\n    import common\n    whoami\n}\n")),
        Good({"log.override": "errors\nlog\n"}),
        Good(corefile("lan {\n    errors\n    {{ .Values.plugins }}\n}\n")),
        Good(corefile("lan {\n}\n")),
    ]

    def check(self, server: ServerBlock, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        names = server.names
        if not names or not server.keys or server.snippet is not None or not server.complete:
            return
        if corefile_placeholder(corefile.text) is not None or names & _ANSWERING:
            return
        if all(directive_known(name, cluster.coredns_version_for(corefile)) for name in names):
            yield self.finding(
                server.key_span,
                "no plugin of the block answers, so every query for these names is refused or fails",
                help="Add a plugin that answers queries, such as `forward`, `file` or `hosts`.",
            )
