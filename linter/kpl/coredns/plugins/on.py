"""The directive ``on``, which is Caddy's own. (coredns/caddy onevent/on.go, commands.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.dispenser import RefusedError
from kpl.golang.shlex import split
from kpl.golang.strings import to_lower
from kpl.golang.values import GoError

EVENTS = ("startup", "shutdown", "certrenew")


@dataclass
class Hook:
    """A command that runs at an event; it runs in the background where its last argument is ``&``."""

    event: str
    command: str
    arguments: list[str] = field(default_factory=list)


def setup(c: Controller) -> list[Hook]:
    """``on EVENT COMMAND [ARGS...]``, any number of times."""
    try:
        return _hooks(c)
    except RefusedError as refused:
        refused.prefixed = False
        raise


def _hooks(c: Controller) -> list[Hook]:
    hooks = []
    while c.next():
        if not c.next_arg():
            raise c.arg_err()
        event = to_lower(c.val())
        if event not in EVENTS:
            raise c.err(f"Wrong event name or event not supported: '{c.val()}'")
        line = " ".join(c.args())
        try:
            words = split(line)
        except GoError as error:
            raise c.err(f"error parsing command: {error}") from None
        if not words:
            raise c.err(f"no command contained in '{line}'")
        hooks.append(Hook(event, words[0], words[1:]))
    return hooks
