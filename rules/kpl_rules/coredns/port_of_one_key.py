"""KPL226."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, ServerBlock, corefile_placeholder

_PORT = re.compile(r":(\d+)$")


class PortOfOneKey(Rule):
    """Only the last key of the server block has the port, so the other keys are served on port 53.

    ## Why
    Each key has its own port, or 53 if it has none. `a.org b.org:1053` serves `a.org` on port 53. The chart `coredns`
    prints one port after the last zone, so several zones in one server end up on two ports.

    ## Fix
    Adds the same port to the keys before it. The fix is unsafe, because the block may be meant as it is.

    ## References
    - https://coredns.io/manual/configuration/#server-blocks
    """

    code = "KPL226"
    name = "port-of-one-key"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = ":"
    examples = [
        Bad(
            corefile("a.lan b.lan:1053 {\n    errors\n    whoami\n}\n"),
            flags=["a.lan"],
            fixed="a.lan:1053 b.lan:1053 {\n    errors\n    whoami\n}\n",
            safe=False,
        ),
        Good(corefile("a.lan:1053 b.lan:1053 {\n    errors\n    whoami\n}\n")),
        Good(corefile("a.lan b.lan {\n    errors\n    whoami\n}\n")),
        Good(corefile("a.lan b.lan:53 {\n    errors\n    whoami\n}\n")),
        Good(corefile("a.lan tls://b.lan:8853 {\n    tls c k\n    errors\n    whoami\n}\n")),
        Bad(
            corefile("a.lan b.lan c.lan:1053 {\n    errors\n    whoami\n}\n"),
            flags=["a.lan"],
            fixed="a.lan:1053 b.lan:1053 c.lan:1053 {\n    errors\n    whoami\n}\n",
            safe=False,
            says=["only `c.lan:1053` has port 1053, so `a.lan` is served on port 53"],
        ),
        Bad(corefile('"a.lan" b.lan:1053 {\n    errors\n    whoami\n}\n'), flags=['"a.lan"']),
        Good(corefile("b.lan:1053 {\n    errors\n    whoami\n}\n")),
        Good(corefile("a.lan:54 b.lan:1053 {\n    errors\n    whoami\n}\n")),
        Good(corefile("tls://a.lan b.lan:1053 {\n    tls c k\n    errors\n    whoami\n}\n")),
        Good(corefile("{$A} b.lan:1053 {\n    errors\n    whoami\n}\n")),
        Good(corefile("a.lan b.lan:1053 {\n    errors\n    whoami\n    {{ .Values.x }}\n}\n")),
    ]

    def check(self, server: ServerBlock, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        if len(server.keys) < 2 or server.snippet is not None or corefile_placeholder(corefile.text) is not None:
            return
        *others, last = server.keys
        port = _PORT.search(last)
        if port is None or port[1] == "53" or any("://" in key or _PORT.search(key) or "{" in key for key in others):
            return
        if "://" in last:
            return
        edits = tuple(Edit(*key.span, key + port.group()) for key in others)
        quoted = any(corefile.text[key.span.start] == '"' for key in others)
        yield self.finding(
            others[0].span,
            f"only `{last}` has port {port[1]}, so `{others[0]}` is served on port 53",
            help=f"Add the port to every key: `{others[0]}{port.group()}`.",
            fix=None if quoted else Fix("Add the port to every key", edits, safe=False),
        )
