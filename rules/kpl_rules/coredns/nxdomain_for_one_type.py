"""KPL273."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Directive, ServerBlock, answerers
from kpl.edits import Text

_TYPES = ("AAAA", "HTTPS", "SVCB")
"""Types that names with an IPv4 address often lack; programs ask for them beside A."""


def _block(*templates: str, then: str = "forward . 10.0.0.2") -> str:
    body = "".join(f"    template {each}\n" for each in templates)
    return f"lan {{\n    errors\n    cache 30\n{body}    {then}\n}}\n"


_DENIED = "IN AAAA {\n        rcode NXDOMAIN\n    }"


class NxdomainForOneType(Rule):
    """`template` answers NXDOMAIN for one type of record, so clients also discard the other records of the name.

    ## Why
    NXDOMAIN says that a name does not exist, for any type of record. A name with an IPv4 address and no IPv6 address gets
    NOERROR without records. Clients ask for A and AAAA at once: musl (Alpine) and .NET take the NXDOMAIN of the AAAA query as
    the response for the name and fail, although the other query has an address. A cache may keep it for the name, too.

    ## Fix
    Replaces `NXDOMAIN` with `NOERROR`, which means that the name has no record of this type. The fix is unsafe: clients then
    learn only from the query for A that a name does not exist.

    ## References
    - https://www.rfc-editor.org/rfc/rfc2308#section-2.2
    - https://www.rfc-editor.org/rfc/rfc4074#section-3
    - https://www.rfc-editor.org/rfc/rfc8020
    - https://coredns.io/plugins/template/
    - https://github.com/axeII/home-ops/pull/3806
    - https://git.musl-libc.org/cgit/musl/tree/src/network/lookup_name.c?h=v1.2.5 (name_from_dns)
    """

    code = "KPL273"
    name = "nxdomain-for-one-type"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("names-do-not-resolve",)
    clue = "NXDOMAIN"
    examples = [
        Bad(
            corefile(_block(_DENIED)),
            flags=["NXDOMAIN"],
            says=["`NXDOMAIN` for `AAAA` says that the name does not exist", "discard its IPv4 address"],
            fixed=_block(_DENIED.replace("NXDOMAIN", "NOERROR")),
            safe=False,
        ),
        Bad(
            corefile(_block("ANY HTTPS lan {\n        match ^web\n        rcode NXDOMAIN\n        fallthrough\n    }")),
            flags=["NXDOMAIN"],
            says=["for `HTTPS`"],
            fixed=_block("ANY HTTPS lan {\n        match ^web\n        rcode NOERROR\n        fallthrough\n    }"),
            safe=False,
        ),
        Good(corefile(_block(_DENIED.replace("NXDOMAIN", "NOERROR")))),
        Good(corefile(_block(_DENIED.replace("NXDOMAIN", "REFUSED")))),
        Good(corefile(_block("IN AAAA {\n        answer \"{{ .Name }} 60 IN AAAA ::1\"\n    }"))),
        # all types of the names
        Good(corefile(_block("IN ANY {\n        rcode NXDOMAIN\n    }")), other=["unreachable-plugin"]),
        Good(corefile(_block("ANY ANY bad.lan {\n        rcode NXDOMAIN\n    }"))),
        Good(corefile(_block(_DENIED, _DENIED.replace("AAAA", "A")))),
        Good(corefile(_block(_DENIED, "ANY ANY lan {\n        match ^bad\n        rcode NXDOMAIN\n    }"))),
        # other types have no address to lose, or nobody answers them
        Good(corefile(_block("IN TXT {\n        rcode NXDOMAIN\n    }"))),
        Good(corefile(_block(_DENIED, then="reload"))),
        Good(corefile(_block(_DENIED.replace("NXDOMAIN", "{$CODE} NXDOMAIN"))), other=["corefile-refused"]),
    ]  # fmt: skip

    def check(self, server: ServerBlock) -> Iterator[Finding]:
        """See the class."""
        templates = server.all("template")
        if any(_denies(each) is not None and _type_of(each) in ("A", "ANY") for each in templates):
            return
        if all(each.directive.name == "template" for each in answerers(server)):
            return
        for each in templates:
            code = _denies(each)
            if code is None or _type_of(each) not in _TYPES:
                continue
            yield self.finding(
                code.span,
                f"`{code}` for `{each.args[1]}` says that the name does not exist, so musl, .NET and caches discard its IPv4 "
                "address",
                help="Replace it with `NOERROR`.",
                fix=Fix("Answer NOERROR", (Edit(*code.span, "NOERROR"),), safe=False),
            )


def _type_of(template: Directive) -> str:
    return str(template.args[1]) if len(template.args) > 1 else ""


def _denies(template: Directive) -> Text | None:
    """The word with which a `template` answers NXDOMAIN; None where it does not, or nobody knows."""
    codes = [each for line in template.all("rcode") for each in line.args]
    return codes[0] if len(codes) == 1 and codes[0] == "NXDOMAIN" else None
