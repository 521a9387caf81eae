"""KPL239."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Stop, Version, corefile
from kpl.corefiles import Corefile, Directive, is_placeholder, name_rewrite

_AUTO = Version("1.8.4")
"""The first release with `answer auto`."""


class RewriteWithoutAnswer(Rule):
    """This `rewrite` has no `answer`, so answers have the rewritten name, and clients with glibc discard them.

    ## Why
    `rewrite name` changes the name in the question. The answer comes back with the new name, and CoreDNS changes it back
    for `exact` rules only. With `prefix`, `suffix`, `substring` and `regex`, the client gets an answer for a name that it
    did not ask for. glibc ignores such records, so `getaddrinfo` fails although `dig` shows an address; musl and Go's
    resolver do not compare the names.

    ## Fix
    `answer auto` (CoreDNS 1.8.4 and later) changes the names back. The fix is marked as unsafe, because an answer that
    a client already accepts then has another name.

    ## References
    - https://coredns.io/plugins/rewrite/#response-rewrites
    - https://sourceware.org/git/?p=glibc.git;a=blob;f=resolv/nss_dns/dns-host.c;hb=glibc-2.40 (getanswer_r)
    - https://github.com/coredns/coredns/issues/2249
    """

    code = "KPL239"
    name = "rewrite-without-answer"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "rewrite"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            corefile("lan {\n    errors\n    rewrite name suffix .shop.lan .web.lan\n    whoami\n}\n"),
            flags=["rewrite name suffix .shop.lan .web.lan"],
            says=["answers have the rewritten name", "Add `answer auto`."],
            fixed="lan {\n    errors\n    rewrite name suffix .shop.lan .web.lan answer auto\n    whoami\n}\n",
            safe=False,
        ),
        Bad(
            corefile(
                "lan {\n    errors\n    rewrite stop {\n        name regex (.*)\\.shop\\.lan {1}.web.lan\n    }\n    whoami\n}\n"
            ),
            flags=["rewrite stop"],
            fixed=(
                "lan {\n    errors\n    rewrite stop {\n        name regex (.*)\\.shop\\.lan {1}.web.lan\n        answer auto\n"
                "    }\n    whoami\n}\n"
            ),
            safe=False,
        ),
        Bad(
            corefile("lan {\n    errors\n    rewrite name substring shop web # all\n    whoami\n}\n"),
            flags=["rewrite name substring shop web"],
            fixed="lan {\n    errors\n    rewrite name substring shop web answer auto # all\n    whoami\n}\n",
            safe=False,
        ),
        # there is no `answer auto` yet
        Bad(
            corefile("lan {\n    errors\n    rewrite name prefix shop web\n    whoami\n}\n"),
            facts={"coredns": "1.8.3"},
            flags=["rewrite name prefix shop web"],
            says=["Use CoreDNS 1.8.4 or later, and add `answer auto`."],
        ),
        Bad(
            corefile("lan {\n    errors\n    rewrite name regex (.*)\\.shop\\.lan {1}.web.lan\n    whoami\n}\n"),
            facts={"coredns": "1.8.3"},
            flags=["rewrite name regex (.*)\\.shop\\.lan {1}.web.lan"],
            says=["Add `answer name FROM TO`"],
        ),
        Bad(
            corefile("lan {\n    errors\n    rewrite name suffix .shop.lan .web.lan\n    whoami\n}\n"),
            facts={"coredns": "1.8.4"},
            flags=["rewrite name suffix .shop.lan .web.lan"],
            fixed="lan {\n    errors\n    rewrite name suffix .shop.lan .web.lan answer auto\n    whoami\n}\n",
            safe=False,
        ),
        Good(corefile("lan {\n    errors\n    rewrite name suffix .shop.lan .web.lan answer auto\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    rewrite name exact a.shop.lan a.web.lan\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    rewrite name a.shop.lan a.web.lan\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    rewrite cname suffix shop.lan. web.lan.\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    rewrite {{ .Values.rewrite }} name suffix .shop.lan .web.lan\n    whoami\n}\n")),
        Good(
            corefile(
                "lan {\n    errors\n    rewrite stop {\n        name regex (.*)\\.shop\\.lan {1}.web.lan\n"
                "        {{ .Values.answer }}\n    }\n    whoami\n}\n"
            ),
            other=["corefile-refused"],
        ),
    ]  # fmt: skip

    def check(self, directive: Directive, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if directive.name != "rewrite":
            return
        rewrite = name_rewrite(directive)
        if rewrite is None or rewrite.kind != "name" or rewrite.match == "exact" or rewrite.options:
            return
        if any(map(is_placeholder, (*directive.args, *(line.name for line in directive.properties)))):
            return
        help_, fix = "Add `answer auto`.", None
        if cluster.coredns_version_for(corefile) >= _AUTO:
            in_block = len(directive.args) < 2
            at = rewrite.target.span.end
            edit = corefile.add_property(directive, "answer auto") if in_block else Edit(at, at, " answer auto")
            fix = Fix("Add `answer auto`", (edit,), safe=False)
        elif rewrite.match == "regex":
            help_ = "Add `answer name FROM TO`, with a regular expression for the new name."
        else:
            help_ = f"Use CoreDNS {_AUTO} or later, and add `answer auto`."
        yield self.finding(
            directive.head,
            "this `rewrite` has no `answer`, so answers have the rewritten name and clients with glibc discard them",
            help=help_,
            fix=fix,
        )
