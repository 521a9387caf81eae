"""What a run over a folder needs later, got ready while git lists the files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kpl import troubles
from kpl.cli.context import cache_folder

if TYPE_CHECKING:
    from kpl.cache import Cache

_MODULES = ("kpl.clusters.partition", "kpl.inputs.yamldocuments")


class Ready:
    """The `cache` of the run, if an earlier run left one that is wanted."""

    cache: Cache | None = None


@contextmanager
def got_ready(root: str | None, options: dict[str, Any]) -> Iterator[Ready]:
    """What a run over many files of the work tree `root` needs, when the body has ended."""
    from threading import Thread

    ready = Ready()
    thread = Thread(target=_get_ready, args=(ready, root, options))
    thread.start()
    try:
        yield ready
    finally:
        thread.join()


def _get_ready(ready: Ready, root: str | None, options: dict[str, Any]) -> None:
    try:
        for name in _MODULES:
            import_module(name)
        folder = cache_folder(root, options)
        if folder is not None and os.path.isdir(folder):
            from kpl.cli.caching import cache_of

            ready.cache = cache_of(root, options)
    except troubles.FAILURES:  # which whoever asks for it will see
        ready.cache = None
