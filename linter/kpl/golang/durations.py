"""time.Duration in words, and CoreDNS's own reading of durations.

(Go src/time/time.go; CoreDNS plugin/pkg/durations/durations.go)
"""

from __future__ import annotations

from kpl.golang.values import GoError, atoi, parse_duration


def duration_string(nanoseconds: int) -> str:
    """Duration.String: ``1h0m0s``, ``1.5s``, ``10ms``."""
    sign, size = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if size == 0:
        return "0s"
    for unit, scale in (("ns", 1), ("µs", 10**3), ("ms", 10**6)):
        if size < scale * 1000:
            return f"{sign}{_decimal(size, scale)}{unit}"
    minutes, rest = divmod(size, 60 * 10**9)
    seconds = f"{_decimal(rest, 10**9)}s"
    if not minutes:
        return sign + seconds
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}h{minutes}m{seconds}" if hours else f"{sign}{minutes}m{seconds}"


def _decimal(number: int, scale: int) -> str:
    whole, fraction = divmod(number, scale)
    digits = str(scale + fraction)[1:].rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def seconds_or_duration(word: str) -> int:
    """durations.NewDurationFromArg: a bare number is seconds; in nanoseconds. Raises GoError."""
    try:
        atoi(word)
        word += "s"
    except GoError:
        pass
    try:
        return parse_duration(word)
    except GoError:
        raise GoError(f"failed to parse duration '{word}'") from None
