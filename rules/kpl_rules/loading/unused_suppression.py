"""KPL002."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Fix, Good, Rule, Severity, Stop, Suppression, corefile


class UnusedSuppression(Rule):
    """A `# kpl: ignore[...]` comment silences nothing, but would hide the next problem of its kind.

    ## Why
    The comment has outlived the problem that it was written for. It would silence the next problem of the same kind in
    this place.

    Some rules look at more than one file: they join files, or depend on the version of CoreDNS or Kubernetes. The rule
    reports a comment for them only if the run covers a complete repository (`kpl lint` in the directory that contains
    `.git`) and every document in it parses. A commit hook passes single files, which do not show what such a comment
    silences.

    ## Fix
    Removes the rule from the brackets, or the comment if it names no other rule. kpl never removes a comment with a
    reason, after the brackets or in a comment next to it. The fix is unsafe if another run may still find something:
    for a rule that looks at more than one file or has options, and for a name that a plug-in may define.

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
            says=["`log-format-is-a-scope` has no finding here, so it silences nothing"],
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
        Bad(
            corefile("lan {\n    errors\n    # kpl: ignore[missing-cash, missing-casch]\n    whoami\n}\n"),
            flags=["missing-cash", "missing-casch"],
            fixed="lan {\n    errors\n    whoami\n}\n",
            safe=False,
            says=["`missing-cash` is not the name of a rule", "Remove `missing-casch`, so"],
        ),
        Bad(
            corefile("lan {\n    errors\n    whoami  # kpl: ignore\n}\n"),
            flags=["# kpl: ignore"],
            says=["names no rule"],
        ),
        # one of the two may be a rule of a plug-in
        Bad(
            corefile("lan {\n    errors\n    log  # kpl: ignore[log-format-is-a-scope, missing-cash]\n    whoami\n}\n"),
            flags=["log-format-is-a-scope", "missing-cash"],
            fixed="lan {\n    errors\n    log\n    whoami\n}\n",
            safe=False,
        ),
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
            fix = Fix("Remove the unused suppression", suppression.removal(), safe)
        for number, name in enumerate(idle):
            reason = "is not the name of a rule" if name in suppression.unknown else "has no finding here"
            yield self.finding(
                name.span,
                f"`{name}` {reason}, so it silences nothing",
                help=f"Remove `{name}`, so that it does not hide a later problem.",
                fix=fix if number == 0 else None,
            )
