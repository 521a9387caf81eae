"""KPL452."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Document, Finding, Good, Related, Rule, Severity, Stop, files
from kpl.dumps import Frontend, IpvsDump, sets_of_node
from kpl.kubeproxy import is_within, network_family
from kpl_rules.dataplane._ipvs import excluded_networks

MOST_RELATED = 5

_IPVS = (
    "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
    "TCP  10.96.0.7:443 rr\n  -> 10.244.1.5:8443              Masq    1      0          0\n"
    "TCP  192.168.0.11:30443 rr\n  -> 10.244.1.5:8443              Masq    1      0          0\n"
)
_KEEPALIVED = "TCP  192.168.0.99:6443 wrr\n  -> 192.168.0.11:6443            Route   1      0          0\n"
_SETS = (
    "create KUBE-CLUSTER-IP hash:ip,port family inet\nadd KUBE-CLUSTER-IP 10.96.0.7,tcp:443\n"
    "create KUBE-EXTERNAL-IP hash:ip,port family inet\ncreate KUBE-LOAD-BALANCER hash:ip,port family inet\n"
    "create KUBE-NODE-PORT-TCP bitmap:port range 0-65535\nadd KUBE-NODE-PORT-TCP 30443\n"
    "create KUBE-NODE-PORT-UDP bitmap:port range 0-65535\n"
)
_CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n"


class VirtualServerInNoSet(Rule):
    """An IPVS virtual server is in none of kube-proxy's IP sets, so kube-proxy deletes it or does not masquerade it.

    ## Why
    In IPVS mode, kube-proxy also writes every address and port of its virtual servers into a set (`KUBE-CLUSTER-IP`,
    `KUBE-EXTERNAL-IP`, `KUBE-LOAD-BALANCER`, `KUBE-NODE-PORT-...`). Its few iptables rules use these sets to decide
    what is masqueraded and what may pass. There are two explanations for a virtual server that is in no set:

    - It belongs to another program, for example keepalived. kube-proxy deletes unknown virtual servers in its next
      sync, unless `ipvs.excludeCIDRs` in its configuration contains their address.
    - The entry was removed from the set, by hand or by another program. Connections from outside the pods are then not
      masqueraded, and their responses take a path that the kernel does not expect.

    The rule checks nodes with one dump of `ipvsadm` and one of `ipset` with all of kube-proxy's sets, in a folder of the
    node or under its name (`node-1.ipvs` and `node-1.ipset`). It ignores
    addresses in `ipvs.excludeCIDRs` of a KubeProxyConfiguration among the inputs.

    ## Fix
    A dump cannot be fixed. If the virtual server belongs to another program, add its address to `ipvs.excludeCIDRs`. If
    it belongs to a Service, restart kube-proxy on the node, which rewrites the sets.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/master/pkg/proxy/ipvs/README.md
    - https://github.com/kubernetes/kubernetes/blob/master/pkg/proxy/ipvs/proxier.go (`cleanLegacyService`)
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    """

    code = "KPL452"
    name = "virtual-server-in-no-set"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    needs = "IpsetDump"
    examples = [
        Bad(
            files(**{"node/ipvsadm.txt": _IPVS + _KEEPALIVED, "node/ipset.txt": _SETS}),
            flags=["TCP  192.168.0.99:6443 wrr"],
        ),
        Bad(
            files(**{"node/ipvsadm.txt": _IPVS, "node/ipset.txt": _SETS.replace("add KUBE-CLUSTER-IP ", "add X ")}),
            flags=["TCP  10.96.0.7:443 rr"],
        ),
        Good(files(**{"node/ipvsadm.txt": _IPVS, "node/ipset.txt": _SETS})),
        Good(
            files(
                **{
                    "node/ipvsadm.txt": _IPVS + _KEEPALIVED,
                    "node/ipset.txt": _SETS,
                    "config.yaml": _CONFIG + "ipvs:\n  excludeCIDRs: [192.168.0.96/28]\n",
                }
            ),
            other=["proxy-mode-removed-or-deprecated"],
        ),
        # some of the sets only
        Good(files(**{"node/ipvsadm.txt": _IPVS, "node/ipset.txt": _SETS.partition("create KUBE-EXTERNAL")[0]})),
        Bad(
            files(**{"node-1.ipvs": _IPVS + _KEEPALIVED, "node-1.ipset": _SETS, "node-10.ipset": _SETS}),
            flags=["TCP  192.168.0.99:6443 wrr"],
        ),
        # of two nodes
        Good(files(**{"node-1.ipvs": _IPVS + _KEEPALIVED, "node-10.ipset": _SETS})),
        Good(files(**{"a/ipvsadm.txt": _IPVS + _KEEPALIVED, "b/ipset.txt": _SETS})),
    ]

    def check(self, dump: IpvsDump, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        sets = sets_of_node(cluster.of_node(document))
        if sets is None or len(dump.tables) != 1:
            return
        excluded = excluded_networks(cluster)
        complete = {family: sets.is_complete(family) for family in (4, 6)}
        unknown = []
        for server in dump.servers():
            family = network_family(f"{server.address}/{128 if ':' in server.address else 32}")
            if server.protocol == "FWM" or server.port is None or family is None or not complete[family]:
                continue
            if not sets.is_known(Frontend(server.protocol, server.address, server.port)) and not any(
                is_within(server.address, network) for network in excluded
            ):
                unknown.append(server)
        if unknown:
            others, them = (
                (f" and {len(unknown) - 1:,} more virtual servers are", "them") if len(unknown) > 1 else (" is", "it")
            )
            yield self.finding(
                dump.span(unknown[0].start),
                f"`{unknown[0].title}`{others} in none of kube-proxy's IP sets, so kube-proxy deletes {them} or does "
                f"not masquerade {them}",
                help="Add the address to `ipvs.excludeCIDRs` of kube-proxy's configuration if the virtual server "
                "belongs to another program. If it belongs to a Service, restart kube-proxy on the node, which "
                "rewrites the sets.",
                related=[Related(dump.span(each.start), "also in no set") for each in unknown[1 : MOST_RELATED + 1]],
            )
