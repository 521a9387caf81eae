"""The rest of the work tree around the files of a run: facts come from it, findings do not."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kpl.cli.load import Inputs, read_files, read_here
from kpl.cli.options import repository_of
from kpl.inputs.coverage import Coverage, Skipped
from kpl.inputs.document import NOT_GIVEN, Reading
from kpl.text.paths import relative_path

if TYPE_CHECKING:
    from kpl.cache import Cache
    from kpl.cli.ahead import Ready
    from kpl.inputs.discover import Found
    from kpl.lint.settings import Settings

FOLDER = ".kpl_cache"
FEWEST_CACHED = 200
"""Fewer files are read again before a cache is opened."""
MOST_FILES = 50_000
"""A work tree with more files is not read for the sake of a few of them."""


def read_context(
    paths: Sequence[str], inputs: Inputs, settings: Settings, options: dict[str, Any], *, here: bool = False
) -> list[Reading]:
    """The other files of the work tree that all of `paths` are in, as far as git has them; read `here`, by this process alone.

    Tells `settings` whether the run now sees all of the repository, and `inputs` where the tree is too large.
    """
    settings.complete = settings.complete and inputs.coverage.sees_all
    root = None if options["no_context"] or not inputs.readings else _work_tree(paths, inputs)
    if root is None:
        return []
    from kpl.cli.ahead import got_ready
    from kpl.inputs.discover import tracked

    with got_ready(None if here else cache_folder(root, options)) as ready:
        discovery = tracked(root)
    if len(discovery.found) > MOST_FILES:
        inputs.coverage.notes.append(
            f"kpl reads only the given files, because the repository has more than {MOST_FILES:,} files of a kind that kpl reads"
        )
        return []
    own = {os.path.realpath(each.source.path) for each in inputs.readings}
    own |= {os.path.realpath(each.path) for each in inputs.coverage.skipped}
    found = [each for each in discovery.found if each.path not in own]
    for each in found:
        each.path = relative_path(each.path)
    found = [each for each in found if not settings.excludes(each.path)]
    cache = None if here else open_cache(found, root, options, ready)
    if cache is not None:
        from kpl.cli.caching import CachedReader

        read = CachedReader(cache, None).read(found)
        cache.save()
    else:
        read = (read_here if here else read_files)(found)
    seen = Coverage(skipped=[*discovery.skipped, *(each for each in read if isinstance(each, Skipped))])
    settings.complete = inputs.coverage.sees_all and seen.sees_all
    context = [each for each in read if isinstance(each, Reading)]
    for reading in context:
        reading.not_written = NOT_GIVEN
    return context


def cache_folder(root: str | None, options: dict[str, Any]) -> str | None:
    """The folder of the cache of the work tree `root`, or the one that KPL_CACHE_DIR names; None where none is wanted."""
    own = os.environ.get("KPL_CACHE_DIR")
    return None if options["no_cache"] or not (root or own) else own or os.path.join(root or "", FOLDER)


def open_cache(
    found: Sequence[Found], root: str | None, options: dict[str, Any], ready: Ready | None = None
) -> Cache | None:
    """The cache for a run over `found` in the work tree `root`; None where there is none, or nothing to keep it for."""
    folder = cache_folder(root, options)
    if len(found) < FEWEST_CACHED or folder is None:
        return None
    if ready is not None and ready.cache is not None:
        return ready.cache
    from kpl.cli.caching import cache_in

    return cache_in(folder)


def work_tree_of_all(paths: Sequence[str]) -> str | None:
    """The work tree that all of `paths` are in; None where there is none."""
    given = [os.path.realpath(path) for path in paths or ["."] if path != "-"]
    roots = {repository_of(each if os.path.isdir(each) else os.path.dirname(each)) for each in given}
    return roots.pop() if len(roots) == 1 else None


def _work_tree(paths: Sequence[str], inputs: Inputs) -> str | None:
    """The work tree that all inputs are in; None where there is none, or they are all of it."""
    given = [os.path.realpath(path) for path in paths or ["."] if path != "-"]
    if inputs.stdin is not None:
        given.append(os.path.realpath(inputs.stdin.source.path))
    folders = {each if os.path.isdir(each) else os.path.dirname(each) for each in given}
    roots = {repository_of(each) for each in folders}
    root = roots.pop() if len(roots) == 1 else None
    return None if root is None or any(os.path.isdir(each) and each == root for each in given) else root
