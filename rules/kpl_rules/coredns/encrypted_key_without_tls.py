"""KPL221."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, ServerBlock, corefile_placeholder

_PORTS = {"tls": "853", "https": "443", "grpc": "443"}


class EncryptedKeyWithoutTls(Rule):
    """A server block for an encrypted transport has no `tls`, so CoreDNS serves clear text on that port.

    ## Why
    `tls://`, `https://` and `grpc://` select the protocol; the plugin `tls` provides the encryption. Without it,
    CoreDNS still starts and listens on the port, and every client that expects TLS fails.

    ## Fix
    There is no automatic fix, because kpl does not have the certificate.

    ## References
    - https://coredns.io/plugins/tls/
    - https://github.com/coredns/coredns/blob/v1.14.7/core/dnsserver/server_tls.go
    """

    code = "KPL221"
    name = "encrypted-key-without-tls"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "://"
    examples = [
        Bad(corefile("tls://lan {\n    errors\n    whoami\n}\n"), flags=["tls://lan"]),
        Good(corefile("tls://lan {\n    tls cert.pem key.pem\n    errors\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    whoami\n}\n")),
        # what is imported may hold it
        Good(corefile("tls://lan {\n    import common/*\n    errors\n    whoami\n}\n")),
        Bad(
            corefile("https://lan tls://wan {\n    errors\n    whoami\n}\n"),
            flags=["https://lan", "tls://wan"],
            says=["CoreDNS serves `https://lan` in clear text"],
        ),
        Good(corefile("dns://lan {\n    errors\n    whoami\n}\n")),
        Good(corefile("tls://lan {\n    errors\n    whoami\n    {{ .Values.tls }}\n}\n")),
    ]

    def check(self, server: ServerBlock, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        if server.has("tls") or not server.complete or corefile_placeholder(corefile.text) is not None:
            return
        for key in server.keys:
            scheme, found, _ = key.partition("://")
            if found and scheme in _PORTS:
                yield self.finding(
                    key.span,
                    f"the block has no `tls`, so CoreDNS serves `{key}` in clear text",
                    help="Add `tls CERT KEY` to the block. Or use `dns://` if a proxy in front of CoreDNS terminates TLS.",
                )
