"""Which dumps are of one node, by their names."""

from __future__ import annotations

import pytest

from kpl.cluster import Cluster
from kpl.proxy.dumps.nodes import DumpName, NodesOfDumps, dump_name
from support import readings

IPTABLES = "*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n"
SETS = "create KUBE-CLUSTER-IP hash:ip,port family inet\n"
SERVERS = "IP Virtual Server version 1.2.1 (size=4096)\n"
TEXTS = {"tables": IPTABLES, "ipset": SETS, "ipvs": SERVERS, "nodes": "kind: Node\nmetadata: {name: node-1}\n"}


@pytest.mark.parametrize(
    ("path", "node", "command"),
    [
        ("node-1.iptables", "node-1", ("iptables",)),
        ("node-1.IPTABLES", "node-1", ("iptables",)),
        ("node-1.iptables.gz", "node-1", ("iptables",)),
        ("node-1.ip6tables", "node-1", ("ip6tables",)),
        ("node-1-legacy.iptables", "node-1", ("iptables", "legacy")),
        ("node-1_nft.iptables", "node-1", ("iptables", "nft")),
        ("node-1-iptables-legacy-save.txt", "node-1", ("iptables", "legacy")),
        ("iptables-save-node-1.txt", "node-1", ("iptables",)),
        ("ip-10-0-1-2.ec2.internal.ipvs", "ip-10-0-1-2.ec2.internal", ("ipvs",)),
        ("node-1-ipset-list.out", "node-1", ("ipset",)),
        ("node-1.nft", "node-1", ("nft",)),
        # a node may be called so, a set has no backends
        ("legacy.iptables", "legacy", ("iptables",)),
        ("pool-legacy.ipset", "pool-legacy", ("ipset",)),
        # the folder is the node's
        ("iptables-save.txt", "", ("iptables",)),
        ("iptables-save_-c", "", ("iptables",)),
        ("iptables-nat.txt", "", ("iptables", "nat")),
        ("iptables_-t_filter_-nvL", "", ("iptables", "filter")),
        ("ip6tablessave", "", ("ip6tables",)),
        ("ipvsadm_-Ln", "", ("ipvs",)),
        ("nft_list_ruleset", "", ("nft",)),
        ("conntrack_-L_-o_extended", "", ("conntrack",)),
        # no command, or nobody knows which part is the node
        ("node-1.txt", None, ()),
        ("myipset.txt", None, ()),
        ("old-iptables-node-1.txt", None, ()),
        ("", None, ()),
        (".", None, ()),
        ("a" * 300 + ".iptables", None, ()),
    ],
)
def test_the_name_of_a_dump(path: str, node: str | None, command: tuple[str, ...]) -> None:
    assert dump_name(path) == DumpName("", node, command)
    assert dump_name(f"nodes/{path}") == DumpName("nodes", node, command)


def test_sos_has_a_folder_for_each_plugin() -> None:
    assert dump_name("case/host/sos_commands/conntrack/conntrack_-S") == DumpName("case/host", "", ("conntrack",))
    assert dump_name("case/host/commands/conntrack/conntrack_-S").folder == "case/host/commands/conntrack"


def of_node(path: str, *others: str) -> set[str]:
    """The files of the node of `path` among all."""
    files = {
        each: next(text for word, text in TEXTS.items() if word in each.rpartition("/")[2]) for each in (path, *others)
    }
    cluster = Cluster([document for reading in readings(files) for document in reading.documents])
    dump = next(each for each in cluster.documents if each.path == path)
    return {each.path for each in cluster.of_node(dump)}


def test_files_with_the_name_of_a_node_are_put_together() -> None:
    files = ("node-1.iptables", "node-1-legacy.iptables", "node-1.ip6tables", "node-1.ipset", "node-1.ipvs")
    assert of_node(*files, "node-10.ipset", "node-2.ipvs") == {*files}


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("node-1.ipvs", "node-10.ipset"),
        ("node-1.ipvs", "node-1-2.ipset"),
        ("node-1.ipvs", "xnode-1.ipset"),
        ("before.ipvs", "after.ipset"),
        ("node-1-before.ipvs", "node-1-after.ipset"),
        ("prod/node-1.ipvs", "staging/node-1.ipset"),
        ("before/ipvsadm.txt", "after/ipset.txt"),
        ("n/a/sos_commands/ipvsadm.txt", "n/b/sos_commands/ipset.txt"),
        # two takes of one node, or two nodes
        ("node-1.iptables", "node-1.iptables-save"),
        ("node-1.iptables", "node-1-iptables.txt"),
        ("iptables-save.txt", "iptables.txt"),
    ],
)
def test_look_alikes_are_not(path: str, other: str) -> None:
    assert of_node(path, other) == {path}
    assert of_node(other, path) == {other}


def test_a_folder_without_other_nodes_is_one_node() -> None:
    assert of_node("n/ipvs", "n/ipset.txt", "n/nodes.yaml") == {"n/ipvs", "n/ipset.txt", "n/nodes.yaml"}
    assert of_node("n/a.ipvs", "n/ipset.txt", "n/b.iptables") == {"n/a.ipvs"}
    assert of_node("n/ipset.txt", "n/a.ipvs", "n/b.iptables", "n/iptables.txt") == {"n/ipset.txt", "n/iptables.txt"}
    assert of_node("n/sos_commands/x/ipvsadm_-Ln", "n/sos_commands/y/ipset_list") == {
        "n/sos_commands/x/ipvsadm_-Ln",
        "n/sos_commands/y/ipset_list",
    }


def test_dumps_in_one_file_are_of_one_node() -> None:
    servers = SERVERS + "TCP  10.96.0.7:443 rr\n"
    files = readings({"one.txt": SETS + servers, "two.txt": SETS + servers})
    cluster = Cluster([document for reading in files for document in reading.documents])
    own = [each for each in cluster.documents if each.path == "one.txt"]
    assert [each.kind for each in own] == ["IpsetDump", "IpvsDump"]
    assert all(cluster.of_node(each) == own for each in own)


def test_dumps_without_a_name_are_of_the_node_that_is_told() -> None:
    files = {"one/rules.txt": "*nat\nCOMMIT\n", "other/tables.txt": "table inet filter {\n}\n"}

    def of(told: str | None, **more: str) -> list[str]:
        documents = [each for reading in readings({**files, **more}) for each in reading.documents]
        return [each.path for each in NodesOfDumps(documents, told).of(documents[0])]

    assert of(None) == ["one/rules.txt"]
    assert of("node-1") == list(files)
    # a dump with the name of another node, and the same command twice
    assert of("node-1", **{"node-2.nft": files["other/tables.txt"]}) == list(files)
    assert of("node-1", **{"save.txt": files["one/rules.txt"]}) == ["one/rules.txt"]
