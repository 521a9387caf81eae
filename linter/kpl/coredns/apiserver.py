"""The client of the API server that the plugin ``kubernetes`` makes of its options.

(CoreDNS plugin/kubernetes/kubernetes.go: getClientConfig; k8s.io/client-go tools/clientcmd and rest/url_utils.go)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.golang.urls import parse_url
from kpl.golang.values import GoError, go_bytes, quote
from kpl.text import late

_HOSTLESS = late.pattern("((?:[a-zA-Z][a-zA-Z0-9+.-]*:(?://(?=/)|(?!//)))?)(/[^?]*)")
_ENCODED = late.pattern(r"[\w.~!$&'()*+,;=:@\[\]%/-]*", re.ASCII)
_KEPT = late.pattern(r"[\w.~$&+,/:;=@-]", re.ASCII)


@dataclass
class Credentials:
    """Files for TLS; an empty path is none."""

    certificate: str = ""
    key: str = ""
    authority: str = ""


def check_kubeconfig(c: Controller, path: str, context: str) -> None:
    """A client from a kubeconfig. Without one it is the client of a pod, which knows no contexts."""
    if path:
        c.need_file(path)
    elif context:
        raise c.refuse(f"context {quote(context)} does not exist", context)


def check_endpoint(c: Controller, server: str, credentials: Credentials) -> None:
    """A client of `server`, a URL or ``host:port``; an empty one without certificates is the client of a pod."""
    errors = _read_credentials(c, credentials)
    if not server:
        if credentials.authority:
            errors.append("default cluster has no server defined")
        elif errors:
            errors.append("cluster has no server defined")
    if errors:
        told = ", ".join(errors)
        raise c.refuse(f"invalid configuration: {told if len(errors) == 1 else f'[{told}]'}", server)
    if server:
        _check_url(c, server, credentials)


def _read_credentials(c: Controller, credentials: Credentials) -> list[str]:
    """clientcmd's validateAuthInfo and validateClusterInfo, which open the files."""
    errors = []
    if credentials.certificate:
        if not credentials.key:
            errors.append(
                "client-key-data or client-key must be specified for  to use the clientCert authentication method."
            )
        for path in filter(None, (credentials.certificate, credentials.key)):
            c.need_file(path)
    if credentials.authority:
        c.need_file(credentials.authority)
    return errors


def _check_url(c: Controller, server: str, credentials: Credentials) -> None:
    """rest.DefaultServerURL; a key without a certificate is read where there is an authority, and the URL says https."""
    server = _rewritten(server)
    try:
        url = c.parse_url(server)
    except GoError:
        url = None
    if url is None or not url.scheme or not url.host:
        failed = "failed to create kubernetes notification controller: "
        try:
            url = c.parse_url(f"http://{server}")
        except GoError as error:
            raise c.refuse(failed + quote(str(error)), server) from None
        if url.path not in ("", "/"):
            why = f"host must be a URL or a host:port pair: {quote(server)}"
            raise c.refuse(failed + quote(why), server)
    elif url.scheme == "https" and credentials.authority and credentials.key:
        c.need_file(credentials.key)


def _rewritten(server: str) -> str:
    """What DirectClientConfig.ClientConfig makes of a URL with a path and without a host: no query, escaped anew.

    With a host the rest does not matter.
    """
    found = _HOSTLESS.match(server)
    if found is None:
        return server
    scheme, raw = found.groups()
    try:
        path = parse_url("http://localhost" + raw.replace("#", "%23")).path
    except GoError:
        return server
    if path == "/":
        return server
    if not _ENCODED.fullmatch(raw):
        raw = "".join(
            rune if _KEPT.match(rune) else "".join(f"%{byte:02X}" for byte in go_bytes(rune)) for rune in path
        )
    return scheme.lower() + raw + ("?" if server.endswith("?") and server.count("?") == 1 else "")
