"""What a run over a folder needs later, got ready while git lists the files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from kpl import troubles

if TYPE_CHECKING:
    from kpl.cache import Cache

_MODULES = ("kpl.clusters.partition", "kpl.inputs.yamldocuments")


class Ready:
    """The `cache` of the run, if an earlier run left one that is wanted."""

    cache: Cache | None = None


@contextmanager
def got_ready(folder: str | None) -> Iterator[Ready]:
    """What a run over many files needs, when the body has ended; its cache is in `folder`."""
    from threading import Thread

    ready = Ready()
    thread = Thread(target=_get_ready, args=(ready, folder))
    try:
        thread.start()
    except RuntimeError:  # no more threads may be started here
        yield ready
        return
    try:
        yield ready
    finally:
        thread.join()


def _get_ready(ready: Ready, folder: str | None) -> None:
    try:
        for name in _MODULES:
            import_module(name)
        if folder is not None and os.path.isdir(folder):
            from kpl.cli.caching import cache_in

            ready.cache = cache_in(folder)
    except troubles.FAILURES:  # which whoever asks for it will see
        ready.cache = None
