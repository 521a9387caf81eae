"""KPL110."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Related, Rule, Severity, Stop
from kpl.corefiles import Corefile, Directive, Role, answerers, corefile_placeholder, is_subdomain, role_of, zones_of
from kpl.manifests import Workload
from kpl.poddns import host_names, serving_containers

_DEFAULT_DOMAIN = "cluster.local"
_DOMAIN = re.compile(r"\.svc\.([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8})(?![\w.-])")
_MOST_DOMAINS = 4
"""How many domains of names in a workload are compared; there is one, where there is no mistake."""
_SERVICE = "---\napiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: shop}\nspec: {ports: [{port: 80}]}\n"
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
_OLD = _CART.replace("cluster.local", "old.lan")


class NameOfAnotherClusterDomain(Rule):
    """This name is in a domain that `kubernetes` does not serve, so the lookup fails.

    ## Why
    The full name of a Service ends in the domain of its cluster. `cluster.local` is only the default. If the Corefile
    gives `kubernetes` another domain, names below `svc.cluster.local` go to the upstream resolvers and get NXDOMAIN. So do
    names below the domain that the cluster had before, which the rule knows by the Service that they start with.

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
        # the domain that a Service of the cluster had before; without one, the name may be of another system
        Bad(
            {"cart.yaml": _OLD + _SERVICE, "Corefile": _COREFILE},
            flags=["db.shop.svc.old.lan"],
            says=["`kubernetes` serves only `prod.lan`", "Write `db.shop.svc`"],
        ),
        Good({"cart.yaml": _OLD, "Corefile": _COREFILE}),
        Good({"cart.yaml": _OLD + _SERVICE.replace("shop", "back"), "Corefile": _COREFILE}),
        Good({"cart.yaml": _OLD + _SERVICE.replace("db", "dbs"), "Corefile": _COREFILE}),
        Good({"cart.yaml": _OLD + _SERVICE.replace(", namespace: shop", ""), "Corefile": _COREFILE}),
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
        usual = dict.fromkeys((cluster.cluster_domain, _DEFAULT_DOMAIN))
        written_ones = dict.fromkeys(each.lower() for each in _DOMAIN.findall(workload.text))
        hosts = {
            host.name.span: host.name
            for container in serving_containers(workload)
            for domain in (*usual, *[each for each in written_ones if each not in usual][:_MOST_DOMAINS])
            for host in host_names(workload, container, domain)
        }
        for written in hosts.values():
            name = next(iter(zones_of(written)), "")
            short = re.match(r"([^.]+)\.([^.]+)\.svc\.(.+?)\.?$", written)
            if short and short[3].lower() not in usual and not _is_known(short[1], short[2], cluster):
                continue
            lines = [_serving_others_only(corefile, name) for _, corefile in found]
            line = lines[0]
            if short and name and line is not None and all(lines):
                yield self.finding(
                    written.span,
                    f"`kubernetes` serves only `{line.args[0]}`, so the lookup of `{written}` fails",
                    help=f"Write `{short[1]}.{short[2]}.svc`, which works with any domain.",
                    related=[Related(line.head, "the cluster's domain is set here", found[0][0])],
                )


def _is_known(service: str, namespace: str, cluster: Cluster) -> bool:
    """Whether the files have a Service with this name in this namespace."""
    return any(each.service.namespace == namespace for each in cluster.service_map.called(service))


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
