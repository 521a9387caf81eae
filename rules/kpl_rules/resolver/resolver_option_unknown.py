"""KPL107."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import (
    GLIBC_OPTIONS,
    MAX_NDOTS,
    OTHER_OPTIONS,
    Bad,
    Finding,
    Good,
    ResolvConf,
    Rule,
    Severity,
    Stop,
    Text,
    files,
    is_placeholder,
    nearest_option,
    whole_number,
)

NUMBERS = ("ndots", "timeout", "attempts")

_SERVER = "nameserver 10.96.0.10\n"
_OTHERWISE = re.compile(r"([a-z][a-z0-9-]*)[=,]([0-9]+)")


class ResolverOptionUnknown(Rule):
    """An option in resolv.conf is written so that no resolver reads it.

    ## Why
    glibc and musl compare each word of an `options` line with the ones they know and pass over all others in silence.
    `ndots=2` or `ndots 2` leaves `ndots` at 1, and a misspelt `single-request-reopn` does not keep lookups from losing
    their answers. A number above 15 is taken for 15 as `ndots`.

    Options of the BSDs' and Go's resolvers are not reported.

    ## Fix
    There is none in a file that a program writes. Change what writes it: the kubelet (`dnsConfig.options` of the pod),
    NetworkManager, systemd-resolved, cloud-init.

    ## References
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html (`options`)
    - https://git.musl-libc.org/cgit/musl/tree/src/network/resolvconf.c
    """

    code = "KPL107"
    name = "resolver-option-unknown"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("setting-without-effect",)
    needs = "ResolvConf"
    examples = [
        Bad(files(**{"resolv.conf": f"{_SERVER}options ndots=2 use-vcc\n"}), flags=["ndots=2", "use-vcc"]),
        Bad(files(**{"resolv.conf": f"{_SERVER}options ndots 2\n"}), flags=["ndots 2"]),
        Bad(files(**{"resolv.conf": f"{_SERVER}options ndots:two ndots:20\n"}), flags=["ndots:two", "ndots:20"]),
        Good(files(**{"resolv.conf": f"{_SERVER}options ndots:5 timeout:1 edns0 trust-ad use-vc\n"})),
        Good(files(**{"resolv.conf": f"{_SERVER}options rotate # one after the other\n"})),
        # of the BSDs
        Good(files(**{"resolv.conf": f"{_SERVER}options insecure1 tcp\n"})),
    ]  # fmt: skip

    def check(self, conf: ResolvConf) -> Iterator[Finding]:
        """See the class."""
        for line in conf.of("options"):
            taken = False
            for word, following in zip(line.values, (*line.values[1:], None), strict=False):
                if word.startswith(("#", ";")):
                    break
                if taken:
                    taken = False
                elif word in NUMBERS and following is not None and whole_number(following) is not None:
                    taken = True
                    yield self._finding(word, following)
                else:
                    yield from self._word(word)

    def _finding(self, word: Text, number: Text) -> Finding:
        return self.finding(
            word.span._replace(end=number.span.end),
            f"resolvers read no number behind a blank, so `{word}` keeps its default",
            help=f"Write `{word}:{number}`.",
        )

    def _word(self, word: Text) -> Iterator[Finding]:
        if is_placeholder(word) or any(mark in word for mark in "{}$<>%"):
            return
        name, colon, value = word.partition(":")
        if name in NUMBERS:
            number = whole_number(value)
            if not colon or number is None:
                yield self.finding(
                    word.span,
                    f"`{word}` has no whole number, so `{name}` does not take effect",
                    help=f"Write `{name}:` and a whole number.",
                )
            elif name == "ndots" and number > MAX_NDOTS:
                yield self.finding(
                    word.span,
                    f"resolvers take `{word}` for {MAX_NDOTS}, the largest number that they know",
                    help=f"Write `ndots:{MAX_NDOTS}` or less.",
                )
        elif name not in GLIBC_OPTIONS and name not in OTHER_OPTIONS:
            written = _OTHERWISE.fullmatch(word)
            near = f"{written[1]}:{written[2]}" if written and written[1] in NUMBERS else nearest_option(name)
            yield self.finding(
                word.span,
                f"neither glibc nor musl knows the option `{word}`, so it has no effect",
                help=f"Write `{near}`." if near else "resolv.conf(5) lists the options.",
            )
