"""KPL220."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, Directive

_LAST = ("grpc", "erratic", "whoami", "nomad")


class UnreachablePlugin(Rule):
    """`forward .` answers every query first, so queries never reach the plugin after it.

    ## Why
    The order of the plugins is fixed when CoreDNS is built; the position of a line in the file has no meaning. `grpc`,
    `erratic`, `whoami` and `nomad` come after `forward`, and `forward .` passes no query on: it answers, or fails. If a
    block has several `forward .` (CoreDNS 1.9.4 and later), the first one answers everything, unless it has `next` or
    `next_on_nodata`.

    ## Fix
    There is no automatic fix, because only you know which of the two to remove.

    ## References
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin.cfg
    - https://github.com/coredns/coredns/issues/3124
    """

    code = "KPL220"
    name = "unreachable-plugin"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "forward"
    examples = [
        Bad(
            corefile("lan {\n    errors\n    whoami\n    cache 30\n    forward . 10.0.0.2\n}\n"),
            flags=["whoami"],
            other=["order-without-meaning"],
        ),
        Bad(
            corefile("lan {\n    errors\n    cache 30\n    forward . 10.0.0.2\n    forward . 10.0.0.3\n}\n"),
            flags=["forward"],
        ),
        Bad(
            corefile("lan {\n    errors\n    cache 30\n    forward . 10.0.0.2\n    nomad service.lan\n}\n"),
            flags=["nomad"],
        ),
        Good(corefile("lan {\n    errors\n    cache 30\n    forward a.lan 10.0.0.2\n    whoami\n}\n")),
        Good(
            corefile(
                "lan {\n    errors\n    cache 30\n    forward . 10.0.0.2 {\n        except b.lan\n    }\n    whoami\n}\n"
            )
        ),
        Good(
            corefile("lan {\n    errors\n    cache 30\n    forward . 10.0.0.2\n    forward a.lan 10.0.0.3\n}\n"),
            other=["corefile-refused"],
        ),
        Good(
            corefile(
                "lan {\n    errors\n    cache 30\n    forward . 10.0.0.2 {\n        next NXDOMAIN\n    }\n    whoami\n}\n"
            )
        ),
        Bad(
            corefile(
                "(up) {\n    forward . 10.0.0.2\n}\nlan {\n    errors\n    cache 30\n    import up\n    whoami\n}\n"
            ),
            flags=["whoami"],
        ),
    ]

    def check(self, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        for server in (*corefile.servers, *corefile.snippets):
            if not any(directive.name in (*_LAST, "forward") for directive in server.directives):
                continue
            forward = next(filter(_answers_everything, server.all("forward")), None)
            if forward is None:
                continue
            related = (
                [Related(forward.head, "this `forward` answers every query")] if forward in server.directives else []
            )
            forwards = server.all("forward")
            later = {id(each) for each in forwards[forwards.index(forward) + 1 :] if each.args[:1] == ["."]}
            for directive in server.directives:
                if id(directive) in later or directive.name in _LAST:
                    yield self.finding(
                        directive.name.span,
                        f"`{directive.name}` comes after `forward .`, which passes no query on, so queries never reach it",
                        help="Remove it. Or forward only some zones.",
                        related=related,
                    )


def _answers_everything(forward: Directive) -> bool:
    return forward.args[:1] == ["."] and not any(map(forward.get, ("except", "next", "next_on_nodata")))
