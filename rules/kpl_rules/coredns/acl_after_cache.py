"""KPL240."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Related, Rule, Severity, Stop, corefile
from kpl.corefiles import (
    Caching,
    Restriction,
    ServerBlock,
    caching_of,
    is_subdomain,
    restrictions,
    runs_before,
)

_BLOCK = """\
. {
    errors
    acl {
        allow net 10.0.0.0/8
        block
    }
    cache 30
    forward . 10.0.0.2
}
"""
_OLD = {"coredns": "1.14.6"}


def _acl(*policies: str, zones: str = "") -> str:
    lines = "".join(f"        {each}\n" for each in policies)
    return _BLOCK.replace("acl {\n        allow net 10.0.0.0/8\n        block\n", f"acl {zones}{{\n{lines}")


class AclAfterCache(Rule):
    """`cache` runs before `acl`, so a client that `acl` refuses receives answers from the cache.

    ## Why
    The order of the plugins is fixed when CoreDNS is built; the position of a line in the file has no meaning. In CoreDNS
    1.14.3 to 1.14.6, `cache` comes before `acl`. After an allowed client has asked for a name, CoreDNS answers every
    client from the cache until the TTL ends, up to an hour by default, and `acl` never sees these queries. In CoreDNS
    1.14.7 and later, and before 1.14.2, `acl` comes first.

    The rule is silent if `acl` treats all clients alike, and if nothing in the zones of `acl` is cached.

    ## Fix
    Update CoreDNS. With an affected release, leave `acl` in a server block without `cache` that forwards to a second
    block on a loopback address, and put `cache` into the second one.

    ## References
    - https://github.com/coredns/coredns/pull/8289
    - https://github.com/coredns/coredns/blob/v1.14.6/plugin.cfg
    - https://coredns.io/plugins/acl/
    """

    code = "KPL240"
    name = "acl-after-cache"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = "acl"
    examples = [
        Bad(
            corefile(_BLOCK),
            _OLD,
            flags=["acl"],
            says=[
                "CoreDNS 1.14.6 runs `cache` before `acl`, so clients that this `acl` refuses",
                "Update CoreDNS to 1.14.7",
            ],
        ),
        Bad(corefile(_BLOCK), {"coredns": "1.14.3"}, flags=["acl"]),
        Good(corefile(_BLOCK), {"coredns": "1.14.7"}),
        Good(corefile(_BLOCK), {"coredns": "1.14.1"}),
        Good(corefile(_BLOCK.replace("    cache 30\n", "")), _OLD, other=["missing-cache"]),
        # one line each, told once
        Bad(corefile(_acl("block type A net 10.1.0.0/16")), _OLD, flags=["acl"]),
        Bad(corefile(_acl("drop net 10.1.0.0/16", zones="a.lan b.lan ")), _OLD, flags=["acl a.lan b.lan"]),
        Bad(
            corefile(
                _acl("filter net 10.1.0.0/16", zones="a.lan ").replace(
                    "    cache", "    acl b.lan {\n        block net ::1\n    }\n    cache"
                )
            ),
            _OLD,
            flags=["acl a.lan", "acl b.lan"],
        ),
        # all clients alike
        Good(corefile(_acl("block type ANY")), _OLD),
        Good(corefile(_acl("block net *")), _OLD),
        Good(corefile(_acl("block net 0.0.0.0/0", "allow net 10.0.0.0/8")), _OLD),
        Good(corefile(_acl("block net 10.0.0.0/8", "drop")), _OLD),
        Good(corefile(_acl("allow net 10.0.0.0/8")), _OLD),
        Good(corefile(_acl("allow type A net 10.0.0.0/8", "block type AAAA")), _OLD),
        Bad(corefile(_acl("allow type A net 10.0.0.0/8", "block type * net *")), _OLD, flags=["acl"]),
        Bad(corefile(_acl("ALLOW TYPE A AAAA NET 10.0.0.0/8", "block type AAAA")), _OLD, flags=["acl"]),
        Good(corefile(_acl("allow net {$CLIENTS}", "block")), _OLD),
        Good(corefile(_BLOCK.replace(". {\n    errors", "{$ZONE} {\n    errors")), _OLD),
        # the lines are one list
        Bad(
            corefile(
                _acl("block", zones="a.lan ").replace(
                    "    acl", "    acl lan {\n        allow net 10.0.0.0/8\n    }\n    acl"
                )
            ),
            _OLD,
            flags=["acl a.lan"],
        ),
        # other zones than those of the cache
        Good(corefile(_acl("block net 10.1.0.0/16", zones="a.lan ").replace("cache 30", "cache 30 b.lan")), _OLD),
        Bad(
            corefile(_acl("block net 10.1.0.0/16", zones="a.lan ").replace("cache 30", "cache lan")),
            _OLD,
            flags=["acl a.lan"],
            other=["missing-cache"],
        ),
        Bad(corefile(_BLOCK.replace("cache 30", "cache 30 lan")), _OLD, flags=["acl"]),
        Bad(
            corefile(_acl("block net ::1", zones="lan ").replace("cache 30", "cache 30 a.lan org")),
            _OLD,
            flags=["acl lan"],
        ),
        Good(corefile(_acl("block net ::1").replace("cache 30", "cache 30 {$ZONE}")), _OLD),
        Good(corefile(_acl("block net 10.0.0.0/8 *")), _OLD),
        Good(corefile(_BLOCK.replace("cache 30", "cache 30 {\n        disable success\n    }")), _OLD),
        Good(
            corefile(
                _acl("block net ::1", zones="a.lan ").replace(
                    "cache 30", "cache 30 {\n        disable success b.lan lan\n    }"
                )
            ),
            _OLD,
        ),
        Bad(
            corefile(
                _BLOCK.replace("cache 30", "cache 30 {\n        disable success lan\n        disable denial\n    }")
            ),
            _OLD,
            flags=["acl"],
        ),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        release = cluster.coredns_version_for(server)
        caching = caching_of(server) if runs_before("cache", "acl", release) else None
        if caching is None:
            return
        told: set[int] = set()
        for each in restrictions(server):
            if each.by_client and id(each.directive) not in told and _is_cached(each, caching):
                told.add(id(each.directive))
                yield self.finding(
                    each.directive.head,
                    f"CoreDNS {release.full} runs `cache` before `acl`, so clients that this `acl` refuses receive answers from "
                    "the cache",
                    help="Update CoreDNS to 1.14.7 or later. Or move `cache` to a server block on a loopback address, and forward "
                    "to it.",
                    related=[Related(caching.directive.head, "this `cache` answers first")],
                )


def _is_cached(restriction: Restriction, caching: Caching) -> bool:
    """Whether `cache` keeps the answers for some names of the zone."""
    if caching.keeps("success", restriction.zone):
        return True
    return any(is_subdomain(restriction.zone, each) and caching.keeps("success", each) for each in caching.zones)
