"""KPL128."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Finding, Fix, Good, Rule, Severity, Stop, Version, manifest
from kpl.manifests import Workload
from kpl.poddns import MUSL, glibc_release_of, is_complete, libc_of
from kpl_rules.resolver._dns_options import remove_option

_ADDED = {"no-reload": Version("2.26"), "trust-ad": Version("2.31"), "no-aaaa": Version("2.36")}
"""The release of glibc that brought an option: https://man7.org/linux/man-pages/man5/resolv.conf.5.html"""
_CART = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    spec:
      containers:
      - name: cart
        image: shop/cart:3-bullseye
"""
_SIDECAR = "      - name: proxy\n        image: shop/proxy:1-%s\n"
_NO_AAAA = "      dnsConfig:\n        options:\n        - name: no-aaaa\n"


class OptionOfNewerGlibc(Rule):
    """The glibc of the image is older than this resolver option, so the option has no effect.

    ## Why
    glibc silently ignores an option of resolv.conf that it does not know. `no-aaaa`, set to save the queries for IPv6 addresses,
    came with glibc 2.36, `trust-ad` with 2.31, and `no-reload` with 2.26. Debian 11 and Ubuntu 20.04 have glibc 2.31, and
    Ubuntu 22.04 has 2.35. The pod sends A and AAAA queries as before.

    The rule reads the release from the name of the image, such as `-bullseye`. It is silent about images based on RHEL, whose glibc
    got options of later releases. A program with its own resolver, as most Go programs have, may read the option.

    ## Fix
    Removes the option. The fix is unsafe because of such programs. Or use an image with a newer distribution.

    ## References
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html
    - https://packages.debian.org/search?keywords=libc6
    - https://packages.ubuntu.com/search?keywords=libc6
    """

    code = "KPL128"
    name = "option-of-newer-glibc"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    clue = "\n".join(_ADDED)
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(
            manifest(_CART + _NO_AAAA),
            flags=["no-aaaa"],
            fixed=_CART,
            safe=False,
            says=[
                "`shop/cart:3-bullseye` has glibc 2.31, which ignores `no-aaaa` (it needs 2.36)",
                "an image with a newer",
            ],
        ),
        Bad(
            manifest(_CART.replace("bullseye", "buster") + _NO_AAAA.replace("no-aaaa", "trust-ad")),
            flags=["trust-ad"],
            fixed=_CART.replace("bullseye", "buster"),
            safe=False,
        ),
        Bad(
            manifest(_CART.replace("shop/cart:3-bullseye", "ubuntu:22.04") + _SIDECAR % "jammy" + _NO_AAAA),
            flags=["no-aaaa"],
            fixed=_CART.replace("shop/cart:3-bullseye", "ubuntu:22.04") + _SIDECAR % "jammy",
            safe=False,
        ),
        Good(manifest(_CART + _NO_AAAA.replace("no-aaaa", "trust-ad"))),
        Good(manifest(_CART.replace("bullseye", "bookworm") + _NO_AAAA)),
        Good(manifest(_CART.replace("shop/cart:3-bullseye", "debian:12-slim") + _NO_AAAA)),
        Good(manifest(_CART.replace("-bullseye", "") + _NO_AAAA)),
        Good(manifest(_CART.replace("bullseye", "ubi9") + _NO_AAAA)),
        # the sidecar reads it
        Good(manifest(_CART + _SIDECAR % "bookworm" + _NO_AAAA)),
        # another rule tells of musl
        Good(manifest(_CART.replace("bullseye", "alpine") + _NO_AAAA), other=["resolver-option-has-no-effect"]),
        Good(manifest(_CART + _NO_AAAA), facts={"libc": "musl"}, other=["resolver-option-has-no-effect"]),
        Good(manifest(_CART)),
        Good(manifest(_CART.replace("        image: shop/cart:3-bullseye\n", "") + _NO_AAAA)),
    ]

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if workload.dns_config is None or not is_complete(workload) or libc_of(workload, cluster.facts.libc) == MUSL:
            return
        images = {str(each.image): glibc_release_of(str(each.image)) for each in workload.containers}
        known = [(release, image) for image, release in images.items() if release is not None]
        if not known or len(known) != len(images):
            return
        newest, image = max(known, key=lambda each: each[0])
        for name, _, item in workload.dns_options():
            needed = _ADDED.get(name.value) if name is not None else None
            if name is None or needed is None or newest >= needed:
                continue
            edit = remove_option(workload, item)
            yield self.finding(
                name.span,
                f"`{image}` has glibc {newest}, which ignores `{name.value}` (it needs {needed})",
                help="Remove the option. Or use an image with a newer distribution.",
                fix=Fix(f"Remove `{name.value}`", (edit,), safe=False) if edit is not None else None,
            )
