"""JSON that every reader takes alike: ASCII, no lone surrogates, no command to GitHub's runner."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from typing import Any

from kpl.report.workflow import ANYWHERE
from kpl.text import late

_LONE_SURROGATE = late.pattern("[\ud800-\udfff]")
_NOT_ASCII = late.pattern(r"[^\x00-\x7f]")


def dumps(value: Any, indent: int | None = None) -> str:
    """`value` as JSON.

    Python holds a byte that is not valid UTF-8 as a lone surrogate, for which JSON has a notation that no two readers
    agree on; here it is written as text, a backslash and what follows, as it is on the screen.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    text = _LONE_SURROGATE.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text)
    text = _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text)
    return ANYWHERE.sub(r"\\u0023", text)


def path_fields(path: str) -> dict[str, str]:
    """``path``, and beside it ``path_bytes`` where the name of the file is not the UTF-8 of that."""
    try:
        data = os.fsencode(path)
    except UnicodeEncodeError:  # the name that standard input was given, in a locale without its characters
        return {"path": path}
    return _fields("path", path, data)


def text_fields(text: str) -> dict[str, str]:
    """``text``, and beside it ``text_bytes`` where it has bytes that are not UTF-8."""
    try:
        return _fields("text", text, text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:  # an escape of YAML or JSON for half of a character, which is no byte of the file
        return {"text": text}


def _fields(name: str, text: str, data: bytes) -> dict[str, str]:
    return (
        {name: text}
        if text.encode("utf-8", "replace") == data
        else {name: text, f"{name}_bytes": b64encode(data).decode()}
    )
