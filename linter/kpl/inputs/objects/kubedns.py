"""The ConfigMap of kube-dns, which NodeLocal DNSCache reads too.

Source: kubernetes/dns 1.26.7, pkg/dns/config.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from kpl.inputs.objects.fields import name_of
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping, Scalar
from kpl.text.span import Text

_KEYS = ("stubDomains", "upstreamNameservers", "federations")


@dataclass(eq=False)
class KubeDnsConfig:
    """The ConfigMap `kube-dns`."""

    text: str
    node: Mapping
    name: Text
    namespace: str
    keys: dict[str, Scalar]
    """The keys that kube-dns reads."""
    stub_domains: dict[str, tuple[str, ...]] | None
    """The servers of each domain; None if the value is not what kube-dns expects."""
    upstreams: tuple[str, ...] | None
    """The resolvers of all other names; None if the value is not what kube-dns expects."""


class KubeDnsReader(ObjectReader):
    """Reads the ConfigMap `kube-dns` with `stubDomains` or `upstreamNameservers`."""

    kind = ObjectKind(
        models=("KubeDnsConfig",),
        kinds=("ConfigMap",),
        groups=("v1",),
        clues=(Clue(("stubDomains", "upstreamNameservers")),),
    )
    examples = (
        Takes(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-dns, namespace: kube-system}\ndata:\n"
            '  stubDomains: |\n    {"corp": ["10.0.0.1", "10.0.0.2:53"]}\n  upstreamNameservers: \'["1.1.1.1"]\'\n',
            {
                "name": "kube-dns",
                "namespace": "kube-system",
                "stub_domains": {"corp": ("10.0.0.1", "10.0.0.2:53")},
                "upstreams": ("1.1.1.1",),
            },
            kinds=("EnvSource", "KubeDnsConfig"),
        ),
        Takes(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-dns}\ndata:\n  stubDomains: '{\"corp\"}'\n"
            "  upstreamNameservers: '{}'\n",
            {"stub_domains": None, "upstreams": None},
        ),
        Takes(
            'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-dns}\ndata:\n  stubDomains: \'{"corp": "a"}\'\n',
            {"stub_domains": None, "upstreams": ()},
        ),
        Leaves("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: dns}\ndata:\n  stubDomains: '{}'\n"),
        Leaves("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-dns}\ndata:\n  other: stubDomains\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[KubeDnsConfig]:
        """The configuration that `node` is."""
        name, data = name_of(node), node.mapping("data")
        keys = {key: value for key in _KEYS if data is not None and (value := data.scalar(key)) is not None}
        if name == "kube-dns" and keys:
            namespace = node.text("metadata", "namespace") or ""
            yield KubeDnsConfig(
                text,
                node,
                name,
                namespace,
                keys,
                _domains(keys.get("stubDomains")),
                _list(_json(keys.get(_KEYS[1]), "[]")),
            )


def _json(value: Scalar | None, default: str) -> object:
    try:
        return json.loads(value.value if value is not None and value.value.strip() else default)
    except (ValueError, RecursionError):
        return None


def _list(value: object) -> tuple[str, ...] | None:
    return tuple(map(str, value)) if isinstance(value, list) and all(isinstance(each, str) for each in value) else None


def _domains(value: Scalar | None) -> dict[str, tuple[str, ...]] | None:
    read = _json(value, "{}")
    if not isinstance(read, dict):
        return None
    found = {str(domain): servers for domain, each in read.items() if (servers := _list(each)) is not None}
    return found if len(found) == len(read) else None
