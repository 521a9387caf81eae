"""The characters of a YAML file as go-yaml v2 reads them: which it refuses, and when it comes to see them.

Source: go.yaml.in/yaml/v2 v2.4.4, readerc.go; the same in every release since gopkg.in/yaml.v2 v2.2.8.
"""

from __future__ import annotations

from kpl.golang.values import go_bytes
from kpl.text import late

END = "\0"
"""What the scanner finds behind the last character; no character of the file can be this one."""
BREAKS = "\r\n\x85\u2028\u2029"
"""The characters that end a line."""

_REFUSED = late.pattern("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CHUNK = 512


class GoYamlError(Exception):
    """What go-yaml says of a file, without ``yaml: `` in front; `offset` is the place in the text."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Characters:
    """The text of a file with some `END` behind it.

    go-yaml reads 512 bytes ahead, so a refused character is an error only when the scanner comes near its part of the
    file: `readable` is how many characters can be had without it.
    """

    def __init__(self, text: str) -> None:
        refused = _REFUSED.search(text)
        self.readable = len(text) + _CHUNK
        self.error: GoYamlError | None = None
        if refused is not None:
            at = refused.start()
            data = go_bytes(text[: at + 4])
            offset = len(go_bytes(text[:at]))
            self.readable = len(go_bytes(text)[: offset // _CHUNK * _CHUNK].decode("utf-8", "ignore"))
            self.error = GoYamlError(_reason(text[at], data[offset:]), at)
            text = text[:at]
        self.text = text + END * 16


def _reason(character: str, data: bytes) -> str:
    """Why the reader stops at `character`, which stands for the bytes `data` starts with."""
    if not "\ud800" <= character <= "\udfff":
        return "control characters are not allowed"
    lead = data[0]
    width = 2 if lead & 0xE0 == 0xC0 else 3 if lead & 0xF0 == 0xE0 else 4 if lead & 0xF8 == 0xF0 else 0
    if not width:
        return "invalid leading UTF-8 octet"
    if len(data) < width:
        return "incomplete UTF-8 octet sequence"
    if any(octet & 0xC0 != 0x80 for octet in data[1:width]):
        return "invalid trailing UTF-8 octet"
    if lead in (0xC0, 0xC1) or (lead == 0xE0 and data[1] < 0xA0) or (lead == 0xF0 and data[1] < 0x90):
        return "invalid length of a UTF-8 sequence"
    return "invalid Unicode character"
