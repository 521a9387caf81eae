"""KPL231."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Stop, Version, corefile
from kpl.corefiles import Directive
from kpl.edits import Text
from kpl.words import whole_number

_LEAST = 1024
_DEFAULT = 9984
_SHORT = Version("1.7.0")


class CacheCapacityTooSmall(Rule):
    """The first number of `success` or `denial` is a capacity, not a TTL, and has no effect below 1024.

    ## Why
    The syntax is `success CAPACITY [TTL]`: the first number is how many answers to keep, not for how many seconds.
    CoreDNS keeps at least 1,024 answers, whatever the number is, and the TTL does not change: `denial 5` does not
    shorten how long NXDOMAIN is cached, and `denial 0` does not turn that off.

    ## Fix
    Adds the default capacity before the number, so that the number becomes the TTL, if it can be one. The fix is
    unsafe, because the TTL changes.

    ## References
    - https://coredns.io/plugins/cache/
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/pkg/cache/cache.go (New)
    """

    code = "KPL231"
    name = "cache-capacity-too-small"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "success|denial"
    in_templates = True
    examples = [
        Bad(
            corefile("lan {\n    errors\n    cache 30 {\n        success 20\n    }\n    forward . 10.0.0.2\n}\n"),
            flags=["20"],
            fixed="lan {\n    errors\n    cache 30 {\n        success 9984 20\n    }\n    forward . 10.0.0.2\n}\n",
            safe=False,
        ),
        Bad(
            corefile("lan {\n    errors\n    cache {\n        denial 0\n    }\n    forward . 10.0.0.2\n}\n"),
            flags=["0"],
            says=["Replace it with `disable denial`"],
        ),
        Bad(
            corefile("lan {\n    errors\n    cache {\n        denial 500 5\n    }\n    forward . 10.0.0.2\n}\n"),
            flags=["500"],
            says=["Set a capacity of 1024 or more."],
        ),
        Good(corefile("lan {\n    errors\n    cache {\n        success 5000 20\n    }\n    forward . 10.0.0.2\n}\n")),
        Good(corefile("lan {\n    errors\n    cache {\n        success 2048\n    }\n    forward . 10.0.0.2\n}\n")),
        Bad(
            corefile("lan {\n    errors\n    cache {\n        success 1023\n    }\n    forward . 10.0.0.2\n}\n"),
            flags=["1023"],
            fixed="lan {\n    errors\n    cache {\n        success 9984 1023\n    }\n    forward . 10.0.0.2\n}\n",
            safe=False,
            says=["the minimum is 1024 entries", "if 1023 is the TTL"],
        ),
        Good(corefile("lan {\n    errors\n    cache {\n        success 1024\n    }\n    forward . 10.0.0.2\n}\n")),
        Good(corefile("lan {\n    errors\n    cache {\n        prefetch 5\n    }\n    forward . 10.0.0.2\n}\n")),
        Good(
            corefile("lan {\n    errors\n    cache {\n        success {$CAPACITY}\n    }\n    forward . 10.0.0.2\n}\n")
        ),
    ]

    def check(self, directive: Directive, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if directive.name != "cache":
            return
        for option in directive.properties:
            if option.name not in ("success", "denial") or not option.args:
                continue
            capacity = whole_number(option.args[0])
            if capacity is not None and capacity < _LEAST:
                yield self._too_small(option.name, option.args[0], alone=len(option.args) == 1)

    def _too_small(self, name: Text, capacity: Text, alone: bool) -> Finding:
        message = f"the first number of `{name}` sets a capacity, not a TTL; the minimum is {_LEAST} entries"
        if not alone:
            return self.finding(capacity.span, message, help=f"Set a capacity of {_LEAST} or more.")
        if whole_number(capacity) == 0:
            help_ = f"Replace it with `disable {name}` to cache none of these answers."
            return self.finding(capacity.span, message, help=help_)
        line = f"{name} {_DEFAULT} {capacity}"
        return self.finding(
            capacity.span,
            message,
            help=f"Replace it with `{line}` if {capacity} is the TTL in seconds.",
            fix=Fix(
                f"Replace `{name} {capacity}` with `{line}`",
                (Edit(capacity.span.start, capacity.span.start, f"{_DEFAULT} "),),
                safe=False,
            ),
        )
