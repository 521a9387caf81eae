"""KPL247."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Stop, Version, corefile
from kpl.corefiles import Caching, ServerBlock, caching_of, keyword_known
from kpl_rules.coredns._clusterzones import zones_of_services
from kpl_rules.coredns._kubeadm import KUBEADM

_STALE = KUBEADM.replace("cache 30", "cache 30 {\n        serve_stale\n    }")
_FIXED = _STALE.replace(
    "serve_stale\n",
    "serve_stale\n        disable success cluster.local\n        disable denial cluster.local\n",
)
_NODE_LOCAL = """\
cluster.local:53 {
    errors
    bind 169.254.20.10
    cache {
        success 9984 30
        serve_stale 10m
    }
    forward . 10.96.0.11 {
        force_tcp
    }
}
"""

_DEFAULT = "1h"
_VERIFY = Version("1.9.2")
"""The first release with the mode `verify`."""


class StaleServices(Rule):
    """`serve_stale` answers for Services from expired entries, so pods connect to addresses that are gone.

    ## Why
    With `serve_stale`, CoreDNS answers from an entry that has expired, and asks for the new answer only afterwards. An entry is
    used for an hour after it expired if `serve_stale` has no other duration. For a name that is looked up rarely, the
    first answer is then the state of up to an hour ago: the pods of a headless Service before they moved, or NXDOMAIN for a
    Service that exists now. This is meant for upstreams that fail; `kubernetes` has all names in memory and does not need it.

    The rule checks blocks with `kubernetes`, and blocks for the cluster domain that forward. It is silent if the mode is
    `verify` (CoreDNS 1.9.2 and later), which asks first, and if `cache` keeps no answers of this zone.

    ## Fix
    Adds the two `disable` lines that kubeadm writes for the cluster domain in Kubernetes 1.33 and later (CoreDNS 1.9.4
    and later). The fix is unsafe because `kubernetes` then answers every query for a Service. In a block that forwards, or if
    `cache` already has a `disable` line, there is no automatic fix: set the mode `verify`, for example `serve_stale 1h verify`.

    ## References
    - https://coredns.io/plugins/cache/
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/cache/handler.go (getIfNotStale, ServeDNS)
    - https://www.rfc-editor.org/rfc/rfc8767
    """

    code = "KPL247"
    name = "stale-services"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "serve_stale"
    examples = [
        Bad(
            corefile(_STALE),
            flags=["serve_stale"],
            fixed=_FIXED,
            safe=False,
            says=[
                "names in `cluster.local` get answers that expired up to `1h` ago",
                "Add `disable success cluster.local`",
            ],
        ),
        Bad(
            corefile(_STALE.replace("serve_stale\n", "serve_stale 24h immediate\n")),
            flags=["serve_stale 24h immediate"],
            fixed=_FIXED.replace("serve_stale\n", "serve_stale 24h immediate\n"),
            safe=False,
            says=["up to `24h` ago"],
        ),
        Bad(corefile(_NODE_LOCAL), flags=["serve_stale 10m"], says=["Set `serve_stale 10m verify`"]),
        Good(corefile(_STALE.replace("serve_stale\n", "serve_stale 1h verify\n"))),
        Good(corefile(_STALE.replace("serve_stale\n", "serve_stale 1h Verify 100ms\n"))),
        Good(corefile(_STALE.replace("serve_stale\n", "serve_stale 0s\n"))),
        Good(corefile(_STALE.replace("serve_stale\n", "serve_stale {$STALE}\n"))),
        Good(corefile(_FIXED)),
        Good(corefile(KUBEADM)),
        # one of the two is kept
        Bad(
            corefile(_STALE.replace("serve_stale\n", "serve_stale\n        disable success cluster.local\n")),
            flags=["serve_stale"],
            says=["Set `serve_stale 1h verify`"],
        ),
        # what the other line says counts
        Bad(
            corefile(_STALE.replace("serve_stale\n", "serve_stale 0s\n        serve_stale\n")),
            flags=["serve_stale"],
            fixed=_FIXED.replace("serve_stale\n", "serve_stale 0s\n        serve_stale\n"),
            safe=False,
        ),
        Good(corefile(". {\n    errors\n    cache 30 {\n        serve_stale\n    }\n    forward . 10.0.0.2\n}\n")),
        Good(corefile(_NODE_LOCAL.replace("cluster.local", "in-addr.arpa"))),
        Good(corefile(_STALE.replace("cache 30 {", "cache 30 lan {"))),
        Good(
            corefile(_STALE.replace("kubernetes cluster.local in-addr.arpa", "kubernetes in-addr.arpa")),
            other=["kubernetes-without-cluster-zone"],
        ),
        # before there was a mode, or a way to turn it off
        Bad(corefile(_STALE), {"coredns": "1.9.3"}, flags=["serve_stale"], says=["Set `serve_stale 1h verify`"]),
        Bad(corefile(_STALE), {"coredns": "1.9.2"}, flags=["serve_stale"], says=["Set `serve_stale 1h verify`"]),
        Bad(corefile(_STALE), {"coredns": "1.9.1"}, flags=["serve_stale"], says=["Remove `serve_stale`"]),
        Bad(
            corefile(
                "(keep) {\n    cache 30 {\n        serve_stale\n    }\n}\n"
                + KUBEADM.replace("    cache 30\n", "    import keep\n")
            ),
            flags=["serve_stale"],
        ),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        caching = caching_of(server)
        stale = caching.stale if caching is not None else None
        if caching is None or stale is None:
            return
        zones = zones_of_services(server, cluster)
        zone = next((each for each in zones for kind in caching.maximum if caching.keeps(kind, each)), None)
        if zone is None:
            return
        name = zone if zone == "." else zone.removesuffix(".")
        duration = stale.args[0] if stale.args else _DEFAULT
        lines = _lines(server, caching, cluster, name)
        if lines:
            help_ = f"Add `{lines[0]}` and `{lines[1]}`: `kubernetes` has these names in memory."
        elif cluster.coredns_version_for(server) >= _VERIFY:
            help_ = f"Set `serve_stale {duration} verify`, which asks for a new answer first."
        else:
            help_ = "Remove `serve_stale`. Or serve the zone in a separate server block."
        yield self.finding(
            stale.span,
            f"names in `{name}` get answers that expired up to `{duration}` ago, so pods can connect to addresses that are gone",
            help=help_,
            fix=_fix(server, caching, lines),
        )


def _lines(server: ServerBlock, caching: Caching, cluster: Cluster, zone: str) -> list[str]:
    """The lines that keep the names of the zone out of the cache; none where they may not be all that it takes."""
    if (
        not server.has("kubernetes")
        or not keyword_known("cache", "disable", cluster.coredns_version_for(server))
        or caching.disabled
    ):
        return []
    return [f"disable {kind} {zone}" for kind in caching.maximum]


def _fix(server: ServerBlock, caching: Caching, lines: list[str]) -> Fix | None:
    if not lines or caching.directive not in server.directives:
        return None
    first, second = lines
    edit = server.corefile.add_property(caching.directive, first)
    indent = edit.text.partition(first)[0]
    return Fix(
        "Keep Services out of the cache",
        (Edit(edit.start, edit.end, edit.text.replace(first, f"{first}{indent}{second}")),),
        safe=False,
    )
