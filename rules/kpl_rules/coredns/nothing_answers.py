"""KPL224."""

from __future__ import annotations

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
    corefile,
    corefile_placeholder,
    directive_known,
)

_ANSWERING = frozenset(
    "acl any auto azure chaos clouddns dnssec dynupdate erratic etcd file forward grpc hosts k8s_external kubernetes local nomad "
    "proxy reverse route53 secondary sign template whoami".split()
)


class NothingAnswers(Rule):
    """A server block has no plugin that answers: its zones get SERVFAIL or REFUSED.

    ## Why
    `errors`, `log`, `cache` and the like only look at queries and answers. Where nothing answers, CoreDNS refuses; a longer zone
    wins over a shorter one, so that the block also takes its names away from the block for `.`.

    ## Fix
    None: what was to answer is the author's to say.

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
    ]

    def check(self, server: ServerBlock, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        names = server.names
        if not names or not server.keys or server.snippet is not None or not server.complete:
            return
        if corefile_placeholder(corefile.text) is not None or names & _ANSWERING:
            return
        if all(directive_known(name, cluster.coredns_version) for name in names):
            yield self.finding(
                server.key_span,
                "every query for these names is refused or fails, because no plugin of the block answers",
                help="Write `forward`, `file`, `hosts` or what else is to answer into the block.",
            )
