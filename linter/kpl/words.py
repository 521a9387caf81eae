"""Words and numbers of inputs, and the words of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpl.lazy import lazy

if TYPE_CHECKING:
    from kpl.text.number import whole_number as whole_number
    from kpl.text.words import and_more as and_more
    from kpl.text.words import closest as closest
    from kpl.text.words import listed as listed
else:
    __all__, __getattr__ = lazy(
        __name__,
        {
            "kpl.text.number": "whole_number",
            "kpl.text.words": "and_more closest listed",
        },
    )
