"""KPL269."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Stop
from kpl.corefiles import Corefile, Directive, Role, known_resolver, role_of
from kpl.edits import Text
from kpl.manifests import NamespaceObject, Scalar, Service, Workload
from kpl.poddns import CLUSTER_POLICIES, PRIVATE_CLUE, dns_policy_of, hosts_file, is_complete, private_names
from kpl_rules.coredns._asked import forward_of

_COREFILE = """\
.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        fallthrough in-addr.arpa ip6.arpa
    }
    forward . 8.8.8.8 1.1.1.1
    cache 30
    loop
    reload
}
"""
_STUB = "corp.internal:53 {\n    errors\n    cache 30\n    forward . 10.0.0.2\n}\n"
_CART = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    spec:
      containers:
      - name: cart
        image: registry.lan/cart:1
        env:
        - {name: DATABASE_URL, value: "postgres://cart@db.corp.internal:5432/cart"}
      dnsConfig: {options: [{name: ndots, value: "2"}]}
"""
_SEARCH = _CART.replace("db.corp.internal", "db").replace("{options", "{searches: [corp.lan], options")
_NODE_LOCAL = "cluster.local:53 {\n    errors\n    bind 169.254.20.10\n    cache 30\n    forward . 10.96.0.11\n}\n"


def _files(cart: str = _CART, corefile: str = _COREFILE, **others: str) -> dict[str, str]:
    return {"cart.yaml": cart, "Corefile": corefile, **others}


class InternalNameLeaves(Rule):
    """CoreDNS forwards an internal name to a public resolver, which does not know it, so the lookup fails.

    ## Why
    Names below `internal`, `corp`, `home`, `home.arpa`, `intranet`, `lan`, `local`, `localdomain` and `private` are not in the DNS
    of the internet. Only a resolver of your own network knows them. If the Corefile sends every name outside of the cluster
    to `8.8.8.8`, the response for `db.corp.internal` is NXDOMAIN, `cache` keeps it, and the name of the internal host has left
    your network. A search domain in `dnsConfig` fails in the same way: each lookup of a short name sends two queries more.

    The rule needs a Corefile for cluster DNS whose `forward` has only addresses of Cloudflare, Google or Quad9. It is silent if
    another plugin can answer the name, and with NodeLocal DNSCache, which can send it elsewhere.

    ## Fix
    There is no automatic fix, because only you know the resolver that has the internal zone: add a server block for it.

    ## References
    - https://www.rfc-editor.org/rfc/rfc6762#appendix-G
    - https://www.rfc-editor.org/rfc/rfc8375
    - https://www.icann.org/en/public-comment/proceeding/proposed-top-level-domain-string-for-private-use-24-01-2024
    - https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/
    """

    code = "KPL269"
    name = "internal-name-leaves"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Corefile Workload"
    clue = PRIVATE_CLUE
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            _files(),
            flags=["db.corp.internal"],
            says=[
                "CoreDNS forwards `db.corp.internal` to `8.8.8.8`, which does not know names in `internal`, so the lookup fails",
                "Add a server block for `corp.internal` that forwards to the resolver of your network",
            ],
        ),
        Bad(_files(_CART.replace("db.corp.internal", "db.home.arpa")), flags=["db.home.arpa"], says=["names in `home.arpa`"]),
        Bad(_files(_CART.replace("db.corp.internal", "nas.local")), flags=["nas.local"], says=["block for `local` that"]),
        Bad(_files(_CART.replace("db.corp.internal", "DB.Corp.Lan.")), flags=["DB.Corp.Lan."], says=["names in `lan`"]),
        Bad(_files(corefile=_COREFILE + _STUB.replace("corp.internal", "prod.internal")), flags=["db.corp.internal"]),
        Bad(_files(corefile=_COREFILE.replace("8.8.8.8", "tls://9.9.9.9%dns.quad9.net")), flags=["db.corp.internal"]),
        Bad(
            _files(_SEARCH),
            flags=["corp.lan"],
            says=["CoreDNS forwards names in the search domain `corp.lan` to `8.8.8.8`, which does not know names in `lan`"],
        ),
        # the resolver of the network is asked, or may be
        Good(_files(corefile=_COREFILE + _STUB)),
        Good(_files(corefile=_COREFILE.replace("8.8.8.8", "10.0.0.2")), other=["private-and-public-upstream"]),
        Good(_files(corefile=_COREFILE.replace("8.8.8.8 1.1.1.1", "/etc/resolv.conf"))),
        Good(_files(corefile=_COREFILE.replace("8.8.8.8 1.1.1.1", "203.1.113.2"))),
        Good(_files(corefile=_COREFILE.replace("1.1.1.1", "{$UPSTREAM}"))),
        Good(_files(corefile=_COREFILE.replace("    forward .", "    forward internal 10.0.0.2\n    forward ."))),
        Good(_files(corefile=_COREFILE.replace("    forw", "    hosts /h internal\n    forw")), other=["order-without-meaning"]),
        Good(_files(corefile=_COREFILE.replace("    ready", "    ready\n    import more/*"))),
        Good(_files(corefile=_COREFILE.replace("    ready", "    ready\n    rewrite name a.internal b.example"))),
        Good(_files(corefile=_COREFILE.replace("1.1.1.1", "1.1.1.1 {\n        except internal\n    }"))),
        Good(_files(**{"nodelocal/Corefile": _NODE_LOCAL})),
        Good(_files(corefile=_COREFILE.replace("kubernetes cluster.local", "kubernetes cluster.local corp.internal"))),
        # the pod asks somebody else
        Good(_files(_CART + "      dnsPolicy: Default\n")),
        Good(_files(_CART + "      hostAliases: [{ip: 10.0.0.9, hostnames: [db.corp.internal]}]\n")),
        # names of the cluster, of Services, of a developer's machine, of nobody
        Good(_files(_CART.replace("db.corp.internal", "db.shop.svc.cluster.local"))),
        Good(_files(_CART.replace("db.corp.internal", "host.docker.internal"))),
        Good(_files(_CART.replace("db.corp.internal", "db.example.internal"))),
        Good(_files(_CART.replace("db.corp.internal", "db.corp.com"))),
        Good(
            _files(
                _CART.replace("db.corp.internal", "db.internal"),
                **{"ns.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: internal, labels: {a: kube-system}}\n"},
            )
        ),
        Good(_files(_CART.replace("db.corp.internal", "db.shop").replace("shop}", "lan}").replace("db.shop", "db.lan"))),
        # nobody connects to it
        Good(_files(_CART.replace("DATABASE_URL", "COOKIE_DOMAIN"))),
        Good(_files(_CART.replace("DATABASE_URL", "PUBLIC_URL"))),
    ]  # fmt: skip

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        servers = [each for each in cluster.corefiles if role_of(each[0]) is Role.CLUSTER]
        if not servers or cluster.node_local_dns:
            return
        if dns_policy_of(workload) not in CLUSTER_POLICIES or not is_complete(workload):
            return
        own = hosts_file(workload)
        found = {
            host.name.span: host.name
            for container in workload.containers
            for host in private_names(workload, container, cluster.cluster_domain)
            if host.name.lower() not in own and not _may_be_service(host.name, workload, cluster)
        }
        for name in found.values():
            yield from self._told(name, f"`{name}`", servers, "so the lookup fails")
        searches = workload.dns_config.items("searches") if workload.dns_config is not None else ()
        for each in searches:
            if isinstance(each, Scalar) and _top(each.value):
                what = f"names in the search domain `{each.value}`"
                yield from self._told(
                    Text(f"x.{each.value}", each.span), what, servers, "so it only adds queries to each lookup"
                )

    def _told(self, name: Text, what: str, servers: list[tuple[Document, Corefile]], effect: str) -> Iterator[Finding]:
        normal = f"{name.lower().strip('.')}."
        asked = [(document, forward_of(corefile, normal)) for document, corefile in servers]
        (document, forward), *_ = asked
        if forward is None or not all(each is not None and _is_public(each) for _, each in asked):
            return
        zone = normal.partition(".")[2].removesuffix(".")
        yield self.finding(
            name.span,
            f"CoreDNS forwards {what} to `{forward.args[1]}`, which does not know names in `{_top(normal)}`, {effect}",
            help=f"Add a server block for `{zone}` that forwards to the resolver of your network.",
            related=[Related(forward.head, "the name is forwarded here", document)],
        )


_PRIVATE = ("corp", "home", "home.arpa", "internal", "intranet", "lan", "local", "localdomain", "private")


def _top(name: str) -> str:
    """The private top-level domain of a name; empty for one of the internet."""
    lower = f".{name.lower().removesuffix('.')}"
    return next((each for each in _PRIVATE if lower.endswith(f".{each}")), "")


def _is_public(forward: Directive) -> bool:
    return len(forward.args) > 1 and all(known_resolver(each) is not None for each in forward.args[1:])


def _may_be_service(name: str, workload: Workload, cluster: Cluster) -> bool:
    """Whether a name of two labels may be that of a Service in a namespace that is called like a private domain."""
    service, _, namespace = name.lower().removesuffix(".").partition(".")
    if "." in namespace or name.endswith("."):
        return False
    if namespace in ("home", "private", workload.namespace.lower()):
        return True
    places = [each.namespace for _, each in cluster.of(Service, clue=service)]
    return namespace in (*places, *(str(each.name) for _, each in cluster.of(NamespaceObject)))
