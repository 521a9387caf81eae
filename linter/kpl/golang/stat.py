"""What is known of a path without looking at the disk. (Linux path_resolution(7))"""

from __future__ import annotations

from kpl.golang.filepath import clean
from kpl.golang.values import go_bytes

_PATH_MAX = 4096
_NAME_MAX = 255


def impossible_path(path: str) -> str | None:
    """Why `path` can be no file at all, in the words of os.Stat; None where it can.

    255 bytes for one name is what the file systems of containers have.
    """
    if "\0" in path:
        return "invalid argument"
    data = go_bytes(path)
    if len(data) >= _PATH_MAX or any(len(name) > _NAME_MAX for name in data.split(b"/")):
        return "file name too long"
    return None


def is_certain_folder(path: str) -> bool:
    """Whether `path` is the root or the working directory, so that it can be opened, but not read as a file."""
    return path != "" and clean(path) in ("/", ".", "..")
