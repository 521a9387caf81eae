"""The plugin ``cancel``. (CoreDNS plugin/cancel/cancel.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.golang.values import GoError, parse_duration, quote

DEFAULT_TIMEOUT = 5001 * 10**6


@dataclass
class Cancel:
    """After how many nanoseconds a query is given up."""

    timeout: int = DEFAULT_TIMEOUT


def setup(c: Controller) -> Cancel:
    """``cancel [TIMEOUT]``; the words of a block are taken for further occurrences."""
    cancel = Cancel()
    while c.next():
        args = c.args()
        if len(args) > 1:
            raise c.arg_err()
        cancel.timeout = DEFAULT_TIMEOUT
        if args:
            try:
                cancel.timeout = parse_duration(args[0])
            except GoError:
                raise c.refuse(f"invalid duration: {quote(args[0])}", args[0]) from None
            if cancel.timeout <= 0:
                raise c.refuse(f"invalid negative duration: {quote(args[0])}", args[0])
    return cancel
