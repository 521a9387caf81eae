"""KPL257."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Confidence, Finding, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Directive, is_public_address, known_resolver


def _block(upstreams: str, *lines: str) -> str:
    block = " {\n" + "".join(f"        {each}\n" for each in lines) + "    }" if lines else ""
    return f". {{\n    errors\n    cache 30\n    forward . {upstreams}{block}\n}}\n"


class TlsUpstreamWithoutName(Rule):
    """A `tls://` upstream has no server name, so it works only if its certificate holds the IP address.

    ## Why
    Without `tls_servername`, CoreDNS verifies the certificate against the IP address, and sends no server name in the
    handshake. Most certificates hold only names: the handshake then fails and queries get SERVFAIL. A server that
    has certificates for several names, or that recognizes its customers by the name, may send another certificate. CoreDNS's
    documentation strongly recommends to set the name.

    The rule is silent about Cloudflare, whose certificate holds its addresses, about Google and Quad9, of which kpl does
    not know it, about private networks, whose certificates nobody else knows, and about `forward` with `tls`.

    ## Fix
    There is no automatic fix, because only you know the name: set `tls_servername`, or write `tls://192.0.2.1%dns.example`
    (CoreDNS 1.13.2 and later).

    ## References
    - https://coredns.io/plugins/forward/ (`tls_servername`)
    - https://pkg.go.dev/crypto/tls#Config (ServerName)
    - https://pkg.go.dev/crypto/tls#DialWithDialer
    - https://github.com/AdguardTeam/dnsproxy/issues/55 (a certificate without the address)
    """

    code = "KPL257"
    name = "tls-upstream-without-name"
    stop = Stop.COREDNS
    severity = Severity.INFO
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    clue = "tls://"
    examples = [
        Bad(
            corefile(_block("tls://94.140.14.14 tls://9.9.9.9")),
            flags=["tls://94.140.14.14"],
            says=[
                "`tls://94.140.14.14` has no server name, so connections fail unless its certificate holds the IP address"
            ],
        ),
        Good(corefile(_block("tls://1.1.1.1 tls://8.8.8.8 tls://[2620:fe::fe]:853"))),
        Good(corefile(_block("tls://94.140.14.14", "tls_servername dns.adguard.com"))),
        Good(corefile(_block("tls://94.140.14.14%dns.adguard.com"))),
        Good(corefile(_block("tls://94.140.14.14", "tls ca.pem")), {"assumed_files": frozenset(("ca.pem",))}),
        Good(corefile(_block("tls://10.0.0.2"))),
        Good(corefile(_block("94.140.14.14"))),
        Good(corefile(_block("tls://{$UPSTREAM}"))),
        Good(corefile(". {\n    errors\n    cache 30\n    grpc . tls://94.140.14.14\n}\n"), other=["corefile-refused"]),
    ]

    def check(self, directive: Directive) -> Iterator[Finding]:
        """See the class."""
        if directive.name != "forward" or any(map(directive.get, ("tls_servername", "tls", "import"))):
            return
        for upstream in directive.args[1:]:
            if not upstream.startswith("tls://") or "%" in upstream or known_resolver(upstream) is not None:
                continue
            if is_public_address(upstream):
                yield self.finding(
                    upstream.span,
                    f"`{upstream}` has no server name, so connections fail unless its certificate holds the IP address",
                    help="Set `tls_servername` to the name in the certificate.",
                )
                return
