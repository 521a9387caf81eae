"""A finding in the file that the user has open, and what a run found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from kpl.inputs.document import Document
from kpl.lint.rule import Confidence, Finding, Severity
from kpl.lint.settings import Settings
from kpl.text.edit import Edit, Fix, are_apart
from kpl.text.source import Source
from kpl.text.span import Span


class LocatedRelated(NamedTuple):
    """Another place of a finding, in the file that the user has open."""

    source: Source
    span: Span
    message: str


class Located(NamedTuple):
    """A finding in the file that the user has open: `span` and the edits of `fix` are offsets into `source.text`."""

    source: Source
    span: Span
    code: str
    name: str
    severity: Severity
    message: str
    help: str
    url: str
    fix: Fix | None = None
    related: tuple[LocatedRelated, ...] = ()
    clusters: tuple[str, ...] = ()
    """The clusters in which it holds, where that is not each one that the file belongs to."""
    confidence: Confidence = Confidence.HIGH

    @property
    def path(self) -> str:
        """The file."""
        return self.source.path


@dataclass(eq=False)
class Result:
    """What a run found: `findings` in the order of the files and of their places, and how many were silenced."""

    findings: list[Located] = field(default_factory=list)
    silenced: int = 0
    unwritten: dict[str, str] = field(default_factory=dict)
    """The files in which a finding could be fixed, if `kpl fix` wrote them back, with the reason why it does not."""

    def add(self, other: Result) -> None:
        """Add what was found in other files."""
        self.findings += other.findings
        self.silenced += other.silenced
        self.unwritten |= other.unwritten


def locate(finding: Finding, document: Document, settings: Settings) -> Located:
    """A finding in `document`, or in another part of its file, in the file itself."""
    rule = finding.rule
    severity = settings.severity(rule, document.path) or finding.severity or rule.severity
    related = tuple(
        LocatedRelated((home := each.document or document).source, home.embedding.host_span(each.span), each.message)
        for each in finding.related
    )
    return Located(
        document.source,
        document.embedding.host_span(finding.span),
        rule.code,
        rule.name,
        severity,
        finding.message,
        finding.help,
        rule.url(),
        _lift(finding.fix, document),
        related,
        confidence=finding.confidence or rule.confidence,
    )


def _lift(fix: Fix | None, document: Document) -> Fix | None:
    # a line behind the last one of a block without its closing brace would break the file;
    # what restructures a Corefile was tried on CoreDNS's parser
    if fix is None or (getattr(document.model, "unclosed", False) and not fix.restructures):
        return None
    if not are_apart(fix.edits):
        return None
    edits: list[Edit] | None = document.embedding.host_edits(sorted(fix.edits))
    return None if edits is None else replace(fix, edits=tuple(edits))
