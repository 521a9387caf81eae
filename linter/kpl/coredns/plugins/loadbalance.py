"""The plugin ``loadbalance``. (CoreDNS plugin/loadbalance/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller, Word
from kpl.golang.filepath import join
from kpl.golang.net import parse_cidr
from kpl.golang.values import GoError, parse_duration, quote

SECOND = 10**9


@dataclass
class LoadBalance:
    """In which order addresses are answered; `reload` is how often the file of weights is read, in nanoseconds."""

    policy: str = "round_robin"
    weights: str = ""
    reload: int = 30 * SECOND
    preferred: list[str] = field(default_factory=list)
    """Networks whose addresses come first."""


def setup(c: Controller) -> LoadBalance:
    """``loadbalance [POLICY]``, since 1.10.1 with a block; before 1.12.4 only the first occurrence is read."""
    balance = LoadBalance()
    while c.next():
        args = c.args()
        if not c.since("1.10.1"):
            if len(args) > 1:
                continue
            if args and args[0] != "round_robin":
                raise c.refuse(f"unknown policy: {args[0]}", args[0])
            return balance
        if args:
            _policy(c, balance, args)
        else:
            balance.policy = "round_robin"
        if not c.since("1.12.4"):
            return balance
        while c.next_block():
            if c.val() != "prefer":
                raise c.err(f"unknown property '{c.val()}'")
            for word in c.args():
                if parse_cidr(word) is None:
                    raise c.err(f"invalid CIDR {quote(word)}: invalid CIDR address: {word}")
                balance.preferred.append(word)
    if not c.since("1.10.1"):
        raise c.arg_err()
    return balance


def _policy(c: Controller, balance: LoadBalance, args: list[Word]) -> None:
    if args[0] == "round_robin":
        if len(args) > 1:
            raise c.err(f"unknown property for {args[0]}")
    elif args[0] == "weighted":
        if len(args) < 2:
            raise c.err("missing weight file argument")
        if len(args) > 2:
            raise c.err("unexpected argument(s)")
        balance.weights = args[1] if args[1].startswith("/") or not c.config.root else join(c.config.root, args[1])
        balance.preferred.clear()
        balance.reload = 30 * SECOND
        while c.next_block():
            balance.reload = _reload(c)
    else:
        raise c.refuse(f"unknown policy: {args[0]}", args[0])
    balance.policy = args[0]


def _reload(c: Controller) -> int:
    if c.val() != "reload":
        raise c.err(f"unknown property '{c.val()}'")
    args = c.args()
    if not args:
        raise c.err("reload duration value is missing")
    if len(args) > 1:
        raise c.err("unexpected argument")
    try:
        return parse_duration(args[0])
    except GoError:
        raise c.err(f"invalid reload duration '{args[0]}'") from None
