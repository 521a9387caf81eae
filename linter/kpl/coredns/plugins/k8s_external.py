"""The plugin ``k8s_external``. (CoreDNS plugin/k8s_external/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.golang.values import atoi


@dataclass
class External:
    """The zones in which Services are answered with their external addresses."""

    zones: list[str] = field(default_factory=list)
    ttl: int = 5
    """Seconds."""
    apex: str = "dns"
    headless: bool = False
    fallthrough: list[str] = field(default_factory=list)


def setup(c: Controller) -> External:
    """``k8s_external [ZONES...]`` with its block; of several occurrences the settings add up."""
    external = External()
    while c.next():
        external.zones = c.origins(c.args())
        while c.next_block():
            _option(c, external)
    return external


def _option(c: Controller, external: External) -> None:
    name = c.val()
    if name == "ttl":
        args = c.args()
        if not args:
            raise c.arg_err()
        ttl = c.read(atoi, args[0])
        if not 0 <= ttl <= 3600:
            raise c.err(f"ttl must be in range [0, 3600]: {ttl}")
        external.ttl = ttl
    elif name == "apex":
        args = c.args()
        if not args:
            raise c.arg_err()
        external.apex = args[0]
    elif name == "headless" and c.since("1.9.4"):
        external.headless = True
    elif name == "fallthrough" and c.since("1.11.0"):
        external.fallthrough = c.fallthrough(c.args())
    else:
        raise c.err(f"unknown property '{name}'")
