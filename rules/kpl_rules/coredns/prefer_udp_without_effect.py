"""KPL255."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Fix, Good, Related, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, Directive


def _block(*lines: str) -> str:
    return (
        ". {\n    errors\n    cache 30\n    forward . 10.0.0.2 {\n"
        + "".join(f"        {each}\n" for each in lines)
        + "    }\n}\n"
    )


class PreferUdpWithoutEffect(Rule):
    """`prefer_udp` has no effect, because `force_tcp` in the same block takes precedence.

    ## Why
    `force_tcp` sends every query over TCP. `prefer_udp` asks over UDP first, even if the client used TCP. If both are set,
    CoreDNS uses `force_tcp` and ignores `prefer_udp`, so an upstream that answers UDP only is not reached.

    ## Fix
    Removes `prefer_udp`, which changes nothing. If the upstream does not speak TCP, remove `force_tcp` instead.

    ## References
    - https://coredns.io/plugins/forward/ (`prefer_udp`)
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/forward/forward.go (ServeDNS)
    """

    code = "KPL255"
    name = "prefer-udp-without-effect"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "prefer_udp"
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(
            corefile(_block("prefer_udp", "force_tcp")),
            flags=["prefer_udp"],
            fixed=_block("force_tcp"),
            says=["`force_tcp` takes precedence, so CoreDNS ignores `prefer_udp`"],
        ),
        Bad(corefile(_block("force_tcp", "prefer_udp  # faster")), flags=["prefer_udp"]),
        Good(corefile(_block("prefer_udp"))),
        Good(corefile(_block("force_tcp"))),
        Good(corefile(_block("prefer_udp", "force_tcp").replace("forward", "fanout")), other=["unknown-plugin"]),
    ]

    def check(self, directive: Directive, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        option, tcp = directive.get("prefer_udp"), directive.get("force_tcp")
        if directive.name != "forward" or option is None or tcp is None:
            return
        edit = corefile.remove_lines(option.span)
        yield self.finding(
            option.span,
            "`force_tcp` takes precedence, so CoreDNS ignores `prefer_udp` and sends every query over TCP",
            help="Remove `prefer_udp`. Or remove `force_tcp` if the upstream answers UDP only.",
            related=[Related(tcp.span, "this option takes precedence")],
            fix=Fix("Remove `prefer_udp`", (edit,)) if edit is not None else None,
        )
