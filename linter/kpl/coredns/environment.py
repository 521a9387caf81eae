"""Environment variables in a Corefile. (coredns/caddy, caddyfile/parse.go: replaceEnvVars)"""

from __future__ import annotations

from collections.abc import Mapping

MAX_REPLACEMENTS = 1000
MAX_LENGTH = 1 << 20


class EndlessReplacementError(Exception):
    """A variable whose value refers to itself: CoreDNS replaces it for ever and never starts."""


def replace_variables(text: str, values: Mapping[str, str]) -> str:
    """`text` with ``{%NAME%}`` and then ``{$NAME}`` replaced; what is not in `values` is empty, as CoreDNS has it.

    Raises EndlessReplacementError.
    """
    if "{" not in text:
        return text
    return _replace(_replace(text, "{%", "%}", values), "{$", "}", values)


def _replace(text: str, opening: str, closing: str, values: Mapping[str, str]) -> str:
    for _ in range(MAX_REPLACEMENTS):
        start = text.find(opening)
        end = text.find(closing, start) if start >= 0 else -1
        if end <= start + len(opening):  # no reference, or one without a name, which ends the search
            return text
        name = text[start + len(opening) : end]
        text = text.replace(text[start : end + len(closing)], values.get(name, ""))
        if len(text) > MAX_LENGTH:
            break
    raise EndlessReplacementError(text[:40])
