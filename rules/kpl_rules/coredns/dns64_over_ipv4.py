"""KPL244."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Edit, Finding, Fix, Good, Related, Rule, Severity, Stop, corefile
from kpl.corefiles import Directive, Role, ServerBlock, keyword_known, role_of
from kpl.kubeproxy import network_family
from kpl.manifests import Service, is_cluster_dns
from kpl_rules.coredns._kubeadm import KUBEADM

_FULL = KUBEADM.replace("    ready\n", "    ready\n    dns64 64:ff9b::/96\n")
_FIXED = "dns64 {\n        prefix 64:ff9b::/96\n        allow_ipv4\n    }"
_BOUND = ". {\n    bind 10.0.0.1\n    errors\n    dns64\n    cache 30\n    forward . 10.0.0.2\n}\n"
_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: kube-dns
  namespace: kube-system
spec:
  clusterIP: 10.96.0.10
  selector:
    k8s-app: kube-dns
  ports:
    - {name: dns, port: 53, protocol: UDP}
    - {name: dns-tcp, port: 53, protocol: TCP}
"""


def _files(text: str, *services: str) -> dict[str, str]:
    return {"Corefile": text, "kube-dns.yaml": "---\n".join(services)}


class Dns64OverIpv4(Rule):
    """Queries arrive over IPv4, which `dns64` does not translate, so pods get no IPv6 address for IPv4-only names.

    ## Why
    Unless `allow_ipv4` is set, `dns64` looks only at queries that arrive over IPv6. If the Service of the cluster's DNS
    has only an IPv4 address, or if the server block binds only IPv4 addresses, no query arrives over IPv6 and `dns64` has
    no effect.

    The rule needs the manifest of the Service, with its `clusterIP` or `ipFamilies`, or `bind` in the server block. It
    checks CoreDNS 1.8.7 and later, which has `allow_ipv4`.

    ## Fix
    Adds `allow_ipv4`. A prefix on the line of `dns64` moves into the block, because `dns64` ignores a block after a prefix. The
    fix is unsafe: a dual-stack client then receives translated addresses too, and may prefer the NAT64 gateway to IPv4.

    ## References
    - https://coredns.io/plugins/dns64/
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/dns64/dns64.go (requestShouldIntercept)
    - https://github.com/coredns/coredns/issues/4808
    """

    code = "KPL244"
    name = "dns64-over-ipv4"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "dns64"
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(
            _files(_FULL, _SERVICE),
            flags=["dns64 64:ff9b::/96"],
            fixed=_FULL.replace("dns64 64:ff9b::/96", _FIXED),
            safe=False,
            says=["the Service `kube-dns` has only IPv4 addresses, and `dns64` translates only", "Add `allow_ipv4`"],
        ),
        Bad(
            _files(_FULL.replace("64:ff9b::/96", "{\n        prefix 64:ff9b::/96\n    }"), _SERVICE),
            flags=["dns64"],
            fixed=_FULL.replace("dns64 64:ff9b::/96", _FIXED),
            safe=False,
        ),
        Bad(
            _files(_FULL, _SERVICE.replace("  clusterIP: 10.96.0.10", "  ipFamilies: [IPv4]")),
            flags=["dns64 64:ff9b::/96"],
            fixed=_FULL.replace("dns64 64:ff9b::/96", _FIXED),
            safe=False,
        ),
        Bad(
            _files(_FULL, _SERVICE.replace("kube-dns\n  namespace: kube-system", "dns\n  namespace: infra")),
            flags=["dns64 64:ff9b::/96"],
            fixed=_FULL.replace("dns64 64:ff9b::/96", _FIXED),
            safe=False,
            says=["the Service `dns`"],
        ),
        Bad(
            _files(KUBEADM + _BOUND.replace(". {\n    bind 10.0.0.1\n", "lan:53 {\n"), _SERVICE),
            flags=["dns64"],
            fixed=KUBEADM
            + _BOUND.replace(". {\n    bind 10.0.0.1\n", "lan:53 {\n").replace(
                "dns64", "dns64 {\n        allow_ipv4\n    }"
            ),
            safe=False,
        ),
        Good(_files(_FULL.replace("dns64 64:ff9b::/96", _FIXED), _SERVICE)),
        Good(_files(_FULL.replace("    dns64 64:ff9b::/96\n", ""), _SERVICE)),
        Good(corefile(_FULL)),
        Good(_files(_FULL, _SERVICE.replace("10.96.0.10", "fd00::a"))),
        Good(_files(_FULL, _SERVICE.replace("10.96.0.10", "'{{ .Values.ip }}'"))),
        Good(_files(_FULL, _SERVICE.replace("clusterIP: 10.96.0.10", "ipFamilies: [IPv4, IPv6]"))),
        Good(_files(_FULL, _SERVICE.replace("10.96.0.10", "10.96.0.10\n  ipFamilyPolicy: PreferDualStack"))),
        Good(_files(_FULL, _SERVICE.replace("10.96.0.10", "10.96.0.10\n  clusterIPs: [10.96.0.10, 'fd00::a']"))),
        Good(_files(_FULL, _SERVICE.replace("  clusterIP: 10.96.0.10\n", ""))),
        Good(_files(_FULL, _SERVICE.replace("10.96.0.10", "None"))),
        # another Service, or one more
        Good(_files(_FULL, _SERVICE.replace("name: kube-dns", "name: web").replace("k8s-app: kube-dns", "app: web"))),
        Good(
            _files(
                _FULL,
                _SERVICE,
                _SERVICE.replace("name: kube-dns", "name: coredns").replace("10.96.0.10", "fd00::a"),
            )
        ),
        Good(_files(_FULL, _SERVICE), {"coredns": "1.8.6"}),
        # not the DNS of the cluster
        Good(_files(_BOUND.replace("    bind 10.0.0.1\n", ""), _SERVICE)),
        Bad(
            corefile(_BOUND),
            flags=["dns64"],
            fixed=_BOUND.replace("dns64", "dns64 {\n        allow_ipv4\n    }"),
            safe=False,
            says=["this block binds only IPv4 addresses"],
        ),
        Good(corefile(_BOUND.replace("bind 10.0.0.1", "bind 10.0.0.1 ::1"))),
        Good(corefile(_BOUND.replace("bind 10.0.0.1", "bind eth0"))),
        Good(corefile(_BOUND.replace("dns64", "dns64 {\n        import more.conf\n    }")), other=["corefile-refused"]),
        # the block is ignored, which is told elsewhere
        Bad(
            corefile(_BOUND.replace("dns64", "dns64 64:ff9b::/96 {\n        translate_all\n    }")),
            flags=["dns64 64:ff9b::/96"],
            other=["block-not-read"],
        ),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        dns64 = server.get("dns64")
        if dns64 is None or not keyword_known("dns64", "allow_ipv4", cluster.coredns_version_for(server)):
            return
        if any(each.name in ("allow_ipv4", "import") for each in dns64.properties) and not dns64.args:
            return
        bound = [word for bind in server.all("bind") for word in bind.args]
        services = []
        if not bound or not all(map(_is_ipv4, bound)):
            if role_of(cluster.document_of(server)) is not Role.CLUSTER:
                return
            services = list(_dns_services(cluster))
            if not services or not all(_only_ipv4(service) for _, service in services):
                return
        why = f"the Service `{services[0][1].name}` has" if services else "this block binds"
        yield self.finding(
            dns64.head,
            f"{why} only IPv4 addresses, and `dns64` translates only queries that arrive over IPv6, so it has no effect",
            help="Add `allow_ipv4` to the block of `dns64`, which then translates for dual-stack clients too.",
            related=[Related(service.name.span, "this Service", document) for document, service in services],
            fix=_fix(server, dns64),
        )


def _fix(server: ServerBlock, dns64: Directive) -> Fix | None:
    if dns64 not in server.directives or (dns64.args and dns64.block is not None):
        return None
    edit = server.corefile.add_property(dns64, "allow_ipv4")
    if dns64.args:
        prefix = dns64.args[0]
        head, _, rest = edit.text.partition("\n")
        inner = rest[: len(rest) - len(rest.lstrip())]
        edit = Edit(prefix.span.start, edit.end, f"{head.lstrip()}\n{inner}prefix {prefix}\n{rest}")
    return Fix("Add `allow_ipv4`", (edit,), safe=False)


def _dns_services(cluster: Cluster) -> Iterator[tuple[Document, Service]]:
    for document, service in cluster.of(Service):
        selected = service.node.text("spec", "selector", "k8s-app")
        if selected == "kube-dns" or is_cluster_dns(f"{service.namespace}/{service.name}:dns"):
            yield document, service


def _only_ipv4(service: Service) -> bool:
    """Whether all addresses of the Service are IPv4 for certain."""
    if service.headless or (service.node.text("spec", "ipFamilyPolicy") or "SingleStack") != "SingleStack":
        return False
    addresses = [*service.cluster_ips, *filter(None, [service.cluster_ip])]
    return all(map(_is_ipv4, addresses)) if addresses else service.ip_families == ["IPv4"]


def _is_ipv4(address: str) -> bool:
    return network_family(f"{address}/32") == 4
