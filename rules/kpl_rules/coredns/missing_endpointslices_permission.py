"""KPL265."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Fix, Good, Related, Rule, Severity, Stop, Version, files
from kpl.corefiles import coredns_container, release_of
from kpl.edits import add_item
from kpl.manifests import AccessBinding, AccessRole, Sequence, Workload

_LISTS_SLICES = Version("1.8.3")
_HAS_SLICES = Version("1.19")
_ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: system:coredns
rules:
  - apiGroups: [""]
    resources: [endpoints, services, pods, namespaces]
    verbs: [list, watch]
"""
_SLICES = "  - apiGroups: [discovery.k8s.io]\n    resources: [endpointslices]\n    verbs: [list, watch]\n"
_BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: system:coredns
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:coredns"}
subjects:
  - {kind: ServiceAccount, name: coredns, namespace: kube-system}
"""
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  template:
    spec:
      serviceAccountName: coredns
      dnsPolicy: Default
      containers:
        - {name: coredns, image: "registry.k8s.io/coredns/coredns:v1.9.4"}
"""
_OLD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-proxy, namespace: kube-system}\nspec:\n  hostNetwork: true\n"
    "  containers: [{name: kube-proxy, image: 'registry.k8s.io/kube-proxy:v1.18.20', securityContext: {privileged: true}}]\n"
)


def _files(role: str = _ROLE, binding: str = _BINDING, deployment: str = _DEPLOYMENT) -> dict[str, str]:
    return files(**{"role.yaml": role, "binding.yaml": binding, "deployment.yaml": deployment})


class MissingEndpointSlicesPermission(Rule):
    """The ClusterRole of CoreDNS does not let it list EndpointSlices, so CoreDNS knows no endpoints of Services.

    ## Why
    CoreDNS 1.8.3 and later reads EndpointSlices instead of Endpoints, on Kubernetes 1.19 and later. Without permission to
    list and watch `endpointslices` in `discovery.k8s.io`, the plugin `kubernetes` never finishes its first synchronization:
    the log repeats `failed to list *v1.EndpointSlice`, `ready` reports that `kubernetes` is not ready, and names of Services
    get SERVFAIL. The mistake is made when CoreDNS is upgraded and its role is not.

    The rule needs the manifests of the role, of its binding and of the workload with that ServiceAccount. The tag of the image
    shows the release. The rule judges all roles together that are bound to the ServiceAccount.

    ## Fix
    kpl adds the rule that the official manifests have. The fix is marked as unsafe, because it gives a permission.

    ## References
    - https://github.com/coredns/deployment/blob/master/kubernetes/CoreDNS-k8s_version.md
    - https://github.com/coredns/coredns/blob/v1.8.3/plugin/kubernetes/kubernetes.go (InitKubeCache)
    - https://github.com/coredns/coredns/issues/5495
    """

    code = "KPL265"
    name = "missing-endpointslices-permission"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "AccessRole Workload"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            _files(),
            flags=["system:coredns"],
            says=["`system:coredns` does not allow CoreDNS 1.9.4 to list and watch `endpointslices`"],
            fixed=_ROLE + _SLICES,
            safe=False,
        ),
        Bad(
            _files(_ROLE + _SLICES.replace("list, watch", "list")),
            flags=["system:coredns"],
            fixed=_ROLE + _SLICES.replace("list, watch", "list") + _SLICES,
            safe=False,
        ),
        Bad(
            _files(_ROLE + _SLICES.replace("discovery.k8s.io", '""')),
            flags=["system:coredns"],
            fixed=_ROLE + _SLICES.replace("discovery.k8s.io", '""') + _SLICES,
            safe=False,
        ),
        Bad(
            _files(deployment=_DEPLOYMENT.replace("v1.9.4", "v1.8.3")),
            flags=["system:coredns"],
            fixed=_ROLE + _SLICES,
            safe=False,
        ),
        Bad(
            _files(deployment=_DEPLOYMENT.replace("serviceAccountName", "serviceAccount")),
            flags=["system:coredns"],
            fixed=_ROLE + _SLICES,
            safe=False,
        ),
        Good(_files(_ROLE + _SLICES)),
        Good(_files(_ROLE + '  - {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}\n')),
        Good(_files(deployment=_DEPLOYMENT.replace("v1.9.4", "v1.8.0"))),
        # an unknown release, another ServiceAccount, another program
        Good(_files(deployment=_DEPLOYMENT.replace(":v1.9.4", ""))),
        Good(_files(deployment=_DEPLOYMENT.replace("Name: coredns", "Name: dns"))),
        Good(_files(deployment=_DEPLOYMENT.replace("coredns/coredns", "etcd/etcd"))),
        Good(_files(binding=_BINDING.replace("namespace: kube-system", "namespace: dns"))),
        Good({**_files(), "kube-proxy.yaml": _OLD}),
        # a role for something else, one that other roles complete, and roles that are not known
        Good(_files(_ROLE.replace("endpoints, services, pods, namespaces", "nodes"))),
        Good(_files(_ROLE + "aggregationRule: {}\n")),
        Good(_files(f"{_ROLE}---\n{_ROLE}")),
        Good(_files(binding=f"{_BINDING}---\n{_BINDING.replace('system:coredns', 'slices')}")),
        Good(
            _files(
                f"{_ROLE}---\n{_ROLE.replace('system:coredns', 'coredns-slices')}{_SLICES}",
                f"{_BINDING}---\n{_BINDING.replace('system:coredns', 'coredns-slices')}",
            )
        ),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if cluster.kubernetes_version_known and cluster.kubernetes_version < _HAS_SLICES:
            return
        roles = [each for each in cluster.of(AccessRole) if each[1].kind == "ClusterRole" and not each[0].is_example]
        bindings = [each for _, each in cluster.of(AccessBinding) if each.kind == "ClusterRoleBinding"]
        told: set[int] = set()
        for where, workload in cluster.of(Workload, clue="coredns"):
            container = coredns_container(workload)
            release = release_of(container) if container is not None else None
            if container is None or container.image is None or release is None or release < _LISTS_SLICES:
                continue
            names = [str(each.role) for each in bindings if _is_for(each, workload)]
            bound = [each for each in roles if str(each[1].name) in names]
            if sorted(names) != sorted(str(each.name) for _, each in bound) or any(_is_open(role) for _, role in bound):
                continue
            found = next((each for each in bound if _allows(each[1], "", "services")), None)
            if (
                found is None
                or id(found[1]) in told
                or any(_allows(each, _GROUP, "endpointslices") for _, each in bound)
            ):
                continue
            told.add(id(found[1]))
            yield self._finding(*found, release, Related(container.image.span, "CoreDNS runs here", where))

    def _finding(self, document: Document, role: AccessRole, release: Version, related: Related) -> Finding:
        rules = role.node.get("rules")
        lines = (f"apiGroups: [{_GROUP}]", "resources: [endpointslices]", "verbs: [list, watch]")
        edit = add_item(role.text, rules, *lines) if isinstance(rules, Sequence) else None
        return self.finding(
            role.name.span,
            f"`{role.name}` does not allow CoreDNS {release} to list and watch `endpointslices`, so names of "
            "Services do not resolve",
            help=f"Add a rule for `endpointslices` in `{_GROUP}` with the verbs `list` and `watch`.",
            related=[related],
            document=document,
            fix=Fix("Allow CoreDNS to list and watch `endpointslices`", (edit,), safe=False)
            if edit is not None
            else None,
        )


_GROUP = "discovery.k8s.io"


def _is_for(binding: AccessBinding, workload: Workload) -> bool:
    """Whether a binding gives its role to the ServiceAccount of a workload."""
    account = workload.pod.text("serviceAccountName") or workload.pod.text("serviceAccount") or "default"
    return any(
        each.kind == "ServiceAccount" and each.name == account and each.namespace == workload.namespace
        for each in binding.subjects
    )


def _is_open(role: AccessRole) -> bool:
    """Whether other roles complete it, or placeholders do."""
    return role.node.pair("aggregationRule") is not None or "{{" in role.text


def _allows(role: AccessRole, group: str, resource: str) -> bool:
    """Whether a role allows to list and to watch these objects."""
    return any(
        {group, "*"} & {str(each) for each in rule.api_groups}
        and {resource, "*"} & {str(each) for each in rule.resources}
        and ("*" in rule.verbs or {"list", "watch"} <= {str(each) for each in rule.verbs})
        for rule in role.rules
    )
