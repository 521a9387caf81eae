"""net/url.Parse, with Go's error messages.

Source: Go 1.26, src/net/url/url.go.
"""

import re
from typing import NamedTuple

from kpl.golang.netip import parse_addr
from kpl.golang.values import GoError, go_bytes, quote


class Url(NamedTuple):
    """url.URL, in part. `host` has the port and the brackets; it and `path` are unescaped."""

    scheme: str = ""
    opaque: str = ""
    host: str = ""
    path: str = ""


def parse_url(text: str, strict_colons: bool = False) -> Url:
    """url.Parse. Raises GoError.

    `strict_colons` (GODEBUG urlstrictcolons=1) refuses hosts with several colons in http and https; it is the default of programs
    whose go.mod names Go 1.26 or newer.
    """
    rest, _, fragment = text.partition("#")
    try:
        url = _parse(rest, strict_colons)
    except GoError as error:
        raise GoError(f"parse {quote(rest)}: {error}") from None
    try:
        _unescape(fragment)
    except GoError as error:
        raise GoError(f"parse {quote(text)}: {error}") from None
    return url


def _parse(text: str, strict_colons: bool) -> Url:
    if re.search("[\x00-\x1f\x7f]", text):
        raise GoError("net/url: invalid control character in URL")
    if text == "*":
        return Url(path=text)
    if text.startswith(":"):
        raise GoError("missing protocol scheme")
    found = re.match("([a-zA-Z][a-zA-Z0-9+.-]*):", text)
    scheme = found[1].lower() if found else ""
    rest = (text[found.end() :] if found else text).partition("?")[0]
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme, opaque=rest)
        if ":" in rest.partition("/")[0]:
            raise GoError("first path segment in URL cannot contain colon")
    host = ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        host = _authority(authority, strict_colons and scheme in ("http", "https"))
        rest = slash + path
    return Url(scheme, host=host, path=_unescape(rest))


def _authority(text: str, strict_colons: bool) -> str:
    """parseAuthority: the host."""
    user, at, host = text.rpartition("@")
    host = _host(host, strict_colons)
    if at:
        if re.search("[^A-Za-z0-9._:~!$&'()*+,;=%@-]", user):
            raise GoError("net/url: invalid userinfo")
        for part in user.partition(":")[::2]:
            _unescape(part)
    return host


def _host(text: str, strict_colons: bool) -> str:
    """parseHost"""
    bracket = text.rfind("[")
    if bracket > 0:
        raise GoError("invalid IP-literal")
    if bracket == 0:
        close = text.rfind("]")
        if close < 0:
            raise GoError("missing ']' in host")
        _check_port(text[close + 1 :])
        port = _unescape(text[close + 1 :], "host")
        name, zone = text[1:close], ""
        if "%25" in name:
            at = name.index("%25")
            name, zone = name[:at], name[at:]
        inner = _unescape(name, "host") + _unescape(zone, "zone")
        try:
            address = parse_addr(inner)
        except GoError as error:
            raise GoError(f"invalid host: {error}") from None
        if len(address.bytes) == 4:
            raise GoError("invalid IP-literal")
        return f"[{inner}]{port}"
    if ":" in text:
        _check_port(text[text.index(":") if strict_colons else text.rindex(":") :])
    return _unescape(text, "host")


def _check_port(text: str) -> None:
    """validOptionalPort"""
    if text and not re.fullmatch(":[0-9]*", text):
        raise GoError(f"invalid port {quote(text)} after host")


_HOST_CHARACTERS = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + b"!$&'()*+,;=:[]<>\"" + b"-_.~"
)


def _unescape(text: str, mode: str = "") -> str:
    """unescape of a path, user or fragment, of a ``host``, or of the ``zone`` of an address."""

    def unescaped(found: re.Match[bytes]) -> bytes:
        token, digits = found[0], found[1]
        if not token.startswith(b"%"):
            if mode and token[0] not in _HOST_CHARACTERS:
                raise GoError(f"invalid character {quote(chr(token[0]))} in host name")
            return token
        code = int(digits, 16) if digits else -1
        # a host escapes bytes outside of ASCII alone, a zone what a host could hold
        forbidden = (mode == "host" and code < 0x80) or (
            mode == "zone" and code != 0x20 and code not in _HOST_CHARACTERS
        )
        if code < 0 or (forbidden and token != b"%25"):
            raise GoError(f"invalid URL escape {quote(token.decode('utf-8', 'surrogateescape'))}")
        return bytes([code])

    tokens = rb"(?s)%(?:([0-9a-fA-F]{2})|.{0,2})|[\x00-\x7f]"
    return re.sub(tokens, unescaped, go_bytes(text)).decode("utf-8", "surrogateescape")
