"""ACME101."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Directive, is_placeholder, is_public_address

_COREFILE = ". {\n    forward . %s\n    cache 30\n}\n"


class ForeignUpstream(Rule):
    """Queries go to a DNS server on the internet, which does not know ACME's zones.

    ## Why
    The zone `corp.acme.example` is on ACME's resolvers only: every other server answers NXDOMAIN for its names.

    ## Fix
    Replaces the upstream with the first of ACME's resolvers. The fix is unsafe: answers for other names may change.

    ## References
    - https://wiki.acme.example/dns
    """

    code = "ACME101"
    name = "foreign-upstream"
    stop = Stop("ACME's network")
    severity = Severity.ERROR
    since = "1.0.0"
    options = {"resolvers": ["10.0.0.53"]}
    examples = [
        Bad(corefile(_COREFILE % "9.9.9.9"), flags=["9.9.9.9"], fixed=_COREFILE % "10.0.0.53", safe=False),
        Bad(
            corefile(_COREFILE % "10.0.0.53 tls://9.9.9.9"),
            flags=["tls://9.9.9.9"],
            other=["private-and-public-upstream"],
        ),
        Good(corefile(_COREFILE % "10.0.0.53")),
        Good(corefile(_COREFILE % "10.9.9.9")),
        Good(corefile(_COREFILE % "{$UPSTREAM}")),
        Good(corefile(_COREFILE.replace("forward .", "forward partner.example") % "9.9.9.9")),
    ]

    def check(self, directive: Directive) -> Iterator[Finding]:
        """See the class."""
        own = self.option["resolvers"]
        if not own or directive.name != "forward" or directive.args[:1] != ["."]:
            return
        for upstream in directive.args[1:]:
            if upstream in own or is_placeholder(upstream) or not is_public_address(upstream):
                continue
            fix = None
            if own[0] not in directive.args:
                fix = Fix(f"Replace `{upstream}` with `{own[0]}`", (Edit(*upstream.span, own[0]),), safe=False)
            yield self.finding(
                upstream.span,
                f"`{upstream}` is not one of ACME's resolvers, so names in `corp.acme.example` do not resolve",
                help=f"Replace `{upstream}` with `{own[0]}`.",
                fix=fix,
            )
