"""path/filepath on Linux. (Go src/internal/filepathlite/path.go, src/path/filepath/path_unix.go)"""

from __future__ import annotations

from posixpath import normpath


def clean(path: str) -> str:
    """filepath.Clean."""
    cleaned = normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def join(*parts: str) -> str:
    """filepath.Join: empty parts do not count, and a part that starts with a slash does not start anew."""
    found = [part for part in parts if part]
    return clean("/".join(found)) if found else ""
