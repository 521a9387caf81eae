"""KPL106."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, files
from kpl.edits import line_end
from kpl.poddns import GLIBC, MUSL_LINE, ResolvConf

OLD_GLIBC_DOMAINS = 6
OLD_GLIBC_CHARACTERS = 256

_POD = "search shop.svc.cluster.local svc.cluster.local cluster.local"
_LONG = _POD + "".join(f" department-{number}.region-{number}.corp.example.com" for number in range(5))
_SERVER = "nameserver 10.96.0.10\n"


class SearchListNotRead(Rule):
    """The search list of resolv.conf is too long for musl, so short names do not resolve in Alpine images.

    ## Why
    musl reads lines of at most 255 characters, including the line end, and ignores a longer line completely. Without a
    search list, it looks up `svc` or `svc.ns` unchanged and does not find it. In 2.26 (2017) and later, glibc reads any
    length; earlier versions keep six domains and 256 characters and silently drop the others.

    The rule is silent if `libc` is known to be glibc. With the option `old_glibc`, it also checks the limits of glibc
    before 2.26.

    ## Fix
    There is no automatic fix, because only you know which domains are needed. In a pod they come from the node's
    resolv.conf, which the kubelet appends to the cluster's domains, and from `dnsConfig.searches`.

    ## References
    - https://git.musl-libc.org/cgit/musl/tree/src/network/resolvconf.c
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html (`search`)
    """

    code = "KPL106"
    name = "search-list-not-read"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("names-do-not-resolve",)
    needs = "ResolvConf"
    options = {"old_glibc": False}
    examples = [
        Bad(files(**{"resolv.conf": f"{_SERVER}{_LONG}\n"}), flags=[_LONG]),
        # 254 characters and the line end are as many as musl reads
        Bad(
            files(**{"resolv.conf": f"{_SERVER}search {'a' * 248}"}),
            flags=[f"search {'a' * 248}"],
            says=["256 characters"],
        ),
        Good(files(**{"resolv.conf": f"{_SERVER}search {'a' * 247}\n"})),
        Good(files(**{"resolv.conf": f"{_SERVER}{_POD}\n"})),
        Good(files(**{"resolv.conf": _SERVER})),
        Good(files(**{"resolv.conf": f"{_SERVER}{_LONG}\n"}), {"libc": "glibc"}),
        # seven domains are no matter for today's resolvers
        Good(files(**{"resolv.conf": f"{_SERVER}{_POD} a.example b.example c.example d.example\n"})),
    ]

    def check(self, conf: ResolvConf, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        line = conf.search
        if line is None or not line.values:
            return
        start = line.span.start
        length = len(conf.text[start : line_end(conf.text, start)].encode(errors="replace"))
        if cluster.facts.libc != GLIBC and length + 1 > MUSL_LINE:
            yield self.finding(
                line.span,
                f"this line has {length + 1} characters, but musl reads at most {MUSL_LINE}, so it ignores the search list",
                help="Keep only the domains that you need.",
            )
        elif self.option["old_glibc"]:
            characters = len(" ".join(line.values))
            if len(line.values) > OLD_GLIBC_DOMAINS or characters > OLD_GLIBC_CHARACTERS:
                yield self.finding(
                    line.span,
                    f"the search list has {len(line.values)} domains with {characters} characters, but glibc before 2.26 reads "
                    f"at most {OLD_GLIBC_DOMAINS} domains and {OLD_GLIBC_CHARACTERS} characters, so it drops the others",
                    help="Keep only the domains that you need.",
                )
