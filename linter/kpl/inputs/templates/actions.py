"""The actions of templates: where they start and end, and what those of Helm, Jinja, ERB and Terraform do to their lines.

- https://pkg.go.dev/text/template
- https://jinja.palletsprojects.com/en/stable/templates/
- https://docs.ruby-lang.org/en/master/ERB.html
- https://developer.hashicorp.com/terraform/language/expressions/strings#string-templates
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from kpl.text import late

_OPENER = late.pattern(r"\$\{\{|\{\{|\{%|\{#|<%|%\{|\$\{")
_ESCAPED = ("$${", "%%{")
_VARIABLE = late.pattern(r"\{%[\w.-]+%\}")
"""CoreDNS's own variables, which look like statements of Jinja."""
_CLOSERS = {"${{": "}}", "{{": "}}", "{%": "%}", "{#": "#}", "<%": "%>"}
_INSIDE = {"}}": late.pattern(r"[\"'`]|\}\}"), "%}": late.pattern(r"[\"']|%\}")}
_BRACES = late.pattern(r"[{}\"\n]")
_STRINGS = {
    '"': late.pattern(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"'),
    "'": late.pattern(r"'[^'\\\n]*(?:\\.[^'\\\n]*)*'"),
    "`": late.pattern(r"`[^`]*`"),
}
_GO_COMMENT = late.pattern(r"\{\{-?\s*/\*")
_RAW = late.pattern(r"\{%[-+]?\s*raw\b")
_RAW_END = late.pattern(r"\{%[-+]?\s*endraw\b")
_MARKS = "-~+ \t\r\n"
"""What may stand between the braces and the words of an action."""


class Role(Enum):
    """What an action does."""

    OPEN = "if"
    ELSE = "else"
    CLOSE = "end"
    SILENT = "comment"
    """It prints nothing."""
    VALUE = "value"
    """It may print something."""


class Action(NamedTuple):
    """An action of a template, from its opening braces to its closing ones."""

    start: int
    end: int
    opener: str
    role: Role


_GO_OPEN = late.pattern(r"(?:if|with|range)[\s(]|(?:define|block)\s+[\"`]")
_GO_ELSE = late.pattern(r"else(?:\s+(?:if|with)\b|$)")
_ASSIGNMENT = late.pattern(r"\$\w*\s*:?=[^=]")
_WORD = late.pattern(r"\w+")
_JINJA_OPEN = frozenset(("if", "for", "macro", "call", "filter", "block", "autoescape", "trans", "with", "set"))
_RUBY_OPEN = frozenset(("if", "unless", "case", "while", "until", "for", "begin"))
_RUBY_BLOCK = late.pattern(r"(?:\bdo|\{)[ \t]*(?:\|[^|\n]*\|)?$")
_ELSE = frozenset(("else", "elif", "elsif", "elseif", "when", "rescue", "ensure"))


def actions_in(text: str) -> list[Action]:
    """The actions in `text`, in order. What is opened and not closed is text."""
    spans = list(_Scanner(text).spans())
    # what Go calls `if` or `end` may be the name of a variable in Jinja
    is_jinja = any(opener == "{%" for opener, _, _ in spans)
    return [Action(start, end, opener, _role(text, opener, start, end, is_jinja)) for opener, start, end in spans]


def _role(text: str, opener: str, start: int, end: int, is_jinja: bool) -> Role:
    if opener in ("${", "${{") or (opener == "{{" and is_jinja):
        return Role.VALUE
    if opener == "{#":
        return Role.SILENT
    body = text[start + len(opener) : end - len(_CLOSERS.get(opener, "}"))]
    if opener == "<%" and body[:1] in ("=", "#"):
        return Role.VALUE if body[0] == "=" else Role.SILENT
    body = body.strip(_MARKS)
    return {"{{": _go, "{%": _jinja, "<%": _ruby, "%{": _terraform}[opener](body)


def _go(body: str) -> Role:
    if body == "end":
        return Role.CLOSE
    if _GO_OPEN.match(body):
        return Role.OPEN
    if _GO_ELSE.match(body):
        return Role.ELSE
    return Role.SILENT if body.startswith("/*") or _ASSIGNMENT.match(body) else Role.VALUE


def _jinja(body: str) -> Role:
    word = _first_word(body)
    if word in _JINJA_OPEN and not (word == "set" and "=" in body):
        return Role.OPEN
    if word in _ELSE:
        return Role.ELSE
    if word.startswith("end") and word[3:] in _JINJA_OPEN:
        return Role.CLOSE
    return Role.VALUE if word == "include" else Role.SILENT


def _ruby(body: str) -> Role:
    word = _first_word(body)
    if word == "end" or body == "}":
        return Role.CLOSE
    if word in _ELSE:
        return Role.ELSE
    return Role.OPEN if word in _RUBY_OPEN or _RUBY_BLOCK.search(body[-200:]) else Role.SILENT


def _terraform(body: str) -> Role:
    roles = {"if": Role.OPEN, "for": Role.OPEN, "else": Role.ELSE, "endif": Role.CLOSE, "endfor": Role.CLOSE}
    return roles.get(_first_word(body), Role.VALUE)


def _first_word(body: str) -> str:
    found = _WORD.match(body)
    return found[0] if found else ""


class _Scanner:
    """Goes through a text once, however much in it is opened and not closed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._last: dict[str, int] = {}
        """Where the last one of each closer stands; -1 from the first opener on that none closes."""
        self._open_until: dict[str, int] = {}
        """Up to where no string with this quote closes, and no brace."""

    def spans(self) -> Iterator[tuple[str, int, int]]:
        """Opener, start and end of each action."""
        text, at = self._text, 0
        while found := _OPENER.search(text, at):
            opener, start = found.group(), found.start()
            at = found.end()
            if variable := _VARIABLE.match(text, start):
                at = variable.end()
                continue
            if text[max(start - 1, 0) : at] in _ESCAPED:
                continue
            end = self._end(opener, start, at)
            if end < 0:
                continue
            yield opener, start, end
            at = end
            if opener == "{%" and _RAW.match(text, start):
                at = self._raw_end(at)

    def _raw_end(self, at: int) -> int:
        """Where the text that Jinja leaves as it is ends; `at` where nothing ends it."""
        found = _RAW_END.search(self._text, at) if at <= self._last_of("endraw") else None
        if found is None:
            self._last["endraw"] = -1
        return at if found is None else found.start()

    def _end(self, opener: str, start: int, at: int) -> int:
        closer = _CLOSERS.get(opener)
        if closer is None:
            return self._closing_brace(at)
        if at > self._last_of(closer):
            return -1
        if opener == "{{" and (comment := _GO_COMMENT.match(self._text, start)):
            ended = self._text.find("*/", comment.end())
            at = ended + 2 if ended >= 0 else at
        end = self._after(closer, at)
        if end < 0:
            self._last[closer] = -1
        return end

    def _last_of(self, closer: str) -> int:
        if closer not in self._last:
            self._last[closer] = self._text.rfind(closer)
        return self._last[closer]

    def _after(self, closer: str, at: int) -> int:
        """Where the next `closer` ends that is in no string; -1 where there is none."""
        inside = _INSIDE.get(closer)
        if inside is None:
            return self._text.find(closer, at) + len(closer)
        while found := inside.search(self._text, at):
            if found.group() == closer:
                return found.end()
            at = self._after_string(found.start())
        return -1

    def _after_string(self, start: int) -> int:
        """Where the string ends that starts at `start`; behind its quote where it does not close."""
        quote = self._text[start]
        if start >= self._open_until.get(quote, 0):
            string = _STRINGS[quote].match(self._text, start)
            if string is not None:
                return string.end()
            self._open_until[quote] = len(self._text) if quote == "`" else self._line_end(start)
        return start + 1

    def _closing_brace(self, at: int) -> int:
        """Where the brace closes that was opened before `at`, on its line; -1 where it does not."""
        if at < self._open_until.get("{", 0):
            return -1
        start, depth = at, 1
        while (found := _BRACES.search(self._text, at)) and found.group() != "\n":
            at = self._after_string(found.start()) if found.group() == '"' else found.end()
            depth += {"{": 1, "}": -1}.get(found.group(), 0)
            if depth == 0:
                return at
        self._open_until["{"] = self._line_end(start)
        return -1

    def _line_end(self, at: int) -> int:
        end = self._text.find("\n", at)
        return end if end >= 0 else len(self._text)


def versioned(condition: str) -> bool:
    """Whether a condition asks for a release: what depends on it may be right for that one."""
    return re.search(r"(?i)version|capabilities", condition) is not None
