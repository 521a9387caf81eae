"""Workloads: what runs pods.

Only what DNS and service networking need is modelled; `node` is always there for a rule that wants more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.inputs.document import Document
from kpl.inputs.objects.custompods import PARTS, custom_pods
from kpl.inputs.objects.fields import mappings, pairs
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.yaml.edits import add_entry
from kpl.inputs.yaml.tree import Mapping, Scalar
from kpl.text.edit import Edit
from kpl.text.span import Text

POD_TEMPLATE_PATHS = (
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
    ("template", "spec"),
    ("spec",),
)

DNS_FIELDS = ("dnsConfig", "dnsPolicy", "hostNetwork")
"""What of a pod's spec decides how its containers resolve names."""
_JUDGED_ALONE = DNS_FIELDS[:2]
_GROUPS_OF_PARTS = "|".join(sorted(PARTS)).replace(".", r"\.")


@dataclass(slots=True)
class Env:
    """An environment variable; `value` is None when it comes from elsewhere (`valueFrom`)."""

    name: Text
    value: Scalar | None


class EnvReference(NamedTuple):
    """What a container takes from a ConfigMap or a Secret: all of its keys, or the one called `key` as `variable`."""

    kind: str
    """``ConfigMap`` or ``Secret``."""
    name: Text
    prefix: str = ""
    """What is put before the names of all keys."""
    key: str = ""
    variable: str = ""


class ContainerPort(NamedTuple):
    """A port that a container names; without a protocol it is TCP."""

    node: Mapping
    name: Text | None
    protocol: Text | None
    number: Text | None


_FROM_ALL = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
_FROM_KEY = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}


@dataclass(slots=True)
class Container:
    """A container of a pod."""

    node: Mapping
    name: str
    image: Text | None
    env: list[Env] = field(default_factory=list)
    command: list[Scalar] = field(default_factory=list)
    args: list[Scalar] = field(default_factory=list)

    @property
    def ports(self) -> list[ContainerPort]:
        """The ports that it names."""
        return [
            ContainerPort(each, each.text("name"), each.text("protocol"), each.text("containerPort"))
            for each in mappings(self.node, "ports")
        ]

    def probe(self, kind: str) -> Mapping | None:
        """Its probe of this kind: ``liveness``, ``readiness`` or ``startup``."""
        return self.node.mapping(f"{kind}Probe")

    @property
    def resources(self) -> Mapping | None:
        """``resources``: its requests and limits."""
        return self.node.mapping("resources")

    @property
    def volume_mounts(self) -> list[Mapping]:
        """``volumeMounts``."""
        return mappings(self.node, "volumeMounts")

    @property
    def takes(self) -> Iterator[EnvReference]:
        """What it takes from ConfigMaps and Secrets, in the order in which a later one replaces an earlier one."""
        for item in mappings(self.node, "envFrom"):
            for field_, kind in _FROM_ALL.items():
                name = item.text(field_, "name")
                if name is not None:
                    yield EnvReference(kind, name, item.text("prefix") or "")
        for item in mappings(self.node, "env"):
            for field_, kind in _FROM_KEY.items():
                name, key = item.text("valueFrom", field_, "name"), item.text("valueFrom", field_, "key")
                if name is not None and key is not None:
                    yield EnvReference(kind, name, "", key, item.text("name") or "")


@dataclass
class Workload:
    """Something that runs pods; `text` is the document that all spans and nodes point into."""

    text: str
    node: Mapping
    api_version: str
    kind: Text
    name: Text
    namespace: str
    pod: Mapping
    """The pod's spec."""
    containers: list[Container]
    """Init containers included."""
    labels: dict[str, str] = field(default_factory=dict)
    role: str = ""
    """Which pod of an object with several ones it is: ``driver``."""
    partial: bool = False
    """Whether an operator, a chart, or what it patches completes the pod's spec, so that what is not written is not known."""
    chart: str = ""
    """The chart that makes it, where its templates set nothing of the pod's DNS; the images may be the chart's own."""
    home: tuple[Mapping, str] | None = None
    """Where new fields of the pod's spec are written, if not in `pod`: a mapping, or a new key of it."""

    @property
    def pod_metadata(self) -> Mapping | None:
        """The ``metadata`` of its pods; None where there is none, or where an operator writes it."""
        if self.is_custom or self.role:
            return None
        path = next((each for each in POD_TEMPLATE_PATHS if self.node.mapping(*each) is self.pod), None)
        return self.node.mapping(*path[:-1], "metadata") if path is not None else None

    @property
    def pod_labels(self) -> Mapping | None:
        """The labels of its pods."""
        metadata = self.pod_metadata
        return metadata.mapping("labels") if metadata is not None else None

    @property
    def is_custom(self) -> bool:
        """Whether it is a custom resource, so that Kubernetes validates its pods only when an operator makes them."""
        return "." in self.api_version.partition("/")[0]

    @property
    def dns_policy(self) -> Text | None:
        """``dnsPolicy``, where it is written."""
        return self.pod.text("dnsPolicy")

    @property
    def host_network(self) -> Scalar | None:
        """The scalar of ``hostNetwork``, where it says true."""
        scalar = self.pod.scalar("hostNetwork")
        return scalar if scalar is not None and scalar.boolean() else None

    @property
    def dns_config(self) -> Mapping | None:
        """``dnsConfig``."""
        return self.pod.mapping("dnsConfig")

    def dns_options(self) -> Iterator[tuple[Scalar | None, Scalar | None, Mapping]]:
        """Name, value and item of each entry of ``dnsConfig.options``."""
        for item in self.dns_config.items("options") if self.dns_config else ():
            if isinstance(item, Mapping):
                yield item.scalar("name"), item.scalar("value"), item

    def added_field(self, *lines: str, after: str) -> Edit | None:
        """New lines of a field in the pod's spec, after the field `after`; None as for `add_entry`."""
        mapping, key = self.home or (self.pod, "")
        if key:
            lines = (f"{key}:", *(f"  {line}" for line in lines))
        return add_entry(self.text, mapping, *lines, after=after)

    @property
    def replicas(self) -> Scalar | None:
        """``replicas``, where it is written."""
        return self.node.scalar("spec", "replicas")

    @property
    def volumes(self) -> list[Mapping]:
        """The pod's ``volumes``."""
        return mappings(self.pod, "volumes")

    @property
    def host_aliases(self) -> list[Mapping]:
        """``hostAliases``: the lines that it adds to its /etc/hosts."""
        return mappings(self.pod, "hostAliases")

    @property
    def termination_grace_period(self) -> Scalar | None:
        """``terminationGracePeriodSeconds``, where it is written."""
        return self.pod.scalar("terminationGracePeriodSeconds")

    @property
    def affinity(self) -> Mapping | None:
        """``affinity``."""
        return self.pod.mapping("affinity")

    @property
    def topology_spread(self) -> list[Mapping]:
        """``topologySpreadConstraints``."""
        return mappings(self.pod, "topologySpreadConstraints")

    @property
    def title(self) -> str:
        """How a message names it: ``Deployment/shop/cart``, ``RayCluster/shop/cart headGroupSpec``."""
        name = "/".join(part for part in (str(self.kind), self.namespace, str(self.name)) if part)
        return f"{name} {self.role}" if self.role else name


class WorkloadReader(ObjectReader):
    """Reads workloads: Pods, anything that holds a pod template with containers, and the pods of custom resources."""

    kind = ObjectKind(
        models=("Workload",),
        late=("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"),
        never=("HelmRelease",),
        clues=(
            Clue(("containers",), (r"""containers(?<!\wcontainers)["']?[ \t]*:""",)),
            Clue(
                ("dnsConfig", "dnsPolicy"),
                (rf"""apiVersion(?<!\wapiVersion)["']?[ \t]*:[ \t]*["']?(?:{_GROUPS_OF_PARTS})/""",),
            ),
            Clue(
                ("dnsConfig", "dnsPolicy"),
                (r"""kind["']?[ \t]*:[ \t]*["']?(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|Job|CronJob|Pod)\b""",),
            ),
        ),
    )
    examples = (
        Takes(
            "kind: Pod\nmetadata: {name: p, namespace: shop}\nspec:\n  dnsPolicy: Default\n  containers: [{name: c, image: i}]\n",
            {"name": "p", "kind": "Pod", "namespace": "shop", "dns_policy": "Default"},
        ),
        Takes(
            "kind: Rollout\nmetadata: {name: r}\nspec: {template: {spec: {containers: [{image: i}]}}}\n",
            {"name": "r", "kind": "Rollout"},
        ),
        Takes(
            "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {name: pi, namespace: shop}\n"
            "spec:\n  driver: {dnsPolicy: Default}\n  executor: {dnsConfig: {searches: [a.example]}}\n",
            {"name": "pi", "role": "driver", "title": "SparkApplication/shop/pi driver", "dns_policy": "Default"},
            kinds=("Workload", "Workload"),
        ),
        Takes(
            "apiVersion: ray.io/v1\nkind: RayCluster\nspec: {headGroupSpec: {template: {spec: {containers: [{image: i}]}}}}\n",
            {"title": "RayCluster headGroupSpec", "partial": False},
        ),
        # a patch: the containers, or their images, are elsewhere
        Takes(
            "kind: CronJob\nmetadata: {name: c}\nspec: {jobTemplate: {spec: {template: {spec: {dnsPolicy: None}}}}}\n",
            {"name": "c", "dns_policy": "None", "partial": True, "containers": []},
        ),
        Takes(
            "kind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: {containers: [{name: a}, {name: b, image: i}]}}}\n",
            {"name": "d", "partial": True},
        ),
        Leaves(
            "kind: Deployment\nmetadata: {name: d}\nspec: {dnsPolicy: Default, template: {spec: {hostNetwork: true}}}\n"
        ),
        Leaves(
            "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nspec: {driver: {image: i}, dnsConfig: {}}\n"
        ),
        Takes(
            '{"kind": "DaemonSetList", "apiVersion": "apps/v1", "items": [{"metadata": {"name": "d", "namespace": "shop"}, '
            '"spec": {"template": {"spec": {"containers": [{"image": "i"}]}}}}]}',
            {"kind": "DaemonSet", "title": "DaemonSet/shop/d"},
            "daemonsets.json",
        ),
        Leaves(
            '{"kind": "PodList", "items": [{"metadata": {"name": "p"}, "spec": {"containers": [{"image": "i"}]}}]}',
            "p.json",
        ),
        Leaves("kind: HelmRelease\nspec: {values: {containers: [{name: c}]}}\n"),
        Leaves("metadata: {name: p}\nspec: {containers: [{name: c}]}\n"),
    )

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """The documents of the workloads that the object `node` is."""
        for model in workloads_of(place.source.text, node, node.text("kind") or place.listed_as):
            yield place.document(node, model)


def workloads_of(text: str, node: Mapping, kind: Text | None) -> Iterator[Workload]:
    """The workloads that the object `node` of `text` is; none without a `kind`."""
    if kind is None:
        return
    custom = custom_pods(node, kind, node.text("apiVersion") or "")
    if custom is not None:
        for spec, role, partial in custom:
            yield _workload(text, node, kind, spec, role, partial)
        return
    pods = (node.mapping(*path) for path in POD_TEMPLATE_PATHS)
    pod = next((each for each in pods if each is not None and each.items("containers")), None)
    if pod is not None:
        yield _workload(text, node, kind, pod)
    elif kind in WorkloadReader.kind.late:
        path = _POD_OF.get(kind, POD_TEMPLATE_PATHS[0])
        pod = node.mapping(*path)
        if pod is not None and any(pod.pair(field) for field in _JUDGED_ALONE):
            yield _workload(text, node, kind, pod, partial=True)


_POD_OF = {"CronJob": POD_TEMPLATE_PATHS[1], "Pod": POD_TEMPLATE_PATHS[3]}
"""Where kinds have the spec of their pod that have it elsewhere than a Deployment."""


def _workload(text: str, node: Mapping, kind: Text, pod: Mapping, role: str = "", partial: bool = False) -> Workload:
    name = node.text("metadata", "name") or node.text("metadata", "generateName")
    containers = [*_containers(pod, "initContainers"), *_containers(pod, "containers")]
    return Workload(
        text,
        node,
        node.text("apiVersion") or "",
        kind,
        name or Text("", kind.span),
        node.text("metadata", "namespace") or "",
        pod,
        containers,
        {str(key.value): value.value for key, value in pairs(node.mapping("metadata", "labels"))},
        role,
        # a patch names containers without their image
        partial or not all(each.node.pair("image") for each in containers),
    )


def _containers(pod: Mapping, key: str) -> Iterator[Container]:
    for item in pod.items(key):
        if isinstance(item, Mapping):
            env = [
                Env(name, each.scalar("value"))
                for each in item.items("env")
                if isinstance(each, Mapping) and (name := each.text("name")) is not None
            ]
            yield Container(
                item,
                item.text("name") or "",
                item.text("image"),
                env,
                [each for each in item.items("command") if isinstance(each, Scalar)],
                [each for each in item.items("args") if isinstance(each, Scalar)],
            )
