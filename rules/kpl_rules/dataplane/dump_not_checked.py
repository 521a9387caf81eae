"""KPL498."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Document, Finding, Good, LateExamples, Rule, Severity, Span, Stop, dump
from kpl.dumps import is_dump
from kpl.edits import line_end
from kpl.words import and_more

LONGEST = 65_536
"""In characters; no format of a dump is read in longer lines."""

_START = "*nat\n:KUBE-SERVICES - [0:0]\n"


def _examples() -> list[Bad | Good]:
    strange = "".join(f"-A KUBE-SERVICES -m m --o{number} 1 -j RETURN\n" for number in range(1100))
    long = f'-A KUBE-SERVICES -m comment --comment "{"a" * LONGEST}" -j RETURN\n'
    return [
        Bad(dump(f"{_START}{strange}COMMIT\n"), flags=["*nat"]),
        Bad(dump(f"{_START}{long}COMMIT\n"), flags=["-A KUBE-SERVICES -m comment --comment"]),
        Good(dump(f'{_START}-A KUBE-SERVICES -m comment --comment "a" -j RETURN\nwhat is this\nCOMMIT\n')),
    ]


class DumpNotChecked(Rule):
    """The dump does not look like the output of a node; kpl checked only part of it.

    ## Why
    The rules of a node have a few dozen forms and lines of up to a few hundred characters: iptables-restore 1.8.9 reads
    only lines of less than 10,240 bytes. To stay fast with any input, kpl skips lines of more than 65,536 characters.
    If a dump has more than 1,000 forms of rules and they make up more than a twentieth of the lines, kpl reads only
    chain and target of the rules beyond these forms. Findings about such a dump are incomplete, and the checks that
    need complete tables do not run.

    ## Fix
    Take the dump again, without other text between its lines.

    ## References
    - https://man7.org/linux/man-pages/man8/iptables-save.8.html
    """

    code = "KPL498"
    name = "dump-not-checked"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Dump"
    examples = LateExamples(_examples)

    def check(self, document: Document) -> Iterator[Finding]:
        """See the class."""
        model = document.model
        if not is_dump(document):
            return
        if getattr(model, "shapes_exploded", False):
            start = next((table.start for table in model.tables), 0)
            yield self.finding(
                Span(start, line_end(model.text, start)),
                "this dump has more than 1,000 forms of rules, unlike any node, so kpl reads only chain and target "
                "of the rest and checks only part of the dump",
                help="Take the dump again, without other text between its lines.",
            )
        long = [at for at in self._unread(document) if line_end(model.text, at) - at > LONGEST]
        if long:
            length = line_end(model.text, long[0]) - long[0]
            yield self.finding(
                Span(long[0], long[0] + len(model.text[long[0] : long[0] + 40].rpartition(" ")[0])),
                f"this line of {length:,} characters{and_more(len(long) - 1, 'line')} is longer than the limit of "
                f"{LONGEST:,}, so kpl skips it",
                help="Take the dump again.",
            )

    def _unread(self, document: Document) -> Iterator[int]:
        """Where lines start that were not read; JSON has no lines of its own."""
        if getattr(document.model, "json", False):
            return
        yield from document.model.unread
        for table in getattr(document.model, "tables", ()):
            yield from getattr(table, "unread", ())
