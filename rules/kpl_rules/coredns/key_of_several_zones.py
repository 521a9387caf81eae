"""KPL233."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Profile, Rule, Severity, Stop, corefile
from kpl.corefiles import ServerBlock, is_placeholder, served_zones

_SHOWN = 4


class KeyOfSeveralZones(Rule):
    """A network prefix is not at a label boundary of the reverse name, so CoreDNS serves several zones.

    ## Why
    A reverse zone ends at an octet of an IPv4 address or at a nibble of an IPv6 address. For `10.0.0.0/15`, CoreDNS
    serves the two zones `0.10.in-addr.arpa.` and `1.10.in-addr.arpa.`. They can collide with other keys of the file,
    and a zone file must contain them all. CoreDNS before 1.8.4 served one zone instead, that of the octet below the
    prefix.

    The rule is in the profile `all`, because several zones can be what the author wants.

    ## Fix
    There is no fix, because nothing is wrong.

    ## References
    - https://coredns.io/manual/configuration/#reverse-zones
    - https://github.com/coredns/coredns/issues/3808
    """

    code = "KPL233"
    name = "key-of-several-zones"
    stop = Stop.COREDNS
    severity = Severity.INFO
    since = "0.1.0"
    profile = Profile.ALL
    examples = [
        Bad(
            corefile("10.0.0.0/15 {\n    errors\n    whoami\n}\n"),
            flags=["10.0.0.0/15"],
            says=["as 2 zones: `0.10.in-addr.arpa.`, `1.10.in-addr.arpa.`\n"],
        ),
        Good(corefile("10.0.0.0/16 {\n    errors\n    whoami\n}\n")),
        Good(corefile("fd00:10::/32 {\n    errors\n    whoami\n}\n")),
        Bad(corefile("fd00::/27 {\n    errors\n    whoami\n}\n"), flags=["fd00::/27"]),
        Good(corefile("{$NETWORK}/15 {\n    errors\n    whoami\n}\n")),
        Bad(
            corefile("10.0.0.0/14 {\n    errors\n    whoami\n}\n"),
            flags=["10.0.0.0/14"],
            says=[
                "as 4 zones: `0.10.in-addr.arpa.`, `1.10.in-addr.arpa.`, `2.10.in-addr.arpa.`, `3.10.in-addr.arpa.`\n"
            ],
        ),
        Bad(
            corefile("10.0.0.0/13 {\n    errors\n    whoami\n}\n"),
            flags=["10.0.0.0/13"],
            says=["`3.10.in-addr.arpa.` and 4 more"],
        ),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for key in server.keys:
            if server.snippet is not None or "/" not in key or is_placeholder(key):
                continue
            try:
                zones = [zone.name for zone in served_zones(key, cluster.coredns_version_for(server))]
            except ValueError:
                continue
            if len(zones) > 1:
                shown = ", ".join(f"`{zone}`" for zone in zones[:_SHOWN])
                rest = f" and {len(zones) - _SHOWN:,} more" if len(zones) > _SHOWN else ""
                yield self.finding(key.span, f"CoreDNS serves this network as {len(zones):,} zones: {shown}{rest}")
