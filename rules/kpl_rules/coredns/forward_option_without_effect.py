"""KPL271."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, Directive, ServerBlock, is_internal_address, is_placeholder, is_public_address
from kpl.words import whole_number


def _block(upstreams: str, *lines: str, after: str = "") -> str:
    block = "".join(f"        {each}\n" for each in lines)
    return f". {{\n    errors\n    cache 30\n    forward . {upstreams} {{\n{block}        max_concurrent 1000\n    }}\n{after}}}\n"


class ForwardOptionWithoutEffect(Rule):
    """An option of `forward` has no effect, because another option, the upstreams or the block do not fit to it.

    ## Why
    CoreDNS accepts these options and does nothing with them:

    - `next` and `next_on_nodata` in the last `forward` of a block: they pass a query on only to another `forward` after it.
    - `failover` with one upstream: there is no other one to ask.
    - `health_check` and `failfast_all_unhealthy_upstreams` beside `max_fails 0`, which turns health checks off.
    - `force_tcp` and `prefer_udp` if all upstreams have `tls://`: these queries always use TLS over TCP.

    ## Fix
    Removes the option, which changes nothing. What you wanted needs something else: another `forward` for `next`, another upstream
    for `failover`, no `max_fails 0` for `health_check`.

    ## References
    - https://coredns.io/plugins/forward/
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/forward/forward.go (ServeDNS)
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/forward/setup.go (setup)
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/pkg/proxy/connect.go (Dial)
    """

    code = "KPL271"
    name = "forward-option-without-effect"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = r"\bnext(?:_on_nodata)?\b|failover|max_fails[ \t]+0|tls://"
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(
            corefile(_block("10.0.0.2", "next NXDOMAIN")),
            flags=["next NXDOMAIN"],
            fixed=_block("10.0.0.2"),
            says=["`next` has no effect, because no other `forward` comes after this one in the block", "Remove `next`"],
        ),
        Bad(
            corefile(_block("10.0.0.2", "next_on_nodata", after="    file /etc/db lan\n")),
            flags=["next_on_nodata"],
            fixed=_block("10.0.0.2", after="    file /etc/db lan\n"),
            other=["order-without-meaning"],
        ),
        Bad(
            corefile(_block("10.0.0.2", "failover SERVFAIL")),
            flags=["failover SERVFAIL"],
            fixed=_block("10.0.0.2"),
            says=["`failover` has no effect, because there is only one upstream", "Or add another upstream"],
        ),
        Bad(
            corefile(_block("10.0.0.2", "max_fails 0", "health_check 5s", "failfast_all_unhealthy_upstreams")),
            flags=["health_check 5s", "failfast_all_unhealthy_upstreams"],
            fixed=_block("10.0.0.2", "max_fails 0"),
            says=["`health_check` has no effect, because `max_fails 0` turns health checks off"],
        ),
        Bad(
            corefile(_block("tls://9.9.9.9 tls://149.112.112.112", "force_tcp", "tls_servername dns.quad9.net")),
            flags=["force_tcp"],
            fixed=_block("tls://9.9.9.9 tls://149.112.112.112", "tls_servername dns.quad9.net"),
            says=["queries to `tls://` upstreams always use TLS over TCP"],
        ),
        Bad(
            corefile(_block("tls://9.9.9.9", "prefer_udp", "tls_servername dns.quad9.net")),
            flags=["prefer_udp"],
            fixed=_block("tls://9.9.9.9", "tls_servername dns.quad9.net"),
        ),
        Bad(corefile(_block("10.0.0.2", "next NXDOMAIN  # then outside")), flags=["next NXDOMAIN"]),
        # another one comes after it, or may
        Good(corefile(_block("10.0.0.2", "next NXDOMAIN", after="    forward . 10.0.0.3\n"))),
        Good(corefile(_block("10.0.0.2", "next NXDOMAIN", after="    import more/*\n"))),
        Good(corefile(_block("10.0.0.2 10.0.0.3", "failover SERVFAIL"))),
        Good(corefile(_block("/etc/resolv.conf", "failover SERVFAIL"))),
        Good(corefile(_block("dns.example", "failover SERVFAIL"))),
        Good(corefile(_block("{$UPSTREAMS}", "failover SERVFAIL"))),
        Good(corefile(_block("10.0.0.2", "max_fails 1", "health_check 5s"))),
        Good(corefile(_block("tls://9.9.9.9%dns.quad9.net 10.0.0.2", "force_tcp")), other=["private-and-public-upstream"]),
        Good(corefile(_block("10.0.0.2", "force_tcp"))),
        # another rule tells that `max_fails 0` is the mistake
        Good(corefile(_block("10.0.0.2 10.0.0.3", "max_fails 0", "health_check 5s")), other=["dead-upstream-asked"]),
        Good(corefile(". {\n    errors\n    fanout . 10.0.0.2 {\n        next NXDOMAIN\n    }\n}\n"), other=["unknown-plugin"]),
    ]  # fmt: skip

    def check(self, directive: Directive, server: ServerBlock, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        if directive.name != "forward" or any(map(is_placeholder, directive.args)):
            return
        for name, why, instead in _without_effect(directive, server):
            for option in directive.all(name):
                edit: Edit | None = corefile.remove_lines(option.span)
                yield self.finding(
                    option.span,
                    f"`{name}` has no effect, because {why}",
                    help=f"Remove `{name}`.{instead}",
                    fix=Fix(f"Remove `{name}`", (edit,)) if edit is not None else None,
                )


def _without_effect(forward: Directive, server: ServerBlock) -> Iterator[tuple[str, str, str]]:
    """The options that do nothing: their names, why, and what else would."""
    upstreams = forward.args[1:]
    is_last = server.complete and server.snippet is None and next(iter(server.all("forward")[-1:]), None) is forward
    if is_last:
        for name in ("next", "next_on_nodata"):
            yield (
                name,
                "no other `forward` comes after this one in the block",
                " Or add the `forward` that is asked then.",
            )
    if len(upstreams) == 1 and (is_public_address(upstreams[0]) or is_internal_address(upstreams[0])):
        yield "failover", "there is only one upstream", " Or add another upstream."
        fails = next(iter(forward.all("max_fails")[-1:]), None)
        if fails is not None and fails.args and whole_number(fails.args[0]) == 0:
            for name in ("health_check", "failfast_all_unhealthy_upstreams"):
                yield name, "`max_fails 0` turns health checks off", " Or remove `max_fails 0`."
    if upstreams and all(each.startswith("tls://") for each in upstreams):
        for name in ("force_tcp", "prefer_udp"):
            yield name, "queries to `tls://` upstreams always use TLS over TCP", ""
