"""Paths where there is no one root: the drives of Windows have nothing in common."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable


def common_folder(paths: Iterable[str]) -> str:
    """The deepest folder that all of `paths`, which are absolute, are in; empty where there is none."""
    try:
        return os.path.commonpath(list(paths))
    except ValueError:  # on several drives, or no paths
        return ""


def absolute_paths(paths: Collection[str]) -> dict[str, str]:
    """The absolute path of each of `paths`, of which there may be thousands."""
    if os.name == "nt":  # each drive has a current folder
        return {path: os.path.abspath(path) for path in paths}
    here = os.getcwd()
    return {path: os.path.normpath(os.path.join(here, path)) for path in paths}


def relative_path(path: str, folder: str = os.curdir) -> str:
    """`path` as seen from `folder`; absolute where it is on another drive."""
    try:
        return os.path.relpath(path, folder)
    except ValueError:
        return os.path.abspath(path)
