"""KPL002."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Fix, Good, Rule, Severity, Stop, Suppression, corefile


class UnusedSuppression(Rule):
    """A `# kpl: ignore[...]` comment silences nothing.

    ## Why
    The comment outlives the problem that it excused, and then silences the next problem of the same kind at this place.

    A rule that looks at more than one file (it joins files, or depends on the version of CoreDNS or Kubernetes) is judged
    only when the run covers a whole repository (`kpl lint` in the folder that holds `.git`) and every document of it
    parses. A commit hook passes single files, which do not show what such a comment silences.

    ## Fix
    Removes the rule from the brackets, or the comment when it names no other rule. A comment with a reason, after the
    brackets or in a comment next to it, is never removed automatically. The fix is unsafe where another run may find
    something: for a rule that looks at more than one file or has options, and for a name that a plug-in may define.

    ## References
    - https://docs.astral.sh/ruff/rules/unused-noqa/ (the same idea for Python)
    """

    code = "KPL002"
    name = "unused-suppression"
    stop = Stop.LOADING
    severity = Severity.WARNING
    since = "0.1.0"
    examples = [
        Bad(
            corefile("lan {\n    errors\n    log  # kpl: ignore[log-format-is-a-scope]\n    whoami\n}\n"),
            flags=["log-format-is-a-scope"],
            fixed="lan {\n    errors\n    log\n    whoami\n}\n",
        ),
        Bad(
            corefile("# kpl: ignore-file[missing-cache, missing-cash]\n. {\n    forward . 9.9.9.9\n}\n"),
            flags=["missing-cash"],
            fixed="# kpl: ignore-file[missing-cache]\n. {\n    forward . 9.9.9.9\n}\n",
            safe=False,
        ),
        # its reason is for a person to judge
        Bad(
            corefile("lan {\n    errors\n    log  # kpl: ignore[log-format-is-a-scope] our parser\n    whoami\n}\n"),
            flags=["log-format-is-a-scope"],
        ),
        # what it silences may be seen with the other files of the cluster
        Good(corefile("lan {\n    errors\n    whoami  # kpl: ignore[missing-cache]\n}\n")),
        Good(corefile(". {\n    # kpl: ignore[missing-cache] the upstream has one\n    forward . 9.9.9.9\n}\n")),
        Good(corefile(". {\n    forward . 9.9.9.9  # kpl: ignore[KPL201]\n}\n")),
    ]

    def check(self, suppression: Suppression) -> Iterator[Finding]:
        """See the class."""
        if not suppression.names:
            yield self.finding(
                suppression.span,
                "this comment names no rule, so it silences nothing",
                help="Add the rule in brackets: `# kpl: ignore[missing-cache] reason`.",
            )
            return
        idle = suppression.idle
        fix = None
        if not suppression.has_reason:
            safe = all(name in suppression.certain for name in idle)
            fix = Fix("Remove what silences nothing", suppression.removal(), safe)
        for number, name in enumerate(idle):
            reason = "is not the name of a rule" if name in suppression.unknown else "has no finding here"
            yield self.finding(
                name.span,
                f"`{name}` {reason}, so naming it silences nothing",
                help="Remove it, so that it cannot hide a later problem.",
                fix=fix if number == 0 else None,
            )
