"""KPL127."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Finding, Fix, Good, Related, Rule, Severity, Stop, manifest
from kpl.corefiles import is_internal_address, is_public_address
from kpl.edits import remove_entry, remove_item
from kpl.manifests import Mapping, Scalar, Sequence, Workload
from kpl.poddns import CLUSTER_POLICIES, MUSL, dns_policy_of, is_complete, libc_of

_CART = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    spec:
      containers:
      - name: cart
        image: shop/cart:3-alpine3.22
      dnsConfig:
        nameservers:
        - 8.8.8.8
"""
_WITHOUT = _CART.partition("      dnsConfig")[0]
_ROTATE = "        options:\n        - name: rotate\n"
_GLIBC = _CART.replace("alpine3.22", "bookworm")


class PublicNameserverBesideClusterDns(Rule):
    """A pod asks cluster DNS and a public nameserver in no order, so names of Services sometimes get NXDOMAIN.

    ## Why
    The kubelet appends `dnsConfig.nameservers` to the address of cluster DNS. That looks like a fallback, but some
    resolvers do not ask in this order:

    - musl, the libc of Alpine, sends each query to all nameservers at once and takes the first response. NXDOMAIN is a response.
      Whether `redis.data` resolves depends on which server is faster.
    - With `rotate`, other resolvers begin with another nameserver for each query.

    The public server does not know the zone of the cluster, and it gets to see each internal name. With glibc and without `rotate`,
    the second nameserver is asked only after the first one has timed out, so the rule is silent.

    ## Fix
    Removes the public nameserver. The fix is unsafe, because names then depend on cluster DNS alone. Upstreams belong in the
    Corefile.

    ## References
    - https://wiki.musl-libc.org/functional-differences-from-glibc.html#Name-Resolver/DNS
    - https://git.musl-libc.org/cgit/musl/tree/src/network/res_msend.c
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html (`rotate`)
    - https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/network/dns/dns.go (appendDNSConfig)
    """

    code = "KPL127"
    name = "public-nameserver-beside-cluster-dns"
    stop = Stop.RESOLVER
    severity = Severity.ERROR
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    clue = "nameservers"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            manifest(_CART),
            flags=["8.8.8.8"],
            fixed=_WITHOUT,
            safe=False,
            says=[
                "musl, the libc of `shop/cart:3-alpine3.22`, asks `8.8.8.8` and cluster DNS at once and takes the first response",
                "Remove `8.8.8.8`. Add it to `forward` in the Corefile instead",
            ],
        ),
        Bad(
            manifest(_GLIBC + _ROTATE),
            flags=["8.8.8.8"],
            fixed=_GLIBC.replace("        nameservers:\n        - 8.8.8.8\n", "") + _ROTATE,
            safe=False,
            says=[
                "with `rotate`, the pod asks `8.8.8.8` as often as cluster DNS, so the names of Services get NXDOMAIN"
            ],
        ),
        Bad(
            manifest(_CART.replace("-alpine3.22", "").replace("\n        - 8.8.8.8", " [8.8.8.8]")),
            facts={"libc": "musl"},
            flags=["8.8.8.8"],
        ),
        Bad(manifest(_CART + "        - 1.1.1.1\n"), flags=["8.8.8.8"]),
        Bad(
            manifest(_CART.replace("- 8.8.8.8", "- 10.96.0.10\n        - 8.8.8.8") + "      dnsPolicy: None\n"),
            flags=["8.8.8.8"],
            fixed=_CART.replace("8.8.8.8", "10.96.0.10") + "      dnsPolicy: None\n",
            safe=False,
            says=["asks `8.8.8.8` and `10.96.0.10` at once"],
        ),
        # asked only after a timeout, or alone
        Good(manifest(_GLIBC)),
        Good(manifest(_CART.replace("-alpine3.22", ""))),
        Good(manifest(_CART + "      dnsPolicy: None\n")),
        Good(manifest(_CART + "      dnsPolicy: Default\n")),
        Good(manifest(_CART.replace("8.8.8.8", "10.0.0.2"))),
        Good(manifest(_CART.replace("8.8.8.8", "${DNS}"))),
        # musl does not read `rotate`
        Good(manifest(_CART.replace("8.8.8.8", "10.0.0.2") + _ROTATE), other=["resolver-option-has-no-effect"]),
        Good(manifest(_CART.replace("        image: shop/cart:3-alpine3.22\n", ""))),
    ]

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        config = workload.dns_config
        if config is None or not is_complete(workload):
            return
        servers = [each for each in config.items("nameservers") if isinstance(each, Scalar)]
        public = [each for each in servers if is_public_address(each.value)]
        policy = dns_policy_of(workload)
        own = [each.value for each in servers if is_internal_address(each.value)]
        if not public or not (policy in CLUSTER_POLICIES or policy == "None" and own):
            return
        other = "cluster DNS" if policy in CLUSTER_POLICIES else f"`{own[0]}`"
        libc = libc_of(workload, cluster.facts.libc)
        rotate = next(
            (name for name, _, _ in workload.dns_options() if name is not None and name.value == "rotate"), None
        )
        if libc == MUSL:
            how = f"musl, the libc of `{workload.containers[0].image}`, asks `{public[0].value}` and {other} at once and takes the "
            how += "first response"
        elif rotate is not None:
            how = f"with `rotate`, the pod asks `{public[0].value}` as often as {other}"
        else:
            return
        yield self.finding(
            public[0].span,
            f"{how}, so the names of Services get NXDOMAIN on some lookups",
            help=f"Remove `{public[0].value}`. Add it to `forward` in the Corefile instead.",
            related=[Related(rotate.span, "`rotate` is set here")] if rotate is not None and libc != MUSL else [],
            fix=_fix(workload, config, public),
        )


def _fix(workload: Workload, config: Mapping, public: list[Scalar]) -> Fix | None:
    """Without the public nameserver, if it is the only one of its kind."""
    found = config.pair("nameservers")
    if len(public) != 1 or found is None or not isinstance(found[1], Sequence) or found[1].flow or found[1].shared:
        return None
    if len(found[1].items) > 1:
        edit = remove_item(workload.text, found[1], public[0])
    else:
        owner = workload.pod.pair("dnsConfig") if len(config.pairs) == 1 else None
        edit = (
            remove_entry(workload.text, workload.pod, owner[0])
            if owner
            else remove_entry(workload.text, config, found[0])
        )
    return Fix(f"Remove `{public[0].value}`", (edit,), safe=False) if edit is not None else None
