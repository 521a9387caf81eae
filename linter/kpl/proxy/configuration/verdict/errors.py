"""Errors of several fields, as apimachinery writes them.

Source: apimachinery, pkg/util/validation/field/errors.go and pkg/util/errors/errors.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kpl.golang.values import quote
from kpl.proxy.configuration.verdict.values import go_duration, json_string
from kpl.text.version import Version

_JSON_SINCE = Version("1.34")


class FieldError(NamedTuple):
    """A message about a field, and the path under which the file sets it."""

    message: str
    path: str


def aggregate(messages: Iterable[str]) -> str:
    """Aggregate.Error: one message as it is, several different ones in brackets; nothing for none."""
    different = list(dict.fromkeys(messages))
    return different[0] if len(different) == 1 else f"[{', '.join(different)}]" if different else ""


def invalid(name: str, shown: str, detail: str, path: str) -> FieldError:
    """field.Invalid."""
    return FieldError(f"{name}: Invalid value: {shown}: {detail}", path)


def shown_duration(nanoseconds: int, kubernetes: Version) -> str:
    """A metav1.Duration in a message."""
    if kubernetes >= _JSON_SINCE:
        return json_string(go_duration(nanoseconds))
    return f"v1.Duration{{Duration:{nanoseconds}}}"


def shown_strings(strings: list[str], kubernetes: Version) -> str:
    """A []string in a message."""
    if kubernetes >= _JSON_SINCE:
        return f"[{','.join(map(json_string, strings))}]"
    return f"[]string{{{', '.join(map(quote, strings))}}}"


def shown_unsigned(number: int, kubernetes: Version) -> str:
    """A number of an unsigned type of its own in a message."""
    return str(number) if kubernetes >= _JSON_SINCE else hex(number)
