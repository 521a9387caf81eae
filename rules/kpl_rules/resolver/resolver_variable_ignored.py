"""KPL122."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Finding, Good, Rule, Severity, Span, Stop, manifest
from kpl.corefiles import is_placeholder
from kpl.manifests import Scalar, Workload
from kpl.poddns import MUSL, libc_of

_CART = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    spec:
      containers:
      - name: cart
        image: shop/cart:3
        env:
        - {name: LEVEL, value: info}
"""


def _with(name: str, value: str, image: str = "shop/cart:3") -> str:
    return _CART.replace("shop/cart:3", image) + f'        - {{name: {name}, value: "{value}"}}\n'


_NETDNS = re.compile(r"(?:^|,)netdns=([^,]*)")
_MODES = ("go", "cgo")
_RESOLVERS = ("ares", "native", "")
_OF_GLIBC = ("RES_OPTIONS", "LOCALDOMAIN")


class ResolverVariableIgnored(Rule):
    """The program does not know this value of a variable for its resolver, so the variable has no effect.

    ## Why
    The programs ignore what they do not know without an error:

    - Go knows `netdns=go` and `netdns=cgo` in `GODEBUG`, each with a number after `+` that makes it print its decision.
    - gRPC knows `ares` and `native` in `GRPC_DNS_RESOLVER`. Only the languages on its C core read the variable, such as C++,
      Python, Ruby and PHP.
    - glibc reads `RES_OPTIONS` and `LOCALDOMAIN`, which change `options` and `search` of resolv.conf. musl, the libc of Alpine,
      reads neither.

    ## Fix
    There is no automatic fix, because only you know which resolver is wanted. With musl, set `dnsConfig.options` instead, as
    far as musl knows them.

    ## References
    - https://pkg.go.dev/net#hdr-Name_Resolution
    - https://github.com/grpc/grpc/blob/master/doc/environment_variables.md
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html
    - https://git.musl-libc.org/cgit/musl/tree/src/network/resolvconf.c
    """

    code = "KPL122"
    name = "resolver-variable-ignored"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "GODEBUG\nGRPC_DNS_RESOLVER\nRES_OPTIONS\nLOCALDOMAIN"
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(
            manifest(_with("GODEBUG", "http2client=0,netdns=native")),
            flags=["native"],
            says=["Go knows only `go` and `cgo` for `netdns`", "Replace `native` with `go` or `cgo`."],
        ),
        Bad(manifest(_with("GODEBUG", "netdns=pure+2")), flags=["pure"]),
        Bad(
            manifest(_with("GRPC_DNS_RESOLVER", "c-ares")),
            flags=['"c-ares"'],
            says=["gRPC knows only `ares` and `native`"],
        ),
        Bad(
            manifest(_with("RES_OPTIONS", "single-request-reopen", "shop/cart:3-alpine3.22")),
            flags=["RES_OPTIONS"],
            says=["`shop/cart:3-alpine3.22` uses musl, which does not read `RES_OPTIONS`"],
        ),
        Good(manifest(_with("GODEBUG", "netdns=go+2,http2client=0"))),
        Good(manifest(_with("GODEBUG", "netdns=1+cgo"))),
        Good(manifest(_with("GODEBUG", "netdns=2"))),
        Good(manifest(_with("GODEBUG", "x509sha1=1"))),
        Good(manifest(_with("GODEBUG", "netdns=$(MODE)"))),
        Good(manifest(_with("GRPC_DNS_RESOLVER", "Native"))),
        Good(manifest(_with("GRPC_DNS_RESOLVER", "{{ .Values.resolver }}"))),
        Good(manifest(_with("RES_OPTIONS", "single-request-reopen", "shop/cart:3-bookworm"))),
        Good(manifest(_with("RES_OPTIONS", "single-request-reopen"))),
    ]

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for container in workload.containers:
            for env in container.env:
                value = env.value
                if value is None or is_placeholder(value.value):
                    continue
                if env.name == "GODEBUG":
                    yield from self._netdns(workload, value)
                elif env.name == "GRPC_DNS_RESOLVER" and value.value.lower() not in _RESOLVERS:
                    yield self.finding(
                        value.span,
                        f"gRPC knows only `ares` and `native`, so it ignores `{value.value}`",
                        help=f"Replace `{value.value}` with `ares` or `native`.",
                    )
                elif env.name in _OF_GLIBC and value.value and _has_musl(workload, cluster):
                    yield self.finding(
                        env.name.span,
                        f"`{container.image}` uses musl, which does not read `{env.name}`, so it has no effect",
                        help="Remove it. Set `dnsConfig` of the pod instead, or use an image with glibc.",
                        confidence=Confidence.MEDIUM,
                    )

    def _netdns(self, workload: Workload, value: Scalar) -> Iterator[Finding]:
        """What Go does not know as a mode of its resolver."""
        found = _NETDNS.search(value.value)
        for part in found[1].split("+") if found else ():
            if part in _MODES or not part or part[0].isdigit():
                continue
            at = workload.text.find(part, *value.span)
            span = Span(at, at + len(part)) if at >= 0 else value.span
            yield self.finding(
                span,
                f"Go knows only `go` and `cgo` for `netdns`, so it ignores `{part}`",
                help=f"Replace `{part}` with `go` or `cgo`.",
            )


def _has_musl(workload: Workload, cluster: Cluster) -> bool:
    """Whether all containers run with musl for certain."""
    return not workload.partial and libc_of(workload, cluster.facts.libc) == MUSL
