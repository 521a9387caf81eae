"""What containers take their environment from: the data of ConfigMaps, of Secrets, and of the templates of ExternalSecrets.

Sources: kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap,
external-secrets.io/latest/api/externalsecret.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from kpl.inputs.objects.fields import name_of, pairs
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping, Scalar
from kpl.text.span import Text

_DOTTED = r"""["']?[\w.-]+["']?[ \t]*:[ \t]+[^\n]*(?:[\w-]\.|://)[A-Za-z]"""
"""A key with a value in its line that may hold a host name."""
_SHALLOW = r"\n[ \t]{1,8}" + _DOTTED
"""The same in the data of a ConfigMap, and not deep in a file that it holds."""


Source = TypeVar("Source", bound="EnvSource")


@dataclass(eq=False)
class EnvSource:
    """A ConfigMap or a Secret, as the source of environment variables; `text` is the document that its nodes point into."""

    text: str
    node: Mapping
    kind: str
    """What containers call it: ``ConfigMap`` or ``Secret``."""
    name: Text
    namespace: str
    data: Mapping | None

    # each container that takes one of its keys asks
    @cached_property
    def values(self) -> dict[str, Scalar]:
        """The values by their keys, as far as they are written as text."""
        return {key.value: value for key, value in pairs(self.data)}


class SecretTemplate(EnvSource):
    """The template of an ExternalSecret: the Secret that its operator makes."""


class EnvSourceReader(ObjectReader):
    """Reads ConfigMaps and Secrets with words that may be host names."""

    kind = ObjectKind(
        models=("EnvSource",),
        kinds=("ConfigMap", "Secret"),
        groups=("v1",),
        late=("ConfigMap", "Secret"),
        clues=(Clue(("ConfigMap", "stringData"), (_SHALLOW,)),),
        tells=True,
    )
    examples = (
        Takes(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cart, namespace: shop}\ndata:\n  REDIS: redis.shop.svc\n",
            {"kind": "ConfigMap", "name": "cart", "namespace": "shop"},
        ),
        Takes(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: cart}\nstringData:\n  'redis.url': \"redis://:x@redis.shop.svc\"\n",
            {"kind": "Secret", "name": "cart", "namespace": ""},
        ),
        Takes(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cart}\ndata:\n  CART: http://cart\n", {"name": "cart"}
        ),
        Leaves("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cart}\ndata:\n  LEVEL: info\n  RATIO: 0.5\n"),
        Leaves(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cart}\ndata:\n  app.conf: |\n    a: b.example\n    c: 1\n"
        ),
        Leaves("apiVersion: example.com/v1\nkind: ConfigMap\nmetadata: {name: cart}\ndata:\n  REDIS: redis.shop.svc\n"),
        Leaves("apiVersion: v1\nkind: Secret\nmetadata: {name: cart}\ndata:\n  host: redis.shop.svc\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[EnvSource]:
        """The source of variables that `node` is."""
        kind = node.text("kind") or ""
        # what is encoded in the `data` of a Secret is not written there
        data = node.mapping("data" if kind == "ConfigMap" else "stringData")
        yield from _with_names(
            EnvSource(text, node, kind, name_of(node), node.text("metadata", "namespace") or "", data)
        )


class SecretTemplateReader(ObjectReader):
    """Reads the templates of ExternalSecrets."""

    kind = ObjectKind(
        models=("SecretTemplate",),
        kinds=("ExternalSecret",),
        groups=("external-secrets.io/",),
        late=("ExternalSecret",),
        clues=(Clue(("ExternalSecret",), ("template", r"\n[ \t]+" + _DOTTED)),),
        tells=True,
    )
    examples = (
        Takes(
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: cart, namespace: shop}\n"
            "spec:\n  target:\n    name: cart-secret\n    template:\n      data:\n        DB: postgres://{{ .user }}@db.shop.svc\n",
            {"kind": "Secret", "name": "cart-secret", "namespace": "shop"},
        ),
        Takes(
            "apiVersion: external-secrets.io/v1beta1\nkind: ExternalSecret\nmetadata: {name: cart}\n"
            "spec:\n  target:\n    template:\n      data:\n        DB: db.shop.svc\n",
            {"name": "cart"},
        ),
        Leaves(
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nspec:\n  secretStoreRef:\n    name: a.example\n"
        ),
        Leaves("apiVersion: kubernetes-client.io/v1\nkind: ExternalSecret\nspec:\n  template:\n    data: a.example\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[SecretTemplate]:
        """The Secret that the template of `node` becomes."""
        name = node.text("spec", "target", "name") or name_of(node)
        data = node.mapping("spec", "target", "template", "data")
        namespace = node.text("metadata", "namespace") or ""
        yield from _with_names(SecretTemplate(text, node, "Secret", name, namespace, data))


def _with_names(source: Source) -> Iterator[Source]:
    """`source`, if one of its values may be the name of a host: not a file, and not a word."""
    values = (each.value for each in source.values.values())
    if any(("." in each or "://" in each) and "\n" not in each.strip() for each in values):
        yield source
