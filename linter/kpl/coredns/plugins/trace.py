"""The plugin ``trace``. (CoreDNS plugin/trace/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass
from math import isinf

from kpl.coredns.controller import Controller, Word
from kpl.golang.literals import parse_float
from kpl.golang.strconv import parse_uint
from kpl.golang.strings import to_lower
from kpl.golang.values import atoi, parse_bool, parse_duration

ENDPOINTS = {"zipkin": "localhost:9411", "datadog": "localhost:8126"}
"""The kinds of tracing, and where each is looked for by default."""


@dataclass
class Trace:
    """Where traces are sent, and of how many queries."""

    kind: str = "zipkin"
    endpoint: str = ENDPOINTS["zipkin"]
    every: int = 1
    service: str = "coredns"
    client_server: bool = False


def setup(c: Controller) -> Trace:
    """``trace [KIND] [ENDPOINT]`` with its block; of several the last one counts."""
    trace = Trace()
    if not c.config.listen_hosts and not c.since("1.13.0"):
        raise c.panic("runtime error: index out of range [0] with length 0")
    while c.next():
        args = c.args()
        if len(args) > 2:
            raise c.arg_err()
        if len(args) == 2:
            trace.kind = to_lower(args[0])
            if trace.kind not in ENDPOINTS:
                raise c.refuse(f"tracing endpoint type '{trace.kind}' is not supported", args[0])
        else:
            trace.kind = "zipkin"
        trace.endpoint = (args[-1] if args else "") or ENDPOINTS[trace.kind]
        while c.next_block():
            _option(c, trace)
    return trace


def _option(c: Controller, trace: Trace) -> None:
    name = c.val()
    if name == "every":
        trace.every = c.read(lambda word: parse_uint(word, 10, 64), c.only())
    elif name == "service":
        trace.service = c.only()
    elif name == "client_server":
        word = _at_most_one(c)
        trace.client_server = True if word is None else c.read(parse_bool, word)
    elif name == "datadog_analytics_rate" and c.since("1.8.0"):
        _analytics_rate(c)
    elif name in ("zipkin_max_backlog_size", "zipkin_max_batch_size") and c.since("1.9.4"):
        c.read(atoi, c.only())
    elif name == "zipkin_max_batch_interval" and c.since("1.9.4"):
        c.read(parse_duration, c.only())
    elif c.since("1.14.4"):
        raise c.err(f"unknown property '{name}'")


def _analytics_rate(c: Controller) -> None:
    word = _at_most_one(c)
    rate = 0.0 if word is None else c.read(parse_float, word)
    if rate > 1 or rate < 0:
        shown = f"{rate:+}".title() if isinf(rate) else f"{rate:f}"
        raise c.refuse(f"datadog analytics rate must be between 0 and 1, '{shown}' is not supported", word)


def _at_most_one(c: Controller) -> Word | None:
    args = c.args()
    if len(args) > 1:
        raise c.arg_err()
    return args[0] if args else None
