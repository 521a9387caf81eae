"""Label selectors as the plugin ``kubernetes`` reads them.

(k8s.io/apimachinery pkg/labels/selector.go, pkg/apis/meta/v1/helpers.go, pkg/util/validation and pkg/api/validate/content)
"""

from __future__ import annotations

import re

from kpl.golang.strconv import parse_int
from kpl.golang.values import GoError, go_bytes, quote
from kpl.text import late
from kpl.text.version import Version

_TOKEN = late.pattern(r"[ \t\r\n]*(==|!=|[=!(),<>]|[^=!(),<> \t\r\n\0]+)\0?")
_OPERATORS = ("in", "notin", "=", "==", "!=", "gt", "lt")
_OPERATOR_OF = {**{name: name for name in _OPERATORS[:5]}, ">": "gt", "<": "lt"}
_NOT_NAMES = frozenset(["", "(", ")", ",", "!", "=", "==", "!=", "<", ">"])

_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_LETTERS = "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
_NAME_RULE = (
    f"must consist of {_LETTERS} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_NAME}')"
)
_VALUE_RULE = (
    f"a valid label must be an empty string or consist of {_LETTERS} "
    f"(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '({_NAME})?')"
)
_SUBDOMAIN_RULE = (
    " subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
    f"alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)

_RFC_NAMED = Version("1.8.1")
_FIELDS_NAMED = Version("1.8.4")
_OPERATORS_LISTED = Version("1.8.5")
_COMMAS_FREE = Version("1.14.2")
"""CoreDNS releases from which on the library is 0.20, 0.21, 0.22 and 0.35."""


def check_label_selector(text: str, version: Version) -> None:
    """meta.ParseToLabelSelector, in the library of the CoreDNS `version`. Raises GoError."""
    try:
        operators = _Parser(text, version).parse()
    except GoError as error:
        raise GoError(f'couldn\'t parse the selector string "{text}": {error}') from None
    for operator in operators:
        if operator in ("gt", "lt"):
            raise GoError(f"{quote(operator)} isn't supported in label selectors")
        if operator == "!=":
            raise GoError(f"{quote(operator)} is not a valid label selector operator")


class _Parser:
    """A cursor over the words of a selector. (labels.Parser)"""

    def __init__(self, text: str, version: Version) -> None:
        self.version = version
        self.tokens: list[str] = []
        at = 0
        while found := _TOKEN.match(text, at):
            self.tokens.append(found[1])
            at = found.end()
        self.tokens.append("")
        self.position = 0

    def peek(self) -> str:
        return self.tokens[self.position]

    def consume(self) -> str:
        self.position += 1
        return self.tokens[self.position - 1]

    def parse(self) -> list[str]:
        """The operators of the requirements, sorted by their keys."""
        found: list[tuple[str, str]] = []
        while self.peek():
            if self.peek() in _NOT_NAMES and self.peek() != "!":
                raise GoError(f"found '{self.peek()}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self._requirement())
            except GoError as error:
                raise GoError(f"unable to parse requirement: {error}") from None
            end = self.consume()
            if not end:
                break
            if end != ",":
                raise GoError(f"found '{end}', expected: ',' or 'end of string'")
            if self.peek() in _NOT_NAMES and self.peek() != "!":
                raise GoError(f"found '{self.peek()}', expected: identifier after ','")
        return [operator for _, operator in sorted(found, key=lambda one: one[0])]

    def _requirement(self) -> tuple[str, str]:
        key = self.consume()
        negated = key == "!"
        if negated:
            key = self.consume()
        if key in _NOT_NAMES:
            raise GoError(f"found '{key}', expected: identifier")
        wrong = _key_errors(key, self.version)
        if wrong:
            raise self._invalid("<nil>", key, wrong, f"invalid label key {quote(key)}: {wrong}")
        if negated or self.peek() in ("", ","):
            return key, "exists"
        word = self.consume()
        operator = _OPERATOR_OF.get(word)
        if operator is None:
            known = ", ".join(_OPERATORS) if self.version >= _OPERATORS_LISTED else "'=', '!=', '==', 'in', notin'"
            raise GoError(f"found '{word}', expected: {known}")
        values = self._values() if operator in ("in", "notin") else {self._exact_value()}
        self._check(key, operator, sorted(values))
        return key, operator

    def _values(self) -> set[str]:
        opening = self.consume()
        if opening != "(":
            raise GoError(f"found '{opening}' expected: '('")
        first = self.peek()
        if first == ")":
            self.consume()
            return {""}
        if first in _NOT_NAMES and first != ",":
            raise GoError(f"found '{first}', expected: ',', ')' or identifier")
        values = self._identifiers()
        if self.consume() != ")":
            raise GoError(f"found '{first}', expected: ')'")
        return values

    def _identifiers(self) -> set[str]:
        """Names between commas, up to the closing parenthesis; none between two commas is the empty one."""
        values: set[str] = set()
        while True:
            word = self.consume()
            if word == ",":
                if not values:
                    values.add("")
                if self.peek() in (",", ")"):
                    values.add("")
                if self.peek() == ")":
                    return values
                if self.peek() == "," and self.version < _COMMAS_FREE:
                    self.consume()
            elif word in _NOT_NAMES:
                raise GoError(f"found '{word}', expected: ',', or identifier")
            else:
                values.add(word)
                if self.peek() == ")":
                    return values
                if self.peek() != ",":
                    raise GoError(f"found '{self.peek()}', expected: ',' or ')'")

    def _exact_value(self) -> str:
        if self.peek() in ("", ","):
            return ""
        word = self.consume()
        if word in _NOT_NAMES:
            raise GoError(f"found '{word}', expected: identifier")
        return word

    def _check(self, key: str, operator: str, values: list[str]) -> None:
        """labels.NewRequirement: all that is wrong with the values; before apimachinery 0.21 the first of it."""
        errors: list[GoError] = []
        for number, value in enumerate(values):
            if operator in ("gt", "lt"):
                why = "for 'Gt', 'Lt' operators, the value must be an integer"
                try:
                    parse_int(value, 10, 64)
                except GoError:
                    errors.append(self._invalid(f"values[{number}]", value, why, why))
        for number, value in enumerate(values):
            wrong = _value_errors(value, self.version)
            if wrong:
                old = f"invalid label value: {quote(value)}: at key: {quote(key)}: {wrong}"
                errors.append(self._invalid(f"values[{number}][{key}]", value, wrong, old))
        if len(errors) > 1 and self.version >= _FIELDS_NAMED:
            raise GoError(f"[{', '.join(map(str, errors))}]")
        if errors:
            raise errors[0]

    def _invalid(self, field: str, value: str, why: str, old: str) -> GoError:
        """field.Invalid; `old` is what it was before apimachinery 0.21."""
        return GoError(f"{field}: Invalid value: {quote(value)}: {why}" if self.version >= _FIELDS_NAMED else old)


def _size(text: str) -> int:
    return len(go_bytes(text))


def _too_long(length: int, version: Version) -> str:
    return f"must be no more than {length} {'bytes' if version >= _COMMAS_FREE else 'characters'}"


def _key_errors(key: str, version: Version) -> str:
    """validation.IsQualifiedName; since apimachinery 0.35 content.IsLabelKey."""
    prefix, slash, name = key.partition("/")
    if "/" in name:
        kind = "a valid label key" if version >= _COMMAS_FREE else "a qualified name"
        return f"{kind} {_NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
    errors = []
    if not slash:
        name = prefix
    elif not prefix:
        errors.append("prefix part must be non-empty")
    else:
        if _size(prefix) > 253:
            errors.append(f"prefix part {_too_long(253, version)}")
        if not re.fullmatch(_SUBDOMAIN, prefix):
            kind = "a lowercase RFC 1123" if version >= _RFC_NAMED else "a DNS-1123"
            errors.append(f"prefix part {kind}{_SUBDOMAIN_RULE}")
    if not name:
        errors.append("name part must be non-empty")
    elif _size(name) > 63:
        errors.append(f"name part {_too_long(63, version)}")
    if not re.fullmatch(_NAME, name):
        errors.append(f"name part {_NAME_RULE}")
    return "; ".join(errors)


def _value_errors(value: str, version: Version) -> str:
    """validation.IsValidLabelValue."""
    errors = [_too_long(63, version)] if _size(value) > 63 else []
    if value and not re.fullmatch(_NAME, value):
        errors.append(_VALUE_RULE)
    return "; ".join(errors)
