"""What a file holds for kpl: recognised by its name and by its content, and never a reason to stop."""

from __future__ import annotations

import pytest

from kpl.inputs.corefile.model import Corefile
from kpl.inputs.document import ParseFailure
from kpl.inputs.dumps.ipset import IpsetDump
from kpl.inputs.dumps.ipvs import IpvsDump
from kpl.inputs.dumps.nftables import NftRuleset
from kpl.inputs.dumps.ruleset import Ruleset
from kpl.inputs.evidence.conntrack import ConntrackDump
from kpl.inputs.evidence.ipvsconnections import IpvsConnections
from kpl.inputs.evidence.resolvconf import ResolvConf
from kpl.inputs.objects.endpointslices import EndpointSlice
from kpl.inputs.objects.kubeproxy import KubeProxyConfig
from kpl.inputs.objects.nodes import NodeObject
from kpl.inputs.objects.services import Service
from kpl.inputs.objects.workloads import Workload
from samples import COREFILE, DUMP, POD, PROXY, TEMPLATE, config_map, documents, indented, models

IPVS = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\nTCP  10.96.0.1:443 rr\n"
SETS = "Name: KUBE-CLUSTER-IP\nType: hash:ip,port\nMembers:\n10.96.0.1,tcp:443\n"
COUNTERS = "cpu=0   \tfound=0 invalid=0 insert=0 insert_failed=0 drop=0 early_drop=0 error=0 search_restart=0 \n"
CONNECTION = "TCP 14:59  ESTABLISHED 10.244.1.5:40000   10.96.0.10:53      10.244.0.2:53\n"
NFT = "table ip kube-proxy {\n\tchain services {\n\t}\n}\n"
NFT_CHAIN = "  chain service-2QRHZV4L-default/kubernetes/tcp/https {\n  }\n"
NFT_JSON = ' {"nftables": [{"table": {"family": "ip", "name": "kube-proxy", "handle": 3}}]}'
NFT_SCRIPT = """\
#!/usr/sbin/nft -f
flush ruleset
define lan = { 10.0.0.0/8, 192.168.0.0/16 }

table inet filter {
  set seen { type ipv4_addr; flags dynamic; }
  chain input {
    type filter hook input priority 0; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    ip saddr $lan tcp dport { 22, 80 } accept comment "lan"
    meta mark set 0x1 goto nowhere
  }
}
"""


@pytest.mark.parametrize(
    ("name", "text", "model"),
    [
        ("Corefile", COREFILE, Corefile),
        ("Corefile.prod", COREFILE, Corefile),
        ("corefile-edge", COREFILE, Corefile),
        ("dns.corefile", COREFILE, Corefile),
        ("corp.server", COREFILE, Corefile),
        ("log.override", "log\n", Corefile),
        ("pod.yaml", POD, Workload),
        ("pod.yml", POD, Workload),
        ("pod.json", '{"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}}', Workload),
        ("config.yaml", PROXY, KubeProxyConfig),
        ("svc.yaml", "kind: Service\nmetadata: {name: s}\n", Service),
        ("slice.yaml", "kind: EndpointSlice\nendpoints: [{}, {}]\n", EndpointSlice),
        ("node.yaml", "kind: Node\nmetadata: {name: n}\n", NodeObject),
        ("node1.iptables", DUMP, Ruleset),
        ("rules.v4", DUMP, Ruleset),
        ("dump.txt", DUMP, Ruleset),
        ("iptables-save", DUMP, Ruleset),
        ("node.ipvs", IPVS, IpvsDump),
        ("node.txt", IPVS, IpvsDump),
        ("ip_vs", IPVS, IpvsDump),
        ("node.dump", "-A -t 10.96.0.1:443 -s rr\n", IpvsDump),
        ("node.ipset", SETS, IpsetDump),
        ("ipset-list", SETS, IpsetDump),
        ("node.out", "create KUBE-CLUSTER-IP hash:ip,port family inet\n", IpsetDump),
        ("node.conntrack", COUNTERS, ConntrackDump),
        ("nf_conntrack", "entries  clashres found new\n", ConntrackDump),
        ("node.txt", "udp      17 29 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=53 src=\n", ConntrackDump),
        ("ip_vs_conn", CONNECTION, IpvsConnections),
        ("node.txt", CONNECTION, IpvsConnections),
        ("resolv.conf", "nameserver 10.96.0.10\n", ResolvConf),
        ("pod.resolv.conf", "search cluster.local\n", ResolvConf),
        ("node.nft", NFT, NftRuleset),
        ("ruleset.txt", "# Warning: table ip nat is managed by iptables-nft, do not touch!\n" + NFT, NftRuleset),
        ("node.dump", NFT, NftRuleset),
        ("chain.nft", NFT_CHAIN, NftRuleset),
        ("firewall.nft", NFT_SCRIPT, NftRuleset),
        ("node.nft.json", NFT_JSON, NftRuleset),
        ("node.json", NFT_JSON, NftRuleset),
        ("node.nft", NFT_JSON, NftRuleset),
    ],
)
def test_a_file_in_a_folder_is_known_by_its_name(name: str, text: str, model: type) -> None:
    assert models(f"some/where/{name}", text) == [model]


@pytest.mark.parametrize(
    ("text", "model"),
    [
        (COREFILE, Corefile),
        (POD, Workload),
        (PROXY, KubeProxyConfig),
        (DUMP, Ruleset),
        (IPVS, IpvsDump),
        (SETS, IpsetDump),
        (COUNTERS, ConntrackDump),
        (CONNECTION, IpvsConnections),
        ("nameserver 10.96.0.10\n", ResolvConf),
        (NFT, NftRuleset),
        (NFT_CHAIN, NftRuleset),
        (NFT_JSON, NftRuleset),
    ],
)
def test_a_file_that_the_user_named_is_known_by_its_content(text: str, model: type) -> None:
    assert models("<stdin>", text, named=True) == [model]
    assert models("whatever", text, named=False) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", COREFILE),
        ("notes.txt", "hello\n"),
        (
            "notes.txt",
            "TCP 10.0.0.1:80 is closed\nName: KUBE\nThe cpu=0 line shows found=1\nrouted with src=1.2.3.4 dst=2\n",
        ),
        ("notes.txt", "nameserver 10.96.0.10\n"),
        ("resolv.conf", "no word of it\n"),
        ("api.dump", "create table t (a int);\nadd column b\n"),
        ("game.server", "port = 1\n"),
        ("commands.nft", "add table ip filter\nadd chain ip filter input\n"),
        ("report.txt", "the table ip kube-proxy {\n"),
        ("systemd.override", "[Service]\nExecStart=/bin/x\n"),
        ("values.yaml", "a: 1\n"),
        ("map.yaml", config_map("hello", key="greeting")),
        ("crd.yaml", "kind: CustomResourceDefinition\nspec:\n  template: {spec: {containers: [{name: c}]}}\n"),
        ("package.json", '{"name": "x", "servers": []}'),
        ("binary.yaml", b"kind: Pod\x00\x01"),
        ("empty.yaml", ""),
    ],
)
def test_what_is_not_for_kpl_is_left_alone(name: str, text: str | bytes) -> None:
    assert documents(name, text) == []


@pytest.mark.parametrize(
    "text",
    [
        b"\x00GITCRYPT\x00abcdef",
        "kind: ConfigMap\ndata:\n  Corefile: ENC[AES256_GCM,data:abc,iv:def,tag:g,type:str]\nsops:\n  mac: ENC[AES256_GCM,x]\n",
        '{"kind": "ConfigMap", "data": {"Corefile": "ENC[AES256_GCM,data:abc]"}, "sops": {"mac": "ENC[AES256_GCM,x]"}}',
    ],
)
def test_encrypted_files_are_skipped_silently(text: str | bytes) -> None:
    assert documents("secret.yaml", text, named=True) == []


def test_a_sealed_secret_beside_it_hides_no_corefile() -> None:
    assert models(
        "a.yaml", "kind: Secret\nstringData: {a: sops}\n---\n" + config_map("|\n" + indented(COREFILE, 4))
    ) == [Corefile]


ESCAPED = COREFILE.replace("\n", "\\n")


@pytest.mark.parametrize(
    "scalar",
    [
        "|\n" + indented(COREFILE, 4),
        "|-\n" + indented(COREFILE, 4),
        "|+\n" + indented(COREFILE, 4) + "\n",
        "|2\n" + indented(COREFILE, 4),
        ">\n" + indented(COREFILE, 4),
        f'"{ESCAPED}"\n',
        "'" + COREFILE.strip().replace("\n", "\n\n    ") + "'\n",
        "&it |\n" + indented(COREFILE, 4),
        "!!str |\n" + indented(COREFILE, 4),
        "|\n" + indented(COREFILE, 4).rstrip("\n"),
    ],
    ids=["|", "|-", "|+", "|2", ">", "double", "single", "anchor", "tag", "no last line end"],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_config_map_holds_a_corefile_in_any_scalar(scalar: str, newline: str) -> None:
    (document,) = documents("cm.yaml", config_map(scalar).replace("\n", newline))
    assert isinstance(document.model, Corefile)
    assert [str(each.name) for each in document.model.servers[0].directives] == ["errors", "forward"]
    assert (document.name, document.namespace, document.key) == ("coredns", "kube-system", "Corefile")
    span = document.embedding.host_span(document.model.servers[0].directives[1].name.span)
    assert document.source.text[slice(*span)] == "forward"


@pytest.mark.parametrize(
    ("key", "text", "found"),
    [
        ("Corefile.prod", COREFILE, 1),
        ("corp.server", COREFILE, 1),
        ("log.override", "log\n", 1),
        ("game.server", "port 1\n", 0),
        ("nginx.conf", COREFILE, 0),
    ],
)
def test_keys_of_a_config_map_are_known_by_name(key: str, text: str, found: int) -> None:
    assert models("cm.yaml", config_map("|\n" + indented(text, 4), key)) == [Corefile] * found


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        *((kind, "spec:\n  " + TEMPLATE) for kind in ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet")),
        ("CronJob", "spec:\n  jobTemplate:\n    spec:\n      " + TEMPLATE.replace("\n", "\n    ")),
        ("Rollout", "spec:\n  " + TEMPLATE),
        ("PodTemplate", TEMPLATE),
        ("Pod", "spec:\n  containers:\n  - name: c\n"),
    ],
)
def test_whatever_embeds_a_pod_template_is_a_workload(kind: str, spec: str) -> None:
    (document,) = documents("w.yaml", f"apiVersion: a/v1\nkind: {kind}\nmetadata: {{name: w}}\n{spec}")
    assert isinstance(document.model, Workload)
    assert document.model.title == f"{kind}/w"
    assert [each.name for each in document.model.containers] == ["c"]


def test_a_list_is_its_items() -> None:
    items = [POD, config_map(f'"{ESCAPED}"')]
    text = "kind: List\nitems:\n" + "".join(f"- {indented(each, 2).strip()}\n" for each in items)
    assert models("list.yaml", text) == [Workload, Corefile]
    service = "kind: ServiceList\nitems:\n- {kind: Service}\n- {kind: Service}\n"
    assert models("list.yaml", service) == [Service, Service]


def test_one_broken_document_hides_no_neighbour() -> None:
    text = POD + "---\nkind: Service\nspec: [\n---\n" + POD
    found = documents("many.yaml", text)
    assert [type(each.model) for each in found] == [Workload, ParseFailure, Workload]
    assert found[1].model.what == "YAML"
    assert text.index("kind: Service") < found[1].model.span.start < text.rindex("---") + 3


def test_a_broken_corefile_in_a_config_map_is_one_failure_at_its_place() -> None:
    text = config_map("|\n    . {\n        errors\n  other: 1\n")
    (document,) = documents("cm.yaml", text)
    assert isinstance(document.model, ParseFailure)
    assert document.model.what == "Corefile"
    assert text[slice(*document.embedding.host_span(document.model.span))] == "s"


@pytest.mark.parametrize(
    "text",
    [
        PROXY,
        "kind: ClusterConfiguration\napiVersion: kubeadm.k8s.io/v1beta4\n---\n" + PROXY,
        config_map("|-\n" + indented(PROXY, 4), "config.conf"),
        config_map('"' + PROXY.replace("\n", "\\n") + '"\n', "config.conf"),
    ],
    ids=["raw", "kubeadm", "config.conf", "kubectl edit"],
)
def test_kube_proxy_configurations_are_found_wherever_they_lie(text: str) -> None:
    (document,) = [each for each in documents("proxy.yaml", text) if isinstance(each.model, KubeProxyConfig)]
    mode = document.model.mode
    assert mode == "ipvs"
    assert mode is not None
    assert text[slice(*document.embedding.host_span(mode.span))] == "ipvs"
