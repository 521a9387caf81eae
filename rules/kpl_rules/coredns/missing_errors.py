"""KPL208."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Role, ServerBlock, is_cluster_block, role_of
from kpl_rules.coredns._kubeadm import KUBEADM

_FULL = KUBEADM.replace("    errors\n", "").replace("    ready\n", "%s    ready\n")


class MissingErrors(Rule):
    """The server block has no `errors`, so CoreDNS answers SERVFAIL without logging the reason.

    ## Why
    If an upstream times out or a plugin fails, the client gets SERVFAIL. Only `errors` logs the reason, and only for
    the server blocks that have it. kubeadm's Corefile has `errors`.

    ## Fix
    Adds `errors`, which changes no answer.

    ## References
    - https://coredns.io/plugins/errors/
    """

    code = "KPL208"
    name = "missing-errors"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "kubernetes"
    examples = [
        Bad(corefile(_FULL % ""), flags=[".:53"], fixed=_FULL % "    errors\n"),
        Good(corefile(_FULL % "    errors\n")),
        Good(corefile("(defaults) {\n    errors\n}\n" + _FULL % "    import defaults\n")),
        Good(corefile(_FULL % "    import common.conf\n")),
        # one that runs outside of the cluster
        Good(corefile(". {\n    kubernetes cluster.local {\n        kubeconfig /k/config\n    }\n}\n")),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if not is_cluster_block(server) or server.has("errors") or not server.complete:
            return
        if role_of(cluster.document_of(server)) is not Role.CLUSTER:
            return
        yield self.finding(
            server.key_span,
            "this block has no `errors`, so CoreDNS does not log why a query ends in SERVFAIL",
            help="Add `errors` to the block.",
            fix=Fix("Add `errors`", (server.corefile.insert_after(server.directives[0], "errors"),)),
        )
