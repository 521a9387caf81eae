"""KPL248."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Caching, ServerBlock, caching_of
from kpl.words import whole_number
from kpl_rules.coredns._clusterzones import zones_of_services
from kpl_rules.coredns._kubeadm import KUBEADM

_MOST = 60
_GOOD = 30


def _cache(*lines: str, head: str = "cache 30") -> str:
    return KUBEADM.replace("cache 30", f"{head} {{\n" + "".join(f"        {each}\n" for each in lines) + "    }")


class ServicesKeptTooLong(Rule):
    """A TTL of more than a minute keeps old addresses of Services, or the answer that a Service does not exist.

    ## Why
    The TTL is for how long CoreDNS and its clients use an answer after the Service has changed. `kubernetes` has all names in
    memory, so a long TTL saves little: its default is 5 seconds, and kubeadm sets 30. Two settings make it longer:

    - `ttl` of `kubernetes` (up to 3600 seconds), unless `cache` has a lower maximum.
    - The minimum TTL of `cache`, the third number of `success` and `denial`, which raises the TTL of every answer. For
      `denial`, a Service that is created stays unknown for this time if a client asked for it before.

    After a StatefulSet moves to other nodes, or a headless Service loses a pod, clients connect to addresses that are gone until
    the TTL ends. The rule reports more than 60 seconds.

    ## Fix
    Sets `ttl 30`. The fix is unsafe because clients then ask more often. For `cache` there is no automatic fix, because the
    minimum may be meant for other names: keep the zone out of the cache with `disable success` and `disable denial`
    (CoreDNS 1.9.4 and later), or remove the minimum.

    ## References
    - https://coredns.io/plugins/kubernetes/ (`ttl`)
    - https://coredns.io/plugins/cache/ (MINTTL)
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/cache/cache.go (computeTTL)
    """

    code = "KPL248"
    name = "services-kept-too-long"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = r"ttl[ \t]+(?:[6-9][0-9]|[0-9]{3,})|(?:success|denial)[ \t]+[0-9]+[ \t]+[0-9]+[ \t]+[0-9]"
    examples = [
        Bad(
            corefile(_cache("success 9984 3600 300")),
            flags=["success 9984 3600 300"],
            says=[
                "keeps answers for names in `cluster.local` for at least 300 seconds, so pods can connect",
                "Remove the third number",
            ],
        ),
        Bad(
            corefile(_cache("denial 9984 3600 61")),
            flags=["denial 9984 3600 61"],
            says=["keeps NXDOMAIN for names in `cluster.local` for at least 61 seconds, so a new Service is not found"],
        ),
        Good(corefile(_cache("success 9984 3600 60", "denial 9984 3600 60"))),
        Good(corefile(_cache("success 9984 3600", "denial 9984"))),
        # the maximum is lower
        Good(corefile(_cache("success 9984 30 300"))),
        Good(corefile(_cache("success 9984 3600 300", "disable success cluster.local"))),
        Bad(
            corefile(_cache("success 9984 3600 300", "disable denial cluster.local")),
            flags=["success 9984 3600 300"],
        ),
        Good(corefile(_cache("success 9984 3600 300", head="cache 30 lan"))),
        Good(corefile(_cache("success 9984 3600 {$MIN}"))),
        Good(
            corefile(". {\n    errors\n    cache {\n        success 9984 3600 300\n    }\n    forward . 10.0.0.2\n}\n")
        ),
        Bad(
            corefile(
                "cluster.local {\n    errors\n    bind 169.254.20.10\n    cache {\n        success 9984 3600 300\n    }\n"
                "    forward . 10.96.0.11\n}\n"
            ),
            flags=["success 9984 3600 300"],
        ),
        Bad(
            corefile(KUBEADM.replace("ttl 30", "ttl 300").replace("cache 30", "cache")),
            flags=["ttl 300"],
            fixed=KUBEADM.replace("cache 30", "cache"),
            safe=False,
            says=["`ttl 300` lets clients use the old address of a Service for 300 seconds", "Set `ttl 30`"],
        ),
        Good(corefile(KUBEADM.replace("ttl 30", "ttl 300"))),
        Good(corefile(KUBEADM.replace("ttl 30", "ttl 60").replace("cache 30", "cache"))),
        Bad(
            corefile(KUBEADM.replace("ttl 30", "ttl 300").replace("cache 30", "cache 90")),
            flags=["ttl 300"],
            fixed=KUBEADM.replace("cache 30", "cache 90"),
            safe=False,
            says=["for 90 seconds"],
        ),
        # a cache for other zones, or of another block
        Bad(
            corefile(KUBEADM.replace("ttl 30", "ttl 61").replace("cache 30", "cache 30 lan")),
            flags=["ttl 61"],
            fixed=KUBEADM.replace("cache 30", "cache 30 lan"),
            safe=False,
        ),
        Bad(
            corefile("cluster.local {\n    errors\n    ready\n    kubernetes {\n        ttl 3600\n    }\n}\n"),
            flags=["ttl 3600"],
            fixed="cluster.local {\n    errors\n    ready\n    kubernetes {\n        ttl 30\n    }\n}\n",
            safe=False,
        ),
        Good(corefile(KUBEADM.replace("ttl 30", "ttl {$TTL}").replace("cache 30", "cache"))),
        Good(corefile(KUBEADM.replace("ttl 30", "ttl 300").replace("cache 30", "cache {$TTL}"))),
        Good(corefile(KUBEADM.replace("ttl 30", "ttl 300").replace("cache 30", "import custom/*.override"))),
        Good(corefile(KUBEADM.replace("ttl 30", "ttl").replace("cache 30", "cache")), other=["corefile-refused"]),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if not server.has("kubernetes") and not server.has("cache"):
            return
        zones = zones_of_services(server, cluster)
        if not zones:
            return
        caching = caching_of(server)
        if caching is not None:
            yield from self._minimum(caching, zones)
        if caching is not None or (server.complete and not server.has("cache")):
            yield from self._ttl(server, caching, zones[0])

    def _minimum(self, caching: Caching, zones: list[str]) -> Iterator[Finding]:
        for kind, answers, effect in (
            ("success", "answers", "pods can connect to addresses that are gone"),
            ("denial", "NXDOMAIN", "a new Service is not found"),
        ):
            seconds = caching.kept(kind, 0)
            zone = next((each for each in zones if caching.keeps(kind, each)), None)
            if zone is not None and seconds > _MOST:
                option = caching.options[kind]
                yield self.finding(
                    option.span,
                    f"`{kind}` keeps {answers} for names in `{_name(zone)}` for at least {seconds:,} seconds, so {effect}",
                    help=f"Remove the third number of `{kind}`. Or add `disable {kind} {_name(zone)}`.",
                )

    def _ttl(self, server: ServerBlock, caching: Caching | None, zone: str) -> Iterator[Finding]:
        for kubernetes in server.all("kubernetes"):
            option = kubernetes.get("ttl")
            if option is None or not option.args:
                continue
            seconds = whole_number(option.args[0]) or 0
            if caching is not None and caching.covers(zone):
                seconds = min(seconds, caching.maximum["success"])
            if seconds > _MOST:
                fix = Fix(f"Set `ttl {_GOOD}`", (Edit(*option.args[0].span, str(_GOOD)),), safe=False)
                yield self.finding(
                    option.span,
                    f"`ttl {option.args[0]}` lets clients use the old address of a Service for {seconds:,} seconds",
                    help=f"Set `ttl {_GOOD}`, as kubeadm does.",
                    fix=fix,
                )


def _name(zone: str) -> str:
    return zone if zone == "." else zone.removesuffix(".")
