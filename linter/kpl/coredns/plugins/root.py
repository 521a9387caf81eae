"""The plugin ``root``. (CoreDNS plugin/root/root.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.golang.stat import impossible_path
from kpl.golang.values import go_bytes

_PATH_MAX = 4096


@dataclass
class Root:
    """The folder that relative paths of zone files start in."""

    path: str = ""


def setup(c: Controller) -> Root:
    """``root PATH``; a folder that does not exist is a warning."""
    root = Root()
    while c.next():
        if not c.next_arg():
            raise c.arg_err()
        root.path = c.config.root = c.val()
    why = impossible_path(root.path)
    if why is not None:
        if not _may_be_missing(root.path):
            raise c.err(f"unable to access root path '{root.path}': stat {root.path}: {why}")
        c.need_file(root.path.rpartition("/")[0])
    return root


def _may_be_missing(path: str) -> bool:
    """Whether a name is too long only if the folder that it lies in exists; else the path is one that does not exist."""
    first, _, rest = path.lstrip("/").partition("/")
    whole = "\0" in path or len(go_bytes(path)) >= _PATH_MAX
    return bool(rest) and not whole and impossible_path(first) is None
