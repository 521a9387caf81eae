"""KPL201."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Fix, Good, Role, Rule, ServerBlock, Severity, Stop, corefile, role_of


class MissingCache(Rule):
    """Every query goes to the upstream, because the server block forwards and has no `cache`.

    ## Why
    A `cache` answers a repeated query from memory; without it each query waits for the upstream and adds to its load.
    The default cache (9,984 entries for answers and as many for denials, a TTL of at most an hour) costs some 30 MB when
    it is full. kubeadm writes `cache 30` into every cluster's Corefile.

    ## Fix
    Adds `cache 30`, kubeadm's value, below `forward`. An answer may then be up to 30 seconds old, never older than its
    own TTL.

    ## References
    - https://coredns.io/plugins/cache/
    - https://github.com/coredns/deployment/blob/master/kubernetes/Scaling_CoreDNS.md
    """

    code = "KPL201"
    name = "missing-cache"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    examples = [
        Bad(
            corefile(". {\n    forward . 9.9.9.9\n}\n"),
            flags=["forward . 9.9.9.9"],
            fixed=". {\n    forward . 9.9.9.9\n    cache 30\n}\n",
        ),
        Bad(
            corefile("example.org {\n  forward . 9.9.9.9 {  # the office\n    max_concurrent 1000\n  }\n}\n"),
            flags=["forward . 9.9.9.9"],
            fixed="example.org {\n  forward . 9.9.9.9 {  # the office\n    max_concurrent 1000\n  }\n  cache 30\n}\n",
        ),
        Good(corefile(". {\n    forward . 9.9.9.9\n    cache 30\n}\n")),
        # what the imported file holds is not known
        Good(corefile(". {\n    forward . 9.9.9.9\n    import custom/*.override\n}\n")),
        Good(corefile("(defaults) {\n    cache 30\n}\n. {\n    forward . 9.9.9.9\n    import defaults\n}\n")),
        # plugin lines of a block that stands elsewhere
        Good({"log.override": "forward corp.example 10.0.0.53\n"}),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        forward = server.get("forward")
        if forward is None or server.has("cache") or not server.complete:
            return
        document = cluster.document_of(server)
        if server.corefile.fragment or role_of(document) is Role.FRAGMENT and not server.keys:
            return
        fix = None
        if forward in server.directives:
            fix = Fix("Add `cache 30`", (server.corefile.insert_after(forward, "cache 30"),))
        yield self.finding(
            forward.head,
            "each query is sent to the upstream again, because this server block forwards without a `cache`",
            help="Write `cache 30` in the block: repeated queries are answered from memory for up to 30 seconds.",
            fix=fix,
        )
