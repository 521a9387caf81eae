"""Paths where there is no one root: the drives of Windows have nothing in common."""

from __future__ import annotations

import os
from collections.abc import Iterable


def common_folder(paths: Iterable[str]) -> str:
    """The deepest folder that all of `paths`, which are absolute, are in; empty where there is none."""
    try:
        return os.path.commonpath(list(paths))
    except ValueError:  # on several drives, or no paths
        return ""


def relative_path(path: str, folder: str = os.curdir) -> str:
    """`path` as seen from `folder`; absolute where it is on another drive."""
    try:
        return os.path.relpath(path, folder)
    except ValueError:
        return os.path.abspath(path)
