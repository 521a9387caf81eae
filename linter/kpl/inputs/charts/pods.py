"""The pods that a chart makes of its values, as far as the values say.

The library `common` of bjw-s, with which the chart `app-template` is made, is known well enough to tell the complete pods
(https://github.com/bjw-s-labs/helm-charts, charts/library/common/templates/lib). Of other charts, the fields are known
that are written; their templates may add anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kpl.inputs.charts.holders import Values
from kpl.inputs.objects.workloads import Container, Env, Workload
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence
from kpl.text import late
from kpl.text.span import Text

_DNS_CONFIG = frozenset(("nameservers", "searches", "options"))
_FIELDS = ("dnsConfig", "dnsPolicy", "hostAliases", "hostNetwork", "nodeSelector", "restartPolicy")
"""Of a pod's spec, those that decide how it resolves names."""
_ENVIRONMENTS = ("env", "environment", "extraEnv", "extraEnvVars")
"""Where charts have the environment of their container."""
_COREDNS = late.pattern(r"(?:^|/)coredns:")
_RUNS_ONCE = ("cronjob", "job")
_LONGEST_ROLE = 100
"""In characters: no path that tells one pod from the other ones is longer."""


def workloads_of(values: Values) -> Iterator[Workload]:
    """The pods of `values`: first those of `common`, one for each of its controllers."""
    known: set[int] = set()
    defaults = values.node.mapping("defaultPodOptions")
    controllers = list(_entries(values.node.mapping("controllers")))
    options = _fields(defaults)
    for key, controller in controllers:
        containers = [*_containers(controller, "initContainers"), *_containers(controller, "containers")]
        if controller.shared or not is_on(controller) or not any(each.image for each in containers):
            continue
        known.add(id(controller.pairs))
        if defaults is not None:
            known.add(id(defaults.pairs))
        yield _of_common(values, key, controller, containers, options, alone=len(controllers) == 1)
    text = values.place.embedding.text
    # an escape may spell any key
    found = (
        list(_with_dns(values.node, known)) if any(each in text for each in ("dnsConfig", "dnsPolicy", "\\")) else []
    )
    image = image_of(values.node)
    # which release runs, unless these are the defaults of a chart
    if image is not None and values.api_version and _COREDNS.search(image) and all(role for role, _ in found):
        found.append(("", values.node))
    for role, mapping in found:
        container = Container(mapping, "", image_of(mapping), environment_of(mapping), args=_arguments(mapping, "args"))
        yield _workload(values, _shared_fields(mapping), [container], role, partial=True)


def _workload(values: Values, pod: Mapping, containers: list[Container], role: str, *, partial: bool) -> Workload:
    text = values.place.embedding.text
    kind, name, namespace = values.kind, values.name, values.namespace
    return Workload(
        text, values.node, values.api_version, kind, name, namespace, pod, containers, role=role, partial=partial
    )


def _of_common(
    values: Values,
    key: Scalar,
    controller: Mapping,
    containers: list[Container],
    options: list[tuple[Node, Node]],
    *,
    alone: bool,
) -> Workload:
    """The pod of a controller: its own options, the default `options` that it has not, and what the library adds."""
    defaults, own = values.node.mapping("defaultPodOptions"), controller.mapping("pod")
    pod = made_mapping(key)
    pod.pairs += (*options, *_fields(own))
    host_network = pod.scalar("hostNetwork")
    if pod.pair("dnsPolicy") is None and host_network is not None and host_network.boolean():
        _add(pod, key, "dnsPolicy", Scalar(*host_network.span, "ClusterFirstWithHostNet"))
    if pod.pair("restartPolicy") is None and controller.text("type") in _RUNS_ONCE:
        _add(pod, key, "restartPolicy", Scalar(*key.span, "Never"))
    listed = Sequence(key.start, key.end, None, False)
    listed.items += (node for _, node in _entries(controller.mapping("containers")))
    _add(pod, key, "containers", listed)
    is_merged = values.node.pair("defaultPodOptionsStrategy") is not None and own is not None and defaults is not None
    # `common` refuses images without a repository and a tag
    is_common = all(each.node.text("image", "tag") for each in containers)
    partial = is_merged or not values.is_complete or not is_common
    workload = _workload(values, pod, containers, f"controllers.{key.value}", partial=partial)
    if own is not None:
        workload.home = own, ""
    elif defaults is not None and alone:
        workload.home = defaults, ""
    elif controller.pair("pod") is None:
        workload.home = controller, "pod"
    return workload


def _fields(options: Mapping | None) -> list[tuple[Node, Node]]:
    """The fields of a pod among `options` that the library takes for given: empty ones are not."""
    pairs = (options.pair(name) for name in _FIELDS) if options is not None else ()
    return [pair for pair in pairs if pair is not None and not _is_empty(pair[1])]


def made_mapping(at: Scalar) -> Mapping:
    """A mapping that is written nowhere, so that nothing is edited in it."""
    made = Mapping(at.start, at.end, None, False)
    made.shared = True
    return made


def _add(made: Mapping, at: Scalar, key: str, value: Node) -> None:
    made.pairs.append((Scalar(at.start, at.start, key), value))


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and (node.is_null or not node.value)


def _entries(node: Mapping | None) -> Iterator[tuple[Scalar, Mapping]]:
    """The keys of `node` with a mapping as their value."""
    for key, value in node.pairs if node is not None else ():
        if isinstance(key, Scalar) and isinstance(value, Mapping):
            yield key, value


def is_on(node: Mapping) -> bool:
    """Whether nothing says that it is not ``enabled``."""
    enabled = node.scalar("enabled")
    return enabled is None or enabled.boolean() is True


def _containers(controller: Mapping, key: str) -> Iterator[Container]:
    for name, node in _entries(controller.mapping(key)):
        if is_on(node):
            commands = _arguments(node, "command"), _arguments(node, "args")
            yield Container(node, name.value, image_of(node), environment_of(node), *commands)


def image_of(node: Mapping) -> Text | None:
    """``image``, or what its ``repository`` and its ``tag`` make."""
    image = node.get("image")
    if not isinstance(image, Mapping):
        return node.text("image") or None
    registry, repository, tag = (image.text(key) for key in ("registry", "repository", "tag"))
    if not repository:
        return None
    name = f"{registry}/{repository}" if registry else repository
    return Text(f"{name}:{tag}", tag.span) if tag else Text(name, repository.span)


def _arguments(node: Mapping, key: str) -> list[Scalar]:
    one = node.scalar(key)
    return [one] if one is not None else [each for each in node.items(key) if isinstance(each, Scalar)]


def environment_of(node: Mapping, paths: Iterable[str] = _ENVIRONMENTS) -> list[Env]:
    """The environment at `paths`, written as a list, or as a mapping of names to values or to mappings with a value."""
    found: list[Env] = []
    for path in paths:
        given = node.get(*path.split("."))
        for item in given.items if isinstance(given, Sequence) else ():
            name = item.text("name") if isinstance(item, Mapping) else None
            if isinstance(item, Mapping) and name is not None:
                found.append(Env(name, _value(item.get("value"))))
        for name_node, value in given.pairs if isinstance(given, Mapping) else ():
            if isinstance(name_node, Scalar):
                inner = value.get("value") if isinstance(value, Mapping) else value
                found.append(Env(name_node.text, _value(inner)))
    return found


def _value(node: Node | None) -> Scalar | None:
    """The value of a variable, unless the chart renders it as a template."""
    return node if isinstance(node, Scalar) and not node.is_null and "{{" not in node.value else None


def _with_dns(root: Mapping, known: set[int]) -> Iterator[tuple[str, Mapping]]:
    """The mappings below `root` that say something of the DNS of a pod, with their paths."""
    waiting: list[tuple[str, Node]] = [("", root)]
    while waiting:
        path, node = waiting.pop()
        if node.shared or id(getattr(node, "pairs", None)) in known:
            continue
        if isinstance(node, Sequence):
            waiting += ((path, item) for item in reversed(node.items) if not isinstance(item, Scalar))
        if not isinstance(node, Mapping):
            continue
        config = node.mapping("dnsConfig")
        if node.text("dnsPolicy") or (config is not None and config.pairs and _is_dns_config(config)):
            yield path, node
        for key, value in reversed(node.pairs):
            if isinstance(key, Scalar) and not isinstance(value, Scalar):
                waiting.append((_below(path, key.value), value))


def _below(path: str, key: str) -> str:
    longer = f"{path}.{key}" if path else key
    return longer if len(key) + len(path) < _LONGEST_ROLE else path


def _is_dns_config(node: Mapping) -> bool:
    """Whether a chart can give this to a pod as it is; some have fields of their own there."""
    return all(isinstance(key, Scalar) and key.value in _DNS_CONFIG for key, _ in node.pairs)


def _shared_fields(mapping: Mapping) -> Mapping:
    """The mapping as a pod: without a `dnsConfig` that is the chart's own."""
    config = mapping.mapping("dnsConfig")
    if config is None or _is_dns_config(config):
        return mapping
    pod = Mapping(mapping.start, mapping.end, None, mapping.flow)
    pod.shared = True
    pod.pairs += (pair for pair in mapping.pairs if pair[1] is not config)
    return pod
