"""What is written inside of Kustomizations: patches and literals, each where it stands."""

from __future__ import annotations

import pytest

from kpl.fix.offers import offers
from kpl.inputs.document import Document
from kpl.inputs.read import read
from kpl.lint.engine import lint
from kpl.lint.settings import Settings
from kpl.text.edit import apply_edits
from support import readings

HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


def documents(text: str, name: str = "kustomization.yaml") -> list[Document]:
    reading = read(name, text.encode())
    return [] if reading is None else [each for each in reading.documents if each.kind != "Kustomization"]


def found(text: str, name: str = "kustomization.yaml") -> tuple[list[tuple[str, str]], str]:
    """The findings of a file, each with what it underlines, and the file after all fixes."""
    reading = read(name, text.encode())
    assert reading is not None
    findings = offers([reading], lint([reading], Settings()).findings, Settings()).findings
    edits = [edit for each in findings if each.fix for edit in each.fix.edits]
    return [(each.code, text[slice(*each.span)]) for each in findings], apply_edits(text, edits)


PATCH = """\
patches:
  - target: {kind: Deployment}
    patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: cart  # the shop's
      spec:
        template:
          spec:
            dnsConfig:
              options:
                - name: ndots
                  value: 2
"""


def test_a_fault_in_an_inline_patch_is_found_and_fixed_in_its_place() -> None:
    codes, fixed = found(HEAD + PATCH)
    assert codes == [("KPL104", "2")]
    assert fixed == HEAD + PATCH.replace("value: 2", 'value: "2"')


def test_a_patch_in_double_quotes_is_found_and_fixed_too() -> None:
    text = (
        HEAD
        + r'patches: [{patch: "kind: Pod\nmetadata: {name: a}\nspec:\n  dnsPolicy: clusterFirst # kpl: ignore[KPL101]\n"}]'
    )
    codes, fixed = found(text)
    assert codes == [("KPL104", "clusterFirst")]
    assert fixed == text.replace("clusterFirst", "ClusterFirst")
    assert found(text.replace("KPL101", "KPL104"))[0] == []


def test_a_comment_in_a_patch_suppresses() -> None:
    codes, _ = found(HEAD + PATCH.replace("value: 2", "value: 2 # kpl: ignore[KPL104] the base quotes it"))
    assert codes == []


OPERATIONS = """\
patches:
  - target: {kind: Deployment, name: cart}
    patch: |
      - op: add
        path: /spec/template/spec/dnsConfig
        value:
          options: [{name: ndots, value: 2}]
      - op: replace
        path: /spec/template/spec/dnsPolicy
        value: clusterFirst
      - op: add
        path: /spec/template/spec/dnsConfig/searches/-
        value: shop.example
      - {op: remove, path: /spec/template/spec/hostNetwork}
      - {op: add, path: /metadata/labels/a, value: b}
      - {op: add, path: /spec/template/spec/containers/0/image}
"""


def test_the_operations_of_a_patch_set_fields_of_a_pod() -> None:
    (document,) = documents(HEAD + OPERATIONS)
    model = document.model
    assert [str(key.value) for key in model.pod.keys()] == ["dnsConfig", "dnsPolicy"]
    assert [item.value for item in model.dns_config.items("searches")] == ["shop.example"]
    assert str(document.object) == "Deployment cart"
    assert {each for each, _ in found(HEAD + OPERATIONS)[0]} == {"KPL104"}
    assert [text for _, text in found(HEAD + OPERATIONS)[0]] == ["2", "clusterFirst"]


@pytest.mark.parametrize(
    "patch",
    [
        "- {op: add, path: /spec/template/spec/dnsConfig/options/-, value: {name: ndots, value: 2}}",
        "- {op: add, path: /spec/template/spec/dnsConfig/options, value: [{name: ndots, value: 2}]}",
        "- {op: add, path: /spec/jobTemplate/spec/template/spec/dnsConfig, value: {options: [{name: ndots, value: 2}]}}",
        '[{"op": "add", "path": "/spec/template/spec/dnsConfig/options/-", "value": {"name": "ndots", "value": 2}}]',
    ],
)
def test_a_path_may_lead_into_the_settings(patch: str) -> None:
    assert found(f"{HEAD}patches:\n- patch: |\n    {patch}\n")[0] == [("KPL104", "2")]


@pytest.mark.parametrize(
    "patch",
    [
        "- {op: test, path: /spec/template/spec/dnsPolicy, value: clusterFirst}",
        "- {op: add, path: /spec/template/spec/dnsConfig/options/0, value: {name: ndots, value: 2}}",
        "- {op: add, path: /spec/template/spec/dnsPolicy}",
        "- {op: add, path: spec, value: clusterFirst}",
        "- {op: add, path: [/spec/template/spec/dnsPolicy], value: clusterFirst}",
        "- clusterFirst: dnsPolicy",
        "- {op: add, path: /spec/template/spec/dnsPolicy, value: clusterFirst",
        "dnsPolicy.yaml",
    ],
)
def test_what_sets_nothing_is_left(patch: str) -> None:
    assert documents(f"{HEAD}patches:\n- patch: |\n    {patch}\n") == []


def test_the_data_of_a_config_map_may_be_patched() -> None:
    operation = (
        '- {op: replace, path: /data/Corefile, value: ". {\\n    errors\\n    loop\\n    forward . 10.0.0.1\\n}\\n"}'
    )
    text = f"{HEAD}patchesJson6902:\n- target: {{kind: ConfigMap, name: coredns}}\n  patch: |\n    {operation}\n"
    (document,) = documents(text)
    assert (document.kind, document.name, document.key) == ("Corefile", "coredns", "Corefile")
    (code,) = (each for each in found(text)[0] if each[0] == "KPL201")
    assert code[1] == "forward . 10.0.0.1"
    server = operation.replace("/data/Corefile", "/data/example~1a.server")
    assert documents(text.replace(operation, server))[0].key == "example/a.server"


LITERALS = """\
namespace: kube-system
configMapGenerator:
  - name: coredns-custom
    literals:
      - log.override="log"
      - |-
        shop.server=shop.example {
            forward . 10.0.0.1
        }
      - notes.txt=forward
      - empty.override=
"""


def test_literals_hold_corefiles_with_exact_places() -> None:
    log, shop = documents(HEAD + LITERALS)
    assert (log.key, log.name, log.namespace, log.embedding.text) == (
        "log.override",
        "coredns-custom",
        "kube-system",
        "log",
    )
    assert shop.around == {
        **dict.fromkeys(["log.override"], "log"),
        "shop.server": shop.embedding.text,
        "notes.txt": "forward",
        "empty.override": "",
    }
    codes, fixed = found(HEAD + LITERALS)
    assert ("KPL201", "forward . 10.0.0.1") in codes
    assert fixed == HEAD + LITERALS.replace("10.0.0.1\n", "10.0.0.1\n            cache 30\n")


def test_what_kubectl_applied_last_is_left_alone() -> None:
    applied = '{"kind":"Pod","spec":{"dnsPolicy":"clusterFirst","containers":[{"image":"i"}]}}'
    text = f"kind: Pod\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {applied}\nspec: {{containers: [{{image: i}}]}}\n"
    assert found(text, "pod.yaml")[0] == []
    config = (
        "kind: ConfigMap\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n"
        '      {"kind":"ConfigMap","data":{"Corefile":". {\\n forward . 10.0.0.1\\n}"}}\ndata: {}\n'
    )
    assert documents(config, "dns.yaml") == []


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "a.yaml",
            "# for carts\n- op: add\n  path: /spec/template/spec/dnsPolicy\n  value: Nobody\n",
            [("Workload", "Nobody")],
        ),
        (
            "a.json",
            '[{"op": "replace", "path": "/spec/template/spec/dnsPolicy", "value": "Nobody"}]',
            [("Workload", "Nobody")],
        ),
        ("a.yaml", "- {op: replace, path: /cluster/proxy/mode, value: ipvs}\n", [("KubeProxyConfig", "ipvs")]),
        ("a.yaml", "- {op: add, path: /cluster/network/dnsDomain, value: a.lan}\n", [("ClusterSettings", "a.lan")]),
        ("a.yaml", "- {op: test, path: /spec/template/spec/dnsPolicy, value: Nobody}\n", []),
        ("a.yaml", "- {op: add, path: /clusters/proxy/mode, value: ipvs}\n- {path: /cluster/proxy/mode}\n", []),
        ("a.yaml", "- {path: /spec/template/spec/dnsPolicy, value: Nobody}\n", []),
    ],
)
def test_a_patch_may_be_a_file(name: str, text: str, expected: list[tuple[str, str]]) -> None:
    found = [document for reading in readings({name: text}) for document in reading.documents]
    attributes = {"Workload": "dns_policy", "KubeProxyConfig": "mode", "ClusterSettings": "domain"}
    said = [(each.kind, getattr(each.model, attributes[each.kind])) for each in found]
    assert said == expected
    for document, (_, word) in zip(found, said, strict=True):
        assert text[slice(*document.embedding.host_span(word.span))] in (word, f'"{word}"')


def test_a_corefile_in_a_patch_that_is_a_file() -> None:
    text = "- op: replace\n  path: /data/Corefile\n  value: |\n    . {\n        forward . 9.9.9.9\n    }\n"
    [document] = [each for reading in readings({"a.yaml": text}) for each in reading.documents]
    assert document.model.text == ". {\n    forward . 9.9.9.9\n}\n"
