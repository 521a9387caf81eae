"""KPL105."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, files
from kpl.poddns import MAX_NAMESERVERS, ResolvConf

_THREE = "nameserver 10.96.0.10\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n"


class NameserverNeverAsked(Rule):
    """resolv.conf lists more than three nameservers, but resolvers read only the first three.

    ## Why
    glibc and musl keep three nameservers (`MAXNS`) and silently ignore the other lines. They never query a server that
    was added at the end, as a spare or for another network. The kubelet also cuts the list of a pod to three, and
    reports the event `DNSConfigForming`.

    ## Fix
    There is no automatic fix, because only you know which three are meant. To use more servers, list one DNS server or
    cache that queries them.

    ## References
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html (`nameserver`)
    - https://git.musl-libc.org/cgit/musl/tree/src/network/resolvconf.c
    - https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/#known-issues
    """

    code = "KPL105"
    name = "nameserver-never-asked"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "ResolvConf"
    examples = [
        Bad(
            files(**{"resolv.conf": f"{_THREE}nameserver 192.0.2.3\nnameserver 192.0.2.4\nsearch example.com\n"}),
            flags=["192.0.2.3"],
            says=["`192.0.2.3` and 1 more are never queried"],
        ),
        Bad(
            files(**{"resolv.conf": f"{_THREE}nameserver fe80::1%eth0\n"}),
            flags=["fe80::1%eth0"],
            says=["`fe80::1%eth0` is never queried"],
        ),
        Good(files(**{"resolv.conf": f"{_THREE}search example.com\n"})),
        Good(files(**{"resolv.conf": f"{_THREE}# nameserver 192.0.2.3\n"})),
        # a line that is no address takes no place
        Good(files(**{"resolv.conf": "nameserver 192.0.2.9:53\n" + _THREE}), other=["resolv-conf-line-not-read"]),
    ]

    def check(self, conf: ResolvConf) -> Iterator[Finding]:
        """See the class."""
        servers = [server for server in conf.nameservers if _is_address(server)]
        if len(servers) > MAX_NAMESERVERS:
            more = (
                f" and {len(servers) - MAX_NAMESERVERS - 1} more are" if len(servers) > MAX_NAMESERVERS + 1 else " is"
            )
            yield self.finding(
                servers[MAX_NAMESERVERS].span,
                f"the nameserver `{servers[MAX_NAMESERVERS]}`{more} never queried, because glibc and musl read only the first "
                f"{MAX_NAMESERVERS}",
                help=f"Keep the {MAX_NAMESERVERS} nameservers that you need.",
            )


def _is_address(written: str) -> bool:
    try:
        ipaddress.ip_address(written.partition("%")[0])
    except ValueError:
        return False
    return True
