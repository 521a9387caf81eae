"""KPL220."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kpl import Bad, Cluster, Finding, Fix, Good, Related, Rule, Severity, Stop, Version, corefile
from kpl.corefiles import (
    DATA_PLUGINS,
    Corefile,
    Directive,
    ServerBlock,
    Taken,
    is_placeholder,
    keyword_known,
    taken_names,
)
from kpl.words import listed

_NO_SOA = ("hosts", "template")
"""The plugins that respond with SERVFAIL to a name that they do not have; the others respond with NXDOMAIN."""


class UnreachablePlugin(Rule):
    """An earlier plugin of the block answers every query for these names, so this plugin is never asked.

    ## Why
    The order of the plugins is fixed when CoreDNS is built; the position of a line in the file has no meaning. A
    plugin that answers for a zone passes a query on only if the name is missing and `fallthrough` includes it.
    Without `fallthrough`, `hosts` and `template` respond with SERVFAIL to every name that they do not have, and
    `file`, `etcd`, `kubernetes` and others with NXDOMAIN. If the line names no zone, the zones of the block apply: in a
    block for `.`, one such plugin answers for the whole of DNS. `hosts` passes on only queries for PTR records.

    `forward .` passes no query on: it answers, or fails. If a block has several `forward` (CoreDNS 1.9.4 and later), the
    first one whose zone matches answers, unless it has `next` or `next_on_nodata`.

    ## Fix
    For `hosts`, kpl offers to add `fallthrough`. It is marked as unsafe because names that got SERVFAIL then go to the
    next plugin. Other plugins have no automatic fix, because only you know which names belong to which plugin.

    ## References
    - https://coredns.io/plugins/hosts/
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin.cfg
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/hosts/hosts.go (ServeDNS)
    - https://github.com/coredns/coredns/issues/3276
    - https://github.com/coredns/coredns/issues/3124
    """

    code = "KPL220"
    name = "unreachable-plugin"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = (
        r"hosts|file|template|etcd|k8s_external|secondary|erratic|whoami|grpc|kubernetes[ \t]*(?:\{|$|\n)"
        r"|forward[ \t]+[^\s.]|\bforward\b[\s\S]*\bforward\b"
    )
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            corefile("lan {\n    errors\n    whoami\n    cache 30\n    forward . 10.0.0.2\n}\n"),
            flags=["whoami"],
            other=["order-without-meaning"],
        ),
        Bad(
            corefile("lan {\n    errors\n    cache 30\n    forward . 10.0.0.2\n    forward . 10.0.0.3\n}\n"),
            flags=["forward"],
            says=["another `forward`"],
        ),
        Bad(
            corefile(". {\n    errors\n    cache 30\n    forward . 10.0.0.2\n    forward a.lan 10.0.0.3\n}\n"),
            flags=["forward"],
        ),
        Good(corefile(". {\n    errors\n    cache 30\n    forward a.lan 10.0.0.3\n    forward . 10.0.0.2\n}\n")),
        Good(corefile("lan {\n    errors\n    cache 30\n    forward a.lan 10.0.0.2\n    whoami\n}\n")),
        Good(
            corefile(
                "b.lan {\n    errors\n    cache 30\n    forward . 10.0.0.2 {\n        except b.lan\n    }\n    whoami\n}\n"
            )
        ),
        # it goes on to another forward only
        Bad(
            corefile(
                "lan {\n    errors\n    cache 30\n    forward . 10.0.0.2 {\n        next NXDOMAIN\n    }\n    whoami\n}\n"
            ),
            flags=["whoami"],
            other=["forward-option-without-effect"],
        ),
        Good(
            corefile(
                "lan {\n    errors\n    cache 30\n    forward . 10.0.0.2 {\n        next NXDOMAIN\n    }\n"
                "    forward . 10.0.0.3\n}\n"
            )
        ),
        Bad(
            corefile(
                "(up) {\n    forward . 10.0.0.2\n}\nlan {\n    errors\n    cache 30\n    import up\n    whoami\n}\n"
            ),
            flags=["whoami"],
        ),
        # the commonest of all
        Bad(
            corefile(
                ".:53 {\n    errors\n    hosts {\n        10.0.0.1 a.lan\n    }\n    kubernetes cluster.local\n"
                "    forward . 10.0.0.2\n    cache 30\n    loop\n    ready\n}\n"
            ),
            flags=["hosts"],
            says=["names that `hosts` does not have get SERVFAIL", "`kubernetes` and `forward` are never asked"],
            fixed=(
                ".:53 {\n    errors\n    hosts {\n        10.0.0.1 a.lan\n        fallthrough\n    }\n"
                "    kubernetes cluster.local\n    forward . 10.0.0.2\n    cache 30\n    loop\n    ready\n}\n"
            ),
            safe=False,
        ),
        Good(
            corefile(
                "lan {\n    errors\n    hosts {\n        10.0.0.1 a.lan\n        fallthrough\n    }\n"
                "    forward . 10.0.0.2\n    cache 30\n}\n"
            )
        ),
        # of these zones alone
        Good(corefile(". {\n    errors\n    hosts /etc/hosts lan\n    forward . 10.0.0.2\n    cache 30\n}\n")),
        Bad(
            corefile(
                ". {\n    errors\n    hosts /etc/hosts lan {\n        fallthrough b.lan\n    }\n"
                "    forward a.lan 10.0.0.2\n    cache 30\n}\n"
            ),
            flags=["fallthrough b.lan"],
            says=["this `fallthrough` does not include `a.lan`", "Add these zones to `fallthrough`"],
        ),
        Good(
            corefile(
                ". {\n    errors\n    hosts /etc/hosts lan {\n        fallthrough b.lan\n    }\n"
                "    forward b.lan 10.0.0.2\n    cache 30\n}\n"
            )
        ),
        # what PTR records are asked for, hosts passes on
        Good(
            corefile(
                "in-addr.arpa {\n    errors\n    hosts {\n        10.0.0.1 a.lan\n    }\n"
                "    forward . 10.0.0.2\n    cache 30\n}\n"
            )
        ),
        Bad(
            corefile(". {\n    errors\n    file lan.db\n    forward a.lan 10.0.0.2\n    cache 30\n}\n"),
            flags=["file lan.db"],
            says=["`file` answers for every name in `.`", "Or name the zones of `file`"],
        ),
        Good(corefile(". {\n    errors\n    file lan.db lan\n    forward . 10.0.0.2\n    cache 30\n}\n")),
        Good(corefile("lan {\n    errors\n    file a.db a.lan\n    file b.db\n}\n")),
        Bad(
            corefile(". {\n    errors\n    kubernetes\n    forward . 10.0.0.2\n    cache 30\n    loop\n    ready\n}\n"),
            flags=["kubernetes"],
        ),
        Bad(
            corefile(
                ". {\n    errors\n    template ANY ANY {\n        rcode NXDOMAIN\n    }\n"
                "    forward . 10.0.0.2\n    cache 30\n}\n"
            ),
            flags=["forward"],
            says=["`template` answers every query"],
            other=["template-without-soa"],
        ),
        Good(
            corefile(
                ". {\n    errors\n    template IN AAAA {\n        rcode NOERROR\n    }\n"
                "    forward . 10.0.0.2\n    cache 30\n}\n"
            ),
            other=["template-without-soa"],
        ),
        Good(
            corefile(
                ". {\n    errors\n    template ANY ANY lan {\n        rcode NXDOMAIN\n    }\n"
                "    forward . 10.0.0.2\n    cache 30\n}\n"
            )
        ),
        Good(
            corefile(
                ". {\n    errors\n    template ANY ANY {\n        match ^a[.]\n        fallthrough\n    }\n"
                "    forward . 10.0.0.2\n    cache 30\n}\n"
            )
        ),
        # a template may render one of the two
        Good(
            corefile(
                "lan {\n    errors\n    cache 30\n    {{ if .a }}\n    forward . 10.0.0.2\n    {{ else }}\n    forward . 10.0.0.3\n"
                "    {{ end }}\n}\n"
            ),
            other=["corefile-refused"],
        ),
        Good(corefile("{$ZONE} {\n    errors\n    file lan.db\n    forward . 10.0.0.2\n    cache 30\n}\n")),
    ]

    def check(self, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        told: set[int] = set()
        for server in corefile.servers:
            if any(map(is_placeholder, server.names)):
                continue
            by_taker: dict[int, list[Taken]] = {}
            for each in taken_names(server):
                if id(each.directive) not in told:
                    told.add(id(each.directive))
                    by_taker.setdefault(id(each.by.directive), []).append(each)
            for taken in by_taker.values():
                if _keeps_what_it_lacks(taken[0].by.directive):
                    yield self._never_asked(corefile, server, taken, cluster.coredns_version_for(corefile))
                else:
                    yield from map(self._after, taken)

    def _after(self, taken: Taken) -> Finding:
        by, directive = taken.by.directive, taken.directive
        other = "another " if by.name == directive.name else ""
        names = "" if taken.is_all else f" for {_quoted(taken.zones)}"
        return self.finding(
            directive.name.span,
            f"{other}`{by.name}` answers every query for these names first, so queries{names} never reach this "
            f"`{directive.name}`",
            help=f"Remove it. Or limit the {other and 'other '}`{by.name}` to some zones.",
            related=[Related(by.head, f"this `{by.name}` answers every query")],
        )

    def _never_asked(self, corefile: Corefile, server: ServerBlock, taken: list[Taken], release: Version) -> Finding:
        by, zones = taken[0].by
        known = keyword_known(by.name, "fallthrough", release)
        option = by.get("fallthrough")
        if by.name not in _NO_SOA and option is None and by.name != "k8s_external":
            what = f"`{by.name}` answers for every name in {_quoted(zones)}"
        else:
            answer = "SERVFAIL" if by.name in _NO_SOA else "NXDOMAIN"
            lacks = f"`{by.name}` has no `fallthrough`"
            if option is not None:
                lacks = f"this `fallthrough` does not include {_quoted(taken[0].zones)}"
            what = f"{lacks}, so names that `{by.name}` does not have get {answer}"
        never = listed([_asked(each) for each in taken])
        advice = [f"Add `fallthrough` to `{by.name}`."] if known and option is None else []
        if option is not None:
            advice = ["Add these zones to `fallthrough`."]
        elif not by.args[1 if by.name in ("file", "hosts") else 0 :]:
            advice.append(f"{'Or name' if advice else 'Name'} the zones of `{by.name}`.")
        fix = None
        if by.name == "hosts" and option is None and by in server.directives:
            fix = Fix("Add `fallthrough` to `hosts`", (corefile.add_property(by, "fallthrough"),), safe=False)
        return self.finding(
            (option.span if option is not None else by.head),
            f"{what}, and {never} {'is' if len(taken) == 1 else 'are'} never asked",
            help=" ".join(advice),
            related=[
                Related(each.directive.head, f"this `{each.directive.name}` is never asked") for each in taken[:5]
            ],
            fix=fix,
        )


def _keeps_what_it_lacks(directive: Directive) -> bool:
    """Whether it only keeps the names that it does not have, which `fallthrough` would pass on."""
    has_own_names = directive.name != "template" or any(map(directive.get, ("match", "expr")))
    return directive.name in DATA_PLUGINS and has_own_names


def _asked(taken: Taken) -> str:
    return f"`{taken.directive.name}`" + ("" if taken.is_all else f" for {_quoted(taken.zones)}")


def _quoted(zones: Sequence[str]) -> str:
    return listed([f"`{zone if zone == '.' else zone.removesuffix('.')}`" for zone in zones[:3]])
