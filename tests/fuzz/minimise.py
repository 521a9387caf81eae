"""Makes an input small that shows a fault."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 4.0


def minimised(data: bytes, still: Callable[[bytes], bool]) -> bytes:
    """A part of `data` of which `still` says yes: lines are left out, then bytes, as long as that goes quickly."""
    end = time.monotonic() + SECONDS
    for pieces in (data.splitlines(keepends=True), None):
        parts = pieces if pieces is not None else [data[at : at + 1] for at in range(len(data))]
        data = b"".join(_fewer(parts, still, end))
    return data


def _fewer(parts: list[bytes], still: Callable[[bytes], bool], end: float) -> list[bytes]:
    size = max(len(parts) // 2, 1)
    while size:
        at = 0
        while at < len(parts) and time.monotonic() < end:
            without = parts[:at] + parts[at + size :]
            if still(b"".join(without)):
                parts = without
            else:
                at += size
        size //= 2
    return parts
