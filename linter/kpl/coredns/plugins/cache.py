"""The plugin ``cache``. (CoreDNS plugin/cache/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller, Word
from kpl.golang.dnsname import normalize
from kpl.golang.values import atoi, parse_duration, quote_rune

SECOND = 10**9
HOUR = 3600 * SECOND
FIVE_MINUTES = 300 * SECOND


@dataclass(repr=False)
class Answers:
    """The cache of one kind of answers: how many it holds, and for how many seconds at most and at least."""

    capacity: int = 9984
    ttl: int = 0
    min_ttl: int = 5
    disabled_zones: list[str] = field(default_factory=list)


@dataclass(repr=False)
class Cache:
    """What ``cache`` was told; durations in nanoseconds, but for the TTLs of `Answers`."""

    zones: list[str] = field(default_factory=list)
    success: Answers = field(default_factory=lambda: Answers(ttl=3600))
    denial: Answers = field(default_factory=lambda: Answers(ttl=1800))
    prefetch: int = 0
    prefetch_duration: int = 60 * SECOND
    prefetch_percentage: int = 10
    serve_stale: int = 0
    """For how long after its end an answer is served; 0 is never."""
    servfail_ttl: int = 5 * SECOND
    keep_ttl: bool = False


def setup(c: Controller) -> Cache:
    """``cache [TTL] [ZONES...]`` with its block."""
    cache = Cache()
    while c.next_only():
        args = c.args()
        if args:
            try:
                ttl = atoi(args[0])
            except ValueError:
                pass
            else:
                cache.success.ttl = cache.denial.ttl = _ttl(c, ttl, args[0])
                args = args[1:]
        cache.zones = c.origins(args)
        _block(c, cache, args)
    return cache


def _ttl(c: Controller, ttl: int, word: Word) -> int:
    if ttl <= 0:
        raise c.refuse(f"cache TTL can not be zero or negative: {ttl}", word)
    return ttl


def _block(c: Controller, cache: Cache, zones: list[Word]) -> None:
    stale = policy = False
    while c.next_block():
        name = c.val()
        if name == "success":
            _answers(c, cache.success)
        elif name == "denial":
            _answers(c, cache.denial)
        elif name == "prefetch":
            _prefetch(c, cache)
        elif name == "serve_stale":
            stale = True
            _serve_stale(c, cache)
        elif name == "serve_stale_policy" and c.since("1.14.7"):
            if policy:
                raise c.refuse("serve_stale_policy can only be specified once")
            policy = True
            arg = c.only()
            if arg.lower() != "prefer_positive":
                raise c.refuse(f"invalid serve_stale_policy: {arg}", arg)
        elif name == "servfail" and c.since("1.9.4"):
            cache.servfail_ttl = _servfail(c)
        elif name == "disable" and c.since("1.9.4"):
            _disable(c, cache)
        elif name == "keepttl" and c.since("1.10.1"):
            # up to 1.11.0 it looked at the arguments of the directive in place of its own
            if c.args() if c.since("1.11.1") else zones:
                raise c.arg_err()
            cache.keep_ttl = True
        else:
            raise c.arg_err()
    if policy and not stale:
        raise c.refuse("serve_stale_policy requires serve_stale")


def _answers(c: Controller, answers: Answers) -> None:
    args = c.args()
    if not args:
        raise c.arg_err()
    answers.capacity = c.read(atoi, args[0])
    if len(args) > 1:
        answers.ttl = _ttl(c, c.read(atoi, args[1]), args[1])
    if len(args) > 2:
        answers.min_ttl = c.read(atoi, args[2])
        if answers.min_ttl < 0:
            raise c.refuse(f"cache min TTL can not be negative: {answers.min_ttl}", args[2])


def _prefetch(c: Controller, cache: Cache) -> None:
    args = c.args()
    if not args or len(args) > 3:
        raise c.arg_err()
    cache.prefetch = c.read(atoi, args[0])
    if cache.prefetch < 0:
        raise c.refuse(f"prefetch amount should be positive: {cache.prefetch}", args[0])
    if len(args) > 1:
        cache.prefetch_duration = c.read(parse_duration, args[1])
    if len(args) > 2:
        percentage = args[2]
        if not percentage:
            raise c.panic("runtime error: index out of range [-1]", percentage)
        if percentage[-1] != "%":
            last = quote_rune(chr(percentage.encode()[-1]))
            raise c.refuse(f"last character of percentage should be `%`, but is: {last}", percentage)
        number = c.read(lambda word: atoi(word[:-1]), percentage)
        if not 10 <= number <= 90:
            raise c.refuse(f"percentage should fall in range [10, 90]: {number}", percentage)
        cache.prefetch_percentage = number


def _serve_stale(c: Controller, cache: Cache) -> None:
    args = c.args()
    most = 5 if c.since("1.14.7") else 3 if c.since("1.14.4") else 2 if c.since("1.9.2") else 1
    if len(args) > most:
        raise c.arg_err()
    cache.serve_stale = HOUR
    if not args:
        return
    cache.serve_stale = c.read(parse_duration, args[0])
    if cache.serve_stale < 0:
        raise c.refuse("invalid negative duration for serve_stale", args[0])
    if len(args) < 2:
        return
    mode = args[1].lower()
    if mode not in ("immediate", "verify"):
        raise c.refuse(f"invalid value for serve_stale refresh mode: {mode}", args[1])
    rest = args[2:]
    if mode == "verify" and rest:
        timeout = c.read(parse_duration, rest[0], "invalid serve_stale verify timeout: {}")
        if timeout < 0:
            raise c.refuse("invalid negative timeout for serve_stale verify", rest[0])
        rest = rest[1:]
    elif rest and not c.since("1.14.7"):
        raise c.refuse("serve_stale timeout is only valid with the verify refresh mode", rest[0])
    if len(rest) > 2:
        raise c.arg_err()
    if rest:
        _stale_ttl(c, rest[0])
    if len(rest) > 1:
        _stale_recheck(c, rest[1])


def _stale_ttl(c: Controller, word: Word) -> None:
    ttl = c.read(parse_duration, word, "invalid serve_stale response TTL: {}")
    if ttl < 0:
        raise c.refuse("invalid negative response TTL for serve_stale", word)
    if ttl % SECOND:
        raise c.refuse("serve_stale response TTL must be a whole number of seconds", word)
    if ttl // SECOND > 2**32 - 1:
        raise c.refuse("serve_stale response TTL exceeds the DNS TTL range", word)


def _stale_recheck(c: Controller, word: Word) -> None:
    recheck = c.read(parse_duration, word, "invalid serve_stale failure recheck: {}")
    if recheck < 0:
        raise c.refuse("invalid negative failure recheck for serve_stale", word)
    if recheck > FIVE_MINUTES:
        raise c.refuse("serve_stale failure recheck cannot exceed 5 minutes", word)


def _servfail(c: Controller) -> int:
    arg = c.only()
    ttl = c.read(parse_duration, arg)
    if ttl < 0:
        raise c.refuse("invalid negative ttl for servfail", arg)
    if ttl > FIVE_MINUTES:
        raise c.refuse("caching SERVFAIL responses over 5 minutes is not permitted", arg)
    return ttl


def _disable(c: Controller, cache: Cache) -> None:
    args = c.args()
    if not args:
        raise c.arg_err()
    zones = [normalize(zone) for zone in args[1:]] or ["."]
    if args[0] == "denial":
        cache.denial.disabled_zones = zones
    elif args[0] == "success":
        cache.success.disabled_zones = zones
    else:
        raise c.refuse('cache type for disable must be "success" or "denial"', args[0])
