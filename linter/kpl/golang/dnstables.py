"""The names of types, classes, response codes and operations that github.com/miekg/dns reads, with their numbers.

Source: miekg/dns v1.1.29 to v1.1.73, ztypes.go, types.go, msg.go and reverse.go; the go.mod of each CoreDNS release
tells which of them it was built with. The tables are those of v1.1.73; ask `number_of` for the ones of a release.
"""

from __future__ import annotations

from collections.abc import Mapping

from kpl.text.version import Version

TYPES = {
    "None": 0, "A": 1, "NS": 2, "MD": 3, "MF": 4, "CNAME": 5, "SOA": 6, "MB": 7, "MG": 8, "MR": 9, "NULL": 10,
    "PTR": 12, "HINFO": 13, "MINFO": 14, "MX": 15, "TXT": 16, "RP": 17, "AFSDB": 18, "X25": 19, "ISDN": 20, "RT": 21,
    "NSAP-PTR": 23, "SIG": 24, "KEY": 25, "PX": 26, "GPOS": 27, "AAAA": 28, "LOC": 29, "NXT": 30, "EID": 31,
    "NIMLOC": 32, "SRV": 33, "ATMA": 34, "NAPTR": 35, "KX": 36, "CERT": 37, "DNAME": 39, "OPT": 41, "APL": 42,
    "DS": 43, "SSHFP": 44, "IPSECKEY": 45, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "DHCID": 49, "NSEC3": 50,
    "NSEC3PARAM": 51, "TLSA": 52, "SMIMEA": 53, "HIP": 55, "NINFO": 56, "RKEY": 57, "TALINK": 58, "CDS": 59,
    "CDNSKEY": 60, "OPENPGPKEY": 61, "CSYNC": 62, "ZONEMD": 63, "SVCB": 64, "HTTPS": 65, "SPF": 99, "UINFO": 100,
    "UID": 101, "GID": 102, "UNSPEC": 103, "NID": 104, "L32": 105, "L64": 106, "LP": 107, "EUI48": 108, "EUI64": 109,
    "NXNAME": 128, "TKEY": 249, "TSIG": 250, "IXFR": 251, "AXFR": 252, "MAILB": 253, "MAILA": 254, "ANY": 255,
    "URI": 256, "CAA": 257, "AVC": 258, "AMTRELAY": 260, "RESINFO": 261, "TA": 32768, "DLV": 32769, "Reserved": 65535,
}  # fmt: skip
"""dns.StringToType. The two names in mixed case are not met by code that asks in upper case."""

CLASSES = {"IN": 1, "CS": 2, "CH": 3, "HS": 4, "NONE": 254, "ANY": 255}
"""dns.StringToClass."""

RCODES = {
    "NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "NOTIMPL": 4, "REFUSED": 5, "YXDOMAIN": 6,
    "YXRRSET": 7, "NXRRSET": 8, "NOTAUTH": 9, "NOTZONE": 10, "DSOTYPENI": 11, "BADSIG": 16, "BADKEY": 17,
    "BADTIME": 18, "BADMODE": 19, "BADNAME": 20, "BADALG": 21, "BADTRUNC": 22, "BADCOOKIE": 23,
}  # fmt: skip
"""dns.StringToRcode; there is no BADVERS."""

OPCODES = {"QUERY": 0, "IQUERY": 1, "STATUS": 2, "NOTIFY": 4, "UPDATE": 5}
"""dns.StringToOpcode."""

_SINCE = {
    "HTTPS": Version("1.8.0"),
    "SVCB": Version("1.8.0"),
    "ZONEMD": Version("1.8.4"),
    "IPSECKEY": Version("1.11.0"),
    "AMTRELAY": Version("1.11.0"),
    "NXNAME": Version("1.11.4"),
    "RESINFO": Version("1.12.1"),
    "DSOTYPENI": Version("1.12.2"),
}
"""The CoreDNS release that came with the name first; all others are older than 1.7.0."""


def number_of(name: str, table: Mapping[str, int], version: Version) -> int | None:
    """The number of `name` in the `table` of the CoreDNS release `version`; None where it has no such name."""
    first = _SINCE.get(name)
    return table.get(name) if first is None or version >= first else None
