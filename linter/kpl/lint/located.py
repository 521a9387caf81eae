"""A finding in the file that the user has open, and what a run found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.inputs.document import Document
from kpl.inputs.objectname import ObjectName
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


class FileEdits(NamedTuple):
    """Edits of one file: offsets into `source.text`."""

    source: Source
    edits: tuple[Edit, ...]


class LocatedFix(NamedTuple):
    """A fix as edits of files; see `Fix`. `edits` are those in the file of the finding."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True
    restructures: bool = False
    elsewhere: tuple[FileEdits, ...] = ()
    """Those in other files, which are made together with `edits` or not at all."""


class Located(NamedTuple):
    """A finding in the file that the user has open: `span` is offsets into `source.text`."""

    source: Source
    span: Span
    code: str
    name: str
    severity: Severity
    message: str
    help: str
    url: str
    fix: LocatedFix | None = None
    related: tuple[LocatedRelated, ...] = ()
    clusters: tuple[str, ...] = ()
    """The clusters in which it holds, where that is not each one that the file belongs to."""
    confidence: Confidence = Confidence.HIGH
    object: ObjectName | None = None
    """The object in YAML that it is in."""
    template: str = ""
    """The template that Helm rendered this object from, where the file says so."""

    @property
    def path(self) -> str:
        """The file."""
        return self.source.path

    @property
    def edited(self) -> list[FileEdits]:
        """What its fix edits, its own file first, even where the fix has no edits in that one."""
        return [] if self.fix is None else [FileEdits(self.source, self.fix.edits), *self.fix.elsewhere]


class Withheld(NamedTuple):
    """A finding whose fix is not offered, and why."""

    finding: Located
    problem: str


@dataclass(eq=False, repr=False)
class Result:
    """What a run found: `findings` in the order of the files and of their places, and how many were silenced."""

    findings: list[Located] = field(default_factory=list)
    silenced: int = 0
    unwritten: dict[str, str] = field(default_factory=dict)
    """The files in which a finding could be fixed, if `kpl fix` wrote them back, with the reason why it does not."""
    withheld: list[Withheld] = field(default_factory=list)
    """The fixes with edits in other files that are not offered because kpl does not write all of these."""
    reaching: set[str] = field(default_factory=set)
    """The files with findings whose fixes have edits in other files, whatever became of these fixes."""

    def add(self, other: Result) -> None:
        """Add what was found in other files."""
        self.findings += other.findings
        self.silenced += other.silenced
        self.unwritten |= other.unwritten
        self.withheld += other.withheld
        self.reaching |= other.reaching


def locate(finding: Finding, document: Document, settings: Settings) -> Located:
    """A finding in `document`, or in another part of its file, in the file itself."""
    rule = finding.rule
    _ = document.model  # with which a document that is read late learns what object it is
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
        None if finding.fix is None else _located_fix(finding.fix, document),
        related,
        confidence=finding.confidence or rule.confidence,
        object=document.object,
        template=document.template,
    )


def _located_fix(fix: Fix, document: Document) -> LocatedFix | None:
    """`fix` as edits of files; None where a file cannot express them."""
    files: dict[int, FileEdits] = {}
    for where, edits in ((document, fix.edits), *fix.elsewhere):
        if not isinstance(where, Document):
            raise TypeError("the edits elsewhere of a fix are not in a Document")
        lifted = _lift(edits, where, fix.restructures)
        if lifted is None:
            return None
        made = files.get(id(where.source), FileEdits(where.source, ())).edits
        files[id(where.source)] = FileEdits(where.source, (*made, *lifted))
    own, *others = files.values()
    return LocatedFix(fix.title, own.edits, fix.safe, fix.restructures, tuple(each for each in others if each.edits))


def _lift(edits: Sequence[Edit], document: Document, restructures: bool) -> list[Edit] | None:
    # a line behind the last one of a block without its closing brace would break the file;
    # what restructures a Corefile was tried on CoreDNS's parser
    if (getattr(document.model, "unclosed", False) and not restructures) or not are_apart(edits):
        return None
    return document.embedding.host_edits(sorted(edits))
