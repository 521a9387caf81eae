"""Comments that fit the page."""

from __future__ import annotations

import textwrap

WIDTH = 100


def comment(text: str, indent: int = 0) -> str:
    """`text` as lines of ``# ...`` at `indent`."""
    margin = " " * indent + "# "
    return "".join(f"{margin}{line}\n" for line in textwrap.wrap(text, WIDTH - len(margin), break_on_hyphens=False))
