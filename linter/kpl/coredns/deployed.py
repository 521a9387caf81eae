"""The workload that runs CoreDNS with a Corefile, as far as the manifests show it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kpl.inputs.document import Document
from kpl.inputs.objects.workloads import Container, Workload
from kpl.inputs.yaml.tree import Mapping, Scalar, Sequence
from kpl.text import late
from kpl.text.number import whole_number
from kpl.text.span import Text
from kpl.text.version import Version

_COREDNS = late.pattern(r"(?:^|/)(?:[\w.-]*-)?coredns(?:[:@]|$)")
_NODE_CACHE = late.pattern(r"(?:^|/)(?:[\w.-]*-)?node-cache(?:[:@]|$)")
_TAG = late.pattern(r":v?([0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9})(?:@|-eksbuild|$)")


class Mount(NamedTuple):
    """A volume in the container: where, and which keys of the ConfigMap are which files below it."""

    path: str
    """Without a last slash."""
    config_map: str
    """The name of the ConfigMap; empty for a volume of another kind, whose files are not known."""
    files: dict[str, str] | None = None
    """Key -> path below the mount, where the volume lists them."""
    items: Sequence | None = None
    """The list of them."""


class Probe(NamedTuple):
    """An HTTP probe of the container; its port is a number."""

    kind: str
    """``livenessProbe``, ``readinessProbe`` or ``startupProbe``."""
    port: int
    path: str
    at: Text
    """The port as it is written."""
    host: str = ""
    """The address that is asked; empty for that of the pod."""


class Deployed(NamedTuple):
    """A workload and its container that runs CoreDNS."""

    workload: Workload
    container: Container
    mounts: tuple[Mount, ...]
    probes: tuple[Probe, ...]


def deployed(corefile: Document, corefiles: Iterable[Document], workloads: Iterable[Workload]) -> Deployed | None:
    """What runs CoreDNS with the Corefile of a ConfigMap; None if that is not one workload for certain.

    `corefiles` are those of the cluster: where the ConfigMap is there in two versions, nobody knows which one is in use.
    """
    if corefile.around is None:
        return None
    place = corefile.namespace, corefile.name, corefile.key
    if sum((each.namespace, each.name, each.key) == place for each in corefiles) != 1:
        return None
    found = [each for workload in workloads if (each := _running(corefile, workload)) is not None]
    return found[0] if len(found) == 1 else None


def deployed_cache(corefile: Document, workloads: Iterable[Workload]) -> Deployed | None:
    """What runs NodeLocal DNSCache with the Corefile of a ConfigMap; None if that is not one workload for certain."""
    if corefile.around is None:
        return None
    found = [each for workload in workloads if (each := _running(corefile, workload, is_cache=True)) is not None]
    return found[0] if len(found) == 1 else None


def coredns_container(workload: Workload) -> Container | None:
    """The container of a workload that runs CoreDNS, as its image says."""
    return next((each for each in workload.containers if each.image and _COREDNS.search(each.image)), None)


def release_of(container: Container) -> Version | None:
    """The release in the tag of an image."""
    found = _TAG.search(container.image or "")
    return Version(found[1]) if found is not None else None


def _running(corefile: Document, workload: Workload, *, is_cache: bool = False) -> Deployed | None:
    if not corefile.name or workload.namespace != corefile.namespace or workload.partial:
        return None
    for container in workload.containers:
        if container.image is None or (_NODE_CACHE if is_cache else _COREDNS).search(container.image) is None:
            continue
        mounts = _mounts(workload, container)
        if any(mount.config_map == corefile.name for mount in mounts):
            return Deployed(workload, container, mounts, _probes(container))
    return None


def _mounts(workload: Workload, container: Container) -> tuple[Mount, ...]:
    volumes = {
        str(name): item
        for item in workload.pod.items("volumes")
        if isinstance(item, Mapping) and (name := item.text("name")) is not None
    }
    mounts = []
    for item in container.node.items("volumeMounts"):
        if not isinstance(item, Mapping) or (path := item.text("mountPath")) is None:
            continue
        volume = volumes.get(item.text("name") or "")
        config_map = volume.mapping("configMap") if volume is not None else None
        name = config_map.text("name") if config_map is not None else None
        if name is None or item.get("subPath") is not None or item.get("subPathExpr") is not None:
            mounts.append(Mount(path.rstrip("/"), ""))
        else:
            assert config_map is not None
            items = config_map.get("items")
            listed = items if isinstance(items, Sequence) else None
            mounts.append(Mount(path.rstrip("/"), name, _listed_files(config_map), listed))
    return tuple(mounts)


def _listed_files(config_map: Mapping) -> dict[str, str] | None:
    items = config_map.items("items")
    if not items:
        return None
    pairs = ((item.text("key"), item.text("path")) for item in items if isinstance(item, Mapping))
    return {str(key): str(path) for key, path in pairs if key and path}


def _probes(container: Container) -> tuple[Probe, ...]:
    named = {
        str(name): port
        for item in container.node.items("ports")
        if isinstance(item, Mapping)
        and (name := item.text("name"))
        and (port := item.scalar("containerPort")) is not None
    }
    probes = []
    for kind in ("livenessProbe", "readinessProbe", "startupProbe"):
        request = container.node.mapping(kind, "httpGet")
        written = request.scalar("port") if request is not None else None
        if request is None or written is None:
            continue
        number = whole_number(_resolved(written, named))
        if number is not None:
            probes.append(Probe(kind, number, request.text("path") or "/", written.text, request.text("host") or ""))
    return tuple(probes)


def _resolved(written: Scalar, named: dict[str, Scalar]) -> str:
    return named[written.value].value if written.value in named else written.value
