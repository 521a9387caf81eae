"""What a YAML document is, as far as its text tells: most of them are nothing for kpl, and are never parsed."""

from __future__ import annotations

import re

KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_CHECKED = (
    "containers",
    "orefile",
    "KubeProxyConfiguration",
    "Service",
    "EndpointSlice",
    "Node",
    ".server",
    ".override",
    "servers",
)
_OF_CLUSTERS = (
    "kustomize.toolkit.fluxcd.io",
    "kustomize.config.k8s.io",
    "argoproj.io/",
    "kubeadm.k8s.io/",
    "kubelet.config.k8s.io/",
)
WORDS = (*_CHECKED, *_OF_CLUSTERS)
"""One of these is in each document that holds something for kpl, but for a kustomization that is known by the file's name."""

_CONTAINERS = re.compile(r"""\bcontainers["']?[ \t]*:""")
_OBJECT = re.compile(r"""\bkind["']?[ \t]*:[ \t]*["']?(?:Service|EndpointSlice|Node)(?:List)?["']?[ \t]*[,}\r\n#]""")
_FRAGMENT = re.compile(r"""["' \t\n][\w.-]+\.(?:server|override)["']?[ \t]*:""")
_CHART_VALUES = (
    re.compile(r"\bservers[\"']?[ \t]*:"),
    re.compile(r"\bplugins[\"']?[ \t]*:"),
    re.compile(r"\bzones[\"']?[ \t]*:"),
)
_SCHEMA = re.compile(r"^kind[ \t]*:[ \t]*[\"']?CustomResourceDefinition\b", re.MULTILINE)

_MODELS = {"Service": "Service", "EndpointSlice": "EndpointSlice", "Node": "NodeObject"}
"""The types of the models of objects, by their kind."""
_WORKLOADS = frozenset(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"))
_NEVER_CHECKED = frozenset(("HelmRelease",))
"""Kinds that list containers, and of which kpl reads nothing else."""
_KUSTOMIZATIONS = {
    "kustomize.config.k8s.io": "Kustomization",
    "kustomize.toolkit.fluxcd.io": "FluxKustomization",
}
_FIRST_KEY = re.compile(r"(?:[ \t]*(?:#[^\n]*|---[ \t]*)?\r?\n)*[A-Za-z]\w*[ \t]*:")
_WORD = re.compile(r"""[ \t]*:(?:[ \t]*["']?([\w./-]+)["']?[ \t]*(?:#[^\n]*)?\r?(?:\n|$))?""")
_METADATA = re.compile(r"^metadata:[ \t]*(?:#[^\n]*)?\r?\n", re.MULTILINE)
_KEY = re.compile(r"""([ ]+)([^\s#'"][^\s:]*):[ \t]+(?:&\S+[ \t]+)?["']?([\w.-]+)["']?[ \t]*(?:#.*)?$""")
_ALIAS = re.compile(r"(?:[:\-?][ \t]+|[\[{,][ \t]*)\*([^\s,\[\]{}]+)")
_ANCHOR = re.compile(r"(?:[:\-?][ \t]+|[\[{,][ \t]*)&([^\s,\[\]{}]+)")
_MOST_METADATA = 4_000
"""In characters: how much of an object's metadata is looked through for its name."""


def is_interesting(text: str) -> bool:
    """Whether an object in `text` may be one that kpl checks."""
    # most files hold none of these, which is found out much faster than that a pattern does not match
    found = (
        ("containers" in text and _CONTAINERS.search(text))
        or (("Service" in text or "EndpointSlice" in text or "Node" in text) and _OBJECT.search(text))
        or _holds_a_configuration(text)
    )
    return bool(found) and not is_schema(text)


def tells_of_clusters(file_name: str, text: str) -> bool:
    """Whether an object in `text` may only tell of a cluster, or of the files that make it."""
    named = file_name in KUSTOMIZATION_NAMES or any(word in text for word in _OF_CLUSTERS)
    return named and not is_schema(text)


def is_schema(text: str) -> bool:
    """Whether `text` holds the schema of custom resources, which has the fields of all kinds in it."""
    return "CustomResourceDefinition" in text and _SCHEMA.search(text) is not None


def promised_kind(text: str) -> str | None:
    """What the object in `text` is: the type of its model, empty where it is nothing for kpl; None where it has to be read."""
    if _holds_a_configuration(text) or not _FIRST_KEY.match(text):
        return None
    kinds = _values_at_top(text, "kind")
    if len(kinds) != 1 or ("*" in text and not set(_ALIAS.findall(text)).issubset(_ANCHOR.findall(text))):
        return None
    kind = kinds[0]
    if kind in _MODELS:
        return _MODELS[kind]
    if kind == "Kustomization":
        versions = _values_at_top(text, "apiVersion")
        return _KUSTOMIZATIONS.get(versions[0].partition("/")[0]) if len(versions) == 1 else None
    if kind in _WORKLOADS:
        return "Workload"
    return "" if kind in _NEVER_CHECKED else None


def _values_at_top(text: str, key: str) -> list[str]:
    """The words that lines starting with `key` give to it, empty for anything but one word."""
    # a pattern that starts with ^ is tried at each character
    starts = [0] if text.startswith(key) else []
    at = text.find("\n" + key)
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n" + key, at + 1)
    found = []
    for start in starts:
        word = _WORD.match(text, start + len(key))
        if word is not None:
            found.append(word[1] or "")
    return found


def written_name(text: str) -> str:
    """The ``metadata.name`` in block style; empty where it is written otherwise."""
    metadata = _METADATA.search(text)
    indent = ""
    lines = text[metadata.end() : metadata.end() + _MOST_METADATA].split("\n") if metadata is not None else ()
    for line in lines:
        if line.strip() and not line.startswith(" "):
            break
        found = _KEY.match(line.rstrip("\r"))
        indent = indent or line[: len(line) - len(line.lstrip(" "))] if line.strip() else indent
        if found is not None and found[1] == indent and found[2] == "name":
            return found[3]
    return ""


def _holds_a_configuration(text: str) -> bool:
    return (
        "orefile" in text
        or "KubeProxyConfiguration" in text
        or ((".server" in text or ".override" in text) and _FRAGMENT.search(text) is not None)
        or ("servers" in text and all(each.search(text) for each in _CHART_VALUES))
    )
