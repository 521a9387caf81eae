"""Which findings hold in a template that was read without its actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kpl.inputs.document import Document
from kpl.lint.rule import Finding

if TYPE_CHECKING:
    from kpl.inputs.unrendered import Unrendered


def certain_findings(findings: Iterable[Finding], document: Document, known: Unrendered) -> Iterator[Finding]:
    """Those of `findings` that hold however the template is rendered, with the fixes that leave its actions alone."""
    for finding in findings:
        holds = finding.rule.in_templates if finding.in_templates is None else finding.in_templates
        if not holds or not _is_certain(finding, document, known):
            continue
        yield finding if _is_fixable(finding, document, known) else finding._replace(fix=None)


def _is_certain(finding: Finding, document: Document, known: Unrendered) -> bool:
    places = [finding.span, *(each.span for each in finding.related if each.document in (None, document))]
    return all(known.is_certain(document.embedding.host_span(each)) for each in places)


def _is_fixable(finding: Finding, document: Document, known: Unrendered) -> bool:
    if finding.fix is None or finding.fix.elsewhere:
        return False
    edits = document.embedding.host_edits(sorted(finding.fix.edits))
    return edits is not None and known.allows(edits)
