"""KPL217."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Span, Stop, corefile
from kpl.corefiles import Corefile, tokenize
from kpl.edits import enclosed

_OPENING = re.compile(r"\{[$%][A-Za-z_]\w*:?-?")
_DEFAULT = re.compile(r"\{\$([A-Za-z_]\w*)(:-?|-)([^}]*)\}|\{%([A-Za-z_]\w*)(:-?|-)((?:(?!%\}).)*)%\}")


class VariableDefault(Rule):
    """CoreDNS does not support a default for a variable, so the word is empty.

    ## Why
    Caddy reads `{$NAME:default}`, but CoreDNS reads all of `NAME:default` as the name of the variable. No variable has
    such a name, and an unset variable is empty: the word is missing, or a key is dropped together with its server
    block.

    ## Fix
    There is no automatic fix. Set the variable in the container, and write `{$NAME}`.

    ## References
    - https://coredns.io/manual/configuration/#environment-variables
    - https://github.com/coredns/caddy/blob/master/caddyfile/parse.go (replaceEnvVars)
    """

    code = "KPL217"
    name = "variable-default"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = r"\{[$%]"
    in_templates = True
    examples = [
        Bad(corefile("lan {\n    errors\n    cache {$TTL:30}\n    whoami\n}\n"), flags=["{$TTL:30}"]),
        Good(corefile("lan {\n    errors\n    cache {$TTL}\n    whoami\n}\n")),
        Bad(
            corefile("lan {\n    errors\n    cache {%TTL:30%}\n    whoami\n}\n"),
            flags=["{%TTL:30%}"],
            says=["a variable called `TTL:30`", "Or write `{$TTL}`"],
        ),
    ]

    def check(self, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        for word in tokenize(corefile.text):
            written = corefile.text[slice(*word.span)]
            for place in enclosed(written, _OPENING, {"{$": "}", "{%": "%}"}):
                found = _DEFAULT.fullmatch(written, *place)
                if found is None:
                    continue
                name = found[1] or found[4]
                start = word.span.start + found.start()
                yield self.finding(
                    Span(start, start + len(found.group())),
                    f"CoreDNS does not support defaults, so it looks for a variable called `{found.group()[2:].rstrip('%}')}` and "
                    "finds none",
                    help=f"Replace it with the value. Or write `{{${name}}}`, and set `{name}` in the container.",
                )
