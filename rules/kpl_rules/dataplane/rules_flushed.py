"""KPL457."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Document, Finding, Good, Rule, Severity, Stop, dump, files
from kpl.dumps import is_dump
from kpl.iptables import Ruleset, Table, legacy_warning
from kpl.kubeproxy import KubeProxyConfig
from kpl.nft import NftRuleset, agents_of_tables, is_flushed
from kpl.testing import node_dump
from kpl_rules.dataplane._nft import NEW, listed

_CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: {}\n"
_FILTER, _, _NAT = node_dump().partition("*nat\n")
_EMPTY_NAT = "*nat\n" + re.sub(r"^-A .*\n", "", _NAT, flags=re.MULTILINE)
_NAT_FLUSHED = _FILTER + _EMPTY_NAT
_FLUSHED = re.sub(r"^-A .*\n", "", _FILTER, flags=re.MULTILINE) + _EMPTY_NAT
_FLUSHED_NFT = re.sub(r"^(\tchain .*\n(?:\t\ttype .*\n)?)(?:\t\t.*\n)*", r"\1", NEW, flags=re.MULTILINE)
_OTHER_TABLE = (
    "table ip cni_hostport {\n\tchain hostports {\n\t}\n}\ntable inet filter {\n\tchain input {\n"
    "\t\ttype filter hook input priority filter; policy accept;\n\t}\n}\n"
)


class RulesFlushed(Rule):
    """kube-proxy's chains lost their rules, or its table is gone, so this node forwards no Service.

    ## Why
    A firewall, a script or an administrator deletes all rules: `iptables -F`, `iptables -t nat -F`,
    `nft flush ruleset`, or a restart of the service `nftables`, whose file begins with `flush ruleset`. In iptables mode,
    kube-proxy notices only that its chain `KUBE-PROXY-CANARY` in the mangle table is gone; in nftables mode, only that a
    sync fails. Otherwise it writes all rules again after up to an hour (Kubernetes 1.33 and later), but before 1.33, and
    in iptables mode with more than 1,000 endpoints in 1.37, not without such an event. Until then every connection to a
    Service fails or goes to a wrong target.

    The rule reports a nat table whose `KUBE-SERVICES` is empty while `KUBE-FORWARD` of the filter table has its rules,
    and tables in which all chains of kube-proxy are empty. It also reports a listing of nftables without kube-proxy's
    table if kube-proxy's configuration has `mode: nftables` and other programs of Kubernetes have tables in it. It is
    silent if another dump of the node has the Services.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node: it writes all rules when it starts. Then find out what
    flushed them, and load the firewall's rules without `flush ruleset`.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/util/iptables/iptables.go (Monitor)
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/iptables/proxier.go (syncProxyRules)
    - https://github.com/kubernetes/kubernetes/issues/129128
    - https://man7.org/linux/man-pages/man8/nft.8.html (flush ruleset)
    """

    code = "KPL457"
    name = "rules-flushed"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "Ruleset|NftRuleset"
    examples = [
        Bad(
            dump(_NAT_FLUSHED),
            flags=[":KUBE-SERVICES"],
            says=["`KUBE-SERVICES` has no rules, although `KUBE-FORWARD` has", "Restart kube-proxy"],
            other=["stale-service-chain"],
        ),
        Bad(
            dump(_FLUSHED),
            flags=[":KUBE-SERVICES"],
            says=["all chains of kube-proxy are empty"],
            severities=[Severity.WARNING],
            other=["stale-service-chain", "source-ranges-not-enforced"],
        ),
        Good(dump(node_dump())),
        Bad(
            dump(_FILTER + re.sub(r"^:KUBE-.*\n", "", _EMPTY_NAT, flags=re.MULTILINE)),
            flags=[":KUBE-FORWARD"],
            says=["the nat table has no chain `KUBE-SERVICES`"],
            other=["source-ranges-not-enforced"],
        ),
        # without Services, for example in the IP family that the cluster does not use
        Good(
            dump(_FILTER + re.sub(r"^:KUBE-(?!SERV|PROXY).*\n", "", _EMPTY_NAT, flags=re.MULTILINE)),
            other=["source-ranges-not-enforced"],
        ),
        # kube-proxy does not run in this mode, or another program does its work
        Good(
            dump(_NAT_FLUSHED.replace(":KUBE-PROXY-CANARY - [0:0]\n", "")),
            other=["stale-service-chain"],
        ),
        Good(
            dump(_FLUSHED.replace(":KUBE-PROXY-CANARY", ":CILIUM_FORWARD - [0:0]\n:KUBE-PROXY-CANARY")),
            other=["stale-service-chain", "source-ranges-not-enforced"],
        ),
        Good(
            files(**{"node-1.iptables": _NAT_FLUSHED, "node-1.nft": NEW}),
            other=["stale-service-chain"],
        ),
        Good(
            files(**{"node-1.iptables": _NAT_FLUSHED, "node-1-legacy.iptables": node_dump()}),
            other=["stale-service-chain"],
        ),
        Good(dump(_NAT_FLUSHED + node_dump()), other=["stale-service-chain"]),
        # the rules may be in the other backend
        Good(
            dump(f"# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n{_FLUSHED}"),
            other=["stale-service-chain", "source-ranges-not-enforced", "two-backends"],
        ),
        # without the filter table, which would show it
        Good(dump(_EMPTY_NAT), other=["stale-service-chain"]),
        # nftables
        Bad(
            listed(_FLUSHED_NFT),
            flags=["kube-proxy"],
            says=["all chains of this table are empty, so this node forwards no Service"],
        ),
        Good(listed(NEW)),
        Good(listed(_FLUSHED_NFT.removesuffix("}\n")), other=["nft-dump-cut-short"]),
        Bad(
            files(**{"node-1.nft": _OTHER_TABLE, "config.yaml": _CONFIG.format("nftables")}),
            flags=["cni_hostport"],
            says=["this listing has no table `kube-proxy`, although kube-proxy's configuration has `mode: nftables`"],
            severities=[Severity.WARNING],
        ),
        Good(files(**{"node-1.nft": _OTHER_TABLE, "config.yaml": _CONFIG.format("iptables")})),
        Good(files(**{"node-1.nft": _OTHER_TABLE + NEW, "config.yaml": _CONFIG.format("nftables")})),
        Good(
            files(
                **{
                    "node-1.nft": _OTHER_TABLE,
                    "node-1.iptables": "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n",
                    "config.yaml": _CONFIG.format("nftables"),
                }
            )
        ),
        # one table alone, and no tables of Kubernetes
        Good(
            files(
                **{
                    "node-1.nft": _OTHER_TABLE.partition("table inet")[0],
                    "config.yaml": _CONFIG.format("nftables"),
                }
            )
        ),
        Good(
            files(
                **{
                    "node-1.nft": _OTHER_TABLE.replace("cni_hostport", "own"),
                    "config.yaml": _CONFIG.format("nftables"),
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

    def _of_iptables(self, ruleset: Ruleset, document: Document, cluster: Cluster) -> Iterator[Finding]:
        for tables in ruleset.whole_dumps():
            nat, filtered = tables.get("nat"), tables.get("filter")
            if nat is None or filtered is None or "KUBE-SERVICES" in nat.rules_of or ruleset.cut is not None:
                continue
            forwards = "KUBE-FORWARD" in filtered.rules_of and "KUBE-PROXY-CANARY" in filtered.chains
            had_services = any(chain.startswith("KUBE-SVC-") for chain in nat.chains)
            if _are_elsewhere(ruleset, document, cluster):
                continue
            if forwards and "KUBE-SERVICES" not in nat.chains:
                yield self.finding(
                    filtered.declaration("KUBE-FORWARD"),
                    "`KUBE-FORWARD` has its rules, but the nat table has no chain `KUBE-SERVICES`, so the nat table was "
                    "flushed and this node forwards no Service",
                    help=_HELP,
                )
            elif forwards and had_services:
                yield self.finding(
                    nat.declaration("KUBE-SERVICES"),
                    "`KUBE-SERVICES` has no rules, although `KUBE-FORWARD` has, so the nat table was flushed and this node "
                    "forwards no Service",
                    help=_HELP,
                )
            elif (
                had_services
                and _is_empty(nat)
                and not legacy_warning(ruleset.text)
                and not _REPLACED.search(ruleset.text)
            ):
                yield self.finding(
                    nat.declaration("KUBE-SERVICES"),
                    "all chains of kube-proxy are empty, so the tables were flushed and this node forwards no Service",
                    help=_HELP,
                    severity=Severity.WARNING,
                    confidence=Confidence.MEDIUM,
                )

    def _of_nftables(self, ruleset: NftRuleset, document: Document, cluster: Cluster) -> Iterator[Finding]:
        own = [table for table in ruleset.tables if table.name == "kube-proxy" or not table.name]
        for table in own:
            if is_flushed(table):
                yield self.finding(
                    ruleset.declaration(table),
                    "all chains of this table are empty, so this node forwards no Service: somebody flushed the table",
                    help=_HELP,
                )
        if own or len(ruleset.tables) < 2 or not all(table.complete for table in ruleset.tables) or ruleset.unread:
            return
        others = (each for each in cluster.of_node(document) if each is not document)
        if not agents_of_tables(ruleset) - _ANYWHERE or any(is_dump(each) for each in others):
            return
        configs = [config.mode for _, config in cluster.of(KubeProxyConfig)]
        if configs == ["nftables"]:
            yield self.finding(
                ruleset.declaration(ruleset.tables[0]),
                "this listing has no table `kube-proxy`, although kube-proxy's configuration has `mode: nftables`, so this "
                "node forwards no Service",
                help=_HELP,
                severity=Severity.WARNING,
                confidence=Confidence.MEDIUM,
            )


_HELP = (
    "Restart kube-proxy on this node. Then find out what flushes the rules, for example a firewall that starts later."
)
_REPLACED = re.compile(r"^:(?:CILIUM_|OLD_CILIUM_|KUBE-ROUTER-SERVICES|ANTREA-|OVN-KUBE-|OPENSHIFT-)", re.MULTILINE)
"""Chains of programs that can do the work of kube-proxy."""
_ANYWHERE = {
    "firewalld",
    "Docker",
    "libvirt",
    "Podman",
    "ufw",
    "systemd",
    "Tailscale",
    "Cilium",
    "Antrea",
    "OVN-Kubernetes",
}
"""Programs that hosts outside of Kubernetes have too, and those that can do the work of kube-proxy."""


def _is_empty(nat: Table) -> bool:
    """Whether all chains of kube-proxy are empty, and nothing leads to them."""
    return (
        {"KUBE-SERVICES", "KUBE-PROXY-CANARY"} <= nat.chains.keys()
        and not any(chain.startswith("KUBE-") for chain in nat.rules_of)
        and not nat.jumps_to.get("KUBE-SERVICES")
    )


def _are_elsewhere(ruleset: Ruleset, document: Document, cluster: Cluster) -> bool:
    """Whether another table of the file, or another dump of the node, has Services."""
    if any("KUBE-SERVICES" in nat.rules_of for nat in ruleset.named("nat")):
        return True
    others = (each for each in cluster.of_node(document) if each is not document)
    return any(state.ports for each in others for state in cluster.node_states(each))
