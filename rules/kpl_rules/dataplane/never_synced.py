"""KPL439."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Document, Finding, Good, Rule, Severity, Stop, dump, files
from kpl.dumps import IpvsDump, mode_of
from kpl.edits import first_line
from kpl.iptables import Ruleset, Table, dumps_in
from kpl.kubeproxy import KubeProxyConfig
from kpl.manifests import Service
from kpl.nft import NftRuleset, NftTable, knows_no_service
from kpl_rules.dataplane._example_cluster import service
from kpl_rules.dataplane._nft import NEW

_DUMP = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-PROXY-CANARY - [0:0]
:KUBE-SERVICES - [0:0]
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-PROXY-CANARY - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
COMMIT
"""
_RULE = (
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" '
    "-m addrtype --dst-type LOCAL -j RETURN\n"
)
_FORWARD_RULE = "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP\n"
_OLD = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    ":KUBE-PROXY-CANARY - [0:0]\n:KUBE-SERVICES - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n"
    "-A OUTPUT -j KUBE-SERVICES\nCOMMIT\n"
)


_EMPTY_NFT = re.sub(
    r"\t\telements = \{[^}]*\}\n|\tchain (?:service|external)-[A-Z2-7]{8}-[^{]*\{[^}]*(?:\}[^}]*)?\t\}\n\n?", "", NEW
)
_NO_SERVERS = (
    "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
)
_IPVS_RULES = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n"
    "-A OUTPUT -j KUBE-SERVICES\n-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT\nCOMMIT\n"
)
_CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: {}\n"
_OTHER_TABLE = (
    "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n\t}\n}\n"
)


class NeverSynced(Rule):
    """kube-proxy's chains are hooked but have no Service, so no Service can be reached through this node.

    ## Why
    kube-proxy creates its chains and the jumps to them first, one by one. It then writes all rules with one
    `iptables-restore`. If that command fails, it writes nothing and kube-proxy tries again later: the chains stay empty.
    Even without Services, `KUBE-SERVICES` has a rule for NodePorts. Common causes are a kernel module or an extension
    that is missing, one rule that the kernel refuses, and a firewall that flushed the chains.

    In nftables mode, kube-proxy writes its table with the first sync. A table with all chains and no element in the maps
    of Services means that kube-proxy knows no Service, or that somebody emptied the maps: every cluster has at
    least the Service `default/kubernetes`.

    The rule reports a complete nat table in which `KUBE-SERVICES` is hooked and has no rule, if `KUBE-FORWARD` in the
    filter table is empty too. It reports tables of nftables if both IP families are empty, if other tables show that
    the listing is complete, or if the cluster has Services of the family. It is silent if another dump of the node has
    the rules, in the other backend for example. It also reports an empty listing of `ipvsadm`, if the rules of the node
    or kube-proxy's configuration show the mode `ipvs`.

    ## Fix
    A dump cannot be fixed. Read the kube-proxy logs: in iptables mode, `Failed to execute iptables-restore` names the
    line of the rule. If kube-proxy knows no Service, it does not reach the API server.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/80407
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/iptables/proxier.go (syncProxyRules)
    """

    code = "KPL439"
    name = "never-synced"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "Ruleset|NftRuleset|IpvsDump"
    examples = [
        Bad(
            dump(_DUMP),
            flags=[":KUBE-SERVICES"],
            says=["`KUBE-SERVICES` is hooked but empty", "Failed to execute iptables-restore"],
        ),
        Good(dump(_DUMP.replace("COMMIT\n*nat", f"{_FORWARD_RULE}COMMIT\n*nat"))),
        Good(dump(_DUMP.removesuffix("COMMIT\n") + _RULE + "COMMIT\n")),
        # nobody comes there
        Good(
            dump(
                _DUMP.replace(
                    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES\n', ""
                ).replace('-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES\n', "")
            )
        ),
        # kube-proxy does not run in this mode
        Good(dump(_DUMP.replace(":KUBE-PROXY-CANARY - [0:0]\n", ""))),
        # without its filter table, and an excerpt
        Good(dump(_OLD)),
        Good(dump(_DUMP.replace("COMMIT\n", ""))),
        # the other backend has them
        Good(
            files(
                **{
                    "node-1-legacy.iptables": _DUMP,
                    "node-1.iptables": _DUMP.removesuffix("COMMIT\n") + _RULE + "COMMIT\n",
                }
            )
        ),
        # nftables
        Bad(
            {"node.nft": _EMPTY_NFT + _EMPTY_NFT.replace("table ip", "table ip6")},
            flags=["kube-proxy"],
            says=["the maps of this table have no Service, so this node forwards no Service"],
        ),
        Bad({"node.nft": _EMPTY_NFT + _OTHER_TABLE}, flags=["kube-proxy"]),
        Bad(files(**{"node.nft": _EMPTY_NFT, "service.yaml": service()}), flags=["kube-proxy"]),
        # the other family has them; the only table of the listing, which may be of the family that is not used
        Good({"node.nft": _EMPTY_NFT.replace("table ip", "table ip6") + NEW}),
        Good({"node.nft": _EMPTY_NFT}),
        Good(files(**{"node.nft": _EMPTY_NFT.replace("table ip", "table ip6"), "service.yaml": service()})),
        # printed without elements, by `nft -t`
        Good({"node.nft": re.sub(r"\t\telements = \{[^}]*\}\n", "", NEW) + _OTHER_TABLE}),
        # mode ipvs
        Bad(
            files(**{"node.ipvs": _NO_SERVERS, "config.yaml": _CONFIG.format("ipvs")}),
            flags=["IP Virtual Server version 1.2.1 (size=4096)"],
            says=["no virtual server although kube-proxy runs in mode `ipvs`"],
            other=["proxy-mode-removed-or-deprecated"],
        ),
        Bad(
            files(**{"node-1.ipvs": _NO_SERVERS, "node-1.iptables": _IPVS_RULES}),
            flags=["IP Virtual Server version 1.2.1 (size=4096)"],
        ),
        Good(files(**{"node-1.ipvs": _NO_SERVERS, "node-2.iptables": _IPVS_RULES})),
        Good(files(**{"node.ipvs": _NO_SERVERS, "config.yaml": _CONFIG.format("iptables")})),
        Good(
            files(
                **{
                    "node.ipvs": _NO_SERVERS + "TCP  10.96.0.1:443 rr\n  -> 192.0.2.10:6443 Masq 1 0 0\n",
                    "config.yaml": _CONFIG.format("ipvs"),
                }
            ),
            other=["proxy-mode-removed-or-deprecated"],
        ),
        Good(
            files(**{"node.ipvs": _NO_SERVERS + "TCP  10.9", "config.yaml": _CONFIG.format("ipvs")}),
            other=["listing-cut-short", "proxy-mode-removed-or-deprecated"],
        ),
        # another dump of the node has them
        Good(
            files(
                **{
                    "node-1.nft": _EMPTY_NFT + _OTHER_TABLE,
                    "node-1.iptables": _DUMP.removesuffix("COMMIT\n") + _RULE + "COMMIT\n",
                }
            )
        ),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if isinstance(document.model, Ruleset):
            yield from self._of_iptables(document.model, document, cluster)
        elif isinstance(document.model, NftRuleset):
            yield from self._of_nftables(document.model, document, cluster)
        elif isinstance(document.model, IpvsDump):
            yield from self._of_ipvs(document.model, document, cluster)

    def _of_ipvs(self, dump: IpvsDump, document: Document, cluster: Cluster) -> Iterator[Finding]:
        is_listing = bool(dump.tables) and "IP Virtual Server version" in dump.text and not dump.unread
        if is_listing and not any(table.servers for table in dump.tables) and _runs_ipvs(document, cluster):
            yield self.finding(
                first_line(dump.text),
                "this listing has no virtual server although kube-proxy runs in mode `ipvs`, so this node forwards no Service "
                "unless the listing was cut here",
                help="Read the kube-proxy logs on this node, and restart kube-proxy.",
                confidence=Confidence.MEDIUM,
            )

    def _of_nftables(self, ruleset: NftRuleset, document: Document, cluster: Cluster) -> Iterator[Finding]:
        own = [table for table in ruleset.tables if table.name == "kube-proxy"]
        if not own or not all(knows_no_service(table) for table in own):
            return
        shown = len(own) > 1 or len(ruleset.tables) > len(own) or _has_services(cluster, own[0])
        if not shown or any(_has_rules(each.model) for each in cluster.of_node(document) if each.kind == "Ruleset"):
            return
        yield self.finding(
            ruleset.declaration(own[0]),
            "the maps of this table have no Service, so this node forwards no Service: kube-proxy knows none, or somebody "
            "emptied the maps",
            help="Read the kube-proxy logs on this node, and restart kube-proxy.",
        )

    def _of_iptables(self, ruleset: Ruleset, document: Document, cluster: Cluster) -> Iterator[Finding]:
        for tables in ruleset.whole_dumps():
            nat, filtered = tables.get("nat"), tables.get("filter")
            if nat is None or filtered is None or not (_is_hooked_and_empty(nat) and _is_empty(filtered)):
                continue
            if any(_has_rules(each.model) for each in cluster.of_node(document) if each.kind == "Ruleset"):
                return
            yield self.finding(
                nat.declaration("KUBE-SERVICES"),
                "`KUBE-SERVICES` is hooked but empty, so this node forwards no Service: kube-proxy never wrote its rules",
                help="Read the kube-proxy logs on this node for `Failed to execute iptables-restore`.",
            )


def _is_hooked_and_empty(nat: Table) -> bool:
    hooks = {nat.chain[row] for row in nat.jumps_to.get("KUBE-SERVICES", ())}
    is_empty = "KUBE-SERVICES" in nat.chains and "KUBE-SERVICES" not in nat.rules_of
    return is_empty and "KUBE-PROXY-CANARY" in nat.chains and not hooks.isdisjoint(("PREROUTING", "OUTPUT"))


def _is_empty(filtered: Table) -> bool:
    return "KUBE-FORWARD" in filtered.chains and "KUBE-FORWARD" not in filtered.rules_of


def _has_rules(ruleset: Ruleset) -> bool:
    return any("KUBE-SERVICES" in table.rules_of for table in ruleset.tables)


def _runs_ipvs(document: Document, cluster: Cluster) -> bool:
    """Whether the rules of iptables on the node are those of mode ipvs, or the only configuration has this mode."""
    rulesets = [each.model for each in cluster.of_node(document) if isinstance(each.model, Ruleset)]
    if rulesets:
        return any(mode_of(dump) == "ipvs" for ruleset in rulesets for dump in dumps_in(ruleset))
    return [config.mode for _, config in cluster.of(KubeProxyConfig)] == ["ipvs"]


def _has_services(cluster: Cluster, table: NftTable) -> bool:
    """Whether the cluster has Services with a cluster IP of the family of `table`."""
    is_of_family = (
        ":" in service.cluster_ip for _, service in cluster.of(Service) if service.live and not service.headless
    )
    return any(found == (table.family == "ip6") for found in is_of_family)
