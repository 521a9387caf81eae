"""KPL450."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from kpl import Bad, Finding, Good, IpvsDump, Related, Rule, Severity, Stop, files

MOST_RELATED = 5

_HEAD = (
    "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
)
_DNS = "UDP  10.96.0.10:53 rr\n  -> 10.244.1.2:53                Masq    1      0          4\n"


class VirtualServerWithoutRealServers(Rule):
    """An IPVS virtual server has no real server, so every connection to it is refused.

    ## Why
    kube-proxy in IPVS mode makes a virtual server for each address and port of a Service, and a real server in it for
    each ready endpoint. Without any, the kernel answers with ICMP "port unreachable": connections are refused, and
    queries over UDP end in an error or a timeout, whichever the client makes of it. A Service whose pods are scaled to zero looks
    like that, and so does one whose selector matches no ready pod.

    Up to Kubernetes 1.23 a virtual server of a Service with `externalTrafficPolicy: Local` is empty on every node
    without a pod of it, which is as it should be. From 1.24 on kube-proxy fills it with the pods of other nodes.

    ## Fix
    There is none in a dump. `kubectl get endpointslices -A` shows Services without endpoints; compare the Service's selector
    with the labels of its pods, and look at their readiness. Nothing needs to be done where the pods are meant to be gone.

    ## References
    - https://github.com/torvalds/linux/blob/master/net/netfilter/ipvs/ip_vs_core.c (`ip_vs_leave`)
    - https://github.com/kubernetes/kubernetes/pull/97081
    - https://github.com/kubernetes/kubernetes/issues/75262
    - https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/
    """

    code = "KPL450"
    name = "virtual-server-without-real-servers"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "IpvsDump"
    examples = [
        Bad(files(**{"node.ipvs": f"{_HEAD}TCP  10.96.12.7:443 rr\n{_DNS}"}), flags=["TCP  10.96.12.7:443 rr"]),
        Bad(
            files(**{"node.ipvs": "-A -t 10.96.12.7:443 -s rr\n-A -t 10.96.12.8:80 -s rr -p 10800\n"}),
            flags=["-A -t 10.96.12.7:443 -s rr"],
        ),
        Good(files(**{"node.ipvs": f"{_HEAD}{_DNS}"})),
        # a node in another mode
        Good(files(**{"node.ipvs": _HEAD})),
        # cut off
        Good(files(**{"node.ipvs": f"{_HEAD}{_DNS}TCP  10.96.12.7:443 rr\n..."})),
    ]

    def check(self, dump: IpvsDump) -> Iterator[Finding]:
        """See the class."""
        for table in dump.tables:
            starts = [each.start for each in table.servers]
            # what cannot be read may have been the real servers
            cut = {starts[place - 1] for at in dump.unread if (place := bisect_left(starts, at))}
            empty = [each for each in table.servers if not each.real_servers and each.start not in cut]
            if not empty:
                continue
            others = f" and {len(empty) - 1:,} more have" if len(empty) > 1 else " has"
            yield self.finding(
                dump.span(empty[0].start),
                f"`{empty[0].title}`{others} no real server: the kernel refuses every connection to "
                f"{'them' if len(empty) > 1 else 'it'}",
                help="The Service has no ready endpoint: compare its selector with the labels of the pods, and look at their "
                "readiness. Up to Kubernetes 1.23 `externalTrafficPolicy: Local` does this on nodes without a pod of it.",
                related=[Related(dump.span(each.start), "this one too") for each in empty[1 : MOST_RELATED + 1]],
            )
