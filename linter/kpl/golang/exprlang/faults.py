"""How expr tells of an error: its message, the line and column, and the line itself with a mark below.

Mirrors file/error.go and file/source.go.
"""

from __future__ import annotations

from kpl.golang.values import GoError

Release = tuple[int, ...]
"""A release of expr: (1, 17, 8)."""


class PanicError(GoError):
    """The library crashes, and CoreDNS with it; the text is what was thrown."""


class FileError(Exception):
    """A file.Error: what is wrong, and the place as a number of characters. None is a node that was given no place."""

    def __init__(self, message: str, at: int | None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def tell(fault: FileError, text: str, release: Release) -> str:
    """The error's text: Error.Bind and Error.Error."""
    at = fault.at
    if at is None:
        if release < (1, 16):
            return fault.message
        at = 0
    before = text[: max(at, 0)]
    line, start = before.count("\n") + 1, before.rfind("\n") + 1
    column = len(before) - start
    if (1, 17, 6) <= release < (1, 17, 7) and line > 1:
        # this release counts the line break as a character of the next line, and looks for the line's end from there
        return fault.message
    end = text.find("\n", start)
    shown = text[start : end if end >= 0 else len(text)]
    if not shown and (release >= (1, 17, 6) or (release >= (1, 16) and not text)):
        return fault.message
    snippet = f"\n | {shown.replace(chr(9), ' ')}" if text else ""
    if text and (release >= (1, 17, 6) or shown[: column + 1].isascii()):
        snippet += f"\n | {'.' * column}^"
    return f"{fault.message} ({line}:{column + 1}){snippet}"
