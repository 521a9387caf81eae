"""KPL110."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Related, Rule, Severity, Stop
from kpl.corefiles import Corefile, Directive, Role, answerers, corefile_placeholder, is_subdomain, role_of, zones_of
from kpl.manifests import Workload
from kpl.poddns import host_names, serving_containers

_DEFAULT_DOMAIN = "cluster.local"
_COREFILE = """\
. {
    errors
    ready
    kubernetes prod.lan in-addr.arpa ip6.arpa
    forward . 10.0.0.1
    cache 30
    loop
}
"""
_CART = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    spec:
      dnsConfig: {options: [{name: ndots, value: "2"}]}
      containers:
      - name: cart
        image: registry.lan/cart:1
        env:
        - name: DATABASE_HOST
          value: db.shop.svc.cluster.local
"""


class NameOfAnotherClusterDomain(Rule):
    """This name is in a domain that `kubernetes` does not serve, so the lookup fails.

    ## Why
    The full name of a Service ends in the domain of its cluster. `cluster.local` is only the default. If the Corefile
    gives `kubernetes` another domain, names below `svc.cluster.local` go to the upstream resolvers and get NXDOMAIN.

    ## Fix
    There is no automatic fix. `SERVICE.NAMESPACE.svc` without a domain works in a cluster with any domain.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
    - https://github.com/rancher/rke2/issues/10067
    """

    code = "KPL110"
    name = "name-of-another-cluster-domain"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Corefile"
    clue = r"\.svc\."
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            {"cart.yaml": _CART, "Corefile": _COREFILE},
            flags=["db.shop.svc.cluster.local"],
            says=["`kubernetes` serves only `prod.lan`", "Write `db.shop.svc`"],
        ),
        Bad(
            {"cart.yaml": _CART, "Corefile": _COREFILE},
            {"cluster_domain": "prod.lan"},
            flags=["db.shop.svc.cluster.local"],
        ),
        Good({"cart.yaml": _CART.replace("cluster.local", "prod.lan"), "Corefile": _COREFILE}),
        Good({"cart.yaml": _CART.replace(".cluster.local", ""), "Corefile": _COREFILE}),
        Good({"cart.yaml": _CART, "Corefile": _COREFILE.replace("prod.lan", "prod.lan cluster.local")}),
        Good({"cart.yaml": _CART, "Corefile": _COREFILE.replace("kubernetes prod.lan", "kubernetes {$DOMAIN}")}),
        # somebody else answers for them, or may
        Good({"cart.yaml": _CART, "Corefile": _COREFILE + "cluster.local {\n    errors\n    whoami\n}\n"}),
        Good({"cart.yaml": _CART, "Corefile": _COREFILE.replace("    ready", "    ready\n    hosts /etc/h cluster.local")}),
        Good({"cart.yaml": _CART, "Corefile": _COREFILE.replace("    ready", "    ready\n    import more/*")}),
        Good({"cart.yaml": _CART, "Corefile": _COREFILE.replace("    ready", "    ready\n    rewrite name a.b c.d")}),
        Good({"cart.yaml": _CART, "Corefile": _COREFILE.replace("prod.lan ", "{$DOMAIN} ")}),
    ]  # fmt: skip

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        found = [each for each in cluster.corefiles if role_of(each[0]) is Role.CLUSTER]
        if not found:
            return
        hosts = {
            host.name.span: host.name
            for container in serving_containers(workload)
            for domain in (cluster.cluster_domain, _DEFAULT_DOMAIN)
            for host in host_names(workload, container, domain)
        }
        for written in hosts.values():
            name = next(iter(zones_of(written)), "")
            short = re.match(r"([^.]+\.[^.]+\.svc)\..", written)
            lines = [_serving_others_only(corefile, name) for _, corefile in found]
            line = lines[0]
            if short and name and line is not None and all(lines):
                yield self.finding(
                    written.span,
                    f"`kubernetes` serves only `{line.args[0]}`, so the lookup of `{written}` fails",
                    help=f"Write `{short[1]}`, which works with any domain.",
                    related=[Related(line.head, "the cluster's domain is set here", found[0][0])],
                )


def _serving_others_only(corefile: Corefile, name: str) -> Directive | None:
    """The `kubernetes` of a Corefile in which nothing but the plugins for every name answers `name`."""
    if corefile.imports or corefile_placeholder(corefile.text) is not None:
        return None
    line = None
    for server in corefile.servers:
        if not server.complete or server.has("rewrite"):
            return None
        for each in answerers(server):
            if any(zone != "." and is_subdomain(zone, name) for zone in each.zones):
                return None
            if each.directive.name == "kubernetes" and each.directive.args:
                line = each.directive
        if any(zone != "." and is_subdomain(zone, name) for key in server.keys for zone in zones_of(key)):
            return None
    return line
