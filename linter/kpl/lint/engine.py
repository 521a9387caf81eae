"""Runs the rules over the documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from kpl import troubles
from kpl.cluster import Cluster
from kpl.inputs.document import Document, Reading
from kpl.inputs.registry import dump_models, only_tells
from kpl.lint.registry import BrokenRuleError, RuleEntry
from kpl.lint.rule import Confidence, Finding, Rule, Severity
from kpl.lint.settings import Settings
from kpl.lint.suppression import Suppressions
from kpl.text.edit import Edit, Fix, are_apart
from kpl.text.embedding import Embedding
from kpl.text.source import Source
from kpl.text.span import Span
from kpl.text.words import listed

LARGE = 3_000_000
"""In characters: the rules about the one document of a larger file may be shared out."""

ShareOut = Callable[[Callable[[Sequence[RuleEntry]], list[Finding]], Sequence[RuleEntry]], list[Finding]]
"""Calls a check with all of some rules, in parts if it likes, and returns what was found."""


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


def lint(
    readings: Sequence[Reading],
    settings: Settings,
    only: Sequence[Reading] | None = None,
    share_out: ShareOut | None = None,
) -> Result:
    """Run the rules of `settings` over `readings`.

    With `only`, all readings make up the cluster, and just the findings in these are looked for. A rule that raises
    costs its findings and one trouble, a file that cannot be checked costs its own. `share_out` may have the rules about a large
    document run elsewhere; without it, all is done here.
    """
    result = Result()
    chosen = readings if only is None else only
    everything = Cluster([document for reading in readings for document in reading.documents], settings.facts)
    of_file: dict[int, list[_Part]] = {}
    for name, cluster, own, files in _clusters(readings, everything, chosen, settings):
        part = _Part(name, cluster, own, _cluster_findings(cluster, files, own), share_out)
        for each in files:
            of_file.setdefault(id(each), []).append(part)
    for reading in chosen:
        if all(only_tells(each) for each in reading.documents) and "kpl:" not in reading.source.text:
            continue
        with troubles.kept(reading.source.path):
            suppressions = Suppressions(reading.source, reading.documents)
            silenced: set[tuple[str, Span]] = set()
            found = [(part.name, part.lint(reading, suppressions, silenced, result)) for part in of_file[id(reading)]]
            located = _once(found)
            result.silenced += len(silenced)
            if suppressions.found:
                own = of_file[id(reading)][0].settings
                active = own.rules_for(reading.source.path)
                if any(entry.sees == "Suppression" for entry in active):
                    located += _idle(suppressions, active, everything, own, settings.complete)
            result.findings += sorted(located, key=lambda each: (each.span, each.code))
    return result


@dataclass(eq=False)
class _Part:
    """One cluster of a run, with the rules for its files."""

    name: str
    cluster: Cluster
    settings: Settings
    findings: dict[int, list[Finding]]
    """Those of the rules about the whole cluster, by the identity of the document that they are in."""
    share_out: ShareOut | None
    _active: dict[int, _Active] = field(default_factory=dict)

    def lint(
        self, reading: Reading, suppressions: Suppressions, silenced: set[tuple[str, Span]], result: Result
    ) -> list[Located]:
        """What the rules find in a file of the cluster."""
        rules = self.settings.rules_for(reading.source.path)
        active = self._active.get(id(rules))
        if active is None:
            active = self._active[id(rules)] = _Active(rules, self.cluster)
        large = len(reading.documents) == 1 and len(reading.source.text) > LARGE if self.share_out else False
        share_out = self.share_out if large else None
        return _lint_file(
            reading, self.cluster, self.settings, active, self.findings, suppressions, silenced, result, share_out
        )


def _clusters(
    readings: Sequence[Reading], everything: Cluster, chosen: Sequence[Reading], settings: Settings
) -> Iterator[tuple[str, Cluster, Settings, Sequence[Reading]]]:
    """The clusters of a run: each with its name, its settings, and those of the `chosen` files that belong to it."""
    parts = settings.partition
    if parts is None and (len(readings) > 1 or settings.clusters):
        from kpl.clusters.partition import partition

        parts = partition(readings, settings.facts, settings.clusters)
    if parts is None or len(parts.clusters) == 1:
        facts = parts.clusters[0].facts if parts else settings.facts
        own = settings.nested.get(parts.clusters[0].configured, settings) if parts else settings
        yield "", everything if facts is settings.facts else Cluster(everything.documents, facts), own, chosen
        return
    by_path, chosen_by_path = _by_path(readings), _by_path(chosen)
    for part in parts.clusters:
        paths = dict.fromkeys(each.source.path for each in part.readings)
        files = [each for path in paths for each in chosen_by_path.get(path, ())]
        if files:
            documents = [document for path in paths for each in by_path.get(path, ()) for document in each.documents]
            yield part.name, Cluster(documents, part.facts), settings.nested.get(part.configured, settings), files


def _by_path(readings: Sequence[Reading]) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = {}
    for reading in readings:
        found.setdefault(reading.source.path, []).append(reading)
    return found


def _once(found: Sequence[tuple[str, list[Located]]]) -> list[Located]:
    """The findings in each cluster that a file belongs to, each of them once; what holds in some only names them.

    A rule finds the same thing in each cluster, though the facts in its message differ.
    """
    if len(found) == 1:
        return found[0][1]
    places: dict[tuple[str, Span], dict[Located, list[str]]] = {}
    for name, findings in found:
        for finding in findings:
            places.setdefault((finding.code, finding.span), {}).setdefault(finding, []).append(name)
    made = []
    for holds in places.values():
        (finding, names), *others = holds.items()
        also = [name for other in others for name in other[1] if name not in names]
        if any(other.fix != finding.fix for other, _ in others):
            finding = finding._replace(fix=None)
        if also or len(names) < len(found):
            where = f"in {listed(names)}" + (f"; also in {listed(also)}" if also else "")
            clusters = () if len(names) + len(also) == len(found) else (*names, *also)
            finding = finding._replace(message=f"{finding.message} ({where})", clusters=clusters)
        made.append(finding)
    return made


def _cluster_findings(cluster: Cluster, chosen: Sequence[Reading], settings: Settings) -> dict[int, list[Finding]]:
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
        if entry.sees == "Cluster" and concerns_chosen and _has_what_it_needs(entry, cluster):
            for finding in _check(entry, context, settings):
                found.setdefault(id(finding.document), []).append(finding)
    return found


class _Active:
    """The rules for some files as documents of `cluster`: those that have what they need there, by what they see."""

    def __init__(self, rules: Sequence[RuleEntry], cluster: Cluster) -> None:
        self.codes = frozenset(entry.code for entry in rules)
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
        for entry in self._by_kind[kind]:
            # re keeps what it has compiled
            if not entry.clue or document.may_hold(re.compile(entry.clue)):
                found.setdefault(entry.sees, []).append(entry)
        return found


_PARTS = {"Corefile": ("ServerBlock", "Directive")}
"""What rules can see of a model besides all of it."""


def _is_needed(kind: str, entry: RuleEntry) -> bool:
    words = entry.needs.replace("|", " ").split()
    return kind in words or (kind in dump_models() and "Dump" in words)


def _lint_file(
    reading: Reading,
    cluster: Cluster,
    settings: Settings,
    active: _Active,
    cluster_findings: dict[int, list[Finding]],
    suppressions: Suppressions,
    silenced: set[tuple[str, Span]],
    result: Result,
    share_out: ShareOut | None,
) -> list[Located]:
    """What the rules find in a file as one of `cluster`."""
    located: list[Located] = []
    for document in reading.documents:
        findings = [each for each in cluster_findings.get(id(document), ()) if each.rule.code in active.codes]
        entries = active.for_document(document)
        if entries and document.model is None:
            continue
        if entries and document.kind not in entries:  # its text promised something else
            entries = active.for_document(document)
        for context in subjects(document) if entries else ():
            subject = next(iter(context))
            if subject in entries:
                context = {**context, "Document": document, "Cluster": cluster}
                of_all = context[subject] is document.model
                findings += _check_all(entries[subject], context, settings, share_out if of_all else None)
        misread = bool(findings) and _is_misread(document, cluster)
        for finding in dict.fromkeys(findings):
            if misread and type(finding.rule).sees() != "Document":
                continue
            if finding.fix is not None and reading.not_written:
                result.unwritten[reading.source.path] = reading.not_written
                finding = finding._replace(fix=None)
            one = _located(finding, document, settings)
            if one is None:
                continue
            if suppressions.silences(one.code, one.name, document, finding.span, one.span):
                silenced.add((one.code, one.span))
            else:
                located.append(one)
    return located


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


def _idle(
    suppressions: Suppressions, active: Sequence[RuleEntry], cluster: Cluster, settings: Settings, complete: bool
) -> Iterator[Located]:
    """The findings about suppressions that suppress nothing."""
    by_word = {word: entry for entry in active for word in (entry.code, entry.name)}
    for owner, each in suppressions.found:
        named = {str(name): by_word.get(name) or by_word.get(name.upper()) for name in each.names}
        alone = {name for name, entry in named.items() if entry is not None and _is_about_one_file(entry, settings)}
        sees_all = complete and not cluster.has("ParseFailure")
        each.judged = {name for name, entry in named.items() if entry is not None} if sees_all else alone
        # another run may have other options
        each.certain = {name for name in alone if (entry := named[name]) and not settings.rule(entry).options}
        each.unknown = {name for name in each.names if not settings.knows(name)}
        embedding = owner.embedding if owner else Embedding(suppressions.source.text, suppressions.source.newline)
        document = Document(suppressions.source, each, embedding)
        for entry in active:
            if entry.sees == "Suppression":
                for finding in _check(entry, {"Suppression": each, "Document": document}, settings):
                    one = _located(finding, document, settings)
                    if one is not None:
                        yield one


def _located(finding: Finding, document: Document, settings: Settings) -> Located | None:
    try:
        return _locate(finding, document, settings)
    except troubles.FAILURES as error:
        rule = finding.rule
        _note_failure(error, document.path, rule.code, rule.name, type(rule).__module__)
        return None


def _is_about_one_file(entry: RuleEntry, settings: Settings) -> bool:
    """Whether nothing outside of a file changes what the rule finds in it."""
    return "Cluster" not in settings.rule(entry).wanted


def _locate(finding: Finding, document: Document, settings: Settings) -> Located:
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
