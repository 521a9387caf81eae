"""KPL107."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, files
from kpl.corefiles import is_placeholder
from kpl.edits import Text
from kpl.poddns import GLIBC_OPTIONS, MAX_NDOTS, NUMBER_OPTIONS, OTHER_OPTIONS, ResolvConf, nearest_option
from kpl.words import whole_number

_SERVER = "nameserver 10.96.0.10\n"
_OTHERWISE = re.compile(r"([a-z][a-z0-9-]*)[=,]([0-9]+)")


class ResolverOptionUnknown(Rule):
    """An option in resolv.conf is misspelled or malformed, so resolvers ignore it.

    ## Why
    glibc and musl compare each word of an `options` line with the options that they know, and silently ignore all
    others. With `ndots=2` or `ndots 2`, `ndots` stays 1, and a misspelled `single-request-reopn` does not prevent
    lookups from losing their responses. For `ndots`, resolvers read a number above 15 as 15.

    The rule is silent about options of the BSD resolvers and of Go's resolver.

    ## Fix
    There is no automatic fix. If a program writes the file, change what that program writes: the kubelet
    (`dnsConfig.options` of the pod), NetworkManager, systemd-resolved or cloud-init.

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
        Bad(
            files(**{"resolv.conf": f"{_SERVER}options ndots=2 use-vcc tcp6=1\n"}),
            flags=["ndots=2", "use-vcc", "tcp6=1"],
            says=["Replace it with `ndots:2`.", "Replace it with `use-vc`.", "Use one of the options in resolv.conf(5)."],
        ),
        Bad(files(**{"resolv.conf": f"{_SERVER}options ndots 2\n"}), flags=["ndots 2"]),
        # the number is taken, so what follows is an option again
        Bad(files(**{"resolv.conf": f"{_SERVER}options ndots 2 roatte\n"}), flags=["ndots 2", "roatte"]),
        Bad(files(**{"resolv.conf": f"{_SERVER}options rotate timeout\n"}), flags=["timeout"]),
        Bad(files(**{"resolv.conf": f"{_SERVER}options ndots:two ndots:16\n"}), flags=["ndots:two", "ndots:16"]),
        Good(files(**{"resolv.conf": f"{_SERVER}options ndots:15 timeout:16 ${{OPTION}} ndots:{{{{ndots}}}}\n"})),
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
                elif word in NUMBER_OPTIONS and following is not None and whole_number(following) is not None:
                    taken = True
                    yield self._finding(word, following)
                else:
                    yield from self._word(word)

    def _finding(self, word: Text, number: Text) -> Finding:
        return self.finding(
            word.span._replace(end=number.span.end),
            f"`{word}` and `{number}` are separated by whitespace, so `{word}` keeps its default",
            help=f"Replace the whitespace with a colon: `{word}:{number}`.",
        )

    def _word(self, word: Text) -> Iterator[Finding]:
        if is_placeholder(word) or any(mark in word for mark in "{}$<>%"):
            return
        name, colon, value = word.partition(":")
        if name in NUMBER_OPTIONS:
            number = whole_number(value)
            if not colon or number is None:
                yield self.finding(
                    word.span,
                    f"`{word}` does not contain a whole number, so `{name}` has no effect",
                    help=f"Write `{name}:` followed by a whole number.",
                )
            elif name == "ndots" and number > MAX_NDOTS:
                yield self.finding(
                    word.span,
                    f"`{word}` is above the maximum, so resolvers use {MAX_NDOTS}",
                    help=f"Set `ndots:{MAX_NDOTS}` or less.",
                )
        elif name not in GLIBC_OPTIONS and name not in OTHER_OPTIONS:
            written = _OTHERWISE.fullmatch(word)
            near = f"{written[1]}:{written[2]}" if written and written[1] in NUMBER_OPTIONS else nearest_option(name)
            yield self.finding(
                word.span,
                f"neither glibc nor musl knows the option `{word}`, so it has no effect",
                help=f"Replace it with `{near}`." if near else "Use one of the options in resolv.conf(5).",
            )
