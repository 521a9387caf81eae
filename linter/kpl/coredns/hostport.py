"""Addresses of other servers, as plugins read them from their arguments. (CoreDNS plugin/pkg/parse/host.go)"""

from collections.abc import Sequence
from typing import NamedTuple

from kpl.coredns.controller import IN_EVERY_CONTAINER, Controller, Word
from kpl.coredns.versions import NEWEST_COREDNS
from kpl.coredns.zones import PORTS, split_transport
from kpl.golang.net import join_host_port, parse_ip, split_host_port
from kpl.golang.stat import impossible_path
from kpl.golang.values import GoError, quote
from kpl.text.version import Version

_EMPTY_REFUSED = Version("1.11.0")
_BRACKETS_STRIPPED = Version("1.14.2")
_ZONE_STRIPPED = Version("1.14.5")
_CAUSE_TOLD = Version("1.14.5")
_ALWAYS_A_FOLDER = frozenset(("", ".", ".."))
_WITHOUT_SERVERS = IN_EVERY_CONTAINER - {"/etc/resolv.conf"}
_NO_PORT_OF_ITS_OWN = "https3"


class Upstream(NamedTuple):
    """Servers to ask: one address with its port, or those that a file in the form of resolv.conf lists.

    The address is empty for ``https3://`` without a port, which CoreDNS forgets to complete.
    """

    address: str
    file: str | None = None


def host_port(text: str, default_port: str, version: Version = NEWEST_COREDNS) -> str:
    """parse.HostPort: an IP address and its port. Raises GoError."""
    try:
        host, port = split_host_port(text)
    except GoError:
        host, port = text, ""
    if parse_ip(_without_zone(host) if version >= _ZONE_STRIPPED else host) is None:
        raise GoError(f"must specify an IP address: `{host}'")
    return join_host_port(host, port or default_port)


def read_upstream(text: str, version: Version = NEWEST_COREDNS) -> Upstream:
    """What parse.HostPortOrFile takes `text` for: what is no IP address is the name of a file. Raises GoError."""
    transport, host = split_transport(text, version)
    if not host and version >= _EMPTY_REFUSED:
        raise GoError(f"invalid address: {quote(text)}")
    if transport == "unix":
        return Upstream(f"unix://{host}")
    try:
        address, _ = split_host_port(host)
    except GoError:
        if version >= _BRACKETS_STRIPPED:
            host = host.strip("[]")
        if parse_ip(_without_zone(host)) is None:
            return Upstream("", host)
        if transport == _NO_PORT_OF_ITS_OWN:
            return Upstream("")
        scheme = "" if transport == "dns" else f"{transport}://"
        return Upstream(scheme + join_host_port(host, PORTS[transport]))
    if parse_ip(_without_zone(address)) is None:
        return Upstream("", host)
    return Upstream(text)


def host_port_or_file(c: Controller, words: Sequence[Word]) -> list[Upstream]:
    """parse.HostPortOrFile: each of `words` is an address, or a file that has to be there."""
    found = []
    for word in words:
        upstream = c.read(lambda text: read_upstream(text, c.instance.version), word)
        if upstream.file is None or lists_servers(c, upstream.file, word):
            found.append(upstream)
    if not found:
        raise c.refuse("no nameservers found")
    return found


def lists_servers(c: Controller, path: str, word: Word) -> bool:
    """Whether servers can stand in the file `path`, which has to be there: a folder can be read too, and is empty."""
    if is_no_file(c, path):
        message = f"not an IP address or file: {quote(path)}"
        if c.instance.version >= _CAUSE_TOLD:
            impossible = impossible_path(path)
            cause = f"open {path}: {impossible or 'no such file or directory'}"
            told = cause if impossible else f"failed to open file {quote(path)}: {quote(cause)}"
            message = f"not an IP address or file {quote(path)}: {told}"
        raise c.refuse(message, word)
    if _is_folder(path) or path in _WITHOUT_SERVERS:
        return False
    c.need_file(path)
    return True


def is_no_file(c: Controller, path: str) -> bool:
    """Whether there is no file `path`: a relative path, that nobody has told of, in the folder that CoreDNS starts in."""
    return not path.startswith("/") and not _is_folder(path) and path not in c.instance.assumed_files


def _is_folder(path: str) -> bool:
    return path != "" and _ALWAYS_A_FOLDER.issuperset(path.split("/"))


def _without_zone(host: str) -> str:
    """stripZone: what stands before the last ``%``."""
    return host.rpartition("%")[0] if "%" in host else host
