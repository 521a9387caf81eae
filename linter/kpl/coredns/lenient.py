"""The verdict for a linter: it looks past what other rules tell better.

A plugin that CoreDNS does not have may be in the image all the same; an option that is gone is reported with what to
write instead.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from kpl.coredns.judge import Circumstances, Judgement
from kpl.coredns.releases import DIRECTIVES, KEYWORDS
from kpl.coredns.versions import keyword_removed_in, setup_order
from kpl.text import late
from kpl.text.lines import line_span
from kpl.text.words import closest
from kpl.verdict import Verdict

MAX_ROUNDS = 20

EXTERNAL = frozenset(
    {"kubernetai", "redis", "records", "alias", "alternate", "fanout", "k8s_gateway", "mdns", "rrl", "unbound"}
)
"""Plugins of other projects (coredns.io/explugins), so that none of them is taken for a slip of the pen."""

_UNKNOWN = late.pattern(r".*:\d+ - Error during parsing: Unknown directive '([a-z][a-z0-9_-]*)'")
_PLUGIN = late.pattern(r"plugin/(\w+): ")

Judge = Callable[[str, Circumstances], Judgement]


class Lenient(NamedTuple):
    """The verdict of a CoreDNS that was built with the plugins `assumed` beside its own."""

    judgement: Judgement
    circumstances: Circumstances
    assumed: tuple[str, ...]


def judge_leniently(text: str, judge: Judge, circumstances: Circumstances) -> Lenient:
    """The verdict on `text` with its unknown plugins taken for good and its removed options left out.

    A word that is nearly a plugin, or an option of one, is taken for a mistake. Spans are offsets into `text`.
    """
    assumed: list[str] = []
    for _ in range(MAX_ROUNDS):
        judgement = judge(text, circumstances)
        found = _UNKNOWN.fullmatch(judgement.verdict.message or "")
        if found is not None and may_be_external(found[1], setup_order(circumstances.version)):
            assumed.append(found[1])
            circumstances = circumstances._replace(external=circumstances.external | {found[1]})
            continue
        without = _without_removed_option(text, judgement.verdict, circumstances)
        if without is None:
            break
        text = without
    return Lenient(judgement, circumstances, tuple(assumed))


def may_be_external(name: str, known: Sequence[str]) -> bool:
    """Whether an image may have been built with the plugin `name`, which is none of the `known` ones."""
    # of another release: what became of it is told elsewhere
    if name in DIRECTIVES or name in EXTERNAL:
        return True
    if any(name in options for options in KEYWORDS.values()):
        return False
    return closest(name, known) is None


def _without_removed_option(text: str, verdict: Verdict, circumstances: Circumstances) -> str | None:
    """`text` with the line of the option blanked that the verdict is about; None where that is no removed option."""
    plugin = _PLUGIN.match(verdict.message or "")
    if plugin is None or verdict.span is None:
        return None
    start, end = line_span(text, verdict.span.start)
    line = text[start:end]
    option = line.split()[0] if line.split() else ""
    removed = keyword_removed_in(plugin[1], option)
    if removed is None or circumstances.version < removed or "{" in line or "}" in line:
        return None
    return text[:start] + " " * len(line) + text[start + len(line) :]
