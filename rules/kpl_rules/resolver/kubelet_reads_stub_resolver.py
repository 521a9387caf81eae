"""KPL124."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Cluster, Confidence, Document, Edit, Finding, Fix, Good, Related, Rule, Severity, Span, Stop, files
from kpl.corefiles import Role, role_of
from kpl.edits import Text
from kpl.manifests import KubeadmCluster, KubeadmNode, KubeletConfig
from kpl.poddns import ResolvConf

_DEFAULT = "/etc/resolv.conf"
_FULL = "/run/systemd/resolve/resolv.conf"
_STUB = "127.0.0.53"
_LOOPBACK = ("127.", "::1")
_STUB_FILES = ("/stub-resolv.conf", "/lib/systemd/resolv.conf")
"""What systemd writes, each with its stub as the only nameserver."""

_KUBELET = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nresolvConf: %s\n"
_WITHOUT = _KUBELET.partition("resolvConf")[0]
_STUB_CONF = "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch corp.example\n"
_COREFILE = (
    ".:53 {\n    errors\n    health {\n        lameduck 5s\n    }\n    ready\n"
    "    kubernetes cluster.local in-addr.arpa ip6.arpa {\n"
    "        fallthrough in-addr.arpa ip6.arpa\n    }\n    forward . /etc/resolv.conf\n    cache 30\n    loop\n    reload\n}\n"
)
_INIT = (
    "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nnodeRegistration:\n  kubeletExtraArgs:\n"
    "  - {name: resolv-conf, value: %s}\n"
)
_CLUSTER = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
_CONFIG_MAP = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kubelet-config, namespace: kube-system}\ndata:\n  kubelet: |\n"
)


def _on_a_node(kubelet: str, conf: str = _STUB_CONF, **others: str) -> dict[str, str]:
    return files(**{"kubelet.yaml": kubelet, "resolv.conf": conf}, **others)


class KubeletReadsStubResolver(Rule):
    """The kubelet gives CoreDNS a nameserver at a loopback address, so CoreDNS forwards queries to itself.

    ## Why
    A pod with `dnsPolicy: Default`, as CoreDNS has, gets the nameservers of the file that the kubelet's `resolvConf` names, by
    default `/etc/resolv.conf`. With systemd-resolved, this file has only `127.0.0.53`, where systemd-resolved listens on the
    node. In a pod, this address is the pod itself. `forward . /etc/resolv.conf` then sends each query back to CoreDNS: the plugin
    `loop` stops the process, and the pod is in CrashLoopBackOff. Without `loop`, CoreDNS runs out of memory.

    The rule reports a `resolvConf` that names a file of the stub, `/etc/resolv.conf` or no `resolvConf` if a file `resolv.conf`
    of the node with a loopback address is in the run, and an empty `resolvConf`, with which pods get `127.0.0.1`. kubeadm
    replaces a missing `resolvConf` on nodes with systemd-resolved, so the rule is silent about its files. It is also silent if
    the Corefile does not forward to `/etc/resolv.conf`.

    ## Fix
    Sets `/run/systemd/resolve/resolv.conf`, where systemd-resolved writes the nameservers that it asks. The fix is unsafe,
    because the kubelet does not start on a node that does not have the file.

    ## References
    - https://coredns.io/plugins/loop/ ("Troubleshooting Loops In Kubernetes Clusters")
    - https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/#known-issues
    - https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ (`resolvConf`)
    - https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/network/dns/dns.go (GetPodDNS)
    - https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/componentconfigs/kubelet.go (Mutate)
    - https://www.freedesktop.org/software/systemd/man/latest/systemd-resolved.service.html
    """

    code = "KPL124"
    name = "kubelet-reads-stub-resolver"
    stop = Stop.RESOLVER
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "KubeletConfig|KubeadmNode"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            files(**{"kubelet.yaml": _KUBELET % "/run/systemd/resolve/stub-resolv.conf"}),
            flags=["/run/systemd/resolve/stub-resolv.conf"],
            fixed=_KUBELET % _FULL,
            safe=False,
            says=[
                "`/run/systemd/resolve/stub-resolv.conf` has the nameserver `127.0.0.53`, which in a pod is the pod itself",
                "so CoreDNS forwards queries to itself",
                "Set `/run/systemd/resolve/resolv.conf`",
            ],
        ),
        Bad(
            files(**{"kubelet.yaml": _KUBELET % "/usr/lib/systemd/resolv.conf", "Corefile": _COREFILE}),
            flags=["/usr/lib/systemd/resolv.conf"],
            fixed=_KUBELET % _FULL,
            safe=False,
        ),
        Bad(
            _on_a_node(_KUBELET % _DEFAULT, Corefile=_COREFILE),
            flags=[_DEFAULT],
            fixed=_KUBELET % _FULL,
            safe=False,
            says=["`/etc/resolv.conf` has the nameserver `127.0.0.53`"],
        ),
        Bad(
            _on_a_node(_KUBELET % '"/etc/resolv.conf"'),
            flags=['"/etc/resolv.conf"'],
            fixed=_KUBELET % f'"{_FULL}"',
            safe=False,
        ),
        # a cache of the node's own: where it sends queries is not known
        Bad(
            _on_a_node(_KUBELET % _DEFAULT, "nameserver 127.0.0.1\n"),
            flags=[_DEFAULT],
            says=["`127.0.0.1`", "Set a file with the nameservers that the node's own resolver asks"],
        ),
        Bad(
            _on_a_node(_WITHOUT),
            flags=["KubeletConfiguration"],
            says=["the kubelet without `resolvConf` reads `/etc/resolv.conf`, which has the nameserver `127.0.0.53`"],
        ),
        Bad(
            files(**{"kubelet.yaml": _KUBELET % '""'}),
            flags=['""'],
            says=["with an empty `resolvConf`, pods with `dnsPolicy: Default` get the nameserver `127.0.0.1`"],
        ),
        Bad(
            files(**{"kubeadm.yaml": _INIT % _DEFAULT, "resolv.conf": _STUB_CONF}),
            flags=[_DEFAULT],
            fixed=_INIT % _FULL,
            safe=False,
        ),
        # kubeadm finds out
        Good(_on_a_node(f"{_CLUSTER}---\n{_WITHOUT}")),
        Good(_on_a_node(_CONFIG_MAP + "".join(f"    {line}\n" for line in _WITHOUT.splitlines()))),
        Good(files(**{"kubelet.yaml": _WITHOUT, "kubeadm.yaml": _INIT % _FULL, "resolv.conf": _STUB_CONF})),
        # what the node has
        Good(_on_a_node(_KUBELET % _FULL)),
        Good(_on_a_node(_KUBELET % _DEFAULT, "nameserver 10.0.0.2\n")),
        Good(_on_a_node(_KUBELET % _DEFAULT, "nameserver 127.0.0.1\nnameserver 10.0.0.2\n")),
        Good(_on_a_node(_KUBELET % _DEFAULT, "search corp.example\n")),
        Good(_on_a_node(_KUBELET % "/etc/other.conf")),
        Good(files(**{"kubelet.yaml": _KUBELET % _DEFAULT})),
        Good(files(**{"kubelet.yaml": _KUBELET % "'${RESOLV_CONF}'", "resolv.conf": _STUB_CONF})),
        Good(files(**{"kubelet.yaml": _WITHOUT})),
        # two nodes, of which one has it
        Good(_on_a_node(_KUBELET % _DEFAULT, **{"b.resolv.conf": "nameserver 10.0.0.2\n"})),
        # CoreDNS asks others
        Good(_on_a_node(_KUBELET % _DEFAULT, Corefile=_COREFILE.replace("/etc/resolv.conf", "10.0.0.2"))),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        servers = [corefile for document, corefile in cluster.corefiles if role_of(document) is Role.CLUSTER]
        if servers and not any(_DEFAULT in corefile.text for corefile in servers):
            return
        for document, written, place in _settings(cluster):
            stub = _stub(written, cluster)
            if stub is None:
                continue
            after = "which in a pod is the pod itself, so CoreDNS forwards queries to itself"
            if written is None:
                what = f"the kubelet without `resolvConf` reads `{_DEFAULT}`, which has the nameserver `{stub.server}`, {after}"
            elif not written:
                what = f"with an empty `resolvConf`, pods with `dnsPolicy: Default` get the nameserver `{stub.server}`, {after}"
            else:
                what = f"`{written}` has the nameserver `{stub.server}`, {after}"
            help_ = "Set a file with the nameservers that the node's own resolver asks."
            fix = None
            if stub.server == _STUB:
                help_ = f"Set `{_FULL}`, where systemd-resolved writes the nameservers that it asks."
                if written:
                    at = document.embedding.text.find(written, *place)
                    edit = Edit(at, at + len(written), _FULL)
                    fix = Fix(f"Set `{_FULL}`", (edit,), safe=False) if at >= 0 else None
            yield self.finding(
                place,
                what,
                help=help_,
                related=[stub.related] if stub.related is not None else [],
                document=document,
                fix=fix,
                confidence=Confidence.MEDIUM if written is None else None,
            )


class _Stub(NamedTuple):
    server: str
    related: Related | None = None


def _settings(cluster: Cluster) -> Iterator[tuple[Document, Text | None, Span]]:
    """The files that kubelets are told to read, and where; None for one that is not told."""
    told = False
    for document, node in cluster.of(KubeadmNode):
        if node.resolv_conf is not None:
            told = True
            if not document.is_example:
                yield document, node.resolv_conf, node.resolv_conf.span
    kubeadm = [document.source for kind in (KubeadmCluster, KubeadmNode) for document, _ in cluster.of(kind)]
    for document, kubelet in cluster.of(KubeletConfig):
        if document.is_example:
            continue
        if kubelet.resolv_conf is not None:
            yield document, kubelet.resolv_conf, kubelet.resolv_conf.span
        elif kubelet.kind is not None and not told and not kubeadm and not document.name:
            yield document, None, kubelet.kind


def _stub(written: Text | None, cluster: Cluster) -> _Stub | None:
    """The loopback address in the file that a kubelet reads."""
    if written == "":
        return _Stub("127.0.0.1")
    if written is not None and written.endswith(_STUB_FILES):
        return _Stub(_STUB)
    if written not in (None, _DEFAULT):
        return None
    found = []
    for document, conf in cluster.of(ResolvConf):
        if "systemd/resolve" in document.path.replace("\\", "/") or document.is_example:
            continue
        servers = conf.nameservers
        if not servers or not all(each.startswith(_LOOPBACK) for each in servers):
            return None
        found.append(_Stub(str(servers[0]), Related(servers[0].span, "the node's nameserver", document)))
    return found[0] if found else None
