"""KPL254."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Caching, Role, ServerBlock, caching_of, is_subdomain, role_of
from kpl_rules.coredns._clusterzones import zones_of_services
from kpl_rules.coredns._kubeadm import KUBEADM

_LEAST = 5
_GOOD = 30
_NODE_LOCAL = """\
cluster.local:53 {
    errors
    bind 169.254.20.10
    cache {
        success 9984 30
        denial 9984 5
    }
    forward . 10.96.0.11 {
        force_tcp
    }
}
"""


def _cache(*lines: str) -> str:
    return KUBEADM.replace("cache 30", "cache 30 {\n" + "".join(f"        {each}\n" for each in lines) + "    }")


class NegativeAnswersNotCached(Rule):
    """`cache` keeps no negative answers, so every query for a missing name or record goes to the upstream.

    ## Why
    In a cluster, many answers are negative. With `ndots:5`, a pod that looks up `api.example.com` asks first for this name in
    each search domain; the last of these, the domain of the node, goes to the upstream and gets NXDOMAIN. And
    most programs ask for AAAA beside A, which gets an empty answer for every name without IPv6. If `cache` does not
    keep them, each lookup sends these queries to the upstream again. In NodeLocal DNSCache, it is the three search domains
    of the cluster that go to CoreDNS each time.

    The rule checks blocks of the cluster's DNS and of NodeLocal DNSCache that forward. It reports `disable denial` for all
    names, and a maximum TTL below 5 seconds, which is what NodeLocal DNSCache uses. kubeadm's `disable denial cluster.local`
    is right: `kubernetes` has these names in memory.

    ## Fix
    Limits `disable denial` to the zones of `kubernetes`, or sets the TTL to 30 seconds, as kubeadm does. The fix is unsafe: a
    name that is created outside of the cluster can then stay unknown for as long as the SOA record of its zone says, or
    for 30 seconds.

    ## References
    - https://coredns.io/plugins/cache/
    - https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
    - https://github.com/coredns/deployment/blob/master/kubernetes/Scaling_CoreDNS.md (queries for an external name)
    - https://www.rfc-editor.org/rfc/rfc2308
    """

    code = "KPL254"
    name = "negative-answers-not-cached"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = r"denial|\bcache[ \t]+[0-4](?![0-9])"
    symptoms = ("slow-lookups",)
    examples = [
        Bad(
            corefile(_cache("disable denial")),
            flags=["disable denial"],
            fixed=_cache("disable denial cluster.local"),
            safe=False,
            says=[
                "`disable denial` keeps no negative answers, so every query for a missing name or record goes to the upstream",
                "Limit it to the names of Services: `disable denial cluster.local`",
            ],
        ),
        Bad(
            corefile(_cache("disable denial .")),
            flags=["disable denial ."],
            fixed=_cache("disable denial cluster.local"),
            safe=False,
        ),
        Good(corefile(_cache("disable success cluster.local", "disable denial cluster.local"))),
        Bad(
            corefile(_cache("disable denial").replace("    forward .", "    forward lan 10.0.0.3\n    forward .")),
            flags=["disable denial"],
            fixed=_cache("disable denial cluster.local").replace(
                "    forward .", "    forward lan 10.0.0.3\n    forward ."
            ),
            safe=False,
        ),
        Good(corefile(_cache("disable success"))),
        Good(corefile(_cache("disable denial {$ZONES}"))),
        Bad(
            corefile(_cache("denial 9984 4")),
            flags=["denial 9984 4"],
            fixed=_cache("denial 9984 30"),
            safe=False,
            says=["keeps negative answers for at most 4 seconds", "Set the TTL to 30 seconds"],
        ),
        Bad(
            corefile(_cache("denial 9984 1 0")),
            flags=["denial 9984 1 0"],
            fixed=_cache("denial 9984 30 0"),
            safe=False,
            says=["for at most 1 second,"],
        ),
        Bad(
            corefile(_cache("denial 9984 1").replace("cache 30", "cache")),
            flags=["denial 9984 1"],
            fixed=_cache("denial 9984 30").replace("cache 30", "cache"),
            safe=False,
        ),
        Good(corefile(_cache("denial 9984 5"))),
        Good(corefile(_cache("denial 9984"))),
        Bad(
            corefile(KUBEADM.replace("cache 30", "cache 2")),
            flags=["cache 2"],
            fixed=KUBEADM,
            safe=False,
        ),
        Good(corefile(_cache("denial 9984 30").replace("cache 30", "cache 2"))),
        Bad(
            corefile(_cache("denial 9984").replace("cache 30", "cache 2")),
            flags=["cache 2"],
            fixed=_cache("denial 9984"),
            safe=False,
        ),
        Good(corefile(_NODE_LOCAL)),
        Bad(
            corefile(_NODE_LOCAL.replace("denial 9984 5", "disable denial")),
            flags=["disable denial"],
            fixed=_NODE_LOCAL.replace("denial 9984 5", "denial 9984 30"),
            safe=False,
            says=["Replace it with `denial 9984 30`"],
        ),
        Bad(
            corefile(_NODE_LOCAL.replace("denial 9984 5", "disable denial cluster.local")),
            flags=["disable denial cluster.local"],
            fixed=_NODE_LOCAL.replace("denial 9984 5", "denial 9984 30"),
            safe=False,
        ),
        # nobody forwards, or not to answer for the cluster
        Good(
            corefile(
                "cluster.local {\n    errors\n    ready\n    kubernetes\n    cache 30 {\n        disable denial\n    }\n}\n"
            )
        ),
        Good(corefile(". {\n    errors\n    cache 30 {\n        disable denial\n    }\n    forward . 10.0.0.2\n}\n")),
        Good(
            corefile(
                KUBEADM
                + "lan:53 {\n    errors\n    cache 30 {\n        disable denial\n    }\n    forward a.lan 10.0.0.2\n}\n"
            )
        ),
        # a block for the names of Services alone
        Good(corefile(_cache("disable denial cluster.local").replace(".:53", "cluster.local"))),
        Good(corefile(KUBEADM.replace("cache 30", "cache 2").replace(".:53", "cluster.local"))),
        Bad(
            corefile(_cache("disable denial lan").replace(".:53", "cluster.local lan")),
            flags=["disable denial lan"],
            fixed=_cache("disable denial cluster.local").replace(".:53", "cluster.local lan"),
            safe=False,
        ),
        Bad(
            corefile(
                "(keep) {\n    cache 30 {\n        disable denial\n    }\n}\n"
                + KUBEADM.replace("    cache 30\n", "    import keep\n")
            ),
            flags=["disable denial"],
            fixed="(keep) {\n    cache 30 {\n        disable denial cluster.local\n    }\n}\n"
            + KUBEADM.replace("    cache 30\n", "    import keep\n"),
            safe=False,
        ),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if role_of(cluster.document_of(server)) not in (Role.CLUSTER, Role.NODE_LOCAL):
            return
        caching = caching_of(server)
        if caching is None or not any(each.args[:1] == ["."] for each in server.all("forward")):
            return
        own = zones_of_services(server, cluster) if server.has("kubernetes") else []
        forwarded = [zone for zone in caching.zones if not any(is_subdomain(each, zone) for each in own)]
        seconds = caching.maximum["denial"]
        if not all(caching.keeps("denial", zone) for zone in forwarded):
            yield self._off(server, cluster, caching)
        elif forwarded and seconds < _LEAST:
            yield self._tiny(caching, seconds)

    def _off(self, server: ServerBlock, cluster: Cluster, caching: Caching) -> Finding:
        option = caching.options["disable denial"]
        zones = [zone.removesuffix(".") for zone in zones_of_services(server, cluster) if zone != "."]
        if server.has("kubernetes") and zones:
            line = f"disable denial {' '.join(zones)}"
            help_ = f"Limit it to the names of Services: `{line}`."
        else:
            line = f"denial 9984 {_GOOD}"
            help_ = f"Replace it with `{line}`."
        return self.finding(
            option.span,
            f"`{option.name} denial` keeps no negative answers, so every query for a missing name or record goes to the upstream",
            help=help_,
            fix=Fix(f"Replace it with `{line}`", (Edit(*option.span, line),), safe=False),
        )

    def _tiny(self, caching: Caching, seconds: int) -> Finding:
        option = caching.options.get("denial")
        if option is not None and len(option.args) > 1:
            place, number = option.span, option.args[1]
        else:
            place, number = caching.directive.head, caching.directive.args[0]
        return self.finding(
            place,
            f"`cache` keeps negative answers for at most {seconds} second{'s' if seconds > 1 else ''}, so most queries for a "
            "missing name or record go to the upstream",
            help=f"Set the TTL to {_GOOD} seconds, as kubeadm does.",
            fix=Fix(f"Set the TTL to {_GOOD} seconds", (Edit(*number.span, str(_GOOD)),), safe=False),
        )
