"""KPL328."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Fix, Good, Rule, Severity, Stop, manifest
from kpl.edits import set_scalar
from kpl.kubeproxy import proxy_flags
from kpl.manifests import Mapping, Scalar, Workload

_POD = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-proxy, namespace: kube-system}
spec:
  template:
    spec:
      hostNetwork: true
      containers:
      - name: kube-proxy
        image: registry.k8s.io/kube-proxy:v1.36.2
        command: [/usr/local/bin/kube-proxy, --config=/var/lib/kube-proxy/config.conf]
        securityContext: %s
"""
_NO_HOST = _POD.replace("      hostNetwork: true\n", "")


class KubeProxyWithoutHost(Rule):
    """kube-proxy does not run in the network of its node, or not with the rights to program it.

    ## Why
    kube-proxy programs the iptables rules, IPVS servers or nftables tables of the network namespace that it runs in.
    Without `hostNetwork: true`, this is the one of the pod, so no Service works on the node. Without `privileged: true`
    or the capability `NET_ADMIN`, the kernel refuses each change ("you must be root"), and kube-proxy programs nothing.

    The rule checks DaemonSets and Pods with the command or the image of kube-proxy. It is silent about Windows, about pods
    that only clean up, about patches, and about containers without a `securityContext`, which are often excerpts.

    ## Fix
    kpl sets `hostNetwork: true` where it is false. The fix is marked as unsafe because the pod then uses the ports of the
    node. It adds no rights.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kubeadm/app/phases/addons/proxy/manifests.go
    - https://kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/ (`--init-only`)
    """

    code = "KPL328"
    name = "kube-proxy-without-host"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Workload"
    clue = "kube-proxy"
    symptoms = ("nothing-programmed",)
    examples = [
        Bad(
            manifest(_NO_HOST % "{privileged: true}"),
            flags=["kube-proxy"],
            says=["does not run with `hostNetwork: true`, so it programs the network of its pod"],
        ),
        Bad(
            manifest((_POD % "{privileged: true}").replace("hostNetwork: true", "hostNetwork: false")),
            flags=["false"],
            fixed=_POD % "{privileged: true}",
            safe=False,
        ),
        Good(manifest(_POD % "{privileged: true}")),
        Good(manifest((_POD % "{privileged: true}").replace("hostNetwork: true", "hostNetwork: ${HOST}"))),
        Bad(
            manifest(_POD % "{privileged: false}"),
            flags=["kube-proxy"],
            says=["has neither `privileged: true` nor the capability `NET_ADMIN`"],
        ),
        # nothing is written: an excerpt
        Good(manifest((_POD % "null").replace("        securityContext: null\n", ""))),
        Good(manifest(_POD % "null")),
        Good(manifest(_POD % "{capabilities: {add: [NET_ADMIN, SYS_RESOURCE]}}")),
        Good(manifest(_POD % "{capabilities: {add: [ALL]}}")),
        Bad(manifest(_POD % "{capabilities: {add: [NET_RAW]}}"), flags=["kube-proxy"]),
        Good(manifest(_POD % "{privileged: '{{ privileged }}'}")),
        # another node, another task, another kind
        Good(manifest((_NO_HOST % "{}").replace("    spec:\n", "    spec:\n      os: {name: windows}\n"))),
        Good(
            manifest(
                (_NO_HOST % "{}").replace("    spec:\n", "    spec:\n      nodeSelector: {kubernetes.io/os: windows}\n")
            )
        ),
        Good(manifest((_NO_HOST % "{}").replace("--config=/var/lib/kube-proxy/config.conf", "--version"))),
        Good(manifest((_NO_HOST % "{}").replace("DaemonSet", "Job"))),
        Good(manifest((_NO_HOST % "{}").replace("        image: registry.k8s.io/kube-proxy:v1.36.2\n", ""))),
        Good(manifest((_NO_HOST % "{}").replace("/usr/local/bin/kube-proxy", "exporter"))),
    ]

    def check(self, workload: Workload) -> Iterator[Finding]:
        """See the class."""
        if workload.kind not in ("DaemonSet", "Pod") or workload.partial or workload.is_custom or _is_windows(workload):
            return
        for container, flags in proxy_flags(workload):
            if any(each.name in _OTHER_TASKS for each in flags):
                continue
            host = workload.pod.scalar("hostNetwork")
            if host is None or host.boolean() is False:
                edit = set_scalar(workload.text, host, "true") if host is not None else None
                yield self.finding(
                    host.span if host is not None else workload.name.span,
                    "kube-proxy does not run with `hostNetwork: true`, so it programs the network of its pod instead of "
                    "the node's",
                    help="Set `hostNetwork: true` in the spec of the pod.",
                    fix=Fix("Set `hostNetwork: true`", (edit,), safe=False) if edit is not None else None,
                )
            elif _lacks_rights(container.node.get("securityContext")):
                yield self.finding(
                    workload.name.span,
                    "kube-proxy has neither `privileged: true` nor the capability `NET_ADMIN`, so the kernel refuses its rules",
                    help="Set `privileged: true` in the `securityContext` of the container.",
                )


_OTHER_TASKS = ("cleanup", "init-only", "version", "help", "h", "write-config-to")
_RIGHTS = frozenset(("NET_ADMIN", "CAP_NET_ADMIN", "ALL"))


def _is_windows(workload: Workload) -> bool:
    pod = workload.pod
    keys = ("kubernetes.io/os", "beta.kubernetes.io/os")
    return "windows" in (pod.text("os", "name"), *(pod.text("nodeSelector", key) for key in keys))


def _lacks_rights(context: object) -> bool:
    """Whether a container certainly cannot change the network of the node."""
    if not isinstance(context, Mapping):
        return False
    privileged = context.scalar("privileged")
    if privileged is not None and privileged.boolean() is not False:
        return False
    added = context.items("capabilities", "add")
    return not any(isinstance(each, Scalar) and (each.value in _RIGHTS or "{" in each.value) for each in added)
