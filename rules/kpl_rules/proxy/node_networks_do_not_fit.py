"""KPL326."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Stop, Version, files, manifest
from kpl.edits import Text
from kpl.kubeproxy import canonical_network, network_family
from kpl.manifests import CalicoSettings, CiliumSettings, KubeadmCluster, NodeObject
from kpl.words import whole_number

_KUBEADM = """\
apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
networking:
  podSubnet: %s
"""
_ARGS = "controllerManager:\n  extraArgs:\n    %s\n"
_NODE = "apiVersion: v1\nkind: Node\nmetadata: {name: node-%d}\n"


def _with_nodes(text: str, count: int) -> dict[str, str]:
    return files(**{"cluster.yaml": text, "nodes.yaml": "---\n".join(_NODE % each for each in range(count))})


class NodeNetworksDoNotFit(Rule):
    """The networks of nodes do not fit into the pod network, so the cluster does not start or nodes get none.

    ## Why
    The controller manager cuts one network per node out of the pod network: /24 for IPv4 and /64 for IPv6, or what
    `node-cidr-mask-size` says. If the pod network is smaller than that, kubeadm refuses the configuration and the
    controller manager exits. kubeadm also refuses a difference of more than 16 bits. A pod network of /24 has room for one
    node: the others get no `podCIDR` ("CIDRNotAvailable"), and pods on them do not start with flannel or a bridge.

    Before Kubernetes 1.20, kubeadm adapts the networks of nodes to the pod network, so the rule does not check it. The rule
    counts Node objects, or takes the number of nodes that is given. It does not count them if files show that
    Calico or Cilium give addresses from their own pools.

    ## Fix
    There is no automatic fix. Use a larger pod network, for example a /16. Or use smaller networks for the nodes: a /25 has
    room for the addresses of the 110 pods that a node runs by default.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kubeadm/app/apis/kubeadm/validation/validation.go
    - https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/
    - https://github.com/kubernetes/kubeadm/issues/2327
    - https://github.com/kubernetes/kubernetes/issues/85866
    """

    code = "KPL326"
    name = "node-networks-do-not-fit"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "KubeadmCluster"
    clue = "podSubnet"
    examples = [
        Bad(
            manifest(_KUBEADM % "10.244.0.0/25"),
            flags=["10.244.0.0/25"],
            says=["`10.244.0.0/25` is smaller than the /24 of one node, so kubeadm refuses it"],
        ),
        Good(manifest(_KUBEADM % "10.244.0.0/24")),
        Good(manifest(_KUBEADM % "10.244.0.0/25"), facts={"kubernetes": Version("1.19")}),
        Bad(manifest(_KUBEADM % "10.244.0.0/25"), flags=["10.244.0.0/25"], facts={"kubernetes": Version("1.20")}),
        Good(manifest(_KUBEADM % "10.244.0.0/25" + _ARGS % "node-cidr-mask-size-ipv4: '26'")),
        Good(manifest(_KUBEADM % "10.244.0.0/25" + _ARGS % "node-cidr-mask-size: '26'")),
        Bad(
            manifest(_KUBEADM % "10.244.0.0/27" + _ARGS % "node-cidr-mask-size: '26'"),
            flags=["10.244.0.0/27"],
            says=["smaller than the /26 of one node"],
        ),
        Good(manifest(_KUBEADM % "10.244.0.0/25" + _ARGS % "allocate-node-cidrs: 'false'")),
        Good(manifest(_KUBEADM % "10.244.0.0/25" + _ARGS % "node-cidr-mask-size: ${SIZE}")),
        Good(manifest(_KUBEADM % "${NETWORK}")),
        # the difference
        Bad(
            manifest(_KUBEADM % "10.0.0.0/8,fd00::/40"),
            flags=["10.0.0.0/8,fd00::/40"],
            says=["`fd00::/40` is more than 16 bits larger than the /64 of one node"],
        ),
        Good(manifest(_KUBEADM % "10.0.0.0/8,fd00::/48")),
        Bad(manifest(_KUBEADM % "10.0.0.0/8" + _ARGS % "node-cidr-mask-size-ipv4: '25'"), flags=["10.0.0.0/8"]),
        # the flag for one IP family
        Bad(
            manifest(_KUBEADM % "10.244.0.0/16,fd00::/48" + _ARGS % "node-cidr-mask-size: '25'"),
            flags=["'25'"],
            says=["`node-cidr-mask-size` is not allowed with two pod networks", "Use `node-cidr-mask-size-ipv4`"],
        ),
        # the number of nodes
        Bad(
            _with_nodes(_KUBEADM % "10.244.0.0/24", 2),
            flags=["10.244.0.0/24"],
            says=["has room for the networks of 1 node (/24), but the cluster has 2"],
        ),
        Good(_with_nodes(_KUBEADM % "10.244.0.0/24", 1)),
        Good(_with_nodes(_KUBEADM % "10.244.0.0/24" + "---\n" + _KUBEADM % "10.245.0.0/24", 2)),
        Bad(_with_nodes(_KUBEADM % "10.244.0.0/23", 3), flags=["10.244.0.0/23"], says=["of 2 nodes (/24)"]),
        Good(_with_nodes(_KUBEADM % "10.244.0.0/23", 2)),
        Bad(manifest(_KUBEADM % "10.244.0.0/22"), facts={"nodes": 5}, flags=["10.244.0.0/22"]),
        Good(
            _with_nodes(
                _KUBEADM % "10.244.0.0/24" + "---\napiVersion: crd.projectcalico.org/v1\nkind: IPPool\n"
                "metadata: {name: a}\nspec: {cidr: 10.244.0.0/24}\n",
                2,
            )
        ),
    ]  # fmt: skip

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        plans = list(_plans(cluster))
        nodes = _nodes(cluster) if plans else 0
        for plan in plans:
            general = plan.flags.get("node-cidr-mask-size")
            if general is not None and len(plan.networks) > 1:
                yield self.finding(
                    general.span,
                    "`node-cidr-mask-size` is not allowed with two pod networks, so the controller manager exits",
                    help="Use `node-cidr-mask-size-ipv4` and `node-cidr-mask-size-ipv6`.",
                    related=[Related(plan.networks[0].span, "the pod networks are here")],
                    document=plan.document,
                )
                continue
            for network in plan.networks:
                yield from self._of_network(plan, network, nodes)

    def _of_network(self, plan: _Plan, network: Text, nodes: int) -> Iterator[Finding]:
        family = network_family(network)
        sizes = _sizes(plan.flags, family)
        if not sizes:
            return
        length, size = int(network.rpartition("/")[2]), max(sizes)
        problem = ""
        if length > size:
            problem = f"`{network}` is smaller than the /{size} of one node, so kubeadm refuses it"
        elif min(sizes) - length > _MOST_BITS:
            problem = (
                f"`{network}` is more than {_MOST_BITS} bits larger than the /{size} of one node, so kubeadm refuses it"
            )
        elif nodes > 1 << (size - length):
            room = 1 << (size - length)
            problem = (
                f"`{network}` has room for the networks of {room} node{'s' if room > 1 else ''} (/{size}), but the cluster "
                f"has {nodes}, so the others get no pod network"
            )
        if problem:
            yield self.finding(
                network.span,
                f"the pod network {problem}",
                help="Use a pod network that has room for all nodes, or set `node-cidr-mask-size`.",
                document=plan.document,
            )


_MOST_BITS = 16
_SINCE = Version("1.20")
"""Older kubeadm computes the size of the networks of nodes (cmd/kubeadm/app/phases/controlplane/manifests.go of 1.18)."""
_DEFAULT = {4: 24, 6: 64}


class _Plan(NamedTuple):
    """The pod networks that the controller manager divides, and its flags."""

    document: Document
    networks: list[Text]
    flags: dict[str, Text]


def _plans(cluster: Cluster) -> Iterator[_Plan]:
    for document, kubeadm in cluster.of(KubeadmCluster):
        flags = {str(each.name): each.value for each in kubeadm.controller_arguments}
        networks = _networks(kubeadm.pod_subnet)
        is_known = cluster.kubernetes_version_for(kubeadm) >= _SINCE and not document.templated
        if networks and is_known and flags.get("allocate-node-cidrs") != "false":
            yield _Plan(document, networks, flags)


def _nodes(cluster: Cluster) -> int:
    """How many nodes get their pod networks from the controller manager; 0 if that is not known."""
    if any(True for kind in (CalicoSettings, CiliumSettings) for _ in cluster.of(kind)):
        return 0
    # of which of several clusters they are is not known
    if len({str(each.pod_subnet) for _, each in cluster.of(KubeadmCluster)}) > 1:
        return 0
    return cluster.facts.nodes or sum(1 for _ in cluster.of(NodeObject))


def _networks(written: Text | None) -> list[Text]:
    """The networks in a list with commas; none if one of them is not a network."""
    parts = [each.strip() for each in written.split(",")] if written else []
    if written is None or any(canonical_network(each) is None for each in parts):
        return []
    return [Text(each, written.span) for each in parts]


def _sizes(flags: dict[str, Text], family: int | None) -> set[int]:
    """The lengths of prefixes that the networks of nodes can have; none if nobody knows."""
    if family is None:
        return set()
    # releases of kubeadm differ in whether they look at the general flag
    given = [flags[name] for name in ("node-cidr-mask-size", f"node-cidr-mask-size-ipv{family}") if name in flags]
    sizes = [whole_number(each) for each in given]
    return set() if None in sizes else {each for each in sizes if each is not None} or {_DEFAULT[family]}
