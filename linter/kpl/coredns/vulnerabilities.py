"""Vulnerabilities of CoreDNS that depend on what a Corefile uses, with the releases that have them.

Vulnerabilities of Go's standard library and of dependencies are not among them, nor is what every Corefile is exposed to: an
image scanner reports those by the release alone. `acl` before `rewrite` (CVE-2026-26017) has a rule that looks at the names.
"""

from __future__ import annotations

from typing import NamedTuple

from kpl.text.version import Version


class Vulnerability(NamedTuple):
    """One entry; `introduced` is the first release that has it, `fixed` the first one that does not."""

    cves: tuple[str, ...]
    introduced: Version
    fixed: Version
    published: str
    score: str
    """The CVSS base score of the record, with its version of CVSS."""
    source: str
    plugin: str
    """The plugin that has it; empty for a transport."""
    transports: tuple[str, ...]
    """The schemes of the server blocks' keys that are affected; empty for all."""
    effect: str
    """What happens, as the end of a sentence that starts with the release: ``CoreDNS 1.14.2 ...``."""


_ADVISORY = "https://github.com/coredns/coredns/security/advisories/"

VULNERABILITIES = (
    Vulnerability(
        ("CVE-2026-62309",), Version("1.14.2"), Version("1.14.4"), "2026-07-16", "7.5 (CVSS 3.1)",
        f"{_ADVISORY}GHSA-9rvv-m5g5-wc8r", "proxyproto", (),
        "stops when `proxyproto` receives a malformed PROXY header, so one packet ends it",
    ),
    Vulnerability(
        ("CVE-2026-33190", "CVE-2026-35579"), Version("1.9.4"), Version("1.14.3"), "2026-05-05", "8.7 (CVSS 4.0)",
        f"{_ADVISORY}GHSA-qhmp-q7xh-99rh", "tsig", ("tls", "https", "https3", "quic", "grpc"),
        "does not verify TSIG signatures over `{transport}`, so clients without the key pass this `tsig`",
    ),
    Vulnerability(
        ("CVE-2026-33489",), Version("1.8.0"), Version("1.14.3"), "2026-05-05", "8.2 (CVSS 4.0)",
        f"{_ADVISORY}GHSA-h8mm-c463-wjq3", "transfer", (),
        "applies `transfer` of `{parent}` to the zone `{child}`, so other clients may transfer it",
    ),
    Vulnerability(
        ("CVE-2026-32936",), Version("1.0.0"), Version("1.14.3"), "2026-05-05", "8.7 (CVSS 4.0)",
        f"{_ADVISORY}GHSA-63cw-r7xf-jmwr", "", ("https",),
        "decodes oversized GET requests over `{transport}` before it checks their size, so clients can use up CPU and memory",
    ),
    Vulnerability(
        ("CVE-2026-32934",), Version("1.11.0"), Version("1.14.3"), "2026-05-05", "8.7 (CVSS 4.0)",
        f"{_ADVISORY}GHSA-2wpx-qpw2-g5h5", "", ("quic",),
        "does not limit the streams that wait over `{transport}`, so one client can use up its memory",
    ),
    Vulnerability(
        ("CVE-2025-68151",), Version("1.0.0"), Version("1.14.0"), "2026-01-08", "6.6 (CVSS 4.0)",
        f"{_ADVISORY}GHSA-527x-5wrf-22m2", "", ("grpc", "https", "https3"),
        "does not limit connections and streams over `{transport}`, so clients can use up its memory",
    ),
    Vulnerability(
        ("CVE-2025-58063",), Version("1.2.0"), Version("1.12.4"), "2025-09-09", "7.1 (CVSS 3.1)",
        f"{_ADVISORY}GHSA-93mf-426m-g6x9", "etcd", (),
        "takes the ID of an etcd lease for a TTL, so resolvers keep records of `etcd` for up to 136 years",
    ),
)  # fmt: skip
"""The entries, the one that is fixed last first. Sources: the advisory, and https://github.com/golang/vulndb (data/osv)."""


def known_vulnerabilities(release: Version) -> list[Vulnerability]:
    """The entries that concern this release, the one that is fixed last first."""
    return [each for each in VULNERABILITIES if each.introduced <= release < each.fixed]
