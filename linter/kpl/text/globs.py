"""Globs of ``.kpl.yaml``, which a hostile repository may have written.

pathspec and `glob.translate` make one regular expression of a glob, which goes back over its stars: seven times ``**/a``
take it 17 seconds on a path of 60 names.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Sequence
from functools import lru_cache

from kpl.text.paths import relative_path


def glob_matches(path: str, globs: Sequence[str], root: str) -> bool:
    """Whether `path` matches one of `globs`: ``*`` stays within a folder, ``**`` does not, a folder matches what is in it."""
    relative = relative_path(os.path.abspath(path), os.path.abspath(root)).replace(os.sep, "/")
    names = relative.split("/")
    return any(_matches(names, _parts(each)) for each in globs)


def _parts(glob: str) -> list[str]:
    """The names that a glob is made of, ``**`` for any number of them; what follows the last one is in the folder."""
    anchored = "/" in glob.rstrip("/")
    parts = [] if anchored else ["**"]
    for part in re.sub(r"^\.?/", "", glob).rstrip("/").split("/"):
        if part != "**" and part.startswith("**"):
            parts.append("**")
        parts.append(part if part == "**" else re.sub(r"\*+", "*", part))
    return parts


def _matches(names: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether the first names match `parts`; each name is compared with each part once."""
    ends = {0}  # how many names the parts so far can take
    for part in parts:
        if part == "**":
            ends = set(range(min(ends, default=len(names) + 1), len(names) + 1))
        else:
            # fnmatch does not go back over its stars
            match = _name_pattern(part).match
            ends = {end + 1 for end in ends if end < len(names) and match(names[end])}
    return any(end > 0 for end in ends)


@lru_cache(maxsize=1024)
def _name_pattern(part: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(part.replace("[", "[[]")))
