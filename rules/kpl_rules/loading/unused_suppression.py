"""KPL002."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Fix, Good, Rule, Severity, Stop, Suppression, corefile


class UnusedSuppression(Rule):
    """A `# kpl: ignore[...]` comment silences nothing.

    ## Why
    It stays behind when what it excused is gone, and then silences the next fault of the same kind at this place without
    anybody having looked at it.

    ## Fix
    Takes the rule out of the brackets, or the whole comment when no other rule is named in it.

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
            corefile(". {\n    forward . 9.9.9.9\n    cache 30  # kpl: ignore[missing-cache] we want none\n}\n"),
            flags=["missing-cache"],
            fixed=". {\n    forward . 9.9.9.9\n    cache 30\n}\n",
        ),
        Bad(
            corefile("# kpl: ignore-file[missing-cache, missing-cash]\n. {\n    forward . 9.9.9.9\n}\n"),
            flags=["missing-cash"],
            fixed="# kpl: ignore-file[missing-cache]\n. {\n    forward . 9.9.9.9\n}\n",
        ),
        Good(corefile(". {\n    # kpl: ignore[missing-cache] the upstream has one\n    forward . 9.9.9.9\n}\n")),
        Good(corefile(". {\n    forward . 9.9.9.9  # kpl: ignore[KPL201]\n}\n")),
    ]

    def check(self, suppression: Suppression) -> Iterator[Finding]:
        """See the class."""
        if not suppression.names:
            yield self.finding(
                suppression.span,
                "this comment silences nothing, because it names no rule",
                help="Write the rule in brackets: `# kpl: ignore[missing-cache] reason`.",
            )
            return
        fix = Fix("Remove what silences nothing", suppression.removal())
        for number, name in enumerate(suppression.idle):
            reason = "no rule is called so" if name in suppression.unknown else "the rule finds nothing there"
            yield self.finding(
                name.span,
                f"`{name}` is silenced here for nothing: {reason}",
                help="Remove it, so that it cannot hide the next fault.",
                fix=fix if number == 0 else None,
            )
