"""KPL108."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Stop, files
from kpl.corefiles import is_placeholder
from kpl.poddns import ResolvConf
from kpl.words import closest

KEYWORDS = ("nameserver", "domain", "search", "sortlist", "options")
MOST_RELATED = 5

_SERVER = "nameserver 10.96.0.10\n"
_WITH_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):(\d+)|\[([0-9A-Fa-f:.]+)\](?::(\d+))?")
_NAME = re.compile(r"(?=[\w.-]*[g-wyz_-])[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?", re.ASCII)


class ResolvConfLineNotRead(Rule):
    """A line of resolv.conf is malformed, so resolvers ignore it.

    ## Why
    The keyword must start the line. glibc and musl silently ignore a line with whitespace before the keyword, a keyword
    that they do not know, such as `nameservers`, and a `nameserver` that is not an IP address. Without any nameserver,
    a resolver asks 127.0.0.1, where usually nothing answers.

    ## Fix
    There is no automatic fix. If a program writes the file, change what that program writes.

    ## References
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html
    - https://git.musl-libc.org/cgit/musl/tree/src/network/resolvconf.c
    """

    code = "KPL108"
    name = "resolv-conf-line-not-read"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("setting-without-effect",)
    needs = "ResolvConf"
    examples = [
        Bad(
            files(**{"resolv.conf": f"{_SERVER}  search shop.example.com\n  options ndots:2\n"}),
            flags=["search shop.example.com"],
            says=["this line and 1 more start with whitespace, so resolvers ignore them"],
        ),
        Bad(
            files(**{"resolv.conf": f"{_SERVER}\toptions ndots:2\n"}),
            flags=["options ndots:2"],
            says=["this line starts with whitespace, so resolvers ignore it"],
        ),
        Bad(
            files(
                **{"resolv.conf": f"{_SERVER}nameserver 192.0.2.1:5353\nnameserver dns.example.com\noption ndots:2\n"}
            ),
            flags=["192.0.2.1:5353", "dns.example.com", "option"],
        ),
        Good(files(**{"resolv.conf": f"{_SERVER}nameserver fe80::1%eth0\nsearch shop.example.com\noptions ndots:2\n"})),
        # of OpenBSD
        Good(files(**{"resolv.conf": f"{_SERVER}lookup file bind\n"})),
    ]

    def check(self, conf: ResolvConf) -> Iterator[Finding]:
        """See the class."""
        indented = [line for line in conf.lines if line.indented and line.keyword in KEYWORDS]
        if indented:
            message = "this line starts with whitespace, so resolvers ignore it"
            if len(indented) > 1:
                message = f"this line and {len(indented) - 1} more start with whitespace, so resolvers ignore them"
            yield self.finding(
                indented[0].span,
                message,
                help="Remove the whitespace before the keyword.",
                related=[Related(line.span, "this line too") for line in indented[1 : MOST_RELATED + 1]],
            )
        for line in conf.lines:
            near = None if line.keyword in KEYWORDS else closest(line.keyword.lower(), KEYWORDS)
            if near is not None and line.values and not is_placeholder(line.keyword):
                yield self.finding(
                    line.keyword.span,
                    f"`{line.keyword}` is not a keyword of resolv.conf, so resolvers ignore the line",
                    help=f"Replace `{line.keyword}` with `{near[0]}`.",
                )
        for server in conf.nameservers:
            if found := _WITH_PORT.fullmatch(server):
                yield self.finding(
                    server.span,
                    f"`{server}` is not an IP address, so resolvers do not ask this server",
                    help=f"Replace it with `{found[1] or found[3]}`: resolvers use port 53, and the address takes no brackets.",
                )
            elif _NAME.fullmatch(server) and not is_placeholder(server):
                yield self.finding(
                    server.span,
                    f"`{server}` is a name, so resolvers do not ask this server",
                    help="Replace it with the server's IP address: no name can be resolved before a nameserver is known.",
                )
