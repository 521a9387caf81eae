"""KPL284."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kpl import Bad, Cluster, Document, Edit, Finding, Fix, Good, Related, Rule, Severity, Span, Stop
from kpl.corefiles import Corefile, Role, is_cluster_block, role_of
from kpl.manifests import KubeDnsConfig, Workload

_COREDNS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
    . {
        errors
        health {
            lameduck 5s
        }
        ready
        kubernetes cluster.local in-addr.arpa ip6.arpa {
            fallthrough in-addr.arpa ip6.arpa
        }
        forward . /etc/resolv.conf
        cache 30
        loop
        reload
    }
"""
_KUBE_DNS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-dns, namespace: kube-system}
data:
  stubDomains: |
    {"lan.corp": ["10.1.1.1", "10.1.1.2"]}
"""
_BLOCK = """\
    lan.corp {
        errors
        cache 30
        forward . 10.1.1.1 10.1.1.2
    }
"""
_UPSTREAMS = _KUBE_DNS.replace(
    '  stubDomains: |\n    {"lan.corp": ["10.1.1.1", "10.1.1.2"]}\n', "  upstreamNameservers: '[\"10.0.0.2\"]'\n"
)
_NODE_LOCAL = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: node-local-dns, namespace: kube-system}
data:
  Corefile: |
    .:53 {
        errors
        cache 30
        loop
        reload
        bind 169.254.20.10
        forward . __PILLAR__UPSTREAM__SERVERS__
    }
"""
_WORKLOAD = """\
kind: Deployment
metadata: {name: kube-dns, namespace: kube-system}
spec:
  template:
    spec:
      containers: [{name: kubedns, image: registry.k8s.io/dns/k8s-dns-kube-dns:1.26.7}]
"""


def _files(kube_dns: str = _KUBE_DNS, coredns: str = _COREDNS, **others: str) -> dict[str, str]:
    return {
        "coredns.yaml": coredns,
        "kube-dns.yaml": kube_dns,
        **{f"{name}.yaml": text for name, text in others.items()},
    }


_SERVER = re.compile(r"\d+(?:\.\d+){3}(?::\d+)?")
_DOMAIN = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_READERS = re.compile(r"k8s-dns-kube-dns|kubedns|node-cache")


class KubeDnsConfigNotRead(Rule):
    """CoreDNS does not read the ConfigMap `kube-dns`, so its stub domains and upstreams have no effect.

    ## Why
    `stubDomains` and `upstreamNameservers` configure kube-dns, the predecessor of CoreDNS. CoreDNS reads only its Corefile:
    names of a stub domain go to the resolvers of the node, which respond with NXDOMAIN to internal names. kubeadm translated
    the ConfigMap once, when it replaced kube-dns, and ignores changes.

    NodeLocal DNSCache reads the ConfigMap too, so the rule is silent if the cluster has one, or runs kube-dns.

    ## Fix
    Adds a server block for each stub domain to the Corefile. The fix is unsafe, because names then go to another server.
    Upstreams have no automatic fix: replace the upstreams of `forward .` in the Corefile.

    ## References
    - https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/
    - https://github.com/kubernetes/dns/blob/1.26.7/pkg/dns/config/config.go
    - https://github.com/coredns/corefile-migration
    """

    code = "KPL284"
    name = "kube-dns-config-not-read"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "KubeDnsConfig Corefile"
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(
            _files(),
            flags=["stubDomains"],
            says=["CoreDNS reads only its Corefile", "so `lan.corp` goes to the upstreams of CoreDNS"],
            fixed=_COREDNS + _BLOCK,
            safe=False,
        ),
        Bad(_files(_UPSTREAMS), flags=["upstreamNameservers"], says=["Replace the upstreams of `forward .`"]),
        # a name of a server, which `forward` does not take
        Bad(_files(_KUBE_DNS.replace("10.1.1.2", "dns.corp")), flags=["stubDomains"]),
        # the Corefile has the domain already
        Good(_files(coredns=_COREDNS + _BLOCK)),
        Good(_files(_KUBE_DNS.replace('"lan.corp": ["10.1.1.1", "10.1.1.2"]', ""))),
        Good(_files(_UPSTREAMS, _COREDNS.replace("/etc/resolv.conf", "10.0.0.2"))),
        Good(_files(cache=_NODE_LOCAL)),
        Good(_files(kube=_WORKLOAD)),
        Good(_files(_KUBE_DNS.replace('{"lan.corp"', '{{ .stubs }} {"lan.corp"'))),
        Good({"kube-dns.yaml": _KUBE_DNS}),
        Good(_files(other=_COREDNS)),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        servers = [each for each in cluster.corefiles if role_of(each[0]) is Role.CLUSTER]
        maps = list(cluster.of(KubeDnsConfig))
        if len(servers) != 1 or len(maps) != 1 or cluster.node_local_dns or _runs_kube_dns(cluster):
            return
        (home, corefile), (document, config) = servers[0], maps[0]
        known = {zone.partition(":")[0].rstrip(".") for each in _all_servers(cluster) for zone in each}
        missing = [each for each in config.stub_domains or () if each.rstrip(".").lower() not in known]
        related = [Related(corefile.servers[0].key_span, "CoreDNS reads this Corefile", home)]
        if missing:
            shown = ", ".join(f"`{each}`" for each in missing[:3])
            verb = "goes" if len(missing) == 1 else "go"
            yield self.finding(
                _key(config, "stubDomains"),
                f"CoreDNS reads only its Corefile and not the ConfigMap `kube-dns`, so {shown} {verb} to the upstreams of CoreDNS",
                help="Add a server block for each stub domain to the Corefile.",
                related=related,
                document=document,
                fix=_blocks(config, missing, home, corefile),
            )
        used = {
            word.partition(":")[0]
            for server in corefile.servers
            for each in server.all("forward")
            for word in each.args
        }
        if config.upstreams and not any(each.partition(":")[0] in used for each in config.upstreams):
            yield self.finding(
                _key(config, "upstreamNameservers"),
                "CoreDNS reads only its Corefile and not the ConfigMap `kube-dns`, so it does not use these upstreams",
                help="Replace the upstreams of `forward .` in the Corefile with these.",
                related=related,
                document=document,
            )


def _runs_kube_dns(cluster: Cluster) -> bool:
    """Whether a workload reads the ConfigMap."""
    return any(
        _READERS.search(each.image or "")
        for _, workload in cluster.of(Workload, clue="k8s-dns\nkubedns\nnode-cache")
        for each in workload.containers
    )


def _all_servers(cluster: Cluster) -> Iterator[Sequence[str]]:
    for _, corefile in cluster.corefiles:
        yield from (server.keys for server in corefile.servers)


def _key(config: KubeDnsConfig, name: str) -> Span:
    data = config.node.mapping("data")
    pair = data.pair(name) if data is not None else None
    return pair[0].span if pair is not None else config.name.span


def _blocks(config: KubeDnsConfig, missing: list[str], home: Document, corefile: Corefile) -> Fix | None:
    """The server blocks of the stub domains, behind the last block of the Corefile."""
    main = next((each for each in corefile.servers if is_cluster_block(each)), None)
    last = corefile.servers[-1]
    text = corefile.text
    if main is None or not main.directives or corefile.unclosed or text[last.span.end :].strip():
        return None
    indent = corefile.indent_at(main.directives[0].span.start) or "    "
    port = ":53" if any(key.endswith(":53") for key in main.keys) else ""
    written = []
    for domain in missing:
        upstreams = (config.stub_domains or {})[domain]
        if not upstreams or not _DOMAIN.fullmatch(domain) or not all(map(_SERVER.fullmatch, upstreams)):
            return None
        lines = [
            f"{domain}{port} {{",
            f"{indent}errors",
            f"{indent}cache 30",
            f"{indent}forward . {' '.join(upstreams)}",
            "}",
        ]
        written.append("\n" + "\n".join(lines))
    return Fix(
        "Add the stub domains to the Corefile",
        (),
        safe=False,
        elsewhere=((home, (Edit(last.span.end, last.span.end, "".join(written)),)),),
    )
