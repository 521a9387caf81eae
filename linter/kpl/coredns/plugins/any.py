"""The plugin ``any``. (CoreDNS plugin/any/setup.go)"""

from __future__ import annotations

from kpl.coredns.controller import Controller, Ignored


def setup(c: Controller) -> None:
    """``any``; before 1.14.4 nothing behind it was looked at."""
    c.next()
    if not c.since("1.14.4"):
        c.instance.ignored += [Ignored("argument", word.token) for word in c.args()]
        return
    if c.next_arg():
        raise c.arg_err()
    if c.next_block():
        raise c.err(f"unknown property '{c.val()}'")
