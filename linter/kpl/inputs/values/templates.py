"""Templates that are no YAML before they are rendered: what tells one from a YAML file that is broken."""

from __future__ import annotations

import re

from kpl.inputs.document import ParseFailure
from kpl.inputs.yaml.tree import YamlError
from kpl.text import late
from kpl.text.lines import line_span
from kpl.text.span import Span

_CLOSERS = {"{{": "}}", "{%": "%}", "{#": "#}", "<%": "%>", "%{": "}", "$(": ")"}
"""How actions of Helm, Jinja, ERB, Terraform and Kustomize open and close."""
_OPENER = late.pattern(r"\{\{|\{%|\{#|%\{|\$\(|^[ \t]*<%", re.MULTILINE)
_COMMENT = late.pattern(r"(?:^|[ \t])#")
_PLACEHOLDER = late.pattern(r"[A-Z]+(?:_[A-Z0-9]+)+(?![^\s])")
_VARIABLE = late.pattern(r"\$\{\w+\}")

_COREFILE = late.pattern(
    r"""(?:^|[{,])[ \t]*["']?(?:corefile(?:[.-][\w.-]*)?|[\w.-]*\.corefile)["']?[ \t]*:""", re.MULTILINE | re.IGNORECASE
)
_FRAGMENT = late.pattern(r"""(?:^|[{,])[ \t]*["']?[\w.-]+\.(?:server|override)["']?[ \t]*:""", re.MULTILINE)
_KUBE_PROXY = late.pattern(r"""\bkind["']?[ \t]*:[ \t]*["']?KubeProxyConfiguration\b""")


def action_at(text: str, offset: int) -> Span | None:
    """What explains that `text` is no YAML from `offset` on, once it is taken for a template; None where nothing does.

    libyaml notices an action on its own line, or at the next word behind it. One that stands elsewhere did no harm.
    """
    line = line_span(text, offset)
    # the last one before the error, else the first one behind it
    own = _actions(text, line)
    before = [each for each in own if each.start <= offset]
    if before:
        return before[-1]
    above = _line_above(text, line.start)
    return next(
        iter([*reversed(_actions(text, above)), *_around(text, above.start), *own]),
        _glued_placeholder(text, offset, line),
    )


def configuration_of(text: str) -> str:
    """The configuration that the template `text` is of, as its keys say; nothing for any other one."""
    if _KUBE_PROXY.search(text):
        return "kube-proxy configuration"
    fragment = "coredns-custom" in text and _FRAGMENT.search(text)
    return "Corefile" if fragment or _COREFILE.search(text) else ""


def failure_of(what: str, text: str, start: int, error: YamlError) -> ParseFailure:
    """The failure of `text`, which stands at `start` of its document and is no YAML."""
    action = action_at(text, error.offset)
    place = action or word_at(text, error.offset)
    template_of = configuration_of(text) if action else ""
    return ParseFailure(what, error.message, place.shifted(start), action is not None, template_of=template_of)


def word_at(text: str, offset: int) -> Span:
    """The word at `offset`, or the last one before it."""
    start = min(offset, len(text.rstrip()) - 1)
    found = re.compile(r"\S+").match(text, start)
    return Span(*found.span()) if found else Span(start, start + 1)


def _line_above(text: str, start: int) -> Span:
    """The last line before `start` that is neither blank nor a comment."""
    while start > 0:
        end, start = start - 1, text.rfind("\n", 0, start - 1) + 1
        words = text[start:end].lstrip()
        if words and not words.startswith("#"):
            return Span(start, end)
    return Span(0, 0)


def _actions(text: str, line: Span) -> list[Span]:
    """The actions that open on `line`, outside of its comment; one that does not close there ends where the line does."""
    found: list[Span] = []
    at = line.start
    while opener := _OPENER.search(text, at, line.end):
        if not found and _COMMENT.search(text, line.start, opener.start()):
            break
        start = opener.end() - 2
        close = text.find(_CLOSERS[text[start : opener.end()]], opener.end(), line.end)
        at = line.end if close < 0 else close + len(_CLOSERS[text[start : opener.end()]])
        found.append(Span(start, at))
    return found


def _around(text: str, offset: int) -> list[Span]:
    """The action that opens on a line before `offset` and closes after it."""
    for opener, closer in _CLOSERS.items():
        start = text.rfind(opener, 0, offset) if len(closer) == 2 else -1
        if start >= 0 and text.find(closer, start) >= offset:
            end = text.find("\n", start)
            return [Span(start, len(text[:end].rstrip()))]
    return []


def _glued_placeholder(text: str, offset: int, line: Span) -> Span | None:
    """The word at `offset`, where `sed` is to replace it: ``OTHER_LABELS``; or a ``${NAME}`` on its line.

    (Further off, a ``${NAME}`` is some shell's, or harms nobody.)
    """
    found = _PLACEHOLDER.match(text, offset)
    if found:
        return Span(*found.span())
    spans = [Span(*each.span()) for each in _VARIABLE.finditer(text, *line)]
    return next((each for each in reversed(spans) if each.start <= offset), spans[0] if spans else None)
