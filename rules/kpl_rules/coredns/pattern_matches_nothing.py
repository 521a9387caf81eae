"""KPL238."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Stop, Version, corefile
from kpl.corefiles import (
    Corefile,
    Directive,
    NameRewrite,
    ends_before_dot,
    is_placeholder,
    name_rewrite,
    upper_case_letter,
)
from kpl.edits import Text

_EXACT_TARGETS_NORMALIZED = Version("1.14.7")
"""From this release on, `rewrite cname exact` adds the last dot itself."""


class PatternMatchesNothing(Rule):
    """This pattern matches no name, because names that CoreDNS compares end in a dot and are in lower case.

    ## Why
    CoreDNS compares names in their full form: `web.shop.example.` with a last dot, in lower case. A regular expression
    that ends in `example$` therefore matches no name, in a `rewrite` as well as in the `match` of a `template`, and a
    regular expression with an uppercase letter matches none without `(?i)`. For `name`, CoreDNS adds the last dot to
    `exact` and `suffix` itself. For the targets of CNAME records it does this only for `exact`, and only in 1.14.7 and
    later; `cname suffix` without a last dot matches no target in any release.

    ## Fix
    kpl adds the dot: `\\.` before the `$`, or `.` at the end of the name. The fix is marked as unsafe, because the line
    then has an effect that it did not have before.

    ## References
    - https://coredns.io/plugins/rewrite/
    - https://coredns.io/plugins/template/
    - https://github.com/coredns/coredns/blob/v1.14.6/plugin/rewrite/cname_target.go
    - https://github.com/coredns/coredns/issues/6922
    """

    code = "KPL238"
    name = "pattern-matches-nothing"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "rewrite|match"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            corefile(
                "lan {\n    errors\n    rewrite name regex (.*)\\.shop\\.lan$ {1}.web.lan answer auto\n    whoami\n}\n"
            ),
            flags=["(.*)\\.shop\\.lan$"],
            says=["matches no name", "Write `\\.` before the `$`."],
            fixed=(
                "lan {\n    errors\n    rewrite name regex (.*)\\.shop\\.lan\\.$ {1}.web.lan answer auto\n    whoami\n}\n"
            ),
            safe=False,
        ),
        Good(
            corefile(
                "lan {\n    errors\n    rewrite name regex (.*)\\.shop\\.lan\\.$ {1}.web.lan answer auto\n    whoami\n}\n"
            )
        ),
        Good(
            corefile(
                "lan {\n    errors\n    rewrite name regex (.*)\\.shop\\.lan {1}.web.lan answer auto\n    whoami\n}\n"
            )
        ),
        # the answers' names are compared in the same way
        Bad(
            corefile(
                "lan {\n    errors\n    rewrite stop {\n        name regex (.*)\\.shop\\.lan {1}.web.lan\n"
                "        answer name (.*)\\.web\\.lan$ {1}.shop.lan\n    }\n    whoami\n}\n"
            ),
            flags=["(.*)\\.web\\.lan$"],
            fixed=(
                "lan {\n    errors\n    rewrite stop {\n        name regex (.*)\\.shop\\.lan {1}.web.lan\n"
                "        answer name (.*)\\.web\\.lan\\.$ {1}.shop.lan\n    }\n    whoami\n}\n"
            ),
            safe=False,
        ),
        Bad(
            corefile(
                "lan {\n    errors\n    template IN A {\n        match ^web[.]lan$\n"
                '        answer "{{ .Name }} 60 IN A 10.0.0.1"\n        fallthrough\n    }\n    whoami\n}\n'
            ),
            flags=["^web[.]lan$"],
            fixed=(
                "lan {\n    errors\n    template IN A {\n        match ^web[.]lan\\.$\n"
                '        answer "{{ .Name }} 60 IN A 10.0.0.1"\n        fallthrough\n    }\n    whoami\n}\n'
            ),
            safe=False,
        ),
        Bad(
            corefile(
                "lan {\n    errors\n    rewrite name regex (.*)\\.Shop\\.lan {1}.web.lan answer auto\n    whoami\n}\n"
            ),
            flags=["(.*)\\.Shop\\.lan"],
            says=["has the uppercase letter `S`", "Write the letter in lower case"],
        ),
        Good(
            corefile(
                "lan {\n    errors\n    rewrite name regex (?i)(.*)\\.Shop\\.lan {1}.web.lan answer auto\n    whoami\n}\n"
            )
        ),
        # CNAME targets
        Bad(
            corefile("lan {\n    errors\n    rewrite cname suffix shop.lan web.lan.\n    whoami\n}\n"),
            flags=["shop.lan"],
            says=["`shop.lan` has no last dot, so it matches no CNAME target"],
            fixed="lan {\n    errors\n    rewrite cname suffix shop.lan. web.lan.\n    whoami\n}\n",
            safe=False,
        ),
        Good(corefile("lan {\n    errors\n    rewrite cname suffix shop.lan. web.lan.\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    rewrite cname exact shop.lan web.lan\n    whoami\n}\n")),
        Bad(
            corefile("lan {\n    errors\n    rewrite cname exact shop.lan web.lan\n    whoami\n}\n"),
            facts={"coredns": "1.14.6"},
            flags=["shop.lan"],
            says=["before CoreDNS 1.14.7"],
            fixed="lan {\n    errors\n    rewrite cname exact shop.lan. web.lan.\n    whoami\n}\n",
            safe=False,
        ),
        Bad(
            corefile("lan {\n    errors\n    rewrite cname shop.lan web.lan.\n    whoami\n}\n"),
            facts={"coredns": "1.14.6"},
            flags=["shop.lan"],
            fixed="lan {\n    errors\n    rewrite cname shop.lan. web.lan.\n    whoami\n}\n",
            safe=False,
        ),
        Bad(
            corefile("lan {\n    errors\n    rewrite cname regex (.*)\\.shop\\.lan$ {1}.web.lan.\n    whoami\n}\n"),
            flags=["(.*)\\.shop\\.lan$"],
            fixed="lan {\n    errors\n    rewrite cname regex (.*)\\.shop\\.lan\\.$ {1}.web.lan.\n    whoami\n}\n",
            safe=False,
        ),
        Good(corefile("lan {\n    errors\n    rewrite cname prefix shop. web.\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    rewrite cname regex {{ .from }}$ web.lan.\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    rewrite name suffix shop.lan web.lan answer auto\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    rewrite type ANY HINFO\n    whoami\n}\n")),
    ]

    def check(self, directive: Directive, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if directive.name == "template":
            for line in directive.all("match"):
                yield from self._patterns(line.args, "a `template`")
        elif directive.name == "rewrite" and (rewrite := name_rewrite(directive)) is not None:
            if rewrite.match == "regex":
                yield from self._patterns([rewrite.pattern], "a `rewrite`", is_question=rewrite.kind == "name")
            yield from self._patterns(rewrite.answer_patterns, "an answer rule", is_question=False)
            if rewrite.kind == "cname" and not is_placeholder(rewrite.pattern):
                yield from self._target(rewrite, cluster.coredns_version_for(corefile))

    def _patterns(self, patterns: list[Text], what: str, is_question: bool = True) -> Iterator[Finding]:
        for pattern in patterns:
            if is_placeholder(pattern):
                continue
            if ends_before_dot(pattern):
                is_as_written = pattern.span.end - pattern.span.start == len(pattern)
                yield self.finding(
                    pattern.span,
                    f"`{pattern}` matches no name, because each name that {what} compares ends in a dot",
                    help="Write `\\.` before the `$`.",
                    fix=Fix("Write `\\.` before the `$`", (Edit(*pattern.span, f"{pattern[:-1]}\\.$"),), safe=False)
                    if is_as_written
                    else None,
                )
            elif is_question and (upper := upper_case_letter(pattern)) is not None:
                yield self.finding(
                    pattern.span,
                    f"`{pattern}` has the uppercase letter `{pattern[upper]}`, so it matches no name: CoreDNS compares "
                    "names in lower case",
                    help="Write the letter in lower case, or start the pattern with `(?i)`.",
                )

    def _target(self, rewrite: NameRewrite, release: Version) -> Iterator[Finding]:
        is_old = rewrite.match == "exact" and release < _EXACT_TARGETS_NORMALIZED
        if rewrite.pattern.endswith(".") or not (is_old or rewrite.match == "suffix"):
            return
        when = f" before CoreDNS {_EXACT_TARGETS_NORMALIZED}" if is_old else ""
        names = [name for name in (rewrite.pattern, rewrite.target) if not name.endswith(".")]
        are_as_written = all(name.span.end - name.span.start == len(name) for name in names)
        edits = tuple(Edit(*name.span, f"{name}.") for name in names)
        yield self.finding(
            rewrite.pattern.span,
            f"`{rewrite.pattern}` has no last dot, so it matches no CNAME target{when}",
            help="Add a dot at the end of both names.",
            fix=Fix("Add the last dot", edits, safe=False) if are_as_written else None,
        )
