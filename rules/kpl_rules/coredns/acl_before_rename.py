"""KPL241."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Cluster, Finding, Good, Related, Rule, Severity, Stop, Version, corefile
from kpl.corefiles import (
    Directive,
    Restriction,
    ServerBlock,
    is_placeholder,
    is_subdomain,
    restrictions,
    runs_before,
    zones_of,
)
from kpl_rules.coredns._kubeadm import KUBEADM

_ACL = "    acl secret.svc.cluster.local {\n        block\n    }\n"
_AUTOPATH = KUBEADM.replace("pods insecure", "pods verified").replace(
    "    ready\n", f"    ready\n    autopath @kubernetes\n{_ACL}"
)
_REWRITE = """\
lan {
    errors
    acl db.lan {
        block net 10.1.0.0/16
    }
    rewrite name a.lan x.db.lan
    forward . 10.0.0.2
}
"""
_OLD = {"coredns": "1.14.1"}
_REWRITE_FIRST = Version("1.14.2")
"""The release that its notes call the first one with `rewrite` before `acl`: plugin.cfg has it, zdirectives.go has not."""


class AclBeforeRename(Rule):
    """A plugin after `acl` changes the name of a query, so clients reach names that `acl` refuses to them.

    ## Why
    `acl` looks at the name in the query, and passes the query on if none of its zones has that name. A plugin that comes
    later and asks for another name is not checked again:

    - `rewrite` comes after `acl` before CoreDNS 1.14.2 (CVE-2026-26017, CVSS 7.7).
    - `autopath` comes after `acl` before CoreDNS 1.14.7. It tries the name in each search domain of the client: a pod in
      the namespace `web` that asks for `db.secret.web.svc.cluster.local` receives the addresses of the Service `db` in the
      namespace `secret`, even if `acl` blocks `secret.svc.cluster.local`.

    For `rewrite`, the rule checks `name exact` and `name suffix`, whose target is known. It is silent if the zones of
    `acl` include the name before the change.

    ## Fix
    Update CoreDNS. Or add the name before the change to the zones of `acl`.

    ## References
    - https://github.com/coredns/coredns/security/advisories/GHSA-c9v3-4pv7-87pr (CVE-2026-26017)
    - https://github.com/coredns/coredns/pull/7882 (rewrite)
    - https://github.com/coredns/coredns/pull/8290 (autopath)
    - https://coredns.io/plugins/autopath/
    """

    code = "KPL241"
    name = "acl-before-rename"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = "acl"
    examples = [
        Bad(
            corefile(_AUTOPATH),
            {"coredns": "1.14.6"},
            flags=["acl secret.svc.cluster.local"],
            says=[
                "CoreDNS 1.14.6 runs `autopath` after `acl`",
                "a pod reaches `secret.svc.cluster.local` by its search domains although",
                "1.14.7 or later",
            ],
        ),
        Bad(
            corefile(_AUTOPATH.replace("autopath @", "autopath cluster.local @")),
            {"coredns": "1.14.6"},
            flags=["acl secret.svc.cluster.local"],
        ),
        Good(corefile(_AUTOPATH), {"coredns": "1.14.7"}),
        Good(corefile(_AUTOPATH.replace("acl secret.svc.cluster.local", "acl cluster.local")), {"coredns": "1.14.6"}),
        Good(corefile(_AUTOPATH.replace("acl secret.svc.cluster.local", "acl")), {"coredns": "1.14.6"}),
        Bad(
            corefile(_AUTOPATH.replace("acl secret.svc.cluster.local", "acl secret.svc.cluster.local corp.lan")),
            {"coredns": "1.14.6"},
            flags=["acl secret.svc.cluster.local corp.lan"],
        ),
        Good(corefile(_AUTOPATH.replace("        block\n", "        allow\n")), {"coredns": "1.14.6"}),
        Good(
            corefile(_AUTOPATH.replace("kubernetes cluster.local in-addr.arpa", "kubernetes {$DOMAIN} in-addr.arpa")),
            {"coredns": "1.14.6"},
        ),
        # one that has no effect
        Good(
            corefile(_AUTOPATH.replace("pods verified", "pods insecure")),
            {"coredns": "1.14.6"},
            other=["autopath-without-verified-pods"],
        ),
        Good(
            corefile(f"lan {{\n    errors\n    autopath @kubernetes\n{_ACL}    file lan.db\n}}\n"),
            {"coredns": "1.14.6"},
            other=["autopath-without-verified-pods"],
        ),
        Good(
            corefile(f"lan {{\n    errors\n    autopath /etc/search.conf\n{_ACL}    file lan.db\n}}\n"),
            {"coredns": "1.14.6"},
        ),
        Bad(
            corefile(_REWRITE),
            _OLD,
            flags=["acl db.lan"],
            says=[
                "CoreDNS 1.14.1 runs `rewrite` after `acl`",
                "a client that asks for `a.lan` reaches `db.lan`",
                "1.14.2 or later",
            ],
        ),
        Good(corefile(_REWRITE), {"coredns": "1.14.2"}),
        Good(corefile(_REWRITE), {"coredns": "1.14.3"}),
        Bad(corefile(_REWRITE.replace("name a.lan", "continue name exact a.lan")), _OLD, flags=["acl db.lan"]),
        Bad(
            corefile(_REWRITE.replace("name a.lan x.db.lan", "name suffix .a.lan .db.lan answer auto")),
            _OLD,
            flags=["acl db.lan"],
        ),
        Bad(
            corefile(
                _REWRITE.replace(
                    "name a.lan x.db.lan", "stop {\n        name exact a.lan db.lan\n        answer auto\n    }"
                )
            ),
            _OLD,
            flags=["acl db.lan"],
        ),
        Bad(
            corefile(_REWRITE.replace("name a.lan x.db.lan", "name suffix .a.lan .db.lan answer auto answer auto")),
            _OLD,
            flags=["acl db.lan"],
        ),
        Bad(
            corefile(
                _REWRITE.replace("    forward", "    cache 30\n    ready\n    kubernetes cluster.local\n    forward")
            ),
            _OLD,
            flags=["acl db.lan"],
            other=["missing-loop"],
        ),
        Good(corefile(_REWRITE.replace("name a.lan", "name y.db.lan")), _OLD),
        Good(corefile(_REWRITE.replace("x.db.lan", "x.lan")), _OLD),
        Good(corefile(_REWRITE.replace("x.db.lan", "{$TARGET}.db.lan")), _OLD),
        Good(corefile(_REWRITE.replace("acl db.lan", "acl db.lan a.lan")), _OLD),
        Good(corefile(_REWRITE.replace("name a.lan x.db.lan", "name regex x.db.lan y.db.lan answer auto")), _OLD),
        Good(corefile(_REWRITE.replace("name a.lan x.db.lan", "ttl exact a.lan 30")), _OLD),
        Good(corefile(_REWRITE.replace("name a.lan x.db.lan", "name a.lan")), _OLD, other=["corefile-refused"]),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        release, restricted = cluster.coredns_version_for(server), None
        told: set[int] = set()
        for change in _changes(server):
            if not runs_before("acl", change.by.name, release):
                continue
            if change.to is not None and release >= _REWRITE_FIRST:
                continue
            if restricted is None:
                restricted = restrictions(server)
            for each in restricted:
                if id(each.directive) not in told and _escapes(change, each, restricted):
                    told.add(id(each.directive))
                    yield self._bypassed(change, each, release.full)

    def _bypassed(self, change: _Change, restriction: Restriction, release: str) -> Finding:
        zone = restriction.zone.removesuffix(".")
        who = "a pod" if change.to is None else f"a client that asks for `{change.name.removesuffix('.')}`"
        how = "" if change.to is not None else " by its search domains"
        return self.finding(
            restriction.directive.head,
            f"CoreDNS {release} runs `{change.by.name}` after `acl`, so {who} reaches `{zone}`{how} although this `acl` refuses it",
            help=f"Update CoreDNS to {'1.14.7' if change.to is None else '1.14.2'} or later.",
            related=[Related(change.by.head, f"this `{change.by.name}` changes the name")],
        )


class _Change(NamedTuple):
    by: Directive
    name: str
    """The name, or the zone of the names, that a client asks for."""
    to: str | None
    """The one that it becomes; None for any."""


def _changes(server: ServerBlock) -> Iterator[_Change]:
    """What the plugins of a block certainly make of names."""
    autopath, kubernetes = server.get("autopath"), server.get("kubernetes")
    if autopath is not None and kubernetes is not None and autopath.args[-1:] == ["@kubernetes"]:
        pods = kubernetes.get("pods")
        words = kubernetes.args or server.keys
        if pods is not None and pods.args == ["verified"] and not any(map(is_placeholder, words)):
            zones = [zone for word in words for zone in zones_of(word) if not zone.endswith(".arpa.")]
            yield from (_Change(autopath, zone, None) for zone in zones)
    for rewrite in server.all("rewrite"):
        for words in (rewrite.args, *([each.name, *each.args] for each in rewrite.properties)):
            change = list(words)
            if change[:1] in (["stop"], ["continue"]):
                del change[0]
            if change[:1] != ["name"] or any(map(is_placeholder, change)):
                continue
            how = change[1:2] if change[1:2] in (["exact"], ["suffix"]) else []
            pair = change[1 + len(how) :][:2]
            if len(pair) == 2 and pair[0] not in ("prefix", "substring", "regex"):
                before, after = (zones_of(word.lstrip(".")) for word in pair)
                yield from (_Change(rewrite, name, to) for name in before for to in after)


def _escapes(change: _Change, restriction: Restriction, all_: list[Restriction]) -> bool:
    """Whether a name that `acl` does not check becomes one of this zone."""
    if any(is_subdomain(each.zone, change.name) for each in all_):
        return False
    return change.to is None or is_subdomain(restriction.zone, change.to)
