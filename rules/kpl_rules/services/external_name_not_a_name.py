"""KPL608."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from kpl import Bad, Finding, Fix, Good, Rule, Severity, Stop, manifest
from kpl.edits import set_scalar
from kpl.manifests import Scalar, Service

_HEAD = "apiVersion: v1\nkind: Service\nmetadata:\n  name: db\nspec:\n  type: ExternalName\n"
_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_PARTS = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*)://)?(?:[^@/\s]*@)?([A-Za-z0-9._-]+)(:\d+)?(/.*)?")


def _of(name: str) -> dict[str, str]:
    return manifest(f"{_HEAD}  externalName: {name}\n")


class ExternalNameNotAName(Rule):
    """`externalName` is an address, a URL or has a port, but DNS can only answer with a name (CNAME).

    ## Why
    DNS answers a query for a Service of the type `ExternalName` with a CNAME record, which has a domain name. It cannot have a
    scheme, a port or a path: Kubernetes refuses these, as it does capital letters and underscores. Kubernetes accepts an IPv4
    address, but CoreDNS does not answer with it, so the name does not resolve.

    ## Fix
    kpl removes what is not part of the name. The fix is marked as unsafe, because clients then need the scheme and the port from
    elsewhere. For an address, create a Service without a selector, and an EndpointSlice with the address.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/service/#externalname
    - https://kubernetes.io/docs/concepts/services-networking/service/#services-without-selectors
    """

    code = "KPL608"
    name = "external-name-not-a-name"
    stop = Stop.SERVICES
    severity = Severity.ERROR
    since = "0.1.0"
    clue = "externalName\nExternalName"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(_of("192.0.2.7"), flags=["192.0.2.7"], says=["is an address", "`db` does not resolve", "EndpointSlice"]),
        Bad(_of('"2001:db8::7"'), flags=['"2001:db8::7"'], says=["Kubernetes refuses"]),
        Bad(
            _of("https://db.example.com/main"),
            flags=["https://db.example.com/main"],
            says=["has a scheme and a path"],
            fixed=f"{_HEAD}  externalName: db.example.com\n",
            safe=False,
        ),
        Bad(
            _of("'db.example.com:5432'"),
            flags=["'db.example.com:5432'"],
            says=["has a port"],
            fixed=f"{_HEAD}  externalName: 'db.example.com'\n",
            safe=False,
        ),
        Bad(
            _of("DB.example.com"),
            flags=["DB.example.com"],
            says=["has capital letters"],
            fixed=f"{_HEAD}  externalName: db.example.com\n",
            safe=False,
        ),
        Bad(_of("db_1.example.com"), flags=["db_1.example.com"], says=["is not a domain name"]),
        Bad(manifest(_HEAD), flags=["ExternalName"], says=["has no `externalName`"]),
        Good(_of("db.example.com")),
        Good(_of("db.example.com.")),
        Good(_of("db")),
        Good(_of("${DB}")),
        Good(_of("{{ .Values.db }}")),
        Good(
            manifest(_HEAD.replace("ExternalName", "ClusterIP") + "  externalName: 192.0.2.7\n  ports: [{port: 80}]\n")
        ),
    ]

    def check(self, service: Service) -> Iterator[Finding]:
        """See the class."""
        kind = service.node.scalar("spec", "type")
        if kind is None or kind.value != "ExternalName":
            return
        name = service.node.scalar("spec", "externalName")
        if name is None:
            if service.name and not any(each in service.text for each in ("{{", "${")):
                yield self.finding(
                    kind.span,
                    f"`{service.name}` is of the type `ExternalName` and has no `externalName`, so Kubernetes refuses it",
                    help="Add `externalName`.",
                )
        elif not any(each in name.value for each in "{}$<>%") and _NAME.fullmatch(name.value) is None:
            yield self._wrong(service, name)
        elif _is_address(name.value):
            yield self.finding(
                name.span,
                f"`{name.value}` is an address, and DNS can only answer with a name, so `{service.name}` does not resolve",
                help="Create a Service without a selector, and an EndpointSlice with this address.",
            )

    def _wrong(self, service: Service, name: Scalar) -> Finding:
        parts = _PARTS.fullmatch(name.value)
        host = parts.group(2).lower() if parts is not None else ""
        wrong = []
        if parts is not None and _NAME.fullmatch(host) and not _is_address(host):
            scheme, own, port, path = parts.groups()
            wrong += ["a scheme"] * bool(scheme) + ["a port"] * bool(port) + ["a path"] * bool(path)
            wrong += ["capital letters"] * (own != host)
        what = f"has {' and '.join(wrong)}" if wrong else "is not a domain name"
        edit = set_scalar(service.text, name, host) if wrong else None
        return self.finding(
            name.span,
            f"`{name.value}` {what}, so Kubernetes refuses `{service.name}`",
            help=f"Set it to `{host}`." if wrong else "Set a domain name in lowercase letters.",
            fix=Fix(f"Set it to `{host}`", (edit,), safe=False) if edit is not None else None,
        )


def _is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return False
    return True
