"""KPL129."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Fix, Good, Rule, Severity, Stop, manifest
from kpl.manifests import Workload
from kpl.poddns import CLUSTER_POLICIES, MUSL, dns_policy_of, is_complete, libc_of
from kpl_rules.resolver._dns_options import remove_option

_CART = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    spec:
      containers:
      - name: cart
        image: shop/cart:3-bookworm
"""
_OPTION = "      dnsConfig:\n        options:\n        - name: single-request-reopen\n"
_NODE_LOCAL = "cluster.local:53 {\n    errors\n    bind 169.254.20.10\n    cache 30\n    forward . 10.96.0.11\n}\n"


class SingleRequestWithNodeLocalDns(Rule):
    """The pod asks NodeLocal DNSCache, so an option against lost DNS packets has no purpose and can delay lookups.

    ## Why
    glibc sends the A and the AAAA query of a lookup at once from one socket. If a Service address is translated on the way, both
    packets create the same conntrack entry; a kernel can drop one of them, and the lookup takes five seconds. `single-request`
    makes glibc send AAAA only after the response to A, and `single-request-reopen` uses another socket for it.

    NodeLocal DNSCache already prevents this: queries to it stay on the node and bypass address translation and connection
    tracking. What remains is the cost: with `single-request`, each lookup takes two round trips instead of one.

    ## Fix
    Removes the option. The fix is unsafe, because the option can be there for another reason: some firewalls and servers lose the
    second of two queries, too.

    ## References
    - https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html (`single-request`)
    - https://github.com/kubernetes/kubernetes/issues/56903
    """

    code = "KPL129"
    name = "single-request-with-node-local-dns"
    stop = Stop.RESOLVER
    severity = Severity.INFO
    since = "0.1.0"
    clue = "single-request"
    examples = [
        Bad(
            {"cart.yaml": _CART + _OPTION, "Corefile": _NODE_LOCAL},
            flags=["single-request-reopen"],
            fixed=_CART,
            safe=False,
            says=[
                "`single-request-reopen` has no purpose, because queries to NodeLocal DNSCache bypass connection tracking\n",
                "Remove `single-request-reopen`.",
            ],
        ),
        Bad(
            manifest(_CART + _OPTION.replace("-reopen", "")),
            facts={"node_local_dns": True},
            flags=["single-request"],
            fixed=_CART,
            safe=False,
            says=["and each lookup takes two round trips instead of one"],
        ),
        Good(manifest(_CART + _OPTION)),
        Good(manifest(_CART + _OPTION), facts={"node_local_dns": False}),
        Good(manifest(_CART + _OPTION.replace("single-request-reopen", "use-vc")), facts={"node_local_dns": True}),
        # the pod asks somebody else
        Good(manifest(_CART + _OPTION + "      dnsPolicy: Default\n"), facts={"node_local_dns": True}),
        # another rule tells of musl
        Good(
            manifest(_CART.replace("bookworm", "alpine") + _OPTION),
            facts={"node_local_dns": True},
            other=["resolver-option-has-no-effect"],
        ),
        Good(
            manifest(_CART.replace("        image: shop/cart:3-bookworm\n", "") + _OPTION),
            facts={"node_local_dns": True},
        ),
    ]

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if workload.dns_config is None or not is_complete(workload) or not cluster.node_local_dns:
            return
        if dns_policy_of(workload) not in CLUSTER_POLICIES or libc_of(workload, cluster.facts.libc) == MUSL:
            return
        for name, _, item in workload.dns_options():
            if name is None or name.value not in ("single-request", "single-request-reopen"):
                continue
            cost = ", and each lookup takes two round trips instead of one" if name.value == "single-request" else ""
            edit = remove_option(workload, item)
            yield self.finding(
                name.span,
                f"`{name.value}` has no purpose, because queries to NodeLocal DNSCache bypass connection tracking{cost}",
                help=f"Remove `{name.value}`.",
                fix=Fix(f"Remove `{name.value}`", (edit,), safe=False) if edit is not None else None,
            )
