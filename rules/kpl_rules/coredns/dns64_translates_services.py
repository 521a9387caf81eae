"""KPL243."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import ServerBlock, is_cluster_block
from kpl_rules.coredns._kubeadm import KUBEADM

_FULL = KUBEADM.replace("    ready\n", "    ready\n    dns64 {\n        translate_all\n    }\n")


class Dns64TranslatesServices(Rule):
    """`translate_all` replaces the IPv6 addresses of Services, so pods cannot reach them over IPv6.

    ## Why
    With `translate_all`, `dns64` throws away every AAAA answer and makes a new one of the A records of the name. In a
    block with `kubernetes`, this affects Services: a Service that has only an IPv6 cluster IP gets an empty answer, and a
    dual-stack Service gets `64:ff9b::` plus its IPv4 cluster IP, which a NAT64 gateway outside of the cluster cannot
    reach. Without `translate_all`, `dns64` keeps AAAA records that exist.

    ## Fix
    There is no automatic fix: remove `translate_all`, or move `dns64` and `forward` to a server block without
    `kubernetes`.

    ## References
    - https://coredns.io/plugins/dns64/
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/dns64/dns64.go (responseShouldDNS64, Synthesize)
    - https://datatracker.ietf.org/doc/html/rfc6147#section-5.1
    """

    code = "KPL243"
    name = "dns64-translates-services"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = "translate_all"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            corefile(_FULL),
            flags=["translate_all"],
            says=["replaces the IPv6 addresses of Services by translated IPv4 addresses", "Remove `translate_all`"],
        ),
        Good(corefile(_FULL.replace("translate_all", "prefix 64:ff9b::/96"))),
        Good(
            corefile(
                ". {\n    errors\n    cache 30\n    dns64 {\n        translate_all\n    }\n    forward . 2001:db8::1\n}\n"
            )
        ),
        # the block is ignored
        Good(corefile(_FULL.replace("dns64 {", "dns64 64:ff9b::/96 {")), other=["block-not-read"]),
        # the Services of another cluster, which may have no IPv6
        Good(corefile(_FULL.replace("        ttl 30\n", "        ttl 30\n        endpoint https://10.0.0.9\n"))),
    ]

    def check(self, server: ServerBlock) -> Iterator[Finding]:
        """See the class."""
        if not is_cluster_block(server):
            return
        for dns64 in server.all("dns64"):
            option = dns64.get("translate_all")
            if option is not None and not dns64.args:
                yield self.finding(
                    option.span,
                    "`translate_all` replaces the IPv6 addresses of Services by translated IPv4 addresses, so pods cannot "
                    "reach Services over IPv6",
                    help="Remove `translate_all`. Or move `dns64` to a server block without `kubernetes`.",
                )
