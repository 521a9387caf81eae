"""KPL203."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from kpl import Bad, Cluster, Edit, Facts, Finding, Fix, Good, Related, Rule, Severity, Span, Stop
from kpl.corefiles import Directive, Role, ServerBlock, is_cluster_block, is_placeholder, role_of
from kpl.manifests import Workload
from kpl.poddns import (
    GLIBC,
    HOST_CLUE,
    NameKind,
    absolute_name,
    dns_policy_of,
    host_names,
    hosts_file,
    is_complete,
    libc_of,
    pod_resolver,
    serving_containers,
)
from kpl_rules.coredns._kubeadm import KUBEADM

_FULL = KUBEADM.replace("pods insecure", "pods %s").replace("    prometheus", "%s    prometheus")
_PLAIN = _FULL % ("insecure", "")
_WITH = _FULL % ("verified", "    autopath @kubernetes\n")
_CART = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  namespace: shop
spec:
  template:
    spec:
      containers:
        - name: cart
          image: shop/cart:3-bookworm
          env:
            - name: STRIPE_API_URL
              value: https://api.stripe.com/v1
"""
_NDOTS = '      dnsConfig:\n        options:\n          - name: ndots\n            value: "2"\n'
_ENOUGH = 2  # A and AAAA
_MOST_RELATED = 5


class AbsentAutopath(Rule):
    """Without `autopath`, pods walk the search list themselves and send several queries for one name.

    ## Why
    A pod with `ndots:5` first looks up `api.stripe.com` in each of its search domains: 8 queries for A and AAAA, and as
    many for `cart.shop.svc.cluster.local`. With `autopath`, CoreDNS answers the first query with the result of the
    complete search, so 2 queries are enough. For one CoreDNS on 2 vCPUs, the Kubernetes scaling guide measured 31,428
    external lookups per second instead of 6,733.

    The rule is silent unless workloads in the tree look up such names, because `autopath` has a price: CoreDNS watches
    all pods and needs (pods + services) / 250 + 56 MB of memory instead of (pods + services) / 1000 + 54 MB. Setting
    `ndots` to 2 in these workloads (`ndots-search-cost`) saves the same queries at no cost; `autopath` is for those who
    run the cluster but not the workloads.

    `autopath` identifies a pod by the address of the client. It has no effect with NodeLocal DNSCache, does not support
    Windows nodes, and can answer for the wrong namespace if a new pod has just received the address of an old one. A
    name that does not exist costs as many queries as before.

    ## Fix
    Adds `autopath @kubernetes` and sets `pods verified`. The fix is unsafe because of the memory, and because the
    service account of CoreDNS must be allowed to list and watch pods.

    ## References
    - https://coredns.io/plugins/autopath/
    - https://coredns.io/plugins/kubernetes/#autopath
    - https://github.com/coredns/deployment/blob/master/kubernetes/Scaling_CoreDNS.md
    """

    code = "KPL203"
    name = "absent-autopath"
    stop = Stop.COREDNS
    severity = Severity.INFO
    needs = "Workload"
    since = "0.1.0"
    clue = "kubernetes"
    symptoms = ("slow-lookups",)
    examples = [
        Bad(
            {"Corefile": _PLAIN, "cart.yaml": _CART},
            flags=["kubernetes cluster.local in-addr.arpa ip6.arpa"],
            fixed=_WITH,
            safe=False,
            other=["ndots-search-cost"],
        ),
        Bad(
            {"Corefile": _PLAIN.replace("        pods insecure\n", ""), "cart.yaml": _CART},
            {"services": 2000, "endpoints": 18000},
            flags=["kubernetes cluster.local in-addr.arpa ip6.arpa"],
            fixed=_WITH.replace("        pods verified\n", "").replace("ttl 30\n", "ttl 30\n        pods verified\n"),
            safe=False,
            other=["ndots-search-cost"],
        ),
        Good({"Corefile": _WITH, "cart.yaml": _CART}),
        Good({"Corefile": _PLAIN, "cart.yaml": _CART + _NDOTS}),
        Good({"Corefile": _PLAIN, "cart.yaml": _CART}, {"ndots": 2}),
        Good({"Corefile": _PLAIN, "cart.yaml": _CART}, {"node_local_dns": True}, other=["ndots-search-cost"]),
        # whom the pods ask is not known
        Good({"Corefile": _PLAIN}),
        # a pod that does not ask the cluster's DNS, a patch, and a name of the pod's own file
        Good({"Corefile": _PLAIN, "cart.yaml": _CART + "      dnsPolicy: Default\n"}),
        Good({"Corefile": _PLAIN, "cart.yaml": _CART.replace("          image: shop/cart:3-bookworm\n", "")}),
        Good(
            {
                "Corefile": _PLAIN,
                "cart.yaml": _CART + "      hostAliases: [{ip: 10.0.0.7, hostnames: [api.stripe.com]}]\n",
            }
        ),
        # not for the names of this cluster, and nobody answers other names
        Good(
            {"Corefile": _PLAIN.replace("cluster.local", "other.local"), "cart.yaml": _CART},
            other=["ndots-search-cost"],
        ),
        Good(
            {"Corefile": _PLAIN.replace("forward .", "forward corp.example"), "cart.yaml": _CART},
            other=["ndots-search-cost"],
        ),
        Good(
            {"Corefile": _PLAIN.replace("    loop\n", "    import more/*\n"), "cart.yaml": _CART},
            other=["ndots-search-cost"],
        ),
        Bad(
            {"Corefile": _PLAIN, "cart.yaml": _CART, "pay.yaml": _CART.replace("name: cart", "name: pay")},
            flags=["kubernetes cluster.local in-addr.arpa ip6.arpa"],
            fixed=_WITH,
            safe=False,
            other=["ndots-search-cost"],
            says=["by `Deployment/shop/cart` sends 8 queries instead of 2 (1 more workload looks up such names)"],
        ),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        kubernetes = server.get("kubernetes")
        if kubernetes is None or not is_cluster_block(server) or server.has("autopath") or cluster.node_local_dns:
            return
        if not server.complete or role_of(cluster.document_of(server)) is not Role.CLUSTER:
            return
        zones = [zone.strip(".").lower() for zone in kubernetes.args]
        if cluster.cluster_domain not in zones or not any(each.args[:1] == ["."] for each in server.all("forward")):
            return
        searches = _searches(cluster)
        if not searches:
            return
        first = searches[0]
        more = len(searches) - 1
        others = f" ({more} more {'workload looks' if more == 1 else 'workloads look'} up such names)" if more else ""
        yield self.finding(
            kubernetes.head,
            f"this server block has no `autopath`, so each lookup of `{first.name}` by `{first.workload.title}` sends "
            f"{first.queries} queries instead of {_ENOUGH}{others}",
            help=_help(cluster.facts),
            fix=_fix(server, kubernetes),
            related=[
                Related(each.span, f"`{each.name}` costs {each.queries} queries", cluster.document_of(each.workload))
                for each in searches[:_MOST_RELATED]
            ],
        )


class _Search(NamedTuple):
    """A name that a workload looks up, and what that costs."""

    workload: Workload
    name: str
    span: Span
    queries: int


# a file may have many blocks
@lru_cache(maxsize=1)
def _searches(cluster: Cluster) -> list[_Search]:
    return list(_find_searches(cluster))


def _find_searches(cluster: Cluster) -> Iterator[_Search]:
    """The dearest name of each workload that sends more queries than it needs."""
    for _, workload in cluster.of(Workload, HOST_CLUE):
        # in the network of its node, a pod has not the address that `autopath` knows it by
        if dns_policy_of(workload) != "ClusterFirst" or not is_complete(workload):
            continue
        libc = libc_of(workload, cluster.facts.libc) or GLIBC
        resolver = pod_resolver(workload, cluster.cluster_domain, libc, cluster.facts.ndots)
        if resolver is None:
            continue
        aliases = hosts_file(workload)
        found = []
        for container in serving_containers(workload):
            for host in host_names(workload, container, cluster.cluster_domain):
                if host.kind in (NameKind.CLUSTER, NameKind.EXTERNAL) and host.name.lower() not in aliases:
                    exists = absolute_name(host.name, host.kind, workload.namespace, cluster.cluster_domain)
                    queries = resolver.queries(host.name, exists)
                    found.append(_Search(workload, host.name, host.name.span, queries))
        dearest = max(found, key=lambda each: each.queries, default=None)
        if dearest is not None and dearest.queries > _ENOUGH:
            yield dearest


def _help(facts: Facts) -> str:
    cost = "(pods + services) / 250 + 56 MB instead of (pods + services) / 1000 + 54 MB"
    if facts.services is not None and facts.endpoints is not None:
        size = facts.services + facts.endpoints
        cost = f"about {size / 250 + 56:.0f} MB instead of {size / 1000 + 54:.0f} MB"
    return f"Add `autopath @kubernetes` and set `pods verified`; CoreDNS then needs {cost}. Or set `ndots` to 2 in the pods."


def _fix(server: ServerBlock, kubernetes: Directive) -> Fix | None:
    if kubernetes not in server.directives:
        return None
    if any(each.name == "import" or is_placeholder(each.name) for each in kubernetes.properties):
        return None
    line = server.corefile.insert_after(kubernetes, "autopath @kubernetes")
    modes = [each for each in kubernetes.properties if each.name == "pods"]
    if not modes:
        edit = server.corefile.add_property(kubernetes, "pods verified")
    elif len(modes[-1].args) == 1 and not is_placeholder(modes[-1].args[0]):
        edit = Edit(*modes[-1].args[0].span, "verified")
    else:
        return None
    together = Edit(edit.start, line.end, edit.text + line.text)
    edits = (together,) if edit.end == line.start else (edit, line)
    return Fix("Add `autopath @kubernetes`", edits, safe=False)
