"""KPL123."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import (
    Bad,
    Cluster,
    Confidence,
    Finding,
    Fix,
    Good,
    Related,
    Rule,
    Severity,
    Stop,
    manifest,
)
from kpl.edits import set_scalar
from kpl.manifests import Scalar, Service, Workload
from kpl.poddns import (
    CLUSTER_POLICIES,
    MUSL,
    HostName,
    NameKind,
    dns_policy_of,
    host_names,
    hosts_file,
    is_complete,
    libc_of,
    written_ndots,
)

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
        env:
        - {name: REDIS_HOST, value: redis.data.svc}
      dnsConfig:
        options:
        - {name: ndots, value: "2"}
"""
_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: redis, namespace: data}
spec:
  selector: {app: redis}
  ports: [{port: 6379}]
"""


def _ndots(number: int) -> str:
    return _CART.replace('"2"', f'"{number}"')


_SHORT = _ndots(1).replace("redis.data.svc", "redis.data")


class MuslSkipsSearchList(Rule):
    """A Service name has as many dots as `ndots`, so musl skips the search list and the name does not resolve.

    ## Why
    If a name has at least `ndots` dots, both libcs ask for it as it is. glibc then tries the search list; musl, the libc of
    Alpine, tries nothing else. `redis.data.svc` is not a name of the DNS: it exists only with the search domain
    `cluster.local`. With `ndots:2` it resolves with glibc, after one query in vain, and gets NXDOMAIN with musl.

    A name such as `redis.data` is reported only if the Service is in the run. A program with its own resolver, as most Go
    programs have, tries the search list as glibc does.

    ## Fix
    Sets `ndots` to one more than the dots of the name. The fix is unsafe, because names outside of the cluster with as many
    dots then need more queries. Or write the complete name, with the cluster domain.

    ## References
    - https://wiki.musl-libc.org/functional-differences-from-glibc.html
    - https://git.musl-libc.org/cgit/musl/tree/src/network/lookup_name.c
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html
    """

    code = "KPL123"
    name = "musl-skips-search-list"
    stop = Stop.RESOLVER
    severity = Severity.ERROR
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    clue = "ndots"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            manifest(_CART),
            flags=["redis.data.svc"],
            says=["`redis.data.svc` has 2 dots and `ndots` is 2", "`shop/cart:3-alpine3.22`", "Set `ndots` to 3."],
            fixed=_ndots(3),
            safe=False,
        ),
        Bad(
            {"cart.yaml": _SHORT, "redis.yaml": _SERVICE},
            flags=["redis.data"],
            says=["has 1 dot and `ndots` is 1"],
            fixed=_SHORT.replace('"1"', '"2"'),
            safe=False,
        ),
        Bad(
            manifest(_CART.replace("-alpine3.22", "")),
            facts={"libc": "musl"},
            flags=["redis.data.svc"],
            fixed=_ndots(3).replace("-alpine3.22", ""),
            safe=False,
        ),
        Good(manifest(_ndots(3))),
        # which Service is it?
        Good(manifest(_SHORT)),
        Good(manifest(_CART.replace("alpine3.22", "bookworm"))),
        Good(manifest(_CART.replace("-alpine3.22", ""))),
        Good(manifest(_CART.replace("redis.data.svc", "redis.data.svc."))),
        Good(manifest(_CART.replace("redis.data.svc", "redis.data.svc.cluster.local"))),
        Good(manifest(_CART + "      hostAliases: [{ip: 10.0.0.1, hostnames: [redis.data.svc]}]\n")),
        Good(manifest(_CART + "      dnsPolicy: Default\n"), other=["policy-without-cluster-dns"]),
    ]

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        ndots = written_ndots(workload)
        if ndots is None or dns_policy_of(workload) not in CLUSTER_POLICIES or not is_complete(workload):
            return
        if libc_of(workload, cluster.facts.libc) != MUSL:
            return
        own = hosts_file(workload)
        found: dict[str, HostName] = {}
        for container in workload.containers:
            for host in host_names(workload, container, cluster.cluster_domain):
                if _needs_search(host, cluster) and host.name.count(".") >= ndots and host.name.lower() not in own:
                    found.setdefault(host.name, host)
        most = max((name.count(".") + 1 for name in found), default=0)
        written = [value for name, value, _ in workload.dns_options() if name is not None and name.value == "ndots"][-1]
        for number, host in enumerate(found.values()):
            dots = host.name.count(".")
            image = workload.containers[0].image
            yield self.finding(
                host.name.span,
                f"`{host.name}` has {dots} {'dot' if dots == 1 else 'dots'} and `ndots` is {ndots}, so musl, the libc of "
                f"`{image}`, does not try the search list and the name does not resolve",
                help=f"Set `ndots` to {most}. Or add the cluster domain to the name.",
                related=[Related(written.span, "`ndots` is set here")] if written is not None else [],
                fix=_set(workload, written, most) if number == 0 else None,
            )


def _needs_search(host: HostName, cluster: Cluster) -> bool:
    """Whether the name exists only with a search domain."""
    if host.name.endswith("."):
        return False
    if host.kind is NameKind.PARTIAL:
        return host.certain
    if host.kind is not NameKind.NAMESPACED:
        return False
    name, _, namespace = host.name.lower().partition(".")
    return any((each.name, each.namespace) == (name, namespace) for _, each in cluster.of(Service, clue=name))


def _set(workload: Workload, written: Scalar | None, number: int) -> Fix | None:
    if written is None or written.style is None:  # Kubernetes refuses a number
        return None
    edit = set_scalar(workload.text, written, str(number))
    return Fix(f"Set `ndots` to {number}", (edit,), safe=False) if edit is not None else None
