"""Small inputs, and what is read from them."""

from __future__ import annotations

from kpl.inputs.document import Document
from kpl.inputs.read import read

BAD = ". {\n    forward . 9.9.9.9\n}\n"
FIXED = ". {\n    forward . 9.9.9.9\n    cache 30\n}\n"
COREFILE = ".:53 {\n    errors\n    forward . 9.9.9.9\n}\n"
DUMP = "*nat\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -j RETURN\nCOMMIT\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec:\n  containers:\n  - {name: c, image: i}\n"
PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n"
TEMPLATE = "template:\n    spec:\n      containers:\n      - name: c\n"


def documents(name: str, text: str | bytes, named: bool = False) -> list[Document]:
    reading = read(name, text.encode() if isinstance(text, str) else text, named)
    return reading.documents if reading else []


def models(name: str, text: str | bytes, named: bool = False) -> list[type]:
    return [type(each.model) for each in documents(name, text, named)]


def indented(text: str, by: int) -> str:
    return "".join(" " * by + line for line in text.splitlines(keepends=True))


def config_map(scalar: str, key: str = "Corefile") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: coredns\n  namespace: kube-system\ndata:\n  {key}: {scalar}"
