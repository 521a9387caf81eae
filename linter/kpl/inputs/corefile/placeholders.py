"""Words that something else fills in before a program reads its configuration."""

from __future__ import annotations

import re
from functools import lru_cache

from kpl.inputs.corefile.document import is_templated
from kpl.inputs.corefile.model import is_placeholder
from kpl.text import late
from kpl.text.enclosed import enclosed

_OWN_TEMPLATES = late.pattern(r"^[ \t]*(?:answer|additional|authority|match|ederror)\b.*$", re.MULTILINE)
"""Lines of the plugin ``template``, whose ``{{ }}`` CoreDNS fills in itself."""
_ACTION = late.pattern(r"\{\{|\{%(?![\w.-]+%\})|\$\{|\$\(|(?<!\{)%\{|<%[^\n]*|__[A-Z][A-Z0-9_]+__")
_CLOSED_BY = {"{{": "}}", "{%": "%}", "${": "}", "$(": ")", "%{": "}"}
_LINE_END = late.pattern(r"\n")
_OWN_VARIABLE = late.pattern(r"\{\$[^}]*\}|\{%[\w.-]+%\}")
"""CoreDNS's own variables, which it replaces when it reads the file."""


# each rule asks again for each block of the file
@lru_cache(maxsize=8)
def corefile_placeholder(text: str) -> str | None:
    """A placeholder in a Corefile that is a template of one; None in what CoreDNS can be given as it is."""
    # CoreDNS passes over each CR, whether a line ends there or not
    text = _OWN_TEMPLATES.sub("", text.replace("\r", ""))
    closed = text.rfind("}") + 1  # no variable ends behind it
    text = _OWN_VARIABLE.sub("", text[:closed]) + text[closed:]
    found = template_placeholder(text)
    if found is not None:
        return found
    words = (each.group() for each in re.finditer(r"[^\s\"]+", text))
    return next((word for word in words if is_placeholder(word)), None)


def template_placeholder(text: str) -> str | None:
    """A placeholder in the text of a configuration."""
    found = next(enclosed(text, _ACTION, _CLOSED_BY, _LINE_END, alone=("{{",)), None)
    if found is not None:
        return text[slice(*found)]
    return "placeholders" if is_templated(text) else None
