"""KPL103."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Finding, Fix, Good, Rule, Severity, Stop, manifest
from kpl.manifests import Workload
from kpl.poddns import GLIBC_OPTIONS, MUSL, MUSL_OPTIONS, alpine_image, is_complete, libc_of
from kpl_rules.resolver._dns_options import remove_option

_CART = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
spec:
  template:
    spec:
      containers:
        - name: cart
          image: shop/cart:3-alpine3.22
"""
_SONARR = _CART.replace("shop/cart:3-alpine3.22", "lscr.io/linuxserver/sonarr:4.0.15")
_NDOTS = """\
      dnsConfig:
        options:
          - name: ndots
            value: "2"
"""
_REOPEN = "          - name: single-request-reopen\n"


class ResolverOptionHasNoEffect(Rule):
    """musl ignores this resolver option, so it has no effect in an Alpine image.

    ## Why
    musl, the libc of Alpine, reads `ndots`, `timeout` and `attempts` from resolv.conf and silently ignores all other
    options. `single-request-reopen` or `use-vc`, set to avoid lookups that take five seconds, do not help there: A and
    AAAA queries still leave one socket at the same time. NodeLocal DNSCache helps with every libc, because queries to
    it bypass DNAT and connection tracking.

    An image is built on Alpine if its name says so. kpl also knows some images of linuxserver, home-operations and
    hotio whose Dockerfiles say so (the help names the file and the date when it was read).

    A program with its own resolver, as most Go programs have, may read the option.

    ## Fix
    Removes the option. The fix is unsafe because of such programs.

    ## References
    - https://git.musl-libc.org/cgit/musl/tree/src/network/resolvconf.c
    - https://wiki.musl-libc.org/functional-differences-from-glibc.html
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html
    - https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
    """

    code = "KPL103"
    name = "resolver-option-has-no-effect"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    symptoms = ("setting-without-effect",)
    clue = "dnsConfig"
    examples = [
        Bad(manifest(_CART + _NDOTS + _REOPEN), flags=["single-request-reopen"], fixed=_CART + _NDOTS, safe=False,
            says=["or an image with glibc.\n"]),
        Bad(
            manifest(_CART + "      dnsConfig:\n        options:\n" + _REOPEN),
            flags=["single-request-reopen"],
            fixed=_CART,
            safe=False,
        ),
        Bad(
            manifest(_CART.replace("-alpine3.22", "") + "      dnsConfig: {options: [{name: use-vc}]}\n"),
            facts={"libc": "musl"},
            flags=["use-vc"],
        ),
        # its Dockerfile says so
        Bad(manifest(_SONARR + _NDOTS + _REOPEN), flags=["single-request-reopen"], fixed=_SONARR + _NDOTS, safe=False,
            says=["The image is built on Alpine, see "]),
        # of a time when it was built on Ubuntu
        Good(manifest(_SONARR.replace("4.0.15", "3.0.10") + _NDOTS + _REOPEN)),
        Good(manifest(_CART + _NDOTS)),
        Good(manifest(_CART)),
        # another rule tells what no resolver knows
        Good(manifest(_CART + _NDOTS + "          - name: quick\n"), other=["dns-config-invalid"]),
        Good(manifest(_CART.replace("alpine3.22", "bookworm") + _NDOTS + _REOPEN)),
        # what the image is built on is not known
        Good(manifest(_CART.replace("-alpine3.22", "") + _NDOTS + _REOPEN)),
        # the sidecar reads it
        Good(
            manifest(
                _CART + "        - name: proxy\n          image: shop/proxy:1-bookworm\n" + _NDOTS + _REOPEN
            )
        ),
    ]  # fmt: skip

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if workload.dns_config is None or not is_complete(workload):
            return
        if libc_of(workload, cluster.facts.libc) != MUSL:
            return
        image = workload.containers[0].image
        known = alpine_image(image or "")
        why = f" The image is built on Alpine, see {known.source} ({known.date})." if known is not None else ""
        for name, _, item in workload.dns_options():
            if name is None or name.value not in GLIBC_OPTIONS or name.value in MUSL_OPTIONS:
                continue
            edit = remove_option(workload, item)
            yield self.finding(
                name.span,
                f"`{image}` uses musl, which ignores `{name.value}` (it supports only `ndots`, `timeout` and `attempts`)",
                help="Remove the option. To avoid lookups that take five seconds, use NodeLocal DNSCache or an image with glibc."
                + why,
                fix=Fix(f"Remove `{name.value}`", (edit,), safe=False) if edit is not None else None,
            )
