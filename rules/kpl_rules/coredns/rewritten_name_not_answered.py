"""KPL260."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Related, Rule, Severity, Stop, corefile
from kpl.corefiles import (
    Corefile,
    NameRewrite,
    ServerBlock,
    answerers,
    chain_known,
    corefile_placeholder,
    is_placeholder,
    is_public_address,
    is_subdomain,
    name_rewrite,
    zones_of,
)

_BLOCK = """\
lan {
    errors
    rewrite name suffix .lan .default.svc.cluster.local answer auto
    %s
    cache 30
}
"""


class RewrittenNameNotAnswered(Rule):
    """This `rewrite` makes names of the cluster, but the block has no `kubernetes` and sends them elsewhere.

    ## Why
    A rewritten name stays in the server block that rewrote it: CoreDNS chooses the block by the name in the question
    that arrived. If the block has no `kubernetes`, the name goes to its `forward`. The resolvers in the node's
    `/etc/resolv.conf` and public resolvers do not know the names of the cluster, so the client gets NXDOMAIN.

    ## Fix
    There is no automatic fix. Add `kubernetes` with the cluster's zone to the block, or move the `rewrite` to the block
    that has it: that block must then serve the zone of the original names too.

    ## References
    - https://coredns.io/plugins/rewrite/
    - https://github.com/Azure/AKS/issues/2521
    - https://github.com/k3d-io/k3d/issues/816
    """

    code = "KPL260"
    name = "rewritten-name-not-answered"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "rewrite"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            corefile(_BLOCK % "forward . /etc/resolv.conf"),
            flags=["rewrite name suffix .lan .default.svc.cluster.local answer auto"],
            says=["`default.svc.cluster.local`", "go to `/etc/resolv.conf`"],
        ),
        Bad(
            corefile(_BLOCK % "forward . 1.1.1.1"),
            flags=["rewrite name suffix .lan .default.svc.cluster.local answer auto"],
            says=["go to `1.1.1.1`"],
        ),
        Bad(
            {
                "coredns-custom.yaml": (
                    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: coredns-custom\n  namespace: kube-system\ndata:\n"
                    "  lan.server: |\n    lan:53 {\n        errors\n        rewrite stop {\n"
                    "            name regex (.*)\\.lan {1}.default.svc.cluster.local\n"
                    "            answer name (.*)\\.default\\.svc\\.cluster\\.local {1}.lan\n        }\n"
                    "        forward . /etc/resolv.conf\n        cache 30\n    }\n"
                )
            },
            flags=["rewrite stop"],
        ),
        # the answer is in the block
        Good(
            corefile(
                _BLOCK % "kubernetes cluster.local\n    forward . /etc/resolv.conf\n    loop\n    ready"
            )
        ),
        Good(corefile(_BLOCK % "template IN A cluster.local {\n        rcode NXDOMAIN\n    }\n    forward . 1.1.1.1")),
        Good(corefile(_BLOCK % "import more/*\n    forward . 1.1.1.1")),
        # another CoreDNS may know them
        Good(corefile(_BLOCK % "forward . 10.0.0.2")),
        Good(corefile(_BLOCK % "forward . 10.0.0.2 1.1.1.1"), other=["private-and-public-upstream"]),
        Good(corefile(_BLOCK % "forward lan 1.1.1.1")),
        # no name of the cluster
        Good(corefile((_BLOCK % "forward . 1.1.1.1").replace("default.svc.cluster.local", "example.org"))),
        Good(corefile((_BLOCK % "forward . 1.1.1.1").replace("suffix", "prefix"))),
    ]  # fmt: skip

    def check(self, server: ServerBlock, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if server.snippet is not None or not server.keys or not server.has("rewrite") or not server.complete:
            return
        if corefile_placeholder(corefile.text) is not None:
            return
        if not chain_known(server.names, cluster.coredns_version_for(corefile)):
            return
        asked = answerers(server)
        for directive in server.all("rewrite"):
            rewrite = name_rewrite(directive)
            name = _made_name(rewrite) if rewrite is not None else ""
            if not name or not is_subdomain(f"{cluster.cluster_domain}.", name):
                continue
            for_it = [each.directive for each in asked if any(is_subdomain(zone, name) for zone in each.zones)]
            upstreams = for_it[0].args[1:] if for_it and for_it[0].name == "forward" else []
            if not upstreams or not all(map(_is_outside, upstreams)):
                continue
            yield self.finding(
                directive.head,
                f"this block has no `kubernetes`, so names rewritten to `{name.removesuffix('.')}` go to "
                f"`{upstreams[0]}`, which does not know the cluster's names",
                help=f"Add `kubernetes {cluster.cluster_domain}` to this block.",
                related=[Related(for_it[0].head, "the rewritten names go here")],
            )


def _is_outside(upstream: str) -> bool:
    """Whether no resolver of the cluster is there."""
    return upstream == "/etc/resolv.conf" or is_public_address(upstream)


def _made_name(rewrite: NameRewrite) -> str:
    """What every name that the rule makes ends in, with a last dot; empty if that is not known."""
    if rewrite.kind != "name" or rewrite.match not in ("exact", "suffix", "regex") or is_placeholder(rewrite.target):
        return ""
    end = rewrite.target.rpartition("}")[2].lstrip(".") if rewrite.match == "regex" else rewrite.target.lstrip(".")
    return next(iter(zones_of(end)), "")
