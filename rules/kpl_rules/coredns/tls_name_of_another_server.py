"""KPL251."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Related, Rule, Severity, Stop, Version, corefile
from kpl.corefiles import Corefile, Directive, Property, is_placeholder, known_resolver, resolver_named

_PER_UPSTREAM = Version("1.13.2")


def _block(upstreams: str, *lines: str) -> str:
    block = " {\n" + "".join(f"        {each}\n" for each in lines) + "    }" if lines else ""
    return f". {{\n    errors\n    cache 30\n    forward . {upstreams}{block}\n}}\n"


class TlsNameOfAnotherServer(Rule):
    """`tls_servername` names another operator than that of an upstream, so connections to this upstream fail.

    ## Why
    `forward` uses one `tls_servername` for all of its upstreams. It must be in the certificate of each of them: the
    handshake with a server of another operator fails, and a query that goes to it is answered only after another upstream was
    tried, or gets SERVFAIL. The rule knows the addresses and names of Cloudflare, Google and Quad9.

    ## Fix
    Gives each upstream its own name, `tls://9.9.9.9%dns.quad9.net` (CoreDNS 1.13.2 and later), if kpl knows all of them. Before
    that, use a server block on a loopback port for each operator, and forward to these blocks.

    ## References
    - https://coredns.io/plugins/forward/ (`tls_servername`)
    - https://docs.deepinfo.com/reference/lookup/ssl/examples/ip-address/ (Cloudflare)
    - https://developers.google.com/speed/public-dns/docs/secure-transports
    - https://github.com/getdnsapi/stubby/issues/45 (Quad9)
    """

    code = "KPL251"
    name = "tls-name-of-another-server"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = "tls_servername"
    symptoms = ("lookups-time-out",)
    examples = [
        Bad(
            corefile(
                _block("tls://1.1.1.1 tls://9.9.9.9:853", "tls_servername cloudflare-dns.com", "max_concurrent 1000")
            ),
            flags=["tls://9.9.9.9:853"],
            fixed=_block("tls://1.1.1.1%cloudflare-dns.com tls://9.9.9.9%dns.quad9.net:853", "max_concurrent 1000"),
            says=[
                "`tls://9.9.9.9:853` is a server of Quad9, whose certificate does not hold `cloudflare-dns.com`",
                "`tls://9.9.9.9%dns.quad9.net:853`",
            ],
        ),
        Bad(
            corefile(_block("tls://9.9.9.9", "tls_servername one.one.one.one", "# the office")),
            flags=["tls://9.9.9.9"],
            fixed=_block("tls://9.9.9.9%dns.quad9.net", "# the office"),
        ),
        # the others are not known, or before there was a name for each
        Bad(
            corefile(_block("tls://8.8.8.8 tls://94.140.14.14", "tls_servername one.one.one.one.")),
            flags=["tls://8.8.8.8"],
        ),
        Bad(
            corefile(
                _block(
                    "tls://[2620:fe::fe]:853 tls://1.1.1.1 tls://2606:4700:4700::1111",
                    "tls_servername 1dot1dot1dot1.cloudflare-dns.com",
                )
            ),
            flags=["tls://[2620:fe::fe]:853"],
            fixed=_block(
                "tls://[2620:fe::fe%dns.quad9.net]:853 tls://1.1.1.1%cloudflare-dns.com tls://2606:4700:4700::1111%cloudflare-dns.com"
            ),
        ),
        Bad(
            corefile(_block("tls://1.1.1.1 tls://8.8.4.4 tls://9.9.9.9", "tls_servername cloudflare-dns.com")),
            {"coredns": "1.13.1"},
            flags=["tls://8.8.4.4"],
            says=["Use a server block on a loopback port for each operator"],
        ),
        Bad(
            corefile(_block("tls://9.9.9.9", "tls_servername one.one.one.one")),
            {"coredns": "1.13.2"},
            flags=["tls://9.9.9.9"],
            fixed=_block("tls://9.9.9.9%dns.quad9.net"),
        ),
        Good(corefile(_block("tls://1.1.1.1 tls://2606:4700:4700::1001", "tls_servername cloudflare-dns.com"))),
        Good(corefile(_block("tls://1.1.1.1 tls://9.9.9.9"))),
        # in plain DNS there is no name; an address or a name of somebody else
        Good(corefile(_block("tls://1.1.1.1 9.9.9.9", "tls_servername cloudflare-dns.com"))),
        Good(corefile(_block("tls://1.1.1.1 tls://94.140.14.14", "tls_servername cloudflare-dns.com"))),
        Good(corefile(_block("tls://1.1.1.1 tls://9.9.9.9", "tls_servername dns.example"))),
        Good(corefile(_block("tls://9.9.9.9", "tls_servername {$NAME}.cloudflare-dns.com"))),
        Good(corefile(_block("tls://9.9.9.9", "tls_servername")), other=["corefile-refused"]),
    ]

    def check(self, directive: Directive, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        option = directive.get("tls_servername") if directive.name == "forward" else None
        if option is None or not option.args or is_placeholder(option.args[0]):
            return
        named = resolver_named(option.args[0])
        if named is None:
            return
        for upstream in directive.args[1:]:
            resolver = known_resolver(upstream) if upstream.startswith("tls://") else None
            if resolver is None or resolver is named:
                continue
            each_its_own = cluster.coredns_version_for(corefile) >= _PER_UPSTREAM
            help_ = f"Write `{_with_name(upstream, resolver.name)}`, and remove `tls_servername`."
            if not each_its_own:
                help_ = "Use a server block on a loopback port for each operator, and forward to these blocks."
            yield self.finding(
                upstream.span,
                f"`{upstream}` is a server of {resolver.operator}, whose certificate does not hold `{option.args[0]}`, so "
                "connections to it fail",
                help=help_,
                related=[Related(option.span, "this name is for all upstreams")],
                fix=_fix(corefile, directive, option) if each_its_own else None,
            )
            return


def _with_name(upstream: str, name: str) -> str:
    """`upstream` with its server name, which comes behind the address."""
    scheme, _, rest = upstream.partition("://")
    if rest.startswith("["):
        return f"{scheme}://{rest.replace(']', f'%{name}]')}"
    address, colon, port = rest.partition(":") if rest.count(":") == 1 else (rest, "", "")
    return f"{scheme}://{address}%{name}{colon}{port}"


def _fix(corefile: Corefile, directive: Directive, option: Property) -> Fix | None:
    removed = corefile.remove_lines(option.span)
    if len(directive.properties) == 1 and directive.block is not None:
        inside = corefile.text[directive.head.end : directive.block.end]
        removed = Edit(directive.head.end, directive.block.end, "") if "#" not in inside else removed
    edits = []
    for upstream in directive.args[1:]:
        resolver = known_resolver(upstream)
        if not upstream.startswith("tls://") or resolver is None:
            return None
        edits.append(Edit(*upstream.span, _with_name(upstream, resolver.name)))
    return None if removed is None else Fix("Give each upstream its own name", (*edits, removed))
