"""KPL451."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Stop, files
from kpl.dumps import IpvsDump

MOST_RELATED = 5

_HEAD = (
    "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
)


class VirtualServerIsDraining(Rule):
    """Every real server of an IPVS virtual server has weight 0, so new connections are refused.

    ## Why
    kube-proxy gives a real server weight 0 when its pod terminates, and removes it when its last connection has ended.
    This keeps old connections and sends no new ones to the pod. If all real servers of a virtual server have weight 0,
    the Service has no ready endpoint left: the kernel refuses new connections while old ones continue, so the outage
    looks partial. kube-proxy itself uses no other weight than 1.

    The rule is silent if only some real servers have weight 0: their pods are terminating.

    ## Fix
    A dump cannot be fixed. Find out why the Service has no ready endpoint.

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
    symptoms = ("service-fails-from-one-node",)
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
            says=["refused (3 old ones continue)"],
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
        Bad(
            files(
                **{
                    "node.ipvs": _HEAD
                    + "".join(
                        f"TCP  10.96.12.{each}:443 rr\n"
                        f"  -> 10.244.1.{each}:8443              Masq    0      {each % 2}          0\n"
                        for each in range(1, 9)
                    )
                    + "TCP  10.96.12.9:443 rr\nTCP  10.96.12.10:443 rr\n"
                    "  -> 10.244.1.5:8443              Masq    1      0          0\n"
                }
            ),
            flags=["TCP  10.96.12.1:443 rr"],
            other=["virtual-server-without-real-servers"],
            says=["and of 7 more virtual servers has weight 0, so new connections are refused (4 old ones continue)\n"],
        ),
        Bad(
            files(
                **{
                    "node.ipvs": f"{_HEAD}TCP  10.96.12.7:443 rr\n  -> 10.244.1.5:8443              Masq    0      0          2\n"
                }
            ),
            flags=["TCP  10.96.12.7:443 rr"],
            says=["`TCP 10.96.12.7:443` has weight 0, so new connections are refused\n"],
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
                f"every real server of `{first.title}`{others} has weight 0, so new connections are refused"
                + (f" ({held:,} old ones continue)" if held else ""),
                help="Find out why the Service has no ready endpoint: its pods are terminating or gone.",
                related=[
                    Related(dump.span(each.start), "also has only weight 0") for each in drained[1 : MOST_RELATED + 1]
                ],
            )
