"""The resolver that a pod's manifest asks for."""

from __future__ import annotations

from kpl.inputs.objects.workloads import Container, Workload
from kpl.inputs.yaml.tree import Mapping, Node, Scalar
from kpl.resolver.alpineimages import alpine_image
from kpl.resolver.search import CLUSTER_NDOTS, GLIBC, MUSL, Resolver, pod_search
from kpl.text import late
from kpl.text.number import whole_number
from kpl.text.version import Version

CLUSTER_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet")
"""The DNS policies with which a pod asks the DNS of the cluster."""
DNS_POLICIES = (*CLUSTER_POLICIES, "Default", "None")
"""All DNS policies of pods."""

_MUSL_IMAGE = late.pattern(r"(?:^|[/:._-])alpine(?![a-z])")
_GLIBC_IMAGE = late.pattern(
    r"(?:^|[/:._-])(?:debian|bookworm|bullseye|buster|trixie|ubuntu|focal|jammy|noble|ubi\d*|centos|rockylinux|almalinux|"
    r"fedora|amazonlinux|glibc)(?![a-z])"
)
_GLIBC_OF = {
    "2.13": "wheezy|debian:7",
    "2.17": r"centos:?-?7|el7|ubi-?7|rhel-?7",
    "2.19": r"jessie|debian:8|trusty|ubuntu:14\.04",
    "2.23": r"xenial|ubuntu:16\.04",
    "2.24": "stretch|debian:9",
    "2.27": r"bionic|ubuntu:18\.04",
    "2.28": "buster|debian:10",
    "2.31": r"bullseye|debian:11|focal|ubuntu:20\.04",
    "2.35": r"jammy|ubuntu:22\.04",
    "2.36": "bookworm|debian:12",
    "2.39": r"noble|ubuntu:24\.04",
    "2.41": "trixie|debian:13",
}
"""The glibc of distributions, which stays the same in each of their releases; those of later RHEL have more than its number says.

https://packages.debian.org/search?keywords=libc6, https://packages.ubuntu.com/search?keywords=libc6
"""
_RELEASED = late.pattern(
    "|".join(
        f"(?:^|[/:._-])(?:{words})(?![a-z0-9])"
        for words in (f"(?P<v{version.replace('.', '_')}>{each})" for version, each in _GLIBC_OF.items())
    )
)
_OS_KEYS = ("kubernetes.io/os", "beta.kubernetes.io/os")


def libc_of_image(image: str) -> str | None:
    """The libc of an image that says on which distribution it is built, or is known; None where nothing tells."""
    if _GLIBC_IMAGE.search(image):
        return GLIBC
    return MUSL if _MUSL_IMAGE.search(image) or alpine_image(image) is not None else None


def glibc_release_of(image: str) -> Version | None:
    """The release of glibc in an image whose name tells the release of its distribution."""
    found = _RELEASED.search(image)
    return Version(found.lastgroup.removeprefix("v").replace("_", ".")) if found and found.lastgroup else None


def libc_of(workload: Workload, told: str | None = None) -> str | None:
    """The one libc of all images of a pod; None where they differ or do not tell. `told` is known from elsewhere."""
    found = {libc_of_image(container.image or "") for container in workload.containers}
    return told or (found.pop() if len(found) == 1 else None)


def dns_policy_of(workload: Workload) -> str:
    """The DNS policy that the kubelet acts on; empty where a placeholder, an operator or a Windows node decides.

    With ``hostNetwork``, ``ClusterFirst`` is treated as ``Default``
    (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy).
    """
    pod = workload.pod
    known = _is_known(pod.get("hostNetwork"))
    if not known or "windows" in (pod.text("os", "name"), *(pod.text("nodeSelector", key) for key in _OS_KEYS)):
        return ""
    if workload.partial and workload.dns_policy is None:
        return ""
    policy = workload.dns_policy or "ClusterFirst"
    if policy == "ClusterFirst" and workload.host_network is not None:
        return "Default"
    return policy if policy in DNS_POLICIES else ""


def _is_known(boolean: Node | None) -> bool:
    return boolean is None or isinstance(boolean, Scalar) and (boolean.is_null or boolean.boolean() is not None)


def pod_resolver(workload: Workload, cluster_domain: str, libc: str, ndots: int | None = None) -> Resolver | None:
    """The resolver of a pod; None where its resolv.conf is the node's, or unknown.

    `ndots` is what the cluster sets for pods that say nothing about it.
    """
    policy, config = dns_policy_of(workload), workload.dns_config
    if policy not in (*CLUSTER_POLICIES, "None"):
        return None
    searches = [item.value for item in config.items("searches") if isinstance(item, Scalar)] if config else []
    in_cluster = policy != "None"
    if in_cluster:
        searches = [*pod_search(workload.namespace or "default", cluster_domain), *searches]
    written = written_ndots(workload)
    fallback = (ndots or CLUSTER_NDOTS) if in_cluster else 1
    return Resolver(tuple(dict.fromkeys(searches)), fallback if written is None else written, libc)


def written_ndots(workload: Workload) -> int | None:
    """The ``ndots`` in the pod's own ``dnsConfig``; the last one counts, as for the kubelet."""
    found = [value for name, value, _ in workload.dns_options() if name is not None and name.value == "ndots"]
    return whole_number(found[-1].value) if found and found[-1] is not None else None


def is_complete(workload: Workload) -> bool:
    """Whether the manifest is a whole one: a patch names containers without their image, and says half of the truth.

    So does a custom resource whose operator adds what it does not say.
    """
    return not workload.partial and (bool(workload.chart) or all(container.image for container in workload.containers))


def serving_containers(workload: Workload) -> list[Container]:
    """The containers that keep running: no init containers but sidecars, and nothing of a job."""
    if workload.pod.text("restartPolicy") not in (None, "Always"):
        return []
    started = {id(node) for node in workload.pod.items("containers")}
    return [
        container
        for container in workload.containers
        if id(container.node) in started or container.node.text("restartPolicy") == "Always"
    ]


def hosts_file(workload: Workload) -> set[str]:
    """The names that ``hostAliases`` writes into the pod's /etc/hosts, so that no DNS server is asked for them."""
    return {
        name.value.lower()
        for alias in workload.pod.items("hostAliases")
        if isinstance(alias, Mapping)
        for name in alias.items("hostnames")
        if isinstance(name, Scalar)
    }
