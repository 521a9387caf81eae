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
_OF_OBJECTS = ("configBlock", "configuration_values", "dnsConfig", "dnsPolicy", "apiVersion")
_FRAGMENT_KEY = late.pattern(r"\.(?:server|override)$")
_NAME = late.pattern(r"""^[ \t]*name[ \t]*=[ \t]*"([\w.-]+)"[ \t]*\r?$""", re.MULTILINE)


class TerraformReader(FileReader):
    """Reads the heredocs of Terraform files, and the objects that become manifests, values of charts or add-ons of EKS."""

    kind = FileKind(
        word="Terraform",
        as_word="terraform",
        names=r"\.(?:tf|tofu)$",
        shares_names=False,
        words=(
            "orefile",
            "KubeProxyConfiguration",
            "kind:",
            '"kind"',
            ".override",
            ".server",
            "servers:",
            *_OF_OBJECTS,
        ),
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
        Takes(
            'resource "aws_eks_addon" "proxy" {\n  addon_name = "kube-proxy"\n  configuration_values = jsonencode({\n'
            '    mode = "ipvs" # fast\n    ipvs = { scheduler = "rr" }\n  })\n}\n',
            {"mode": "ipvs", "partial": True},
            "addon.tf",
            ("KubeProxyConfig",),
        ),
        Takes(
            'resource "helm_release" "web" {\n  values = [yamlencode({\n    server = {\n      dnsPolicy = "Default"\n'
            "      replicas  = var.replicas\n    }\n  })]\n}\n",
            {"title": "helm_release/web server", "dns_policy": "Default"},
            "web.tf",
            ("Workload",),
        ),
        Takes(
            'resource "kubernetes_manifest" "cart" {\n  manifest = {\n    apiVersion = "v1"\n    kind       = "Pod"\n'
            '    spec = {\n      dnsPolicy = "None"\n      containers = [{ image = "i" }, { image = var.image }]\n    }\n  }\n}\n',
            {"dns_policy": "None"},
            "cart.tf",
            ("Workload",),
        ),
        Leaves(
            'resource "aws_eks_addon" "cni" {\n  configuration_values = jsonencode({ mode = "ipvs" })\n}\n', "cni.tf"
        ),
        Leaves('module "web" {\n  values = [yamlencode({ dnsPolicy = "Default" })]\n}\n', "web.tf"),
        Leaves('locals {\n  script = <<EOF\n#!/bin/sh\necho "kind: Pod"\nEOF\n}\n', "script.tf"),
        Leaves('locals {\n  # Corefile = <<EOF\n  a = "Corefile"\n}\n', "comment.tf"),
    )

    def read(self, source: Source) -> Iterator[Document]:
        """The documents in the heredocs and the objects of `source`."""
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
        if any(each in source.text for each in _OF_OBJECTS):
            from kpl.inputs.terraform.objects import documents_in_objects

            yield from documents_in_objects(source)


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
    first = max(at - _MOST_OF_BLOCK, 0)
    start = max(text.rfind("\n}", first, at) + 1, first)
    found = _NAME.search(text, start, at)
    return found[1] if found is not None else ""
