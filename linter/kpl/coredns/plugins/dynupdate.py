"""The plugin ``dynupdate``. (CoreDNS plugin/dynupdate: setup.go, store.go, zone.go)"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.coredns.controller import IN_EVERY_CONTAINER, Controller, Word
from kpl.coredns.tlsconfig import under_root
from kpl.coredns.zones import zones_of
from kpl.golang.dnsname import is_domain_name, is_subdomain, normalize
from kpl.golang.dnstables import TYPES, number_of
from kpl.golang.filepath import clean
from kpl.golang.stat import impossible_path, is_certain_folder
from kpl.golang.strconv import parse_uint
from kpl.golang.strings import to_upper, trim_space
from kpl.golang.values import GoError, atoi, quote

LIMITS = ("max_records", "max_bytes", "max_update_records")
ALL = "*"
_UNCHANGEABLE = frozenset(
    "SIG KEY NXT DS RRSIG NSEC DNSKEY NSEC3 NSEC3PARAM TALINK CDS CDNSKEY ZONEMD TA DLV OPT TKEY TSIG IXFR AXFR MAILB MAILA "
    "ATMA UNSPEC None Reserved".split()
)
"""Types whose records an update of others would make wrong, or of which there are no records. (validPolicyType)"""


class Permission(NamedTuple):
    """What the holder of a TSIG key may change: one name or ``*``, and types of records or ``*``."""

    key: str
    name: str
    types: tuple[str, ...]


@dataclass
class DynUpdate:
    """One zone that clients may change, and the file that it starts from."""

    zone: str = ""
    file: str = ""
    database: str = ""
    """Where changes are kept; empty is in memory alone."""
    allowed: list[Permission] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)


def setup(c: Controller) -> DynUpdate:
    """``dynupdate [ZONE]`` with its block, once."""
    c.next()
    dynupdate = DynUpdate(zone=_zone(c, c.args()))
    seen = set()
    while c.next_block():
        name = c.val()
        if name != "allow" and name in seen:
            raise c.err(f"{name} specified more than once")
        seen.add(name)
        _option(c, dynupdate, name)
    if c.next():
        raise c.once()
    if "file" not in seen:
        raise c.err("file is required")
    if not dynupdate.allowed:
        raise c.err("at least one allow rule is required")
    dynupdate.file = under_root(c, dynupdate.file)
    _read(c, dynupdate)
    return dynupdate


def _zone(c: Controller, args: list[Word]) -> str:
    """parseOrigin: the zone that is named, or that of the server block."""
    if len(args) > 1:
        raise c.refuse("exactly one zone is allowed")
    version = c.instance.version
    if args:
        zones = zones_of(args[0], version)
        if len(zones) != 1 or not is_domain_name(zones[0]):
            raise c.refuse(f"invalid zone {quote(args[0])}", args[0])
        return zones[0]
    blocks: dict[str, None] = {}
    for key in c.config.zones:
        zones = zones_of(str(key), version)
        if len(zones) != 1 or not is_domain_name(zones[0]):
            raise c.refuse(f"invalid server block zone {quote(str(key))}")
        blocks[zones[0]] = None
    if len(blocks) != 1:
        raise c.refuse("zone is required when the server block does not define exactly one zone")
    return next(iter(blocks))


def _option(c: Controller, dynupdate: DynUpdate, name: str) -> None:
    if name in ("database", "file"):
        args = c.args()
        if len(args) != 1 or (name == "database" and not args[0]):
            raise c.arg_err()
        if name == "file":
            dynupdate.file = args[0]
        else:
            dynupdate.database = args[0]
    elif name in LIMITS:
        arg = c.only()
        dynupdate.limits[name] = _positive(c, name, arg)
    elif name == "allow":
        dynupdate.allowed.append(_permission(c, c.args(), dynupdate.zone))
    else:
        raise c.err(f"unknown property {quote(name)}")


def _positive(c: Controller, name: str, word: str) -> int:
    try:
        number = atoi(word)
    except GoError:
        number = 0
    if number <= 0:
        raise c.err(f"{name} requires a positive integer")
    return number


def _permission(c: Controller, args: list[Word], zone: str) -> Permission:
    """parsePermission."""
    if len(args) < 3:
        raise c.refuse("allow requires KEY NAME and at least one RR type")
    word, name = args[:2]
    key = normalize(word)
    if not trim_space(word) or word in (ALL, "@") or not is_domain_name(key):
        raise c.refuse(f"invalid TSIG key {quote(word)}", word)
    owner = ALL if name == ALL else zone if name == "@" else normalize(name)
    if owner != ALL and not (is_domain_name(owner) and is_subdomain(zone, owner)):
        raise c.refuse(f"allow name {quote(name)} is outside zone {quote(zone)}", name)
    for type_ in args[2:]:
        if type_ == ALL:
            if len(args) != 3:
                raise c.refuse("wildcard RR type must be the only type in an allow rule", type_)
        elif not _may_be_changed(c, to_upper(type_)):
            raise c.refuse(f"invalid RR type {quote(type_)} in allow rule", type_)
    return Permission(key, owner, tuple(map(str, args[2:])))


def _may_be_changed(c: Controller, name: str) -> bool:
    """parseRRType and validPolicyType."""
    number = number_of(name, TYPES, c.instance.version)
    if number is None and name.startswith("TYPE"):
        try:
            number = parse_uint(name.removeprefix("TYPE"), 10, 16)
        except GoError:
            return False
        name = next((known for known, its in TYPES.items() if its == number), "")
    return number is not None and name not in ("", *_UNCHANGEABLE)


def _read(c: Controller, dynupdate: DynUpdate) -> None:
    """The file has to be there and to be good, unless a database is; a database that is there is taken to be good."""
    path, database = clean(dynupdate.file), dynupdate.database
    if database:
        database = clean(under_root(c, database))
        impossible = impossible_path(database)
        if impossible is not None:
            raise c.refuse(f"stat {database}: {impossible}", dynupdate.database)
        if database == path:
            raise c.refuse("database and seed must be different files", dynupdate.database)
        if is_certain_folder(database) or database in IN_EVERY_CONTAINER:
            raise c.refuse(f"opening database {quote(database)}: invalid database", dynupdate.database)
        if database in c.instance.assumed_files:
            return
    impossible = impossible_path(path)
    if impossible is not None:
        raise c.refuse(f"opening zone file {quote(dynupdate.file)}: open {path}: {impossible}")
    unparsed = f"parsing zone file {quote(dynupdate.file)}"
    if is_certain_folder(path):
        raise c.refuse(f"{unparsed}: read {path}: is a directory")
    if path in IN_EVERY_CONTAINER:
        # it goes on with a piece of what stands in the file
        raise c.refuse(f"{unparsed}: {dynupdate.file}")
    c.need_file(dynupdate.file)
