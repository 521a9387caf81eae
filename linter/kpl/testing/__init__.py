"""For the examples and tests of rules: an input that is too long to write out, and what ``kpl test`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpl.lazy import lazy

if TYPE_CHECKING:
    from kpl.testing.examples import missing as missing
    from kpl.testing.examples import unmet as unmet
    from kpl.testing.node import node_dump as node_dump
else:
    __all__, __getattr__ = lazy(
        __name__,
        {
            "kpl.testing.examples": "missing unmet",
            "kpl.testing.node": "node_dump",
        },
    )
