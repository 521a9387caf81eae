"""KPL256."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Directive, is_placeholder

_ENCRYPTED = ("tls://", "https://")
_PLAIN = re.compile(r"(?:dns://)?(\d+(?:\.\d+){3}(?::853)?|[0-9A-Fa-f:]*::[0-9A-Fa-f:]*|\[[0-9A-Fa-f:]+\]:853)")


def _block(upstreams: str, *lines: str) -> str:
    block = "".join(f"        {each}\n" for each in lines)
    return f". {{\n    errors\n    cache 30\n    forward . {upstreams} {{\n{block}    }}\n}}\n"


class TlsSettingsWithoutTls(Rule):
    """`forward` has settings for TLS and no upstream with `tls://`, so queries leave unencrypted.

    ## Why
    The scheme of an upstream decides how it is asked: `9.9.9.9` is plain DNS on port 53, and `tls://9.9.9.9` is DNS over TLS
    on port 853. `tls_servername` and `tls` only set what is used for upstreams with `tls://` or `https://`. Without one, they
    silently have no effect, and everybody on the way can read and change the queries. The addresses of
    `/etc/resolv.conf` are always asked in plain DNS.

    ## Fix
    Adds `tls://` to the upstreams, if all of them are addresses without a port, or with port 853. The fix is unsafe because it
    fails if an upstream does not speak TLS.

    ## References
    - https://coredns.io/plugins/forward/
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/forward/setup.go (parseStanza)
    """

    code = "KPL256"
    name = "tls-settings-without-tls"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "tls"
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(
            corefile(_block("1.1.1.1 dns://1.0.0.1:853 2606:4700:4700::1111", "tls_servername cloudflare-dns.com")),
            flags=["tls_servername cloudflare-dns.com"],
            fixed=_block(
                "tls://1.1.1.1 tls://1.0.0.1:853 tls://2606:4700:4700::1111", "tls_servername cloudflare-dns.com"
            ),
            safe=False,
            says=["`tls_servername` has no effect, because no upstream has `tls://`, so queries leave unencrypted"],
        ),
        Bad(corefile(_block("/etc/resolv.conf", "tls_servername dns.example")), flags=["tls_servername dns.example"]),
        Bad(corefile(_block("10.0.0.2:53", "tls")), flags=["tls"], says=["`tls` has no effect"]),
        Good(corefile(_block("tls://1.1.1.1", "tls_servername cloudflare-dns.com"))),
        Good(corefile(_block("tls://10.0.0.2 10.0.0.3", "tls_servername dns.example"))),
        Good(corefile(_block("https://1.1.1.1", "tls_servername cloudflare-dns.com"))),
        Good(corefile(_block("10.0.0.2", "max_concurrent 1000"))),
        Good(corefile(_block("10.0.0.2 {$UPSTREAM}", "tls_servername dns.example"))),
        Good(
            corefile(
                ". {\n    errors\n    cache 30\n    grpc . 10.0.0.2 {\n        tls_servername dns.example\n    }\n}\n"
            )
        ),
    ]

    def check(self, directive: Directive) -> Iterator[Finding]:
        """See the class."""
        upstreams = directive.args[1:]
        option = directive.get("tls_servername") or directive.get("tls")
        if directive.name != "forward" or option is None:
            return
        if not upstreams or any(each.startswith(_ENCRYPTED) or is_placeholder(each) for each in upstreams):
            return
        fix = None
        found = [_PLAIN.fullmatch(each) for each in upstreams]
        edits = [
            Edit(*each.span, f"tls://{match.group(1)}")
            for each, match in zip(upstreams, found, strict=True)
            if match is not None
        ]
        if len(edits) == len(upstreams):
            fix = Fix("Add `tls://` to the upstreams", tuple(edits), safe=False)
        yield self.finding(
            option.span,
            f"`{option.name}` has no effect, because no upstream has `tls://`, so queries leave unencrypted",
            help="Add `tls://` to the upstreams.",
            fix=fix,
        )
