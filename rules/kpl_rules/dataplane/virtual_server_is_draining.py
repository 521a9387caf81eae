"""KPL451."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, IpvsDump, Related, Rule, Severity, Stop, files

MOST_RELATED = 5

_HEAD = (
    "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
)


class VirtualServerIsDraining(Rule):
    """Every real server of an IPVS virtual server has weight 0, so that new connections go nowhere.

    ## Why
    kube-proxy gives a real server weight 0 when its pod goes, and takes it away when its last connection has ended; that
    keeps old connections and sends no new one there. Where all real servers of a virtual server are like that, the Service
    has no ready endpoint left: the kernel refuses new connections, while old ones go on, which makes the outage
    look partial. kube-proxy itself gives no other weight than 1.

    One real server of weight 0 beside others is a pod that goes, and nothing to tell.

    ## Fix
    There is none in a dump. Look at why no endpoint of the Service is ready, as for a Service without any.

    ## References
    - https://man7.org/linux/man-pages/man8/ipvsadm.8.html (`--weight`)
    - https://github.com/kubernetes/kubernetes/blob/master/pkg/proxy/ipvs/graceful_termination.go
    - https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/
    """

    code = "KPL451"
    name = "virtual-server-is-draining"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "IpvsDump"
    examples = [
        Bad(
            files(
                **{
                    "node.ipvs": f"{_HEAD}TCP  10.96.12.7:443 rr\n"
                    "  -> 10.244.1.5:8443              Masq    0      3          0\n"
                    "  -> 10.244.2.9:8443              Masq    0      0          1\n"
                }
            ),
            flags=["TCP  10.96.12.7:443 rr"],
        ),
        Good(
            files(
                **{
                    "node.ipvs": f"{_HEAD}TCP  10.96.12.7:443 rr\n"
                    "  -> 10.244.1.5:8443              Masq    0      3          0\n"
                    "  -> 10.244.2.9:8443              Masq    1      0          1\n"
                }
            )
        ),
    ]

    def check(self, dump: IpvsDump) -> Iterator[Finding]:
        """See the class."""
        for table in dump.tables:
            drained = [
                each
                for each in table.servers
                if each.real_servers and all(real.weight == 0 for real in each.real_servers)
            ]
            if not drained:
                continue
            first = drained[0]
            others = f" and of {len(drained) - 1:,} more virtual servers" if len(drained) > 1 else ""
            held = sum(real.active or 0 for each in drained for real in each.real_servers)
            yield self.finding(
                dump.span(first.start),
                f"every real server of `{first.title}`{others} has weight 0: new connections are refused"
                + (f", {held:,} old ones go on" if held else ""),
                help="The pods behind it are going or gone: look at why no endpoint of the Service is ready.",
                related=[Related(dump.span(each.start), "this one too") for each in drained[1 : MOST_RELATED + 1]],
            )
