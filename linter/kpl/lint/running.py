"""Runs the rules over the documents of one cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from kpl import troubles
from kpl.cluster import Cluster
from kpl.inputs.document import Document, Reading
from kpl.inputs.registry import dump_models
from kpl.lint.located import Located, Result, Withheld, locate
from kpl.lint.registry import BrokenRuleError, RuleEntry
from kpl.lint.rule import Confidence, Finding, Rule, Severity
from kpl.lint.settings import Settings
from kpl.lint.suppression import Suppressions
from kpl.lint.timing import seconds_of_rules
from kpl.text.edit import Fix
from kpl.text.embedding import Embedding
from kpl.text.span import Span

if TYPE_CHECKING:
    from kpl.clusters.patches import Patches

LARGE = 3_000_000
"""In characters: the rules about the one document of a larger file may be shared out."""

ShareOut = Callable[[Callable[[Sequence[RuleEntry]], list[Finding]], Sequence[RuleEntry]], list[Finding]]
"""Calls a check with all of some rules, in parts if it likes, and returns what was found."""


def cluster_findings(cluster: Cluster, chosen: Sequence[Reading], settings: Settings) -> dict[int, list[Finding]]:
    """The findings of the rules about the whole cluster, by the identity of the document that they are in."""
    found: dict[int, list[Finding]] = {}
    context = {"Cluster": cluster}
    of_chosen = Cluster([document for reading in chosen for document in reading.documents])
    rules = settings.rules
    if settings.overrides:  # which may switch on what is off elsewhere
        chosen_rules = {id(rules): rules for rules in (settings.rules_for(each.source.path) for each in chosen)}
        rules = list(dict.fromkeys(entry for rules in chosen_rules.values() for entry in rules))
    for entry in rules:
        # what a rule needs is also where its findings are
        concerns_chosen = not entry.needs or any(of_chosen.has(kind) for kind in entry.needs.replace("|", " ").split())
        if entry.sees != "Cluster" or not concerns_chosen:
            continue
        if _has_what_it_needs(entry, cluster) and _may_find_something(entry, cluster):
            for finding in _check(entry, context, settings):
                found.setdefault(id(finding.document), []).append(finding)
    return found


class Active:
    """The rules for some files as documents of `cluster`: those that have what they need there, by what they see."""

    def __init__(self, rules: Sequence[RuleEntry], cluster: Cluster) -> None:
        self.codes = frozenset(entry.code for entry in rules)
        self._cluster = cluster
        self._by_type: dict[str, list[RuleEntry]] = {}
        for entry in rules:
            if _has_what_it_needs(entry, cluster):
                self._by_type.setdefault(entry.sees, []).append(entry)
        self._by_kind: dict[str, list[RuleEntry]] = {}

    def for_document(self, document: Document) -> dict[str, list[RuleEntry]]:
        """The rules that may find something in `document`, by what they see."""
        kind = document.kind
        if kind not in self._by_kind:
            self._by_kind[kind] = [entry for sees in _PARTS.get(kind, ()) for entry in self._by_type.get(sees, ())]
            self._by_kind[kind] += self._by_type.get(kind, ())
            about_any = self._by_type.get("Document", ())
            self._by_kind[kind] += [entry for entry in about_any if not entry.needs or _is_needed(kind, entry)]
        found: dict[str, list[RuleEntry]] = {}
        calls: bool | None = None
        for entry in self._by_kind[kind]:
            if document.may_hold(entry.clue) and (document.unrendered is None or entry.in_templates):
                if entry.about_calls:
                    calls = self._may_call(document) if calls is None else calls
                    if not calls:
                        continue
                found.setdefault(entry.sees, []).append(entry)
        return found

    def _may_call(self, document: Document) -> bool:
        """Whether a workload may call a Service of the cluster: most that are read for a URL in them do not."""
        from kpl.resolver.calls import CALLED, NAMES_ELSEWHERE

        return document.may_hold(NAMES_ELSEWHERE) or document.may_name(CALLED, self._cluster.service_map.names)


_PARTS = {"Corefile": ("ServerBlock", "Directive")}
"""What rules can see of a model besides all of it."""


def _is_needed(kind: str, entry: RuleEntry) -> bool:
    words = entry.needs.replace("|", " ").split()
    is_key = kind in ("Corefile", "ParseFailure") and "CustomKey" in words
    return is_key or kind in words or (kind in dump_models() and "Dump" in words)


@dataclass(eq=False, repr=False)
class Part:
    """One cluster of a run, with the rules for its files."""

    name: str
    cluster: Cluster
    settings: Settings
    findings: dict[int, list[Finding]]
    """Those of the rules about the whole cluster, by the identity of the document that they are in."""
    by_source: Mapping[int, Reading]
    """All files of the run, by the identity of their source."""
    share_out: ShareOut | None
    patches: Callable[[], Patches]
    """Those of all Kustomizations of the run."""
    _active: dict[int, Active] = field(default_factory=dict)

    def lint(
        self, reading: Reading, suppressions: Suppressions, silenced: set[tuple[str, Span]], result: Result
    ) -> list[Located]:
        """What the rules find in a file of the cluster."""
        rules = self.settings.rules_for(reading.source.path)
        active = self._active.get(id(rules))
        if active is None:
            active = self._active[id(rules)] = Active(rules, self.cluster)
        large = len(reading.documents) == 1 and len(reading.source.text) > LARGE if self.share_out else False
        share_out = self.share_out if large else None
        located: list[Located] = []
        for document in reading.documents:
            for finding in self._findings(document, active, share_out):
                if finding.fix is not None and reading.not_written:
                    result.unwritten[reading.source.path] = reading.not_written
                    finding = finding._replace(fix=None)
                one = _located(finding, document, self.settings)
                if one is None:
                    continue
                if suppressions.silences(one.code, one.name, document, finding.span, one.span):
                    silenced.add((one.code, one.span))
                elif finding.fix is not None and finding.fix.elsewhere:
                    located.append(self._unless_torn(one, finding.fix, result))
                else:
                    located.append(one)
        return located

    def _findings(self, document: Document, active: Active, share_out: ShareOut | None) -> Iterable[Finding]:
        """What the rules find in a document, each finding once."""
        findings = [each for each in self.findings.get(id(document), ()) if each.rule.code in active.codes]
        entries = active.for_document(document)
        if entries and document.model is None:
            return ()
        if entries and document.kind not in entries:  # its text promised something else
            entries = active.for_document(document)
        for context in subjects(document) if entries else ():
            subject = next(iter(context))
            if subject in entries:
                context = {**context, "Document": document, "Cluster": self.cluster}
                of_all = context[subject] is document.model
                new = _check_all(entries[subject], context, self.settings, share_out if of_all else None)
                findings += self._uncured(new, entries[subject], document) if new and subject == "Workload" else new
        if findings and _is_misread(document, self.cluster):
            findings = [each for each in findings if type(each.rule).sees() == "Document"]
        if document.unrendered is not None:
            from kpl.lint.templates import certain_findings

            findings = list(certain_findings(findings, document, document.unrendered))
        return dict.fromkeys(findings)

    def _uncured(self, findings: list[Finding], entries: Sequence[RuleEntry], document: Document) -> list[Finding]:
        """Those of `findings` in a workload that hold for it in one of its uses with the patches of Kustomizations."""
        variants = self.patches().variants(document)
        if variants is None:
            return findings
        codes = {each.rule.code for each in findings}
        entries = [each for each in entries if each.code in codes]
        again: set[tuple[str, int]] = set()
        for variant in variants:
            holder = Document(document.source, variant, document.embedding, document.name, document.namespace)
            context = {"Workload": variant, "Document": holder, "Cluster": self.cluster}
            again |= {(each.rule.code, each.span.start) for each in _check_all(entries, context, self.settings, None)}
        return [each for each in findings if (each.rule.code, each.span.start) in again]

    def _unless_torn(self, finding: Located, fix: Fix, result: Result) -> Located:
        """The finding, without its fix if kpl does not write all files that the fix edits."""
        from kpl.lint.elsewhere import why_torn

        result.reaching.add(finding.path)
        problem = why_torn(finding, fix, self.by_source, self.settings) if finding.fix is not None else None
        if problem is None:
            return finding
        result.withheld.append(Withheld(finding, problem))
        return finding._replace(fix=None)


def _is_misread(document: Document, cluster: Cluster) -> bool:
    """Whether CoreDNS refuses a Corefile in which a brace is not separated from its word.

    All blocks then end before their author's `}`: what else would be said of them is about that brace.
    """
    if document.kind != "Corefile" or not document.model.stray_braces:
        return False
    from kpl.coredns.structure import has_glued_brace

    refused: bool = cluster.lenient(document).judgement.verdict.answer == "refuses"
    return refused and has_glued_brace(document.embedding.text)


def _has_what_it_needs(entry: RuleEntry, cluster: Cluster) -> bool:
    return all(any(cluster.has(kind) for kind in either.split("|")) for either in entry.needs.split())


def _may_find_something(entry: RuleEntry, cluster: Cluster) -> bool:
    """Whether the clue of a rule about the whole cluster matches in a document of a type that it needs."""
    if not entry.clue:
        return True
    kinds = entry.needs.replace("|", " ").split()
    return any(each.kind in kinds and each.may_hold(entry.clue) for each in cluster.documents)


def subjects(document: Document) -> Iterator[dict[str, Any]]:
    """What rules can look at in `document`: each time the subject first, then what it stands in, by type name."""
    model = document.model
    kind = document.kind
    yield {"Document": document}
    yield {kind: model}
    if kind == "Corefile":
        for server in model.servers:
            yield {"ServerBlock": server, kind: model}
        for server in (*model.servers, *model.snippets):
            for directive in server.directives:
                yield {"Directive": directive, "ServerBlock": server, kind: model}


def _check(entry: RuleEntry, context: dict[str, Any], settings: Settings) -> list[Finding]:
    """What a rule finds, up to where it raises."""
    seconds = seconds_of_rules()
    if seconds is None:
        return _checked(entry, context, settings)
    start = perf_counter()
    found = _checked(entry, context, settings)
    seconds[entry.code] = seconds.get(entry.code, 0) + perf_counter() - start
    return found


def _checked(entry: RuleEntry, context: dict[str, Any], settings: Settings) -> list[Finding]:
    found: list[Finding] = []
    try:
        rule = settings.rule(entry)
        for finding in rule.check(*(context[name] for name in rule.wanted)):
            _refuse_what_is_no_finding(finding)
            found.append(finding)
    except BrokenRuleError as error:
        troubles.note(str(error))
    except troubles.FAILURES as error:
        document = context.get("Document") or _looked_at(error)
        _note_failure(error, document.path if document else "", entry.code, entry.name, entry.module)
    return found


def _looked_at(error: BaseException) -> Document | None:
    """The document that a rule about the whole cluster was looking at when it raised, as far as its variables tell."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        found = next((each for each in trace.tb_frame.f_locals.values() if isinstance(each, Document)), found)
        trace = trace.tb_next
    return found


def _refuse_what_is_no_finding(made: object) -> None:
    if not isinstance(made, Finding) or not isinstance(made.rule, Rule):
        raise TypeError(f"`check` produced a {type(made).__name__} instead of a finding")
    if not isinstance(made.message, str) or not isinstance(made.help, str):
        raise TypeError("the message or the help of a finding is not text")
    if not isinstance(made.span, Span) or not 0 <= made.span.start <= made.span.end:
        raise TypeError("the span of a finding is not a Span of the text")
    if not isinstance(made.severity, Severity | None):
        raise TypeError("the severity of a finding is not a Severity")
    if not isinstance(made.confidence, Confidence | None):
        raise TypeError("the confidence of a finding is not a Confidence")
    hash(made)  # which raises where a list is in it


def _note_failure(error: BaseException, file: str, code: str, name: str, module: str) -> None:
    troubles.note_error(error, file, f"{code} {name}", module.partition(".")[0], module)


def _check_all(
    entries: Sequence[RuleEntry], context: dict[str, Any], settings: Settings, share_out: ShareOut | None
) -> list[Finding]:
    def check(entries: Sequence[RuleEntry]) -> list[Finding]:
        return [finding for entry in entries for finding in _check(entry, context, settings)]

    return share_out(check, entries) if share_out is not None and len(entries) > 1 else check(entries)


def idle_suppressions(
    suppressions: Suppressions, active: Sequence[RuleEntry], cluster: Cluster, settings: Settings, complete: bool
) -> Iterator[Located]:
    """The findings about suppressions that suppress nothing."""
    by_word = {word: entry for entry in active for word in (entry.code, entry.name)}
    for owner, each in suppressions.found:
        named = {str(name): by_word.get(name) or by_word.get(name.upper()) for name in each.names}
        alone = {name for name, entry in named.items() if entry is not None and _is_about_one_file(entry, settings)}
        alone = set() if suppressions.in_template else alone
        sees_all = complete and not cluster.has("ParseFailure")
        each.judged = {name for name, entry in named.items() if entry is not None} if sees_all else alone
        # another run may have other options
        each.certain = {name for name in alone if (entry := named[name]) and not settings.rule(entry).options}
        each.unknown = {name for name in each.names if not settings.knows(name)}
        embedding = owner.embedding if owner else Embedding(suppressions.source.text, suppressions.source.newline)
        document = Document(suppressions.source, each, embedding)
        if owner is not None:
            document.object, document.template = owner.object, owner.template
        for entry in active:
            if entry.sees == "Suppression":
                for finding in _check(entry, {"Suppression": each, "Document": document}, settings):
                    one = _located(finding, document, settings)
                    if one is not None:
                        yield one


def _located(finding: Finding, document: Document, settings: Settings) -> Located | None:
    try:
        return locate(finding, document, settings)
    except troubles.FAILURES as error:
        rule = finding.rule
        _note_failure(error, document.path, rule.code, rule.name, type(rule).__module__)
        return None


def _is_about_one_file(entry: RuleEntry, settings: Settings) -> bool:
    """Whether nothing outside of a file changes what the rule finds in it."""
    return "Cluster" not in settings.rule(entry).wanted
