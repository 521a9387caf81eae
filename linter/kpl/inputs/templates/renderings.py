"""Templates that are read before they are rendered: their texts without the actions, and what is certain in these.

A line that has nothing but actions becomes a blank one, and any other action a word that YAML has no meaning for. Each text is
as long as the template, so that all places are the same. Of the branches of a condition, each text has one.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from kpl.inputs.templates.actions import Action, Role, actions_in, versioned
from kpl.inputs.unrendered import Branch, Unrendered
from kpl.inputs.yaml.tree import MAX_DEPTH, Mapping, Node, Scalar
from kpl.inputs.yaml.tree import Sequence as YamlSequence
from kpl.text import late
from kpl.text.embedding import Embedding
from kpl.text.span import Span

FILLER = "\ue000"
"""A character for private use, which no template has and no program reads."""
_AS_A_WORD = str.maketrans(' \t"`', "__''")
_FILLED = late.pattern(f"{FILLER}+")
_NOT_LINE_END = late.pattern(r"[^\r\n]")
_KEY = late.pattern(r"([ \t]*(?:-[ \t]+)*)[\w./-]+:[ \t]*")
_NEXT = late.pattern(r"\n([ \t]*)(-[ \t])?(?![ \t\r\n#]|\{\{|\{%|<%|%\{)")
"""A line that has something, but for comments and actions."""


class Rendering(NamedTuple):
    """A text that a template may become, as far as it is known."""

    parsed: str
    """The text for a parser: `FILLER` for each character of an action within a line."""
    shown: str
    """The same with the actions within lines as they are written."""
    is_first: bool
    """Whether it has the first branch of each condition; else it has the last one."""


class Template:
    """What a template may become: `renderings`, its branches in their order, and where its actions are."""

    def __init__(self, renderings: Sequence[Rendering], branches: Sequence[Branch], actions: Sequence[Span]) -> None:
        self.renderings = renderings
        self.branches = branches
        self.actions = actions

    @cached_property
    def _last_branches(self) -> tuple[list[int], list[int]]:
        """Where the branches start that only the last rendering has, and how far those up to each of them reach."""
        last = [each for each in self.branches if each.is_last and not each.is_first]
        return [each.start for each in last], list(accumulate((each.end for each in last), max))

    def known(self, extent: Span, rendering: Rendering) -> Unrendered | None:
        """What is known of the document at `extent` of `rendering`; None if the first rendering has it too."""
        if not rendering.is_first:
            starts, ends = self._last_branches
            at = bisect_right(starts, extent.start) - 1
            if at < 0 or ends[at] < extent.end:
                return None
        return Unrendered(extent, self.branches, self.actions)

    def lifted(self, embedding: Embedding) -> Unrendered:
        """What is known of the text of `embedding`, in the places of its host."""
        branches = (
            each._replace(start=start, end=end)
            for each in self.branches
            for start, end in (embedding.host_span(Span(each.start, each.end)),)
        )
        actions = [embedding.host_span(each) for each in self.actions]
        return Unrendered(embedding.host_span(Span(0, len(embedding.text))), list(branches), actions)


# each document of a file asks
@lru_cache(maxsize=2)
def template_of(text: str) -> Template | None:
    """The template that `text` is; None where it has no actions, or none that can be taken out."""
    if FILLER in text:
        return None
    actions = actions_in(text)
    groups = _groups(actions)
    if not actions or groups is None:
        return None
    lines = _Lines(text)
    branches = _nested(sorted(each for group in groups for each in group.branches(text)))
    renderings = [_rendering(lines, actions, groups, first=True)]
    if any(len(group.actions) > 2 for group in groups):
        renderings.append(_rendering(lines, actions, groups, first=False))
    found = tuple(each for each in renderings if each is not None)
    return Template(found, branches, [Span(each.start, each.end) for each in actions]) if found else None


def as_written(text: str, extent: Span) -> Unrendered:
    """What is known of the document at `extent` that parses as it is written in the template `text`."""
    template = template_of(text)
    branches, actions = (template.branches, template.actions) if template is not None else ((), ())
    return Unrendered(extent, branches, actions, is_written=True)


def renderings_in(embedding: Embedding) -> Iterator[tuple[Rendering, Embedding, Unrendered]]:
    """What the text of `embedding` may become, each with its own embedding and what is known of all of it."""
    template = template_of(embedding.text)
    if template is None:
        return
    for rendering in template.renderings:
        shown = copy(embedding)
        shown.text = rendering.shown
        yield rendering, shown, template.lifted(embedding)


def in_words(rendering: Rendering) -> str:
    """The text for a parser of words: each action within a line is one of them, as it is written but for spaces and quotes."""
    shown = rendering.shown
    return _FILLED.sub(lambda found: shown[slice(*found.span())].translate(_AS_A_WORD), rendering.parsed)


def restore(root: Node, rendering: Rendering) -> None:
    """Write the actions back into the scalars below `root`, whose text was `rendering.parsed`."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            if FILLER in node.value:
                node.value = _restored(node, rendering)
        elif node.shared:
            continue
        elif isinstance(node, YamlSequence):
            waiting += node.items
        elif isinstance(node, Mapping):
            waiting += (each for pair in node.pairs for each in pair)


def _restored(scalar: Scalar, rendering: Rendering) -> str:
    written = _FILLED.finditer(rendering.parsed, scalar.start, scalar.end)
    # an alias shows what stands elsewhere
    return _FILLED.sub(
        lambda _: rendering.shown[slice(*each.span())] if (each := next(written, None)) else "{{ }}", scalar.value
    )


def _nested(branches: Iterable[Branch]) -> list[Branch]:
    """The branches, each with the one around it."""
    found: list[Branch] = []
    around: list[int] = []
    for number, branch in enumerate(branches):
        while around and found[around[-1]].end <= branch.start:
            around.pop()
        found.append(branch._replace(around=around[-1] if around else -1))
        around.append(number)
    return found


class _Group(NamedTuple):
    """The actions of one condition or loop, from the one that opens it to the one that closes it."""

    actions: list[Action]

    @property
    def start(self) -> int:
        return self.actions[0].start

    @property
    def end(self) -> int:
        return self.actions[-1].end

    def branches(self, text: str) -> Iterable[Branch]:
        """Its branches."""
        asks = any(versioned(text[each.start : each.end]) for each in self.actions)
        pairs = list(pairwise(self.actions))
        for number, (before, after) in enumerate(pairs):
            yield Branch(before.end, after.start, number == 0, number == len(pairs) - 1, asks)


def _groups(actions: Iterable[Action]) -> list[_Group] | None:
    """The conditions and loops; None where one is not closed, nothing is open where one closes, or they are too deep."""
    waiting: list[_Group] = []
    found: list[_Group] = []
    for action in actions:
        if action.role is Role.OPEN:
            if len(waiting) == MAX_DEPTH:
                return None
            waiting.append(_Group([action]))
        elif action.role in (Role.ELSE, Role.CLOSE):
            if not waiting or waiting[-1].actions[0].opener != action.opener:
                return None
            waiting[-1].actions.append(action)
            if action.role is Role.CLOSE:
                found.append(waiting.pop())
    return None if waiting else found


class _Lines:
    """Where the lines of a text are."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._ends = [each.start() for each in re.finditer("\n", text)]

    def number(self, at: int) -> int:
        """The number of the line of `at`."""
        return bisect_left(self._ends, at)

    def start(self, at: int) -> int:
        """Where its line starts."""
        number = self.number(at)
        return self._ends[number - 1] + 1 if number else 0

    def end(self, at: int) -> int:
        """Where its line ends."""
        number = self.number(at)
        return self._ends[number] if number < len(self._ends) else len(self.text)


class _Piece(NamedTuple):
    """What is taken out of a text."""

    start: int
    end: int
    prints: bool
    is_item: bool = False
    """Whether it is an item of a list with the comma before it."""


def _rendering(lines: _Lines, actions: Iterable[Action], groups: Iterable[_Group], *, first: bool) -> Rendering | None:
    writer = _Writer(lines)
    cluster: list[_Piece] = []
    for piece in _pieces(lines, actions, groups, first):
        if cluster and lines.number(cluster[-1].end) != lines.number(piece.start):
            if not writer.take_out(cluster):
                return None
            cluster = []
        cluster.append(piece)
    if cluster and not writer.take_out(cluster):
        return None
    return Rendering(*writer.texts(), first)


def _pieces(lines: _Lines, actions: Iterable[Action], groups: Iterable[_Group], first: bool) -> list[_Piece]:
    """All that is taken out, in order: actions, conditions on one line, and the branches that are not chosen."""
    pieces = [_Piece(each.start, each.end, each.role is Role.VALUE) for each in actions]
    for group in groups:
        if lines.number(group.start) == lines.number(group.end):
            is_item = lines.text[group.actions[0].end : group.actions[1].start].lstrip().startswith(",")
            pieces.append(_Piece(group.start, group.end, True, is_item))
            continue
        pairs = list(pairwise(group.actions))
        chosen = pairs[0 if first else -1]
        pieces += (_Piece(pair[0].end, pair[1].start, False) for pair in pairs if pair is not chosen)
    pieces.sort(key=lambda each: (each.start, -each.end))
    outer: list[_Piece] = []
    for piece in pieces:
        if piece.end > piece.start and (not outer or piece.start >= outer[-1].end):
            outer.append(piece)
    return outer


class _Writer:
    """Writes both texts of a rendering."""

    def __init__(self, lines: _Lines) -> None:
        self._lines, self._text = lines, lines.text
        self._parsed: list[str] = []
        self._shown: list[str] = []
        self._at = 0

    def texts(self) -> tuple[str, str]:
        """The two texts."""
        self._keep(len(self._text))
        return "".join(self._parsed), "".join(self._shown)

    def _keep(self, end: int) -> None:
        self._write(self._text[self._at : end])
        self._at = max(end, self._at)

    def _write(self, parsed: str, shown: str | None = None) -> None:
        self._parsed.append(parsed)
        self._shown.append(parsed if shown is None else shown)

    def _blank(self, end: int) -> None:
        # a line of spaces may be indented more than a block scalar allows: line ends are never wrong
        self._write(_NOT_LINE_END.sub("\n", self._text[self._at : end]))
        self._at = end

    def take_out(self, pieces: Sequence[_Piece]) -> bool:
        """Take out pieces that are on the same lines; whether that can be done."""
        start, end = self._lines.start(pieces[0].start), self._lines.end(pieces[-1].end)
        gaps = [self._text[one.end : other.start] for one, other in pairwise(pieces)]
        before, behind = self._text[start : pieces[0].start], self._text[pieces[-1].end : end].strip()
        if not (before.strip() or any(map(str.strip, gaps))) and (not behind or behind.startswith("#")):
            self._keep(start)
            self._blank(pieces[-1].end if behind else end)
            return True
        rest = [*gaps, behind]
        for piece, follows in zip(pieces, rest, strict=True):
            self._keep(piece.start)
            if not self._within(piece, follows.strip()):
                return False
        return True

    def _within(self, piece: _Piece, follows: str) -> bool:
        """Take out a piece within a line, before what `follows` on its last one; whether that can be done."""
        line_end = min(self._lines.end(piece.start), piece.end)
        if line_end < piece.end and follows:
            return False
        width = line_end - piece.start
        key = None if follows else _KEY.fullmatch(self._text, self._lines.start(piece.start), piece.start)
        if piece.is_item or (key is not None and (not piece.prints or self._goes_on(piece.end, len(key[1])))):
            self._write(" " * width)
        else:
            gap = " " if key is not None and key[0].endswith(":") else ""
            self._write(gap + FILLER * (width - len(gap)), gap + self._text[piece.start + len(gap) : line_end])
        self._at = line_end
        self._blank(piece.end)
        return True

    def _goes_on(self, at: int, column: int) -> bool:
        """Whether the value of a key in `column` has more lines after the one of `at`."""
        found = _NEXT.search(self._text, at)
        return found is not None and (len(found[1]) > column or (len(found[1]) == column and found[2] is not None))
