"""KPL106."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import GLIBC, MUSL_LINE, Bad, Cluster, Finding, Good, ResolvConf, Rule, Severity, Stop, files

OLD_GLIBC_DOMAINS = 6
OLD_GLIBC_CHARACTERS = 256

_POD = "search shop.svc.cluster.local svc.cluster.local cluster.local"
_LONG = _POD + "".join(f" department-{number}.region-{number}.corp.example.com" for number in range(5))
_SERVER = "nameserver 10.96.0.10\n"


class SearchListNotRead(Rule):
    """The search list of resolv.conf is longer than musl reads, so that short names are not found in Alpine images.

    ## Why
    musl reads lines of at most 255 characters, the line end included, and passes over a longer one as a whole: there is
    no search list at all, and `svc` or `svc.ns` is looked up as it stands and not found. glibc reads any length since
    2.26 (2017); older ones keep six domains and 256 characters, and drop the others in silence.

    Where `libc` is known to be glibc, this is not reported. With the option `old_glibc` the limits of glibc before 2.26
    count as well.

    ## Fix
    There is none, as only you know which domains are needed. In a pod they come from the node's resolv.conf, which the kubelet
    appends to the cluster's own, and from `dnsConfig.searches`.

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
        Good(files(**{"resolv.conf": f"{_SERVER}{_POD}\n"})),
        Good(files(**{"resolv.conf": f"{_SERVER}{_LONG}\n"}), {"libc": "glibc"}),
        # seven domains are no matter for today's resolvers
        Good(files(**{"resolv.conf": f"{_SERVER}{_POD} a.example b.example c.example d.example\n"})),
    ]

    def check(self, conf: ResolvConf, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        line = conf.search
        if line is None or not line.values:
            return
        end = conf.text.find("\n", line.span.start)
        length = len(conf.text[line.span.start : end if end >= 0 else len(conf.text)].encode(errors="replace"))
        if cluster.facts.libc != GLIBC and length + 1 > MUSL_LINE:
            yield self.finding(
                line.span,
                f"musl passes over this line of {length + 1} characters, as it reads {MUSL_LINE} at most: no search list is left",
                help="Keep the domains that are needed.",
            )
        elif self.option["old_glibc"]:
            characters = len(" ".join(line.values))
            if len(line.values) > OLD_GLIBC_DOMAINS or characters > OLD_GLIBC_CHARACTERS:
                yield self.finding(
                    line.span,
                    f"glibc before 2.26 reads {OLD_GLIBC_DOMAINS} search domains and {OLD_GLIBC_CHARACTERS} characters, and drops "
                    f"what is more: there are {len(line.values)} domains of {characters} characters",
                    help="Keep the domains that are needed.",
                )
