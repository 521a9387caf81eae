"""What a file says, word by word with its place: the yardstick for a fix that may change nothing else."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from kpl.coredns.structure import parsed
from kpl.coredns.tokens import Token, tokenize
from kpl.inputs.corefile.model import Corefile, Directive, Property
from kpl.inputs.detect import YAML
from kpl.inputs.document import Document, Reading, is_corefile
from kpl.inputs.objects.kubeproxy import KubeProxyConfig
from kpl.inputs.objects.workloads import Workload
from kpl.inputs.templates.renderings import template_of
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, YamlError, compose, composed, split_documents
from kpl.inputs.yaml.tree import Sequence as YamlSequence
from kpl.text.edit import Edit
from kpl.text.embedding import Embedding
from kpl.text.span import Span, Text


@dataclass(eq=False, repr=False, slots=True)
class OutlineWord:
    """A word: where it stands in the file, what it says, and the words that it stands under."""

    span: Span
    value: str
    under: tuple[OutlineWord, ...] = ()
    syntax: str = "yaml"


def outline(reading: Reading, ranges: Sequence[Span], flat: bool = False) -> list[OutlineWord]:
    """The words of the YAML documents that touch `ranges`, and of the texts embedded in them; raises YamlError.

    `flat` leaves out what the words of a Corefile stand under.
    """
    source = reading.source
    words: list[OutlineWord] = []
    models = [each for each in reading.documents if isinstance(each.model, (Corefile, KubeProxyConfig))]
    # several pods may be in the same values
    models += {id(each.embedding): each for each in reading.documents if isinstance(each.model, Workload)}.values()
    if flat:
        models = [each for each in models if not isinstance(each.model, Corefile)]
        words += (word for document in reading.documents if is_corefile(document) for word in _flat(document))
    ordered = sorted(ranges)
    ends = list(accumulate((each.end for each in ordered), max, initial=-1))

    def roots(text: Embedding) -> Iterator[Node]:
        for span in split_documents(text.text):
            place = text.host_span(span)
            if ends[bisect_right(ordered, place.end, key=lambda each: each.start)] >= place.start:
                yield from _roots(text.text, span)

    if reading.kind == YAML:
        for root in roots(Embedding(source.text)):
            words += _yaml(root, ())
    for hosted in {id(each.yaml): each.yaml for each in reading.documents if each.yaml is not None}.values():
        for root in roots(hosted):
            words += _lifted(_yaml(root, ()), hosted, "hosted")
    for document in models:
        words += _embedded(document)
    return words


def _roots(text: str, span: Span) -> list[Node]:
    """The roots of the YAML document at `span`, as it is or without the actions of a template."""
    try:
        return composed(text[slice(*span)], span.start)
    except YamlError:
        template = template_of(text)
        if template is None:
            raise
    return [root for each in template.renderings for root in compose(each.parsed[slice(*span)], span.start)]


def _embedded(document: Document) -> Iterator[OutlineWord]:
    inner: Iterable[OutlineWord]
    if isinstance(document.model, Corefile):
        inner = _corefile(document.model)
    elif type(document.embedding) is Embedding:
        return
    else:
        inner = _yaml(document.model.node, ())
    yield from _lifted(inner, document.embedding, "embedded")


def _lifted(words: Iterable[OutlineWord], embedding: Embedding, how: str) -> Iterator[OutlineWord]:
    lifted: dict[OutlineWord, OutlineWord] = {}
    for word in words:
        under = tuple(lifted[each] for each in word.under)
        lifted[word] = OutlineWord(embedding.host_span(word.span), word.value, under, f"{how} {word.syntax}")
        yield lifted[word]


def _flat(document: Document) -> Iterator[OutlineWord]:
    for token in tokenize(document.embedding.text):
        yield OutlineWord(document.embedding.host_span(token.span), token.text, (), "embedded corefile")


def as_loaded(reading: Reading) -> list[OutlineWord] | None:
    """The words of the Corefiles in a file as CoreDNS's parser groups them; None where it refuses one."""
    words: list[OutlineWord] = []
    for document in reading.documents:
        if is_corefile(document):
            found = parsed(document.embedding.text, document.is_fragment)
            if found is None:
                return None
            for key, (plugin, *others) in found.occurrences():
                block = _loaded(document, key, ())
                name = _loaded(document, plugin, (block,))
                # the braces of chart values are nobody's words
                args = (each for each in others if each.text not in ("{", "}"))
                words += [block, name, *(_loaded(document, each, (block, name)) for each in args)]
    return words


def _loaded(document: Document, token: Token, under: tuple[OutlineWord, ...]) -> OutlineWord:
    # as it is written: a variable has no value here
    written = document.embedding.text[slice(*token.span)]
    return OutlineWord(document.embedding.host_span(token.span), written, under, "loaded corefile")


def _yaml(node: Node, under: tuple[OutlineWord, ...]) -> list[OutlineWord]:
    words: list[OutlineWord] = []

    # a generator of each level would hand on each word of those below it
    def collect(node: Node, under: tuple[OutlineWord, ...]) -> None:
        if node.shared:
            return
        if isinstance(node, Scalar):
            words.append(OutlineWord(node.span, node.value, under))
        elif isinstance(node, YamlSequence):
            for item in node.items:
                collect(item, under)
        elif isinstance(node, Mapping):
            for key, value in node.pairs:
                name = OutlineWord(key.span, key.value if isinstance(key, Scalar) else "", under)
                words.append(name)
                collect(value, (*under, name))

    collect(node, under)
    return words


def _corefile(corefile: Corefile) -> Iterator[OutlineWord]:
    for server in (*corefile.servers, *corefile.snippets):
        keys = [_word(key) for key in server.keys]
        yield from keys
        for directive in server.directives:
            yield from _line(directive, tuple(keys[:1]))


def _line(line: Directive | Property, under: tuple[OutlineWord, ...]) -> Iterator[OutlineWord]:
    name = _word(line.name, under)
    yield name
    for arg in line.args:
        yield _word(arg, (*under, name))
    for inner in line.properties if isinstance(line, Directive) else line.nested:
        yield from _line(inner, (*under, name))


def _word(text: Text, under: tuple[OutlineWord, ...] = ()) -> OutlineWord:
    return OutlineWord(text.span, str(text), under, "corefile")


def changes_outside(before: Sequence[OutlineWord], after: Sequence[OutlineWord], edits: Sequence[Edit]) -> list[str]:
    """What changed outside of `edits`: words that are gone, moved to another place in the structure, or came up."""
    ordered = sorted(edits)
    starts = [edit.start for edit in ordered]
    ends = [edit.end for edit in ordered]
    totals = [0]
    inserted: list[Span] = []
    for edit in ordered:
        at = edit.start + totals[-1]
        inserted.append(Span(at, at + len(edit.text)))
        totals.append(totals[-1] + len(edit.text) - (edit.end - edit.start))
    inserted_starts = [each.start for each in inserted]
    inserted_ends = [each.end for each in inserted]

    # edits do not overlap, so their ends are in order too
    def touched(span: Span) -> bool:
        return bisect_right(ends, span.start) < bisect_left(starts, span.end)

    def shifted(span: Span) -> Span:
        return span.shifted(totals[bisect_right(ends, span.start)])

    def new(span: Span) -> bool:
        return bisect_left(inserted_ends, span.start) < bisect_right(inserted_starts, span.end)

    changed: list[str] = []
    found = {_place(word): word for word in after}
    kept: set[tuple[Span, str, str]] = set()
    twins: dict[OutlineWord | None, OutlineWord | None] = {None: None}
    """The words before and after, of those that are under the same words."""
    for word in before:
        if touched(word.span):
            continue
        place = (shifted(word.span), word.value, word.syntax)
        twin = found.get(place)
        kept.add(place)
        if twin is None:
            changed.append(f"{word.value!r} was removed")
            continue
        above = word.under[-1] if word.under else None
        if above in twins and twins[above] is (twin.under[-1] if twin.under else None):
            twins[word] = twin
            continue
        old = ["*" if touched(each.span) else each.value for each in word.under]
        now = ["*" if new(each.span) and _place(each) not in kept else each.value for each in twin.under]
        if old != now:
            changed.append(f"{word.value!r} is under {'.'.join(now)} instead of {'.'.join(old)}")
        else:
            twins[word] = twin
    changed += [f"{word.value!r} was added" for word in after if _place(word) not in kept and not new(word.span)]
    return changed


def _place(word: OutlineWord) -> tuple[Span, str, str]:
    return word.span, word.value, word.syntax
