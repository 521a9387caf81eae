"""Whether kpl writes all files that a fix edits: edits in several files are made in all of them or in none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kpl.inputs.document import Document, Reading
from kpl.lint.located import Located
from kpl.lint.settings import Settings
from kpl.lint.suppression import Suppressions
from kpl.text.edit import Edit, Fix
from kpl.text.source import SourceOrigin
from kpl.text.span import Span


def why_torn(finding: Located, fix: Fix, by_source: Mapping[int, Reading], settings: Settings) -> str | None:
    """Why kpl must not make the edits of `fix`, that of `finding`, in one of the files; None where it may in each.

    `by_source` are the files of the run by the identity of their source.
    """
    for document, edits in fix.elsewhere:
        if not isinstance(document, Document) or document.source is finding.source or not edits:
            continue
        reading = by_source.get(id(document.source))
        reason = "is not part of this run" if reading is None else reading.not_written
        if reading is not None and not reason:
            if SourceOrigin.STANDARD_INPUT in (finding.source.origin, document.source.origin):
                reason = "kpl does not write together with standard input"
            elif all(each.code != finding.code for each in settings.rules_for(document.path)):
                reason = f"has {finding.code} turned off by the configuration"
            elif _is_suppressed(finding, document, edits, reading):
                reason = f"suppresses {finding.code} there"
        if reason:
            return f"it also edits {document.path}, which {reason}"
    return None


def _is_suppressed(finding: Located, document: Document, edits: tuple[Edit, ...], reading: Reading) -> bool:
    suppressions = Suppressions(reading.source, reading.documents)
    lines = (Span(at, at) for edit in edits for at in _line_starts(document.embedding.text, edit))
    return any(
        suppressions.silences(finding.code, finding.name, document, span, document.embedding.host_span(span))
        for span in lines
    )


def _line_starts(text: str, edit: Edit) -> Iterator[int]:
    """Where an edit starts, and each line that starts in what it replaces."""
    yield edit.start
    yield from (at + 1 for at in range(edit.start, edit.end - 1) if text[at] == "\n")
