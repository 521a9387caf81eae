from __future__ import annotations

from kpl.inputs.dumps.ipset import parse_ipset
from kpl.inputs.dumps.ipvs import parse_ipvs
from kpl.proxy.dumps.nodes import NodesOfDumps
from kpl.proxy.ipvs.sets import Frontend, KubeSets, sets_of_node
from kpl.proxy.ipvs.states import node_states
from kpl.proxy.node.state import Destination, Endpoint
from support import readings

IPVS = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  10.96.0.7:443 rr persistent 10800
  -> 10.244.1.5:8443              Masq    1      0          0
  -> 10.244.2.9:8443              Masq    1      0          0
  -> 10.244.2.8:8443              Masq    0      3          0
TCP  192.168.0.11:30443 rr
  -> 10.244.1.5:8443              Masq    1      0          0
TCP  192.168.0.12:30443 rr
  -> 10.244.1.5:8443              Masq    1      0          0
TCP  203.0.113.7:443 rr
  -> 10.244.1.5:8443              Masq    1      0          0
TCP  198.51.100.9:443 rr
TCP  169.254.0.1:80 wrr
  -> 10.0.0.1:80                  Masq    3      0          0
  -> 10.0.0.2:80                  Masq    1      0          0
UDP  [fd00::a]:53 rr
  -> [fd00::1:5]:53               Masq    1      0          0
FWM  7 rr
"""


def sets(**members: str) -> str:
    """The sets of a node as ipset saves them: name (without prefix, with underscores) and members."""
    types = {
        "NODE-PORT-TCP": "bitmap:port",
        "NODE-PORT-UDP": "bitmap:port",
        "LOAD-BALANCER-SOURCE-CIDR": "hash:ip,port,net",
    }
    lines = []
    for name in dict.fromkeys(
        (
            "CLUSTER-IP",
            "EXTERNAL-IP",
            "LOAD-BALANCER",
            "NODE-PORT-TCP",
            "NODE-PORT-UDP",
            *(each.replace("_", "-") for each in members),
        )
    ):
        lines.append(f"create KUBE-{name} {types.get(name, 'hash:ip,port')}")
        lines += (f"add KUBE-{name} {each}" for each in members.get(name.replace("-", "_"), "").split())
    return "\n".join([*lines, ""])


SETS = sets(
    CLUSTER_IP="10.96.0.7,tcp:443",
    NODE_PORT_TCP="30443",
    LOAD_BALANCER="203.0.113.7,tcp:443",
    LOAD_BALANCER_LOCAL="203.0.113.7,tcp:443",
    LOAD_BALANCER_SOURCE_CIDR="203.0.113.7,tcp:443,192.0.2.0/24 203.0.113.7,tcp:443,10.0.0.0/8",
    EXTERNAL_IP="198.51.100.9,tcp:443",
)


def test_without_sets_every_address_is_a_cluster_ip() -> None:
    four, six = node_states(parse_ipvs(IPVS))
    assert (four.ip_family, six.ip_family) == (4, 6)
    assert [(each.cluster_ip, each.port) for each in four.ports][:2] == [("10.96.0.7", 443), ("192.168.0.11", 30443)]
    assert (six.ports[0].protocol, six.ports[0].cluster_ip, six.ports[0].port) == ("UDP", "fd00::a", 53)
    web = four.ports[0]
    assert (web.name, web.affinity_seconds) == (None, 10800)
    # the third one is draining
    assert web.internal.endpoints == [Endpoint("10.244.1.5", 8443, 0.5), Endpoint("10.244.2.9", 8443, 0.5)]


def test_the_last_listing_counts() -> None:
    later = IPVS.partition("TCP ")[0] + "TCP  10.96.0.9:80 rr\n"
    assert [each.cluster_ip for each in node_states(parse_ipvs(IPVS + later))[0].ports] == ["10.96.0.9"]
    assert node_states(parse_ipvs("")) == []


def test_sets_tell_what_an_address_is() -> None:
    four = node_states(parse_ipvs(IPVS), KubeSets(parse_ipset(SETS)))[0]
    web, node_port, balancer, external, foreign = four.ports
    one = [Endpoint("10.244.1.5", 8443, 1.0)]
    assert (web.cluster_ip, web.external) == ("10.96.0.7", None)
    assert (node_port.node_port, node_port.cluster_ip, node_port.external) == (30443, None, Destination(one))
    assert (balancer.load_balancer_ips, balancer.source_ranges) == (["203.0.113.7"], ["10.0.0.0/8", "192.0.2.0/24"])
    assert balancer.external == Destination(one, local=True)
    assert (external.external_ips, external.no_endpoints) == (["198.51.100.9"], True)
    assert foreign.internal.endpoints == [Endpoint("10.0.0.1", 80, 0.75), Endpoint("10.0.0.2", 80, 0.25)]


def test_a_set_that_is_cut_is_not_complete() -> None:
    assert KubeSets(parse_ipset(SETS)).is_complete(4)
    assert not KubeSets(parse_ipset(SETS)).is_complete(6)
    assert not KubeSets(parse_ipset(SETS.replace("create KUBE-EXTERNAL-IP ", "create X "))).is_complete(4)
    listed = "".join(
        f"Name: KUBE-{name}\nType: hash:ip,port\nNumber of entries: {count}\nMembers:\n"
        for name, count in (
            ("CLUSTER-IP", 1),
            ("EXTERNAL-IP", 0),
            ("LOAD-BALANCER", 0),
            ("NODE-PORT-TCP", 0),
            ("NODE-PORT-UDP", 0),
        )
    )
    assert not KubeSets(parse_ipset(listed)).is_complete(4)
    assert KubeSets(parse_ipset(listed.replace("entries: 1", "entries: 0"))).is_complete(4)


def test_the_sets_of_the_second_family_have_names_of_their_own() -> None:
    found = KubeSets(parse_ipset("create KUBE-6-CLUSTER-IP hash:ip,port\nadd KUBE-6-CLUSTER-IP fd00::a,udp:53\n"))
    assert found.is_known(Frontend("UDP", "fd00::a", 53))
    assert not found.is_known(Frontend("TCP", "fd00::a", 53))


def test_sets_belong_to_the_only_listing_of_their_folder() -> None:
    def beside(*paths: str) -> list[bool]:
        files = {path: IPVS if path.endswith(".ipvs") else SETS for path in paths}
        documents = [document for reading in readings(files) for document in reading.documents]
        return [
            sets_of_node(NodesOfDumps(documents).of(each)) is not None
            for each in documents
            if each.path.endswith(".ipvs")
        ]

    assert beside("a/node.ipvs", "a/node.ipset", "b/node.ipvs") == [True, False]
    assert beside("a/one.ipvs", "a/two.ipvs", "a/node.ipset") == [False, False]
    assert beside("a/node.ipvs", "a/one.ipset", "a/two.ipset") == [False]
