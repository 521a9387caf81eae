"""Objects of Terraform that become YAML or JSON: manifests, the values of charts, the configuration of EKS add-ons.

Sources: registry.terraform.io/providers/hashicorp/helm/latest/docs/resources/release,
registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/eks_addon,
registry.terraform.io/providers/hashicorp/kubernetes/latest/docs/resources/manifest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl.inputs.charts.holders import Values
from kpl.inputs.charts.releases import pods_in
from kpl.inputs.configurators.reading import documents_of
from kpl.inputs.configurators.table import EKS_ADDONS, Configurator
from kpl.inputs.corefile.document import is_templated
from kpl.inputs.document import Document
from kpl.inputs.hosts.blocks import block, manifests_in
from kpl.inputs.reader import Place
from kpl.inputs.terraform.hcl import MOST, converted, yaml_of
from kpl.inputs.values.corefiles import corefiles_below
from kpl.inputs.yaml.tree import Mapping, YamlError, compose
from kpl.text import late
from kpl.text.embedding import Embedding
from kpl.text.source import Source
from kpl.text.span import Span, Text

_OBJECT = late.pattern(
    r"^[ \t]*(?P<key>configuration_values|values|yaml_body|manifest)[ \t]*=[ \t]*"
    r"(?P<list>\[\s*)?(?P<encoded>(?:json|yaml)encode\(\s*)?(?=\{)",
    re.MULTILINE,
)
_ADDON = late.pattern(r"""\baddon_name[ \t]*=[ \t]*"([\w-]+)\"""")
_ENCLOSING = late.pattern(r"""^[ \t]*"?([\w-]+)"?[ \t]*=[ \t]*\{[ \t]*\r?$""", re.MULTILINE)
_RELEASE = late.pattern(r"""^resource[ \t]+"helm_release"[ \t]+"([\w-]+)\"""", re.MULTILINE)
_MOST_IN_VAIN = 20 * MOST
"""In characters: how much is looked at in objects that cannot be read, which may be in each other."""
_MOST_OF_BLOCK = 5_000
"""In characters: how far around an object its block is looked at."""


def documents_in_objects(source: Source) -> Iterator[Document]:
    """The documents in the objects that the Terraform file `source` gives to charts, add-ons and the API server."""
    text = source.text
    end, left = 0, _MOST_IN_VAIN
    for found in _OBJECT.finditer(text):
        start = found.end()
        if start < end or left < 0:
            continue
        made = converted(text, start)
        if made is None:
            left -= min(len(text) - start, MOST)
            continue
        end = made[1]
        outer = block(source, Span(start, end), rewrite=_as_yaml, closing=("${", "%{"))
        if outer is not None:
            yield from _documents(source, found, outer)


def _as_yaml(text: str) -> str:
    return yaml_of(text) or text


def _documents(source: Source, found: re.Match[str], outer: Embedding) -> Iterator[Document]:
    key = found["key"]
    if key == "configuration_values" and found["encoded"]:
        yield from _addon(source, outer, found)
    elif key == "values" and found["encoded"]:
        yield from _values(source, outer, found.start())
    elif (key == "yaml_body") == bool(found["encoded"]) and not found["list"]:
        yield from manifests_in(source, outer)


def _root(outer: Embedding) -> Mapping | None:
    try:
        root = next(iter(compose(outer.text)), None)
    except YamlError:
        return None
    return root if isinstance(root, Mapping) else None


def _place(source: Source, outer: Embedding) -> Place:
    return Place(source, outer, is_templated(outer.text))


def _addon(source: Source, outer: Embedding, found: re.Match[str]) -> Iterator[Document]:
    paths = EKS_ADDONS.get(_addon_name(source.text, found.start()))
    root = _root(outer) if paths is not None else None
    if paths is not None and root is not None:
        yield from documents_of(Configurator("EKS", paths), root, _place(source, outer))


def _addon_name(text: str, at: int) -> str:
    """The name of the add-on whose configuration is at `at`: in its own block, or as the key of it."""
    start = _block_start(text, at)
    end = text.find("\n}", at, at + _MOST_OF_BLOCK)
    named = list(_ADDON.finditer(text, start, end if end >= 0 else at + _MOST_OF_BLOCK))
    if named:
        return named[0][1] if len(named) == 1 else ""
    keys = list(_ENCLOSING.finditer(text, start, at))
    return keys[-1][1] if keys else ""


def _block_start(text: str, at: int) -> int:
    """Where the block around `at` may start: what is at the start of a line is not in one."""
    first = max(at - _MOST_OF_BLOCK, 0)
    return max(text.rfind("\n}", first, at) + 1, first)


def _values(source: Source, outer: Embedding, at: int) -> Iterator[Document]:
    """The pods and the Corefiles in the values of a chart."""
    start = _block_start(source.text, at)
    releases = list(_RELEASE.finditer(source.text, start, at))
    root = _root(outer) if releases else None
    if root is not None:
        name = Text(releases[-1][1], root.span)
        place = _place(source, outer)
        yield from corefiles_below(root, place, str(name))
        yield from pods_in(Values(root, place, False, Text("helm_release", root.span), name, "", ""), str(name))
