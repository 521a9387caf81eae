"""KPL252."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, Directive, is_placeholder
from kpl.kubeproxy import duration_of
from kpl.words import whole_number

_SECOND = 10**9
_LONGEST = 60
_MAX_FAILS = 2
_LOOPBACK = ("127.", "[::1]", "::1")


def _block(upstreams: str, *lines: str) -> str:
    block = "".join(f"        {each}\n" for each in lines)
    return f". {{\n    errors\n    cache 30\n    forward . {upstreams} {{\n{block}        max_concurrent 1000\n    }}\n}}\n"


class DeadUpstreamAsked(Rule):
    """`forward` does not notice, or only after a minute, that an upstream is dead, so queries to it wait.

    ## Why
    After a query has failed, `forward` checks the upstream every `health_check` (0.5 seconds by default), and skips it
    once more than `max_fails` (2 by default) checks have failed. Until then it sends the upstream its share of the queries, and
    each of them waits for the timeout of 2 seconds before the next upstream is tried; the resolver in a pod waits 5 seconds.

    - With `max_fails 0`, there are no checks, and the upstream is never skipped.
    - With `health_check 5m`, the third check fails ten minutes after the first one.

    The rule needs two or more upstreams in the file; `/etc/resolv.conf` counts as one. It is silent about loopback addresses, and
    if `health_check` and `max_fails` together take a minute or less.

    ## Fix
    Removes `max_fails 0`, or sets `health_check 5s`. The fix is unsafe because CoreDNS then sends queries for `. NS` to an
    upstream that failed, which some servers do not answer: add `domain` with a name that they have.

    ## References
    - https://coredns.io/plugins/forward/
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/pkg/proxy/proxy.go (Down)
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/pkg/up/up.go (Do)
    - https://github.com/coredns/coredns/issues/3767
    """

    code = "KPL252"
    name = "dead-upstream-asked"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "max_fails|health_check"
    symptoms = ("lookups-time-out",)
    examples = [
        Bad(
            corefile(_block("10.0.0.2 10.0.0.3", "max_fails 0")),
            flags=["max_fails 0"],
            fixed=_block("10.0.0.2 10.0.0.3"),
            safe=False,
            says=["`max_fails 0` turns health checks off, so a dead upstream keeps its share of the queries", "Remove"],
        ),
        Good(corefile(_block("10.0.0.2", "max_fails 0"))),
        Good(corefile(_block("/etc/resolv.conf", "max_fails 0"))),
        Bad(
            corefile(_block("/etc/resolv.conf 10.0.0.3", "max_fails 0  # why not")),
            flags=["max_fails 0"],
        ),
        Good(corefile(_block("127.0.0.1:5301 [::1]:5302", "max_fails 0"))),
        Bad(
            corefile(_block("127.0.0.1:5301 10.0.0.2", "max_fails 0")),
            flags=["max_fails 0"],
            fixed=_block("127.0.0.1:5301 10.0.0.2"),
            safe=False,
        ),
        Good(corefile(_block("10.0.0.2 {$UPSTREAM}", "max_fails 0"))),
        Good(corefile(_block("10.0.0.2 10.0.0.3", "max_fails 3"))),
        Good(corefile(_block("10.0.0.2 10.0.0.3", "max_fails {$FAILS}"))),
        Bad(
            corefile(_block("10.0.0.2 10.0.0.3", "health_check 5m domain lan")),
            flags=["health_check 5m domain lan"],
            fixed=_block("10.0.0.2 10.0.0.3", "health_check 5s domain lan"),
            safe=False,
            says=[
                "`health_check 5m` needs 3 failed checks before `forward` skips a dead upstream, which take 600 seconds",
                "Set `health_check 5s`",
            ],
        ),
        Bad(
            corefile(_block("10.0.0.2 10.0.0.3", "health_check 61s", "max_fails 1")),
            flags=["health_check 61s"],
            fixed=_block("10.0.0.2 10.0.0.3", "health_check 5s", "max_fails 1"),
            safe=False,
            says=["needs 2 failed checks"],
        ),
        Good(corefile(_block("10.0.0.2 10.0.0.3", "health_check 60s", "max_fails 1"))),
        Good(corefile(_block("10.0.0.2 10.0.0.3", "health_check 30s"))),
        # the last line counts
        Good(corefile(_block("10.0.0.2 10.0.0.3", "health_check 5m", "health_check 5s"))),
        Good(corefile(_block("10.0.0.2 10.0.0.3", "max_fails 0", "max_fails 2"))),
        Good(corefile(_block("10.0.0.2", "health_check 5m"))),
        Good(corefile(_block("10.0.0.2 10.0.0.3", "health_check {$CHECK}"))),
        Good(corefile(_block("10.0.0.2 10.0.0.3", "health_check 5m", "max_fails {$FAILS}"))),
        Good(corefile(_block("10.0.0.2 10.0.0.3", "health_check")), other=["corefile-refused"]),
        # without it, there would be too few checks
        Bad(corefile(_block("10.0.0.2 10.0.0.3", "health_check 5m", "max_fails 0")), flags=["max_fails 0"]),
    ]

    def check(self, directive: Directive, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        upstreams = directive.args[1:]
        if directive.name != "forward" or len(upstreams) < 2 or any(map(is_placeholder, upstreams)):
            return
        if all(each.rpartition("://")[2].startswith(_LOOPBACK) for each in upstreams):
            return
        fails = next(iter(directive.all("max_fails")[-1:]), None)
        check = next(iter(directive.all("health_check")[-1:]), None)
        number = _MAX_FAILS if fails is None else whole_number(fails.args[0]) if fails.args else None
        interval = duration_of(check.args[0]) if check is not None and check.args else None
        if fails is not None and number == 0:
            edit = corefile.remove_lines(fails.span) if not _takes_too_long(interval, _MAX_FAILS) else None
            yield self.finding(
                fails.span,
                "`max_fails 0` turns health checks off, so a dead upstream keeps its share of the queries, and each of them waits "
                "2 seconds",
                help="Remove `max_fails 0`.",
                fix=Fix("Remove `max_fails 0`", (edit,), safe=False) if edit is not None else None,
            )
        elif check is not None and interval is not None and number is not None and _takes_too_long(interval, number):
            yield self.finding(
                check.span,
                f"`health_check {check.args[0]}` needs {number + 1} failed checks before `forward` skips a dead upstream, which "
                f"take {interval * number // _SECOND:,} seconds",
                help="Set `health_check 5s`.",
                fix=Fix("Set `health_check 5s`", (Edit(*check.args[0].span, "5s"),), safe=False),
            )


def _takes_too_long(interval: int | None, fails: int) -> bool:
    """Whether more than a minute passes from the first failed check to the one that counts."""
    return interval is not None and interval * fails > _LONGEST * _SECOND
