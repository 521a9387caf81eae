"""KPL202."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Directive, Property, ServerBlock, is_placeholder
from kpl_rules.coredns._kubeadm import KUBEADM

_FULL = KUBEADM.replace("pods insecure", "%s").replace("    prometheus", "    autopath @kubernetes\n    prometheus")


class AutopathWithoutVerifiedPods(Rule):
    """`kubernetes` does not know the namespace of a client, so `autopath` has no effect.

    ## Why
    `autopath @kubernetes` walks the search list of a client inside CoreDNS. For this it needs the namespace of the
    client, which `kubernetes` looks up by the client's address in its list of all pods. `kubernetes` keeps this list
    only with `pods verified`. Without the list, or without `kubernetes` in the same server block, `autopath` silently
    passes every query on, and the pods still send a query for each name of their search list.

    ## Fix
    Sets `pods verified`. The fix is unsafe: CoreDNS then watches all pods, so its service account must be allowed to
    list and watch them, and it needs more memory: (pods + services) / 250 + 56 MB with `autopath`, instead of (pods +
    services) / 1000 + 54 MB. For 10,000 pods and Services, that is 96 MB instead of 64 MB; kubeadm's limit is 170 MiB.

    ## References
    - https://coredns.io/plugins/kubernetes/ (`pods`, and the section on autopath)
    - https://coredns.io/plugins/autopath/ (also its section "Bugs": `autopath` does not support Windows nodes,
      and can take a client for the pod that had its address before)
    - https://github.com/coredns/deployment/blob/master/kubernetes/Scaling_CoreDNS.md
    - https://github.com/kubernetes/kubernetes/blob/master/cmd/kubeadm/app/phases/addons/dns/manifests.go (the limit)
    """

    code = "KPL202"
    name = "autopath-without-verified-pods"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "autopath"
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
            says=["with `pods disabled` (the default), so"],
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
        # the last line counts
        Bad(
            corefile(_FULL % "pods verified\n        pods insecure"),
            flags=["pods insecure"],
            fixed=_FULL % "pods verified\n        pods verified",
            safe=False,
        ),
        # what is imported may set it, or bring the plugin
        Good(corefile(_FULL % "import pods.conf")),
        Good(corefile("lan {\n    errors\n    autopath @kubernetes\n    import more/*\n}\n")),
        Good({"autopath.override": "autopath @kubernetes\n"}),
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
                    "this server block has no `kubernetes`, so `autopath @kubernetes` has no effect",
                    help="Move `autopath` to the server block of `kubernetes`. Or remove it.",
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
            f"`kubernetes` keeps no list of the pods with `pods {mode}`{'' if modes else ' (the default)'}, so "
            "`autopath @kubernetes` has no effect",
            help="Set `pods verified`, which needs (pods + services) / 250 + 56 MB of memory. Or remove `autopath`.",
            fix=_fix(server, kubernetes, modes),
        )


def _fix(server: ServerBlock, kubernetes: Directive, modes: list[Property]) -> Fix:
    """The last line counts; where there is none, a new one."""
    new = server.corefile.add_property(kubernetes, "pods verified")
    edit = Edit(*modes[-1].args[0].span, "verified") if modes else new
    return Fix("Set `pods verified`", (edit,), safe=False)
