"""KPL202."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import (
    Bad,
    Directive,
    Edit,
    Finding,
    Fix,
    Good,
    Property,
    Rule,
    ServerBlock,
    Severity,
    Stop,
    corefile,
    is_placeholder,
)

_FULL = """\
.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        %s
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    autopath @kubernetes
    prometheus :9153
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
"""


class AutopathWithoutVerifiedPods(Rule):
    """`autopath` does nothing, because `kubernetes` does not know which namespace a client lives in.

    ## Why
    `autopath @kubernetes` walks a client's search list inside CoreDNS. For that it needs the namespace of the client,
    which `kubernetes` looks up by the client's address, in the list of all pods that it keeps with `pods verified` only.
    Without that list, or without `kubernetes` in the same server block, autopath passes every query on, says nothing
    about it, and the pods go on asking for each name of their search list.

    ## Fix
    Sets `pods verified`. It is an unsafe fix: CoreDNS then watches all pods, for which its service account must be
    allowed to list and watch them, and which takes memory: (pods + services) / 250 + 56 MB with autopath, instead of
    (pods + services) / 1000 + 54 MB. For 10,000 pods and Services that is 96 MB instead of 64 MB; kubeadm's limit is
    170 MiB.

    ## References
    - https://coredns.io/plugins/kubernetes/ (`pods`, and the section on autopath)
    - https://coredns.io/plugins/autopath/ (its section "Bugs" too: autopath is not for Windows nodes, and can take a
      client for the pod that had its address before)
    - https://github.com/coredns/deployment/blob/master/kubernetes/Scaling_CoreDNS.md
    - https://github.com/kubernetes/kubernetes/blob/master/cmd/kubeadm/app/phases/addons/dns/manifests.go (the limit)
    """

    code = "KPL202"
    name = "autopath-without-verified-pods"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("slow-lookups",)
    examples = [
        Bad(
            corefile(_FULL % "pods insecure"),
            flags=["pods insecure"],
            fixed=_FULL % "pods verified",
            safe=False,
        ),
        Bad(
            corefile(
                "cluster.local {\n  errors\n  ready\n  kubernetes {  # pods are off\n    ttl 30\n  }\n"
                "  autopath @kubernetes\n}\n"
            ),
            flags=["autopath @kubernetes"],
            fixed="cluster.local {\n  errors\n  ready\n  kubernetes {  # pods are off\n    ttl 30\n    pods verified\n  }\n"
            "  autopath @kubernetes\n}\n",
            safe=False,
        ),
        # the plugins of another block do not count
        Bad(
            corefile(
                ".:53 {\n    errors\n    autopath @kubernetes\n    forward . 9.9.9.9\n    cache 30\n}\n"
                "cluster.local:53 {\n    errors\n    ready\n    kubernetes {\n        pods verified\n    }\n}\n"
            ),
            flags=["autopath @kubernetes"],
        ),
        Good(corefile(_FULL % "pods verified")),
        Good(corefile(_FULL % "pods {{ .Values.pods }}")),
        # a search list out of a file
        Good(corefile("lan {\n    errors\n    file /zones/lan\n    autopath /etc/search.conf\n}\n")),
    ]

    def check(self, server: ServerBlock) -> Iterator[Finding]:
        """See the class."""
        lines = server.all("autopath")
        if not lines or lines[-1].args[-1:] != ["@kubernetes"]:
            return
        autopath, kubernetes = lines[-1], server.get("kubernetes")
        if kubernetes is None:
            if server.keys and server.complete:
                yield self.finding(
                    autopath.head,
                    "`autopath @kubernetes` does nothing, because there is no `kubernetes` in this server block",
                    help="Write `autopath` in the server block of `kubernetes`, or remove it.",
                )
            return
        if any(each.name == "import" or is_placeholder(each.name) for each in kubernetes.properties):
            return
        modes = [each for each in kubernetes.properties if each.name == "pods"]
        mode = modes[-1].args[0] if modes and modes[-1].args else "disabled"
        if mode == "verified" or is_placeholder(mode) or modes and len(modes[-1].args) != 1:
            return
        yield self.finding(
            modes[-1].span if modes else autopath.head,
            f"`autopath @kubernetes` does nothing, because `kubernetes` keeps no list of the pods with `pods {mode}`"
            + ("" if modes else ", its default"),
            help="Write `pods verified`, which costs memory: (pods + services) / 250 + 56 MB; or remove `autopath`.",
            fix=_fix(server, kubernetes, modes),
        )


def _fix(server: ServerBlock, kubernetes: Directive, modes: list[Property]) -> Fix:
    """The last line counts; where there is none, a new one."""
    new = server.corefile.add_property(kubernetes, "pods verified")
    edit = Edit(*modes[-1].args[0].span, "verified") if modes else new
    return Fix("Write `pods verified`", (edit,), safe=False)
