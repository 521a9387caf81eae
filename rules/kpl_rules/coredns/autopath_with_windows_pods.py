"""KPL258."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Span, Stop
from kpl.corefiles import Role, ServerBlock, role_of
from kpl.manifests import NodeObject, Workload
from kpl_rules.coredns._kubeadm import KUBEADM

_FULL = KUBEADM.replace("pods insecure", "pods verified").replace(
    "    ready\n", "    ready\n    autopath @kubernetes\n"
)
_KEYS = ("kubernetes.io/os", "beta.kubernetes.io/os")
_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: billing
  namespace: shop
spec:
  nodeSelector: {kubernetes.io/os: windows}
  containers:
    - name: billing
      image: billing
"""
_NODE = "apiVersion: v1\nkind: Node\nmetadata:\n  name: win-1\n  labels: {kubernetes.io/os: windows}\n"


def _files(text: str, other: str) -> dict[str, str]:
    return {"Corefile": text, "other.yaml": other}


class AutopathWithWindowsPods(Rule):
    """`autopath` does not work for pods on Windows nodes, and this cluster has some.

    ## Why
    `autopath` assumes the search list of a Linux pod: it answers the first query of the list with the result of all of them. Its
    documentation says that it is not compatible with pods on Windows nodes.

    The rule needs the manifest of a workload that selects Windows nodes (`nodeSelector` or `os.name`), or a Node with the label
    `kubernetes.io/os: windows`. A DaemonSet shows nothing: many add-ons have one for Windows that finds no node.

    ## Fix
    There is no automatic fix: remove `autopath`, or set a low `ndots` in the pods instead, which saves the same queries.

    ## References
    - https://coredns.io/plugins/autopath/ (Bugs)
    - https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#dns-windows
    """

    code = "KPL258"
    name = "autopath-with-windows-pods"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "autopath"
    examples = [
        Bad(
            _files(_FULL, _POD),
            flags=["autopath @kubernetes"],
            says=["`autopath` is not compatible with pods on Windows nodes, where `billing` runs", "Remove `autopath`"],
        ),
        Bad(
            _files(_FULL, _POD.replace("nodeSelector: {kubernetes.io/os", "nodeSelector: {beta.kubernetes.io/os")),
            flags=["autopath @kubernetes"],
        ),
        Bad(
            _files(_FULL, _POD.replace("nodeSelector: {kubernetes.io/os: windows}", "os: {name: windows}")),
            flags=["autopath @kubernetes"],
        ),
        Bad(_files(_FULL.replace("autopath @", "autopath . @"), _NODE), flags=["autopath . @kubernetes"]),
        Bad(_files(_FULL, _NODE), flags=["autopath @kubernetes"], says=["such as `win-1`"]),
        Good(_files(_FULL, _POD.replace("os: windows", "os: linux"))),
        Good(_files(_FULL, _NODE.replace("windows", "linux"))),
        Good(
            _files(
                _FULL,
                "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: proxy\nspec:\n  template:\n    spec:\n"
                "      nodeSelector: {kubernetes.io/os: windows}\n      containers:\n        - {name: proxy, image: proxy}\n",
            )
        ),
        Good(_files(_FULL.replace("    autopath @kubernetes\n", ""), _POD)),
        # the search list of somebody else, or none
        Good(_files(_FULL.replace("@kubernetes", "/etc/search.conf"), _POD)),
        Good(_files("lan {\n    errors\n    autopath @erratic\n    erratic\n}\n", _POD)),
        Good(_files(_FULL.replace("pods verified", "pods insecure"), _POD), other=["autopath-without-verified-pods"]),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        autopath, kubernetes = server.get("autopath"), server.get("kubernetes")
        if autopath is None or kubernetes is None or autopath.args[-1:] != ["@kubernetes"]:
            return
        pods = kubernetes.get("pods")
        if pods is None or pods.args != ["verified"] or role_of(cluster.document_of(server)) is not Role.CLUSTER:
            return
        found = next(_on_windows(cluster), None)
        if found is not None:
            document, span, what = found
            yield self.finding(
                autopath.head,
                f"`autopath` is not compatible with pods on Windows nodes, {what}, so lookups of these pods can fail",
                help="Remove `autopath`. Or set a low `ndots` in the pods, which saves the same queries.",
                related=[Related(span, "this one is for Windows", document)],
            )


def _on_windows(cluster: Cluster) -> Iterator[tuple[Document, Span, str]]:
    """What shows that the cluster has Windows nodes."""
    for document, workload in cluster.of(Workload, clue="windows"):
        if workload.kind == "DaemonSet":
            continue
        pod = workload.pod
        if "windows" in (pod.text("os", "name"), *(pod.text("nodeSelector", key) for key in _KEYS)):
            yield document, workload.name.span, f"where `{workload.name}` runs"
    for document, node in cluster.of(NodeObject, clue="windows"):
        if "windows" in [node.node.text("metadata", "labels", key) for key in _KEYS]:
            yield document, node.name.span, f"such as `{node.name}`"
