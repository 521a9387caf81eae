"""What other programs than kube-proxy set for the network: which words are read, and where they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kpl.clusters.partition import partition
from kpl.facts import Facts
from kpl.inputs.document import Document, LateDocument
from kpl.inputs.network.cilium import CiliumSettings, cilium_of_values
from kpl.inputs.network.settings import MAX_EMBEDDED, NetworkSettings
from kpl.inputs.objects.networkpods import network_programs
from kpl.inputs.objects.workloads import Workload
from kpl.inputs.reader import FileKind, Takes
from kpl.inputs.registry import entries, only_tells
from kpl.inputs.yaml.tree import Mapping, compose
from kpl.shares.share import NETWORK_MODELS
from kpl.text.span import Text
from samples import documents, models
from support import readings

READERS = [each for each in entries() if each.module.startswith(("kpl.inputs.network.", "kpl.inputs.charts.cilium"))]
EXAMPLES = [
    pytest.param(example, id=f"{entry.class_name}-{number}")
    for entry in READERS
    for number, example in enumerate(entry.load().examples)
    if isinstance(example, Takes)
]


def words_of(settings: NetworkSettings) -> Iterator[Text]:
    for words in settings.words.values():
        yield from words
    for part in settings.parts:
        yield from words_of(part)


def at_their_places(document: Document) -> list[tuple[str, str]]:
    """Each word, and what is at its place in the file."""
    text = document.source.text
    return [
        (word, text[slice(*document.embedding.host_span(word.span))].strip("\"'")) for word in words_of(document.model)
    ]


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_word_is_where_it_is_said_to_be(example: Takes) -> None:
    read = documents(example.name or "a.yaml", example.text, named=True)
    assert read
    for document in read:
        assert isinstance(document.model, NetworkSettings)
        assert only_tells(document)
        found = at_their_places(document)
        assert found
        assert [word for word, _ in found] == [written for _, written in found]


def test_all_models_of_the_room_are_known_to_the_shares() -> None:
    kinds = [entry.kind for entry in READERS]
    made = {model for kind in kinds for model in ((kind.model,) if isinstance(kind, FileKind) else kind.models)}
    assert made == {*NETWORK_MODELS}


CALICO = """\
apiVersion: operator.tigera.io/v1
kind: Installation
metadata: {name: default}
spec:
  calicoNetwork:
    mtu: 1450
    ipPools:
    - {cidr: 10.244.0.0/16, natOutgoing: Enabled, nodeSelector: all()}
    - cidr: fd00:10:244::/56
"""


def test_pools_are_parts_of_their_installation() -> None:
    (document,) = documents("a.yaml", CALICO)
    assert isinstance(document, LateDocument)
    settings = document.model
    assert settings.word("mtu") == "1450"
    assert settings.word("linuxDataplane") is None
    assert [(each.kind, each.words.get("natOutgoing")) for each in settings.parts] == [
        ("ipPools", ("Enabled",)),
        ("ipPools", None),
    ]
    assert [*settings.pod_networks()] == ["10.244.0.0/16", "fd00:10:244::/56"]


@pytest.mark.parametrize(("uses", "networks"), [("[LoadBalancer]", []), ("[Tunnel, Workload]", ["192.0.2.0/24"])])
def test_a_pool_may_be_for_other_addresses_than_those_of_pods(uses: str, networks: list[str]) -> None:
    head = "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: a}\n"
    (document,) = documents("a.yaml", f"{head}spec: {{cidr: 192.0.2.0/24, allowedUses: {uses}}}\n")
    assert [*document.model.pod_networks()] == networks


CONFLIST = """\
{"cniVersion": "1.0.0", "name": "cbr0", "plugins": [
  {"type": "flannel", "delegate": {"hairpinMode": true, "mtu": 1450}},
  {"type": "portmap", "conditionsV4": ["!", "-d", "192.0.2.0/24"], "backend": "nftables"},
  {"type": "bridge", "promiscMode": true, "ipam": {"type": "host-local", "subnet": "10.1.0.0/24"}},
  {"snat": false}, 3, null
]}
"""


def test_plugins_are_parts_of_their_list() -> None:
    (document,) = documents("10-flannel.conflist", CONFLIST)
    settings = document.model
    assert (document.name, settings.kind, settings.name) == ("cbr0", "conflist", "cbr0")
    assert [(each.kind, each.words) for each in settings.parts] == [
        ("flannel", {"mtu": ("1450",), "hairpinMode": ("true",)}),
        ("portmap", {"conditionsV4": ("!", "-d", "192.0.2.0/24"), "backend": ("nftables",)}),
        ("bridge", {"promiscMode": ("true",), "ipam": ("host-local",), "subnet": ("10.1.0.0/24",)}),
        ("plugins", {"snat": ("false",)}),
    ]
    assert [*settings.pod_networks()] == ["10.1.0.0/24"]


def test_a_single_plugin_is_a_list_of_one() -> None:
    (document,) = documents("a.conflist", '{"cniVersion": "0.4.0", "name": "n", "type": "bridge", "ipMasq": true}\n')
    (plugin,) = document.model.parts
    assert (document.model.kind, plugin.kind, plugin.words) == ("conf", "bridge", {"ipMasq": ("true",)})


FLANNEL = """\
kind: ConfigMap
metadata: {name: kube-flannel-cfg, namespace: kube-flannel}
data:
  cni-conf.json: |
    {
      "name": "cbr0",
      "plugins": [{"type": "flannel", "delegate": {"hairpinMode": true}}, {"type": "portmap"}]
    }
  net-conf.json: |
    {
      "Network": "10.244.0.0/16",
      "EnableNFTables": false,
      "Backend": {"Type": "vxlan", "Port": 8472}
    }
"""


def test_the_keys_of_a_config_map_are_documents_of_their_own() -> None:
    plugins, network = documents("a.yaml", FLANNEL)
    assert [(each.key, each.name, each.namespace) for each in (plugins, network)] == [
        ("cni-conf.json", "kube-flannel-cfg", "kube-flannel"),
        ("net-conf.json", "kube-flannel-cfg", "kube-flannel"),
    ]
    assert [each.kind for each in plugins.model.parts] == ["flannel", "portmap"]
    assert network.model.words == {
        "Network": ("10.244.0.0/16",),
        "EnableNFTables": ("false",),
        "backend": ("vxlan",),
        "Port": ("8472",),
    }
    assert not network.templated
    assert {word == written for word, written in at_their_places(network)} == {True}


def test_a_text_with_actions_is_a_template() -> None:
    text = FLANNEL.replace("10.244.0.0/16", "{{ .Values.podCidr }}")
    assert [each.templated for each in documents("a.yaml", text)] == [True, True]


@pytest.mark.parametrize(
    ("old", "new", "left"),
    [
        ('"Network"', '["Network"', ["CniSettings"]),
        ("  net-conf.json: |", "  net-conf.txt: |", ["CniSettings"]),
        ("data:", "binaryData:", []),
        ("kind: ConfigMap", "kind: ConfigMaps", []),
        ('"name": "cbr0",', "[", ["FlannelSettings"]),
    ],
)
def test_what_is_no_such_text_is_left(old: str, new: str, left: list[str]) -> None:
    read = documents("a.yaml", FLANNEL.replace(old, new))
    assert [each.kind for each in read] == left


@pytest.mark.parametrize(("more", "left"), [(0, ["FlannelSettings"]), (1, [])])
def test_a_text_may_be_as_long_as_a_config_map(more: int, left: list[str]) -> None:
    network = '{"Network": "10.244.0.0/16"}'
    text = " " * (MAX_EMBEDDED - len(network) + more) + network
    assert [each.kind for each in documents("a.yaml", f"kind: ConfigMap\ndata:\n  net-conf.json: '{text}'\n")] == left


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: projectcalico.org/v3\nkind: BGPPeer\nspec: {asNumber: 64512}\n",
        "apiVersion: metallb.io/v1beta2\nkind: BGPPeer\nspec: {myASN: 64512}\n",
        "kind: DaemonSet\nspec: {template: {spec: {volumes: [{configMap: {name: cilium-config}}]}}}\n",
        "kind: Role\nrules: [{resourceNames: [net-conf.json, cni-conf.json, antrea-agent.conf, 'address-pools:']}]\n",
    ],
)
def test_other_objects_are_left_on_their_text(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpl.inputs.yamldocuments.compose", None)
    assert documents("a.yaml", text) == []


@pytest.mark.parametrize("value", ["", "null", "[]", "{}", "[[a], {b: c}]", "&a [x]", "text", "{cidr: [null, {}, []]}"])
def test_any_value_may_be_anywhere(value: str) -> None:
    heads = (
        "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: a}\n",
        "apiVersion: operator.tigera.io/v1\nkind: Installation\n",
        "apiVersion: metallb.io/v1beta1\nkind: L2Advertisement\n",
    )
    for head in heads:
        (document,) = documents("a.yaml", f"{head}spec: {value}\n")
        assert isinstance(document.model, NetworkSettings)
        assert document.model.words == {}
        (document,) = documents(
            "a.yaml", f"{head}spec: {{calicoNetwork: {{ipPools: {value or 'null'}}}, cidr: {{}}}}\n"
        )
        assert isinstance(document.model, NetworkSettings)


def test_nothing_is_read_to_find_the_clusters() -> None:
    read = readings({"a/pool.yaml": CALICO, "b/pool.yaml": CALICO.replace("10.244.", "10.245."), "c/a.yaml": FLANNEL})
    assert len(partition(read, Facts()).clusters) == 1
    (document,) = read[0].documents
    assert isinstance(document, LateDocument)
    assert document._read is not None


VALUES = """\
kubeProxyReplacement: true
k8sServiceHost: localhost
bpf: {masquerade: true}
socketLB: {hostNamespaceOnly: true}
localRedirectPolicies: {enabled: true}
ipam:
  operator: {clusterPoolIPv4PodCIDRList: [10.42.0.0/16, 10.43.0.0/16]}
"""


def values(text: str) -> CiliumSettings | None:
    (node,) = compose(text)
    assert isinstance(node, Mapping)
    return cilium_of_values(text, node)


def test_the_values_of_the_chart_of_cilium() -> None:
    found = values(VALUES)
    assert found is not None
    assert found.words == {
        "kubeProxyReplacement": ("true",),
        "k8sServiceHost": ("localhost",),
        "socketLB.hostNamespaceOnly": ("true",),
        "bpf.masquerade": ("true",),
        "localRedirectPolicy": ("true",),
        "ipam.operator.clusterPoolIPv4PodCIDRList": ("10.42.0.0/16", "10.43.0.0/16"),
    }
    assert all(VALUES[slice(*word.span)] == word for word in words_of(found))
    assert found.replacement() == ("true", True)
    both = values("kubeProxyReplacement: [true, false, probe]\n")
    assert both is not None
    assert both.replacement() == ("false", False)
    assert values("rollOutCiliumPods: true\n") is None


def programs(container: str) -> list[tuple[str, dict[str, tuple[Text, ...]]]]:
    (document,) = documents("a.yaml", f"kind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - {container}\n")
    assert isinstance(document.model, Workload)
    found = [*network_programs(document.model)]
    text = document.source.text
    for each in found:
        for word in words_of(each):
            assert text[slice(*word.span)].strip("\"'") in (word, f"--{word}", "--arp", "--run-router", "-arp")
    return [(each.kind, each.words) for each in found]


@pytest.mark.parametrize(
    ("container", "words"),
    [
        ("{image: 'ghcr.io/kube-vip/kube-vip:v1.0.0', args: [manager]}", {"command": ("manager",)}),
        (
            "{image: kube-vip@sha256:0, env: [{name: vip_arp, value: 'true'}, {name: vip_nodename, value: x}, {name: port}]}",
            {"vip_arp": ("true",)},
        ),
        (
            "{image: kube-vip-iptables, args: [manager, --arp, '--controlplane=false', --address, 192.0.2.1, more]}",
            {"command": ("manager",), "vip_arp": ("true",), "cp_enable": ("false",), "address": ("192.0.2.1",)},
        ),
        ("{image: kube-vip, args: [--arp, manager]}", {"vip_arp": ("true",), "command": ("manager",)}),
        ("{image: kube-vip, args: [--address=192.0.2.1, manager]}", {"address": ("192.0.2.1",), "command": ("manager",)}),
        # the last one counts, and flags win over variables
        (
            "{image: kube-vip, env: [{name: vip_arp, value: 'false'}], args: [-arp=false, --arp]}",
            {"vip_arp": ("true",)},
        ),
        ("{image: kube-vip, command: [/kube-vip, manager], args: ['--unknown=1', --port=]}", {"command": ("manager",), "port": ("",)}),
    ],
)  # fmt: skip
def test_what_kube_vip_runs_with(container: str, words: dict[str, tuple[str, ...]]) -> None:
    assert programs(container) == [("kube-vip", words)]


def test_what_kube_router_runs_with() -> None:
    container = '{image: kube-router, args: [--run-router, "--run-service-proxy=true"]}'
    assert programs(container) == [("kube-router", {"run-router": ("true",), "run-service-proxy": ("true",)})]
    assert programs("{image: 'kube-vip-cloud-provider:v0.0.12', args: [--arp]}") == []
    assert programs("{name: kube-router}") == []


def test_a_word_that_is_written_otherwise_than_it_reads_is_at_all_of_it() -> None:
    text = 'kind: Pod\nspec:\n  containers: [{image: kube-router, args: ["--run-serv\\x69ce-proxy=true"]}]\n'
    (document,) = documents("a.yaml", text)
    (found,) = network_programs(document.model)
    word = found.word("run-service-proxy")
    assert word is not None
    assert text[slice(*word.span)] == '"--run-serv\\x69ce-proxy=true"'


def test_a_list_of_objects_is_read() -> None:
    text = f"kind: List\nitems:\n- {CALICO.rstrip().replace(chr(10), chr(10) + '  ')}\n"
    assert [each.__name__ for each in models("a.yaml", text)] == ["CalicoSettings"]
