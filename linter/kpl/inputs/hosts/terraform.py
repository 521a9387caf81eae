"""Terraform: manifests, values of charts and Corefiles in heredocs.

Source: developer.hashicorp.com/terraform/language/expressions/strings#heredoc-strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl.inputs.document import Document
from kpl.inputs.hosts.blocks import block, configuration_in, filled_in, manifests_in
from kpl.inputs.hosts.heredocs import ANYWHERE, heredocs
from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.text import late
from kpl.text.source import Source

_OPENING = late.pattern(r"<<-?(?P<word>[A-Za-z_][\w-]*)[ \t]*\r?\n?$")
_OF_WORDS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_MOST = 200
_MOST_OF_BLOCK = 5_000
"""In characters: how far before a heredoc its key is looked for, and the name of its object."""
_FRAGMENT_KEY = late.pattern(r"\.(?:server|override)$")
_NAME = late.pattern(r"""^[ \t]*name[ \t]*=[ \t]*"([\w.-]+)"[ \t]*\r?$""", re.MULTILINE)


class TerraformReader(FileReader):
    """Reads the heredocs of Terraform files."""

    kind = FileKind(
        word="Terraform",
        as_word="terraform",
        names=r"\.(?:tf|tofu)$",
        shares_names=False,
        words=("orefile", "KubeProxyConfiguration", "kind:", '"kind"', ".override", ".server", "servers:"),
        rank=210,
    )
    examples = (
        Takes(
            'resource "kubernetes_config_map" "dns" {\n  metadata {\n    name = "coredns"\n  }\n  data = {\n    Corefile = <<-EOF\n'
            "      . {\n          errors\n          forward . ${var.dns}\n      }\n    EOF\n  }\n}\n",
            name="dns.tf",
            kinds=("Corefile",),
        ),
        Takes(
            'resource "kubectl_manifest" "cart" {\n  yaml_body = <<YAML\nkind: Pod\n'
            'metadata: {name: "${var.x["a"]}", namespace: shop}\n'
            "spec: {dnsPolicy: Default, containers: [{image: i}]}\nYAML\n}\n",
            {"namespace": "shop", "dns_policy": "Default"},
            "cart.tf",
            ("Workload",),
        ),
        Leaves('locals {\n  script = <<EOF\n#!/bin/sh\necho "kind: Pod"\nEOF\n}\n', "script.tf"),
        Leaves('locals {\n  # Corefile = <<EOF\n  a = "Corefile"\n}\n', "comment.tf"),
    )

    def read(self, source: Source) -> Iterator[Document]:
        """The documents in the heredocs of `source`."""
        for each in heredocs(source.text, _OPENING, ("#", "//"), lambda _: ANYWHERE):
            outer = block(source, each.text, rewrite=_filled_in, closing=("${", "%{"))
            if outer is None:
                continue
            start = each.opened.start()
            key = _key(source.text[max(each.line.start, start - _MOST) : start])
            if key.lower().endswith("corefile") or _FRAGMENT_KEY.search(key):
                yield from configuration_in(source, outer, key, _name(source.text, each.line.start))
            else:
                yield from manifests_in(source, outer)


def _key(before: str) -> str:
    """The key of a value that starts behind `before`, be it the argument of functions or the first one of a list."""
    before = before.rstrip()
    while before.endswith(("(", "[")):
        before = before[:-1].rstrip().rstrip(_OF_WORDS).rstrip()
    if not before.endswith(("=", ":")):
        return ""
    before = before[:-1].rstrip().rstrip('"')
    return before[len(before.rstrip(_OF_WORDS)) :]


def _filled_in(text: str) -> str:
    return filled_in(text, "{")


def _name(text: str, at: int) -> str:
    """The name of the object whose data is written at `at`."""
    # what is at the start of a line is not in a block
    start = max(text.rfind("\n}", 0, at) + 1, at - _MOST_OF_BLOCK)
    found = _NAME.search(text, start, at)
    return found[1] if found is not None else ""
