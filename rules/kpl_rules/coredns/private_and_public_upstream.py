"""KPL250."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Stop, corefile
from kpl.corefiles import Directive, is_internal_address, is_public_address, known_resolver

_IPV6_COLONS = 3
"""More colons than a scheme and a port have."""


def _block(upstreams: str, *lines: str) -> str:
    block = " {\n" + "".join(f"        {each}\n" for each in lines) + "    }" if lines else ""
    return f". {{\n    errors\n    cache 30\n    forward . {upstreams}{block}\n}}\n"


class PrivateAndPublicUpstream(Rule):
    """A `forward` asks internal and public resolvers in turn, so internal names fail on some queries.

    ## Why
    `forward` takes all of its upstreams for equal: it sends each query to one of them, at random by default, and takes its
    answer. NXDOMAIN is an answer: `forward` does not ask the next one, and `cache` keeps it for up to 30 minutes. With one
    internal and one public resolver, half of the queries for an internal name get NXDOMAIN, and the name of the internal host has
    gone to the public resolver.

    With `policy sequential`, the first upstream answers as long as it responds. If it times out once, the next one answers, and
    its NXDOMAIN is kept. The finding is then only informational, because this can be wanted.

    The rule is silent if `failover` or `next` includes NXDOMAIN (CoreDNS 1.13.0 and 1.11.4), and about loopback addresses,
    about `/etc/resolv.conf`, whose servers are not known, and about global IPv6 addresses that are not a well-known resolver.

    ## Fix
    There is no automatic fix, because only you know the internal zones: give them a separate `forward`.

    ## References
    - https://coredns.io/plugins/forward/
    - https://github.com/coredns/coredns/issues/7118
    - https://github.com/coredns/coredns/issues/6449
    """

    code = "KPL250"
    name = "private-and-public-upstream"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = r"forward[ \t]+\S+[ \t]+\S+[ \t]+\S"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            corefile(_block("10.0.0.2 8.8.8.8")),
            flags=["forward . 10.0.0.2 8.8.8.8"],
            says=[
                "`10.0.0.2` is internal and `8.8.8.8` is public, and `forward` asks either of them, so names that only one",
                "Add a `forward` for the internal zones",
            ],
        ),
        Bad(
            corefile(_block("tls://1.1.1.1 [fd00::1]:53 100.64.0.1", "tls_servername cloudflare-dns.com")),
            flags=["forward . tls://1.1.1.1 [fd00::1]:53 100.64.0.1"],
        ),
        Bad(
            corefile(_block("10.0.0.2 8.8.8.8", "policy round_robin", "failover SERVFAIL")),
            flags=["forward . 10.0.0.2 8.8.8.8"],
        ),
        Bad(
            corefile(_block("10.0.0.2 8.8.8.8", "policy sequential")),
            flags=["forward . 10.0.0.2 8.8.8.8"],
            severities=[Severity.INFO],
            says=["`forward` asks the next one as soon as one times out"],
        ),
        Bad(
            corefile(_block("10.0.0.2 8.8.8.8", "policy random", "policy sequential")),
            flags=["forward . 10.0.0.2 8.8.8.8"],
            severities=[Severity.INFO],
        ),
        # the resolvers of clouds
        Bad(corefile(_block("168.63.129.16 1.1.1.1")), flags=["forward . 168.63.129.16 1.1.1.1"]),
        Bad(corefile(_block("169.254.169.253 1.1.1.1")), flags=["forward . 169.254.169.253 1.1.1.1"]),
        # many networks have global IPv6 addresses of their own
        Good(corefile(_block("10.0.0.2 2a02:1234::53"))),
        Good(corefile(_block("10.0.0.2 [2a02:1234::53]:53"))),
        Bad(corefile(_block("fd00::1 2620:fe::fe")), flags=["forward . fd00::1 2620:fe::fe"]),
        Good(corefile(_block("10.0.0.2 168.63.129.16"))),
        Good(corefile(_block("10.0.0.2 192.168.0.2"))),
        Good(corefile(_block("9.9.9.9 8.8.8.8"))),
        Good(corefile(_block("127.0.0.1:5301 8.8.8.8"))),
        Good(corefile(_block("/etc/resolv.conf 8.8.8.8"))),
        Good(corefile(_block("10.0.0.2 {$UPSTREAM}"))),
        Good(corefile(_block("10.0.0.2 8.8.8.8", "failover NXDOMAIN"))),
        Good(corefile(_block("10.0.0.2 8.8.8.8", "next SERVFAIL nxdomain")), other=["forward-option-without-effect"]),
        Good(corefile(". {\n    errors\n    cache 30\n    forward lan 10.0.0.2\n    forward . 8.8.8.8\n}\n")),
    ]

    def check(self, directive: Directive) -> Iterator[Finding]:
        """See the class."""
        if directive.name != "forward":
            return
        upstreams = directive.args[1:]
        internal = next((each for each in upstreams if is_internal_address(each)), None)
        public = next((each for each in upstreams if _is_public(each)), None)
        if internal is None or public is None:
            return
        passed_on = [
            word.upper() for name in ("failover", "next") for each in directive.all(name) for word in each.args
        ]
        if "NXDOMAIN" in passed_on:
            return
        policy = next((each.args[0] for each in directive.all("policy")[-1:] if each.args), "")
        in_order = policy == "sequential"
        how = "`forward` asks the next one as soon as one times out" if in_order else "`forward` asks either of them"
        yield self.finding(
            directive.head,
            f"`{internal}` is internal and `{public}` is public, and {how}, so names that only one of them knows get NXDOMAIN "
            "from the other",
            help="Add a `forward` for the internal zones, and keep only one kind of upstream in each.",
            related=[Related(public.span, "this one is public")],
            severity=Severity.INFO if in_order else None,
        )


def _is_public(upstream: str) -> bool:
    """Whether it is a resolver on the internet: an IPv4 address, or a well-known one."""
    if is_internal_address(upstream):
        return False
    return known_resolver(upstream) is not None or (is_public_address(upstream) and upstream.count(":") < _IPV6_COLONS)
