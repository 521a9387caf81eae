"""Words that something else fills in before a program reads its configuration."""

from __future__ import annotations

import re
from functools import lru_cache

from kpl.inputs.corefile import is_placeholder
from kpl.inputs.corefiledocument import is_templated

_OWN_TEMPLATES = re.compile(r"^[ \t]*(?:answer|additional|authority|match|ederror)\b.*$", re.MULTILINE)
"""Lines of the plugin ``template``, whose ``{{ }}`` CoreDNS fills in itself."""
_ACTION = re.compile(
    r"\{\{[^\n]*?\}\}|\{%(?![\w.-]+%\})[^\n]*?%\}|\{\{|\$\{[^}\n]*\}|\$\([^)\n]*\)|(?<!\{)%\{[^}\n]*\}|<%[^\n]*|__[A-Z][A-Z0-9_]+__"
)
_OWN_VARIABLE = re.compile(r"\{\$[^}]*\}|\{%[\w.-]+%\}")
"""CoreDNS's own variables, which it replaces when it reads the file."""


# each rule asks again for each block of the file
@lru_cache(maxsize=8)
def corefile_placeholder(text: str) -> str | None:
    """A placeholder in a Corefile that is a template of one; None in what CoreDNS can be given as it is."""
    # CoreDNS passes over each CR, whether a line ends there or not
    text = _OWN_VARIABLE.sub("", _OWN_TEMPLATES.sub("", text.replace("\r", "")))
    found = template_placeholder(text)
    if found is not None:
        return found
    return next((word for word in re.findall(r"[^\s\"]+", text) if is_placeholder(word)), None)


def template_placeholder(text: str) -> str | None:
    """A placeholder in the text of a configuration."""
    found = _ACTION.search(text)
    if found is not None:
        return found.group()
    return "placeholders" if is_templated(text) else None
